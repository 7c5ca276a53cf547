"""Which publications stand behind a CPT row, and the network without one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from bayesdx.knowledge.build import Cell, build_network
from bayesdx.knowledge.definition import Definition, Form
from bayesdx.knowledge.facts import COUNTED, Fact
from bayesdx.knowledge.library import Library, library_behind
from bayesdx.knowledge.sources import format_reference
from bayesdx.knowledge.studies import Study
from bayesdx.network import Network

_FORM, _MINERALISATION = "form", "mineralisation"
_CALCIFICATION, _PATTERN = "ct_calcification", "ct_calcification_pattern"


@dataclass(frozen=True)
class Origin:
    """What a number rests on: ``summary`` says it in words, ``sources`` are citation keys, most weight first.

    ``lesions`` is (k, n) summed over the sources that count the state, None when none does. ``assumptions`` name
    modelling choices that enter the number as well.
    """

    summary: str
    sources: tuple[str, ...] = ()
    lesions: tuple[float, float] | None = None
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Literature:
    """The facts that a network was built from."""

    library: Library
    definition: Definition
    cells: Mapping[str, Cell]

    @cached_property
    def _forms(self) -> dict[str, Form]:
        return {form.id: form for form in self.definition.forms}

    @property
    def study_correlation(self) -> float:
        """rho of n_eff = n / (1 + (n - 1) rho): how far studies of the same thing differ."""
        return self.definition.pooling.study_correlation

    def reference(self, key: str) -> str:
        """The reference of a source."""
        return format_reference(self.library.sources[key])

    def studies(self, name: str, form: str) -> list[Study]:
        """Studies behind the row of a finding in a form, but those of the diagnosis' other forms."""
        cell, its_form = self.cells.get(self._finding(name)), self._forms[form]
        if cell is None:
            return []
        others = {word for f in self.definition.forms if f.diagnosis == its_form.diagnosis for word in _words(f)}
        others -= _words(its_form)
        return [study for study in cell.studies[its_form.diagnosis] if study.form not in others]

    def origin(self, name: str, form: str, state: str) -> Origin:
        """Where P(name = state | form) comes from."""
        if name == _FORM:
            return Origin(
                "assumed: no source counts the forms against each other", assumptions=("shares of forms",)
            )
        if name == _MINERALISATION:
            name, state = _CALCIFICATION, "absent" if state == "none" else "present"
            assumptions = ["how the mineral lies, from its pattern"]
        else:
            assumptions = [f"how it goes with {a.parent}" for a in self.definition.associations if a.child == name]
        if name in self._forms[form].definition:
            assumptions.append("holds by definition of the entity")
        studies = self.studies(name, form)
        summary, named, lesions = self._summary(studies, state, self.definition.findings[name].states)
        weight: dict[str, float] = {}
        for study in studies:
            if study.source in named:
                weight[study.source] = weight.get(study.source, 0.0) + study.weight
        ranked = sorted(weight, key=lambda key: (-weight[key], key))
        return Origin(summary, tuple(ranked), lesions, tuple(assumptions))

    def _summary(
        self, studies: list[Study], state: str, states: tuple[str, ...]
    ) -> tuple[str, set[str], tuple[float, float] | None]:
        """What studies say about the state, the sources that do, and the lesions counted at the network's sites.

        Where no lesion at these sites is counted, those of other sites are.
        """
        counts = {True: [0.0, 0.0], False: [0.0, 0.0]}
        counting: dict[bool, set[str]] = {True: set(), False: set()}
        worded, measured, about = set(), set(), set()
        for study in studies:
            at_site = study.facts[0].site in self.definition.sites
            about.add(study.source)
            for fact in study.facts:
                if (count := _count(fact, state, states)) is not None:
                    counts[at_site] = [a + b for a, b in zip(counts[at_site], count, strict=True)]
                    counting[at_site].add(study.source)
                elif fact.kind in ("word", "proportion") and state in fact.states:
                    worded.add(study.source)
                elif fact.kind == "moments":
                    measured.add(study.source)
        here, there = counting[True], counting[False] - counting[True]
        said = []
        if here or there:
            k, n = counts[bool(here)]
            where = "" if here else " at other sites"
            said.append(f"{k:.0f} of {n:.0f} lesions{where} in {_sources(len(here or there))}")
        if here and there:
            said.append(f"{_sources(len(there))} at other sites")
        if words := worded - here - there:
            said.append(f"in words in {_sources(len(words))}")
        if measured:
            said.append(f"mean or range in {_sources(len(measured))}")
        if not said and about:
            said.append(f"{_sources(len(about))}, on other states only")
        k, n = counts[bool(here)]
        summary = "; ".join(said) or "no source: the average of all diagnoses"
        return summary, (here | there | worded | measured or about) - {""}, (k, n) if n else None

    def without(self, source: str, network: Network, findings: Iterable[str]) -> Network:
        """The part of ``network`` that ``findings`` need, as it would be built without one source.

        The prior stays, and so do the shares of the forms, which are assumed.
        """
        needed = {_CALCIFICATION, _PATTERN, *network.ancestral(findings)}
        cells = self.library.cells(self.definition, lambda fact: fact.source != source and fact.finding in needed)
        rebuilt = build_network(self.definition, cells)
        target = str(network.target)
        return rebuilt.with_cpts({target: network.cpts[target], _FORM: network.cpts[_FORM]})

    def references(self, keys: Iterable[str]) -> dict[str, str]:
        """References by citation key, in alphabetical order."""
        return {key: self.reference(key) for key in sorted(set(keys))}

    def _finding(self, name: str) -> str:
        return _CALCIFICATION if name == _MINERALISATION else name


def literature_of(network: Network) -> Literature | None:
    """The facts behind a shipped network; None for other networks, and for one built from other facts."""
    library = library_behind(network)
    if library is None:
        return None
    definition = library.definition(network.id)
    return Literature(library, definition, library.cells(definition))


def _words(form: Form) -> set[str]:
    return {form.name, *form.also} - {""}


def _sources(number: int) -> str:
    return f"{number} source" + ("s" if number != 1 else "")


def _count(fact: Fact, state: str, states: tuple[str, ...]) -> tuple[float, float] | None:
    """(k, n) that a fact says about exactly this state; of two states, one tells the other."""
    if fact.kind not in COUNTED or fact.kind == "assumption" or fact.k is None or not fact.n:
        return None
    if fact.states == (state,):
        return fact.k, fact.n
    if len(states) == 2 and len(fact.states) == 1:
        return fact.n - fact.k, fact.n
    return None
