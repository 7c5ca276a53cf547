"""How is learnt: what ``learn`` leaves to whoever asks."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bayesdx.errors import InputError

#: EM ends when a round raises the objective by less than this, in nats for each patient.
TOLERANCE = 1e-6
ROUNDS = 2000
#: Random starts of EM besides the network itself, where it has latent variables.
RESTARTS = 4
#: Counts in all of a row that has none of its own.
STRENGTH = 10.0
#: Prior probability that counts from the literature hold for these patients too; the rest is the vague part (the
#: weight that robust meta-analytic priors often give: Schmidli 2014, Biometrics 70:1023).
TRUST = 0.8
#: Parts of the cases of which each is held out once.
FOLDS = 5


@dataclass(frozen=True)
class Settings:
    """``strength`` counts stand behind each row without counts of its own; ``trust`` is the prior probability that
    the counts of a row hold for these patients (1: always). ``fixed`` variables keep their CPTs. ``restarts`` are
    random starts of EM besides the network itself, drawn from ``seed``; None: RESTARTS where there are latent
    variables.

    Raises InputError for numbers that are out of range.
    """

    strength: float = STRENGTH
    trust: float = TRUST
    fixed: frozenset[str] = frozenset()
    restarts: int | None = None
    seed: int = 0
    tolerance: float = TOLERANCE
    rounds: int = ROUNDS

    def __post_init__(self) -> None:
        if not (math.isfinite(self.strength) and self.strength >= 0):
            raise InputError(f"a prior count is a number >= 0, not {self.strength:g}")
        if not 0 < self.trust <= 1:
            raise InputError(f"the trust in a network is above 0 and at most 1, not {self.trust:g}")
        if not (math.isfinite(self.tolerance) and self.tolerance > 0):
            raise InputError(f"a tolerance is above 0, not {self.tolerance:g}")
        if self.seed < 0:
            raise InputError(f"a seed is a whole number >= 0, not {self.seed}")
        if self.rounds < 1:
            raise InputError(f"EM takes at least one round, not {self.rounds}")
