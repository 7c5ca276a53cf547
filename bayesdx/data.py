"""Where the shipped data lies: the folders networks/ and priors/."""

from __future__ import annotations

from pathlib import Path

from bayesdx.errors import InputError, nearest

_PACKAGE = Path(__file__).resolve().parent


def data_path(*parts: str) -> Path:
    """Path below the data root: ``bayesdx/_data`` in an installed wheel, the repository in a checkout."""
    packed = _PACKAGE / "_data"
    return (packed if packed.is_dir() else _PACKAGE.parent).joinpath(*parts)


def network_names() -> tuple[str, ...]:
    """Names of the shipped networks, in alphabetical order."""
    return tuple(sorted(path.stem for path in data_path("networks").glob("*.json")))


def network_path(name: str) -> Path:
    """File of the shipped network ``name``; raises InputError that names the nearest one."""
    path = data_path("networks", f"{name}.json")
    if not path.is_file():
        raise InputError(f"no network '{name}'; {nearest(name, network_names())}")
    return path
