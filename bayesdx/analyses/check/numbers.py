"""Is a network well formed, and small enough for exact inference?"""

from __future__ import annotations

from dataclasses import dataclass

from bayesdx.analyses.answer import Answer
from bayesdx.document import NetworkDocument
from bayesdx.inference import compile_network
from bayesdx.inference.plan import Cost


@dataclass(frozen=True, eq=False)
class NetworkCheck(Answer):
    """A network that was read (so it is well formed) and compiled, and what a query of it costs."""

    document: NetworkDocument
    cost: Cost


def check_network(document: NetworkDocument) -> NetworkCheck:
    """Compile the network; raises InputError when a query would take too much memory."""
    return NetworkCheck(document, compile_network(document.network).plan.cost)
