"""Modelling choices in words."""

from __future__ import annotations

from bayesdx.data import network_names
from bayesdx.network import Network
from bayesdx.words.phrases import label_of, mid_sentence


def interval_words(network: Network) -> str:
    """What a 95% interval is."""
    if network.id in network_names():  # scripts/simulate_intervals.py
        return "holds the true probability in 95 of 100 literatures drawn like ours (simulated)"
    return "what the Dirichlet counts of the network leave open"


def assumption_words(network: Network, assumption: str) -> str:
    """What is assumed of a likelihood: ``definition``, or the finding with which an association is assumed."""
    if assumption == "definition":
        return "taken to hold by definition of the entity"
    return f"{association_words(network, assumption)} assumed"


def association_words(network: Network, finding: str) -> str:
    """An association with another finding, in words."""
    return f"association with {mid_sentence(label_of(network.variable(finding)))}"
