"""Time ``bayesdx marginals`` on the MAR problems of a UAI competition, beside pyAgrum and merlin.

FOLDER holds ``NAME.uai``, ``NAME.uai.evid`` and the reference answer ``NAME.uai.MAR`` (the problems of 2014 have no
licence and are not part of this project). Every problem is a process of its own, with a limit of time; what is
timed is the whole process, of modules that are compiled already. Each peer that is there solves the same problems:
pyAgrum's Shafer-Shenoy, and merlin (``--algorithm cte``) where it is on the path. Compare times of one run only:
all share what else the machine does.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench_processes import command, compiled_in

#: Answers may differ from the reference by this much.
TOLERANCE = 1e-5
#: Bytes of address space for a peer, which has no limit of its own.
MEMORY = 6 * 2**30

PYAGRUM = """
import sys
import numpy as np, pyagrum as gum
from bayesdx.formats.uai import read_factors, read_states
graph = read_factors(sys.argv[1]); evidence = read_states(sys.argv[1] + ".evid", graph)
net = gum.MarkovRandomField()
for v, card in enumerate(graph.cardinalities):
    net.add(gum.RangeVariable(f"x{v}", "", 0, card - 1))
product = {}
for factor in graph.factors:
    scope = tuple(sorted(factor.scope))
    product[scope] = product.get(scope, 1.0) * factor.table.transpose(np.argsort(factor.scope))
for scope, table in product.items():
    net.addFactor([f"x{v}" for v in scope])
    found = net.factor({f"x{v}" for v in scope})
    axes = [scope.index(int(name[1:])) for name in reversed(found.names)]
    found.fillWith(table.transpose(axes).ravel().tolist())
engine = gum.ShaferShenoyMRFInference(net)
engine.setEvidence({f"x{v}": state for v, state in evidence.items()})
engine.makeInference()
rows = [engine.posterior(f"x{v}").toarray().tolist() for v in range(len(graph.cardinalities))]
print("MAR", len(rows), *(f"{len(row)} " + " ".join(map(str, row)) for row in rows))
"""


#: Seconds on the clock and of the processor of a call, its output, and what it says when it fails.
Run = Callable[..., tuple[float, float, str, str]]


class Outcome(NamedTuple):
    """Seconds on the clock and of the processor, induced width, largest error, and why there is no answer."""

    seconds: float
    cpu: float
    width: int | None
    error: float
    failure: str = ""

    @property
    def solved(self) -> bool:
        return not self.failure and self.error <= TOLERANCE


def numbers(text: str) -> list[list[float]]:
    """The marginals of an answer in the competitions' form."""
    words = iter(text.split()[1:])
    return [[float(next(words)) for _ in range(int(next(words)))] for _ in range(int(next(words)))]


def largest_error(found: list[list[float]], reference: list[list[float]]) -> float:
    return max(
        abs(a - b) for ours, theirs in zip(found, reference, strict=True) for a, b in zip(ours, theirs, strict=True)
    )


def timed(
    call: list[str], *, limit: float, environment: dict[str, str], memory: int | None = None
) -> tuple[float, float, str, str]:
    """Seconds on the clock and of the processor, output, and the last line of errors, if it failed."""

    def confined() -> None:
        if memory is not None:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    try:
        done = subprocess.run(
            call, capture_output=True, text=True, timeout=limit, env=environment, preexec_fn=confined, check=False
        )
        output, said = done.stdout, (done.stderr.strip().splitlines() or ["failed"])[-1] if done.returncode else ""
    except subprocess.TimeoutExpired:
        output, said = "", f"over {limit:.0f} s"
    seconds = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, cpu, output, said


def bayesdx(problem: Path, reference: list[list[float]], run: Run) -> Outcome:
    evidence = f"{problem}.evid"
    call = [*command("marginals"), str(problem), "--evidence", evidence, "--json"]
    seconds, cpu, output, failure = run(call)
    if failure:
        return Outcome(seconds, cpu, None, math.inf, failure)
    answer = json.loads(output)
    error = largest_error(list(answer["marginals"].values()), reference)
    return Outcome(seconds, cpu, answer["induced_width"], error)


def pyagrum(problem: Path, reference: list[list[float]], run: Run) -> Outcome:
    seconds, cpu, output, failure = run([sys.executable, "-c", PYAGRUM, str(problem)], memory=MEMORY)
    error = math.inf if failure else largest_error(numbers(output), reference)
    return Outcome(seconds, cpu, None, error, failure)


