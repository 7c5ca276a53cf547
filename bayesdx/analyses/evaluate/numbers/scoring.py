"""Published cases against the networks: which network scores a case, and without the facts of its own source."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property

from bayesdx.analyses.evaluate.numbers.figures import Evaluation, ScoredCase, evaluate
from bayesdx.analyses.question import Question
from bayesdx.case import Case, encode, misplaced
from bayesdx.catalogue import document_for, read_document
from bayesdx.codes import diagnosis_meant, is_code, note
from bayesdx.data import network_names
from bayesdx.document import NetworkDocument
from bayesdx.errors import ImpossibleFindings, InputError, nearest
from bayesdx.inference import Engine, compile_network
from bayesdx.knowledge.baseline import naive_bayes
from bayesdx.knowledge.library import Library, open_library
from bayesdx.knowledge.sources import Identity, identity, same_publication
from bayesdx.network import Array

#: Cases of publications that a network has learnt from are scored in so many parts, each by a network without them.
FOLDS = 5


def evaluate_cases(
    cases: Sequence[Case],
    network: str | None = None,
    prior: str | None = None,
    *,
    baseline: bool = False,
    own_source: bool = False,
    silence: bool = True,
    advance: Callable[[int], object] = lambda cases: None,
) -> Evaluation:
    """Score cases with proven diagnoses.

    A case goes to ``network``, else to the network that its key ``region`` names, else to the one that covers
    its level. Unless ``own_source``, facts and patients that come from the case's own publication (same DOI,
    PubMed id or title) are left out: otherwise a published case would testify for itself. The publications of all
    cases are dealt into FOLDS parts, and each part is scored by a network that knows nothing of any of them. With
    ``silence``, what a case does not state is read as a published text leaves it out, at the rates of the network.
    ``baseline`` scores the naive Bayes baseline instead. ``advance`` is told of every case done.

    Raises InputError for no case at all, a case without a proven diagnosis, and an unknown network or prior set.
    """
    if not cases:
        raise InputError("no case to evaluate")
    networks = Networks()
    result = score_cases(cases, networks, network, prior, baseline, own_source, silence, advance)
    learnt = {one.name: one.cases for document in networks.documents.values() for one in document.network.learnt}
    return replace(
        result,
        network=network,
        prior=prior,
        baseline=baseline,
        own_source=own_source,
        silence=silence and any(document.rates for document in networks.documents.values()),
        learnt=learnt,
    )


def score_cases(
    cases: Sequence[Case],
    networks: Networks,
    network: str | None,
    prior: str | None,
    baseline: bool,
    own_source: bool,
    silence: bool,
    advance: Callable[[int], object],
) -> Evaluation:
    """As ``evaluate_cases``, with ``networks`` that may have been built already."""
    scored = []
    own = [() if own_source else networks.sources_of(case) for case in cases]
    for case, sources, left_out in zip(cases, own, networks.parts(own), strict=True):
        if case.diagnosis is None:
            raise InputError("no diagnosis; evaluate needs the proven one", place=case.place)
        name = network or network_of(case)
        document, engine = networks.compiled(name, prior, left_out, baseline)
        if document.network.target is None:
            raise InputError(f"network '{document.network.id}' names no target to score")
        diagnoses = document.network.variable(document.network.target).states
        proven = diagnosis_meant(case.diagnosis, diagnoses)
        truth = proven if proven in diagnoses else "other"
        if truth != proven and is_code(proven, ()):
            raise InputError(f"unknown diagnosis '{proven}'{note(proven)}", nearest(proven, diagnoses), case.place)
        if truth not in diagnoses:
            raise InputError(
                f"network '{name}' has no diagnosis '{case.diagnosis}'",
                nearest(case.diagnosis, diagnoses),
                case.place,
            )
        if truth != proven:
            spelt = re.sub(r"[\s-]+", "_", proven.strip().lower())
            near = get_close_matches(spelt, networks.diagnoses, 1, cutoff=0.8)
            if near and near[0] != proven:
                raise InputError(f"unknown diagnosis '{proven}'; did you mean '{near[0]}'?", place=case.place)
        encoded = encode(case, document.network, document.vocabulary)
        weights = silent(encoded.weights, document.rates) if silence else encoded.weights
        try:
            posterior = Question(engine, weights, encoded.stated).posterior
        except ImpossibleFindings as error:
            raise error.at(case.place) from None
        scored.append(
            ScoredCase(
                case=case.id or case.place,
                network=name,
                diagnosis=proven,
                scored_as=truth,
                diagnoses=diagnoses,
                posterior=posterior,
                impression=_impression(case.metadata.get("preoperative_impression")),
                left_out=sources,
                warnings=(*case.warnings, *misplaced(case, document.network, document.vocabulary)),
            )
        )
        advance(1)
    return evaluate(scored)


def silent(stated: Mapping[str, Array], rates: Mapping[str, Array]) -> dict[str, Array]:
    """Weights of the findings that a text states, and of those that it passes over."""
    return {**{name: 1 - rate for name, rate in rates.items() if name not in stated}, **stated}


def network_of(case: Case) -> str:
    region = case.metadata.get("region")
    return str(region) if region in network_names() else document_for(case)[0].network.id


def _impression(value: object) -> tuple[str, ...]:
    entries = [value] if isinstance(value, str) else value
    return tuple(diagnosis_meant(str(entry)) for entry in entries) if isinstance(entries, list) else ()


@dataclass(frozen=True)
class Networks:
    """Networks without the facts of some sources, each built and compiled once."""

    documents: dict[tuple[str, tuple[str, ...], bool], NetworkDocument] = field(default_factory=dict)
    engines: dict[tuple[object, ...], tuple[NetworkDocument, Engine]] = field(default_factory=dict)

    @cached_property
    def library(self) -> Library:
        return open_library()

    @cached_property
    def identities(self) -> dict[str, Identity]:
        """The publications of facts and patients."""
        records = {p.source: identity(p.record) for p in self.library.patients if p.record}
        return {**self.library.identities, **records}

    @cached_property
    def diagnoses(self) -> tuple[str, ...]:
        """Every diagnosis that some shipped network holds, or some published patient has."""
        held = [d for definition in self.library.definitions.values() for d, _ in definition.diagnoses]
        proven = [str(patient.case.diagnosis) for patient in self.library.patients]
        return tuple(dict.fromkeys([*held, *proven]))

    @cached_property
    def patients(self) -> dict[str, str]:
        """The publication of each published patient."""
        return {str(patient.case.id): patient.source for patient in self.library.patients}

    def sources_of(self, case: Case) -> tuple[str, ...]:
        """Keys of the sources that are the publication of the case itself.

        A page without identifier, under a title of one word, is told by the name of its patient.
        """
        keys = same_publication(self.identities, case.metadata.get("source"))
        own = self.patients.get(case.id) if case.id else None
        return keys or ((own,) if own else ())

    def parts(self, own: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
        """What is left out for each case, given its ``own`` publications: all those of its part, or nothing."""
        groups: list[set[str]] = []
        for keys in filter(None, own):
            touched = [group for group in groups if not group.isdisjoint(keys)]
            groups = [group for group in groups if group.isdisjoint(keys)] + [set(keys).union(*touched)]
        groups.sort(key=min)
        dealt = [tuple(sorted(set().union(*groups[part::FOLDS]))) for part in range(FOLDS)]
        part_of = {key: part for part in dealt for key in part}
        return tuple(part_of[keys[0]] if keys else () for keys in own)

    def compiled(
        self, name: str, prior: str | None, left_out: tuple[str, ...], baseline: bool
    ) -> tuple[NetworkDocument, Engine]:
        """The network (or its baseline) under a prior set, built without the publications ``left_out``."""
        key = (name, prior, left_out, baseline)
        if key not in self.engines:
            document = self._document(name, left_out, baseline)
            default = document.default_prior
            if prior is not None and not (default and default.name == prior):
                document = document.with_prior(prior)
            self.engines[key] = document, compile_network(document.network)
        return self.engines[key]

    def _document(self, name: str, left_out: tuple[str, ...], baseline: bool) -> NetworkDocument:
        key = (name, left_out, baseline)
        if key not in self.documents:
            self.documents[key] = self._build(name, left_out, baseline)
        return self.documents[key]

    def _build(self, name: str, left_out: tuple[str, ...], baseline: bool) -> NetworkDocument:
        shipped = name in network_names()
        if baseline and not shipped:
            raise InputError("the baseline needs a shipped network", nearest(name, network_names()))
        document = read_document(name)
        if baseline:
            definition, facts = self.library.definition(name), self.library.facts
            network = naive_bayes(definition, facts, lambda fact: fact.source not in left_out)
            return replace(document, network=network)
        if left_out and document.network.learning:
            raise InputError(
                "its counts hold facts and cases together, of which a publication cannot be left out: --own-source "
                "keeps it",
                place=name,
            )
        if not left_out or not shipped:
            return document  # a network file carries no facts to leave out
        return self.library.without(name, left_out)
