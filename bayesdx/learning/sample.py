"""Cases as arrays: what learning learns from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bayesdx.network import Array

Codes = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Sample:
    """n cases, of which values may be missing.

    ``codes`` (n, n_variables) are state numbers in the order of ``network.variables``, -1 where missing;
    ``weights`` maps ids to likelihood weights (n, card), multiplied to what the codes say. ``sizes`` (n,) > 0 says
    how many patients a case counts for.
    """

    codes: Codes
    weights: Mapping[str, Array] = field(default_factory=dict)
    sizes: Array = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        if len(self.sizes) != len(self.codes):
            object.__setattr__(self, "sizes", np.ones(len(self.codes)))

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def size(self) -> float:
        """How many patients the cases count for together."""
        return float(self.sizes.sum())

    def take(self, at: NDArray[np.intp] | NDArray[np.bool_]) -> Sample:
        """The cases ``at``."""
        return Sample(self.codes[at], {v: table[at] for v, table in self.weights.items()}, self.sizes[at])

    def distinct(self) -> Sample:
        """The same cases, equal ones together."""
        if self.weights or not len(self):
            return self
        codes, of = np.unique(self.codes, axis=0, return_inverse=True)
        return Sample(codes, {}, np.bincount(of.reshape(-1), self.sizes, len(codes)).astype(float))
