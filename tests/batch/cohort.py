"""A cohort in files, and work that is killed: for tests that run it in other processes."""

from __future__ import annotations

import csv
import json
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bayesdx.batch.parts import Done, Part, Work
from bayesdx.document import NetworkDocument
from bayesdx.model import Model
from bayesdx.network import Network, Variable

Rows = list[dict[str, Any]]


def two_variables(states: tuple[str, ...], target: str = "disease") -> Model:
    """A network of a target with these states, and of one finding, ``f``, that is likelier ``b`` in later ones."""
    variables = (Variable(target, states, kind="diagnosis"), Variable("f", ("a", "b"), kind="mr"))
    p = np.linspace(0.2, 0.8, len(states))
    cpts = {target: np.full(len(states), 1 / len(states)), "f": np.stack([1 - p, p], axis=1)}
    return Model(NetworkDocument(Network("two", variables, {"f": (target,)}, cpts, target=target)), "own")


def drawn_cases(network: Network, n: int, seed: int = 3) -> Rows:
    """Cases with findings missing at random, and every 50th of them wrong."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        row: dict[str, Any] = {"id": f"p{i}"}
        for variable in network.findings:
            state = str(rng.choice(variable.states))
            row[variable.id] = state if rng.random() < 0.4 else f"not {state}" if rng.random() < 0.05 else None
        rows.append({**row, "level": "lumbr"} if i % 50 == 7 else row)
    return rows


def write_cohort(folder: Path, network: Network, rows: int = 600) -> None:
    """A folder with a CSV file, JSON lines, and Parquet of several row groups in a folder of its own."""
    (folder / "more").mkdir(parents=True)
    with (folder / "a.csv").open("w", newline="") as file:
        cases = drawn_cases(network, rows, 1)
        writer = csv.DictWriter(file, list(cases[0]))
        writer.writeheader()
        writer.writerows(cases)
        file.write("too,short\n")
    with (folder / "b.jsonl").open("w") as file:
        for case in drawn_cases(network, rows, 2):
            findings = {name: value for name, value in case.items() if name != "id" and value is not None}
            file.write(json.dumps({"id": case["id"], "findings": findings}) + "\n")
        file.write("\n{'not': JSON}\n")
    pq.write_table(pa.Table.from_pylist(drawn_cases(network, rows, 3)), folder / "more" / "c.parquet", rows // 6)
    (folder / "_ignored.csv").write_text("x")
    (folder / "notes.txt").write_text("x")


def read_answers(folder: Path) -> pa.Table:
    """All answers, in the order of the rows that they answer."""
    files = sorted(folder.glob("part-*.parquet"))
    table = pa.concat_tables([pq.read_table(file) for file in files])
    return table.sort_by([("source_file", "ascending"), ("source_row", "ascending")])


@dataclass(frozen=True)
class Killed:
    """Work in which the process that begins ``part`` kills itself, as long as there is no file ``mark``."""

    work: Work
    part: Part
    mark: str

    def __call__(self, part: Part) -> Done:
        if part == self.part and not os.path.exists(self.mark):
            if self.mark:
                Path(self.mark).touch()
            _begin(self.work, part)
            os.kill(os.getpid(), signal.SIGKILL)
        return self.work(part)


def _begin(work: Work, part: Part) -> None:
    """Leave what a process leaves that is killed while it writes."""
    spec, output = work.spec, work.output
    Path(output, f".{part.name(spec.fingerprint)}.0.tmp").write_bytes(b"half")
