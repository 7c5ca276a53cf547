"""Measure the engine against pyAgrum and pgmpy, and check that the answers agree.

``python scripts/bench.py`` runs every row; ``--only public`` and the like run a part. Both sides do the same task
in turns, engines compiled once and kept; the figures are medians, the ratio is the peer's time over ours.
Needs the extra ``bench``.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from bench_rows import Diagnostic, Row, cold_rows, public_row
from rich.console import Console
from rich.table import Table

from bayesdx.formats.example_networks import example_network
from bayesdx.formats.network_json import read_network

PUBLIC = [
    *("asia", "alarm", "child", "insurance", "hepar2", "hailfinder", "win95pts", "andes"),
    *("pathfinder", "water", "mildew", "barley", "pigs", "diabetes", "munin1", "link"),
]
SLOW = {"munin1", "link", "diabetes"}
SHIPPED = Path(__file__).resolve().parent.parent / "networks" / "spine.json"
PARTS = ("diagnostic", "cold", "public")


def measured(parts: list[str], repeat: int, names: list[str]) -> Iterator[Row]:
    network = read_network(SHIPPED).network
    if "diagnostic" in parts:
        yield from Diagnostic(network, repeat).rows()
    if "cold" in parts:
        yield from cold_rows(network, repeat)
    if "public" in parts:
        rows = []
        for name in names:
            rows.append(public_row(example_network(name), 3 if name in SLOW else max(repeat, 7)))
            yield rows[-1]
        ours, theirs = (geometric_mean([getattr(row, side) for row in rows]) for side in ("ours", "theirs"))
        yield Row("public networks, geometric mean", "pyAgrum", ours, theirs, 2)


def geometric_mean(values: list[float]) -> float:
    return math.exp(sum(map(math.log, values)) / len(values))


def cells(row: Row) -> list[str]:
    difference = "" if row.difference is None else f"{row.difference:.0e}"
    times = [seconds(row.ours), seconds(row.theirs), f"{row.ratio:,.3g} ×", f"{row.reach:.3g} ×"]
    return [row.task, row.peer, *times, difference, row.note]


def seconds(value: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= scale:
            return f"{value / scale:,.3g} {unit}"
    return f"{value * 1e9:.3g} ns"


HEAD = ["task", "peer", "bayesdx", "peer's time", "ratio", "reach", "difference", "note"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=PARTS, action="append", help="a part to run (repeatable); default all")
    parser.add_argument("--network", choices=PUBLIC, action="append", help="a public network (repeatable)")
    parser.add_argument("--repeat", type=int, default=9, help="runs behind each median")
    parser.add_argument("--json", metavar="FILE", help="write the rows as JSON")
    parser.add_argument("--markdown", metavar="FILE", help="write the table as Markdown")
    options = parser.parse_args()
    table = Table(*HEAD)
    rows = []
    console = Console()
    with console.status("measuring …"):
        for row in measured(options.only or list(PARTS), options.repeat, options.network or PUBLIC):
            rows.append(row)
            table.add_row(*cells(row), style=None if row.ratio >= row.reach else "red")
    console.print(table)
    peers = {name: version(name) for name in ("numpy", "pgmpy", "pyagrum")}
    if options.json:
        result = {
            "machine": platform.machine(),
            "python": platform.python_version(),
            **peers,
            "rows": [{**asdict(row), "ratio": row.ratio} for row in rows],
        }
        Path(options.json).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if options.markdown:
        lines = [HEAD, ["---"] * len(HEAD), *map(cells, rows)]
        text = "".join(f"| {' | '.join(line)} |\n" for line in lines)
        Path(options.markdown).write_text(text, encoding="utf-8")
    wrong = [row for row in rows if row.difference is not None and row.difference > 1e-9]
    for row in wrong:
        console.print(f"the answers differ: {row.task}, {row.peer}: {row.difference:.1e}")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
