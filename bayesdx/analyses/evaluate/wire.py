"""The JSON of ``evaluate`` (schema evaluate/2)."""

from __future__ import annotations

from dataclasses import asdict

from bayesdx.analyses.evaluate.numbers.figures import Evaluation, ScoredCase
from bayesdx.analyses.evaluate.sentences import warnings


def to_dict(result: Evaluation) -> dict[str, object]:
    """The object that ``bayesdx evaluate --json`` prints."""
    return {
        "schema": "evaluate/2",
        "network": result.network,
        **({"learnt": [{"name": n, "cases": c} for n, c in result.learnt.items()]} if result.learnt else {}),
        "prior": result.prior,
        "baseline": result.baseline,
        "own_source": result.own_source,
        "silence": result.silence,
        "n": result.n,
        **({"left_out": result.left_out} if not result.cases else {}),
        **{name: figure.value for name, figure in result.figures.items()},
        "intervals": {name: figure.interval and list(figure.interval) for name, figure in result.figures.items()},
        "chance_calibration_error": result.chance_calibration_error,
        "diagnoses": [asdict(row) for row in result.diagnoses],
        "confusion": [
            {"diagnosis": truth, "leader": leader, "n": n}
            for (truth, leader), n in sorted(result.confusion.items())
        ],
        "impression": None if result.impression is None else asdict(result.impression),
        "model_on_impressions": None
        if result.model_on_impressions is None
        else asdict(result.model_on_impressions),
        "cases": [_case(case) for case in result.cases],
        "warnings": list(warnings(result)),
    }


def _case(case: ScoredCase) -> dict[str, object]:
    return {
        "case": case.case,
        "network": case.network,
        "diagnosis": case.diagnosis,
        "scored_as": case.scored_as,
        "rank": case.rank,
        "probability": case.probability,
        "leader": case.leader,
        "leader_probability": float(case.posterior.max()),
        "left_out": list(case.left_out),
    }
