"""What literature stands behind the likelihood of a finding under a diagnosis."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from bayesdx.knowledge.ledger import Ledger, ledger_of
from bayesdx.knowledge.parts import base_share, parts_of
from bayesdx.network import Array, Network


@dataclass(frozen=True)
class Statement:
    """What one source says: ``says`` is ``3 of 8``, ``"often"``, ``70%`` or ``mean 46``, for ``states``.

    ``source`` is the citation key, empty for an assumption of this project. ``form`` is the subtype that the
    statement is about, ``weight`` the effective sample size with which it enters the row: statements about the
    same patients share that of their study, and frequency words are discounted for copying, so that the weights
    of a row sum to what it rests on. ``spread`` are the shares of all states that a mean or a range comes to;
    empty for other statements. ``at_site`` is false for lesions at a site that the network does not cover.
    """

    source: str
    says: str
    states: tuple[str, ...]
    form: str
    weight: float
    spread: tuple[float, ...] = ()
    at_site: bool = True


@dataclass(frozen=True, eq=False)
class Support:
    """The statements behind P(finding | diagnosis), those of the greatest weight first.

    ``base_share`` is the part of the row that rests on the base distribution of the finding over all diagnoses,
    not on facts: 1 when no source speaks of the finding in this diagnosis; ``base`` (states,) is that
    distribution. ``assumptions`` name what else of the row is a modelling choice: states that hold by definition
    of a form, an association with another finding. ``defined`` are the states that hold by definition, by the
    label of the form.
    """

    finding: str
    diagnosis: str
    statements: tuple[Statement, ...]
    base: Array
    assumptions: tuple[str, ...]
    defined: Mapping[str, tuple[str, ...]]
    ledger: Ledger
    network: Network

    @cached_property
    def base_share(self) -> float:
        """Worked out when it is asked for: most claims ask for the statements alone."""
        return base_share(parts_of(self.ledger, self.network, self.finding, self.diagnosis))

    def by_definition(self, form: str | None) -> tuple[str, ...]:
        """The states that hold by definition of a form (its label), or of any form."""
        if form is not None:
            return self.defined.get(form, ())
        return tuple(dict.fromkeys(state for states in self.defined.values() for state in states))

    def about(self, states: Iterable[str]) -> tuple[Statement, ...]:
        """The statements that name one of ``states``, or all states at once (a mean or a range)."""
        wanted = set(states)
        return tuple(s for s in self.statements if not s.states or wanted & set(s.states))


class Supports(Mapping[tuple[str, str], Support]):
    """Support by (finding, diagnosis), read from the ledger when it is asked for."""

    def __init__(self, ledger: Ledger, network: Network) -> None:
        self._ledger, self._network = ledger, network
        self._known: dict[tuple[str, str], Support] = {}

    def __getstate__(self) -> dict[str, object]:
        """What was read before does not travel."""
        return {**vars(self), "_known": {}}

    def __getitem__(self, key: tuple[str, str]) -> Support:
        if key not in self._known:
            if key not in self:
                raise KeyError(key)
            self._known[key] = _support(self._ledger, self._network, *key)
        return self._known[key]

    def __contains__(self, key: object) -> bool:
        finding, diagnosis = key if isinstance(key, tuple) else (None, None)
        return finding in self._ledger.lines and diagnosis in self._diagnoses

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((finding, diagnosis) for finding in self._ledger.lines for diagnosis in self._diagnoses)

    def __len__(self) -> int:
        return len(self._ledger.lines) * len(self._diagnoses)

    @property
    def _diagnoses(self) -> tuple[str, ...]:
        return self._network.variable(str(self._network.target)).states


@dataclass(frozen=True, eq=False)
class Literature:
    """Support by (finding, diagnosis), and the reference of every source by citation key.

    ``form_words`` holds, by the label of a form, the words by which statements name it.
    """

    support: Mapping[tuple[str, str], Support]
    references: Mapping[str, str]
    form_words: Mapping[str, frozenset[str]]


@lru_cache(maxsize=4)
def literature_of(network: Network) -> Literature | None:
    """What is behind every P(finding | diagnosis) of the network, read once for the questions put to it.

    None when the network was not built from the installed facts: it is not a shipped one, or of another version.
    """
    ledger = ledger_of(network)
    if ledger is None:
        return None
    return Literature(Supports(ledger, network), ledger.references, _form_words(ledger, network))


def _form_words(ledger: Ledger, network: Network) -> dict[str, frozenset[str]]:
    forms = network.variable("form")
    return {forms.state_label(form): words for form, words in enumerate(ledger.form_words)}


def _support(ledger: Ledger, network: Network, finding: str, diagnosis: str) -> Support:
    account = ledger.account(finding)
    target = network.variable(str(network.target)).state_index(diagnosis)
    statements = [
        Statement(
            entry.source if saying.kind != "assumption" else "",
            saying.says,
            saying.states,
            saying.form,
            entry.weight / len(entry.sayings),
            tuple(account.distributions[n].tolist()) if saying.kind == "moments" else (),
            entry.at_site,
        )
        for n, entry in enumerate(account.entries)
        if entry.diagnosis == target and not entry.unmentioned
        for saying in entry.sayings
    ]
    statements.sort(key=lambda s: (-s.weight, s.source))
    assumptions = assumptions_of(ledger, network, finding, diagnosis)
    said = tuple(_together(statements))
    defined = _defined(ledger, network, finding, diagnosis)
    return Support(finding, diagnosis, said, account.base, assumptions, defined, ledger, network)


def _defined(ledger: Ledger, network: Network, finding: str, diagnosis: str) -> dict[str, tuple[str, ...]]:
    """The states that hold by definition of each form of a diagnosis, by its label."""
    target, forms = network.variable(str(network.target)), network.variable("form")
    studies = ledger.account(finding).studies
    its_forms = np.flatnonzero(ledger.choices.owner == target.state_index(diagnosis)).tolist()
    return {
        forms.state_label(form): tuple(studies.states[i] for i in np.flatnonzero(studies.defined[form]))
        for form in its_forms
        if studies.defined[form].any()
    }


def assumptions_of(ledger: Ledger, network: Network, finding: str, diagnosis: str) -> tuple[str, ...]:
    """What of P(finding | diagnosis) is a modelling choice besides the base.

    ``definition`` (it holds by definition of the entity), or the finding with which an association is assumed.
    """
    target = network.variable(str(network.target))
    its_forms = ledger.choices.owner == target.state_index(diagnosis)
    found = []
    if ledger.account(finding).studies.defined[its_forms].any():
        found.append("definition")
    link = ledger.choices.links.get(finding)
    if link is not None:
        found.append(link.parent)
    return tuple(found)


def _together(statements: list[Statement]) -> list[Statement]:
    """One statement of what a source says twice of the same lesions and states; of single cases ``2 cases``."""
    found: dict[tuple[str, str, tuple[str, ...], str, bool], list[Statement]] = {}
    for s in statements:
        found.setdefault((s.source, s.says, s.states, s.form, s.at_site), []).append(s)
    kept = [
        replace(
            same[0],
            says=_says(same),
            weight=sum(s.weight for s in same),
        )
        for same in found.values()
    ]
    return sorted(kept, key=lambda s: (-s.weight, s.source))


def _says(same: list[Statement]) -> str:
    says = same[0].says
    if says != "case":
        return says
    return "1 case" if len(same) == 1 else f"{len(same)} cases"
