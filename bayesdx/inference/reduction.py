"""Make a product of tables smaller before anything is planned: what is known, and what is impossible.

Evidence leaves one state of a variable. A state is impossible when some table has only zeros for it; taking it
away may make others impossible (generalised arc consistency, Mackworth 1977), which is what makes deterministic
tables cheap. Variables with one state left are axes of length 1 and go.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesdx.errors import ImpossibleFindings
from bayesdx.inference.findings import IMPOSSIBLE
from bayesdx.inference.plan import Scope
from bayesdx.inference.program import Factors, absorbed, product
from bayesdx.network import Array


class Reduction(NamedTuple):
    """What is left of a product of tables, and the way back.

    ``factors`` are over the states that are possible: ``possible[v]`` lists those of variable v, so that a
    variable with one of them is in no table. The tables are scaled to a largest entry of 1, where their numbers
    allow it; ``log_scale`` is the logarithm of what that took from the product.
    """

    factors: Factors
    possible: tuple[NDArray[np.intp], ...]
    log_scale: float


def reduced(
    cards: Sequence[int], scopes: Sequence[Scope], tables: Sequence[Array], evidence: Mapping[int, int]
) -> Reduction:
    """The product of ``tables`` (axes ``scopes``, entries >= 0) with ``evidence`` (variable: state) entered.

    Raises ImpossibleFindings when that leaves some variable no state.
    """
    masks = [np.ones(card, dtype=bool) for card in cards]
    for v, state in evidence.items():
        masks[v] = np.arange(cards[v]) == state
    _rule_out(masks, scopes, tables)
    possible = tuple(np.flatnonzero(mask) for mask in masks)
    left: list[Scope] = []
    kept: list[Array] = []
    log_scale = 0.0
    for scope, table in zip(scopes, tables, strict=True):
        part = table[np.ix_(*(possible[v] for v in scope))]
        largest = float(part.max())
        if largest == 0.0:
            raise ImpossibleFindings(IMPOSSIBLE)
        if part.min() == largest:  # a table of equal numbers is a number
            log_scale += math.log(largest)
            continue
        scaled = product(part, np.array(1.0 / largest))
        log_scale += 0.0 if scaled is None else math.log(largest)
        left.append(tuple(v for v in scope if len(possible[v]) > 1))
        kept.append((part if scaled is None else scaled).reshape([len(possible[v]) for v in left[-1]]))
    factors = Factors(tuple(len(states) for states in possible), tuple(left), tuple(kept), {})
    return Reduction(absorbed(factors), possible, log_scale)


def _rule_out(masks: list[NDArray[np.bool_]], scopes: Sequence[Scope], tables: Sequence[Array]) -> None:
    """Take impossible states out of ``masks`` until every table allows all that are left."""
    holders: dict[int, list[int]] = {}
    for i, table in enumerate(tables):
        if not table.all():
            for v in scopes[i]:
                holders.setdefault(v, []).append(i)
    waiting = dict.fromkeys(i for of_v in holders.values() for i in of_v)
    while waiting:
        i, _ = waiting.popitem()
        scope = scopes[i]
        allowed = tables[i] > 0
        for axis, v in enumerate(scope):
            allowed = allowed & masks[v].reshape([-1 if a == axis else 1 for a in range(len(scope))])
        for axis, v in enumerate(scope):
            mask: NDArray[np.bool_] = np.logical_or.reduce(
                allowed, axis=tuple(a for a in range(len(scope)) if a != axis)
            )
            if (mask == masks[v]).all():
                continue
            if not mask.any():
                raise ImpossibleFindings(IMPOSSIBLE)
            masks[v] = mask
            waiting.update(dict.fromkeys(j for j in holders[v] if j != i))
