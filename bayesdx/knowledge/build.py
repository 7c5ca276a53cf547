"""Facts and a definition -> a Network with Dirichlet counts.

The structure (networks/model.yaml gives the choices and their reasons)::

    diagnosis -> form -> each finding
                 form -> mineralisation -> calcification, its pattern, CT attenuation, MR signals, blooming, …
                         compartment -> epicentre -> axial position

``form`` and ``mineralisation`` are latent. The formulas are those of ``pooling``: a diagnosis about which nothing
is known has a likelihood ratio near 1, and silence is never a zero.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from bayesdx.knowledge.cpts import counts_of, depth, parent_rows, parents_of, rows_of
from bayesdx.knowledge.definition import Association, Definition, Form
from bayesdx.knowledge.facts import Fact
from bayesdx.knowledge.forms import CORRELATION
from bayesdx.knowledge.ledger import Account, Entry, Ledger, account_line
from bayesdx.knowledge.pooling import (
    CALCIFICATION,
    MINERALISATION,
    NOT_APPLICABLE,
    PATTERN,
    Choices,
    Link,
    Pooled,
    Studies,
    base_weights,
    coefficients,
    contaminating,
    enough,
    neighbourhood,
    pool_finding,
)
from bayesdx.knowledge.sources import Source, evidence_of, format_reference
from bayesdx.knowledge.studies import Study, group_facts, read_study, without_repeats
from bayesdx.network import Array, Network, Variable


@dataclass(frozen=True, eq=False)
class Cell:
    """One finding: the studies of each diagnosis, the same as arrays, and what pooling makes of them."""

    finding: str
    by_diagnosis: Mapping[str, tuple[Study, ...]]
    studies: Studies
    pooled: Pooled

    @property
    def base(self) -> Array:
        """The distribution over all diagnoses, to which rows shrink, shape (states,)."""
        return np.asarray(self.pooled.base[0])

    @property
    def form_counts(self) -> Array:
        """Dirichlet counts of each form, shape (forms, states)."""
        return np.asarray(self.pooled.counts[0])

    @property
    def form_rows(self) -> Array:
        """P(state | form), shape (forms, states)."""
        return np.asarray(self.pooled.rows[0])


def choices_of(definition: Definition) -> Choices:
    """The modelling choices of a definition as arrays."""
    pooling = definition.pooling
    diagnoses = [diagnosis for diagnosis, _ in definition.diagnoses]
    patterns = definition.findings[PATTERN].states
    given = definition.mineralisation_given_pattern
    return Choices(
        diagnoses=len(diagnoses),
        owner=np.array([diagnoses.index(form.diagnosis) for form in definition.forms]),
        named=np.array([bool(form.name) for form in definition.forms]),
        form_strength=np.array(
            [pooling.unusual_strength if form.unusual else pooling.form_strength for form in definition.forms]
        ),
        kept=np.array([pooling.unusual_kept if form.unusual else 1.0 for form in definition.forms]),
        base_strength={finding: definition.spread(finding).strength for finding in definition.findings},
        contamination={finding: definition.contamination(finding) for finding in definition.findings},
        definition_strength=pooling.definition_strength,
        word_correlation=pooling.word_correlation,
        study_correlation={
            **{finding: definition.spread(finding).correlation for finding in definition.findings},
            "form": CORRELATION,
        },
        reliance=pooling.reliance,
        links={link.child: _link(definition, link) for link in definition.associations},
        suggests=np.array(
            [[given.get(p, {}).get(kind, 0.0) for p in patterns] for kind in MINERALISATION.states[1:]]
        ),
    )


def _link(definition: Definition, link: Association) -> Link:
    findings = definition.findings
    parent = MINERALISATION if link.parent == MINERALISATION.id else findings[link.parent]
    states = findings[link.child].states
    table = np.array([[link.table[c][p] for c in states] for p in parent.states], dtype=float)
    excluded = np.array([[c in link.impossible.get(p, ()) for c in states] for p in parent.states])
    strength, misplaced = definition.pooling.association_strength, definition.pooling.misplaced
    return Link(link.parent, table**strength, np.where(excluded, misplaced, 1.0) if excluded.any() else None)


#: The studies of each finding, by diagnosis.
Read = Mapping[str, Mapping[str, tuple[Study, ...]]]


def pool_findings(
    definition: Definition,
    facts: Iterable[Fact],
    keep: Callable[[Fact], bool] = lambda fact: True,
    identified: Collection[str] | None = None,
) -> dict[str, Cell]:
    """Pool the used facts that pass ``keep`` into rows, finding by finding; arguments as for ``read_studies``."""
    return pool_studies(definition, read_studies(definition, facts, keep, identified))


def read_studies(
    definition: Definition,
    facts: Iterable[Fact],
    keep: Callable[[Fact], bool] = lambda fact: True,
    identified: Collection[str] | None = None,
) -> Read:
    """The used facts that pass ``keep``, as studies of the findings that the network is to hold.

    Those are the findings of which enough diagnoses have a study: one, where it is known how common a sign is in
    the others. ``identified`` are the keys of the sources with a DOI, PubMed or PubMed Central id; None: all are.
    Which statements only repeat such a source is decided on the whole table, whatever ``keep`` then leaves out.
    """
    names = {diagnosis for diagnosis, _ in definition.diagnoses}
    by_cell: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    for fact in entering(definition, facts, identified):
        if (fact.used or fact.used_for_form) and fact.diagnosis in names and keep(fact):
            by_cell[fact.finding, fact.diagnosis].append(fact)
    findings = definition.findings
    diagnoses = [diagnosis for diagnosis, _ in definition.diagnoses]
    read = {
        name: {d: tuple(_studies(definition, variable, by_cell.get((name, d), ()), identified)) for d in diagnoses}
        for name, variable in findings.items()
    }
    return {
        name: studies
        for name, studies in read.items()
        if enough(sum(map(bool, studies.values())), definition.background.get(name))
    }


def pool_studies(definition: Definition, read: Read) -> dict[str, Cell]:
    """Pool the studies of each finding into rows."""
    choices, findings = choices_of(definition), definition.findings
    cells: dict[str, Cell] = {}
    for name in sorted(read, key=lambda name: depth(choices.links, name)):  # parents before children
        link = choices.links.get(name)
        parent = parent_rows(choices, {n: cell.pooled for n, cell in cells.items()}, link.parent) if link else None
        studies = as_arrays(definition, findings[name], read[name])
        pooled = pool_finding(choices, studies, np.ones((1, len(studies.weight)), bool), link, parent)
        cells[name] = Cell(name, read[name], studies, pooled)
    return {name: cells[name] for name in read}


def entering(definition: Definition, facts: Iterable[Fact], identified: Collection[str] | None) -> tuple[Fact, ...]:
    """The facts less those that only repeat a better source, unless the definition keeps them."""
    if identified is None or definition.pooling.repeated_statements:
        return tuple(facts)
    states = {variable.id: variable.states for variable in definition.vocabulary}
    return without_repeats(tuple(facts), identified, definition.sites, states)


def as_arrays(definition: Definition, variable: Variable, read: Mapping[str, tuple[Study, ...]]) -> Studies:
    """The studies of a finding by diagnosis, as arrays."""
    diagnoses = list(read)
    studies = [study for found in read.values() for study in found]
    sets = sorted({at for study in studies for at, _ in study.open})
    opened = np.zeros((len(studies), len(sets)))
    for n, study in enumerate(studies):
        for at, share in study.open:
            opened[n, sets.index(at)] += share
    states, forms = variable.states, definition.forms
    stated = np.array([study.stated for study in studies])
    if variable.id in definition.ordered and len(studies):
        stated = stated @ neighbourhood(len(states), definition.pooling.neighbours)
    return Studies(
        finding=variable.id,
        states=states,
        diagnosis=np.array([i for i, d in enumerate(diagnoses) for _ in read[d]]),
        whole=np.array([study.whole for study in studies]),
        own=np.array([study.own for study in studies]).reshape(-1, len(forms)),
        word=np.array([study.word for study in studies]),
        weight=np.array([study.weight for study in studies]),
        stated=stated,
        sets=np.array([[i in at for i in range(len(states))] for at in sets]).reshape(-1, len(states)),
        open=opened,
        defined=np.array([[s in form.definition.get(variable.id, ()) for s in states] for form in forms]),
        background=definition.background.get(variable.id),
    )


def _studies(
    definition: Definition, variable: Variable, facts: Iterable[Fact], identified: Collection[str] | None
) -> Iterable[Study]:
    possible = [state for state in variable.states if state != NOT_APPLICABLE]
    for group in group_facts(facts):
        first = group[0]
        at_site = first.site in definition.sites
        if not at_site and variable.id == "level":
            continue
        study = read_study(
            group,
            variable.states,
            possible,
            definition.words,
            definition.pooling,
            at_site=at_site,
            form_known=_form_of(definition, first) is not None,
            correlation=definition.spread(variable.id).correlation,
            own=np.array([float(_describes(definition, first, form, variable.id)) for form in definition.forms]),
            identified=identified is None or not first.source or first.source in identified,
        )
        if study:
            yield study


def _form_of(definition: Definition, fact: Fact) -> Form | None:
    """The form of the network that the fact speaks of, None when it speaks of the diagnosis as a whole."""
    if not fact.form:
        return None
    for form in definition.forms:
        if form.diagnosis == fact.diagnosis and fact.form in (form.name, *form.also):
            return form
    return None


def _describes(definition: Definition, fact: Fact, form: Form, finding: str) -> bool:
    """Whether a study of a finding, of which ``fact`` is one, is among the own studies of a form.

    A diagnosis without forms takes all its used studies. A study of the diagnosis as a whole speaks of its
    unspecified forms, but not about what defines them: there it describes the mixture of the forms.
    """
    if fact.diagnosis != form.diagnosis:
        return False
    if not form.name:
        return fact.used
    its_form = _form_of(definition, fact)
    return its_form is form or (
        its_form is None
        and fact.used
        and form.unspecified
        and not fact.condition
        and not form.definition.get(finding)
    )


def build_network(
    definition: Definition, cells: Mapping[str, Cell], version: str = "", forms: Array | None = None
) -> Network:
    """Assemble the network under the uniform prior; ``cells`` as pool_findings gives them.

    ``forms`` (diagnoses, forms) is P(form | diagnosis), by default as ``form_shares`` says.
    """
    findings = definition.findings
    diagnoses = [diagnosis for diagnosis, _ in definition.diagnoses]
    root = Variable(
        "diagnosis", tuple(diagnoses), "Diagnosis", tuple(label for _, label in definition.diagnoses), "diagnosis"
    )
    labels = tuple(_form_label(definition, f) for f in definition.forms)
    form = Variable("form", tuple(f.id for f in definition.forms), "Form", labels, "latent")
    choices, pooled = choices_of(definition), {name: cell.pooled for name, cell in cells.items()}
    parents: dict[str, tuple[str, ...]] = {"form": ("diagnosis",), MINERALISATION.id: ("form",)}
    parents |= {name: parents_of(choices, pooled, name) for name in cells}
    names = [MINERALISATION.id, *(name for name in cells if name != CALCIFICATION)]
    counts = {name: counts_of(choices, pooled, name)[0] for name in names}
    counts["form"] = form_counts(definition)
    if forms is not None:
        counts["form"] = counts["form"].sum(axis=1, keepdims=True) * forms
    cpts = {name: table / table.sum(axis=-1, keepdims=True) for name, table in counts.items()}
    cpts["diagnosis"] = np.full(len(diagnoses), 1 / len(diagnoses))
    cpts[CALCIFICATION] = np.array([[float(s == "none"), float(s != "none")] for s in MINERALISATION.states])
    return Network(
        id=definition.id,
        variables=(root, form, MINERALISATION, *(findings[name] for name in cells)),
        parents=parents,
        cpts=cpts,
        counts={name: definition.pooling.reliance * table for name, table in counts.items()},
        target="diagnosis",
        label=definition.label,
        version=version,
    )


def form_shares(definition: Definition) -> Array:
    """P(form | diagnosis), shape (diagnoses, forms): the mean of ``form_counts``."""
    counts = form_counts(definition)
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))


def form_counts(definition: Definition) -> Array:
    """Dirichlet counts of P(form | diagnosis), shape (diagnoses, forms).

    Those of the usual forms are what series and registries count (equal where nothing is known); the share of the
    unusual form is assumed.
    """
    diagnoses = [diagnosis for diagnosis, _ in definition.diagnoses]
    counts = np.zeros((len(diagnoses), len(definition.forms)))
    for f, form in enumerate(definition.forms):
        if not form.unusual:
            known = definition.form_counts.get(form.diagnosis, {})
            counts[diagnoses.index(form.diagnosis), f] = known.get(form.name, 1.0)
    for f, form in enumerate(definition.forms):
        if form.unusual:
            d, share = diagnoses.index(form.diagnosis), definition.pooling.unusual_share
            counts[d, f] = counts[d].sum() * share / (1 - share)
    return counts


def _form_label(definition: Definition, form: Form) -> str:
    label = dict(definition.diagnoses)[form.diagnosis]
    return f"{label}: {form.label}" if form.name else label


def keep_ledger(
    definition: Definition, cells: Mapping[str, Cell], sources: Mapping[str, Source], version: str
) -> Ledger:
    """What each count of the network is made of; ``cells`` as pool_findings gives them."""
    choices, pooled = choices_of(definition), {name: cell.pooled for name, cell in cells.items()}
    accounts = {}
    for name, cell in cells.items():
        moved = (rows_of(choices, pooled, name) - cell.pooled.rows)[0] * cell.form_counts.sum(
            axis=-1, keepdims=True
        )
        accounts[name] = _account(choices, cell, moved)
    named = {entry.source for account in accounts.values() for entry in account.entries}
    known = sorted(named & sources.keys())
    return Ledger(
        network=definition.id,
        version=version,
        choices=choices,
        form_words=tuple(frozenset({form.name, *form.also} - {""}) for form in definition.forms),
        references={key: format_reference(sources[key]) for key in known},
        evidence={key: evidence_of(sources[key]) for key in known},
        lines={name: account_line(name, account) for name, account in accounts.items()},
    )


def _account(choices: Choices, cell: Cell, moved: Array) -> Account:
    """The account of a finding; ``moved`` (F, X) are the counts that pairs which exclude each other move."""
    pooled = cell.pooled
    read = [(d, study) for d, found in enumerate(cell.by_diagnosis.values()) for study in found]
    return Account(
        studies=cell.studies,
        entries=tuple(
            Entry(study.source, d, study.form, study.at_site, study.weight, study.sayings) for d, study in read
        ),
        added=coefficients(choices, cell.studies, pooled),
        completing=pooled.completing[0],
        base=cell.base,
        base_counts=base_weights(choices, pooled, cell.finding),
        contamination=contaminating(choices, pooled, cell.finding),
        shift=pooled.bases[0] - cell.base,
        moved=moved,
        definition=pooled.definition[0],
    )
