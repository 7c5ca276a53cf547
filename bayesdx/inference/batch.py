"""Many cases, or many sets of CPTs, at once: the batch is one more variable, the last axis of every table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from bayesdx.errors import ImpossibleFindings
from bayesdx.inference.contraction import LOG, forward
from bayesdx.inference.findings import Known
from bayesdx.inference.plan import best_plan, contraction_plan
from bayesdx.inference.program import SAFE, Factors, Program, program_for, without
from bayesdx.network import Array

#: Bytes that the tables of a chunk of a batch may take.
CHUNK_BYTES = 32 * 2**20


def score_weights(factors: Factors, weights: Mapping[int, Array], n: int, target: int) -> tuple[Array, Array]:
    """P(target | findings) (n, card) and log P(findings) (n,) for likelihood weights (n, card_v) by variable.

    ``factors`` must hold the CPTs of the target, of the variables in ``weights`` and of all their ancestors.
    Impossible cases get a row of zeros and -inf.
    """
    batch = len(factors.cards)
    entered = replace(
        factors,
        scopes=(*factors.scopes, *((v, batch) for v in weights)),
        tables=(*factors.tables, *(table.T for table in weights.values())),
    )
    nothing = Known({}, {}, {})
    return _score(entered, nothing, n, target)


def score_draws(factors: Factors, given: Known, draws: Mapping[int, Array], target: int, n: int) -> Array:
    """P(target | findings) (draws, card), the CPTs of the leaves in ``draws`` replaced by (draws, *cpt) arrays.

    ``factors`` must hold the target's CPT, those of the findings and of all their ancestors; a finding on the
    target itself must be given as uncertain. Raises ImpossibleFindings when that is so in any draw.
    """
    batch = len(factors.cards)
    drawn = replace(
        factors,
        scopes=tuple((*s, batch) if i in draws else s for i, s in enumerate(factors.scopes)),
        tables=tuple(
            np.moveaxis(draws[i], 0, -1) if i in draws else table for i, table in enumerate(factors.tables)
        ),
    )
    probabilities, log_likelihood = _score(drawn, given, n, target)
    if np.isneginf(log_likelihood).any():
        raise ImpossibleFindings("the findings are impossible together under some of the drawn CPTs")
    return probabilities


def _score(factors: Factors, given: Known, n: int, target: int) -> tuple[Array, Array]:
    """Posterior rows (n, card) and log P(findings) (n,), the batch being the variable after the last.

    The batch is cut into chunks of equal size, the last two of which may overlap, so that one plan serves all.
    """
    batch, card = len(factors.cards), factors.cards[target]
    scopes = without(factors.scopes, given.hard)
    one_case = best_plan(factors.cards, without(scopes, {batch}), (target,))
    chunk = min(n, max(1, CHUNK_BYTES // one_case.cost().bytes))
    cards = (*factors.cards, chunk)
    plan = contraction_plan(cards, scopes, one_case.order[:-1], (target, batch))
    probabilities, log_likelihood = np.empty((n, card)), np.empty(n)
    for start in range(0, n, chunk):
        part = slice(min(start, n - chunk), min(start, n - chunk) + chunk)
        cut = [
            table[..., part] if batch in scope else table
            for scope, table in zip(factors.scopes, factors.tables, strict=True)
        ]
        program = program_for(replace(factors, cards=cards, tables=tuple(cut)), plan, given.hard)
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
