"""Expected counts of families over many cases: the E-step of learning.

The expected count of a family (parents u, state x) is ``theta * d log P(e) / d theta`` summed over the cases
(Darwiche 2003), so one forward and one backward pass over the batch give those of every CPT at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from bayesdx.inference.contraction import (
    LINEAR,
    LOG,
    Compiled,
    Reversal,
    Semiring,
    backward,
    compile_plan,
    forward,
    reversals,
)
from bayesdx.inference.findings import Known
from bayesdx.inference.plan import Plan, Scope, best_plan, contraction_plan
from bayesdx.inference.program import SAFE, Factors, bound, without
from bayesdx.network import Array

#: Bytes that the tables of one part of the cases may take: fewer passes, and most of them still in the cache.
CHUNK_BYTES = 64 * 2**20
#: A row has no other state when complete data would hold less information than this for each patient.
_CERTAIN = 1e-9
#: The findings stand in the leaves.
NOTHING = Known({}, {}, {})

#: Findings of n cases by variable: weights (n, card).
Weights = Mapping[int, Array]


def expected_counts(factors: Factors, weights: Weights, sizes: Array) -> tuple[list[Array], Array]:
    """Expected counts of each factor's entries over n cases of ``sizes`` (n,), and log P(findings) (n,).

    Counts have the shape of the factor's table. A case that is impossible has -inf and adds nothing.
    """
    counts = [np.zeros(table.shape) for table in factors.tables]
    log_likelihood = np.empty(len(sizes))
    for part, done in _passes(factors, weights, len(sizes), per_case=False):
        log_likelihood[part] = done.log_total
        for leaf, slope in done.slopes(sizes[part]):
            counts[leaf] += factors.tables[leaf] * slope
    return counts, log_likelihood


def observed_information(factors: Factors, weights: Weights, sizes: Array) -> list[tuple[Array, Array]]:
    """Cases to which the information about each row amounts, and to which it would if they were complete.

    By factor, shapes of its parents: sums over the cases.

    Of a row theta and a case with P(u, x | e) = p_x, complete data would hold ``sum_x p_x / theta_x - p``, of which
    ``sum_x p_x^2 / theta_x - p^2`` is observed, with p = sum_x p_x (the traces of the information of Louis 1982, J
    R Stat Soc B 44:226, in the metric of the row). The sum of these parts over the cases, each weighing p: p for
    complete data, 0 where nothing tells of the variable. A state that is certain anyway tells as much as u does.
    """
    patients = [np.zeros(table.shape[:-1]) for table in factors.tables]
    observed = [np.zeros(table.shape[:-1]) for table in factors.tables]
    for part, done in _passes(factors, weights, len(sizes), per_case=True):
        size = sizes[part]
        for leaf, slope in done.slopes(np.ones(len(size))):
            table = factors.tables[leaf]
            given = np.einsum("...xn,...x->...n", slope, table)  # P(u | e); slope is P(u, x | e) / theta
            complete = np.einsum("...xn,...x->...n", slope, (table > 0).astype(float)) - given
            held = np.einsum("...xn,...xn,...x->...n", slope, slope, table) - given**2
            open_ = complete > _CERTAIN * given
            share = np.where(open_, held / np.where(open_, complete, 1.0), given)
            patients[leaf] += given @ size
            observed[leaf] += (given * share) @ size
    return list(zip(observed, patients, strict=True))


@dataclass(frozen=True, eq=False)
class _BatchPass:
    """A forward pass over a part of the cases, with log P(findings) of each: ``log_total`` (cases,)."""

    factors: Factors
    compiled: Compiled
    reverse: Sequence[Reversal]
    ring: Semiring
    tables: list[Array]
    log_total: Array

    def slopes(self, sizes: Array) -> Iterator[tuple[int, Array]]:
        """d sum_n sizes_n log P(e_n) by the table of each factor, in the axes of its scope; impossible cases add 0.

        With the cases as the last axis where the factor has it.
        """
        possible = np.isfinite(self.log_total)
        seed = np.zeros(len(sizes)) if self.ring is LINEAR else np.full(len(sizes), -np.inf)
        with np.errstate(divide="ignore"):
            if self.ring is LINEAR:
                seed[possible] = sizes[possible] * np.exp(-self.log_total[possible])
            else:
                seed[possible] = np.log(sizes[possible]) - self.log_total[possible]
        wanted = range(len(self.factors.tables))
        for leaf, slope in backward(
            self.compiled, self.reverse, self.tables, seed.reshape(self.tables[-1].shape), self.ring
        ):
            if leaf in wanted:
                layout = self.compiled.layouts[leaf]
                found = slope.reshape(layout.dims).transpose(
                    [layout.scope.index(v) for v in self.factors.scopes[leaf]]
                )
                yield leaf, found if self.ring is LINEAR else np.exp(found)


def _passes(factors: Factors, weights: Weights, n: int, *, per_case: bool) -> Iterator[tuple[slice, _BatchPass]]:
    """Forward passes over the cases, cut into parts; with ``per_case`` every table has the cases as its last
    axis."""
    batch = len(factors.cards)
    scopes = tuple((*scope, batch) if per_case else scope for scope in factors.scopes)
    entered = replace(factors, scopes=scopes)
    leaves = (*scopes, *((v, batch) for v in weights))
    cases, cards, plan, compiled = _plan(factors.cards, leaves, n)
    reverse = reversals(compiled, set(range(len(scopes))))
    for start in range(0, n, cases):
        part = slice(start, min(start + cases, n))
        size = part.stop - part.start
        if size < cases:
            _, cards, plan, compiled = _plan(factors.cards, leaves, size)
            reverse = reversals(compiled, set(range(len(scopes))))
        own = (
            [np.broadcast_to(t[..., None], (*t.shape, size)) for t in factors.tables]
            if per_case
            else factors.tables
        )
        all_tables = Factors(cards, leaves, (*own, *(w[part].T for w in weights.values())), {})
        program = bound(all_tables, plan, compiled, frozenset())
        tables = forward(compiled, program.leaves(NOTHING))
        total, ring = tables[-1].reshape(-1), LINEAR
        if (total > SAFE).all():
            log_total = np.log(total)
        else:
            ring = LOG
            with np.errstate(divide="ignore"):
                tables = forward(compiled, [np.log(leaf) for leaf in program.leaves(NOTHING)], LOG)
            log_total = tables[-1].reshape(-1)
        yield part, _BatchPass(entered, compiled, reverse, ring, tables, log_total)


@lru_cache(maxsize=16)
def _plan(cards: tuple[int, ...], scopes: tuple[Scope, ...], n: int) -> tuple[int, tuple[int, ...], Plan, Compiled]:
    """Cases of a part, cardinalities with these, and the plan, whose result has one entry a case."""
    batch = len(cards)
    one_case = best_plan(cards, without(scopes, {batch}), ())
    cases = min(n, max(1, CHUNK_BYTES // one_case.cost.bytes))
    entered = (*cards, cases)
    plan = contraction_plan(entered, list(scopes), one_case.order, (batch,))
    return cases, entered, plan, compile_plan(plan)
