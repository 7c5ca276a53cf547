"""``bayesdx read``: what does a radiology report say of each finding?"""

from __future__ import annotations

import os

import click

from bayesdx.cli.common import json_option, lexicon_option, network_option, progress, target_option
from bayesdx.cli.output import show
from bayesdx.errors import InputError

EXAMPLE = "Example: bayesdx read report.txt -o case.yaml && bayesdx query case.yaml"


@click.command("read", epilog=EXAMPLE)
@click.argument("path", metavar="REPORT|FOLDER")
@click.option("-o", "--output", metavar="FILE", help="Save what one report says as a case (.yaml, .json).")
@click.option(
    "--table", metavar="FILE", help="Save what a folder says as a table of cases (.csv, .jsonl, .parquet)."
)
@lexicon_option
@network_option
@target_option
@json_option
def command(
    path: str,
    output: str | None,
    table: str | None,
    lexicons: tuple[str, ...],
    network: str | None,
    target: str | None,
    as_json: bool,
) -> None:
    """Read a radiology report, and propose findings.

    REPORT is a text file, or '-' for standard input; of a FOLDER each .txt file is a report. Every finding stands
    with the sentence and the words that it rests on: whether they are meant so is for you to confirm. Names of
    diagnoses are never read as findings.
    """
    from bayesdx.formats.case_file import check_writable, write_case
    from bayesdx.formats.table import table_format
    from bayesdx.reports import Reports, report_files, report_text, write_cases

    many = os.path.isdir(path)
    if many and output:
        raise InputError("-o saves one case; --table saves those of a folder")
    if table and not many:
        raise InputError("--table saves the cases of a folder; -o saves one")
    if output:
        check_writable(output)
    if table:
        table_format(table)
    if many:
        files = report_files(path)
        with progress("Reading", len(files)) as advance:
            found = Reports(network, lexicons, target=target).folder(path, advance)
        show(write_cases(found, table) if table else found, as_json)
        return
    text, place = report_text(path)
    reading = Reports(network, lexicons, target=target).read(text, place=place)
    if output:
        write_case(output, reading.case)
    show(reading, as_json)
