"""Write docs/json.md from the JSON schemas in bayesdx/analyses: the schemas are what the page says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "bayesdx" / "analyses"
PAGE = ROOT / "docs" / "json.md"
INTRODUCTION = """# JSON output

Every command prints one JSON object with `--json`. The key `schema` names its form and version; the schemas
themselves (JSON Schema 2020-12) are `schema.json` in the folders of `bayesdx/analyses/`. Numbers are finite, and
probabilities are fractions of 1. This page is written by `python scripts/json_docs.py`.
"""


def page() -> str:
    """The whole page: one section a schema, one row a key."""
    schemas = [json.loads(path.read_text(encoding="utf-8")) for path in SCHEMAS.glob("*/schema.json")]
    schemas.sort(key=lambda schema: str(schema["$id"]).replace("/", "-"))
    return "\n".join([INTRODUCTION, *(_section(schema) for schema in schemas)])


def _section(schema: dict[str, Any]) -> str:
    name = schema["$id"].removeprefix("bayesdx:")
    rows = ["| key | type | meaning |", "|---|---|---|", *_rows(schema, "")]
    return f"## `{schema['title']}` ({name})\n\n" + "\n".join(rows) + "\n"


def _rows(schema: dict[str, Any], prefix: str) -> list[str]:
    rows = []
    for key, value in schema.get("properties", {}).items():
        optional = "" if key in schema.get("required", ()) else " (optional)"
        rows.append(f"| `{prefix}{key}`{optional} | {_type(value)} | {_cell(value.get('description', ''))} |")
        rows += _rows(value, f"{prefix}{key}.")
        rows += _rows(value.get("items", {}), f"{prefix}{key}[].")
    return rows


def _type(value: dict[str, Any]) -> str:
    if "const" in value:
        return f'`"{value["const"]}"`'
    if "enum" in value:
        return " or ".join(f'`"{choice}"`' for choice in value["enum"])
    kinds = value.get("type", "any")
    return kinds if isinstance(kinds, str) else " or ".join(kinds)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
