"""The impression: words by a scale, numbers of the other analyses, and nothing said that is not so."""

from __future__ import annotations

import csv
import io
import json
import pickle
import random
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bayesdx
from bayesdx.analyses.impression.numbers import Impression
from bayesdx.analyses.impression.sentences import LIMIT, paragraph, sentences
from bayesdx.case import Case
from bayesdx.document import NetworkDocument, PriorSet
from bayesdx.errors import ImpossibleFindings
from bayesdx.loading import load_for
from bayesdx.model import Model
from bayesdx.network import Network, Variable

ROOT = Path(__file__).parents[2]
ENDING = "for research and education; not a medical device."


def network(shares: list[list[float]], prior: list[float], counts: float = 0.0, names: str = "abcd") -> Network:
    """One diagnosis and binary signs; ``shares[d][s]`` is P(sign s present | d), known from ``counts`` cases."""
    states = tuple(names[: len(prior)])
    signs = [Variable(f"sign_{i}", ("absent", "present"), f"Sign {i}") for i in range(len(shares[0]))]
    variables = (Variable("diagnosis", states, "Diagnosis", state_labels=states, kind="diagnosis"), *signs)
    cpts = {"diagnosis": np.array(prior)}
    for i, sign in enumerate(signs):
        cpts[sign.id] = np.array([[1 - row[i], row[i]] for row in shares])
    drawn = {name: table * counts for name, table in cpts.items() if name != "diagnosis"} if counts else {}
    parents = {sign.id: ("diagnosis",) for sign in signs}
    return Network("made", variables, parents, cpts, drawn, target="diagnosis")


def asked(made: Network, *present: int, sets: dict[str, Any] | None = None) -> Impression:
    findings = {f"sign_{i}": "present" for i in present}
    priors = {name: PriorSet(name, np.array(one)) for name, one in (sets or {}).items()}
    document = NetworkDocument(made, prior_sets=priors)
    return Model(document, next(iter(priors), "network")).impression({"findings": findings})


def first(impression: Impression) -> str:
    return sentences(impression)[0]


EVEN = [0.5, 0.5]


@pytest.mark.parametrize(
    ("shares", "prior", "counts", "band", "words"),
    [
        ([[1.0], [0.0]], EVEN, 0, "alone", "leave a (100%) as the only possible diagnosis"),
        ([[0.9], [0.1]], EVEN, 0, "consistent", "findings are most consistent with a (90.0%); the differential"),
        ([[0.9], [0.1001]], EVEN, 0, "favoured", "findings favour a (90.0%)"),
        ([[0.995], [0.005]], EVEN, 0, "consistent", "(99.5%); no other diagnosis reaches 1%"),
        ([[0.3], [0.03]], EVEN, 30, "consistent", "most consistent with a (90.9%, 95% interval 56.2%"),
        ([[0.3], [0.03]], EVEN, 5, "favoured", "findings favour a (90.9%, 95% interval 27.5%"),
        ([[0.3], [0.03]], EVEN, 1, "leads", "differential diagnosis is led by a (90.9%, 95% interval 3.3%"),
        ([[0.6], [0.4]], EVEN, 0, "favoured", "favour a (60.0%); the differential diagnosis includes b (40.0%)"),
        ([[0.57], [0.43]], EVEN, 0, "open", "no diagnosis clearly leads"),
        ([[0.5], [0.5]], EVEN, 0, "open", "the differential diagnosis includes a (50.0%) and b (50.0%)"),
        (
            [[0.49], [0.25], [0.26]],
            [1 / 3] * 3,
            0,
            "leads",
            "led by a (49.0%), followed by c (26.0%) and b (25.0%)",
        ),
        ([[0.2], [0.8]], [0.9, 0.1], 0, "favoured", "a (69.2%) is likeliest by its prior (90.0%) rather than"),
    ],
)
def test_the_scale(shares: list[list[float]], prior: list[float], counts: float, band: str, words: str) -> None:
    found = asked(network(shares, prior, counts), 0)
    assert found.band == band
    assert words in first(found).lower()


def test_less_than_a_fifth_does_not_lead() -> None:
    shares = [[0.19]] + [[0.81 / 6]] * 6
    found = asked(network(shares, [1 / 7] * 7, names="abcdefg"), 0)
    assert found.leader.probability == pytest.approx(0.19)
    assert found.band == "open"