def merlin(problem: Path, reference: list[list[float]], run: Run) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder) / "answer"
        files = ["--input-file", str(problem), "--evidence-file", f"{problem}.evid", "--output-file", str(to)]
        call = ["merlin", "--task", "MAR", "--algorithm", "cte", *files]
        seconds, cpu, _, failure = run(call, memory=MEMORY)
        written = Path(f"{to}.MAR")
        if failure or not written.exists():
            return Outcome(seconds, cpu, None, math.inf, failure or "no answer")
        return Outcome(seconds, cpu, None, largest_error(numbers(written.read_text()), reference))


def known_times(path: Path | None) -> dict[str, float]:
    """Seconds by problem of a table ``problem, result, seconds``: those that were solved."""
    if path is None:
        return {}
    rows = [line.split("\t") for line in path.read_text().splitlines() if not line.startswith("#")]
    return {row[0]: float(row[2]) for row in rows if row[1] == "solved"}


def mean_ratio(pairs: list[tuple[float, float]]) -> str:
    """Geometric mean of theirs over ours."""
    if not pairs:
        return "-"
    return f"{math.exp(sum(math.log(theirs / max(ours, 1e-3)) for ours, theirs in pairs) / len(pairs)):.1f} x"


def summary(name: str, rows: dict[str, dict[str, Outcome]], recorded: dict[str, float]) -> Iterator[str]:
    """The line of one family: ours, then each peer with how much longer it takes where both have an answer."""
    ours = {problem: row["bayesdx"] for problem, row in rows.items()}
    answered = {problem: one for problem, one in ours.items() if not one.failure}
    solved = {problem: one for problem, one in answered.items() if one.solved}
    widths = [one.width for one in answered.values() if one.width is not None]
    error = max((one.error for one in solved.values()), default=math.nan)
    middle = median([one.cpu for one in answered.values()] or [0.0])
    yield (
        f"{name:16} {len(answered):3} of {len(rows):3}, {len(solved)} as the reference"
        f"  median {middle:6.2f} s (cpu)  width {min(widths, default=0):2} to {max(widths, default=0):2}"
        f"  error {error:.0e}"
    )
    for peer in ("pyagrum", "merlin"):
        theirs = {problem: row[peer] for problem, row in rows.items() if peer in row and row[peer].solved}
        if any(peer in row for row in rows.values()):
            both = [(ours[p].seconds, one.seconds) for p, one in theirs.items() if p in solved]
            yield f"{'':16} {peer} {len(theirs)} of {len(rows)}; takes {mean_ratio(both)} as long"
    if recorded:
        times = {problem: recorded[problem] for problem in rows if problem in recorded}
        for clock in ("seconds", "cpu"):
            pairs = [(getattr(solved[p], clock), seconds) for p, seconds in times.items() if p in solved]
            long = [pair for pair in pairs if pair[1] >= 1.0]
            yield (
                f"{'':16} recorded {len(times)}; {mean_ratio(pairs)} our time ({clock}), "
                f"{mean_ratio(long)} in the {len(long)} of a second or more"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="*", metavar="PATTERN", help="problems, such as 'Grids_1*'")
    parser.add_argument("--limit", type=float, default=120.0, metavar="SECONDS", help="for each problem")
    parser.add_argument(
        "--recorded", type=Path, metavar="FILE.tsv", help="times of a peer: problem, result, seconds"
    )
    parser.add_argument("--alone", action="store_true", help="time no peers")
    given = parser.parse_args()
    solvers = {"bayesdx": bayesdx}
    if not given.alone:
        solvers["pyagrum"] = pyagrum
        if shutil.which("merlin"):
            solvers["merlin"] = merlin
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    recorded = known_times(given.recorded)
    families: dict[str, dict[str, dict[str, Outcome]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        run = partial(timed, limit=given.limit, environment=compiled_in(folder))
        for i, problem in enumerate(sorted(given.folder.glob(f"{given.only}.uai"))):
            reference = numbers(Path(f"{problem}.MAR").read_text())
            for solve in solvers.values() if i == 0 else ():  # not measured: it compiles the modules
                solve(problem, reference, run)
            row = {name: solve(problem, reference, run) for name, solve in solvers.items()}
            families.setdefault(problem.stem.partition("_")[0], {})[problem.name] = row
            said = (
                f"{name} {one.failure[:150] or f'{one.seconds:.2f} s (cpu {one.cpu:.2f}), error {one.error:.0e}'}"
                for name, one in row.items()
            )
            print(f"{problem.stem}: {'; '.join(said)}", file=sys.stderr, flush=True)
    for name, rows in families.items():
        print(*summary(name, rows, recorded), sep="\n")
    if len(families) > 1:
        print(
            *summary("all", {p: row for rows in families.values() for p, row in rows.items()}, recorded), sep="\n"
        )


if __name__ == "__main__":
    main()
