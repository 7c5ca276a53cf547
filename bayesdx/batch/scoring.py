"""The one function that scores cohorts: record batches of cases in, record batches of posteriors out.

It needs nothing but its arguments, changes nothing, and raises nothing for a row: one that is wrong comes back with
an ``error``. Files, processes and clusters are the affair of those who call it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

import bayesdx
from bayesdx.analyses.batch.numbers import columns_of
from bayesdx.batch.changes import lead_changes, named_change
from bayesdx.batch.encoding import SOURCE_FILE, SOURCE_ROW, SOURCES, Encoded, encode
from bayesdx.batch.leads import leading_shares
from bayesdx.batch.nexts import most_informative
from bayesdx.batch.usual import UsualShares
from bayesdx.errors import IMPOSSIBLE, InputError, MissingExtra
from bayesdx.formats.case_table import Encoder
from bayesdx.inference import BatchPosterior
from bayesdx.inference.draws import FEWEST_DRAWS, MOST_DRAWS
from bayesdx.inference.intervals import batch_intervals
from bayesdx.inference.results import leading
from bayesdx.model import Model
from bayesdx.network import Array, Variable
from bayesdx.values import ByValue

#: Rows that are scored together: what Python does for a column is little beside them, and they take some megabytes.
ROWS = 1 << 15
#: Columns of answers that are there where they are asked for.
NEXT, LEADS = ("next", "next_bits"), "leads"
CHANGE = ("change", "change_from", "change_to", "change_log_odds", "change_leader")
#: Models that a process keeps compiled.
KEPT = 4


@dataclass(frozen=True, eq=False)
class Spec(ByValue):
    """What is asked of every case: the ``model``, and how much of its answer is kept.

    ``top`` keeps the k most probable states of the target, None the posterior of all. ``surprise`` adds how usual
    the findings are under the leader, ``next`` the missing finding that tells most of the target, with what it is
    expected to tell in bits, ``intervals`` the 95 % interval of each probability of the top k, ``change`` which
    likelihood of the network, changed least, makes another state lead, and ``draws`` the share of so many draws of
    all numbers in which the leader leads. Raises InputError for a model without a target, a ``top`` that is no
    number from 1 to that of its states, intervals without a ``top``, intervals and draws of a network without
    counts, and draws that are too few or too many.
    """

    model: Model
    top: int | None = None
    surprise: bool = False
    next: bool = False
    intervals: bool = False
    change: bool = False
    draws: int = 0

    def __post_init__(self) -> None:
        network = self.model.network
        if network.target is None:
            raise InputError(f"network '{network.id}' has no target: name the variable to ask for (--target)")
        most = network.variable(network.target).cardinality
        if self.top is not None and not 1 <= self.top <= most:
            raise InputError(
                f"the top {self.top} is not a number from 1 to {most}, the states of '{network.target}'"
            )
        if self.draws and not (isinstance(self.draws, int) and FEWEST_DRAWS <= self.draws <= MOST_DRAWS):
            raise InputError(f"draws are a whole number from {FEWEST_DRAWS} to {MOST_DRAWS:,}, not {self.draws!r}")
        own = next((name for name in SOURCES if name in network), None)
        if own is not None:
            raise InputError(f"'{own}' says in a cohort where a row comes from: network '{network.id}' has it too")
        if self.intervals and self.top is None:
            raise InputError(f"intervals are those of the top k: say how many (--top, 1 to {most})")
        if (self.intervals or self.draws) and not network.counts:
            what = "have no intervals" if self.intervals else "vary in no draw"
            raise InputError(f"network '{network.id}' holds no counts: its posteriors {what}")

    @property
    def target(self) -> Variable:
        return self.model.network.variable(str(self.model.network.target))

    @cached_property
    def fingerprint(self) -> str:
        """A name of everything that an answer depends on besides the cases: equal in every process."""
        network, said = self.model.network, hashlib.sha256()
        described = (
            *(bayesdx.__version__, network.id, network.version, network.target, self.model.prior),
            *(network.variables, sorted(network.parents.items()), sorted(self.model.document.vocabulary.items())),
            *(self.top, self.surprise, self.next, self.intervals, self.change, self.draws),
        )
        said.update(repr(described).encode("utf-8", "surrogatepass"))
        for name in network.index:
            said.update(network.cpts[name].tobytes())
            if (self.intervals or self.draws) and name in network.counts:
                said.update(network.counts[name].tobytes())
        return said.hexdigest()

    @cached_property
    def schema(self) -> Any:
        """The Arrow schema of what ``score`` yields.

        ``source_file`` and ``source_row`` (those of the case, or the number of the row), ``id``, ``leader``; the
        probability of every state under its name, or ``state_1``, ``probability_1``, … of the top k, with
        intervals also ``low_1``, ``high_1``, …; ``log_likelihood``; ``surprise``, ``next`` and ``next_bits``,
        ``leads``, and ``change`` with ``change_from``, ``change_to``, ``change_log_odds`` and ``change_leader``
        where they are asked for; ``warnings`` and ``error``.
        """
        pa = arrow()
        text, number = pa.string(), pa.float64()
        fields = [(SOURCE_FILE, text), (SOURCE_ROW, pa.int64()), ("id", text), ("leader", text)]
        if self.top is None:
            own = (SOURCE_FILE, SOURCE_ROW, "surprise", *NEXT, LEADS, *CHANGE, "warnings", "error")
            fields += [(name, number) for name in columns_of(self.target.states, own)[3:-1]]
        else:
            for k in range(1, self.top + 1):
                fields += [(f"state_{k}", text), (f"probability_{k}", number)]
                fields += [(f"low_{k}", number), (f"high_{k}", number)] if self.intervals else []
        fields.append(("log_likelihood", number))
        if self.surprise:
            fields.append(("surprise", number))
        if self.next:
            fields += zip(NEXT, (text, number), strict=True)
        if self.draws:
            fields.append((LEADS, number))
        if self.change:
            fields += zip(CHANGE, (text, number, number, number, text), strict=True)
        return pa.schema([*fields, ("warnings", text), ("error", text)])


class Scorer:
    """A spec made ready: the compiled engine and the meaning of all cells that came up."""

    def __init__(self, spec: Spec) -> None:
        self.spec, self.engine = spec, spec.model.engine
        self.encoder = Encoder(spec.model.network, spec.model.document.vocabulary)
        self.usual = UsualShares(self.engine) if spec.surprise else None
        self.states = arrow().array(spec.target.states)
        #: Seconds spent in the engine so far.
        self.inference = 0.0

    @contextmanager
    def _timed(self) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.inference += time.perf_counter() - start

    def read(self, batch: Any) -> tuple[Encoded, BatchPosterior]:
        """The rows of a record batch in the terms of the network, and their posteriors."""
        encoded = encode(batch, self.encoder)
        with self._timed():
            answer = self.engine.query_batch(
                encoded.codes, encoded.weights, threads=1
            )  # others have the other cores
        if answer.impossible.any():
            encoded.refuse(answer.impossible, IMPOSSIBLE)
            encoded = encoded.without_faults()
        return encoded, answer

    def __call__(self, batch: Any, first: int) -> Any:
        """The answers to a record batch, whose rows count from ``first`` where it does not number them."""
        pa = arrow()
        encoded, answer = self.read(batch)
        wrong = encoded.fault >= 0
        mask = wrong if wrong.any() else None
        n, probabilities = len(encoded), answer.probabilities
        leaders = leading(probabilities)
        columns = [
            pa.nulls(n, pa.string()) if encoded.files is None else encoded.files,
            pa.array(range(first, first + n)) if encoded.numbers is None else encoded.numbers,
            encoded.ids,
            self._named(leaders, mask),
        ]
        if self.spec.top is None:
            columns += [pa.array(column, mask=mask) for column in np.ascontiguousarray(probabilities.T)]
        else:
            ends = self._intervals(encoded, probabilities) if self.spec.intervals else None
            columns += self._best(probabilities, leaders, ends, mask)
        columns.append(pa.array(answer.log_likelihood, mask=mask))
        if self.usual is not None:
            with self._timed():
                usual = self.usual(encoded, leaders)
            columns.append(_nullable(usual, mask))
        if self.spec.next:
            columns += self._next(encoded)
        if self.spec.draws:
            with self._timed():
                shares = leading_shares(self.engine, encoded, leaders, self.spec.draws)
            columns.append(_nullable(shares, mask))
        if self.spec.change:
            columns += self._changes(encoded, probabilities)
        columns += [_warnings(encoded), _errors(encoded)]
        return pa.record_batch(columns, schema=self.spec.schema)

    def _next(self, encoded: Encoded) -> Iterator[Any]:
        with self._timed():
            best, bits = most_informative(self.engine, encoded)
        mask = (best < 0) | (encoded.fault >= 0)
        names = arrow().array([variable.id for variable in self.engine.network.variables])
        yield names.take(arrow().array(best, mask=mask))
        yield arrow().array(bits, mask=mask)

    def _changes(self, encoded: Encoded, probabilities: Array) -> Iterator[Any]:
        pa, network = arrow(), self.engine.network
        with self._timed():
            found = lead_changes(self.engine, encoded, probabilities)
        none = found.variable < 0
        entries, at = np.unique(np.stack(found[:3]), axis=1, return_inverse=True)
        names, old = [], np.full(len(entries.T), np.nan)
        for i, (v, row, state) in enumerate(entries.T.tolist()):
            names.append(named_change(network, v, row, state) if v >= 0 else "")
            if v >= 0:
                cpt = network.cpts[network.variables[v].id]
                old[i] = cpt.reshape(-1, cpt.shape[-1])[row, state]
        at = at.ravel()
        yield pa.array(names, pa.string()).take(pa.array(at, mask=none))
        yield from (pa.array(column, mask=none) for column in (old[at], found.value, found.log_odds))
        yield self._named(found.leader, none)

    def _named(self, states: Any, mask: Any) -> Any:
        return self.states.take(arrow().array(states, mask=mask))

    def _intervals(self, encoded: Encoded, probabilities: Array) -> Array:
        """The intervals (n, card, 2) of all posteriors."""
        codes, uncertain = encoded.certain()
        index = self.engine.network.index
        weights = {
            name: np.where(uncertain[:, index[name], None], table, 1.0)
            for name, table in encoded.weights.items()
            if uncertain[:, index[name]].any()
        }
        with self._timed():
            return batch_intervals(self.engine, probabilities, codes, weights)

    def _best(self, probabilities: Array, leaders: Any, ends: Array | None, mask: Any) -> Iterator[Any]:
        """Name and probability of the most probable states; the first of those that are as probable."""
        left, rows, best = probabilities.copy(), np.arange(len(probabilities)), leaders
        for k in range(self.spec.top or 0):
            best = leading(left) if k else best
            yield self._named(best, mask)
            yield arrow().array(probabilities[rows, best], mask=mask)
            if ends is not None:
                yield from (arrow().array(end, mask=mask) for end in np.ascontiguousarray(ends[rows, best].T))
            left[rows, best] = -1.0


def _nullable(values: Array, mask: Any) -> Any:
    """Numbers of which NaN is none."""
    missing = np.isnan(values)
    return arrow().array(values, mask=missing if mask is None else missing | mask)


def _warnings(encoded: Encoded) -> Any:
    """The warnings of each row, one behind the other; null without."""
    pa = arrow()
    if encoded.noted is not None:
        return pa.array(encoded.noted, pa.string())
    if not encoded.notes:
        return pa.nulls(len(encoded), pa.string())
    notes = list(encoded.notes)
    table = np.stack([encoded.notes[note] for note in notes], axis=1)
    warned = np.flatnonzero(table.any(axis=1))
    sets, at = np.unique(np.packbits(table[warned], axis=1), axis=0, return_inverse=True)
    said = ["; ".join(note for note, bit in zip(notes, np.unpackbits(one), strict=False) if bit) for one in sets]
    which = np.full(len(encoded), -1)
    which[warned] = at.ravel()
    return pa.array(said, pa.string()).take(pa.array(which, mask=which < 0))


def wrong_rows(batch: Any, encoded: Encoded, most: int) -> list[tuple[str, int, str]]:
    """The first rows that are wrong: file, number, and why."""
    places = (batch.column(SOURCE_FILE), batch.column(SOURCE_ROW))
    return [
        (*(place[row].as_py() for place in places), encoded.messages[encoded.fault[row]])
        for row in np.flatnonzero(encoded.fault >= 0)[:most].tolist()
    ]


def _errors(encoded: Encoded) -> Any:
    pa, wrong = arrow(), encoded.fault >= 0
    if not wrong.any():
        return pa.nulls(len(encoded), pa.string())
    return pa.array(encoded.messages, pa.string()).take(pa.array(encoded.fault, mask=~wrong))


_scorers: dict[str, Scorer] = {}


def scorer_of(spec: Spec) -> Scorer:
    """The scorer of a spec: copies of it, as they arrive with every task of a cluster, share one."""
    if spec.fingerprint not in _scorers:
        while len(_scorers) >= KEPT:
            _scorers.pop(next(iter(_scorers)))
        _scorers[spec.fingerprint] = Scorer(spec)
    return _scorers[spec.fingerprint]


def score(batches: Iterable[Any], spec: Spec) -> Iterator[Any]:
    """Posteriors of the cases in Arrow record batches, as record batches of ``spec.schema``.

    The columns of a batch are those of a table of cases: findings, ``id``, ``age``, ``sex``; or ``case_json``:
    whole cases. A cell is text, a number, or weights (a struct or map). ``source_file`` and ``source_row``
    come back as they are; without them rows are numbered from 1. Each row gives one row, in the same order; one
    that is wrong, or has an ``source_error``, has an ``error`` and no posterior. At most ``ROWS`` rows come at a
    time.
    """
    scorer = scorer_of(spec)
    first = 1
    for batch in batches:
        for start in range(0, batch.num_rows, ROWS):
            part = batch.slice(start, ROWS)
            yield scorer(part, first)
            first += part.num_rows


def arrow() -> Any:
    """pyarrow; raises MissingExtra without it."""
    try:
        import pyarrow
    except ImportError:
        raise MissingExtra("scoring cohorts", "cohort") from None
    return pyarrow