def test_no_findings() -> None:
    level = asked(network([[0.9], [0.1]], EVEN))
    assert (level.band, first(level)) == (
        "prior",
        "No findings are stated; before any, every diagnosis is as likely as the others.",
    )
    assert sentences(level)[1] == "The most informative finding to begin with would be sign 0."
    assert "before any, a (70.0%) leads" in first(asked(network([[0.9], [0.1]], [0.7, 0.3])))
    assert "no diagnosis leads" in first(asked(network([[0.9], [0.1], [0.1]], [0.4, 0.4, 0.2])))


def test_another_prior_set_is_told_and_bars_the_highest_band() -> None:
    made = network([[0.99], [0.01]], EVEN)
    found = asked(made, 0, sets={"even": EVEN, "rare": [0.001, 0.999]})
    assert found.band == "favoured"
    odds = 0.99 * 0.001 / (0.01 * 0.999)
    assert f"With the rare prior, b would lead ({1 / (1 + odds):.1%})." in sentences(found)
    assert asked(made, 0, sets={"even": EVEN, "near": [0.4, 0.6]}).band == "consistent"
    two = asked(made, 0, sets={"even": EVEN, "rare": [0.001, 0.999], "rarer": [0.0001, 0.9999]})
    assert "With the rare and rarer priors, b would lead" in paragraph(two)


def test_conflict_and_what_nothing_explains() -> None:
    """Signs that a latent state allows one of only, and a picture that no diagnosis has."""
    variables = (
        Variable("diagnosis", ("a", "b"), "Diagnosis", state_labels=("a", "b"), kind="diagnosis"),
        Variable("form", ("one", "two"), kind="latent"),
        Variable("x", ("absent", "present"), "X-sign"),
        Variable("y", ("absent", "present"), "Y-sign"),
    )
    cpts = {
        "diagnosis": np.array(EVEN),
        "form": np.array(EVEN),
        "x": np.array([[[0.99, 0.01], [0.001, 0.999]], [[0.999, 0.001], [0.01, 0.99]]]),
        "y": np.array([[[0.01, 0.99], [0.999, 0.001]], [[0.01, 0.99], [0.999, 0.001]]]),
    }
    parents = {"x": ("diagnosis", "form"), "y": ("diagnosis", "form")}
    made = Network("made", variables, parents, cpts, target="diagnosis")
    found = Model(NetworkDocument(made), "network").impression({"findings": {"x": "present", "y": "present"}})
    assert found.query.unresolved
    assert "The findings conflict with one another and should be checked." in sentences(found)
    assert found.band == "leads"
    rare = asked(network([[0.004, 0.004, 0.004], [0.001, 0.001, 0.001]], EVEN), 0, 1, 2)
    assert rare.query.surprise is not None
    assert rare.query.surprise.unusual
    assert "No diagnosis of the network explains the findings well; closest is a" in first(rare)
    assert rare.band == "leads"
    assert paragraph(rare).count("explains the findings well") == 1
    assert rare.to_dict()["doubts"] == ["no diagnosis of the network explains the findings well"]
    better = asked(network([[0.004], [0.6]], [0.999, 0.001]), 0)
    assert better.leader.diagnosis == "a"
    assert "the picture is unusual for a (" in paragraph(better).replace("The picture", "the picture")
    assert "less so for b" in paragraph(better)


def test_what_is_not_listed_leads() -> None:
    states = ("a", "b", "other")
    signs = tuple(Variable(f"sign_{i}", ("absent", "present"), f"Sign {i}") for i in range(2))
    target = Variable("diagnosis", states, "Diagnosis", state_labels=("A", "B", "Other"), kind="diagnosis")
    share = np.array([[[0.9, 0.1], [0.8, 0.2], [0.2, 0.8]], [[0.2, 0.8], [0.5, 0.5], [0.6, 0.4]]])
    cpts = {"diagnosis": np.full(3, 1 / 3), "sign_0": share[0], "sign_1": share[1]}
    made = Network("made", (target, *signs), {s.id: ("diagnosis",) for s in signs}, cpts, target="diagnosis")
    found = asked(made, 0)
    assert first(found) == (
        "With only one finding stated, no listed diagnosis leads: an unlisted diagnosis (72.7%) is likeliest; "
        "of those listed, B (18.2%) and A (9.1%) come first."
    )
    assert "Sign 0 speaks against B." in sentences(found)
    assert "an unlisted diagnosis" in first(asked(made, 1))


