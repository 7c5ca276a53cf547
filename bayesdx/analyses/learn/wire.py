"""The JSON of ``learn`` (schema learn/1)."""

from __future__ import annotations

from bayesdx.analyses.learn.numbers import LearnResult, LearntRow, Relearnt
from bayesdx.document import NetworkDocument


def to_dict(result: LearnResult | Relearnt) -> dict[str, object]:
    """The object that ``bayesdx learn --json`` prints."""
    begun = {
        "schema": "learn/1",
        **result.asked,
        "learnt_version": result.document.network.version,
        "learnt": learnt_from(result.document),
        "file": result.file,
    }
    if isinstance(result, Relearnt):
        return begun
    settings, score = result.settings, result.held_out
    return {
        **begun,
        "name": result.name,
        "cases": result.cases,
        "patients": result.patients,
        "unproven": result.unproven,
        "settings": {
            "prior_count": settings.strength,
            "trust": settings.trust,
            "fixed": sorted(settings.fixed),
            "restarts": settings.restarts,
            "seed": settings.seed,
            "tolerance": settings.tolerance,
        },
        "power": result.power,
        "rounds": result.rounds,
        "objective": list(result.objective),
        "converged": result.converged,
        "held_out": None
        if score is None
        else {
            "n": score.cases,
            "log_loss_before": score.loss_before,
            "log_loss_after": score.loss_after,
            "change": score.loss_after - score.loss_before,
            "change_interval": list(score.change),
            "top1_before": score.first_before,
            "top1_after": score.first_after,
            "unrelated_p": score.unrelated,
        },
        "refused": list(result.refused),
        "otherwise": list(result.otherwise),
        "small_cells": result.small,
        "tested_rows": result.tested,
        "rows": [_row(row) for row in result.rows],
        "errors": [{"line": line, "message": message} for line, message in result.errors],
        "warnings": dict(result.warnings),
    }


def learnt_from(document: NetworkDocument) -> list[dict[str, object]]:
    """The collections of cases that a network has learnt from."""
    return [{"name": one.name, "cases": one.cases} for one in document.network.learnt]


def _row(row: LearntRow) -> dict[str, object]:
    return {
        "variable": row.variable,
        "given": dict(row.given),
        "before": dict(zip(row.states, row.before.tolist(), strict=True)),
        "after": dict(zip(row.states, row.after.tolist(), strict=True)),
        "seen": dict(zip(row.states, row.seen.tolist(), strict=True)),
        "counts_before": row.counts,
        "trusted": row.trusted,
        "p": row.chance,
    }
