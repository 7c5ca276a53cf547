"""A parameter in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bayesdx.network import Network
from bayesdx.words.phrases import clipped, form_name, label_of, mid_sentence, of_state, state_name, unqualified

#: Characters of a finding that are left at least where it is cut.
_LEAST = 16

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
    sentence it begins in lower case. Where it is longer than ``width``, the finding is cut, then the diagnosis, and
    not its form, by which rows of a table differ.
    """
    variable = network.variable(name)
    if name == network.target and not network.parents[name]:
        return f"prior of {shorten(variable.state_label(state))}"
    if network.is_form(name):
        return f"share of the form {_form_label(variable.state_label(state), shorten)}"
    what = of_state(variable, state_name(variable, state))
    if inside and variable.label:
        what = mid_sentence(what)
    return _fitted(what, lambda shorter: _context(network, given, shorter), shorten, width)


def describe_row(
    network: Network, name: str, parent: str, state: int, shorten: Shorten = str, *, width: int | None = None
) -> str:
    """A finding in a state of its ``parent``: ``Dural tail in Meningioma (intradural)``; cut like ``describe``."""
    what = label_of(network.variable(name))
    return _fitted(what, lambda shorter: f" in {describe_context(network, parent, state, shorter)}", shorten, width)


def _context(network: Network, given: Mapping[str, int], shorten: Shorten) -> str:
    diagnoses, conditions = [], []
    for parent, index in given.items():
        other = network.variable(parent)
        if parent == network.target or network.is_form(parent):
            diagnoses.append(describe_context(network, parent, index, shorten))
        else:
            label = mid_sentence(other.label) if other.label else label_of(other)
            conditions.append(f"{label} {state_name(other, index)}")
    where = f" in {', '.join(diagnoses)}" if diagnoses else ""
    return where + (f" given {', '.join(conditions)}" if conditions else "")


def _fitted(what: str, where: Callable[[Shorten], str], shorten: Shorten, width: int | None) -> str:
    """What is said of a finding and where, in at most ``width`` characters: first the finding is cut, then the
    diagnosis, its form not at all.
    """
    if width is None or len(what + where(shorten)) <= width:
        return what + where(shorten)
    what = clipped(what, max(width - len(where(shorten)), _LEAST))
    over = max(len(what + where(shorten)) - width, 0)

    def shorter(label: str) -> str:
        name = unqualified(shorten(label))
        return clipped(name, max(len(name) - over, _LEAST)) if over else shorten(label)

    return clipped(what + where(shorter), width)


def describe_context(network: Network, parent: str, state: int, shorten: Shorten = str) -> str:
    """A state of the target, or of its forms, in words: ``Meningioma (intradural)``."""
    return _form_label(network.variable(parent).state_label(state), shorten)


def _form_label(label: str, shorten: Shorten) -> str:
    diagnosis, colon, form = label.partition(": ")
    if not colon:
        return shorten(label)
    return f"{unqualified(shorten(diagnosis))} ({form_name(form)})"  # the form tells more than the qualifier
