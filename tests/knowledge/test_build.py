"""Pooled rows worked out by hand, and what the built networks keep of them."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from bayesdx.catalogue import read_document
from bayesdx.data import network_index
from bayesdx.errors import InputError
from bayesdx.formats.convert import to_pgmpy
from bayesdx.knowledge.association import fit_margins
from bayesdx.knowledge.baseline import naive_bayes
from bayesdx.knowledge.build import Cell, build_network, choices_of, keep_ledger, pool_findings
from bayesdx.knowledge.definition import Association, Definition, Form
from bayesdx.knowledge.facts import Fact
from bayesdx.knowledge.library import NETWORKS, Library
from bayesdx.knowledge.patients import Learnt
from bayesdx.network import Array, Network

MakeFact = Callable[..., Fact]
Built = dict[str, tuple[Definition, dict[str, Cell], Network]]


@pytest.fixture(scope="module")
def built(definitions: dict[str, Definition], learnt: dict[str, Learnt]) -> Built:
    """Each shipped network with the rows it was built from."""
    found = {}
    for name, definition in definitions.items():
        cells = learnt[name].cells
        found[name] = definition, cells, build_network(definition, cells)
    return found


def by_form(network: Network) -> dict[str, Array]:
    """P(v | form) of every variable below form, shape (forms, states), summed over its other parents."""
    margins: dict[str, Array] = {}
    while len(margins) < len(network.variables) - 2:
        for v in network.variables[2:]:
            parents = network.parents[v.id]
            if v.id in margins or not set(parents) <= {"form", *margins}:
                continue
            table = network.cpts[v.id]
            if "form" not in parents:
                table = np.broadcast_to(table, (len(network.variable("form").states), *table.shape))
            others = [parent for parent in parents if parent != "form"]
            margins[v.id] = np.einsum("fps,fp->fs", table, margins[others[0]]) if others else table
    return margins


# Hand-written facts: apple 6 of 11 rim (n_eff 11/6), pear 1 of 1 (n_eff 1).


def test_rows_without_forms(orchard: Definition, make_fact: MakeFact) -> None:
    """k + m base over n + m; the base is the mean of what is known, weighed n / (n + 2), a tenth of it uniform."""
    facts = [make_fact(k=6, n=11), make_fact(k=1, n=1, diagnosis="pear", source="s2")]
    cell = pool_findings(orchard, facts)["rim"]
    counts = {"apple": np.array([5 / 6, 1.0]), "pear": np.array([0.0, 1.0])}
    base = np.array([0.5, 0.5])
    for _ in range(2):
        total, weight = np.zeros(2), 0.0
        for k in counts.values():
            part = k.sum() / (k.sum() + 2)
            total += part * (k + base / 2) / (k.sum() + 0.5)
            weight += part
        base = 0.9 * total / weight + 0.1 * 0.5
    assert cell.base == pytest.approx(base)
    expected = [counts["apple"] + 3 * base, counts["pear"] + 3 * base, 3 * base]
    assert cell.form_counts == pytest.approx(np.array(expected))
    assert cell.form_rows[2] == pytest.approx(base)  # about which nothing is known: likelihood ratio 1


def test_background(orchard: Definition, make_fact: MakeFact) -> None:
    """Diagnoses without a fact enter the base of a sign with its background, in full weight."""
    facts = [make_fact(k=6, n=11), make_fact(k=1, n=1, diagnosis="pear", source="s2")]
    cell = pool_findings(replace(orchard, background={"rim": 0.1}), facts)["rim"]
    base = np.array([0.5, 0.5])
    for _ in range(2):
        apple, pear = np.array([5 / 6, 1.0]) + base / 2, np.array([0.0, 1.0]) + base / 2
        one, two = 11 / 6 / (11 / 6 + 2), 1 / 3
        total = one * apple / apple.sum() + two * pear / pear.sum() + np.array([0.9, 0.1])
        base = total / (one + two + 1)
    assert cell.base == pytest.approx(base)


def test_contamination(grafted: Definition, make_fact: MakeFact) -> None:
    """A fifth of each row is the base; no row counts for more or less, and a ledger adds up."""
    facts = [make_fact(k=6, n=11), make_fact(k=1, n=1, diagnosis="pear", source="s2")]
    clean = pool_findings(grafted, facts)
    mixed = pool_findings(definition := grafted.with_pooling(contamination=0.2), facts)
    assert mixed["rim"].base == pytest.approx(clean["rim"].base)
    assert mixed["rim"].form_rows == pytest.approx(0.8 * clean["rim"].form_rows + 0.2 * clean["rim"].base)
    assert mixed["rim"].form_counts.sum(axis=1) == pytest.approx(clean["rim"].form_counts.sum(axis=1))
    account = keep_ledger(definition, mixed, {}, "").account("rim")
    owner = choices_of(definition).owner
    found = [sum(term.counts for term in account.terms(owner, d)) for d in range(owner.max() + 1)]
    assert np.concatenate(found) == pytest.approx(mixed["rim"].form_counts)


def test_a_finding_needs_two_diagnoses(orchard: Definition, make_fact: MakeFact) -> None:
    facts = [make_fact(k=6, n=11), make_fact("hypo", 1, 2, finding="signal")]
    facts.append(make_fact("iso", 1, 2, finding="signal", diagnosis="pear"))
    assert list(pool_findings(orchard, facts)) == ["signal"]


def test_only_facts_that_are_used_and_kept(orchard: Definition, make_fact: MakeFact) -> None:
    facts = [make_fact(k=6, n=11), make_fact(k=1, n=1, diagnosis="pear")]
    more = [
        make_fact(k=9, n=9, exclude="selected", source="s3"),
        make_fact(k=9, n=9, diagnosis="plum", source="s4"),
        make_fact(k=9, n=9, source="s5"),
    ]
    rows = pool_findings(orchard, facts)["rim"].form_rows
    kept = pool_findings(orchard, [*facts, *more], lambda fact: fact.source != "s5")["rim"].form_rows
    assert kept == pytest.approx(rows)
    assert pool_findings(orchard, [*facts, *more])["rim"].form_rows[0, 1] > rows[0, 1]


def test_level_takes_no_facts_from_other_sites(orchard: Definition, make_fact: MakeFact) -> None:
    level = {"finding": "level", "source": "s3"}
    facts = [make_fact("cervical", 3, 4, finding="level"), make_fact("lumbar", 2, 4, **level, diagnosis="pear")]
    elsewhere = make_fact("lumbar", 9, 9, **level, site="intracranial")
    rows = pool_findings(orchard, facts)["level"].form_rows
    assert pool_findings(orchard, [*facts, elsewhere])["level"].form_rows == pytest.approx(rows)


@pytest.fixture
def grafted(orchard: Definition) -> Definition:
    """Apples of two forms: red ones have a rim by definition, green ones take what no source specifies."""
    red = Form("apple", "red", "red", also=("crimson",), definition={"rim": ("present",)})
    green = Form("apple", "green", "green", unspecified=True)
    return replace(orchard, forms=(red, green, *orchard.forms[1:]))


def test_forms_shrink_to_their_diagnosis(grafted: Definition, make_fact: MakeFact) -> None:
    """red: its own facts, the definition (5) and 2 x the row of apples; green: the unspecific facts instead."""
    facts = [
        make_fact(k=6, n=11),
        make_fact(k=2, n=2, source="s2", form="crimson"),
        make_fact(k=1, n=1, diagnosis="pear", source="s3"),
    ]
    cell = pool_findings(grafted, facts)["rim"]
    whole, own = np.array([5 / 6, 1.0]), np.array([0.0, 2 / 1.5])
    row = (whole + own + 3 * cell.base) / (whole + own + 3 * cell.base).sum()
    assert cell.form_counts[0] == pytest.approx(own + np.array([0.0, 5.0]) + 2 * row)
    assert cell.form_counts[1] == pytest.approx(whole + 2 * row)


def test_a_definition_is_shared_by_its_states(orchard: Definition, make_fact: MakeFact) -> None:
    """Where an entity is hypo or iso by definition, 5 patients are shared as the row of the diagnosis has it."""
    form = Form("apple", "", "Apple", unspecified=True, definition={"signal": ("hypo", "iso")})
    definition = replace(orchard, forms=(form, *orchard.forms[1:]))
    facts = [make_fact(s, 2, 6, finding="signal", diagnosis=d) for d in ("apple", "pear") for s in ("hypo", "iso")]
    facts.append(make_fact("iso", 6, 6, finding="signal", source="s2"))
    plain, defined = (pool_findings(d, facts)["signal"] for d in (orchard, definition))
    row = plain.form_rows[0]
    added = 5 * np.array([row[0], row[1], 0.0]) / (row[0] + row[1])
    assert defined.form_counts[0] == pytest.approx(plain.form_counts[0] + added)


def test_a_condition_that_is_no_form_counts_little(orchard: Definition, make_fact: MakeFact) -> None:
    facts = [make_fact(k=6, n=11), make_fact(k=1, n=1, diagnosis="pear")]
    cell = pool_findings(orchard, [*facts, make_fact(k=3, n=3, condition="peeled", source="s2")])["rim"]
    n = cell.form_counts[0].sum() - 3
    assert n == pytest.approx(11 / 6 + 0.2 * 3 / 2)


def test_forms_of_a_diagnosis_are_equally_likely(grafted: Definition, make_fact: MakeFact) -> None:
    network = build_network(grafted, pool_findings(grafted, fruit(make_fact)))
    assert network.cpts["form"] == pytest.approx(np.array([[0.5, 0.5, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]))


def fruit(make_fact: MakeFact) -> list[Fact]:
    """Facts about everything that the small networks hold."""
    facts = []
    for i, diagnosis in enumerate(("apple", "pear")):
        for finding, state in [
            ("rim", "present"),
            ("signal", "hypo"),
            ("signal", "iso"),
            ("ct_calcification", "present"),
            ("ct_calcification_pattern", "dense_solid"),
        ]:
            given = {"diagnosis": diagnosis, "source": f"{diagnosis}{finding}"}
            facts.append(make_fact(state, 2 + i, 9, finding=finding, **given))
    return facts


def test_associated_findings_keep_their_margins_and_odds(orchard: Definition, make_fact: MakeFact) -> None:
    table = {"hypo": {"absent": 1, "present": 0.1}, "iso": {"absent": 0.5, "present": 0.5}}
    table["hyper"] = {"absent": 0.2, "present": 1}
    definition = replace(orchard, associations=(Association("rim", "signal", "a test", table),))
    cells = pool_findings(definition, fruit(make_fact))
    network = build_network(definition, cells)
    assert network.parents["signal"] == ("form", "rim")
    margins = by_form(network)
    assert margins["signal"] == pytest.approx(cells["signal"].form_rows, abs=1e-8)
    strength = definition.pooling.association_strength
    raised = np.array([[table[s][p] ** strength for s in ("hypo", "iso", "hyper")] for p in ("absent", "present")])
    for f in range(3):
        joint = network.cpts["signal"][f] * cells["rim"].form_rows[f][:, None]
        fitted = fit_margins(raised, cells["rim"].form_rows[f], cells["signal"].form_rows[f])
        assert joint == pytest.approx(fitted, abs=1e-8)


def test_impossible_pairs_are_conditioned_away(orchard: Definition, make_fact: MakeFact) -> None:
    """The fitted table of a form, the excluded pair multiplied, normalised: both rows are its sums."""
    table = {s: {"absent": 1.0, "present": 1.0} for s in ("hypo", "iso", "hyper")}
    link = Association("rim", "signal", "a test", table, {"present": ("hyper",)})
    definition = replace(orchard.with_pooling(misplaced=0.1), associations=(link,))
    cells = pool_findings(definition, fruit(make_fact))
    network = build_network(definition, cells)
    for f in range(3):
        joint = np.outer(cells["rim"].form_rows[f], cells["signal"].form_rows[f])  # the table says independence
        joint[1, 2] *= 0.1
        joint /= joint.sum()
        assert network.cpts["rim"][f] == pytest.approx(joint.sum(axis=1), abs=1e-8)
        assert network.cpts["signal"][f] == pytest.approx(joint / joint.sum(axis=1, keepdims=True), abs=1e-8)
        assert network.counts["rim"][f].sum() == pytest.approx(cells["rim"].form_counts[f].sum())


def test_mineralisation_keeps_the_margins(orchard: Definition, make_fact: MakeFact) -> None:
    """By pgmpy: P(calcified | form) and P(pattern | form, calcified) are the pooled rows; absent has no pattern."""
    from pgmpy.inference import VariableElimination

    cells = pool_findings(orchard, fruit(make_fact))
    solver = VariableElimination(to_pgmpy(build_network(orchard, cells)))
    for f, form in enumerate(("apple", "pear", "other")):
        calcified = solver.query(["ct_calcification"], {"form": form}, show_progress=False).values
        assert calcified == pytest.approx(cells["ct_calcification"].form_rows[f], abs=1e-10)
        for state, row in (("present", cells["ct_calcification_pattern"].form_rows[f]), ("absent", [1, 0, 0])):
            given = {"form": form, "ct_calcification": state}
            pattern = solver.query(["ct_calcification_pattern"], given, show_progress=False).values
            assert pattern == pytest.approx(np.array(row, dtype=float), abs=1e-10)


@pytest.mark.parametrize("name", NETWORKS)
def test_shipped_networks_keep_every_pooled_row(built: Built, name: str) -> None:
    """Whatever the structure does, P(finding | form) is what the facts gave; a pattern's is given calcification.

    Compartment and epicentre, of which some pairs exclude each other, are those of the pairs that can be.
    """
    definition, cells, network = built[name]
    margins = by_form(network)
    possible = pairs_that_can_be(definition, cells)
    for finding, cell in cells.items():
        found = margins[finding]
        if finding == "ct_calcification_pattern":
            calcified = cells["ct_calcification"].form_rows[:, 1:]
            none = network.variable(finding).state_index("not_applicable")
            assert found[:, none] == pytest.approx(1 - calcified[:, 0], abs=1e-8)
            found = np.where(np.arange(found.shape[1]) == none, 0.0, found) / calcified
        assert found == pytest.approx(possible.get(finding, cell.form_rows), abs=1e-8), finding


def pairs_that_can_be(definition: Definition, cells: dict[str, Cell]) -> dict[str, Array]:
    """Rows of compartment and epicentre: the table fitted to both, impossible pairs multiplied, normalised."""
    link = next(a for a in definition.associations if a.parent == "compartment")
    within, places = (definition.findings[name].states for name in ("compartment", "epicentre"))
    pooling = definition.pooling
    table = np.array([[link.table[p][w] for p in places] for w in within]) ** pooling.association_strength
    joint = fit_margins(table, cells["compartment"].form_rows, cells["epicentre"].form_rows)
    for w, state in enumerate(within):
        for p, place in enumerate(places):
            if place in link.impossible.get(state, ()):
                joint[:, w, p] *= pooling.misplaced
    joint /= joint.sum(axis=(1, 2), keepdims=True)
    return {"compartment": joint.sum(axis=2), "epicentre": joint.sum(axis=1)}


@pytest.mark.parametrize("name", NETWORKS)
def test_shipped_networks_have_no_silent_zero(built: Built, name: str) -> None:
    """Only what cannot be otherwise is impossible: another diagnosis' form, a pattern without calcification."""
    _, cells, network = built[name]
    for finding, cell in cells.items():
        possible = [state != "not_applicable" for state in network.variable(finding).states]
        assert (cell.form_rows[:, possible] > 0).all(), finding
        assert (cell.base[possible] > 0).all(), finding


