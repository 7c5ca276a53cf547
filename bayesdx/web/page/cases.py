"""Cases in and out of the page: case files, and one to start from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bayesdx.case import encode
from bayesdx.errors import InputError
from bayesdx.files import parse
from bayesdx.formats.case_file import as_mapping, case_of
from bayesdx.web.models import Models
from bayesdx.web.page.asked import Asked

#: The case that the page offers to begin with, as its text.
EXAMPLE = (Path(__file__).parent / "example.yaml").read_text(encoding="utf-8")


def read(models: Models, text: str) -> dict[str, Any]:
    """The findings of a case file, by the states of the network that it would be put to, and what was left out.

    Of who the patient is nothing is kept: an age becomes its group. Raises InputError with the place in the text.
    """
    data = parse(text, "case")
    if isinstance(data, list):
        if len(data) != 1:
            raise InputError(f"holds {len(data)} cases; paste one of them", place="case")
        data = data[0]
    case = case_of(data)
    model = models.model(None, None, case)
    encoded = encode(case, model.network, model.document.vocabulary)
    return {"findings": dict(encoded.stated), "warnings": list(encoded.warnings)}


def write(asked: Asked) -> str:
    """The case as the text of a case file, YAML or JSON."""
    mapping = as_mapping(asked.case)
    if asked.format == "json":
        return json.dumps(mapping, indent=2, ensure_ascii=False) + "\n"
    import yaml

    return str(yaml.safe_dump(mapping, sort_keys=False, allow_unicode=True, default_flow_style=False))
