"""The page of ``sensitivity``."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from bayesdx.analyses.frame import framed
from bayesdx.analyses.sensitivity.numbers.constraints import Change
from bayesdx.analyses.sensitivity.numbers.importance import Importance
from bayesdx.analyses.sensitivity.numbers.literature import Origin
from bayesdx.analyses.sensitivity.numbers.origins import bar_origin, parameter_origin
from bayesdx.analyses.sensitivity.numbers.result import ConstraintAnswer, Sensitivity
from bayesdx.analyses.sensitivity.numbers.tornado import Bar
from bayesdx.analyses.sensitivity.sentences import (
    describe_group,
    describe_parameter,
    factor,
    in_short,
    origin_assumptions,
    origin_summary,
    shown_changes,
    single_number,
    span_text,
    warnings,
)
from bayesdx.inference.results import leading
from bayesdx.report.blocks import (
    WIDTH,
    AnyCell,
    Block,
    Bullets,
    Cell,
    Page,
    Paragraph,
    Section,
    Sentence,
    Table,
    Track,
)
from bayesdx.words.numbers import percent, span
from bayesdx.words.parameters import describe_row
from bayesdx.words.phrases import clipped, fitted, label_of, listed, short
from bayesdx.words.provenance import interval_words

#: Rows of each table unless more are asked for.
SHOWN = 6
_KINDS = {
    "row": "one finding in one form",
    "finding": "a finding everywhere",
    "diagnosis": "all findings of a diagnosis",
    "source": "all numbers that a source informs",
}
#: Citation keys named in one line.
_KEYS = 3
_BAR = 22
_NARROW = 16


def page(s: Sensitivity, *, top: int = SHOWN, references: bool = False) -> Page:
    """Everything in sections: ``top`` rows each, and the ``references`` of the sources that are named."""
    named: list[str] = []
    sections = [
        Section("In short", (Bullets(tuple(map(Sentence, in_short(s))), "• "),)),
        Section(
            f"How the literature's sample sizes spread the answer ({s.uncertainty.draws:,} draws)", _spread(s, top)
        ),
        Section(f"Which numbers matter: each moved alone ({span_text(s.span)})", _tornado(s, top, named)),
        Section("Smallest change of one number after which another diagnosis leads", _changes(s, top, named)),
        *(
            Section(
                f"What one number would have to be for {_constraint(s, one.constraint.text)}",
                _answer(s, one, top, named),
            )
            for one in s.constraints
        ),
        Section("Prior sets side by side", _prior_sets(s, top)),
        Section(
            "The study to do next: part of the variance of the leader's probability that would go",
            _next_study(s, top),
        ),
        Section("Leaving out one publication at a time", _left_out(s, top, named)),
    ]
    if references and s.literature is not None:
        known = s.literature.references(named)
        listed = tuple(Sentence(f"{key}: {text}") for key, text in known.items())
        sections.append(Section("Sources", (Bullets(listed, ""),)))
    return framed(s.question, *sections, warnings=warnings(s))


def _name(s: Sensitivity, t: int) -> str:
    return short(s.question.target.state_label(t))


def _spread(s: Sensitivity, top: int) -> tuple[Block, ...]:
    u, intervals = s.uncertainty, s.question.intervals
    if intervals is None:
        return ()
    rows = tuple(
        (
            fitted(_name(s, t), 32),
            percent(float(s.posterior[t])),
            span(*intervals[t].tolist()),
            _plus_minus(float(u.leads[t]), float(u.leads_error[t])),
            percent(float(u.ranks[t, :3].sum())),
            Track(float(intervals[t, 0]), float(intervals[t, 1]), float(s.posterior[t]), _BAR),
        )
        for t in s.order[:top]
    )
    heads = ("", "", "95% interval", "leads", "first 3", "0%" + " " * (_BAR - 6) + "100%")
    return (
        Table(heads, rows, (1, 2, 3, 4)),
        Paragraph(f"95% interval: {interval_words(s.question.network)}."),
    )


def _plus_minus(share: float, error: float) -> str:
    shown = percent(share)
    exact = shown[0] in "<>" or round(error, 3) == 0  # an error that would round to 0 is not stated
    return shown if exact else f"{shown} ±{error:.1%}"


def _tornado(s: Sensitivity, top: int, named: list[str]) -> tuple[Block, ...]:
    network, leader = s.question.network, s.leader
    rows, notes = [], []
    for bar in s.bars[:top]:
        at_low, at_high = float(bar.at_low[leader]), float(bar.at_high[leader])
        rows.append(
            (
                describe_group(network, bar.group, short, width=54),
                f"{_share(bar.value)} ({_share(bar.low)}–{_share(bar.high)})",
                f"{percent(at_low)} → {percent(at_high)}",
            )
        )
        said = "; ".join(filter(None, (_others_lead(s, bar), _origin_line(bar_origin(s, bar), named))))
        moved = Track(at_low, at_high, float(s.posterior[leader]), _NARROW)
        notes.append((moved, clipped(said, WIDTH - _NARROW - 4)))
    heads = ("number", "assumed (range)", f"P({fitted(_name(s, leader), 17)})")
    return (Table(heads, tuple(rows), (1, 2), tuple(notes)),) if rows else ()


def _others_lead(s: Sensitivity, bar: Bar) -> str:
    for posterior, end in ((bar.at_low, "low"), (bar.at_high, "high")):
        if (first := int(leading(posterior))) != s.leader:
            return f"{fitted(_name(s, first), 24)} leads at the {end} end"
    return ""


def _origin_line(origin: Origin | None, named: list[str]) -> str:
    if origin is None:
        return ""
    keys = list(origin.sources[:_KEYS])
    named += keys
    more = f" +{len(origin.sources) - len(keys)}" if len(origin.sources) > len(keys) else ""
    said = origin_summary(origin) + (f" [{', '.join(keys)}{more}]" if keys else "")
    further = origin.assumptions and origin.kind == "row"  # of forms the summary says it
    return said + (f"; assumed: {', '.join(origin_assumptions(origin))}" if further else "")


def _share(probability: float) -> str:
    return percent(probability) if probability < 0.1 else f"{probability:.0%}"


def _move(old: float, new: float) -> str:
    """Two probabilities, with as many decimals as tell them apart."""
    if _share(old) != _share(new):
        return f"{_share(old)} → {_share(new)}"
    decimals = next((d for d in range(1, 6) if f"{old:.{d}%}" != f"{new:.{d}%}"), 6)
    return f"{old:.{decimals}%} → {new:.{decimals}%}"


def _changes(s: Sensitivity, top: int, named: list[str]) -> tuple[Block, ...]:
    own = shown_changes(s)
    if not own:
        alone = f"No change of a single {single_number(s)} makes another diagnosis lead; 0 and 1 were not moved."
        return (Paragraph(alone),) if len(s.order) > 1 else ()
    return _change_table(s, own[:top], named)


def _change_table(s: Sensitivity, changes: Sequence[Change], named: list[str]) -> tuple[Block, ...]:
    if not changes:
        return ()
    parameters = s.one_way.parameters
    rows = tuple(
        (
            describe_parameter(parameters, change.parameter, short, width=54),
            _move(float(parameters.value[change.parameter]), change.value),
            factor(change.log_odds),
            fitted(_name(s, change.leader), 18),
        )
        for change in changes
    )
    origins = [_origin_line(parameter_origin(s, change.parameter), named) for change in changes]
    notes = tuple((clipped(line, WIDTH - 2),) for line in origins)
    return (Table(("number", "must become", "odds", "then leads"), rows, (1, 2), notes),)


def _constraint(s: Sensitivity, text: str) -> str:
    if "(" in text:
        return text
    states = s.question.target.states
    return " ".join(f"P({word})" if word in states else word for word in text.split())


def _answer(s: Sensitivity, answer: ConstraintAnswer, top: int, named: list[str]) -> tuple[Block, ...]:
    if answer.holds:
        return (Paragraph("It holds already."),)
    nothing = Paragraph("No change of a single number suffices; 0 and 1 were not moved.")
    return _change_table(s, answer.changes[:top], named) or (nothing,)


def _prior_sets(s: Sensitivity, top: int) -> tuple[Block, ...]:
    sets = [one for one in s.prior_sets if one.posterior is not None]
    if len(sets) < 2:
        return ()
    leaders = [int(leading(one.posterior)) for one in sets if one.posterior is not None]
    shown = list(dict.fromkeys([*s.order[: max(top - 2, 2)], *leaders]))
    rows = []
    for t in shown:
        cells: list[AnyCell] = [fitted(_name(s, t), 34)]
        for one, leader in zip(sets, leaders, strict=True):
            assert one.posterior is not None
            cell = f"{percent(float(one.prior[t]))} → {percent(float(one.posterior[t]))}"
            cells.append(Cell(f"{cell} *") if t == leader else f"{cell}  ")
        rows.append(tuple(cells))
    heads = ("prior → posterior  (* leads)", *(f"{one.name}  " for one in sets))
    return (Table(heads, tuple(rows), tuple(range(1, 1 + len(sets)))),)


def _next_study(s: Sensitivity, top: int) -> tuple[Block, ...]:
    found = s.importance
    one = len({f"{n:.1f}" for n in found.effective}) == 1
    sizes = (f"{found.sizes[0]}–{found.sizes[-1]}",) if one else tuple(map(str, found.sizes))
    rows: list[tuple[AnyCell, ...]] = []
    for kind, title in _KINDS.items():
        number = top if kind == "row" else max(top // 2, 1)
        groups = [group for group in found.of(kind) if group.share > 0.005][:number]
        if groups:
            rows.append((Cell(title, "group"), "", *[""] * len(sizes)))
            rows += [_importance_row(s, group, len(sizes)) for group in groups]
    if not found.groups:
        return ()
    heads = ("known exactly; at most, after so many lesions", "exactly", *sizes)
    note = ""
    if found.effective[-1] < found.sizes[-1]:
        counts = listed([f"{n:.1f}" for n in (found.effective[-1:] if one else found.effective)], "or")
        lesions = listed([str(size) for size in found.sizes], "or")
        note = (
            f"One study of {lesions} lesions counts as {counts} lesions here, because studies of the same thing "
            "differ: several small studies remove more than a single large one."
        )
    return (Table(heads, tuple(rows), tuple(range(1, 2 + len(sizes))), below=_lines(note)),)


def _importance_row(s: Sensitivity, group: Importance, columns: int) -> tuple[AnyCell, ...]:
    removed = [percent(part) for part in group.removed][-columns:] or [""] * columns
    return (f"  {clipped(_group_name(s, group, 44), 44)}", _plus_minus(group.share, group.error), *removed)


def _group_name(s: Sensitivity, group: Importance, width: int) -> str:
    network = s.question.engine.network
    if group.kind == "source":
        return group.source
    if group.kind == "diagnosis":
        return _name(s, group.diagnosis or 0)
    label = label_of(network.variable(group.finding))
    if group.kind == "finding":
        return label
    parent = network.diagnosis_parent(group.finding)
    if group.finding == s.question.target.id and not network.parents[group.finding]:
        return "Prior"
    if parent is None or group.context is None:
        return f"{label}, row {(group.context or 0) + 1}"
    return describe_row(network, group.finding, parent, group.context, short, width=width)


def _left_out(s: Sensitivity, top: int, named: list[str]) -> tuple[Block, ...]:
    if s.left_out is None or not s.left_out.checked:
        return ()
    changing = len(s.left_out.changing(s.leader))
    rows = []
    for one in s.left_out.checked[:top]:
        named.append(one.source)
        reference = s.literature.reference(one.source) if s.literature else ""
        leader = int(leading(one.posterior))
        moved = f"{percent(float(s.posterior[s.leader]))} → {percent(float(one.posterior[s.leader]))}"
        lead = "" if leader == s.leader else _name(s, leader)
        rows.append((clipped(one.source, 22), moved, clipped(lead, 20), clipped(reference, 33)))
    heads = ("without", f"P({fitted(_name(s, s.leader), 14)})", "then leads", "")
    how_many = "one" if changing == 1 else f"any of {changing}"
    note = (
        f"Each of the {s.left_out.behind} publications behind the findings of any diagnosis was left out in turn; "
        + (f"without {how_many} of them another diagnosis leads." if changing else "the leader stays each time.")
    )
    return (Table(heads, tuple(rows), (1,), below=_lines(note)),)


def _lines(note: str) -> tuple[str, ...]:
    return tuple(textwrap.wrap(note, WIDTH, break_on_hyphens=False))
