"""What is asked: the network, the prior set and the findings. Every analysis is a function of a Question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Protocol

import numpy as np

from bayesdx.errors import ImpossibleFindings
from bayesdx.inference.intervals import posterior_intervals
from bayesdx.inference.logs import LARGEST
from bayesdx.inference.lookup import WAYS
from bayesdx.network import Array, Network, Variable
from bayesdx.states import apart

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bayesdx.case import Origin
    from bayesdx.inference import Engine
    from bayesdx.inference.results import Derivatives, Posterior


class Asked(Protocol):
    """Whoever answers: a model, which compiles its network when it is first asked, or an engine."""

    @property
    def network(self) -> Network: ...

    @property
    def engine(self) -> Engine: ...


@dataclass(frozen=True, eq=False, repr=False)
class Question:
    """Findings put to a network.

    ``findings[v]`` are likelihood weights of shape (card of v,); ``stated[v]`` says the same in words (a state,
    ``"not <state>"`` or ``{state: weight}``). ``prior`` names the prior set and ``population`` where it holds;
    ``prior_sets`` are the probabilities (card of the target,) of all that the network has, by name. ``choice`` says
    how the network was chosen. ``warnings`` came up while the case was read; analyses add their own behind them.
    ``origin`` is that of the case.

    What several analyses need is asked of the engine once and kept: ``answer``, ``alone``, ``joints``,
    ``derivatives``, ``intervals``.
    """

    asked: Asked
    findings: Mapping[str, Array]
    stated: Mapping[str, object] = field(default_factory=dict)
    case: str | None = None
    prior: str = ""
    population: str = ""
    prior_sets: Mapping[str, Array] = field(default_factory=dict)
    choice: str = ""
    warnings: tuple[str, ...] = ()
    origin: Origin | None = None

    def __repr__(self) -> str:
        stated = ", ".join(f"{name}={words(value)}" for name, value in self.stated.items())
        return f"Question({stated})"

    @property
    def network(self) -> Network:
        """The network that is asked."""
        return self.asked.network

    @property
    def engine(self) -> Engine:
        """The compiled network; compiled now, if this is the first time that it is asked."""
        return self.asked.engine

    @property
    def target(self) -> Variable:
        """The variable that is asked for."""
        return self.network.variable(self.network.target or "")

    @cached_property
    def answer(self) -> Posterior:
        """P(target | findings) and ln P(findings); raises ImpossibleFindings, which names them."""
        try:
            return self.engine.posterior(self.findings)
        except ImpossibleFindings:
            raise impossible(self) from None

    @property
    def posterior(self) -> Array:
        """P(target | findings), shape (card of the target,)."""
        return self.answer.probabilities

    @cached_property
    def likelihood(self) -> Array:
        """P(findings | target) up to a factor, shape (card of the target,); needs a target without parents."""
        prior = self.prior_probabilities
        if prior.all():
            return np.asarray(self.posterior / prior)
        return np.diagonal(self.derivatives.target_cpt[self.target.id].reshape(self.target.cardinality, -1))

    @cached_property
    def alone(self) -> Mapping[str, Array]:
        """P(v) without findings for every variable v, shape (card of v,)."""
        return self.engine.marginals({}).probabilities

    @cached_property
    def _together(self) -> dict[tuple[str, ...], Array]:
        return {}

    def together_alone(self, names: tuple[str, ...]) -> Array:
        """P(names) without findings, one axis for each variable."""
        if names not in self._together:
            self._together[names] = self.engine.joint(names, {})
        return self._together[names]

    @cached_property
    def derivatives(self) -> Derivatives:
        """Derivatives of P(target, findings) with respect to every CPT entry."""
        return self.engine.derivatives(self.findings, self.target.id)

    @cached_property
    def joints(self) -> Mapping[str, Array]:
        """P(target, v, findings without v) over P(findings) of every observable v, (card of the target, card of v).

        The derivative of P(target, findings) by the likelihood weights of v (Darwiche 2003). Looked up where the
        engine has tables, of a case in which uncertain findings can come out in few ways; else differentiated.
        """
        soft = {name: np.flatnonzero(self.findings[name]) for name in self.findings.keys() - self.hard_findings()}
        if self.engine.tabulated and self.network.findings and prod(map(len, soft.values())) <= WAYS:
            return self._looked_up({name: soft[name] for name in self.findings if name in soft})
        found = self.derivatives.target_findings
        return {variable.id: found[variable.id] for variable in self.network.findings}

    def _looked_up(self, soft: Mapping[str, NDArray[np.intp]]) -> dict[str, Array]:
        """``joints`` from one batch: the case with each variable set to each of its states in turn.

        Uncertain findings, in their possible states ``soft``, are summed over: a likelihood is linear in the
        weights of each variable. A row that sets one of them itself is met once for each of its states, and
        divided by them.
        """
        network, observable = self.network, self.network.findings
        ends = np.cumsum([variable.cardinality for variable in observable]).tolist()
        parts = {v.id: slice(end - v.cardinality, end) for v, end in zip(observable, ends, strict=True)}
        ways = np.array(list(product(*soft.values())), dtype=np.intp).reshape(
            prod(map(len, soft.values())), len(soft)
        )
        codes = np.full((ends[-1], len(ways), len(network.variables)), -1)
        scale = np.ones(codes.shape[:2])
        for name, state in self.hard_findings().items():
            codes[:, :, network.index[name]] = state
            scale *= self.findings[name][state]
        for at, name in enumerate(soft):
            codes[:, :, network.index[name]] = ways[:, at]
            scale *= self.findings[name][ways[:, at]]
        for v in observable:
            part, at = parts[v.id], network.index[v.id]
            if v.id in self.findings:
                scale[part] /= self.findings[v.id][codes[part, :, at]] * (len(soft[v.id]) if v.id in soft else 1)
            codes[part, :, at] = np.arange(v.cardinality)[:, None]
        rows = codes.reshape(-1, codes.shape[-1])
        found = self.engine.query_batch(rows, target=self.target.id)
        ratio = np.exp(np.minimum(found.log_likelihood - self.answer.log_likelihood, LARGEST)) * scale.ravel()
        joint = (found.probabilities * ratio[:, None]).reshape(*codes.shape[:2], -1).sum(axis=1)
        return {name: joint[part].T for name, part in parts.items()}

    @cached_property
    def intervals(self) -> Array | None:
        """The 95 % interval of every posterior, shape (card of the target, 2); None in a network without counts.

        Every interval of a case comes from here. Raises ImpossibleFindings.
        """
        if not self.network.counts:
            return None
        return posterior_intervals(self.engine, self.findings, self.posterior)

    @property
    def prior_probabilities(self) -> Array:
        """P(target) without findings, shape (card of the target,)."""
        target = self.target.id
        return self.alone[target] if self.network.parents[target] else self.network.cpts[target]

    def hard_findings(self) -> dict[str, int]:
        """State index of every finding that leaves one state possible."""
        positive = {name: np.flatnonzero(weights) for name, weights in self.findings.items()}
        return {name: int(states[0]) for name, states in positive.items() if len(states) == 1}

    def head(self) -> dict[str, object]:
        """The keys that begin the JSON of every answer: what was asked, of which network and prior set."""
        network = self.network
        return {
            "network": network.id,
            "network_version": network.version,
            **network.learnt_from(),
            "prior": self.prior,
            "prior_population": self.population,
            "case": self.case,
            "findings": dict(self.stated),
        }


def impossible(question: Question) -> ImpossibleFindings:
    """Name a smallest set of findings that cannot occur together: any of them left out, the rest is possible."""
    kept = dict(question.findings)
    for name in question.findings:
        fewer = {other: weights for other, weights in kept.items() if other != name}
        try:
            question.engine.log_likelihood(fewer)
        except ImpossibleFindings:
            kept = fewer
    named = [f"{name}={words(question.stated.get(name, '?'))}" for name in kept]
    network = question.engine.network.id
    those = f"the findings {', '.join(named[:-1])} and {named[-1]} are impossible together"
    said = those if len(named) > 1 else f"the finding {named[0]} is impossible"
    return ImpossibleFindings(f"{said} under network '{network}'", findings=tuple(kept))


def words(stated: object, states: int = 0) -> str:
    """A stated finding as one word or ``{state: weight, …}``.

    All others of so many ``states`` that weigh alike beside one are its *others*.

    >>> words({"rim": 0.5, "none": 1.0}), words({"dura": 0.1, "disc": 1.0, "facet": 0.1, "nerve": 0.1}, 4)
    ('{rim: 0.5, none: 1}', '{disc: 1, others: 0.1}')
    """
    if not isinstance(stated, Mapping):
        return str(stated)
    leader, others = apart(stated)
    if leader and len(stated) == states:
        return f"{{{leader}: {stated[leader]:g}, others: {others:.2g}}}"
    return "{" + ", ".join(f"{state}: {weight:g}" for state, weight in stated.items()) + "}"
