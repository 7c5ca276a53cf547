"""Variable and Network: the one model type of the project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from bayesdx.errors import InputError, nearest
from bayesdx.values import ByValue

Array = NDArray[np.float64]

#: A CPT row may miss one by this much: room for probabilities printed with seven digits.
ROW_SUM_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Variable:
    """A node of the network.

    ``kind`` is ``diagnosis``, ``ct``, ``mr``, ``clinical``, ``location`` or ``latent`` (never observed);
    ``examination`` names what shows the variable (``history``, ``ct``, ``mr``, ``mr_contrast``, ``mr_swi``).
    """

    id: str
    states: tuple[str, ...]
    label: str = ""
    state_labels: tuple[str, ...] = ()
    kind: str = ""
    examination: str = ""

    def __post_init__(self) -> None:
        if not self.states:
            raise InputError(f"variable '{self.id}' has no states")
        if len(set(self.states)) < len(self.states):
            raise InputError(f"variable '{self.id}' names a state twice")
        if self.state_labels and len(self.state_labels) != len(self.states):
            raise InputError(
                f"variable '{self.id}' has {len(self.states)} states but {len(self.state_labels)} state labels"
            )

    @property
    def cardinality(self) -> int:
        return len(self.states)

    def state_index(self, state: str) -> int:
        """Position of ``state``; raises InputError that names the nearest state."""
        try:
            return self.states.index(state)
        except ValueError:
            raise InputError(
                f"'{state}' is not a state of '{self.id}'; {nearest(state, self.states, limit=12)}"
            ) from None

    def state_label(self, index: int) -> str:
        return self.state_labels[index] if self.state_labels else self.states[index].replace("_", " ")


@dataclass(frozen=True, eq=False)
class Network(ByValue):
    """A discrete Bayesian network: variables, DAG and conditional probability tables (CPTs).

    ``cpts[v]`` has shape ``(card(parent_1), …, card(parent_k), card(v))``, the parents in the order of
    ``parents[v]``; the last axis sums to 1. ``counts[v]``, when given, has the same shape and holds the
    Dirichlet counts whose mean is the CPT row: they carry how much literature stands behind it. A variable
    without counts is taken as exactly known. Arrays are made read-only.

    Raises InputError for unknown parents, a cycle, a wrong shape, negative or non-finite numbers, and rows
    that do not sum to 1; the message names the variable and the row.
    """

    id: str
    variables: tuple[Variable, ...]
    parents: Mapping[str, tuple[str, ...]]
    cpts: Mapping[str, Array]
    counts: Mapping[str, Array] = field(default_factory=dict)
    target: str | None = None
    label: str = ""
    version: str = ""

    def __post_init__(self) -> None:
        ids = [variable.id for variable in self.variables]
        if len(set(ids)) < len(ids):
            twice = next(i for i in ids if ids.count(i) > 1)
            raise InputError(f"network '{self.id}' defines variable '{twice}' twice")
        parents = {i: tuple(self.parents.get(i, ())) for i in ids}
        for owner in (*self.parents, *self.cpts, *self.counts):
            if owner not in parents:
                raise InputError(f"network '{self.id}' has no variable '{owner}'; {nearest(owner, ids)}")
        for child, its_parents in parents.items():
            for parent in its_parents:
                if parent not in parents:
                    raise InputError(f"parent '{parent}' of '{child}' is not a variable; {nearest(parent, ids)}")
        if self.target is not None and self.target not in parents:
            raise InputError(f"target '{self.target}' is not a variable; {nearest(self.target, ids)}")
        object.__setattr__(self, "parents", MappingProxyType(parents))
        _ = self.topological_order  # raises on a cycle
        tables = {i: self._checked(i, self.cpts[i]) for i in self._all_present(ids)}
        counts = {i: self._checked(i, table, rows_sum_to_one=False) for i, table in self.counts.items()}
        object.__setattr__(self, "cpts", MappingProxyType(tables))
        object.__setattr__(self, "counts", MappingProxyType(counts))

    def __reduce__(self) -> tuple[type[Network], tuple[object, ...]]:
        """Pickle and copy what the network is made of: numpy forgets that the arrays are read-only."""
        parts = dict(self.parents), dict(self.cpts), dict(self.counts)
        return type(self), (self.id, self.variables, *parts, self.target, self.label, self.version)

    def _all_present(self, ids: list[str]) -> list[str]:
        missing = [i for i in ids if i not in self.cpts]
        if missing:
            raise InputError(f"variable '{missing[0]}' of network '{self.id}' has no CPT")
        return ids

    def _checked(self, owner: str, table: Array, *, rows_sum_to_one: bool = True) -> Array:
        array = np.array(table, dtype=np.float64, order="C")
        family = (*self.parents[owner], owner)
        shape = tuple(self.variable(i).cardinality for i in family)
        if array.shape != shape:
            raise InputError(f"CPT of '{owner}' has shape {array.shape}, expected {shape} for {', '.join(family)}")
        if not np.isfinite(array).all() or (array < 0).any():
            raise InputError(f"CPT of '{owner}' holds a negative or non-finite number")
        if rows_sum_to_one:
            wrong = np.argwhere(np.abs(array.sum(axis=-1) - 1.0) > ROW_SUM_TOLERANCE)
            if len(wrong):
                row = tuple(int(i) for i in wrong[0])
                given = ", ".join(
                    f"{p}={self.variable(p).states[i]}" for p, i in zip(self.parents[owner], row, strict=True)
                )
                raise InputError(
                    f"CPT of '{owner}'{f' given {given}' if given else ''} sums to {array[row].sum():.6g}, not 1"
                )
        array.setflags(write=False)
        return array

    @cached_property
    def _by_id(self) -> dict[str, Variable]:
        return {variable.id: variable for variable in self.variables}

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Position of each variable in ``variables``."""
        return MappingProxyType({variable.id: i for i, variable in enumerate(self.variables)})

    @cached_property
    def topological_order(self) -> tuple[str, ...]:
        """Variable ids, parents before children (Kahn 1962); raises InputError that names a cycle."""
        waiting = {i: len(set(p)) for i, p in self.parents.items()}
        order = [i for i, n in waiting.items() if n == 0]
        children = self.children
        for done in order:  # grows while we walk it
            for child in children[done]:
                waiting[child] -= 1
                if waiting[child] == 0:
                    order.append(child)
        if len(order) < len(waiting):
            raise InputError(f"network '{self.id}' has a cycle: {' -> '.join(self._cycle(set(order)))}")
        return tuple(order)

    def _cycle(self, sorted_ids: set[str]) -> list[str]:
        path = [next(i for i in self.parents if i not in sorted_ids)]
        while path[-1] not in path[:-1]:
            path.append(next(p for p in self.parents[path[-1]] if p not in sorted_ids))
        return path[path.index(path[-1]) :][::-1]

    @cached_property
    def children(self) -> Mapping[str, tuple[str, ...]]:
        """Ids of the children of each variable."""
        found: dict[str, list[str]] = {i: [] for i in self.parents}
        for child, its_parents in self.parents.items():
            for parent in dict.fromkeys(its_parents):
                found[parent].append(child)
        return MappingProxyType({i: tuple(c) for i, c in found.items()})

    def ancestral(self, ids: Iterable[str]) -> list[str]:
        """The named variables and their ancestors, in the order of ``variables``."""
        found = set(ids)
        waiting = list(found)
        while waiting:
            new = set(self.parents[waiting.pop()]) - found
            found |= new
            waiting += new
        return [variable.id for variable in self.variables if variable.id in found]

    def __contains__(self, variable_id: object) -> bool:
        return variable_id in self._by_id

    def variable(self, variable_id: str) -> Variable:
        """The variable with this id; raises InputError that names the nearest one."""
        try:
            return self._by_id[variable_id]
        except KeyError:
            raise InputError(
                f"network '{self.id}' has no variable '{variable_id}'; {nearest(variable_id, self._by_id)}"
            ) from None

    @property
    def findings(self) -> tuple[Variable, ...]:
        """The observable variables: all but the target and the latent ones."""
        return tuple(v for v in self.variables if v.id != self.target and v.kind != "latent")

    @property
    def parameter_count(self) -> int:
        """Number of CPT entries."""
        return sum(table.size for table in self.cpts.values())

    def with_cpts(self, cpts: Mapping[str, Array], counts: Mapping[str, Array] | None = None) -> Network:
        """A copy in which the given CPTs (and their counts) take the place of the old ones.

        Variables whose CPT is replaced without new counts lose their old counts.
        """
        kept = {i: c for i, c in self.counts.items() if i not in cpts}
        return replace(self, cpts={**self.cpts, **cpts}, counts={**kept, **(counts or {})})
