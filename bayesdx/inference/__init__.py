"""Exact inference: a network is compiled once into a plan and then asked many times."""

from bayesdx.inference.engine import Engine, compile_network
from bayesdx.inference.findings import Findings
from bayesdx.inference.results import BatchPosterior, Derivatives, Marginals, MostProbableExplanation, Posterior

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
