"""``bayesdx query``: which diagnoses, and how sure?"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from bayesdx.cli.common import (
    Asked,
    case_parameters,
    format_option,
    lexicon_option,
)
from bayesdx.cli.output import show
from bayesdx.errors import InputError

if TYPE_CHECKING:
    from bayesdx.analyses.read.numbers import ReportReading
    from bayesdx.model import Model


EXAMPLE = "Example: bayesdx query -f level=cervical -f mr_t2_signal=hyper -f 'mr_enhancement=not none' --age 68"


@click.command("query", epilog=EXAMPLE)
@format_option
@case_parameters
@click.option("--all", "show_all", is_flag=True, help="Show every diagnosis, not only the first ones.")
@click.option(
    "--report", metavar="FILE", help="Read the findings from a radiology report, and ask before answering."
)
@click.option("--yes", is_flag=True, help="Take the findings of the report as they are read.")
@lexicon_option
def command(
    asked: Asked,
    as_json: bool,
    form: str | None,
    show_all: bool,
    report: str | None,
    yes: bool,
    lexicons: tuple[str, ...],
) -> None:
    """Rank the diagnoses of a case.

    CASE is a YAML, JSON or FHIR file, or '-' for standard input; without it, give findings with -f.
    """
    named = asked.named()
    if report is None:
        if yes or lexicons:
            raise InputError(f"{'--yes' if yes else '--lexicon'} needs --report")
        case = asked.case(named)
        model = asked.model(case, named)
    elif asked.path is not None or asked.case_id is not None:
        raise InputError("name a case or a --report, not both")
    else:
        from bayesdx.analyses.read.sentences import unconfirmed

        reading = read(report, lexicons, named, yes)
        case = asked.changed(reading.case, named)
        model = asked.model(case, named)
        model.question(case)  # what is wrong with an option is told before anything is shown or asked
        confirm(reading, yes)
        if yes:
            case = replace(case, warnings=(*case.warnings, *unconfirmed(reading)))
    show(model.ask("query", case), as_json, form=form, show_all=show_all)


def read(report: str, lexicons: Sequence[str], named: Model | None, yes: bool) -> ReportReading:
    """What a report says; raises InputError where nobody can be asked whether it was read rightly."""
    from bayesdx.reports import Reports, report_text

    if not yes and (report == "-" or not asked_here()):
        raise InputError("nobody can be asked whether the report was read rightly: --yes takes it as it is read")
    text, place = report_text(report)
    return Reports(lexicon=lexicons, document=named.document if named else None).read(text, place=place)


def confirm(reading: ReportReading, yes: bool) -> None:
    """Show what was read on stderr, until whoever asks has said yes.

    Raises InputError with ``--yes`` for a report of several lesions or of none.
    """
    click.echo(reading.text(), err=True)
    if not yes:
        if not click.confirm("Ask with these findings?", err=True):
            click.echo("Not asked. -f FINDING=STATE replaces what was read; 'bayesdx read -o' saves it.", err=True)
            raise click.Abort
    elif reading.several:
        raise InputError("speaks of more than one lesion: write a report of one of them", place=reading.case.place)
    elif reading.no_lesion:
        raise InputError("names no lesion: a differential is that of a lesion", place=reading.case.place)


def asked_here() -> bool:
    """Whether somebody sits at a terminal and can answer."""
    return sys.stdin is not None and sys.stdin.isatty()
