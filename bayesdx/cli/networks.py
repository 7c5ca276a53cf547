"""``bayesdx networks``: list, show and check networks."""

from __future__ import annotations

import click

from bayesdx.cli.common import echo_json, json_option, prior_option
from bayesdx.errors import InputError, nearest


@click.group("networks")
def command() -> None:
    """List, show and check networks."""


@command.command("list")
@json_option
def list_networks(as_json: bool) -> None:
    """List the shipped networks."""
    from bayesdx.analyses.networks.page import listing, summary
    from bayesdx.data import network_names
    from bayesdx.model import load

    documents = [load(name).document for name in network_names()]
    if as_json:
        echo_json({"schema": "networks-list/1", "networks": [summary(document) for document in documents]})
    else:
        click.echo(listing(documents))


@command.command("show")
@click.argument("network", metavar="NAME|FILE")
@click.option("--coverage", is_flag=True, help="How many facts, patients and sources stand behind each row.")
@prior_option
@json_option
def show(network: str, prior: str | None, coverage: bool, as_json: bool) -> None:
    """Show the diagnoses, findings and prior sets of a network, or the literature behind it."""
    if coverage:
        _show_coverage(network, as_json)
        return
    from bayesdx.analyses.networks.page import description, full_text
    from bayesdx.model import load

    document = load(network, prior).document
    if as_json:
        echo_json({"schema": "networks-show/1", **description(document)})
    else:
        click.echo(full_text(document))


def _show_coverage(network: str, as_json: bool) -> None:
    from dataclasses import asdict

    from bayesdx.analyses.coverage.numbers import coverage, exclusions
    from bayesdx.analyses.coverage.page import coverage_text
    from bayesdx.knowledge.library import NETWORKS, open_library

    if network not in NETWORKS:
        raise InputError(f"--coverage: no shipped network '{network}'; {nearest(network, NETWORKS)}")
    library = open_library()
    definition = library.definition(network)
    rows = coverage(definition, library.cells(definition))
    excluded = exclusions(library.facts)
    used = sum(fact.used for fact in library.facts)
    if as_json:
        entries = [{**asdict(row), "assumption_alone": row.assumption_alone} for row in rows]
        about = {"schema": "networks-coverage/1", "network": network, "network_version": library.digest}
        echo_json({**about, "rows": entries, "facts_used": used, "facts_excluded": excluded})
    else:
        click.echo(coverage_text(rows, dict(definition.diagnoses), excluded, used))


@command.command("check")
@click.argument("network", metavar="NAME|FILE")
@json_option
def check(network: str, as_json: bool) -> None:
    """Check a network: well-formed, acyclic, CPTs that sum to 1, small enough for exact inference."""
    from bayesdx.analyses.networks.page import summary
    from bayesdx.model import load

    model = load(network)
    cost = model.engine.plan.cost()
    if as_json:
        found = {"flops": cost.flops, "largest_table": cost.largest, "bytes": cost.bytes}
        echo_json({"schema": "networks-check/1", **summary(model.document), "cost": found})
    else:
        size = f"{len(model.network.variables)} variables, {model.network.parameter_count} parameters"
        effort = f"a query takes about {cost.flops:,.0f} operations and {cost.bytes / 2**20:,.1f} MB"
        click.echo(f"{model.network.id}: well-formed; {size}; {effort}")
