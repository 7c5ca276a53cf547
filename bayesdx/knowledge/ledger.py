"""The ledger of a network: what each of its Dirichlet counts is made of.

The build keeps it, so that no question opens the table of facts or pools anything again. The counts of a finding in
a form are a sum of terms: what each study adds, what holds by definition of the form, the base, and what the base
gains or loses by an association with another finding, and contamination. Where the CPT has another parent, the row
of the form is shared out over the states of that parent, state by state, in the same proportions for every term:
the part that a term makes up of a state of the form's row is its part of that state in each CPT row of the form.

The file stands beside the networks (``networks/ledger/<network>.jsonl``) and not in them, so that a query need not
read it; it has one line for the network and one for each finding, so that a question reads the lines it needs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache, cached_property
from typing import Any, NamedTuple

import numpy as np

from bayesdx.data import data_path, network_names
from bayesdx.files import read_text
from bayesdx.knowledge.pooling import CALCIFICATION, MINERALISATION, Choices, Integers, Link, Studies
from bayesdx.knowledge.sources import Evidence
from bayesdx.learning.counts import divided
from bayesdx.network import Array, Network

FORMAT = "bayesdx-ledger/2"
#: Kind of what texts say by not mentioning a finding, ``n`` of them.
UNMENTIONED = "unmentioned"
#: Digits of every number in the file: terms add up to the counts within 1e-9 of their size.
_DIGITS = 12


class Saying(NamedTuple):
    """One fact of a study: ``says`` is ``3 of 8``, ``case``, ``"often"``, ``70%`` or ``mean 46``, for ``states``.

    ``kind`` is that of the table of facts; ``k`` of ``n`` where it counts.
    """

    kind: str
    says: str
    states: tuple[str, ...]
    form: str
    k: float | None
    n: float | None


class Entry(NamedTuple):
    """One study: ``sayings`` about the same patients by one ``source``, in ``diagnosis`` (index).

    ``form`` is the subtype that it speaks of, in the words of the facts, and ``at_site`` whether at a site of the
    network. ``weight`` is its effective sample size, a frequency word's discounted for copying.
    """

    source: str
    diagnosis: int
    form: str
    at_site: bool
    weight: float
    sayings: tuple[Saying, ...]

    @property
    def unmentioned(self) -> bool:
        """Whether it is the silence of texts about the finding, and nothing that a source says."""
        return self.sayings[0].kind == UNMENTIONED


@dataclass(frozen=True, eq=False)
class Term:
    """What adds ``counts`` (F, X) to the rows of the forms of a diagnosis: an ``entry``, or an assumption.

    ``kind`` is ``fact`` or ``word`` (the entry's facts are frequency words), ``unmentioned`` (texts that do not
    mention the finding), ``definition``, ``association`` (moves the base, its counts sum to 0), ``base`` or
    ``contamination``.
    """

    kind: str
    counts: Array
    entry: Entry | None = None


@dataclass(frozen=True, eq=False)
class Account:
    """The ledger of one finding with X states; N studies, F forms.

    ``studies`` and ``entries`` go together. ``added`` (N, F): counts that each study adds to each form.
    ``completing`` (X,) shares out what studies leave open. ``base`` (X,) adds ``base_counts`` (F,) for want of
    studies and ``contamination`` (F,) whatever they say; an association makes it ``base + shift`` (F, X). ``moved``
    are counts that pairs which exclude each other move, and ``definition`` counts, both (F, X).
    """

    studies: Studies
    entries: tuple[Entry, ...]
    added: Array
    completing: Array
    base: Array
    base_counts: Array
    contamination: Array
    shift: Array
    moved: Array
    definition: Array

    @cached_property
    def distributions(self) -> Array:
        """What each study says of the states (N, X), open shares divided."""
        within = self.studies.sets * self.completing
        shared: Array = self.studies.stated + self.studies.open @ (within / within.sum(axis=1, keepdims=True))
        return shared

    @cached_property
    def of_source(self) -> Mapping[str, list[int]]:
        """Which entries a source makes."""
        found: dict[str, list[int]] = {}
        for n, entry in enumerate(self.entries):
            found.setdefault(entry.source, []).append(n)
        return found

    @cached_property
    def of_diagnosis(self) -> Mapping[int, list[Entry]]:
        """The entries about a diagnosis."""
        found: dict[int, list[Entry]] = {}
        for entry in self.entries:
            found.setdefault(entry.diagnosis, []).append(entry)
        return found

    def terms(self, owner: Integers, diagnosis: int) -> tuple[Term, ...]:
        """The terms behind the rows of a diagnosis, for its own forms alone.

        ``owner`` (F,) is the diagnosis of each form.
        """
        its = owner == diagnosis
        found = [
            Term(
                UNMENTIONED if entry.unmentioned else "word" if self.studies.word[n] else "fact",
                self.added[n, its, None] * self.distributions[n],
                entry,
            )
            for n, entry in enumerate(self.entries)
            if entry.diagnosis == diagnosis
        ]
        assumed = {
            "definition": self.definition[its],
            "association": self.base_counts[its, None] * self.shift[its] + self.moved[its],
            "base": self.base_counts[its, None] * self.base,
            "contamination": self.contamination[its, None] * (self.base + self.shift[its]),
        }
        found += [Term(kind, counts) for kind, counts in assumed.items() if counts.any()]
        return tuple(found)


@dataclass(frozen=True, eq=False)
class Ledger:
    """The ledger of a network of that name and version.

    ``form_words`` are the words by which facts name each form; ``references`` and ``evidence`` are those of the
    sources. ``lines`` are the accounts by finding, as text.
    ``learnt`` divides each CPT of a network that has learnt from cases: what rests on the accounts, and the rest.
    """

    network: str
    version: str
    choices: Choices
    form_words: tuple[frozenset[str], ...]
    references: Mapping[str, str]
    evidence: Mapping[str, Evidence]
    lines: Mapping[str, str]
    learnt: Mapping[str, tuple[Array, Array]] = field(default_factory=dict)

    @cached_property
    def _accounts(self) -> dict[str, Account]:
        return {}

    def account(self, finding: str) -> Account:
        """The account of a finding of the network."""
        if finding not in self._accounts:
            self._accounts[finding] = _account(json.loads(self.lines[finding]), self.choices)
        return self._accounts[finding]

    def account_of(self, variable: str) -> Account:
        """The account behind a variable: mineralisation rests on that of calcification."""
        return self.account(CALCIFICATION if variable == MINERALISATION.id else variable)

    def cited(self, keys: Iterable[str]) -> dict[str, str]:
        """References by citation key, in alphabetical order."""
        return {key: self.references[key] for key in sorted(set(keys))}


def ledger_of(network: Network) -> Ledger | None:
    """The ledger of a shipped network; None for one of another name or version: its facts are not known.

    One that has learnt from cases keeps the ledger of the network before.
    """
    if network.id not in network_names():
        return None
    ledger = _read(str(data_path("networks", "ledger", f"{network.id}.jsonl")))
    learning = network.learning
    if ledger.version != (learning.version if learning else network.version):
        return None
    return replace(ledger, learnt=divided(learning, network.target)) if learning else ledger


@cache
def _read(path: str) -> Ledger:
    first, *rest = read_text(path)[0].splitlines()
    data = json.loads(first)
    choices, links = data["choices"], data["choices"]["links"]
    return Ledger(
        network=data["network"],
        version=data["version"],
        choices=Choices(
            **{
                **choices,
                "owner": np.array(choices["owner"]),
                "named": np.array(choices["named"]),
                "form_strength": np.array(choices["form_strength"]),
                "kept": np.array(choices["kept"]),
                "links": {child: _link(*link) for child, link in links.items()},
                "suggests": np.array(choices["suggests"]),
            }
        ),
        form_words=tuple(frozenset(words) for words in data["form_words"]),
        references=data["references"],
        evidence={key: Evidence(**one) for key, one in data["evidence"].items()},
        lines={line.split('"', 4)[3]: line for line in rest},
    )


def _link(parent: str, table: list[list[float]], possible: list[list[float]] | None) -> Link:
    return Link(parent, np.array(table), None if possible is None else np.array(possible))


def _account(data: Mapping[str, Any], choices: Choices) -> Account:
    states, studies = tuple(data["states"]), data["studies"]
    forms, size = len(choices.owner), len(states)
    sets = [tuple(at) for at in data["sets"]]
    added, own = np.zeros((len(studies), forms)), np.zeros((len(studies), forms))
    opened = np.zeros((len(studies), len(sets)))
    for n, study in enumerate(studies):
        for form, part in study["own"].items():
            own[n, int(form)] = part
        for form, counts in study["adds"].items():
            added[n, int(form)] = counts
        for at, share in study["open"]:
            opened[n, at] = share
    defined = np.zeros((forms, size), bool)
    for form, at in data["defined"].items():
        defined[int(form), at] = True
    word = np.array([study["word"] for study in studies])
    diagnosis = np.array([study["diagnosis"] for study in studies])
    weight = np.array([study["weight"] for study in studies], float)
    discount = 1 + (np.maximum(np.bincount(diagnosis, word), 1) - 1) * choices.word_correlation
    return Account(
        studies=Studies(
            finding=data["finding"],
            states=states,
            diagnosis=diagnosis,
            whole=np.array([study["whole"] for study in studies]),
            own=own,
            word=word,
            weight=weight,
            stated=np.array([study["states"] for study in studies], float),
            sets=np.array([[i in at for i in range(size)] for at in sets], bool).reshape(-1, size),
            open=opened,
            defined=defined,
            background=data["background"],
        ),
        entries=tuple(
            Entry(
                study["source"],
                study["diagnosis"],
                study["form"],
                study["at_site"],
                float(weight[n] / discount[study["diagnosis"]] if word[n] else weight[n]),
                tuple(
                    Saying(kind, says, tuple(of), form, k, total)
                    for kind, says, of, form, k, total in study["says"]
                ),
            )
            for n, study in enumerate(studies)
        ),
        added=added,
        completing=np.array(data["completing"]),
        base=np.array(data["base"]),
        base_counts=np.array(data["base_counts"]),
        contamination=np.array(data["contamination"]),
        shift=_by_form(data["shift"], forms, size),
        moved=_by_form(data["moved"], forms, size),
        definition=_by_form(data["definition"], forms, size),
    )


def _by_form(rows: Mapping[str, list[float]], forms: int, size: int) -> Array:
    table = np.zeros((forms, size))
    for form, row in rows.items():
        table[int(form)] = row
    return table


def ledger_text(ledger: Ledger) -> str:
    """The text of a ledger file."""
    choices = {
        **vars(ledger.choices),
        "links": {child: (link.parent, link.table, link.possible) for child, link in ledger.choices.links.items()},
    }
    first = {
        "format": FORMAT,
        "network": ledger.network,
        "version": ledger.version,
        "choices": choices,
        "form_words": [sorted(words) for words in ledger.form_words],
        "references": ledger.references,
        "evidence": {key: asdict(one) for key, one in ledger.evidence.items()},
    }
    return "\n".join([as_line(first), *ledger.lines.values()]) + "\n"


def account_line(finding: str, account: Account) -> str:
    """The account of a finding as one line of the file."""
    studies = account.studies
    return as_line(
        {
            "finding": finding,
            "states": studies.states,
            "background": studies.background,
            "completing": account.completing,
            "base": account.base,
            "base_counts": account.base_counts,
            "contamination": account.contamination,
            "shift": _rows(account.shift),
            "moved": _rows(account.moved),
            "defined": {f: np.flatnonzero(row).tolist() for f, row in enumerate(studies.defined) if row.any()},
            "definition": _rows(account.definition),
            "sets": [np.flatnonzero(at).tolist() for at in studies.sets],
            "studies": [
                {
                    "source": entry.source,
                    "diagnosis": entry.diagnosis,
                    "form": entry.form,
                    "at_site": entry.at_site,
                    "whole": bool(studies.whole[n]),
                    "own": {int(f): studies.own[n, f] for f in np.flatnonzero(studies.own[n])},
                    "word": bool(studies.word[n]),
                    "weight": studies.weight[n],
                    "states": studies.stated[n],
                    "open": [(int(g), studies.open[n, g]) for g in np.flatnonzero(studies.open[n])],
                    "adds": {int(f): account.added[n, f] for f in np.flatnonzero(account.added[n])},
                    "says": [(s.kind, s.says, s.states, s.form, s.k, s.n) for s in entry.sayings],
                }
                for n, entry in enumerate(account.entries)
            ],
        }
    )


def as_line(value: object) -> str:
    """One line of JSON, numbers with twelve significant digits."""
    return json.dumps(_plain(value), ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        rounded = float(f"{value:.{_DIGITS}g}")
        return int(rounded) if rounded.is_integer() else rounded
    return value


def _rows(table: Array) -> dict[int, Array]:
    return {form: row for form, row in enumerate(table) if row.any()}
