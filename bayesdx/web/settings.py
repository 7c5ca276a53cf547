"""What a server allows, and whom it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Settings:
    """Limits of a server, the host names that it answers to, and its keys.

    ``hosts`` are the names that a Host header may have, None for any. ``keys`` are SHA-256 hashes by id; without any,
    nobody is asked for a key. ``body`` and ``table`` are bytes of a request and of one that holds many cases,
    ``line`` bytes of one case of a stream; ``depth`` is how deep JSON may be nested, ``findings`` how many a case may
    state, ``draws`` how many may be simulated. ``threads`` answer at once, of them ``long_threads`` what takes long;
    ``waiting`` requests may stand behind either. ``seconds`` is how long an answer may take and ``idle`` how long a
    client may say nothing in the middle of a request. ``audit`` writes a line a request.
    """

    hosts: tuple[str, ...] | None = ("127.0.0.1", "localhost", "::1")
    keys: Mapping[str, str] = field(default_factory=dict)
    body: int = 1 << 20
    table: int = 16 << 20
    line: int = 64 << 10
    depth: int = 16
    findings: int = 100
    draws: int = 20_000
    threads: int = 4
    long_threads: int = 2
    waiting: int = 32
    seconds: float = 60.0
    idle: float = 10.0
    connections: int = 256
    audit: bool = False
