"""The JSON of ``export`` (schema export/1)."""

from __future__ import annotations

from bayesdx.analyses.export.numbers import NetworkExport


def to_dict(result: NetworkExport) -> dict[str, object]:
    """The object that ``bayesdx export --json`` prints; the text itself unless it went to a file."""
    names = {"renamed_variables": result.renamed.variables, "renamed_states": result.renamed.states}
    written = {"text": result.content} if result.file is None else {"file": result.file}
    return {"schema": "export/1", **result.asked, "format": result.file_format, **names, **written}
