"""What the impression of a report rests on: who leads and how clearly, what speaks for it, what would tell more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from bayesdx.analyses.answer import Answer
from bayesdx.analyses.explain.numbers.explanation import RESIDUAL, Bearing, Explanation, explain
from bayesdx.analyses.explain.numbers.weights import NEGLIGIBLE
from bayesdx.analyses.once import sharing
from bayesdx.analyses.query.numbers.differential import QueryResult, RankedDiagnosis, query
from bayesdx.analyses.question import Question
from bayesdx.analyses.sensitivity.numbers.priors import PriorSetAnswer, other_leaders
from bayesdx.analyses.what_if.numbers.costs import done_examinations
from bayesdx.analyses.what_if.numbers.worth import LIKELY, FindingValue, finding_values
from bayesdx.case import Case

#: How clearly a diagnosis leads. ``prior``: there are no findings. ``alone``: no other is possible.
Band = Literal["prior", "alone", "consistent", "favoured", "leads", "open"]
#: The scale: probability, and lower end of the interval where there is one, from which a band is reached.
SCALE: tuple[tuple[Band, float, float], ...] = (
    ("consistent", 0.9, 0.5),
    ("favoured", 0.5, 0.1),
    ("leads", 0.2, 0.0),
)
#: Who leads is this many times as probable as the next at least: by more than a weight that is negligible.
CLEAR = 10 ** (NEGLIGIBLE / 10)
#: Probability from which others are named in the differential, two at most; of less, one that has the second share.
NAMED, MENTIONED = 0.05, 0.01
#: What rounding leaves of a probability that reaches a band exactly.
_ROUNDING = 1e-9
#: A case with fewer findings than this states hardly anything.
SCANT = 5
#: Rise of the leader from which a finding is said to raise it.
_RISE = 0.01


class Outcome(NamedTuple):
    """What a state of the next finding would do: its chance, and P(diagnosis) then.

    The diagnosis is the present leader, or another that ``leads`` then.
    """

    state: str
    chance: float
    diagnosis: str
    probability: float
    leads: bool


@dataclass(frozen=True, eq=False)
class Impression(Answer):
    """The differential of a case with what an impression says of it.

    ``explanation`` weighs the leader against the runner-up, or the rival that was named; None where nothing is to
    be weighed. ``open`` are the findings not yet seen, the most informative first. ``elsewhere`` holds the prior
    sets under which another diagnosis (index) leads.
    """

    case: Case
    query: QueryResult
    explanation: Explanation | None
    open: tuple[FindingValue, ...]
    elsewhere: Mapping[int, list[PriorSetAnswer]]

    @property
    def question(self) -> Question:
        return self.query.question

    @property
    def leader(self) -> RankedDiagnosis:
        return self.query.leader

    @property
    def unlisted(self) -> bool:
        """Whether the state that stands for all that the network does not name leads."""
        return self.leader.diagnosis == RESIDUAL

    @property
    def lowered(self) -> bool:
        """Whether the findings make the leader no more probable than it was: it leads by the prior."""
        return self.leader.probability <= self.leader.prior

    @property
    def unexplained(self) -> bool:
        """Whether the findings are unusual for every diagnosis of the network."""
        surprise = self.query.surprise
        return surprise is not None and surprise.unusual and not surprise.better

    @cached_property
    def band(self) -> Band:
        """How clearly the leader leads, by SCALE and CLEAR.

        Findings that conflict, or are unusual for the leader, leave it no more than ``leads``; where another
        prior set has another leader, it is no more than ``favoured``.
        """
        if not self.question.findings:
            return "prior"
        rows = self.query.posterior
        if not any(row.probability > 0.0 for row in rows[1:]):
            return "alone"
        surprise = self.query.surprise
        barred: set[Band] = {"consistent"} if self.elsewhere else set()
        if self.query.unresolved or (surprise is not None and surprise.unusual):
            barred |= {"consistent", "favoured"}
        low = 1.0 if self.leader.interval is None else self.leader.interval[0]
        probability = self.leader.probability * (1.0 + _ROUNDING)
        if probability >= CLEAR * rows[1].probability:
            for band, least, lowest in SCALE:
                if probability >= least and low >= lowest and band not in barred:
                    return band
        return "open"

    @cached_property
    def differential(self) -> tuple[RankedDiagnosis, ...]:
        """The diagnoses after the leader named: two from NAMED, else one from MENTIONED; none of a prior."""
        if not self.question.findings:
            return ()
        others = self.query.posterior[1:]
        return tuple(row for row in others[:2] if row.probability >= NAMED) or tuple(
            row for row in others[:1] if row.probability >= MENTIONED
        )

    @cached_property
    def bearing(self) -> Bearing | None:
        """The findings that speak for and against the leader, as ``explain`` counts them."""
        return None if self.explanation is None else self.explanation.bearing()

    @property
    def scant(self) -> bool:
        """Whether the case states hardly anything, and more could be seen."""
        return len(self.question.findings) < SCANT and bool(self.open)

    @property
    def next(self) -> FindingValue | None:
        """The most informative finding not yet seen; None where nothing is left to tell."""
        return self.open[0] if self.open and self.band != "alone" else None

    @property
    def change(self) -> float:
        """The largest chance that a single finding, once seen, lets another diagnosis lead."""
        return max((value.leader_change for value in self.open), default=0.0)

    @property
    def settled(self) -> bool:
        """Whether the leader has most of the probability and no single finding is likely to change that."""
        return self.band == "alone" or (self.leader.probability >= SCALE[0][1] and self.change < LIKELY)

    @property
    def done(self) -> bool:
        """Whether the examination that shows the next finding is done, or any shows it."""
        value = self.next
        if value is None or not value.variable.examination or value.variable.kind == "location":
            return True
        return value.variable.examination in done_examinations(self.question)

    @cached_property
    def outcomes(self) -> tuple[Outcome, ...]:
        """What the next finding may show: what raises the leader most, and what speaks most likely against it.

        Of the states that are LIKELY enough to be met with; none where nothing is known yet. The second is the
        likeliest that lets another diagnosis lead, else the one that lowers the leader most.
        """
        value = self.next
        if value is None or self.band == "prior":
            return ()
        leader = self.question.target.states.index(self.leader.diagnosis)
        now = self.leader.probability
        likely = [k for k in range(value.variable.cardinality) if value.predictive[k] >= LIKELY]
        shares = {k: float(value.posteriors[k][leader]) for k in likely}
        found: list[Outcome] = []
        rising = [k for k in likely if shares[k] >= now + _RISE and value.leader_under(k) == leader]
        if rising:
            found.append(self._outcome(value, max(rising, key=lambda k: shares[k]), leader))
        changing = [k for k in likely if value.leader_under(k) != leader]
        lowering = [k for k in likely if shares[k] <= now - _RISE]
        if changing:
            state = max(changing, key=lambda k: value.predictive[k])
            found.append(self._outcome(value, state, value.leader_under(state)))
        elif lowering:
            found.append(self._outcome(value, min(lowering, key=lambda k: shares[k]), leader))
        return tuple(found)

    def _outcome(self, value: FindingValue, state: int, diagnosis: int) -> Outcome:
        return Outcome(
            state=value.variable.states[state],
            chance=float(value.predictive[state]),
            diagnosis=value.target.states[diagnosis],
            probability=float(value.posteriors[state][diagnosis]),
            leads=value.target.states[diagnosis] != self.leader.diagnosis,
        )


def impression(question: Question, *, case: Case, versus: str | None = None) -> Impression:
    """Ask what an impression holds; ``case`` is that of the question, for its id and age.

    ``versus`` names the diagnosis that the leader is weighed against, in place of the runner-up. Raises
    ImpossibleFindings when the findings cannot occur together, and InputError for ``versus`` as ``explain`` does.
    """
    question = sharing(question)
    answer = query(question)
    rivals = bool(question.findings) and any(row.probability > 0.0 for row in answer.posterior[1:])
    return Impression(
        case=case,
        query=answer,
        explanation=explain(question, versus=versus) if rivals or versus is not None else None,
        open=finding_values(question, question.posterior)[0],
        elsewhere=other_leaders(question),
    )
