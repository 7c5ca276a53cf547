"""Rows of findings -> Dirichlet counts of CPTs, for many sets of studies at once (the leading axis S).

A finding whose CPT has another parent is joined with it by the association that is assumed between them; how a
lesion is mineralised stands behind calcification and its pattern.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from bayesdx.knowledge.association import SMALLEST, associated, fit_margins
from bayesdx.knowledge.pooling import CALCIFICATION, MINERALISATION, PATTERN, Choices, Link, Rows, totals
from bayesdx.network import Array


def depth(links: Mapping[str, Link], finding: str) -> int:
    """How many links lead to a finding: parents are pooled before children."""
    return 1 + depth(links, links[finding].parent) if finding in links else 0


def parents_of(choices: Choices, pooled: Collection[str], finding: str) -> tuple[str, ...]:
    """The parents of a finding in a network that holds the ``pooled`` findings."""
    if finding == CALCIFICATION:
        return (MINERALISATION.id,)
    if finding == PATTERN:
        return ("form", MINERALISATION.id)
    link = choices.links.get(finding)
    return ("form",) if link is None or link.parent not in {*pooled, MINERALISATION.id} else ("form", link.parent)


def parent_rows(choices: Choices, pooled: Mapping[str, Rows], parent: str) -> Array | None:
    """P(parent | form), shape (S, F, states of the parent); None when no study speaks of the parent."""
    if parent == MINERALISATION.id:
        known = {CALCIFICATION, PATTERN} <= pooled.keys()
        return mineralisation_rows(choices, pooled[CALCIFICATION], pooled[PATTERN]) if known else None
    return rows_of(choices, pooled, parent) if parent in pooled else None


def excluding(choices: Choices, findings: Collection[str], name: str) -> str | None:
    """The child of the link with impossible pairs that a finding is part of (of one at most), or None.

    Both ends of the link are among the ``findings``.
    """
    for child, link in choices.links.items():
        if link.possible is not None and name in (child, link.parent) and {child, link.parent} <= {*findings}:
            return child
    return None


def rows_of(choices: Choices, pooled: Mapping[str, Rows], name: str) -> Array:
    """P(state | form), shape (S, F, X), of a finding in the network: of what studies say, the part that can be."""
    child = excluding(choices, pooled, name)
    if child is None:
        return pooled[name].rows
    link = choices.links[child]
    assert link.possible is not None
    table = np.maximum(link.table, SMALLEST) * link.possible
    of_parent, of_child = pooled[child].fitted(link, pooled[link.parent])
    rows = of_child * (of_parent @ table) if name == child else of_parent * (of_child @ table.T)
    return np.asarray(rows / totals(rows)[..., None])


def _joint(choices: Choices, pooled: Mapping[str, Rows], child: str) -> Array:
    """P(parent, child | form), shape (S, F, P, X), of findings that go together."""
    link, rows = choices.links[child], pooled[child].rows
    if link.possible is not None:
        of_parent, of_child = pooled[child].fitted(link, pooled[link.parent])
        joint = associated(link.table, of_parent, of_child) * link.possible
        return np.asarray(joint / joint.sum(axis=(-2, -1), keepdims=True))
    parent = parent_rows(choices, pooled, link.parent)
    assert parent is not None
    return fit_margins(link.table, parent, rows)


def counts_of(choices: Choices, pooled: Mapping[str, Rows], name: str) -> Array:
    """Dirichlet counts (S, F, …, X) of a finding or of mineralisation, in the shape of its CPT.

    Calcification has none: mineralisation determines it.
    """
    if name == MINERALISATION.id:
        calcified = pooled[CALCIFICATION]
        rows = mineralisation_rows(choices, calcified, pooled[PATTERN])
        return np.asarray(rows * totals(calcified.counts)[..., None])
    if name == PATTERN:
        return _pattern_counts(choices, pooled[PATTERN], choices.base_strength[PATTERN])
    total = totals(pooled[name].counts)[..., None]
    if parents_of(choices, pooled, name) == ("form",):
        return (
            pooled[name].counts
            if excluding(choices, pooled, name) is None
            else rows_of(choices, pooled, name) * total
        )
    return _conditional_counts(_joint(choices, pooled, name), total, choices.base_strength[name])


def _conditional_counts(joint: Array, total: Array, least: float) -> Array:
    """Counts (S, F, P, X) of a child that goes with another finding given the form.

    The ``total`` (S, F, 1) counts of a form's row are shared out by how often the parent takes each state, but
    never fall below ``least``, the strength of the base: a row for a rare parent state rests on the association,
    not on nothing.
    """
    given = totals(joint)
    size = np.maximum(total * given, least)
    return np.asarray(joint * (size / given)[..., None])


def mineralisation_rows(choices: Choices, calcified: Rows, pattern: Rows) -> Array:
    """P(mineralisation | form), shape (S, F, 4).

    ``none`` is the share that is not calcified on CT; in a calcified lesion the pattern suggests how the mineral
    lies. By Bayes' rule both margins stay what the studies say.
    """
    present = calcified.rows[..., 1:]
    return np.concatenate([1 - present, present * (pattern.rows @ choices.suggests.T)], axis=-1)


def _pattern_counts(choices: Choices, pattern: Rows, least: float) -> Array:
    """Counts (S, F, 4, patterns) of the pattern given form and mineralisation; not calcified, it has none."""
    kinds = pattern.rows @ choices.suggests.T  # given calcification
    shape = (*kinds.shape[:-1], 1 + kinds.shape[-1], pattern.rows.shape[-1])
    given = np.zeros(shape)
    given[..., 0, :] = ~choices.suggests.any(axis=0)
    given[..., 1:, :] = pattern.rows[..., None, :] * choices.suggests / kinds[..., None]
    size = np.concatenate([np.ones_like(kinds[..., :1]), totals(pattern.counts)[..., None] * kinds], axis=-1)
    return np.asarray(given * np.maximum(size, least)[..., None])
