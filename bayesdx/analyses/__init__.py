"""The table of analyses: one row a question, one folder a row.

A folder holds ``numbers`` (options, the function, its result), ``wire`` (result -> the dict of ``schema.json``) and
``page`` (result -> blocks of words); some have ``fhir`` (result -> FHIR resource). They are named here as text and
imported when they are used: numbers know none of the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

from bayesdx.errors import InputError


@dataclass(frozen=True)
class Analysis:
    """A row of the table, and the face of its results: their JSON, their page, their HTML.

    ``command`` is how it is asked on the command line, ``folder`` its room, ``function`` the dotted name of the
    function below ``numbers`` that answers it, and ``document`` the page of the documentation that shows it.
    ``codes``: its JSON can hold the standard codes of what it names; ``fhir``: it has a form in FHIR;
    ``served``: the service answers it, too.
    """

    command: str
    folder: str
    function: str
    document: str = "tour.md"
    codes: bool = False
    fhir: bool = False
    served: bool = True

    def _module(self, corner: str) -> ModuleType:
        return import_module(f"{__name__}.{self.folder}.{corner}")

    def run(self, *arguments: Any, **options: Any) -> Any:
        """Answer the question."""
        module, _, name = self.function.rpartition(".")
        return getattr(self._module(f"numbers{module and '.' + module}"), name)(*arguments, **options)

    def to_dict(self, result: Any, *, codes: bool = False, **options: Any) -> dict[str, object]:
        """The JSON object of a result; ``codes`` adds the standard codes of all that it names.

        Raises InputError where an analysis names nothing that could have one.
        """
        if codes and not self.codes:
            raise InputError(f"'{self.command}' has no standard codes in its JSON")
        answer: dict[str, object] = self._module("wire").to_dict(result, **options)
        if codes:
            from bayesdx.analyses.coded import coded, network_of

            answer["codes"] = coded(answer, network_of(result))
        return answer

    def to_fhir(self, result: Any) -> dict[str, object]:
        """The FHIR resource of a result; raises InputError for an analysis without one."""
        if not self.fhir:
            known = " and ".join(row.command for row in ANALYSES.values() if row.fhir)
            raise InputError(f"'{self.command}' has no form in FHIR; {known} have one")
        resource: dict[str, object] = self._module("fhir").to_fhir(result)
        return resource

    def text(self, result: Any, **options: Any) -> str:
        """The page of a result as text of a terminal, with ANSI styles."""
        from bayesdx.report.render.text import text

        return text(self._module("page").page(result, **options))

    def printed(self, result: Any) -> str:
        """The page as ``print`` shows it: with styles where standard output is a terminal that has them."""
        from bayesdx.report.render.text import printed

        return printed(self.text(result))

    def html(self, result: Any, **options: Any) -> str:
        """The page of a result as HTML, for notebooks."""
        from bayesdx.report.render.html import fragment

        return fragment(self._module("page").page(result, **options))


ANALYSES = {
    row.folder: row
    for row in (
        Analysis("query", "query", "differential.query", codes=True, fhir=True),
        Analysis("explain", "explain", "explanation.explain", codes=True),
        Analysis("what-if", "what_if", "worth.what_if", codes=True),
        Analysis("what-if --set", "compare", "compare", codes=True),
        Analysis("ask", "ask", "begin", codes=True),
        Analysis("sensitivity", "sensitivity", "result.sensitivity", "sensitivity.md", codes=True),
        Analysis("cite --given", "cite", "cite_likelihood", codes=True),
        Analysis("cite", "cite_case", "cite_case", codes=True),
        Analysis("impression", "impression", "impression", codes=True),
        Analysis("impression --row", "board", "board"),
        Analysis("report", "report", "report", codes=True, fhir=True),
        Analysis("evaluate", "evaluate", "scoring.evaluate_cases"),
        Analysis("evaluate --compare", "benchmark", "compare_cases"),
        Analysis("batch", "batch", "query_batch"),
        Analysis("batch --on", "cohort", "CohortSummary", "cohorts.md", served=False),
        Analysis("cohort", "profile", "profile.profile", "cohort-summary.md", served=False),
        Analysis("networks list", "networks", "list_networks"),
        Analysis("networks show", "network", "show_network", codes=True),
        Analysis("networks show --coverage", "coverage", "literature_coverage"),
        Analysis("networks check", "check", "check_network"),
        Analysis("marginals", "marginals", "marginals", "marginals.md"),
        Analysis("learn", "learn", "learn", "learning.md"),
        Analysis("read", "read", "propose", "reading.md"),
        Analysis("read --table", "read_folder", "columns_of", "reading.md"),
        Analysis("export", "export", "export_network", "formats.md"),
        Analysis("codebook", "codebook", "codebook", "codes.md"),
    )
}
