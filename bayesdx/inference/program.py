"""A plan bound to the tables of a network: what one kind of query runs."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, cast

import numpy as np

from bayesdx.errors import ImpossibleFindings
from bayesdx.inference.contraction import (
    LINEAR,
    LOG,
    Compiled,
    Layout,
    Reversal,
    Semiring,
    backward,
    compile_plan,
    forward,
    reversals,
)
from bayesdx.inference.findings import IMPOSSIBLE, Known
from bayesdx.inference.logs import log_sum
from bayesdx.inference.plan import Plan, Scope
from bayesdx.network import Array, Network

#: Below this P(findings) an intermediate table may have lost entries to underflow: logarithms take over. All
#: tables and derivatives of a linear pass are sums of products of numbers <= 1, so an entry that is lost was
#: smaller than 1e-307, and no pass has 1e20 of them.
SAFE = 1e-260

#: The smallest number with all its digits.
TINY = float(np.finfo(np.float64).tiny)

NONE: set[int] = set()


@dataclass(frozen=True, eq=False)
class Factors:
    """The tables whose product is the joint distribution: ``tables[i]`` has the axes ``scopes[i]``.

    ``owner[v]`` is a table that holds variable v, the one that takes its likelihood weights.
    """

    cards: tuple[int, ...]
    scopes: tuple[Scope, ...]
    tables: tuple[Array, ...]
    owner: Mapping[int, int]


def cpt_factors(network: Network) -> Factors:
    """One table a variable, its CPT, in the order of ``network.variables``."""
    index = network.index
    return Factors(
        tuple(v.cardinality for v in network.variables),
        tuple(tuple(index[i] for i in (*network.parents[v.id], v.id)) for v in network.variables),
        tuple(network.cpts[v.id] for v in network.variables),
        {i: i for i in range(len(network.variables))},
    )


def product(x: Array, y: Array) -> Array | None:
    """``x * y``, None where a number of it is too small or too large to be held."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        made: Array = x * y
    held = ((made >= TINY) & (made < math.inf)) | (x == 0.0) | (y == 0.0)
    return made if held.all() else None


def absorbed(factors: Factors) -> Factors:
    """The same joint distribution with every table multiplied into a larger one whose scope includes its own."""
    scopes: list[Scope] = []
    tables: list[Array] = []
    home: dict[int, int] = {}
    holding: dict[int, set[int]] = {}
    for i in sorted(range(len(factors.scopes)), key=lambda i: factors.tables[i].size, reverse=True):
        scope, table = factors.scopes[i], factors.tables[i]
        larger = set.intersection(*(holding.get(v, NONE) for v in scope))
        made = None
        if larger:
            j = min(larger)
            order = sorted(range(len(scope)), key=lambda a: scopes[j].index(scope[a]))
            spread = table.transpose(order)[tuple(slice(None) if v in scope else None for v in scopes[j])]
            made = product(tables[j], spread)
        if made is not None:
            home[i], tables[j] = j, made
        else:
            home[i] = len(scopes)
            for v in scope:
                holding.setdefault(v, set()).add(home[i])
            scopes.append(scope)
            tables.append(table)
    owner = {v: home[i] for v, i in factors.owner.items()}
    return Factors(factors.cards, tuple(scopes), tuple(tables), owner)


@dataclass(frozen=True, eq=False)
class Program:
    """``plan`` compiled, with ``factors`` as its leaves: what a query runs.

    The axes of the tables are those of ``fixed`` variables, to each of which a query must give a hard finding,
    and then those of the leaf's layout. ``shaped`` holds the leaves as a pass takes them, where nothing is fixed.
    """

    plan: Plan
    compiled: Compiled
    factors: Factors
    fixed: frozenset[int]
    shaped: tuple[Array | None, ...]

    def leaves(self, given: Known) -> list[Array]:
        """The leaves with the findings entered: sliced where they are fixed, multiplied by weights elsewhere."""
        factors, layouts = self.factors, self.compiled.layouts
        leaves = list(self.shaped)
        weights: dict[int, dict[int, Array]] = {}
        for v, of_v in given.weights(factors.cards).items():
            if v not in self.fixed and v in factors.owner:
                weights.setdefault(factors.owner[v], {})[v] = of_v
        for i, shaped in enumerate(leaves):
            if shaped is None or i in weights:
                leaf = factors.tables[i]
                if shaped is None:
                    leaf = leaf[tuple([given.hard[v] for v in factors.scopes[i] if v in self.fixed])]
                for v, of_v in weights.get(i, {}).items():
                    before, _, after = layouts[i].grouped(v)
                    leaf = leaf.reshape(before, -1, after) * of_v[:, None]
                leaves[i] = leaf.reshape(layouts[i].shape)
        return cast(list[Array], leaves)

    def holding(self, factors: Factors) -> Program:
        """The same program with other numbers: ``factors`` of the scopes that it was made for."""
        return bound(factors, self.plan, self.compiled, self.fixed)

    @cached_property
    def readout(self) -> dict[int, tuple[int, ...]]:
        """The variables to read from a table, by table: each from the smallest that holds it."""
        best: dict[int, int] = {}
        sizes = self.plan.sizes
        for table in sorted(range(len(sizes)), key=sizes.__getitem__, reverse=True):
            best.update(dict.fromkeys(self.plan.scopes[table], table))
        readout: dict[int, tuple[int, ...]] = {}
        for v, table in best.items():
            readout[table] = (*readout.get(table, ()), v)
        return readout

    def smallest_table(self, variables: Scope) -> int | None:
        """The smallest table that holds all ``variables``, None when no table does."""
        holding = [i for i, scope in enumerate(self.plan.scopes) if set(variables) <= set(scope)]
        return min(holding, key=lambda i: self.plan.sizes[i], default=None)

    @cached_property
    def read_all(self) -> tuple[Reversal, ...]:
        """The backward pass that reaches every table of ``readout``."""
        return reversals(self.compiled, self.readout)


