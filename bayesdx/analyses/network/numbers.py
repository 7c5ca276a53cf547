"""What a network holds: diagnoses, findings, prior sets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayesdx.analyses.answer import Answer
from bayesdx.document import NetworkDocument
from bayesdx.network import Array

#: Patients below which a row is not listed: expected counts of missing values are spread thin.
LISTED = 0.05


@dataclass(frozen=True)
class LearntCounts:
    """What a row has learnt from the cases of one ``name``: ``counts`` (card,), of which ``held`` are seen in them.

    ``before`` are the counts behind the row without any cases.
    """

    name: str
    variable: str
    given: tuple[tuple[str, str], ...]
    counts: Array
    held: float
    before: float


@dataclass(frozen=True, eq=False)
class NetworkDescription(Answer):
    """A network with its prior sets and the vocabulary that it leaves out."""

    document: NetworkDocument

    @property
    def learnt(self) -> tuple[LearntCounts, ...]:
        """The learnt counts, set by set, in the order of the network."""
        network, learning = self.document.network, self.document.network.learning
        found = []
        for one in network.learnt:
            for name, counts in one.counts.items():
                parents = [network.variable(parent) for parent in network.parents[name]]
                for at in np.argwhere(counts.sum(axis=-1) >= LISTED).tolist():
                    row = tuple(at)
                    given = tuple((p.id, p.states[i]) for p, i in zip(parents, row, strict=True))
                    held = float(counts[row].sum() * one.information[name][row])
                    before = float(learning.before[name][row].sum()) if learning else 0.0
                    found.append(LearntCounts(one.name, name, given, counts[row], held, before))
        return tuple(found)


def show_network(document: NetworkDocument) -> NetworkDescription:
    """Describe a network."""
    return NetworkDescription(document)
