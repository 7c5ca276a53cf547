"""An explanation in sentences. Each holds the numbers it rests on and names the sources behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bayesdx.analyses.explain.numbers.expected import Hint, Outlook, Separator, Typical
from bayesdx.analyses.explain.numbers.explanation import Explanation, Side
from bayesdx.analyses.explain.numbers.support import Statement, Support
from bayesdx.analyses.explain.numbers.weights import FindingWeight
from bayesdx.network import Variable
from bayesdx.report.blocks import Sentence
from bayesdx.words.numbers import percent
from bayesdx.words.phrases import (
    finding_phrase,
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
        start, end = e.waterfall[0].odds, e.waterfall[-1].odds
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
        named = [self._sources_of(row.finding, stated, (winner, loser))]
        named += [self._sources_of(name, e.question.stated.get(name), (winner, loser)) for name in row.implies]
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

    def lacking(self, row: Typical) -> Sentence:
        """What a typical case of the first diagnosis shows and this one does not."""
        e = self.explanation
        variable = self.variable(row.finding)
        here = "not stated" if row.stated is None else f"here: {state_phrase(variable, row.stated)}"
        claim = (
            f"{label_of(variable)}: {state_phrase(variable, row.state)}, given the other findings, in "
            f"{percent(row.shares[0])} of {called(e.first.label)} and {percent(row.shares[1])} of "
            f"{called(e.second.label)} ({here})."
        )
        return Sentence(claim, self.sources(row.finding, (row.state,), (e.first,)))

    def separator(self, row: Separator) -> Sentence:
        """What a missing finding would tell between the two."""
        e = self.explanation
        variable = self.variable(row.finding)
        one, two = row.best_for(0), row.best_for(1)
        claim = (
            f"{label_of(variable)}: {self._towards(variable, one, e.first, 0)}; "
            f"{self._towards(variable, two, e.second, 1)} ({row.separation:.2f} bits)."
        )
        return Sentence(claim, self.sources(row.finding, (one.state, two.state), (e.first, e.second)))

    def _towards(self, variable: Variable, outlook: Outlook, side: Side, number: int) -> str:
        ours, theirs = outlook.shares[number], outlook.shares[1 - number]
        weight = outlook.decibans if number == 0 else -outlook.decibans
        return (
            f"{state_phrase(variable, outlook.state)} would speak for {called(side.label)} "
            f"({percent(ours)} against {percent(theirs)}, {signed(weight)} dB)"
        )

    def hint(self, row: Hint) -> Sentence:
        """What would speak for another diagnosis."""
        e = self.explanation
        variable = self.variable(row.finding)
        label = self.label(row.diagnosis)
        other = Side(row.diagnosis, label, *row.probabilities, None)
        claim = (
            f"{label_of(variable)}: {state_phrase(variable, row.state)} would raise {label} from "
            f"{percent(row.probabilities[0])} to {percent(row.probabilities[1])}: {percent(row.shares[0])} of its "
            f"cases show it, given the other findings, and {percent(row.shares[1])} of "
            f"{called(e.first.label)} ({signed(row.decibans)} dB)."
        )
        return Sentence(claim, self.sources(row.finding, (row.state,), (other, e.first)))

    def _sources_of(self, finding: str, stated: object, sides: tuple[Side, ...]) -> str:
        return self.sources(finding, states_named(self.variable(finding), stated), sides)

    def sources(self, finding: str, states: tuple[str, ...], sides: tuple[Side, ...]) -> str:
        """The statements behind P(finding | diagnosis) of each side, or that there are none."""
        literature = self.explanation.literature
        if literature is None:
            return ""
        variable = self.variable(finding)
        wanted = variable.states if variable.cardinality == 2 else states
        parts = []
        assumptions: dict[str, None] = {}
        for side in sides:
            support = literature.support.get((finding, side.diagnosis))
            if support is not None:
                parts.append(f"{called(side.label)}: {self._statements(variable, wanted, support)}")
                network = self.explanation.question.network
                assumptions |= {assumption_words(network, one): None for one in support.assumptions}
        title = f"Sources on {mid_sentence(label_of(variable))}"
        if not parts:
            return f"{title}: none; an assumption."
        return f"{title}: {'; '.join(parts)}." + (f" Also {'; '.join(assumptions)}." if assumptions else "")

    def _statements(self, variable: Variable, states: tuple[str, ...], support: Support) -> str:
        if not support.statements:
            return "none, the average over all diagnoses is assumed"
        about = support.about(states)
        shown = (about or support.statements)[: self.named]
        said = [self._statement(variable, statement) for statement in shown]
        more = len(about or support.statements) - len(shown)
        said += [f"{more} more"] if more else []
        words = ", ".join(said)
        if not about:
            words = f"none on this state, but {words}"
        if support.base_share >= _MUCH_BASE:
            words += f" ({percent(support.base_share)} of this estimate is the average over all diagnoses)"
        return words

    def _statement(self, variable: Variable, statement: Statement) -> str:
        states = listed([state_phrase(variable, state) for state in statement.states] or [""], "or")
        form = f" ({statement.form.replace('_', ' ')})" if statement.form else ""
        source = self.cite(statement.source) if statement.source else "(assumption)"
        counted = statement.says[0].isdigit()
        return f"{states}{' in' if counted else ''} {statement.says}{form} {source}".strip()

    def conflict(self) -> list[str]:
        """Whether the findings disagree, and which."""
        conflict = self.explanation.conflict
        if conflict is None:
            return []
        stated = self.explanation.question.stated
        value = f"{conflict.total:+.2f} nats".replace("-", "−")
        if conflict.total <= 0:
            said = [f"The findings agree: together they are more usual than if they were independent ({value})."]
        elif conflict.explained:
            said = [
                f"The findings go together less often than if they were independent ({value}); the leading "
                f"diagnosis accounts for it, since they make it more probable by {conflict.gain:+.2f} nats."
            ]
        else:
            said = [f"The findings conflict ({value}), and the leading diagnosis does not resolve it: check them."]
        at_odds = [(name, part) for name, part in conflict.findings if part > 0.05][:_NAMED]
        if at_odds:
            named = [f"{self.phrase(name, stated.get(name))} ({part:+.2f})" for name, part in at_odds]
            said.append(f"Most at odds with the rest: {listed(named)}.")
        if conflict.total > 0:
            said += [
                f"{self.phrase(one, stated.get(one))} and {self.phrase(two, stated.get(two))} seldom go together "
                f"({part:+.2f} nats)."
                for one, two, part in conflict.pairs[:_NAMED]
                if part > 0.05
            ]
        return said


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
    name, probability = side.form
    return f" {short_form(name)} is the likeliest form of {called(side.label)} ({percent(probability)})."


def short_form(label: str) -> str:
    """The form's own name, without that of its diagnosis."""
    name = label.rpartition(": ")[2]
    return name[:1].upper() + name[1:]
