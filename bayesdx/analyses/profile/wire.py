"""The JSON of a cohort's profile (schema profile/1)."""

from __future__ import annotations

from collections.abc import Iterable

from bayesdx.analyses.profile.numbers.profile import CohortProfile, Drift, Fit, Mix


def to_dict(result: CohortProfile) -> dict[str, object]:
    """The object that ``bayesdx cohort --json`` prints."""
    states = {variable.id: variable.states for variable in result.network.findings}
    return {
        "schema": "profile/1",
        **result.asked,
        "cases": result.cases,
        "left_out": result.left_out,
        "errors": [{"file": file, "row": row, "message": message} for file, row, message in result.examples],
        "diagnoses": _mix(result.mix),
        "findings": [
            {
                "finding": one.finding,
                "certain": one.certain,
                "uncertain": one.uncertain,
                "missing": one.missing,
            }
            for one in result.stated
        ],
        "fit": _fit(result.fit),
        "date": result.date,
        "undated": result.undated,
        "months": [
            {"month": one.month, "cases": one.cases, "diagnoses": _mix(one.mix), "fit": _fit(one.fit)}
            for one in result.months
        ],
        "drift": [_drift(one, states[one.finding]) for one in result.drifts],
    }


def _mix(rows: Iterable[Mix]) -> list[dict[str, object]]:
    return [
        {
            "diagnosis": one.diagnosis,
            "probability": one.probability,
            "interval": one.interval and list(one.interval),
            "prior": one.prior,
            "leads": one.leads,
        }
        for one in rows
    ]


def _fit(fit: Fit | None) -> dict[str, object] | None:
    if fit is None:
        return None
    return {
        "cases": fit.cases,
        "unusual": fit.unusual,
        "expected_unusual": fit.expected_unusual,
        "log_likelihood": fit.log_likelihood,
        "expected_log_likelihood": fit.expected_log_likelihood,
        "standard_error": fit.gap[1],
    }


def _drift(one: Drift, states: tuple[str, ...]) -> dict[str, object]:
    return {
        "finding": one.finding,
        "month": one.month,
        "cases": one.n,
        "states": [
            {"state": state, "cases": int(seen), "expected": float(expected)}
            for state, seen, expected in zip(states, one.seen, one.expected, strict=True)
        ],
        "effect": one.effect,
        "p": one.chance,
        "adjusted_p": one.adjusted,
    }
