"""``bayesdx report``: one file that stands alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import Result

from bayesdx.analyses.report.document import html
from bayesdx.analyses.report.numbers import Report
from bayesdx.case import case_from_mapping
from bayesdx.loading import load

Run = Callable[..., Result]
Refused = Callable[..., str]

CASE = """
id: <c7> & more
age: 68
sex: male
diagnosis: capnon
findings:
  level: cervical
  compartment: extradural
  size_mm: 3
  mr_t2_signal: {hyper: 0.8, mixed: 0.2}
  ct_calcification_pattern: not dense_solid
  syrinx: absent
"""
EMPTY = {"meta", "link", "br", "hr", "img", "input"}


class Page(HTMLParser):
    """Elements, text and links of a page; fails where tags are not nested."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, name: str) -> list[str]:
        return [value or "" for key, value in self.attributes if key == name]


@pytest.fixture
def case(tmp_path: Path) -> str:
    path = tmp_path / "case.yaml"
    path.write_text(CASE)
    return str(path)


@pytest.fixture(scope="module")
def shipped() -> Report:
    """The report of a case from the shipped network."""
    findings = {"level": "cervical", "compartment": "extradural", "ct_calcification_pattern": "peripheral_rim"}
    case = case_from_mapping({"id": "shipped", "age": 68, "findings": {**findings, "mr_t2_signal": "hyper"}})
    return load("spine").report(case)


def test_html_stands_alone(run: Run, case: str, tmp_path: Path) -> None:
    output = tmp_path / "report.html"
    result = run("report", case, "-o", str(output))
    assert result.exit_code == 0
    assert result.stdout == ""
    text = output.read_text(encoding="utf-8")
    page = Page(text)
    assert not {"script", "link", "img", "iframe", "object", "base"} & set(page.tags)
    assert not page.values("src")
    assert all(target.startswith("#") for target in page.values("href"))
    assert "url(" not in text
    assert "@import" not in text
    assert "For research and education; not a medical device." in page.text
    assert "Differential diagnosis: <c7> & more" in page.text
    assert "'syrinx' is not used by network 'spine'" in page.text
    assert "surgical (operated patients)" in page.text
    assert "version 7" in page.text
    assert page.tags.count("svg") == 3
    assert "@media print" in text


def test_sections(run: Run, case: str, tmp_path: Path) -> None:
    output = tmp_path / "report.md"
    run("report", case, "-o", str(output))
    titles = re.findall(r"^## (.*)$", output.read_text(encoding="utf-8"), re.M)
    for title in (
        "Case",
        "Differential",
        "Weight of each finding",
        "What speaks for and against",
        "From prior to posterior",
        "What to look at next",
        "How far it can be trusted",
        "Method",
    ):
        assert title in titles


def test_markdown_tables_have_as_many_cells_as_heads(run: Run, case: str, tmp_path: Path) -> None:
    output = tmp_path / "report.md"
    run("report", case, "-o", str(output))
    text = output.read_text(encoding="utf-8")
    assert "not a medical device" in text
    for block in re.findall(r"(?:^\|.*\n)+", text, re.M):
        cells = {len(re.split(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(cells) == 1


def test_json_file_is_what_json_prints(run: Run, case: str, tmp_path: Path) -> None:
    output = tmp_path / "report.json"
    printed = json.loads(run("report", case, "-o", str(output), "--json").stdout)
    assert json.loads(output.read_text(encoding="utf-8")) == printed
    assert printed["explain"] == json.loads(run("explain", case, "--json").stdout)
    query = json.loads(run("query", case, "--json").stdout)
    for ours, theirs in zip(printed["query"]["posterior"], query["posterior"], strict=True):
        assert ours["probability"] == theirs["probability"]


def test_bad_input_writes_nothing(refused: Refused, case: str, tmp_path: Path) -> None:
    assert ".html, .md, .json" in refused("report", case, "-o", str(tmp_path / "report.docx"))
    assert "print the .html page" in refused("report", case, "-o", str(tmp_path / "report.pdf"))
    assert "cannot be written" in refused("report", case, "-o", str(tmp_path / "nowhere" / "report.html"))
    assert "did you mean" in refused("report", case, "-o", str(tmp_path / "a.html"), "--versus", "meningeoma")
    assert "name the file to write" in refused("report", case)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["case.yaml"]


def test_failure_leaves_the_old_file(refused: Refused, case: str, tmp_path: Path) -> None:
    output = tmp_path / "report.html"
    output.write_text("old")
    refused("report", case, "-o", str(output), "--versus", "nothing")
    assert output.read_text() == "old"


def test_case_without_findings(run: Run, tmp_path: Path) -> None:
    output = tmp_path / "report.html"
    assert run("report", "-", "-o", str(output), stdin="id: x").exit_code == 0
    assert "No findings." in Page(output.read_text(encoding="utf-8")).text


def test_one_diagnosis_left(run: Run, tmp_path: Path) -> None:
    network = tmp_path / "rain.bif"
    network.write_text(
        "network rain {}\n"
        "variable rain { type discrete [ 2 ] { yes, no }; }\n"
        "variable wet { type discrete [ 2 ] { yes, no }; }\n"
        "probability ( rain ) { table 0.2, 0.8; }\n"
        "probability ( wet | rain ) { (yes) 1.0, 0.0; (no) 0.1, 0.9; }\n"
    )
    output = tmp_path / "report.md"
    arguments = ["--network", str(network), "--target", "rain", "-f", "wet=no", "-o", str(output), "--json"]
    assert json.loads(run("report", *arguments).stdout)["explain"] is None
    assert "no is the only diagnosis that the findings leave possible." in output.read_text(encoding="utf-8")


def test_citations_lead_to_references(shipped: Report) -> None:
    page = Page(html(shipped))
    targets = {target.removeprefix("#") for target in page.values("href")}
    anchors = [anchor for anchor in page.values("id") if anchor.startswith("ref-")]
    assert targets
    assert anchors == [f"ref-{i}" for i in range(1, len(anchors) + 1)]
    assert targets == set(anchors)


def test_pictures_are_well_formed(shipped: Report) -> None:
    pictures = re.findall(r"<svg.*?</svg>", html(shipped), re.S)
    assert len(pictures) == 3
    for picture in pictures:
        root = ElementTree.fromstring(picture)
        width, height = map(float, root.attrib["viewBox"].split()[2:])
        for element in root.iter():
            x = float(element.get("x", element.get("x1", 0.0)))
            y = float(element.get("y", element.get("y1", 0.0)))
            assert 0 <= x <= width
            assert -2 <= y <= height
            assert float(element.get("width", 0.0)) >= 0


def test_bars_are_as_long_as_the_numbers(shipped: Report) -> None:
    picture = re.findall(r"<svg.*?</svg>", html(shipped), re.S)[0]
    widths = [float(width) for width in re.findall(r'<rect[^>]* width="([\d.]+)"', picture)]
    shown = [row.probability for row in shipped.query.posterior[: len(widths)]]
    scale = widths[0] / shown[0]
    for width, probability in zip(widths, shown, strict=True):
        assert width == pytest.approx(max(scale * probability, 0.8), abs=0.1)


def test_intervals_agree_throughout(shipped: Report) -> None:
    intervals = shipped.sensitivity.question.intervals
    assert intervals is not None
    states = shipped.query.question.target.states
    for row in shipped.query.posterior:
        assert row.interval == pytest.approx(tuple(intervals[states.index(row.diagnosis)]))
