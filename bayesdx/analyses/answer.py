"""What every result has: exits to JSON and to a page, lent to it by whoever asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, Self


class Face(Protocol):
    """Turns a result into its JSON object, its text and its HTML."""

    def to_dict(self, result: Any, **options: Any) -> dict[str, object]: ...

    def to_fhir(self, result: Any) -> dict[str, object]: ...

    def text(self, result: Any, **options: Any) -> str: ...

    def printed(self, result: Any) -> str: ...

    def html(self, result: Any, **options: Any) -> str: ...


@dataclass(frozen=True, eq=False, kw_only=True)
class Answer:
    """A result. ``face`` is None until the result is asked for by name (``model.ask``): numbers know no page."""

    face: Face | None = field(default=None, repr=False)

    def faced(self, face: Face) -> Self:
        """The same result with a face."""
        return replace(self, face=face)

    def to_dict(self, **options: Any) -> dict[str, object]:
        """The object that ``--json`` prints; its form is the ``schema.json`` beside the analysis.

        With ``codes=True`` it also holds the standard codes of the diagnoses and findings that it names; raises
        InputError for an answer that names none.
        """
        return self._face().to_dict(self, **options)

    def to_fhir(self) -> dict[str, object]:
        """The FHIR resource (R4) that ``--format fhir`` prints; raises InputError for an answer that has none."""
        return self._face().to_fhir(self)

    def text(self, **options: Any) -> str:
        """The page of the terminal, with ANSI styles."""
        return self._face().text(self, **options)

    def __str__(self) -> str:
        return self.face.printed(self) if self.face else repr(self)

    def __rich__(self) -> object:
        from rich.text import Text

        return Text.from_ansi(self.text())

    def _repr_html_(self) -> str:
        return self._face().html(self)

    def _face(self) -> Face:
        if self.face is None:
            raise TypeError(f"this {type(self).__name__} was not asked of a model: it has no JSON and no page")
        return self.face


def json_text(value: Mapping[str, object]) -> str:
    """A JSON object as it is printed and sent: in ASCII, whatever reads it needs no encoding."""
    return json.dumps(value, indent=2, allow_nan=False) + "\n"
