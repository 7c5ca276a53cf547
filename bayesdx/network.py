"""Variable and Network: the one model type of the project."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesdx.codes import as_finding, as_state, note
from bayesdx.errors import InputError, nearest
from bayesdx.values import ByValue

if TYPE_CHECKING:
    from bayesdx.learnt import Learning, LearntSet

Array = NDArray[np.float64]

#: A CPT row may miss one by this much: room for probabilities printed with seven digits.
ROW_SUM_TOLERANCE = 1e-6

#: Entries of the largest CPT that is accepted (2 GiB).
MAX_CPT_SIZE = 2**28
#: numpy 1 has arrays of up to 32 axes: the parents and the variable itself.
MAX_PARENTS = 31

#: Characters that would break a line of output, or that no encoding can write (lone surrogates).
_UNPRINTABLE = "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]"


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
        _check_name(self.id, "a variable")
        if not self.states:
            raise InputError(f"variable '{self.id}' has no states")
        for state in self.states:
            _check_name(state, f"a state of '{self.id}'")
        if len(set(self.states)) < len(self.states):
            twice = next(state for state in self.states if self.states.count(state) > 1)
            raise InputError(f"variable '{self.id}' names a state twice: '{twice}'")
        if self.state_labels and len(self.state_labels) != len(self.states):
            raise InputError(
                f"variable '{self.id}' has {len(self.states)} states but {len(self.state_labels)} state labels"
            )

    @property
    def cardinality(self) -> int:
        return len(self.states)

    def state_index(self, state: str) -> int:
        """Position of ``state``, or of what a code stands for; raises InputError that names the nearest state."""
        try:
            return self.states.index(as_state(as_spelt(state, self.states), self.id, self.states))
        except ValueError:
            near = self._labelled(state) or state  # *extra-axial* is nearer to intra_axial as it is spelt
            hint = nearest(near, self.states, limit=12)
            raise InputError(f"'{state}'{note(state)} is not a state of '{self.id}'", hint) from None

    def _labelled(self, words: str) -> str:
        """The one state whose label holds the words, as *extra-axial* or *extra_axial*; else nothing."""

        def plain(text: str) -> str:
            return re.sub(r"[\W_]+", " ", text.casefold()).strip()

        wanted = rf"\b{re.escape(plain(words))}\b"
        found = [
            state
            for state, label in zip(self.states, self.state_labels, strict=False)
            if re.search(wanted, plain(label))
        ]
        return found[0] if plain(words) and len(found) == 1 else ""

    def state_label(self, index: int) -> str:
        return self.state_labels[index] if self.state_labels else self.states[index].replace("_", " ")


def _check_name(name: object, whose: str) -> None:
    if not isinstance(name, str):
        raise InputError(f"the name of {whose} is {name!r}, which is not text")
    if not name.strip():
        raise InputError(f"the name of {whose} is empty")
    if not name.isprintable() and re.search(_UNPRINTABLE, name):
        raise InputError(f"the name of {whose} holds a character that cannot be printed: {name!a}")


def as_spelt(name: str, names: Iterable[str]) -> str:
    """The one of ``names`` that reads like ``name``; ``name`` itself when none does, or several do.

    The same letters are the same name, whether an accent is a character of its own (Unicode NFD, as macOS and PDF
    files have it) or part of the letter (NFC, as keyboards write it).
    """
    if name.isascii():
        return name
    known = tuple(names)
    if name in known:
        return name
    from unicodedata import normalize

    meant = [one for one in known if normalize("NFC", one) == normalize("NFC", name)]
    return meant[0] if len(meant) == 1 else name


def named(text: str, names: Collection[str]) -> str:
    """The one of the variables ``names`` that text means: it reads like it, or is its code; else text itself."""
    return as_finding(as_spelt(text, names), names)


def cpt_shape(owner: str, cardinalities: Iterable[int]) -> tuple[int, ...]:
    """Shape of the CPT of ``owner`` from the cardinalities of its parents and, last, its own.

    Raises InputError when a table of that shape is too large for memory.
    """
    shape = tuple(cardinalities)
    size = math.prod(shape)
    if size > MAX_CPT_SIZE:
        raise InputError(
            f"the CPT of '{owner}' with its {len(shape) - 1} parents would hold {size:.3g} numbers "
            f"({8 * size / 2**30:,.3g} GiB): too large for memory"
        )
    if len(shape) > MAX_PARENTS + 1:
        raise InputError(
            f"'{owner}' has {len(shape) - 1} parents, more than the {MAX_PARENTS} that a table can have"
        )
    return shape


def row_name(family: Sequence[Variable], row: Sequence[int]) -> str:
    """``CPT of 'v' given p=s, …``: the row of parent states ``row`` in the CPT of the last of ``family``."""
    *parents, owner = family
    given = ", ".join(f"{p.id}={p.states[i]}" for p, i in zip(parents, row, strict=True))
    return f"CPT of '{owner.id}'{f' given {given}' if given else ''}"


@dataclass(frozen=True, eq=False)
class Network(ByValue):
    """A discrete Bayesian network: variables, DAG and conditional probability tables (CPTs).

    ``cpts[v]`` has shape ``(card(parent_1), …, card(parent_k), card(v))``, the parents in the order of
    ``parents[v]``; the last axis sums to 1. ``counts[v]``, when given, has the same shape and holds the
    Dirichlet counts whose mean is the CPT row: they carry how much literature stands behind it. A variable
    without counts is taken as exactly known. Arrays are made read-only. ``learning`` says what of the counts was
    learnt from cases; None where nothing was.

    Raises InputError for a variable that is defined twice, unknown parents, a parent named twice, a cycle, a
    wrong shape, a table too large for memory, negative or non-finite numbers, rows that do not sum to 1, counts
    that sum to 0, and a CPT that is not the mean of its counts; the message names the variable and the row.
    """

    id: str
    variables: tuple[Variable, ...]
    parents: Mapping[str, tuple[str, ...]]
    cpts: Mapping[str, Array]
    counts: Mapping[str, Array] = field(default_factory=dict)
    target: str | None = None
    label: str = ""
    version: str = ""
    learning: Learning | None = None

    def __post_init__(self) -> None:
        ids = [variable.id for variable in self.variables]
        if not ids:
            raise InputError(f"network '{self.id}' has no variables")
        if len(set(ids)) < len(ids):
            twice = next(i for i in ids if ids.count(i) > 1)
            raise InputError(f"network '{self.id}' defines variable '{twice}' twice")
        parents = {i: tuple(self.parents.get(i, ())) for i in ids}
        for owner in (*self.parents, *self.cpts, *self.counts):
            if owner not in parents:
                raise InputError(f"network '{self.id}' has no variable '{owner}'", nearest(owner, ids))
        for child, its_parents in parents.items():
            for parent in its_parents:
                if parent not in parents:
                    raise InputError(f"parent '{parent}' of '{child}' is not a variable", nearest(parent, ids))
                if its_parents.count(parent) > 1:
                    raise InputError(f"'{child}' lists the parent '{parent}' twice")
        if self.target is not None and self.target not in parents:
            raise InputError(f"target '{self.target}' is not a variable", nearest(self.target, ids))
        object.__setattr__(self, "parents", MappingProxyType(parents))
        _ = self.topological_order  # raises on a cycle
        tables = {i: self._checked(i, self.cpts[i]) for i in self._all_present(ids)}
        counts = {i: self._checked(i, table, rows_sum_to_one=False) for i, table in self.counts.items()}
        for owner, table in counts.items():
            totals = table.sum(axis=-1, keepdims=True)
            if (np.abs(table - tables[owner] * totals) > ROW_SUM_TOLERANCE * totals).any():
                raise InputError(f"the CPT of '{owner}' is not the mean of its counts")
        object.__setattr__(self, "cpts", MappingProxyType(tables))
        object.__setattr__(self, "counts", MappingProxyType(counts))

    def __reduce__(self) -> tuple[type[Network], tuple[object, ...]]:
        """Pickle and copy what the network is made of: numpy forgets that the arrays are read-only."""
        parts = dict(self.parents), dict(self.cpts), dict(self.counts)
        return type(self), (self.id, self.variables, *parts, self.target, self.label, self.version, self.learning)

    def _all_present(self, ids: list[str]) -> list[str]:
        missing = [i for i in ids if i not in self.cpts]
        if missing:
            raise InputError(f"variable '{missing[0]}' of network '{self.id}' has no CPT")
        return ids

    def _checked(self, owner: str, table: Array, *, rows_sum_to_one: bool = True) -> Array:
        family = [self.variable(i) for i in (*self.parents[owner], owner)]
        shape = cpt_shape(owner, (variable.cardinality for variable in family))
        try:
            array = np.array(table, dtype=np.float64, order="C")
        except (TypeError, ValueError, OverflowError):
            raise InputError(f"CPT of '{owner}' is not a table of numbers of shape {shape}") from None
        if array.shape != shape:
            names = ", ".join(variable.id for variable in family)
            raise InputError(f"CPT of '{owner}' has shape {array.shape}, expected {shape} for {names}")
        if array.size and not (array.min() >= 0.0 and array.max() < math.inf):
            raise InputError(f"CPT of '{owner}' holds a negative or non-finite number")
        with np.errstate(over="ignore"):
            sums = array.sum(axis=-1)
        wrong = np.abs(sums - 1.0) > ROW_SUM_TOLERANCE if rows_sum_to_one else sums == 0.0
        if wrong.any():
            row = tuple(np.argwhere(wrong)[0].tolist())
            name = row_name(family, row)
            raise InputError(
                f"{name} sums to {sums[row]:.9g}, not 1"
                if rows_sum_to_one
                else f"counts of the {name} are all zero"
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
                f"network '{self.id}' has no variable '{variable_id}'", nearest(variable_id, self._by_id)
            ) from None

    @property
    def learnt(self) -> tuple[LearntSet, ...]:
        """The collections of cases that the network has learnt from."""
        return self.learning.sets if self.learning else ()

    def learnt_from(self) -> dict[str, list[dict[str, object]]]:
        """Names and numbers of the cases that the network has learnt from, under ``learnt``; empty without any."""
        sets = [{"name": one.name, "cases": one.cases} for one in self.learnt]
        return {"learnt": sets} if sets else {}

    @property
    def findings(self) -> tuple[Variable, ...]:
        """The observable variables: all but the target and the latent ones."""
        return tuple(v for v in self.variables if v.id != self.target and v.kind != "latent")

    def is_form(self, variable_id: str) -> bool:
        """Whether a latent variable divides the target's states into forms: each of its states belongs to one."""
        if self.variable(variable_id).kind != "latent" or self.parents[variable_id] != (self.target,):
            return False
        return bool(((self.cpts[variable_id] > 0).sum(axis=0) <= 1).all())

    def diagnosis_parent(self, variable_id: str) -> str | None:
        """The parent of a variable that says which diagnosis is meant: the target, or a latent form of it."""
        return next((p for p in self.parents[variable_id] if p == self.target or self.is_form(p)), None)

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
