"""All of the project's knowledge in one place: sources, facts and definitions, and networks built from them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

from bayesdx.data import data_path
from bayesdx.document import NetworkDocument
from bayesdx.errors import InputError
from bayesdx.knowledge.build import build_network, keep_ledger, pool_studies, read_studies
from bayesdx.knowledge.definition import Definition, read_definition, read_mapping, read_vocabulary
from bayesdx.knowledge.facts import Fact, read_facts
from bayesdx.knowledge.forms import form_counts
from bayesdx.knowledge.heterogeneity import estimate
from bayesdx.knowledge.ledger import Ledger
from bayesdx.knowledge.patients import Learnt, Patient, learn_rows, read_patients
from bayesdx.knowledge.prior_sets import read_prior_sets
from bayesdx.knowledge.sources import Identity, Source, evidence_of, identity, read_sources

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
    def identified(self) -> frozenset[str]:
        """Keys of the sources with a DOI, PubMed id or PubMed Central id."""
        return frozenset(key for key, source in self.sources.items() if evidence_of(source).identified)

    @cached_property
    def facts(self) -> tuple[Fact, ...]:
        vocabulary = {v.id: v.states for v in read_vocabulary(self.networks / "vocabulary.yaml")}
        unspecified: dict[tuple[str, str], set[str]] = {}
        for form in (form for name in NETWORKS for form in read_definition(self.networks, name).forms):
            if form.unspecified and form.name:
                words = {form.name, form.label, *form.also}
                for word in (form.name, *form.also):
                    unspecified.setdefault((form.diagnosis, word), set()).update(words)
        return read_facts(self.priors / "facts.csv", self.sources, vocabulary, unspecified)

    @cached_property
    def identities(self) -> dict[str, Identity]:
        """What tells each publication from the others."""
        return {key: identity(source) for key, source in self.sources.items()}

    @cached_property
    def patients(self) -> tuple[Patient, ...]:
        """The published patients of all networks."""
        found = [p for path in self._case_files for p in read_patients(path, self.identities)]
        twice = [name for name, times in Counter(p.case.id for p in found).items() if times > 1]
        if twice:
            raise InputError(f"patient '{twice[0]}' is given twice", place=str(self.priors / "cases"))
        return tuple(found)

    @property
    def _case_files(self) -> list[Path]:
        return sorted((self.priors / "cases").glob("*.yaml"))

    def definition(self, name: str) -> Definition:
        """The definition of a network, with the spread of its findings as the facts tell."""
        return self.definitions[name]

    @cached_property
    def definitions(self) -> dict[str, Definition]:
        """The definitions of all networks."""
        found = {}
        for name in NETWORKS:
            definition = self._with_forms(read_definition(self.networks, name))
            cells = pool_studies(definition, read_studies(definition, self.facts, identified=self.identified))
            found[name] = replace(definition, spreads=estimate(definition, cells))
        return found

    def _with_forms(self, definition: Definition) -> Definition:
        path = self.networks / "forms.yaml"
        names: dict[str, list[str]] = {}
        for form in definition.forms:
            if form.name and not form.unusual:
                names.setdefault(form.diagnosis, []).append(form.name)
        entries = read_mapping(path).get(definition.id, {})
        return replace(definition, form_counts=form_counts(entries, names, self.sources, str(path)))

    def learnt(self, definition: Definition, left_out: Collection[str] = ()) -> Learnt:
        """Rows of every finding, from the facts and the patients of all publications but those ``left_out``."""
        patients = [patient for patient in self.patients if patient.learnt and patient.source not in left_out]

        def keep(fact: Fact) -> bool:
            return fact.source not in left_out

        return learn_rows(definition, read_studies(definition, self.facts, keep, self.identified), patients)

    def without(self, name: str, left_out: Collection[str]) -> NetworkDocument:
        """A network as it would be built without some publications, their facts and their patients."""
        definition = self.definition(name)
        return self.document(definition, self.learnt(definition, left_out))

    def document(self, definition: Definition, learnt: Learnt) -> NetworkDocument:
        """The network of the rows that were ``learnt``, with its prior sets."""
        network = build_network(definition, learnt.cells, self.digest)
        diagnoses = network.variable("diagnosis").states
        unused = {v.id: v.states for v in definition.vocabulary if v.id not in network}
        levels = next(v for v in definition.vocabulary if v.id == "level")
        unused["level"] = tuple(state for state in levels.states if state not in definition.levels)
        return NetworkDocument(
            network,
            read_prior_sets(
                self.priors / "prior_sets.yaml", definition.id, diagnoses, self.sources, learnt.patients
            ),
            definition.chosen_for,
            unused,
            rates=learnt.rates,
        )

    def ledger(self, definition: Definition, learnt: Learnt) -> Ledger:
        """What the counts of the network are made of."""
        records = {p.source: p.record for p in self.patients if p.record}
        return keep_ledger(definition, learnt.cells, {**records, **self.sources}, self.digest)

    @cached_property
    def digest(self) -> str:
        """Twelve hexadecimal digits that change whenever the knowledge does: the version of the networks."""
        digest = hashlib.sha256()
        names = ["vocabulary.yaml", "model.yaml", "forms.yaml", *(f"{name}.yaml" for name in NETWORKS)]
        for path in (
            *(self.networks / name for name in names),
            *(self.priors / name for name in ("facts.csv", "sources.json", "prior_sets.yaml")),
            *self._case_files,
        ):
            digest.update(path.read_bytes())
        return digest.hexdigest()[:12]


@cache
def open_library() -> Library:
    """The knowledge that is installed with the package."""
    return Library(data_path("networks"), data_path("priors"))
