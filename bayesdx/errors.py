"""Errors that a user can cause. Every message is one line that names the place and the nearest valid choice."""

from __future__ import annotations

from collections.abc import Iterable


def printable(text: str) -> str:
    r"""Text on one line that shows what it holds: a line break, a NUL or an invisible character is spelt out.

    >>> print(printable("po\0s\u200b"))
    po\x00s\u200b
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class InputError(ValueError):
    """Bad input: the command line prints the message, which is one line, and exits with code 2."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


#: Said of a row of a table whose findings cannot occur together.
IMPOSSIBLE = "the findings are impossible together"


class ImpossibleFindings(InputError):
    """The findings have probability zero together under the network."""


class MissingExtra(InputError):
    """A feature needs an optional dependency that is not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs the extra '{extra}': pip install 'bayesdx[{extra}]'")
        self.feature, self.extra = feature, extra

    def __reduce__(self) -> tuple[type[MissingExtra], tuple[str, str]]:
        return type(self), (self.feature, self.extra)


def nearest(word: str, choices: Iterable[str], *, limit: int = 8) -> str:
    """Return a hint that ends an error message: the closest choice, else a short list of the choices.

    >>> nearest("mr_t2", ["mr_t2_signal", "sex"])
    "did you mean 'mr_t2_signal'?"
    >>> nearest("zzz", ["a", "b"])
    'choose from: a, b'
    """
    import difflib  # only needed once something is wrong

    options = list(dict.fromkeys(choices))
    close = [option for option in options if option.casefold() == word.casefold()]
    close = close or difflib.get_close_matches(word, options, n=1, cutoff=0.5)
    close = close or [option for option in options if word and (word in option or option in word)]
    if close:
        return f"did you mean '{close[0]}'?"
    shown = ", ".join(options[:limit])
    return f"choose from: {shown}" + (f", … ({len(options)} in all)" if len(options) > limit else "")
