"""What a reader of network files gathers, whatever the format, before it is a Network."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain

import numpy as np

from bayesdx.document import NetworkDocument
from bayesdx.errors import InputError, nearest
from bayesdx.formats.scanner import one_line
from bayesdx.network import ROW_SUM_TOLERANCE, Array, Network, Variable, cpt_shape, row_name

#: A row of a file that misses 1 by more than rounding, but by no more than this, is divided by its sum.
ROW_SUM_ROUNDING = 1e-3


@contextmanager
def naming(place: str) -> Iterator[None]:
    """Put the name of the file before the message of an InputError, and keep the message on one line."""
    try:
        yield
    except InputError as error:
        raise InputError(one_line(error.message), error.hint, error.place).at(place) from None


class NetworkDraft:
    """Variables and CPTs in the order of a file; mistakes raise InputError, without the name of the file."""

    def __init__(self) -> None:
        self.variables: dict[str, Variable] = {}
        self.parents: dict[str, tuple[str, ...]] = {}
        self.cpts: dict[str, Array] = {}

    def declare(self, variable: Variable) -> None:
        """Add a variable; refuses one that is there already."""
        if variable.id in self.variables:
            raise InputError(f"variable '{variable.id}' is declared twice")
        self.variables[variable.id] = variable

    def family(self, owner: str, parents: Iterable[str]) -> list[Variable]:
        """The parents, then the owner: the axes of a CPT, which may not be there yet."""
        parents = tuple(parents)
        for name in (owner, *parents):
            if name not in self.variables:
                what = f"'{owner}'" if name == owner else f"parent '{name}' of '{owner}'"
                raise InputError(f"{what} is not a variable", nearest(name, self.variables))
        twice = next((name for name in parents if parents.count(name) > 1), None)
        if twice is not None:
            raise InputError(f"'{owner}' lists the parent '{twice}' twice")
        if owner in self.cpts:
            raise InputError(f"variable '{owner}' has two CPTs")
        return [self.variables[name] for name in (*parents, owner)]

    def add_table(self, family: Sequence[Variable], table: Array) -> None:
        """The CPT of the last of ``family``, with an axis for each of them."""
        *parents, owner = family
        self.parents[owner.id] = tuple(parent.id for parent in parents)
        self.cpts[owner.id] = table

    def add_numbers(self, family: Sequence[Variable], numbers: Array) -> None:
        """Like ``add_table``, with numbers of shape (n,): the owner's states fastest, the first parent slowest."""
        owner, shape = family[-1].id, family_shape(family)
        if numbers.size != math.prod(shape):
            raise InputError(f"the CPT of '{owner}' holds {numbers.size} numbers, expected {math.prod(shape)}")
        self.add_table(family, numbers.reshape(shape))

    def document(self, network_id: str, warnings: Iterable[str] = ()) -> NetworkDocument:
        """The network, rows that were rounded in the file normalised, and a warning that says so."""
        cpts, rounded = normalised(
            {owner: [self.variables[i] for i in (*self.parents[owner], owner)] for owner in self.cpts}, self.cpts
        )
        network = Network(network_id, tuple(self.variables.values()), self.parents, cpts)
        return NetworkDocument(network, warnings=(*warnings, *rounded))


AGRUM_ORDER = "written by aGrUM, which lists the parents of a CPT the fastest first: read that way"


def normalised(
    families: dict[str, list[Variable]], cpts: dict[str, Array]
) -> tuple[dict[str, Array], tuple[str, ...]]:
    """The CPTs with rounded rows divided by their sums, and one warning that names the row furthest off.

    A row is rounded when its sum is off 1 by more than ``ROW_SUM_TOLERANCE`` and at most ``ROW_SUM_ROUNDING``;
    others stay as they are, for Network to accept or refuse.
    """
    found = dict(cpts)
    count, furthest, which = 0, 0.0, ""
    for owner, table in cpts.items():
        with np.errstate(all="ignore"):
            sums = table.sum(axis=-1, keepdims=True)
            off = np.abs(sums - 1.0)
        # In floating point the sum of 0.333 and 0.666 is off by a bit more than 0.001.
        rounded = (off > ROW_SUM_TOLERANCE) & (off < ROW_SUM_ROUNDING + 1e-10)
        if not rounded.any():
            continue
        found[owner] = np.where(rounded, table / np.where(rounded, sums, 1.0), table)
        count += int(rounded.sum())
        row = np.unravel_index(int(np.argmax(np.where(rounded, off, 0.0))), off.shape)
        if off[row] > furthest:
            furthest = float(off[row])
            which = f"{row_name(families[owner], [int(i) for i in row[:-1]])} sums to {sums[row]:.9g}"
    if not count:
        return found, ()
    others = f" ({count} rows in all, this one furthest off)" if count > 1 else ""
    return found, (f"{which}, not 1: it was divided by its sum{others}",)


def family_shape(family: Sequence[Variable]) -> tuple[int, ...]:
    """Shape of the CPT of the last of ``family``; raises InputError when it is too large for memory."""
    return cpt_shape(family[-1].id, (variable.cardinality for variable in family))


def numbers_of(text: str, owner: str) -> Array:
    """Numbers separated by blanks or commas, shape (n,)."""
    return decimals(text.replace(",", " ").split(), f"the CPT of '{owner}'")


def decimals(words: Sequence[str], what: str) -> Array:
    """Finite numbers from the words that spell them, shape (n,); InputError says ``what`` holds another word."""
    try:
        numbers = np.array(words, dtype=np.float64)
    except ValueError as error:
        raise InputError(f"{what}: {error}") from None
    # numpy reads Python's numbers: also 1_000, and the digits of other scripts
    odd = next((word for word in words if "_" in word or not word.isascii()), None)
    finite = np.isfinite(numbers)
    if odd is not None or not finite.all():
        raise InputError(
            f"{what} holds '{words[int(finite.argmin())] if odd is None else odd}', which is no number"
        )
    return numbers


def listed_numbers(values: object) -> Array | None:
    """Nested lists of numbers as an array, null as NaN; None for what is none, as text, true and false are."""
    if not isinstance(values, list):
        return None
    shape = [len(values)]
    while (kinds := set(map(type, values))) == {list}:  # level by level: quicker than row by row
        if len(set(map(len, values))) > 1:
            return None
        shape.append(len(values[0]))
        values = list(chain.from_iterable(values))
    if not kinds <= {int, float, type(None)}:
        return None
    try:
        return np.array(values, dtype=np.float64).reshape(shape)
    except (ValueError, OverflowError):  # more levels than an array has axes, a larger number than a float
        return None


def agree(one: Array, other: Array) -> bool:
    """Whether two tables of probabilities are the same but for rounding."""
    return bool((np.abs(one - other) < ROW_SUM_ROUNDING).all())
