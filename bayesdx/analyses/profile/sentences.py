"""What a cohort's profile says of itself."""

from __future__ import annotations

from bayesdx.analyses.profile.numbers.profile import LEVEL, CohortProfile, Fit
from bayesdx.words.numbers import more_wrong, percent, rows

TITLE = "Cohort"
NOTICE = (
    "What the network expects holds where its numbers hold, patients are independent of each other, and whether a "
    "finding is stated does not depend on what it is: findings that are stated only when they are present drift."
)


def about(result: CohortProfile) -> str:
    """Network, prior set and version in one line."""
    network = result.network
    return (
        f"{network.label or network.id} · prior set {result.asked['prior']} · version {network.version or 'none'}"
    )


def counted(result: CohortProfile) -> str:
    """How many cases there are, how many rows are wrong, and how many cases have no date, or one to come."""
    said = f"{result.cases:,} {'case' if result.cases == 1 else 'cases'}"
    if result.left_out:
        said += f"; {rows(result.left_out)} {'is' if result.left_out == 1 else 'are'} wrong and left out"
    return said + (f"; {result.undated:,} without a past date in '{result.date}'" if result.undated else "")


def usual(fit: Fit) -> str:
    """How many cases are unusual, and how many would be if the network held."""
    if fit.unusual is None or fit.expected_unusual is None:
        return ""
    return f"{percent(fit.unusual)} (expected {percent(fit.expected_unusual)})"


def likely(fit: Fit) -> str:
    """The mean log-likelihood beside that which is expected."""
    return f"{fit.log_likelihood:.2f} (expected {fit.expected_log_likelihood:.2f}; difference {gap(fit)})"


def gap(fit: Fit) -> str:
    """The difference, with its standard error where there is one."""
    difference, error = fit.gap
    return f"{difference:+.3f}" + ("" if error is None else f" ± {error:.3f}")


def tested(result: CohortProfile) -> str:
    """How many tests were done, and how many stand."""
    if not result.drifts:
        return "No finding is stated often enough to be compared."
    told = sum(one.told for one in result.drifts)
    return (
        f"{told} of {len(result.drifts):,} comparisons (a finding in a month, or in all cases) stand after Holm's "
        f"correction: if the network held, one or more would with a chance of {LEVEL:.0%} at most."
    )


def warnings(result: CohortProfile) -> tuple[str, ...]:
    """The first rows that are wrong, and how many more there are."""
    found = [f"{file}: row {row}: {message}" for file, row, message in result.examples]
    more = result.left_out - len(found)
    return (*found, *((more_wrong(more),) if more else ()))
