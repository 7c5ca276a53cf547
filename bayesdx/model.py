"""Load a network and ask it: the facade of the library.

A method of Model puts a case to one analysis, each of which is a function of a Question:

    def query(self, case, **options):
        from bayesdx.analyses.query.numbers.differential import query
        return self._ask(query, case, **options)
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, Union, cast

from bayesdx.analyses.question import Question, impossible_message
from bayesdx.case import Case, case_from_mapping, encode
from bayesdx.data import network_names, network_path
from bayesdx.document import NetworkDocument
from bayesdx.errors import ImpossibleFindings, InputError, nearest
from bayesdx.formats.case_file import read_cases
from bayesdx.formats.network_file import network_suffix, read_network_file
from bayesdx.formats.network_json import read_network
from bayesdx.network import Network

if TYPE_CHECKING:
    from bayesdx.analyses.batch.numbers import BatchResult, BatchSummary
    from bayesdx.analyses.cite.numbers import CaseCitation
    from bayesdx.analyses.compare.numbers import Comparison
    from bayesdx.analyses.explain.numbers.explanation import Explanation
    from bayesdx.analyses.query.numbers.differential import QueryResult
    from bayesdx.analyses.sensitivity.numbers.result import Sensitivity
    from bayesdx.analyses.what_if.numbers.costs import Costs
    from bayesdx.analyses.what_if.numbers.worth import WhatIf
    from bayesdx.inference import Engine

#: The network of a case whose level names none.
DEFAULT_NETWORK = "spine"
#: Name of the prior of a network file that has no prior sets.
OWN_PRIOR = "network"

Result = TypeVar("Result")
AnyCase = Case | Mapping[str, Any] | str | os.PathLike[str]
AnyCosts = Union["Costs", Mapping[str, Any], str, os.PathLike[str]]


@dataclass(frozen=True, eq=False, repr=False)
class Model:
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

    @cached_property
    def engine(self) -> Engine:
        """The compiled network; compiled when it is first asked."""
        from bayesdx.inference import compile_network

        return compile_network(self.network)

    def head(self) -> dict[str, object]:
        """The keys that begin the JSON of answers that are not about one case."""
        network = self.network
        return {"network": network.id, "network_version": network.version, "prior": self.prior}

    def question(self, case: AnyCase) -> Question:
        """Put a case (a Case, a mapping like a case file, or the path of one) in the terms of this network.

        Raises InputError for whatever is wrong with the case, and when the network has no target.
        """
        self._needs_target()
        one = as_case(case)
        encoded = encode(one, self.network, self.document.vocabulary)
        return Question(
            engine=self.__dict__.get("engine") or cast("Engine", _Deferred(self)),
            findings=encoded.weights,
            stated=encoded.stated,
            case=one.id,
            prior=self.prior,
            population=self.population,
            warnings=(*encoded.warnings, *self.document.warnings),
        )

    def query(self, case: AnyCase, **options: Any) -> QueryResult:
        """The ranked differential of a case; options as in ``bayesdx.analyses.query``."""
        from bayesdx.analyses.query.numbers.differential import query

        return self._ask(query, case, **options)

    def explain(self, case: AnyCase, versus: str | None = None, pair: tuple[str, str] | None = None) -> Explanation:
        """Why the leading diagnosis and not another; see ``bayesdx.analyses.explain``."""
        from bayesdx.analyses.explain.numbers.explanation import explain

        return self._ask(explain, case, versus=versus, pair=pair)

    def cite(self, case: AnyCase) -> CaseCitation:
        """The sources that the answer to a case rests on most; see ``bayesdx.analyses.cite``."""
        from bayesdx.analyses.cite.numbers import cite_case

        return self._ask(cite_case, case)

    def what_if(self, case: AnyCase, costs: AnyCosts | None = None, **options: Any) -> WhatIf:
        """What is missing in a case and what it is worth; see ``bayesdx.analyses.what_if``.

        ``costs`` is a mapping of examination or finding to cost, or the YAML or JSON file of one.
        """
        from bayesdx.analyses.what_if.numbers.worth import what_if

        return self._ask(what_if, case, costs=self.costs(costs), **options)

    def sensitivity(self, case: AnyCase, **options: Any) -> Sensitivity:
        """How far the answer can be trusted; see ``bayesdx.analyses.sensitivity``."""
        from bayesdx.analyses.sensitivity.numbers.literature import literature_of
        from bayesdx.analyses.sensitivity.numbers.result import sensitivity

        priors = {name: prior.probabilities for name, prior in self.document.prior_sets.items()}
        literature = literature_of(self.network)
        return self._ask(sensitivity, case, prior_probabilities=priors, literature=literature, **options)

    def compare(self, case: AnyCase, changes: Mapping[str, object], removed: Iterable[str] = ()) -> Comparison:
        """The differential before and after findings are set to other values or ``removed``."""
        from bayesdx.analyses.compare.numbers import compare
        from bayesdx.formats.case_file import with_changes

        before = as_case(case)
        after = with_changes(before, changes, removed)
        self._ask(lambda question: question.engine.log_likelihood(question.findings), before)
        return self._ask(lambda question: compare(self.question(before), question), after)

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

    def query_batch(self, table: str | os.PathLike[str] | Iterable[Mapping[str, Any]]) -> BatchResult:
        """Posteriors of many cases: a table file (CSV, JSON lines, Parquet), or rows as in such a file.

        A row that is wrong is listed in ``errors`` of the result and left out.
        """
        from bayesdx.analyses.batch.numbers import joined

        return joined(self.batches(table), self.engine)

    def batches(self, table: str | os.PathLike[str] | Iterable[Mapping[str, Any]]) -> Iterator[BatchResult]:
        """Like ``query_batch``, a bounded number of rows at a time, for tables of any length."""
        from bayesdx.analyses.batch.numbers import query_batch
        from bayesdx.formats.case_table import encode_rows
        from bayesdx.formats.table import read_rows

        rows = read_rows(os.fspath(table)) if isinstance(table, (str, os.PathLike)) else enumerate(table, 1)
        self._needs_target()
        for chunk in encode_rows(rows, self.network, self.document.vocabulary):
            errors = tuple((error.line, error.message) for error in chunk.errors)
            answer = query_batch(self.engine, chunk.codes, chunk.weights, chunk.lines, chunk.ids)
            yield replace(answer, errors=tuple(sorted(errors + answer.errors)), warnings=chunk.warnings)

    def write_batch(
        self, table: str, output: str, advance: Callable[[int], object] = lambda rows: None
    ) -> BatchSummary:
        """Score a table file into another (``-``: standard input and output), in bounded memory.

        ``advance`` is told how many rows each step has done with. The output appears when it is whole. Raises
        InputError when no row can be scored.
        """
        from bayesdx.analyses.batch.numbers import BatchSummary, columns_of
        from bayesdx.formats.table import write_rows

        scored = 0
        errors: list[tuple[int, str]] = []
        warnings: Counter[str] = Counter()

        def rows() -> Iterator[tuple[object, ...]]:
            nonlocal scored
            for result in self.batches(table):
                scored += len(result.lines)
                errors.extend(result.errors)
                warnings.update(result.warnings)
                yield from result.rows()
                advance(len(result.lines) + len(result.errors))
            if not scored:
                line, message = errors[0] if errors else (1, "there is none")
                raise InputError(f"{table}: no row can be scored; line {line}: {message}")

        self._needs_target()
        write_rows(output, columns_of(self.network.variable(str(self.network.target)).states), rows())
        return BatchSummary(scored, tuple(errors), warnings)

    def _needs_target(self) -> None:
        if self.network.target is None:
            raise InputError(f"network '{self.network.id}' has no target: name the variable to ask for (--target)")

    def _ask(self, analysis: Callable[..., Result], case: AnyCase, **options: Any) -> Result:
        one = as_case(case)
        question = self.question(one)
        try:
            return analysis(question, **options)
        except ImpossibleFindings:
            raise ImpossibleFindings(f"{one.place}: {impossible_message(question)}") from None


class _Deferred:
    """The engine of a model that need not be there yet: it is imported and compiled at its first question.

    A first query draws CPTs meanwhile, for which it needs the network alone.
    """

    def __init__(self, model: Model) -> None:
        self.network = model.network
        self._model = model

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model.engine, name)


def as_case(case: AnyCase) -> Case:
    """A Case from a mapping or a file that holds exactly one; a Case is returned as it is."""
    if isinstance(case, Case):
        return case
    if isinstance(case, Mapping):
        return case_from_mapping(case)
    return pick_case(read_cases(case), None)


def pick_case(cases: list[Case], case_id: str | None) -> Case:
    """The case with this id, or the only one; raises InputError when it is not clear which is meant."""
    ids = [case.id or str(number) for number, case in enumerate(cases, 1)]
    place = cases[0].place.split(": case ")[0]
    if case_id is not None:
        if case_id not in ids:
            raise InputError(f"{place}: no case '{case_id}'; {nearest(case_id, ids)}")
        return cases[ids.index(case_id)]
    if len(cases) > 1:
        some = ", ".join(ids[:5]) + (", …" if len(ids) > 5 else "")
        raise InputError(f"{place}: holds {len(cases)} cases; name one of them with --case: {some}")
    return cases[0]


def load(network: str | os.PathLike[str], prior: str | None = None, target: str | None = None) -> Model:
    """Load a shipped network by name, or a network file by its ending.

    Files are .json, .bif, .xml (or .xmlbif, .bifxml), .net, .uai and .xdsl, each also gzipped (.bif.gz).
    ``prior`` names a prior set (default: the network's own default); ``target`` the variable to ask for.
    Raises InputError for an unknown name, an unreadable file, or a network that is not well formed.

    >>> model = load("spine", prior="uniform")
    >>> result = model.query({"age": 68, "findings": {"level": "cervical", "mr_t2_signal": "hyper"}})
    >>> round(sum(row.probability for row in result.posterior), 9)
    1.0
    """
    return _model(_document(network), prior, target, "named by the user")


def load_for(case: Case, prior: str | None = None) -> Model:
    """Load the shipped network that covers the case's level; without a level, the default network."""
    levels = _levels(case)
    for level in levels:
        for name in _default_first():
            document = read_network(network_path(name))
            if level in document.levels:
                return _model(document, prior, None, f"it covers level '{level}'")
    choice = "no network covers the level" if levels else "the case states no level"
    return _model(read_network(network_path(DEFAULT_NETWORK)), prior, None, choice)


def shipped_levels() -> tuple[str, ...]:
    """The levels that the shipped networks cover, those of the default network first."""
    documents = (read_network(network_path(name)) for name in _default_first())
    return tuple(dict.fromkeys(level for document in documents for level in document.levels))


def _default_first() -> tuple[str, ...]:
    return (DEFAULT_NETWORK, *(name for name in network_names() if name != DEFAULT_NETWORK))


def _levels(case: Case) -> list[str]:
    """The levels that a case states, the most probable first."""
    level = case.findings.get("level")
    if isinstance(level, str):
        return [] if level.startswith("not ") else [level]
    if isinstance(level, Mapping):
        weights = {str(state): weight for state, weight in level.items() if isinstance(weight, (int, float))}
        return sorted(weights, key=lambda state: -weights[state])
    return []


def _document(network: str | os.PathLike[str]) -> NetworkDocument:
    path = os.fspath(network)
    if not network_suffix(path) and os.path.basename(path) == path:
        return read_network(network_path(path))
    if not os.path.isfile(path):
        raise InputError(f"{path}: {'is a directory, not a file' if os.path.isdir(path) else 'no such file'}")
    return read_network_file(path)


def _model(document: NetworkDocument, prior: str | None, target: str | None, choice: str) -> Model:
    default = document.default_prior  # the prior set that the document was read with
    own = default.name if default else OWN_PRIOR
    if prior not in (None, own):
        if default is None:
            raise InputError(f"network '{document.network.id}' has no prior sets: leave the prior out")
        document = document.with_prior(prior)
    if target is not None:
        document = replace(document, network=replace(document.network, target=target))
    return Model(document, prior or own, choice)
