"""Where a probability comes from: the facts and sources behind a likelihood, and behind the answer to a case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from bayesdx.analyses.explain.numbers.support import assumptions_of
from bayesdx.analyses.question import Question
from bayesdx.errors import InputError
from bayesdx.inference import Engine
from bayesdx.inference.draws import credible_intervals, posterior_draws
from bayesdx.knowledge.ledger import Ledger, Part, base_share, ledger_of, parts_of
from bayesdx.network import Array, Network, Variable

#: Draws behind the interval of a likelihood.
DRAWS = 2000
#: Diagnoses that the references of a case are weighed over.
LEADING = 5
#: Kinds of terms that stand for a fact.
SAID = ("fact", "word")


@dataclass(frozen=True, eq=False)
class CitedTerm:
    """A term of P(finding | diagnosis): ``adds`` (states,) to its probabilities, ``share`` in all.

    ``kind`` is ``fact`` or ``word`` (a frequency word) of ``source``, which ``says`` something of ``states``
    (empty: of all) in a ``form`` (empty: the diagnosis as a whole); or an assumption: ``definition`` (what holds
    by definition of a form), ``association`` (what another finding says about the base; it moves probability from
    state to state, its share is 0), ``mineralisation`` (without calcification there is no pattern of it) or
    ``base`` (the finding over all diagnoses). ``weight`` counts lesions: what the term adds to the row of a form,
    averaged over the forms.
    """

    kind: str
    source: str
    says: str
    states: tuple[str, ...]
    form: str
    weight: float
    adds: Array

    @property
    def share(self) -> float:
        """Part of the row that the term makes up; the shares of all terms sum to 1."""
        return float(self.adds.sum())


@dataclass(frozen=True, eq=False)
class LikelihoodCitation:
    """P(finding | diagnosis) with its 95 % credible interval and everything that it rests on.

    ``probabilities`` (states,) and ``intervals`` (states, 2) go with ``variable.states``. ``terms`` add up to
    ``probabilities``: what the sources say first, by share, then what is assumed. ``base`` (states,) is the
    distribution of the finding over all diagnoses, on which ``base_share`` of the row rests. ``assumptions`` say in
    words what else of the row is a modelling choice. ``states`` are those asked for.
    """

    network: str
    network_version: str
    variable: Variable
    states: tuple[str, ...]
    diagnosis: str
    label: str
    probabilities: Array
    intervals: Array
    base: Array
    base_share: float
    terms: tuple[CitedTerm, ...]
    assumptions: tuple[str, ...]
    references: Mapping[str, str]

    @property
    def facts(self) -> tuple[CitedTerm, ...]:
        """The terms that a source, or a fact assumed by this project, stands for."""
        return tuple(term for term in self.terms if term.kind in SAID)

    def to_dict(self) -> dict[str, object]:
        rows = zip(
            self.variable.states, self.probabilities.tolist(), self.intervals.tolist(), self.base, strict=True
        )
        return {
            "schema": "cite-likelihood/2",
            "network": self.network,
            "network_version": self.network_version,
            "finding": self.variable.id,
            "states": list(self.states),
            "diagnosis": self.diagnosis,
            "distribution": [
                {"state": state, "probability": p, "interval": interval, "base": float(base)}
                for state, p, interval, base in rows
            ],
            "base_share": self.base_share,
            "assumptions": list(self.assumptions),
            "terms": [
                {
                    "kind": term.kind,
                    "source": term.source,
                    "states": list(term.states),
                    "says": term.says,
                    "form": term.form,
                    "weight": term.weight,
                    "share": term.share,
                    "adds": dict(zip(self.variable.states, term.adds.tolist(), strict=True)),
                }
                for term in self.terms
            ],
            "references": dict(self.references),
        }


@dataclass(frozen=True)
class CitedSource:
    """A source, the share of the answer that rests on it, and for which likelihoods it stands.

    The shares of a case sum to 1, less the part of rows that this project only assumes.
    """

    source: str
    reference: str
    share: float
    likelihoods: tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False)
class CaseCitation:
    """The sources behind the answer to a case, those on which most of it rests first."""

    question: Question
    diagnoses: tuple[str, ...]
    sources: tuple[CitedSource, ...]

    def to_dict(self) -> dict[str, object]:
        return {
            "schema": "cite-case/1",
            **self.question.head(),
            "diagnoses": list(self.diagnoses),
            "sources": [
                {
                    "source": row.source,
                    "reference": row.reference,
                    "share": row.share,
                    "likelihoods": [{"finding": f, "diagnosis": d} for f, d in row.likelihoods],
                }
                for row in self.sources
            ],
        }


def cite_likelihood(engine: Engine, finding: str, states: tuple[str, ...], diagnosis: str) -> LikelihoodCitation:
    """The terms of P(finding | diagnosis) of a shipped network.

    Raises InputError for an unknown finding, state or diagnosis, a latent variable, and a network that was not
    built from the project's facts.
    """
    network = engine.network
    target = network.variable(str(network.target))
    variable = network.variable(finding)
    if variable.kind in ("latent", "diagnosis"):
        raise InputError(f"'{finding}' is not a finding: it is never observed")
    for state in states:
        variable.state_index(state)
    given = {target.id: np.eye(target.cardinality)[target.state_index(diagnosis)]}
    ledger = _ledger(network)
    parts = parts_of(ledger, network, finding, diagnosis)
    terms = tuple(_terms(parts))
    return LikelihoodCitation(
        network=network.id,
        network_version=network.version,
        variable=variable,
        states=states,
        diagnosis=diagnosis,
        label=target.state_label(target.state_index(diagnosis)),
        probabilities=engine.posterior(given, finding).probabilities,
        intervals=credible_intervals(posterior_draws(engine, given, DRAWS, target=finding)),
        base=ledger.account(finding).base,
        base_share=base_share(parts),
        terms=terms,
        assumptions=assumptions_of(ledger, network, finding, diagnosis),
        references=ledger.cited(term.source for term in terms if term.source),
    )


def _terms(parts: Iterable[Part]) -> list[CitedTerm]:
    """What sources say, by share, and then what is assumed.

    Facts about the same patients share what their study adds; single cases of one source about the same state and
    form are one term.
    """
    said: dict[tuple[object, ...], list[CitedTerm]] = {}
    assumed = []
    for number, part in enumerate(parts):
        if part.entry is None:
            assumed.append(CitedTerm(part.kind, "", "", (), "", part.weight, part.adds))
            continue
        many = len(part.entry.sayings)
        for place, saying in enumerate(part.entry.sayings):
            source = part.entry.source if saying.kind != "assumption" else ""
            term = CitedTerm(
                part.kind, source, saying.says, saying.states, saying.form, part.weight / many, part.adds / many
            )
            key = (source, saying.states, saying.form) if saying.kind == "case" else (number, place)
            said.setdefault(key, []).append(term)
    together = sorted(map(_together, said.values()), key=lambda term: (-term.share, term.source))
    return together + assumed


def _together(terms: list[CitedTerm]) -> CitedTerm:
    if terms[0].says != "case":
        return terms[0]
    says = "1 case" if len(terms) == 1 else f"{len(terms)} cases"
    weight, adds = sum(term.weight for term in terms), np.sum([term.adds for term in terms], axis=0)
    return replace(terms[0], says=says, weight=weight, adds=adds)


def cite_case(question: Question) -> CaseCitation:
    """The sources that the answer to a case rests on most.

    A likelihood P(finding | diagnosis) matters by how far it moves a leading diagnosis: P(diagnosis | findings)
    times the absolute log of its ratio to P(finding). Each source takes the share of the likelihood that it makes
    up; the shares are scaled to sum to 1. This measure is ours: it orders the references, no more.
    """
    engine = question.engine
    target = question.target
    posterior = engine.posterior(question.findings).probabilities
    leading = [int(i) for i in np.argsort(-posterior)[:LEADING]]
    diagnoses = tuple(target.states[i] for i in leading)
    ledger = _ledger(engine.network)
    weight: dict[str, float] = {}
    behind: dict[str, dict[tuple[str, str], float]] = {}
    for finding, likelihoods in question.findings.items():
        marginal = engine.posterior({}, finding).probabilities @ likelihoods
        for i, diagnosis in zip(leading, diagnoses, strict=True):
            given = {target.id: np.eye(target.cardinality)[i]}
            ratio = (engine.posterior(given, finding).probabilities @ likelihoods) / marginal
            if ratio <= 0:
                continue
            moved = posterior[i] * abs(np.log(ratio))
            for row in parts_of(ledger, engine.network, finding, diagnosis):
                if row.entry is None:
                    continue
                source, part = row.entry.source, float(moved * row.share)
                weight[source] = weight.get(source, 0.0) + part
                cell = behind.setdefault(source, {})
                cell[finding, diagnosis] = cell.get((finding, diagnosis), 0.0) + part
    whole = sum(weight.values())
    sources = [
        CitedSource(
            key,
            ledger.references.get(key, ""),
            part / whole if whole else 0.0,
            tuple(sorted(behind[key], key=lambda cell: -behind[key][cell])),
        )
        for key, part in sorted(weight.items(), key=lambda item: (-item[1], item[0]))
        if key
    ]
    return CaseCitation(question, diagnoses, tuple(sources))


def _ledger(network: Network) -> Ledger:
    ledger = ledger_of(network)
    if ledger is None:
        raise InputError(f"network '{network.id}' was not built from the facts of this installation")
    return ledger
