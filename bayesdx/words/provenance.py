"""Modelling choices in words."""

from __future__ import annotations

from bayesdx.network import Network


def assumption_words(network: Network, assumption: str) -> str:
    """What is assumed of a likelihood: ``definition``, or the finding with which an association is assumed."""
    if assumption == "definition":
        return "taken to hold by definition of the entity"
    return f"association with {network.variable(assumption).label.lower()} assumed"
