"""Threads that work for requests: a bounded number, given up when nobody waits; batches that never pile up."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner
from web_client import Client

from bayesdx.cli import main
from bayesdx.web.app import create_app
from bayesdx.web.batch import numbered_lines
from bayesdx.web.models import Models
from bayesdx.web.problems import Problem
from bayesdx.web.settings import Settings
from bayesdx.web.work import Abandoned, Advance, Work

Serve = Callable[..., Client]
LINES = {"Content-Type": "application/x-ndjson"}
ROWS = [
    {"id": "a", "findings": {"level": "cervical", "mr_t2_signal": "not hyper"}},
    {"id": "b", "level": "lumbar", "mr_dural_tail": "present:0.7,absent:0.1", "age": 44},
    {"id": "c", "levl": "lumbar"},
    {"id": "d", "ct_calcification": "absent", "ct_calcification_pattern": "punctate"},
    {"id": "e", "level": "thoracic", "note": "ignored"},
]


async def never() -> Any:
    await asyncio.Event().wait()


def test_no_more_than_there_is_room_for() -> None:
    go, begun = Event(), Event()

    def work(advance: Advance) -> str:
        begun.set()
        assert go.wait(30)
        return "done"

    async def ask() -> None:
        bounded = Work(1, 1, 30)
        first = asyncio.create_task(bounded.run(never, work))
        second = asyncio.create_task(bounded.run(never, work))
        await asyncio.to_thread(begun.wait, 30)
        with pytest.raises(Problem) as refused:
            await bounded.run(never, work)
        assert (refused.value.kind, refused.value.status) == ("too-many", 503)
        assert int(refused.value.headers["Retry-After"]) > 0
        go.set()
        assert [await first, await second] == ["done", "done"]
        await asyncio.sleep(0)
        assert bounded.taken == 0

    asyncio.run(ask())


@pytest.mark.parametrize("why", ["gone", "time"])
def test_work_stops_at_its_next_step(why: str) -> None:
    """The thread notices, whether the client has gone or the time is up, and leaves its place to others."""
    stopped, begun = Event(), Event()

    def work(advance: Advance) -> None:
        begun.set()
        try:
            while True:
                advance(1)
        except Abandoned:
            stopped.set()
            raise

    async def leave() -> Any:
        await asyncio.to_thread(begun.wait, 30)
        return {"type": "http.disconnect"}

    async def ask() -> None:
        bounded = Work(1, 0, 60 if why == "gone" else 0.05)
        with pytest.raises(Problem) as refused:
            await bounded.run(leave if why == "gone" else never, work)
        assert refused.value.kind == ("too-slow" if why == "gone" else "too-long")
        assert await asyncio.to_thread(stopped.wait, 30)
        while bounded.taken:
            await asyncio.sleep(0.01)
        assert await bounded.run(never, lambda advance: "next") == "next"

    asyncio.run(ask())


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/learn", {"cases": [{"diagnosis": "capnon", "mr_t2_signal": "hypo"}] * 30}),
        ("/v1/evaluate", {"cases": [{"diagnosis": "capnon", "findings": {"mr_t2_signal": "hypo"}}] * 30}),
        ("/v1/sensitivity", {"case": {"findings": {"level": "lumbar"}}, "draws": 20_000}),
    ],
)
def test_long_analyses_step(serve: Serve, path: str, body: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each long analysis tells of its steps, at which it can be stopped: here it is, at the second."""
    steps = 0
    run = Work.run

    async def counted(self: Work, receive: Any, function: Callable[[Advance], Any]) -> Any:
        def advance(number: int) -> None:
            nonlocal steps
            steps += 1
            if steps == 2:
                raise Abandoned

        return await run(self, receive, lambda _: function(advance))

    monkeypatch.setattr(Work, "run", counted)
    answer = serve().post(path, body)
    assert (answer.status_code, answer.json()["type"]) == (503, "/v1/docs#too-long")
    assert steps == 2


def test_too_many_clients(serve: Serve) -> None:
    answer = serve(clients=0).post("/v1/query", {"case": {}})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert serve(clients=0).get("/healthz").status_code == 200


