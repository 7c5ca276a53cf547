"""The impression as a row for a tumour board: a cell for each thing that is asked there."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from bayesdx.analyses.impression.numbers import Impression
from bayesdx.analyses.impression.sentences import (
    bearing_words,
    differential_words,
    doubts,
    leader_words,
    outlook,
    provenance,
    step,
)
from bayesdx.cells import harmless
from bayesdx.words.phrases import state_name
from bayesdx.words.prose import ABSENCE, is_absence, said

#: Columns by the key of JSON and by the head that stands above them.
COLUMNS = {
    "case": "Case",
    "patient": "Age, sex",
    "site": "Site",
    "findings": "Key findings",
    "leader": "Leading diagnosis",
    "differential": "Differential",
    "for": "For",
    "against": "Against",
    "caution": "Caution",
    "next": "Next step",
    "source": "Source",
}
#: Findings that say where a lesion is, and those that say who the patient is.
_SITE, _PATIENT = ("level", "compartment", "size_mm"), ("age_group", "sex")


def cells(impression: Impression) -> dict[str, str]:
    """The words of each column; what is not known is empty."""
    question, e = impression.question, impression.explanation
    implied = {name for row in e.weights for name in row.implies} if e else set()
    stated = {v.id: said(v, question.stated[v.id]) for v in question.network.findings if v.id in question.stated}
    key = {name: words for name, words in stated.items() if name not in (*_SITE, *_PATIENT, *implied)}
    favouring, opposing = bearing_words(impression)
    row = {
        "case": impression.case.id or "",
        "patient": ", ".join(filter(None, (_age(impression), _sex(impression)))),
        "site": ", ".join(stated[name] for name in _SITE if name in stated),
        "findings": _together(key.values()),
        "leader": leader_words(impression),
        "differential": differential_words(impression),
        "for": favouring,
        "against": opposing,
        "caution": "; ".join(doubts(impression)),
        "next": _next(impression),
        "source": provenance(impression).removesuffix("."),
    }
    return {name: row[name] if name == "case" else row[name][:1].upper() + row[name][1:] for name in COLUMNS}


def _together(words: Iterable[str]) -> str:
    """Findings in one cell; what is absent is named together: ``headache; no dural tail, no flow voids``."""
    found = list(words)
    without = ", ".join(f"no {one.removeprefix(ABSENCE)}" for one in found if is_absence(one))
    return "; ".join(filter(None, [*(one for one in found if not is_absence(one)), without]))


def _next(impression: Impression) -> str:
    named = impression.next is not None and not impression.settled
    return step(impression) if named else outlook(impression).removesuffix(".")


def _age(impression: Impression) -> str:
    age, stated = impression.case.age, impression.question.stated.get("age_group")
    if isinstance(age, float):
        return f"{age:g} years"
    return "" if stated is None else said(impression.question.network.variable("age_group"), stated)


def _sex(impression: Impression) -> str:
    stated, network = impression.question.stated.get("sex"), impression.question.network
    if stated is None:
        return ""
    sex = network.variable("sex")
    return state_name(sex, sex.states.index(stated)) if stated in sex.states else said(sex, stated)


def delimited(impressions: Iterable[Impression], *, heads: bool = True, comma: bool = False) -> str:
    """Rows as text to paste into a spreadsheet or a table, separated by tabs or ``comma``; no cell is a formula."""
    text = io.StringIO()
    dialect = {"delimiter": "\t"} if not comma else {"quoting": csv.QUOTE_ALL}
    write = csv.writer(text, lineterminator="\n", **dialect)
    if heads:
        write.writerow(COLUMNS.values())
    write.writerows(map(harmless, cells(one).values()) for one in impressions)
    return text.getvalue()