def test_two_states_and_names_without_labels() -> None:
    variables = (Variable("pump", ("ok", "no")), Variable("red light", ("off", "on")))
    cpts = {"pump": np.array([0.5, 0.5]), "red light": np.array([[0.99, 0.01], [0.05, 0.95]])}
    made = Network("own", variables, {"red light": ("pump",)}, cpts, target="pump")
    found = Model(NetworkDocument(made), "network").impression({"findings": {"red light": "on"}})
    said = sentences(found)
    assert said[0] == "pump: findings are most consistent with 'no' (99.0%), followed by 'ok' (1.0%)."
    assert said[1] == "'red light: on' favours 'no' over 'ok'."
    assert said[-1] == f"Computed by bayesdx, network own, its own prior: {ENDING}"


def test_small_network(small: NetworkDocument) -> None:
    """Without labels of states, ids stand in quotes; a finding that another entails is not told beside it."""
    case = {"findings": {"ct_calcification": "present", "ct_calcification_pattern": "punctate"}}
    found = Model(small, "surgical").impression(case)
    assert found.to_dict()["row"]["findings"] == "Pattern of calcification: punctate"
    assert paragraph(found).endswith(f"network small 1, surgical prior: {ENDING}")


@st.composite
def stated(draw: st.DrawFn, made: Network) -> dict[str, object]:
    """Findings of a network in every way that they can be stated."""
    findings: dict[str, object] = {}
    for variable in made.findings:
        state = draw(st.sampled_from(variable.states))
        weights = {one: draw(st.sampled_from((0.0, 0.5, 1.0))) for one in variable.states}
        ways: list[object] = [None, state, f"not {state}", weights | {state: 1.0}]
        findings[variable.id] = draw(st.sampled_from(ways))
    return {name: value for name, value in findings.items() if value is not None}


@given(data=st.data(), prior=st.sampled_from(("surgical", "uniform")))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_case_has_two_to_five_sentences(small: NetworkDocument, data: st.DataObject, prior: str) -> None:
    findings = data.draw(stated(small.network))
    try:
        found = Model(small.with_prior(prior), prior).impression({"findings": findings})
    except ImpossibleFindings:
        return
    said, row = sentences(found), found.leader
    assert 2 <= len(said) <= 5
    assert len(paragraph(found).split()) <= LIMIT
    assert not re.search(r"  | ,| \.|\.\.|\(\)|: ;|None|nan", paragraph(found))
    if found.band in ("consistent", "favoured"):
        assert row.probability >= 0.5
        assert ("favour" in said[0] or "consistent" in said[0]) == (row.probability > row.prior)
    weights = {one["finding"]: one["decibans"] for key in ("for", "against") for one in found.to_dict()[key]}
    assert set(weights) <= set(found.question.stated)
    assert sum(one.chance for one in found.outcomes) <= 1 + 1e-9


CASES = [*sorted((ROOT / "examples").glob("*.yaml")), ROOT / "priors" / "cases" / "development.yaml"]


@cache
def published() -> tuple[Impression, ...]:
    """The impression of every example and every fourth development case, each in the network that covers it."""
    models: dict[str, Model] = {}
    found: dict[str, Impression] = {}
    for path in CASES:
        for case in bayesdx.read_cases(path)[:: 4 if path == CASES[-1] else 1]:
            name = load_for(case).network.id if case.findings.get("level") else "spine"
            model = models.setdefault(name, bayesdx.load(name))
            found.setdefault(str(case.id), model.impression(case))
    return tuple(found.values())


def test_two_to_five_sentences_of_a_limited_length() -> None:
    assert {one.question.network.id for one in published()} == {"spine", "cranial"}
    assert len(published()) > 35
    for one in published():
        said = sentences(one)
        text = paragraph(one)
        assert 2 <= len(said) <= 5, text
        assert len(text.split()) <= LIMIT, text
        assert all(part[:1].isupper() and part.endswith(".") for part in said), text
        assert text.endswith(ENDING)
        assert "diagnostic of" not in text
        assert "\n" not in text


def test_the_words_read_well() -> None:
    for one in published():
        text = paragraph(one)
        assert not re.search(r"\b(\w+) \1\b", text), text  # doubled words
        assert not re.search(r"  | ,| \.|\.\.|\(\)|: ;|_|: present|: absent|None", text), text
        assert not re.search(r"absence of [^,;.]* and (?!absence)[^.;]* favour", text), text
        assert not re.search(r"(symptoms|lesions|products|voids) favours", text), text
        for phrase in re.findall(r"(?:^|\. )([^.]*? (?:favour|favours) )", text):
            several = " and " in phrase
            assert several <= phrase.endswith("favour "), text


