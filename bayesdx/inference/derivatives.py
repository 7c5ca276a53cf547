"""Derivatives of P(findings) by every parameter, from one backward pass (Darwiche 2003)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from bayesdx.inference.contraction import LINEAR, reversals
from bayesdx.inference.findings import Known
from bayesdx.inference.logs import LARGEST
from bayesdx.inference.program import Factors, Pass, Program, run
from bayesdx.network import Array

#: Derivatives by the CPT of each variable, and by its likelihood weights, in the order of the variables.
Slopes = tuple[list[Array], list[Array]]


def tied_factors(factors: Factors, target: int) -> Factors:
    """The CPTs and one more table: an identity that ties the target to a copy of it, the variable after the last.

    With the copy kept, the result is P(target, findings), one entry a state.
    """
    copy, card = len(factors.cards), factors.cards[target]
    return replace(
        factors,
        cards=(*factors.cards, card),
        scopes=(*factors.scopes, (target, copy)),
        tables=(*factors.tables, np.eye(card)),
    )


def derivatives(factors: Factors, program: Program, given: Known) -> tuple[Slopes, list[Array], float]:
    """d P(e) / d theta and d P(e) / d lambda, both over P(e); the slopes they come from; log P(e).

    ``program`` has the CPTs as its leaves, with nothing fixed. The slope of a variable is the derivative by
    theta * lambda, lambda spread along the last axis of the CPT.
    """
    done = run(program, program.leaves(given))
    every = range(len(factors.scopes))
    found = _leaf_slopes(factors, program, done, every, None)
    slopes = [found[v] for v in every]
    return _split(factors, given, slopes), slopes, done.log_total + given.log_scale


def target_derivatives(
    factors: Factors, tied: Program | None, given: Known, slopes: Sequence[Array], target: int
) -> Slopes:
    """The same of P(t, e) for every state t of the target, as a first axis.

    A CPT entry that names a state of the target moves P(t, e) of that state only, so its derivative is known
    from ``slopes`` already. The rest comes from ``tied``, a program over ``tied_factors``; None if all hold it.
    """
    card = factors.cards[target]
    apart = [v for v, scope in enumerate(factors.scopes) if target not in scope]
    by_state: dict[int, list[Array]] = {v: [] for v in apart}
    if tied is not None:
        done = run(tied, tied.leaves(given))
        unit = np.eye(card)
        for state in range(card):
            for v, slope in _leaf_slopes(factors, tied, done, apart, unit[state]).items():
                by_state[v].append(slope)
    full = []
    for v, scope in enumerate(factors.scopes):
        if target in scope:
            shape = [card if u == target else 1 for u in scope]
            full.append(slopes[v] * np.eye(card).reshape(card, *shape))
        else:
            full.append(np.stack(by_state[v]))
    return _split(factors, given, full)


def joint_slopes(factors: Factors, tied: Program, given: Known, weights: Array) -> list[Array]:
    """d sum_t w_t P(t, e) / d theta over P(e), by each CPT, for ``weights`` (T,) >= 0 of the target's states.

    ``tied`` is a program over ``tied_factors``.
    """
    done = run(tied, tied.leaves(given))
    every = range(len(factors.scopes))
    found = _leaf_slopes(factors, tied, done, every, weights)
    return _split(factors, given, [found[v] for v in every])[0]


def _leaf_slopes(
    factors: Factors, program: Program, done: Pass, wanted: Collection[int], weights: Array | None
) -> dict[int, Array]:
    """Derivatives of the result over P(e) by the ``wanted`` leaves, in the axis order of their CPTs.

    Of its sum, or of the sum of its entries times ``weights``.
    """
    found = {}
    for v, slope in done.slopes(program, reversals(program.compiled, wanted), weights):
        if v not in wanted:
            continue
        layout = program.compiled.layouts[v]
        if done.ring is not LINEAR:
            slope = np.exp(np.minimum(slope, LARGEST))
        found[v] = slope.reshape(layout.dims).transpose([layout.scope.index(u) for u in factors.scopes[v]])
    return found


def _split(factors: Factors, given: Known, slopes: Sequence[Array]) -> Slopes:
    """Derivatives by the CPTs and by the weights, from those (…, *CPT) by their products."""
    weights = given.weights(factors.cards)
    by_cpt = [slope * weights[v] if v in weights else slope for v, slope in enumerate(slopes)]
    by_weight = []
    for v, (slope, table) in enumerate(zip(slopes, factors.tables, strict=True)):
        summed = (slope * table).sum(axis=tuple(range(-table.ndim, -1)))
        by_weight.append(summed / given.scales.get(v, 1.0))
    return by_cpt, by_weight
