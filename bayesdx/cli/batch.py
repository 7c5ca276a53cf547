"""``bayesdx batch``: the posterior of every case of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bayesdx.cli.common import json_option, network_option, prior_option, progress, target_option
from bayesdx.cli.output import echo_json

if TYPE_CHECKING:
    from bayesdx.analyses.batch.numbers import BatchSummary
    from bayesdx.model import Model

#: Bad rows that are shown one by one.
SHOWN = 20


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
    from bayesdx.analyses.batch.numbers import nothing_scored
    from bayesdx.model import DEFAULT_NETWORK, load

    model = load(network or DEFAULT_NETWORK, prior, target)
    if as_json and output == "-":
        result = model.query_batch(path)
        if not result.lines:
            raise nothing_scored(path, result.errors)
        echo_json({"schema": "batch/1", **model.head(), **result.to_dict()})
        wrong = bool(result.errors)
    else:
        summary = _write(model, path, output)
        wrong = bool(summary.errors)
        if as_json:
            echo_json({"schema": "batch/1", **model.head(), **summary.to_dict()})
        else:
            _report(summary, path, model.network.id)
    if strict and wrong:
        ctx.exit(2)


def _write(model: Model, path: str, output: str) -> BatchSummary:
    from bayesdx.formats.table import row_count

    with progress("Scoring", row_count(path)) as advance:
        return model.write_batch(path, output, advance)


def _report(summary: BatchSummary, path: str, network: str) -> None:
    lines = [f"{path}: line {line}: {message}" for line, message in summary.errors[:SHOWN]]
    if len(summary.errors) > SHOWN:
        lines.append(f"… and {len(summary.errors) - SHOWN} more rows")
    lines += [f"warning: {warning} ({count} rows)" for warning, count in summary.warnings.items()]
    lines.append(f"{summary.scored} rows scored with network '{network}', {len(summary.errors)} left out")
    click.echo("\n".join(lines), err=True)