def program_for(factors: Factors, plan: Plan, fixed: Collection[int] = ()) -> Program:
    """Compile ``plan``, whose leaves are ``factors`` without the variables ``fixed``."""
    return bound(factors, plan, compile_plan(plan), frozenset(fixed))


def bound(factors: Factors, plan: Plan, compiled: Compiled, fixed: frozenset[int]) -> Program:
    """``compiled``, which is ``plan`` compiled, with the tables of ``factors`` as its leaves."""
    scopes, tables, shaped = [], [], []
    for scope, table, layout in zip(factors.scopes, factors.tables, compiled.layouts, strict=False):
        axes = (*(v for v in scope if v in fixed), *layout.scope)
        moved = table.transpose([scope.index(v) for v in axes])
        scopes.append(axes)
        tables.append(moved)
        shaped.append(None if len(axes) > len(layout.scope) else np.ascontiguousarray(moved).reshape(layout.shape))
    moved_factors = replace(factors, scopes=tuple(scopes), tables=tuple(tables))
    return Program(plan, compiled, moved_factors, fixed, tuple(shaped))


def without(scopes: Sequence[Scope], fixed: Collection[int]) -> list[Scope]:
    """The scopes that are left once the variables ``fixed`` are known."""
    return [tuple(v for v in scope if v not in fixed) for scope in scopes]


def relevant_factors(
    network: Network, factors: Factors, variables: Collection[int]
) -> tuple[Factors, dict[int, int]]:
    """The CPTs of ``variables`` and their ancestors, and which table each is.

    All other CPTs sum to 1 (barren nodes, Shachter 1986).
    """
    kept = [network.index[name] for name in network.ancestral(network.variables[v].id for v in variables)]
    place = {v: i for i, v in enumerate(kept)}
    scopes = tuple(factors.scopes[v] for v in kept)
    return Factors(factors.cards, scopes, tuple(factors.tables[v] for v in kept), place), place


class Pass(NamedTuple):
    """Tables of a forward pass in ``ring``, with the logarithm of the sum of the result."""

    ring: Semiring
    tables: list[Array]
    log_total: float

    def slopes(
        self, program: Program, reverse: Sequence[Reversal], weights: Array | None = None
    ) -> Iterator[tuple[int, Array]]:
        """Derivatives of sum(weights * result) / sum(result) by each table, the weights 1 unless given."""
        linear = self.ring is LINEAR
        one = math.exp(-self.log_total) if linear else -self.log_total
        seed = np.full(self.tables[-1].shape, one)
        if weights is not None:
            with np.errstate(divide="ignore"):
                part = weights if linear else np.log(weights)
            seed = np.reshape(part * one if linear else part + one, seed.shape)
        return backward(program.compiled, reverse, self.tables, seed, self.ring)

    def beliefs(
        self, program: Program, reverse: Sequence[Reversal], wanted: Collection[int]
    ) -> Iterator[tuple[int, Array]]:
        """P(scope of the table | findings) for the ``wanted`` tables, in their layouts."""
        for table, slope in self.slopes(program, reverse):
            if table not in wanted:
                continue
            if self.ring is LINEAR:
                yield table, self.tables[table] * slope
            else:
                yield table, np.exp(self.tables[table] + slope)

    def logs(self) -> list[Array]:
        """Logarithms of the tables."""
        if self.ring is LOG:
            return self.tables
        with np.errstate(divide="ignore"):
            return [np.log(table) for table in self.tables]


def run(program: Program, leaves: Sequence[Array]) -> Pass:
    """Forward pass, in logarithms when a linear one may have underflowed.

    Raises ImpossibleFindings when the result is 0.
    """
    tables = forward(program.compiled, leaves)
    total = float(tables[-1].sum())
    if total > SAFE:
        return Pass(LINEAR, tables, math.log(total))
    return run_in_logs(program, leaves)


def run_in_logs(program: Program, leaves: Sequence[Array]) -> Pass:
    """Forward pass in logarithms; raises ImpossibleFindings when the result is 0."""
    with np.errstate(divide="ignore"):
        tables = forward(program.compiled, [np.log(leaf) for leaf in leaves], LOG)
    log_total = float(log_sum(tables[-1].ravel()))
    if log_total == -math.inf:
        raise ImpossibleFindings(IMPOSSIBLE)
    return Pass(LOG, tables, log_total)


def marginal(belief: Array, layout: Layout, variables: Scope) -> Array:
    """A table in ``layout`` summed down to ``variables``, in their order."""
    if len(variables) == 1:
        summed: Array = np.add.reduce(belief.reshape(layout.grouped(variables[0])), axis=(0, 2))
        return summed
    others = tuple(i for i, v in enumerate(layout.scope) if v not in variables)
    kept = [v for v in layout.scope if v in variables]
    summed = belief.reshape(layout.dims).sum(axis=others)
    return summed.transpose([kept.index(v) for v in variables])
