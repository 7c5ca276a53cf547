"""The engine: a network compiled once, asked many times."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from bayesdx.errors import ImpossibleFindings, InputError
from bayesdx.inference import lookup_query
from bayesdx.inference.batch import joint_draws, score_draws, score_weights, slope_draws
from bayesdx.inference.contraction import MAXIMUM, Reversal, forward, reversals
from bayesdx.inference.derivatives import derivatives, joint_slopes, target_derivatives, tied_factors
from bayesdx.inference.expected import expected_counts, observed_information
from bayesdx.inference.findings import IMPOSSIBLE, Codes, Findings, Known, Reader, known_batch, one_hot, softened
from bayesdx.inference.lookup import LookupTables, lookup_tables
from bayesdx.inference.lookup_batch import BatchTables, batch_tables, score_batch
from bayesdx.inference.lookup_joint import joints, separate
from bayesdx.inference.plan import MEMORY_LIMIT, PLANNING_COST, Plan, Scope, best_plan, contraction_plan
from bayesdx.inference.program import (
    Factors,
    Program,
    absorbed,
    cpt_factors,
    marginal,
    program_for,
    relevant_factors,
    run,
    without,
)
from bayesdx.inference.results import BatchPosterior, Derivatives, Marginals, MostProbableExplanation, Posterior
from bayesdx.inference.trace import Choose, drawing, most_probable, trace_back
from bayesdx.network import Array, Network

#: Logarithms are cut here, so that -inf need not be taken from -inf.
LARGE = 1e300

#: Randomised repetitions of the plan search, for networks whose passes take long.
RESTARTS = 24


def compile_network(network: Network, memory_limit: int = MEMORY_LIMIT) -> Engine:
    """Plan inference in ``network``; raises InputError when its tables need more than ``memory_limit`` bytes."""
    return Engine(network, memory_limit)


class Engine:
    """Exact inference in one network. Compiled once; every method may be called from several threads.

    Findings map variable ids to likelihood weights (card,), see ``bayesdx.inference.findings``. Every method
    raises InputError for unknown variables or malformed weights, and ImpossibleFindings when the findings have
    probability zero together (a batch marks the case instead).
    """

    def __init__(self, network: Network, memory_limit: int, planned: Engine | None = None) -> None:
        self.network = network
        self._factors = cpt_factors(network)
        self._memory_limit = memory_limit
        self._planned = planned
        self._specialised = lru_cache(maxsize=64)(self._specialise)
        self._reading = lru_cache(maxsize=256)(self._read)
        self._tied = lru_cache(maxsize=8)(self._tie)
        self._batch_tables = lru_cache(maxsize=8)(self._make_batch_tables)
        if planned is None and self._lookup is None:
            _ = self._main  # so that a network that is too large is refused now

    def __reduce__(self) -> tuple[Callable[..., Engine], tuple[Network, int]]:
        """Pickle and copy the network: what was compiled is compiled again."""
        return compile_network, (self.network, self._memory_limit)

    @property
    def engine(self) -> Engine:
        """The engine itself: a question may be put to it as to a model."""
        return self

    def with_cpts(self, cpts: Mapping[str, Array]) -> Engine:
        """An engine for the same network with other numbers in ``cpts``, along the plans of this one.

        Raises InputError for tables that do not fit.
        """
        return Engine(self.network.with_cpts(cpts), self._memory_limit, self._planned or self)

    @cached_property
    def _known(self) -> Reader:
        return Reader(self.network)

    @cached_property
    def _lookup(self) -> LookupTables | None:
        network, factors = self.network, self._factors
        target = None if network.target is None else network.index[network.target]
        return lookup_tables(factors.cards, factors.scopes, factors.tables, target)

    @cached_property
    def _main(self) -> Program:
        """The program for any findings, in which nothing is known beforehand."""
        factors = absorbed(self._factors)
        if self._planned is not None:
            return self._planned._main.holding(factors)
        return program_for(factors, self._affordable(best_plan(factors.cards, factors.scopes, restarts=RESTARTS)))

    def _affordable(self, plan: Plan) -> Plan:
        """``plan``; raises InputError when its tables, and about as much for the way back, exceed the limit."""
        needed = 2 * plan.cost().bytes
        if needed > self._memory_limit:
            raise InputError(
                f"exact inference in network '{self.network.id}' needs {needed / 2**20:,.0f} MB, "
                f"more than the limit of {self._memory_limit / 2**20:,.0f} MB"
            )
        return plan

    @property
    def plan(self) -> Plan:
        """The plan for queries that know nothing beforehand; ``plan.cost()`` says what a pass takes."""
        return self._main.plan

    def posterior(self, findings: Findings, target: str | None = None) -> Posterior:
        """P(target | findings); ``target`` defaults to the network's own."""
        given = self._known(findings)
        t = self._target(target)
        if self._lookup is not None:
            return Posterior(*lookup_query.posterior(self._lookup, given, t))
        return Posterior(*self._joint((t,), given))

    @property
    def tabulated(self) -> bool:
        """Whether certain findings are looked up in tables: a batch of such cases then costs next to nothing."""
        return self._lookup is not None

    def log_likelihood(self, findings: Findings) -> float:
        """Natural logarithm of P(findings)."""
        given = self._known(findings)
        if self._lookup is not None:
            return lookup_query.log_likelihood(self._lookup, given)
        return self._joint((), given)[1]

    def marginals(self, findings: Findings) -> Marginals:
        """P(v | findings) of every variable v."""
        given = self._known(findings)
        if self._lookup is not None:
            found, log_likelihood = lookup_query.marginals(self._lookup, given)
        else:
            found, log_likelihood = self._all_marginals(given)
        return Marginals(dict(zip(self.network.index, found, strict=True)), log_likelihood)

    def derivatives(self, findings: Findings, target: str | None = None) -> Derivatives:
        """Derivatives of P(findings), and with ``target`` of P(target, findings), by all parameters."""
        given = self._known(findings)
        ids = self.network.index
        plain, slopes, log_likelihood = derivatives(self._factors, self._differential, given)
        by_cpt, by_weight = (dict(zip(ids, found, strict=True)) for found in plain)
        if target is None:
            return Derivatives(log_likelihood, by_cpt, by_weight, {}, {})
        t = self._target(target)
        tied = None if all(t in scope for scope in self._factors.scopes) else self._tied(t)
        for_target = target_derivatives(self._factors, tied, given, slopes, t)
        target_cpt, target_weight = (dict(zip(ids, found, strict=True)) for found in for_target)
        return Derivatives(log_likelihood, by_cpt, by_weight, target_cpt, target_weight)

    def joint_slopes(self, findings: Findings, weights: Array, target: str | None = None) -> dict[str, Array]:
        """d sum_t w_t P(t, e) / d theta over P(e), by every CPT, for ``weights`` (T,) >= 0 of the target's states.

        One backward pass, where ``derivatives`` takes one for each state.
        """
        t = self._target(target)
        return dict(
            zip(
                self.network.index,
                joint_slopes(self._factors, self._tied(t), self._known(findings), weights),
                strict=True,
            )
        )

    def joint(self, ids: Sequence[str], findings: Findings) -> Array:
        """P(ids | findings), shape (card_1, …, card_k), for distinct ``ids``."""
        if len(set(ids)) < len(ids):
            raise InputError("a joint posterior takes each variable once")
        variables = tuple(self.network.index[self.network.variable(i).id] for i in ids)
        return self._joint(variables, self._known(findings))[0]

    def most_probable_explanation(self, findings: Findings) -> MostProbableExplanation:
        """The states of all variables that are most probable together, given the findings."""
        given = self._known(findings)
        program = self._specialised((), frozenset(given.hard), None)
        with np.errstate(divide="ignore"):
            tables = forward(program.compiled, [np.log(leaf) for leaf in program.leaves(given)], MAXIMUM)
        if np.isneginf(tables[-1]):
            raise ImpossibleFindings(IMPOSSIBLE)
        states = self._trace(program, tables, given, 1, most_probable)
        return MostProbableExplanation(
            dict(zip(self.network.index, states[0].tolist(), strict=True)), float(tables[-1]) + given.log_scale
        )

    def sample(self, findings: Findings, size: int, rng: np.random.Generator) -> Codes:
        """Independent draws from P(all variables | findings), shape (size, n_variables)."""
        given = self._known(findings)
        program = self._specialised((), frozenset(given.hard), None)
        tables = run(program, program.leaves(given)).logs()
        return self._trace(program, tables, given, size, drawing(rng))

    def query_batch(
        self,
        codes: NDArray[np.integer] | None = None,
        weights: Mapping[str, Array] | None = None,
        target: str | None = None,
        threads: int | None = None,
    ) -> BatchPosterior:
        """P(target | findings) of n cases, ``threads`` at a time: one for each processor unless it is said.

        ``codes`` (n, n_variables) holds state numbers in the order of ``network.variables``, -1 where missing;
        ``weights`` maps ids to likelihood weights (n, card), multiplied to what the codes say.
        """
        t = self._target(target)
        hard, soft, log_scale = known_batch(self.network, codes, weights)
        n = len(hard)
        probabilities = np.zeros((n, self._factors.cards[t]))
        log_likelihood = np.zeros(n)
        rest = np.arange(n)
        if self._lookup is not None:
            probabilities, log_likelihood = score_batch(self._batch_tables(t), hard, threads)
            uncertain = [(table != 1.0).any(axis=1) for table in soft.values()]
            rest = np.flatnonzero(np.any(uncertain, axis=0)) if uncertain else rest[:0]
        if len(rest):
            seen, tables = self._batch_findings(hard[rest], {v: table[rest] for v, table in soft.items()}, t)
            factors, _ = relevant_factors(self.network, self._factors, {t, *seen, *tables})
            probabilities[rest], log_likelihood[rest] = score_weights(factors, seen, tables, len(rest), t)
        log_likelihood += log_scale
        probabilities[np.isneginf(log_likelihood)] = 0.0
        return BatchPosterior(probabilities, log_likelihood)

    def joints_batch(
        self,
        ids: Sequence[str],
        codes: NDArray[np.integer],
        weights: Mapping[str, Array] | None = None,
        target: str | None = None,
    ) -> Iterator[Array]:
        """P(v, target | findings) of n cases for each variable v of ``ids``: (n, card of v, card of the target).

        ``codes`` and ``weights`` as for ``query_batch``. Zero in a case that is impossible or states v.
        """
        t = self._target(target)
        hard, soft, _ = known_batch(self.network, codes, weights)
        variables = [self.network.index[self.network.variable(i).id] for i in ids]
        looked_up = np.zeros(len(hard), dtype=bool)
        if self._lookup is not None and separate(self._lookup, t):
            looked_up = hard[:, t] < 0
            for table in soft.values():
                looked_up &= (table == 1.0).all(axis=1)
        quick: Iterator[Array] = iter(())
        if self._lookup is not None and looked_up.any():
            quick = joints(self._lookup, hard[looked_up], t, variables)
        rest = np.flatnonzero(~looked_up)
        for v, name in zip(variables, ids, strict=True):
            if looked_up.any() and not len(rest):
                yield next(quick)
                continue
            found = np.zeros((len(hard), self._factors.cards[v], self._factors.cards[t]))
            if looked_up.any():
                found[looked_up] = next(quick)
            open_ = rest[np.asarray(codes)[rest, self.network.index[name]] < 0]
            if len(open_):
                tables = {i: table[open_] for i, table in (weights or {}).items()}
                found[open_] = self._entered_joints(v, np.asarray(codes)[open_], tables, target)
            yield found

    def _entered_joints(
        self, v: int, codes: NDArray[np.integer], weights: Mapping[str, Array], target: str | None
    ) -> Array:
        """The same of one variable that no code states: each of its states is entered into every case."""
        n, card = len(codes), self._factors.cards[v]
        entered = np.repeat(codes, card, axis=0)
        entered[:, v] = np.tile(np.arange(card), n)
        answer = self.query_batch(
            entered, {i: np.repeat(table, card, axis=0) for i, table in weights.items()}, target
        )
        logs = answer.log_likelihood.reshape(n, card)
        chances = np.exp(logs - np.maximum(logs.max(axis=1, keepdims=True), -LARGE))
        joint = chances[:, :, None] * answer.probabilities.reshape(n, card, -1)
        total = joint.sum(axis=(1, 2), keepdims=True)
        return np.asarray(joint / np.where(total > 0, total, 1.0))

    def expected_counts(
        self,
        codes: NDArray[np.integer] | None,
        weights: Mapping[str, Array] | None = None,
        sizes: Array | None = None,
        stated: Collection[str] = (),
    ) -> tuple[dict[str, Array], Array]:
        """Expected counts of every CPT's entries over n cases, and log P(findings) of each (n,).

        ``codes`` and ``weights`` as for ``query_batch``; ``sizes`` (n,) >= 0 counts a case several times or in
        part. A CPT of which the cases say nothing (its variable and all below are missing everywhere) is left out;
        variables that are ``stated`` by other cases, to whose counts these will be added, are not. A case that is
        impossible adds nothing and has -inf.
        """
        factors, entered, log_scale, names, sizes = self._entered_batch(codes, weights, sizes, stated)
        counts, log_likelihood = expected_counts(factors, entered, sizes)
        return dict(zip(names, counts, strict=True)), log_likelihood + log_scale

    def observed_information(
        self,
        codes: NDArray[np.integer] | None,
        weights: Mapping[str, Array] | None = None,
        sizes: Array | None = None,
        stated: Collection[str] = (),
    ) -> dict[str, tuple[Array, Array]]:
        """Cases to which the information about each row amounts, and to which it would if they were complete.

        By CPT, shapes of its parents; arguments as for ``expected_counts``.
        """
        factors, entered, _, names, sizes = self._entered_batch(codes, weights, sizes, stated)
        return dict(zip(names, observed_information(factors, entered, sizes), strict=True))

    def _entered_batch(
        self,
        codes: NDArray[np.integer] | None,
        weights: Mapping[str, Array] | None,
        sizes: Array | None,
        stated: Collection[str],
    ) -> tuple[Factors, dict[int, Array], Array, tuple[str, ...], Array]:
        """The relevant factors, weights (n, card) of each variable with findings, log scale (n,), names and
        sizes."""
        hard, soft, log_scale = known_batch(self.network, codes, weights)
        entered = {}
        for v, card in enumerate(self._factors.cards):
            if v in soft or self.network.variables[v].id in stated or (hard[:, v] >= 0).any():
                entered[v] = np.vstack([np.eye(card), np.ones(card)])[hard[:, v]] * soft.get(v, 1.0)
        factors, place = relevant_factors(self.network, self._factors, entered)
        names = tuple(self.network.variables[v].id for v in place)
        return factors, entered, log_scale, names, np.ones(len(hard)) if sizes is None else np.asarray(sizes, float)

    def posterior_draws(self, findings: Findings, cpts: Mapping[str, Array], target: str | None = None) -> Array:
        """P(target | findings) under each of ``draws`` sets of CPTs, shape (draws, card).

        ``cpts`` maps ids to arrays (draws, *cpt.shape); a CPT that is not named stays as it is. Those that the
        findings make irrelevant are not looked at.
        """
        t = self._target(target)
        factors, given, drawn, _ = self._entered(findings, cpts, t)
        return score_draws(factors, given, drawn, t, self._draws(cpts))

    def joint_draws(
        self,
        findings: Findings,
        cpts: Mapping[str, Array],
        states: Sequence[int] | None = None,
        target: str | None = None,
    ) -> Array:
        """log P(target, findings) under each of ``draws`` sets of CPTs, shape (draws, len(states)).

        ``cpts`` as for ``posterior_draws``; ``states`` of the target, all by default: the fewer, the faster.
        """
        t = self._target(target)
        factors, given, drawn, _ = self._entered(findings, cpts, t)
        wanted = range(self._factors.cards[t]) if states is None else states
        return joint_draws(factors, given, drawn, t, self._draws(cpts), list(wanted)) + given.log_scale

    def slope_draws(
        self, findings: Findings, cpts: Mapping[str, Array], weights: Array, target: str | None = None
    ) -> dict[str, Array]:
        """d sum_t w_t P(t, e) / d theta over P(e) under each of ``draws`` sets of CPTs, by each of ``cpts``.

        For ``weights`` w >= 0: (W, T), each with every draw, or (W, draws, T), each draw its own. Arrays of shape
        (W, draws, *cpt); of a hard finding only the state that was seen, an axis of length 1. CPTs that the
        findings make irrelevant are left out.
        """
        t = self._target(target)
        factors, given, drawn, names = self._entered(findings, cpts, t)
        each = weights[:, None] if weights.ndim == 2 else weights
        found = slope_draws(factors, given, drawn, t, self._draws(cpts), each)
        return {names[leaf]: slopes for leaf, slopes in found.items()}

    def _draws(self, cpts: Mapping[str, Array]) -> int:
        return next((len(table) for table in cpts.values()), 1)

    def _entered(
        self, findings: Findings, cpts: Mapping[str, Array], t: int
    ) -> tuple[Factors, Known, dict[int, Array], dict[int, str]]:
        """The relevant factors, the findings, and of the drawn CPTs those among them, with names, by factor."""
        given = softened(self._known(findings), (t,), self._factors.cards)
        n = {len(table) for table in cpts.values()}
        if len(n) > 1:
            raise InputError("the drawn CPTs differ in their number of draws")
        drawn: dict[int, Array] = {}
        for variable_id, table in cpts.items():
            expected = self.network.cpts[self.network.variable(variable_id).id].shape
            if table.shape[1:] != expected:
                raise InputError(
                    f"the drawn CPTs of '{variable_id}' have shape {table.shape}, expected (draws, *{expected})"
                )
            drawn[self.network.index[variable_id]] = table
        factors, place = relevant_factors(self.network, self._factors, {t, *given.hard, *given.soft})
        relevant = {place[v]: table for v, table in drawn.items() if v in place}
        return factors, given, relevant, {i: self.network.variables[v].id for v, i in place.items()}

    def _target(self, target: str | None) -> int:
        chosen = self.network.target if target is None else target
        if chosen is None:
            raise InputError(f"network '{self.network.id}' has no target: name the variable to ask for")
        return self.network.index[self.network.variable(chosen).id]

    def _specialise(self, keep: Scope, fixed: frozenset[int], needed: frozenset[int] | None) -> Program:
        """A program of its own for queries with hard findings on ``fixed``.

        Its result has the axes ``keep``; only ``needed`` variables and their ancestors enter, None for all.
        """
        factors = self._factors
        if needed is not None:
            factors, _ = relevant_factors(self.network, factors, needed)
        scopes = without(factors.scopes, fixed)
        plan = best_plan(factors.cards, scopes, keep, known_order=self._main.plan.order)
        return program_for(factors, self._affordable(plan), fixed)

    @cached_property
    def _small(self) -> bool:
        """Whether the main program answers in less time than planning another takes."""
        return self._main.plan.cost().flops < PLANNING_COST * len(self._factors.cards)

    def _read(self, table: int) -> tuple[Reversal, ...]:
        return reversals(self._main.compiled, {table})

    def _joint(self, variables: Scope, given: Known) -> tuple[Array, float]:
        """P(variables | findings) with one axis each, and log P(findings)."""
        given = softened(given, variables, self._factors.cards)
        main = self._main if self._small or not given.hard else None
        table = main.smallest_table(variables) if main and variables else None
        if main and table is not None:
            program, reverse = main, self._reading(table)
        else:
            needed = frozenset({*variables, *given.hard, *given.soft})
            if not needed:
                return np.ones(()), 0.0
            program, reverse = self._specialised(variables, frozenset(given.hard), needed), ()
            table = len(program.compiled.layouts) - 1
        done = run(program, program.leaves(given))
        ((_, belief),) = done.beliefs(program, reverse, (table,))
        return marginal(belief, program.compiled.layouts[table], variables), done.log_total + given.log_scale

    def _all_marginals(self, given: Known) -> tuple[list[Array], float]:
        if self._small or not given.hard:
            program = self._main
        else:
            program = self._specialised((), frozenset(given.hard), None)
        done = run(program, program.leaves(given))
        found = {v: one_hot(self._factors.cards[v], given.hard[v]) for v in program.fixed}
        for table, belief in done.beliefs(program, program.read_all, program.readout):
            for v in program.readout[table]:
                found[v] = marginal(belief, program.compiled.layouts[table], (v,))
        return [found[v] for v in range(len(self._factors.cards))], done.log_total + given.log_scale

    @cached_property
    def _differential(self) -> Program:
        if self._planned is not None:
            return self._planned._differential.holding(self._factors)
        plan = contraction_plan(self._factors.cards, self._factors.scopes, self._main.plan.order, ())
        return program_for(self._factors, self._affordable(plan))

    def _make_batch_tables(self, target: int) -> BatchTables:
        assert self._lookup is not None
        return batch_tables(self._lookup, target)

    def _tie(self, target: int) -> Program:
        factors = tied_factors(self._factors, target)
        if self._planned is not None:
            return self._planned._tied(target).holding(factors)
        plan = contraction_plan(factors.cards, factors.scopes, self._main.plan.order, factors.scopes[-1][1:])
        return program_for(factors, self._affordable(plan))

    def _batch_findings(
        self, hard: Codes, soft: Mapping[int, Array], target: int
    ) -> tuple[dict[int, Codes], dict[int, Array]]:
        """State numbers (n,) of the variables that every case knows, and weights (n, card) of the others."""
        seen: dict[int, Codes] = {}
        weights = dict(soft)
        for v in np.flatnonzero((hard >= 0).any(axis=0)).tolist():
            if v != target and (hard[:, v] >= 0).all():
                seen[v] = hard[:, v]
                continue
            card = self._factors.cards[v]
            weights[v] = np.vstack([np.eye(card), np.ones(card)])[hard[:, v]] * weights.get(v, 1.0)
        return seen, weights

    def _trace(self, program: Program, tables: list[Array], given: Known, size: int, choose: Choose) -> Codes:
        """States (size, n_variables), from the logarithms of the forward tables of ``program``."""
        states = np.empty((size, len(self._factors.cards)), dtype=np.intp)
        for v, state in given.hard.items():
            states[:, v] = state
        for v, found in trace_back(program.plan, program.compiled, tables, size, choose).items():
            states[:, v] = found
        return states
