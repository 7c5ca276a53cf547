"""Information in bits: how uncertain a distribution is, and how far findings move it.

Shannon 1948, A mathematical theory of communication; Cover & Thomas 2006, Elements of Information Theory, ch. 2.
"""

from __future__ import annotations

import numpy as np

from bayesdx.network import Array


def entropy(probabilities: Array) -> float:
    """- sum p log2 p of a distribution (card,), in bits."""
    p = probabilities[probabilities > 0]
    return max(0.0, float(-(p * np.log2(p)).sum()))


def divergence(after: Array, before: Array) -> Array:
    """Kullback-Leibler divergence sum p log2(p / q) of each row of ``after`` (n, card) from ``before``, in bits.

    ``before`` is one distribution (card,) or a row each (n, card), positive wherever ``after`` is. Averaged over
    what a finding may show, it is the mutual information of the finding and the target (Cover & Thomas 2006, 2.3).
    """
    ratio = np.divide(after, before, out=np.ones_like(after), where=after > 0)
    return np.asarray(np.maximum((after * np.log2(ratio)).sum(axis=-1), 0.0))


def mutual_information(joint: Array) -> float:
    """sum p(a, b) log2(p(a, b) / (p(a) p(b))) of a joint distribution (card_a, card_b), in bits."""
    independent = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    ratio = np.divide(joint, independent, out=np.ones_like(joint), where=joint > 0)
    return max(0.0, float((joint * np.log2(ratio)).sum()))
