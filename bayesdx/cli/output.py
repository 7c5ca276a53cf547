"""How answers leave the command line: text, or one JSON object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from bayesdx.analyses.answer import Answer


def show(
    answer: Answer,
    as_json: bool,
    json_options: Mapping[str, Any] | None = None,
    *,
    err: bool = False,
    form: str = "text",
    **page_options: Any,
) -> None:
    """Print an answer, in one piece: bad input leaves nothing half-written. ``err``: the page goes to stderr."""
    if form == "fhir":
        echo_json(answer.to_fhir())
    elif as_json or form == "json":
        echo_json(answer.to_dict(**json_options or {}))
    else:
        click.echo(answer.text(**page_options), err=err)


def echo_json(value: Mapping[str, object]) -> None:
    """Print one JSON object."""
    from bayesdx.analyses.answer import json_text

    click.echo(json_text(value), nl=False)