def test_lines_are_those_of_the_command_line(small_client: Client, small_path: Path, tmp_path: Path) -> None:
    text = "".join(json.dumps(row) + "\n" for row in ROWS)
    (tmp_path / "in.jsonl").write_text(text)
    call = ["batch", str(tmp_path / "in.jsonl"), "-o", str(tmp_path / "out.jsonl"), "-n", str(small_path), "--json"]
    done = CliRunner().invoke(main, call)
    assert done.exit_code == 0, done.stderr
    summary = json.loads(done.stdout)
    answer = small_client.post("/v1/batch", content=text.encode(), headers=LINES)
    assert answer.headers["content-type"] == "application/x-ndjson"
    *lines, last = answer.text.splitlines(keepends=True)
    scored = [line for line in lines if "error" not in json.loads(line)]
    assert "".join(scored) == (tmp_path / "out.jsonl").read_text()
    wrong = [json.loads(line) for line in lines if line not in scored]
    assert [(error["line"], error["error"]) for error in wrong] == [
        (error["line"], error["message"]) for error in summary["errors"]
    ]
    assert [json.loads(line)["line"] for line in lines] == [1, 2, 3, 4, 5]
    end = json.loads(last)
    assert (end["scored"], end["left_out"]) == (summary["scored"], len(summary["errors"]))
    assert end["warnings"] == summary["warnings"]
    assert (end["network"], end["prior"]) == ("small", "surgical")


def test_lines_are_bounded(serve: Serve) -> None:
    client = serve(line=100, findings=3)
    text = (
        b'{"level": "lumbar"}\n' + b"x" * 5000 + b'\n{"a":1,"b":2,"c":3,"d":4}\n[[[[[[[[[[[[[[1]]]]]]]]]]]]]]\n\n{}'
    )
    *lines, last = [
        json.loads(line) for line in client.post("/v1/batch", content=text, headers=LINES).text.splitlines()
    ]
    assert [line["line"] for line in lines] == [1, 2, 3, 4, 6]
    assert [line.get("error", "")[:17] for line in lines] == [
        "",
        "is longer than 10",
        "a case has at mos",
        "is nested more th",
        "no column is a fi",
    ]
    assert last["scored"] == 1


def test_lines_however_they_arrive() -> None:
    text = b"one\n\ntwo\nthree-is-long\nfour"

    def arriving(size: int) -> Callable[[], Any]:
        pieces = [text[start : start + size] for start in range(0, len(text), size)]

        async def receive() -> Any:
            piece = pieces.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

        return receive

    async def read(size: int) -> list[tuple[int, bytes | None]]:
        return [line async for line in numbered_lines(arriving(size), 8)]

    for size in range(1, len(text) + 1):
        assert asyncio.run(read(size)) == [(1, b"one"), (2, b""), (3, b"two"), (4, None), (5, b"four")]


def test_a_stream_is_answered_while_it_is_sent(small_path: Path) -> None:
    """What has arrived is scored and sent before the rest is there: nothing piles up."""
    app = create_app(Models(str(small_path)), Settings())
    block = (json.dumps({"level": "cervical"}) + "\n").encode() * 512
    sent, received = 0, [0]

    async def ask() -> None:
        answered = asyncio.Event()

        async def receive() -> Any:
            nonlocal sent
            if sent == 0:
                sent = 1
                return {"type": "http.request", "body": block, "more_body": True}
            await asyncio.wait_for(answered.wait(), 30)  # the second half only after the first is answered
            return {"type": "http.request", "body": block, "more_body": False}

        async def send(message: Any) -> None:
            received[0] += message.get("body", b"").count(b"\n")
            if received[0] >= 512:
                answered.set()

        headers = [
            (b"host", b"127.0.0.1"),
            (b"content-type", b"application/x-ndjson"),
            (b"transfer-encoding", b"chunked"),
        ]
        scope = {
            "type": "http", "method": "POST", "path": "/v1/batch", "raw_path": b"/v1/batch", "query_string": b"",
            "headers": headers, "root_path": "", "scheme": "http", "http_version": "1.1",
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000),
        }  # fmt: skip
        await app(scope, receive, send)

    asyncio.run(ask())
    assert received[0] == 1025


