"""``bayesdx query``: which diagnoses, and how sure?"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from bayesdx.cli.common import (
    case_parameters,
    changed,
    format_option,
    lexicon_option,
    load_named,
    model_for,
    options_stated,
    read_case,
)
from bayesdx.cli.output import show
from bayesdx.errors import InputError

if TYPE_CHECKING:
    from bayesdx.case import Case
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
    path: str | None,
    case_id: str | None,
    pairs: Sequence[str],
    age: float | None,
    sex: str | None,
    network: str | None,
    prior: str | None,
    target: str | None,
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
    named = load_named(network, prior, target)
    if report is None:
        if yes or lexicons:
            raise InputError(f"{'--yes' if yes else '--lexicon'} needs --report")
        case = read_case(path, case_id, pairs, age, sex, named)
    elif path is not None or case_id is not None:
        raise InputError("name a case or a --report, not both")
    else:
        added, stated = options_stated(pairs, age, sex, named)
        case = changed(confirmed(report, lexicons, named, yes), added, stated)
    show(model_for(case, named, prior).ask("query", case), as_json, form=form, show_all=show_all)


def confirmed(report: str, lexicons: Sequence[str], named: Model | None, yes: bool) -> Case:
    """The case of a report, once whoever asks has seen what was read and said yes; the proposal goes to stderr.

    Raises InputError where nobody can be asked, and with ``--yes`` for a report of several lesions.
    """
    from bayesdx.reports import Reports, report_text

    if not yes and (report == "-" or not asked_here()):
        raise InputError("nobody can be asked whether the report was read rightly: --yes takes it as it is read")
    text, place = report_text(report)
    reading = Reports(lexicon=lexicons, document=named.document if named else None).read(text, place=place)
    click.echo(reading.text(), err=True)
    if yes:
        if reading.several:
            raise InputError("speaks of more than one lesion: write a report of one of them", place=place)
    elif not click.confirm("Ask with these findings?", err=True):
        raise click.Abort
    return reading.case


def asked_here() -> bool:
    """Whether somebody sits at a terminal and can answer."""
    return sys.stdin.isatty()
