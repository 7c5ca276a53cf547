"""The JSON of ``read FOLDER`` (schema read-folder/1)."""

from __future__ import annotations

from bayesdx.analyses.read_folder.numbers import FolderReading
from bayesdx.formats.case_file import as_mapping


def to_dict(result: FolderReading) -> dict[str, object]:
    """The object that ``bayesdx read FOLDER --json`` prints."""
    return {
        "schema": "read-folder/1",
        "folder": result.folder,
        "reports": [
            {
                "file": row.file,
                "network": row.network or None,
                "case": as_mapping(row.case),
                "uncertain": row.uncertain,
                "implied": row.implied,
                "contradictory": list(row.contradictory),
                "several": row.several,
                "no_lesion": row.no_lesion,
                "error": row.error or None,
            }
            for row in result.rows
        ],
        "others": result.others,
        "output": result.output,
    }
