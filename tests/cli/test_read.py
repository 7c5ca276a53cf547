"""``bayesdx read`` and ``bayesdx query --report``."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import Result

import bayesdx
from bayesdx.analyses.read.sentences import UNREAD

Run = Callable[..., Result]
REPORT = """CLINICAL HISTORY: 58-year-old man with a known renal failure.
FINDINGS: There is a calcified extradural mass at C5, 12 x 9 mm. Possible syrinx. No dural tail.
IMPRESSION: Calcified mass at C5, possibly a meningioma.
"""


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.txt"
    path.write_text(REPORT)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "reports"
    root.mkdir()
    (root / "one.txt").write_text(REPORT)
    (root / "two.txt").write_text("A mass at L3 and a second mass at L5. Oedema. No oedema.")
    (root / "sound.txt").write_text("MRI of the cervical spine. No mass. No syrinx. Normal study.")
    (root / "three.txt").write_bytes(b"\x00\x01\xff")
    (root / "four.txt").write_text("MRI: a mass at L2, calcified. Possible syrinx.")
    (root / "note.doc").write_text("not read")
    return root


def test_a_report_is_shown_with_its_words(run: Run, report: Path) -> None:
    shown = run("read", str(report)).stdout
    assert "Spine: it covers level 'cervical'" in shown
    assert "There is a ›calcified‹ extradural mass at C5, 12 x 9 mm." in shown
    assert "present 0.65 or absent 0.35" in shown
    rows = [line.split("  ") for line in shown.splitlines()]
    assert ["Dural tail", "absent", "denied"] in [[part.strip() for part in row if part.strip()] for row in rows]


def test_the_schema_has_every_reason_for_not_reading() -> None:
    schema = json.loads((Path(bayesdx.__file__).parent / "analyses" / "read" / "schema.json").read_text())
    assert schema["properties"]["unread"]["items"]["properties"]["why"]["enum"] == list(UNREAD)


def test_standard_input_and_the_library_read_the_same(run: Run, report: Path) -> None:
    read = json.loads(run("read", "-", "--json", stdin=REPORT).stdout)
    assert read == json.loads(run("read", str(report), "--json").stdout)
    assert read == json.loads(json.dumps(bayesdx.read_report(REPORT).to_dict()))


def test_what_is_kept_belongs_to_its_folder_of_data(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "No flow voids."  # of which the small networks of ``run`` know nothing
    assert bayesdx.read_report(text).case.findings == {}
    monkeypatch.undo()
    assert bayesdx.read_report(text).case.findings == {"mr_flow_voids": "absent"}


def test_a_case_is_saved_and_asked(run: Run, report: Path, tmp_path: Path) -> None:
    saved = tmp_path / "case.yaml"
    read = json.loads(run("read", str(report), "-o", str(saved), "--json").stdout)
    assert yaml.safe_load(saved.read_text()) == read["case"]
    asked = run("query", str(saved), "--json").stdout
    done = run("query", "--report", str(report), "--yes", "--json")
    assert json.loads(done.stdout)["posterior"] == json.loads(asked)["posterior"]
    assert "›calcified‹" in done.stderr  # the proposal is shown all the same
    told = "the findings were read from a report, and nobody has confirmed them"
    assert told in json.loads(done.stdout)["warnings"]
    assert told not in json.loads(asked)["warnings"]
    resource = json.loads(run("query", "--report", str(report), "--yes", "--format", "fhir").stdout)
    assert told in [note["text"] for note in resource["note"]]


def test_options_replace_what_was_read(run: Run, report: Path) -> None:
    done = run("query", "--report", str(report), "--yes", "-f", "mr_dural_tail=present", "--age", "30", "--json")
    findings = json.loads(done.stdout)["findings"]
    assert findings["mr_dural_tail"] == "present"
    assert findings["age_group"] == "18-39"


def test_a_report_is_confirmed(run: Run, report: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bayesdx.cli.query.asked_here", lambda: True)
    assert run("query", "--report", str(report), stdin="n\n").exit_code == 130
    wrong = run("query", "--report", str(report), "-f", "mr_tail=present", stdin="y\n")
    assert (wrong.exit_code, wrong.stdout, len(wrong.stderr.splitlines())) == (2, "", 1)
    done = run("query", "--report", str(report), stdin="y\n")
    assert done.exit_code == 0
    assert "Ask with these findings? [y/N]" in done.stderr
    assert "Diagnosis" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["query", "--report", "REPORT"], "nobody can be asked whether the report was read rightly"),
        (["query", "--yes"], "--yes needs --report"),
        (["query", "-", "--report", "REPORT"], "name a case or a --report, not both"),
        (["query", "--report", "REPORT", "--yes", "-f", "mr_tail=present"], "unknown finding 'mr_tail'"),
        (["query", "--report", "TWO", "--yes"], "speaks of more than one lesion"),
        (["query", "--report", "SOUND", "--yes"], "names no lesion: a differential is that of a lesion"),
        (["read", "EMPTY"], "is empty"),
        (["read", "NOWHERE"], "no such file"),
        (["read", "REPORT", "-o", "case.txt"], "a case file ends in"),
        (["read", "REPORT", "--table", "x.csv"], "--table saves the cases of a folder"),
        (["read", "FOLDER", "-o", "x.yaml"], "-o saves one case"),
        (["read", "NONE"], "holds no report"),
        (["read", "REPORT", "--lexicon", "LEXICON"], "no finding 'mr_tail'; did you mean 'mr_dural_tail'?"),
    ],
)
def test_refusals(run: Run, report: Path, folder: Path, tmp_path: Path, arguments: list[str], message: str) -> None:
    (tmp_path / "empty.txt").write_text(" \n")
    (tmp_path / "none").mkdir()
    (tmp_path / "own.yaml").write_text("findings: {mr_tail: {states: {present: flare}}}")
    paths = {
        "REPORT": report,
        "TWO": folder / "two.txt",
        "SOUND": folder / "sound.txt",
        "EMPTY": tmp_path / "empty.txt",
        "NOWHERE": tmp_path / "nowhere.txt",
        "FOLDER": folder,
        "NONE": tmp_path / "none",
        "LEXICON": tmp_path / "own.yaml",
    }
    done = run(*(str(paths.get(part, part)) for part in arguments), stdin="")
    assert done.exit_code == 2
    assert message in done.stderr.splitlines()[-1]


def test_a_folder_is_a_table_of_cases(run: Run, folder: Path, tmp_path: Path) -> None:
    table = tmp_path / "cases.csv"
    shown = run("read", str(folder), "--table", str(table)).stdout
    assert "5, 4 read" in shown
    assert any(line.startswith("sound.txt") and line.endswith("no lesion") for line in shown.splitlines())
    assert "several lesions; contradictory: Level and Perilesional oedema" in shown or "several lesions" in shown
    assert "is not a text file" in shown
    said = {row["file"]: row for row in json.loads(run("read", str(folder), "--json").stdout)["reports"]}
    assert [name for name, row in said.items() if row["no_lesion"]] == ["sound.txt"]
    assert [name for name, row in said.items() if row["several"]] == ["two.txt"]
    found = json.loads(run("read", str(folder / "four.txt"), "--json").stdout)["findings"]
    for certainty in ("implied", "uncertain"):
        assert said["four.txt"][certainty] == sum(one["certainty"] == certainty for one in found) > 0
    with table.open() as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert rows.keys() == {"four", "one"}  # no lesion, and several, are not answered with a differential
    assert "not in the table: 1 that name no lesion and 1 of several lesions" in shown
    assert rows["one"]["syrinx"] == "absent:0.538462,present:1"
    scored = json.loads(run("batch", str(table), "-n", "spine", "--json").stdout)
    assert [case["id"] for case in scored["cases"]] == ["four", "one"]


def test_a_stranger_adds_a_synonym(run: Run, report: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("findings:\n  syrinx:\n    states:\n      present: |\n        cord cavity\n")
    report.write_text("A cord cavity at C5.")
    assert "syrinx" not in json.loads(run("read", str(report), "--json").stdout)["case"]["findings"]
    read = json.loads(run("read", str(report), "--lexicon", str(own), "--json").stdout)
    assert read["case"]["findings"]["syrinx"] == "present"
