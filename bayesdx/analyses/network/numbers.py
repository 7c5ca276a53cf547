"""What a network holds: diagnoses, findings, prior sets."""

from __future__ import annotations

from dataclasses import dataclass

from bayesdx.analyses.answer import Answer
from bayesdx.document import NetworkDocument


@dataclass(frozen=True, eq=False)
class NetworkDescription(Answer):
    """A network with its prior sets and the vocabulary that it leaves out."""

    document: NetworkDocument


def show_network(document: NetworkDocument) -> NetworkDescription:
    """Describe a network."""
    return NetworkDescription(document)
