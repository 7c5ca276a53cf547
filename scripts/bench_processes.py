"""What a user waits for: whole processes, and the analyses beside a query of the same run."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from bench_peers import draw_case
from bench_rows import Row, interleaved, timed
from example_networks import example_path

import bayesdx
from bayesdx.formats.case_file import read_cases
from bayesdx.formats.convert import interchange_text
from bayesdx.formats.plain_names import renaming
from bayesdx.network import Network

IMPORTS = "import numpy, click, rich"
PGMPY_QUERY = """
from pgmpy.readwrite import BIFReader
from pgmpy.inference import VariableElimination
model = BIFReader({path!r}).get_model()
print(VariableElimination(model).query([{target!r}], evidence={case!r}, show_progress=False))
"""

CASE = Path(__file__).resolve().parent.parent / "examples" / "c7-radiculopathy.yaml"
ANDES_TARGET = "GOAL_2"
ANDES = {"RApp1": "true", "SNode_27": "false", "KNOWN8": "true", "VELOCITY7": "false"}
#: How many times as long as a query an analysis may take: asked of a loaded model, and as a whole process.
LIMITS: Mapping[str, tuple[float | None, float]] = {
    "explain": (2.5, 2),
    "cite": (2.5, 2),
    "sensitivity": (None, 9),
    "report": (None, 12),
    "what-if on andes": (None, 8),
}


@dataclass(frozen=True)
class Share:
    """Seconds of a task, and of what it is held against in the same run; ``most``: the ratio that it may reach."""

    task: str
    against: str
    ours: float
    theirs: float
    most: float | None

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs

    @property
    def reached(self) -> bool:
        return self.most is None or self.ratio <= self.most


def cold_rows(network: Network, repeat: int) -> Iterator[Row | Share]:
    """``bayesdx query`` beside the import of its dependencies, and beside the same query in pgmpy."""
    rng = np.random.default_rng(0)
    case = draw_case(network, rng, 0.3, [v.id for v in network.findings if v.id != "size_mm"])
    named = {name: network.variable(name).states[state] for name, state in case.items()}
    query = [*command("query"), "--network", network.id, *options(named)]
    with tempfile.TemporaryDirectory() as folder:
        run = partial(process, folder)
        imports = [sys.executable, "-c", IMPORTS]
        ours, theirs = interleaved(partial(run, query), partial(run, imports), repeat)
        yield Share("query, whole process", IMPORTS, ours, theirs, 1.6)
        path = Path(folder) / "network.bif"
        path.write_text(interchange_text(network, "bif"), encoding="utf-8")
        renamed = renaming(network, "bif")
        plain = {name: renamed.state(name, state) for name, state in named.items()}
        script = PGMPY_QUERY.format(path=str(path), target=str(network.target), case=plain)
        pgmpy = [sys.executable, "-c", script]
        ours, theirs = interleaved(partial(run, query), partial(run, pgmpy), min(repeat, 3))
        yield Row("query, whole process", "pgmpy script", ours, theirs, 8)


def analysis_rows(repeat: int) -> Iterator[Share]:
    """The analyses of one case beside its query, all run in turns."""
    model, case = bayesdx.load("spine"), read_cases(str(CASE))[0]
    andes = bayesdx.load(example_path("andes"), target=ANDES_TARGET)
    warm: dict[str, Callable[[], Any]] = {
        "query": partial(model.query, case),
        "explain": partial(model.explain, case),
        "cite": partial(model.cite, case),
        "sensitivity": partial(model.sensitivity, case),
        "report": partial(model.report, case),
        "what-if on andes": partial(andes.what_if, {"findings": ANDES}),
    }
    yield from shares(warm, "warm", repeat, 0)
    with tempfile.TemporaryDirectory() as folder:
        on_andes = ["--network", str(example_path("andes")), "--target", ANDES_TARGET, *options(ANDES)]
        commands = {
            **{name: [*command(name), str(CASE)] for name in ("query", "explain", "cite", "sensitivity")},
            "report": [*command("report"), str(CASE), "-o", str(Path(folder) / "report.html")],
            "what-if on andes": [*command("what-if"), *on_andes],
        }
        whole = {name: partial(process, folder, line) for name, line in commands.items()}
        yield from shares(whole, "whole process", repeat, 1)


def shares(calls: Mapping[str, Callable[[], Any]], how: str, repeat: int, limit: int) -> Iterator[Share]:
    """Medians of ``calls`` beside that of ``query``, run in turns after one unmeasured run of each."""
    runs = [{name: timed(call) for name, call in calls.items()} for _ in range(1 + repeat)][1:]
    seconds = {name: statistics.median(run[name] for run in runs) for name in calls}
    for name, limits in LIMITS.items():
        yield Share(f"{name}, {how}", f"query, {how}", seconds[name], seconds["query"], limits[limit])


def command(name: str) -> list[str]:
    return [str(Path(sys.executable).with_name("bayesdx")), name]


def options(findings: Mapping[str, str]) -> list[str]:
    return [part for name, state in findings.items() for part in ("-f", f"{name}={state}")]


def compiled_in(folder: str) -> dict[str, str]:
    """The environment of processes whose modules are compiled, as they are once a package is installed."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**environment, "PYTHONPYCACHEPREFIX": folder}


def process(folder: str, line: list[str]) -> None:
    """Run a command with its modules compiled: they are kept in ``folder``."""
    done = subprocess.run(line, capture_output=True, text=True, env=compiled_in(folder))
    if done.returncode:
        raise SystemExit(f"{' '.join(line[:4])} … failed: {done.stderr.strip()[-500:]}")
