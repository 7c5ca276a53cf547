"""A network that can be asked: the facade of the library. ``bayesdx.loading`` makes one of a name or a file.

``model.ask(name, case, **options)`` puts a case to the analysis of that name (``bayesdx.analyses``) and gives its
result a face: JSON, page and HTML. ``query``, ``explain``, … are the same in one line each.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, Union, cast

import numpy as np

from bayesdx.analyses import ANALYSES
from bayesdx.analyses.question import Question, impossible
from bayesdx.case import Case, encode, refuse_unused
from bayesdx.catalogue import read_document
from bayesdx.document import NetworkDocument
from bayesdx.errors import ImpossibleFindings, InputError, nearest
from bayesdx.formats.case_file import case_of, pick_case, read_cases
from bayesdx.network import Network, named
from bayesdx.values import ByValue

if TYPE_CHECKING:
    from bayesdx.analyses.answer import Answer
    from bayesdx.analyses.ask.numbers import Questionnaire
    from bayesdx.analyses.batch.numbers import BatchResult, BatchSummary
    from bayesdx.analyses.cite.numbers import LikelihoodCitation
    from bayesdx.analyses.cite_case.numbers import CaseCitation
    from bayesdx.analyses.codebook.numbers import Codebook
    from bayesdx.analyses.compare.numbers import Comparison
    from bayesdx.analyses.explain.numbers.explanation import Explanation
    from bayesdx.analyses.export.numbers import NetworkExport
    from bayesdx.analyses.impression.numbers import Impression
    from bayesdx.analyses.learn.numbers import LearnResult, Relearnt
    from bayesdx.analyses.query.numbers.differential import QueryResult
    from bayesdx.analyses.report.numbers import Report
    from bayesdx.analyses.sensitivity.numbers.result import Sensitivity
    from bayesdx.analyses.what_if.numbers.costs import Costs
    from bayesdx.analyses.what_if.numbers.worth import WhatIf
    from bayesdx.formats.table import NumberedRow
    from bayesdx.inference import Engine

__all__ = ["Model", "as_case"]

#: Rows of a table that are scored together: enough for vectorised work, and a few megabytes.
CHUNK = 8192

Result = TypeVar("Result")
AnyCase = Case | Mapping[str, Any] | str | os.PathLike[str]
AnyTable = str | os.PathLike[str] | Iterable[Mapping[str, Any]]
AnyCosts = Union["Costs", Mapping[str, Any], str, os.PathLike[str]]


@dataclass(frozen=True, eq=False, repr=False)
class Model(ByValue):
    """A network under one prior set, ready to be asked. Immutable, and safe to share between threads.

    ``choice`` says how the network was chosen.
    """

    document: NetworkDocument
    prior: str
    choice: str = ""

    def __repr__(self) -> str:
        return f"Model(network={self.network.id!r}, prior={self.prior!r})"

    @property
    def network(self) -> Network:
        return self.document.network

    @property
    def population(self) -> str:
        """The population in which the prior set holds."""
        prior = self.document.prior_sets.get(self.prior)
        return prior.population if prior else ""

    def __getstate__(self) -> dict[str, object]:
        """What is pickled and copied: the compiled engine is not, it is made again when it is asked."""
        return {key: value for key, value in self.__dict__.items() if key != "engine"}

    @cached_property
    def engine(self) -> Engine:
        """The compiled network; compiled when it is first asked."""
        from bayesdx.inference import compile_network

        return compile_network(self.network)

    def chosen(self, choice: str) -> Model:
        """The same model, chosen in another way: both share the compiled engine."""
        found = replace(self, choice=choice)
        found.__dict__["engine"] = self.engine
        return found

    def head(self) -> dict[str, object]:
        """The keys that begin the JSON of answers that are not about one case."""
        network = self.network
        named = {"network": network.id, "network_version": network.version}
        return {**named, **network.learnt_from(), "prior": self.prior}

    def question(self, case: AnyCase) -> Question:
        """Put a case (a Case, a mapping like a case file, or the path of one) in the terms of this network.

        Raises InputError for whatever is wrong with the case, and when the network has no target.
        """
        self._needs_target()
        one = self._case(case)
        encoded = encode(one, self.network, self.document.vocabulary)
        return Question(
            asked=self,
            findings=encoded.weights,
            stated=encoded.stated,
            case=one.id,
            prior=self.prior,
            population=self.population,
            prior_sets={name: prior.probabilities for name, prior in self.document.prior_sets.items()},
            choice=self.choice,
            warnings=(*encoded.warnings, *self.document.warnings),
            origin=one.origin,
        )

    def ask(self, name: str, case: AnyCase, /, **options: Any) -> Answer:
        """The answer of the analysis ``name`` (a folder of ``bayesdx.analyses``) to a case, with its options.

        Raises InputError for whatever is wrong with the case or an option, ImpossibleFindings (which names them)
        for findings that cannot occur together.
        """
        if name not in ANALYSES:
            raise InputError(f"no analysis '{name}'", nearest(name, ANALYSES))
        analysis, one = ANALYSES[name], self._case(case)
        question = self.question(one)
        try:
            answer: Answer = analysis.run(question, **options)
        except ImpossibleFindings:
            raise impossible(question).at(one.place) from None
        return answer.faced(analysis)

    def query(self, case: AnyCase, **options: Any) -> QueryResult:
        """The ranked differential of a case; options as in ``bayesdx.analyses.query``."""
        return cast("QueryResult", self.ask("query", case, **options))

    def explain(self, case: AnyCase, versus: str | None = None, pair: tuple[str, str] | None = None) -> Explanation:
        """Why the leading diagnosis and not another; see ``bayesdx.analyses.explain``."""
        return cast("Explanation", self.ask("explain", case, versus=versus, pair=pair))

    def cite(self, case: AnyCase) -> CaseCitation:
        """The sources that the answer to a case rests on most; see ``bayesdx.analyses.cite_case``."""
        return cast("CaseCitation", self.ask("cite_case", case))

    def cite_likelihood(self, finding: str, diagnosis: str, states: Iterable[str] = ()) -> LikelihoodCitation:
        """The facts behind P(finding | diagnosis); see ``bayesdx.analyses.cite``."""
        analysis = ANALYSES["cite"]
        found = analysis.run(self.engine, finding, tuple(states), diagnosis)
        return cast("LikelihoodCitation", found.faced(analysis))

    def what_if(self, case: AnyCase, costs: AnyCosts | None = None, **options: Any) -> WhatIf:
        """What is missing in a case and what it is worth; see ``bayesdx.analyses.what_if``.

        ``costs`` is a mapping of examination or finding to cost, or the YAML or JSON file of one.
        """
        return cast("WhatIf", self.ask("what_if", case, costs=self.costs(costs), **options))

    def sensitivity(self, case: AnyCase, **options: Any) -> Sensitivity:
        """How far the answer can be trusted; see ``bayesdx.analyses.sensitivity``."""
        return cast("Sensitivity", self.ask("sensitivity", case, **options))

    def impression(self, case: AnyCase, versus: str | None = None) -> Impression:
        """What a report can say of a case, in two to five sentences; see ``bayesdx.analyses.impression``."""
        return cast("Impression", self.ask("impression", case, case=self._case(case), versus=versus))

    def report(self, case: AnyCase, versus: str | None = None) -> Report:
        """Everything about a case in one document; see ``bayesdx.analyses.report``."""
        return cast("Report", self.ask("report", case, case=self._case(case), versus=versus))

    def compare(self, case: AnyCase, changes: Mapping[str, object], removed: Iterable[str] = ()) -> Comparison:
        """The differential before and after findings are set to other values, which must count, or ``removed``."""
        from bayesdx.formats.case_file import with_changes

        refuse_unused(changes, self.network, self.document.vocabulary)
        before = self._case(case)
        after = with_changes(before, changes, removed)
        self.ask("query", before, checks=False)  # names the findings if they are impossible as they stand
        return cast("Comparison", self.ask("compare", after, before=self.question(before)))

    def questionnaire(self, case: AnyCase, **options: Any) -> Questionnaire:
        """A questionnaire that begins with a case; see ``bayesdx.analyses.ask``."""
        from bayesdx.formats.case_file import as_mapping

        analysis = ANALYSES["ask"]
        begun = analysis.run(self.question, as_mapping(self._case(case)), **options)
        return cast("Questionnaire", begun.faced(analysis))

    def export(self, file_format: str = "bif", file: str | None = None) -> NetworkExport:
        """The network as text of another program's format; see ``bayesdx.analyses.export``."""
        analysis = ANALYSES["export"]
        written = analysis.run(self.network, self.head(), file_format, file)
        return cast("NetworkExport", written.faced(analysis))

    def codebook(self, file: str | None = None) -> Codebook:
        """The network as a REDCap data dictionary; see ``bayesdx.analyses.codebook``."""
        analysis = ANALYSES["codebook"]
        return cast("Codebook", analysis.run(self.network, self.head(), file).faced(analysis))

    def learn(
        self,
        cases: AnyTable,
        output: str | None = None,
        *,
        name: str = "local",
        weight: str | None = None,
        date: str | None = None,
        half_life: float | None = None,
        trust: float | None = None,
        unproven: bool = False,
        folds: int = 5,
        anyway: bool = False,
        advance: Callable[[int], object] = lambda steps: None,
        **settings: Any,
    ) -> LearnResult:
        """Learn the CPTs from cases; see ``bayesdx.analyses.learn``.

        ``cases`` is a table as for ``query_batch``, a folder of tables, or a case file. The column ``weight`` says
        how many patients a case counts for, the column ``date`` how old it is: it counts half as much every
        ``half_life`` years.
        ``trust`` is the prior probability that the counts of a row hold for these patients: 0.8 where they come
        from the literature, 1 for other networks, unless said otherwise. The other ``settings`` are those of
        ``bayesdx.learning.settings``. The network is written to ``output`` unless the result is ``refused``;
        ``anyway`` writes it all the same. ``result.document`` is the network that has learnt.
        """
        from bayesdx.formats.network_file import check_network_path, write_network_file
        from bayesdx.formats.proven_table import Columns, read_proven
        from bayesdx.knowledge.ledger import ledger_of
        from bayesdx.learning.settings import TRUST

        if output is not None:
            check_network_path(output)
        if trust is None:
            learning = self.network.learning
            trust = learning.trust if learning else 1.0 if ledger_of(self.network) is None else TRUST
        proven = read_proven(cases, self.network, self.document.vocabulary, Columns(weight, date, half_life))
        found = ANALYSES["learn"].run(
            self.document,
            self.head(),
            proven.sample,
            name,
            wrong=proven.wrong,
            errors=proven.errors,
            warnings=proven.warnings + Counter(self.document.warnings),
            unproven=unproven,
            folds=folds,
            advance=advance,
            trust=trust,
            **settings,
        )
        if output is not None and (anyway or not found.refused):
            write_network_file(output, found.document)
            found = replace(found, file=output)
        return cast("LearnResult", found.faced(ANALYSES["learn"]))

    def unlearn(self, name: str, output: str | None = None) -> Relearnt:
        """The network without what it learnt from the cases of that name; written to ``output``, if one is
        named."""
        from bayesdx.analyses.learn.numbers import take_back

        return self._written(take_back(self.document, self.head(), name), output)

    def add_learnt(self, others: Iterable[str | os.PathLike[str]], output: str | None = None) -> Relearnt:
        """The network with what the networks of other files have learnt; written to ``output``, if one is named."""
        from bayesdx.analyses.learn.numbers import add_up

        documents = [read_document(other) for other in others]
        return self._written(add_up(self.document, self.head(), documents), output)

    def _written(self, result: Relearnt, output: str | None) -> Relearnt:
        from bayesdx.formats.network_file import write_network_file

        if output is not None:
            write_network_file(output, result.document)
        return replace(result, file=output, face=ANALYSES["learn"])

    def costs(self, costs: AnyCosts | None) -> Costs | None:
        """Costs from a mapping or a file; raises InputError for a name that is not in the network."""
        from bayesdx.analyses.what_if.numbers.costs import Costs, costs_from_mapping
        from bayesdx.files import parse, read_text

        if costs is None or isinstance(costs, Costs):
            return costs
        if isinstance(costs, Mapping):
            return costs_from_mapping(costs, self.network)
        text, place = read_text(costs)
        return costs_from_mapping(parse(text, place), self.network, place)

    def query_batch(self, table: AnyTable) -> BatchResult:
        """Posteriors of many cases: a table file (CSV, JSON lines, Parquet), a pandas table, or rows as mappings.

        A row that is wrong is listed in ``errors`` of the result and left out.
        """
        from bayesdx.analyses.batch.numbers import query_batch

        result = next(self.batches(table, sys.maxsize), None) or query_batch(
            self.engine, np.empty((0, 0), dtype=np.int64), {}, (), ()
        )
        return replace(result, asked=self.head(), face=ANALYSES["batch"])

    def batches(self, table: AnyTable, size: int = CHUNK) -> Iterator[BatchResult]:
        """Like ``query_batch``, at most ``size`` rows at a time, for tables of any length."""
        from bayesdx.formats.table import read_rows

        return self.score(read_rows(table), size)

    def score(self, rows: Iterable[NumberedRow], size: int = CHUNK) -> Iterator[BatchResult]:
        """As ``batches``, of rows that have their numbers (``bayesdx.formats.table``)."""
        from bayesdx.analyses.batch.numbers import query_batch
        from bayesdx.formats.case_table import encode_rows

        self._needs_target()
        for chunk in encode_rows(rows, self.network, self.document.vocabulary, size):
            errors = tuple((error.line, error.message) for error in chunk.errors)
            answer = query_batch(self.engine, chunk.codes, chunk.weights, chunk.lines, chunk.ids)
            warnings = chunk.warnings + Counter(dict.fromkeys(self.document.warnings, len(chunk.lines)))
            yield replace(answer, errors=tuple(sorted(errors + answer.errors)), warnings=warnings)

    def write_batch(
        self, table: str, output: str, advance: Callable[[int], object] = lambda rows: None
    ) -> BatchSummary:
        """Score a table file into another (``-``: standard input and output), in bounded memory.

        ``advance`` is told how many rows each step has done with. The output appears when it is whole. The summary
        counts the rows that are wrong, and tells of the first 1,000. Raises InputError when no row can be scored.
        """
        from bayesdx.analyses.batch.numbers import LISTED, BatchSummary, columns_of, nothing_scored
        from bayesdx.files import place_of
        from bayesdx.formats.table_writing import write_rows

        scored = left_out = 0
        errors: list[tuple[int, str]] = []
        warnings: Counter[str] = Counter()

        def rows() -> Iterator[tuple[object, ...]]:
            nonlocal scored, left_out
            for result in self.batches(table):
                scored += result.scored
                left_out += result.left_out
                errors.extend(result.errors[: LISTED - len(errors)])
                warnings.update(result.warnings)
                yield from result.rows()
                advance(result.scored + result.left_out)
            if not scored:
                raise nothing_scored(table, errors)

        self._needs_target()
        columns = columns_of(self.network.variable(str(self.network.target)).states)
        write_rows(output, columns, rows())
        told = (tuple(errors), warnings, self.head())
        return BatchSummary(place_of(table), scored, left_out, *told, face=ANALYSES["batch"])

    def _case(self, case: AnyCase) -> Case:
        """A Case; a row of a pandas table may have its findings beside the rest, as in a table of cases."""
        row = _plain(case)
        if row is case or not isinstance(row, Mapping) or isinstance(row.get("findings"), Mapping):
            return as_case(row)
        beside = {"age", "sex"} | ({"diagnosis"} if self.network.target == "diagnosis" else set())
        names = (self.network.index.keys() | self.document.vocabulary.keys()) - beside
        findings = {key for key in row if isinstance(key, str) and named(key, names) in names}
        rest = {key: value for key, value in row.items() if key not in findings}
        return as_case({**rest, "findings": {key: row[key] for key in row if key in findings}})

    def _needs_target(self) -> None:
        if self.network.target is None:
            raise InputError(f"network '{self.network.id}' has no target: name the variable to ask for (--target)")


def as_case(case: AnyCase) -> Case:
    """A Case from a mapping or a file that holds exactly one; a Case is returned as it is."""
    if isinstance(case, Case):
        return case
    if isinstance(case, (str, os.PathLike)):
        return pick_case(read_cases(case), None)
    return case_of(_plain(case))


def _plain(case: Any) -> Any:
    """A row of a pandas table as a mapping, anything else as it is; raises InputError for a name given twice."""
    if isinstance(case, (str, os.PathLike, Mapping)) or not hasattr(case, "keys") or hasattr(case, "columns"):
        return case
    from bayesdx.formats.table import columns_once

    pairs = list(case.items())
    return dict(zip(columns_once([key for key, _ in pairs], "case"), (value for _, value in pairs), strict=True))
