"""``bayesdx evaluate``: how often is the proven diagnosis first, and do the probabilities mean what they say?"""

from __future__ import annotations

import click

from bayesdx.cli.common import echo_json, json_option, network_option, prior_option, progress
from bayesdx.errors import InputError


@click.command("evaluate", epilog="Example: bayesdx evaluate examples/development_cases.yaml --prior uniform")
@click.argument("path", metavar="CASES")
@network_option
@prior_option
@click.option("--own-source", is_flag=True, help="Keep the facts that come from a case's own publication.")
@click.option("--baseline", is_flag=True, help="Score the naive Bayes baseline on the same facts instead.")
@click.option("--compare", is_flag=True, help="Every network and prior set, and the baseline, in one table.")
@click.option("--cases", "show_cases", is_flag=True, help="Also a row a case.")
@json_option
def command(
    path: str,
    network: str | None,
    prior: str | None,
    own_source: bool,
    baseline: bool,
    compare: bool,
    show_cases: bool,
    as_json: bool,
) -> None:
    """Score cases whose diagnosis is proven.

    CASES is a YAML or JSON file with a list of cases, each with its `diagnosis`. Facts from a case's own
    publication (the key `source`: doi, pmid or title) are left out while it is scored.
    """
    from bayesdx.analyses.evaluate.numbers.scoring import compare_cases, evaluate_cases
    from bayesdx.analyses.evaluate.page import comparison, full_text
    from bayesdx.formats.case_file import read_cases

    chosen = {"--network": network, "--prior": prior, "--baseline": baseline, "--cases": show_cases}
    for option, value in chosen.items():
        if compare and value:
            raise InputError(f"--compare: leave out {option}; it shows every network, prior set and the baseline")
    cases = read_cases(path)
    with progress("Scoring", len(cases) * (4 if compare else 1)) as advance:
        if compare:
            table = compare_cases(cases, own_source=own_source, advance=advance)
        else:
            result = evaluate_cases(
                cases, network, prior, baseline=baseline, own_source=own_source, advance=advance
            )
    if compare:
        if as_json:
            echo_json({"schema": "evaluate-compare/1", "rows": [row.to_dict() for row in table]})
        else:
            click.echo(comparison(table))
    elif as_json:
        about = {"schema": "evaluate/1", "network": network, "prior": prior, "baseline": baseline}
        echo_json({**about, "own_source": own_source, **result.to_dict()})
    else:
        click.echo(full_text(result, show_cases))
