"""A network file in memory: the network under one prior set, and what belongs to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from bayesdx.errors import InputError, nearest
from bayesdx.network import Array, Network
from bayesdx.values import ByValue


@dataclass(frozen=True, eq=False)
class PriorSet(ByValue):
    """P(target) in a named population.

    ``probabilities`` has shape (card of the target,) and sums to 1. ``counts``, of the same shape, are the
    Dirichlet counts behind it; None means that the distribution is taken as exactly known.
    """

    name: str
    probabilities: Array
    counts: Array | None = None
    label: str = ""
    population: str = ""
    description: str = ""
    default: bool = False


@dataclass(frozen=True, eq=False)
class NetworkDocument(ByValue):
    """A network file: the network (under its default prior set) and what belongs to it.

    ``vocabulary`` holds the findings and states of the project that the network does not use: they are
    accepted in a case, with a warning. ``rates`` by finding say how often a text mentions each of its states (card
    of the finding,), for reading what a published text leaves out. ``warnings`` came up while the file was read.
    """

    network: Network
    prior_sets: Mapping[str, PriorSet] = field(default_factory=dict)
    levels: tuple[str, ...] = ()
    vocabulary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    rates: Mapping[str, Array] = field(default_factory=dict)

    @property
    def default_prior(self) -> PriorSet | None:
        """The prior set that is marked as default, else the first; None without prior sets."""
        return default_of(self.prior_sets.values())

    def with_prior(self, name: str) -> NetworkDocument:
        """The same document, its network under the prior set ``name``; raises InputError for an unknown one."""
        if name not in self.prior_sets:
            raise InputError(
                f"network '{self.network.id}' has no prior set '{name}'", nearest(name, self.prior_sets)
            )
        prior = self.prior_sets[name]
        target = str(self.network.target)
        counts = None if prior.counts is None else {target: prior.counts}
        return replace(self, network=self.network.with_cpts({target: prior.probabilities}, counts))


def default_of(sets: Iterable[PriorSet]) -> PriorSet | None:
    return min(sets, key=lambda prior: not prior.default, default=None)
