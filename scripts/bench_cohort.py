"""Measure cohorts: the CPU time of a case against peers, ten million rows end to end, and how more workers scale.

``python scripts/bench_cohort.py`` runs all three; ``--only peers|rows|workers`` a part. Findings are missing at
random: each case shows any number of them. Times against peers are CPU seconds of one core, in one run. pgmpy is
asked for the target alone: its ``predict_probability`` makes the joint distribution of all that is missing, more
than memory holds. Needs the extras ``bench`` and ``cohort``.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is there: figures are of one core

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from bench_peers import PyAgrum, to_pyagrum

from bayesdx.batch import Spec, score
from bayesdx.batch.scoring import ROWS
from bayesdx.loading import load
from bayesdx.network import Network

PARTS = ("peers", "rows", "workers")
#: Cases that are drawn: they come again with other findings missing.
DRAWN = 100_000
FILE, GROUP = 500_000, 65_536
PYAGRUM, PGMPY = 300, 10
PAGE = 4096


def cases(network: Network, codes: Any, rng: np.random.Generator) -> tuple[Any, pa.Table]:
    """State numbers, -1 where nothing is seen, and the same cases as a table of words."""
    seen = rng.random(codes.shape) < rng.random((len(codes), 1))
    shown = {v.id: network.index[v.id] for v in network.findings}
    columns = {"id": pa.array([f"p{i}" for i in range(len(codes))])}
    for name, v in shown.items():
        states = pa.array(codes[:, v].astype(np.int8), mask=~seen[:, v])
        columns[name] = pa.DictionaryArray.from_arrays(states, list(network.variable(name).states))
    hidden = np.ones(codes.shape[1], dtype=bool)
    hidden[list(shown.values())] = False
    return np.where(seen & ~hidden, codes, -1), pa.table(columns)


def cpu(call: Callable[[], Any]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def peers(repeat: int) -> Iterator[str]:
    """CPU time of a case: ours in memory from words to answers, and the peers' of the same cases."""
    from pgmpy.inference import VariableElimination

    from bayesdx.formats.convert import to_pgmpy

    model = load("spine")
    network, rng = model.network, np.random.default_rng(1)
    codes, table = cases(network, model.engine.sample({}, DRAWN, rng), rng)
    spec, batches = Spec(model), table.combine_chunks().to_batches()
    target = str(network.target)
    agrum = PyAgrum(to_pyagrum(network), target)
    seen = [{network.variables[i].id: int(row[i]) for i in np.flatnonzero(row >= 0)} for row in codes[:PYAGRUM]]
    pgmpy = VariableElimination(to_pgmpy(network))
    words = [{k: v for k, v in row.items() if k != "id" and v} for row in table.slice(0, PGMPY).to_pylist()]
    answers: list[Any] = []
    answered: list[Any] = []
    engine = model.engine

    def ask_pgmpy() -> None:
        for one in words:
            pgmpy.query([target], evidence=one, show_progress=False)

    short = codes.astype(np.int16)

    def ask_engine() -> None:
        for start in range(0, DRAWN, ROWS):  # as many at a time as ``score`` asks
            engine.query_batch(short[start : start + ROWS], threads=1)

    times: dict[str, list[float]] = {name: [] for name in ("ours", "engine", "pyAgrum", "pgmpy")}
    list(score(batches[:1], spec))
    for i in range(repeat):
        times["ours"].append(cpu(lambda: answers.extend(score(batches, spec))) / DRAWN)
        times["engine"].append(cpu(ask_engine) / DRAWN)
        times["pyAgrum"].append(cpu(lambda: answered.extend(agrum.ask(case)[target] for case in seen)) / PYAGRUM)
        if i == 0:
            times["pgmpy"].append(cpu(ask_pgmpy) / PGMPY)
    ours = np.array(answers[0].select(list(network.variable(target).states)).to_pandas())[:PYAGRUM]
    difference = float(np.abs(ours - np.array(answered[:PYAGRUM])).max())
    us = {name: 1e6 * float(np.median(values)) for name, values in times.items()}
    yield f"CPU time of a case: {us['ours']:.1f} us from words to answers, {us['engine']:.1f} us of inference"
    for name in ("pyAgrum", "pgmpy"):
        ratios = f"{us[name] / us['ours']:,.0f} x, {us[name] / us['engine']:,.0f} x that of inference"
        yield f"{name}: {us[name]:,.0f} us, {ratios}"
    yield f"largest difference from pyAgrum: {difference:.0e}"


