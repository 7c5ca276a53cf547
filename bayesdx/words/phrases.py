"""Findings, diagnoses and numbers in words."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from bayesdx.network import Network, Variable
from bayesdx.states import apart

_ABBREVIATION = re.compile(r"\(([A-Z][A-Z0-9]{2,})\)")
_CAPITALS = re.compile(r"\b(cppd|ncc|opll|olf|avm)\b")
_RANGE = re.compile(r"(?<=\d)-(?=\d)")
_QUALIFIER = re.compile(r" \([^()]*\)$")
_UNIT = re.compile(r" \((\w+)\)$")
#: Names of persons keep their capital.
_PERSONS = ("Ewing", "Langerhans")
#: How the label of a form ends that is the picture which nobody expects of its diagnosis.
_UNUSUAL = ": unusual picture"
_AXIAL = re.compile(r"\b(extra|intra) axial\b")
#: Weights in decibans from which support is called slight, substantial, … : likelihood ratios of 1.26, 10^(1/2),
#: 10, 10^(3/2) and 100 (Jeffreys 1961, Theory of Probability, appendix B).
STRENGTHS = ((20.0, "decisive"), (15.0, "very strong"), (10.0, "strong"), (5.0, "substantial"), (1.0, "slight"))


def strength(decibans: float) -> str:
    """How strong a weight is called.

    >>> strength(-12.0), strength(0.2)
    ('strong', 'negligible')
    """
    size = round(abs(decibans), 6)
    return next((name for least, name in STRENGTHS if size >= least), "negligible")


def finding_phrase(network: Network, finding: str, stated: object) -> str:
    """A finding as stated, such as ``T2 signal: hyperintense`` or ``Size: above 30 mm``."""
    variable = network.variable(finding)
    return of_state(variable, state_phrase(variable, stated))


def of_state(variable: Variable, state: str) -> str:
    """The label of a variable with a state in words."""
    return f"{title_of(variable, state)}: {state}"


def title_of(variable: Variable, state: str) -> str:
    """The label of a variable where a state stands beside it in words: a unit that it names is not said twice."""
    label = label_of(variable)
    unit = _UNIT.search(label)
    return label[: unit.start()] if unit and state.endswith(f" {unit[1]}") else label


def state_name(variable: Variable, index: int) -> str:
    """The label of a state as it is printed: ``18–39 years``."""
    name = variable.state_label(index)
    return _RANGE.sub("–", name) if variable.state_labels else name


def either(variable: Variable, states: Sequence[str]) -> str:
    """States that are named together, ``isointense or hyperintense``; of the state ``none``, what is absent."""
    names = [state_phrase(variable, state) for state in states]
    names = [f"no {mid_sentence(label_of(variable))}" if name == "none" else name for name in names]
    if len(names) > 1 and any(" or " in name for name in names):
        names = [f"'{name}'" for name in names]
    return listed(names, "or")


def state_phrase(variable: Variable, stated: object) -> str:
    """A state, ``not <state>`` or ``{state: weight}`` by the labels of the states; what is not none is some.

    Of many that weigh alike beside one, that one and the *others*.
    """
    if isinstance(stated, Mapping):
        leader, others = apart(stated)
        if leader and len(stated) == variable.cardinality:
            return f"{state_phrase(variable, leader)} {weight_text(stated[leader])}, others {others:.2g}"
        return ", ".join(
            f"{state_phrase(variable, state)} {weight_text(weight)}" for state, weight in stated.items()
        )
    words = str(stated)
    if words not in variable.states and words.startswith("not "):
        if words[4:] == "none" and "none" in variable.states:
            return "some"
        return f"not {state_phrase(variable, words[4:])}"
    return state_name(variable, variable.states.index(words)) if words in variable.states else words


def weight_text(weight: float) -> str:
    """A likelihood weight: two digits below 1, all of it above.

    >>> weight_text(0.1764706), weight_text(150.0)
    ('0.18', '150')
    """
    return f"{weight:.2g}" if weight < 1 else f"{weight:g}"


def states_named(variable: Variable, stated: object) -> tuple[str, ...]:
    """The states that a finding leaves possible."""
    if isinstance(stated, Mapping):
        return tuple(str(state) for state in stated)
    words = str(stated)
    if words in variable.states:
        return (words,)
    return tuple(state for state in variable.states if f"not {state}" != words)


def label_of(variable: Variable) -> str:
    """The label of a variable, else its id in words."""
    return variable.label or variable.id.replace("_", " ")


def mid_sentence(label: str) -> str:
    """A label as it stands inside a sentence.

    >>> mid_sentence("Synovial (facet) cyst"), mid_sentence("CPPD"), mid_sentence("Ewing sarcoma")
    ('synovial (facet) cyst', 'CPPD', 'Ewing sarcoma')
    """
    kept = label.startswith(_PERSONS) or not label[1:2].islower()
    return label if kept else label[:1].lower() + label[1:]


def form_name(name: str) -> str:
    """The name of a form with the hyphens and capitals of the words that have them.

    >>> form_name("extra axial"), form_name("skull base"), form_name("cppd")
    ('extra-axial', 'skull base', 'CPPD')
    """
    return _CAPITALS.sub(lambda word: word.group().upper(), _AXIAL.sub(r"\1-axial", name))


def is_unusual(form: str) -> bool:
    """Whether this is the label of an unusual picture, which any form of the diagnosis may show.

    >>> is_unusual("Meningioma: unusual picture"), is_unusual("Meningioma: intradural")
    (True, False)
    """
    return form.endswith(_UNUSUAL)


def short(label: str) -> str:
    """A label for where there is little room: its abbreviation, when it has one.

    >>> short("Calcifying pseudoneoplasm of the neuraxis (CAPNON)"), short("Meningioma")
    ('CAPNON', 'Meningioma')
    """
    found = _ABBREVIATION.search(label)
    return found.group(1) if found else label


def called(target: Variable, diagnosis: str) -> str:
    """A diagnosis inside a sentence, by its abbreviation when it has one.

    The state for all the rest stands in quotes; a state without a label is a name and keeps its letters.
    """
    if diagnosis == "other":
        return "'other'"
    label = short(target.state_label(target.states.index(diagnosis)))
    return mid_sentence(label) if target.state_labels else label


def nats(value: float, digits: int = 2) -> str:
    """A conflict with its sign.

    >>> nats(-0.891), nats(0.6, 1)
    ('−0.89 nats', '+0.6 nats')
    """
    return f"{value:+.{digits}f} nats".replace("-", "−")


def signed(value: float) -> str:
    """A weight in decibans, or a change in points, with its sign.

    >>> signed(3.14), signed(-0.01), signed(float("inf"))
    ('+3.1', '0.0', '+∞')
    """
    if math.isinf(value):
        return "+∞" if value > 0 else "−∞"
    rounded = round(value, 1)
    return "0.0" if rounded == 0 else f"{rounded:+.1f}".replace("-", "−")


def ratio(decibans: float) -> str:
    """A likelihood ratio with two significant digits, below 1 as ``1/x``.

    >>> ratio(3.5), ratio(-10.0), ratio(30.0), ratio(0.01)
    ('2.2', '1/10', '1000', '1.0')
    """
    if math.isinf(decibans):
        return "∞" if decibans > 0 else "0"
    value = 10 ** (abs(decibans) / 10)
    shown = f"{value:.1f}" if value < 9.95 else f"{value:.0f}"
    if value > 99_999:
        shown = f"10^{abs(decibans) / 10:.1f}"
    return f"1/{shown}" if decibans < 0 and shown != "1.0" else shown


def clipped(words: str, width: int) -> str:
    """At most ``width`` characters, the last of them … where something was cut off."""
    return words if len(words) <= width else words[: max(width - 1, 0)].rstrip() + "…"


def unqualified(label: str) -> str:
    """A label without the qualifier that it ends in.

    >>> unqualified("Chondrosarcoma (conventional)"), unqualified("Synovial (facet) cyst")
    ('Chondrosarcoma', 'Synovial (facet) cyst')
    """
    return _QUALIFIER.sub("", label)


def fitted(label: str, width: int) -> str:
    """A diagnosis in at most ``width`` characters: by its abbreviation, without its qualifier, or cut.

    >>> fitted("Chondrosarcoma (conventional)", 18), fitted("Mesenchymal chondrosarcoma", 18)
    ('Chondrosarcoma', 'Mesenchymal chond…')
    """
    name = short(label)
    return name if len(name) <= width else clipped(unqualified(name), width)


def listed(items: list[str], conjunction: str = "and") -> str:
    """Items as an English list.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {conjunction} {items[-1]}"
