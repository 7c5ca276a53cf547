"""Exact inference: a network is compiled once into a plan and then asked many times."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

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


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: the marginals of a model need no engine."""
    if name not in _HOMES:
        raise AttributeError(f"module 'bayesdx.inference' has no attribute '{name}'")
    return getattr(import_module(f"bayesdx.inference.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
