"""All of the sensitivity analysis of one case."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Event

from bayesdx.analyses.answer import Answer
from bayesdx.analyses.question import Question
from bayesdx.analyses.sensitivity.numbers.constraints import (
    Change,
    Constraint,
    changes_for,
    leader_conditions,
    parse_constraint,
)
from bayesdx.analyses.sensitivity.numbers.covariation import check_scheme
from bayesdx.analyses.sensitivity.numbers.importance import ImportanceResult, importance
from bayesdx.analyses.sensitivity.numbers.literature import Publications, literature_of
from bayesdx.analyses.sensitivity.numbers.monte_carlo import Uncertainty, uncertainty
from bayesdx.analyses.sensitivity.numbers.one_way import OneWay, one_way
from bayesdx.analyses.sensitivity.numbers.pick_freeze import Sample
from bayesdx.analyses.sensitivity.numbers.priors import PriorEffect, PriorSetAnswer, prior_effects, prior_sets
from bayesdx.analyses.sensitivity.numbers.robustness import WorstCase, worst_case
from bayesdx.analyses.sensitivity.numbers.studies import LISTED, LeaveOneOut, leave_one_out
from bayesdx.analyses.sensitivity.numbers.tornado import LITERATURE, Bar, Span, parse_span, tornado
from bayesdx.errors import InputError
from bayesdx.inference import Derivatives
from bayesdx.inference.draws import DRAWS, FEWEST_DRAWS
from bayesdx.inference.results import ranking
from bayesdx.network import Array

#: Single-parameter changes that are kept for each condition.
KEPT_CHANGES = 100
#: Below this difference the leader and the runner-up are called level.
LEVEL = 0.02


@dataclass(frozen=True)
class ConstraintAnswer:
    """The single-parameter ``changes`` that make a condition hold, smallest first; none when it ``holds``."""

    constraint: Constraint
    holds: bool
    changes: tuple[Change, ...]


@dataclass(frozen=True, eq=False)
class Sensitivity(Answer):
    """How far the answer to ``question`` can be trusted.

    Indices of diagnoses are those of the target's states; ``order`` (T,) sorts them by ``posterior`` (T,), the
    leader first. ``leader_changes`` are the single-parameter changes after which another diagnosis leads. ``bars``
    moved over ``span``. ``left_out`` and ``literature`` are None for a network that was not built from the
    installed facts.
    """

    question: Question
    posterior: Array
    order: tuple[int, ...]
    one_way: OneWay
    leader_changes: tuple[Change, ...]
    constraints: tuple[ConstraintAnswer, ...]
    span: Span
    bars: tuple[Bar, ...]
    priors: tuple[PriorEffect, ...]
    prior_sets: tuple[PriorSetAnswer, ...]
    uncertainty: Uncertainty
    importance: ImportanceResult
    worst_case: WorstCase
    left_out: LeaveOneOut | None
    literature: Publications | None

    @property
    def level(self) -> bool:
        """Whether the leader and the runner-up are practically level."""
        return len(self.order) > 1 and bool(self.posterior[self.order[0]] - self.posterior[self.order[1]] < LEVEL)

    @property
    def leader(self) -> int:
        return self.order[0]


def sensitivity(
    question: Question,
    *,
    constraints: Sequence[str] = (),
    span: str | Span = LITERATURE,
    covariation: str = "proportional",
    draws: int = DRAWS,
    seed: int = 0,
    sources: int = LISTED,
    advance: Callable[[int], object] = lambda draws: None,
) -> Sensitivity:
    """Put every question of this package to one case.

    ``constraints`` are conditions such as ``capnon >= 0.5``; ``span`` says how far the bars of the tornado move;
    ``covariation`` how a row answers in the one-way functions (the tornado always keeps ratios). ``draws``
    posteriors are drawn with ``seed``; ``advance`` is told of draws done where they are many. Every publication is
    left out in turn, of which ``sources`` are listed (0 leaves none out).

    Raises InputError for a condition or an option that cannot be read, ImpossibleFindings for such findings.
    """
    if draws < FEWEST_DRAWS:
        raise InputError(f"{draws} draws are too few; take at least {FEWEST_DRAWS}")
    target, literature = question.target, literature_of(question.network)
    asked = [parse_constraint(text, target) for text in constraints]
    moved = parse_span(span) if isinstance(span, str) else span
    posterior = question.posterior
    check_scheme(covariation)
    derivatives = question.derivatives
    with _drawing(question, derivatives, literature, draws, seed, advance) as drawing:
        found = one_way(question, covariation, derivatives)
        proportional = found if covariation == "proportional" else one_way(question, "proportional", derivatives)
        order = tuple(ranking(posterior))
        rooted = not question.engine.network.parents[target.id]
        rest = partial(
            Sensitivity,
            question=question,
            posterior=posterior,
            order=order,
            one_way=found,
            leader_changes=changes_for(found, leader_conditions(posterior), KEPT_CHANGES),
            constraints=tuple(_answer(found, one) for one in asked),
            span=moved,
            bars=tornado(question, proportional, moved),
            priors=prior_effects(question, derivatives),
            prior_sets=prior_sets(question, question.prior_sets) if rooted else (),
            worst_case=worst_case(question, derivatives),
            left_out=leave_one_out(question, literature, sources) if literature and sources else None,
            literature=literature,
        )
        spread, shares = drawing.result()
    return rest(uncertainty=spread, importance=shares)


@contextmanager
def _drawing(
    question: Question,
    derivatives: Derivatives,
    literature: Publications | None,
    draws: int,
    seed: int,
    advance: Callable[[int], object],
) -> Iterator[Future[tuple[Uncertainty, ImportanceResult]]]:
    """Draws made meanwhile, which need the interpreter little; no more of them where that is broken off."""
    broken_off = Event()

    def goes_on(done: int) -> None:
        if broken_off.is_set():
            raise CancelledError
        advance(done)

    pool = ThreadPoolExecutor(1)
    drawing = pool.submit(_drawn, question, derivatives, literature, draws, seed, goes_on)
    pool.shutdown(wait=False)
    try:
        yield drawing
    except BaseException:
        broken_off.set()
        raise


def _drawn(
    question: Question,
    derivatives: Derivatives,
    literature: Publications | None,
    draws: int,
    seed: int,
    advance: Callable[[int], object],
) -> tuple[Uncertainty, ImportanceResult]:
    sample = Sample(question, seed=seed)
    return uncertainty(sample, draws, advance), importance(question, derivatives, sample, literature)


def _answer(found: OneWay, constraint: Constraint) -> ConstraintAnswer:
    if float(constraint.weights @ found.posterior) >= 0:
        return ConstraintAnswer(constraint, True, ())
    return ConstraintAnswer(constraint, False, changes_for(found, [constraint.weights], KEPT_CHANGES))
