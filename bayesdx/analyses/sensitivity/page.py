"""How the sensitivity analysis looks on a terminal."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence
from html import escape

import click

from bayesdx.analyses.sensitivity.numbers.constraints import Change
from bayesdx.analyses.sensitivity.numbers.importance import Importance
from bayesdx.analyses.sensitivity.numbers.literature import Origin
from bayesdx.analyses.sensitivity.numbers.origins import bar_origin, parameter_origin
from bayesdx.analyses.sensitivity.numbers.result import ConstraintAnswer, Sensitivity
from bayesdx.analyses.sensitivity.numbers.tornado import Bar, context_parent
from bayesdx.analyses.sensitivity.sentences import factor, in_short, shown_changes
from bayesdx.report.render.terminal import WIDTH, heading, page, percent, table, warning_lines
from bayesdx.words.parameters import describe_context, describe_group, describe_parameter
from bayesdx.words.phrases import clipped, label_of, short

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
_ASCII = str.maketrans(
    {"─": "-", "●": "o", "–": "-", "→": ">", "×": "x", "÷": "/", "±": "~", "•": "-", "−": "-", "…": "."}
)


def sensitivity_text(s: Sensitivity, choice: str = "", top: int = SHOWN, references: bool = False) -> str:
    """Everything in sections: ``top`` rows each, and the ``references`` of the sources that are named."""
    named: list[str] = []
    parts = [
        _section("In short", "\n".join(_wrapped(f"• {line}", 2) for line in in_short(s))),
        _section(
            f"How the literature's sample sizes spread the answer ({s.uncertainty.draws:,} draws)", _spread(s, top)
        ),
        _section(f"Which numbers matter: each moved alone ({s.span.text})", _tornado(s, top, named)),
        _section("Smallest change of one number after which another diagnosis leads", _changes(s, top, named)),
        *(
            _section(
                f"What one number would have to be for {_constraint(s, one.constraint.text)}",
                _answer(s, one, top, named),
            )
            for one in s.constraints
        ),
        _section("Prior sets side by side", _prior_sets(s, top)),
        _section(
            "The study to do next: part of the variance of the leader's probability that would go",
            _next_study(s, top),
        ),
        _section("Leaving out one publication at a time", _left_out(s, top, named)),
    ]
    if references and s.literature is not None:
        lines = [_wrapped(f"{key}: {text}", 2) for key, text in s.literature.references(named).items()]
        parts.append(_section("Sources", "\n".join(lines)))
    return _shown(page(heading(s.question, choice), *parts, warning_lines(s.warnings)))


def sensitivity_html(s: Sensitivity) -> str:
    """The sentences, and the tables folded away, for notebooks."""
    lines = "".join(f"<li>{escape(line)}</li>" for line in in_short(s))
    return f"<ul>{lines}</ul><details><pre>{escape(click.unstyle(sensitivity_text(s)))}</pre></details>"


def _shown(text: str) -> str:
    """Text in characters that the output has."""
    if (sys.stdout.encoding or "").lower().startswith("utf"):
        return text
    return text.translate(_ASCII).encode("ascii", "replace").decode()


def _section(title: str, body: str) -> str:
    return f"{click.style(title, bold=True, underline=True)}\n{body}" if body else ""


def _wrapped(line: str, indent: int) -> str:
    return textwrap.fill(
        line, WIDTH, subsequent_indent=" " * indent, break_on_hyphens=False, break_long_words=False
    )


def _name(s: Sensitivity, t: int) -> str:
    return short(s.question.target.state_label(t))


def _spread(s: Sensitivity, top: int) -> str:
    u = s.uncertainty
    if not u.varies:
        return ""
    rows = [
        [
            clipped(_name(s, t), 32),
            percent(float(s.posterior[t])),
            f"{percent(float(u.interval[t, 0]))} – {percent(float(u.interval[t, 1]))}",
            _plus_minus(float(u.leads[t]), float(u.leads_error[t])),
            percent(float(u.ranks[t, :3].sum())),
            _track(float(u.interval[t, 0]), float(u.interval[t, 1]), float(s.posterior[t])),
        ]
        for t in s.order[:top]
    ]
    return table(
        ["", "", "95% interval", "leads", "first 3", "0%" + " " * (_BAR - 6) + "100%"], rows, right=(1, 2, 3, 4)
    )


def _plus_minus(share: float, error: float) -> str:
    return f"{share:.1%} ±{error:.1%}"


def _track(low: float, high: float, mark: float, width: int = _BAR) -> str:
    """A line from ``low`` to ``high`` on a scale from 0 to 1, and a mark on it."""
    cells = [" "] * width
    first, last = (min(int(end * width), width - 1) for end in sorted((low, high)))
    cells[first : last + 1] = "─" * (last + 1 - first)
    cells[min(int(mark * width), width - 1)] = "●"
    return "".join(cells).rstrip()


def _tornado(s: Sensitivity, top: int, named: list[str]) -> str:
    network, leader = s.question.engine.network, s.leader
    lines = []
    for bar in s.bars[:top]:
        at_low, at_high = float(bar.at_low[leader]), float(bar.at_high[leader])
        lines.append(
            [
                clipped(describe_group(network, bar.group, short), 54),
                f"{_share(bar.value)} ({_share(bar.low)}–{_share(bar.high)})",
                f"{percent(at_low)} → {percent(at_high)}",
            ]
        )
    if not lines:
        return ""
    origins = [_origin_line(bar_origin(s, bar), named) for bar in s.bars[:top]]
    tracks = [
        _track(float(bar.at_low[leader]), float(bar.at_high[leader]), float(s.posterior[leader]), _NARROW)
        for bar in s.bars[:top]
    ]
    heads = ["number", "assumed (range)", f"P({clipped(_name(s, leader), 17)})"]
    text = table(heads, lines, right=(1, 2)).split("\n")
    under = [
        _second_line(track, _others_lead(s, bar), origin)
        for track, bar, origin in zip(tracks, s.bars[:top], origins, strict=True)
    ]
    return "\n".join([text[0], *(f"{one}\n{two}" for one, two in zip(text[1:], under, strict=True))])


def _second_line(track: str, lead: str, origin: str) -> str:
    said = "; ".join(part for part in (lead, origin) if part)
    return click.style(f"  {track:<{_NARROW}}  {clipped(said, WIDTH - _NARROW - 4)}".rstrip(), dim=True)


def _others_lead(s: Sensitivity, bar: Bar) -> str:
    for posterior, end in ((bar.at_low, "low"), (bar.at_high, "high")):
        if (first := int(posterior.argmax())) != s.leader:
            return f"{clipped(_name(s, first), 24)} leads at the {end} end"
    return ""


def _origin_line(origin: Origin | None, named: list[str]) -> str:
    if origin is None:
        return ""
    keys = list(origin.sources[:_KEYS])
    named += keys
    more = f" +{len(origin.sources) - len(keys)}" if len(origin.sources) > len(keys) else ""
    said = origin.summary + (f" [{', '.join(keys)}{more}]" if keys else "")
    return said + (f"; assumed: {', '.join(origin.assumptions)}" if origin.assumptions else "")


def _share(probability: float) -> str:
    return percent(probability) if probability < 0.1 else f"{probability:.0%}"


def _move(old: float, new: float) -> str:
    """Two probabilities, with as many decimals as tell them apart."""
    if _share(old) != _share(new):
        return f"{_share(old)} → {_share(new)}"
    decimals = next((d for d in range(1, 6) if f"{old:.{d}%}" != f"{new:.{d}%}"), 6)
    return f"{old:.{decimals}%} → {new:.{decimals}%}"


def _changes(s: Sensitivity, top: int, named: list[str]) -> str:
    own = shown_changes(s)
    if not own:
        return "No change of a single likelihood makes another diagnosis lead." if len(s.order) > 1 else ""
    return _change_table(s, own[:top], named)


def _change_table(s: Sensitivity, changes: Sequence[Change], named: list[str]) -> str:
    if not changes:
        return ""
    parameters = s.one_way.parameters
    rows = [
        [
            clipped(describe_parameter(parameters, change.parameter, short), 54),
            _move(float(parameters.value[change.parameter]), change.value),
            factor(change.log_odds),
            clipped(_name(s, change.leader), 18),
        ]
        for change in changes
    ]
    origins = [_origin_line(parameter_origin(s, change.parameter), named) for change in changes]
    text = table(["number", "must become", "odds", "then leads"], rows, right=(1, 2)).split("\n")
    under = [click.style(f"  {clipped(line, WIDTH - 2)}", dim=True) if line else "" for line in origins]
    return "\n".join([text[0], *("\n".join(filter(None, pair)) for pair in zip(text[1:], under, strict=True))])


def _constraint(s: Sensitivity, text: str) -> str:
    if "(" in text:
        return text
    states = s.question.target.states
    return " ".join(f"P({word})" if word in states else word for word in text.split())


def _answer(s: Sensitivity, answer: ConstraintAnswer, top: int, named: list[str]) -> str:
    if answer.holds:
        return "It holds already."
    return _change_table(s, answer.changes[:top], named) or "No change of a single number suffices."


def _prior_sets(s: Sensitivity, top: int) -> str:
    sets = [one for one in s.prior_sets if one.posterior is not None]
    if len(sets) < 2:
        return ""
    leaders = [int(one.posterior.argmax()) for one in sets if one.posterior is not None]
    shown = list(dict.fromkeys([*s.order[: max(top - 2, 2)], *leaders]))
    rows = []
    for t in shown:
        cells = [clipped(_name(s, t), 34)]
        for one, leader in zip(sets, leaders, strict=True):
            assert one.posterior is not None
            cell = f"{percent(float(one.prior[t]))} → {percent(float(one.posterior[t]))}"
            cells.append(click.style(cell, bold=True) + " *" if t == leader else f"{cell}  ")
        rows.append(cells)
    heads = ["prior → posterior  (* leads)", *(f"{one.name}  " for one in sets)]
    return table(heads, rows, right=range(1, 1 + len(sets)))


def _next_study(s: Sensitivity, top: int) -> str:
    found = s.importance
    if not found.groups:
        return ""
    heads = ["known exactly; at most, after so many lesions", "exactly", *map(str, found.sizes)]
    rows: list[list[str]] = []
    for kind, title in _KINDS.items():
        number = top if kind == "row" else max(top // 2, 1)
        groups = [group for group in found.of(kind) if group.share > 0.005][:number]
        if groups:
            rows.append([click.style(title, italic=True), "", *[""] * len(found.sizes)])
            rows += [_importance_row(s, group) for group in groups]
    text = table(heads, rows, right=range(1, 2 + len(found.sizes)))
    counts = ", ".join(f"{n:.1f}" for n in found.effective)
    sizes = ", ".join(str(size) for size in found.sizes)
    note = ""
    if found.effective[-1] < found.sizes[-1]:
        note = (
            f"One study of {sizes} lesions counts as {counts} here, because studies of the same thing differ: "
            "several small studies remove more than a single large one."
        )
    return text + ("\n" + _wrapped(note, 0) if note else "")


def _importance_row(s: Sensitivity, group: Importance) -> list[str]:
    removed = [f"{part:.1%}" for part in group.removed]
    removed = removed or [""] * len(s.importance.sizes)
    return [f"  {clipped(_group_name(s, group), 44)}", _plus_minus(group.share, group.error), *removed]


def _group_name(s: Sensitivity, group: Importance) -> str:
    network = s.question.engine.network
    if group.kind == "source":
        return group.source
    if group.kind == "diagnosis":
        return _name(s, group.diagnosis or 0)
    label = label_of(network.variable(group.finding))
    if group.kind == "finding":
        return label
    parent = context_parent(network, group.finding)
    if parent is None or group.context is None:
        return f"{label}, row {(group.context or 0) + 1}"
    return f"{label} in {describe_context(network, parent, group.context, short)}"


def _left_out(s: Sensitivity, top: int, named: list[str]) -> str:
    if s.left_out is None or not s.left_out.checked:
        return ""
    rows = []
    for one in s.left_out.checked[:top]:
        named.append(one.source)
        reference = s.literature.reference(one.source) if s.literature else ""
        if one.posterior is None:
            moved, lead = "impossible", ""
        else:
            leader = int(one.posterior.argmax())
            moved = f"{percent(float(s.posterior[s.leader]))} → {percent(float(one.posterior[s.leader]))}"
            lead = "" if leader == s.leader else _name(s, leader)
        rows.append([clipped(one.source, 22), moved, clipped(lead, 20), clipped(reference, 33)])
    heads = ["without", f"P({clipped(_name(s, s.leader), 14)})", "then leads", ""]
    note = (
        f"{len(s.left_out.checked)} left out in turn, those that weigh most of the {s.left_out.behind} behind the "
        "findings in any diagnosis."
    )
    return table(heads, rows, right=(1,)) + "\n" + _wrapped(note, 0)
