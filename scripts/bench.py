"""Measure the engine against pyAgrum and pgmpy, and the commands against a query; check that the answers agree.

``python scripts/bench.py`` runs every row; ``--only public`` and the like run a part. The sides of a row do their
tasks in turns, engines compiled once and kept; the figures are medians. The first table gives the peer's time over
ours, the second our time over that of what a command is held against. Needs the extra ``bench``.
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

from bench_learning import learning_rows
from bench_processes import Share, analysis_rows, cold_rows
from bench_rows import Diagnostic, Row, public_row
from example_networks import example_network
from rich.console import Console
from rich.table import Table

from bayesdx.formats.network_json import read_network

PUBLIC = [
    *("asia", "alarm", "child", "insurance", "hepar2", "hailfinder", "win95pts", "andes"),
    *("pathfinder", "water", "mildew", "barley", "pigs", "diabetes", "munin1", "link"),
]
SLOW = {"munin1", "link", "diabetes"}
SHIPPED = Path(__file__).resolve().parent.parent / "networks" / "spine.json"
PARTS = ("diagnostic", "cold", "analyses", "learning", "public")
WIDTH = 100


def measured(parts: list[str], repeat: int, names: list[str]) -> Iterator[Row | Share]:
    network = read_network(SHIPPED).network
    if "diagnostic" in parts:
        yield from Diagnostic(network, repeat).rows()
    if "cold" in parts:
        yield from cold_rows(network, repeat)
    if "analyses" in parts:
        yield from analysis_rows(min(repeat, 5))
    if "learning" in parts:
        yield from learning_rows()
    if "public" in parts:
        rows = []
        for name in names:
            rows.append(public_row(example_network(name), 3 if name in SLOW else max(repeat, 7)))
            yield rows[-1]
        ours, theirs = (geometric_mean([getattr(row, side) for row in rows]) for side in ("ours", "theirs"))
        yield Row("public networks, geometric mean", "pyAgrum", ours, theirs, 2)


def geometric_mean(values: list[float]) -> float:
    return math.exp(sum(map(math.log, values)) / len(values))


def seconds(value: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= scale:
            return f"{value / scale:,.3g} {unit}"
    return f"{value * 1e9:.3g} ns"


PEER_HEAD = ["task", "peer", "bayesdx", "peer's", "ratio", "reach", "differs by"]
SHARE_HEAD = ["task", "against", "bayesdx", "other's", "ratio", "at most"]


def cells(row: Row | Share) -> list[str]:
    """A line of the table of its kind."""
    times = [seconds(row.ours), seconds(row.theirs), f"{row.ratio:,.3g} ×"]
    if isinstance(row, Share):
        return [row.task, row.against, *times, "" if row.most is None else f"{row.most:.3g} ×"]
    difference = "" if row.difference is None else f"{row.difference:.0e}"
    return [row.task, row.peer, *times, f"{row.reach:.3g} ×", difference]


def show(console: Console, title: str, head: list[str], rows: list[Row] | list[Share]) -> None:
    """Print a table, what falls short in red, and the notes of its rows."""
    if not rows:
        return
    table = Table(title=title, title_justify="left")
    for name in head:
        table.add_column(name, justify="left" if name in head[:2] else "right", no_wrap=name not in head[:2])
    for row in rows:
        table.add_row(*cells(row), style=None if row.reached else "red")
    console.print(table)
    for row in rows:
        if isinstance(row, Row) and row.note:
            console.print(f"{row.task}: {row.note}", highlight=False)


def markdown(head: list[str], rows: list[Row] | list[Share]) -> str:
    lines = [head, ["---"] * len(head), *map(cells, rows)] if rows else []
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=PARTS, action="append", help="a part to run (repeatable); default all")
    parser.add_argument("--network", choices=PUBLIC, action="append", help="a public network (repeatable)")
    parser.add_argument("--repeat", type=int, default=9, help="runs behind each median")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--markdown", metavar="FILE", help="also write the tables as Markdown")
    options = parser.parse_args()
    with Console(stderr=True).status("measuring …"):
        rows = list(measured(options.only or list(PARTS), options.repeat, options.network or PUBLIC))
    peers = [row for row in rows if isinstance(row, Row)]
    shares = [row for row in rows if isinstance(row, Share)]
    if options.json:
        result = {
            "machine": platform.machine(),
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "pgmpy", "pyagrum")},
            "peers": [{**asdict(row), "ratio": row.ratio, "reached": row.reached} for row in peers],
            "shares": [{**asdict(row), "ratio": row.ratio, "reached": row.reached} for row in shares],
        }
        print(json.dumps(result, indent=1))
    else:
        console = Console(width=WIDTH)
        show(console, "Against peers: their time over ours", PEER_HEAD, peers)
        show(
            console, "Against a query, and the query against its imports: our time over theirs", SHARE_HEAD, shares
        )
    if options.markdown:
        text = "\n".join(filter(None, (markdown(PEER_HEAD, peers), markdown(SHARE_HEAD, shares))))
        Path(options.markdown).write_text(text, encoding="utf-8")
    wrong = [row for row in peers if row.difference is not None and row.difference > 1e-9]
    for row in wrong:
        Console(stderr=True).print(f"the answers differ: {row.task}, {row.peer}: {row.difference:.1e}")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
