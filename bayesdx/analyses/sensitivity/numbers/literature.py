"""Which publications stand behind a CPT row, and the CPTs without some of them: read from the ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from bayesdx.knowledge.ledger import Entry, Ledger, Saying, ledger_of
from bayesdx.knowledge.pooling import CALCIFICATION, MINERALISATION
from bayesdx.knowledge.without import cpts_without, findings_behind
from bayesdx.network import Array, Network

_FORM = "form"
#: Kinds of facts that count lesions.
_COUNTED = ("count", "percent", "case")


@dataclass(frozen=True)
class Origin:
    """What a number rests on; ``sources`` are citation keys, most weight first.

    ``kind`` is ``forms`` for the share of a form (networks/forms.yaml), ``unusual`` for that of unusual pictures,
    which is assumed, else ``row``. ``lesions`` is (k, n) summed over the ``counting`` sources that count the state,
    at the network's sites if ``at_site``, else at
    others; None when none does. So many other sources count it ``elsewhere``, say it in words (``worded``) or as a
    mean or a range (``measured``); ``about`` speak of the finding at all. ``assumptions`` name modelling choices
    that enter the number as well: ``forms``, ``pattern``, ``definition``, or the finding with which an association
    is assumed.
    """

    kind: str = "row"
    sources: tuple[str, ...] = ()
    lesions: tuple[float, float] | None = None
    at_site: bool = True
    counting: int = 0
    elsewhere: int = 0
    worded: int = 0
    measured: int = 0
    about: int = 0
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Publications:
    """The publications behind a network, by its ledger."""

    ledger: Ledger
    network: Network

    def study_correlation(self, name: str) -> float:
        """rho of n_eff = n / (1 + (n - 1) rho): how far studies of the same thing differ. 0 where it is unknown."""
        finding = CALCIFICATION if name == MINERALISATION.id else name
        return self.ledger.choices.study_correlation.get(finding, 0.0)

    @property
    def reliance(self) -> float:
        """How many counts a lesion is, once studies have been pooled."""
        return self.ledger.choices.reliance

    def reference(self, key: str) -> str:
        """The reference of a source."""
        return self.ledger.references[key]

    def references(self, keys: Iterable[str]) -> dict[str, str]:
        """References by citation key, in alphabetical order."""
        return self.ledger.cited(keys)

    def sources(self, name: str, form: int) -> set[str]:
        """The sources behind the row of a finding in a form (index)."""
        return {entry.source for entry in self._entries(name, form) if entry.source}

    def behind(self, names: Iterable[str]) -> list[str]:
        """The sources behind the CPTs of the named variables, in any diagnosis, in alphabetical order."""
        known = {*self.ledger.lines, MINERALISATION.id}
        findings = set().union(*(findings_behind(self.ledger, name) for name in names if name in known))
        return sorted(set().union(*(self.ledger.account(finding).of_source for finding in findings)) - {""})

    def cpts_without(
        self, left_out: Sequence[Collection[str]], names: Iterable[str], seen: Mapping[str, int]
    ) -> dict[str, Array]:
        """CPTs (S, …) of the named variables, for each of S sets of sources that is left out.

        Of what is ``seen`` the column of its state stands in for the others.
        """
        return cpts_without(self.ledger, self.network, left_out, names, seen)

    def _entries(self, name: str, form: int) -> list[Entry]:
        """Studies behind the row of a finding in a form, but those of the diagnosis' other forms."""
        if name != MINERALISATION.id and name not in self.ledger.lines:
            return []
        others = self._other_words[form]
        entries = self.ledger.account_of(name).of_diagnosis.get(int(self.ledger.choices.owner[form]), ())
        return [entry for entry in entries if entry.form not in others and not entry.unmentioned]

    @cached_property
    def _other_words(self) -> list[set[str]]:
        """By form, the words by which facts name the diagnosis' other forms."""
        owner, words = self.ledger.choices.owner.tolist(), self.ledger.form_words
        of = [set().union(*(words[f] for f, its in enumerate(owner) if its == d)) for d in range(max(owner) + 1)]
        return [of[d] - own for d, own in zip(owner, words, strict=True)]

    def origin(self, name: str, form: int, state: str) -> Origin:
        """Where P(name = state | form) comes from; ``form`` is the index of a state of ``form``."""
        if name == _FORM:
            unusual = self.network.variable(_FORM).states[form].endswith(".unusual")
            return Origin("unusual" if unusual else "forms", assumptions=("forms",))
        account = self.ledger.account_of(name)
        if name == MINERALISATION.id:
            name, state = CALCIFICATION, "absent" if state == "none" else "present"
            assumptions = ["pattern"]
        else:
            link = self.ledger.choices.links.get(name)
            assumptions = [] if link is None else [link.parent]
        if account.studies.defined[form].any():
            assumptions.append("definition")
        entries = self._entries(name, form)
        origin, named = _summary(entries, state, account.studies.states)
        weight: dict[str, float] = {}
        for entry in entries:
            if entry.source in named:
                weight[entry.source] = weight.get(entry.source, 0.0) + entry.weight
        ranked = sorted(weight, key=lambda key: (-weight[key], key))
        return replace(origin, sources=tuple(ranked), assumptions=tuple(assumptions))


def literature_of(network: Network) -> Publications | None:
    """The publications behind a shipped network; None for others, and for one of other facts or that has learnt."""
    ledger = None if network.learning else ledger_of(network)
    return None if ledger is None else Publications(ledger, network)


def _summary(entries: list[Entry], state: str, states: tuple[str, ...]) -> tuple[Origin, set[str]]:
    """What studies say about the state, and the sources that do.

    Where no lesion at the network's sites is counted, those of other sites are.
    """
    counts = {True: [0.0, 0.0], False: [0.0, 0.0]}
    counting: dict[bool, set[str]] = {True: set(), False: set()}
    worded, measured, about = set(), set(), set()
    for entry in entries:
        about.add(entry.source)
        for saying in entry.sayings:
            if (count := _count(saying, state, states)) is not None:
                counts[entry.at_site] = [a + b for a, b in zip(counts[entry.at_site], count, strict=True)]
                counting[entry.at_site].add(entry.source)
            elif saying.kind in ("word", "proportion") and (state in saying.states or len(states) == 2):
                worded.add(entry.source)
            elif saying.kind == "moments":
                measured.add(entry.source)
    here, there = counting[True], counting[False] - counting[True]
    k, n = counts[bool(here)]
    origin = Origin(
        lesions=(k, n) if n else None,
        at_site=bool(here),
        counting=len(here or there),
        elsewhere=len(there) if here else 0,
        worded=len(worded - here - there),
        measured=len(measured),
        about=len(about),
    )
    return origin, (here | there | worded | measured or about) - {""}


def _count(saying: Saying, state: str, states: tuple[str, ...]) -> tuple[float, float] | None:
    """(k, n) that a fact says about exactly this state; of two states, one tells the other."""
    if saying.kind not in _COUNTED or saying.k is None or not saying.n:
        return None
    if saying.states == (state,):
        return saying.k, saying.n
    if len(states) == 2 and len(saying.states) == 1:
        return saying.n - saying.k, saying.n
    return None
