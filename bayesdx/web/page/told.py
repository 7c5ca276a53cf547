"""Messages that name findings, told by their labels, with a way to the row of each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from bayesdx.analyses.question import words
from bayesdx.case import Case
from bayesdx.document import NetworkDocument
from bayesdx.network import Variable
from bayesdx.web.page.markup import template
from bayesdx.words.phrases import clipped, label_of, state_name, state_phrase, title_of

#: Characters of what the bar at the foot of a phone says.
BRIEF = 80
#: A piece of a message: its words, and the id of the finding that they name, empty where they name none.
Piece = tuple[str, str]


def variables(documents: Iterable[NetworkDocument]) -> dict[str, Variable]:
    """The findings of some networks by their ids; one of several networks has the states of each."""
    found: dict[str, Variable] = {}
    for document in documents:
        for one in document.network.findings:
            first = found.setdefault(one.id, one)
            states = {v.states[i]: v.state_label(i) for v in (one, first) for i in range(v.cardinality)}
            found[one.id] = replace(first, states=tuple(states), state_labels=tuple(states.values()))
    return found


def pieces(message: str, stated: Mapping[str, object], known: Mapping[str, Variable]) -> list[Piece]:
    """A message in pieces: every stated finding and its state by their labels instead of ids."""
    names: dict[str, Piece] = {}
    for name, value in stated.items():
        variable = known.get(name)
        if variable is None or (isinstance(value, Mapping) and not all(map(_is_number, value.values()))):
            continue
        said = state_phrase(variable, value)
        names[f"{name}={words(value)}"] = (f"{title_of(variable, said)}: {said}", name)
        names[f"finding '{name}'"] = names[f"'{name}'"] = (label_of(variable), name)
        for i, state in enumerate(variable.states):
            for quoted in (f"state '{state}'", f"'{state}'"):
                names.setdefault(quoted, (state_name(variable, i), ""))
    if not names:
        return [(message, "")]
    parts = re.split("(" + "|".join(re.escape(one) for one in sorted(names, key=len, reverse=True)) + ")", message)
    return [names.get(part, (part, "")) for part in parts if part]


def _sentence(message: str) -> str:
    return f"{message[:1].upper()}{message[1:]}{'' if message.endswith('?') else '.'}"


def _is_number(weight: object) -> bool:
    return isinstance(weight, int | float)


def warned(messages: Iterable[str], stated: Mapping[str, object], known: Mapping[str, Variable]) -> str:
    """Warnings as HTML."""
    told = [pieces(_sentence(one), stated, known) for one in messages]
    return template("warnings.html").render(warnings=told, undo=any(name for one in told for _, name in one))


def refused(message: str, impossible: bool, case: Case, known: Mapping[str, Variable]) -> dict[str, str]:
    """Why there is no answer: ``html`` to show with a way back, and ``brief``, a few words of it."""
    told = pieces(_sentence(message), case.findings, known)
    named = list(dict.fromkeys(label_of(known[name]) for _, name in told if name))
    fault = "this does not fit" if not impossible else "impossible together" if len(named) > 1 else "impossible"
    why = f"{fault}: {' and '.join(named)}" if named else message
    html = template("warnings.html").render(warnings=[told], undo=True)
    return {"html": html, "brief": f"No answer, {clipped(why, BRIEF)}"}
