"""A cohort in a store with S3's protocol: a server of moto on this machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer
from pyarrow.fs import FileSelector, FileSystem, LocalFileSystem, copy_files

from bayesdx.batch import Spec, processes, score_cohort


@pytest.fixture
def store(cohort: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The part of a URI that says where the store is; the cohort lies in ``bucket/in``."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    address, port = server.get_host_and_port()
    where = f"?endpoint_override={address}:{port}&scheme=http&region=us-east-1&allow_bucket_creation=true"
    fs, _ = FileSystem.from_uri(f"s3://bucket/{where}")
    fs.create_dir("bucket")
    copy_files(str(cohort), "bucket/in", source_filesystem=LocalFileSystem(), destination_filesystem=fs)
    yield where
    server.stop()


def test_answers_in_a_store(store: str, spec: Spec, serial: Path, cohort: Path) -> None:
    tables, answers = f"s3://bucket/in{store}", f"s3://bucket/out{store}"
    done = score_cohort(tables, answers, spec, processes(2))
    assert done.scored + done.left_out == 1802
    assert score_cohort(tables, answers, spec, processes(2)).reused == done.parts
    fs, _ = FileSystem.from_uri(answers)
    names = [info.path for info in fs.get_file_info(FileSelector("bucket/out"))]
    found = sorted(hashlib.sha256(fs.open_input_file(name).read()).hexdigest() for name in names)
    here = sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in serial.iterdir())
    assert found == here


def test_one_table_of_a_store(store: str, spec: Spec) -> None:
    done = score_cohort(f"s3://bucket/in/a.csv{store}", f"s3://bucket/one{store}", spec, processes(1))
    assert (done.parts, done.scored + done.left_out) == (1, 601)
