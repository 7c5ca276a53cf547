"""The engine: a network compiled once, asked many times."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from bayesdx.errors import ImpossibleFindings, InputError
from bayesdx.inference import lookup_query
from bayesdx.inference.batch import Drawn, drawn_factors, joint_draws, score_draws, slope_draws
from bayesdx.inference.contraction import MAXIMUM, Reversal, forward, reversals
from bayesdx.inference.derivatives import derivatives, joint_slopes, target_derivatives, tied_factors
from bayesdx.inference.findings import IMPOSSIBLE, Codes, Findings, Known, Reader, one_hot, softened
from bayesdx.inference.lookup import LookupTables, lookup_tables
from bayesdx.inference.plan import MEMORY_LIMIT, PLANNING_COST, Plan, Scope, best_plan, contraction_plan
from bayesdx.inference.program import (
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

if TYPE_CHECKING:
    from bayesdx.inference.cases import Scoring

Made = TypeVar("Made")

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
        self._made: dict[tuple[object, int], Any] = {}
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
    def _scoring(self) -> Scoring:
        from bayesdx.inference.cases import Scoring  # a single query needs nothing of it

        return Scoring(self.network, self._factors, lambda: self._lookup)

    def from_lookup(
        self, make: Callable[[Network, LookupTables, int], Made | None], target: str | None = None
    ) -> Made | None:
        """What ``make`` makes of the look-up tables for batches that ask for ``target``; None where there are none.

        It is made once.
        """
        asked = make, self._target(target)
        if asked not in self._made:
            self._made[asked] = None if self._lookup is None else make(self.network, self._lookup, asked[1])
        found: Made | None = self._made[asked]
        return found

    @cached_property
    def _main(self) -> Program:
        """The program for any findings, in which nothing is known beforehand."""
        factors = absorbed(self._factors)
        if self._planned is not None:
            return self._planned._main.holding(factors)
        return program_for(factors, self._affordable(best_plan(factors.cards, factors.scopes, restarts=RESTARTS)))

    def _affordable(self, plan: Plan) -> Plan:
        """``plan``; raises InputError when its tables, and about as much for the way back, exceed the limit."""
        needed = 2 * plan.cost.bytes
        if needed > self._memory_limit:
            raise InputError(
                f"exact inference in network '{self.network.id}' needs {needed / 2**20:,.0f} MB, "
                f"more than the limit of {self._memory_limit / 2**20:,.0f} MB"
            )
        return plan

    @property
    def plan(self) -> Plan:
        """The plan for queries that know nothing beforehand; ``plan.cost`` says what a pass takes."""
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
        cases = self._scoring.enter(codes, weights)
        return BatchPosterior(*self._scoring.score(cases, self._target(target), threads))

    def joints_batch(
        self,
        ids: Sequence[str],
        codes: NDArray[np.integer],
        weights: Mapping[str, Array] | None = None,
        target: str | None = None,
        threads: int | None = None,
    ) -> Iterator[Array]:
        """P(v, target | findings) of n cases for each variable v of ``ids``: (n, card of v, card of the target).

        Arguments as for ``query_batch``. Zero in a case that is impossible, or in which v is certain.
        """
        variables = [self.network.index[self.network.variable(i).id] for i in ids]
        return self._scoring.joints(self._scoring.enter(codes, weights), variables, self._target(target), threads)

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
        return self._scoring.expected_counts(self._scoring.enter(codes, weights), sizes, stated)

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
        return self._scoring.observed_information(self._scoring.enter(codes, weights), sizes, stated)

    def posterior_draws(self, findings: Findings, cpts: Mapping[str, Array], target: str | None = None) -> Array:
        """P(target | findings) under each of ``draws`` sets of CPTs, shape (draws, card).

        ``cpts`` maps ids to arrays (draws, *cpt.shape); a CPT that is not named stays as it is. Those that the
        findings make irrelevant are not looked at. What is 0 in the network must be so in every draw.
        """
        t = self._target(target)
        given, drawn = self._drawn(findings, cpts, t)
        return score_draws(drawn.factors, given, drawn.tables, t, drawn.size)

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
        given, drawn = self._drawn(findings, cpts, t)
        wanted = range(self._factors.cards[t]) if states is None else states
        return joint_draws(drawn.factors, given, drawn.tables, t, drawn.size, list(wanted)) + given.log_scale

    def slope_draws(
        self, findings: Findings, cpts: Mapping[str, Array], weights: Array, target: str | None = None
    ) -> dict[str, Array]:
        """d sum_t w_t P(t, e) / d theta over P(e) under each of ``draws`` sets of CPTs, by each of ``cpts``.

        For ``weights`` w >= 0 (W, draws or 1, T). Arrays of shape (W, draws, *cpt); of a hard finding only the
        state that was seen, an axis of length 1; what stands by an entry that is 0 in the network means nothing.
        CPTs that the findings make irrelevant are left out.
        """
        t = self._target(target)
        given, drawn = self._drawn(findings, cpts, t)
        found = slope_draws(drawn.factors, given, drawn.tables, t, drawn.size, weights)
        return {drawn.names[leaf]: slopes for leaf, slopes in found.items()}

    def _drawn(self, findings: Findings, cpts: Mapping[str, Array], t: int) -> tuple[Known, Drawn]:
        """The findings, that on the target as an uncertain one, and the drawn CPTs that bear on the answer."""
        given = softened(self._known(findings), (t,), self._factors.cards)
        return given, drawn_factors(self.network, self._factors, cpts, {t, *given.hard, *given.soft})

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
        return self._main.plan.cost.flops < PLANNING_COST * len(self._factors.cards)

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

    def _tie(self, target: int) -> Program:
        factors = tied_factors(self._factors, target)
        if self._planned is not None:
            return self._planned._tied(target).holding(factors)
        plan = contraction_plan(factors.cards, factors.scopes, self._main.plan.order, factors.scopes[-1][1:])
        return program_for(factors, self._affordable(plan))

    def _trace(self, program: Program, tables: list[Array], given: Known, size: int, choose: Choose) -> Codes:
        """States (size, n_variables), from the logarithms of the forward tables of ``program``."""
        states = np.empty((size, len(self._factors.cards)), dtype=np.intp)
        for v, state in given.hard.items():
            states[:, v] = state
        for v, found in trace_back(program.plan, program.compiled, tables, size, choose).items():
            states[:, v] = found
        return states
