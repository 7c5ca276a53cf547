"""Many cases at once, given as state numbers and likelihood weights: which of them are looked up, and how."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from itertools import islice, product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesdx.inference.batch import score_weights
from bayesdx.inference.expected import expected_counts, observed_information
from bayesdx.inference.findings import Codes, known_batch, stated_weights
from bayesdx.inference.logs import FLOOR
from bayesdx.inference.lookup import WAYS, LookupTables
from bayesdx.inference.lookup_batch import BatchTables, batch_tables, score_batch
from bayesdx.inference.lookup_joint import joints, separate
from bayesdx.inference.program import Factors, relevant_factors
from bayesdx.network import Array, Network


@dataclass(frozen=True, eq=False)
class Entered:
    """n cases: state numbers ``hard`` (n, n_variables), -1 where none is certain, and ``soft`` weights (n, card) of
    variables, scaled by exp(``log_scale``) (n,); -inf where they leave nothing."""

    hard: Codes
    soft: dict[int, Array]
    log_scale: Array

    def of(self, rows: NDArray[np.intp]) -> Entered:
        """Some of the cases."""
        return Entered(self.hard[rows], {v: table[rows] for v, table in self.soft.items()}, self.log_scale[rows])

    @property
    def certain(self) -> NDArray[np.bool_]:
        """(n,) whether a case has no uncertain findings."""
        found = np.ones(len(self.hard), dtype=bool)
        for table in self.soft.values():
            found &= (table == 1.0).all(axis=1)
        return found


class Ways(NamedTuple):
    """Certain cases ``entered`` that stand for others: of which ``case`` each is a part (m,), and with what
    ``weight`` (m,). ``posterior`` P(target | findings) is known of those that came of uncertain findings."""

    entered: Entered
    case: NDArray[np.intp]
    weight: Array
    posterior: Mapping[int, Array]


@dataclass(frozen=True, eq=False)
class Scoring:
    """Posteriors of many cases in a network, by ``lookup`` tables where there are some, else by one pass; and what
    learning counts in them."""

    network: Network
    factors: Factors
    tabulate: Callable[[], LookupTables | None]

    @cached_property
    def lookup(self) -> LookupTables | None:
        """Made when they are asked for: counts are not looked up."""
        return self.tabulate()

    @cached_property
    def _tables(self) -> Callable[[int], BatchTables]:
        """What a target's posterior is looked up in."""
        assert self.lookup is not None
        return lru_cache(maxsize=8)(partial(batch_tables, self.lookup))

    def enter(self, codes: NDArray[np.integer] | None, weights: Mapping[str, Array] | None) -> Entered:
        """The cases; raises InputError for what does not fit."""
        return Entered(*known_batch(self.network, codes, weights))

    def score(self, cases: Entered, target: int, threads: int | None) -> tuple[Array, Array]:
        """P(target | findings) (n, card) and log P(findings) (n,); zeros and -inf for a case that is impossible."""
        n, card = len(cases.hard), self.factors.cards[target]
        probabilities, log_likelihood = np.zeros((n, card)), np.zeros(n)
        certain = cases.certain if self.lookup is not None else np.zeros(n, dtype=bool)
        quick, rest = np.flatnonzero(certain), np.flatnonzero(~certain)
        if len(quick):
            hard = cases.hard if len(quick) == n else cases.hard[quick]
            found = score_batch(self._tables(target), hard, threads)
            probabilities[quick], log_likelihood[quick] = found
        if len(rest):
            seen, tables = self._findings(cases.of(rest), target)
            factors, _ = relevant_factors(self.network, self.factors, {target, *seen, *tables})
            found = score_weights(factors, seen, tables, len(rest), target)
            probabilities[rest], log_likelihood[rest] = found
        log_likelihood += cases.log_scale
        probabilities[np.isneginf(log_likelihood)] = 0.0
        return probabilities, log_likelihood

    def joints(self, cases: Entered, variables: Sequence[int], target: int, threads: int | None) -> Iterator[Array]:
        """P(v, target | findings) (n, card of v, card of the target) of each variable v.

        Zero in a case that is impossible, or in which v is certain.
        """
        possible = np.isfinite(cases.log_scale)
        ways = Ways(cases.of(np.zeros(0, dtype=np.intp)), np.zeros(0, dtype=np.intp), np.zeros(0), {})
        looked_up: Iterator[Array] = iter(())
        if self.lookup is not None and separate(self.lookup, target):
            ways = self._ways(cases, possible & (cases.hard[:, target] < 0), target, threads)
            if len(ways.case):
                looked_up = joints(self.lookup, ways.entered.hard, target, variables)
        starts = np.flatnonzero(np.diff(ways.case, prepend=-1))  # those of a case stand together
        rest = np.setdiff1d(np.flatnonzero(possible), ways.case)
        for v in variables:
            joint = np.zeros((len(cases.hard), self.factors.cards[v], self.factors.cards[target]))
            for found in islice(looked_up, 1):
                mixed = np.add.reduceat(ways.weight[:, None, None] * found, starts, axis=0)
                joint[ways.case[starts]] = mixed
            for way, posterior in ways.posterior.items() if v in cases.soft else ():
                row = ways.case[way]
                if (cases.soft[v][row] != 1.0).any():
                    joint[row, ways.entered.hard[way, v]] += ways.weight[way] * posterior
            open_ = rest[cases.hard[rest, v] < 0]
            if len(open_):
                joint[open_] = self._entered(v, cases.of(open_), target, threads)
            yield joint

    def _ways(self, cases: Entered, wanted: NDArray[np.bool_], target: int, threads: int | None) -> Ways:
        """The ``wanted`` cases (n,), those with uncertain findings as mixtures of certain ones.

        A likelihood is linear in the weights of each variable. Cases that can come out in more than WAYS ways are
        left out.
        """
        certain = np.flatnonzero(wanted & cases.certain)
        codes, rows, weights = [cases.hard[certain]], [certain], [np.ones(len(certain))]
        posteriors: list[Array] = []
        for row in np.flatnonzero(wanted & ~cases.certain).tolist():
            soft = {v: table[row] for v, table in cases.soft.items() if (table[row] != 1.0).any()}
            states = [np.flatnonzero(table) for table in soft.values()]
            if target in soft or math.prod(map(len, states)) > WAYS:
                continue
            ways = np.array(list(product(*states)))
            entered = np.repeat(cases.hard[row : row + 1], len(ways), axis=0)
            entered[:, list(soft)] = ways
            probabilities, log_likelihood = self.score(Entered(entered, {}, np.zeros(len(ways))), target, threads)
            weight = np.exp(log_likelihood - max(log_likelihood.max(), FLOOR))
            for table, way in zip(soft.values(), ways.T, strict=True):
                weight *= table[way]
            codes.append(entered)
            rows.append(np.full(len(ways), row))
            weights.append(weight / (weight.sum() or 1.0))
            posteriors.append(probabilities)
        hard = np.concatenate(codes)
        first = len(hard) - sum(map(len, posteriors))
        known = dict(enumerate(np.concatenate(posteriors), first)) if posteriors else {}
        return Ways(Entered(hard, {}, np.zeros(len(hard))), np.concatenate(rows), np.concatenate(weights), known)

    def _entered(self, v: int, cases: Entered, target: int, threads: int | None) -> Array:
        """The joint of one variable of which no case is certain: each of its states is entered into every case."""
        n, card = len(cases.hard), self.factors.cards[v]
        entered = cases.of(np.repeat(np.arange(n), card))
        entered.hard[:, v] = np.tile(np.arange(card), n)
        if v in cases.soft:  # a state has the weight that the case gives it
            del entered.soft[v]
            with np.errstate(divide="ignore"):
                entered.log_scale[:] += np.log(cases.soft[v]).ravel()
        probabilities, log_likelihood = self.score(entered, target, threads)
        logs = log_likelihood.reshape(n, card)
        chances = np.exp(logs - np.maximum(logs.max(axis=1, keepdims=True), FLOOR))
        joint = chances[:, :, None] * probabilities.reshape(n, card, -1)
        total = joint.sum(axis=(1, 2), keepdims=True)
        return np.asarray(joint / np.where(total > 0, total, 1.0))

    def expected_counts(
        self, cases: Entered, sizes: Array | None, stated: Collection[str]
    ) -> tuple[dict[str, Array], Array]:
        """Expected counts of the CPTs on which the cases bear, and log P(findings) (n,)."""
        factors, weights, names = self._learnable(cases, stated)
        counts, log_likelihood = expected_counts(factors, weights, _sizes(sizes, cases))
        return dict(zip(names, counts, strict=True)), log_likelihood + cases.log_scale

    def observed_information(
        self, cases: Entered, sizes: Array | None, stated: Collection[str]
    ) -> dict[str, tuple[Array, Array]]:
        """Cases to which the information about each row amounts, and would if they were complete."""
        factors, weights, names = self._learnable(cases, stated)
        return dict(zip(names, observed_information(factors, weights, _sizes(sizes, cases)), strict=True))

    def _learnable(
        self, cases: Entered, stated: Collection[str]
    ) -> tuple[Factors, dict[int, Array], tuple[str, ...]]:
        """The factors on which cases bear, the weights (n, card) of variables that some state, and the ids of the
        factors' variables; variables ``stated`` by other cases count as if these stated them."""
        entered = {
            v: stated_weights(cases.hard[:, v], card) * cases.soft.get(v, 1.0)
            for v, card in enumerate(self.factors.cards)
            if v in cases.soft or (cases.hard[:, v] >= 0).any() or self.network.variables[v].id in stated
        }
        factors, place = relevant_factors(self.network, self.factors, entered)
        return factors, entered, tuple(self.network.variables[v].id for v in place)

    def _findings(self, cases: Entered, target: int) -> tuple[dict[int, Codes], dict[int, Array]]:
        """State numbers (n,) of the variables that every case knows, and weights (n, card) of the others."""
        hard, seen, weights = cases.hard, dict[int, Codes](), dict(cases.soft)
        for v in np.flatnonzero((hard >= 0).any(axis=0)).tolist():
            if v != target and (hard[:, v] >= 0).all():
                seen[v] = hard[:, v]
            else:
                weights[v] = stated_weights(hard[:, v], self.factors.cards[v]) * weights.get(v, 1.0)
        return seen, weights


def _sizes(sizes: Array | None, cases: Entered) -> Array:
    return np.ones(len(cases.hard)) if sizes is None else np.asarray(sizes, float)
