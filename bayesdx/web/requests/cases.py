"""Bodies about many cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta, field

from bayesdx.analyses import ANALYSES
from bayesdx.analyses.answer import Answer
from bayesdx.case import Case
from bayesdx.errors import InputError
from bayesdx.formats.case_file import case_of
from bayesdx.learning import settings as learning
from bayesdx.web.problems import Problem
from bayesdx.web.requests.body import Asking, Body, Fraction, Json, OfNetwork, faced

if TYPE_CHECKING:
    from bayesdx.analyses.learn.numbers import LearnResult

#: Parts and random starts that may be asked for: each is one step of progress, which cannot be stopped half-way.
PARTS = 20
Positive = Annotated[float, Meta(gt=0)]
#: A network file (.json) that has learnt.
NETWORK = "application/vnd.bayesdx.network+json"
CasesJson = Annotated[list[Json], Meta(min_length=1, description="Cases, each as in a case file.")]


class CasesBody(OfNetwork, Body, kw_only=True):
    """Cases."""

    cases: CasesJson

    @property
    def long(self) -> bool:
        return True


def read_cases(cases: CasesJson) -> list[Case]:
    """Cases, whose places are pointers into the body; raises InputError for what is no case."""
    return [case_of(case, f"/cases/{number}") for number, case in enumerate(cases)]


class Batch(CasesBody, kw_only=True):
    """Cases, each as in a case file or a flat row of a table."""

    def answer(self, asking: Asking) -> Answer:
        from bayesdx.analyses.batch.numbers import nothing_scored

        model = self.model(asking.models, Case())
        asking.about(model, len(self.cases))
        result = model.query_batch(self.cases)
        if not result.lines:
            raise InputError(nothing_scored("", result.errors).message, place="/cases")
        return result


class Board(CasesBody, kw_only=True):
    """Cases for a tumour board, a row each."""

    def answer(self, asking: Asking) -> Answer:
        found = []
        for case in read_cases(self.cases):
            model = self.model(asking.models, case)
            asking.about(model, 1)
            asking.advance(1)
            found.append(model.impression(case))
        return faced(asking, ANALYSES["board"].run(found))


class Evaluate(CasesBody, kw_only=True):
    """Cases whose diagnosis is proven."""

    own_source: Annotated[bool, Meta(description="Keep facts of a case's own publication.")] = False
    silence: Annotated[bool, Meta(description="Read what is not stated as a text leaves it out.")] = True
    baseline: Annotated[bool, Meta(description="Score the naive Bayes baseline instead.")] = False

    def answer(self, asking: Asking) -> Answer:
        cases, models = read_cases(self.cases), asking.models
        if self.network is not None or self.prior is not None:
            asking.about(self.model(asking.models, Case()), len(cases))
        network = self.network or models.only
        result = ANALYSES["evaluate"].run(
            cases,
            network=models.source(network) if network else None,
            prior=self.prior,
            own_source=self.own_source,
            silence=self.silence,
            baseline=self.baseline,
            advance=asking.advance,
        )
        return faced(asking, replace(result, network=network))


class Benchmark(Body, kw_only=True):
    """Cases whose diagnosis is proven, for every shipped network and prior set, and the baseline."""

    cases: CasesJson
    own_source: bool = False
    silence: bool = True

    @property
    def long(self) -> bool:
        return True

    def answer(self, asking: Asking) -> Answer:
        if asking.models.only:
            raise Problem("not-found", "the shipped networks are compared, and one network is served here")
        options = {"own_source": self.own_source, "silence": self.silence, "advance": asking.advance}
        return faced(asking, ANALYSES["benchmark"].run(read_cases(self.cases), **options))


class Learn(CasesBody, kw_only=True):
    """Cases to learn from, as for a batch, with what was proven under the name of the target."""

    name: Annotated[str, Meta(description="What these cases are called.")] = "local"
    prior_count: Annotated[float, Meta(ge=0)] = learning.STRENGTH
    trust: Fraction | None = None
    fixed: Annotated[list[str], Meta(description="Variables that keep their CPTs.")] = field(default_factory=list)
    weight: Annotated[str | None, Meta(description="Key that says how many patients a case counts for.")] = None
    date: Annotated[str | None, Meta(description="Key of dates, with half_life.")] = None
    half_life: Annotated[Positive | None, Meta(description="Years after which a case counts half.")] = None
    unproven: bool = False
    folds: Annotated[int, Meta(ge=2, le=PARTS)] = learning.FOLDS
    restarts: Annotated[int, Meta(ge=0, le=PARTS)] | None = None
    tolerance: Positive = learning.TOLERANCE
    rounds: Annotated[int, Meta(ge=1, le=learning.ROUNDS)] = learning.ROUNDS
    seed: int = 0

    @staticmethod
    def forms() -> dict[str, Callable[[Any], str]]:
        return {NETWORK: learnt_network}

    def answer(self, asking: Asking) -> Answer:
        model = self.model(asking.models, Case())
        asking.about(model, len(self.cases))
        return model.learn(
            self.cases,
            name=self.name,
            weight=self.weight,
            date=self.date,
            half_life=self.half_life,
            unproven=self.unproven,
            folds=self.folds,
            advance=asking.advance,
            strength=self.prior_count,
            trust=self.trust,
            fixed=frozenset(self.fixed),
            restarts=self.restarts,
            seed=self.seed,
            tolerance=self.tolerance,
            rounds=self.rounds,
        )


def learnt_network(result: LearnResult) -> str:
    """The file of a network that has learnt; raises Problem for one that is refused."""
    from bayesdx.formats.network_json import document_text

    if result.refused:
        raise Problem(
            "wrong-input", f"the network is refused, as the answer in JSON explains: {', '.join(result.refused)}"
        )
    return document_text(result.document)
