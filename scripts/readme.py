"""Run the commands of README.md and put their output there, or check that it is still what they print.

A block whose fence says ``console`` holds commands, each on a line that begins with ``$ ``, followed by what they
print. ``console head=N`` keeps the first N lines and ends them with ``…``. ``make demo`` stands for the command
that its rule runs; ``make test`` and lines in other blocks are not run.

``python scripts/readme.py`` writes README.md; ``--check`` names what differs, and exits with 1 when something does.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NUMBER = re.compile(r"\d+(?:\.\d+)?")
DRAWN = re.compile(r"[█▏▎▍▌▋▊▉─●]+")
#: Numbers may differ by this much, absolutely and relatively: another processor may round the last digit otherwise.
ROUNDING = (0.25, 0.02)
BLOCK = re.compile(r"^```console(?P<options>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
NOT_RUN = ("make test", "git ", "pip ", "python scripts/bench.py")


def demo_command() -> str:
    """What ``make demo`` runs, as the Makefile has it."""
    rule = re.search(r"^demo:.*\n\t\$\(BIN\)/(.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    if rule is None:
        raise SystemExit("Makefile: no rule demo")
    return rule[1]


def printed(command: str, head: int | None) -> list[str]:
    """The lines that a command prints on a terminal of 100 columns without colour; fails when it does."""
    line = demo_command() if command == "make demo" else command
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = {**os.environ, "PATH": path, "COLUMNS": "100", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        line, shell=True, cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )
    if done.returncode:
        raise SystemExit(f"README: '{command}' failed with {done.returncode}: {done.stderr.strip()}")
    lines = [text.rstrip() for text in done.stdout.rstrip("\n").split("\n")] if done.stdout else []
    return lines if head is None or len(lines) <= head else [*lines[:head], "…"]


def alike(first: list[str], second: list[str]) -> bool:
    """Whether two outputs say the same: equal words, and numbers that are equal but for rounding."""
    texts = [DRAWN.sub(" ", "\n".join(lines)) for lines in (first, second)]
    words = [NUMBER.sub("#", text).split() for text in texts]
    numbers = [[float(x) for x in NUMBER.findall(text)] for text in texts]
    absolute, relative = ROUNDING
    return words[0] == words[1] and all(
        abs(a - b) <= absolute + relative * max(a, b) for a, b in zip(*numbers, strict=True)
    )


def renew(text: str) -> tuple[str, list[str]]:
    """The text with the output of every command as it is now, and the commands whose output was different."""
    changed: list[str] = []

    def block(match: re.Match[str]) -> str:
        found = re.search(r"head=(\d+)", match["options"])
        head = int(found[1]) if found else None
        lines: list[str] = []
        for part in re.split(r"^(?=\$ )", match["body"], flags=re.MULTILINE):
            command, _, before = part.partition("\n")
            if not command.startswith("$ ") or command[2:].startswith(NOT_RUN):
                lines += part.rstrip("\n").split("\n") if part else []
                continue
            now = printed(command[2:], head)
            if not alike(now, before.rstrip("\n").split("\n")):
                changed.append(command[2:])
            lines += [command, *now]
        return f"```console{match['options']}\n" + "\n".join(lines) + "\n```"

    return BLOCK.sub(block, text), changed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when an output is different")
    check = parser.parse_args().check
    path = ROOT / "README.md"
    text, changed = renew(path.read_text(encoding="utf-8"))
    if not check:
        path.write_text(text, encoding="utf-8")
    for command in changed:
        print("different:" if check else "renewed:", command)
    return int(check and bool(changed))


if __name__ == "__main__":
    sys.exit(main())
