"""What a query loads: nothing heavy may slip into its way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "pgmpy",
    "scipy",
    "pandas",
    "networkx",
    "matplotlib",
    "pyarrow",
    "pyagrum",
    "jinja2",
    "torch",
    "starlette",
    "msgspec",
    "uvicorn",
}
PROGRAM = """
import sys
from bayesdx.cli import main
try:
    main(sys.argv[1:])
finally:
    print("\\n".join(sys.modules), file=sys.stderr)
"""


def loaded(*command: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", *command], capture_output=True, text=True, check=True)
    return set(done.stderr.split() or done.stdout.split())


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_query(small_path: Path, options: list[str]) -> None:
    question = ["query", "--network", str(small_path), "-f", "level=cervical", "-f", "mr_t2_signal=hyper"]
    modules = loaded(PROGRAM, *question, *options)
    assert "bayesdx.inference" in modules
    assert not HEAVY & {name.split(".")[0] for name in modules}
    assert not {"rich.table", "rich.console", "yaml"} & modules
    if options:
        assert not {name for name in modules if name.startswith("bayesdx.report.")}


def test_import_costs_no_more_than_numpy() -> None:
    modules = loaded("import sys, bayesdx; print('\\n'.join(sys.modules))")
    assert not (HEAVY | {"rich", "click", "yaml"}) & {name.split(".")[0] for name in modules}


def test_reader_that_stops_early_and_narrow_output(small_path: Path) -> None:
    show = [sys.executable, "-m", "bayesdx", "networks", "show", str(small_path)]
    with subprocess.Popen(show, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    ask = [sys.executable, "-m", "bayesdx", "query", "--network", str(small_path), "--sex", "male"]
    done = subprocess.run(ask, capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}, check=True)
    assert b"#" in done.stdout
