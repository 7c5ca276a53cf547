"""Phrases, and lexicons of one's own for any network."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesdx.document import NetworkDocument
from bayesdx.errors import InputError
from bayesdx.network import Network, Variable
from bayesdx.reading.phrases import Phrases, spellings
from bayesdx.reading.tokens import normal, tokens_of
from bayesdx.reports import Reports, read_report

WORD = st.text("abcdefgh", min_size=2, max_size=6)


@pytest.fixture(scope="module")
def lungs() -> NetworkDocument:
    """A network of another field."""
    variables = (
        Variable("disease", ("pneumonia", "cancer"), "Disease", ("Pneumonia", "Cancer")),
        Variable("dyspnoea", ("no", "yes"), "Dyspnoea"),
        Variable("nodule_shape", ("round", "spiculated"), "Nodule shape", ("round", "spiculated")),
        Variable("nodule_mm", ("<10", "10-30", ">30"), "Nodule (mm)"),
    )
    network = Network(
        id="lungs",
        variables=variables,
        parents={"disease": (), **{v.id: ("disease",) for v in variables[1:]}},
        cpts={
            "disease": [0.5, 0.5],
            "dyspnoea": [[0.5, 0.5]] * 2,
            "nodule_shape": [[0.5, 0.5]] * 2,
            "nodule_mm": [[0.4, 0.3, 0.3]] * 2,
        },
        target="disease",
    )
    return NetworkDocument(network)


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("dural tail", {("dural", "tail")}),
        ("(rim|ring) enhanc*", {("rim", "enhanc*"), ("ring", "enhanc*")}),
        ("[very] large", {("large",), ("very", "large")}),
        ("extra-axial", {("extra", "axial"), ("extraaxial",)}),
        ("(a|b [c])d", {("ad",), ("b", "d"), ("b", "cd")}),
        ("{sea} level", {("lake", "level"), ("deep", "sea", "level")}),
    ],
)
def test_spellings(phrase: str, expected: set[tuple[str, ...]]) -> None:
    assert set(spellings(phrase, {"sea": ["lake", "deep {ocean}"], "ocean": ["sea"]})) == expected


@pytest.mark.parametrize(
    ("phrase", "message"),
    [
        ("(rim", "'(' is not closed"),
        ("rim)", "')' has nothing to end"),
        ("[rim", "'[' is not closed"),
        ("(rim]", "'(' is not closed"),
        ("{see}", "no list of words 'see'; did you mean 'sea'?"),
        ("{loop}", "the list of words 'loop' holds itself"),
        ("[rim]", "may stand for no word at all"),
        ("rim ..", "'..' stands between words"),
        (" ".join(["(a|b|c|d|e|f|g|h|i|j)"] * 6), "more than 20000"),
    ],
)
def test_phrases_that_cannot_be_read(phrase: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        spellings(phrase, {"sea": ["lake"], "loop": ["{loop}"]})
    assert message in str(caught.value)


@given(st.lists(WORD, min_size=1, max_size=4), st.lists(WORD, max_size=6), st.lists(WORD, max_size=6))
def test_a_phrase_is_found_where_it_stands(words: list[str], before: list[str], after: list[str]) -> None:
    phrases: Phrases[str] = Phrases()
    phrases.add(spellings(" ".join(words), {}), "meant")
    text = " ".join([*before, *words, *after])
    tokens = tokens_of(text, 0, len(text))
    places = {match.first for match in phrases.find(tokens)}
    size = len(words)
    expected = {
        i
        for i in range(len(tokens) - size + 1)
        if [t.norm for t in tokens[i : i + size]] == list(map(normal, words))
    }
    assert places == expected


@given(st.text(max_size=400))
def test_any_text_is_read_or_refused(reports: Reports, text: str) -> None:
    """Every place lies within the text, and the case can be asked."""
    try:
        reading = reports.read(text)
    except InputError:
        assert not text.strip()
        return
    for mention in reading.passages.mentions:
        assert (
            0
            <= mention.sentence.start
            <= mention.words.start
            < mention.words.end
            <= mention.sentence.end
            <= len(text)
        )
    for one in reading.findings:
        assert one.value is None or one.value == reading.case.findings[one.finding]


def test_a_network_without_a_lexicon_is_read_by_its_labels(lungs: NetworkDocument) -> None:
    reports = Reports(document=lungs)
    reading = reports.read("No dyspnoea. The nodule shape is spiculated. Cancer is likely.")
    assert dict(reading.case.findings) == {"dyspnoea": "no", "nodule_shape": "spiculated"}
    assert reading.choice == "named by the user"


def test_a_lexicon_of_ones_own(lungs: NetworkDocument, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "words:\n  breathless: |\n    short of breath\n    SOB\n"
        "findings:\n  dyspnoea:\n    states:\n      yes: '{breathless}'\n"
        "  nodule_shape:\n    of: nodule\n    values:\n      spiculated: [spic*, star-shaped]\n      round: round\n"
        "  nodule_mm:\n    measure: length\n"
    )
    reading = Reports(document=lungs, lexicon=[own]).read("Very short of breath. A 1.4 cm starshaped nodule.")
    assert dict(reading.case.findings) == {"dyspnoea": "yes", "nodule_shape": "spiculated", "nodule_mm": 14}


def test_a_synonym_beside_those_that_ship() -> None:
    own = {"findings": {"mr_dural_tail": {"states": {"present": ["flare sign"]}}}}
    text = "A flare sign is seen. No flow voids."
    assert read_report(text, lexicon=[own]).case.findings == {"mr_dural_tail": "present", "mr_flow_voids": "absent"}
    assert read_report(text).case.findings == {"mr_flow_voids": "absent"}


@pytest.mark.parametrize(
    ("lexicon", "message"),
    [
        ({"finding": {}}, "lexicon: no key 'finding'; did you mean 'findings'?"),
        ({"findings": {"dural_tail": {}}}, "no finding 'dural_tail'; did you mean 'mr_dural_tail'?"),
        ({"findings": {"mr_dural_tail": {"state": {}}}}, "mr_dural_tail: no key 'state'; did you mean 'states'?"),
        (
            {"findings": {"mr_dural_tail": {"states": {"presnt": "x"}}}},
            "no state 'presnt'; did you mean 'present'?",
        ),
        ({"findings": {"mr_dural_tail": {"states": {"present": {"a": 1}}}}}, "where phrases belong"),
        ({"findings": {"mr_dural_tail": {"states": {"present": "(a"}}}}, "'(' is not closed"),
        ({"findings": {"size_mm": {"measure": "weight"}}}, "no measure 'weight'"),
        ({"findings": {"mr_enhancement": {"itself": "not nothing"}}}, "no state 'nothing'"),
        ({"findings": ["mr_dural_tail"]}, "is a list where a mapping belongs"),
        ({"findings": {"mr_enhancement": {"reach": "far"}}}, "'reach' is a number of words, not 'far'"),
        ({"findings": {"symptom_duration": {"measure": {"duration": {"acute": "x"}}}}}, "as a number"),
        ({"findings": {"level": {"measure": {"vertebra": {"X": "lumbar"}}}}}, "vertebrae are C, T, L and S"),
    ],
)
def test_lexicons_that_are_refused(lexicon: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        Reports(lexicon=[lexicon])
    assert message in str(caught.value)


def test_what_ships_speaks_of_findings_and_states_that_there_are() -> None:
    """What ships passes the check of one's own, for the vocabulary of both networks."""
    import yaml

    from bayesdx.data import data_path

    source = yaml.safe_load(data_path("networks", "reading", "findings.yaml").read_text(encoding="utf-8"))
    for network in ("spine", "cranial"):
        known = set(Reports(network).lexicon.variables)
        assert set(source["findings"]) == known
        Reports(network, lexicon=[source])


def test_what_reads_for_a_shipped_network_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    before = read_report("No syrinx.").case.findings
    monkeypatch.setattr("bayesdx.reading.lexicon.lexicon_for", lambda *_: pytest.fail("made again"))
    assert read_report("No syrinx.").case.findings == before