def write_cohort(folder: Path, rows: int) -> None:
    """Files of half a million rows, whose words are text, as databases and Spark write them."""
    model = load("spine")
    rng = np.random.default_rng(2)
    codes = model.engine.sample({}, DRAWN, rng)
    folder.mkdir()
    for number in range(-(-rows // FILE)):
        left = min(FILE, rows - number * FILE)
        picked = codes[rng.integers(len(codes), size=left)]
        table, path = cases(model.network, picked, rng)[1], folder / f"{number:04}.parquet"
        pq.write_table(table, path, row_group_size=GROUP, store_schema=False)


def run(source: Path, output: Path, *options: str) -> dict[str, Any]:
    """Run the command; its summary, and the ``peak`` of memory (bytes) and ``cpu`` time of all its processes."""
    command = [sys.executable, "-m", "bayesdx", "batch", str(source), "-o", f"{output}/", "--json", *options]
    start, peak, before = time.monotonic(), 0, resource.getrusage(resource.RUSAGE_CHILDREN)
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        while process.poll() is None:
            peak = max(peak, sum(map(resident, family(process.pid))))
            time.sleep(0.2)
        told: dict[str, Any] = json.loads(process.communicate()[0])
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    shutil.rmtree(output)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {**told, "wall": wall, "cpu": cpu, "peak": peak}


def family(root: int) -> list[int]:
    """A process and those that it has begun."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found = [root]
    for process in found:  # grows while we walk it
        found += [child for child, parent in parents.items() if parent == process]
    return found


def resident(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE
    except OSError:
        return 0


def described(told: dict[str, Any]) -> str:
    return (
        f"{told['scored']:,} rows in {told['wall']:.1f} s ({told['scored'] / told['wall']:,.0f} a second), "
        f"{told['cpu']:.0f} s of CPU, "
        f"at most {told['peak'] / 1e6:,.0f} MB, {told['outside_inference']:.0%} of the time outside inference"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--folder", help="where the tables and answers go; a temporary folder unless it is said")
    options = parser.parse_args()
    parts = options.only or PARTS
    print(f"{len(os.sched_getaffinity(0))} processors; load {os.getloadavg()[0]:.1f} before the first run")
    if "peers" in parts:
        for line in peers(options.repeat):
            print(line)
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        if "rows" in parts:
            write_cohort(folder / "rows", options.rows)
            for chosen in (["--top", "3"], []):
                told = run(folder / "rows", folder / "out", "--workers", "2", *chosen)
                print(f"2 workers, {'the top 3' if chosen else 'all probabilities'}: {described(told)}", flush=True)
            shutil.rmtree(folder / "rows")
        if "workers" in parts:
            write_cohort(folder / "few", max(options.rows // 5, 1))
            cpus = {}
            for workers in (1, 2, 4):
                told = run(folder / "few", folder / "out", "--workers", str(workers), "--top", "3")
                cpus[workers] = told["cpu"]
                print(f"{workers} workers: {described(told)}", flush=True)
            # CPU time is the rows' and that of each worker's start: w processors that are free take T(w)
            begin, rest = np.polyfit(list(cpus), list(cpus.values()), 1)
            print(f"model: T(w) = {begin:.1f} s + {rest:.0f} s / w on w free processors")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
