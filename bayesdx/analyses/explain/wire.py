"""The JSON of ``explain`` (schema explain/1)."""

from __future__ import annotations

import math
from dataclasses import asdict

from bayesdx.analyses.explain.numbers.explanation import Explanation, Side
from bayesdx.analyses.explain.numbers.support import Statement, Support
from bayesdx.analyses.explain.numbers.weights import FindingWeight, Rung
from bayesdx.words.provenance import assumption_words


def to_dict(result: Explanation) -> dict[str, object]:
    """The object that ``bayesdx explain --json`` prints."""
    conflict = result.conflict
    return {
        "schema": "explain/1",
        **result.question.head(),
        "first": _side(result.first),
        "second": _side(result.second),
        "leader": result.leader,
        "log_odds": result.waterfall[-1].log_odds,
        "weights": [_weight(row) for row in result.weights],
        "waterfall": [_rung(rung) for rung in result.waterfall],
        "conflict": None
        if conflict is None
        else {
            "total": conflict.total,
            "gain": conflict.gain,
            "explained": conflict.explained,
            "findings": [{"finding": name, "conflict": value} for name, value in conflict.findings],
            "pairs": [{"findings": [one, two], "conflict": value} for one, two, value in conflict.pairs],
        },
        "lacking": [{**asdict(row), "shares": list(row.shares)} for row in result.lacking],
        "separators": [
            {
                "finding": row.finding,
                "separation": row.separation,
                "states": [
                    {"state": o.state, "shares": list(o.shares), "decibans": _finite(o.decibans)}
                    for o in row.states
                ],
                "best": [None if o is None else o.state for o in row.best],
            }
            for row in result.separators
        ],
        "hints": [
            {
                **asdict(row),
                "decibans": _finite(row.decibans),
                "shares": list(row.shares),
                "probabilities": list(row.probabilities),
            }
            for row in result.hints
        ],
        "support": None if result.literature is None else [_support(result, one) for one in result.support()],
        "references": None if result.literature is None else result.references(),
        "warnings": list(result.question.warnings),
    }


def _rung(rung: Rung) -> dict[str, object]:
    return {
        "finding": rung.finding,
        "stated": rung.stated,
        "decibans": rung.decibans,
        "odds": rung.log_odds,
        "probabilities": list(rung.probabilities),
    }


def _side(side: Side) -> dict[str, object]:
    form = None if side.form is None else {"label": side.form[0], "probability": side.form[1]}
    return {**asdict(side), "form": form}


def _weight(row: FindingWeight) -> dict[str, object]:
    pairs = {key: list(getattr(row, key)) for key in ("implies", "likelihoods", "alone", "without")}
    return {**asdict(row), **pairs, "ratio": row.ratio}


def _support(result: Explanation, support: Support) -> dict[str, object]:
    defined = result.grounds.defined(support.finding, support.diagnosis)  # of the likely form, as in the sentences
    assumed = [one for one in support.assumptions if one != "definition" or defined]
    return {
        "finding": support.finding,
        "diagnosis": support.diagnosis,
        "base_share": support.base_share,
        "assumptions": [assumption_words(result.question.network, one) for one in assumed],
        "statements": [_statement(s) for s in support.statements],
    }


def _statement(statement: Statement) -> dict[str, object]:
    said = {key: value for key, value in asdict(statement).items() if key != "spread"}
    return {**said, "states": list(statement.states)}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
