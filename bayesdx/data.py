"""Where the shipped data lies: the folders networks/ and priors/."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bayesdx.errors import InputError, nearest

if TYPE_CHECKING:
    from pathlib import Path  # a query does without: importing it takes a few milliseconds

_PACKAGE = os.path.dirname(os.path.realpath(__file__))


def data_root() -> str:
    """The folder of networks/ and priors/: ``bayesdx/_data`` of a wheel, the repository of a checkout."""
    packed = os.path.join(_PACKAGE, "_data")
    return packed if os.path.isdir(packed) else os.path.dirname(_PACKAGE)


def data_path(*parts: str) -> Path:
    """Path below the data root."""
    from pathlib import Path

    return Path(data_root(), *parts)


def network_names() -> tuple[str, ...]:
    """Names of the shipped networks, in alphabetical order."""
    files = os.listdir(os.path.join(data_root(), "networks"))
    return tuple(sorted(file.removesuffix(".json") for file in files if file.endswith(".json")))


def network_path(name: str) -> str:
    """File of the shipped network ``name``; raises InputError that names the nearest one."""
    path = os.path.join(data_root(), "networks", f"{name}.json")
    if not os.path.isfile(path):
        raise InputError(f"no network '{name}'; {nearest(name, network_names())}")
    return path
