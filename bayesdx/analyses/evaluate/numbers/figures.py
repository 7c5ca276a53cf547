"""How good are the answers? Scores of posteriors against proven diagnoses.

The figures follow the usual definitions: top-k is the share of cases whose proven diagnosis is among the k most
probable; log loss is the mean of -ln P(proven diagnosis); the Brier score is the mean over cases of the summed
squared differences between posterior and truth (Brier 1950); the calibration error is the expected calibration
error of the leader's probability (Naeini et al. 2015) over five bins that hold equally many cases (Nguyen &
O'Connor 2015): wide bins, because on a few dozen cases narrow ones measure little but chance. Even a perfectly
calibrated model has an error above zero on a short list; ``chance_calibration_error`` says how large it would be.
Intervals are those of Wilson (1927) for shares and percentile bootstrap intervals over cases for the rest; chance
is in the calibration error and in its interval, which lies too high.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bayesdx.analyses.answer import Answer
from bayesdx.inference.results import leading
from bayesdx.network import Array

#: Bins of the calibration error.
BINS = 5
#: A probability of zero for the proven diagnosis would make the log loss infinite: it counts as this.
FLOOR = 1e-12
RESAMPLES = 2000
FIGURES = ("top1", "top3", "log_loss", "brier", "calibration_error")
#: Those of the figures that are shares of cases.
SHARES = FIGURES[:2]
#: Standard errors to each side of a mean that has a 95 % interval.
REACH = 1.96


@dataclass(frozen=True, eq=False)
class ScoredCase:
    """The posterior of one case, and its proven diagnosis.

    ``posterior`` (diagnoses,) goes with ``diagnoses``. ``scored_as`` is the diagnosis that counts as right: the
    proven one, or ``other`` when the network does not hold it. ``impression`` is what the clinicians suspected,
    in their order; ``left_out`` names the sources whose facts were not used for this case;
    ``warnings`` what of it is not used for want of the right key.
    """

    case: str
    network: str
    diagnosis: str
    scored_as: str
    diagnoses: tuple[str, ...]
    posterior: Array
    impression: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def probability(self) -> float:
        """P(proven diagnosis | findings)."""
        return float(self.posterior[self.diagnoses.index(self.scored_as)])

    @property
    def rank(self) -> int:
        """Place of the proven diagnosis; 1 leads. A tie counts against it."""
        truth = self.diagnoses.index(self.scored_as)
        others = np.delete(self.posterior, truth)
        return 1 + int((others >= self.posterior[truth]).sum())

    @property
    def leader(self) -> str:
        return self.diagnoses[int(leading(self.posterior))]


@dataclass(frozen=True)
class Score:
    """A figure with its 95 % interval, None of fewer than two cases."""

    value: float
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class DiagnosisFigures:
    """Cases of one proven diagnosis: shares ranked first and in the first three, mean probability of the truth."""

    diagnosis: str
    n: int
    top1: float
    top3: float
    mean_probability: float


@dataclass(frozen=True)
class Impression:
    """The clinicians' own impression, over the cases that state one: right first, or anywhere in their list."""

    n: int
    first: float
    listed: float


@dataclass(frozen=True, eq=False)
class Evaluation(Answer):
    """Figures over a list of cases; see the module for their definitions.

    ``chance_calibration_error`` is what the calibration error would be on average if the leaders' probabilities
    were perfectly calibrated. ``confusion`` counts (proven diagnosis, leader) pairs. ``model_on_impressions`` is
    top-1 and top-3 over those cases that state an impression, to set beside ``impression``. ``network`` and
    ``prior`` are those that were named, ``baseline`` and ``own_source`` the options. ``learnt`` says by name from
    how many patients the networks have learnt. Of tables ``cases`` is empty; ``left_out`` of their rows are wrong,
    of which ``examples`` are the first: file, number, and why.
    """

    n: int
    figures: dict[str, Score]
    chance_calibration_error: float
    diagnoses: tuple[DiagnosisFigures, ...]
    confusion: dict[tuple[str, str], int]
    impression: Impression | None
    model_on_impressions: Impression | None
    cases: tuple[ScoredCase, ...]
    network: str | None = None
    prior: str | None = None
    baseline: bool = False
    own_source: bool = False
    silence: bool = True
    learnt: Mapping[str, float] = field(default_factory=dict)
    left_out: int = 0
    examples: tuple[tuple[str, int, str], ...] = ()


