"""A text read from left to right, by patterns, with the line for messages."""

from __future__ import annotations

import re

from bayesdx.errors import InputError


def token(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """A pattern for Scanner, which may have blanks before it."""
    return re.compile(rf"\s*(?:{pattern})", flags)


class Scanner:
    """A position in a text, moved by patterns that ``token`` makes."""

    def __init__(self, text: str) -> None:
        self._text = text.rstrip()
        self.position = 0

    def at_end(self) -> bool:
        return self.position == len(self._text)

    def skip(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Go past ``pattern`` when it comes next; None, and nothing moves, when it does not."""
        match = pattern.match(self._text, self.position)
        if match:
            self.position = match.end()
        return match

    def take(self, pattern: re.Pattern[str], what: str) -> re.Match[str]:
        """Go past ``pattern``; raises InputError that says ``what`` was expected in its place."""
        match = self.skip(pattern)
        if match is None:
            rest = self._text[self.position :].lstrip()
            found = f"'{rest[:30].split()[0]}'" if rest else "the end of the file"
            raise self.error(f"expected {what}, found {found}", len(self._text) - len(rest))
        return match

    def error(self, message: str, position: int | None = None) -> InputError:
        """The message with its line: where the scanner stands, or at another ``position``."""
        until = self.position if position is None else position
        return InputError(f"line {self._text.count(chr(10), 0, until) + 1}: {message}")


def one_line(text: str) -> str:
    """The text without blanks around it or line breaks inside."""
    return " ".join(line.strip() for line in text.strip().splitlines())


def without_comments(text: str, comment: re.Pattern[str]) -> str:
    """The text with its comments blanked and its lines where they were.

    ``comment`` also matches quoted text, as group 1, which stays as it is.
    """
    return comment.sub(lambda match: match[1] or " " + "\n" * match[0].count("\n"), text)
