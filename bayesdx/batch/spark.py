"""Cohorts on Apache Spark (extra ``spark``): a thin adapter of ``score``.

A data frame of cases is scored by

    from bayesdx.batch.spark import scored
    answers = scored(cases, Spec(load("spine"), top=3))
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from bayesdx.batch.parts import Across, Found, Part
from bayesdx.batch.scoring import Spec, arrow, score
from bayesdx.errors import MissingExtra


def scored(cases: Any, spec: Spec) -> Any:
    """The answers to a data frame of cases, as another of ``spec.schema``: a row for each row, lazily.

    Columns as for ``score``. Where rows come from is kept in ``source_file`` and ``source_row``, of a Parquet file
    ``_metadata.file_path`` and ``_metadata.row_index + 1``; rows without are numbered within their partition.
    """
    from pyspark.sql.pandas.types import from_arrow_schema

    return cases.mapInArrow(lambda batches: score(batches, spec), from_arrow_schema(spec.schema))


def tasks(master: str | None = None) -> Across:
    """Do each part of a cohort as a task of Spark, on ``master`` or where the session is configured to run.

    A task that fails, or whose executor is lost, is begun again by Spark (``spark.task.maxFailures``).
    """

    def across(work: Callable[[Part], Found], parts: Sequence[Part]) -> Iterator[Found]:
        spark = session(master)
        rows = spark.createDataFrame([(pickle.dumps(part),) for part in parts], "part binary")

        def run(batches: Iterator[Any]) -> Iterator[Any]:
            pa = arrow()
            for batch in batches:
                for part in batch.column(0).to_pylist():
                    yield pa.record_batch({"done": pa.array([pickle.dumps(work(pickle.loads(part)))], pa.binary())})

        spread = rows.repartition(len(parts)).mapInArrow(run, "done binary")
        yield from (pickle.loads(row.done) for row in spread.collect())

    session(master)  # so that what is missing is said before anything is done
    return across


def session(master: str | None) -> Any:
    """The session of Spark; raises MissingExtra without it."""
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise MissingExtra("scoring on Spark", "spark") from None
    builder = SparkSession.builder.appName("bayesdx batch")
    return (builder.master(master) if master else builder).getOrCreate()
