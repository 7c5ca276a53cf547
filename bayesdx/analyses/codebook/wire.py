"""The JSON of ``codebook`` (schema codebook/1)."""

from __future__ import annotations

from bayesdx.analyses.codebook.numbers import Codebook


def to_dict(result: Codebook) -> dict[str, object]:
    """The object that ``bayesdx codebook --json`` prints; the text itself unless it went to a file."""
    fields = [
        {
            "field": field.name,
            "label": field.label,
            "section": field.section,
            "variable": field.variable,
            "choices": [choice._asdict() for choice in field.choices],
        }
        for field in result.dictionary.fields
    ]
    written = {"text": result.dictionary.text()} if result.file is None else {"file": result.file}
    return {"schema": "codebook/1", **result.asked, "fields": fields, **written}
