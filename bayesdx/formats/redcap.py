"""REDCap: a network as a data dictionary, and the records that are exported with it as rows of a table.

A dictionary has one row a field. Names of fields and codes of choices are letters, digits and underscores, so a
state such as ``<10`` has the code ``lt_10``; an export holds the codes (raw) or the labels, and both are read back
as the state. The columns are those of REDCap's own template.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from bayesdx.case import OLDEST
from bayesdx.cells import is_missing, shown
from bayesdx.codes import codes_of
from bayesdx.errors import InputError
from bayesdx.formats.answers import is_measured
from bayesdx.formats.plain_names import interchange_name
from bayesdx.network import Network, Variable

COLUMNS = (
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
)
RECORD, RECORD_LABEL = "record_id", "Record ID"
FORM = "findings"
AGE = "age"
_LONGEST = 80  # characters of a field's name, with room for what sets it apart: REDCap takes 100
_RADIO = 6  # choices that are shown beside each other; more go into a list that folds
#: What an export says beside the fields, under its name (raw) and its label.
_OWN = frozenset(
    (
        "redcap_event_name",
        "redcap_repeat_instrument",
        "redcap_repeat_instance",
        "redcap_data_access_group",
        "redcap_survey_identifier",
        "redcap_survey_timestamp",
        "Event Name",
        "Repeat Instrument",
        "Repeat Instance",
        "Data Access Group",
        "Survey Identifier",
        "Survey Timestamp",
        "Complete?",
    )
)
_STATUS = frozenset(("0", "1", "2", "", "Incomplete", "Unverified", "Complete"))
#: What tells an export whose heads are names of fields, and one whose heads are labels.
_RAW = (RECORD, "redcap_event_name", "redcap_repeat_instrument", f"{FORM}_complete")
_LABELLED = (RECORD_LABEL, "Event Name", "Repeat Instrument", "Complete?")
_OWN_LABELS = tuple("".join(name.replace("_", " ").split()).casefold() for name in (*_OWN, *_RAW, *_LABELLED))
_BOX = re.compile(r"(?P<field>.+?)___(?P<choice>.+)")
_BOX_LABEL = re.compile(r"(?P<field>.+) \(choice=(?P<choice>.*)\)", re.DOTALL)
_TICKED = {"1": True, "checked": True, "0": False, "unchecked": False, "": False}


class Choice(NamedTuple):
    """A state as REDCap has it."""

    code: str
    label: str
    state: str


class Field(NamedTuple):
    """A row of the dictionary: the ``variable`` that it asks for, and its ``choices``; none is a number or text."""

    name: str
    label: str
    variable: str
    section: str
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class Dictionary:
    """The fields of a network, in the order of the form: the record first, the proven diagnosis last."""

    fields: tuple[Field, ...]

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        return {field.name: field for field in self.fields}

    @cached_property
    def by_label(self) -> Mapping[str, Field]:
        return {_folded(field.label): field for field in self.fields}

    def text(self) -> str:
        """The CSV file that REDCap takes in."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        section = ""
        for field in self.fields:
            head, section = (field.section if field.section != section else ""), field.section
            writer.writerow(_row(field, head))
        return file.getvalue()


def dictionary_of(network: Network, sections: Mapping[str, str]) -> Dictionary:
    """The dictionary of a network; ``sections`` names the examinations, in the order of the form.

    Raises InputError for a network with a variable that has the name of REDCap's own first field.
    """
    if RECORD in network:
        raise InputError(f"variable '{RECORD}' of network '{network.id}' has the name of REDCap's own field")
    asked = [
        (v, sections.get(v.examination, v.examination.replace("_", " ") or "Findings")) for v in network.findings
    ]
    if network.target is not None:
        asked.append((network.variable(network.target), "Proven diagnosis"))
    names = _spelt([v.id for v, _ in asked], _field_name)
    fields = [Field(RECORD, RECORD_LABEL, RECORD, "")]
    for (variable, section), name in zip(asked, names, strict=True):
        if variable.id == "age_group" and is_measured(variable) and AGE not in network and AGE not in names:
            field = Field(AGE, "Age (years)", AGE, section)
        else:
            field = Field(
                name,
                _plain(variable.label) or _plain(variable.id) or name,
                variable.id,
                section,
                _choices(variable),
            )
        taken = {*_OWN_LABELS, *(_folded(one.label) for one in fields)}
        fields.append(field._replace(label=_apart(field.label, field.name, taken)))
    # names and labels are told apart before the form is put in order: an export is read without knowing the order
    order = list(dict.fromkeys(["", *sections.values(), *(section for _, section in asked)]))
    return Dictionary(tuple(sorted(fields, key=lambda field: order.index(field.section))))


