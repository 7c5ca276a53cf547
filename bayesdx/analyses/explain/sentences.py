"""An explanation in sentences. Each holds the numbers it rests on and names the sources behind them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bayesdx.analyses.explain.numbers.expected import TYPICAL, Hint, Outlook, Separator, Typical
from bayesdx.analyses.explain.numbers.explanation import Explanation, Side
from bayesdx.analyses.explain.numbers.weights import FindingWeight
from bayesdx.analyses.explain.sources import Cite, Claim, Sources, by_key, form_of
from bayesdx.network import Variable
from bayesdx.report.blocks import Sentence
from bayesdx.words.numbers import percent
from bayesdx.words.phrases import (
    called,
    finding_phrase,
    is_unusual,
    listed,
    mid_sentence,
    nats,
    ratio,
    signed,
    state_phrase,
    states_named,
    strength,
    title_of,
)

#: Findings named as most at odds, and pairs of them.
_NAMED = 3
#: Conflicts below this many nats are not worth a sentence.
_WORTH_A_SENTENCE = 0.5


@dataclass(frozen=True)
class Writer:
    """Writes the sentences of one explanation.

    ``cite`` says how a source is cited; ``named`` statements are named for each diagnosis, those of the greatest
    weight.
    """

    explanation: Explanation
    cite: Cite = by_key
    named: int = 3

    def _sources(self, finding: str, claims: Iterable[Claim]) -> str:
        return Sources(self.explanation, self.cite, self.named).behind(finding, claims)

    def variable(self, finding: str) -> Variable:
        """The variable of a finding."""
        return self.explanation.question.engine.network.variable(finding)

    def label(self, diagnosis: str) -> str:
        """A diagnosis as it stands inside a sentence."""
        target = self.explanation.question.target
        return called(target, diagnosis)

    def phrase(self, finding: str, stated: object) -> str:
        """A finding as stated."""
        return finding_phrase(self.explanation.question.engine.network, finding, stated)

    def inside(self, finding: str, stated: object) -> str:
        """A finding as stated, inside a sentence."""
        phrase = self.phrase(finding, stated)
        return mid_sentence(phrase) if self.variable(finding).label else phrase

    def summary(self) -> str:
        """Who leads, and how the odds between the two moved."""
        e = self.explanation
        first, second = e.first, e.second
        start, end = e.waterfall[0].log_odds, e.waterfall[-1].log_odds
        leads = "leads" if e.leads else f"does not lead ({self.label(e.leader)} does)"
        return (
            f"{first.label} ({percent(first.probability)}) {leads}; {self.label(second.diagnosis)} has "
            f"{percent(second.probability)}. The findings move the odds of the first against the second from "
            f"{odds(start)} ({signed(start)} dB) before any finding to {odds(end)} ({signed(end)} dB)."
            + self._likeliest(first)
            + self._likeliest(second)
        )

    def _likeliest(self, side: Side) -> str:
        if side.form is None:
            return ""
        label, probability = self.label(side.diagnosis), percent(side.form[1])
        if is_unusual(side.form[0]):
            return f" As {label}, it most likely has an unusual picture ({probability})."
        form = form_of(side)
        return f" The likeliest form of {label} is {form} ({probability})." if form else ""

    def weight(self, row: FindingWeight) -> Sentence:
        """What one finding says for one of the two against the other."""
        e = self.explanation
        winner, loser = (e.first, e.second) if row.decibans >= 0 else (e.second, e.first)
        shares = row.likelihoods if row.decibans >= 0 else row.likelihoods[::-1]
        stated = row.stated
        implied = [self.inside(name, e.question.stated.get(name)) for name in row.implies]
        together = f" (with {listed(implied)}, which it entails)" if implied else ""
        if isinstance(stated, Mapping):
            how_often = f"its mean weight is {shares[0]:.2g} in {{}} and {shares[1]:.2g} in {{}}"
        else:
            how_often = f"it is expected in {percent(shares[0])} of cases of {{}} and {percent(shares[1])} of {{}}"
        names = self.label(winner.diagnosis), self.label(loser.diagnosis)
        claim = (
            f"{self.phrase(row.finding, stated)}{together} speaks for {names[0]}: given the other findings, "
            f"{how_often.format(*names)} (likelihood ratio {ratio(abs(row.decibans))}, {signed(abs(row.decibans))} "
            f"dB, {strength(row.decibans)})."
        )
        states = states_named(self.variable(row.finding), stated)
        state = states[0] if len(states) == 1 else None
        claims = Claim(winner, states, state, *shares), Claim(loser, states, state, *shares[::-1], more=False)
        named = [self._sources(row.finding, claims)]
        for name in row.implies:
            entailed = states_named(self.variable(name), e.question.stated.get(name))
            named.append(self._sources(name, (Claim(winner, entailed), Claim(loser, entailed))))
        return Sentence(claim, " ".join(named))

    def little(self, rows: Iterable[FindingWeight]) -> str:
        """The findings that say next to nothing, in one sentence."""
        named = self._weighed(rows)
        return f"{listed(named)} {'says' if len(named) == 1 else 'say'} next to nothing between the two."

    def averaged(self, rows: Iterable[FindingWeight]) -> str:
        """The findings that weigh by averages only, in one sentence."""
        named = self._weighed(rows)
        said = "weighs" if len(named) == 1 else "weigh"
        return (
            f"{listed(named)} {said} by the average over all diagnoses: no source on such lesions speaks of "
            f"{'it' if len(named) == 1 else 'them'} in the diagnosis favoured."
        )

    def _weighed(self, rows: Iterable[FindingWeight]) -> list[str]:
        """Findings with their weights; the first begins a sentence."""
        said = (self.inside if number else self.phrase for number in itertools.count())
        return [
            f"{words(row.finding, row.stated)} ({signed(row.decibans)} dB)"
            for words, row in zip(said, rows, strict=False)
        ]

    def left_out(self) -> str:
        """The findings without which another diagnosis would lead."""
        e = self.explanation
        without: dict[str, list[str]] = {}
        for row in e.weights:
            if row.leader_without != e.leader:
                without.setdefault(row.leader_without, []).append(self.inside(row.finding, row.stated))
        if not without:
            return "No single finding, left out, changes the leading diagnosis."
        said: list[str] = []
        for leader, rows in without.items():
            one_of = {1: "", 2: "either of "}.get(len(rows), "any one of ")
            without_them = f"{'without' if said else 'Without'} {one_of}{listed(rows)}"
            said.append(f"{without_them}, {self.label(leader)} would lead")
        return f"{'; '.join(said)}."

    def lacking(self, row: Typical) -> Sentence:
        """What a typical case of the first diagnosis shows and this one does not."""
        e = self.explanation
        variable = self.variable(row.finding)
        here = "not stated" if row.stated is None else f"here: {state_phrase(variable, row.stated)}"
        claim = (
            f"{self.phrase(row.finding, row.state)}, given the other findings, in "
            f"{percent(row.shares[0])} of cases of {self.label(e.first.diagnosis)} and {percent(row.shares[1])} of "
            f"{self.label(e.second.diagnosis)} ({here})."
        )
        return Sentence(
            claim, self._sources(row.finding, (Claim(e.first, (row.state,), row.state, row.shares[0], TYPICAL),))
        )

    def separator(self, row: Separator) -> Sentence:
        """What a missing finding would tell between the two."""
        e = self.explanation
        variable = self.variable(row.finding)
        sides = e.first, e.second
        told = [(number, outlook) for number, outlook in enumerate(row.best) if outlook is not None]
        towards = "; ".join(self._towards(variable, outlook, sides[n], n) for n, outlook in told)
        states = tuple(outlook.state for _, outlook in told)
        claims = [Claim(sides[n], states, o.state, o.shares[n], o.shares[1 - n]) for n, o in told]
        if len(told) == 1:
            ((n, _),) = told
            claims.append(
                replace(claims[0], side=sides[1 - n], share=claims[0].bound, bound=claims[0].share, more=False)
            )
            claims = claims[:: -1 if n else 1]
        title = title_of(variable, state_phrase(variable, told[0][1].state))
        claim = f"{title} ({row.separation:.2f} bits): {towards}."
        return Sentence(claim, self._sources(row.finding, claims))

    def _towards(self, variable: Variable, outlook: Outlook, side: Side, number: int) -> str:
        ours, theirs = outlook.shares[number], outlook.shares[1 - number]
        weight = outlook.decibans if number == 0 else -outlook.decibans
        return (
            f"{state_phrase(variable, outlook.state)} would speak for {self.label(side.diagnosis)} "
            f"({percent(ours)} against {percent(theirs)}, {signed(weight)} dB)"
        )

    def hint(self, row: Hint) -> Sentence:
        """What would speak for another diagnosis."""
        e = self.explanation
        label = self.label(row.diagnosis)
        other = Side(row.diagnosis, label, *row.probabilities, e.grounds.form(row.diagnosis))
        claim = (
            f"{self.phrase(row.finding, row.state)} would raise {label} from "
            f"{percent(row.probabilities[0])} to {percent(row.probabilities[1])}: {percent(row.shares[0])} of its "
            f"cases show it, given the other findings, and {percent(row.shares[1])} of "
            f"{self.label(e.first.diagnosis)} ({signed(row.decibans)} dB)."
        )
        claims = (
            Claim(other, (row.state,), row.state, *row.shares),
            Claim(e.first, (row.state,), row.state, *row.shares[::-1], more=False),
        )
        return Sentence(claim, self._sources(row.finding, claims))

    def conflict(self) -> list[str]:
        """Whether the findings disagree, and which."""
        conflict = self.explanation.conflict
        if conflict is None:
            return []
        stated = self.explanation.question.stated
        value = nats(conflict.total)
        if conflict.total <= -_WORTH_A_SENTENCE:
            said = [f"The findings agree: together they are more usual than if they were independent ({value})."]
        elif conflict.total < _WORTH_A_SENTENCE:
            said = [f"The findings go together about as often as if they were independent ({value})."]
        elif conflict.explained:
            said = [
                f"The findings go together less often than if they were independent ({value}); the leading "
                f"diagnosis accounts for it, since they make it more probable by {nats(conflict.gain)}."
            ]
        else:
            said = [f"The findings conflict ({value}), and the leading diagnosis does not resolve it: check them."]
        at_odds = [(name, part) for name, part in conflict.findings if part >= _WORTH_A_SENTENCE][:_NAMED]
        if at_odds:
            named = [f"{self.inside(name, stated.get(name))} ({nats(part)})" for name, part in at_odds]
            said.append(f"Most at odds with the rest {'is' if len(named) == 1 else 'are'} {listed(named)}.")
        said += [
            f"{self.phrase(one, stated.get(one))} and {self.inside(two, stated.get(two))} seldom go together "
            f"({nats(part)})."
            for one, two, part in conflict.pairs[:_NAMED]
            if part >= _WORTH_A_SENTENCE
        ]
        return said


def odds(decibans: float) -> str:
    """Odds as a ratio to 1.

    >>> odds(0.0), odds(10.0), odds(-10.0)
    ('1 : 1', '10 : 1', '1 : 10')
    """
    shown = ratio(abs(decibans)).replace("1.0", "1")
    return f"{shown} : 1" if decibans >= 0 else f"1 : {shown}"
