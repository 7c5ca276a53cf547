"""JSON as FHIR has it: elements that know where they stand, and say in one line what is not well formed."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from bayesdx.cells import clipped, kind_of, number_of
from bayesdx.errors import InputError, nearest

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class Malformed(InputError):
    """Not what FHIR says a resource is."""


@dataclass(frozen=True)
class Element:
    """An element of a resource, and its place as a FHIRPath: ``Bundle.entry[3].resource.code``."""

    fields: Mapping[str, Any]
    place: str

    @property
    def kind(self) -> str:
        """The type of a resource."""
        return str(self.fields.get("resourceType", ""))

    def at(self, name: str) -> str:
        """The place of a field."""
        return f"{self.place}.{name}"

    def has(self, name: str) -> bool:
        return self.fields.get(name) is not None

    def text(self, name: str) -> str | None:
        """Text; raises Malformed for anything else, and for text that is empty."""
        value = self.fields.get(name)
        if isinstance(value, str) and _UNPRINTABLE.search(value):
            raise Malformed("holds a character that FHIR has not", place=self.at(name))
        if value is None or (isinstance(value, str) and value.strip()):
            return value
        what = ("empty" if value == "" else "blank") if isinstance(value, str) else f"{kind_of(value)}, not text"
        raise Malformed(f"is {what}", place=self.at(name))

    def flag(self, name: str) -> bool:
        value = self.fields.get(name)
        if not isinstance(value, bool):
            raise Malformed(f"is {kind_of(value)}, not true or false", place=self.at(name))
        return value

    def number(self, name: str) -> float | int | None:
        """A number; raises Malformed for anything else, and for one that is not finite or has too many digits."""
        value = self.fields.get(name)
        if value is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool):
            if number_of(value) is None:
                raise Malformed("is no finite number, or one of too many digits", place=self.at(name))
            return value
        raise Malformed(f"is {kind_of(value)}, not a number", place=self.at(name))

    def element(self, name: str) -> Element | None:
        """The element in a field; None where there is none."""
        value = self.fields.get(name)
        return None if value is None else _element(value, self.at(name))

    def elements(self, name: str) -> list[Element]:
        """The elements in a field that repeats."""
        value = self.fields.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise Malformed(f"is {kind_of(value)}, not a list", place=self.at(name))
        return [_element(one, f"{self.at(name)}[{number}]") for number, one in enumerate(value)]

    def only(self, names: Collection[str]) -> None:
        """Raise Malformed for a field that FHIR does not know here, and that nobody would read."""
        for key in self.fields:
            if key.removeprefix("_") not in names:
                raise Malformed(f"has no field '{clipped(str(key))}'", nearest(str(key)[:100], names), self.place)

    def understood(self) -> None:
        """Raise InputError where the sender says that whoever does not know an extension may not read on."""
        for one in self.elements("modifierExtension"):
            url = clipped(one.text("url") or "?")
            raise InputError(
                f"modifier extension '{url}' is not known here: it may change the meaning", place=one.place
            )
        if self.has("implicitRules"):
            raise InputError("rules that are not known here may change the meaning", place=self.at("implicitRules"))


def _element(value: object, place: str) -> Element:
    if not isinstance(value, Mapping):
        raise Malformed(f"is {kind_of(value)}, not an object", place=place)
    if not value:
        raise Malformed("is empty", place=place)
    return Element(value, place)


def is_path(place: str) -> bool:
    """Whether a place is a FHIRPath into a resource."""
    return re.fullmatch(r"[A-Z]\w+(?:\.\w+(?:\[\d+\])?)*", place) is not None
