"""What a place of a report says of a finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

#: How sure a mention is that is only implied (``weak``): an assumption, and somewhat less than was found in the
#: half of the passages of docs/reading.md that phrases were written from.
IMPLIED = 0.85


class Span(NamedTuple):
    """``text[start:end]`` of a report."""

    start: int
    end: int


@dataclass(frozen=True)
class Mention:
    """What one place of a report says of a finding.

    ``weights`` by state are likelihood weights: 1 for each that is possible where it is certain. ``number`` is what
    was measured, a length in mm or an age in years. ``sentence``, ``words`` and ``cues`` (what denies or doubts it)
    are places in the text. ``weak`` counts where nothing stronger is said, ``part`` is of a part of the lesion,
    ``of_lesion`` in a sentence that names it, ``lacking`` says in so many words that the lesion has none.
    """

    finding: str
    weights: Mapping[str, float]
    sentence: Span
    words: Span
    cues: tuple[Span, ...] = ()
    number: float | None = None
    denied: bool = False
    certainty: float = 1.0
    weak: bool = False
    part: bool = False
    of_lesion: bool = False
    lacking: bool = False

    def implied(self, states: Sequence[str]) -> Mention:
        """The same of a finding with these states, as sure as what is only implied."""
        other = (1.0 - IMPLIED) / (len(states) - 1)
        weights = {state: other + (IMPLIED - other) * self.weights.get(state, 0.0) for state in states}
        return replace(self, weights=weights, certainty=IMPLIED, weak=True)


@dataclass(frozen=True)
class Passages:
    """A report as it was read.

    ``mentions`` are in order; ``left_out`` are those that do not count, each with why. ``age`` (years) and ``sex``
    are of the patient, ``several`` words that speak of more than one lesion. ``no_lesion`` are sentences that deny
    one or call the study normal, where none is named, ``silent`` those of which nothing was read; of
    these, those that speak of the lesion are ``missed``.
    """

    mentions: tuple[Mention, ...]
    left_out: tuple[tuple[Mention, str], ...] = ()
    age: tuple[Mention, ...] = ()
    sex: tuple[Mention, ...] = ()
    several: tuple[Span, ...] = ()
    no_lesion: tuple[Span, ...] = ()
    silent: tuple[Span, ...] = ()
    missed: tuple[Span, ...] = ()
    skipped: tuple[Span, ...] = ()


def weights_of(states: Sequence[str], state: str, denied: bool, certainty: float) -> dict[str, float]:
    """Likelihood weights P(these words | state) of *state* or, denied, of any other one.

    Where it is not certain, the weight ``1 - certainty`` falls to the other states (denied: to the state) in equal
    parts. How certain words are is an assumption (``context.CERTAINTY``).
    """
    others = [one for one in states if one != state]
    if denied and certainty == 1.0:
        return dict.fromkeys(others, 1.0)
    if certainty == 1.0 or not others:
        return {state: 1.0}
    sure = 1.0 - certainty if denied else certainty
    return {one: sure if one == state else (1.0 - sure) / len(others) for one in states}
