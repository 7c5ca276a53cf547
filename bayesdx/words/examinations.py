"""Examinations by their names."""

from __future__ import annotations

from bayesdx.network import Network

#: What shows a finding, in the order in which patients meet it.
EXAMINATIONS = {
    "history": "History and presentation",
    "ct": "CT",
    "mr": "MR without contrast",
    "mr_contrast": "MR without and with contrast",
    "mr_swi": "Susceptibility-weighted MR",
}
_LABELS = {
    **EXAMINATIONS,
    "contrast": "Contrast series alone",
    "all": "All that is missing",
    "free": "What costs nothing more",
}


def examination_label(examination: str) -> str:
    """What an examination is called."""
    return _LABELS.get(examination) or examination.replace("_", " ")


def step_label(network: Network, step: str) -> str:
    """What a step is called: a finding of the network, or an examination."""
    if step in network and step not in _LABELS:
        return network.variable(step).label or step
    return examination_label(step)
