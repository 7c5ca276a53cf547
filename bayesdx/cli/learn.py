"""``bayesdx learn``: a network learns from cases."""

from __future__ import annotations

import click

from bayesdx.cli.common import Number, json_option, prior_option, progress, target_option
from bayesdx.cli.output import show
from bayesdx.errors import InputError
from bayesdx.learning.settings import FOLDS, ROUNDS, STRENGTH, TOLERANCE

_REFUSED = {
    "together": "nothing can be held out, because the proven cases are of fewer patients (by id) than --folds",
    "worse": "it answers worse on cases held out",
    "unrelated": "the proven states have nothing to do with the findings",
    "otherwise": "a finding contradicts it in row after row",
}


@click.command("learn", epilog="Example: bayesdx learn spine local.csv -o local.json")
@click.argument("network", metavar="NETWORK")
@click.argument("cases", metavar="[CASES]", required=False)
@click.option("-o", "--output", metavar="FILE", help="Where to write: .json keeps counts; .bif, .xml, .xmlbif.")
@click.option("--name", metavar="NAME", default="local", show_default=True, help="What these cases are called.")
@click.option(
    "--prior-count",
    type=Number(0),
    default=STRENGTH,
    show_default=True,
    help="Patients behind each row of a network without counts; 0: maximum likelihood.",
)
@click.option(
    "--trust",
    type=Number(0, 1, min_open=True),
    help="Prior probability that the counts of a row hold for these patients. Default: 0.8 for counts from the "
    "literature, 1 for other networks.",
)
@click.option("--fixed", multiple=True, metavar="VARIABLE", help="Keep the CPT of a variable. May be repeated.")
@click.option("--weight", metavar="COLUMN", help="Column that says how many patients a row counts for.")
@click.option("--date", metavar="COLUMN", help="Column of dates (2026-11-28, 2026-11 or 2026), with --half-life.")
@click.option(
    "--half-life",
    type=Number(0, min_open=True),
    metavar="YEARS",
    help="Old cases fade: half as much every so many years.",
)
@click.option("--unproven", is_flag=True, help="Learn from cases that do not state the target, too.")
@click.option(
    "--folds", type=click.IntRange(2), default=FOLDS, show_default=True, help="Parts to hold out in turn."
)
@click.option("--restarts", type=click.IntRange(0), help="Random starts of EM. Default: 4 with latent variables.")
@click.option(
    "--tolerance",
    type=Number(0, min_open=True),
    default=TOLERANCE,
    show_default=True,
    help="Nats a case at which EM ends.",
)
@click.option("--rounds", type=click.IntRange(1), default=ROUNDS, show_default=True, help="Rounds of EM at most.")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Of folds, restarts and simulations."
)
@click.option("--anyway", is_flag=True, help="Write a network that is refused.")
@click.option("--without", metavar="NAME", help="Take back what NETWORK learnt from the cases of that name.")
@click.option("--add", "others", multiple=True, metavar="FILE", help="Add what another network has learnt.")
@prior_option
@target_option
@json_option
def command(
    network: str,
    cases: str | None,
    output: str | None,
    name: str,
    prior_count: float,
    trust: float | None,
    fixed: tuple[str, ...],
    weight: str | None,
    date: str | None,
    half_life: float | None,
    unproven: bool,
    folds: int,
    restarts: int | None,
    tolerance: float,
    rounds: int,
    seed: int,
    anyway: bool,
    without: str | None,
    others: tuple[str, ...],
    prior: str | None,
    target: str | None,
    as_json: bool,
) -> None:
    """Learn the CPTs of a network from cases, some of whose values may be missing.

    CASES is a table as for `batch` (CSV, JSON lines, Parquet), a folder of tables or a case file (YAML, JSON), with
    what was proven in the column of the target (`diagnosis`). The network's counts are the prior; only counts are
    written. Nothing is written when the network answers worse on cases held out, when the proven states have
    nothing to do with the findings, or when a finding contradicts it in row after row; --anyway writes it anyway.
    """
    from bayesdx.loading import load

    if sum([cases is not None, without is not None, bool(others)]) != 1:
        raise InputError("name one thing to learn from: CASES, --without NAME (take back) or --add FILE")
    model = load(network, prior, target)
    if cases is None:
        changed = model.add_learnt(others, output) if without is None else model.unlearn(without, output)
        show(changed, as_json)
        return
    with progress("Learning", folds + 1) as advance:
        result = model.learn(
            cases,
            output,
            name=name,
            weight=weight,
            date=date,
            half_life=half_life,
            unproven=unproven,
            folds=folds,
            anyway=anyway,
            advance=advance,
            strength=prior_count,
            trust=trust,
            fixed=frozenset(fixed),
            restarts=restarts,
            seed=seed,
            tolerance=tolerance,
            rounds=rounds,
        )
    show(result, as_json)
    if output is not None and result.file is None:
        why = " and ".join(_REFUSED[reason] for reason in result.refused)
        raise InputError(f"{output}: not written: {why}; --anyway writes it all the same")
