"""A plan bound to the tables of a network: what one kind of query runs."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bayesdx.errors import ImpossibleFindings
from bayesdx.inference.contraction import (
    LOG,
    Operation,
    backward,
    backward_operations,
    forward,
    forward_operations,
)
from bayesdx.inference.findings import IMPOSSIBLE, Known
from bayesdx.inference.plan import Plan, Scope, best_plan, contraction_plan
from bayesdx.network import Array, Network

#: Below this P(findings) an intermediate table may have lost entries to underflow: logarithms take over. All
#: tables and derivatives of a linear pass are sums of products of numbers <= 1, so an entry that is lost was
#: smaller than 1e-307, and no pass has 1e20 of them.
SAFE = 1e-260


@dataclass(frozen=True)
class Factors:
    """The tables whose product is the joint distribution: ``tables[i]`` has the axes ``scopes[i]``.

    ``owner[v]`` is a table that holds variable v, the one that takes its likelihood weights.
    """

    cards: tuple[int, ...]
    scopes: tuple[Scope, ...]
    tables: tuple[Array, ...]
    owner: Mapping[int, int]

    @cached_property
    def holders(self) -> dict[int, list[int]]:
        """The tables that hold each variable."""
        holders: dict[int, list[int]] = {}
        for i, scope in enumerate(self.scopes):
            for v in scope:
                holders.setdefault(v, []).append(i)
        return holders


def cpt_factors(network: Network) -> Factors:
    """One table a variable, its CPT, in the order of ``network.variables``."""
    index = network.index
    return Factors(
        tuple(v.cardinality for v in network.variables),
        tuple(tuple(index[i] for i in (*network.parents[v.id], v.id)) for v in network.variables),
        tuple(network.cpts[v.id] for v in network.variables),
        {i: i for i in range(len(network.variables))},
    )


def absorbed(factors: Factors) -> Factors:
    """The same joint distribution with every table multiplied into a larger one whose scope includes its own."""
    scopes: list[Scope] = []
    tables: list[Array] = []
    home: dict[int, int] = {}
    for i in sorted(range(len(factors.scopes)), key=lambda i: factors.tables[i].size, reverse=True):
        scope, table = factors.scopes[i], factors.tables[i]
        for j, larger in enumerate(scopes):
            if set(scope) <= set(larger):
                order = sorted(range(len(scope)), key=lambda a: larger.index(scope[a]))
                spread = table.transpose(order)[tuple(slice(None) if v in scope else None for v in larger)]
                tables[j] = tables[j] * spread
                home[i] = j
                break
        else:
            home[i] = len(scopes)
            scopes.append(scope)
            tables.append(table)
    owner = {v: home[i] for v, i in factors.owner.items()}
    return Factors(factors.cards, tuple(scopes), tuple(tables), owner)


@dataclass(frozen=True)
class Program:
    """``factors`` in the axis order of ``plan``, whose leaves they are.

    Variables in ``fixed`` are axes of the tables but not of the plan: a query must give each a hard finding.
    """

    plan: Plan
    factors: Factors
    fixed: frozenset[int]

    @cached_property
    def forward(self) -> tuple[Operation, ...]:
        return forward_operations(self.plan)

    def leaves(self, given: Known) -> list[Array]:
        """The tables with the findings entered: sliced where they are hard, multiplied where they are not."""
        factors, fixed, everything = self.factors, self.fixed, slice(None)
        leaves = list(factors.tables)
        cut = {v: state if v in fixed else slice(state, state + 1) for v, state in given.hard.items()}
        for i in {i for v in cut for i in factors.holders.get(v, ())}:
            leaves[i] = leaves[i][tuple([cut.get(v, everything) for v in factors.scopes[i]])]
        for v, weights in given.soft.items():
            if v in factors.owner:
                i = factors.owner[v]
                leaves[i] = leaves[i] * weights.reshape([-1 if u == v else 1 for u in self.plan.leaves[i]])
        return leaves

    @cached_property
    def readout(self) -> dict[int, int]:
        """The smallest table that holds each variable of the plan."""
        best: dict[int, int] = {}
        sizes = [self.plan.size(scope) for scope in self.plan.scopes]
        for table in sorted(range(len(sizes)), key=sizes.__getitem__, reverse=True):
            best.update(dict.fromkeys(self.plan.scopes[table], table))
        return best

    def smallest_table(self, variables: Scope) -> int | None:
        """The smallest table that holds all ``variables``, None when no table does."""
        if len(variables) == 1:
            return self.readout[variables[0]]
        holding = [i for i, scope in enumerate(self.plan.scopes) if set(variables) <= set(scope)]
        return min(holding, key=lambda i: self.plan.size(self.plan.scopes[i]), default=None)

    @cached_property
    def read_all(self) -> tuple[Operation, ...]:
        """Backward operations that reach every table of ``readout``."""
        return backward_operations(self.plan, set(self.readout.values()))


def program_for(
    factors: Factors,
    keep: Scope = (),
    fixed: Collection[int] = (),
    restarts: int = 0,
    order: Sequence[int] | None = None,
) -> Program:
    """Plan for ``factors`` with the variables ``fixed`` known; the result has the axes ``keep``.

    ``order`` gives the elimination order; without it the best one is searched for (see ``best_plan``).
    """
    fixed = frozenset(fixed)
    scopes = [tuple(v for v in scope if v not in fixed) for scope in factors.scopes]
    if order is None:
        plan = best_plan(factors.cards, scopes, keep, restarts)
    else:
        plan = contraction_plan(factors.cards, scopes, order, keep)
    rank = {v: i for i, v in enumerate(plan.order)}
    ordered = [tuple(sorted(scope, key=lambda v: rank.get(v, -1))) for scope in factors.scopes]
    tables = [
        table.transpose([scope.index(v) for v in axes])
        for scope, axes, table in zip(factors.scopes, ordered, factors.tables, strict=True)
    ]
    return Program(plan, Factors(factors.cards, tuple(ordered), tuple(tables), factors.owner), fixed)


def relevant_factors(
    network: Network, factors: Factors, variables: Collection[int]
) -> tuple[Factors, dict[int, int]]:
    """The CPTs of ``variables`` and their ancestors, and which table each is.

    All other CPTs sum to 1 (barren nodes, Shachter 1986).
    """
    index = network.index
    reached = set(variables)
    waiting = list(reached)
    while waiting:
        parents = {index[p] for p in network.parents[network.variables[waiting.pop()].id]} - reached
        reached |= parents
        waiting.extend(parents)
    kept = sorted(reached)
    place = {v: i for i, v in enumerate(kept)}
    scopes = tuple(factors.scopes[v] for v in kept)
    return Factors(factors.cards, scopes, tuple(factors.tables[v] for v in kept), place), place


def beliefs(
    program: Program, given: Known, read: Collection[int], operations: Sequence[Operation]
) -> tuple[dict[int, Array], float]:
    """P(scope | findings) for the tables in ``read``, and log P(findings); ``operations`` must reach them.

    Raises ImpossibleFindings when P(findings) is 0.
    """
    leaves = program.leaves(given)
    seed_shape = (1,) * len(program.plan.scopes[-1])
    tables = forward(program.forward, leaves)
    total = float(tables[-1].sum())
    if total > SAFE:
        slopes = backward(operations, tables, np.full(seed_shape, 1.0 / total))
        return {i: tables[i] * slopes[i] for i in read}, math.log(total) + given.log_scale
    tables, log_total = log_forward(program, leaves)
    slopes = backward(operations, tables, np.full(seed_shape, -log_total), LOG)
    return {i: np.exp(tables[i] + slopes[i]) for i in read}, log_total + given.log_scale


def log_tables(program: Program, given: Known) -> list[Array]:
    """Logarithms of the forward tables; raises ImpossibleFindings when P(findings) is 0."""
    leaves = program.leaves(given)
    tables = forward(program.forward, leaves)
    if tables[-1].sum() <= SAFE:
        return log_forward(program, leaves)[0]
    with np.errstate(divide="ignore"):
        return [np.log(table) for table in tables]


def log_forward(program: Program, leaves: Sequence[Array]) -> tuple[list[Array], float]:
    """Logarithms of the forward tables, and of their sum; raises ImpossibleFindings when that is -inf."""
    with np.errstate(divide="ignore"):
        tables = forward(program.forward, [np.log(leaf) for leaf in leaves], LOG)
    log_total = float(np.logaddexp.reduce(tables[-1], axis=None))
    if log_total == -math.inf:
        raise ImpossibleFindings(IMPOSSIBLE)
    return tables, log_total


def marginal(table: Array, scope: Scope, variables: Scope) -> Array:
    """``table`` summed down to ``variables``, in their order."""
    others = tuple(i for i, v in enumerate(scope) if v not in variables)
    kept = [v for v in scope if v in variables]
    summed: Array = np.add.reduce(table, axis=others) if others else table
    return summed if len(kept) == 1 else summed.transpose([kept.index(v) for v in variables])
