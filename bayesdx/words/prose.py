"""Findings as they stand in a report: ``hypointense T2 signal`` for ``T2 signal: hypointense`` of a list."""

from __future__ import annotations

from collections.abc import Mapping

from bayesdx.network import Variable
from bayesdx.states import apart
from bayesdx.words.phrases import (
    label_of,
    listed,
    mid_sentence,
    of_state,
    state_name,
    state_phrase,
    title_of,
    unqualified,
    weight_text,
)

#: How a finding begins that is absent.
ABSENCE = "absence of "
_BINARY = frozenset(("absent", "present"))
#: Share of the weights from which a state is called likely, not only possible.
LIKELY = 0.75
#: How a state is said of a finding of more than two states, by the id of the finding.
_SAID = {
    "age_group": "age {}",
    "axial_position": "{} position",
    "compartment": "{} location",
    "ct_attenuation": "{} CT attenuation",
    "ct_calcification_pattern": "{} calcification",
    "epicentre": "epicentre in the {}",
    "level": "{} level",
    "margin": "{} margin",
    "mr_enhancement": "{} enhancement",
    "mr_t1_signal": "{} T1 signal",
    "mr_t2_signal": "{} T2 signal",
    "multiplicity": "{} lesion",
    "sex": "{} sex",
    "size_mm": "size {}",
    "symptom_duration": "{} symptoms",
}
#: How findings end that are plural.
_PLURALS = ("lesions", "markers", "products", "symptoms", "voids")
#: States that are said otherwise than the rule has it, by the ids of finding and state.
_OTHERWISE = {
    ("compartment", "dumbbell"): "dumbbell shape",
    ("ct_calcification_pattern", "mature_ossification"): "mature ossification",
    ("ct_calcification_pattern", "not_applicable"): "absence of calcification",
    ("ct_calcification_pattern", "rings_and_arcs"): "rings-and-arcs calcification",
    ("epicentre", "cistern_or_subarachnoid"): "epicentre in a cistern or the subarachnoid space",
    ("epicentre", "filum_or_cauda_equina"): "epicentre in the filum or cauda equina",
    ("epicentre", "nerve_root"): "epicentre in a nerve root",
    ("epicentre", "vertebral_body"): "epicentre in a vertebral body",
    ("epicentre", "vessel"): "epicentre in a vessel",
    ("fat_content", "present"): "fat in the lesion",
    ("history_degenerative_spine", "present"): "degenerative change of the spine",
    ("history_degenerative_spine", "absent"): "absence of degenerative change of the spine",
    ("history_trauma", "present"): "history of trauma",
    ("history_trauma", "absent"): "absence of trauma",
    ("incidental", "absent"): "presentation with symptoms",
    ("level", "intracranial_supratentorial"): "supratentorial location",
    ("level", "posterior_fossa"): "posterior fossa location",
    ("level", "skull_base"): "skull base location",
    ("margin", "ill_defined"): "ill-defined margin",
    ("margin", "well_defined"): "well-defined margin",
    ("multiplicity", "multiple"): "multiple lesions",
}


def noun(target: Variable) -> str:
    """What the states of the target are called."""
    return "diagnosis" if target.kind == "diagnosis" else "state"


def named(variable: Variable) -> str:
    """A finding by its label as it stands inside a sentence, without a unit that its states name; an id keeps its
    letters."""
    return mid_sentence(title_of(variable, state_name(variable, 0))) if variable.label else label_of(variable)


def the(variable: Variable) -> str:
    """A finding as that which is to be looked for: ``the T2 signal``, but ``dural tail``."""
    return f"the {named(variable)}" if variable.label and set(variable.states) != _BINARY else named(variable)


def is_absence(words: str) -> bool:
    """Whether a finding in words is that something is absent."""
    return words.startswith(ABSENCE)


def is_plural(words: str) -> bool:
    """Whether a finding in words takes the plural.

    >>> is_plural("blood products"), is_plural("absence of blood products")
    (True, False)
    """
    return not is_absence(words) and words.endswith(_PLURALS)


def said(variable: Variable, stated: object) -> str:
    """A finding as stated, as a noun with its attributes.

    Findings that are not known here, and weights, stand behind the label: ``surface: lobulated``, ``T2 signal
    (hyperintense 0.8, mixed 0.2)``; what may be present or absent is likely or possible. States that are left open
    alike are named together.

    >>> states = ("none", "homogeneous")
    >>> enhancement = Variable("mr_enhancement", states, "Enhancement", state_labels=states)
    >>> said(enhancement, "homogeneous"), said(enhancement, "none"), said(enhancement, "not none")
    ('homogeneous enhancement', 'absence of enhancement', 'enhancement')
    >>> said(Variable("fluid", ("absent", "present"), "Fluid"), "absent")
    'absence of fluid'
    """
    if isinstance(stated, Mapping):
        return _weighed(variable, stated)
    state = str(stated)
    if state not in variable.states:
        return _ruled_out(variable, state)
    if (variable.id, state) in _OTHERWISE and variable.state_labels:
        return _OTHERWISE[variable.id, state]
    if variable.label and state in ("none", "absent"):
        return f"{ABSENCE}{named(variable)}"
    if variable.label and set(variable.states) == _BINARY:
        return named(variable)
    if variable.state_labels and variable.id in _SAID:
        return _SAID[variable.id].format(_bare(variable, state))
    return _listed(variable, state_phrase(variable, state))


def _weighed(variable: Variable, stated: Mapping[str, float]) -> str:
    if len(set(stated.values())) == 1 and variable.state_labels and variable.id in _SAID:
        return _SAID[variable.id].format(
            listed([_bare(variable, str(state)).replace(" or ", "/") for state in stated], "or")
        )
    leader, _ = apart(stated)
    if leader and len(stated) == variable.cardinality:
        return f"{said(variable, leader)} (likely)"
    if stated.keys() == _BINARY and len(set(stated.values())) == 2:
        more, less = sorted(stated, key=lambda state: -stated[state])
        share = stated[more] / (stated[more] + stated[less])
        return f"{said(variable, more)} ({'likely' if share >= LIKELY else 'possible'})"
    weights = ", ".join(f"{_bare(variable, str(state))} {weight_text(weight)}" for state, weight in stated.items())
    return f"{named(variable)} ({weights})"


def _bare(variable: Variable, state: str) -> str:
    """A state without the words in brackets that explain it."""
    return unqualified(state_name(variable, variable.states.index(state)))


def _ruled_out(variable: Variable, stated: str) -> str:
    state = stated.removeprefix("not ")
    return named(variable) if state == "none" else f"{named(variable)} other than {_bare(variable, state)}"


def _listed(variable: Variable, state: str) -> str:
    """Label and state; an id and its state stand in quotes."""
    words = of_state(variable, state)
    return mid_sentence(words) if variable.label else f"'{words}'"
