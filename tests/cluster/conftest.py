"""A cohort, its serial answers, and real clusters of two processes on this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cohort import write_cohort

from bayesdx.batch import Spec, score_cohort
from bayesdx.loading import load

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def spec(small_path: Path) -> Spec:
    return Spec(load(small_path), top=2)


@pytest.fixture(scope="session")
def cohort(tmp_path_factory: pytest.TempPathFactory, spec: Spec) -> Path:
    folder = tmp_path_factory.mktemp("cohort") / "in"
    write_cohort(folder, spec.model.network)
    return folder


@pytest.fixture(scope="session")
def serial(cohort: Path, spec: Spec, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("serial")
    score_cohort(str(cohort), str(output), spec, lambda work, parts: map(work, parts))
    return output


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """Spark with two executors, each a process of its own with one core."""
    from pyspark.sql import SparkSession

    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "batch")])
    os.environ.update(SPARK_LOCAL_IP="127.0.0.1", PYSPARK_PYTHON=sys.executable, PYTHONPATH=paths)
    builder = SparkSession.builder.master("local-cluster[2,1,1024]").config("spark.ui.enabled", "false")
    session = builder.config("spark.executorEnv.PYTHONPATH", paths).getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="session")
def dask() -> Iterator[Any]:
    """Dask with two worker processes of one thread."""
    from distributed import LocalCluster

    options = {"host": "127.0.0.1", "dashboard_address": None, "processes": True}
    with LocalCluster(n_workers=2, threads_per_worker=1, **options) as cluster:
        yield cluster
