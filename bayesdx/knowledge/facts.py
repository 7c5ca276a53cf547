"""Facts: one number from one publication a row, read from ``priors/facts.csv`` and checked.

Columns of the table: ``id`` names the row. ``diagnosis``, ``form`` (a subtype named by the network files, or
empty), ``site`` (spinal, intracranial, skull_base, any), ``finding`` and ``state`` say what was seen where; a
state may be a set, ``hypo|iso``, when the source prints two states together. ``kind`` is one of

=============  ==========================================================================================
count          k of n lesions (or patients) as printed
percent        the same, k rounded from a printed percentage of n
case           one published patient (n = 1); ``cohort`` names the patient
proportion     a printed proportion without n, in ``value``
word           a frequency word, in ``value`` (always … never)
moments        mean, standard deviation or range of age (years) or size (mm), in ``value``
assumption     a modelling choice of this project, no publication
population     incidence, prevalence, case mix: used by prior sets, never a likelihood
=============  ==========================================================================================

``exclude`` gives the reason why a row is not used (empty: it is used); EXCLUSIONS explains each.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from bayesdx.errors import InputError, nearest
from bayesdx.knowledge.sources import Source

KINDS = ("count", "percent", "case", "proportion", "word", "moments", "assumption", "population")
SITES = ("spinal", "intracranial", "skull_base", "any")
#: Frequency words; networks/model.yaml gives their numerical meaning.
WORDS = ("always", "nearly_always", "usually", "often", "sometimes", "uncommon", "rare", "never")
COUNTED = frozenset({"count", "percent", "case", "assumption"})
EXCLUSIONS: Mapping[str, str] = {
    "population": "incidence, prevalence or case mix: material for prior sets, not a likelihood",
    "not_a_finding": "speaks of something outside the vocabulary of findings",
    "state_outside": "the printed state has no counterpart among the states of the finding",
    "part_of_state": "counts a part of the state only: one level, one lobe, one pattern of destruction",
    "no_number": "no number, word or moment that could be read",
    "secondary": "repeated from another publication that is, or should be, a source itself",
    "overlap": "the same patients are counted by another row that is used",
    "patient": "the patient is among the published patients (priors/cases), with all findings together",
    "duplicate": "the same publication states the same in another row that is used",
    "selected": "lesions were selected by this very finding",
    "conditional": "holds only where another finding takes a certain state (a stage, a calcified subset)",
    "inferred": "deduced from wording or anatomy, not stated",
    "unproven": "single patient without tissue proof",
    "doubtful": "unit or magnitude contradicted by other sources",
    "other_diagnosis": "an entity that no network holds",
    "other_site": "lesions outside the skull and the spine",
    "mixed_group": "describes a group of several diagnoses together",
}
#: Words of a title that say what all lesions of a series have in common: finding, state, words. Such a series was
#: selected by the state, and "all of them" is no count of it.
SELECTED_BY_TITLE: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "level": {
        "intracranial_supratentorial": ("supratentorial",),
        "posterior_fossa": ("posterior fossa", "infratentorial", "cerebellar", "cerebellopontine"),
        "skull_base": ("skull base", "base of the skull", "clival", "clivus"),
        "craniocervical": ("craniocervical", "craniovertebral", "foramen magnum", "odontoid", "atlantoaxial"),
        "cervical": ("cervical",),
        "thoracic": ("thoracic",),
        "lumbar": ("lumbar",),
        "sacral": ("sacral", "sacrum", "sacrococcygeal"),
    },
    "compartment": {
        "intra_axial": ("intramedullary", "intra-axial", "intraparenchymal"),
        "intradural_extramedullary": ("intradural", "extramedullary", "extraparenchymal"),
        "extradural": ("epidural", "extradural"),
        "dumbbell": ("dumbbell",),
        "osseous": ("intraosseous",),
        "paraspinal": ("paraspinal", "paravertebral"),
    },
    "epicentre": {
        "dura": ("dural",),
        "nerve_root": ("nerve root",),
        "facet_joint": ("facet",),
        "ligament": ("ligament",),
        "cord_or_brain_parenchyma": ("intramedullary", "intraparenchymal"),
        "ventricle": ("intraventricular", "ventricular"),
        "filum_or_cauda_equina": ("cauda equina", "filum"),
        "skull_base_bone": ("skull base", "base of the skull", "clival", "clivus"),
        "cistern_or_subarachnoid": ("cerebellopontine", "subarachnoid"),
        "epidural_space": ("epidural",),
        "paraspinal_soft_tissue": ("paraspinal", "paravertebral"),
    },
    "multiplicity": {"single": ("solitary",), "multiple": ("multiple",)},
    "age_group": {"0-17": ("children", "pediatric", "paediatric"), "60+": ("elderly",)},
    "ct_calcification": {"present": ("calcified", "calcification", "calcifications")},
    "mr_cystic_change": {"present": ("cystic",)},
    "mr_haemorrhage": {"present": ("hemorrhagic", "haemorrhagic")},
    "syrinx": {"present": ("syrinx", "syringomyelia")},
    "paraspinal_soft_tissue_mass": {"present": ("paraspinal", "paravertebral")},
    "history_prior_surgery_or_haemorrhage": {"present": ("postoperative", "after surgery", "retained")},
    "history_neurofibromatosis": {"present": ("neurofibromatosis",)},
    "history_vhl": {"present": ("hippel",)},
}
#: A condition that says so: the number counts a part of the state, or bounds it.
_PART = re.compile(r"\b(only|alone|lower bound|upper bound)\b")
_NUMBER = r"\d+(\.\d+)?"
_RANGE = rf"low={_NUMBER};high={_NUMBER}"
_MOMENTS = re.compile(rf"mean={_NUMBER}(;sd={_NUMBER})?(;{_RANGE})?|{_RANGE}")


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of the table; ``states`` is the state or the set of states that the number speaks of."""

    id: str
    diagnosis: str
    form: str
    site: str
    finding: str
    states: tuple[str, ...]
    k: float | None
    n: float | None
    value: str
    kind: str
    source: str
    cohort: str
    condition: str
    exclude: str
    note: str

    @property
    def used(self) -> bool:
        return not self.exclude

    @property
    def used_for_form(self) -> bool:
        """A single patient of a known form whom a review counts again without telling the forms apart.

        The review speaks for the diagnosis, the patient for the form: neither row counts anybody twice.
        """
        return self.exclude == "overlap" and self.kind == "case" and bool(self.form and self.cohort)


