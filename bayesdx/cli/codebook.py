"""``bayesdx codebook``: a network as the data dictionary of a study."""

from __future__ import annotations

import os

import click

from bayesdx.cli.common import json_option, target_option
from bayesdx.cli.output import show, warn
from bayesdx.cli.streams import for_programs
from bayesdx.errors import InputError


@click.command("codebook", epilog="Example: bayesdx codebook spine -o spine.csv")
@click.argument("network", metavar="NAME|FILE")
@click.option("-o", "--output", metavar="FILE", help="Where to write (.csv). Default: standard output.")
@target_option
@json_option
def command(network: str, output: str | None, target: str | None, as_json: bool) -> None:
    """Write the findings of a network as a data dictionary that REDCap takes in.

    A field for each finding, by examination, and one for the proven diagnosis; age is a number of years. What
    REDCap exports of it, raw or with labels, is a table for batch and learn.
    """
    from bayesdx.loading import load

    if output is not None and os.path.splitext(output)[1].lower() != ".csv":
        raise InputError("a data dictionary ends in .csv", place=output)
    model = load(network, None, target)
    if output is None:
        for_programs()
    show(model.codebook(output), as_json, err=output is not None)
    warn(model.document.warnings)
