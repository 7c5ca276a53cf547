"""Many clients at once against a server of its own: does it stay up, stay even, and forget what it has answered?

``python scripts/load.py --clients 8 --seconds 600`` starts ``bayesdx serve`` and asks it by turns for the page, for
what the page shows after a click, and for ``/v1/query``, each time with other findings: first one client alone,
then all of them. Then bad clients stand beside: bodies that are too large, heads that never end, connections that
are half closed or dropped, random bytes. It prints throughput and times as ratios to the single client, and memory
as it goes; it exits with 1 when a good client met an error, or when memory was still growing at the end.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

STATES: dict[str, list[object]] = {
    "level": ["cervical", "lumbar", "craniocervical", "skull_base", "posterior_fossa"],
    "mr_t2_signal": ["hyper", "hypo", "not hyper", {"hyper": 0.6, "mixed": 0.4}],
    "mr_enhancement": ["none", "homogeneous", "not none"],
    "mr_dural_tail": ["present", "absent"],
    "ct_calcification": ["present", "absent"],
    "sex": ["female", "male"],
}
#: The peak of memory may still grow by this share in the last quarter of a run.
GROWTH = 0.1


@dataclass
class Tally:
    """What the clients of a phase met; ``milliseconds`` of every answer, ``failures`` by what was wrong."""

    milliseconds: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)

    def quantile(self, share: float) -> float:
        ordered = sorted(self.milliseconds)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def started() -> tuple[subprocess.Popen[str], int]:
    """A server, and the port that it listens at."""
    call = [sys.executable, "-m", "bayesdx", "serve", "--port", "0", "--no-open", "--no-audit"]
    process = subprocess.Popen(call, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    address = re.match(r"http://127\.0\.0\.1:(\d+)/", process.stderr.readline())
    if address is None:
        raise SystemExit("the server does not start")
    port = int(address[1])
    while fetch(port, "GET", "/readyz", None)[0] != 200:
        time.sleep(0.05)
    return process, port


def fetch(port: int, method: str, path: str, body: object) -> tuple[int, bytes]:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        sent = None if body is None else json.dumps(body)
        client.request(method, path, sent, {"Content-Type": "application/json"})
        answer = client.getresponse()
        return answer.status, answer.read()
    finally:
        client.close()


def good(port: int, end: float, tally: Tally, seed: int) -> None:
    """A client that asks one thing after the other on a connection that it keeps."""
    rng = random.Random(seed)
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while time.monotonic() < end:
        some = rng.sample(sorted(STATES), rng.randrange(1, 5))
        case = {"age": rng.randrange(5, 90), "findings": {name: rng.choice(STATES[name]) for name in some}}
        method, path, body = rng.choice(
            [("GET", "/", None), ("POST", "/page/answer", {"case": case}), ("POST", "/v1/query", {"case": case})]
        )
        begun = time.perf_counter()
        try:
            client.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
            answer = client.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            tally.failures[type(error).__name__] += 1
            client.close()
            continue
        tally.milliseconds.append((time.perf_counter() - begun) * 1000)
        whole = content.startswith(b"<!" if body is None else b"{") and len(content) > 1000
        if path == "/page/answer":  # lines, of which the last is as whole as the others
            whole = whole and all("error" not in json.loads(line) for line in content.splitlines())
        if answer.status != 200 or not whole:
            tally.failures[f"{answer.status} {path}"] += 1
    client.close()


HEAD = b"POST /v1/query HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "


def oversized(client: socket.socket, rng: random.Random) -> None:
    client.sendall(HEAD + b"99999999\r\n\r\n" + b"x" * 200_000)
    client.recv(1000)


def slow(client: socket.socket, rng: random.Random) -> None:
    for byte in HEAD + b"5000\r\n\r\n{":
        client.send(bytes([byte]))
        time.sleep(0.05)


def half_closed(client: socket.socket, rng: random.Random) -> None:
    client.sendall(HEAD + b'12\r\n\r\n{"case": {}}')
    client.shutdown(socket.SHUT_WR)
    client.recv(1000)


def dropped(client: socket.socket, rng: random.Random) -> None:
    client.sendall(HEAD + b'12\r\n\r\n{"case": {}}')


def random_bytes(client: socket.socket, rng: random.Random) -> None:
    client.sendall(rng.randbytes(rng.randrange(1, 5000)))
    client.recv(1000)


def deep(client: socket.socket, rng: random.Random) -> None:
    body = b'{"case": ' + b"[" * 100_000
    client.sendall(HEAD + str(len(body)).encode() + b"\r\n\r\n" + body)
    client.recv(1000)


BAD = (oversized, slow, half_closed, dropped, random_bytes, deep)


def bad(port: int, end: float, tally: Tally, seed: int) -> None:
    """A client that does one bad thing after the other."""
    rng = random.Random(seed)
    while time.monotonic() < end:
        harm: Callable[[socket.socket, random.Random], None] = rng.choice(BAD)
        tally.sent[harm.__name__] += 1
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            harm(client, rng)
        time.sleep(0.02)


def phase(port: int, process: int, clients: int, enemies: int, seconds: float) -> tuple[Tally, list[int]]:
    """Ask for some seconds; what the good clients met, and the server's memory in kB, twenty times on the way."""
    tally, harm, memory = Tally(), Tally(), [resident(process)]
    end = time.monotonic() + seconds
    threads = [threading.Thread(target=good, args=(port, end, tally, seed)) for seed in range(clients)]
    threads += [threading.Thread(target=bad, args=(port, end, harm, seed)) for seed in range(enemies)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        time.sleep(seconds / 20)
        memory.append(resident(process))
    for thread in threads:
        thread.join()
    tally.sent = harm.sent
    return tally, memory


def resident(process: int) -> int:
    """Memory of a process in kB (Linux)."""
    with open(f"/proc/{process}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--enemies", type=int, default=8, help="bad clients of the last phase")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each of the two long phases")
    asked = parser.parse_args()
    process, port = started()
    failed = False
    try:
        single, _ = phase(port, process.pid, 1, 0, min(asked.seconds, 15))
        alone = len(single.milliseconds) / min(asked.seconds, 15)
        print(f"1 client: {alone:.1f} requests/s")
        print(f"p50 {single.quantile(0.5):.1f} ms, p99 {single.quantile(0.99):.1f} ms")
        for enemies in (0, asked.enemies):
            tally, memory = phase(port, process.pid, asked.clients, enemies, asked.seconds)
            rate = len(tally.milliseconds) / asked.seconds
            beside = f" beside {enemies} bad ones ({dict(tally.sent)})" if enemies else ""
            print(f"\n{asked.clients} clients{beside}: {len(tally.milliseconds)} requests")
            print(f"throughput {rate / alone:.2f} x one client ({rate:.1f}/s)")
            for share, name in ((0.5, "p50"), (0.99, "p99")):
                ratio = tally.quantile(share) / single.quantile(share)
                print(f"{name} {ratio:.1f} x one client ({tally.quantile(share):.1f} ms)")
            print("memory, MB: " + " ".join(f"{kilobytes / 1024:.0f}" for kilobytes in memory))
            growth = max(memory[-5:]) / max(memory[-10:-5]) - 1  # peaks: what is in work comes and goes
            print(f"memory, the last quarter against the one before: {growth:+.1%}")
            print(f"errors: {dict(tally.failures) or 'none'}")
            failed |= bool(tally.failures) or growth > GROWTH
        status, _ = fetch(port, "GET", "/healthz", None)
        failed |= status != 200
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    print(f"\nended with {process.returncode}")
    if said.strip().splitlines()[1:]:
        print(said)
    return int(failed or process.returncode != 0)


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.exit(main())
