"""``bayesdx sensitivity``: how far can this answer be trusted?"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import click

from bayesdx.cli.common import case_command, progress
from bayesdx.cli.output import show
from bayesdx.errors import InputError
from bayesdx.inference.draws import DRAWS, FEWEST_DRAWS, MOST_DRAWS, PORTION

if TYPE_CHECKING:
    from bayesdx.case import Case
    from bayesdx.model import Model

EXAMPLE = "Example: bayesdx sensitivity case.yaml --require 'capnon >= 2 * meningioma' --plot tornado.pdf"


@click.command("sensitivity", epilog=EXAMPLE)
@case_command
@click.option(
    "--require",
    "constraints",
    multiple=True,
    metavar="CONDITION",
    help="Which single numbers would give 'capnon >= 0.5' or 'capnon >= 2 * meningioma'? May be repeated.",
)
@click.option(
    "--range",
    "span",
    default="literature",
    metavar="RANGE",
    help="How far the tornado moves each number: literature (95% interval), 10%, or 0.05-0.95.",
    show_default=True,
)
@click.option(
    "--covariation",
    default="proportional",
    metavar="SCHEME",
    help="How the rest of a row answers: proportional, uniform or order-preserving.",
    show_default=True,
)
@click.option(
    "--draws",
    default=DRAWS,
    type=click.IntRange(FEWEST_DRAWS, MOST_DRAWS),
    help="Dirichlet draws.",
    show_default=True,
)
@click.option("--seed", default=0, type=click.IntRange(0), help="Seed of the draws.", show_default=True)
@click.option(
    "--leave-out",
    "sources",
    default=12,
    type=click.IntRange(0),
    help="Publications to keep, at least, of those left out in turn (--top of them are shown); 0 leaves none out.",
    show_default=True,
)
@click.option("--top", default=6, type=click.IntRange(1), help="Rows of each table.", show_default=True)
@click.option("--sources", "references", is_flag=True, help="List the references of the sources that are named.")
@click.option("--plot", metavar="FILE", help="Draw the figures: .png, .svg or .pdf.")
@click.option(
    "--panel",
    "panels",
    multiple=True,
    metavar="NAME",
    help="With --plot: only tornado, functions, priors or ranks. May be repeated.",
)
@click.option("--all", "everything", is_flag=True, help="With --json: every parameter, not only the first 50.")
def command(
    model: Model,
    case: Case,
    as_json: bool,
    constraints: tuple[str, ...],
    span: str,
    covariation: str,
    draws: int,
    seed: int,
    sources: int,
    top: int,
    references: bool,
    plot: str | None,
    panels: tuple[str, ...],
    everything: bool,
) -> None:
    """How far the answer to a case can be trusted.

    What each number behind it may be by its literature, what the prior does, which publication carries the answer
    and which study would help most. CASE is a YAML, JSON or FHIR file, or '-' for standard input; or give findings
    with -f.
    """
    if plot is not None:
        from bayesdx.analyses.sensitivity.plots import check_plot_file

        check_plot_file(plot, panels)
    elif panels:
        raise InputError("--panel needs --plot")
    with progress("Drawing", draws) if draws > PORTION else nullcontext(lambda draws: None) as advance:
        result = model.sensitivity(
            case,
            constraints=constraints,
            span=span,
            covariation=covariation,
            draws=draws,
            seed=seed,
            sources=sources,
            advance=advance,
        )
    if plot is not None:
        from bayesdx.analyses.sensitivity.plots import plot_sensitivity

        plot_sensitivity(result, plot, panels)
    show(result, as_json, {"top": None if everything else 50}, top=top, references=references)
