"""Learn from cases: what moved, what the cases contradict, and whether it helps on cases held out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from bayesdx.analyses.answer import Answer
from bayesdx.document import NetworkDocument
from bayesdx.errors import IMPOSSIBLE, InputError
from bayesdx.inference import Engine, compile_network
from bayesdx.learning.conflict import Contradiction, contradicted_throughout, contradictions
from bayesdx.learning.heldout import HeldOut, enough, held_out
from bayesdx.learning.sample import Sample
from bayesdx.learning.settings import FOLDS, Settings
from bayesdx.learning.storage import parts_of
from bayesdx.learning.update import Learnt, learn_document, merged, without_set
from bayesdx.network import Array, Network

#: Chance below which a row is listed as contradicted.
RARE = 0.01
#: Chance of labels as good as these in another order, above which they are taken to have nothing to do with
#: findings.
UNRELATED = 0.05
#: Patients of a cell below which it may point to one of them.
DISCLOSED = 5.0
#: How much coarser EM is for a fold.
FOLD_TOLERANCE = 10.0
#: A row is listed when the cases hold at least so many patients of it.
LISTED = 0.5


@dataclass(frozen=True)
class LearntRow:
    """One row of a CPT: ``given`` pairs each parent with its state; arrays have the shape (card,).

    ``seen`` are counts that the cases hold, ``counts`` those before, ``trusted`` the weight that they still have.
    ``chance`` is that of shares as far off as those seen, None where too few are.
    """

    variable: str
    given: tuple[tuple[str, str], ...]
    states: tuple[str, ...]
    before: Array
    after: Array
    counts: float
    seen: Array
    trusted: float
    chance: float | None

    @property
    def moved(self) -> float:
        """The share of the row that has moved to another state (total variation)."""
        return float(np.abs(self.after - self.before).sum() / 2)


@dataclass(frozen=True, eq=False)
class Relearnt(Answer):
    """A network whose learnt counts were taken back or added; ``document`` and ``file`` as in LearnResult."""

    asked: Mapping[str, object]
    document: NetworkDocument
    file: str | None = None


@dataclass(frozen=True, eq=False)
class LearnResult(Answer):
    """What was learnt from ``cases`` rows that count for ``patients``, under ``name``.

    ``rows`` are those of which the cases hold patients, those that moved most first. ``power`` multiplied all
    counts but those of the case mix. EM took ``rounds`` in all; ``objective`` is that of the last climb by
    round. ``held_out`` is None where too few cases are proven. ``refused`` says why the network should not be used:
    ``together`` (nothing can be held out, because the proven cases are of fewer patients than folds), ``worse``,
    ``unrelated`` or ``otherwise`` (some findings, named under that name, are contradicted in row after row).
    ``small`` counts the cells of fewer than DISCLOSED patients. ``errors`` lists ``(line, message)`` of the rows
    that were left out. ``document`` is the network that has learnt, ``file`` where it was written.
    """

    asked: Mapping[str, object]
    name: str
    cases: int
    patients: float
    unproven: int
    settings: Settings
    rows: tuple[LearntRow, ...]
    power: float
    rounds: int
    objective: tuple[float, ...]
    converged: bool
    held_out: HeldOut | None
    refused: tuple[str, ...]
    otherwise: tuple[str, ...]
    small: int
    document: NetworkDocument
    errors: tuple[tuple[int, str], ...] = ()
    warnings: Mapping[str, int] = field(default_factory=Counter)
    file: str | None = None

    @property
    def contradicted(self) -> tuple[LearntRow, ...]:
        """Rows whose cases would be a surprise, the least probable first."""
        found = [row for row in self.rows if row.chance is not None and row.chance < RARE]
        return tuple(sorted(found, key=lambda row: (row.chance or 0.0, row.variable, row.given)))

    @property
    def tested(self) -> int:
        """Rows with patients enough to contradict."""
        return sum(row.chance is not None for row in self.rows)


def learn(
    document: NetworkDocument,
    asked: Mapping[str, object],
    sample: Sample,
    name: str = "local",
    *,
    wrong: Callable[[int, str], tuple[int, str]] = lambda case, message: (case + 1, message),
    errors: Sequence[tuple[int, str]] = (),
    warnings: Mapping[str, int] | None = None,
    unproven: bool = False,
    folds: int = FOLDS,
    advance: Callable[[int], object] = lambda _: None,
    **options: Any,
) -> LearnResult:
    """Learn the CPTs of ``document`` from ``sample``; ``options`` are Settings, ``wrong`` gives the line of a case.

    Where the network has a target, cases that do not state it are left out unless ``unproven``. Raises InputError
    when no case is left, and as ``learn_document`` does.
    """
    settings = Settings(**options)
    engine = compile_network(document.network)
    sample, impossible = _possible(engine, sample)
    sample, dropped = (sample, 0) if unproven else _proven(document.network, sample)
    bad = sorted([*errors, *(wrong(case, IMPOSSIBLE) for case in impossible)])
    if not len(sample):
        if dropped:
            raise InputError(f"no case to learn from: none of {dropped} states '{document.network.target}'")
        if bad:
            raise InputError(f"no case to learn from; line {bad[0][0]}: {bad[0][1]}")
        raise InputError("no case to learn from")
    after, learnt = learn_document(document, sample, name, settings, lambda rounds: advance(0))
    advance(1)
    prior = learnt.prior
    network = document.network
    score, refused = None, []
    if network.target is not None:

        def others(rest: Sample) -> Engine:
            return compile_network(_updated(document, rest, settings))

        score = held_out(engine, sample, network.target, others, folds=folds, seed=settings.seed, advance=advance)
        if score is None and enough(sample, network.index[network.target]):
            refused.append("together")
    contradicted = contradictions(prior, learnt.seen, np.random.default_rng(settings.seed))
    chances = {(one.variable, one.row): one for one in contradicted}
    otherwise = contradicted_throughout(contradicted, [v.id for v in network.findings])
    if score is not None and score.worse:
        refused.append("worse")
    if score is not None and (score.unrelated or 0.0) > UNRELATED:
        refused.append("unrelated")
    if otherwise:
        refused.append("otherwise")
    held = [table[(table > 0) & (np.round(table, 6) < DISCLOSED)] for table in learnt.fit.counts.values()]
    return LearnResult(
        asked=asked,
        name=name,
        cases=len(sample),
        patients=sample.size,
        unproven=dropped,
        settings=settings,
        rows=_rows(network, after.network, learnt, chances),
        power=learnt.power,
        rounds=learnt.rounds,
        objective=learnt.fit.objective,
        converged=learnt.fit.converged,
        held_out=score,
        refused=tuple(refused),
        otherwise=otherwise,
        small=sum(map(len, held)),
        document=after,
        errors=tuple(bad),
        warnings=warnings or Counter(),
    )


def take_back(document: NetworkDocument, asked: Mapping[str, object], name: str) -> Relearnt:
    """The network without what it learnt from the cases of that name."""
    return Relearnt(asked, without_set(document, name))


def add_up(document: NetworkDocument, asked: Mapping[str, object], others: Sequence[NetworkDocument]) -> Relearnt:
    """The network with what other networks, the same before they learnt, have learnt too."""
    return Relearnt(asked, merged([document, *others]))


def _updated(document: NetworkDocument, sample: Sample, settings: Settings) -> Network:
    """The network as it learns from ``sample`` alone, for a fold: without restarts."""
    once = replace(settings, restarts=0, tolerance=FOLD_TOLERANCE * settings.tolerance)
    return learn_document(document, sample, "\0", once)[0].network


def _possible(engine: Engine, sample: Sample) -> tuple[Sample, list[int]]:
    """The cases that can occur, and the numbers of the others."""
    if not len(sample):
        return sample, []
    possible = np.empty(len(sample), dtype=bool)
    for part in parts_of(len(sample)):
        weights = {name: table[part] for name, table in sample.weights.items()}
        possible[part] = np.isfinite(engine.expected_counts(sample.codes[part], weights)[1])
    if possible.all():
        return sample, []
    return sample.take(possible), np.flatnonzero(~possible).tolist()


def _proven(network: Network, sample: Sample) -> tuple[Sample, int]:
    """The cases that state the target, and how many do not."""
    if network.target is None:
        return sample, 0
    stated = sample.codes[:, network.index[network.target]] >= 0
    if network.target in sample.weights:
        stated |= np.ptp(sample.weights[network.target], axis=1) > 0
    return (sample if stated.all() else sample.take(stated)), int((~stated).sum())


def _rows(
    network: Network,
    after: Network,
    learnt: Learnt,
    chances: Mapping[tuple[str, tuple[int, ...]], Contradiction],
) -> tuple[LearntRow, ...]:
    rows = []
    for name, seen in learnt.seen.items():
        parents = [network.variable(parent) for parent in network.parents[name]]
        for at in np.argwhere(seen.sum(axis=-1) >= LISTED).tolist():
            row = tuple(at)
            found = chances.get((name, row))
            rows.append(
                LearntRow(
                    variable=name,
                    given=tuple((p.id, p.states[i]) for p, i in zip(parents, row, strict=True)),
                    states=network.variable(name).states,
                    before=network.cpts[name][row],
                    after=after.cpts[name][row],
                    counts=float(learnt.prior[name][row].sum()),
                    seen=seen[row],
                    trusted=float(learnt.trusted[name][row]),
                    chance=None if found is None else found.p,
                )
            )
    return tuple(sorted(rows, key=lambda row: (-row.moved * float(row.seen.sum()), row.variable, row.given)))
