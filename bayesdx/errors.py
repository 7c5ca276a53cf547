"""Errors that a user can cause. Every message is one line that names the place and the nearest valid choice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

#: Characters of a message, and of a place: what it quotes may be of any length.
_LONGEST = 4096


def printable(text: str) -> str:
    r"""Text on one line that shows what it holds: a line break, a NUL or an invisible character is spelt out.

    >>> print(printable("po\0s\u200b"))
    po\x00s\u200b
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class InputError(ValueError):
    """Bad input: the command line prints it, which is one line, and exits with code 2.

    The line is ``place: message; hint``. ``place`` names the file and the entry, or is empty; ``hint`` says what
    may stand there instead, of which ``choices`` are all.
    """

    def __init__(self, message: str, hint: Hint | None = None, place: str = "") -> None:
        message, place = (text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…" for text in (message, place))
        at = f"{place}: " if place else ""
        super().__init__(printable(at + message + (f"; {hint[:_LONGEST]}" if hint else "")))
        self.message, self.hint, self.place = printable(message), hint, printable(place)

    @property
    def choices(self) -> tuple[str, ...]:
        """Everything that is valid there; empty where that is no list."""
        return self.hint.choices if self.hint else ()

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and str(other) == str(self)

    def __hash__(self) -> int:
        return hash(str(self))

    def at(self, place: str) -> Self:
        """The same error in the entry or file ``place``, which stands before the place it has."""
        return type(self)(self.message, self.hint, f"{place}: {self.place}" if self.place else place)

    def __reduce__(self) -> tuple[type[InputError], tuple[Any, ...]]:
        return type(self), (self.message, self.hint, self.place)


#: Said of a row of a table whose findings cannot occur together.
IMPOSSIBLE = "the findings are impossible together"


class ImpossibleFindings(InputError):
    """The findings have probability zero together under the network.

    ``findings`` are a smallest set of them for which that is so, by id; empty where they were not looked for.
    """

    def __init__(
        self, message: str, hint: Hint | None = None, place: str = "", findings: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message, hint, place)
        self.findings = findings

    def at(self, place: str) -> Self:
        """The same error in the entry or file ``place``."""
        found = super().at(place)
        found.findings = self.findings
        return found

    def __reduce__(self) -> tuple[type[ImpossibleFindings], tuple[Any, ...]]:
        return type(self), (self.message, self.hint, self.place, self.findings)


class MissingExtra(InputError):
    """A feature needs an optional dependency that is not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs the extra '{extra}': pip install 'bayesdx[{extra}]'")
        self.feature, self.extra = feature, extra

    def at(self, place: str) -> MissingExtra:
        """It is the same wherever it is met."""
        return self

    def __reduce__(self) -> tuple[type[MissingExtra], tuple[str, str]]:
        return type(self), (self.feature, self.extra)


class Hint(str):
    """The end of an error message, with all the ``choices`` that it is about, and the ``closest`` if one is."""

    choices: tuple[str, ...]
    closest: str | None

    def __new__(cls, text: str, choices: tuple[str, ...], closest: str | None = None) -> Hint:
        hint = super().__new__(cls, text)
        hint.choices, hint.closest = choices, closest
        return hint

    def __reduce__(self) -> tuple[type[Hint], tuple[str, tuple[str, ...], str | None]]:
        return type(self), (str(self), self.choices, self.closest)


def nearest(word: str, choices: Iterable[str], *, limit: int = 8) -> Hint:
    """A hint that ends an error message: the closest choice, else a short list of the choices.

    >>> print(nearest("mr_t2", ["mr_t2_signal", "sex"]))
    did you mean 'mr_t2_signal'?
    >>> print(nearest("zzz", ["a", "b"]))
    choose from: a, b
    """
    import difflib  # only needed once something is wrong

    options = sorted(choices) if isinstance(choices, set | frozenset) else list(dict.fromkeys(choices))
    close = [option for option in options if option.casefold() == word.casefold()]
    close = close or difflib.get_close_matches(word, options, n=1, cutoff=0.5)
    close = close or [option for option in options if word and (word in option or option in word)]
    if close:
        return Hint(f"did you mean '{close[0]}'?", tuple(options), close[0])
    shown = ", ".join(options[:limit])
    more = f", … ({len(options)} in all)" if len(options) > limit else ""
    return Hint(f"choose from: {shown}{more}", tuple(options))
