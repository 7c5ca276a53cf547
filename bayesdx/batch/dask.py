"""Cohorts on Dask (extra ``dask``): a thin adapter of ``score``.

Delayed pandas partitions or Arrow tables are not needed: a cluster does the parts of a cohort,

    from bayesdx.batch.dask import futures
    score_cohort("cohort", "answers", Spec(load("spine")), futures("tcp://scheduler:8786"))
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bayesdx.batch.parts import Across, Done, Part, Work
from bayesdx.batch.scoring import Spec, arrow, score
from bayesdx.errors import InputError, MissingExtra


def scored(cases: Any, spec: Spec) -> Any:
    """The answers to a Dask data frame of cases, as another of the columns of ``spec.schema``, lazily."""
    empty = spec.schema.empty_table().to_pandas()
    return cases.map_partitions(_scored, spec, meta=empty)


def _scored(cases: Any, spec: Spec) -> Any:
    pa = arrow()
    batches = pa.Table.from_pandas(cases, preserve_index=False).to_batches()
    return pa.Table.from_batches(score(batches, spec), schema=spec.schema).to_pandas()


def futures(cluster: Any) -> Across:
    """Do each part of a cohort as a task of the Dask ``cluster``: the address of its scheduler, or its object.

    A task whose worker is lost is begun again by Dask (``distributed.scheduler.allowed-failures``). Raises
    MissingExtra without Dask, InputError when there is no cluster at the address.
    """
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise MissingExtra("scoring on Dask", "dask") from None
    try:
        client = Client(cluster, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(f"no Dask cluster answers ({error})", place=str(cluster)) from None

    def across(work: Work, parts: Sequence[Part]) -> Iterator[Done]:
        with client:
            for done in as_completed(client.map(work, parts, pure=False), with_results=True):
                yield done[1]

    return across
