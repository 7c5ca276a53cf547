"""``bayesdx convert``: a case in another form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bayesdx.cli.common import case_command
from bayesdx.cli.output import echo_data, echo_json, warn, with_codes
from bayesdx.errors import InputError

if TYPE_CHECKING:
    from bayesdx.case import Case
    from bayesdx.model import Model

EXAMPLE = "Example: bayesdx convert case.yaml > observations.json"


@click.command("convert", epilog=EXAMPLE)
@case_command
@click.option(
    "--to",
    "form",
    type=click.Choice(["fhir", "json", "yaml"]),
    help="What to print. Default: fhir, and yaml where the case is FHIR.",
)
def command(model: Model, case: Case, as_json: bool, form: str | None) -> None:
    """Print a case as FHIR (a Bundle of Observations), or one that is FHIR as a case file.

    The case is checked: a finding that the network does not know is refused.
    """
    from bayesdx.formats.case_file import case_text
    from bayesdx.formats.fhir.writing import bundle

    if with_codes(True):
        raise InputError("--codes is for answers: a case is converted")
    if as_json and form in ("fhir", "yaml"):
        raise InputError(f"--json and --to {form} are two forms: choose one")
    form = form or ("json" if as_json else "yaml" if case.origin else "fhir")
    warn(model.question(case).warnings)
    if form == "fhir":
        echo_json(bundle(case, model.document))
    else:
        echo_data(case_text(case, form))
