"""Check printed answers with code that shares nothing with the package, and say how far they are apart.

The networks are read from networks/*.json as plain JSON, P(target, findings) is one Einstein sum over their tables,
and each figure is worked out from its definition. pyAgrum answers as well. What is compared are the objects that
``--json`` prints.

``python scripts/verify.py`` prints the table and exits with 1 when a difference is too large; ``--write`` puts the
table into docs/checks.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from verify_exact import (
    EXACT,
    check_changes,
    check_explain,
    check_intervals,
    check_one_way,
    check_posterior,
    check_priors,
    check_tornado,
    check_what_if,
    check_worst_case,
)
from verify_networks import ROOT, SIMULATED, Asked, Check, cases
from verify_provenance import PROVENANCE, check_cited, check_left_out
from verify_simulated import SIMULATION, check_draws, check_removed, check_shares

PAGE = ROOT / "docs" / "checks.md"
INTRODUCTION = """# How the answers are checked

`make verify` (`python scripts/verify.py`) works the printed figures out again, with code that shares nothing with
the package: the networks and their ledgers are read as plain JSON, P(target, findings) is one Einstein sum over
their tables, each figure follows its definition, and pyAgrum answers the queries as well. To leave a publication
out, the network is built anew from all studies of `priors/` but its own; what the other patients and texts say
stays as it is. It stops with an error when a difference is too large. This page is what
`python scripts/verify.py --write` wrote.

Differences of exact figures are absolute. Those of simulated figures are in standard errors of the difference: of
many such numbers the largest is about 3. *Compared* counts single numbers.
"""


def compare() -> list[Check]:
    """All checks, in the order of the table."""
    rng = np.random.default_rng(20)
    exact: list[Callable[[Asked], Iterator[tuple[str, Any, Any]]]] = [
        check_posterior,
        check_intervals,
        lambda asked: check_one_way(asked, rng),
        lambda asked: check_changes(asked, rng),
        lambda asked: check_worst_case(asked, rng),
        check_tornado,
        check_priors,
        check_what_if,
        check_explain,
    ]
    for asked in cases():
        print(f"{asked.name} …", file=sys.stderr, flush=True)
        for check in exact:
            for key, found, expected in check(asked):
                EXACT[key].add(found, expected)
        if asked.name in SIMULATED:
            for simulated in (check_draws, check_shares, check_removed):
                for key, found, expected, error in simulated(asked, rng):
                    SIMULATION[key].add(found, expected, error)
            for key, found, expected in check_left_out(asked, rng):
                PROVENANCE[key].add(found, expected)
    print("cite …", file=sys.stderr, flush=True)
    for key, found, expected in check_cited(rng):
        PROVENANCE[key].add(found, expected)
    return [*EXACT.values(), *PROVENANCE.values(), *SIMULATION.values()]


def main() -> None:
    """Compare, print, and write the page when asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/checks.md")
    options = parser.parse_args()
    checks = compare()
    heads = ["| figure | against | compared | largest difference |", "|---|---|---|---|"]
    text = "\n".join([*heads, *(check.row() for check in checks)])
    print(text)
    if options.write:
        PAGE.write_text(f"{INTRODUCTION}\n{text}\n", encoding="utf-8")
    wrong = [check for check in checks if check.largest > check.allowed or not check.compared]
    if wrong:
        raise SystemExit("too far apart: " + "; ".join(check.figure for check in wrong))


if __name__ == "__main__":
    main()
