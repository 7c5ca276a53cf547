"""The facts and sources behind the answer to a case."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayesdx.analyses.answer import Answer
from bayesdx.analyses.cite.numbers import the_ledger
from bayesdx.analyses.question import Question
from bayesdx.knowledge.parts import parts_of
from bayesdx.knowledge.sources import Evidence

#: Diagnoses that the references of a case are weighed over.
LEADING = 5


@dataclass(frozen=True)
class CitedSource:
    """A source and what it is worth, the share of the answer that rests on it, and for which likelihoods it stands.

    The shares of a case sum to 1, less the part of rows that this project only assumes.
    """

    source: str
    reference: str
    evidence: Evidence
    share: float
    likelihoods: tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False)
class CaseCitation(Answer):
    """The sources behind the answer to a case, those on which most of it rests first."""

    question: Question
    diagnoses: tuple[str, ...]
    sources: tuple[CitedSource, ...]


def cite_case(question: Question) -> CaseCitation:
    """The sources that the answer to a case rests on most.

    A likelihood P(finding | diagnosis) matters by how far it moves a leading diagnosis: P(diagnosis | findings)
    times the absolute log of its ratio to P(finding). Each source takes the share of the likelihood that it makes
    up; the shares are scaled to sum to 1. This measure is ours: it orders the references, no more.
    """
    engine = question.engine
    target = question.target
    posterior = question.posterior
    leading = [int(i) for i in np.argsort(-posterior)[:LEADING]]
    diagnoses = tuple(target.states[i] for i in leading)
    ledger = the_ledger(engine.network)
    weight: dict[str, float] = {}
    behind: dict[str, dict[tuple[str, str], float]] = {}
    for finding, likelihoods in question.findings.items():
        marginal = question.alone[finding] @ likelihoods
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
            ledger.references[key],
            ledger.evidence[key],
            part / whole if whole else 0.0,
            tuple(sorted(behind[key], key=lambda cell: -behind[key][cell])),
        )
        for key, part in sorted(weight.items(), key=lambda item: (-item[1], item[0]))
        if key
    ]
    return CaseCitation(question, diagnoses, tuple(sources))
