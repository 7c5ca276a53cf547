"""Where the shipped data lies: the folders networks/ and priors/."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING

from bayesdx.errors import InputError, nearest

if TYPE_CHECKING:
    from pathlib import Path  # a query does without: importing it takes a few milliseconds

_PACKAGE = os.path.dirname(os.path.realpath(__file__))


@lru_cache(maxsize=1)
def data_root() -> str:
    """The folder of networks/ and priors/: ``bayesdx/_data`` of a wheel, the repository of a checkout."""
    packed = os.path.join(_PACKAGE, "_data")
    if os.path.isdir(packed):
        return packed
    return os.path.dirname(_PACKAGE) if os.path.isdir(_PACKAGE) else _unpacked()


@lru_cache(maxsize=1)
def _unpacked() -> str:
    """A copy of the data of a package that is imported from a zip file; it goes when the process ends."""
    import atexit
    import shutil
    import tempfile
    from zipfile import ZipFile

    folder = tempfile.mkdtemp(prefix="bayesdx-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with ZipFile(os.path.dirname(_PACKAGE)) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if name.startswith("bayesdx/_data/")])
    return os.path.join(folder, "bayesdx", "_data")


def data_path(*parts: str) -> Path:
    """Path below the data root."""
    from pathlib import Path

    return Path(data_root(), *parts)


def network_index() -> dict[str, tuple[str, ...]]:
    """The levels that each shipped network covers, by its name in alphabetical order (``networks/index.json``)."""
    return _index(os.path.join(data_root(), "networks", "index.json"))


@lru_cache
def _index(path: str) -> dict[str, tuple[str, ...]]:
    import json

    with open(path, encoding="utf-8") as file:
        return {name: tuple(levels) for name, levels in json.load(file).items()}


def network_names() -> tuple[str, ...]:
    """Names of the shipped networks, in alphabetical order."""
    return tuple(network_index())


def network_path(name: str) -> str:
    """File of the shipped network ``name``; raises InputError that names the nearest one."""
    if name not in network_index():
        raise InputError(f"no network '{name}'", nearest(name, network_names()))
    return os.path.join(data_root(), "networks", f"{name}.json")
