"""Pictures of the sensitivity analysis for a journal column (88 mm), readable in grey."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bayesdx.analyses.sensitivity.numbers.one_way import literature_interval
from bayesdx.analyses.sensitivity.numbers.priors import prior_grid
from bayesdx.analyses.sensitivity.numbers.result import Sensitivity
from bayesdx.analyses.sensitivity.sentences import describe_group, describe_parameter, span_text
from bayesdx.errors import InputError, MissingExtra, nearest
from bayesdx.files import write_whole
from bayesdx.words.phrases import clipped, short

ENDINGS = (".png", ".svg", ".pdf")
#: Width of a journal column, in inches.
COLUMN = 88 / 25.4
_DASHES = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)))
_GREYS = ("#111111", "#5a5a5a", "#111111", "#5a5a5a", "#8c8c8c")
_PLAIN = {"facecolor": "white", "edgecolor": "none", "pad": 0.3}
_INSIDE = 1e-6
_STYLE = {
    "font.size": 7,
    "axes.titlesize": 8,
    "axes.labelsize": 7,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.1,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    "savefig.dpi": 300,
}


def check_plot_file(path: str, panels: Sequence[str] = ()) -> None:
    """Raise InputError for a file that no picture can be written to or an unknown panel.

    Raises MissingExtra without matplotlib.
    """
    for panel in panels:
        if panel not in PANELS:
            raise InputError(f"no panel '{panel}'", nearest(panel, PANELS))
    ending = Path(path).suffix.lower()
    if ending not in ENDINGS:
        raise InputError(f"a plot ends in {', '.join(ENDINGS)}", place=path)
    folder = Path(path).parent
    if not folder.is_dir():
        raise InputError(f"there is no folder '{folder}'", place=path)
    _pyplot()


def plot_sensitivity(s: Sensitivity, path: str, panels: Sequence[str] = ()) -> None:
    """Draw ``panels`` (all by default) one below the other and write them to ``path``.

    Panels are ``tornado``, ``functions``, ``priors`` and ``ranks``. Raises InputError for an unknown one.
    """
    check_plot_file(path, panels)
    plt = _pyplot()
    chosen = [PANELS[panel] for panel in panels or PANELS]
    total = sum(panel.height for panel in chosen)
    with plt.rc_context(_STYLE):
        figure = plt.figure(figsize=(COLUMN, total))
        try:
            top = total
            for panel in chosen:
                inner = panel.height - panel.above - panel.below
                bottom = top - panel.above - inner
                axis = figure.add_axes((panel.left, bottom / total, 0.96 - panel.left, inner / total))
                panel.draw(s, axis)
                top -= panel.height
            kind = os.path.splitext(path)[1][1:].lower()
            write_whole(path, lambda part: figure.savefig(part, format=kind))
        finally:
            plt.close(figure)


def draw_tornado(s: Sensitivity, axis: Any, bars: int = 8) -> None:
    """Widest bars first; the light end is where the number is low, the dark end where it is high."""
    leader, network = s.leader, s.question.engine.network
    shown = s.bars[:bars]
    centre = float(s.posterior[leader])
    for y, bar in enumerate(shown):
        low, high = float(bar.at_low[leader]), float(bar.at_high[leader])
        axis.barh(y, low - centre, left=centre, height=0.36, color="white", edgecolor="#111111", linewidth=0.6)
        axis.barh(y, high - centre, left=centre, height=0.36, color="#5a5a5a", edgecolor="#111111", linewidth=0.6)
        label = describe_group(network, bar.group, short, width=58)
        span = f"{bar.value:.0%} ({bar.low:.0%}–{bar.high:.0%})"
        axis.text(0, y - 0.24, f"{label}: {span}", fontsize=5.6, va="bottom", ha="left", bbox=_PLAIN)
    axis.axvline(centre, color="#111111", linewidth=0.6)
    axis.set(
        ylim=(len(shown) - 0.4, -0.9),
        xlim=(0, 1),
        yticks=[],
        xlabel=f"P({_name(s, leader)}); white: number low, grey: high",
        title=f"Each number alone ({span_text(s.span)})",
    )
    axis.spines["left"].set_visible(False)


def draw_functions(s: Sensitivity, axis: Any, curves: int = 4) -> None:
    """Leader's posterior against its most influential likelihoods; thick over the literature interval."""
    found, target = s.one_way, s.question.target.id
    parameters = found.parameters
    members = [bar.group.members[int(bar.group.weights.argmax())] for bar in s.bars if bar.group.name != target]
    intervals = literature_interval(parameters, np.array(members[:curves], dtype=np.intp))
    right = min(1.0, 1.25 * float(intervals.max(initial=0.1)))
    for number, i in enumerate(int(member) for member in members[:curves]):
        dash, grey = _DASHES[number % len(_DASHES)], _GREYS[number % len(_GREYS)]
        least, most = found.low[i] + _INSIDE, found.high[i] - _INSIDE  # the ends may make the findings impossible
        low, high = np.clip(intervals[number], least, most)
        x = np.linspace(least, min(most, right), 201)
        label = describe_parameter(parameters, i, short, width=60)
        axis.plot(x, found.at(i, x)[s.leader], linestyle=dash, color=grey, label=label, linewidth=0.8)
        inside = np.linspace(low, high, 101)
        axis.plot(inside, found.at(i, inside)[s.leader], color=grey, linewidth=1.8, alpha=0.75)
        axis.plot(parameters.value[i], s.posterior[s.leader], "o", color=grey, markersize=3)
    axis.set(
        xlim=(0, right),
        ylim=(0, 1),
        xlabel="value of the number (thick: 95% literature interval)",
        ylabel=f"P({clipped(_name(s, s.leader), 26)})",
        title="Sensitivity functions",
    )
    if members:
        axis.legend(loc="upper center", bbox_to_anchor=(0.46, -0.26), ncols=1, handlelength=3)


