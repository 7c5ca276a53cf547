"""Arrays of one entry a case: in memory, and on disk where there are many, in files without a name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from tempfile import TemporaryFile
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Cases that are worked on together; what is more is kept on disk.
PART = 1 << 16

Rows = NDArray[Any]


def few(n: int) -> bool:
    """Whether n cases are held in memory, all together."""
    return n <= PART


def parts_of(n: int) -> Iterator[slice]:
    """The cases from 0 to n in parts."""
    return (slice(start, min(start + PART, n)) for start in range(0, n, PART))


def stored(shape: tuple[int, ...], dtype: Any) -> Rows:
    """An array of zeros."""
    if few(shape[0]):
        return np.zeros(shape, dtype)
    with TemporaryFile() as file:
        return np.asarray(np.memmap(file, dtype, "w+", shape=shape))


def taken(rows: Rows, at: NDArray[np.intp] | NDArray[np.bool_]) -> Rows:
    """``rows[at]``."""
    if few(len(rows)):
        return np.asarray(rows[at])
    places = np.flatnonzero(at) if at.dtype == bool else at
    found = stored((len(places), *rows.shape[1:]), rows.dtype)
    for part in parts_of(len(places)):
        found[part] = rows[places[part]]
    return found


class Growing:
    """Rows that come part by part: codes (n, n_variables), and weights of the variables that have some.

    A variable without weights in a part has 1 there.
    """

    def __init__(self, n_variables: int) -> None:
        self._n_variables = n_variables
        self._codes = TemporaryFile()  # noqa: SIM115 (closed by ``whole``)
        self._weights: dict[str, tuple[int, Any]] = {}
        self._sizes: list[int] = []

    def add(self, codes: NDArray[np.integer], weights: Mapping[str, NDArray[np.float64]]) -> None:
        """The next rows."""
        codes.astype(np.int16).tofile(self._codes)
        for name, table in weights.items():
            if name not in self._weights:
                self._weights[name] = table.shape[1], TemporaryFile()  # noqa: SIM115
                for size in self._sizes:
                    np.ones((size, table.shape[1])).tofile(self._weights[name][1])
        self._sizes.append(len(codes))
        for name, (card, file) in self._weights.items():
            weights.get(name, np.ones((len(codes), card))).tofile(file)

    def whole(self) -> tuple[Rows, dict[str, Rows]]:
        """All rows."""
        n = sum(self._sizes)
        codes = _read(self._codes, (n, self._n_variables), np.int16)
        weights = {name: _read(file, (n, card), np.float64) for name, (card, file) in self._weights.items()}
        return codes, weights


def _read(file: Any, shape: tuple[int, int], dtype: Any) -> Rows:
    with file:
        file.flush()
        if few(shape[0]):
            file.seek(0)
            return np.fromfile(file, dtype).reshape(shape)
        return np.asarray(np.memmap(file, dtype, "r+", shape=shape))
