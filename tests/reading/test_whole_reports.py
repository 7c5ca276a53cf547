"""Whole reports in many styles, with findings coded by hand: the figures of docs/reading.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from reading import half, whole

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("part", ["open", "kept"])
def test_the_figures_of_the_page(part: str) -> None:
    """Reports 1 to 15 were there to mend rules with, 16 to 30 were kept aside when they were measured."""
    found = whole(ROOT / "tests" / "reading" / "reports" / part)
    page = (ROOT / "docs" / "reading.md").read_text(encoding="utf-8")
    column = 1 + ["open", "kept"].index(part)
    rows = {
        cells[0]: cells[column]
        for cells in re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE)
    }
    for row, figure in (
        ("reports", found.reports),
        ("findings that they state", found.stated),
        ("of these read rightly", found.right),
        ("of these read wrongly", found.wrong),
        ("read, and not stated", found.invented),
    ):
        assert int(rows[row]) == figure, row


def test_halves_go_by_publication() -> None:
    assert half("tang2021_a") == half("tang2021_b")
