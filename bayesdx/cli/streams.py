"""Standard output and error that take every character, whatever their encoding."""

from __future__ import annotations

import codecs
import io
import os
import sys
from contextlib import suppress
from typing import TextIO

_LOOK_ALIKES = "bayesdx.look-alikes"
_PLAIN = {
    **dict.fromkeys("‐‑‒–—―−─━╌", "-"),
    **dict.fromkeys("‘’‚′“”„″", "'"),  # no double quotes, which would open a cell in a CSV row
    **dict.fromkeys("•●∙", "*"),
    **dict.fromkeys("█▉▊▋▌▍▎▏■▪", "#"),
    **dict.fromkeys("│┃▕", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯", "+"),
    **{
        "·": ".",
        "…": ".",
        "×": "x",
        "÷": "/",
        "±": "~",
        "→": ">",
        "←": "<",
        "≥": ">",
        "≤": "<",
        "≈": "~",
        "≠": "!",
    },
}


def _look_alikes(error: UnicodeError) -> tuple[str, int]:
    """Replace what an encoding lacks: by a character of the same look, an unaccented letter, or a question mark."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    from unicodedata import normalize

    replaced = []
    for character in error.object[error.start : error.end]:
        letters = normalize("NFD", character).encode("ascii", "ignore").decode()
        replaced.append(_PLAIN.get(character) or letters or "?")
    return "".join(replaced), error.end


class _Ascii(io.TextIOBase):
    """An ASCII stream whose bytes are hidden: click writes UTF-8 to those of an ASCII stream."""

    encoding = "ascii"

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        return self.stream.write(text)

    def flush(self) -> None:
        self.stream.flush()

    def isatty(self) -> bool:
        return self.stream.isatty()

    def fileno(self) -> int:
        return self.stream.fileno()


def forgive_encodings() -> None:
    """Let standard output and error replace the characters that they cannot show.

    A standard output that is closed becomes one that refuses to be written to.
    """
    if sys.stdout is None:
        sys.stdout = open(os.devnull, encoding="utf-8")  # noqa: SIM115 - stays open as long as the process
    codecs.register_error(_LOOK_ALIKES, _look_alikes)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_LOOK_ALIKES)
            if codecs.lookup(stream.encoding).name == "ascii":
                setattr(sys, name, _Ascii(stream))


def for_programs() -> None:
    """Let standard output be UTF-8 from here on, whatever the terminal says: no name of the data may be lost."""
    if isinstance(sys.stdout, _Ascii):
        sys.stdout = sys.stdout.stream
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")


def discard_output() -> None:
    """Drop what is left to write, which the interpreter would try once more when it ends."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
