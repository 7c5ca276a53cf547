"""Folders of tables: every row is answered once, whatever is killed on the way."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from cohort import Killed, drawn_cases, read_answers, write_cohort

from bayesdx.batch import Spec, processes, score_cohort
from bayesdx.batch.parts import Done, Part, Work, parts_of
from bayesdx.cli import main
from bayesdx.errors import InputError
from bayesdx.loading import load
from bayesdx.model import Model


@pytest.fixture(scope="module")
def model(small_path: Path) -> Model:
    return load(small_path)


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory, model: Model) -> Path:
    folder = tmp_path_factory.mktemp("cohort") / "in"
    write_cohort(folder, model.network)
    return folder


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of 200 rows, as many batches as there may be."""
    monkeypatch.setattr("bayesdx.batch.running.parts_of", partial(parts_of, size=200))


def here(work: Work, parts: Sequence[Part]) -> Iterator[Done]:
    """Serially, in this process."""
    return map(work, parts)


def bytes_of(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def serial(cohort: Path, model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("serial")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bayesdx.batch.running.parts_of", partial(parts_of, size=200))
        score_cohort(str(cohort), str(output), Spec(model, top=2), here)
    return output


def test_every_row_is_answered_once_as_a_table_is(cohort: Path, model: Model, tmp_path: Path) -> None:
    summary = score_cohort(str(cohort), str(tmp_path), Spec(model), here)
    answers = read_answers(tmp_path)
    assert summary.parts == 1 + 1 + 3
    left_out = 0
    for name in ("a.csv", "b.jsonl", "more/c.parquet"):
        result = model.query_batch(str(cohort / name))
        own = answers.filter(pa.compute.equal(answers["source_file"], name)).to_pylist()
        numbers = [row["source_row"] for row in own]
        assert numbers == sorted(result.lines + tuple(line for line, _ in result.errors))
        assert {row["source_row"]: row["error"] for row in own if row["error"]} == dict(result.errors)
        left_out += len(result.errors)
        right = [row for row in own if not row["error"]]
        assert [row["id"] for row in right] == list(result.ids)
        assert [row["leader"] for row in right] == result.leaders
        assert [row["capnon"] for row in right] == pytest.approx(result.probabilities[:, 0].tolist(), rel=1e-12)
    assert (summary.scored, summary.left_out) == (1802 - left_out, left_out)
    assert left_out > 38


def test_processes_write_the_same_bytes(cohort: Path, model: Model, serial: Path, tmp_path: Path) -> None:
    told: list[int] = []
    begun: list[tuple[int, int]] = []
    summary = score_cohort(
        str(cohort),
        str(tmp_path),
        Spec(model, top=2),
        processes(2),
        lambda total, there: begun.append((total, there)),
        lambda done: told.append(done.rows),
    )
    assert bytes_of(tmp_path) == bytes_of(serial)
    assert sum(told) == summary.scored + summary.left_out == 1802
    assert begun[0][1] == 0
    assert summary.outside is not None
    assert 0 < summary.outside < 1


def test_a_store_is_named_by_its_uri(cohort: Path, model: Model, serial: Path, tmp_path: Path) -> None:
    score_cohort(cohort.as_uri(), tmp_path.as_uri(), Spec(model, top=2), here)
    assert bytes_of(tmp_path) == bytes_of(serial)


def test_a_killed_process_loses_and_doubles_nothing(
    cohort: Path, model: Model, serial: Path, tmp_path: Path
) -> None:
    def across(work: Work, parts: Sequence[Part]) -> Iterator[Done]:
        yield from processes(2)(Killed(work, parts[2], str(tmp_path / "mark")), parts)

    score_cohort(str(cohort), str(tmp_path / "out"), Spec(model, top=2), across)
    assert (tmp_path / "mark").exists()
    assert bytes_of(tmp_path / "out") == bytes_of(serial)


def test_what_is_killed_every_time_is_said(cohort: Path, model: Model, tmp_path: Path) -> None:
    def across(work: Work, parts: Sequence[Part]) -> Iterator[Done]:
        yield from processes(1)(Killed(work, parts[0], ""), parts[:1])

    with pytest.raises(InputError, match="was ended before it was done"):
        score_cohort(str(cohort), str(tmp_path), Spec(model, top=2), across)
    assert not list(tmp_path.glob("part-*"))


def test_a_run_goes_on_where_it_was(cohort: Path, model: Model, serial: Path, tmp_path: Path) -> None:
    def two_only(work: Work, parts: Sequence[Part]) -> Iterator[Done]:
        yield from map(work, parts[:2])
        raise KeyboardInterrupt

    spec = Spec(model, top=2)
    with pytest.raises(KeyboardInterrupt):
        score_cohort(str(cohort), str(tmp_path), spec, two_only)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(before) == 2
    summary = score_cohort(str(cohort), str(tmp_path), spec, here)
    assert (summary.parts, summary.reused, summary.scored + summary.left_out) == (5, 2, 1802)
    assert bytes_of(tmp_path) == bytes_of(serial)
    assert {name: (tmp_path / name).stat().st_mtime_ns for name in before} == before
    told = score_cohort(str(cohort), str(tmp_path / "at once"), spec, here).examples
    assert told
    for again in range(2):  # wrong rows of parts from before are told, too
        assert summary.examples == told, again
        summary = score_cohort(str(cohort), str(tmp_path), spec, here)


def test_a_killed_run_leaves_no_half_file(model: Model, small_path: Path, tmp_path: Path) -> None:
    """The command is killed once the first answers are there, its processes end with it, and it is begun again."""
    source, output = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    table = pa.Table.from_pylist(drawn_cases(model.network, 400))
    for name in "abcdefgh":
        pq.write_table(pa.concat_tables([table] * 60), source / f"{name}.parquet")
    command = [sys.executable, "-m", "bayesdx", "batch", str(source), "-o", f"{output}/", "-n", str(small_path)]
    run = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    while run.poll() is None and not list(output.glob("part-*")):
        time.sleep(0.01)
    run.kill()
    run.wait()
    with suppress(ProcessLookupError):
        for _ in range(6_000):  # a minute, and then they are left behind
            os.killpg(run.pid, 0)
            time.sleep(0.01)
        os.killpg(run.pid, signal.SIGKILL)
        pytest.fail("the processes of a killed run go on")
    there = list(output.glob("part-*"))
    assert 0 < len(there) < 8
    assert all(pq.read_table(path).num_rows == 24_000 for path in there)
    assert not (output / "_SUCCESS").exists()
    done = subprocess.run([*command, "--json"], capture_output=True, check=True, text=True)
    told = json.loads(done.stdout)
    assert (told["parts"], told["reused"], told["scored"] + told["left_out"]) == (8, len(there), 8 * 24_000)
    assert told["left_out"] == 8 * 60 * len(model.query_batch(table.to_pylist()).errors)
    assert sorted(path.name[:5] for path in output.iterdir()) == ["_SUCC", *["part-"] * 8]
    rows = read_answers(output)
    assert rows.num_rows == len(
        set(zip(*(rows[c].to_pylist() for c in ("source_file", "source_row")), strict=True))
    )


def test_other_questions_have_other_folders(cohort: Path, model: Model, tmp_path: Path) -> None:
    score_cohort(str(cohort), str(tmp_path), Spec(model, top=2), here)
    names = bytes_of(tmp_path)
    for spec in (Spec(model, top=3), Spec(model, 2, True), Spec(load_uniform(model), top=2)):
        with pytest.raises(InputError, match="answers another question"):
            score_cohort(str(cohort), str(tmp_path), spec, here)
    assert bytes_of(tmp_path) == names


def load_uniform(model: Model) -> Model:
    return Model(model.document.with_prior("uniform"), "uniform")


def test_a_table_that_has_changed_is_another_one(model: Model, tmp_path: Path) -> None:
    source, output = tmp_path / "in", str(tmp_path / "out")
    source.mkdir()
    (source / "a.csv").write_text("level\nlumbar\n")
    score_cohort(str(source), output, Spec(model), here)
    (source / "b.csv").write_text("level\nlumbar\n")
    assert score_cohort(str(source), output, Spec(model), here).reused == 1
    before = (source / "a.csv").stat()
    (source / "a.csv").write_text("level\nsacral\n")  # as many bytes, and the same time
    os.utime(source / "a.csv", ns=(before.st_atime_ns, before.st_mtime_ns))
    for folder in (str(source), source.as_uri()):
        with pytest.raises(InputError, match="answers another question"):
            score_cohort(folder, output, Spec(model), here)


Batch = Callable[..., Result]


@pytest.fixture
def batch(small_path: Path) -> Batch:
    return lambda *args: CliRunner().invoke(main, ["batch", *map(str, args), "-n", str(small_path)])


def test_a_half_answer_is_made_again(cohort: Path, model: Model, serial: Path, tmp_path: Path) -> None:
    """As a full disk or a power cut leaves it: empty, cut, or zeros."""
    spec = Spec(model, top=2)
    score_cohort(str(cohort), str(tmp_path), spec, here)
    empty, cut, zeros, *_ = sorted(tmp_path.glob("part-*"))
    empty.write_bytes(b"")
    cut.write_bytes(cut.read_bytes()[:-100])
    zeros.write_bytes(bytes(zeros.stat().st_size))
    assert score_cohort(str(cohort), str(tmp_path), spec, here).reused == 2
    assert bytes_of(tmp_path) == bytes_of(serial)


def test_arrow_fails_where_it_fails(model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong between reading and writing is not told as a folder that cannot be written to."""
    (tmp_path / "a.csv").write_text("level\nlumbar\n")

    def score(batches: object, spec: Spec) -> Iterator[object]:
        raise pa.ArrowInvalid("out of bounds\nat length")
        yield

    monkeypatch.setattr("bayesdx.batch.running.score", score)
    with pytest.raises(InputError, match=r"a\.csv: cannot be scored \(out of bounds\)$"):
        score_cohort(str(tmp_path / "a.csv"), str(tmp_path / "out"), Spec(model), here)


def test_what_does_not_come_whole_is_said(cohort: Path, model: Model, tmp_path: Path) -> None:
    def cut(work: Work, parts: Sequence[Part]) -> Iterator[Done]:
        yield from map(work, parts)
        next(tmp_path.glob("part-*")).write_bytes(b"PAR1")

    with pytest.raises(InputError, match=r"'part-[0-9a-f]{32}\.parquet' is not there, or not whole: run it again"):
        score_cohort(str(cohort), str(tmp_path), Spec(model), cut)
    assert not (tmp_path / "_SUCCESS").exists()


def test_results_and_parts_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many parts there are, few are asked for at a time, and what was told of is let go."""
    asked: list[weakref.ref[Future[int]]] = []

    class Pool:
        def __init__(self, size: int, **options: object) -> None:
            pass

        def submit(self, work: Callable[[Part], int], part: Part) -> Future[int]:
            future: Future[int] = Future()
            future.set_result(work(part))
            asked.append(weakref.ref(future))
            return future

        def shutdown(self, cancel_futures: bool) -> None:
            pass

    monkeypatch.setattr("bayesdx.batch.local.ProcessPoolExecutor", Pool)
    parts = [Part(".", f"{i}.csv", i, 1, 1) for i in range(200)]
    found = []
    for one in processes(2)(lambda part: part.size, parts):
        found.append(one)
        assert sum(future() is not None for future in asked) <= 10
        assert len(asked) <= len(found) + 8
    assert sorted(found) == list(range(200))


def test_tables_without_rows_are_no_matter(model: Model, tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    for name, text in (
        ("a.csv", "level\nlumbar\n"),
        ("b.csv", ""),
        ("c.jsonl", ""),
        ("d.csv", "level\n"),
        ("e.csv", "\n"),
    ):
        (source / name).write_text(text)
    for reused in (0, 5):
        summary = score_cohort(str(source), str(tmp_path / "out"), Spec(model), here)
        assert (summary.parts, summary.reused, summary.scored, summary.left_out) == (5, reused, 1, 0)


def test_tables_that_cannot_be_read_come_last(batch: Batch, model: Model, tmp_path: Path) -> None:
    """The others are scored all the same, and are not scored again once these are mended."""
    source, output = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    good = [source / "b.csv", source / "z.csv"]
    for path in good:
        path.write_text("level\nlumbar\n")
    (source / "a.parquet").write_text("PAR1")
    (source / "c.csv").write_bytes(b"level\ncaf\xe9\n")
    os.close(os.open(os.fsencode(source) + b"/caf\xe9.csv", os.O_CREAT))
    done = batch(source, "-o", f"{output}/", "--workers", 1)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"bayesdx: {source}/a.parquet: is not a Parquet file (")
    others = f"{source}/c.csv, {source}/caf\\udce9.csv"
    assert done.stderr.endswith(f"; 2 more tables cannot be read: {others}; all other parts (2) are done\n")
    assert done.stderr.count("\n") == 1
    assert read_answers(output).column("source_file").to_pylist() == ["b.csv", "z.csv"]
    assert not (output / "_SUCCESS").exists()
    (source / "a.parquet").unlink()
    said = batch(source, "-o", f"{output}/", "--workers", 1).stderr
    assert said.endswith(f"; 1 more table cannot be read: {source}/caf\\udce9.csv; all other parts (2) are done\n")
    (source / "c.csv").unlink()
    done = batch(source, "-o", f"{output}/", "--workers", 1)
    message = f"bayesdx: {source}/caf\\udce9.csv: the name of the file is not UTF-8; all other parts (2) are done\n"
    assert (done.exit_code, done.stderr) == (2, message)
    os.unlink(os.fsencode(source) + b"/caf\xe9.csv")
    (source / "a.parquet").write_text("PAR1")  # what cannot be read now may have been
    (output / "part-before.parquet").write_text("x")
    with pytest.raises(InputError, match=r"a\.parquet: is not a Parquet file"):
        score_cohort(str(source), str(output), Spec(model), here)
    (source / "a.parquet").unlink()
    (output / "part-before.parquet").unlink()
    assert score_cohort(str(source), str(output), Spec(model), here).reused == 2


@pytest.mark.parametrize("output", ["in", "in/answers"])
def test_answers_among_the_tables_are_no_cases(model: Model, tmp_path: Path, output: str) -> None:
    (tmp_path / "in" / "more").mkdir(parents=True)
    (tmp_path / "in" / "more" / "a.csv").write_text("level\nlumbar\n")
    for reused in (0, 1, 1):
        summary = score_cohort(str(tmp_path / "in"), str(tmp_path / output), Spec(model), here)
        assert (summary.parts, summary.reused, summary.scored, summary.left_out) == (1, reused, 1, 0)


def test_the_command(batch: Batch, model: Model, cohort: Path, tmp_path: Path) -> None:
    done = batch(cohort / "a.csv", "-o", f"{tmp_path}/", "--top", 1, "--workers", 1, "--strict")
    assert done.exit_code == 2
    errors = model.query_batch(str(cohort / "a.csv")).errors
    shown = done.stderr.split("\n")
    assert shown[:20] == [f"a.csv: row {line}: {message}" for line, message in errors[:20]]
    assert shown[20] == f"… {len(errors) - 20} more rows that are wrong"
    assert shown[21] == f"{601 - len(errors)} rows scored with network 'small', {len(errors)} left out"
    assert "% of the time outside inference" in done.stderr
    again = batch(cohort / "a.csv", "-o", f"{tmp_path}/", "--top", 1)
    assert "1 part, 1 of them from before" in again.stderr
    assert again.exit_code == 0


BAD = [
    (["in"], "a cohort is scored into a folder: name it with -o FOLDER/"),
    (["in", "-o", "out.csv"], "out.csv: a cohort is scored into a folder: name it with -o FOLDER/"),
    (["in", "-o", "s3://bucket/out.parquet"], "s3://bucket/out.parquet: a cohort is scored into a folder"),
    (["none/", "-o", "out/"], "none/: no such file or folder"),
    (["empty", "-o", "out/"], "empty: holds no table (.csv, .jsonl, .ndjson, .parquet)"),
    (["broken", "-o", "out/"], "broken/x.parquet: is not a Parquet file"),
    (["twice", "-o", "out/"], "twice/x.csv: column 'level' is given twice"),
    (["in", "-o", "out/", "--top", "9"], "the top 9 is not a number from 1 to 5"),
    (
        ["in/x.csv", "--top", "2"],
        "--top, --surprise, --next, --intervals, --change, --draws, --workers and --on are for cohorts",
    ),
    (
        ["in", "-o", "out/", "--on", "hadoop"],
        "--on hadoop: a cluster is spark, spark://host:port or dask://host:port",
    ),
    (["in", "-o", "out/", "--on", "spark", "--workers", "2"], "--workers is for this machine"),
    (["in", "-o", "in/x.csv/"], "in/x.csv/: is no folder to write to"),
    (["in", "-o", "kept"], "kept/_SUCCESS: cannot be written ("),
    (["nowhere://x/y", "-o", "out/"], "nowhere://x/y: cannot be opened"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[" ".join(a) for a, _ in BAD])
def test_bad_input_is_one_line(
    batch: Batch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder, name, text in (
        ("in", "x.csv", "level\nlumbar\n"),
        ("empty", "x.txt", "x"),
        ("broken", "x.parquet", "PAR1"),
        ("twice", "x.csv", "level,level\na,b\n"),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(text)
    (tmp_path / "kept" / "_SUCCESS").mkdir(parents=True)
    done = batch(*arguments)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"bayesdx: {message}")
    assert done.stderr.count("\n") == 1
    assert not [path for path in tmp_path.glob("out*") if path.is_file() or list(path.iterdir())]


def test_a_column_that_another_program_called_so_is_no_error(model: Model, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    table = pa.table({"level": ["lumbar", "lumbar"], "source_error": ["none", "x"], "source_row": [7, 7]})
    pq.write_table(table, tmp_path / "in" / "t.parquet")
    (tmp_path / "in" / "t.csv").write_text("level,source_error\nlumbar,x\n")
    cohort = score_cohort(str(tmp_path / "in"), str(tmp_path / "out"), Spec(model, top=1), processes(1))
    assert (cohort.scored, cohort.left_out) == (3, 0)
