"""The JSON of ``evaluate --compare`` (schema evaluate-compare/2)."""

from __future__ import annotations

from bayesdx.analyses.benchmark.numbers import Benchmark, Entry


def to_dict(result: Benchmark) -> dict[str, object]:
    """The object that ``bayesdx evaluate --compare --json`` prints."""
    return {"schema": "evaluate-compare/2", "rows": [_row(row) for row in result.rows]}


def _row(row: Entry) -> dict[str, object]:
    figures = row.evaluation.figures
    return {
        "network": row.network,
        "prior": row.prior,
        "method": row.method,
        "n": row.evaluation.n,
        **{name: figure.value for name, figure in figures.items()},
        "intervals": {name: figure.interval and list(figure.interval) for name, figure in figures.items()},
    }
