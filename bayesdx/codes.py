"""Standard codes: which codes of OIFM, RadLex, NCIt, … mean exactly what a finding, a state or a diagnosis means.

The tables are ``networks/codes/<system>.csv``, one a system; the notices of their owners stand beside them in
``NOTICES.md``. Only exact matches are there: what has none has no standard code. A system without its table is one
without codes, so that a table may be taken out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection
from functools import lru_cache
from typing import NamedTuple

from bayesdx.data import data_root
from bayesdx.errors import InputError

#: Stands for every finding: the code of ``present`` is the same wherever that is a state.
ANY = "*"
#: The variable under which the tables hold diagnoses.
DIAGNOSIS = "diagnosis"


class Code(NamedTuple):
    """A code of the system of that key of ``SYSTEMS``; ``display`` is the system's own name of it, or empty."""

    system: str
    code: str
    display: str

    @property
    def uri(self) -> str:
        """What FHIR calls the code system."""
        return SYSTEMS[self.system].uri

    def __str__(self) -> str:
        """As a case writes it: the code alone where its form says of which system it is."""
        return self.code if SYSTEMS[self.system].form else f"{self.system}:{self.code}"


class System(NamedTuple):
    """A code system: what people and FHIR call it, and the notice of its owner.

    Codes of the ``form`` (a regular expression) are known for its own without its name; None where they are bare
    numbers, which are written with it.
    """

    name: str
    uri: str
    notice: str
    form: str | None = None


SYSTEMS = {
    "oifm": System(
        "Open Imaging Finding Models",
        "https://github.com/openimagingdata/findingmodels",  # none is published: the place where the models lie
        "MIT License, Copyright (c) 2025 Open Imaging Data Model Initiative",
        r"OIFMA?_[A-Z]+_\d{6}(?:\.\d+)?",
    ),
    "radlex": System(
        "RadLex",
        "http://radlex.org",
        "RadLex License Version 2.0, (c) Radiological Society of North America",
        r"RID\d+",
    ),
    "ncit": System(
        "NCI Thesaurus",
        "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl",
        "CC BY 4.0, National Cancer Institute",
        r"C\d{3,6}",  # shorter ones are vertebrae
    ),
    "doid": System("Human Disease Ontology", "http://purl.obolibrary.org/obo/doid.owl", "CC0 1.0", r"DOID:\d+"),
    "gamuts": System(
        "Radiology Gamuts Ontology",
        "https://gamuts.net",  # as with OIFM, out of whose files these codes come
        "MIT License, as part of Open Imaging Finding Models",
    ),
    "snomed": System(
        "SNOMED CT",
        "http://snomed.info/sct",
        "SNOMED CT(R), (c) SNOMED International; numbers alone",
    ),
}


def codes_of(variable: str, state: str | None = None) -> tuple[Code, ...]:
    """The codes that mean exactly a finding, or its state; a diagnosis is a state of ``diagnosis``.

    In the order of ``SYSTEMS``; empty where there is no standard code.

    >>> print(*codes_of("diagnosis", "meningioma"))
    C3230 DOID:3565
    >>> codes_of("diagnosis", "capnon")
    ()
    """
    by_meaning, _ = _tables(data_root())
    general = by_meaning.get((ANY, state), ()) if state is not None and variable != DIAGNOSIS else ()
    found = {*by_meaning.get((variable, state), ()), *general}
    return tuple(sorted(found, key=lambda code: (list(SYSTEMS).index(code.system), code.code)))


def meanings(code: str, system: str | None = None) -> tuple[tuple[str, str | None], ...]:
    """What a code stands for, as ``(variable, state)``: state None is the finding as such, variable ``*`` any.

    Without ``system`` (a key of ``SYSTEMS``) the code is written as in a case: ``RID28472``, ``DOID:3565``,
    ``ncit:C3230``, ``snomed:52101004``. Empty for what is no code, and for a code that means nothing here.

    >>> meanings("C3230"), meanings("52101004", "snomed"), meanings("meningioma")
    ((('diagnosis', 'meningioma'),), (('*', 'present'),), ())
    """
    if system is None:
        system, code = written(code) or ("", code)
    return _tables(data_root())[1].get((system, code), ()) if system else ()


