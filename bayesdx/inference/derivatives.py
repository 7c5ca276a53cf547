"""Derivatives of P(findings) by every parameter, from one backward pass (Darwiche 2003)."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace
from functools import lru_cache

import numpy as np

from bayesdx.inference.contraction import LOG, backward, backward_operations, forward
from bayesdx.inference.findings import Known
from bayesdx.inference.program import SAFE, Factors, Program, log_forward, program_for
from bayesdx.inference.results import Derivatives
from bayesdx.network import Array, Network

#: Exponents are cut here: a derivative beyond the range of floating point is given as its largest number.
LARGEST = 709.0


class Differentiator:
    """Derivatives in one network, along the elimination order ``order``."""

    def __init__(self, network: Network, factors: Factors, order: tuple[int, ...]) -> None:
        self._ids = [variable.id for variable in network.variables]
        self._factors = factors
        self._order = order
        self._plain = program_for(factors, order=order)
        self._carrying = lru_cache(maxsize=8)(self._carry)

    def _carry(self, target: int) -> Program:
        """A program whose result keeps the target: a second copy of it, tied to the first by an identity."""
        factors, copy = self._factors, len(self._factors.cards)
        card = factors.cards[target]
        tied = replace(
            factors,
            cards=(*factors.cards, card),
            scopes=(*factors.scopes, (target, copy)),
            tables=(*factors.tables, np.eye(card)),
        )
        return program_for(tied, keep=(copy,), order=self._order)

    def __call__(self, given: Known, target: int | None) -> Derivatives:
        n = len(self._ids)
        slopes, log_total = self._slopes(self._plain, given, range(n))
        cpt, findings = zip(*(self._split(given, v, slopes[v]) for v in range(n)), strict=True)
        target_cpt: list[Array] = []
        target_findings: list[Array] = []
        if target is not None:
            apart = [v for v in range(n) if target not in self._factors.scopes[v]]
            carried: dict[int, Array] = {}
            if apart:
                carried, _ = self._slopes(self._carrying(target), given, apart)
            for v in range(n):
                by_state = carried[v] if v in carried else self._by_state(v, slopes[v], target)
                of_cpt, of_findings = self._split(given, v, by_state)
                target_cpt.append(of_cpt)
                target_findings.append(of_findings)
        return Derivatives(
            log_total + given.log_scale,
            dict(zip(self._ids, cpt, strict=True)),
            dict(zip(self._ids, findings, strict=True)),
            dict(zip(self._ids, target_cpt, strict=False)),
            dict(zip(self._ids, target_findings, strict=False)),
        )

    def _weights(self, given: Known) -> dict[int, Array]:
        """Likelihood weights (card,) of every variable with a finding."""
        hard = {v: np.eye(1, self._factors.cards[v], state)[0] for v, state in given.hard.items()}
        return {**hard, **given.soft}

    def _by_state(self, v: int, slope: Array, target: int) -> Array:
        """(card_target, *CPT): a CPT entry that names a state of the target moves P(t, e) of that state only."""
        card = self._factors.cards[target]
        axis = self._factors.scopes[v].index(target)
        shape = [card if i == axis else 1 for i in range(slope.ndim)]
        return slope * np.eye(card).reshape(card, *shape)

    def _split(self, given: Known, v: int, slope: Array) -> tuple[Array, Array]:
        """Derivatives by the CPT of v and by its likelihood weights, from those by their product.

        ``slope`` (…, *CPT) is the derivative by theta * lambda, lambda spread along the last axis.
        """
        rank = len(self._factors.scopes[v])
        by_cpt = slope * self._weights(given)[v] if v in given.hard or v in given.soft else slope
        summed = tuple(range(-rank, -1))
        by_weight = (slope * self._factors.tables[v]).sum(axis=summed) / given.scales.get(v, 1.0)
        return by_cpt, by_weight

    def _slopes(self, program: Program, given: Known, wanted: Collection[int]) -> tuple[dict[int, Array], float]:
        """d P(e) / d leaf / P(e) for the ``wanted`` leaves, in the axis order of their CPTs, and log P(e).

        When the result of the program keeps an axis, that axis comes first in every derivative.
        """
        plan = program.plan
        carry = plan.scopes[-1][0] if plan.scopes[-1] else None
        operations = backward_operations(plan, wanted, carry)
        leaves = list(program.factors.tables)
        for v, weight in self._weights(given).items():
            leaves[v] = leaves[v] * weight.reshape([-1 if u == v else 1 for u in program.factors.scopes[v]])
        tables = forward(program.forward, leaves)
        total = float(tables[-1].sum())
        seed_shape = (1,) * len(plan.scopes[-1])
        if total > SAFE:
            slopes = backward(operations, tables, np.full(seed_shape, 1.0 / total))
            log_total = math.log(total)
        else:
            tables, log_total = log_forward(program, leaves)
            logs = backward(operations, tables, np.full(seed_shape, -log_total), LOG)
            slopes = {i: np.exp(np.minimum(logs[i], LARGEST)) for i in wanted}
        found = {}
        for i in wanted:
            scope = plan.scopes[i]
            axes = scope if carry is None or carry in scope else (*scope, carry)
            full = np.broadcast_to(slopes[i], [plan.cards[v] for v in axes])
            family = self._factors.scopes[i]
            found[i] = full.transpose([axes.index(v) for v in (family if carry is None else (carry, *family))])
        return found, log_total
