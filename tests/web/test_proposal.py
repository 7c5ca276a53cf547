"""A report on the page without a browser: what is proposed is what the service reads, and its text stays text."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from web_client import Client

from bayesdx.reading.mentions import Mention, Span
from bayesdx.web.app import create_app
from bayesdx.web.models import Models
from bayesdx.web.page.proposal import LISTED, pieces

REPORTS = Path(__file__).parents[2] / "examples" / "reports"
#: What the view is made of.
TAGS = set(["ul", "li", "label", "input", "span", "b", "div", "p", "mark", "u", "button", "details", "summary"])


class Proposed(HTMLParser):
    """The rows of a proposal: check box, label, sentences, and what of these is marked and underlined."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[dict[str, Any]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self._folded = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._folded |= tag == "details"
        if tag == "input":
            self.rows.append({"box": dict(attrs), "label": "", "sentences": [], "marks": [], "cues": []})
            return
        self._open.append(tag)
        if self.rows and not self._folded:
            row = self.rows[-1]
            for inside, kind in (("p", "sentences"), ("mark", "marks"), ("u", "cues")):
                if tag == inside and "div" in self._open:
                    row[kind].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if not self.rows or self._folded:
            return
        row = self.rows[-1]
        if "label" in self._open:
            row["label"] += data
        for inside, kind in (("p", "sentences"), ("mark", "marks"), ("u", "cues")):
            if inside in self._open and "div" in self._open:
                row[kind][-1] += data

    @property
    def said(self) -> dict[str, object]:
        """What would be taken over."""
        return {
            str(row["box"]["data-take"]): json.loads(str(row["box"]["data-said"]))
            for row in self.rows
            if "data-take" in row["box"]
        }

    def row(self, words: str) -> dict[str, Any]:
        return next(row for row in self.rows if row["label"].strip().startswith(words))


