"""The public networks that pgmpy ships, read without importing pgmpy."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from bayesdx.errors import InputError, nearest
from bayesdx.formats.bif import read_bif
from bayesdx.network import Network


def example_network(name: str) -> Network:
    """A network of the Bayesian network repository, such as ``alarm`` or ``munin1``.

    Raises InputError for an unknown name, and when pgmpy is not installed.
    """
    return read_bif(example_path(name)).network


def example_path(name: str) -> Path:
    """The file of ``example_network``; raises as that does."""
    found = find_spec("pgmpy")
    if found is None or not found.submodule_search_locations:
        raise InputError("the example networks come with pgmpy, which is not installed")
    folder = Path(found.submodule_search_locations[0]) / "utils" / "example_models"
    files = {path.name.removesuffix(".bif.gz"): path for path in sorted(folder.glob("*.bif.gz"))}
    if name not in files:
        raise InputError(f"pgmpy ships no network '{name}'; {nearest(name, files)}")
    return files[name]
