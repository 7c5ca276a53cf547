"""Which claims about a finding have grounds: what sources say of it in a diagnosis, in the form that is likely."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np

from bayesdx.analyses.explain.numbers.bearing import occurs, opposes, tells
from bayesdx.analyses.explain.numbers.support import Literature, Statement, Support
from bayesdx.analyses.explain.numbers.weights import Context
from bayesdx.analyses.question import Question
from bayesdx.network import Array, Variable
from bayesdx.words.phrases import is_unusual

#: A row of which more than this part is the base does not tell what is typical of the diagnosis.
MOSTLY_BASE = 0.5
#: The level that the sites of both networks touch: what is published of the skull base is no other site there.
_JUNCTION = "craniocervical"


class Grounds:
    """The grounds of claims about the findings of one question.

    ``literature`` is None for a network whose sources are not known: then every claim has grounds.
    """

    def __init__(self, question: Question, context: Context, literature: Literature | None) -> None:
        self.question, self.context, self.literature = question, context, literature
        self._likely: dict[str, tuple[str, float] | None] = {}

    @cached_property
    def _forms(self) -> Array | None:
        """P(diagnosis, form | findings), shape (diagnoses, forms); None where the network has no forms."""
        network = self.question.engine.network
        if "form" not in network or not network.is_form("form"):
            return None
        return self.question.engine.joint([self.question.target.id, "form"], self.context.weights)

    def form(self, diagnosis: str) -> tuple[str, float] | None:
        """The most probable form of a diagnosis given the findings, when the network tells several apart."""
        if diagnosis not in self._likely:
            self._likely[diagnosis] = self._form(diagnosis)
        return self._likely[diagnosis]

    def _form(self, diagnosis: str) -> tuple[str, float] | None:
        network, forms = self.question.engine.network, self._forms
        row = self.question.target.state_index(diagnosis)
        if forms is None or np.count_nonzero(network.cpts["form"][row]) < 2:
            return None
        form = int(forms[row].argmax())
        return network.variable("form").state_label(form), float(forms[row, form] / forms[row].sum())

    def support(self, finding: str, diagnosis: str) -> Support | None:
        """What is behind P(finding | diagnosis); None where that is not known."""
        return None if self.literature is None else self.literature.support.get((finding, diagnosis))

    def another_form(self, diagnosis: str, statement: Statement) -> bool:
        """Whether a statement is about another form of the diagnosis than the likely one.

        Any form may show an unusual picture.
        """
        form = self.form(diagnosis)
        if self.literature is None or form is None or is_unusual(form[0]) or not statement.form:
            return False
        return statement.form not in self.literature.form_words[form[0]]

    def another_site(self, statement: Statement) -> bool:
        """Whether a statement is about lesions at sites that the network does not cover."""
        return not statement.at_site and self.question.stated.get("level") != _JUNCTION

    def aside(self, diagnosis: str, statement: Statement) -> bool:
        """Whether a statement is about other lesions than those in question: another form, or another site."""
        return self.another_form(diagnosis, statement) or self.another_site(statement)

    def _heard(self, finding: str, diagnosis: str) -> list[Statement]:
        """The statements about the lesions in question."""
        support = self.support(finding, diagnosis)
        return [] if support is None else [s for s in support.statements if not self.aside(diagnosis, s)]

    def defined(self, finding: str, diagnosis: str) -> tuple[str, ...]:
        """The states that hold by definition of the likely form of the diagnosis.

        An unusual picture may be that of any form: only where their definitions agree is anything said of it.
        """
        support, form = self.support(finding, diagnosis), self.form(diagnosis)
        states = () if support is None else support.by_definition(None if form is None else form[0])
        return () if form is not None and is_unusual(form[0]) and len(states) > 1 else states

    def spoken(self, finding: str, states: Iterable[str], diagnosis: str) -> bool:
        """Whether a source on such lesions, or the definition of their form, tells how frequent a state is."""
        if self.literature is None:
            return True
        states = tuple(states)
        if set(states) & set(self.defined(finding, diagnosis)):
            return True
        known = self.question.engine.network.variable(finding).states
        return any(tells(s, state, known) for s in self._heard(finding, diagnosis) for state in states)

    def hold(self, finding: str, state: str, diagnosis: str, above: float) -> bool:
        """Whether the state may be claimed to be more frequent in the diagnosis than ``above``.

        The definition says so; or a source speaks of it, and the sources do not deny it. Where single cases are all
        there is, and most of the estimate is the base, nothing says that it is more frequent than elsewhere.
        """
        if self.literature is None or state in self.defined(finding, diagnosis):
            return True
        states = self.question.engine.network.variable(finding).states
        heard = self._heard(finding, diagnosis)
        telling = [s for s in heard if tells(s, state, states)]
        against = [s for s in heard if opposes(s, state, states, above, more=True)]
        if not telling or _most(against, heard):
            return False
        return not (all(occurs(s) for s in telling) and self.rest_on_the_base(finding, diagnosis))

    def denied(self, finding: str, state: str, diagnosis: str, below: float) -> bool:
        """Whether the sources deny that the state is less frequent in the diagnosis than ``below``.

        Those count that tell how frequent it is, which single cases do not.
        """
        states = self.question.engine.network.variable(finding).states
        telling = [s for s in self._heard(finding, diagnosis) if tells(s, state, states) and not occurs(s)]
        return _most([s for s in telling if opposes(s, state, states, below, more=False)], telling)

    def rest_on_the_base(self, finding: str, diagnosis: str) -> bool:
        """Whether most of P(finding | diagnosis) is the average over all diagnoses."""
        support = self.support(finding, diagnosis)
        return support is not None and support.base_share > MOSTLY_BASE


def _most(some: Iterable[Statement], statements: Iterable[Statement]) -> bool:
    """Whether some of the statements have more than half of their weight."""
    return 2 * sum(s.weight for s in some) > sum(s.weight for s in statements)


def telling(variable: Variable, states: tuple[str, ...]) -> tuple[str, ...]:
    """The states of which a statement tells about ``states``: of two states, one tells the other."""
    return variable.states if variable.cardinality == 2 else states
