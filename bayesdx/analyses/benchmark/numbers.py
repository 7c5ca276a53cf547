"""Every network, prior set and the naive Bayes baseline on the same cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bayesdx.analyses.answer import Answer
from bayesdx.analyses.evaluate.numbers.figures import Evaluation, evaluate
from bayesdx.analyses.evaluate.numbers.scoring import Networks, network_of, score_cases
from bayesdx.case import Case
from bayesdx.catalogue import read_document
from bayesdx.errors import InputError


@dataclass(frozen=True, eq=False)
class Entry:
    """Which cases were scored by what: ``method`` is ``network`` or ``naive Bayes``."""

    network: str
    prior: str
    method: str
    evaluation: Evaluation


@dataclass(frozen=True, eq=False)
class Benchmark(Answer):
    """All cases under every prior set and the baseline, together (network ``all``) and network by network."""

    rows: tuple[Entry, ...]


def compare_cases(
    cases: Sequence[Case],
    *,
    own_source: bool = False,
    silence: bool = True,
    advance: Callable[[int], object] = lambda cases: None,
) -> Benchmark:
    """Score cases with proven diagnoses by everything there is; options as in ``evaluate_cases``."""
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(network_of(case), []).append(case)
    if not groups:
        raise InputError("no case to evaluate")
    priors = list(read_document(next(iter(groups))).prior_sets)
    networks = Networks()
    rows = []
    for prior, baseline in [*((prior, False) for prior in priors), ("uniform", True)]:
        whole = score_cases(cases, networks, None, prior, baseline, own_source, silence, advance)
        method = "naive Bayes" if baseline else "network"
        rows.append(Entry("all", prior, method, whole))
        for name in groups:
            part = evaluate([case for case in whole.cases if case.network == name])
            rows.append(Entry(name, prior, method, part))
    return Benchmark(tuple(rows))
