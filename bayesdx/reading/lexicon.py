"""How reports speak of findings: the lexicon that ships (``networks/reading``), one's own, and that of labels."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from bayesdx.data import data_root
from bayesdx.errors import InputError
from bayesdx.files import parse, read_text
from bayesdx.network import Network, Variable
from bayesdx.reading.checks import EXAMINATIONS, checked, lines, mapping
from bayesdx.reading.context import CERTAINTY, MARKS, UNREAD, Grammar, Trigger
from bayesdx.reading.pairs import FARTHEST
from bayesdx.reading.passages import KINDS
from bayesdx.reading.phrases import Phrases, spellings
from bayesdx.reading.tokens import normal, tokens_of

#: Read as what a case says of the patient, not as findings.
_PATIENT = ("sex", "age", "age_group")
_PAIRS = (("present", "absent"), ("yes", "no"), ("true", "false"), ("on", "off"))
#: Keys of a finding whose states are added to what was said of others before.
_BY_STATE = ("yields", "implies")

Lists = Mapping[str, Sequence[str]]
AnyLexicon = Mapping[str, Any] | str | os.PathLike[str]


class Says(NamedTuple):
    """A phrase that says the state of a finding; ``weak`` where it counts only if nothing stronger is said."""

    finding: str
    state: str
    weak: bool = False


class Of(NamedTuple):
    """Words for what values are said of; empty for what is no finding."""

    finding: str


class Value(NamedTuple):
    """Words for a state of a finding, where they stand beside its ``Of``; ``likely`` where it is only implied."""

    finding: str
    state: str
    likely: bool = False


class Unless(NamedTuple):
    """Words within which nothing is read of a finding; of none where it is empty."""

    finding: str


class Beyond(NamedTuple):
    """Words after which a place is not that of the lesion: it reaches there, or is ``touching`` what lies there, so
    that a vertebra named by its number is its level all the same."""

    touching: bool = False


Meaning = Says | Of | Value | Unless | Beyond


@dataclass(frozen=True)
class Speech:
    """How reports speak of one finding, beside its phrases."""

    itself: str = ""
    denied: str = ""
    history: bool = False
    shown_by: str = ""
    place: bool = False
    past: bool = False
    any: bool = False
    valued: bool = False
    measure: str = ""
    states: Mapping[str, Any] = field(default_factory=dict)
    reach: float = FARTHEST
    yields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    implies: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Lexicon:
    """Phrases and what they mean, for the findings of one network or vocabulary.

    ``variables`` are those findings, ``speech`` how each is spoken of, ``headings`` the kinds of sections.
    """

    variables: Mapping[str, Variable]
    phrases: Phrases[Meaning]
    speech: Mapping[str, Speech]
    grammar: Grammar
    headings: Mapping[str, str]

    @cached_property
    def examinations(self) -> Mapping[str, frozenset[str]]:
        """The examinations that each heading names: ``MRI findings``."""
        marks = {heading: self.grammar.marked(tokens_of(heading, 0, len(heading))) for heading in self.headings}
        return {heading: frozenset(one for one in EXAMINATIONS if found[one]) for heading, found in marks.items()}

    @cached_property
    def measured(self) -> tuple[str, ...]:
        """The findings that numbers say something of."""
        return tuple(name for name, speech in self.speech.items() if speech.measure)

    def is_place(self, finding: str) -> bool:
        """Whether a finding says where the lesion is."""
        return finding in self.variables and self.variables[finding].kind == "location"


def lexicon_for(
    network: Network,
    vocabulary: Mapping[str, tuple[str, ...]],
    shipped: bool,
    own: Sequence[AnyLexicon] = (),
) -> Lexicon:
    """The lexicon of a network's findings: what ships if the network is ``shipped``, and then one's ``own``, each a
    mapping or the file of one.

    ``vocabulary`` holds findings and states that the network does not use. A finding of which neither speaks is
    read by its labels. Raises InputError for a file that cannot be read or speaks of what is not there.
    """
    variables = _variables(network, vocabulary)
    sources = [(_data("findings.yaml"), "findings.yaml")] if shipped else []
    for one in own:
        if isinstance(one, Mapping):
            sources.append((checked(one, variables, "lexicon"), "lexicon"))
        else:
            text, place = read_text(one)
            sources.append((checked(parse(text, place), variables, place), place))
    lists: dict[str, list[str]] = {}
    for source, place in sources:
        for name, said in mapping(source.get("words"), f"{place}: words").items():
            known = lists.setdefault(name, [])
            known += [line for line in lines(said, f"{place}: words: {name}") if line not in known]
    entries: dict[str, dict[str, Any]] = {}
    phrases: Phrases[Meaning] = Phrases()
    for source, place in sources:
        _general(phrases, source, lists, place)
        for name, entry in mapping(source.get("findings"), place).items():
            if name in variables:
                said = entries.setdefault(name, {})
                by_state = {key: {**said.get(key, {}), **(entry[key] or {})} for key in _BY_STATE if key in entry}
                said.update({**entry, **by_state})
                _entry(phrases, variables[name], entry, lists, f"{place}: {name}")
    for variable in variables.values():
        if variable.id not in entries:
            entries[variable.id] = _labels(variable)
            _entry(phrases, variable, entries[variable.id], lists, f"labels: {variable.id}")
    _names(phrases, network)
    speech = {name: _speech(variables[name], entry) for name, entry in entries.items()}
    grammar, headings = _english()
    return Lexicon(variables, phrases, speech, grammar, headings)


def _variables(network: Network, vocabulary: Mapping[str, tuple[str, ...]]) -> dict[str, Variable]:
    """The findings that can be read: those of the network, with the states that only the vocabulary has."""
    found = {}
    for one in network.findings:
        if one.id in (network.target, *_PATIENT):
            continue
        more = tuple(state for state in vocabulary.get(one.id, ()) if state not in one.states)
        labels = (*(one.state_labels or one.states), *more)
        found[one.id] = Variable(one.id, (*one.states, *more), one.label, labels, one.kind, one.examination)
    for name, states in vocabulary.items():
        if name not in found and states and not any(state in network for state in states):
            found[name] = Variable(name, states)
    return found


@lru_cache(maxsize=4)
def _data(name: str) -> Mapping[str, Any]:
    text, place = read_text(os.path.join(data_root(), "networks", "reading", name))
    found: Mapping[str, Any] = parse(text, place)
    return found


def _ways(value: object, lists: Lists, place: str) -> Iterator[tuple[str, ...]]:
    for line in lines(value, place):
        try:
            yield from spellings(line, lists)
        except InputError as error:
            raise error.at(place) from None


def _general(phrases: Phrases[Meaning], source: Mapping[str, Any], lists: Lists, place: str) -> None:
    phrases.add(_ways(source.get("diagnoses"), lists, f"{place}: diagnoses"), Unless(""))
    phrases.add(_ways(source.get("beyond"), lists, f"{place}: beyond"), Beyond())
    phrases.add(_ways(source.get("touching"), lists, f"{place}: touching"), Beyond(touching=True))
    phrases.add(_ways(source.get("apart"), lists, f"{place}: apart"), Of(""))


def _entry(
    phrases: Phrases[Meaning], variable: Variable, entry: Mapping[str, Any], lists: Lists, place: str
) -> None:
    name = variable.id
    for key, weak in (("states", False), ("weak", True)):
        for state, said in mapping(entry.get(key), place).items():
            phrases.add(_ways(said, lists, f"{place}: {key}: {state}"), Says(name, state, weak))
    for key, likely in (("values", False), ("likely", True)):
        for state, said in mapping(entry.get(key), place).items():
            phrases.add(_ways(said, lists, f"{place}: {key}: {state}"), Value(name, state, likely))
    phrases.add(_ways(entry.get("of"), lists, f"{place}: of"), Of(name))
    phrases.add(_ways(entry.get("unless"), lists, f"{place}: unless"), Unless(name))


def _speech(variable: Variable, entry: Mapping[str, Any]) -> Speech:
    measure = entry.get("measure", "")
    kind, meant = next(iter(measure.items())) if isinstance(measure, Mapping) else (measure, {})
    two = next((pair for pair in _PAIRS if set(pair) == set(variable.states)), None)
    return Speech(
        itself=entry.get("itself", ""),
        denied=entry.get("denied", two[1] if two else ""),
        history=entry.get("only") == "history",
        shown_by=entry.get("shown_by", ""),
        place=bool(entry.get("place")),
        past=bool(entry.get("past")),
        any=bool(entry.get("any")),
        valued="of" in entry,
        measure=kind,
        states=meant,
        reach=float(entry.get("reach", FARTHEST)),
        yields={state: lines(others, variable.id) for state, others in entry.get("yields", {}).items()},
        implies={
            state: {name: one if isinstance(one, list) else [one] for name, one in (others or {}).items()}
            for state, others in (entry.get("implies") or {}).items()
        },
    )


def _labels(variable: Variable) -> dict[str, Any]:
    """A finding as its labels name it: *Dural tail* is present; *T2 signal* is of a state that stands beside it."""
    name = _plain(variable.label or variable.id)
    two = next((pair for pair in _PAIRS if set(pair) == {state.casefold() for state in variable.states}), None)
    if not name:
        return {}
    if two:
        yes = next(state for state in variable.states if state.casefold() == two[0])
        no = next(state for state in variable.states if state.casefold() == two[1])
        return {"states": {yes: name}, "denied": no}
    labels = variable.state_labels or variable.states
    values = {s: _plain(label) for s, label in zip(variable.states, labels, strict=True) if _plain(label)}
    return {"of": name, "values": values}


def _plain(label: str) -> str:
    """The words of a label, without what stands in brackets and marks that a phrase gives a meaning."""
    kept = label.split("(")[0].split("[")[0]
    return " ".join("".join(c if c.isalnum() or c in "-'." else " " for c in kept.replace("_", " ")).split(".."))


def _names(phrases: Phrases[Meaning], network: Network) -> None:
    """Nothing is read within the name of a diagnosis, as the target's states are labelled."""
    if network.target is None:
        return
    target = network.variable(network.target)
    for state, label in zip(target.states, target.state_labels or target.states, strict=True):
        for name in {_plain(label), _plain(state)}:
            if len(name) > 3:
                phrases.add(spellings(f"{name}", {}), Unless(""))


