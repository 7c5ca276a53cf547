"""The profile of a cohort, by the same route as its answers: sums of each part, added up."""

from __future__ import annotations

import datetime
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesdx.analyses import ANALYSES
from bayesdx.analyses.cohort.numbers import SHOWN
from bayesdx.analyses.profile.numbers.profile import CohortProfile, profile
from bayesdx.analyses.profile.numbers.sums import NO_MONTH, Seen, Sums, merged, sums_of
from bayesdx.batch.encoding import CASE_JSON, SOURCE_ERROR, SOURCE_FILE, SOURCE_ROW, Encoded
from bayesdx.batch.local import processes
from bayesdx.batch.parts import Across, Part, in_order, parts_of
from bayesdx.batch.reading import read_part
from bayesdx.batch.scoring import Scorer, Spec, scorer_of, wrong_rows
from bayesdx.errors import InputError, nearest
from bayesdx.formats.table import cells_of, json_row
from bayesdx.model import Model

#: Months of a cohort at most: a column that has more holds something else.
MOST_MONTHS = 1200

_MONTH = re.compile(r"\s*(\d{4})-(\d{2})(?:-(\d{2})(?:[T ].*)?)?\s*")


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
            names = found.months_of(batch, self.date) if self.date is not None else [NO_MONTH] * batch.num_rows
            if self.date is not None and self.date in batch.schema.names:
                batch = batch.drop_columns([self.date])
            found.add(batch, names, rng)
        return Counted(part, found.monthly, found.wrong, tuple(found.examples), frozenset(found.heads))


@dataclass
class _Counting:
    scorer: Scorer
    monthly: dict[str, Sums] = field(default_factory=dict)
    wrong: int = 0
    examples: list[tuple[str, int, str]] = field(default_factory=list)
    heads: set[str] = field(default_factory=set)

    def months_of(self, batch: Any, column: str) -> list[str]:
        """The month of each row; NO_MONTH where the cell is no date."""
        values: list[object]
        if CASE_JSON in batch.schema.names:
            cases = [json_row(str(text)) for text in cells_of(batch.column(CASE_JSON))]
            read = [{} if isinstance(case, InputError) else case for case in cases]
            self.heads.update(*read)
            values = [case.get(column) for case in read]
        else:
            self.heads.update(batch.schema.names)
            values = cells_of(batch.column(column)) if column in batch.schema.names else [None] * batch.num_rows
        return [month_of(value) for value in values]

    def add(self, batch: Any, names: list[str], rng: np.random.Generator) -> None:
        encoded, answer = self.scorer.read(batch)
        right = encoded.fault < 0
        self.wrong += int((~right).sum())
        self.examples += wrong_rows(batch, encoded, SHOWN - len(self.examples))
        if not right.any():
            return
        seen = _seen(self.scorer, encoded, answer.probabilities, answer.log_likelihood, rng)
        months, at = np.unique(np.array(names)[right], return_inverse=True)
        sums = sums_of(self.scorer.engine.network, seen.take(right), at.ravel(), months.tolist())
        self.monthly = merged(self.monthly, sums)
        if len(self.monthly) > MOST_MONTHS:
            raise InputError(f"the dates span more than {MOST_MONTHS:,} months: is it a column of dates?")


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
                usual[rows, which] = scorer.usual(_encoded(network, own), p.argmax(axis=1))
    return Seen(codes, uncertain, probabilities, compared, likely, usual)


def _encoded(network: Any, codes: NDArray[np.int16]) -> Encoded:
    return Encoded(network, codes, np.full(len(codes), -1, dtype=np.int32))


def month_of(value: object) -> str:
    """The month of a date (2026-11-28, 2026-11, a date of Arrow or Python): ``2026-11``; NO_MONTH of anything else.

    >>> month_of("2026-11-28"), month_of("2026-11"), month_of("28.11.2026")
    ('2026-11', '2026-11', '')
    """
    if isinstance(value, datetime.date):
        return f"{value.year:04}-{value.month:02}"
    found = _MONTH.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return NO_MONTH
    try:
        day = datetime.date(*(int(part or 1) for part in found.groups()))
    except ValueError:
        return NO_MONTH
    return f"{day.year:04}-{day.month:02}"


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
    network = model.network
    if date is not None and (date in network or date in (SOURCE_FILE, SOURCE_ROW, SOURCE_ERROR)):
        raise InputError(f"'{date}' is a variable of network '{network.id}', no date of a case")
    parts = parts_of(location)
    monthly: dict[str, Sums] = {}
    wrong, examples, heads = 0, list[tuple[str, int, str]](), set[str]()
    for counted in in_order((across or processes())(CountPart(spec, date), parts), parts):
        monthly = merged(monthly, counted.monthly)
        wrong += counted.wrong
        examples += counted.examples[: SHOWN - len(examples)]
        heads |= counted.heads
        advance(counted)
    if date is not None and date not in heads:
        raise InputError(f"no table has the column '{date}'", nearest(date, sorted(heads)), place=location)
    found = profile(model.head(), model.engine, monthly, location, date=date, left_out=wrong, examples=examples)
    return found.faced(ANALYSES["profile"])
