"""Many cases, or many sets of CPTs, at once: the batch is one more variable, the last axis of every table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from bayesdx.errors import ImpossibleFindings
from bayesdx.inference.contraction import LOG, compile_plan, forward
from bayesdx.inference.findings import Codes, Known
from bayesdx.inference.plan import best_plan, contraction_plan
from bayesdx.inference.program import SAFE, Factors, Program, bound, without
from bayesdx.network import Array

#: Bytes that the tables of a chunk of a batch may take.
CHUNK_BYTES = 32 * 2**20


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
        picked = [
            table[(..., *[seen[v][part] for v in k])] if k else table  # type: ignore[arg-type]
            for table, k in zip(arranged, known, strict=True)
        ]
        return picked + [table[part].T for table in weights.values()]

    entered = replace(factors, scopes=(*scopes, *((v, batch) for v in weights)))
    return _score(entered, tables, Known({}, {}, {}), n, target)


def score_draws(factors: Factors, given: Known, draws: Mapping[int, Array], target: int, n: int) -> Array:
    """P(target | findings) (draws, card), the CPTs of the leaves in ``draws`` replaced by (draws, *cpt) arrays.

    ``factors`` must hold the target's CPT, those of the findings and of all their ancestors; a finding on the
    target itself must be given as uncertain. Raises ImpossibleFindings when that is so in any draw.
    """
    batch = len(factors.cards)
    scopes = tuple((*s, batch) if i in draws else s for i, s in enumerate(factors.scopes))

    def tables(part: slice) -> list[Array]:
        return [
            np.moveaxis(draws[i][part], 0, -1) if i in draws else table for i, table in enumerate(factors.tables)
        ]

    probabilities, log_likelihood = _score(replace(factors, scopes=scopes), tables, given, n, target)
    if np.isneginf(log_likelihood).any():
        raise ImpossibleFindings("the findings are impossible together under some of the drawn CPTs")
    return probabilities


def _score(
    factors: Factors, tables: Callable[[slice], Sequence[Array]], given: Known, n: int, target: int
) -> tuple[Array, Array]:
    """Posterior rows (n, card) and log P(findings) (n,), the batch being the variable after the last.

    ``factors`` gives the scopes, ``tables`` the entries for a part of the batch. The batch is cut into chunks of
    equal size, the last two of which may overlap, so that one plan serves all.
    """
    batch, card = len(factors.cards), factors.cards[target]
    scopes = without(factors.scopes, given.hard)
    one_case = best_plan(factors.cards, without(scopes, {batch}), (target,))
    chunk = min(n, max(1, CHUNK_BYTES // one_case.cost().bytes))
    cards = (*factors.cards, chunk)
    plan = contraction_plan(cards, scopes, one_case.order[:-1], (target, batch))
    compiled, fixed = compile_plan(plan), frozenset(given.hard)
    probabilities, log_likelihood = np.empty((n, card)), np.empty(n)
    for start in range(0, n, chunk):
        part = slice(min(start, n - chunk), min(start, n - chunk) + chunk)
        program = bound(replace(factors, cards=cards, tables=tuple(tables(part))), plan, compiled, fixed)
        probabilities[part], log_likelihood[part] = _normalised(program, program.leaves(given), card)
    return probabilities, log_likelihood


def _normalised(program: Program, leaves: Sequence[Array], card: int) -> tuple[Array, Array]:
    """The result of ``program`` as rows (batch, card) that sum to 1, and the logarithms of their sums."""
    result = forward(program.compiled, leaves)[-1].reshape(card, -1)
    total = result.sum(axis=0)
    if (total > SAFE).all():
        return (result / total).T, np.log(total)
    with np.errstate(divide="ignore"):
        logs = forward(program.compiled, [np.log(leaf) for leaf in leaves], LOG)[-1].reshape(card, -1)
    log_total = np.logaddexp.reduce(logs, axis=0)
    return np.exp(logs - np.maximum(log_total, -1e300)).T, log_total
