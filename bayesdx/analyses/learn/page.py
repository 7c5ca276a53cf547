"""The page of ``learn``: what moved, what is contradicted, whether it helps."""

from __future__ import annotations

import numpy as np

from bayesdx.analyses.learn.numbers import DISCLOSED, RARE, LearnResult, LearntRow, Relearnt
from bayesdx.learning.heldout import FEWEST
from bayesdx.network import Array, Network
from bayesdx.report.blocks import Cell, Entries, Page, Paragraph, Section, Table
from bayesdx.words.numbers import more_wrong, percent
from bayesdx.words.phrases import clipped, label_of, listed, state_name

#: Rows that are shown one by one.
SHOWN = 12


def page(result: LearnResult | Relearnt) -> Page:
    """What was learnt from, held-out scores, the rows that moved most, and those that the cases contradict."""
    if isinstance(result, Relearnt):
        return _relearnt(result)
    network = result.document.network
    head = Entries(
        (
            ("Network", (Cell(str(result.asked["network"])), f" {result.asked['network_version']}".rstrip())),
            ("Cases", f"{result.cases:,} of '{result.name}'{_counting(result)}"),
            ("EM", _rounds(result)),
            *((("Counts", _power(result)),) if result.settings.trust < 1 else ()),
            *((("Written", result.file),) if result.file else ()),
        )
    )
    sections = [Section("On cases held out", _held_out(result))]
    if result.rows:
        sections.append(Section("Rows that moved most", (_moved(network, result.rows[:SHOWN]),)))
    sections.append(Section("Rows that the cases contradict", _contradicted(network, result)))
    return Page(head, tuple(sections), _warnings(result))


def _relearnt(result: Relearnt) -> Page:
    sets = [f"{one.cases:,.6g} of '{one.name}'" for one in result.document.network.learnt] or ["none"]
    rows = (("Network", str(result.asked["network"])), ("Cases", ", ".join(sets)))
    return Page(Entries((*rows, *((("Written", result.file),) if result.file else ()))), ())


def _counting(result: LearnResult) -> str:
    same = abs(result.patients - result.cases) < 1e-6
    return "" if same else f", which count for {result.patients:,.1f} patients"


def _rounds(result: LearnResult) -> str:
    ended = "converged" if result.converged else "stopped before it converged"
    return f"{ended} after {result.rounds:,} rounds; log posterior {result.objective[-1]:,.2f}"


def _power(result: LearnResult) -> str:
    return f"of findings weigh {result.power:.2g} times as much as before: what makes these cases most probable"


def _held_out(result: LearnResult) -> tuple[Paragraph | Table, ...]:
    score = result.held_out
    if score is None:
        if not result.document.network.target:
            why = "the network has no target"
        elif "together" in result.refused:
            why = (
                "the proven cases are of fewer patients than there are folds (cases with one id are of one patient)"
            )
        else:
            why = f"the proven cases count for fewer than {FEWEST} patients"
        return (Paragraph(f"Not measured: {why}."),)
    low, high = score.change
    change = score.loss_after - score.loss_before
    table = Table(
        ("", "before", "after", "change", "95% interval"),
        (
            (
                "log loss",
                f"{score.loss_before:.3f}",
                f"{score.loss_after:.3f}",
                _signed(change),
                f"{_signed(low)} to {_signed(high)}",
            ),
            ("first is right", percent(score.first_before), percent(score.first_after), "", ""),
        ),
        (1, 2, 3, 4),
    )
    said = []
    if "worse" in result.refused:
        said.append("The network answers worse on these patients after it has learnt from the others.")
    if "unrelated" in result.refused:
        said.append(
            "The proven diagnoses fit the findings no better than the same diagnoses in another order "
            f"(p = {score.unrelated:.2f}): they may have been mixed up."
        )
    return (table, *(Paragraph(text) for text in said))


def _moved(network: Network, rows: tuple[LearntRow, ...]) -> Table:
    return Table(
        ("row", "given", "state", "before", "after", "counts", "seen", "trust"),
        tuple(_cells(network, row) for row in rows),
        (3, 4, 5, 6, 7),
    )


def _cells(network: Network, row: LearntRow) -> tuple[str, ...]:
    at = _furthest(row.after - row.before)
    return (
        *_named(network, row, at),
        percent(float(row.before[at])),
        percent(float(row.after[at])),
        f"{row.counts:.1f}",
        f"{row.seen.sum():.1f}",
        percent(row.trusted),
    )


def _named(network: Network, row: LearntRow, at: int) -> tuple[str, str, str]:
    """The variable, its parents' states, and its own state, cut where they are long."""
    variable = network.variable(row.variable)
    given = [state_name(v, v.state_index(state)) for v, state in ((network.variable(p), s) for p, s in row.given)]
    return (
        clipped(label_of(variable), 24),
        clipped(", ".join(given), 25),
        clipped(state_name(variable, at), 13),
    )


def _contradicted(network: Network, result: LearnResult) -> tuple[Paragraph | Table, ...]:
    rows = result.contradicted
    if not result.tested:
        return (Paragraph("No row has patients enough to tell."),)
    chance = RARE * result.tested
    said = (
        f"Of {result.tested:,} rows with patients enough to tell, {len(rows)} would surprise the network "
        f"at p < {RARE:g}"
    )
    by_chance = f"; about {chance:.0f} would by chance." if chance >= 0.5 else "; by chance less than one."
    throughout: tuple[Paragraph, ...] = ()
    if result.otherwise:
        names = listed([label_of(network.variable(name)) for name in result.otherwise], "and")
        throughout = (
            Paragraph(f"Contradicted in row after row: {names}. It may be coded otherwise in these cases."),
        )
    if not rows:
        return (Paragraph(said + by_chance), *throughout)
    table = Table(
        ("row", "given", "state", "expected", "seen", "patients", "p"),
        tuple(
            (
                *_named(network, row, at),
                percent(float(row.before[at])),
                percent(float(row.seen[at] / row.seen.sum())),
                f"{row.seen.sum():.1f}",
                f"{row.chance:.2g}",
            )
            for row in rows[:SHOWN]
            for at in (_furthest(row.seen / row.seen.sum() - row.before),)
        ),
        (3, 4, 5, 6),
    )
    return (Paragraph(said + by_chance), *throughout, table)


def _warnings(result: LearnResult) -> tuple[str, ...]:
    found = [f"line {line}: {message}" for line, message in result.errors[:SHOWN]]
    if len(result.errors) > SHOWN:
        found.append(f"{more_wrong(len(result.errors) - SHOWN)}, and left out")
    if result.unproven:
        one, target = result.unproven == 1, result.document.network.target
        stated = "1 case does" if one else f"{result.unproven:,} cases do"
        found.append(f"{stated} not state '{target}' and {'is' if one else 'are'} left out")
    found += [f"{text} ({count} rows)" if count > 1 else text for text, count in result.warnings.items()]
    if result.small:
        found.append(
            f"{result.small:,} counts in the file are of fewer than {DISCLOSED:g} patients: "
            "they may point to one of them"
        )
    return tuple(found)


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")


def _furthest(change: Array) -> int:
    """The state that moved most; of those that moved as far, as both of two do, the one that grew."""
    return int((np.round(abs(change), 9) + 1e-10 * (change > 0)).argmax())
