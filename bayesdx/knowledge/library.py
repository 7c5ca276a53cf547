"""All of the project's knowledge in one place: sources, facts and definitions, and networks built from them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bayesdx.data import data_path
from bayesdx.document import NetworkDocument
from bayesdx.knowledge.build import Cell, build_network, keep_ledger, pool_findings
from bayesdx.knowledge.definition import Definition, read_definition, read_vocabulary
from bayesdx.knowledge.facts import Fact, read_facts
from bayesdx.knowledge.ledger import Ledger
from bayesdx.knowledge.prior_sets import read_prior_sets
from bayesdx.knowledge.sources import Source, read_sources

NETWORKS = ("spine", "cranial")


@dataclass(frozen=True)
class Library:
    """The knowledge in two folders: ``networks`` (YAML definitions) and ``priors`` (sources, facts, prior sets)."""

    networks: Path
    priors: Path

    @cached_property
    def sources(self) -> dict[str, Source]:
        return read_sources(self.priors / "sources.json")

    @cached_property
    def facts(self) -> tuple[Fact, ...]:
        vocabulary = {v.id: v.states for v in read_vocabulary(self.networks / "vocabulary.yaml")}
        return read_facts(self.priors / "facts.csv", self.sources, vocabulary)

    def definition(self, name: str) -> Definition:
        return read_definition(self.networks, name)

    def cells(self, definition: Definition, keep: Callable[[Fact], bool] = lambda fact: True) -> dict[str, Cell]:
        """Pooled rows of every finding, from the facts that pass ``keep``."""
        return pool_findings(definition, self.facts, keep)

    def document(self, definition: Definition, keep: Callable[[Fact], bool] = lambda fact: True) -> NetworkDocument:
        """Build the network with its prior sets, from the facts that pass ``keep``."""
        network = build_network(definition, self.cells(definition, keep), self.digest)
        diagnoses = network.variable("diagnosis").states
        unused = {v.id: v.states for v in definition.vocabulary if v.id not in network}
        levels = next(v for v in definition.vocabulary if v.id == "level")
        unused["level"] = tuple(state for state in levels.states if state not in definition.levels)
        return NetworkDocument(
            network,
            read_prior_sets(self.priors / "prior_sets.yaml", definition.id, diagnoses, self.sources),
            definition.chosen_for,
            unused,
        )

    def ledger(self, definition: Definition) -> Ledger:
        """What the counts of the network are made of."""
        return keep_ledger(definition, self.cells(definition), self.sources, self.digest)

    @cached_property
    def digest(self) -> str:
        """Twelve hexadecimal digits that change whenever the knowledge does: the version of the networks."""
        digest = hashlib.sha256()
        names = ["vocabulary.yaml", "model.yaml", *(f"{name}.yaml" for name in NETWORKS)]
        for path in (
            *(self.networks / name for name in names),
            *(self.priors / name for name in ("facts.csv", "sources.json", "prior_sets.yaml")),
        ):
            digest.update(path.read_bytes())
        return digest.hexdigest()[:12]


def open_library() -> Library:
    """The knowledge that is installed with the package."""
    return Library(data_path("networks"), data_path("priors"))
