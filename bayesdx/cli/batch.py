"""``bayesdx batch``: the posterior of every case of a table, or of a cohort."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

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
from bayesdx.cli.streams import for_programs
from bayesdx.errors import InputError
from bayesdx.inference.draws import FEWEST_DRAWS, MOST_DRAWS

if TYPE_CHECKING:
    from bayesdx.batch.parts import Done


@click.command("batch")
@click.argument("path", metavar="TABLE|FOLDER")
@click.option("-o", "--output", metavar="FILE|FOLDER", default="-", help="Where to write (.csv, .jsonl, .parquet).")
@click.option("--strict", is_flag=True, help="Exit with code 2 when a row is wrong.")
@click.option("--top", type=click.IntRange(1), metavar="K", help="Of a cohort: keep the K most probable alone.")
@click.option("--surprise", is_flag=True, help="Of a cohort: how usual the findings are under the leader.")
@click.option("--next", "ask_next", is_flag=True, help="Of a cohort: the finding to look at next, and its bits.")
@click.option("--intervals", is_flag=True, help="Of a cohort: the 95% interval of each of the K most probable.")
@click.option("--change", is_flag=True, help="Of a cohort: which likelihood, changed least, makes another lead.")
@click.option(
    "--draws",
    "lead_draws",
    type=click.IntRange(FEWEST_DRAWS, MOST_DRAWS),
    metavar="N",
    help="Of a cohort: the share of N draws in which the leader leads.",
)
@where_options("of a cohort: ")
@table_network_option
@prior_option
@target_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    path: str,
    output: str,
    strict: bool,
    top: int | None,
    surprise: bool,
    ask_next: bool,
    intervals: bool,
    change: bool,
    lead_draws: int | None,
    where: Where,
    network: str | None,
    prior: str | None,
    target: str | None,
    as_json: bool,
) -> None:
    """Score every case of a table, or of a cohort.

    TABLE is a CSV file with a column for each finding (level, mr_t2_signal, …) and for id, age and sex, a JSON
    lines file of cases, or a Parquet file; '-' is CSV on standard input. A row that is wrong is reported and left
    out; the rest is scored. One network scores all rows: 'spine', unless --network names another. --json prints a
    summary, and the cases without -o.

    A FOLDER of such tables is a cohort, and so is a table where -o is a folder. It is scored part by part in
    several processes or on a cluster, each part into a Parquet file; a row that is wrong gives a row with its
    error. A run that was ended goes on where it was when it is begun again.
    """
    from bayesdx.analyses.batch.numbers import BatchResult, BatchSummary, nothing_scored
    from bayesdx.formats.table import FORMATS, row_count
    from bayesdx.loading import DEFAULT_NETWORK, load

    if os.path.exists(path) and os.path.exists(output) and os.path.samefile(path, output):
        why = "answers have a folder of their own" if os.path.isdir(path) else "would be lost"
        raise InputError(f"is what is read, and {why}: name another place with -o", place=output)
    model = load(network or DEFAULT_NETWORK, prior, target)
    if any("://" in place or place.endswith("/") or os.path.isdir(place) for place in (path, output)):
        from bayesdx.batch import Spec, score_cohort

        named = output.endswith("/") or os.path.isdir(output)
        if output == "-" or (not named and os.path.splitext(output)[1].lower() in FORMATS):
            place = "" if output == "-" else output
            raise InputError("a cohort is scored into a folder: name it with -o FOLDER/", place=place)
        with rate_bar() as (begin, advance_by):
            spec, across = Spec(model, top, surprise, ask_next, intervals, change, lead_draws or 0), where.across()
            cohort = score_cohort(path, output, spec, across, begin, advance_by)
        show(cohort, as_json, err=not as_json)
        if strict and cohort.left_out:
            ctx.exit(2)
        return
    if top or surprise or ask_next or intervals or change or lead_draws or any(where):
        raise InputError(
            "--top, --surprise, --next, --intervals, --change, --draws, --workers and --on are for cohorts: "
            "name a folder with -o FOLDER/"
        )
    if as_json and output == "-":
        result: BatchResult | BatchSummary = model.query_batch(path)
        if isinstance(result, BatchResult) and not result.lines:
            raise nothing_scored(path, result.errors)
    else:
        if output == "-":
            for_programs()
        with progress("Scoring", row_count(path)) as advance:
            result = model.write_batch(path, output, advance)
    show(result, as_json, err=not as_json)
    if strict and result.left_out:
        ctx.exit(2)


@contextmanager
def rate_bar() -> Iterator[tuple[Callable[[int, int], object], Callable[[Done], object]]]:
    """A progress bar with rows a second and time left on stderr, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda total, there: None, lambda done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    rate = TextColumn("{task.fields[rows]:,} rows, {task.fields[rate]:,.0f} a second, time left:")
    columns = (TextColumn("Scoring"), BarColumn(), TaskProgressColumn(), rate, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Scoring", total=None, rows=0, rate=0.0)
        rows, start = 0, time.monotonic()

        def begin(total: int, there: int) -> None:
            bar.reset(task, total=total, completed=there)

        def advance(done: Done) -> None:
            nonlocal rows
            rows += done.rows
            bar.update(task, advance=done.share, rows=rows, rate=rows / (time.monotonic() - start))

        yield begin, advance
