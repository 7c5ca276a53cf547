"""What a network has learnt from cases, and what it was before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bayesdx.values import ByValue

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LearntSet(ByValue):
    """What was learnt from one collection of cases, by a name; of ``cases`` patients in all.

    ``counts`` maps variables to the expected counts of their CPTs, ``information`` to the part of each row (0 to 1)
    that the cases hold: less than 1 where values are missing. ``digest`` names the cases and how they were learnt:
    unlike the counts, it is the same on every processor.
    """

    name: str
    cases: float
    counts: Mapping[str, Array]
    information: Mapping[str, Array]
    digest: str


@dataclass(frozen=True, eq=False)
class Learning(ByValue):
    """What a network was before it learnt, and what it learnt.

    ``before`` are the Dirichlet counts of the CPTs that learnt, under the ``prior`` set; ``trust`` is the prior
    probability that they hold for the patients, and ``assumed`` names the CPTs that had none. ``label`` and
    ``version`` are those of the network before.
    """

    label: str
    version: str
    prior: str
    trust: float
    assumed: tuple[str, ...]
    before: Mapping[str, Array]
    sets: tuple[LearntSet, ...]