def read_facts(
    path: Path,
    sources: Mapping[str, Source],
    vocabulary: Mapping[str, Collection[str]],
    unspecified: Mapping[tuple[str, str], Collection[str]] | None = None,
) -> tuple[Fact, ...]:
    """Read and check the table of facts.

    ``vocabulary`` maps findings to their states, ``unspecified`` the forms that facts without a condition describe
    (a diagnosis and a word of the column ``form``) to the words that name it. Raises InputError that names the
    line for an unknown source, site, kind, exclusion, finding, state or frequency word, a number that is none,
    k > n, a proportion outside [0, 1], moments that cannot be read, two used rows that state the same (same
    source, cohort, diagnosis, form, site, condition, finding, states and kind), and a used row that gives an
    unspecified form a condition, counts a state by which its title selects the series, or says it counts a part.
    """
    facts: list[Fact] = []
    seen: dict[tuple[object, ...], str] = {}
    with path.open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        for row in reader:
            place = f"{path.name}, line {reader.line_num}"
            fact = _fact(row, place)
            _check(fact, place, sources, vocabulary)
            if fact.used:
                _check_reading(fact, place, sources, unspecified or {})
                key: tuple[object, ...] = (fact.source, fact.cohort, fact.diagnosis, fact.form, fact.site)
                key = (*key, fact.condition, fact.finding, fact.states, fact.kind)
                if key in seen:
                    raise InputError(f"fact '{fact.id}' states the same as '{seen[key]}'", place=place)
                seen[key] = fact.id
            facts.append(fact)
    return tuple(facts)


