"""The profile of a cohort, by the same route as its answers: sums of each part, added up."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesdx.analyses import ANALYSES
from bayesdx.analyses.cohort.numbers import SHOWN
from bayesdx.analyses.profile.numbers.profile import CohortProfile, profile
from bayesdx.analyses.profile.numbers.sums import NO_MONTH, Seen, Sums, merged, sums_of
from bayesdx.batch.encoding import CASE_JSON, SOURCES, Encoded
from bayesdx.batch.local import processes
from bayesdx.batch.parts import Across, Part, in_order, parts_of
from bayesdx.batch.proven import parted
from bayesdx.batch.reading import read_part
from bayesdx.batch.scoring import Scorer, Spec, arrow, scorer_of, wrong_rows
from bayesdx.cells import day_of
from bayesdx.errors import InputError, nearest
from bayesdx.formats.proven_table import no_finding
from bayesdx.formats.table import cells_of, json_row
from bayesdx.inference.results import leading
from bayesdx.model import Model

#: Months of a cohort at most: a column that has more holds something else.
MOST_MONTHS = 1200


class Counted(NamedTuple):
    """A part that was added up: its sums by month, how many of its rows are wrong, the first of these (file, row,
    error), and the columns of its rows."""

    part: Part
    monthly: dict[str, Sums]
    wrong: int
    examples: tuple[tuple[str, int, str], ...]
    heads: frozenset[str]


@dataclass(frozen=True)
class CountPart:
    """The work of one part: it is read, answered and added up."""

    spec: Spec
    date: str | None = None

    def __call__(self, part: Part) -> Counted:
        scorer = scorer_of(self.spec)
        own = (zlib.crc32(part.file.encode("utf-8", "surrogatepass")), part.first)
        rng = np.random.default_rng(own)  # the twins of a part are the same wherever it is counted
        found = _Counting(scorer)
        for batch in read_part(part):
            names = [NO_MONTH] * batch.num_rows
            if self.date is not None:
                batch, names = found.dated(batch, self.date)
            found.add(batch, names, rng)
        return Counted(part, found.monthly, found.wrong, tuple(found.examples), frozenset(found.heads))


@dataclass
class _Counting:
    scorer: Scorer
    monthly: dict[str, Sums] = field(default_factory=dict)
    wrong: int = 0
    examples: list[tuple[str, int, str]] = field(default_factory=list)
    heads: set[str] = field(default_factory=set)

    def dated(self, batch: Any, column: str) -> tuple[Any, list[str]]:
        """The batch without a column, and the month of each row; NO_MONTH where the cell is no date."""
        names = batch.schema.names
        if CASE_JSON in names:
            texts = [str(text) for text in cells_of(batch.column(CASE_JSON))]
            read = [{} if isinstance(row, InputError) else row for row in map(json_row, texts)]
            self.heads.update(*read)
            rest = [_without(row, column, text) for row, text in zip(read, texts, strict=True)]
            batch = batch.set_column(names.index(CASE_JSON), CASE_JSON, arrow().array(rest))
            return batch, [month_of(row.get(column)) for row in read]
        heads = set(names).difference(SOURCES)
        self.heads |= heads
        if column not in heads:
            return batch, [NO_MONTH] * batch.num_rows
        values = cells_of(batch.column(column))
        return batch.drop_columns([column]), [month_of(value) for value in values]

    def add(self, batch: Any, names: list[str], rng: np.random.Generator) -> None:
        encoded, answer = self.scorer.read(parted(batch, self.scorer.encoder)[0])
        right = encoded.fault < 0
        self.wrong += int((~right).sum())
        self.examples += wrong_rows(batch, encoded, SHOWN - len(self.examples))
        if not right.any():
            return
        seen = _seen(self.scorer, encoded, answer.probabilities, answer.log_likelihood, rng)
        months, at = np.unique(np.array(names)[right], return_inverse=True)
        sums = sums_of(self.scorer.engine.network, seen.take(right), at.ravel(), months.tolist())
        self.monthly = _checked(merged(self.monthly, sums))


def _checked(monthly: dict[str, Sums]) -> dict[str, Sums]:
    if len(monthly) > MOST_MONTHS:
        raise InputError(f"the dates are of more than {MOST_MONTHS:,} months: is it a column of dates?")
    return monthly


def _without(row: Mapping[str, object], key: str, text: str) -> str:
    """A case as JSON without a key; ``text`` where it has none, and a resource of FHIR as it is."""
    if key not in row or "resourceType" in row:
        return text
    return json.dumps({name: value for name, value in row.items() if name != key})


def _seen(
    scorer: Scorer, encoded: Encoded, probabilities: Any, log_likelihood: Any, rng: np.random.Generator
) -> Seen:
    """The cases of a batch, and a twin of each."""
    network, engine = scorer.engine.network, scorer.engine
    codes, uncertain = encoded.certain()
    target = network.index[str(network.target)]
    codes[:, target] = -1
    compared = np.logical_and((codes >= 0).any(axis=1), ~uncertain.any(axis=1))
    likely = np.stack([log_likelihood, log_likelihood], axis=1)
    usual = np.ones((len(codes), 2))
    rows = np.flatnonzero(compared)
    if len(rows):
        twins = np.where(codes[rows] >= 0, engine.sample({}, len(rows), rng), -1).astype(np.int16)
        answer = engine.query_batch(twins, threads=1)
        likely[rows, 1] = answer.log_likelihood
        for which, own, p in ((0, codes[rows], probabilities[rows]), (1, twins, answer.probabilities)):
            if scorer.usual is not None:
                usual[rows, which] = scorer.usual(_encoded(network, own), leading(p))
    return Seen(codes, uncertain, probabilities, compared, likely, usual)


def _encoded(network: Any, codes: NDArray[np.int16]) -> Encoded:
    return Encoded(network, codes, np.full(len(codes), -1, dtype=np.int32))


def month_of(value: object) -> str:
    """The month of a date (``day_of``): ``2026-11``; NO_MONTH of anything else, and of days to come.

    >>> month_of("2026-11-28"), month_of("2026-11"), month_of("28.11.2026"), month_of("9999-12-31")
    ('2026-11', '2026-11', '', '')
    """
    try:
        day = day_of(value, "")
    except InputError:
        return NO_MONTH
    return f"{day.year:04}-{day.month:02}"


def _look_for(column: str, parts: Sequence[Part], location: str) -> None:
    """Raise InputError when a glance at each table tells that none has the column; JSON lines tell later."""
    heads: set[str] = set()
    for part in {part.file: part for part in reversed(parts)}.values():
        batch = next(read_part(part), None)
        names = set() if batch is None else set(batch.schema.names).difference(SOURCES)
        if column in names or CASE_JSON in names:
            return
        heads |= names
    if heads:
        raise _missing(column, heads, location)


def _missing(column: str, heads: Iterable[str], location: str) -> InputError:
    return InputError(f"no table has the column '{column}'", nearest(column, sorted(heads)), place=location)


def profile_cohort(
    location: str,
    model: Model,
    date: str | None = None,
    across: Across | None = None,
    advance: Callable[[Counted], object] = lambda counted: None,
) -> CohortProfile:
    """The profile of the cases in the tables of a folder (or one), in memory that does not grow with them.

    ``date`` names the column of their dates. ``across`` does the work, by default in processes on this machine,
    and ``advance`` is told of each part that is counted. Raises InputError for a table that cannot be read, for a
    column that no table has, and when no case can be answered.
    """
    spec = Spec(model, surprise=True)
    parts = parts_of(location)
    if date is not None:
        no_finding(date, model.network, model.document.vocabulary, "date")
        _look_for(date, parts, location)
    monthly: dict[str, Sums] = {}
    wrong, examples, heads = 0, list[tuple[str, int, str]](), set[str]()
    for counted in in_order((across or processes())(CountPart(spec, date), parts), parts):
        monthly = _checked(merged(monthly, counted.monthly))
        wrong += counted.wrong
        examples += counted.examples[: SHOWN - len(examples)]
        heads |= counted.heads
        advance(counted)
    if date is not None and date not in heads:
        raise _missing(date, heads, location)
    found = profile(model.head(), model.engine, monthly, location, date=date, left_out=wrong, examples=examples)
    return found.faced(ANALYSES["profile"])
