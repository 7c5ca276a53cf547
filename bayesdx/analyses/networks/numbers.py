"""The shipped networks."""

from __future__ import annotations

from dataclasses import dataclass

from bayesdx.analyses.answer import Answer
from bayesdx.catalogue import read_document
from bayesdx.data import network_names
from bayesdx.document import NetworkDocument


@dataclass(frozen=True, eq=False)
class NetworkList(Answer):
    """Networks in alphabetical order."""

    documents: tuple[NetworkDocument, ...]


def list_networks() -> NetworkList:
    """The networks that come with bayesdx."""
    return NetworkList(tuple(read_document(name) for name in network_names()))
