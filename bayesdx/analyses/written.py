"""Answers as files that stand alone: the ending says which form is written."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from bayesdx.errors import InputError
from bayesdx.files import write_text

Result = TypeVar("Result")


@dataclass(frozen=True)
class Forms(Generic[Result]):
    """``writers`` by ending; ``what`` is written, in words, and ``hints`` for other endings that people try."""

    what: str
    writers: Mapping[str, Callable[[Result], str]]
    hints: Mapping[str, str] | None = None

    def ending(self, path: str) -> str:
        """The ending of a file to write; raises InputError that names the valid ones."""
        ending = os.path.splitext(path)[1].lower()
        if ending not in self.writers:
            hint = (self.hints or {}).get(ending, "")
            raise InputError(f"{self.what} {', '.join(self.writers)}{hint}", place=path)
        return ending

    def write(self, result: Result, path: str) -> None:
        """Write a result, whole or not at all."""
        write_text(path, self.writers[self.ending(path)](result))
