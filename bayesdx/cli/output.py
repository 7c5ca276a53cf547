"""How answers leave the command line: text, or one JSON object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

from bayesdx.cli.streams import for_programs
from bayesdx.errors import InputError

if TYPE_CHECKING:
    from bayesdx.analyses.answer import Answer

#: Where the context of a command keeps that ``--codes`` was given.
CODES = "bayesdx.codes"


def show(
    answer: Answer,
    as_json: bool,
    json_options: Mapping[str, Any] | None = None,
    *,
    err: bool = False,
    form: str | None = None,
    **page_options: Any,
) -> None:
    """Print an answer, in one piece: bad input leaves nothing half-written. ``err``: the page goes to stderr."""
    if form == "fhir":  # which holds its codes in any case
        echo_json(answer.to_fhir())
        return
    coded = with_codes(as_json)
    if as_json:
        echo_json(answer.to_dict(**coded, **json_options or {}))
    else:
        click.echo(answer.text(**page_options), err=err)


def with_codes(as_json: bool) -> dict[str, bool]:
    """The option of ``to_dict`` that ``--codes`` asks for; raises InputError when no JSON is asked for."""
    coded = bool(click.get_current_context().meta.get(CODES))
    if coded and not as_json:
        raise InputError("--codes: standard codes stand in the JSON; add --json")
    return {"codes": True} if coded else {}


def warn(warnings: Iterable[str]) -> None:
    """Print warnings where they are in nobody's way."""
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)


def echo_json(value: Mapping[str, object]) -> None:
    """Print one JSON object."""
    from bayesdx.analyses.answer import json_text

    echo_data(json_text(value))


def echo_data(text: str) -> None:
    """Print what another program reads."""
    for_programs()
    click.echo(text, nl=False)
