"""An explanation in sentences. Each holds the numbers it rests on and names the sources behind them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from bayesdx.analyses.explain.numbers.bearing import far_above, opposes, single_case
from bayesdx.analyses.explain.numbers.expected import TYPICAL, Hint, Outlook, Separator, Typical
from bayesdx.analyses.explain.numbers.explanation import Explanation, Side, likely_form
from bayesdx.analyses.explain.numbers.support import Statement, Support
from bayesdx.analyses.explain.numbers.weights import FindingWeight
from bayesdx.network import Variable
from bayesdx.report.blocks import Sentence
from bayesdx.words.numbers import percent
from bayesdx.words.phrases import (
    finding_phrase,
    form_name,
    label_of,
    listed,
    mid_sentence,
    ratio,
    short,
    signed,
    state_phrase,
    states_named,
    strength,
)
from bayesdx.words.provenance import assumption_words

#: Findings named as most at odds, and pairs of them.
_NAMED = 3
#: Share of the base from which a sentence says that its likelihood rests on it.
_MUCH_BASE = 0.5
#: Weights up to this many decibans, a likelihood ratio of 1.3, are not worth a sentence of their own.
NEGLIGIBLE = 10 * math.log10(1.3)
#: Conflicts below this many nats are not worth a sentence.
_WORTH_A_SENTENCE = 0.5

Cite = Callable[[str], str]


def by_key(key: str) -> str:
    """A citation by its key."""
    return f"[{key}]"


class Numbers:
    """Citations as numbers, in the order in which the sources are first cited."""

    def __init__(self) -> None:
        self.of: dict[str, int] = {}

    def __call__(self, key: str) -> str:
        return f"[{self.of.setdefault(key, len(self.of) + 1)}]"


@dataclass(frozen=True)
class Claim:
    """That ``side`` shows ``state`` in a ``share`` of cases that is above, or else below, ``bound``.

    Sources on ``states`` are named. ``state`` is None where several states are claimed together, or none: then no
    source points the other way.
    """

    side: Side
    states: tuple[str, ...]
    state: str | None = None
    share: float = 1.0
    bound: float = 0.0
    more: bool = True


@dataclass(frozen=True)
class Writer:
    """Writes the sentences of one explanation.

    ``cite`` says how a source is cited; ``named`` statements are named for each diagnosis, those of the greatest
    weight.
    """

    explanation: Explanation
    cite: Cite = by_key
    named: int = 3

    def variable(self, finding: str) -> Variable:
        """The variable of a finding."""
        return self.explanation.question.engine.network.variable(finding)

    def label(self, diagnosis: str) -> str:
        """A diagnosis as it stands inside a sentence."""
        target = self.explanation.question.target
        return called(target.state_label(target.states.index(diagnosis)))

    def phrase(self, finding: str, stated: object) -> str:
        """A finding as stated."""
        return finding_phrase(self.explanation.question.engine.network, finding, stated)

    def summary(self) -> str:
        """Who leads, and how the odds between the two moved."""
        e = self.explanation
        first, second = e.first, e.second
        start, end = e.waterfall[0].log_odds, e.waterfall[-1].log_odds
        leads = "leads" if e.leads else f"does not lead ({self.label(e.leader)} does)"
        return (
            f"{first.label} ({percent(first.probability)}) {leads}; {mid_sentence(second.label)} has "
            f"{percent(second.probability)}. The findings move the odds of the first against the second from "
            f"{odds(start)} ({signed(start)} dB) before any finding to {odds(end)} ({signed(end)} dB)."
            + _form(first)
            + _form(second)
        )

    def weight(self, row: FindingWeight) -> Sentence:
        """What one finding says for one of the two against the other."""
        e = self.explanation
        winner, loser = (e.first, e.second) if row.decibans >= 0 else (e.second, e.first)
        shares = row.likelihoods if row.decibans >= 0 else row.likelihoods[::-1]
        stated = row.stated
        implied = [self.phrase(name, e.question.stated.get(name)) for name in row.implies]
        together = f" (with {listed(implied)}, which it entails)" if implied else ""
        if isinstance(stated, Mapping):
            how_often = f"its mean weight is {shares[0]:.2g} in {{}} and {shares[1]:.2g} in {{}}"
        else:
            how_often = f"it is expected in {percent(shares[0])} of cases of {{}} and {percent(shares[1])} of {{}}"
        names = called(winner.label), called(loser.label)
        claim = (
            f"{self.phrase(row.finding, stated)}{together} speaks for {names[0]}: given the other findings, "
            f"{how_often.format(*names)} (likelihood ratio {ratio(abs(row.decibans))}, {signed(abs(row.decibans))} "
            f"dB, {strength(row.decibans)})."
        )
        states = states_named(self.variable(row.finding), stated)
        state = states[0] if len(states) == 1 else None
        claims = Claim(winner, states, state, *shares), Claim(loser, states, state, *shares[::-1], more=False)
        named = [self.sources(row.finding, claims)]
        for name in row.implies:
            entailed = states_named(self.variable(name), e.question.stated.get(name))
            named.append(self.sources(name, (Claim(winner, entailed), Claim(loser, entailed))))
        return Sentence(claim, " ".join(named))

    def little(self, rows: Iterable[FindingWeight]) -> str:
        """The findings that say next to nothing, in one sentence."""
        named = [f"{self.phrase(row.finding, row.stated)} ({signed(row.decibans)} dB)" for row in rows]
        return f"{listed(named)} {'says' if len(named) == 1 else 'say'} next to nothing between the two."

    def left_out(self) -> str:
        """The findings without which another diagnosis would lead."""
        e = self.explanation
        first = called(e.first.label)
        rows = [row for row in e.weights if row.leader_without != e.leader]
        if not rows:
            return "No single finding, left out, changes the leading diagnosis."
        named = [
            f"{self.phrase(row.finding, row.stated)} ({self.label(row.leader_without)}; {first} "
            f"{percent(row.without[0])})"
            for row in rows
        ]
        return f"Another diagnosis would lead without {listed(named, 'or without')}."

    def lacking(self, row: Typical) -> Sentence | None:
        """What a typical case of the first diagnosis shows and this one does not; None where no source says so."""
        e = self.explanation
        if not self.spoken(row.finding, row.state, e.first):
            return None
        variable = self.variable(row.finding)
        here = "not stated" if row.stated is None else f"here: {state_phrase(variable, row.stated)}"
        claim = (
            f"{label_of(variable)}: {state_phrase(variable, row.state)}, given the other findings, in "
            f"{percent(row.shares[0])} of cases of {called(e.first.label)} and {percent(row.shares[1])} of "
            f"{called(e.second.label)} ({here})."
        )
        return Sentence(
            claim, self.sources(row.finding, (Claim(e.first, (row.state,), row.state, row.shares[0], TYPICAL),))
        )

    def separator(self, row: Separator) -> Sentence | None:
        """What a missing finding would tell between the two.

        A state is offered when it weighs something and a source speaks of it in the diagnosis that it favours;
        None where none is.
        """
        e = self.explanation
        variable = self.variable(row.finding)
        sides = e.first, e.second
        best = [(number, row.best_for(number)) for number in (0, 1)]
        told = [
            (n, o) for n, o in best if abs(o.decibans) > NEGLIGIBLE and self.spoken(row.finding, o.state, sides[n])
        ]
        if not told:
            return None
        towards = "; ".join(self._towards(variable, outlook, sides[n], n) for n, outlook in told)
        states = tuple(outlook.state for _, outlook in told)
        claims = [Claim(sides[n], states, o.state, o.shares[n], o.shares[1 - n]) for n, o in told]
        if len(told) == 1:
            ((n, _),) = told
            claims.append(
                replace(claims[0], side=sides[1 - n], share=claims[0].bound, bound=claims[0].share, more=False)
            )
            claims = claims[:: -1 if n else 1]
        claim = f"{label_of(variable)}: {towards} ({row.separation:.2f} bits)."
        return Sentence(claim, self.sources(row.finding, claims))

    def _towards(self, variable: Variable, outlook: Outlook, side: Side, number: int) -> str:
        ours, theirs = outlook.shares[number], outlook.shares[1 - number]
        weight = outlook.decibans if number == 0 else -outlook.decibans
        return (
            f"{state_phrase(variable, outlook.state)} would speak for {called(side.label)} "
            f"({percent(ours)} against {percent(theirs)}, {signed(weight)} dB)"
        )

    def hint(self, row: Hint) -> Sentence | None:
        """What would speak for another diagnosis; None where no source speaks of it in that diagnosis."""
        e = self.explanation
        variable = self.variable(row.finding)
        label = self.label(row.diagnosis)
        question = e.question
        form = likely_form(question, question.findings, question.target.state_index(row.diagnosis))
        other = Side(row.diagnosis, label, *row.probabilities, form)
        if not self.spoken(row.finding, row.state, other):
            return None
        claim = (
            f"{label_of(variable)}: {state_phrase(variable, row.state)} would raise {label} from "
            f"{percent(row.probabilities[0])} to {percent(row.probabilities[1])}: {percent(row.shares[0])} of its "
            f"cases show it, given the other findings, and {percent(row.shares[1])} of "
            f"{called(e.first.label)} ({signed(row.decibans)} dB)."
        )
        claims = (
            Claim(other, (row.state,), row.state, *row.shares),
            Claim(e.first, (row.state,), row.state, *row.shares[::-1], more=False),
        )
        return Sentence(claim, self.sources(row.finding, claims))

    def spoken(self, finding: str, state: str, side: Side) -> bool:
        """Whether a source, or a definition, speaks of the state in the form of ``side`` that is likely here.

        True where the sources are not known.
        """
        literature = self.explanation.literature
        if literature is None:
            return True
        support = literature.support.get((finding, side.diagnosis))
        if support is None:
            return False
        about = support.about(_wanted(self.variable(finding), (state,)))
        if not about:
            return "definition" in support.assumptions
        return any(not self._another_form(side, statement) for statement in about)

    def _another_form(self, side: Side, statement: Statement) -> bool:
        literature = self.explanation.literature
        assert literature is not None
        if side.form is None or not statement.form:
            return False
        return statement.form not in literature.form_words[side.form[0]]

    def sources(self, finding: str, claims: Iterable[Claim]) -> str:
        """The statements behind P(finding | diagnosis) of each claim, or that there are none."""
        literature = self.explanation.literature
        if literature is None:
            return ""
        variable = self.variable(finding)
        parts = []
        assumptions: dict[str, None] = {}
        for claim in claims:
            support = literature.support.get((finding, claim.side.diagnosis))
            if support is not None:
                parts.append(f"{called(claim.side.label)}: {self._statements(variable, claim, support)}")
                network = self.explanation.question.network
                assumptions |= {assumption_words(network, one): None for one in support.assumptions}
        title = f"Sources on {mid_sentence(label_of(variable))}"
        if not parts:
            return f"{title}: none; an assumption."
        return f"{title}: {'; '.join(parts)}." + (f" Also {'; '.join(assumptions)}." if assumptions else "")

    def _statements(self, variable: Variable, claim: Claim, support: Support) -> str:
        if not support.statements:
            if "definition" in support.assumptions:
                return "no source speaks of it, its definition and the average over all diagnoses are assumed"
            return "no source speaks of it, the average over all diagnoses is assumed"
        about = support.about(_wanted(variable, claim.states))
        if not about:
            claim = replace(claim, state=None)
        ranked = sorted(about or support.statements, key=lambda s: self._another_form(claim.side, s))
        shown, rest = ranked[: self.named], ranked[self.named :]
        said = [self._statement(variable, claim, statement) for statement in shown]
        if rest:
            opposed = sum(self._opposes(variable, claim, statement) for statement in rest)
            which = "" if not opposed else f" ({opposed} pointing the other way)"
            said.append(f"{len(rest)} more{which}")
        words = ", ".join(said)
        if not about:
            what = "this state" if len(claim.states) == 1 else "these states"
            words = f"no source speaks of {what}, but {words}"
        elif self._another_form(claim.side, ranked[0]):
            words = f"no source speaks of it in the likeliest form, but {words}"
        elif len(about) == 1 and single_case(about[0]):
            words += ", a single case"
        if support.base_share >= _MUCH_BASE:
            words += f" ({percent(support.base_share)} of this estimate is the average over all diagnoses)"
        return words

    def _opposes(self, variable: Variable, claim: Claim, statement: Statement) -> bool:
        return claim.state is not None and opposes(statement, claim.state, variable.states, claim.bound, claim.more)

    def _statement(self, variable: Variable, claim: Claim, statement: Statement) -> str:
        states = listed([state_phrase(variable, state) for state in statement.states] or [""], "or")
        form = self._form(claim.side.diagnosis, statement.form)
        if form:
            form = f" (another form: {form})" if self._another_form(claim.side, statement) else f" ({form})"
        source = self.cite(statement.source) if statement.source else "(assumption)"
        remark = self._remark(variable, claim, statement)
        return f"{states}{_how_often(statement)}{form} {source}{remark}".strip()

    def _remark(self, variable: Variable, claim: Claim, statement: Statement) -> str:
        if self._opposes(variable, claim, statement):
            return " (pointing the other way)"
        if claim.state is None or not far_above(statement, claim.state, variable.states, claim.share):
            return ""
        what = "" if claim.state in statement.states else f"{state_phrase(variable, claim.state)} "
        return f" ({what}far above the estimate)"

    def _form(self, diagnosis: str, form: str) -> str:
        """A form that a statement names, as the network calls it where it knows it."""
        forms = self.explanation.question.network.variable("form")
        state = f"{diagnosis}.{form}"
        known = state in forms.states
        name = forms.state_label(forms.states.index(state)).rpartition(": ")[2] if known else form
        return form_name(name.replace("_", " "))

    def conflict(self) -> list[str]:
        """Whether the findings disagree, and which."""
        conflict = self.explanation.conflict
        if conflict is None:
            return []
        stated = self.explanation.question.stated
        value = f"{conflict.total:+.2f} nats".replace("-", "−")
        if conflict.total <= 0:
            said = [f"The findings agree: together they are more usual than if they were independent ({value})."]
        elif conflict.total < _WORTH_A_SENTENCE:
            said = [f"The findings go together about as often as if they were independent ({value})."]
        elif conflict.explained:
            said = [
                f"The findings go together less often than if they were independent ({value}); the leading "
                f"diagnosis accounts for it, since they make it more probable by {conflict.gain:+.2f} nats."
            ]
        else:
            said = [f"The findings conflict ({value}), and the leading diagnosis does not resolve it: check them."]
        at_odds = [(name, part) for name, part in conflict.findings if part >= _WORTH_A_SENTENCE][:_NAMED]
        if at_odds:
            named = [f"{self.phrase(name, stated.get(name))} ({part:+.2f})" for name, part in at_odds]
            said.append(f"Most at odds with the rest: {listed(named)}.")
        said += [
            f"{self.phrase(one, stated.get(one))} and {self.phrase(two, stated.get(two))} seldom go together "
            f"({part:+.2f} nats)."
            for one, two, part in conflict.pairs[:_NAMED]
            if part >= _WORTH_A_SENTENCE
        ]
        return said


def _wanted(variable: Variable, states: tuple[str, ...]) -> tuple[str, ...]:
    """The states of which sources are named: of two states, one tells the other."""
    return variable.states if variable.cardinality == 2 else states


def _how_often(statement: Statement) -> str:
    """Such as `` in 3 of 8``, `` in one published case`` or `` "often"``."""
    if single_case(statement):
        none = statement.says.startswith("0 ")
        return " not in one published case" if none else " in one published case"
    says = statement.says.replace(" cases", " published cases")
    return f"{' in' if says[0].isdigit() else ''} {says}"


def called(label: str) -> str:
    """A diagnosis inside a sentence, by its abbreviation when it has one."""
    return mid_sentence(short(label))


def odds(decibans: float) -> str:
    """Odds as a ratio to 1.

    >>> odds(0.0), odds(10.0), odds(-10.0)
    ('1 : 1', '10 : 1', '1 : 10')
    """
    shown = ratio(abs(decibans)).replace("1.0", "1")
    return f"{shown} : 1" if decibans >= 0 else f"1 : {shown}"


def _form(side: Side) -> str:
    if side.form is None:
        return ""
    label, probability = side.form
    name = form_name(mid_sentence(label.rpartition(": ")[2]))
    return f" The likeliest form of {called(side.label)} is {name} ({percent(probability)})."