def draw_priors(s: Sensitivity, axis: Any, curves: int = 4) -> None:
    """Posterior of the first diagnoses against their own priors, on a scale of odds; a dot where they are now."""
    for number, effect in enumerate(s.priors[:curves]):
        if effect.bayes_factor is None:
            continue
        x = prior_grid(effect)
        name = clipped(_name(s, effect.diagnosis), 34)
        dash, grey = _DASHES[number % len(_DASHES)], _GREYS[number % len(_GREYS)]
        axis.plot(x, effect.at(x), linestyle=dash, color=grey, label=name)
        axis.plot(effect.prior, effect.posterior, "o", color=grey, markersize=3)
    axis.set_xscale("log")
    axis.set(
        ylim=(0, 1),
        xlabel="prior of the diagnosis (the others keep their ratios)",
        ylabel="posterior",
        title="What the prior does",
    )
    if axis.get_legend_handles_labels()[0]:
        axis.legend(loc="upper left", handlelength=3)


def draw_ranks(s: Sensitivity, axis: Any, diagnoses: int = 6) -> None:
    """Share of the draws in which each diagnosis is first, second, third, fourth or fifth, or later."""
    shown = s.order[:diagnoses]
    shares = s.uncertainty.ranks[list(shown)]
    parts = min(4, shares.shape[1])
    stacked = np.concatenate([shares[:, :parts], shares[:, parts:].sum(axis=1, keepdims=True)], axis=1)
    names = [f"{n}." for n in range(1, parts + 1)] + ["later"]
    fills = ("#111111", "#5a5a5a", "#9a9a9a", "#d0d0d0", "white")
    left = np.zeros(len(shown))
    for share, name, fill in zip(stacked.T, names, fills, strict=False):
        axis.barh(
            range(len(shown)),
            share,
            left=left,
            color=fill,
            edgecolor="#111111",
            linewidth=0.5,
            height=0.6,
            label=name,
        )
        left = left + share
    axis.set(
        xlim=(0, 1),
        ylim=(len(shown) - 0.4, -0.6),
        yticks=range(len(shown)),
        yticklabels=[clipped(_name(s, t), 20) for t in shown],
        xlabel=f"share of {s.uncertainty.draws:,} draws",
        title="Rank under the literature's uncertainty",
    )
    axis.legend(loc="upper center", bbox_to_anchor=(0.3, -0.27), ncols=5, handlelength=1.2, columnspacing=1.0)


def _name(s: Sensitivity, t: int) -> str:
    return short(s.question.target.state_label(t))


def _pyplot() -> Any:
    try:
        import matplotlib

        matplotlib.use("agg")
        import matplotlib.pyplot as plt
    except ImportError:
        raise MissingExtra("drawing plots", "plots") from None
    return plt


@dataclass(frozen=True)
class Panel:
    """How a panel is drawn, its height, the room ``above`` and ``below`` its axes, and ``left`` of them.

    In inches, but for ``left``, a share of the width.
    """

    draw: Callable[[Sensitivity, Any], None]
    height: float
    above: float
    below: float
    left: float


PANELS = {
    "tornado": Panel(draw_tornado, 3.1, 0.25, 0.4, 0.04),
    "functions": Panel(draw_functions, 2.7, 0.25, 0.95, 0.13),
    "priors": Panel(draw_priors, 2.0, 0.25, 0.4, 0.13),
    "ranks": Panel(draw_ranks, 2.1, 0.25, 0.6, 0.36),
}
