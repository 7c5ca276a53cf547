"""The page of ``evaluate --compare``: one line a network, prior set and method."""

from __future__ import annotations

from bayesdx.analyses.benchmark.numbers import Benchmark
from bayesdx.analyses.evaluate.page import NAMES, value
from bayesdx.report.blocks import Page, Section, Table
from bayesdx.words.numbers import span


def page(result: Benchmark) -> Page:
    """The figures of every row side by side."""
    cells = []
    for row in result.rows:
        figures = row.evaluation.figures
        shown = [value(name, figures[name]) for name in NAMES]
        interval = figures["top1"].interval
        about = (row.method, row.prior, row.network, str(row.evaluation.n))
        cells.append((*about, *shown, span(*interval) if interval else ""))
    heads = ("method", "prior set", "cases", "n", *NAMES.values(), "top-1 95%")
    return Page(None, (Section("", (Table(heads, tuple(cells), tuple(range(3, 10))),)),))
