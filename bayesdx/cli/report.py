"""``bayesdx report``: everything about a case in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bayesdx.cli.common import case_command, format_option
from bayesdx.cli.output import echo_json, with_codes
from bayesdx.errors import InputError

if TYPE_CHECKING:
    from bayesdx.case import Case
    from bayesdx.model import Model

EXAMPLE = "Example: bayesdx report case.yaml -o report.html"


@click.command("report", epilog=EXAMPLE)
@format_option
@case_command
@click.option("-o", "--output", metavar="FILE", help="Where to write: .html, .md or .json.")
@click.option("--versus", metavar="DIAGNOSIS", help="Compare the leader with this diagnosis, not the runner-up.")
def command(
    model: Model, case: Case, as_json: bool, form: str | None, output: str | None, versus: str | None
) -> None:
    """Write a report of a case: one file that stands alone and can be printed.

    It holds the case, the differential, its explanation, what to look at next, how far the answer can be trusted,
    and the references.
    """
    from bayesdx.analyses.report.document import FILES

    if output is not None and form != "fhir":
        FILES.ending(output)
    elif output is not None:
        raise InputError("--format fhir prints: leave -o out", place=output)
    elif not as_json and form != "fhir":
        raise InputError("name the file to write, such as: bayesdx report case.yaml -o report.html")
    coded = with_codes(as_json)
    report = model.report(case, versus)
    if output is not None:
        FILES.write(report, output)
    if form == "fhir":
        echo_json(report.to_fhir())
    elif as_json:
        echo_json(report.to_dict(**coded))
    else:
        click.echo(f"report of {case.id or 'the case'} written to {output}", err=True)
