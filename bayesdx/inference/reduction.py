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
from bayesdx.inference.program import TINY, Factors, absorbed, product
from bayesdx.network import Array

#: A table whose largest entry lies between is scaled by one factor; others are looked at entry by entry.
SCALABLE = (1e-300, 1e300)
#: Entries of tables that are looked at together.
SMALL = 1 << 12


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
    sizes = tuple(map(len, possible))
    left: list[Scope] = []
    kept: list[Array] = []
    log_scale = 0.0
    for scope, table in zip(scopes, tables, strict=True):
        part = table
        for axis, v in enumerate(scope):
            if sizes[v] < cards[v]:
                part = part.take(possible[v], axis)
        smallest, largest = float(part.min()), float(part.max())
        if largest == 0.0:
            raise ImpossibleFindings(IMPOSSIBLE)
        if smallest == largest:  # a table of equal numbers is a number
            log_scale += math.log(largest)
            continue
        scaled: Array | None = part  # where the smallest number is held, so are those between
        if largest != 1.0:
            held = SCALABLE[0] < largest < SCALABLE[1] and smallest / largest > 2 * TINY
            scaled = part * (1.0 / largest) if held else product(part, np.array(1.0 / largest))
        log_scale += 0.0 if scaled is None else math.log(largest)
        left.append(tuple([v for v in scope if sizes[v] > 1]))
        kept.append((part if scaled is None else scaled).reshape([sizes[v] for v in left[-1]]))
    return Reduction(absorbed(Factors(sizes, tuple(left), tuple(kept), {})), possible, log_scale)


def _with_zeros(tables: Sequence[Array]) -> list[int]:
    """Which tables hold a zero: of many small ones at once."""
    small = [i for i, table in enumerate(tables) if table.size <= SMALL]
    found = [i for i, table in enumerate(tables) if table.size > SMALL and not table.all()]
    if small:
        starts = np.cumsum([0, *(tables[i].size for i in small[:-1])])
        numbers = np.concatenate([tables[i].ravel() for i in small])
        found += [small[k] for k in np.flatnonzero(~np.logical_and.reduceat(numbers > 0, starts)).tolist()]
    return sorted(found)


def _rule_out(masks: list[NDArray[np.bool_]], scopes: Sequence[Scope], tables: Sequence[Array]) -> None:
    """Take impossible states out of ``masks`` until every table allows all that are left."""
    holders: dict[int, list[int]] = {}
    for i in _with_zeros(tables):
        for v in scopes[i]:
            holders.setdefault(v, []).append(i)
    limited = {v for v, mask in enumerate(masks) if not mask.all()}
    waiting = dict.fromkeys(i for of_v in holders.values() for i in of_v)
    while waiting:
        i, _ = waiting.popitem()
        scope = scopes[i]
        allowed = tables[i] > 0
        for axis, v in enumerate(scope):
            if v in limited:
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
            limited.add(v)
            waiting.update(dict.fromkeys(j for j in holders[v] if j != i))
