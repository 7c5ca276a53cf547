"""All marginals of a product of tables, with or without a network behind it: one forward and one backward pass.

Where a pass takes more memory than there is, some variables are fixed to each of their states in turn (cutset
conditioning, Pearl 1988, in the form of slices: Chen et al., SC18), and the passes are added up.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from bayesdx.errors import ImpossibleFindings, InputError
from bayesdx.inference.contraction import backward, forward, reversals
from bayesdx.inference.findings import IMPOSSIBLE, Known
from bayesdx.inference.plan import MEMORY_LIMIT, Plan, Scope, best_plan, contraction_plan
from bayesdx.inference.program import Program, marginal, program_for, run_in_logs, without
from bayesdx.inference.reduction import reduced
from bayesdx.network import Array

#: Multiplications of all passes together that are begun: hours of work.
WORK_LIMIT = 2**43

#: Most orders that are tried; a search ends before that where a pass takes less time than another one.
RESTARTS = 400

#: Entries of a scaled table below 1e-307 may be lost. An entry counts as much as the derivative by it of the sum,
#: which is scaled to 1: where the largest of these times the number of entries is below this, no loss shows.
SAFE_SLOPE = 1e290

#: Stands for a table that is not needed any more.
GONE = np.empty(0)


class Passes(NamedTuple):
    """What the passes take: multiplications of all forward ones, bytes of one, and how many there are.

    ``width`` is the induced width: the variables of the largest product, less one.
    """

    flops: int
    bytes: int
    slices: int
    width: int


class FactorMarginals(NamedTuple):
    """P(v | evidence) (card,) of every variable v, and the logarithm of the sum of the product, ln Z."""

    marginals: tuple[Array, ...]
    log_z: float
    passes: Passes


def factor_marginals(
    cards: Sequence[int],
    scopes: Sequence[Scope],
    tables: Sequence[Array],
    evidence: Mapping[int, int],
    memory_limit: int = MEMORY_LIMIT,
    work_limit: int = WORK_LIMIT,
) -> FactorMarginals:
    """Marginals of the distribution that is proportional to the product of ``tables``, given ``evidence``.

    ``tables[i]`` >= 0 has the axes ``scopes[i]``; ``evidence`` maps variables to states. Raises
    ImpossibleFindings when the product is 0 everywhere, and InputError when it is too large for exact inference.
    """
    rest = reduced(cards, scopes, tables, evidence)
    factors = rest.factors
    used = {v for scope in factors.scopes for v in scope}
    # A variable that is left in no table has equal weights on the states that it has.
    found = {v: np.full(card, 1.0 / card) for v, card in enumerate(factors.cards) if v not in used}
    log_z = rest.log_scale + sum(math.log(card) for v, card in enumerate(factors.cards) if v not in used)
    passes = Passes(0, 0, 1, 0)
    if used:
        plan = best_plan(
            factors.cards, factors.scopes, restarts=RESTARTS, memory_limit=memory_limit, work_limit=work_limit
        )
        plan, fixed, passes = _sliced(factors.cards, factors.scopes, plan, memory_limit, work_limit)
        beliefs, log_sum = _summed(program_for(factors, plan, fixed), fixed)
        found.update(beliefs)
        log_z += log_sum
    marginals = []
    for v, card in enumerate(cards):
        spread = np.zeros(card)
        spread[rest.possible[v]] = found[v] / found[v].sum()
        marginals.append(spread)
    return FactorMarginals(tuple(marginals), log_z, passes)


def _bytes(plan: Plan) -> int:
    """Bytes of both passes: all tables, and what the step back through the largest operation adds."""
    sizes = plan.sizes
    steps = enumerate(plan.steps, len(plan.leaves))
    most = max(
        (2 * sizes[i] + sizes[s.left] + (0 if s.right is None else sizes[s.right]) for i, s in steps), default=0
    )
    return plan.cost.bytes + 8 * most


def _sliced(
    cards: tuple[int, ...], scopes: Sequence[Scope], plan: Plan, limit: int, work_limit: int
) -> tuple[Plan, Scope, Passes]:
    """``plan`` without the variables that must be fixed for a pass to fit, those variables, and what it takes.

    Raises InputError when there would be too many passes.
    """
    width = max(map(len, plan.unions), default=1) - 1
    whole = needed = _bytes(plan)
    fixed: list[int] = []
    slices = 1
    while True:
        passes = Passes(plan.cost.flops * slices, needed, slices, width)
        if passes.flops > work_limit:
            memory = f"{_amount(whole)}, where {_amount(limit)} are allowed, or " if whole > limit else ""
            raise InputError(
                f"exact inference needs {memory}{passes.flops:.0e} multiplications, where {work_limit:.0e} are "
                f"{'' if memory else 'allowed '}(induced width {width})"
            )
        if needed <= limit:
            return plan, tuple(fixed), passes
        v = _worth_fixing(plan)
        fixed.append(v)
        slices *= cards[v]
        order = [u for u in plan.order if u != v]
        plan = contraction_plan(cards, without(scopes, fixed), order, ())
        needed = _bytes(plan)


def _worth_fixing(plan: Plan) -> int:
    """The variable whose fixing saves most memory for each bit of it."""
    saved: dict[int, float] = {}
    for scope, size in zip(plan.scopes, plan.sizes, strict=True):
        for v in scope:
            saved[v] = saved.get(v, 0.0) + size
    return max(saved, key=lambda v: saved[v] * (1 - 1 / plan.cards[v]) / math.log(plan.cards[v]))


def _amount(size: int) -> str:
    return f"{size / 2**20:,.0f} MB" if size < 2**50 else f"2^{math.log2(size) - 20:.0f} MB"


def _summed(program: Program, fixed: Scope) -> tuple[dict[int, Array], float]:
    """Marginals of all variables, and ln Z, over the states of the ``fixed`` ones."""
    cards = program.plan.cards
    total = -math.inf
    sums = {v: np.zeros(cards[v]) for v in {*fixed, *(v for scope in program.plan.scopes for v in scope)}}
    for states in product(*(range(cards[v]) for v in fixed)):
        hard = dict(zip(fixed, states, strict=True))
        try:
            beliefs, log_sum = _one_pass(program, program.leaves(Known(hard, {}, {})))
        except ImpossibleFindings:
            continue
        more = np.logaddexp(total, log_sum)
        old, new = math.exp(total - more), math.exp(log_sum - more)
        total = float(more)
        for v, found in sums.items():
            found *= old
            if v in hard:
                found[hard[v]] += new
            else:
                found += new * beliefs[v]
    if total == -math.inf:
        raise ImpossibleFindings(IMPOSSIBLE)
    return sums, total


def _one_pass(program: Program, leaves: list[Array]) -> tuple[dict[int, Array], float]:
    """Marginals and logarithm of the sum of one pass; raises ImpossibleFindings when that is 0."""
    scales: dict[int, float] = {}
    with np.errstate(over="ignore", invalid="ignore"):  # of leaves beyond all scales: the sum is then not finite
        tables = forward(program.compiled, leaves, scales=scales)
        total = float(tables[-1].sum())
        if 0.0 < total < math.inf:
            log_sum = math.log(total) - sum(map(math.log, scales.values()))
            beliefs = dict(_beliefs(program, tables, total, scales))
            if all(belief is not None for belief in beliefs.values()):
                return {v: belief for v, belief in beliefs.items() if belief is not None}, log_sum
    done = run_in_logs(program, leaves)
    found = {}
    for table, belief in done.beliefs(program, program.read_all, program.readout):
        for v in program.readout[table]:
            found[v] = marginal(belief, program.compiled.layouts[table], (v,))
    return found, done.log_total


def _beliefs(
    program: Program, tables: list[Array], total: float, scales: Mapping[int, float]
) -> Iterator[tuple[int, Array | None]]:
    """The marginal of every variable, None and the end where some number may have been lost; frees ``tables``."""
    compiled, readout = program.compiled, program.readout
    made = range(len(program.plan.leaves), len(tables))
    reverse = reversals(compiled, {*readout, *made})
    seed = np.full(tables[-1].shape, 1.0 / total)
    for table, slope in backward(compiled, reverse, tables, seed, scales=scales):
        if table in made and not float(slope.max()) * slope.size * max(scales.get(table, 1.0), 1.0) < SAFE_SLOPE:
            yield -1, None
            return
        if table in readout:
            belief = tables[table] * slope
            if not math.isfinite(belief.sum()):  # of a leaf that no factor could scale
                yield -1, None
                return
            for v in readout[table]:
                yield v, marginal(belief, compiled.layouts[table], (v,))
        tables[table] = GONE