def test_models_are_shared(small_path: Path) -> None:
    from bayesdx.case import Case

    models = Models()
    spine = models.model(None, None, Case(findings={"level": "cervical"}))
    cranial = models.model(None, None, Case(findings={"level": "skull_base"}))
    assert (spine.network.id, cranial.network.id) == ("spine", "cranial")
    assert "covers level" in spine.choice
    assert models.model("spine", spine.prior, Case()).engine is spine.engine
    assert models.model("spine", "surgical", Case()).engine is not spine.engine
    assert Models(str(small_path)).names == ("small",)


ARROW = {"Content-Type": "application/vnd.apache.arrow.stream"}


def arrow_stream(table: Any, **options: Any) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table, max_chunksize=2)
    written: bytes = sink.getvalue().to_pybytes()
    return written


def test_an_arrow_stream_is_answered_by_one(small_client: Client) -> None:
    table = pa.table(
        {
            "id": ["a", "b", "c", "d"],
            "level": pa.array(["cervical", "lumbar", "nowhere", None]).dictionary_encode(),
            "mr_t2_signal": pa.array([{"hyper": 0.8, "mixed": 0.2}, None, None, {"hypo": 1.0}]),
            "age": [50, None, 20, 71],
        }
    )
    answer = small_client.post("/v1/batch?prior=uniform", content=arrow_stream(table), headers=ARROW)
    assert (answer.status_code, answer.headers["content-type"]) == (200, ARROW["Content-Type"])
    found = pa.ipc.open_stream(answer.content).read_all()
    assert found.schema.metadata[b"network"] == b"small"
    rows = found.to_pylist()
    assert [(row["line"], row["id"], row["error"] is None) for row in rows] == [
        (1, "a", True),
        (2, "b", True),
        (3, None, False),
        (4, "d", True),
    ]
    same = {"id": "a", "level": "cervical", "mr_t2_signal": {"hyper": 0.8, "mixed": 0.2}, "age": 50}
    (expected,) = small_client.post("/v1/batch", {"cases": [same], "prior": "uniform"}).json()["cases"]
    assert {key: value for key, value in rows[0].items() if key != "error"} == expected


UNFOLDING: dict[str, tuple[Callable[[], Any], dict[str, Any], int]] = {
    "compressed": (lambda: pa.array(["cervical"] * 100), {"compression": "zstd"}, 415),
    "compressed words": (lambda: pa.array(["lumbar"] * 9).dictionary_encode(), {"compression": "lz4"}, 415),
    "lists": (lambda: pa.array([["cervical"]]), {}, 422),
    "long words": (lambda: pa.array(["x" * 100_000]).dictionary_encode(), {}, 422),
    "nulls": (lambda: pa.nulls(2**22), {}, 413),
}


@pytest.mark.parametrize("name", UNFOLDING)
def test_arrow_streams_that_would_unfold(small_client: Client, name: str) -> None:
    column, options, status = UNFOLDING[name]
    table = pa.table({"level": column()})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table)
    answer = small_client.post("/v1/batch", content=sink.getvalue().to_pybytes(), headers=ARROW)
    assert answer.status_code == status, answer.text


def test_arrow_streams_that_are_none(small_client: Client) -> None:
    """However a stream is spoilt, the answer is a refusal, or that of a stream."""
    whole = arrow_stream(pa.table({"id": ["a", "b", "c"], "level": ["cervical", "lumbar", None]}))
    rng = random.Random(1)
    for spoilt in (b"", b"x", whole[:-20], whole[: len(whole) // 2]):
        answer = small_client.post("/v1/batch", content=spoilt, headers=ARROW)
        assert answer.status_code in (200, 400), answer.text
    for _ in range(150):
        spoilt = bytearray(whole)
        for _ in range(rng.randrange(1, 4)):
            spoilt[rng.randrange(len(spoilt))] = rng.randrange(256)
        with suppress(ConnectionAbortedError):  # half an answer was there already
            answer = small_client.post("/v1/batch", content=bytes(spoilt), headers=ARROW)
            assert answer.status_code in (200, 400, 413, 415, 422), answer.text
