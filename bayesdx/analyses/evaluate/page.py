"""How an evaluation looks on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

import click

from bayesdx.analyses.evaluate.numbers.figures import BINS, Evaluation, Figure
from bayesdx.analyses.evaluate.numbers.scoring import Comparison
from bayesdx.report.render.terminal import page, percent, table, warning_lines

NAMES = {
    "top1": "top-1",
    "top3": "top-3",
    "log_loss": "log loss",
    "brier": "Brier score",
    "calibration_error": "calibration error",
}
SHARES = ("top1", "top3")


def full_text(result: Evaluation, show_cases: bool = False) -> str:
    """Figures with intervals, the clinicians' own figures, a row a diagnosis, and the confusion."""
    rows = [[NAMES[name], _value(name, figure), _interval(name, figure)] for name, figure in result.figures.items()]
    parts = [
        f"{result.n} cases with proven diagnoses",
        table(("", "", "95% bootstrap interval"), rows, right=(1, 2)),
        f"calibration error: of the leader's probability, in {BINS} bins of equally many cases; a perfectly\n"
        f"calibrated model would show {result.chance_calibration_error:.3f} on so many cases",
    ]
    if result.impression and result.model_on_impressions:
        human, model = result.impression, result.model_on_impressions
        parts.append(
            table(
                (f"{human.n} cases that state an impression", "first", "listed"),
                [
                    ["treating clinicians (before proof)", percent(human.first), percent(human.listed)],
                    ["network (listed: first three)", percent(model.first), percent(model.listed)],
                ],
                right=(1, 2),
            )
        )
    by_diagnosis = [
        [row.diagnosis, str(row.n), percent(row.top1), percent(row.top3), percent(row.mean_probability)]
        for row in result.diagnoses
    ]
    parts.append(table(("proven diagnosis", "n", "top-1", "top-3", "mean P(truth)"), by_diagnosis, (1, 2, 3, 4)))
    parts.append(_confusion(result))
    if show_cases:
        cases = [
            [case.case, case.network, case.diagnosis, str(case.rank), percent(case.probability), case.leader]
            for case in result.cases
        ]
        parts.append(table(("case", "network", "proven diagnosis", "rank", "P(truth)", "leader"), cases, (3, 4)))
    return page(*parts, warning_lines(result.warnings))


def _confusion(result: Evaluation) -> str:
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
        rows.append([row.diagnosis, str(right), click.wrap_text(others, 68).split("\n")[0] if others else ""])
        rows += [["", "", line] for line in click.wrap_text(others, 68).split("\n")[1:]]
    return table(("confusion", "right", "led by instead"), rows, right=(1,))


def comparison(rows: Sequence[Comparison]) -> str:
    """One line a network, prior set and method."""
    cells = []
    for row in rows:
        figures = row.evaluation.figures
        cells.append(
            [row.method, row.prior, row.network, str(row.evaluation.n)]
            + [_value(name, figures[name]) for name in NAMES]
            + [" – ".join(percent(x) for x in figures["top1"].interval)]
        )
    heads = ("method", "prior set", "cases", "n", *NAMES.values(), "top-1 95%")
    return page(table(heads, cells, right=range(3, 10)))


def _value(name: str, figure: Figure) -> str:
    return percent(figure.value) if name in SHARES else f"{figure.value:.3f}"


def _interval(name: str, figure: Figure) -> str:
    low, high = figure.interval
    return f"{percent(low)} – {percent(high)}" if name in SHARES else f"{low:.3f} – {high:.3f}"
