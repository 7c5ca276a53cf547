"""P(form | diagnosis), read from ``networks/forms.yaml``: what series and registries count, and what is assumed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from bayesdx.errors import InputError, nearest
from bayesdx.knowledge.pooling import effective_size

#: Correlation among the lesions of one series: how far the shares of series differ (assumption).
CORRELATION = 0.2
#: Lesions that shares printed without a number, or assumed, count for.
PRINTED, ASSUMED = 4.0, 4.0
#: Lesions that are shared equally by the forms, so that a form nobody has counted is not impossible.
SMOOTHING = 1.0


def form_counts(
    entries: Mapping[str, Iterable[Mapping[str, Any]]],
    forms: Mapping[str, Collection[str]],
    sources: Collection[str],
    place: str,
) -> dict[str, dict[str, float]]:
    """Dirichlet counts of the ``forms`` of each diagnosis, by name.

    A study counts by its ``effective_size``, as those of findings do. Raises InputError for an
    unknown diagnosis, form or source, numbers that are none, and an entry with neither sources nor an assumption.
    """
    found = {}
    for diagnosis in entries:
        if diagnosis not in forms:
            raise InputError(f"no forms of '{diagnosis}' are defined", nearest(diagnosis, forms), place=place)
    for diagnosis, names in forms.items():
        counts = dict.fromkeys(names, SMOOTHING / len(names))
        for entry in entries.get(diagnosis, ()):
            where = f"{place}, {diagnosis}"
            known = entry.get("sources", ())
            if not known and "assumption" not in entry:
                raise InputError("neither sources nor an assumption", place=where)
            for key in known:
                if key not in sources:
                    raise InputError(f"unknown source '{key}'", nearest(key, sources), place=where)
            for name, share in _shares(entry, names, where).items():
                counts[name] += share
        found[diagnosis] = counts
    return found


def _shares(entry: Mapping[str, Any], names: Collection[str], place: str) -> dict[str, float]:
    stated = entry.get("counts") or entry.get("shares")
    if not isinstance(stated, Mapping) or not stated:
        raise InputError("neither counts nor shares", place=place)
    for name, number in stated.items():
        if name not in names:
            raise InputError(f"unknown form '{name}'", nearest(str(name), names), place=place)
        if not isinstance(number, (int, float)) or not 0 <= number < float("inf"):
            raise InputError(f"'{number}' is not a number of lesions", place=place)
    total = float(sum(stated.values()))
    if total <= 0:
        raise InputError("counts of no lesion", place=place)
    if "counts" in entry:
        weight = effective_size(total, CORRELATION)
    else:
        weight = ASSUMED if "assumption" in entry else PRINTED
    return {name: weight * number / total for name, number in stated.items()}
