"""Many cases, or many sets of CPTs, at once: the batch is one more variable, the last axis of every table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesdx.errors import ImpossibleFindings, InputError
from bayesdx.inference.contraction import LINEAR, LOG, Compiled, backward, compile_plan, forward, reversals
from bayesdx.inference.findings import Codes, Known
from bayesdx.inference.logs import FLOOR, LARGEST, log_sum
from bayesdx.inference.plan import Plan, Scope, best_plan, contraction_plan
from bayesdx.inference.program import SAFE, Factors, Program, bound, relevant_factors, without
from bayesdx.network import Array, Network

#: Bytes that the tables of a chunk of a batch may take: most of them stay in the processor's cache.
CHUNK_BYTES = 8 * 2**20

IMPOSSIBLE_DRAWN = "the findings are impossible together under some of the drawn CPTs"

Tables = Callable[[slice], Sequence[Array]]


class Drawn(NamedTuple):
    """``size`` sets of drawn CPTs: the ``factors`` that bear on an answer, and for some of these ``tables``
    (size, *cpt) in place of their own; the ``names`` of the variables of the factors."""

    factors: Factors
    tables: dict[int, Array]
    size: int
    names: dict[int, str]


def drawn_factors(
    network: Network, factors: Factors, cpts: Mapping[str, Array], variables: Collection[int]
) -> Drawn:
    """Of the drawn ``cpts`` (draws, *cpt), by id, those of ``variables`` and their ancestors.

    Raises InputError for tables that do not fit.
    """
    sizes = {len(table) for table in cpts.values()} or {1}
    if len(sizes) > 1:
        raise InputError("the drawn CPTs differ in their number of draws")
    relevant, place = relevant_factors(network, factors, variables)
    tables = {}
    for variable_id, table in cpts.items():
        expected = network.cpts[network.variable(variable_id).id].shape
        if table.shape[1:] != expected:
            raise InputError(
                f"the drawn CPTs of '{variable_id}' have shape {table.shape}, expected (draws, *{expected})"
            )
        if network.index[variable_id] in place:
            tables[place[network.index[variable_id]]] = table
    return Drawn(relevant, tables, sizes.pop(), {i: network.variables[v].id for v, i in place.items()})


def score_weights(
    factors: Factors, seen: Mapping[int, Codes], weights: Mapping[int, Array], n: int, target: int
) -> tuple[Array, Array]:
    """P(target | findings) (n, card) and log P(findings) (n,) for findings by variable.

    ``seen`` holds state numbers (n,) of variables, not the target, that are known in every case; ``weights``
    likelihood weights (n, card_v) of others. ``factors`` must hold the CPTs of all these, of the target and of
    all their ancestors. Impossible cases get a row of zeros and -inf.
    """
    batch = len(factors.cards)
    known = [tuple(v for v in scope if v in seen) for scope in factors.scopes]
    open_scopes = without(factors.scopes, seen)
    scopes = [(*s, batch) if k else s for s, k in zip(open_scopes, known, strict=True)]
    arranged = [  # the axes that a case picks an entry of come last
        table.transpose([scope.index(v) for v in (*s, *k)])
        for table, scope, s, k in zip(factors.tables, factors.scopes, open_scopes, known, strict=True)
    ]

    def tables(part: slice) -> list[Array]:
        picked: list[Array] = []
        for table, k in zip(arranged, known, strict=True):
            at: tuple[Any, ...] = (..., *(seen[v][part] for v in k))
            picked.append(table[at] if k else table)
        return picked + [table[part].T for table in weights.values()]

    entered = replace(factors, scopes=(*scopes, *((v, batch) for v in weights)))
    return _score(entered, tables, Known({}, {}, {}), n, target)


def score_draws(factors: Factors, given: Known, draws: Mapping[int, Array], target: int, n: int) -> Array:
    """P(target | findings) (draws, card), the CPTs of the leaves in ``draws`` replaced by (draws, *cpt) arrays.

    ``factors`` must hold the target's CPT, those of the findings and of all their ancestors; a finding on the
    target itself must be given as uncertain. What ``factors`` hold as impossible is so in every draw. Raises
    ImpossibleFindings when the findings are in any.
    """
    entered, _ = _drawn(factors, given, draws)
    probabilities, log_likelihood = _score(entered, _cut(entered), given, n, target)
    if np.isneginf(log_likelihood).any():
        raise ImpossibleFindings(IMPOSSIBLE_DRAWN)
    return probabilities


def joint_draws(
    factors: Factors, given: Known, draws: Mapping[int, Array], target: int, n: int, states: Sequence[int]
) -> Array:
    """log P(target, findings) (draws, len(states)) for some states of the target; arguments as in ``score_draws``.

    Other states, and the states of the target's children that need them, do not enter the calculation at all.
    """
    kept = {target: np.asarray(states)}
    for scope, table in zip(factors.scopes, factors.tables, strict=True):
        if scope[:-1] == (target,) and scope[-1] not in given.hard:
            kept[scope[-1]] = np.flatnonzero(table[kept[target]].any(axis=0))
    entered, _ = _drawn(factors, given, draws)
    tables = []
    for scope, table in zip(entered.scopes, entered.tables, strict=True):
        table = table[tuple(given.hard.get(v, slice(None)) for v in scope)]
        for axis, v in enumerate(v for v in scope if v not in given.hard):
            if v in kept and len(kept[v]) < table.shape[axis]:
                at: tuple[Any, ...] = (*[slice(None)] * axis, kept[v])
                table = table[at]  # `take` would copy all of a view first
        tables.append(table)
    cards = tuple(len(kept[v]) if v in kept else card for v, card in enumerate(entered.cards))
    soft = {v: weights[kept[v]] if v in kept else weights for v, weights in given.soft.items()}
    scopes = tuple(without(entered.scopes, given.hard))
    narrow = replace(entered, cards=cards, scopes=scopes, tables=tuple(tables))
    probabilities, log_likelihood = _score(narrow, _cut(narrow), given._replace(hard={}, soft=soft), n, target)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(probabilities) + log_likelihood[:, None])


def slope_draws(
    factors: Factors, given: Known, draws: Mapping[int, Array], target: int, n: int, weights: Array
) -> dict[int, Array]:
    """d sum_t w_t P(t, e) / d theta over P(e) for ``weights`` w (W, draws or 1, T), by every CPT in ``draws``.

    Arguments as in ``score_draws``. By leaf, an array (W, draws, *cpt); of a hard finding only the state that was
    seen, an axis of length 1. By impossible entries of a CPT of ``single_entries`` the slope of the possible one of
    the state stands.
    """
    entered, single = _drawn(factors, given, draws)
    batch = len(factors.cards)
    found: dict[int, Array] = {}
    for i in draws:
        *parents, own = factors.scopes[i]
        shape = [factors.cards[v] for v in parents if i not in single]
        states = 1 if own in given.hard else factors.cards[own]
        found[i] = np.zeros((len(weights), *shape, states, n))  # laid out as the passes give them
    cpt_of = {single.get(i, i): i for i in draws}
    for part, program in _programs(entered, _cut(entered), given, n, target):
        leaves, compiled = program.leaves(given), program.compiled
        ring, tables = LINEAR, forward(compiled, leaves)
        card = len(tables[-1])
        total = tables[-1].reshape(card, -1).sum(axis=0)
        asked = weights[:, part] if weights.shape[1] > 1 else weights
        with np.errstate(divide="ignore"):
            if (total > SAFE).all():
                seeds = [w.T / total for w in asked]
            else:
                ring, tables = LOG, forward(compiled, [np.log(leaf) for leaf in leaves], LOG)
                log_total = log_sum(tables[-1].reshape(card, -1), 0)
                if np.isneginf(log_total).any():
                    raise ImpossibleFindings(IMPOSSIBLE_DRAWN)
                seeds = [np.log(w.T) - log_total for w in asked]
        reverse = reversals(compiled, set(cpt_of))
        for w, seed in enumerate(seeds):
            for leaf, slope in backward(compiled, reverse, tables, seed.reshape(tables[-1].shape), ring):
                if leaf not in cpt_of:
                    continue
                layout, scope = compiled.layouts[leaf], entered.scopes[leaf][:-1]
                free = [v for v in scope if v not in given.hard]
                by_axis = slope.reshape(layout.dims).transpose([layout.scope.index(v) for v in (*free, batch)])
                if ring is LOG:
                    by_axis = np.exp(np.minimum(by_axis, LARGEST))
                if scope[-1] in given.soft and cpt_of[leaf] == leaf:  # else they entered with the table itself
                    by_axis = by_axis * given.soft[scope[-1]][:, None]
                at = tuple(given.hard.get(v, slice(None)) for v in scope[:-1])
                last = 0 if scope[-1] in given.hard else slice(None)
                found[cpt_of[leaf]][(w, *at, last, part)] = by_axis
    for i in single:  # the same for all states of the parents
        shape = [factors.cards[v] for v in factors.scopes[i]]
        by_state = found[i].reshape(len(weights), *[1] * (len(shape) - 1), shape[-1], n)
        found[i] = np.broadcast_to(by_state, (len(weights), *shape, n))
    return {i: np.moveaxis(slopes, -1, 1) for i, slopes in found.items()}


def single_entries(table: Array) -> tuple[NDArray[np.intp], ...] | None:
    """Where in a CPT the possible entry of each state stands; None unless each belongs to one state of the parents.

    So forms belong to one diagnosis each. Drawn, such a CPT is its few possible entries, one a state.
    """
    card = table.shape[-1]
    if table.ndim == 1 or np.count_nonzero(table) > card:
        return None
    rows = table.reshape(-1, card)
    if (np.count_nonzero(rows, axis=0) > 1).any():
        return None
    return *np.unravel_index(rows.argmax(axis=0), table.shape[:-1]), np.arange(card)


def _drawn(factors: Factors, given: Known, draws: Mapping[int, Array]) -> tuple[Factors, dict[int, int]]:
    """``factors`` with the drawn tables in place of their own, the batch as their last axis.

    Of a CPT of ``single_entries`` these are a leaf of their own, whose number is given by that of the CPT; the
    table only says which they are.
    """
    batch = len(factors.cards)
    scopes, tables = list(factors.scopes), list(factors.tables)
    single: dict[int, int] = {}
    for i, drawn in draws.items():
        scope, table, drawn = factors.scopes[i], factors.tables[i], np.moveaxis(drawn, 0, -1)
        at = None if scope[-1] in given.hard else single_entries(table)
        if at is None:
            scopes[i], tables[i] = (*scope, batch), drawn
        else:
            single[i] = len(scopes)
            tables[i] = (table > 0).astype(float)
            scopes.append((scope[-1], batch))
            tables.append(drawn[at])
    return replace(factors, scopes=tuple(scopes), tables=tuple(tables)), single


def _cut(factors: Factors) -> Tables:
    """The tables for a part of the batch, which is the last axis of those that have it."""
    batch = len(factors.cards)

    def tables(part: slice) -> list[Array]:
        pairs = zip(factors.scopes, factors.tables, strict=True)
        return [table[..., part] if batch in scope else table for scope, table in pairs]

    return tables


def _score(factors: Factors, tables: Tables, given: Known, n: int, target: int) -> tuple[Array, Array]:
    """Posterior rows (n, card) and log P(findings) (n,), the batch being the variable after the last."""
    card = factors.cards[target]
    probabilities, log_likelihood = np.empty((n, card)), np.empty(n)
    for part, program in _programs(factors, tables, given, n, target):
        probabilities[part], log_likelihood[part] = _normalised(program, program.leaves(given), card)
    return probabilities, log_likelihood


def _programs(
    factors: Factors, tables: Tables, given: Known, n: int, target: int
) -> Iterator[tuple[slice, Program]]:
    """A program for each chunk of the batch, with the axes (target, batch) in its result.

    ``factors`` gives the scopes, ``tables`` the entries for a part of the batch. The batch is cut into chunks of
    equal size, the last two of which may overlap, so that one plan serves all.
    """
    scopes = tuple(without(factors.scopes, given.hard))
    chunk, cards, plan, compiled = _batch_plan(factors.cards, scopes, target, n)
    fixed = frozenset(given.hard)
    for start in range(0, n, chunk):
        part = slice(min(start, n - chunk), min(start, n - chunk) + chunk)
        yield part, bound(replace(factors, cards=cards, tables=tuple(tables(part))), plan, compiled, fixed)


@lru_cache(maxsize=64)
def _batch_plan(
    cards: tuple[int, ...], scopes: tuple[Scope, ...], target: int, n: int
) -> tuple[int, tuple[int, ...], Plan, Compiled]:
    """Cases a chunk, cardinalities with the batch, and the plan: the same for all batches of such scopes."""
    batch = len(cards)
    one_case = best_plan(cards, without(scopes, {batch}), (target,))
    chunk = min(n, max(1, CHUNK_BYTES // one_case.cost.bytes))
    entered = (*cards, chunk)
    plan = contraction_plan(entered, list(scopes), one_case.order[:-1], (target, batch))
    return chunk, entered, plan, compile_plan(plan)


def _normalised(program: Program, leaves: Sequence[Array], card: int) -> tuple[Array, Array]:
    """The result of ``program`` as rows (batch, card) that sum to 1, and the logarithms of their sums."""
    result = forward(program.compiled, leaves)[-1].reshape(card, -1)
    total = result.sum(axis=0)
    if (total > SAFE).all():
        return (result / total).T, np.log(total)
    with np.errstate(divide="ignore"):
        logs = forward(program.compiled, [np.log(leaf) for leaf in leaves], LOG)[-1].reshape(card, -1)
    log_total = log_sum(logs, 0)
    return np.exp(logs - np.maximum(log_total, FLOOR)).T, log_total
