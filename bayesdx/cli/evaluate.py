"""``bayesdx evaluate``: how often is the proven diagnosis first, and do the probabilities mean what they say?"""

from __future__ import annotations

import click

from bayesdx.cli.common import (
    Where,
    json_option,
    network_choice,
    prior_option,
    progress,
    where_options,
)
from bayesdx.cli.output import show
from bayesdx.errors import InputError


@click.command("evaluate", epilog="Example: bayesdx evaluate priors/cases/development.yaml --prior uniform")
@click.argument("path", metavar="CASES")
@network_choice("chosen by the finding 'level'; of tables spine")
@prior_option
@click.option("--own-source", is_flag=True, help="Keep facts and patients of a case's own publication.")
@click.option(
    "--silence/--no-silence",
    default=None,
    help="Read what a case does not state as a published text leaves it out: what is remarkable is mentioned. "
    "Default: --silence.",
)
@click.option("--baseline", is_flag=True, help="Score the naive Bayes baseline on the same facts instead.")
@click.option("--compare", is_flag=True, help="Every network and prior set, and the baseline, in one table.")
@click.option("--target", metavar="VARIABLE", help="Of tables: variable to ask for in a network file.")
@where_options("of tables: ")
@click.option("--cases", "show_cases", is_flag=True, help="Also a row a case.")
@json_option
def command(
    path: str,
    network: str | None,
    prior: str | None,
    own_source: bool,
    silence: bool | None,
    baseline: bool,
    compare: bool,
    target: str | None,
    where: Where,
    show_cases: bool,
    as_json: bool,
) -> None:
    """Score cases whose diagnosis is proven.

    CASES is a YAML or JSON file with a list of cases, each with its `diagnosis`. Facts and patients from a case's
    own publication (the key `source`: doi, pmid or title) are left out while it is scored, in five parts.

    CASES may also be a table as for `batch` (CSV, JSON lines, Parquet), or a folder of any number of them, with
    what was proven in the column of the target (`diagnosis`, or that of --target). One network, 'spine' or that of
    --network, scores all rows as they stand; a row that is wrong is reported and left out.
    """
    from bayesdx.analyses import ANALYSES
    from bayesdx.formats.case_file import read_cases
    from bayesdx.formats.table import is_table

    if is_table(path):
        of_files = {
            "--own-source": own_source,
            "--silence": silence,
            "--no-silence": silence is False,
            "--baseline": baseline,
            "--compare": compare,
            "--cases": show_cases,
        }
        for option, given in of_files.items():
            if given:
                raise InputError(f"{option} is for case files: leave it out for tables")
        _evaluate_tables(path, network, prior, target, where, as_json)
        return
    chosen = {"--network": network, "--prior": prior, "--baseline": baseline, "--cases": show_cases}
    for option, value in chosen.items():
        if compare and value:
            raise InputError(f"--compare: leave out {option}; it shows every network, prior set and the baseline")
    if target is not None:
        raise InputError("--target is for tables: a case file states the 'diagnosis'")
    if any(where):
        raise InputError("--workers and --on are for tables: a case file is scored in one process")
    cases = read_cases(path)
    with progress("Scoring", len(cases) * (4 if compare else 1)) as advance:
        analysis = ANALYSES["benchmark" if compare else "evaluate"]
        options = {} if compare else {"network": network, "prior": prior, "baseline": baseline}
        result = analysis.run(
            cases, own_source=own_source, silence=silence is not False, advance=advance, **options
        )
    if compare:
        show(result.faced(analysis), as_json)
    else:
        show(result.faced(analysis), as_json, show_cases=show_cases)


def _evaluate_tables(
    path: str, network: str | None, prior: str | None, target: str | None, where: Where, as_json: bool
) -> None:
    from bayesdx.batch import evaluate_cohort
    from bayesdx.loading import DEFAULT_NETWORK, load

    model = load(network or DEFAULT_NETWORK, prior, target)
    with progress("Scoring", None) as advance:
        result = evaluate_cohort(path, model, where.across(), lambda part: advance(1))
    show(result, as_json)
