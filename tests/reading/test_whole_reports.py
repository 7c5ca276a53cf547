"""Whole reports and passages in many styles, with findings coded by hand: the figures of docs/reading.md."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from reading import half, lines, tally, whole

ROOT = Path(__file__).resolve().parents[2]
READING = ROOT / "tests" / "reading"


def table(head: str, part: str) -> dict[str, str]:
    """The rows of the table of the page that begins with ``head``, by name: those of the column of a part."""
    page = (ROOT / "docs" / "reading.md").read_text(encoding="utf-8")
    rows = page[page.index(f"| {head} |") :].split("\n\n")[0].splitlines()[2:]
    return {name: (for_mending, kept)[part == "kept"] for name, for_mending, kept in map(_cells, rows)}


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip("|").split("|")]


@pytest.mark.parametrize("part", ["open", "kept"])
def test_the_figures_of_the_page(part: str) -> None:
    """Reports 16 to 30 were kept aside, all others were there to mend rules with."""
    found = whole(READING / "reports" / part)
    rows = table("whole reports", part)
    for row, figure in (
        ("reports", found.reports),
        ("findings that they state", found.stated),
        ("of these read rightly", found.right),
        ("of these read wrongly", found.wrong),
        ("read, and not stated", found.invented),
    ):
        assert int(rows[row]) == figure, row


@pytest.mark.parametrize("part", ["open", "kept"])
def test_the_figures_of_invented_passages(part: str) -> None:
    passages = yaml.safe_load((READING / "passages" / f"{part}.yaml").read_text(encoding="utf-8"))
    rows = {
        name: value.replace(",", "").removesuffix(" %") for name, value in table("invented passages", part).items()
    }
    *_, total, _, read, right, denial, plain, coded = lines(tally(passages))
    assert int(rows["passages"]) == len(passages)
    assert int(rows["findings coded"]) == int(total.split()[1])
    for name, line in (
        ("of these read", read),
        ("of these with the state that is coded", right),
        ("of these with a denial mistaken", denial),
        ("read and not marked as implied", plain),
        ("of these coded, with this state", coded),
    ):
        assert float(rows[name]) == float(line.split()[-1].removesuffix("%")), name


def test_halves_go_by_publication() -> None:
    assert half("tang2021_a") == half("tang2021_b")
