"""Where a probability comes from: the facts and sources behind a likelihood."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from bayesdx.analyses.answer import Answer
from bayesdx.analyses.explain.numbers.support import assumptions_of
from bayesdx.errors import InputError
from bayesdx.inference import Engine
from bayesdx.inference.intervals import posterior_intervals
from bayesdx.knowledge.grades import RowEvidence, row_evidence
from bayesdx.knowledge.ledger import UNMENTIONED, Ledger, ledger_of
from bayesdx.knowledge.parts import Part, base_share, parts_of
from bayesdx.knowledge.sources import Evidence
from bayesdx.network import Array, Network, Variable, named

#: Kinds of terms that stand for a fact.
SAID = ("fact", "word")


@dataclass(frozen=True, eq=False)
class CitedTerm:
    """A term of P(finding | diagnosis): ``adds`` (states,) to its probabilities, ``share`` in all.

    ``kind`` is ``fact`` or ``word`` (a frequency word) of ``source``, which ``says`` something of ``states``
    (empty: of all) in a ``form`` (empty: the diagnosis as a whole); or an assumption: ``unmentioned`` (the patients
    whose texts do not mention the finding, by how often each state is mentioned; it ``says`` how many),
    ``definition`` (what holds by definition of a form), ``association`` (what another finding says about the base;
    it moves probability from state to state, its share is 0), ``mineralisation`` (without calcification there is no
    pattern of it), ``base`` (the finding over all diagnoses, for want of facts) or ``contamination`` (the same,
    whatever facts say); or ``learnt``: the cases that the network has learnt from. ``weight`` counts lesions: what
    the term adds to the row of a form, averaged over the forms.
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
class LikelihoodCitation(Answer):
    """P(finding | diagnosis) with its 95 % interval and everything that it rests on.

    ``probabilities`` (states,) and ``intervals`` (states, 2) go with ``variable.states``. ``terms`` add up to
    ``probabilities``: what the sources say first, by share, then what is assumed. ``base`` (states,) is the
    distribution of the finding over all diagnoses, on which ``base_share`` of the row rests, contamination
    included; without that the row is ``as_published`` (states,). ``assumptions`` say in words what else of the row
    is a modelling choice. ``states`` are those asked for. ``evidence`` says how good the sources of the row are,
    ``sources`` what each of them is; ``references`` go with these.
    """

    network: Network
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
    sources: Mapping[str, Evidence]
    evidence: RowEvidence

    @property
    def facts(self) -> tuple[CitedTerm, ...]:
        """The terms that a source, or a fact assumed by this project, stands for."""
        return tuple(term for term in self.terms if term.kind in SAID)

    @property
    def contamination(self) -> float:
        """The part of the row that is the base whatever facts say."""
        return sum(term.share for term in self.terms if term.kind == "contamination")

    @property
    def as_published(self) -> Array:
        """The row (states,) without contamination: what facts say, and the base for want of them.

        What follows from there being no calcification keeps its share of a pattern.
        """
        apart = np.zeros(len(self.probabilities))
        rest = np.zeros(len(self.probabilities))
        for term in self.terms:
            if term.kind == "mineralisation":
                apart += term.adds
            elif term.kind != "contamination":
                rest += term.adds
        return np.asarray(apart + rest * (1 - apart.sum()) / rest.sum())


def cite_likelihood(engine: Engine, finding: str, states: tuple[str, ...], diagnosis: str) -> LikelihoodCitation:
    """The terms of P(finding | diagnosis) of a shipped network.

    Raises InputError for an unknown finding, state or diagnosis, a latent variable, and a network that was not
    built from the project's facts.
    """
    network = engine.network
    ledger = the_ledger(network)
    target = network.variable(str(network.target))
    finding = named(finding, network.index)
    variable = network.variable(finding)
    if variable.kind in ("latent", "diagnosis"):
        raise InputError(f"'{finding}' is not a finding: it is never observed")
    states = tuple(variable.states[variable.state_index(state)] for state in states)
    diagnosis = target.states[target.state_index(diagnosis)]
    given = {target.id: np.eye(target.cardinality)[target.state_index(diagnosis)]}
    parts = parts_of(ledger, network, finding, diagnosis)
    terms = tuple(_terms(parts))
    references = ledger.cited(term.source for term in terms if term.source)
    probabilities = engine.posterior(given, finding).probabilities
    return LikelihoodCitation(
        network=network,
        variable=variable,
        states=states,
        diagnosis=diagnosis,
        label=target.state_label(target.state_index(diagnosis)),
        probabilities=probabilities,
        intervals=posterior_intervals(engine, given, probabilities, finding),
        base=ledger.account(finding).base,
        base_share=base_share(parts),
        terms=terms,
        assumptions=assumptions_of(ledger, network, finding, diagnosis),
        references=references,
        sources={key: ledger.evidence[key] for key in references},
        evidence=row_evidence(parts, ledger.evidence),
    )


def _terms(parts: Iterable[Part]) -> list[CitedTerm]:
    """What sources say, by share, and then what is assumed.

    Facts about the same patients share what their study adds; single cases of one source about the same state and
    form are one term.
    """
    said: dict[tuple[object, ...], list[CitedTerm]] = {}
    assumed = []
    silent: list[tuple[float, Part]] = []
    for number, part in enumerate(parts):
        if part.entry is not None and part.kind == UNMENTIONED:
            silent.append((part.entry.sayings[0].n or 0.0, part))
            continue
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
    if silent:
        weight, adds = sum(part.weight for _, part in silent), np.sum([part.adds for _, part in silent], axis=0)
        texts = f"{sum(n for n, _ in silent):.0f}"
        assumed.insert(0, CitedTerm(UNMENTIONED, "", texts, (), "", weight, adds))
    together = sorted(map(_together, said.values()), key=lambda term: (-term.share, term.source))
    return together + assumed


def _together(terms: list[CitedTerm]) -> CitedTerm:
    if terms[0].says != "case":
        return terms[0]
    says = "1 case" if len(terms) == 1 else f"{len(terms)} cases"
    weight, adds = sum(term.weight for term in terms), np.sum([term.adds for term in terms], axis=0)
    return replace(terms[0], says=says, weight=weight, adds=adds)


def the_ledger(network: Network) -> Ledger:
    """The ledger of a network; raises InputError when it has none."""
    ledger = ledger_of(network)
    if ledger is None:
        raise InputError(f"network '{network.id}' was not built from the facts of this installation")
    return ledger