def _fact(row: Mapping[str, str], place: str) -> Fact:
    def number(column: str) -> float | None:
        text = row[column]
        if not text:
            return None
        value = _float(text)
        if not 0 <= value < math.inf:
            raise InputError(f"{column} is '{text}', not a number", place=place)
        return value

    if None in row or None in row.values():
        raise InputError("more or fewer entries than columns", place=place)
    try:
        return Fact(
            id=row["id"],
            diagnosis=row["diagnosis"],
            form=row["form"],
            site=row["site"],
            finding=row["finding"],
            states=tuple(row["state"].split("|")) if row["state"] else (),
            k=number("k"),
            n=number("n"),
            value=row["value"],
            kind=row["kind"],
            source=row["source"],
            cohort=row["cohort"],
            condition=row["condition"],
            exclude=row["exclude"],
            note=row["note"],
        )
    except KeyError as error:
        raise InputError(f"column {error} is missing", place=place) from None


def _check(fact: Fact, place: str, sources: Collection[str], vocabulary: Mapping[str, Collection[str]]) -> None:
    def known(what: str, value: str, choices: Collection[str]) -> None:
        if value not in choices:
            raise InputError(f"unknown {what} '{value}'", nearest(value, choices), place=place)

    if fact.kind != "assumption":
        known("source", fact.source, sources)
    if fact.k is not None and fact.n is not None and fact.k > fact.n:
        raise InputError(f"k = {fact.k:g} exceeds n = {fact.n:g}", place=place)
    if fact.exclude:
        known("exclusion", fact.exclude, EXCLUSIONS)
    if not fact.used and not fact.used_for_form:
        return
    known("kind", fact.kind, KINDS)
    known("site", fact.site, SITES)
    known("finding", fact.finding, vocabulary)
    for state in fact.states:
        known(f"state of {fact.finding}", state, vocabulary[fact.finding])
    if fact.kind != "moments" and not fact.states:
        raise InputError("no state", place=place)
    if fact.kind in COUNTED and (fact.k is None or not fact.n):
        raise InputError(f"a {fact.kind} needs k and n", place=place)
    if fact.kind == "word":
        known("frequency word", fact.value, WORDS)
    if fact.kind == "proportion" and not 0 <= _float(fact.value) <= 1:
        raise InputError(f"proportion '{fact.value}' is not between 0 and 1", place=place)
    if fact.kind == "moments" and not _MOMENTS.fullmatch(fact.value):
        raise InputError(f"'{fact.value}' is not like mean=50;sd=10;low=20;high=80", place=place)


def _check_reading(
    fact: Fact,
    place: str,
    sources: Mapping[str, Source],
    unspecified: Mapping[tuple[str, str], Collection[str]],
) -> None:
    """What a used row must not make of its source, as far as that can be told from the row."""
    names = unspecified.get((fact.diagnosis, fact.form))
    if fact.condition and names is not None and fact.condition not in names:
        raise InputError(
            f"the form '{fact.form}' is the unspecified one, which a row with the condition '{fact.condition}' "
            "does not describe: leave the form empty",
            place=place,
        )
    if fact.kind in {"count", "percent", "proportion"} and (part := _PART.search(fact.condition)):
        raise InputError(f"a condition that says '{part[0]}' counts a part of the state", place=place)
    if fact.kind in {"count", "percent"} and fact.k == fact.n:
        title = str(sources[fact.source].get("title") or "")
        words = [word for state in fact.states for word in SELECTED_BY_TITLE.get(fact.finding, {}).get(state, ())]
        for word in words:
            if re.search(rf"\b{re.escape(word)}\b", title, re.IGNORECASE):
                raise InputError(
                    f"{fact.k:g} of {fact.n:g} in a series whose title says '{word}' were selected by it",
                    place=place,
                )


def _float(text: str) -> float:
    """The number that ``text`` spells, else NaN, which lies in no range."""
    try:
        return float(text)
    except ValueError:
        return math.nan
