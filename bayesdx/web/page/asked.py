"""What the page asks: a case, the one before the last change, and how it is to be looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bayesdx.case import Case, case_from_mapping
from bayesdx.errors import InputError

_WORDS = ("network", "prior", "before_prior", "versus", "view", "finding", "diagnosis", "format")


@dataclass(frozen=True)
class Asked:
    """A request of the page.

    ``before`` is the case with which to compare, None where there is none, and ``before_prior`` its prior set.
    ``whole`` asks for every diagnosis; ``view`` names one of ``views.VIEWS``, ``finding`` and ``diagnosis`` whose
    sources it shows, and ``format`` the form of a file.
    """

    case: Case
    before: Case | None = None
    whole: bool = False
    network: str | None = None
    prior: str | None = None
    before_prior: str | None = None
    versus: str | None = None
    view: str | None = None
    finding: str | None = None
    diagnosis: str | None = None
    format: str | None = None


def asked_of(body: Mapping[str, object]) -> Asked:
    """Check the keys and types of a request; raises InputError that names the key."""
    words: dict[str, str | None] = {}
    for key in _WORDS:
        word = body.get(key)
        if word is not None and not isinstance(word, str):
            raise InputError(f"'{key}' is not text")
        words[key] = word or None
    before = body.get("before")
    return Asked(
        case_from_mapping(body.get("case", {})),
        None if before is None else case_from_mapping(before),
        body.get("whole") is True,
        **words,
    )
