"""An engine that several analyses share, so that none asks again what another has asked."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, cast

from bayesdx.analyses.question import Question
from bayesdx.inference import Derivatives, Engine, Marginals, Posterior
from bayesdx.network import Array, Network

Findings = Mapping[str, Array]
Result = TypeVar("Result")


def sharing(question: Question) -> Question:
    """The same question to an engine that keeps its answers as long as the question lives."""
    return replace(question, asked=_Once(question.engine))


@dataclass(frozen=True, eq=False)
class _Once:
    """Answers to single questions are kept; batches and draws go to the engine as they are."""

    answers: Engine
    kept: dict[Hashable, Any] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # asked by pickle and copy, of an object that has no engine yet
            raise AttributeError(name)
        return getattr(self.answers, name)

    @property
    def engine(self) -> Engine:
        return cast("Engine", self)

    @property
    def network(self) -> Network:
        return self.answers.network

    def posterior(self, findings: Findings, target: str | None = None) -> Posterior:
        name = target or str(self.network.target)
        return self._ask(("posterior", name), findings, lambda: self.answers.posterior(findings, name))

    def log_likelihood(self, findings: Findings) -> float:
        return self._ask(("log_likelihood",), findings, lambda: self.answers.log_likelihood(findings))

    def marginals(self, findings: Findings) -> Marginals:
        return self._ask(("marginals",), findings, lambda: self.answers.marginals(findings))

    def derivatives(self, findings: Findings, target: str | None = None) -> Derivatives:
        name = target or str(self.network.target)
        return self._ask(("derivatives", name), findings, lambda: self.answers.derivatives(findings, name))

    def joint(self, ids: Sequence[str], findings: Findings) -> Array:
        return self._ask(("joint", *ids), findings, lambda: self.answers.joint(ids, findings))

    def _ask(self, operation: tuple[str, ...], findings: Findings, ask: Callable[[], Result]) -> Result:
        key = operation, frozenset((name, tuple(weights.tolist())) for name, weights in findings.items())
        if key not in self.kept:
            self.kept[key] = ask()
        return cast("Result", self.kept[key])