def test_every_named_diagnosis_is_a_state(definitions: dict[str, Definition]) -> None:
    """The diagnoses that the five starting documents discuss, in the network of their region."""
    spine = {"capnon", "synovial_cyst", "parasitic_cyst", "tumoral_calcinosis", "metastasis", "lymphoma"}
    spine |= {"epidural_infection", "disc_herniation", "heterotopic_ossification", "meningioma", "schwannoma"}
    spine |= {"mesenchymal_chondrosarcoma", "hemangioblastoma", "neurofibroma", "other"}
    junction = {"capnon", "meningioma", "cavernoma", "chordoma", "foreign_body_granuloma", "low_grade_astrocytoma"}
    junction |= {"oligodendroglioma", "ependymoma", "ganglioglioma", "tuberculosis", "other"}
    assert spine <= {diagnosis for diagnosis, _ in definitions["spine"].diagnoses}
    assert junction <= {diagnosis for diagnosis, _ in definitions["cranial"].diagnoses}


def test_names_in_the_definitions(definitions: dict[str, Definition]) -> None:
    """A misspelt finding or state in a definition, an association or a background would count for nothing."""
    for definition in definitions.values():
        states = {v.id: set(v.states) for v in definition.vocabulary}
        states["mineralisation"] = {s for table in definition.mineralisation_given_pattern.values() for s in table}
        states["mineralisation"].add("none")
        assert len({form.id for form in definition.forms}) == len(definition.forms)
        for form in definition.forms:
            for finding, defined in form.definition.items():
                assert set(defined) <= states[finding], f"{form.id}: {finding}"
        for link in definition.associations:
            assert set(link.table) == states[link.child], link.child
            assert all(set(row) == states[link.parent] for row in link.table.values()), link.child
        assert definition.background.keys() <= states.keys()
        patterns = states["ct_calcification_pattern"] - {"not_applicable"}
        assert definition.mineralisation_given_pattern.keys() == patterns
        for table in definition.mineralisation_given_pattern.values():
            assert sum(table.values()) == pytest.approx(1)


