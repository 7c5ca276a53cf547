"""The page of ``marginals``."""

from __future__ import annotations

from bayesdx.analyses.marginals.numbers import ModelMarginals
from bayesdx.network import Array
from bayesdx.report.blocks import AnyCell, Block, Cell, Lines, Page, Section, Table
from bayesdx.words.numbers import percent

#: States of a variable that a row has room for.
SHOWN = 4
KINDS = {"BAYES": "Bayesian network", "MARKOV": "Markov network"}


def page(result: ModelMarginals) -> Page:
    """What the model is and what the answer took, then a row a variable with its most probable states."""
    graph, passes = result.graph, result.passes
    size = f"{len(graph.cardinalities)} variables, {len(graph.factors)} factors, {len(result.evidence)} observed"
    took = (
        f"induced width {passes.width}; {passes.flops:,.0f} multiplications forward, {passes.bytes / 2**20:,.1f} MB"
    )
    slices = f", {passes.slices:,.0f} passes" if passes.slices > 1 else ""
    said = Lines(
        (
            (Cell(result.name), f" ({KINDS[graph.kind]}: {size})"),
            (f"ln Z {result.log_z:.6f}; {took}{slices}",),
        )
    )
    rows: tuple[tuple[AnyCell, ...], ...] = tuple(
        (f"x{v}", *_row(found, v in result.evidence)) for v, found in enumerate(result.marginals)
    )
    blocks: tuple[Block, ...] = (said, Table(("variable", "states", "", "most probable"), rows, (1,)))
    return Page(None, (Section("", blocks),), graph.warnings, disclaimer=False)


def _row(found: Array, observed: bool) -> tuple[str, str, str]:
    order = (-found).argsort(kind="stable")[:SHOWN].tolist()
    said = ", ".join(f"{state}: {percent(float(found[state]))}" for state in order if found[state] > 0)
    more = ", …" if int((found > 0).sum()) > SHOWN else ""
    return str(len(found)), "observed" if observed else "", said + more
