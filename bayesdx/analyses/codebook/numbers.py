"""A network as the data dictionary of a study: what a form asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bayesdx.analyses.answer import Answer
from bayesdx.files import write_text
from bayesdx.formats.redcap import Dictionary, dictionary_of
from bayesdx.network import Network
from bayesdx.words.examinations import EXAMINATIONS


@dataclass(frozen=True, eq=False)
class Codebook(Answer):
    """The ``dictionary`` of a network, and the ``file`` that it was written to; ``asked`` names the network."""

    asked: Mapping[str, object]
    dictionary: Dictionary
    file: str | None = None


def codebook(network: Network, asked: Mapping[str, object], file: str | None = None) -> Codebook:
    """Make the dictionary of a network, and write it to a file if one is named, whole or not at all.

    Raises InputError for a network that a form cannot ask for.
    """
    dictionary = dictionary_of(network, EXAMINATIONS)
    if file is not None:
        write_text(file, dictionary.text())
    return Codebook(asked, dictionary, file)