def as_finding(text: str, names: Collection[str]) -> str:
    """The one of ``names`` that a code stands for; ``text`` itself where it is one of them, or no code of any."""
    return text if text in names else _meant(text, lambda variable, state: variable if state is None else "", names)


def finding_meant(text: str) -> str:
    """The finding that a code stands for, text itself for any other."""
    return next((variable for variable, state in meanings(text) if state is None), text)


def diagnosis_meant(text: str, states: Collection[str] = ()) -> str:
    """The diagnosis that a code stands for; text itself for any other, and for one of ``states``."""
    if text in states:
        return text
    return next((str(state) for variable, state in meanings(text) if variable == DIAGNOSIS), text)


def as_state(text: str, variable: str, states: Collection[str]) -> str:
    """The one of the ``states`` of ``variable`` that a code stands for; ``text`` itself where it is none.

    >>> as_state("RID28472", "mr_dural_tail", ("absent", "present")), as_state("RID28472", "sex", ("male",))
    ('present', 'RID28472')
    """
    if text in states:
        return text
    return _meant(text, lambda owner, state: (state or "") if owner in (variable, ANY) else "", states)


def _meant(text: str, name: Callable[[str, str | None], str], names: Collection[str]) -> str:
    return next((one for one in (name(*meaning) for meaning in meanings(text)) if one in names), text)


def is_code(text: str, names: Collection[str]) -> bool:
    """Whether text is written as a code, unless one of ``names`` stands before its colon."""
    return written(text) is not None and text.partition(":")[0].strip() not in names


def note(text: str) -> str:
    """What a message adds to a code: what it stands for, or that it stands for nothing here; empty for other text.

    >>> note("C3230"), note("RID1"), note("hyper")
    (' (which is diagnosis=meningioma)', ' (a code of RadLex that stands for nothing here)', '')
    """
    code = written(text)
    if code is None:
        return ""
    said = [(variable if state is None else f"{variable}={state}") for variable, state in meanings(*code[::-1])]
    if not said:
        return f" (a code of {SYSTEMS[code[0]].name} that stands for nothing here)"
    return f" (which is {' and '.join(said).replace(ANY + '=', '')})"


def written(text: str) -> tuple[str, str] | None:
    """The ``(system, code)`` that text spells as a case writes it; None when it is none.

    >>> written(" rid28472"), written("NCIt: C3230"), written("DOID: 3565"), written("hyper:0.8")
    (('radlex', 'RID28472'), ('ncit', 'C3230'), ('doid', 'DOID:3565'), None)
    """
    text = text.strip()
    first, colon, rest = (part.strip() for part in text.partition(":"))
    key = first.casefold()
    if colon and key in SYSTEMS and (found := _of_system(rest, key) or _of_system(f"{first}:{rest}", key)):
        return key, found
    return next(((key, found) for key in SYSTEMS if SYSTEMS[key].form and (found := _of_system(text, key))), None)


def _of_system(text: str, key: str) -> str | None:
    text = text.upper()
    return text if re.fullmatch(SYSTEMS[key].form or r"\d+", text) else None


@lru_cache(maxsize=2)
def _tables(
    root: str,
) -> tuple[
    dict[tuple[str, str | None], tuple[Code, ...]], dict[tuple[str, str], tuple[tuple[str, str | None], ...]]
]:
    """Codes by meaning, and meanings by code."""
    import csv

    by_meaning: dict[tuple[str, str | None], tuple[Code, ...]] = {}
    by_code: dict[tuple[str, str], tuple[tuple[str, str | None], ...]] = {}
    for system in SYSTEMS:
        path = os.path.join(root, "networks", "codes", f"{system}.csv")
        if not os.path.isfile(path):
            continue
        with open(path, encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if None in row.values() or not row["variable"] or not row["code"]:
                    raise InputError("a row has the columns variable, state, code, display", place=path)
                meaning = (row["variable"], row["state"] or None)
                code = Code(system, row["code"], row["display"])
                by_meaning[meaning] = (*by_meaning.get(meaning, ()), code)
                by_code[system, code.code] = (*by_code.get((system, code.code), ()), meaning)
    return by_meaning, by_code
