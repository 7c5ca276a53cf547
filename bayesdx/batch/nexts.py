"""What should be looked at next, for many cases at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayesdx.analyses.what_if.numbers.worth import DECIMALS
from bayesdx.batch.encoding import Encoded
from bayesdx.inference import Engine
from bayesdx.network import Array

#: Cases that are asked together: their joint distributions stay in the processor's cache.
TOGETHER = 512


def most_informative(engine: Engine, encoded: Encoded) -> tuple[NDArray[np.intp], Array]:
    """The open finding of each case (n,) that tells most of the target, -1 where none tells anything, and its
    expected information (n,): the mutual information of both given the findings, in bits.

    As ``what_if`` has it of one case.
    """
    network = engine.network
    findings = [variable.id for variable in network.findings]
    best, bits = np.full(len(encoded), -1, dtype=np.intp), np.zeros(len(encoded))
    for start in range(0, len(encoded), TOGETHER):
        part = slice(start, start + TOGETHER)
        weights = {name: table[part] for name, table in encoded.weights.items()}
        joints = engine.joints_batch(findings, encoded.codes[part], weights)
        for name, joint in zip(findings, joints, strict=True):
            found = information(joint).round(DECIMALS)
            better = np.flatnonzero(found > bits[part])
            best[start + better], bits[start + better] = network.index[name], found[better]
    return best, bits


def information(joints: Array) -> Array:
    """Mutual information (n,) of joint distributions (n, a, b), H(a) + H(b) - H(a, b) in bits; 0 where all is 0."""
    from scipy.special import entr

    apart = entr(joints.sum(axis=2)).sum(axis=1) + entr(joints.sum(axis=1)).sum(axis=1)
    return np.asarray(np.maximum(apart - entr(joints).sum(axis=(1, 2)), 0.0) / np.log(2.0))
