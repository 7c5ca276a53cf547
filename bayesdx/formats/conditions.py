"""Conditions and ranges as they are typed in options."""

from __future__ import annotations

import re

import numpy as np

from bayesdx.errors import InputError
from bayesdx.network import Array, Variable

_TERM = r"(?:P\(\s*)?((?:[A-Za-z]+:)?[\w.+-]*[A-Za-z_][\w.+-]*|[A-Za-z]+:\w+)\s*\)?"
_AMOUNT = r"[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?"
_NUMBER = rf"({_AMOUNT}%?)"
_LEVEL = re.compile(rf"\s*{_TERM}\s*(>=|<=|>|<)\s*{_NUMBER}\s*$")
_RATIO = re.compile(rf"\s*{_TERM}\s*(>=|<=|>|<)\s*(?:{_NUMBER}\s*[*x×]\s*)?{_TERM}\s*$")
CONSTRAINT_HELP = "write 'capnon >= 0.5' or 'capnon >= 2 * meningioma'"
SPAN_HELP = "write 'literature', a percentage such as 10%, or a range such as 0.05-0.95"


def parse_condition(text: str, target: Variable) -> tuple[str, Array]:
    """A condition on P(target): its text, and the weights w (card of the target,) of w . P(t) >= 0.

    Reads ``a >= p``, ``a >= r * b`` or ``a >= b`` (or with <=); raises InputError that shows the form.
    """
    if level := _LEVEL.match(text):
        name, sign, number = level.groups()
        p = _number(number)
        if not 0.0 <= p <= 1.0:
            raise InputError(f"constraint '{text}': {number} is not a probability")
        weights = _unit(target, name) - p
    elif ratio := _RATIO.match(text):
        name, sign, number, other = ratio.groups()
        times = 1.0 if number is None else _number(number)
        if times == np.inf:
            raise InputError(f"constraint '{text}': {number} is too large a number")
        weights = _unit(target, name) - times * _unit(target, other)
    else:
        raise InputError(f"constraint '{text}' cannot be read; {CONSTRAINT_HELP}")
    return " ".join(text.split()), weights if sign[0] == ">" else -weights


def _unit(target: Variable, name: str) -> Array:
    unit: Array = np.eye(target.cardinality)[target.state_index(name)]
    return unit


def _number(text: str) -> float:
    return float(text.rstrip("%")) / (100.0 if text.endswith("%") else 1.0)


def parse_range(text: str) -> tuple[str, float, float]:
    """How far numbers move: ``literature``, ``relative`` (a share twice) or ``fixed`` (low and high).

    Reads ``literature``, ``10%`` or ``0.05-0.95``; raises InputError that shows the form.
    """
    if text == "literature":
        return "literature", 0.0, 0.0
    if relative := re.fullmatch(rf"(?:±|\+-)?({_AMOUNT})%", text):
        share = float(relative[1]) / 100
        if 0 < share <= 1:
            return "relative", share, share
    if fixed := re.fullmatch(rf"({_AMOUNT})-({_AMOUNT})", text):
        low, high = float(fixed[1]), float(fixed[2])
        if low < high <= 1:
            return "fixed", low, high
    raise InputError(f"range '{text}' cannot be used; {SPAN_HELP}")
