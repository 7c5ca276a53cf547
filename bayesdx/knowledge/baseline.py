"""The baseline to beat: naive Bayes on the plainly pooled facts.

Every finding hangs on the diagnosis alone. Counts are added up over sources as if all patients came from one
series, a word counts like five patients and a proportion without n like twenty, one is added to every state, and
nothing is known of forms, sites elsewhere, backgrounds or mineralisation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from bayesdx.knowledge.definition import Definition
from bayesdx.knowledge.facts import Fact
from bayesdx.knowledge.studies import group_facts, read_study
from bayesdx.network import Array, Network, Variable

SMOOTHING = 1.0
WORD_PATIENTS = 5.0
PROPORTION_PATIENTS = 20.0


def naive_bayes(
    definition: Definition, facts: Iterable[Fact], keep: Callable[[Fact], bool] = lambda fact: True
) -> Network:
    """The baseline network of a definition, under the uniform prior, from the used facts that pass ``keep``."""
    pooling = replace(
        definition.pooling,
        word_sample_size=WORD_PATIENTS,
        proportion_sample_size=PROPORTION_PATIENTS,
        case_weight=1.0,
        condition_weight=1.0,
    )
    diagnoses = tuple(diagnosis for diagnosis, _ in definition.diagnoses)
    root = Variable("diagnosis", diagnoses, "Diagnosis", kind="diagnosis")
    found = definition.findings
    cpts: dict[str, Array] = {"diagnosis": np.full(len(diagnoses), 1 / len(diagnoses))}
    by_cell: dict[tuple[str, str], list[Fact]] = {}
    for fact in facts:
        if fact.used and fact.site in definition.sites and keep(fact):
            by_cell.setdefault((fact.finding, fact.diagnosis), []).append(fact)
    for finding, variable in found.items():
        uniform = np.full(variable.cardinality, 1 / variable.cardinality)
        rows = []
        for diagnosis in diagnoses:
            counts = np.full(variable.cardinality, SMOOTHING)
            for group in group_facts(by_cell.get((finding, diagnosis), ())):
                states = variable.states
                study = read_study(
                    group,
                    states,
                    states,
                    definition.words,
                    pooling,
                    at_site=True,
                    form_known=True,
                    correlation=0.0,
                    own=np.empty(0),
                )
                if study:
                    counts += study.weight * study.distribution(uniform)
            rows.append(counts / counts.sum())
        cpts[finding] = np.array(rows)
    return Network(
        id=f"{definition.id}-naive-bayes",
        variables=(root, *found.values()),
        parents={finding: ("diagnosis",) for finding in found},
        cpts=cpts,
        target="diagnosis",
        label=f"{definition.label} (naive Bayes)",
    )
