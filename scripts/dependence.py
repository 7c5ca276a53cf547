"""Do findings go together more than the networks allow for? Published patients against patients that are drawn.

For each pair of findings that at least ``--least`` patients state both, the conditional mutual information given
the diagnosis is worked out from the patients, and from as many patients of the same diagnoses that the network
draws: each states the same findings, as often as texts mention their states (``mentioned`` in the network files).
A pair whose information is larger than in all but a share p of the draws, p being small for so many pairs, goes
together more than the network says: chance alone gives ``--level`` such pairs on average.

``python scripts/dependence.py`` takes about a minute. ``--strength 0`` leaves out the associations
of networks/model.yaml, to see whether they would be found.
"""

from __future__ import annotations

import argparse
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bayesdx.inference import compile_network
from bayesdx.inference.findings import one_hot
from bayesdx.knowledge.definition import Definition
from bayesdx.knowledge.library import NETWORKS, Library
from bayesdx.knowledge.patients import Texts, encode_patients
from bayesdx.network import Array, Network

ROOT = Path(__file__).resolve().parent.parent
SHOWN = 12

Codes = NDArray[np.int64]


def drawn(network: Network, texts: Texts, rates: dict[str, Array], draws: int, rng: np.random.Generator) -> Codes:
    """Patients (draws, n, n_variables) of the diagnoses of ``texts``, who state the same findings."""
    engine, found = compile_network(network), np.empty((draws, *texts.codes.shape), dtype=np.int64)
    diagnoses = network.variable("diagnosis").cardinality
    for n, diagnosis in enumerate(texts.diagnosis.tolist()):
        mentioned = {
            name: rate if texts.stated[n, network.index[name]] else 1.0 - rate for name, rate in rates.items()
        }
        found[:, n] = engine.sample({"diagnosis": one_hot(diagnoses, diagnosis), **mentioned}, draws, rng)
    return found


def information(first: Codes, second: Codes, diagnosis: NDArray[np.intp], cards: tuple[int, int, int]) -> Array:
    """I(X; Y | diagnosis) in nats (draws,) of states (draws, n); plug-in (Cover & Thomas 2006, 2.5)."""
    draws, n = first.shape
    at = ((np.arange(draws)[:, None] * cards[0] + diagnosis) * cards[1] + first) * cards[2] + second
    joint = np.bincount(at.ravel(), minlength=draws * np.prod(cards)).reshape(draws, *cards).astype(float)

    def entropy(counts: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = np.where(counts > 0, counts * np.log(counts / n), 0.0)
        return np.asarray(-parts.reshape(draws, -1).sum(axis=1) / n)

    return (
        entropy(joint.sum(axis=3)) + entropy(joint.sum(axis=2)) - entropy(joint) - entropy(joint.sum(axis=(2, 3)))
    )


def report(library: Library, definition: Definition, options: argparse.Namespace) -> None:
    document = library.document(definition, library.learnt(definition))
    network, rng = document.network, np.random.default_rng(options.seed)
    texts = encode_patients(definition, network, library.patients)
    simulated = drawn(network, texts, dict(document.rates), options.draws, rng)
    diagnoses = network.variable("diagnosis").cardinality
    rows = []
    for a, b in combinations([network.index[v.id] for v in network.findings], 2):
        both = np.flatnonzero((texts.codes[:, a] >= 0) & (texts.codes[:, b] >= 0))
        if len(both) < options.least:
            continue
        cards = diagnoses, network.variables[a].cardinality, network.variables[b].cardinality
        diagnosis = texts.diagnosis[both]
        own = information(texts.codes[None, both, a], texts.codes[None, both, b], diagnosis, cards)[0]
        chance = information(simulated[:, both, a], simulated[:, both, b], diagnosis, cards)
        share = (1 + (chance >= own - 1e-12).sum()) / (1 + len(chance))
        rows.append((share, len(both), own, chance.mean(), network.variables[a].id, network.variables[b].id))
    rows.sort()
    above = sum(share <= options.level / len(rows) for share, *_ in rows)
    print(f"{definition.id}: {len(texts.codes)} patients, {len(rows)} pairs, of which {above} go together more")
    print("      p    n   nats  drawn  pair")
    for share, n, own, mean, first, second in rows[:SHOWN]:
        print(f"{share:7.4f} {n:4} {own:6.3f} {mean:6.3f}  {first}, {second}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=4000)
    parser.add_argument("--least", type=int, default=30, help="patients who state both findings")
    parser.add_argument("--level", type=float, default=0.5, help="pairs that chance finds, on average")
    parser.add_argument("--strength", type=float, help="of the associations, instead of that in model.yaml")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    library = Library(ROOT / "networks", ROOT / "priors")
    for name in NETWORKS:
        definition = library.definition(name)
        if options.strength is not None:
            definition = definition.with_pooling(association_strength=options.strength)
        report(library, definition, options)


if __name__ == "__main__":
    main()
