"""The further views of the page: each a stream of progress, and at its end HTML."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from markupsafe import Markup

from bayesdx.analyses import ANALYSES
from bayesdx.analyses.cite.page import page as cite_page
from bayesdx.analyses.cite_case.numbers import CaseCitation
from bayesdx.analyses.compare.page import page as compare_page
from bayesdx.analyses.sensitivity.numbers.priors import prior_sets
from bayesdx.analyses.sensitivity.numbers.studies import leave_one_out
from bayesdx.analyses.sensitivity.page import page as sensitivity_page
from bayesdx.errors import InputError, nearest
from bayesdx.inference.results import leading, ranking
from bayesdx.model import Model
from bayesdx.network import Network
from bayesdx.report.blocks import Page
from bayesdx.report.render.html import sections_html
from bayesdx.web.models import Models
from bayesdx.web.page.asked import Asked
from bayesdx.web.page.markup import linked, template, whole_in_title
from bayesdx.web.page.told import warned
from bayesdx.words.numbers import percent
from bayesdx.words.phrases import called, label_of, short
from bayesdx.words.prose import noun

#: Diagnoses that prior sets are compared in: the first of each.
LEADING = 6
#: Views that take seconds.
LONG = frozenset({"sensitivity"})
#: References shown of those that an answer rests on.
REFERENCES = 30

Parts = Generator[Mapping[str, Any], None, None]


def view(models: Models, asked: Asked) -> Parts:
    """The parts of the view that is named; raises InputError for an unknown one, and as the analyses do."""
    if asked.view not in VIEWS:
        raise InputError(f"no view '{asked.view}'", nearest(str(asked.view), VIEWS))
    return VIEWS[asked.view](models, asked)


def _model(models: Models, asked: Asked) -> Model:
    return models.model(asked.network, asked.prior, asked.case)


def _html(page: Page, name: str, network: Network) -> str:
    """The page of an analysis; what it cuts short has the whole as its title."""
    target = network.variable(str(network.target))
    labels = [*map(label_of, network.variables), *map(target.state_label, range(target.cardinality))]
    html = sections_html(page.sections, level=3) + warned(page.warnings, {}, {})
    return linked(whole_in_title(html, labels), name)


def _sensitivity(models: Models, asked: Asked) -> Parts:
    """First without, then with every publication left out in turn, which takes longest."""
    model = _model(models, asked)
    question = model.question(asked.case)
    question.answer  # noqa: B018  (impossible findings are told at once)
    run = ANALYSES["sensitivity"].run
    yield {"progress": 0.1, "words": "moving every number over its interval"}
    first = run(question, sources=0)
    done = {"progress": 0.4, "words": "leaving out every publication in turn"}
    yield {**done, "html": _html(sensitivity_page(first, references=True), "sensitivity", model.network)}
    if first.literature is not None:
        whole = replace(first, left_out=leave_one_out(question, first.literature))
        yield {"html": _html(sensitivity_page(whole, references=True), "sensitivity", model.network)}
    yield {"progress": 1.0}


def _priors(models: Models, asked: Asked) -> Parts:
    """The differential under each prior set, side by side."""
    model = _model(models, asked)
    question = model.question(asked.case)
    target, known = question.target, model.document.prior_sets
    answers = [(one.posterior, one) for one in prior_sets(question, question.prior_sets)]
    possible = [(p, one) for p, one in answers if p is not None]
    shown = {i for p, _ in possible for i in ranking(p)[:LEADING]}
    order = sorted(shown, key=lambda i: -max(float(p[i]) for p, _ in possible))
    rows = []
    for i in order:
        cells = [
            (percent(float(p[i])), 100 * float(p[i]), percent(float(one.prior[i])), int(leading(p)) == i)
            for p, one in possible
        ]
        rows.append((short(target.state_label(i)), cells))
    html = template("priors.html").render(
        noun=noun(target),
        target=label_of(target),
        sets=[
            (known[one.name].label or one.name, known[one.name].population, one.name == model.prior)
            for _, one in possible
        ],
        rows=rows,
        leaders=sorted({short(target.state_label(int(leading(p)))) for p, _ in possible}),
    )
    yield {"html": html}


def _compare(models: Models, asked: Asked) -> Parts:
    model = _model(models, asked)
    if asked.before is None:
        raise InputError("there is no case to compare with yet")
    found = ANALYSES["compare"].run(model.question(asked.case), before=model.question(asked.before))
    yield {"html": _html(compare_page(found), "compare", model.network)}


def _citations(models: Models, asked: Asked) -> Parts:
    """The publications that the answer rests on most, and the choice of a number whose ledger is wanted."""
    model = _model(models, asked)
    network, question = model.network, model.question(asked.case)
    found: CaseCitation = ANALYSES["cite_case"].run(question)
    target, labels = question.target, {v.id: label_of(v) for v in network.findings}
    named = [
        (
            percent(row.share),
            linked(template("text.html").render(words=row.reference), "cite"),
            row.evidence.kind,
            row.evidence.grade,
            ", ".join(f"{labels[finding]} in {called(target, name)}" for finding, name in row.likelihoods[:3]),
            max(len(row.likelihoods) - 3, 0),
        )
        for row in found.sources[:REFERENCES]
    ]
    order = np.argsort(-question.posterior, kind="stable").tolist()
    html = template("citations.html").render(
        sources=named,
        rest=len(found.sources[REFERENCES:]),
        rest_share=percent(min(sum(row.share for row in found.sources[REFERENCES:]), 1.0)),
        leading=[called(target, one) for one in found.diagnoses],
        findings=[(name, labels[name]) for name in question.findings]
        + [(name, label) for name, label in labels.items() if name not in question.findings],
        diagnoses=[(target.states[i], target.state_label(i)) for i in order],
    )
    yield {"html": html}


def _ledger(models: Models, asked: Asked) -> Parts:
    """Every term of P(finding | diagnosis)."""
    model = _model(models, asked)
    if asked.finding is None or asked.diagnosis is None:
        raise InputError("name a finding and a diagnosis")
    stated = asked.case.findings.get(asked.finding)
    states = (stated,) if isinstance(stated, str) and stated in model.network.variable(asked.finding).states else ()
    found = ANALYSES["cite"].run(model.engine, asked.finding, states, asked.diagnosis)
    html = _html(cite_page(found), "ledger", model.network)
    yield {"html": html + Markup(template("grades.html").render())}


VIEWS: dict[str, Callable[[Models, Asked], Parts]] = {
    "sensitivity": _sensitivity,
    "priors": _priors,
    "compare": _compare,
    "citations": _citations,
    "ledger": _ledger,
}
