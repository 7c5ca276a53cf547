"""An explanation in sentences. Each holds the numbers it rests on and names the sources behind them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bayesdx.analyses.explain.numbers.bearing import far_from, opposes, single_case
from bayesdx.analyses.explain.numbers.expected import TYPICAL, Hint, Outlook, Separator, Typical
from bayesdx.analyses.explain.numbers.explanation import Explanation, Side
from bayesdx.analyses.explain.numbers.grounds import telling
from bayesdx.analyses.explain.numbers.support import Statement, Support
from bayesdx.analyses.explain.numbers.weights import FindingWeight
from bayesdx.network import Variable
from bayesdx.report.blocks import Sentence
from bayesdx.words.numbers import percent
from bayesdx.words.phrases import (
    called,
    either,
    finding_phrase,
    form_name,
    is_unusual,
    label_of,
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
from bayesdx.words.provenance import association_words

#: Findings named as most at odds, and pairs of them.
_NAMED = 3
#: Share of the base from which a sentence says that its likelihood rests on it.
_MUCH_BASE = 0.5
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
        form = _form_of(side)
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
        named = [self.sources(row.finding, claims)]
        for name in row.implies:
            entailed = states_named(self.variable(name), e.question.stated.get(name))
            named.append(self.sources(name, (Claim(winner, entailed), Claim(loser, entailed))))
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
            claim, self.sources(row.finding, (Claim(e.first, (row.state,), row.state, row.shares[0], TYPICAL),))
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
        return Sentence(claim, self.sources(row.finding, claims))

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
        return Sentence(claim, self.sources(row.finding, claims))

    def sources(self, finding: str, claims: Iterable[Claim]) -> str:
        """The statements behind P(finding | diagnosis) of each claim, or that there are none."""
        literature = self.explanation.literature
        if literature is None:
            return ""
        variable = self.variable(finding)
        network = self.explanation.question.network
        parts = []
        linked: dict[str, None] = {}
        for claim in claims:
            support = literature.support.get((finding, claim.side.diagnosis))
            if support is not None:
                parts.append(f"{self.label(claim.side.diagnosis)}: {self._statements(variable, claim, support)}")
                linked |= {one: None for one in support.assumptions if one != "definition"}
        title = f"Sources on {mid_sentence(label_of(variable))}"
        if not parts:
            return f"{title}: none; an assumption."
        assumed = [f"An {association_words(network, one)} is assumed." for one in linked]
        return " ".join([f"{title}: {'; '.join(parts)}.", *assumed])

    def _statements(self, variable: Variable, claim: Claim, support: Support) -> str:
        """What sources, the definition and the average say of a claim."""
        defined = self.explanation.grounds.defined(variable.id, claim.side.diagnosis)
        by_definition = self._by_definition(variable, claim, defined)
        if not support.statements:
            if by_definition:
                return f"no source speaks of it: {by_definition}, with the average over all diagnoses"
            return "no source speaks of it, the average over all diagnoses is assumed"
        about = support.about(telling(variable, claim.states))
        if not about:
            claim = replace(claim, state=None)
        ranked = sorted(about or support.statements, key=lambda s: self._place(variable, claim, s))
        shown, rest = ranked[: self.named], ranked[self.named :]
        words = ", ".join(self._said(variable, claim, shown, rest))
        if not about:
            what = "this state" if len(claim.states) == 1 else "these states"
            words = f"no source speaks of {what}, but {words}"
        elif self._aside(claim.side, ranked[0]):
            words = f"no source speaks of it {self._lesions(claim.side, ranked)}, but {words}"
        elif len(about) == 1 and single_case(about[0]):
            words += ", the only source on it"
        if by_definition:
            words += f", and {by_definition}"
        if support.base_share >= _MUCH_BASE:
            words += f", with {percent(support.base_share)} of this estimate from the average over all diagnoses"
        return words

    def _lesions(self, side: Side, statements: Sequence[Statement]) -> str:
        """Which lesions statements are not about, all of them being about others."""
        forms = [self._another_form(side, statement) for statement in statements]
        form = "in the likeliest form" if any(forms) else ""
        return f"{form} {'' if all(forms) else 'at this site'}".strip()

    def _place(self, variable: Variable, claim: Claim, statement: Statement) -> tuple[bool, bool, float, bool]:
        """Where a statement stands: those on such lesions and on the claimed state first, then by weight."""
        named = claim.state is None or claim.state in statement.states
        tells = named or not statement.states or variable.cardinality == 2  # of two states, one tells the other
        return self._aside(claim.side, statement), not tells, -round(statement.weight, 6), not named

    def _said(
        self, variable: Variable, claim: Claim, shown: Sequence[Statement], rest: Sequence[Statement]
    ) -> list[str]:
        """The statements that are named, with what is remarkable about them, and how many more there are."""
        remarks = [self._remark(variable, claim, statement) for statement in shown]
        last = ""
        if len(shown) > 1 and len(set(remarks)) == 1:  # one remark for all
            last, remarks = _of_all(remarks[0], len(shown)), [""] * len(shown)
        said = []
        for (words, remark, single), alike in itertools.groupby(
            zip(shown, remarks, strict=True),
            key=lambda pair: (self._statement(variable, claim, pair[0]), pair[1], single_case(pair[0])),
        ):
            cited = [self._cited(statement) for statement, _ in alike]
            if single and len(cited) > 1:
                words = words.replace("published case", "published case each", 1)
                said.append(f"{words} {', '.join(cited)}{_of_all(remark, len(cited))}")
            else:
                said += [f"{words} {one}{f' ({remark})' if remark else ''}".strip() for one in cited]
        said[-1] += last
        if rest:
            opposed = sum(self._opposes(variable, claim, statement) for statement in rest)
            how_many = "" if opposed == 1 == len(rest) else "all " if opposed == len(rest) else f"{opposed} "
            said.append(f"{len(rest)} more" + (f" ({how_many}pointing the other way)" if opposed else ""))
        return said

    def _by_definition(self, variable: Variable, claim: Claim, defined: tuple[str, ...]) -> str:
        """What holds by definition of the likely form, when it bears on the claim."""
        about = claim.states if claim.state is None else (claim.state,)
        if not set(telling(variable, about)) & set(defined):
            return ""
        form = _form_of(claim.side)
        form = f" ({form})" if form else ""
        return f"{either(variable, defined)} by definition{form}"

    def _another_form(self, side: Side, statement: Statement) -> bool:
        return self.explanation.grounds.another_form(side.diagnosis, statement)

    def _aside(self, side: Side, statement: Statement) -> bool:
        return self.explanation.grounds.aside(side.diagnosis, statement)

    def _opposes(self, variable: Variable, claim: Claim, statement: Statement) -> bool:
        return claim.state is not None and opposes(statement, claim.state, variable.states, claim.bound, claim.more)

    def _cited(self, statement: Statement) -> str:
        return self.cite(statement.source) if statement.source else "(assumption)"

    def _statement(self, variable: Variable, claim: Claim, statement: Statement) -> str:
        """What a statement says, without its source."""
        states = either(variable, statement.states) if statement.states else ""
        form = self._form(claim.side.diagnosis, statement.form)
        if self._another_form(claim.side, statement):
            form = f"another form: {form}"
        elif self.explanation.grounds.another_site(statement):
            form = f"another site: {form}" if form else "another site"
        form = f" ({form})" if form else ""
        return f"{states}{_how_often(statement)}{form}".strip()

    def _remark(self, variable: Variable, claim: Claim, statement: Statement) -> str:
        if self._opposes(variable, claim, statement):
            return "pointing the other way"
        far = claim.state is not None and far_from(statement, claim.state, variable.states, claim.share)
        if claim.state is None or not far:
            return ""
        where = f"far {'above' if far > 0 else 'below'} the estimate"
        if not statement.states or claim.state in statement.states:
            return where
        return f"which puts {state_phrase(variable, claim.state)} {where}"

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


def _form_of(side: Side) -> str:
    """The likeliest form of a diagnosis that has several; empty where that is but an unusual picture, or not."""
    if side.form is None or is_unusual(side.form[0]):
        return ""
    label, _, form = side.form[0].rpartition(": ")
    return form_name(mid_sentence(form)) if label else ""


def _of_all(remark: str, number: int) -> str:
    """A remark on several statements, with a space before it; empty if there is none."""
    if not remark:
        return ""
    all_of = "both" if number == 2 else f"all {number}"
    said = f"{all_of} {remark}".replace(f"{all_of} which puts", f"{all_of} of which put")
    return f" ({said})"


def _how_often(statement: Statement) -> str:
    """Such as `` in 3 of 8``, `` in one published case`` or `` "often"``."""
    if single_case(statement):
        none = statement.says.startswith("0 ")
        return " not in one published case" if none else " in one published case"
    says = statement.says.replace(" cases", " published cases")
    return f"{' in' if says[0].isdigit() else ''} {says}"


def odds(decibans: float) -> str:
    """Odds as a ratio to 1.

    >>> odds(0.0), odds(10.0), odds(-10.0)
    ('1 : 1', '10 : 1', '1 : 10')
    """
    shown = ratio(abs(decibans)).replace("1.0", "1")
    return f"{shown} : 1" if decibans >= 0 else f"1 : {shown}"
