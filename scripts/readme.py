"""Run what README.md and the pages of docs/ show and put the results there, or check that they still hold.

``console``             commands, each on a line that begins with ``$ ``, followed by what they print.
                        ``head="N"`` keeps the first N lines and ends them with ``…``; ``from="PAGE"`` takes the
                        output of the same command on another page instead of running it twice
``python``              statements after ``>>>``, followed by what they print; blocks share the names of a page
``LANGUAGE title="F"``  a file F, which the commands that follow on the page may read
``<!-- figure: NAME -->…<!-- end -->``  a number or table that a function of scripts/figures.py gives

Each page is run in a folder of its own, in which examples/, networks/ and priors/ are the project's. ``make demo``
stands for the command that its rule runs; the commands in NOT_RUN are shown only.

``python scripts/readme.py`` writes all pages; ``--check`` names what differs, and exits with 1 when something does.
"""

from __future__ import annotations

import argparse
import contextlib
import doctest
import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from click.testing import CliRunner
from figures import figure

from bayesdx.cli import main as bayesdx
from bayesdx.errors import InputError

ROOT = Path(__file__).resolve().parent.parent
LENT = ("examples", "networks", "priors")
NOT_RUN = ("make test", "make docs", "make serve", "bayesdx serve", "git ", "pip ", "python scripts/", "python -m")
NUMBER = re.compile(r"\d+(?:\.\d+)?")
DRAWN = re.compile(r"[█▏▎▍▌▋▊▉─●]+")
#: Numbers may differ by this much, absolutely and relatively: another processor may round the last digit otherwise.
ROUNDING = (0.25, 0.02)
BLOCK = re.compile(
    r"^```(?P<language>\w+)(?P<options>[^\n]*)\n(?P<body>.*?)^```$"
    r"|<!-- figure: (?P<figure>\w+) -->(?P<value>.*?)<!-- end -->",
    re.MULTILINE | re.DOTALL,
)
OPTION = re.compile(r'(\w+)="([^"]*)"')


