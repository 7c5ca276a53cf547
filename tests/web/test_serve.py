"""A server in a process of its own: how it starts and ends, and how it bears with bad clients."""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, NamedTuple

import pytest
from click.testing import CliRunner

from bayesdx.cli import main

BODY = json.dumps({"case": {"findings": {"level": "cervical"}}}).encode()
#: The command, with less patience than it has by itself: nothing here waits long.
HASTY = """
import sys
from bayesdx.web import settings
original = settings.Settings.__init__
def hasty(self, **given):
    original(self, **{"idle": 0.5, "seconds": 60.0, **given})
settings.Settings.__init__ = hasty
from bayesdx.cli import main
main(sys.argv[1:])
"""


class Served(NamedTuple):
    """A server that listens."""

    process: subprocess.Popen[str]
    port: int
    said: IO[str]

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def asks(self) -> bool:
        """Whether a well-behaved client gets its answer."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        client.request("POST", "/v1/query", BODY, {"Content-Type": "application/json"})
        answer = client.getresponse()
        found = json.loads(answer.read())
        client.close()
        return answer.status == 200 and found["network"] == "small"


@contextmanager
def serving(network: Path, *options: str) -> Iterator[Served]:
    call = [sys.executable, "-c", HASTY, "serve", "-n", str(network), "--port", "0", "--no-open", *options]
    with (
        TemporaryFile("w+") as said,
        subprocess.Popen(call, stdout=subprocess.PIPE, stderr=said, text=True) as process,
    ):
        try:
            while (match := re.match(r"http://127\.0\.0\.1:(\d+)/", read(said))) is None:
                assert process.poll() is None, read(said)
                time.sleep(0.02)
            yield Served(process, int(match[1]), said)
        finally:
            if process.poll() is None:
                process.kill()


def read(file: IO[str]) -> str:
    """All that is in a file by now."""
    return os.pread(file.fileno(), 1 << 20, 0).decode()


@pytest.fixture(scope="module")
def served(small_path: Path) -> Iterator[Served]:
    """A server that bad clients share."""
    with serving(small_path, "--no-audit") as one:
        yield one


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_clean_end(small_path: Path, number: int) -> None:
    with serving(small_path) as one:
        assert one.asks()
        with one.connect() as idle:  # which waits for nothing
            idle.send(b"GET / HTTP/1.1\r\n")
            one.process.send_signal(number)
            out, _ = one.process.communicate(timeout=60)
            err = read(one.said)
    assert one.process.returncode in (0, -signal.SIGTERM)
    assert one.process.returncode == 0 or number == signal.SIGTERM
    assert out == ""
    assert "Traceback" not in err
    _, disclaimer, *lines = err.splitlines()
    assert "not a medical device" in disclaimer
    assert [json.loads(line)["route"] for line in lines] == ["/v1/query"]


def refused(*arguments: str) -> str:
    done = CliRunner().invoke(main, ["serve", "--no-open", *arguments])
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_what_is_not_served(small_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"port {port} of 127.0.0.1 is in use" in refused("-n", str(small_path), "--port", str(port))
    for host in ("0.0.0.0", "192.0.2.1", "::"):
        said = refused("--host", host)
        assert "--key-file" in said
        assert "--behind-proxy" in said
    assert "cannot listen" in refused("-n", str(small_path), "--host", "192.0.2.1", "--behind-proxy")
    assert "no such file" in refused("--key-file", str(tmp_path / "none"))
    assert "did you mean 'spine'" in refused("-n", "spin")
    assert "--target needs --network" in refused("--target", "x")
    assert "--key-file" in refused("--new-key", "x")
    assert "is no id" in refused("--new-key", "a:b", "--key-file", str(tmp_path / "keys"))
    for missing in ("starlette", "msgspec", "jinja2", "uvicorn"):
        with monkeypatch.context() as without:
            for module in [name for name in sys.modules if name.partition(".")[0] == missing]:
                without.delitem(sys.modules, module)
            without.setitem(sys.modules, missing, None)
            without.delitem(sys.modules, "bayesdx.web.server", raising=False)
            assert "pip install 'bayesdx[web]'" in refused("-n", str(small_path))


def test_a_new_key(small_path: Path, tmp_path: Path) -> None:
    file = tmp_path / "keys"
    made = CliRunner().invoke(main, ["serve", "--key-file", str(file), "--new-key", "reader"])
    assert made.exit_code == 0
    with serving(small_path, "--key-file", str(file)) as one:
        for key, status in ((made.stdout.strip(), 200), ("guess", 401)):
            client = http.client.HTTPConnection("127.0.0.1", one.port, timeout=60)
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
            client.request("POST", "/v1/query", BODY, headers)
            assert client.getresponse().status == status
            client.close()


def request(head: str = "", body: bytes = BODY, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    lines = "POST /v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return f"{lines}Content-Length: {size}\r\n{head}\r\n".encode() + body


def drained(client: socket.socket) -> bytes:
    """What the server sends until it closes."""
    received = b""
    with suppress(ConnectionError):
        while piece := client.recv(65536):
            received += piece
    return received


#: What a client sends and then stops at, and how the server's answer begins before it hangs up.
STALLED = {
    "nothing": (b"", b""),
    "half a head": (b"POST /v1/query HTTP/1.1\r\nHost: loc", b""),
    "a head without an end": (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ", b""),
    "half a body": (request(length=10_000), b"HTTP/1.1 408"),
    "no body": (request(body=b"", length=10), b"HTTP/1.1 408"),
    "half a chunk": (
        b"POST /v1/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
        b"Transfer-Encoding: chunked\r\n\r\nff\r\n{",
        b"HTTP/1.1 200",
    ),
    "a body that is too large": (request(length=1 << 40), b"HTTP/1.1 413"),
    "a length that is none": (request().replace(b"Length: ", b"Length: -"), b"HTTP/1.1 400"),
    "two lengths": (request("Content-Length: 3\r\n"), b"HTTP/1.1 400"),
    "a length and chunks": (request("Transfer-Encoding: chunked\r\n"), b"HTTP/1.1 4"),
    "a head that is too large": (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000, b"HTTP/1.1 4"),
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"HTTP/1.1 400"),
    "a path that is none": (b"GET \xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n", b"HTTP/1.1 4"),
    "a web socket": (
        b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade, close\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        b"HTTP/1.1 200",
    ),
}


@pytest.mark.parametrize("name", STALLED)
def test_clients_that_stall_are_cut_off(served: Served, name: str) -> None:
    sent, begins = STALLED[name]
    with served.connect() as client:
        with suppress(ConnectionError):
            client.sendall(sent)
        answer = drained(client)  # ends: the server hangs up
    assert answer.startswith(begins)
    assert b"Traceback" not in answer
    assert served.asks()


def test_clients_that_trickle_are_cut_off(served: Served) -> None:
    """A byte now and then is no reason to wait on."""
    with served.connect() as client:
        client.settimeout(0.1)
        answer = b""
        with suppress(ConnectionError):
            for byte in request("X-Slow: " + "x" * 5000 + "\r\n") + b" " * 5000:
                client.send(bytes([byte]))
                with suppress(TimeoutError):
                    piece = client.recv(65536)
                    answer += piece
                    if not piece:
                        break
            else:
                pytest.fail("the server is still waiting")
    assert served.asks()


def test_clients_that_do_not_read_are_cut_off(served: Served) -> None:
    """A stream whose answers nobody takes ends; the server does not keep them."""
    head = (
        b"POST /v1/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    lines = b'{"level": "cervical"}\n' * 2000
    chunk = f"{len(lines):x}\r\n".encode() + lines + b"\r\n"
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(60)
        client.connect(("127.0.0.1", served.port))
        with pytest.raises(ConnectionError):
            client.sendall(head + chunk * 2000)
    assert served.asks()


def test_half_closed_and_gone(served: Served) -> None:
    with served.connect() as client:  # whoever says that it will send no more is taken to have gone
        client.sendall(request())
        client.shutdown(socket.SHUT_WR)
        drained(client)
    for _ in range(20):  # asks, and goes without waiting
        with served.connect() as client:
            client.sendall(request())
    assert served.asks()


def test_random_bytes(served: Served) -> None:
    rng = random.Random(1)
    whole = request()
    for _ in range(60):
        sent = bytearray(whole if rng.random() < 0.7 else rng.randbytes(300))
        for _ in range(rng.randrange(1, 6)):
            sent[rng.randrange(len(sent))] = rng.randrange(256)
        with served.connect() as client:
            with suppress(ConnectionError):
                client.sendall(bytes(sent))
                client.shutdown(socket.SHUT_WR)
            answer = drained(client)
        assert not answer.startswith(b"HTTP/1.1 5"), bytes(sent)
        assert b"Traceback" not in answer
    assert served.asks()


def test_many_connections(served: Served) -> None:
    """Connections that only stand open do not keep others out."""
    idle = [served.connect() for _ in range(200)]
    try:
        assert served.asks()
    finally:
        for client in idle:
            client.close()