def test_forms_of_facts_are_known_somewhere(library: Library, definitions: dict[str, Definition]) -> None:
    """A form that no network holds would send a fact to the diagnosis as a whole, at a discount."""
    known = {(f.diagnosis, name) for d in definitions.values() for f in d.forms for name in (f.name, *f.also)}
    used = {(fact.diagnosis, fact.form) for fact in library.facts if fact.used and fact.form}
    assert used <= known


def test_networks_are_up_to_date(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    path = library.networks.parent / "scripts" / "build_networks.py"
    spec = importlib.util.spec_from_file_location("build_networks", path)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    monkeypatch.setattr(sys, "argv", [str(path), "--check"])
    assert script.main() == 0, "run: python scripts/build_networks.py"


def test_version_changes_with_the_knowledge(library: Library, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("knowledge")
    for folder in (library.networks, library.priors, library.priors / "cases"):
        (root / folder.relative_to(library.priors.parent)).mkdir()
        for path in (*folder.glob("*.yaml"), *folder.glob("*.csv"), *folder.glob("sources.json")):
            (root / path.relative_to(library.priors.parent)).write_bytes(path.read_bytes())
    assert Library(root / "networks", root / "priors").digest == library.digest
    with (root / "priors" / "facts.csv").open("a") as facts:
        facts.write("\n")
    assert Library(root / "networks", root / "priors").digest != library.digest


def test_baseline_by_hand(orchard: Definition, make_fact: MakeFact) -> None:
    """One is added to each state; patients add up over sources; a word counts five, a bare proportion twenty."""
    facts = [
        make_fact(k=6, n=11),
        make_fact(k=1, n=4, source="s2"),
        make_fact(kind="word", value="often", source="s3"),
        make_fact(kind="proportion", value="0.25", diagnosis="pear"),
        make_fact(k=9, n=9, site="intracranial", source="s4"),
    ]
    network = naive_bayes(orchard, facts)
    apple = np.array([1 + 5 + 3 + 2, 1 + 6 + 1 + 3])
    pear = np.array([1 + 15, 1 + 5])
    assert network.cpts["rim"] == pytest.approx(np.array([apple / 22, pear / 22, [0.5, 0.5]]))
    assert all(network.parents[v.id] == ("diagnosis",) for v in network.variables[1:])
    rim = network.cpts["rim"][:, 1] / network.cpts["rim"][:, 1].sum()
    from bayesdx.inference import compile_network

    posterior = compile_network(network).posterior({"rim": np.array([0.0, 1.0])}).probabilities
    assert posterior == pytest.approx(rim)


@pytest.mark.parametrize("name", NETWORKS)
def test_places_that_exclude_each_other(name: str, built: Built) -> None:
    """No diagnosis makes a pair of compartment and epicentre likely that anatomy rules out."""
    definition, _, network = built[name]
    link = next(a for a in definition.associations if a.parent == "compartment")
    impossible = [(place, within) for within, places in link.impossible.items() for place in places]
    assert ("cord_or_brain_parenchyma", "extradural") in impossible
    compartment, epicentre = network.variable("compartment"), network.variable("epicentre")
    joint = np.einsum("df,fc,fce->dce", *(network.cpts[name] for name in ("form", "compartment", "epicentre")))
    given = joint / joint.sum(axis=2, keepdims=True)
    for place, within in impossible:
        at = compartment.state_index(within), epicentre.state_index(place)
        assert joint[:, *at].max() < 3e-3
        assert given[:, *at].max() < 0.04


def test_the_index_holds_the_levels_of_each_network() -> None:
    assert network_index() == {name: read_document(name).levels for name in sorted(NETWORKS)}
    with pytest.raises(InputError, match="no network 'index'"):
        read_document("index")
