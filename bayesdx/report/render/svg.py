"""Pictures as SVG text: no script, no fonts from elsewhere, readable without colour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from bayesdx.report.blocks import Differential, Tornado, Trend, Waterfall
from bayesdx.words.numbers import percent, span
from bayesdx.words.phrases import clipped, short, signed

_ROW = 22
_PANEL = 44
_WIDTH = 720
_LEFT = 268
_RIGHT = 64
_FOR, _AGAINST, _INK, _GRID = "#2f6f9f", "#c0712c", "#1b1f24", "#cfd8df"
_FONT = 'font-family="Helvetica Neue, Helvetica, Arial, Liberation Sans, sans-serif" font-size="12"'


def svg(chart: Differential | Waterfall | Tornado | Trend) -> str:
    """A chart as a picture."""
    match chart:
        case Differential():
            return _differential(chart)
        case Waterfall():
            return _waterfall(chart)
        case Tornado():
            return _tornado(chart)
        case Trend():
            return _trend(chart)


def _differential(chart: Differential) -> str:
    """Bars of the probabilities, the 95 % interval as a line, the prior as a tick; the numbers beside them."""
    columns = (_WIDTH - 150, _WIDTH - 48, _WIDTH - 2)
    width = columns[0] - 52 - _LEFT
    bottom = 24 + _ROW * len(chart.rows)

    def x(probability: float) -> float:
        return _LEFT + width * probability / chart.top

    ticks = [chart.top * quarter / 4 for quarter in range(5)]
    parts = [_axis(x(tick), bottom, f"{100 * tick:.3g}%", top=18) for tick in ticks]
    heads = ("probability", "95% interval", "prior")
    parts += [_text(at, 12, head, "end", size=10) for at, head in zip(columns, heads, strict=True)]
    for number, (label, probability, interval, prior) in enumerate(chart.rows):
        y = 22 + _ROW * number
        parts.append(_label(label if len(label) <= 40 else clipped(short(label), 40), y, bold=number == 0))
        parts.append(_bar(x(0.0), x(probability), y, _FOR))
        if interval is not None:
            low, high = map(x, interval)
            parts.append(_line(low, y + 8, high, y + 8, _INK, 1.4))
            parts += [_line(end, y + 4, end, y + 12, _INK, 1.4) for end in (low, high)]
        parts.append(_line(x(prior), y - 1, x(prior), y + 17, _AGAINST, 2, "2 2"))
        numbers = (percent(probability), "" if interval is None else span(*interval), percent(prior))
        parts += [
            _text(at, y + 12, words, "end", bold=number == 0 and at == columns[0])
            for at, words in zip(columns, numbers, strict=True)
        ]
    return _svg(bottom + 18, parts, "Probability of each diagnosis")


def _waterfall(chart: Waterfall) -> str:
    """Bars from each log-odds (decibans) to the next, the first from zero; the last row is the sum."""
    names, log_odds, first, second = chart.names, chart.log_odds, chart.first, chart.second
    low, high = min(0.0, *log_odds), max(0.0, *log_odds)
    room = max(high - low, 1.0)
    low, high = low - 0.08 * room, high + 0.08 * room
    span = _WIDTH - _LEFT - _RIGHT
    height = _ROW * (len(log_odds) + 1) + 46

    def x(value: float) -> float:
        return _LEFT + span * (value - low) / (high - low)

    parts = [_axis(x(tick), height - 40, signed(tick)) for tick in _ticks(low, high)]
    parts.append(_line(x(0.0), 0, x(0.0), height - 40, _INK, 1.2))
    before = 0.0
    for number, (name, after) in enumerate(zip(names, log_odds, strict=True)):
        y = 4 + _ROW * number
        parts.append(_label(clipped(name, 44), y))
        parts.append(_bar(x(before), x(after), y, _FOR if after >= before else _AGAINST))
        parts.append(_line(x(after), y + 16, x(after), y + _ROW, _INK, 0.8))
        parts.append(_text(_WIDTH - 4, y + 12, signed(after - before), "end"))
        before = after
    y = 4 + _ROW * len(log_odds)
    parts.append(_label("posterior", y, bold=True))
    parts.append(_bar(x(0.0), x(before), y, "#56616b"))
    parts.append(_text(_WIDTH - 4, y + 12, signed(before), "end", bold=True))
    parts.append(_text(_LEFT, height - 6, f"← {clipped(short(second), 30)}", "start"))
    parts.append(_text(_WIDTH - _RIGHT, height - 6, f"{clipped(short(first), 30)} →", "end"))
    return _svg(height, parts, f"Log-odds of {first} against {second}")


def _tornado(chart: Tornado) -> str:
    """For each number, a bar between the probabilities at its lower and its upper end; a line where it is now."""
    names, ends, now, title = chart.names, chart.ends, chart.now, chart.title
    left = 372
    span = _WIDTH - left - _RIGHT
    values = [now, *(value for pair in ends for value in pair)]
    step = next(s for s in (0.02, 0.05, 0.1, 0.25) if (max(values) - min(values)) / s <= 6 or s == 0.25)
    low = math.floor(min(values) / step + 1e-9) * step
    high = max(math.ceil(max(values) / step - 1e-9) * step, low + step)
    bottom = 4 + _ROW * len(names)

    def x(probability: float) -> float:
        return left + span * (probability - low) / (high - low)

    ticks = [low + step * i for i in range(round((high - low) / step) + 1)]
    parts = [_axis(x(tick), bottom, f"{tick:.0%}") for tick in ticks]
    for number, (name, (at_low, at_high)) in enumerate(zip(names, ends, strict=True)):
        y = 4 + _ROW * number
        parts.append(_text(left - 8, y + 12, clipped(name, 64), "end", size=11))
        parts.append(_bar(x(now), x(at_low), y, _AGAINST))
        parts.append(_bar(x(now), x(at_high), y, _FOR))
        words = f"{min(at_low, at_high):.0%} – {max(at_low, at_high):.0%}"
        parts.append(_text(_WIDTH - 2, y + 12, words, "end", size=10))
    parts.append(_line(x(now), 0, x(now), bottom, _INK, 1.4))
    return _svg(bottom + 18, parts, f"Probability of {title} when one number moves")


def _trend(chart: Trend) -> str:
    """A panel a row, from zero to its own largest share: a line with dots, and dashed what is expected."""
    columns = (_WIDTH - 58, _WIDTH - 2)
    width = columns[0] - 62 - _LEFT
    bottom = 18 + _PANEL * len(chart.rows)
    last = max(len(chart.at) - 1, 1)
    parts = [_text(at, 12, head, "end", size=10) for at, head in zip(columns, ("last", "expected"), strict=True)]
    for i in range(0, len(chart.at), math.ceil(len(chart.at) / 8)):
        parts.append(_axis(_LEFT + width * i / last, bottom, chart.at[i], top=18))
    for number, (name, shares, expected) in enumerate(chart.rows):
        base = 18 + _PANEL * (number + 1) - 4
        top = max([share for share in (*shares, *expected) if share is not None], default=0.0) or 1.0
        lines = [
            [
                (_LEFT + width * i / last, base - (_PANEL - 10) * share / top)
                for i, share in enumerate(row)
                if share is not None
            ]
            for row in (expected, shares)
        ]
        parts.append(_label(clipped(name, 40), base - _PANEL / 2 - 4))
        parts.append(_line(_LEFT, base, _LEFT + width, base, _GRID, 1))
        parts.append(_path(lines[0], _AGAINST, 1.6, "4 3"))
        parts.append(_path(lines[1], _FOR, 1.8))
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.4" fill="{_FOR}"/>' for x, y in lines[1]]
        ends = (next((share for share in reversed(row) if share is not None), None) for row in (shares, expected))
        parts += [
            _text(at, base - _PANEL / 2 + 8, "" if share is None else percent(share), "end")
            for at, share in zip(columns, ends, strict=True)
        ]
    return _svg(bottom + 18, parts, chart.title)


def _ticks(low: float, high: float) -> list[float]:
    step = next((s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500) if (high - low) / s <= 8), 1000)
    return [float(step * i) for i in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _svg(height: float, parts: Sequence[str], title: str) -> str:
    body = "".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:g}" role="img" {_FONT}>'
        f"<title>{escape(title)}</title>{body}</svg>"
    )


def _axis(x: float, bottom: float, label: str, top: float = 0.0) -> str:
    return _line(x, top, x, bottom, _GRID, 1) + _text(x, bottom + 14, label, "middle", size=10)


def _label(words: str, y: float, bold: bool = False) -> str:
    return _text(_LEFT - 8, y + 12, words, "end", bold=bold)


def _bar(start: float, end: float, y: float, colour: str) -> str:
    left, width = min(start, end), max(abs(end - start), 0.8)
    return f'<rect x="{left:.1f}" y="{y:g}" width="{width:.1f}" height="16" fill="{colour}"/>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    ends = f'x1="{x1:.1f}" y1="{y1:g}" x2="{x2:.1f}" y2="{y2:g}"'
    return f'<line {ends} stroke="{colour}" stroke-width="{width:g}"{dashed}/>'


def _path(points: Sequence[tuple[float, float]], colour: str, width: float, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="{width:g}"{dashed}/>'


def _text(x: float, y: float, words: str, anchor: str, *, bold: bool = False, size: int = 12) -> str:
    style = ' font-weight="700"' if bold else ""
    style += f' font-size="{size}"' if size != 12 else ""
    return f'<text x="{x:.1f}" y="{y:g}" text-anchor="{anchor}" fill="{_INK}"{style}>{escape(words)}</text>'
