"""Spark and Dask write what a serial run writes, byte for byte, whatever is killed on the way."""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from cohort import Killed

from bayesdx.batch import Spec, score, score_cohort
from bayesdx.batch.dask import futures
from bayesdx.batch.dask import scored as scored_on_dask
from bayesdx.batch.parts import Across, Done, Part, Work
from bayesdx.batch.spark import scored as scored_on_spark
from bayesdx.batch.spark import tasks
from bayesdx.cli import main


def bytes_of(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.fixture(params=["spark", "dask"])
def across(request: pytest.FixtureRequest) -> Across:
    cluster = request.getfixturevalue(request.param)
    return tasks() if request.param == "spark" else futures(cluster)


def test_the_same_bytes_as_a_serial_run(
    across: Across, cohort: Path, spec: Spec, serial: Path, tmp_path: Path
) -> None:
    summary = score_cohort(str(cohort), str(tmp_path), spec, across)
    assert bytes_of(tmp_path) == bytes_of(serial)
    assert summary.scored + summary.left_out == 1802
    assert summary.left_out > 38  # a bad row is a row
    assert score_cohort(str(cohort), str(tmp_path), spec, across).reused == summary.parts


def test_a_killed_worker_loses_and_doubles_nothing(
    across: Across, cohort: Path, spec: Spec, serial: Path, tmp_path: Path
) -> None:
    def killing(work: Work, parts: Sequence[Part]) -> Iterator[Done]:
        yield from across(Killed(work, parts[1], str(tmp_path / "mark")), parts)

    score_cohort(str(cohort), str(tmp_path / "out"), spec, killing)
    assert (tmp_path / "mark").exists()
    assert bytes_of(tmp_path / "out") == bytes_of(serial)


@dataclass(frozen=True)
class ExecutorKilled:
    """Work in which the process of Java above the first worker is killed: a machine of the cluster is lost."""

    work: Work
    mark: str

    def __call__(self, part: Part) -> Done:
        if not os.path.exists(self.mark):
            Path(self.mark).touch()
            process = os.getpid()
            while "java" not in Path(f"/proc/{process}/comm").read_text():
                process = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
            os.kill(process, signal.SIGKILL)
        return self.work(part)


def test_a_lost_executor_loses_and_doubles_nothing(
    spark: Any, cohort: Path, spec: Spec, serial: Path, tmp_path: Path
) -> None:
    def killing(work: Work, parts: Sequence[Part]) -> Iterator[Done]:
        yield from tasks()(ExecutorKilled(work, str(tmp_path / "mark")), parts)

    score_cohort(str(cohort), str(tmp_path / "out"), spec, killing)
    assert (tmp_path / "mark").exists()
    assert bytes_of(tmp_path / "out") == bytes_of(serial)


def same(answers: Any, expected: Any) -> None:
    """Equal, but for the last digits: cases with uncertain findings are worked out with those beside them."""
    assert answers.column_names == expected.column_names
    for name in expected.column_names:
        ours, theirs = answers[name].combine_chunks(), expected[name].combine_chunks()
        assert ours.is_null().equals(theirs.is_null()), name
        if pa.types.is_floating(theirs.type):
            np.testing.assert_allclose(ours.drop_null(), theirs.drop_null(), rtol=1e-12, err_msg=name)
        else:
            assert ours.cast(theirs.type).equals(theirs), name


def test_a_data_frame_of_spark(spark: Any, cohort: Path, spec: Spec) -> None:
    file = cohort / "more" / "c.parquet"
    cases = spark.read.parquet(str(file)).selectExpr(
        "*", "_metadata.file_path AS source_file", "_metadata.row_index + 1 AS source_row"
    )
    answers = scored_on_spark(cases.repartition(4), spec).toArrow().sort_by("source_row")
    expected = pa.Table.from_batches(score(pq.ParquetFile(file).iter_batches(), spec))
    names = set(answers.column("source_file").to_pylist())
    assert [name.rpartition("/cohort")[2] for name in names] == [str(file).rpartition("/cohort")[2]]
    same(answers.drop_columns("source_file"), expected.drop_columns("source_file"))
    assert answers["error"].null_count < len(answers)


def test_a_data_frame_of_dask(dask: Any, cohort: Path, spec: Spec) -> None:
    from dask.dataframe import from_pandas
    from distributed import Client

    table = pq.read_table(cohort / "more" / "c.parquet")
    numbered = table.append_column("source_row", pa.array(range(1, len(table) + 1)))
    with Client(dask):
        answers = scored_on_dask(from_pandas(numbered.to_pandas(), npartitions=4), spec).compute()
    expected = pa.Table.from_batches(score(table.to_batches(), spec))
    same(pa.Table.from_pandas(answers, expected.schema, preserve_index=False), expected)


def test_cells_of_several_types_in_a_column_of_dask(dask: Any, spec: Spec) -> None:
    import pandas as pd

    from bayesdx.batch.dask import _scored

    rows = pd.DataFrame({"age": [68, "70", None, "old"], "level": ["lumbar", 7, None, "cervical"]}, dtype=object)
    answers = _scored(rows, spec)
    errors = dict(spec.model.query_batch(rows).errors)
    assert {i: error for i, error in enumerate(answers["error"], 1) if isinstance(error, str)} == errors


@pytest.mark.parametrize("name", ["spark", "dask"])
def test_the_command(
    request: pytest.FixtureRequest, name: str, cohort: Path, serial: Path, small_path: Path, tmp_path: Path
) -> None:
    cluster = request.getfixturevalue(name)
    where = "spark" if name == "spark" else cluster.scheduler_address.replace("tcp", "dask")
    arguments = ["batch", str(cohort), "-o", f"{tmp_path}/", "-n", str(small_path), "--top", "2", "--on", where]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    assert "rows scored with network 'small'" in done.stderr
    assert bytes_of(tmp_path) == bytes_of(serial)
