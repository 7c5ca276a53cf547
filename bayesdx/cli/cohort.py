"""``bayesdx cohort``: what a cohort is like, and whether the network fits it."""

from __future__ import annotations

import click

from bayesdx.cli.common import (
    Where,
    json_option,
    prior_option,
    progress,
    table_network_option,
    target_option,
    where_options,
)
from bayesdx.cli.output import show


@click.command("cohort", epilog="Example: bayesdx cohort cases.csv --date date -o cohort.html")
@click.argument("path", metavar="TABLE|FOLDER")
@click.option("-o", "--output", metavar="FILE", help="Where to write: .html, .md or .json.")
@click.option("--date", metavar="COLUMN", help="Column of dates (2026-11-28 or 2026-11): the same month by month.")
@where_options()
@table_network_option
@prior_option
@target_option
@json_option
def command(
    path: str,
    output: str | None,
    date: str | None,
    where: Where,
    network: str | None,
    prior: str | None,
    target: str | None,
    as_json: bool,
) -> None:
    """Summarise a cohort on one page, with plots.

    TABLE is a table as for `batch` (CSV, JSON lines, Parquet); a FOLDER holds any number of them. The page shows
    the mix of diagnoses beside the prior, which findings are missing, how many cases are unusual, and where the
    findings differ from what the network expects, with --date month by month. Without -o it is printed.
    """
    from bayesdx.analyses.profile.document import FILES
    from bayesdx.batch import profile_cohort
    from bayesdx.loading import DEFAULT_NETWORK, load

    if output is not None:
        FILES.ending(output)
    model = load(network or DEFAULT_NETWORK, prior, target)
    with progress("Counting", None) as advance:
        result = profile_cohort(path, model, date, where.across(), lambda part: advance(1))
    if output is not None:
        FILES.write(result, output)
    if as_json or output is None:
        show(result, as_json)
    else:
        click.echo(f"summary of {result.cases:,} cases written to {output}", err=True)
