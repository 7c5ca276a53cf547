"""One case in one file that stands alone: case, differential, explanation, what-if, sensitivity, references."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

from bayesdx.analyses.explain import page as explaining
from bayesdx.analyses.explain.numbers.explanation import Explanation
from bayesdx.analyses.explain.sentences import Numbers
from bayesdx.analyses.query.numbers.differential import QueryResult
from bayesdx.analyses.report.outlook import sensitivity_references, sensitivity_section, what_if_section
from bayesdx.analyses.report.overview import case_section, differential_section, method_section
from bayesdx.analyses.sensitivity.numbers.result import Sensitivity
from bayesdx.analyses.what_if.numbers.worth import WhatIf
from bayesdx.case import Case
from bayesdx.errors import InputError
from bayesdx.files import write_text
from bayesdx.report.blocks import Paragraph, Section
from bayesdx.report.render.html import page, sections_html
from bayesdx.report.render.markdown import escaped, sections_markdown
from bayesdx.report.render.terminal import DISCLAIMER

if TYPE_CHECKING:
    from bayesdx.model import Model

TITLE = "Differential diagnosis"
#: Parameters of the sensitivity analysis that the JSON of a report lists.
PARAMETERS = 10
NOTICE = f"{DISCLAIMER} It does not replace the judgement of a physician."


@dataclass(frozen=True, eq=False)
class Document:
    """The answers to one case, ready to be written as HTML, Markdown or JSON.

    ``explanation`` is None where the findings leave a single diagnosis possible. ``choice`` says how the network
    was chosen.
    """

    case: Case
    query: QueryResult
    explanation: Explanation | None
    what_if: WhatIf
    sensitivity: Sensitivity
    choice: str = ""

    @property
    def title(self) -> str:
        """What stands above the report."""
        return f"{TITLE}: {self.case.id}" if self.case.id else TITLE

    def sections(self) -> tuple[Section, ...]:
        """All sections in their order; sources are cited by the numbers of the last one."""
        numbers = Numbers()
        return (
            case_section(self.case, self.query.question),
            differential_section(self.query),
            *self._explanation(numbers),
            what_if_section(self.what_if),
            sensitivity_section(self.sensitivity, numbers),
            method_section(self.query.question, self.choice),
            self._references(numbers),
        )

    def _explanation(self, numbers: Numbers) -> tuple[Section, ...]:
        if self.explanation is None:
            alone = f"{self.query.leader.label} is the only diagnosis that the findings leave possible."
            return (Section("Why", (Paragraph(alone),)),)
        return explaining.sections(self.explanation, numbers, explaining.PRINTED)

    def _references(self, numbers: Numbers) -> Section:
        literature = self.explanation.literature if self.explanation else None
        known = {} if literature is None else dict(literature.references)
        known |= sensitivity_references(self.sensitivity, [key for key in numbers.of if key not in known])
        return explaining.references(known, numbers)

    def _repr_html_(self) -> str:
        return f"<h2>{escape(self.title)}</h2>\n{sections_html(self.sections(), level=3)}<p>{escape(NOTICE)}</p>"

    def html(self) -> str:
        """A whole HTML page."""
        question = self.query.question
        network = question.engine.network
        about = f"{network.label or network.id} · prior set {question.prior} · version {network.version or 'none'}"
        warnings = "".join(f'<p class="warning">{escape(warning)}</p>\n' for warning in self.query.warnings)
        body = (
            f"<header>\n<h1>{escape(self.title)}</h1>\n<p>{escape(about)}</p>\n</header>\n"
            f'<p class="notice">{escape(NOTICE)}</p>\n{warnings}'
            f"<main>\n{sections_html(self.sections())}\n</main>\n"
            f"<footer>bayesdx · {escape(about)} · {escape(DISCLAIMER)}</footer>"
        )
        return page(self.title, body)

    def markdown(self) -> str:
        """A whole Markdown page."""
        warnings = [f"> {escaped(warning)}" for warning in self.query.warnings]
        return (
            "\n\n".join(
                [f"# {escaped(self.title)}", f"**{NOTICE}**", *warnings, sections_markdown(self.sections())]
            )
            + "\n"
        )

    def json(self) -> str:
        """The object of ``to_dict`` as text."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    def to_dict(self) -> dict[str, object]:
        """The object that ``bayesdx report --json`` prints (schema report/1)."""
        return {
            "schema": "report/1",
            **self.query.question.head(),
            "notice": NOTICE,
            "query": self.query.to_dict(),
            "explain": self.explanation.to_dict() if self.explanation else None,
            "what_if": self.what_if.to_dict(),
            "sensitivity": self.sensitivity.to_dict(PARAMETERS),
        }


WRITERS: Mapping[str, Callable[[Document], str]] = {
    ".html": Document.html,
    ".md": Document.markdown,
    ".json": Document.json,
}


def check_ending(path: str) -> str:
    """The ending of a report file; raises InputError that names the valid ones."""
    ending = os.path.splitext(path)[1].lower()
    if ending not in WRITERS:
        hint = "; print the .html page to get a PDF" if ending == ".pdf" else ""
        raise InputError(f"{path}: a report ends in {', '.join(WRITERS)}{hint}")
    return ending


def document(model: Model, case: Case, versus: str | None = None) -> Document:
    """Ask everything that a report holds; ``versus`` names the diagnosis to compare the leader with."""
    query, sensitivity = model.query(case), model.sensitivity(case)
    alone = versus is None and not any(row.probability > 0.0 for row in query.posterior[1:])
    return Document(
        case=case,
        query=with_intervals(query, sensitivity),
        explanation=None if alone else model.explain(case, versus=versus),
        what_if=model.what_if(case),
        sensitivity=sensitivity,
        choice=model.choice,
    )


def with_intervals(query: QueryResult, sensitivity: Sensitivity) -> QueryResult:
    """The query with the intervals of the sensitivity analysis, which come from more draws."""
    spread, states = sensitivity.uncertainty, query.question.target.states
    if not spread.varies:
        return query
    rows = []
    for row in query.posterior:
        low, high = spread.interval[states.index(row.diagnosis)].tolist()
        rows.append(row._replace(interval=(low, high)))
    return replace(query, posterior=tuple(rows))


def write_document(one: Document, path: str) -> None:
    """Write a report, whole or not at all; its ending says what it is: .html, .md or .json."""
    write_text(path, WRITERS[check_ending(path)](one))
