"""Cohorts on Dask (extra ``dask``): a thin adapter of ``score``.

A data frame of cases is scored by

    from bayesdx.batch.dask import scored
    answers = scored(cases, Spec(load("spine"), top=3))
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from bayesdx.batch.parts import Across, Found, Part
from bayesdx.batch.scoring import Spec, arrow, score
from bayesdx.errors import InputError, MissingExtra


def scored(cases: Any, spec: Spec) -> Any:
    """The answers to a Dask data frame of cases, as another of the columns of ``spec.schema``, lazily."""
    empty = spec.schema.empty_table().to_pandas()
    return cases.map_partitions(_scored, spec, meta=empty)


def _scored(cases: Any, spec: Spec) -> Any:
    pa = arrow()
    try:
        table = pa.Table.from_pandas(cases, preserve_index=False)
    except pa.ArrowException:  # cells of several types in a column, each of which reads as its text does
        mixed = {name: cases[name].map(str, na_action="ignore") for name in cases if cases[name].dtype == object}
        table = pa.Table.from_pandas(cases.assign(**mixed), preserve_index=False)
    batches = table.to_batches()
    return pa.Table.from_batches(score(batches, spec), schema=spec.schema).to_pandas()


def futures(cluster: Any) -> Across:
    """Do each part of a cohort as a task of the Dask ``cluster``: the address of its scheduler, or its object.

    A task whose worker is lost is begun again by Dask (``distributed.scheduler.allowed-failures``). Raises
    MissingExtra without Dask, and InputError, once it begins, when no cluster answers.
    """
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise MissingExtra("scoring on Dask", "dask") from None

    def across(work: Callable[[Part], Found], parts: Sequence[Part]) -> Iterator[Found]:
        try:
            client = Client(cluster, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise InputError(f"no Dask cluster answers ({error})", place=str(cluster)) from None
        with client:
            asked = client.map(work, parts, pure=False)
            yield from (done for _, done in as_completed(asked, loop=client.loop, with_results=True))

    return across
