"""The sensitivity analysis as one JSON object (schema sensitivity/2)."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from bayesdx.analyses.sensitivity.numbers.constraints import Change, admissible
from bayesdx.analyses.sensitivity.numbers.importance import Importance
from bayesdx.analyses.sensitivity.numbers.literature import Origin, Publications
from bayesdx.analyses.sensitivity.numbers.one_way import OneWay, literature_interval, posterior_at_ends
from bayesdx.analyses.sensitivity.numbers.origins import bar_origin, parameter_origin
from bayesdx.analyses.sensitivity.numbers.result import Sensitivity
from bayesdx.analyses.sensitivity.numbers.tornado import Bar
from bayesdx.analyses.sensitivity.sentences import (
    describe_group,
    describe_parameter,
    origin_assumptions,
    origin_summary,
    span_text,
    warnings,
)
from bayesdx.inference.results import leading
from bayesdx.network import Array


def to_dict(s: Sensitivity, *, top: int | None = 50) -> dict[str, object]:
    """The object; ``top`` says how many parameters, bars and changes are listed, None for all."""
    target = s.question.target
    names = target.states
    u, w = s.uncertainty, s.worst_case
    bars = [_bar(s, bar) for bar in s.bars[:top]]
    left_out = None
    if s.left_out is not None:
        left_out = {
            "behind": s.left_out.behind,
            "checked": [
                {
                    "source": one.source,
                    "leader": names[int(leading(one.posterior))],
                    "posterior": _by_state(names, one.posterior),
                }
                for one in s.left_out.checked
            ],
        }
    intervals = s.question.intervals
    answer: dict[str, object] = {
        "schema": "sensitivity/2",
        **s.question.head(),
        "posterior": [
            {
                "diagnosis": names[t],
                "label": target.state_label(t),
                "probability": float(s.posterior[t]),
                "mean": float(u.mean[t]),
                "mean_error": float(u.mean_error[t]),
                "interval": None if intervals is None else intervals[t].tolist(),
                "leads": float(u.leads[t]),
                "leads_error": float(u.leads_error[t]),
                "ranks": u.ranks[t].tolist(),
            }
            for t in s.order
        ],
        "draws": u.draws,
        "seed": u.seed,
        "covariation": s.one_way.scheme,
        "parameters": _parameters(s, top),
        "leader_changes": [_change(s, change) for change in s.leader_changes[:top]],
        "constraints": [
            {
                "constraint": one.constraint.text,
                "holds": one.holds,
                "changes": [_change(s, change) for change in one.changes[:top]],
            }
            for one in s.constraints
        ],
        "range": span_text(s.span),
        "tornado": bars,
        "priors": [
            {
                "diagnosis": names[p.diagnosis],
                "prior": p.prior,
                "posterior": p.posterior,
                "bayes_factor": p.bayes_factor,
                "break_even": p.break_even,
                "break_even_prior": p.break_even_prior,
                "rival": None if p.rival is None else names[p.rival],
            }
            for p in s.priors
        ],
        "prior_sets": [
            {
                "prior_set": one.name,
                "prior": _by_state(names, one.prior),
                "posterior": None if one.posterior is None else _by_state(names, one.posterior),
            }
            for one in s.prior_sets
        ],
        "importance": {
            "variance": s.importance.variance,
            "draws": s.importance.draws,
            "sizes": list(s.importance.sizes),
            "effective": list(s.importance.effective),
            "groups": [_importance(s, group) for group in s.importance.groups],
        },
        "robustness": {
            "worst_case": {
                "factor": w.factor,
                "rival": None if w.rival is None else names[w.rival],
                "kind": w.kind,
                "at_least": w.at_least,
            },
            "leave_one_out": left_out,
        },
        "warnings": list(warnings(s)),
    }
    answer["references"] = _references(s.literature, answer)
    return answer


def _by_state(names: tuple[str, ...], values: Array) -> dict[str, float]:
    return dict(zip(names, values.tolist(), strict=True))


def _origin(origin: Origin | None) -> dict[str, object] | None:
    if origin is None:
        return None
    return {
        "summary": origin_summary(origin),
        "lesions": None if origin.lesions is None else list(origin.lesions),
        "sources": list(origin.sources),
        "assumptions": origin_assumptions(origin),
    }


def _named(s: Sensitivity, i: int) -> dict[str, object]:
    parameters = s.one_way.parameters
    network, name = parameters.network, parameters.names[parameters.variable[i]]
    return {
        "variable": name,
        "state": network.variable(name).states[parameters.state[i]],
        "given": {p: network.variable(p).states[x] for p, x in parameters.parent_states(i).items()},
        "label": describe_parameter(parameters, i),
        "value": float(parameters.value[i]),
    }


def _change(s: Sensitivity, change: Change) -> dict[str, object]:
    return {
        **_named(s, change.parameter),
        "new_value": change.value,
        "log_odds": change.log_odds,
        "distance": change.distance if math.isfinite(change.distance) else None,
        "leader": s.question.target.states[change.leader],
        "origin": _origin(parameter_origin(s, change.parameter)),
    }


def _parameters(s: Sensitivity, top: int | None) -> list[dict[str, object]]:
    """Those whose literature interval moves the leader most; then those of the largest derivative."""
    found = s.one_way
    everything = np.arange(len(found.parameters))
    ends = literature_interval(found.parameters, everything)
    clipped = np.clip(ends, found.low[:, None], found.high[:, None])
    reached = posterior_at_ends(found, clipped)[s.leader]
    derivative = found.derivative()
    order = np.lexsort((-np.abs(derivative[s.leader]), -np.abs(reached[:, 1] - reached[:, 0]).round(9)))[:top]
    proximity = found.vertex_proximity()[s.leader]
    kept = admissible(found, order)
    changes = {change.parameter: change for change in s.leader_changes}
    return [
        {
            **_named(s, int(i)),
            "counts": float(found.parameters.total[i]),
            "interval": ends[i].tolist(),
            "posterior_range": sorted(reached[i].tolist()),
            "derivative": float(derivative[s.leader, i]),
            "vertex_proximity": float(proximity[i]) if math.isfinite(proximity[i]) else None,
            "bounds": [float(found.low[i]), float(found.high[i])],
            "admissible": kept[number].tolist(),
            "change": _change(s, changes[int(i)]) if int(i) in changes else None,
            "function": {side: _function(s, found, int(i), side) for side in ("up", "down")},
        }
        for number, i in enumerate(order.tolist())
    ]


def _function(s: Sensitivity, found: OneWay, i: int, side: str) -> dict[str, object]:
    names = s.question.target.states
    parts = [found.coefficients(i, t, "up" if side == "up" else "down") for t in range(len(names))]
    return {
        "a": {name: part[0] for name, part in zip(names, parts, strict=True)},
        "b": {name: part[1] for name, part in zip(names, parts, strict=True)},
        "c": parts[0][2],
        "d": parts[0][3],
    }


def _bar(s: Sensitivity, bar: Bar) -> dict[str, object]:
    network, group, names = s.question.engine.network, bar.group, s.question.target.states
    given = dict([group.context] if group.context else []) | group.given
    return {
        "variable": group.name,
        "state": network.variable(group.name).states[group.state],
        "given": {p: network.variable(p).states[x] for p, x in given.items()},
        "label": describe_group(network, group),
        "value": bar.value,
        "low": bar.low,
        "high": bar.high,
        "counts": bar.counts,
        "at_low": _by_state(names, bar.at_low),
        "at_high": _by_state(names, bar.at_high),
        "origin": _origin(bar_origin(s, bar)),
    }


def _importance(s: Sensitivity, group: Importance) -> dict[str, object]:
    network, target = s.question.engine.network, s.question.target
    context = None
    if group.kind == "row" and group.context is not None:
        parent = network.diagnosis_parent(group.finding)
        context = None if parent is None else network.variable(parent).states[group.context]
    return {
        "kind": group.kind,
        "finding": group.finding or None,
        "form": context,
        "diagnosis": None if group.diagnosis is None else target.states[group.diagnosis],
        "source": group.source or None,
        "share": group.share,
        "error": group.error,
        "removed": list(group.removed),
    }


def _references(literature: Publications | None, answer: Mapping[str, object]) -> dict[str, str]:
    if literature is None:
        return {}
    keys: set[str] = set()

    def collect(value: object) -> None:
        if isinstance(value, Mapping):
            if isinstance(value.get("sources"), list):
                keys.update(value["sources"])
            if isinstance(value.get("source"), str):
                keys.add(value["source"])
            for part in value.values():
                collect(part)
        elif isinstance(value, list):
            for part in value:
                collect(part)

    collect(answer)
    return literature.references(keys)
