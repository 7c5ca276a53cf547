"""Networks without some of their sources, from the ledger: only what the sources touch is pooled anew.

Leaving a source out is no subtraction from a row: the base is a mean over all diagnoses, open shares are divided by
the base, words on one row discount one another. So the rows of the findings that it speaks of, and of those that
go with them, are pooled again, many sets of sources at once; they are those of a build without the source.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from bayesdx.knowledge.cpts import counts_of, depth, excluding, parent_rows
from bayesdx.knowledge.ledger import Ledger
from bayesdx.knowledge.pooling import (
    CALCIFICATION,
    MINERALISATION,
    PATTERN,
    Bools,
    Integers,
    Rows,
    enough,
    pool_sums,
    sums_of,
    totals,
)
from bayesdx.network import Array, Network

#: Versions that are worked out at a time: their tables stay in the processor's cache.
_BLOCK = 64


@dataclass(frozen=True, eq=False)
class _Versions:
    """The rows of a finding, pooled once for each version: set ``s`` of sources has version ``of[s]``.

    ``silent`` (S,) marks sets without which too few diagnoses have a study.
    """

    pooled: Rows
    of: Integers
    silent: Bools


def without(ledger: Ledger, network: Network, sources: Collection[str]) -> Network:
    """A built network as it would be built without some sources; it carries no counts. The prior stays."""
    cpts = cpts_without(ledger, network, [sources], network.counts)
    return network.with_cpts({name: table[0] for name, table in cpts.items()})


def cpts_without(
    ledger: Ledger,
    network: Network,
    left_out: Sequence[Collection[str]],
    names: Iterable[str],
    seen: Mapping[str, int] = MappingProxyType({}),
) -> dict[str, Array]:
    """CPTs (S, …) of those of ``names`` that rest on studies, for each of S sets of sources that is left out.

    They are those of a build from the other sources. A finding of which a single diagnosis then has a study would
    not be in such a build: its rows are uniform, so that it says nothing. Of what is ``seen``, by its state, only
    this column is worked out, and stands in for the others.
    """
    wanted = [name for name in names if name in network.counts and name in {*ledger.lines, MINERALISATION.id}]
    behind = {name: findings_behind(ledger, name) for name in wanted}
    needed: set[str] = set().union(*behind.values())
    without_source: dict[str, list[int]] = {}
    for number, sources in enumerate(left_out):
        for source in sources:
            without_source.setdefault(source, []).append(number)
    versions: dict[str, _Versions] = {}
    for finding in sorted(needed, key=lambda name: depth(ledger.choices.links, name)):  # parents before children
        versions[finding] = _pool(ledger, finding, len(left_out), without_source, versions)
    alike: dict[frozenset[str], list[str]] = {}
    for name in wanted:
        alike.setdefault(frozenset(behind[name]), []).append(name)
    cpts = {}
    for findings, group in alike.items():
        first, of = _common(versions, findings)
        parts: dict[str, list[Array]] = {name: [] for name in group}
        for at in _blocks(first):
            taken = _taken(versions, findings, at)
            for name in group:
                counts = counts_of(ledger.choices, taken, name)
                column = slice(None) if name not in seen else slice(seen[name], seen[name] + 1)
                parts[name].append(counts[..., column] / totals(counts)[..., None])
        for name in group:
            table = np.concatenate(parts[name])[of]
            if name in versions:
                table[versions[name].silent] = 1.0 / network.cpts[name].shape[-1]
            cpts[name] = np.broadcast_to(table, (len(of), *network.cpts[name].shape))
    return cpts


def _blocks(numbers: Integers) -> Iterator[Integers]:
    return (numbers[start : start + _BLOCK] for start in range(0, len(numbers), _BLOCK))


def findings_behind(ledger: Ledger, name: str) -> set[str]:
    """The findings whose studies enter the CPT of a variable: its own, and those that it goes with."""
    if name == MINERALISATION.id:
        return {CALCIFICATION, PATTERN}
    links = ledger.choices.links
    above = findings_behind(ledger, links[name].parent) if name in links else set()
    return {name, excluding(ledger.choices, ledger.lines, name) or name} | above


def _distinct(keys: Iterable[Hashable]) -> tuple[Integers, Integers]:
    """The first place of each distinct key, and which of those each key is."""
    number: dict[Hashable, int] = {}
    of = np.array([number.setdefault(key, len(number)) for key in keys])
    first = np.zeros(len(number), dtype=np.intp)
    first[of[::-1]] = np.arange(len(of))[::-1]
    return first, of


def _common(versions: Mapping[str, _Versions], findings: Collection[str]) -> tuple[Integers, Integers]:
    """The versions that several findings have in common: a set of sources with each, and which one each set has."""
    return _distinct(zip(*(versions[finding].of.tolist() for finding in findings), strict=True))


def _taken(versions: Mapping[str, _Versions], findings: Collection[str], sets: Integers) -> dict[str, Rows]:
    """The rows of several findings for some ``sets`` of sources."""
    return {finding: versions[finding].pooled.take(versions[finding].of[sets]) for finding in findings}


def _pool(
    ledger: Ledger,
    finding: str,
    sets: int,
    without_source: Mapping[str, Sequence[int]],
    parents: Mapping[str, _Versions],
) -> _Versions:
    """The rows of a finding for each of so many ``sets``; ``without_source`` numbers those that lack a source."""
    account, choices = ledger.account(finding), ledger.choices
    studies = account.studies
    gone = np.zeros((sets, len(account.entries)), dtype=bool)
    for source, entries in account.of_source.items():
        for number in without_source.get(source, ()):
            gone[number, entries] = True
    left = np.tile(np.bincount(studies.diagnosis, minlength=choices.diagnoses), (sets, 1))
    missing, study = np.nonzero(gone)
    np.subtract.at(left, (missing, studies.diagnosis[study]), 1)
    silent = ~np.asarray(enough((left > 0).sum(axis=1), studies.background))
    gone[silent] = False
    link = choices.links.get(finding)
    above = findings_behind(ledger, link.parent) & parents.keys() if link is not None else set()
    of_parent = _common(parents, above)[1] if above else np.zeros(sets, dtype=np.intp)
    first, of = _distinct((parent, row.tobytes()) for parent, row in zip(of_parent.tolist(), gone, strict=True))
    sums = sums_of(choices, studies, ~gone[first])
    parts = []
    for at in _blocks(np.arange(len(first))):
        parent = None if link is None else parent_rows(choices, _taken(parents, above, first[at]), link.parent)
        parts.append(pool_sums(choices, studies, sums[at], link, parent).counts)
    return _Versions(Rows(np.concatenate(parts)), of, silent)
