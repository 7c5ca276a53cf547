"""``bayesdx batch``: the posterior of every case of a table."""

from __future__ import annotations

import click

from bayesdx.cli.common import json_option, network_option, prior_option, progress, target_option
from bayesdx.cli.output import show


@click.command("batch")
@click.argument("path", metavar="TABLE")
@click.option("-o", "--output", metavar="FILE", default="-", help="Where to write (.csv, .jsonl, .parquet).")
@click.option("--strict", is_flag=True, help="Exit with code 2 when a row is wrong.")
@network_option
@prior_option
@target_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    path: str,
    output: str,
    strict: bool,
    network: str | None,
    prior: str | None,
    target: str | None,
    as_json: bool,
) -> None:
    """Score every case of a table.

    TABLE is a CSV file with a column for each finding (level, mr_t2_signal, …) and for id, age and sex, a JSON
    lines file of cases, or a Parquet file; '-' is CSV on standard input. A row that is wrong is reported and left
    out; the rest is scored. One network scores all rows: 'spine', unless --network names another. --json prints a
    summary, and the cases without -o.
    """
    from bayesdx.analyses.batch.numbers import BatchResult, BatchSummary, nothing_scored
    from bayesdx.formats.table import row_count
    from bayesdx.loading import DEFAULT_NETWORK, load

    model = load(network or DEFAULT_NETWORK, prior, target)
    if as_json and output == "-":
        result: BatchResult | BatchSummary = model.query_batch(path)
        if isinstance(result, BatchResult) and not result.lines:
            raise nothing_scored(path, result.errors)
    else:
        with progress("Scoring", row_count(path)) as advance:
            result = model.write_batch(path, output, advance)
    show(result, as_json, err=not as_json)
    if strict and result.errors:
        ctx.exit(2)
