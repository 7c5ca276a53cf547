"""The page of ``networks check``."""

from __future__ import annotations

from bayesdx.analyses.check.numbers import NetworkCheck
from bayesdx.report.blocks import Lines, Page, Section


def page(result: NetworkCheck) -> Page:
    """That the network is well formed, its size, what a query takes, and what came up while it was read."""
    network, cost = result.document.network, result.cost
    size = f"{len(network.variables)} variables, {network.parameter_count} parameters"
    effort = f"a query takes about {cost.flops:,.0f} operations and {cost.bytes / 2**20:,.1f} MB"
    said = Section(
        "", (Lines(((f"{network.label if network.learnt else network.id}: well-formed; {size}; {effort}",),)),)
    )
    return Page(None, (said,), result.document.warnings, disclaimer=False)
