"""What is wrong, as an OperationOutcome."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bayesdx.errors import Hint, ImpossibleFindings, InputError
from bayesdx.formats.fhir.structure import Malformed, is_path
from bayesdx.formats.fhir.terms import Json
from bayesdx.formats.fhir.values import UnknownCode


class Refused(InputError):
    """Resources of which nothing was understood; ``issues`` say why, one by one."""

    def __init__(self, message: str, issues: Sequence[InputError] = (), place: str = "") -> None:
        first = f": {issues[0]}" if issues else ""
        more = f" (and {len(issues) - 1} more)" if len(issues) > 1 else ""
        super().__init__(f"{message}{first}{more}", place=place)
        self.what, self.issues = message, tuple(issues)

    def at(self, place: str) -> Refused:
        return Refused(self.what, self.issues, f"{place}: {self.place}" if self.place else place)

    def __reduce__(self) -> tuple[type[InputError], tuple[Any, ...]]:
        return type(self), (self.what, self.issues, self.place)


def outcome(errors: Iterable[InputError], severity: str = "error") -> Json:
    """An OperationOutcome with an issue for each error: what is wrong, where, and the nearest valid choice."""
    listed = [part for error in errors for part in (getattr(error, "issues", ()) or (error,))]
    return {"resourceType": "OperationOutcome", "issue": [issue(one, severity) for one in listed]}


def issue(error: InputError, severity: str = "error") -> Json:
    """One issue; its text is that of the error, its expression the FHIRPath at the end of the place."""
    path = error.place.rpartition(": ")[2]
    found: Json = {
        "severity": severity,
        "code": _code(error),
        "details": {"text": _text(error.message, error.hint)},
    }
    if error.hint is not None and error.hint.closest is not None:
        found["diagnostics"] = f"nearest valid choice: {error.hint.closest}"
    if is_path(path):
        found["expression"] = [path]
    return found


def _text(message: str, hint: Hint | None) -> str:
    return f"{message}; {hint}" if hint else message


def _code(error: InputError) -> str:
    """The code of an issue (IssueType)."""
    if isinstance(error, Malformed):
        return "structure"
    if isinstance(error, ImpossibleFindings):
        return "business-rule"
    if isinstance(error, UnknownCode) or error.hint is not None:
        return "code-invalid"
    return "value" if error.place else "invalid"
