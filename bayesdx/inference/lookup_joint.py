"""Ask look-up tables for the joint distribution of the target and every other variable, of many cases at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayesdx.inference.logs import FLOOR
from bayesdx.inference.lookup import LookupTables
from bayesdx.inference.lookup_batch import cutset_weights
from bayesdx.inference.lookup_query import ratio, states_of
from bayesdx.network import Array


def separate(tables: LookupTables, target: int) -> bool:
    """Whether the target shares no group of rows: given H, it is independent of all other variables."""
    number, group, _ = tables.place[target]
    return int((tables.blocks[number].group == group).sum()) == 1


def joints(
    tables: LookupTables, codes: NDArray[np.integer], target: int, variables: Sequence[int]
) -> Iterator[Array]:
    """P(v, target | findings) (n, card of v, card of the target) of each variable v.

    ``codes`` (n, n_variables) are -1 where missing, and that of the target is. Zero in a case that is impossible or
    states v. The target must be ``separate``.
    """
    from scipy.sparse import csr_array

    weights, _, index = cutset_weights(tables, codes)
    number, group, stride = tables.place[target]
    asked = tables.blocks[number]
    states = states_of(stride, tables.cards[target])
    given = ratio(asked.rows, int(asked.offset[group]), states)  # P(t | D): (T, W)
    narrow: dict[int, tuple[Array, Any]] = {}
    for v in variables:
        number, group, stride = tables.place[v]
        b, card = tables.blocks[number], tables.cards[v]
        if number not in narrow:
            own = weights
            for axis in set(b.others) & set(asked.others):
                own = own.sum(axis=axis, keepdims=True)
            spread = np.broadcast_to(given.reshape(-1, *asked.spread), (len(given), *own.shape[1:]))
            narrow[number] = own, csr_array(spread.reshape(len(given), -1).T)
        own, down = narrow[number]
        open_ = np.flatnonzero(codes[:, v] < 0)
        others, case = np.unique(index[number][group, open_], return_inverse=True)
        rows = b.rows[others[:, None] + states_of(stride, card)] - np.maximum(b.rows[others], FLOOR)[:, None]
        shares = np.exp(rows).reshape(len(others), card, *b.spread)  # P(v | D, the findings of its group)
        entered = shares[case]
        fits = entered.shape[2:] == own.shape[1:]
        entered = np.multiply(entered, own[open_, None], out=entered if fits else None)
        joint = np.asarray(entered.reshape(len(open_) * card, down.shape[0]) @ down)
        joint = joint.reshape(len(open_), card, down.shape[1])
        total = joint.sum(axis=(1, 2))
        found = np.zeros((len(codes), *joint.shape[1:]))
        found[open_] = joint / np.where(total > 0, total, 1.0)[:, None, None]
        yield found
