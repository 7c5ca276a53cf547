"""``bayesdx what-if``: what is missing, what would it change, and what to look at next?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from bayesdx.cli.common import case_command, certain_option, costs_option, parse_findings, worth_option
from bayesdx.cli.output import show
from bayesdx.errors import InputError

if TYPE_CHECKING:
    from bayesdx.case import Case
    from bayesdx.model import Model

EXAMPLE = (
    "Examples: bayesdx what-if case.yaml --top 5; bayesdx what-if case.yaml --finding mr_dural_tail; "
    "bayesdx what-if case.yaml --set ct_calcification_pattern=punctate --unset mr_dural_tail"
)


@click.command("what-if", epilog=EXAMPLE)
@case_command
@click.option("--finding", metavar="FINDING", help="Show one in full: the diagnoses under each of its states.")
@click.option("--set", "changes", multiple=True, metavar="FINDING=STATE", help="Compare before and after.")
@click.option("--unset", "removed", multiple=True, metavar="FINDING", help="Compare without a finding.")
@click.option("--kind", metavar="KIND", help="Only findings of a kind: clinical, ct, location, mr.")
@click.option("--examination", metavar="NAME", help="Only findings that an examination shows: history, ct, mr, …")
@costs_option("YAML file of examination or finding: cost, in any unit.")
@click.option("--steps", type=click.IntRange(0), default=0, help="Also plan this many next steps.")
@certain_option("With --steps: a diagnosis this probable ends the search.")
@worth_option("With --steps and --costs: bits that a step must bring per unit of cost.")
@click.option("--top", type=click.IntRange(1), default=10, show_default=True, help="Findings to show.")
@click.option("--seed", type=click.IntRange(0), default=0, help="Seed of the simulated patients.")
def command(
    model: Model,
    case: Case,
    as_json: bool,
    finding: str | None,
    changes: Sequence[str],
    removed: Sequence[str],
    kind: str | None,
    examination: str | None,
    costs: str | None,
    steps: int,
    certain: float,
    worth: float,
    top: int,
    seed: int,
) -> None:
    """Say what each finding that is not yet seen would tell.

    For each: its expected information about the diagnosis in bits, the chance that another diagnosis leads once it
    is seen, and the state that would move the leading diagnosis most. The same for whole examinations. With --set
    and --unset, any number of changes are made at once and the differential is shown before and after.
    """
    if changes or removed:
        if finding or kind or examination or costs or steps:
            raise InputError("--set and --unset compare two differentials: leave the other options of what-if out")
        show(model.compare(case, parse_findings(changes, "--set", model.network.index), removed), as_json)
        return
    if worth and not (steps and costs):
        raise InputError("--worth is bits of a step per unit of cost: add --steps and --costs")
    from bayesdx.analyses.what_if.numbers.sequence import StoppingRules

    result = model.what_if(
        case,
        costs,
        kind=kind,
        examination=examination,
        finding=finding,
        steps=steps,
        rules=StoppingRules(certain=certain, worth=worth),
        seed=seed,
    )
    show(result, as_json, top=top, in_full=finding is not None)
