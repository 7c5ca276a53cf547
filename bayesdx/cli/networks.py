"""``bayesdx networks``: list, show and check networks."""

from __future__ import annotations

import click

from bayesdx.analyses import ANALYSES
from bayesdx.cli.common import Choices, json_option, prior_option
from bayesdx.cli.output import show
from bayesdx.errors import InputError


@click.group("networks", cls=Choices, invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """List, show and check networks."""
    if ctx.invoked_subcommand is None:
        raise InputError("name what to do with networks: list, show or check")


@command.command("list")
@json_option
def list_networks(as_json: bool) -> None:
    """List the shipped networks."""
    analysis = ANALYSES["networks"]
    show(analysis.run().faced(analysis), as_json)


@command.command("show")
@click.argument("network", metavar="NAME|FILE")
@click.option("--coverage", is_flag=True, help="How many facts, patients and sources stand behind each row.")
@click.option("--learnt", is_flag=True, help="The counts that it has learnt from cases, row by row.")
@click.option("--codes", is_flag=True, help="The standard codes of its diagnoses, findings and states.")
@prior_option
@json_option
def show_network(network: str, prior: str | None, coverage: bool, learnt: bool, codes: bool, as_json: bool) -> None:
    """Show the diagnoses, findings and prior sets of a network, the literature behind it, or what it has learnt."""
    from bayesdx.loading import load

    asked = [f"--{name}" for name, on in (("coverage", coverage), ("learnt", learnt), ("codes", codes)) if on]
    if len(asked) > 1:
        raise InputError(f"{' and '.join(asked)}: ask for one at a time")
    if learnt or codes:
        found = ANALYSES["network"].run(load(network, prior).document)
        show(found.faced(ANALYSES["network"]), as_json, {"codes": codes}, learnt=learnt, codes=codes)
        return
    analysis = ANALYSES["coverage" if coverage else "network"]
    show(analysis.run(network if coverage else load(network, prior).document).faced(analysis), as_json)


@command.command("check")
@click.argument("network", metavar="NAME|FILE")
@json_option
def check(network: str, as_json: bool) -> None:
    """Check a network: well-formed, acyclic, CPTs that sum to 1, small enough for exact inference."""
    from bayesdx.catalogue import read_document

    analysis = ANALYSES["check"]
    show(analysis.run(read_document(network)).faced(analysis), as_json)
