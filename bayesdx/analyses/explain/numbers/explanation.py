"""Why this diagnosis and not that one: weights, waterfall, conflict, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass

from bayesdx.analyses.answer import Answer
from bayesdx.analyses.explain.numbers.conflict import Conflict, trace_conflict
from bayesdx.analyses.explain.numbers.expected import (
    Hint,
    Separator,
    Typical,
    hints,
    separators,
    typical_but_lacking,
)
from bayesdx.analyses.explain.numbers.grounds import Grounds
from bayesdx.analyses.explain.numbers.support import Literature, Support, literature_of
from bayesdx.analyses.explain.numbers.weights import (
    NEGLIGIBLE,
    Context,
    FindingWeight,
    Pair,
    Rung,
    context_of,
    finding_weights,
    waterfall,
)
from bayesdx.analyses.question import Question, words
from bayesdx.errors import InputError
from bayesdx.inference.results import leading, ranking

#: The state that stands for whatever a network does not name: nobody asks why it is not that.
RESIDUAL = "other"


@dataclass(frozen=True)
class Side:
    """One of the two diagnoses that are compared.

    ``probability`` and ``prior`` are P(diagnosis | findings) and P(diagnosis); ``form`` is its most probable form
    (subtype) with its probability given diagnosis and findings, None when it has only one.
    """

    diagnosis: str
    label: str
    probability: float
    prior: float
    form: tuple[str, float] | None


@dataclass(frozen=True)
class Bearing:
    """The weights of an explanation by what they are good for, the strongest first.

    ``pro`` and ``contra`` speak for and against the first diagnosis. ``averaged`` would, but the diagnosis that
    they favour owes them to the average over all diagnoses: no source speaks of them there. ``slight`` say next to
    nothing.
    """

    pro: tuple[FindingWeight, ...]
    contra: tuple[FindingWeight, ...]
    averaged: tuple[FindingWeight, ...]
    slight: tuple[FindingWeight, ...]


@dataclass(frozen=True, eq=False)
class Explanation(Answer):
    """Why ``first`` rather than ``second``; weights are for the first against the second.

    ``leader`` is the most probable diagnosis, which ``first`` is unless a pair was named. ``weights``: each finding
    in context, the strongest for ``first`` first. ``waterfall``: from prior to posterior. ``lacking``: typical of
    ``first``, not shown by the case. ``separators``: missing findings that would tell the two apart. ``hints``:
    missing findings that would raise a third diagnosis. ``grounds`` decide which of these claims count, by the
    sources behind them.
    """

    question: Question
    first: Side
    second: Side
    leader: str
    weights: tuple[FindingWeight, ...]
    waterfall: tuple[Rung, ...]
    conflict: Conflict | None
    lacking: tuple[Typical, ...]
    separators: tuple[Separator, ...]
    hints: tuple[Hint, ...]
    grounds: Grounds

    @property
    def literature(self) -> Literature | None:
        """None for a network that was not built from the installed facts."""
        return self.grounds.literature

    @property
    def leads(self) -> bool:
        """Whether ``first`` is the leading diagnosis."""
        return self.first.diagnosis == self.leader

    @property
    def against(self) -> tuple[FindingWeight, ...]:
        """The findings that speak against ``first``, the strongest first."""
        return tuple(row for row in reversed(self.weights) if row.decibans < 0.0)

    def bearing(self) -> Bearing:
        """Which of the weights speak for and against ``first``, and which do not count one by one."""
        strong = [row for row in self.weights if abs(row.decibans) > NEGLIGIBLE]
        spoken = [row for row in strong if self._spoken(row)]
        return Bearing(
            pro=tuple(row for row in spoken if row.decibans > 0),
            contra=tuple(row for row in reversed(spoken) if row.decibans < 0),
            averaged=tuple(row for row in strong if row not in spoken),
            slight=tuple(row for row in self.weights if abs(row.decibans) <= NEGLIGIBLE),
        )

    def _spoken(self, row: FindingWeight) -> bool:
        """Whether the literature speaks of a finding, or one that it entails, in the diagnosis that it favours."""
        favoured = self.first if row.decibans > 0 else self.second
        network = self.question.engine.network
        for finding in (row.finding, *row.implies):
            weights = self.question.findings[finding]
            variable = network.variable(finding)
            states = [state for state, weight in zip(variable.states, weights, strict=True) if weight > 0]
            if self.grounds.spoken(finding, states, favoured.diagnosis):
                return True
        return False

    def support(self) -> tuple[Support, ...]:
        """The support of every likelihood that the answer names, finding by finding."""
        if self.literature is None:
            return ()
        pair = (self.first.diagnosis, self.second.diagnosis)
        findings = [name for row in self.weights for name in (row.finding, *row.implies)]
        findings += [row.finding for row in self.lacking] + [row.finding for row in self.separators]
        named = [(finding, diagnosis) for finding in findings for diagnosis in pair]
        named += [(hint.finding, hint.diagnosis) for hint in self.hints]
        known = self.literature.support
        return tuple(known[key] for key in dict.fromkeys(named) if key in known)

    def references(self) -> dict[str, str]:
        assert self.literature is not None
        keys = {statement.source for support in self.support() for statement in support.statements}
        return {key: reference for key, reference in self.literature.references.items() if key in keys}


def explain(question: Question, *, versus: str | None = None, pair: tuple[str, str] | None = None) -> Explanation:
    """Weigh every finding for the leading diagnosis against the runner-up, passing over RESIDUAL.

    ``versus`` names another diagnosis to compare the leader with, ``pair`` both diagnoses. Raises InputError for
    a diagnosis that is unknown, compared with itself, or impossible given the findings, and ImpossibleFindings
    when the findings cannot occur together.
    """
    context = context_of(question)
    leader = int(leading(context.posterior))
    chosen = _pair(question, context, versus, pair)
    states = question.target.states
    grounds = Grounds(question, context, literature_of(question.engine.network))
    first, second = (_about(question, context, diagnosis, grounds) for diagnosis in chosen)
    return Explanation(
        question=question,
        first=first,
        second=second,
        leader=states[leader],
        weights=finding_weights(question, context, chosen),
        waterfall=waterfall(question, context, chosen),
        conflict=trace_conflict(question, context, leader),
        lacking=typical_but_lacking(question, context, chosen, grounds),
        separators=separators(question, context, chosen, grounds),
        hints=hints(question, context, chosen, grounds),
        grounds=grounds,
    )


def _pair(question: Question, context: Context, versus: str | None, pair: tuple[str, str] | None) -> Pair:
    if versus is not None and pair is not None:
        raise InputError("give either one diagnosis to compare the leader with, or a pair, not both")
    target = question.target
    order = ranking(context.posterior)
    if pair is not None:
        first, second = (target.state_index(name) for name in pair)
    else:
        first, *others = order
        if not others:
            raise InputError(f"'{target.id}' has a single state: there is nothing to compare it with")
        others = [t for t in others if target.states[t] != RESIDUAL and context.posterior[t] > 0.0] or others
        second = others[0] if versus is None else target.state_index(versus)
    if first == second:
        raise InputError(
            f"'{target.states[first]}'{'' if pair else ', which leads,'} cannot be compared with itself: "
            "name another diagnosis"
        )
    for diagnosis in (first, second):
        if not context.posterior[diagnosis] > 0.0:
            raise _impossible(question, context, diagnosis)
    return first, second


def _impossible(question: Question, context: Context, diagnosis: int) -> InputError:
    name = question.target.states[diagnosis]
    if question.prior_probabilities[diagnosis] == 0.0:
        return InputError(
            f"'{name}' has probability 0 in the prior set '{question.prior}': there is nothing to weigh"
        )
    named = [
        f"{finding}={words(question.stated.get(finding, '?'))}"
        for finding in context.weights
        if context.tables[finding][diagnosis].any()
    ]
    return InputError(
        f"'{name}' is impossible given the findings ({' and '.join(named) or 'the findings together'}): there is "
        "nothing to weigh"
    )


def _about(question: Question, context: Context, diagnosis: int, grounds: Grounds) -> Side:
    target = question.target
    return Side(
        diagnosis=target.states[diagnosis],
        label=target.state_label(diagnosis),
        probability=float(context.posterior[diagnosis]),
        prior=float(question.prior_probabilities[diagnosis]),
        form=grounds.form(target.states[diagnosis]),
    )
