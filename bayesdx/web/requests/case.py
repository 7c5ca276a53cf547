"""Bodies about one case, and about one number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from msgspec import Meta, Struct, field

from bayesdx.analyses.answer import Answer, json_text
from bayesdx.case import Case, mistakes
from bayesdx.cells import clipped
from bayesdx.errors import ImpossibleFindings, InputError, nearest
from bayesdx.formats.case_file import case_of
from bayesdx.inference.draws import DRAWS
from bayesdx.model import Model
from bayesdx.network import named
from bayesdx.web.problems import FHIR, Problem, error_of, pointer_to
from bayesdx.web.requests.body import Asking, Body, Codes, Fraction, Json, OfNetwork

Count = Annotated[int, Meta(ge=0)]
CaseJson = Annotated[Json, Meta(extra_json_schema={"$ref": "#/components/schemas/Case"})]


class CaseBody(OfNetwork, Body, kw_only=True):
    """A case."""

    case: CaseJson
    codes: Codes = False

    def answer(self, asking: Asking) -> Answer:
        case = case_of(self.case, "/case")
        asking.settings.check_findings(case.findings, "/case/findings")
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

    def to_dict(self, answer: Answer) -> dict[str, object]:
        return answer.to_dict(codes=self.codes)


def fhir_text(answer: Answer) -> str:
    """The FHIR resource of an answer."""
    return json_text(answer.to_fhir())


def wrong_case(case: Case, model: Model, error: InputError) -> Problem:
    """Everything that is wrong with the findings of a case, each at its place."""
    wrong = mistakes(case, model.network, model.document.vocabulary)
    if case.origin is not None:  # FHIR: the place is a path in it
        wrong, error = [((), _in_resources(one)) for _, one in wrong], _in_resources(error)
    found = [error_of(one, pointer_to("case", *keys)) for keys, one in wrong]
    return Problem("wrong-input", str(InputError(error.message, error.hint)), found or [error_of(error, "/case")])


def _in_resources(error: InputError) -> InputError:
    """An error whose message begins with the path of the resource that it is about."""
    path = error.place.partition(": ")[2]
    return InputError(f"{path}: {error.message}" if path else error.message, error.hint)


class Query(CaseBody):
    """Which diagnoses, and how sure?"""

    @staticmethod
    def forms() -> dict[str, Callable[[Any], str]]:
        return {FHIR: fhir_text}


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

    set: Annotated[Json, Meta(description="Findings to state otherwise, as in a case file.")] = field(
        default_factory=dict
    )
    unset: Annotated[list[str], Meta(description="Findings to take out.", max_length=100)] = field(
        default_factory=list
    )

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

    case: CaseJson = field(default_factory=dict)
    answers: Annotated[list[Reply], Meta(max_length=100)] = field(default_factory=list)
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
            finding = named(reply.finding, asked)
            if finding not in asked:
                raise InputError(
                    f"'{clipped(reply.finding)}' is not asked", nearest(reply.finding, asked), f"{place}/finding"
                )
            try:
                now = now.answered(asked[finding], reply.value)
            except ImpossibleFindings as error:
                raise error.at(place) from None
            except InputError as error:
                raise InputError(error.message, error.hint, f"{place}/value") from None
        return now

    def to_dict(self, answer: Answer) -> dict[str, object]:
        return {**super().to_dict(answer), "saved": None}


class Sensitivity(CaseBody, kw_only=True):
    """How far can this answer be trusted?"""

    require: Annotated[list[str], Meta(max_length=20, description="Conditions such as 'capnon >= 0.5'.")] = field(
        default_factory=list
    )
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
        return answer.to_dict(codes=self.codes, top=None if self.all else 50)


class Impression(CaseBody, kw_only=True):
    """What a report can say of a case, in sentences and as a row."""

    versus: Annotated[str | None, Meta(description="Weigh the leader against this diagnosis.")] = None

    def ask(self, asking: Asking, model: Model, case: Case) -> Answer:
        return model.impression(case, self.versus)


class Report(CaseBody, kw_only=True):
    """Everything about a case."""

    versus: Annotated[str | None, Meta(description="Compare the leader with this diagnosis.")] = None

    @property
    def long(self) -> bool:
        return True

    @staticmethod
    def forms() -> dict[str, Callable[[Any], str]]:
        from bayesdx.analyses.report import document

        return {"text/html": document.html, "text/markdown": document.markdown, FHIR: fhir_text}

    def ask(self, asking: Asking, model: Model, case: Case) -> Answer:
        return model.report(case, self.versus)


class Cite(OfNetwork, Body, kw_only=True):
    """The facts and sources behind P(finding | diagnosis)."""

    finding: str
    state: str | None = None
    given: Annotated[str, Meta(description="The diagnosis whose likelihood is asked for.")]
    codes: Codes = False

    def answer(self, asking: Asking) -> Answer:
        model = self.model(asking.models, Case())
        asking.about(model, 0)
        return model.cite_likelihood(self.finding, self.given, (self.state,) if self.state else ())

    def to_dict(self, answer: Answer) -> dict[str, object]:
        return answer.to_dict(codes=self.codes)
