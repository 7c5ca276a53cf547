"""The page of ``networks list``."""

from __future__ import annotations

from bayesdx.analyses.networks.numbers import NetworkList
from bayesdx.document import NetworkDocument
from bayesdx.report.blocks import AnyCell, Cell, Page, Section, Table


def page(result: NetworkList) -> Page:
    """One line a network."""
    heads = ("network", "version", "diagnoses", "findings", "prior sets (* default)", "levels")
    rows = tuple(_row(document) for document in result.documents)
    return Page(None, (Section("", (Table(heads, rows, (2, 3)),)),), disclaimer=False)


def _row(document: NetworkDocument) -> tuple[AnyCell, ...]:
    network, default = document.network, document.default_prior
    target = network.variable(network.target).cardinality if network.target else 0
    priors = [f"{name}*" if default and name == default.name else name for name in document.prior_sets]
    return (
        Cell(network.id),
        network.version,
        str(target),
        str(len(network.findings)),
        ", ".join(priors),
        ", ".join(document.levels),
    )