def test_numbers_are_those_of_query() -> None:
    """Every percentage of the first sentence is that of a posterior, as it is rounded here."""
    for one in published()[::2]:
        fresh = bayesdx.load(one.question.network.id).query(one.case)
        ends = fresh.leader.interval
        assert ends is not None
        shares = [row.probability for row in fresh.posterior[:3]]
        known = {f"{100 * share:.1f}" for share in (*shares, *ends)} | {"99.9", "0.1", "95", "1", "100"}
        told = re.findall(r"([\d.]+)%", first(one))
        assert told, first(one)
        assert set(told) <= known, (told, known)
        assert f"{100 * fresh.leader.probability:.1f}%" in first(one) or fresh.leader.probability > 0.9994


def test_for_and_against_have_weights_of_that_sign() -> None:
    """Worked out here from the posteriors with and without the finding, by Bayes' rule."""
    checked = 0
    for one in published()[::1]:
        answer = one.to_dict()
        model = bayesdx.load(one.question.network.id)
        rival = answer["rival"]
        for key, sign in (("for", 1), ("against", -1)):
            for row in answer[key][:2]:
                weighed = next(w for w in one.explanation.weights if w.finding == row["finding"])
                fewer = {
                    name: value
                    for name, value in one.question.stated.items()
                    if name not in (row["finding"], *weighed.implies)
                }
                odds = []
                for findings in (dict(one.question.stated), fewer):
                    p = {
                        r.diagnosis: r.probability
                        for r in model.query({"findings": findings}, checks=False).posterior
                    }
                    odds.append(p[one.leader.diagnosis] / p[rival])
                assert 10 * np.log10(odds[0] / odds[1]) == pytest.approx(row["decibans"], abs=1e-6)
                assert sign * row["decibans"] > 1.3
                checked += 1
    assert checked > 20


def test_the_next_finding_is_that_of_what_if() -> None:
    for one in published()[::7]:
        model = bayesdx.load(one.question.network.id)
        value = model.what_if(one.case).findings[0]
        assert one.next is not None
        assert one.next.variable.id == value.variable.id
        for outcome in one.outcomes:
            seen = Case(findings={**one.question.stated, value.variable.id: outcome.state})
            after = {row.diagnosis: row.probability for row in model.query(seen, checks=False).posterior}
            assert after[outcome.diagnosis] == pytest.approx(outcome.probability, abs=1e-9)
            assert outcome.leads == (max(after, key=lambda name: after[name]) != one.leader.diagnosis)


def test_the_same_numbers_give_the_same_words() -> None:
    order = random.Random(5)
    for one in published()[::6]:
        moved = pickle.loads(pickle.dumps(one))
        assert paragraph(moved) == paragraph(one)
        findings = list(one.case.findings.items())
        order.shuffle(findings)
        shuffled = Case(id=one.case.id, age=one.case.age, sex=one.case.sex, findings=dict(findings))
        again = bayesdx.load(one.question.network.id).impression(shuffled)
        assert paragraph(again) == paragraph(one)
        assert again.to_dict()["row"] == one.to_dict()["row"]


def test_a_row_is_the_same_as_its_cells() -> None:
    for one in published()[::3]:
        answer = one.to_dict()
        (row,) = csv.reader(io.StringIO(str(answer["row_text"])), delimiter="\t")
        assert row == list(answer["row"].values())
        json.dumps(answer, allow_nan=False)


@pytest.mark.parametrize("id", ["=HYPERLINK(1)", "+1", "-1", "@sum", "＝1", "  =1", 'a"b', '"', "a\tb", "ü;=1,2"])
def test_no_cell_is_a_formula(small: NetworkDocument, id: str) -> None:
    model = Model(small, "surgical")
    board = bayesdx.board([{"id": id, "findings": {"level": "cervical"}}], model)
    from bayesdx.analyses.board import document

    for text, dialect in ((document.tsv(board), {"delimiter": "\t"}), (document.csv(board), {})):
        heads, row = csv.reader(io.StringIO(text.removeprefix("\ufeff")), **dialect)
        assert len(heads) == len(row) == 11
        assert row[0].lstrip("'") == " ".join(id.split())
        assert not row[0].startswith(("=", "+", "-", "@", "＝"))
    assert document.csv(board).count("\n") == 2
    assert all(part.startswith('"') for part in document.csv(board).removeprefix("\ufeff").splitlines())


def test_the_page_of_a_board_is_aligned() -> None:
    page = str(bayesdx.board([{"id": "a", "findings": {"level": "cervical", "mr_t2_signal": "hyper"}}]))
    assert "\x1b" not in page  # standard output is no terminal
    entries = [line for line in page.splitlines() if line.startswith(("Leading", "Differential", "Key findings"))]
    assert entries
    assert all("  " in line for line in entries)
