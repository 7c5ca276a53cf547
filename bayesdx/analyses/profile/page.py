"""The page of a cohort: case mix, what is stated, how usual it is, and drift, in tables and pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bayesdx.analyses.profile.numbers.profile import CohortProfile, Drift, Mix, Month
from bayesdx.analyses.profile.sentences import NOTICE, counted, gap, likely, tested, usual, warnings
from bayesdx.analyses.query.numbers.differential import UNUSUAL
from bayesdx.network import Variable
from bayesdx.report.blocks import (
    Bar,
    Block,
    Differential,
    Entries,
    Figure,
    Page,
    Paragraph,
    Section,
    Table,
    Trend,
)
from bayesdx.words.numbers import percent, span
from bayesdx.words.phrases import clipped, label_of, state_name

Panel = tuple[str, tuple[float | None, ...], tuple[float | None, ...]]

#: Diagnoses in the picture of the mix, and in that of the months.
SHOWN, FOLLOWED = 10, 5
#: Where the scale of the picture of the mix may end.
TOPS = (0.05, 0.1, 0.2, 0.4, 1.0)
#: Drifts that are listed, and findings that are followed month by month.
LISTED, DRAWN = 20, 6
#: Months that a picture can hold.
MONTHS = 120


def page(result: CohortProfile) -> Page:
    """All sections; those of months where there are several."""
    network, asked = result.network, result.asked
    head = Entries(
        (
            ("Network", f"{asked['network']} {asked['network_version']}".rstrip()),
            ("Prior", str(asked["prior"])),
            ("Cases", counted(result)),
        )
    )
    sections = (
        Section("Case mix", _mix(result)),
        Section("Are the findings usual?", _fit(result)),
        Section("Month by month", _months(result) if result.months else ()),
        Section("Drift of the findings", _drift(result, network.findings)),
        Section("Findings stated", (_stated(result),)),
    )
    return Page(head, sections, warnings(result))


def _label(result: CohortProfile, diagnosis: str) -> str:
    target = result.network.variable(str(result.network.target))
    return target.state_label(target.states.index(diagnosis))


def _mix(result: CohortProfile) -> tuple[Block, ...]:
    shown, rest = result.mix[:SHOWN], result.mix[SHOWN:]
    rows = [
        (
            _label(result, m.diagnosis),
            percent(m.probability),
            span(*m.interval) if m.interval else "",
            percent(m.prior),
            percent(m.leads),
        )
        for m in shown
    ]
    if rest:
        sums = [percent(sum(of)) for of in zip(*((m.probability, m.prior, m.leads) for m in rest), strict=True)]
        rows.append((f"all {len(rest)} others", sums[0], "", sums[1], sums[2]))
    heads = ("Diagnosis", "Mean probability", "95% interval", "Prior", "Leads")
    table = Table(heads, tuple(rows), (1, 2, 3, 4))
    bars = Differential(
        tuple((_label(result, m.diagnosis), m.probability, m.interval, m.prior) for m in shown),
        next(top for top in TOPS if all(max(m.probability, *(m.interval or ()), m.prior) <= top for m in shown)),
    )
    caption = (
        "Mean probability of each diagnosis (bar; line: 95% interval of the mean) beside the prior (dashed tick). "
        "If the network held for these patients, both would agree."
    )
    led = Table(("Diagnosis", "Leads in", ""), tuple(_led(result, m, bars.top) for m in shown), (1,))
    return Figure(bars, caption, table), led


def _led(result: CohortProfile, mix: Mix, top: float) -> tuple[str, str, Bar]:
    return _label(result, mix.diagnosis), percent(mix.leads), Bar(min(mix.leads / top, 1.0))


def _stated(result: CohortProfile) -> Table:
    rows = []
    for one in sorted(result.stated, key=lambda one: -one.missing):
        variable = result.network.variable(one.finding)
        stated = 1.0 - one.missing
        uncertain = percent(one.uncertain) if one.uncertain else ""
        rows.append((label_of(variable), percent(one.missing), percent(stated), uncertain, Bar(stated)))
    return Table(("Finding", "Missing", "Stated", "Uncertain", ""), tuple(rows), (1, 2, 3))


def _fit(result: CohortProfile) -> tuple[Block, ...]:
    if result.fit is None:
        return (Paragraph("Not measured: no case has findings that are all certain."),)
    fit = result.fit
    rows = [("Cases compared (findings, all certain)", f"{fit.cases:,}")]
    if said := usual(fit):
        rows.append(("Findings unusual for the leader", said))
    rows.append(("Mean ln P(findings)", likely(fit)))
    words = (
        "Expected: of cases that the network draws, one for each, with the same findings stated. Unusual: fewer "
        f"than {UNUSUAL:.0%} of the leader's cases have findings as unusual."
    )
    return Table(("", ""), tuple(rows)), Paragraph(words)


def _months(result: CohortProfile) -> tuple[Block, ...]:
    axis = _axis(result)
    there = {month.month: month for month in result.months}
    months = [there.get(name) for name in axis]
    followed = result.mix[:FOLLOWED]
    names = [_label(result, one.diagnosis) for one in followed]
    drifting: dict[str | None, int] = {one.month: 0 for one in result.drifts}
    for one in result.drifts:
        drifting[one.month] += one.told
    if len(result.months) == 1 and not result.undated:  # the month is all cases, which are compared once
        drifting = {month.month: drifting.get(None, 0) for month in result.months}
    rows = tuple(_month(month, drifting.get(month.month, 0)) for month in result.months)
    heads = ("Month", "Cases", "Unusual (expected)", "ln P(findings) above expected", "Drifting findings")
    counts = Table(heads, rows, (1, 2, 3, 4))
    if len(axis) < 2:
        return (counts,)
    panels: list[Panel] = [
        (name, _of(months, one.diagnosis), (one.prior,) * len(axis))
        for name, one in zip(names, followed, strict=True)
    ]
    fits = [month.fit if month else None for month in months]
    if any(fit is not None and fit.unusual is not None for fit in fits):
        own = tuple(fit.unusual if fit else None for fit in fits)
        panels.append(("Unusual findings", own, tuple(fit.expected_unusual if fit else None for fit in fits)))
    trend = Trend(axis, tuple(panels), "Case mix and unusual findings by month")
    mixes = Table(
        ("Month", *(clipped(name, 16) for name in names)),
        tuple(
            (month.month, *(percent(_probability(month, one.diagnosis)) for one in followed))
            for month in months
            if month is not None
        ),
        tuple(range(1, len(names) + 1)),
    )
    caption = (
        "Mean probability of the most frequent diagnoses, and share of cases with unusual findings, by month; "
        "dashed: what the network expects. Each panel begins at zero and has its own scale."
    )
    return Figure(trend, caption, mixes), counts


def _axis(result: CohortProfile) -> tuple[str, ...]:
    """All months from the first to the last, also those without cases; the last MONTHS of them."""
    first, last = (_number(month.month) for month in (result.months[0], result.months[-1]))
    return tuple(f"{at // 12:04}-{at % 12 + 1:02}" for at in range(max(first, last - MONTHS + 1), last + 1))


def _number(month: str) -> int:
    year, number = month.split("-")
    return 12 * int(year) + int(number) - 1


def _month(month: Month, drifting: int) -> tuple[str, ...]:
    fit = month.fit
    said = ("", "") if fit is None else (usual(fit), gap(fit))
    return month.month, f"{month.cases:,}", *said, str(drifting)


def _probability(month: Month, diagnosis: str) -> float:
    return next(one.probability for one in month.mix if one.diagnosis == diagnosis)


def _of(months: Sequence[Month | None], diagnosis: str) -> tuple[float | None, ...]:
    return tuple(_probability(month, diagnosis) if month else None for month in months)


def _drift(result: CohortProfile, findings: Sequence[Variable]) -> tuple[Block, ...]:
    told = [one for one in result.drifts if one.told]
    blocks: list[Block] = [Paragraph(tested(result))]
    if told:
        variables = {variable.id: variable for variable in findings}
        rows = tuple(_told(one, variables[one.finding]) for one in told[:LISTED])
        heads = ("Finding", "Month", "n", "Most changed state", "Seen", "Expected", "w", "p")
        more = len(told) - LISTED
        below = (f"… and {more:,} more, weaker ones (in the JSON)",) if more > 0 else ()
        blocks.append(Table(heads, rows, (2, 4, 5, 6, 7), below=below))
        if len(result.months) > 1:
            blocks.append(_followed(result, told, variables))
        blocks.append(
            Paragraph(
                "w: Cohen's effect size, without what chance adds to it (0.1 is called small, 0.3 medium, 0.5 "
                "large); p: after correction. A finding drifts with the case mix, too."
            )
        )
    return (*blocks, Paragraph(NOTICE))


def _told(one: Drift, variable: Variable) -> tuple[str, ...]:
    state = most_changed(one)
    return (
        clipped(label_of(variable), 34),
        one.month or "all",
        f"{one.n:,}",
        clipped(state_name(variable, state), 28),
        percent(float(one.seen[state]) / one.n),
        percent(float(one.expected[state])),
        f"{one.effect:.2f}",
        "<0.001" if one.adjusted < 0.001 else f"{one.adjusted:.3f}",
    )


def most_changed(one: Drift) -> int:
    """The state whose share is farthest from the expected one; the last of those as far, as both of two are."""
    change = np.round(np.abs(one.seen / one.n - one.expected), 9)
    return int(np.flatnonzero(change == change.max())[-1])


def _followed(result: CohortProfile, told: Sequence[Drift], variables: dict[str, Variable]) -> Figure:
    """The state that has changed most, of each of the findings that drift most, by month."""
    months = _axis(result)
    by_place = {(one.finding, one.month): one for one in result.drifts}
    strongest = dict.fromkeys(one.finding for one in told)
    panels: list[Panel] = []
    for finding in list(strongest)[:DRAWN]:
        first = next(one for one in told if one.finding == finding)
        state, expected = most_changed(first), float(first.expected[most_changed(first)])
        there = [by_place.get((finding, month)) for month in months]
        shares = tuple(float(one.seen[state]) / one.n if one else None for one in there)
        name = f"{clipped(label_of(variables[finding]), 22)}: {state_name(variables[finding], state)}"
        panels.append((name, shares, (expected,) * len(months)))
    rows = tuple(
        (month, *("" if shares[i] is None else percent(shares[i] or 0.0) for _, shares, _ in panels))
        for i, month in enumerate(months)
        if any(shares[i] is not None for _, shares, _ in panels)
    )
    heads = ("Month", *(clipped(name, 24) for name, _, _ in panels))
    table = Table(heads, rows, tuple(range(1, len(heads))))
    caption = (
        "Share of the most changed state of the findings that drift most, by month; dashed: the network. Months "
        "with too few cases to be compared are left out."
    )
    return Figure(Trend(months, tuple(panels), "Drifting findings by month"), caption, table)
