"""What the service is asked: one class a form of body. Its fields are the options of the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta, Struct

from bayesdx.analyses import ANALYSES
from bayesdx.analyses.answer import Answer
from bayesdx.case import Case, case_from_mapping, encode
from bayesdx.cells import clipped
from bayesdx.errors import ImpossibleFindings, InputError, nearest
from bayesdx.inference.draws import DRAWS
from bayesdx.learning import settings as learning
from bayesdx.model import Model
from bayesdx.web.models import Models
from bayesdx.web.problems import Problem, error_of, pointer_to
from bayesdx.web.settings import Settings
from bayesdx.web.work import Advance

if TYPE_CHECKING:
    from bayesdx.analyses.learn.numbers import LearnResult

#: Parts and random starts that may be asked for: each is one step of progress, which cannot be stopped half-way.
PARTS = 20
Fraction = Annotated[float, Meta(gt=0, le=1)]
Positive = Annotated[float, Meta(gt=0)]
Count = Annotated[int, Meta(ge=0)]
Json = dict[str, Any]
CaseJson = Annotated[Json, Meta(extra_json_schema={"$ref": "#/components/schemas/Case"})]

#: A network file (.json) that has learnt.
NETWORK = "application/vnd.bayesdx.network+json"
CasesJson = Annotated[list[Json], Meta(min_length=1, description="Cases, each as in a case file.")]


@dataclass(frozen=True)
class Asking:
    """One request: the folder of its analysis, what it is asked of, and what is told on the way.

    ``about`` is told the model and the number of findings or cases as soon as they are known, ``advance`` the
    steps.
    """

    analysis: str
    models: Models
    settings: Settings
    about: Callable[[Model, int], object]
    advance: Advance


class Body(Struct, forbid_unknown_fields=True):
    """A body that asks something."""

    @property
    def long(self) -> bool:
        """Whether the answer takes seconds: such work has threads of its own."""
        return False

    def answer(self, asking: Asking) -> Answer:
        """The answer; raises InputError, its place a pointer into the body, or Problem."""
        raise NotImplementedError

    def to_dict(self, answer: Answer) -> dict[str, object]:
        """The JSON object of the answer."""
        return answer.to_dict()

    @staticmethod
    def forms() -> dict[str, Callable[[Any], str]]:
        """What an answer is to be had as beside JSON, by media type."""
        return {}


class NetworkBody(Body, kw_only=True):
    """Something that is asked of a network."""

    network: Annotated[str | None, Meta(description="Id of a network. Default: chosen by the finding 'level'.")] = (
        None
    )
    prior: Annotated[str | None, Meta(description="Prior set. Default: the network's own default.")] = None

    def model(self, models: Models, case: Case) -> Model:
        """The model that is asked; raises InputError for a network or a prior set that there is not."""
        if self.network is not None and self.network not in models.names:
            raise InputError(
                f"no network '{clipped(self.network)}'", nearest(self.network, models.names), "/network"
            )
        try:
            return models.model(self.network, self.prior, case)
        except InputError as error:
            raise error.at("/prior") from None


class CaseBody(NetworkBody, kw_only=True):
    """A case."""

    case: CaseJson

    def answer(self, asking: Asking) -> Answer:
        findings = self.case.get("findings")
        if isinstance(findings, dict) and len(findings) > asking.settings.findings:
            raise InputError(f"a case has at most {asking.settings.findings} findings here", place="/case/findings")
        case = case_from_mapping(self.case, "/case")
        model = self.model(asking.models, case)
        asking.about(model, len(case.findings))
        try:
            model.question(case)
        except InputError as error:
            raise wrong_case(case, model, error) from None
        return self.ask(asking, model, case)

    def ask(self, asking: Asking, model: Model, case: Case) -> Answer:
        """Put the case to the analysis; raises InputError for an option that is not valid."""
        return model.ask(asking.analysis, case, **self.options(model))

    def options(self, model: Model) -> dict[str, Any]:
        """Options of the analysis by name."""
        return {}


def wrong_case(case: Case, model: Model, error: InputError) -> Problem:
    """Everything that is wrong with the findings of a case, each at its place."""
    parts: list[tuple[tuple[str, ...], Case]] = [
        (("findings", key), Case(findings={key: value})) for key, value in case.findings.items()
    ]
    parts += [(("age",), Case(age=case.age)), (("sex",), Case(sex=case.sex))]
    found = []
    for keys, part in parts:
        try:
            encode(part, model.network, model.document.vocabulary)
        except InputError as wrong:
            found.append(error_of(wrong, pointer_to("case", *keys)))
    return Problem("wrong-input", str(InputError(error.message, error.hint)), found or [error_of(error, "/case")])


class Query(CaseBody):
    """Which diagnoses, and how sure?"""


class CiteCase(CaseBody):
    """The sources that the answer to a case rests on most."""


class Explain(CaseBody, kw_only=True):
    """Why this diagnosis and not that one?"""

    versus: Annotated[str | None, Meta(description="Compare the leader with this diagnosis.")] = None
    pair: Annotated[tuple[str, str] | None, Meta(description="Compare these two diagnoses.")] = None

    def options(self, model: Model) -> dict[str, Any]:
        return {"versus": self.versus, "pair": self.pair}


class WhatIf(CaseBody, kw_only=True):
    """What is missing, and what is it worth?"""

    finding: Annotated[str | None, Meta(description="Only this finding.")] = None
    kind: Annotated[str | None, Meta(description="Only findings of a kind.")] = None
    examination: Annotated[str | None, Meta(description="Only findings that an examination shows.")] = None
    costs: Annotated[Json | None, Meta(description="Cost by examination or finding, and 'unit'.")] = None
    steps: Annotated[int, Meta(ge=0, le=5, description="Also plan this many next steps.")] = 0
    certain: Fraction = 0.95
    worth: Annotated[float, Meta(ge=0)] = 0.0
    seed: Count = 0

    @property
    def long(self) -> bool:
        return self.steps > 0

    def options(self, model: Model) -> dict[str, Any]:
        from bayesdx.analyses.what_if.numbers.sequence import StoppingRules

        return {
            "costs": model.costs(self.costs),
            "kind": self.kind,
            "examination": self.examination,
            "finding": self.finding,
            "steps": self.steps,
            "rules": StoppingRules(certain=self.certain, worth=self.worth),
            "seed": self.seed,
        }


class Compare(CaseBody, kw_only=True):
    """The differential before and after findings are set to other values, or taken out."""

    set: Annotated[Json, Meta(description="Findings to state otherwise, as in a case file.")] = {}
    unset: Annotated[list[str], Meta(description="Findings to take out.", max_length=100)] = []

    def ask(self, asking: Asking, model: Model, case: Case) -> Answer:
        if not self.set and not self.unset:
            raise InputError("name what changes: 'set' findings to other values, or 'unset' them")
        return model.compare(case, self.set, self.unset)


class Reply(Struct, forbid_unknown_fields=True):
    """An answer to a question: a finding and its value as in a case file, null to skip it."""

    finding: str
    value: Any


class Ask(CaseBody, kw_only=True):
    """The findings of a case asked one by one; ``answers`` are those that were given so far."""

    case: CaseJson = {}
    answers: Annotated[list[Reply], Meta(max_length=100)] = []
    costs: Json | None = None
    certain: Fraction = 0.95
    information: Annotated[float, Meta(ge=0)] = 0.01
    worth: Annotated[float, Meta(ge=0)] = 0.0

    def ask(self, asking: Asking, model: Model, case: Case) -> Answer:
        from bayesdx.analyses.what_if.numbers.sequence import StoppingRules

        rules = StoppingRules(self.certain, self.information, self.worth)
        now = model.questionnaire(case, rules=rules, costs=model.costs(self.costs))
        for number, reply in enumerate(self.answers):
            asking.advance(0)
            place = f"/answers/{number}"
            asked = {value.variable.id: value for value in now.open}
            if reply.finding not in asked:
                raise InputError(
                    f"'{clipped(reply.finding)}' is not asked", nearest(reply.finding, asked), f"{place}/finding"
                )
            try:
                now = now.answered(asked[reply.finding], reply.value)
            except ImpossibleFindings as error:
                raise ImpossibleFindings(error.message, place=place) from None
            except InputError as error:
                raise InputError(error.message, error.hint, f"{place}/value") from None
        return now

    def to_dict(self, answer: Answer) -> dict[str, object]:
        return {**answer.to_dict(), "saved": None}


class Sensitivity(CaseBody, kw_only=True):
    """How far can this answer be trusted?"""

    require: Annotated[list[str], Meta(max_length=20, description="Conditions such as 'capnon >= 0.5'.")] = []
    range: Annotated[str, Meta(description="How far the tornado moves: literature, 10% or 0.05-0.95.")] = (
        "literature"
    )
    covariation: Annotated[str, Meta(description="proportional, uniform or order-preserving.")] = "proportional"
    draws: Annotated[int, Meta(ge=100, le=20_000)] = DRAWS
    seed: Count = 0
    leave_out: Annotated[int, Meta(ge=0, description="Publications to list of those left out in turn.")] = 12
    all: Annotated[bool, Meta(description="Every parameter, not only the first 50.")] = False

    @property
    def long(self) -> bool:
        return True

    def ask(self, asking: Asking, model: Model, case: Case) -> Answer:
        return model.sensitivity(
            case,
            constraints=tuple(self.require),
            span=self.range,
            covariation=self.covariation,
            draws=self.draws,
            seed=self.seed,
            sources=self.leave_out,
            advance=asking.advance,
        )

    def to_dict(self, answer: Answer) -> dict[str, object]:
        return answer.to_dict(top=None if self.all else 50)


class Report(CaseBody, kw_only=True):
    """Everything about a case."""

    versus: Annotated[str | None, Meta(description="Compare the leader with this diagnosis.")] = None

    @property
    def long(self) -> bool:
        return True

    @staticmethod
    def forms() -> dict[str, Callable[[Any], str]]:
        from bayesdx.analyses.report import document

        return {"text/html": document.html, "text/markdown": document.markdown}

    def ask(self, asking: Asking, model: Model, case: Case) -> Answer:
        return model.report(case, self.versus)


class Cite(NetworkBody, kw_only=True):
    """The facts and sources behind P(finding | diagnosis)."""

    finding: str
    state: str | None = None
    given: Annotated[str, Meta(description="The diagnosis whose likelihood is asked for.")]

    def answer(self, asking: Asking) -> Answer:
        model = self.model(asking.models, Case())
        asking.about(model, 0)
        return model.cite_likelihood(self.finding, self.given, (self.state,) if self.state else ())


class CasesBody(NetworkBody, kw_only=True):
    """Cases."""

    cases: CasesJson

    @property
    def long(self) -> bool:
        return True


def read_cases(cases: CasesJson) -> list[Case]:
    """Cases, whose places are pointers into the body; raises InputError for what is no case."""
    return [case_from_mapping(case, f"/cases/{number}") for number, case in enumerate(cases)]


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
        return _faced(asking, replace(result, network=network))


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
        return _faced(asking, ANALYSES["benchmark"].run(read_cases(self.cases), **options))


class Learn(CasesBody, kw_only=True):
    """Cases to learn from, as for a batch, with what was proven under the name of the target."""

    name: Annotated[str, Meta(description="What these cases are called.")] = "local"
    prior_count: Annotated[float, Meta(ge=0)] = learning.STRENGTH
    trust: Fraction | None = None
    fixed: Annotated[list[str], Meta(description="Variables that keep their CPTs.")] = []
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


class Networks(Body, kw_only=True):
    """The networks that are served."""

    def answer(self, asking: Asking) -> Answer:
        from bayesdx.analyses.networks.numbers import NetworkList

        return _faced(asking, NetworkList(tuple(map(asking.models.document, asking.models.names))))


class Named(Body, kw_only=True):
    """The network in the address."""

    network: str

    def model(self, asking: Asking, prior: str | None = None) -> Model:
        """The network under a prior set; raises Problem for a network that is not served."""
        if self.network not in asking.models.names:
            names = ", ".join(asking.models.names)
            raise Problem("not-found", f"no network '{clipped(self.network)}'; there are: {names}")
        try:
            found = asking.models.model(self.network, prior, Case())
        except InputError as error:
            raise error.at("/prior") from None
        asking.about(found, 0)
        return found

    def answer(self, asking: Asking) -> Answer:
        return _faced(asking, ANALYSES[asking.analysis].run(self.model(asking).document))


class Network(Named, kw_only=True):
    """How a network is described."""

    prior: str | None = None

    def answer(self, asking: Asking) -> Answer:
        return _faced(asking, ANALYSES["network"].run(self.model(asking, self.prior).document))


class Coverage(Named, kw_only=True):
    """The literature behind a shipped network."""

    @property
    def long(self) -> bool:
        return True

    def answer(self, asking: Asking) -> Answer:
        self.model(asking)
        if not asking.models.shipped:
            raise Problem("not-found", "the literature is known of shipped networks only")
        return _faced(asking, ANALYSES["coverage"].run(self.network))


class Export(Named, kw_only=True):
    """How a network is written."""

    prior: str | None = None
    format: Literal["bif", "xmlbif"] = "bif"

    def answer(self, asking: Asking) -> Answer:
        return self.model(asking, self.prior).export(self.format)


def _faced(asking: Asking, answer: Any) -> Answer:
    faced: Answer = answer.faced(ANALYSES[asking.analysis])
    return faced


#: The body of each analysis by its folder; an analysis that is not here is asked about a case, without options.
BODIES: dict[str, type[Body]] = {
    "query": Query,
    "explain": Explain,
    "what_if": WhatIf,
    "compare": Compare,
    "ask": Ask,
    "sensitivity": Sensitivity,
    "report": Report,
    "cite": Cite,
    "cite_case": CiteCase,
    "batch": Batch,
    "evaluate": Evaluate,
    "benchmark": Benchmark,
    "learn": Learn,
    "networks": Networks,
    "network": Network,
    "coverage": Coverage,
    "check": Named,
    "export": Export,
}