def _row(field: Field, head: str) -> list[str]:
    kind, choices, number = "text", "", ("", "", "")
    if field.choices:
        kind = "radio" if len(field.choices) <= _RADIO else "dropdown"
        choices = " | ".join(f"{choice.code}, {choice.label}" for choice in field.choices)
    elif field.variable == AGE:
        number = ("number", "0", str(OLDEST))
    note = "" if field.variable == RECORD else "Empty: not known"
    codes = " ".join(map(str, codes_of(field.variable)))
    return [field.name, FORM, _plain(head), kind, field.label, choices, note, *number, *[""] * 7, codes]


def _choices(variable: Variable) -> tuple[Choice, ...]:
    codes = _spelt(variable.states, _choice_code)
    found: list[Choice] = []
    for i, (code, state) in enumerate(zip(codes, variable.states, strict=True)):
        # A label is neither code nor name of another state: an export of either kind says which is meant.
        others = {*codes, *variable.states} - {code, state} | {choice.label for choice in found}
        label = _plain(variable.state_label(i)) or code
        found.append(Choice(code, _apart(label, code, set(map(_folded, others))), state))
    return tuple(found)


def _spelt(names: Sequence[str], spell: Callable[[str], str]) -> list[str]:
    """The names as REDCap can have them: those that stay, and others that differ from them and each other."""
    spelt = [spell(name) for name in names]
    taken = {new for name, new in zip(names, spelt, strict=True) if name == new}
    found = []
    for name, new in zip(names, spelt, strict=True):
        number, base = 1, new
        while new != name and new in taken:
            number += 1
            new = f"{base}_{number}"
        taken.add(new)
        found.append(new)
    return found


def _word(name: str) -> str:
    return re.sub("_+", "_", interchange_name(name)).strip("_").lower()


def _field_name(name: str) -> str:
    """Small letters, digits and single underscores, a letter first, none of REDCap's own."""
    word = _word(name)
    word = (word if word[:1].isalpha() else f"v_{word}".rstrip("_"))[:_LONGEST].rstrip("_")
    word = f"v_{word}" if word == RECORD or word.startswith("redcap_") else word
    return f"{word}_field" if word.endswith(("_complete", "_timestamp")) else word


def _choice_code(state: str) -> str:
    return _word(state) or "s"


def _plain(text: str) -> str:
    """Text as a label can hold it: on one line, without what ends a choice, begins a tag or pipes a field."""
    text = " ".join(text.translate({ord("|"): "/", ord("["): "(", ord("]"): ")"}).split())
    return re.sub(r"<(?=\S)", "< ", text).lstrip("=+-@ ")  # a cell that begins so would be a formula


def _apart(label: str, name: str, taken: Collection[str]) -> str:
    """The label, with the name behind it where another has it."""
    while _folded(label) in taken:
        label = f"{label} ({name})"
    return label


def _folded(text: str) -> str:
    """What two labels have in common that read the same."""
    return "".join(text.replace("_", " ").split()).casefold()


