"""One value as people, files and tables write it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from numbers import Real
from typing import TYPE_CHECKING, TypeGuard

import numpy as np

from bayesdx.errors import InputError

if TYPE_CHECKING:
    from decimal import Decimal

#: Missing values of pandas and numpy, by type: neither need be installed or imported to meet one.
_MISSING_TYPES = frozenset(("NAType", "NaTType", "MaskedConstant"))
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_WEIGHT = re.compile(rf"{_NUMBER.pattern}|[+-]?(?:nan|inf|infinity)", re.ASCII | re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](.*))?)?)?", re.ASCII)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
#: What may stand before an identifier of a publication, and the identifier: 10.1/x is also https://doi.org/10.1/x.
_IDENTIFIERS = {
    "doi": (r"\S*doi\S*?\s*", r"10\.\d[\d.]*(?:/|%2f)(?:(?![,;]10\.)\S)+"),
    "pmid": (r"\S*(?:pmid|pubmed)\S*?\s*", r"\d+"),
    "pmcid": (r"\S*pmc\S*?\s*", r"\d+"),
}
_SHOWN = 60
#: What begins a formula in a spreadsheet, also in full width.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def kind_of(value: object) -> str:
    names = {list: "a list", str: "text", dict: "a mapping", type(None): "nothing", bool: "yes or no",
             int: "a number", float: "a number"}  # fmt: skip
    return names.get(type(value), f"a {type(value).__name__}")


def shown(value: object) -> str:
    """A value as a message shows it: what is long is cut, what holds others is named."""
    if isinstance(value, (Mapping, list, tuple, set)):
        return kind_of(value)
    try:
        return clipped(" ".join(repr(value).split()))
    except ValueError:  # Python refuses to write a whole number of thousands of digits
        return "a number of many digits"


def clipped(text: str) -> str:
    """Text for a message, cut where it is long."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def harmless(text: str) -> str:
    """Text for a cell of a spreadsheet: on one line without tabs, and never a formula.

    >>> harmless("=1+1"), harmless(" a\\tb\\n")
    ("'=1+1", 'a b')
    """
    line = " ".join(_CONTROL.sub(" ", text).split())
    return f"'{line}" if line.startswith(_FORMULA) else line


def word(value: object, key: str) -> str | None:
    """An id or a diagnosis as it is written, None for a missing one.

    Raises InputError for what is no text, or holds characters that could do something to a terminal or a page.
    """
    if is_missing(value) or (isinstance(value, str) and not value):
        return None
    if isinstance(value, (bool, np.bool_, bytes, Mapping, list, tuple, set)):
        raise InputError(f"'{key}' is text, not {shown(value)}")
    try:
        text = str(value)
        text.encode()
    except ValueError:  # half of a character, or a whole number of thousands of digits
        raise InputError(f"'{key}' is text, not {shown(value)}") from None
    if _CONTROL.search(text):
        raise InputError(f"'{key}' holds a character that cannot be printed: {clipped(text)}")
    return text


def identifier(name: str, value: object) -> str:
    """A ``doi``, ``pmid`` or ``pmcid`` in one spelling, empty for none; raises InputError for another thing.

    >>> identifier("doi", " https://doi.org/10.1/AB"), identifier("pmid", "PMID: 12"), identifier("pmcid", 7)
    ('10.1/ab', '12', 'PMC7')
    """
    if is_missing(value) or value == "":
        return ""
    number = number_of(value)
    text = str(int(number)) if number is not None and number.is_integer() else value
    before, own = _IDENTIFIERS[name]
    match = re.fullmatch(rf"(?:{before})?({own})/?", text.strip(), re.I) if isinstance(text, str) else None
    if match is None:
        raise InputError(f"'{name}' is one {name.upper()}, not {shown(value)}")
    return _spelt(name, match[1])


def identifiers_in(text: str) -> dict[str, str]:
    """The identifiers of publications that a text names, as ``identifier`` spells them: the first of each kind."""
    found = {
        name: re.search(rf"{'' if name == 'doi' else before}({own})", text, re.I)
        for name, (before, own) in _IDENTIFIERS.items()
    }
    return {name: _spelt(name, match[1]) for name, match in found.items() if match}


