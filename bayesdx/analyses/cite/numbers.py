"""Where a probability comes from: the facts and sources behind a likelihood, and behind the answer to a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bayesdx.analyses.explain.numbers.support import Literature, Statement, literature_of
from bayesdx.analyses.question import Question
from bayesdx.errors import InputError
from bayesdx.inference import Engine
from bayesdx.inference.draws import credible_intervals, posterior_draws
from bayesdx.network import Array, Variable

#: Draws behind the interval of a likelihood.
DRAWS = 2000
#: Diagnoses that the references of a case are weighed over.
LEADING = 5


@dataclass(frozen=True, eq=False)
class LikelihoodCitation:
    """P(finding | diagnosis) with its 95 % credible interval and everything that it rests on.

    ``probabilities`` (states,) and ``intervals`` (states, 2) go with ``variable.states``. ``statements`` are what
    the sources say, ``shares`` the part of the row that each makes up; ``base_share`` is the part that rests on
    the distribution of the finding over all diagnoses (``base``, states), which together with ``assumptions`` is
    a modelling choice. ``states`` are those asked for.
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
    statements: tuple[Statement, ...]
    shares: tuple[float, ...]
    assumptions: tuple[str, ...]
    references: Mapping[str, str]

    def to_dict(self) -> dict[str, object]:
        rows = zip(
            self.variable.states, self.probabilities.tolist(), self.intervals.tolist(), self.base, strict=True
        )
        return {
            "schema": "cite-likelihood/1",
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
            "facts": [
                {
                    "source": s.source,
                    "states": list(s.states),
                    "says": s.says,
                    "form": s.form,
                    "weight": s.weight,
                    "share": share,
                }
                for s, share in zip(self.statements, self.shares, strict=True)
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
    """The facts behind P(finding | diagnosis) of a shipped network.

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
    literature = _literature(engine, [finding], [diagnosis])
    support = literature.support[finding, diagnosis]
    weight = sum(s.weight for s in support.statements)
    return LikelihoodCitation(
        network=network.id,
        network_version=network.version,
        variable=variable,
        states=states,
        diagnosis=diagnosis,
        label=target.state_label(target.state_index(diagnosis)),
        probabilities=engine.posterior(given, finding).probabilities,
        intervals=credible_intervals(posterior_draws(engine, given, DRAWS, target=finding)),
        base=support.base,
        base_share=support.base_share,
        statements=support.statements,
        shares=tuple((1 - support.base_share) * s.weight / weight for s in support.statements),
        assumptions=support.assumptions,
        references=literature.references,
    )


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
    literature = _literature(engine, list(question.findings), list(diagnoses))
    weight: dict[str, float] = {}
    behind: dict[str, dict[tuple[str, str], float]] = {}
    for finding, likelihoods in question.findings.items():
        marginal = engine.posterior({}, finding).probabilities @ likelihoods
        for i, diagnosis in zip(leading, diagnoses, strict=True):
            given = {target.id: np.eye(target.cardinality)[i]}
            ratio = (engine.posterior(given, finding).probabilities @ likelihoods) / marginal
            support = literature.support.get((finding, diagnosis))
            if support is None or ratio <= 0:
                continue
            total = sum(s.weight for s in support.statements)
            moved = posterior[i] * abs(np.log(ratio)) * (1 - support.base_share)
            for statement in support.statements:
                part = float(moved * statement.weight / total)
                weight[statement.source] = weight.get(statement.source, 0.0) + part
                cell = behind.setdefault(statement.source, {})
                cell[finding, diagnosis] = cell.get((finding, diagnosis), 0.0) + part
    whole = sum(weight.values())
    sources = [
        CitedSource(
            key,
            literature.references.get(key, ""),
            part / whole if whole else 0.0,
            tuple(sorted(behind[key], key=lambda cell: -behind[key][cell])),
        )
        for key, part in sorted(weight.items(), key=lambda item: (-item[1], item[0]))
        if key
    ]
    return CaseCitation(question, diagnoses, tuple(sources))


def _literature(engine: Engine, findings: list[str], diagnoses: list[str]) -> Literature:
    literature = literature_of(engine.network, findings, diagnoses)
    if literature is None:
        raise InputError(f"network '{engine.network.id}' was not built from the facts of this installation")
    return literature
