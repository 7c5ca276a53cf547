"""The page of ``evaluate``."""

from __future__ import annotations

import textwrap

from bayesdx.analyses.evaluate.numbers.figures import BINS, SHARES, Evaluation, Score
from bayesdx.analyses.evaluate.sentences import warnings
from bayesdx.report.blocks import Block, Lines, Page, Section, Table
from bayesdx.words.numbers import percent, span

NAMES = {
    "top1": "top-1",
    "top3": "top-3",
    "log_loss": "log loss",
    "brier": "Brier score",
    "calibration_error": "calibration error",
}


def page(result: Evaluation, *, show_cases: bool = False) -> Page:
    """Figures with intervals, the clinicians' own figures, a row a diagnosis, and the confusion."""
    rows = tuple(
        (NAMES[name], value(name, figure), _interval(name, figure)) for name, figure in result.figures.items()
    )
    intervals = any(figure.interval is not None for figure in result.figures.values())
    proven = "case with a proven diagnosis" if result.n == 1 else "cases with proven diagnoses"
    blocks: list[Block] = [
        Lines(((f"{result.n} {proven}",), *_learnt(result), (_how(result),))),
        Table(("", "", "95% interval" if intervals else ""), rows, (1, 2)),
        Lines(
            (
                (
                    f"calibration error: of the leader's probability, in {BINS} bins of equally many cases; a "
                    "perfectly",
                ),
                (
                    f"calibrated model would show {result.chance_calibration_error:.3f} on so many cases"
                    f"{': chance is in the interval, too' * intervals}",
                ),
            )
        ),
    ]
    if result.impression and result.model_on_impressions:
        human, model = result.impression, result.model_on_impressions
        impressions = (
            ("treating clinicians (before proof)", percent(human.first), percent(human.listed)),
            ("network (listed: first three)", percent(model.first), percent(model.listed)),
        )
        blocks.append(Table((f"{human.n} cases that state an impression", "first", "listed"), impressions, (1, 2)))
    diagnoses = tuple(
        (row.diagnosis, str(row.n), percent(row.top1), percent(row.top3), percent(row.mean_probability))
        for row in result.diagnoses
    )
    blocks.append(Table(("proven diagnosis", "n", "top-1", "top-3", "mean P(truth)"), diagnoses, (1, 2, 3, 4)))
    blocks.append(_confusion(result))
    if show_cases:
        cases = tuple(
            (case.case, case.network, case.diagnosis, str(case.rank), percent(case.probability), case.leader)
            for case in result.cases
        )
        blocks.append(Table(("case", "network", "proven diagnosis", "rank", "P(truth)", "leader"), cases, (3, 4)))
    return Page(None, (Section("", tuple(blocks)),), warnings(result))


def _how(result: Evaluation) -> str:
    prior = f"prior set '{result.prior}'" if result.prior else "the default prior"
    return f"{prior}; what a case does not state is {'read as silence' if result.silence else 'summed out'}"


def _learnt(result: Evaluation) -> tuple[tuple[str], ...]:
    sets = " and ".join(f"{cases:,.6g} cases of '{name}'" for name, cases in result.learnt.items())
    return ((f"by a network that has learnt from {sets}",),) if sets else ()


def _confusion(result: Evaluation) -> Table:
    wrong: dict[str, list[tuple[int, str]]] = {}
    for (truth, leader), n in result.confusion.items():
        if truth != leader:
            wrong.setdefault(truth, []).append((n, leader))
    rows = []
    for row in result.diagnoses:
        right = result.confusion.get((row.diagnosis, row.diagnosis), 0)
        others = ", ".join(
            leader + (f" {n}" if n > 1 else "") for n, leader in sorted(wrong.get(row.diagnosis, []), reverse=True)
        )
        first, *more = textwrap.wrap(others, 68) or [""]
        rows.append((row.diagnosis, str(right), first))
        rows += [("", "", line) for line in more]
    return Table(("confusion", "right", "led by instead"), tuple(rows), (1,))


def value(name: str, figure: Score) -> str:
    """A figure as it is usually written: shares in percent."""
    return percent(figure.value) if name in SHARES else f"{figure.value:.3f}"


def _interval(name: str, figure: Score) -> str:
    if figure.interval is None:
        return ""
    low, high = figure.interval
    return span(low, high) if name in SHARES else f"{low:.3f} – {high:.3f}"
