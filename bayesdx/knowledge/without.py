"""Networks without some of their sources, from the ledger: only what the sources touch is pooled anew.

Leaving a source out is no subtraction from a row: the base is a mean over all diagnoses, open shares are divided by
the base, words on one row discount one another. So the rows of the findings that it speaks of, and of those that
go with them, are pooled again, many sets of sources at once; they are those of a build without the source.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bayesdx.knowledge.ledger import Ledger
from bayesdx.knowledge.pooling import (
    CALCIFICATION,
    MINERALISATION,
    PATTERN,
    Bools,
    Integers,
    Pooled,
    counts_of,
    depth,
    enough,
    excluding,
    parent_rows,
    pool_finding,
)
from bayesdx.network import Array, Network


@dataclass(frozen=True, eq=False)
class _Versions:
    """The rows of a finding, pooled once for each version: set ``s`` of sources has version ``of[s]``.

    ``silent`` (S,) marks sets without which too few diagnoses have a study.
    """

    pooled: Pooled
    of: Integers
    silent: Bools


def without(ledger: Ledger, network: Network, sources: Collection[str]) -> Network:
    """A built network as it would be built without some sources; it carries no counts. The prior stays."""
    cpts = cpts_without(ledger, network, [sources], network.counts)
    return network.with_cpts({name: table[0] for name, table in cpts.items()})


def cpts_without(
    ledger: Ledger, network: Network, left_out: Sequence[Collection[str]], names: Iterable[str]
) -> dict[str, Array]:
    """CPTs (S, …) of those of ``names`` that rest on studies, for each of S sets of sources that is left out.

    They are those of a build from the other sources. A finding of which a single diagnosis then has a study would
    not be in such a build: its rows are uniform, so that it says nothing.
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
    cpts = {}
    for name in wanted:
        pooled, of = _aligned(versions, behind[name])
        counts = counts_of(ledger.choices, pooled, name)
        table = (counts / counts.sum(axis=-1, keepdims=True))[of]
        if name in versions:
            table[versions[name].silent] = 1.0 / table.shape[-1]
        cpts[name] = table
    return cpts


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


def _aligned(versions: Mapping[str, _Versions], findings: Collection[str]) -> tuple[dict[str, Pooled], Integers]:
    """The rows of several findings in versions that they have in common, and which one each set of sources has."""
    first, of = _distinct(zip(*(versions[finding].of.tolist() for finding in findings), strict=True))
    return {f: versions[f].pooled.take(versions[f].of[first]) for f in findings}, of


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
    of_diagnosis = (studies.diagnosis[:, None] == np.arange(choices.diagnoses)).astype(float)
    spoken = (~gone).astype(float) @ of_diagnosis > 0  # as numbers: products of truth values are slow
    silent = ~np.asarray(enough(spoken.sum(axis=1), studies.background))
    gone[silent] = False
    link = choices.links.get(finding)
    above: Mapping[str, Pooled] = {}
    of_parent = np.zeros(len(gone), int)
    if link is not None:
        above, of_parent = _aligned(parents, findings_behind(ledger, link.parent) & parents.keys())
    first, of = _distinct((parent, row.tobytes()) for parent, row in zip(of_parent.tolist(), gone, strict=True))
    parent = None
    if link is not None:
        at = of_parent[first]
        parent = parent_rows(choices, {name: pooled.take(at) for name, pooled in above.items()}, link.parent)
    return _Versions(pool_finding(choices, studies, ~gone[first], link, parent), of, silent)
