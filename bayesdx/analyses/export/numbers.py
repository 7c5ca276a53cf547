"""A network for other programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bayesdx.analyses.answer import Answer
from bayesdx.files import write_text
from bayesdx.formats.convert import interchange_text
from bayesdx.formats.plain_names import Renaming, renaming
from bayesdx.network import Network


@dataclass(frozen=True, eq=False)
class NetworkExport(Answer):
    """A network as ``content`` in ``file_format`` (``bif`` or ``xmlbif``), and the ``file`` that it was written to.

    ``asked`` names network, version and prior set; ``renamed`` what the format could not carry as it was.
    """

    asked: Mapping[str, object]
    file_format: str
    content: str
    renamed: Renaming
    file: str | None = None


def export_network(
    network: Network, asked: Mapping[str, object], file_format: str, file: str | None = None
) -> NetworkExport:
    """Write a network out, to a file if one is named, whole or not at all."""
    text = interchange_text(network, file_format)
    if file is not None:
        write_text(file, text)
    return NetworkExport(asked, file_format, text, renaming(network, file_format), file)
