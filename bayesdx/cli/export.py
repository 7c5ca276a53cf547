"""``bayesdx export``: a network for other programs."""

from __future__ import annotations

import os

import click

from bayesdx.cli.common import json_option, network_option, prior_option, target_option
from bayesdx.cli.output import show, warn
from bayesdx.cli.streams import for_programs
from bayesdx.errors import InputError


@click.command("export")
@click.argument("name", metavar="[NAME|FILE]", required=False)
@click.option(
    "-o", "--output", metavar="FILE", help="Where to write (.bif, .xml or .xmlbif). Default: BIF on stdout."
)
@network_option
@prior_option
@target_option
@json_option
def command(
    name: str | None, output: str | None, network: str | None, prior: str | None, target: str | None, as_json: bool
) -> None:
    """Write a network as BIF or XMLBIF, with the CPTs of one prior set.

    BIF allows letters, digits and underscores only: a state such as '<10' is renamed ('lt_10'), as --json lists.
    """
    from bayesdx.loading import load

    chosen = name or network
    if chosen is None or (name and network and name != network):
        raise InputError("name one network to export, such as: bayesdx export spine -o spine.bif")
    suffix = os.path.splitext(output)[1].lower() if output else ".bif"
    if suffix not in (".bif", ".xml", ".xmlbif", ".bifxml"):
        raise InputError("an exported network ends in .bif, .xml, .xmlbif or .bifxml", place=str(output))
    model = load(chosen, prior, target)
    if output is None:
        for_programs()
    show(model.export("bif" if suffix == ".bif" else "xmlbif", output), as_json, err=output is not None)
    warn(model.document.warnings)