def pages() -> list[Path]:
    """The pages that hold something to run, the longest first: they are shared out over two processes."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "priors" / "README.md"]
    texts = {path: path.read_text(encoding="utf-8") for path in found}
    runnable = [path for path in found if BLOCK.search(texts[path])]
    return sorted(runnable, key=lambda path: path.stem != "evaluation")


def demo_command() -> str:
    """What ``make demo`` runs, as the Makefile has it."""
    rule = re.search(r"^demo:.*\n\t\$\(BIN\)/(.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    if rule is None:
        raise SystemExit("Makefile: no rule demo")
    return rule[1]


def printed(command: str) -> list[str]:
    """The lines that a command prints; SystemExit when it fails.

    ``bayesdx`` is called within this process; a line that needs a shell (a pipe, another program) gets one.
    """
    line = demo_command() if command == "make demo" else command
    words = list(shlex.shlex(line, posix=True, punctuation_chars=True))
    if words[0] == "bayesdx" and not any(set(word) <= set("|<>&;()") for word in words):
        done = CliRunner().invoke(bayesdx, shlex.split(line)[1:], prog_name="bayesdx")
        code, output, errors = done.exit_code, done.stdout, done.stderr
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
    else:
        run = subprocess.run(line, shell=True, capture_output=True, text=True, encoding="utf-8", check=False)
        code, output, errors = run.returncode, run.stdout, run.stderr
    if code:
        raise SystemExit(f"'{command}' failed with {code}: {errors.strip()}")
    return [text.rstrip() for text in output.rstrip("\n").split("\n")] if output else []


def shortened(lines: list[str], head: str | None) -> list[str]:
    return lines if head is None or len(lines) <= int(head) else [*lines[: int(head)], "…"]


def alike(first: str, second: str) -> bool:
    """Whether two outputs say the same: equal words, and numbers that are equal but for rounding."""
    texts = [DRAWN.sub(" ", text) for text in (first, second)]
    words = [NUMBER.sub("#", text).split() for text in texts]
    numbers = [[float(x) for x in NUMBER.findall(text)] for text in texts]
    absolute, relative = ROUNDING
    return words[0] == words[1] and all(
        abs(a - b) <= absolute + relative * max(a, b) for a, b in zip(*numbers, strict=True)
    )


def commands(body: str) -> Iterator[tuple[str, str]]:
    """The commands of a console block, each with what is printed under it."""
    for part in re.split(r"^(?=\$ )", body, flags=re.MULTILINE):
        command, _, output = part.partition("\n")
        if command.startswith("$ "):
            yield command[2:], output


def console(body: str, head: str | None) -> str:
    lines: list[str] = []
    for command, before in commands(body):
        shown = command.startswith(NOT_RUN)
        lines += [f"$ {command}", *(before.rstrip("\n").split("\n") if shown and before else [])]
        lines += [] if shown else shortened(printed(command), head)
    return "\n".join(lines) + "\n"


def python(body: str, names: dict[str, object], place: str) -> str:
    """The block with what each of its statements prints; ``names`` are the variables of the page."""
    parts = []
    for piece in doctest.DocTestParser().parse(body):
        if isinstance(piece, str):
            parts.append(piece)
            continue
        first, *rest = piece.source.rstrip("\n").split("\n")
        parts.append("\n".join([f">>> {first}", *(f"... {line}".rstrip() for line in rest)]) + "\n")
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            try:
                exec(compile(piece.source, place, "single"), names)
            except InputError as error:
                if not piece.want.startswith("Traceback"):
                    raise SystemExit(f"{first}: {error!r}") from error
                message = traceback.format_exception_only(error)[-1].rstrip()
                output.write(f"Traceback (most recent call last):\n    ...\n{message}\n")
        parts.append(re.sub(r"^[ \t]*$", "<BLANKLINE>", output.getvalue().rstrip("\n"), flags=re.MULTILINE) + "\n")
        if not output.getvalue():
            parts.pop()
    return "".join(parts)


def renew(text: str, place: str = "page") -> tuple[str, list[str]]:
    """The text with all its results as they are now, and what has changed, in the present folder."""
    changed: list[str] = []
    names: dict[str, object] = {"__name__": "__main__"}

    def result(match: re.Match[str]) -> str:
        if name := match["figure"]:
            before, now, title = match["value"], figure(name), f"figure {name}"
            whole = f"<!-- figure: {name} -->{now}<!-- end -->"
        else:
            options = dict(OPTION.findall(match["options"]))
            before, title = match["body"], match["body"].partition("\n")[0]
            if "title" in options:
                Path(options["title"]).write_text(before, encoding="utf-8")
            now = before
            if match["language"] == "console" and "from" not in options:
                now = console(before, options.get("head"))
            elif match["language"] == "python":
                now = python(before, names, place)
            whole = f"```{match['language']}{match['options']}\n{now}```"
        if not alike(now, before):
            changed.append(f"{place}: {title}")
        return whole

    return BLOCK.sub(result, text), changed


def borrow(text: str, others: dict[str, str], place: str) -> tuple[str, list[str]]:
    """The text with the console blocks that are taken ``from`` another page, and those that have changed."""
    changed: list[str] = []

    def taken(match: re.Match[str]) -> str:
        options = dict(OPTION.findall(match["options"] or ""))
        if "from" not in options:
            return match[0]
        blocks = (other["body"] for other in BLOCK.finditer(others[options["from"]]) if other["body"])
        outputs = {command: output for body in blocks for command, output in commands(body)}
        lines: list[str] = []
        for command, _ in commands(match["body"]):
            lines += [f"$ {command}", *shortened(outputs[command].rstrip("\n").split("\n"), options.get("head"))]
        now = "\n".join(lines) + "\n"
        if not alike(now, match["body"]):
            changed.append(f"{place}: {lines[0]}")
        return f"```console{match['options']}\n{now}```"

    return BLOCK.sub(taken, text), changed


def renew_page(path: Path) -> tuple[str, list[str]]:
    """Run a page in a folder of its own, on a terminal of 100 columns without colour."""
    path_variable = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    os.environ.update(PATH=path_variable, COLUMNS="100", NO_COLOR="1", PYTHONIOENCODING="utf-8")
    place = path.relative_to(ROOT).as_posix()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for name in LENT:
            Path(name).symlink_to(ROOT / name, target_is_directory=True)
        try:
            return renew(path.read_text(encoding="utf-8"), place)
        except SystemExit as error:
            return "", [f"{place}: {error}"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when something is different")
    check = parser.parse_args().check
    paths = pages()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        done = dict(zip(paths, pool.map(renew_page, paths), strict=True))
    texts = {path.relative_to(ROOT).as_posix(): text for path, (text, _) in done.items()}
    failed = False
    for path, (text, changed) in done.items():
        if not text:
            print("failed:", *changed)
            failed = True
            continue
        text, borrowed = borrow(text, texts, path.relative_to(ROOT).as_posix())
        if not check:
            path.write_text(text, encoding="utf-8")
        for what in (*changed, *borrowed):
            print("different:" if check else "renewed:", what)
            failed = failed or check
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