class Export:
    """Records that REDCap exported, as rows of a table of cases."""

    def __init__(self, network: Network, vocabulary: Mapping[str, tuple[str, ...]]) -> None:
        self.network, self.vocabulary = network, vocabulary
        self.read: dict[tuple[str, str], object] = {}

    @cached_property
    def dictionary(self) -> Dictionary:
        return dictionary_of(self.network, {})

    def holds(self, row: Mapping[str, object]) -> bool:
        """Whether a row is one of an export: it has a column of REDCap's own, which is no variable."""
        return any(name in row and name not in self.network for name in (*_RAW, *_LABELLED))

    def plain(self, row: Mapping[str, object]) -> dict[str, object]:
        """The same record as a row of a table: names and states of the network for fields and choices.

        A box that is ticked says that its state is so, one that is not says nothing. What REDCap says about the
        record is left out, other columns stay. Raises InputError for what is given twice.
        """
        found: dict[str, object] = {}
        record = row.get(RECORD, row.get(RECORD_LABEL))
        if not is_missing(record) and "id" not in self.network:
            found["id"] = record
        labelled = not any(name in row for name in _RAW)
        ticked: dict[str, list[str]] = {}
        for column, value in row.items():
            if column in (RECORD, RECORD_LABEL) or (column == "id" and "id" in found):
                continue
            field = self._field(column, labelled) if isinstance(column, str) else None
            if field is None and self._told(column, value):
                continue
            box = self._box(column, labelled) if isinstance(column, str) and field is None else None
            if box is not None:
                if _is_ticked(column, value):
                    ticked.setdefault(box[0], []).append(box[1])
                continue
            name = column if field is None else field.variable
            if field is not None and not (is_missing(value) or value == ""):
                value = self._state(field, value)
            if name in found and not (is_missing(value) or value == ""):
                raise InputError(f"'{name}' is given twice: once as '{column}'")
            found.setdefault(name, value)
        for name, states in ticked.items():
            if name in self.network and len(states) > 1:
                raise InputError(f"'{name}' has several boxes ticked: {', '.join(states)}")
            if not (is_missing(found.get(name)) or found.get(name) == ""):
                raise InputError(f"'{name}' is given twice: once as a box")
            found[name] = states[0] if len(states) == 1 else states
        return found

    def _told(self, column: object, value: object) -> bool:
        """Whether a column is what REDCap says about the record."""
        if not isinstance(column, str) or column in self.network:
            return False
        return column in _OWN or (column.endswith("_complete") and ("" if value is None else str(value)) in _STATUS)

    def _field(self, column: str, labelled: bool) -> Field | None:
        by_label, by_name = self.dictionary.by_label, self.dictionary.by_name
        return by_label.get(_folded(column)) if labelled else by_name.get(column)

    def _state(self, field: Field, value: object) -> object:
        """The state of a code or a label; anything else as it is, for the network to judge."""
        text = str(value).strip()
        key = (field.name, text)
        if key not in self.read:
            meant = [choice.state for choice in field.choices if text in (choice.code, choice.state)]
            meant = meant or [choice.state for choice in field.choices if _folded(text) == _folded(choice.label)]
            self.read[key] = meant[0] if meant else None
        found = self.read[key]
        return value if found is None else found

    def _box(self, column: str, labelled: bool) -> tuple[str, str] | None:
        """Field and state of a tick box: ``presentation___pain``, or ``Presentation (choice=pain)``."""
        if column in self.network or (match := (_BOX_LABEL if labelled else _BOX).fullmatch(column)) is None:
            return None
        name, choice = match["field"], match["choice"]
        if field := self._field(name, labelled):
            state = self._state(field, choice)
            return (field.variable, str(state)) if field.choices else None
        word = next((one for one in self.vocabulary if _folded(one) == _folded(name)), None)
        states = self.vocabulary.get(word or "", ())
        state = next((one for one in states if _folded(choice) in (_folded(one), _folded(_word(one)))), None)
        return (str(word), state or choice) if word else None


def _is_ticked(column: str, value: object) -> bool:
    text = "" if is_missing(value) else str(value).strip().casefold().removesuffix(".0")
    if text not in _TICKED:
        raise InputError(f"the box '{column}' is 1 (ticked) or 0, not {shown(value)}")
    return _TICKED[text]
