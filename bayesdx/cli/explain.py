"""``bayesdx explain``: why this diagnosis and not that one?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bayesdx.cli.common import case_command
from bayesdx.cli.output import show

if TYPE_CHECKING:
    from bayesdx.case import Case
    from bayesdx.model import Model

EXAMPLE = "Example: bayesdx explain case.yaml --versus meningioma"


@click.command("explain", epilog=EXAMPLE)
@case_command
@click.option("--versus", metavar="DIAGNOSIS", help="Compare the leader with this diagnosis, not the runner-up.")
@click.option("--pair", nargs=2, metavar="DIAGNOSIS DIAGNOSIS", help="Compare these two diagnoses.")
@click.option("--all", "show_all", is_flag=True, help="Every sentence, and the references of all sources.")
def command(
    model: Model,
    case: Case,
    as_json: bool,
    versus: str | None,
    pair: tuple[str, str] | None,
    show_all: bool,
) -> None:
    """Explain why one diagnosis is more probable than another.

    The weight of each finding for the leading diagnosis against the runner-up, what speaks against it, what a
    typical case shows and this one lacks, and what would tell the two apart; with the sources.
    """
    show(model.ask("explain", case, versus=versus, pair=pair), as_json, show_all=show_all)
