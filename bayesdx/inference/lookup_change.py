"""Ask look-up tables which likelihood, changed least, makes another state of the target lead, of many cases.

While one entry theta of a CPT row u moves and the others of the row keep their ratios, P(t, e) moves on a straight
line (Castillo, Gutierrez & Hadi 1997). Its slope over P(e) is

    P(u, x | t, e) / theta - (P(u | t, e) - P(u, x | t, e)) / (1 - theta)

times P(t | e). Where each state of one variable of H, the form, belongs to one state of the target, and the form
is among the parents of every other row, a row moves a single P(t, e): it draws level with the leader's, or the
leader's with the next, at a value in closed form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesdx.inference.findings import Codes
from bayesdx.inference.logs import FLOOR, TIE
from bayesdx.inference.lookup import LookupTables
from bayesdx.inference.lookup_batch import CHUNK, cutset_weights
from bayesdx.inference.lookup_joint import separate
from bayesdx.inference.lookup_query import states_of
from bayesdx.inference.lookup_spread import below
from bayesdx.network import Array, Network

#: Ties so near to 0 or 1, where nothing but the leader is possible, are rounding errors.
MARGIN = 1e-8
#: Decimals to which changes of log-odds are compared: which of two equal ones comes first is not by chance.
DECIMALS = 9


class Changes(NamedTuple):
    """The smallest change of each of n cases: entry ``state`` of ``row`` (the last parent fastest) of the CPT of
    variable number ``variable``, -1 where there is none, becomes ``value``; its log-odds change by ``log_odds``,
    and then state ``leader`` of the target leads. All (n,)."""

    variable: Codes
    row: Codes
    state: Codes
    value: Array
    log_odds: Array
    leader: Codes

    @classmethod
    def none(cls, n: int) -> Changes:
        """Of n cases in which no change does it."""
        variable, row, state, leader = np.full((4, n), -1, dtype=np.intp)
        return cls(variable, row, state, np.full(n, np.nan), np.full(n, np.inf), leader)


@dataclass(frozen=True, eq=False)
class Family:
    """The CPT of variable ``v``: P(x | u) ``theta`` (R, X), and to which state of the target each row belongs,
    ``owner`` (R,).

    ``scope`` are the variables of its axes, v last; ``told`` (X,) which entries are told of. ``group`` is (block,
    group) of a variable that is seen together with others.
    """

    v: int
    theta: Array
    owner: Codes
    scope: tuple[int, ...]
    told: NDArray[np.bool_]
    group: tuple[int, int] | None


@dataclass(frozen=True, eq=False)
class ChangeTables:
    """The ``families`` of a network but that of the target, in the order of its variables."""

    network: Network
    tables: LookupTables
    target: int
    families: tuple[Family, ...]


def change_tables(network: Network, tables: LookupTables, target: int) -> ChangeTables | None:
    """The tables of a network whose form is in H, and a parent wherever a CPT is not certain; else None."""
    cutset = tables.cutset
    parents = [tuple(network.index[p] for p in network.parents[v.id]) for v in network.variables]
    forms = [v for v in cutset if parents[v] == (target,) and network.is_form(network.variables[v].id)]
    if parents[target] or len(forms) != 1 or not separate(tables, target):
        return None
    form = forms[0]
    belongs = (network.cpts[network.variables[form].id] > 0).argmax(axis=0)
    families = []
    for v, variable in enumerate(network.variables):
        theta, told = network.cpts[variable.id], np.arange(variable.cardinality) != twin(variable.states)
        if v == target or np.isin(theta, (0.0, 1.0)).all():
            continue
        if v == form:
            owner = np.arange(len(theta))
        elif form in parents[v] and target not in parents[v]:
            shape = [-1 if u == form else 1 for u in parents[v]]
            owner = np.broadcast_to(belongs.reshape(shape), theta.shape[:-1]).ravel()
        else:
            return None
        inside = set(parents[v]) <= {*cutset, target}
        if v in cutset and not inside:
            return None
        alone = inside and (v in cutset or not network.children[variable.id])
        scope, group = (*parents[v], v), None if alone else tables.place[v][:2]
        if group is not None and set(tables.depends(group[0])) != set(scope) & set(cutset):
            return None  # what goes with it depends on more of H
        families.append(Family(v, theta.reshape(-1, theta.shape[-1]), owner, scope, told, group))
    return ChangeTables(network, tables, target, tuple(families))


def twin(states: Sequence[str]) -> int:
    """Which entry of a row of two, which say the same, is not told of: the absence, else the second; else -1."""
    return int(states[0] != "absent") if len(states) == 2 else -1


def smallest_changes(made: ChangeTables, codes: NDArray[np.integer], posteriors: Array) -> Changes:
    """The smallest change of each of n cases with ``posteriors`` (n, T) of the target.

    ``codes`` (n, n_variables) are -1 where missing, and that of the target is. None where two states lead. The
    prior of the target is left as it is.
    """
    found = Changes.none(len(codes))
    for start in range(0, len(codes), CHUNK):
        part = slice(start, start + CHUNK)
        with np.errstate(all="ignore"):
            one = _Search(made, codes[part], posteriors[part]).found
        for whole, own in zip(found, one, strict=True):
            whole[part] = own
    return found


class _Search:
    """The smallest changes ``found`` of the cases of a chunk."""

    def __init__(self, made: ChangeTables, codes: NDArray[np.integer], posteriors: Array) -> None:
        self.made, self.codes, self.found = made, codes, Changes.none(len(codes))
        weights, _, self.rows_at = cutset_weights(made.tables, codes)
        self.weights = weights / weights.sum(axis=tuple(range(1, weights.ndim)), keepdims=True)
        self.cases = np.arange(len(codes))
        self.leader = posteriors.argmax(axis=1)
        first = posteriors[self.cases, self.leader]
        others = posteriors.copy()
        others[self.cases, self.leader] = -1.0
        self.next = others.argmax(axis=1)
        self.second = posteriors[self.cases, self.next]
        # by how much each P(t | e) must change for another to lead
        self.need = first[:, None] - posteriors
        self.need[self.cases, self.leader] = self.second - first
        self.need[first - self.second <= TIE * first] = np.nan  # two lead already
        for family in made.families:
            if family.group is None:
                self._apart(family)
            else:
                self._together(family)

    def _apart(self, family: Family) -> None:
        """A variable of H, or one with which nothing else goes: of such a one what is seen counts, if it is."""
        cutset, v = self.made.tables.cutset, family.v
        shares = self._summed([u for u in family.scope if u in cutset])
        if family.scope[0] == self.made.target:  # the form: its row is that of its state of the target
            shares = np.where(family.theta > 0, shares[:, None, :], 0.0)
        if v in cutset:
            self._try(self.cases, family, shares)
            return
        for state in np.unique(self.codes[self.codes[:, v] >= 0, v]).tolist():
            rows = np.flatnonzero(self.codes[:, v] == state)
            seen = np.zeros((len(rows), *family.theta.shape))
            seen[..., state] = shares[rows].reshape(len(rows), -1)
            self._try(rows, family, seen)

    def _together(self, family: Family) -> None:
        """A variable that goes with others: by what is seen of them, and what is likely of the rest."""
        tables, network = self.made.tables, self.made.network
        assert family.group is not None
        number, group = family.group
        members = [u for u in tables.blocks[number].variables if tables.place[u][:2] == family.group]
        told = {family.v, *below(network, family.v, {network.variables[u].id: u for u in members})}
        cutset = tables.cutset
        shares = self._summed([u for u in family.scope if u in cutset])
        shares = shares.reshape(-1, *(tables.cards[u] if u in cutset else 1 for u in family.scope))
        for row in np.unique(self.rows_at[number][group]).tolist():
            rows = np.flatnonzero(self.rows_at[number][group] == row)
            state = {u: int(self.codes[rows[0], u]) for u in members}
            if any(state[u] >= 0 for u in told):  # else it sums to 1, whatever its numbers
                self._try(rows, family, shares[rows] * self._likely(family, row, state))

    def _likely(self, family: Family, row: int, state: Mapping[int, int]) -> Array:
        """P(what is outside H | H, findings) over the axes of the scope, for a ``row`` of the group."""
        tables = self.made.tables
        assert family.group is not None
        block, inside = tables.blocks[family.group[0]], tables.depends(family.group[0])
        outside = [u for u in family.scope if u not in inside]
        missing = [u for u in outside if state[u] < 0]
        shifts = np.zeros(1, dtype=np.intp)
        for u in missing:
            shifts = (shifts[:, None] + states_of(tables.place[u][2], tables.cards[u])).ravel()
        likely = np.exp(block.rows[row + shifts] - np.maximum(block.rows[row], FLOOR))
        found = np.zeros([tables.cards[u] for u in (*outside, *inside)])
        at: tuple[Any, ...] = tuple(slice(None) if state[u] < 0 else state[u] for u in outside)
        found[at] = likely.reshape([tables.cards[u] for u in (*missing, *inside)])
        return found.transpose([(*outside, *inside).index(u) for u in family.scope])

    def _summed(self, variables: Sequence[int]) -> Array:
        """P(variables of H | findings) (n, …), the axes in the order of ``variables``."""
        cutset = self.made.tables.cutset
        kept = [u for u in cutset if u in variables]
        rest = tuple(i for i, u in enumerate(cutset, 1) if u not in variables)
        return np.asarray(self.weights.sum(axis=rest).transpose(0, *(1 + kept.index(u) for u in variables)))

    def _try(self, rows: Codes, family: Family, shares: Array) -> None:
        """Look among the entries of a CPT, of which P(u, x | findings) is ``shares`` (rows, …)."""
        theta = family.theta
        shares = shares.reshape(len(rows), *theta.shape)
        slope = shares / theta - (shares.sum(axis=2, keepdims=True) - shares) / (1.0 - theta)
        self._keep(rows, family, theta + self.need[rows][:, family.owner, None] / slope)

    def _keep(self, rows: Codes, family: Family, value: Array) -> None:
        """Of the ``value``s (rows, R, X) that entries may take, the one that takes the smallest change so far."""
        theta, found = family.theta, self.found
        margin = np.where(self.second[rows] > 0, 0.0, MARGIN)[:, None, None]
        open_ = (theta > 0) & (theta < 1) & family.told & (value > margin) & (value < 1.0 - margin)
        case, row, state = np.nonzero(open_ & (value != theta))
        old, new = theta[row, state], value[case, row, state]
        moved = np.full(value.shape, np.inf)
        moved[case, row, state] = np.log(new) - np.log1p(-new) - np.log(old) + np.log1p(-old)
        flat = moved.reshape(len(rows), -1)
        best, at = np.abs(flat).round(DECIMALS).argmin(axis=1), np.arange(len(rows))
        better = np.abs(flat[at, best]).round(DECIMALS) < np.abs(found.log_odds[rows]).round(DECIMALS)
        at, best, rows = at[better], best[better], rows[better]
        row, state = np.divmod(best, theta.shape[1])
        found.variable[rows], found.row[rows], found.state[rows] = family.v, row, state
        found.value[rows], found.log_odds[rows] = value[at, row, state], flat[at, best]
        moving = family.owner[row]
        found.leader[rows] = np.where(moving == self.leader[rows], self.next[rows], moving)
