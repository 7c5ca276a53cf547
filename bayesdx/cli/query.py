"""``bayesdx query``: which diagnoses, and how sure?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bayesdx.cli.common import case_command, format_option
from bayesdx.cli.output import show

if TYPE_CHECKING:
    from bayesdx.case import Case
    from bayesdx.model import Model


EXAMPLE = "Example: bayesdx query -f level=cervical -f mr_t2_signal=hyper -f 'mr_enhancement=not none' --age 68"


@click.command("query", epilog=EXAMPLE)
@format_option
@case_command
@click.option("--all", "show_all", is_flag=True, help="Show every diagnosis, not only the first ones.")
def command(model: Model, case: Case, as_json: bool, form: str | None, show_all: bool) -> None:
    """Rank the diagnoses of a case.

    CASE is a YAML, JSON or FHIR file, or '-' for standard input; without it, give findings with -f.
    """
    show(model.ask("query", case), as_json, form=form, show_all=show_all)