def proposed(client: Client, report: str, **more: object) -> Proposed:
    body = json.dumps({"report": report, **more})  # in ASCII: a lone surrogate is sent as such
    answer = client.post("/page/propose", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200, answer.text
    return Proposed(answer.json()["html"])


def squeezed(text: str) -> str:
    return " ".join(text.split())


def shares(value: object) -> object:
    if not isinstance(value, dict):
        return value
    return {state: pytest.approx(weight / sum(value.values()), abs=1e-4) for state, weight in value.items()}


@pytest.mark.parametrize("report", sorted(REPORTS.iterdir()), ids=lambda path: path.stem)
def test_what_is_proposed_is_what_the_service_reads(shipped: Client, report: Path) -> None:
    text = report.read_text()
    read = shipped.post("/v1/read", {"report": text}).json()
    found = proposed(shipped, text)
    case = shipped.post("/page/read", {"text": json.dumps(read["case"])}).json()["findings"]
    assert found.said == {name: shares(value) for name, value in case.items()}
    assert len(found.rows) == len(read["findings"])
    for row, one in zip(found.rows, read["findings"], strict=True):
        sentences = list(dict.fromkeys(squeezed(mention["sentence"]) for mention in one["mentions"]))
        assert [squeezed(sentence) for sentence in row["sentences"]] == sentences[:3]
        assert squeezed(one["mentions"][0]["words"]) in [squeezed(words) for words in row["marks"]]
        assert {squeezed(cue) for cue in row["cues"]} == {
            squeezed(cue) for mention in one["mentions"] for cue in mention["cues"]
        }
    for unread in (*read["silent"], *read["skipped"]):
        assert squeezed(unread) in squeezed(found.text)


def test_states_are_told_in_words_with_their_certainty(shipped: Client) -> None:
    text = "A 44-year-old woman. Calcified mass at C5, 14 mm, T2 hyperintense. Possible syrinx. No dural tail."
    found = proposed(shipped, text)
    labels = [squeezed(row["label"]) for row in found.rows]
    for words in (
        "Age group: 40–59 years stated",
        "Size: 10–30 mm stated",
        "T2 signal: hyperintense stated",
        "Syrinx: present 0.65 or absent 0.35 uncertain",
        "Dural tail: absent denied",
    ):
        assert words in labels
    assert found.said["syrinx"] == {"present": 0.65, "absent": 0.35}
    assert found.said["age_group"] == "40-59"
    assert "44" not in json.dumps(found.said)
    assert found.row("Syrinx")["cues"] == ["Possible"]
    assert all("checked" in row["box"] for row in found.rows)


def test_of_several_lesions_nothing_is_checked(shipped: Client) -> None:
    answer = shipped.post("/page/propose", {"report": (REPORTS / "two-lesions.txt").read_text()}).json()
    found = Proposed(answer["html"])
    assert answer["brief"] == "13 findings are read, none is checked."
    assert not any("checked" in row["box"] for row in found.rows)
    told = re.search('<ul class="warnings">(.*?)</ul>', answer["html"], re.DOTALL)
    assert told
    assert "more than one lesion" in told[1]
    assert answer["html"].index("warnings") < answer["html"].index("proposals")
    contradictory = found.row("Calcification on CT")
    assert contradictory["box"].keys() >= {"disabled"}
    assert "data-take" not in contradictory["box"]
    assert "contradictory" in contradictory["label"]


def test_of_no_lesion_nothing_is_checked(shipped: Client) -> None:
    answer = shipped.post("/page/propose", {"report": "MRI of the cervical spine. No mass. No syrinx."}).json()
    found = Proposed(answer["html"])
    assert answer["brief"] == "1 finding is read, none is checked."
    assert [row["box"].get("checked") for row in found.rows] == [None]


def test_the_level_of_the_case_says_which_network(shipped: Client) -> None:
    """A report that names no level is read in the terms of the network that the case is put to."""
    report = "No dural tail. Possible syrinx."
    for level, label in (("posterior_fossa", "Skull"), ("lumbar", "Spine")):
        found = proposed(shipped, report, case={"findings": {"level": level}})
        assert f"In the terms of: {label}" in found.text
    found = proposed(shipped, "Syrinx in the cord.", network="cranial")
    assert "In the terms of: Skull" in found.text
    assert "named by the user" not in found.text


def test_what_a_network_does_not_use_cannot_be_taken_over(shipped: Client) -> None:
    report = "Calcified mass at L4."
    assert proposed(shipped, report, network="spine").said["level"] == "lumbar"
    found = proposed(shipped, report, network="cranial")
    assert found.said.keys() == {"ct_calcification"}
    assert "data-take" not in found.row("Level")["box"]
    assert "not used by this network" in found.row("Level")["label"]


def test_another_network_by_its_labels(tmp_path: Path) -> None:
    file = tmp_path / "alarm.bif"
    file.write_text(
        "network alarm { }\n"
        "variable Shock { type discrete [ 2 ] { yes, no }; }\n"
        "variable Pulse { type discrete [ 2 ] { fast, slow }; }\n"
        "probability ( Shock ) { table 0.4, 0.6; }\n"
        "probability ( Pulse | Shock ) { (yes) 0.8, 0.2; (no) 0.3, 0.7; }\n"
    )
    found = proposed(Client(create_app(Models(str(file), "Shock"))), "Pulse: fast. 61-year-old man.")
    assert found.said == {"Pulse": "fast"}
    assert "not used by this network" in found.row("Age")["label"]


HOSTILE = [
    "Calcified mass at C5 <img src=x onerror=alert(1)> with oedema. <script>alert(1)</script> No syrinx.",
    "Calcified {{ 7 * 7 }} mass at C5 \"' onfocus=alert(1) autofocus. Possible &lt;b&gt; syrinx.",
    "Calcified\x00\x1b[31m mass \u202e at C5 \ud800 \x07. No\x00 syrinx\u2028. Possible\ud800 oedema \x9b.",
    "</p></ul></mark> Oedema. </textarea></div> Oedema. No oedema.",
]


@pytest.mark.parametrize("report", HOSTILE)
def test_what_stands_in_a_report_is_text(shipped: Client, report: str) -> None:
    found = proposed(shipped, report)
    assert {tag for tag, _ in found.tags} <= TAGS
    assert not [name for _, attributes in found.tags for name in attributes if name.startswith("on")]
    assert all(character.isprintable() or character == "\n" for character in found.text)
    assert found.rows


def test_a_long_report_has_a_short_proposal(shipped: Client) -> None:
    """The longest report that is read, and one character more."""
    for piece in ("Possible calcified mass without oedema at C5. ", "No calcification, ", "Wombats are big. "):
        report = ("A mass. " + piece * 20_000)[:200_000]
        answer = shipped.post("/page/propose", {"report": report})
        assert answer.status_code == 200
        assert len(answer.content) < 150_000
    assert f"and {199_992 // len(piece) - LISTED} more" in Proposed(answer.json()["html"]).text
    refused = shipped.post("/page/propose", {"report": "." * 200_001})
    assert refused.status_code == 422
    assert "200001 characters are no report" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"report": " \n"}, "the report is empty"),
        ({}, "the report is empty"),
        ({"report": "Oedema.", "network": "spin"}, "did you mean 'spine'?"),
        ({"report": 3}, "Expected `str | null`, got `int`"),
    ],
)
def test_what_is_refused(shipped: Client, body: object, says: str) -> None:
    answer = shipped.post("/page/propose", body)
    assert answer.status_code == 422
    assert says in answer.text


@given(st.text(" ab\n.", min_size=3, max_size=2000), st.data())
def test_pieces_are_the_sentence(report: str, data: st.DataObject) -> None:
    """Whole or cut at its ends, and exactly the words are marked."""
    at = sorted(data.draw(st.lists(st.integers(0, len(report)), min_size=4, max_size=4, unique=True)))
    sentence, words = Span(at[0], at[3]), Span(at[1], at[2])
    found = pieces(report, [Mention("x", {}, sentence, words, (Span(at[0], at[1]),))])
    text = "".join(one.text for one in found if "…" not in one.text)
    assert "".join(text.split()) in "".join(report[at[0] : at[3]].split())
    assert "".join(one.text for one in found if one.words) == re.sub(r"\s+", " ", report[at[1] : at[2]])
    assert next(one.cue for one in found if "…" not in one.text)


def test_what_is_implied_names_its_likeliest_state(shipped: Client) -> None:
    """As the command line does: not every state with its weight, which the box takes over all the same."""
    found = proposed(shipped, "MRI shows an extradural mass on the left at T5.", network="spine")
    assert squeezed(found.row("Axial position")["label"]).startswith("Axial position: lateral 0.85 implied")
    said = found.said["axial_position"]
    assert isinstance(said, dict)
    assert len(said) == 4