@lru_cache(maxsize=1)
def _english() -> tuple[Grammar, Mapping[str, str]]:
    """The grammar and the headings of ``networks/reading/context.yaml``."""
    data = _data("context.yaml")
    place = "context.yaml"
    triggers: Phrases[Trigger] = Phrases()
    for entry in data["triggers"]:
        says = entry["says"]
        if says not in ("nothing", "denied", *CERTAINTY, *UNREAD):
            raise InputError(f"no trigger says '{says}'", place=place)
        for reach in ("after", "before", "next", "name", "sentence"):
            triggers.add(_ways(entry.get(reach), {}, place), Trigger(says, reach))
    headings = {line: kind for kind in KINDS for line in lines(data["headings"].get(kind), place)}
    marks: Phrases[str] = Phrases()
    for kind in MARKS:
        marks.add(_ways(data[kind], {}, place), kind)
    words = {
        key: frozenset(map(normal, lines(data[key], place)))
        for key in (
            "verbs",
            "lists",
            "subjects",
            "answers",
            "no_labels",
            "no_nouns",
            "announces",
            "lead",
            "beside",
            "extent",
            "prefixes",
            "reaching",
            "marking",
            "english",
            "foreign",
        )
    }
    short = {normal(key): normal(value) for key, value in data["abbreviations"].items()}
    return (
        Grammar(
            triggers=triggers,
            marks=marks,
            abbreviations=short,
            **words,
        ),
        headings,
    )
