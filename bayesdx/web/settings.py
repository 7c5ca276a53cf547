"""What a server allows, and whom it answers."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Mapping, Sized
from dataclasses import dataclass, field

from bayesdx.errors import InputError
from bayesdx.files import read_text

LOOPBACK = ("127.0.0.1", "localhost", "::1")
#: Threads that answer at once: one for each processor.
THREADS = min(max(os.cpu_count() or 2, 2), 8)
_KEY = re.compile(r"(?:(?P<id>[\w.-]{1,64}):)?(?P<hash>[0-9a-fA-F]{64})")


@dataclass(frozen=True)
class Settings:
    """Limits of a server, the host names that it answers to, and its keys.

    ``hosts`` are the names that a Host header may have, None for any. ``keys`` are SHA-256 hashes by id; without
    any, nobody is asked for a key. ``behind_proxy``: a proxy names the host that was asked in X-Forwarded-Host.

    ``body`` and ``table`` are bytes of a request and of one that holds many cases, ``line`` bytes of one case of a
    stream; ``depth`` is how deep JSON may be nested, ``findings`` how many a case may state. ``clients`` are
    answered at once; ``threads`` work for them, and ``long_threads`` on what takes long, and ``waiting`` may stand
    in line for either. ``seconds`` is how long an answer may take, ``idle`` how long a client may say nothing in
    the middle of a request. ``audit`` writes a line a request.
    """

    hosts: tuple[str, ...] | None = LOOPBACK
    keys: Mapping[str, str] = field(default_factory=dict)
    behind_proxy: bool = False
    body: int = 1 << 20
    table: int = 16 << 20
    line: int = 64 << 10
    depth: int = 12
    findings: int = 100
    clients: int = 64
    threads: int = THREADS
    long_threads: int = 2
    waiting: int = 32
    seconds: float = 120.0
    idle: float = 10.0
    audit: bool = False

    def check_findings(self, stated: Sized, place: str = "") -> None:
        """Raise InputError where a case states more findings than one may have here."""
        if len(stated) > self.findings:
            raise InputError(f"a case has at most {self.findings} findings here", place=place)

    @property
    def local(self) -> bool:
        """Whether only who sits at this machine is answered."""
        return self.hosts == LOOPBACK and not self.behind_proxy


def read_keys(path: str) -> dict[str, str]:
    """The hashes of a key file by id: one a line, ``id:hash`` or ``hash``, and comments after ``#``.

    Raises InputError for a line that is no SHA-256 hash, an id that is given twice, and a file without any key.
    """
    text, place = read_text(path)
    keys: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        entry = line.partition("#")[0].strip()
        if not entry:
            continue
        match = _KEY.fullmatch(entry)
        if match is None:
            raise InputError(f"line {number}: is not id:hash, with the SHA-256 hash of a key", place=place)
        name = match["id"] or f"line-{number}"
        if name in keys:
            raise InputError(f"line {number}: key '{name}' is given twice", place=place)
        keys[name] = match["hash"].lower()
    if not keys:
        raise InputError("holds no key", place=place)
    return keys


def add_key(path: str, name: str) -> str:
    """Make a key, add its hash to a key file (which only its owner may read), and return the key itself.

    Raises InputError for a name that is no id or is taken, and for a file that cannot be written.
    """
    if not re.fullmatch(r"[\w.-]{1,64}", name):
        raise InputError(f"'{name}' is no id of a key: use letters, digits, '.', '_' and '-'")
    there = os.path.exists(path) and os.path.getsize(path) > 0
    known = read_keys(path) if there else {}
    if name in known:
        raise InputError(f"key '{name}' is there already", place=path)
    key = secrets.token_urlsafe(32)
    try:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with open(file, "a", encoding="ascii") as lines:
            lines.write("\n" if there and not read_text(path)[0].endswith("\n") else "")
            lines.write(f"{name}:{hashlib.sha256(key.encode()).hexdigest()}\n")
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", place=path) from None
    return key
