"""Many cases, or many sets of CPTs, at once: the batch is one more variable, the last axis of every table."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from bayesdx.errors import ImpossibleFindings
from bayesdx.inference.contraction import LOG, forward
from bayesdx.inference.findings import Known
from bayesdx.inference.program import SAFE, Factors, Program, program_for
from bayesdx.network import Array

#: Bytes that the tables of a chunk of a batch may take.
CHUNK_BYTES = 32 * 2**20


def score_weights(
    factors: Factors, weights: Mapping[int, Array], n: int, target: int
) -> tuple[Array, Array]:
    """P(target | findings) (n, card) and log P(findings) (n,) for likelihood weights (n, card_v) by variable.

    ``factors`` must hold the CPTs of the target, of the variables in ``weights`` and of all their ancestors.
    Impossible cases get a row of zeros and -inf.
    """
    batch = len(factors.cards)
    variables = tuple(weights)
    entered = replace(
        factors,
        cards=(*factors.cards, 1),
        scopes=(*factors.scopes, *((v, batch) for v in variables)),
        tables=(*factors.tables, *(np.ones((factors.cards[v], 1)) for v in variables)),
    )
    program = program_for(entered, keep=(target, batch))
    probabilities = np.empty((n, factors.cards[target]))
    log_likelihood = np.empty(n)
    for part in _chunks(program, n):
        leaves = [*program.factors.tables[: len(factors.tables)], *(weights[v][part].T for v in variables)]
        probabilities[part], log_likelihood[part] = _normalised(program, leaves, factors.cards[target])
    return probabilities, log_likelihood


def score_draws(factors: Factors, given: Known, draws: Mapping[int, Array], target: int, n: int) -> Array:
    """P(target | findings) (draws, card), the CPTs of the leaves in ``draws`` replaced by (draws, *cpt) arrays.

    ``factors`` must hold the target's CPT, those of the findings and of all their ancestors; a finding on the
    target itself must be given as uncertain. Raises ImpossibleFindings when that is so in any draw.
    """
    batch = len(factors.cards)
    drawn = replace(
        factors,
        cards=(*factors.cards, 1),
        scopes=tuple((*s, batch) if i in draws else s for i, s in enumerate(factors.scopes)),
        tables=tuple(
            np.moveaxis(draws[i], 0, -1) if i in draws else table for i, table in enumerate(factors.tables)
        ),
    )
    program = program_for(drawn, keep=(target, batch), fixed=given.hard)
    leaves = program.leaves(given)
    probabilities = np.empty((n, factors.cards[target]))
    for part in _chunks(program, n):
        chunk = [
            np.ascontiguousarray(leaf[..., part]) if i in draws else leaf for i, leaf in enumerate(leaves)
        ]
        probabilities[part], log_likelihood = _normalised(program, chunk, factors.cards[target])
        if np.isneginf(log_likelihood).any():
            raise ImpossibleFindings("the findings are impossible together under some of the drawn CPTs")
    return probabilities


def _chunks(program: Program, n: int) -> Iterator[slice]:
    size = max(1, CHUNK_BYTES // program.plan.cost().bytes)
    return (slice(start, start + size) for start in range(0, n, size))


def _normalised(program: Program, leaves: list[Array], card: int) -> tuple[Array, Array]:
    """The result of ``program`` as rows (batch, card) that sum to 1, and the logarithms of their sums."""
    result = forward(program.forward, leaves)[-1].reshape(card, -1)
    total = result.sum(axis=0)
    log_total = np.full(total.shape, -math.inf)
    np.log(total, out=log_total, where=total > 0)
    if (total <= SAFE).any():
        with np.errstate(divide="ignore"):
            logs = forward(program.forward, [np.log(leaf) for leaf in leaves], LOG)[-1].reshape(card, -1)
        log_total = np.logaddexp.reduce(logs, axis=0)
        result = np.exp(logs - np.maximum(log_total, -1e300))
        total = np.where(np.isneginf(log_total), 1.0, result.sum(axis=0))
    return (result / total).T, log_total
