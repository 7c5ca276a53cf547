"""Exact inference: a network is compiled once into a plan and then asked many times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayesdx.lazy import lazily

if TYPE_CHECKING:
    from bayesdx.inference.engine import Engine, compile_network
    from bayesdx.inference.findings import Findings
    from bayesdx.inference.results import (
        BatchPosterior,
        Derivatives,
        Marginals,
        MostProbableExplanation,
        Posterior,
    )

_HOMES = {
    "BatchPosterior": "results",
    "Derivatives": "results",
    "Engine": "engine",
    "Findings": "findings",
    "Marginals": "results",
    "MostProbableExplanation": "results",
    "Posterior": "results",
    "compile_network": "engine",
}

__all__ = [
    "BatchPosterior",
    "Derivatives",
    "Engine",
    "Findings",
    "Marginals",
    "MostProbableExplanation",
    "Posterior",
    "compile_network",
]

#: The marginals of a model need no engine.
__getattr__, __dir__ = lazily(__name__, _HOMES)
