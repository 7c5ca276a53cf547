"""``bayesdx impression``: sentences for a report, or a row for a tumour board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bayesdx.cli.common import Asked, cases_command, progress
from bayesdx.cli.output import echo_data, show, warn, with_codes
from bayesdx.errors import InputError

if TYPE_CHECKING:
    from bayesdx.case import Case

EXAMPLE = "Examples: bayesdx impression case.yaml; bayesdx impression cases.yaml --row -o board.csv"


@click.command("impression", epilog=EXAMPLE)
@cases_command
@click.option("--versus", metavar="DIAGNOSIS", help="Weigh the leader against this diagnosis, not the runner-up.")
@click.option("--row", is_flag=True, help="A row a case under heads, separated by tabs, to paste into a table.")
@click.option("-o", "--output", metavar="FILE", help="Write rows to a file: .tsv, .csv or .html.")
def command(
    paths: Sequence[str],
    asked: Asked,
    as_json: bool,
    versus: str | None,
    row: bool,
    output: str | None,
) -> None:
    """Say in two to five sentences what a report can say of the differential.

    CASE is a YAML, JSON or FHIR file, or '-' for standard input; without it, give findings with -f. Which words are
    used depends on the probability and its interval alone. With --row the same is a row for a tumour board: files
    may hold any number of cases then, and each case is put to the network that covers its level.
    """
    from bayesdx.loading import board

    if output is not None:
        from bayesdx.analyses.board.document import FILES

        FILES.ending(output)
    named = asked.named()
    if not row and output is None:
        if len(paths) > 1:
            raise InputError(f"{len(paths)} files: ask for a row a case with --row")
        case = asked.case(named)
        show(asked.model(case, named).impression(case, versus), as_json)
        return
    if with_codes(as_json):
        raise InputError("--codes: rows have no standard codes; sentences have")
    if versus is not None:
        raise InputError("--versus is for sentences: leave it out where rows are written")
    if asked.changes and len(paths) > 1:
        raise InputError("--case, -f, --age and --sex are about one case: name one file")
    if asked.changes or not paths:
        cases = [asked.case(named)]
    else:
        from bayesdx.formats.case_file import read_cases

        cases = [case for path in paths for case in _named(path, read_cases(path))]
    with progress("Writing", len(cases)) as advance:
        found = board(cases, named, asked.prior, advance)
    if not as_json:
        from bayesdx.analyses.board.overview import warnings

        warn(warnings(found))
    if output is not None:
        from bayesdx.analyses.board.document import FILES

        FILES.write(found, output)
    if as_json:
        show(found, as_json)
    elif output is None:
        from bayesdx.analyses.board.document import tsv

        echo_data(tsv(found))


def _named(path: str, cases: Sequence[Case]) -> Sequence[Case]:
    """The cases of a file; a single one without id is called as the file is."""
    if len(cases) != 1 or cases[0].id or path == "-":
        return cases
    return [replace(cases[0], id=Path(path).stem)]
