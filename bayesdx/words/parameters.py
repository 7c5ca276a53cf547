"""A parameter in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from bayesdx.network import Network, Variable
from bayesdx.words.phrases import clipped, form_name, label_of, mid_sentence, of_state, state_name, unqualified

#: Characters of a diagnosis, and of a finding, that are left at least where they are cut.
_LEAST_DIAGNOSIS, _LEAST_FINDING = 8, 12

Shorten = Callable[[str], str]


def describe(
    network: Network,
    name: str,
    state: int,
    given: Mapping[str, int],
    shorten: Shorten = str,
    *,
    inside: bool = False,
    width: int | None = None,
) -> str:
    """What a CPT entry is: ``Dural tail: present in Meningioma (intradural)``.

    ``given`` maps parents to state indices; ``shorten`` is applied to the labels of diagnoses. ``inside`` a
    sentence it begins in lower case. Where it is longer than ``width``, other parents are named by their states
    alone, then the diagnosis is cut, the finding named by its state, and that cut at last; not the form or the
    states of other parents, by which rows of a table differ.
    """
    variable = network.variable(name)
    if name == network.target and not network.parents[name]:
        return f"prior of {shorten(variable.state_label(state))}"
    if network.is_form(name):
        return f"share of the form {_form_label(variable.state_label(state), shorten)}"
    what = of_state(variable, state_name(variable, state))
    if inside and variable.label:
        what = mid_sentence(what)
    wheres = [partial(_context, network, given, brief=brief) for brief in (False, True)]
    name_alone = state_name(variable, state)
    briefly = name_alone[:1].upper() + name_alone[1:] if _speaks_for_itself(variable) else what
    return _fitted([what, briefly], wheres, shorten, width)


def _speaks_for_itself(variable: Variable) -> bool:
    """Whether a state tells of which variable it is, as ``extradural`` does and ``present`` does not."""
    return bool(variable.state_labels) and variable.cardinality > 2


def describe_row(
    network: Network, name: str, parent: str, state: int, shorten: Shorten = str, *, width: int | None = None
) -> str:
    """A finding in a state of its ``parent``: ``Dural tail in Meningioma (intradural)``; cut like ``describe``."""
    what = label_of(network.variable(name))
    where = [lambda shorter: f" in {describe_context(network, parent, state, shorter)}"]
    return _fitted([what], where, shorten, width)


def _context(network: Network, given: Mapping[str, int], shorten: Shorten, *, brief: bool = False) -> str:
    """In which diagnosis, and given which states of other parents; ``brief``: the states alone, where they do."""
    diagnoses: list[str] = []
    conditions: list[str] = []
    known: list[str] = []
    for parent, index in given.items():
        other = network.variable(parent)
        if parent == network.target or network.is_form(parent):
            diagnoses.append(describe_context(network, parent, index, shorten))
        else:
            label = mid_sentence(other.label) if other.label else label_of(other)
            alone = brief and _speaks_for_itself(other)
            said = state_name(other, index) if alone else f"{label} {state_name(other, index)}"
            (known if alone and other in network.findings else conditions).append(said)
    where = f" in {', '.join(diagnoses + known)}" if diagnoses + known else ""
    return where + (f" given {', '.join(conditions)}" if conditions else "")


def _fitted(
    whats: Sequence[str], wheres: Sequence[Callable[[Shorten], str]], shorten: Shorten, width: int | None
) -> str:
    """What is said of a finding and where, in at most ``width`` characters; of both, the longest names come first.

    What is too long by the shortest names of where has its diagnosis cut, then the finding, the form not at all.
    """
    for where in wheres:
        if width is None or len(whats[0] + where(shorten)) <= width:
            return whats[0] + where(shorten)
    assert width is not None
    for what in whats:
        placed = wheres[-1](partial(_cut, shorten, len(what + wheres[-1](shorten)) - width))
        if len(what + placed) <= width:
            return what + placed
    return clipped(clipped(what, max(width - len(placed), _LEAST_FINDING)) + placed, width)


def _cut(shorten: Shorten, over: int, label: str) -> str:
    """A label that is ``over`` characters too long, if it stays readable."""
    name = shorten(label)
    return clipped(unqualified(name), max(len(name) - over, _LEAST_DIAGNOSIS)) if over > 0 else name


def describe_context(network: Network, parent: str, state: int, shorten: Shorten = str) -> str:
    """A state of the target, or of its forms, in words: ``Meningioma (intradural)``."""
    return _form_label(network.variable(parent).state_label(state), shorten)


def _form_label(label: str, shorten: Shorten) -> str:
    diagnosis, colon, form = label.partition(": ")
    if not colon:
        return shorten(label)
    return f"{unqualified(shorten(diagnosis))} ({form_name(form)})"  # the form tells more than the qualifier
