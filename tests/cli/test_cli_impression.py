"""``bayesdx impression``: sentences and rows, on the terminal and in files."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from click.testing import Result

import bayesdx

Run = Callable[..., Result]
SCHEMAS = Path(bayesdx.__file__).parent / "analyses"
Refused = Callable[..., str]
TWO = "[{id: a, age: 40, findings: {level: cervical, mr_t2_signal: hyper}}, {id: b, findings: {level: skull_base}}]"
HEADS = (
    "Case\tAge, sex\tSite\tKey findings\tLeading diagnosis\tDifferential\tFor\tAgainst\tCaution\tNext step\tSource"
)


@pytest.fixture
def two(tmp_path: Path) -> str:
    path = tmp_path / "two.yaml"
    path.write_text(TWO)
    return str(path)


def test_sentences_alone_are_printed(run: Run) -> None:
    asked = ("impression", "-f", "level=cervical", "-f", "mr_t2_signal=hyper")
    shown = run(*asked).stdout
    text = json.loads(run(*asked, "--json").stdout)["text"]
    assert shown.split() == text.split()
    assert max(map(len, shown.splitlines())) <= 100
    assert text.count("not a medical device") == 1


def test_warnings_stand_below_the_sentences(run: Run) -> None:
    shown = run("impression", "-f", "level=cervical", "-f", "syrinx=present").stdout
    last = shown.strip().splitlines()[-1]
    assert last.startswith("! ")
    assert "syrinx" in last


def test_rows_are_put_to_the_network_of_their_level(run: Run, two: str) -> None:
    heads, a, b = run("impression", two, "--row").stdout.rstrip("\n").split("\n")
    assert heads == HEADS
    assert [row.split("\t")[0] for row in (a, b)] == ["a", "b"]
    assert "network spine" in a
    assert "network cranial" in b
    assert a.split("\t")[1] == "40 years"
    again = run("impression", two, two, "--row").stdout.splitlines()
    assert again == [heads, a, b, a, b]
    one = run("impression", two, "--case", "b", "--row").stdout.splitlines()
    assert one == [heads, b]


@pytest.mark.parametrize("ending", ["tsv", "csv", "html"])
def test_rows_in_files(run: Run, two: str, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"board.{ending}"
    done = run("impression", two, "-o", str(file))
    assert (done.exit_code, done.stdout) == (0, "")
    text = file.read_text(encoding="utf-8-sig")
    printed = [line.split("\t") for line in run("impression", two, "--row").stdout.splitlines()]
    if ending == "html":
        assert text.count("<tr>") == 3
        assert all(cell in text for cell in printed[1][:2])
        assert "not a medical device" in text
    else:
        assert list(csv.reader(text.splitlines(), delimiter="\t" if ending == "tsv" else ",")) == printed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("TWO",), "holds 2 cases; name one of them with --case: a, b"),
        (("TWO", "TWO"), "2 files: ask for a row a case with --row"),
        (("TWO", "TWO", "--row", "--age", "3"), "are about one case: name one file"),
        (("TWO", "-o", "board.xlsx"), "board.xlsx: rows are written to .tsv, .csv, .html"),
        (("TWO", "--row", "--versus", "capnon"), "--versus is for sentences"),
        (("-f", "level=cervical", "--versus", "cap"), "did you mean 'capnon'?"),
        (("--row",), "no case"),
        (("no.yaml", "--row"), "no.yaml: no such file"),
    ],
)
def test_what_cannot_be_meant(refused: Refused, two: str, arguments: tuple[str, ...], words: str) -> None:
    assert words in refused("impression", *(two if part == "TWO" else part for part in arguments))


def test_cases_without_a_name_are_called_as_their_files(run: Run, tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / f"{name}.yaml").write_text("findings: {level: cervical}")
    told = run("impression", str(tmp_path / "first.yaml"), str(tmp_path / "second.yaml"), "--row").stdout
    assert [line.split("\t")[0] for line in told.splitlines()] == ["Case", "first", "second"]


def test_a_wrong_case_leaves_nothing_written(refused: Refused, tmp_path: Path) -> None:
    path, board = tmp_path / "cases.yaml", tmp_path / "board.csv"
    path.write_text("[{id: a, findings: {level: cervical}}, {id: b, findings: {levle: cervical}}]")
    told = refused("impression", str(path), "-o", str(board))
    assert "case 2 (b)" in told
    assert "did you mean 'level'?" in told
    assert not board.exists()


def test_codes_stand_in_sentences_not_in_rows(run: Run) -> None:
    held = json.loads(run("impression", "-f", "level=cervical", "--json", "--codes").stdout)
    jsonschema.validate(held, json.loads((SCHEMAS / "impression" / "schema.json").read_text()))
    assert held["codes"]
    refused = run("impression", "-f", "level=cervical", "--row", "--json", "--codes")
    assert refused.exit_code == 2
    assert "rows have no standard codes" in refused.stderr


def test_a_board_says_why_a_network_was_asked() -> None:
    rows = bayesdx.board([{"findings": {"level": "lumbar"}}, {"findings": {"level": "skull_base"}}])
    said = [one.question.choice for one in rows.impressions]
    assert said == ["it covers level 'lumbar'", "it covers level 'skull_base'"]
