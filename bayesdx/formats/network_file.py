"""Network files of any format: which ending belongs to which reader."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

from bayesdx.errors import InputError

if TYPE_CHECKING:
    from bayesdx.document import NetworkDocument

#: ``{ending: (module, function)}``; a reader is imported when a file needs it. Each may be gzipped (``.gz``).
READERS = {
    ".json": ("network_json", "read_network"),
    ".bif": ("bif", "read_bif"),
    ".xml": ("xmlbif", "read_xmlbif"),
    ".xmlbif": ("xmlbif", "read_xmlbif"),
    ".bifxml": ("xmlbif", "read_xmlbif"),
    ".net": ("net", "read_net"),
    ".uai": ("uai", "read_uai"),
    ".xdsl": ("xdsl", "read_xdsl"),
}


def network_suffix(path: str) -> str:
    """The ending of a network file in lower case, without ``.gz``: ``.bif`` of ``ALARM.BIF.GZ``."""
    return os.path.splitext(path.lower().removesuffix(".gz"))[1]


def read_network_file(path: str | os.PathLike[str]) -> NetworkDocument:
    """The network in a file, by the ending of its name.

    Raises InputError, naming the file, for an unknown ending, an unreadable file, and a network that is not well
    formed.
    """
    place = os.fspath(path)
    suffix = network_suffix(place)
    if suffix not in READERS:
        *most, last = READERS
        raise InputError(f"a network file ends in {', '.join(most)} or {last}, each also with .gz", place=place)
    module, reader = READERS[suffix]
    document: NetworkDocument = getattr(import_module(f"bayesdx.formats.{module}"), reader)(place)
    return document


#: What a network can be written as, by the ending of the file.
WRITERS = {".json": "json", ".bif": "bif", ".xml": "xmlbif", ".xmlbif": "xmlbif", ".bifxml": "xmlbif"}


def check_network_path(path: str) -> None:
    """Raise InputError for an ending that no network can be written with."""
    if os.path.splitext(path)[1].lower() not in WRITERS:
        raise InputError(f"{path}: a network that is written ends in {', '.join(WRITERS)}")


def write_network_file(path: str, document: NetworkDocument) -> None:
    """Write a network, whole or not at all, in the format of the file's ending; .json alone keeps counts.

    Raises InputError for an unknown ending and for a file that cannot be written.
    """
    from bayesdx.files import write_text

    check_network_path(path)
    file_format = WRITERS[os.path.splitext(path)[1].lower()]
    if file_format == "json":
        from bayesdx.formats.network_json import document_text

        write_text(path, document_text(document))
        return
    from bayesdx.formats.convert import interchange_text

    write_text(path, interchange_text(document.network, file_format))
