"""Case files: read, changed, and written."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace

from bayesdx.case import Case, Origin, case_from_mapping
from bayesdx.cells import clipped, is_missing, kind_of, number_of
from bayesdx.codes import finding_meant
from bayesdx.errors import InputError, nearest
from bayesdx.files import parse, read_text, write_text


def read_cases(path: str | os.PathLike[str]) -> list[Case]:
    """Cases of a YAML or JSON file (one case, or a list of cases), or of UAI evidence; ``-`` is standard input.

    A case may be FHIR in JSON: an Observation, a DiagnosticReport, or a Bundle.

    Raises InputError that names the file and the place in it.
    """
    if os.fspath(path).lower().endswith(".evid"):
        from bayesdx.formats.uai import read_evidence

        return [case_from_mapping({"findings": read_evidence(path)}, os.fspath(path))]
    text, place = read_text(os.fspath(path))
    if text.lstrip().startswith("<"):
        what = (
            "FHIR in XML: it is read as JSON" if "hl7.org/fhir" in text else "XML, not a case file (YAML or JSON)"
        )
        raise InputError(f"is {what}", place=place)
    data = parse(text, place)
    if isinstance(data, list):
        if not data:
            raise InputError("holds no case", place=place)
        return [case_of(entry, f"{place}: case {_name(entry, i)}") for i, entry in enumerate(data, 1)]
    return [case_of(data, place)]


def case_of(value: object, place: str = "case") -> Case:
    """The case that a mapping states, as a case file does or as a FHIR resource; raises InputError."""
    if isinstance(value, Mapping) and "resourceType" in value:
        from bayesdx.formats.fhir.reading import read_case

        return read_case(value, place)
    if isinstance(value, Mapping) and "findings" not in value and {"code", "status"} <= value.keys():
        raise InputError("has no resourceType: it looks like FHIR", place=place)
    return case_from_mapping(value, place)


def pick_case(cases: list[Case], case_id: str | None) -> Case:
    """The case with this id, or the only one; raises InputError when it is not clear which is meant."""
    ids = [case.id or str(number) for number, case in enumerate(cases, 1)]
    place = cases[0].place.split(": case ")[0]
    if case_id is not None:
        if case_id not in ids:
            raise InputError(f"no case '{case_id}'", nearest(case_id, ids), place=place)
        if (count := ids.count(case_id)) > 1:
            raise InputError(f"holds {count} cases '{case_id}': give each an id of its own", place=place)
        return cases[ids.index(case_id)]
    if len(cases) > 1:
        some = ", ".join(ids[:5]) + (", …" if len(ids) > 5 else "")
        raise InputError(f"holds {len(cases)} cases; name one of them with --case: {some}", place=place)
    return cases[0]


def _name(entry: object, number: int) -> str:
    name = entry.get("id") if isinstance(entry, dict) else None
    if isinstance(name, (Mapping, list)):
        name = kind_of(name)
    return f"{number}" if name is None else f"{number} ({clipped(str(name))})"


def as_mapping(case: Case) -> dict[str, object]:
    """The case as the mapping that a case file holds; keys that say nothing are left out."""
    stated = {"id": case.id, "age": case.age, "sex": case.sex, "diagnosis": case.diagnosis}
    kept = {key: value for key, value in stated.items() if value is not None}
    if isinstance(case.age, float) and case.age.is_integer():
        kept["age"] = int(case.age)
    rest = {key: value for key, value in case.metadata.items() if value is None or not is_missing(value)}
    return {**kept, **rest, "findings": dict(case.findings)}


def with_changes(case: Case, changes: Mapping[str, object], removed: Iterable[str] = ()) -> Case:
    """The case with findings set to other values, and findings ``removed``.

    ``age`` (years) and ``sex`` are set and removed like findings; ``age_group`` stands for both ways to state an
    age. Raises InputError for a finding to remove that the case does not state.
    """
    mapping = as_mapping(case)
    findings = dict(case.findings)
    removed = list(removed)
    both = next((name for name in removed if name in changes), None)
    if both is not None:
        raise InputError(f"'{both}' is both set and removed", place=case.place)
    for name in (*removed, *changes):
        known = _drop(name, mapping, findings)
        if not known and name in removed:
            stated = [*findings, *(key for key in ("age", "sex") if key in mapping)]
            raise InputError(f"states no finding '{name}' to remove", nearest(name, stated), place=case.place)
    for name, value in changes.items():
        years = name == "age" and number_of(value) is not None
        (mapping if years or name == "sex" else findings)[name] = value
    changed = case_from_mapping({**mapping, "findings": findings}, case.place)
    return replace(changed, origin=_kept(case, changed))


def _kept(before: Case, after: Case) -> Origin | None:
    """Where a case comes from, without what was set to another value."""
    if before.origin is None:
        return None
    was, now = ({"age": case.age, "sex": case.sex, **case.findings} for case in (before, after))
    same = {name for name, value in now.items() if was.get(name) == value}
    basis = {name: reference for name, reference in before.origin.basis.items() if name in same}
    places = {name: place for name, place in before.origin.places.items() if name in same}
    return before.origin._replace(basis=basis, places=places)


def _drop(name: str, mapping: dict[str, object], findings: dict[str, object]) -> bool:
    """Take out what states ``name``, under each of its keys; False when nothing does."""
    keys = ("age", "age_group") if name in ("age", "age_group") else (name,)
    known = False
    for key in [one for one in findings if finding_meant(one) in map(finding_meant, keys)]:
        known = findings.pop(key) is not None or known
    for key in keys:
        if key in ("age", "sex"):
            known = mapping.pop(key, None) is not None or known
    return known


def check_writable(path: str) -> None:
    """Raise InputError when ``path`` is no place for a case file: its ending, or its folder."""
    if not path.lower().endswith((".yaml", ".yml", ".json")):
        raise InputError("a case file ends in .yaml, .yml or .json", place=path)
    folder = os.path.dirname(path)
    if folder and not os.path.isdir(folder):
        raise InputError(f"there is no folder '{folder}'", place=path)


def write_case(path: str, case: Case) -> None:
    """Write a case file: JSON when ``path`` ends in .json, else YAML; whole or not at all."""
    write_text(path, case_text(case, "json" if path.lower().endswith(".json") else "yaml"))


def case_text(case: Case, form: str) -> str:
    """A case as the text of a case file; ``form`` is ``json`` or ``yaml``.

    Raises InputError for what that form cannot say: what holds itself, infinity in JSON.
    """
    mapping = as_mapping(case)
    try:
        if form == "json":
            return json.dumps(mapping, indent=2, ensure_ascii=False, allow_nan=False, default=str) + "\n"
        import yaml

        text: str = yaml.safe_dump(mapping, sort_keys=False, allow_unicode=True, default_flow_style=False)
        return text
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise InputError(f"cannot be written as {form.upper()}: {reason}", place=case.place) from None
