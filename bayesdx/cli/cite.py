"""``bayesdx cite``: the facts and sources behind a likelihood, or behind the answer to a case."""

from __future__ import annotations

import os

import click

from bayesdx.cli.common import Asked, codes_option, json_option, network_option, prior_option
from bayesdx.cli.output import show
from bayesdx.errors import InputError


@click.command("cite", epilog="Example: bayesdx cite mr_dural_tail=present --given diagnosis=meningioma -n spine")
@click.argument("what", metavar="FINDING[=STATE]|CASE")
@click.option("--given", metavar="diagnosis=DIAGNOSIS", help="The diagnosis whose likelihood is asked for.")
@click.option("--case", "case_id", metavar="ID", help="Which case, when the file holds several.")
@click.option(
    "--top",
    default=15,
    type=click.IntRange(min=1),
    show_default=True,
    metavar="N",
    help="References shown for a case.",
)
@network_option
@prior_option
@json_option
@codes_option
def command(
    what: str,
    given: str | None,
    case_id: str | None,
    top: int,
    network: str | None,
    prior: str | None,
    as_json: bool,
) -> None:
    """List the facts, weights and sources behind a probability.

    With --given: those behind P(FINDING | diagnosis), and the distribution that they give. With a case file:
    the references that the answer rests on most.
    """
    from bayesdx.loading import DEFAULT_NETWORK, load

    if given is not None:
        finding, equals, state = what.partition("=")
        if equals and not state:
            raise InputError(f"{what}: write FINDING=STATE, or FINDING for all its states")
        states = (state,) if state else ()
        model = load(network or DEFAULT_NETWORK, prior)
        show(model.cite_likelihood(finding, _diagnosis(given), states), as_json)
        return
    if "=" in what or not (what == "-" or os.path.splitext(what)[1] or os.path.exists(what)):
        raise InputError(f"'{what}' needs --given diagnosis=…: which diagnosis?")
    asked = Asked(what, case_id, (), None, None, network, prior, None)
    case = asked.case(None)
    show(asked.model(case, asked.named()).ask("cite_case", case), as_json, top=top)


def _diagnosis(given: str) -> str:
    name, equals, diagnosis = given.partition("=")
    if not equals:
        return name
    if name != "diagnosis":
        raise InputError(f"--given {given}: write --given diagnosis=DIAGNOSIS")
    return diagnosis
