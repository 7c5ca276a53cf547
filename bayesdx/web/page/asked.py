"""What the page asks: a case, the one before the last change, and how it is to be looked at."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from msgspec import Struct, field

from bayesdx.case import Case, case_from_mapping


class Asked(Struct, forbid_unknown_fields=True, kw_only=True, dict=True):
    """A request of the page.

    ``before`` is the case with which to compare, None where there is none, and ``before_prior`` its prior set.
    ``whole`` asks for every diagnosis; ``view`` names one of ``views.VIEWS``, ``finding`` and ``diagnosis`` whose
    sources it shows, and ``format`` the form of a file; ``report`` is the text of a radiology report. Reading a
    case raises InputError for what is none.
    """

    given: dict[str, Any] = field(name="case", default_factory=dict)
    given_before: dict[str, Any] | None = field(name="before", default=None)
    whole: bool = False
    network: str | None = None
    prior: str | None = None
    before_prior: str | None = None
    versus: str | None = None
    view: str | None = None
    finding: str | None = None
    diagnosis: str | None = None
    format: str | None = None
    report: str | None = None

    @cached_property
    def case(self) -> Case:
        return case_from_mapping(self.given)

    @cached_property
    def before(self) -> Case | None:
        return None if self.given_before is None else case_from_mapping(self.given_before)


class Sought(Struct, forbid_unknown_fields=True):
    """Findings that are searched for by words, and others by their ids."""

    search: str = ""
    names: list[str] = field(default_factory=list)


class Read(Struct, forbid_unknown_fields=True):
    """The text of a case file."""

    text: str
