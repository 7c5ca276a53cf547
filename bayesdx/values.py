"""What immutable values share: they compare by what they hold, and they pickle and copy."""

from __future__ import annotations

import copyreg
from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

import numpy as np


class ByValue:
    """Equality and hash of a dataclass (with ``eq=False``) whose fields hold arrays and mappings.

    The dataclass decorator's own compare arrays as truth values, and hash mappings: both raise.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(_same(mine, theirs) for mine, theirs in zip(_held(self), _held(other), strict=True))

    def __hash__(self) -> int:
        return hash((type(self), *(value for value in _held(self) if isinstance(value, (str, int)))))


def _held(value: Any) -> list[object]:
    return [getattr(value, one.name) for one in fields(value)]


def _same(a: object, b: object) -> bool:
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(_same(value, b[key]) for key, value in a.items())
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return np.array_equal(np.asarray(a), np.asarray(b))
    return bool(a == b)


def _read_only(mapping: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(mapping)


# Python knows no way to pickle or copy a read-only view of a mapping, and networks, cases and answers hold some.
copyreg.pickle(MappingProxyType, lambda view: (_read_only, (dict(view),)))
