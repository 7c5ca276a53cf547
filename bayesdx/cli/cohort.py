"""``bayesdx cohort``: what a cohort is like, and whether the network fits it."""

from __future__ import annotations

import click

from bayesdx.cli.common import json_option, network_option, prior_option, progress, target_option
from bayesdx.cli.output import show
from bayesdx.errors import InputError


@click.command("cohort", epilog="Example: bayesdx cohort cases.csv --date date -o cohort.html")
@click.argument("path", metavar="TABLE|FOLDER")
@click.option("-o", "--output", metavar="FILE", help="Where to write: .html, .md or .json.")
@click.option("--date", metavar="COLUMN", help="Column of dates (2026-11-28 or 2026-11): the same month by month.")
@click.option("--workers", type=click.IntRange(1), metavar="N", help="Processes. Default: processors.")
@click.option("--on", "cluster", metavar="CLUSTER", help="Count on a cluster: spark, spark://…, dask://….")
@network_option
@prior_option
@target_option
@json_option
def command(
    path: str,
    output: str | None,
    date: str | None,
    workers: int | None,
    cluster: str | None,
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
    from bayesdx.analyses.profile.document import check_ending, write_profile
    from bayesdx.batch import on_cluster, processes, profile_cohort
    from bayesdx.loading import DEFAULT_NETWORK, load

    if output is not None:
        check_ending(output)
    if cluster and workers:
        raise InputError("--workers is for this machine: a cluster knows how many it has")
    model = load(network or DEFAULT_NETWORK, prior, target)
    across = on_cluster(cluster) if cluster else processes(workers)
    with progress("Counting", None) as advance:
        result = profile_cohort(path, model, date, across, lambda part: advance(1))
    if output is not None:
        write_profile(result, output)
    if as_json or output is None:
        show(result, as_json)
    else:
        click.echo(f"summary of {result.cases:,} cases written to {output}", err=True)
