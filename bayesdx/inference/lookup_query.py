"""Ask look-up tables: posterior, all marginals, batches."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bayesdx.errors import ImpossibleFindings
from bayesdx.inference.findings import IMPOSSIBLE, Known
from bayesdx.inference.lookup import LookupTables
from bayesdx.network import Array

#: Cases that a batch scores at a time: their rows stay in the processor's cache.
CHUNK = 512


def cutset_posterior(tables: LookupTables, given: Known) -> tuple[Array, float]:
    """P(H | findings), shape (W,), and log P(findings); raises ImpossibleFindings."""
    rows = tables.prior + np.add.reduce(_group_rows(tables, given), axis=0)
    largest = float(rows.max())
    if largest == -math.inf:
        raise ImpossibleFindings(IMPOSSIBLE)
    weights = np.exp(rows - largest)
    total = float(np.add.reduce(weights))
    return weights / total, math.log(total) + largest + given.log_scale


def posterior(tables: LookupTables, given: Known, target: int) -> tuple[Array, float]:
    """P(target | findings), shape (card,), for a variable of the cutset, and log P(findings)."""
    weights, log_likelihood = cutset_posterior(tables, given)
    before = math.prod(tables.cards[v] for v in tables.cutset[: tables.cutset.index(target)])
    if len(weights) > tables.cards[target]:
        weights = np.add.reduce(weights.reshape(before, tables.cards[target], -1), axis=(0, 2))
    return weights, log_likelihood


def marginals(tables: LookupTables, given: Known) -> tuple[list[Array], float]:
    """P(v | findings) of every variable, and log P(findings).

    P(v = k | H, findings) is the row in which v is set to k over the row of the findings alone.
    """
    weights, log_likelihood = cutset_posterior(tables, given)
    variable, group, shift = tables.states
    starts = tables.starts
    flat = np.zeros(len(variable))
    free = np.ones(len(variable), dtype=bool)
    for v, state in given.hard.items():
        free[starts[v] : starts[v + 1]] = False
        flat[starts[v] + state] = 1.0
    soft_groups = {int(tables.group[v]) for v in given.soft}
    for v, g in enumerate(tables.lists[1]):
        if g in soft_groups and v not in given.hard:
            free[starts[v] : starts[v + 1]] = False
            flat[starts[v] : starts[v + 1]] = _soft_ratio(tables, given, v) @ weights
    index = np.array(_index(tables, given))
    group = group[free]
    seen = np.maximum(tables.rows.take(index, axis=0), -1e300)  # where it is -inf, so is every numerator
    rows = tables.rows.take(index[group] + shift[free], axis=0)
    rows -= seen.take(group, axis=0)
    flat[free] = np.exp(rows, out=rows) @ weights
    return [flat[a:b] for a, b in pairwise(starts)], log_likelihood


def batch(tables: LookupTables, codes: NDArray[np.integer], target: int) -> tuple[Array, Array]:
    """P(target | findings) (n, card) and log P(findings) (n,) for codes (n, n_variables), -1 where missing.

    Cases that are impossible get a row of zeros and -inf.
    """
    n, card = len(codes), tables.cards[target]
    probabilities, log_likelihood = np.empty((n, card)), np.empty(n)
    move = np.zeros((len(tables.cards), len(tables.offset)))
    move[np.arange(len(tables.cards)), tables.group] = tables.stride
    before = math.prod(tables.cards[v] for v in tables.cutset[: tables.cutset.index(target)])
    after = len(tables.prior) // (before * card)

    def score(start: int) -> None:
        part = slice(start, start + CHUNK)
        index = ((codes[part] + 1.0) @ move).astype(np.intp) + tables.offset
        total = tables.rows.take(index[:, 0], axis=0)
        total += tables.prior
        for group in range(1, index.shape[1]):
            total += tables.rows.take(index[:, group], axis=0)
        largest = np.maximum(total.max(axis=1), -1e300)  # finite where a case is impossible
        total -= largest[:, None]
        joint = np.exp(total, out=total).reshape(-1, before, card, after)
        weights = joint.sum(axis=3).sum(axis=1) if after > 1 else joint[..., 0].sum(axis=1)
        mass = weights.sum(axis=1)
        np.divide(weights, np.where(mass > 0, mass, 1.0)[:, None], out=probabilities[part])
        with np.errstate(divide="ignore"):
            log_likelihood[part] = np.log(mass) + largest

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(score, range(0, n, CHUNK)))
    return probabilities, log_likelihood


def _index(tables: LookupTables, given: Known) -> list[int]:
    """Row of each group under the hard findings, uncertain ones taken as missing."""
    offset, group, stride = tables.lists
    index = offset.copy()
    for v, state in given.hard.items():
        index[group[v]] += stride[v] * (state + 1)
    return index


def _group_rows(tables: LookupTables, given: Known) -> Array:
    """(G, W) log-likelihood of the findings in each group, given H."""
    index = _index(tables, given)
    rows = tables.rows.take(index, axis=0)
    softs: dict[int, list[int]] = {}
    for v in given.soft:
        softs.setdefault(tables.lists[1][v], []).append(v)
    for g, variables in softs.items():
        rows[g] = _mixture(tables, given, index[g], variables, np.zeros(1, dtype=np.intp))[0]
    return rows


def _mixture(tables: LookupTables, given: Known, row: int, soft: Sequence[int], shifts: NDArray[np.intp]) -> Array:
    """(len(shifts), W): rows moved by ``shifts``, averaged with the weights of the ``soft`` variables.

    A likelihood is linear in the weights of each variable, so an uncertain finding is a weighted sum of rows.
    """
    at = np.full((1,), row, dtype=np.intp)
    logs = np.zeros(1)
    for v in soft:
        states = np.flatnonzero(given.soft[v])
        at = (at[:, None] + tables.lists[2][v] * (states + 1)).ravel()
        logs = (logs[:, None] + np.log(given.soft[v][states])).ravel()
    rows = tables.rows[at[:, None] + shifts] + logs[:, None, None]
    mixed: Array = np.logaddexp.reduce(rows, axis=0)
    return mixed


def _soft_ratio(tables: LookupTables, given: Known, v: int) -> Array:
    """(card, W) P(v = k | H, findings) in a group with uncertain findings."""
    g = tables.lists[1][v]
    row = _index(tables, given)[g]
    others = [u for u in given.soft if u != v and tables.lists[1][u] == g]
    rows = _mixture(tables, given, row, others, tables.lists[2][v] * np.arange(1, tables.cards[v] + 1))
    if v in given.soft:
        with np.errstate(divide="ignore"):
            rows = rows + np.log(given.soft[v])[:, None]
    ratio: Array = np.exp(rows - np.maximum(np.logaddexp.reduce(rows, axis=0), -1e300))
    return ratio
