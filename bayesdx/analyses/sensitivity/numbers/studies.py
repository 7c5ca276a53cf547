"""Does any single publication carry the answer? Leave one out, build the network anew, ask again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bayesdx.analyses.question import Question
from bayesdx.analyses.sensitivity.numbers.literature import Literature
from bayesdx.errors import ImpossibleFindings
from bayesdx.inference import compile_network
from bayesdx.network import Array

#: Publications that are left out in turn: those with the largest predicted effect.
CHECKED = 12


@dataclass(frozen=True, eq=False, slots=True)
class LeftOut:
    """The posterior (T,) when the network is built without ``source``; None when the findings become impossible."""

    source: str
    posterior: Array | None


@dataclass(frozen=True, eq=False)
class LeaveOneOut:
    """``checked`` publications, the one that moves the leader's probability most first, of ``behind`` in all.

    ``behind`` counts the publications with a fact on a finding of the case in some diagnosis of the network.
    """

    checked: tuple[LeftOut, ...]
    behind: int

    def changing(self, leader: int) -> tuple[LeftOut, ...]:
        """Those without which another diagnosis leads."""
        return tuple(one for one in self.checked if one.posterior is None or int(one.posterior.argmax()) != leader)


def leave_one_out(
    question: Question,
    literature: Literature,
    limit: int = CHECKED,
    advance: Callable[[int, int], object] = lambda done, total: None,
) -> LeaveOneOut:
    """Leave out the ``limit`` publications that are predicted to matter most, one at a time.

    ``advance`` is told after each how many of how many are done.
    """
    network = question.engine.network
    posterior = question.engine.posterior(question.findings).probabilities
    effects = predicted_effects(question, literature, posterior)
    chosen = sorted(effects, key=lambda key: (-effects[key], key))[:limit]
    found = []
    for done, key in enumerate(chosen, 1):
        rebuilt = literature.without(key, network, question.findings)
        findings = {name: weights for name, weights in question.findings.items() if name in rebuilt}
        try:
            found.append(LeftOut(key, compile_network(rebuilt).posterior(findings).probabilities))
        except ImpossibleFindings:
            found.append(LeftOut(key, None))
        advance(done, len(chosen))
    leader = int(posterior.argmax())

    def moved(one: LeftOut) -> float:
        return 1.0 if one.posterior is None else abs(float(one.posterior[leader] - posterior[leader]))

    return LeaveOneOut(tuple(sorted(found, key=lambda one: -moved(one))), len(effects))


def predicted_effects(question: Question, literature: Literature, posterior: Array) -> dict[str, float]:
    """First-order size of the shift of the odds between leader and runner-up without each source.

    Taking a study of weight w and distribution d out of a row with counts of sum A moves the likelihood L of the
    finding by a share of w / (A - w) (1 - d . lambda / L); the forms of a diagnosis enter by their posterior.
    """
    network = question.engine.network
    forms = question.engine.marginals(question.findings).probabilities["form"]
    leader = int(posterior.argmax())
    effects: dict[str, float] = {}
    for name, weights in question.findings.items():
        cell = literature.cells.get(name)
        if cell is None:
            continue
        likelihood = cell.form_rows @ weights
        totals = cell.form_counts.sum(axis=1)
        for number, form in enumerate(literature.definition.forms):
            t = network.variable(str(network.target)).state_index(form.diagnosis)
            weight = forms[number] * ((t == leader) - posterior[leader])
            for study in literature.studies(name, form.id):
                if study.source and likelihood[number] > 0:
                    part = study.weight / max(totals[number] - study.weight, 0.5)
                    shift = weight * part * (1 - float(study.distribution @ weights) / likelihood[number])
                    effects[study.source] = effects.get(study.source, 0.0) + shift
    return {key: float(np.abs(effect)) for key, effect in effects.items()}
