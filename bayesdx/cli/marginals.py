"""``bayesdx marginals``: all marginals of a model of the UAI competitions."""

from __future__ import annotations

import os

import click

from bayesdx.analyses import ANALYSES
from bayesdx.cli.common import json_option
from bayesdx.cli.output import show
from bayesdx.errors import InputError


@click.command("marginals", epilog="Example: bayesdx marginals grid.uai --evidence grid.uai.evid --format uai")
@click.argument("model", metavar="MODEL.uai")
@click.option("--evidence", metavar="FILE", help="Observed states (.evid). Default: none.")
@click.option(
    "--format", "form", type=click.Choice(["uai"]), help="Print the answer lines of the competitions (MAR)."
)
@json_option
def command(model: str, evidence: str | None, form: str | None, as_json: bool) -> None:
    """Exact marginals of every variable of a Bayesian or Markov network in a UAI file, and ln Z.

    What takes more than 4 GB is done in parts; what is still too large is refused, with its size.
    """
    from bayesdx.analyses.marginals.wire import uai_text
    from bayesdx.formats.uai import read_factors, read_states

    if as_json and form:
        raise InputError("--json and --format uai are two forms: choose one")
    graph = read_factors(model)
    states = {} if evidence is None else read_states(evidence, graph)
    analysis = ANALYSES["marginals"]
    answer = analysis.run(graph, states, os.path.basename(model)).faced(analysis)
    if form:
        click.echo(uai_text(answer), nl=False)
    else:
        show(answer, as_json)
