"""The engine: a network compiled once, asked many times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bayesdx.errors import ImpossibleFindings, InputError
from bayesdx.inference.contraction import Tables, backward, forward
from bayesdx.inference.elimination import elimination_order
from bayesdx.inference.plan import Plan, Scope, contraction_plan
from bayesdx.inference.results import BatchPosterior, Derivatives, Explanation, Findings, Marginals, Posterior
from bayesdx.network import Array, Network

#: Bytes that the tables of one query may take.
MEMORY_LIMIT = 4 * 2**30


def compile_network(network: Network, memory_limit: int = MEMORY_LIMIT) -> Engine:
    """Plan inference in ``network``; raises InputError when its tables need more than ``memory_limit`` bytes."""
    return Engine(network, memory_limit)


class Engine:
    def __init__(self, network: Network, memory_limit: int) -> None:
        self.network = network
        index = network.index
        self._ids = [v.id for v in network.variables]
        self._cards = [v.cardinality for v in network.variables]
        self._families: list[Scope] = [
            (*(index[p] for p in network.parents[i]), index[i]) for i in self._ids
        ]
        self._scopes: list[Scope] = [*self._families, *((v,) for v in range(len(self._ids)))]
        self.plan = self._plan(())
        needed = self.plan.cost().bytes
        if needed > memory_limit:
            raise InputError(
                f"network '{network.id}' needs {needed / 2**20:,.0f} MB for exact inference, "
                f"the limit is {memory_limit / 2**20:,.0f} MB"
            )

    def posterior(self, findings: Findings, target: str | None = None) -> Posterior:
        probabilities, log_likelihood = self._joint([self._target(target)], self._weights(findings))
        return Posterior(probabilities, log_likelihood)

    def log_likelihood(self, findings: Findings) -> float:
        tables = forward(self.plan, self._leaves(self._weights(findings)))
        return self._log_likelihood(tables)

    def marginals(self, findings: Findings) -> Marginals:
        weights = self._weights(findings)
        tables, slopes, log_likelihood = self._passes(self._leaves(weights))
        n = len(self._ids)
        return Marginals(
            {i: normalised(weights[v] * slopes.values[n + v]) for v, i in enumerate(self._ids)}, log_likelihood
        )

    def derivatives(self, findings: Findings, target: str | None = None) -> Derivatives:
        weights = self._weights(findings)
        n = len(self._ids)

        def slopes_of(weights: list[Array], log_likelihood: float | None) -> tuple[list[Array], float]:
            tables = forward(self.plan, self._leaves(weights))
            if log_likelihood is None:
                log_likelihood = self._log_likelihood(tables)
            slopes = backward(self.plan, tables, np.ones(()))
            scaled = [
                value * np.exp(scale - log_likelihood).reshape(scale.shape + (1,) * len(scope))
                for value, scale, scope in zip(slopes.values, slopes.log_scales, self._scopes, strict=False)
            ]
            return scaled, log_likelihood

        plain, log_likelihood = slopes_of(weights, None)
        by_target: list[Array] = []
        if target is not None:
            t = self.network.index[self._target(target)]
            weights[t] = np.diag(weights[t])
            by_target, _ = slopes_of(weights, log_likelihood)
            by_target[n + t] = np.diag(plain[n + t])
        return Derivatives(
            log_likelihood,
            dict(zip(self._ids, plain[:n], strict=True)),
            dict(zip(self._ids, plain[n : 2 * n], strict=True)),
            dict(zip(self._ids, by_target[:n], strict=False)),
            dict(zip(self._ids, by_target[n : 2 * n], strict=False)),
        )

    def joint(self, ids: Sequence[str], findings: Findings) -> Array:
        return self._joint(ids, self._weights(findings))[0]

    def most_probable_explanation(self, findings: Findings) -> Explanation:
        raise NotImplementedError

    def sample(self, findings: Findings, size: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Ancestral sampling from P(variables | findings); shape (size, n_variables)."""
        weights = self._weights(findings)
        states = np.zeros((size, len(self._ids)), dtype=np.int64)
        done: list[str] = []
        for i in self.network.topological_order:  # chain rule: P(v | earlier, findings), row by row
            v = self.network.index[i]
            rows, which = np.unique(states[:, [self.network.index[d] for d in done]], axis=0, return_inverse=True)
            fixed = list(weights)
            for d, column in zip(done, rows.T, strict=True):
                u = self.network.index[d]
                fixed[u] = np.eye(self._cards[u])[column]
            table = forward(self._plan((v,)), self._leaves(fixed)).values[-1]
            cumulative = np.cumsum(np.broadcast_to(table, (len(rows), self._cards[v])), axis=-1)
            drawn = rng.random(size) * cumulative[which.reshape(-1), -1]
            states[:, v] = (drawn[:, None] >= cumulative[which.reshape(-1)]).sum(axis=-1)
            done.append(i)
        return states

    def query_batch(
        self,
        codes: NDArray[np.integer] | None = None,
        weights: Mapping[str, Array] | None = None,
        target: str | None = None,
    ) -> BatchPosterior:
        """``codes`` (n, n_variables) state indices, -1 missing; ``weights`` id -> (n, card) likelihood weights."""
        given = [np.ones(c) for c in self._cards]
        for v, column in enumerate(np.asarray(codes).T if codes is not None else ()):
            given[v] = np.vstack([np.eye(self._cards[v]), np.ones(self._cards[v])])[column]
        for i, table in (weights or {}).items():
            given[self.network.index[i]] = given[self.network.index[i]] * table
        t = self.network.index[self._target(target)]
        tables = forward(self._plan((t,)), self._leaves(given))
        total = tables.values[-1].sum(axis=-1)
        with np.errstate(divide="ignore"):
            return BatchPosterior(
                tables.values[-1] / np.where(total > 0, total, 1.0)[..., None], np.log(total) + tables.log_scales[-1]
            )

    def posterior_draws(
        self, findings: Findings, cpts: Mapping[str, Array], target: str | None = None
    ) -> Array:
        weights = self._weights(findings)
        leaves = self._leaves(weights)
        for i, draws in cpts.items():
            leaves[self.network.index[i]] = draws
        value = forward(self._plan((self.network.index[self._target(target)],)), leaves).values[-1]
        return normalised(value)

    def _plan(self, keep: Scope) -> Plan:
        order = elimination_order(self._cards, self._scopes)
        return contraction_plan(self._cards, self._scopes, [v for v in order if v not in keep], keep)

    def _target(self, target: str | None) -> str:
        if target is None and self.network.target is None:
            raise InputError(f"network '{self.network.id}' has no target: name the variable to ask for")
        return self.network.variable(target or self.network.target or "").id

    def _weights(self, findings: Findings) -> list[Array]:
        weights = [np.ones(card) for card in self._cards]
        for i, given in findings.items():
            v = self.network.index[self.network.variable(i).id]
            weights[v] = np.asarray(given, dtype=np.float64)
        return weights

    def _leaves(self, weights: Sequence[Array]) -> list[Array]:
        return [*(self.network.cpts[i] for i in self._ids), *weights]

    def _joint(self, ids: Sequence[str], weights: Sequence[Array]) -> tuple[Array, float]:
        keep = tuple(self.network.index[self.network.variable(i).id] for i in ids)
        plan = self._plan(keep)
        tables = forward(plan, self._leaves(weights))
        order = plan.scope(len(tables.values) - 1)
        value = np.transpose(tables.values[-1], [order.index(v) for v in keep])
        total = float(value.sum())
        if total <= 0:
            raise ImpossibleFindings("the findings are impossible together under the network")
        return value / total, float(np.log(total) + tables.log_scales[-1])

    def _passes(self, leaves: Sequence[Array]) -> tuple[Tables, Tables, float]:
        tables = forward(self.plan, leaves)
        log_likelihood = self._log_likelihood(tables)
        return tables, backward(self.plan, tables, np.ones(())), log_likelihood

    def _log_likelihood(self, tables: Tables) -> float:
        if tables.values[-1] <= 0:
            raise ImpossibleFindings("the findings are impossible together under the network")
        return float(np.log(tables.values[-1]) + tables.log_scales[-1])


def normalised(value: Array) -> Array:
    """``value`` (…, card) with a last axis that sums to 1."""
    total: Array = value / value.sum(axis=-1, keepdims=True)
    return total
