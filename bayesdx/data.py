"""Where the shipped data lies: the folders networks/ and priors/."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING

from bayesdx.errors import InputError, nearest

if TYPE_CHECKING:
    from pathlib import Path  # a query does without: importing it takes a few milliseconds

_PACKAGE = os.path.dirname(os.path.realpath(__file__))


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