def evaluate(cases: Sequence[ScoredCase]) -> Evaluation:
    """All figures of the scored cases (at least one); the same cases give the same bootstrap intervals."""
    table = _figures_by_case(cases)
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(cases), (RESAMPLES, len(cases)))
    resampled = np.array([_figures(table[draw]) for draw in draws])
    low, high = np.quantile(resampled, (0.025, 0.975), axis=0)
    values = _figures(table)
    n = len(cases)
    intervals = {name: (float(low[i]), float(high[i])) for i, name in enumerate(FIGURES)}
    intervals.update({name: wilson(float(values[i]), n) for i, name in enumerate(SHARES)})
    figures = {
        name: Score(float(value), intervals[name] if n > 1 else None)
        for name, value in zip(FIGURES, values, strict=True)
    }
    stated = [case for case in cases if case.impression]
    return Evaluation(
        n=len(cases),
        figures=figures,
        chance_calibration_error=_chance_calibration_error(table[:, 4], rng),
        diagnoses=_by_diagnosis(cases),
        confusion=dict(Counter((case.scored_as, case.leader) for case in cases)),
        impression=_share(
            [case.impression[0] == case.diagnosis for case in stated],
            [case.diagnosis in case.impression for case in stated],
        ),
        model_on_impressions=_share([case.rank == 1 for case in stated], [case.rank <= 3 for case in stated]),
        cases=tuple(cases),
    )


def wilson(share: float, n: float) -> tuple[float, float]:
    """The 95 % interval of a share of n cases (Wilson 1927, J Am Stat Assoc 22:209)."""
    spread = REACH**2 / n
    middle, reach = share + spread / 2, np.sqrt(spread * (share * (1.0 - share) + spread / 4))
    low, high = (float(middle + side * reach) / (1.0 + spread) for side in (-1, 1))
    return low if share > 0.0 else 0.0, high if share < 1.0 else 1.0


def _figures_by_case(cases: Sequence[ScoredCase]) -> Array:
    """Per case: first, in the first three, log loss, Brier score, the leader's probability; shape (cases, 5)."""
    rows = []
    for case in cases:
        truth = np.array([diagnosis == case.scored_as for diagnosis in case.diagnoses])
        rows.append(
            (
                case.rank == 1,
                case.rank <= 3,
                -np.log(max(case.probability, FLOOR)),
                ((case.posterior - truth) ** 2).sum(),
                case.posterior.max(),
            )
        )
    return np.array(rows, dtype=float)


def _figures(table: Array) -> Array:
    return np.array([*table[:, :4].mean(axis=0), calibration_error(table[:, 4], table[:, 0])])


def calibration_error(leader: Array, right: Array) -> float:
    """Mean gap between the leader's probability (cases,) and how often it is ``right`` (cases,), bin by bin.

    Equal probabilities fall into one bin, so that the order of the cases does not matter.
    """
    edges = np.sort(leader)[last_places(len(leader))]
    gaps = np.bincount(np.searchsorted(edges, leader, side="left"), leader - right, BINS)
    return float(np.abs(gaps).sum() / len(leader))


def last_places(n: int) -> NDArray[np.intp]:
    """Where all bins but the last end among n cases in order, from 0: (BINS - 1,), the places of the quantiles."""
    return np.arange(1, BINS) * (n - 1) // BINS


def _chance_calibration_error(leader: Array, rng: np.random.Generator) -> float:
    """Mean calibration error when every leader is right with exactly its own probability."""
    right = rng.random((RESAMPLES, len(leader))) < leader
    return float(np.mean([calibration_error(leader, drawn.astype(float)) for drawn in right]))


def _by_diagnosis(cases: Sequence[ScoredCase]) -> tuple[DiagnosisFigures, ...]:
    counts = Counter(case.scored_as for case in cases)
    rows = []
    for diagnosis, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        mine = [case for case in cases if case.scored_as == diagnosis]
        rows.append(
            DiagnosisFigures(
                diagnosis,
                n,
                sum(case.rank == 1 for case in mine) / n,
                sum(case.rank <= 3 for case in mine) / n,
                sum(case.probability for case in mine) / n,
            )
        )
    return tuple(rows)


def _share(first: Sequence[bool], listed: Sequence[bool]) -> Impression | None:
    return Impression(len(first), sum(first) / len(first), sum(listed) / len(listed)) if first else None