def _spelt(name: str, found: str) -> str:
    if name != "doi":
        return f"{'PMC' if name == 'pmcid' else ''}{int(found)}"
    found = found.lower().replace("%2f", "/").rstrip(".,;/")
    return found if found.count("(") >= found.count(")") else found.rstrip(")")


def is_missing(value: object) -> bool:
    """Whether a value says that nothing was seen: None, NaN, and what pandas and numpy put in their place."""
    if value is None:
        return True
    if isinstance(value, (float, np.floating, np.datetime64)):
        return bool(value != value)
    if is_decimal(value):
        return bool(value.is_nan())
    return type(value).__name__ in _MISSING_TYPES


def is_blank(value: object) -> bool:
    """Whether a cell holds nothing."""
    return is_missing(value) or (isinstance(value, str) and not value.strip())


def is_decimal(value: object) -> TypeGuard[Decimal]:
    return type(value).__name__ == "Decimal"  # tables hold some, and its module need not be imported otherwise


def number_of(value: object) -> float | None:
    """A finite number, also one that is written as plain decimal text; None for anything else."""
    if isinstance(value, str):
        value = value.strip()
        if not _NUMBER.fullmatch(value):
            return None
    elif isinstance(value, (bool, np.bool_)) or (not isinstance(value, Real) and not is_decimal(value)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def day_of(value: object, column: str, *, years: bool = False) -> date:
    """The day that a cell of a column of dates says: ``2026-11-28``, with a time or without, or a date of Python.

    ``2026-11`` is the first of the month and, where ``years`` will do, ``2026`` that of the year. Raises InputError
    for anything else, and for days to come: files write 9999-12-31 where they know none.

    >>> day_of("2026-11", "seen"), day_of("2026-11-28T10:00:00+02:00", "seen")
    (datetime.date(2026, 11, 1), datetime.date(2026, 11, 28))
    """
    if isinstance(value, date) and not is_missing(value):
        day = date(value.year, value.month, value.day)
    else:
        day = _written_day(value, column, years)
    if day > date.today() + timedelta(days=1):  # somewhere it is tomorrow already
        raise InputError(f"the date {shown(value)} in column '{column}' lies in the future")
    return day


def _written_day(value: object, column: str, years: bool) -> date:
    if is_blank(value):
        raise InputError(f"there is no date in column '{column}'")
    text = str(value).strip() if isinstance(value, (str, int, np.integer, np.datetime64)) else ""
    found = _DATE.fullmatch(text)
    try:
        if found is None or not (found[2] or years):
            raise ValueError
        if found[4] is not None:
            datetime.fromisoformat(text)
        return date(*(int(part or 1) for part in found.groups()[:3]))
    except ValueError:
        raise InputError(f"the date {shown(value)} in column '{column}' is not of the form 2026-11-28") from None


def parse_weights(text: str) -> dict[object, object] | None:
    """The weights that ``state:weight,state:weight`` spells, also as a mapping; None when it is of another form.

    >>> parse_weights("hyper:0.8, mixed : 0.2")
    {'hyper': 0.8, 'mixed': 0.2}
    >>> parse_weights('{"hyper": 0.8, "mixed": 0.2}')
    {'hyper': 0.8, 'mixed': 0.2}
    >>> parse_weights("not hyper") is None
    True
    """
    if mapping := text.startswith("{") and text.endswith("}"):
        text = text[1:-1]
    pairs = [[side.strip() for side in part.rpartition(":")[::2]] for part in text.split(",")]
    if mapping:
        pairs = [[_unquoted(state), weight] for state, weight in pairs]
    if not all(state and _WEIGHT.fullmatch(weight) for state, weight in pairs):
        return None
    states = [state for state, _ in pairs]
    twice = next((state for state in states if states.count(state) > 1), None)
    if twice is not None:
        raise InputError(f"state '{twice}' is given twice in '{clipped(text)}'")
    return {state: float(weight) for state, weight in pairs}


def _unquoted(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if quoted else text


def comma_hint(value: object) -> str:
    comma = isinstance(value, str) and _DECIMAL_COMMA.fullmatch(value.strip())
    return ": a number has a decimal point, not a comma" if comma else ""


def state_text(state: object) -> str:
    """A state as text: yes and no in the way that files write them."""
    if isinstance(state, (bool, np.bool_)):
        return "true" if state else "false"
    try:
        return str(state)
    except ValueError:
        return shown(state)
