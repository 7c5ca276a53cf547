"""Which cluster: its name on the command line."""

from __future__ import annotations

from bayesdx.batch.parts import Across
from bayesdx.errors import InputError


def on_cluster(name: str) -> Across:
    """Do the parts on ``spark`` (the session as it is configured), ``spark://host:port`` or ``dask://host:port``.

    Raises InputError for another name, and MissingExtra.
    """
    kind, _, address = name.partition("://")
    if kind == "spark":
        from bayesdx.batch.spark import tasks

        return tasks(name if address else None)
    if kind == "dask" and address:
        from bayesdx.batch.dask import futures

        return futures(f"tcp://{address}")
    raise InputError(f"--on {name}: a cluster is spark, spark://host:port or dask://host:port")
