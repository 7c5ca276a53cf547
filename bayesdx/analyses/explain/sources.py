"""What the sources say of a finding, in words, with their citations."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from bayesdx.analyses.explain.numbers.bearing import far_from, opposes, single_case
from bayesdx.analyses.explain.numbers.explanation import Explanation, Side
from bayesdx.analyses.explain.numbers.grounds import telling
from bayesdx.analyses.explain.numbers.support import Statement, Support
from bayesdx.network import Variable
from bayesdx.words.numbers import percent
from bayesdx.words.phrases import (
    called,
    either,
    form_name,
    is_unusual,
    label_of,
    mid_sentence,
    state_phrase,
)
from bayesdx.words.provenance import association_words

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
class Sources:
    """Writes what the sources say behind the claims of one explanation.

    ``cite`` says how a source is cited; ``named`` statements are named for each diagnosis, those of the greatest
    weight.
    """

    explanation: Explanation
    cite: Cite
    named: int

    def _label(self, diagnosis: str) -> str:
        return called(self.explanation.question.target, diagnosis)

    def behind(self, finding: str, claims: Iterable[Claim]) -> str:
        """The statements behind P(finding | diagnosis) of each claim, or that there are none."""
        literature = self.explanation.literature
        if literature is None:
            return ""
        variable = self.explanation.question.engine.network.variable(finding)
        network = self.explanation.question.network
        parts = []
        linked: dict[str, None] = {}
        for claim in claims:
            support = literature.support.get((finding, claim.side.diagnosis))
            if support is not None:
                parts.append(f"{self._label(claim.side.diagnosis)}: {self._statements(variable, claim, support)}")
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
        form = form_of(claim.side)
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


def form_of(side: Side) -> str:
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
