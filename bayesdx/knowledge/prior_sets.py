"""Prior sets: P(diagnosis) in named populations, computed from the entries of ``priors/prior_sets.yaml``."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from bayesdx.document import PriorSet
from bayesdx.errors import InputError, nearest

_PER = 100_000.0


def read_prior_sets(
    path: Path, network: str, diagnoses: Sequence[str], sources: Collection[str], patients: Sequence[int]
) -> dict[str, PriorSet]:
    """The prior sets of a network over ``diagnoses``, in their order, of each of which it has learnt so many
    published ``patients``.

    Raises InputError for a diagnosis without an entry or with a rate of zero, an unknown diagnosis or source, and
    an entry without a number or with neither sources nor a stated assumption.
    """
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    place = f"{path.name}, {network}"
    incidence = incidence_rates(data, network, diagnoses, sources, place)
    shares = {
        "uniform": dict.fromkeys(diagnoses, 1.0),
        "incidence": incidence,
        "surgical": _surgical(data["surgical"][network], incidence, sources, place),
        "published": {d: data["published"]["count"] + n for d, n in zip(diagnoses, patients, strict=True)},
    }
    sets = {}
    for name, about in data["sets"].items():
        weights = np.array([shares[name][diagnosis] for diagnosis in diagnoses])
        sets[name] = PriorSet(
            name=name,
            probabilities=weights / weights.sum(),
            label=about["label"],
            population=about["population"],
            description=about["description"],
            default=bool(about.get("default", False)),
        )
    return sets


def incidence_rates(
    data: Mapping[str, Any], network: str, diagnoses: Sequence[str], sources: Collection[str], place: str
) -> dict[str, float]:
    """Cases per 100,000 people and year by diagnosis."""
    entries = data["incidence"][network]
    for diagnosis in diagnoses:
        if diagnosis not in entries:
            raise InputError(f"no incidence for '{diagnosis}'", place=place)
    rates: dict[str, float] = {}
    for diagnosis, entry in entries.items():
        if diagnosis not in diagnoses:
            raise InputError(f"unknown diagnosis '{diagnosis}'", nearest(diagnosis, diagnoses), place=place)
        _check_origin(entry, sources, f"{place}, {diagnosis}")
        if "rate" in entry:
            rate = float(entry["rate"])
        elif "ratio" in entry:
            first, second = entry["ratio"]
            if entry["to"] not in rates:
                raise InputError(f"{place}, {diagnosis}: '{entry['to']}' must come before it")
            rate = rates[entry["to"]] * first / second
        elif "reported" in entry:
            cases, years = entry["reported"]
            rate = cases / years / data["published_share"] / data["population_at_risk"] * _PER
        else:
            raise InputError(f"{place}, {diagnosis}: neither rate, ratio nor reported is given")
        rates[diagnosis] = rate * entry.get("share", 1.0)
        if not rates[diagnosis] > 0:
            raise InputError(f"{place}, {diagnosis}: a rate of 0 would rule the diagnosis out")
    return rates


def _surgical(
    entry: Mapping[str, Any], incidence: Mapping[str, float], sources: Collection[str], place: str
) -> dict[str, float]:
    shares = dict.fromkeys(incidence, 0.0)
    for group in entry["groups"]:
        _check_origin(group, sources, f"{place}, {group['name']}")
        total = sum(group["counts"].values())
        for diagnosis, count in group["counts"].items():
            if diagnosis not in shares:
                raise InputError(f"unknown diagnosis '{diagnosis}'", nearest(diagnosis, shares), place=place)
            shares[diagnosis] += group["weight"] * count / total
    if not shares.get(entry["anchor"]):
        raise InputError(f"the anchor '{entry['anchor']}' is in no group", place=place)
    per_rate = shares[entry["anchor"]] / incidence[entry["anchor"]]
    return {d: share or per_rate * incidence[d] for d, share in shares.items()}


def _check_origin(entry: Mapping[str, Any], sources: Collection[str], place: str) -> None:
    if not entry.get("sources") and not entry.get("assumption"):
        raise InputError("neither sources nor an assumption is given", place=place)
    for key in entry.get("sources", ()):
        if key not in sources:
            raise InputError(f"unknown source '{key}'", nearest(key, sources), place=place)
