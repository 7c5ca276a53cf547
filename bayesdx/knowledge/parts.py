"""What a likelihood is made of: the terms of its ledger, as parts that add up to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from bayesdx.knowledge.ledger import Entry, Ledger
from bayesdx.knowledge.pooling import PATTERN
from bayesdx.network import Array, Network


def finding_rows(network: Network, finding: str, table: Array | None = None) -> Array:
    """P(finding | form) of a built network, shape (F, X): a finding has one parent besides the form at most.

    With a ``table``, a part of the CPT of the finding, that part of it.
    """
    table, parents = network.cpts[finding] if table is None else table, network.parents[finding]
    if parents == ("form",):
        return table
    given = finding_rows(network, next(parent for parent in parents if parent != "form"))
    return np.asarray(np.einsum("fps,fp->fs" if "form" in parents else "ps,fp->fs", table, given))


#: Kinds of terms by which the base enters a row.
BASE = ("base", "association", "contamination")


@dataclass(frozen=True, eq=False)
class Part:
    """The part of P(finding | diagnosis) that a term makes up: ``adds`` (X,) to each state.

    ``weight`` counts lesions, the mean over the forms of what the term adds to their rows. ``kind`` is that of the
    term, ``mineralisation`` (the states of a pattern that follow from there being no calcification) or ``learnt``
    (cases that the network has learnt from).
    """

    kind: str
    adds: Array
    weight: float
    entry: Entry | None = None

    @property
    def share(self) -> float:
        """Part of the row; the shares of all parts sum to 1."""
        return float(self.adds.sum())


def base_share(parts: Iterable[Part]) -> float:
    """The part of a row that rests on the base, contamination included, as an association may have moved it: what
    is left by the others."""
    others = sum(part.share for part in parts if part.kind not in BASE)
    return min(max(1.0 - others, 0.0), 1.0)


def parts_of(ledger: Ledger, network: Network, finding: str, diagnosis: str) -> tuple[Part, ...]:
    """What P(finding | diagnosis) is made of: the ``adds`` of all parts sum to it, exactly.

    The likelihood is the mean of the rows of the diagnosis' forms, by P(form | diagnosis). Raises KeyError for a
    variable that has no account.
    """
    account, owner = ledger.account(finding), ledger.choices.owner
    d = network.variable(str(network.target)).state_index(diagnosis)
    shares = network.cpts["form"][d] / network.cpts["form"][d].sum()  # the file has nine digits
    its = owner == d
    known, learnt = ledger.learnt.get(finding, (None, None))
    joint = shares[its, None] * finding_rows(network, finding, known)[its]
    terms = account.terms(owner, d)
    counts = np.array([term.counts for term in terms])
    total = counts.sum(axis=0)
    possible = total > 0
    adds = (counts * np.where(possible, joint / np.where(possible, total, 1.0), 0.0)).sum(axis=1)
    weights = np.maximum(counts.sum(axis=2) @ shares[its], 0.0)
    parts = [Part(t.kind, row, float(w), t.entry) for t, row, w in zip(terms, adds, weights, strict=True)]
    if finding == PATTERN:
        parts.append(Part("mineralisation", joint.sum(axis=0, where=~possible), 0.0))
    if learnt is not None:
        added = (shares[its, None] * finding_rows(network, finding, learnt)[its]).sum(axis=0)
        patients = sum(_of_form(network, one.counts[finding], finding)[its].sum() for one in network.learnt)
        parts.append(Part("learnt", added, float(patients) / int(its.sum())))
    return tuple(parts)


def _of_form(network: Network, counts: Array, finding: str) -> Array:
    """Counts (F, …, X) of a CPT in all, by form; of one whose parents hold no form, 0."""
    if "form" not in network.parents[finding]:
        return np.zeros(network.variable("form").cardinality)
    at = network.parents[finding].index("form")
    return np.asarray(counts.sum(axis=tuple(i for i in range(counts.ndim) if i != at)))
