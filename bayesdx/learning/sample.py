"""Cases as arrays: what learning learns from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bayesdx.learning.storage import parts_of, taken
from bayesdx.network import Array, Network

Codes = NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class Sample:
    """n cases, of which values may be missing.

    ``codes`` (n, n_variables) are state numbers in the order of ``network.variables``, -1 where missing;
    ``weights`` maps ids to likelihood weights (n, card), multiplied to what the codes say. ``sizes`` (n,) > 0 says
    how many patients a case counts for. ``patients`` (n,) are numbers that the cases of one patient share, -1 where
    nothing tells. All may lie on disk (``bayesdx.learning.storage``).
    """

    codes: Codes
    weights: Mapping[str, Array] = field(default_factory=dict)
    sizes: Array = field(default_factory=lambda: np.empty(0))
    patients: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def __post_init__(self) -> None:
        if len(self.sizes) != len(self.codes):
            object.__setattr__(self, "sizes", np.ones(len(self.codes)))
        if len(self.patients) != len(self.codes):
            object.__setattr__(self, "patients", np.full(len(self.codes), -1))

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def size(self) -> float:
        """How many patients the cases count for together."""
        return float(self.sizes.sum())

    def take(self, at: NDArray[np.intp] | NDArray[np.bool_]) -> Sample:
        """The cases ``at``."""
        weights = {v: taken(table, at) for v, table in self.weights.items()}
        return Sample(taken(self.codes, at), weights, self.sizes[at], self.patients[at])

    def parts(self) -> Iterator[Sample]:
        """The same cases in parts that memory holds."""
        for part in parts_of(len(self)):
            tables = {v: table[part] for v, table in self.weights.items()}
            yield Sample(self.codes[part], tables, self.sizes[part], self.patients[part])

    def stated(self, network: Network) -> frozenset[str]:
        """Variables that some case states."""
        found: set[str] = set(self.weights)
        for part in parts_of(len(self)):
            held = self.codes[part].max(axis=0)
            found.update(v.id for v, state in zip(network.variables, held, strict=True) if state >= 0)
        return frozenset(found)

    def distinct(self) -> Sample:
        """The same cases, equal ones together."""
        if self.weights or not len(self):
            return self
        codes, of = np.unique(self.codes, axis=0, return_inverse=True)
        return Sample(codes, {}, np.bincount(of.reshape(-1), self.sizes, len(codes)).astype(float))
