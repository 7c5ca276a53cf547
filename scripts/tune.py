"""How the modelling choices in networks/model.yaml were found, and what such a search promises for new cases.

A random search over the numbers of `pooling`, each setting scored on examples/development_cases.yaml as
``bayesdx evaluate`` scores them (uniform prior, without the facts of a case's own publication). Prints the settings
with the lowest log loss, the figures of the current setting, and the nested estimate: in five folds, the setting is
chosen on four and scored on the fifth, so that no case helps to choose what scores it.

``python scripts/tune.py --settings 40`` takes about five minutes on two cores.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

import numpy as np

from bayesdx.analyses.evaluate.numbers.figures import calibration_error
from bayesdx.case import Case, encode
from bayesdx.document import NetworkDocument
from bayesdx.formats.case_file import read_cases
from bayesdx.inference import Engine, compile_network
from bayesdx.knowledge.definition import Definition, Pooling
from bayesdx.knowledge.library import NETWORKS, Library
from bayesdx.knowledge.sources import identity, same_publication
from bayesdx.network import Array

ROOT = Path(__file__).resolve().parent.parent
FOLDS = 5
SHOWN = 5
CHOICES: dict[str, tuple[float, ...]] = {
    "base_strength": (4, 5, 6, 7, 8),
    "form_strength": (2, 3, 4),
    "definition_strength": (4, 6, 8),
    "study_correlation": (0.4, 0.5, 0.6, 0.7, 0.8),
    "word_sample_size": (1.5, 2, 2.5),
    "word_correlation": (0.3, 0.4, 0.5, 0.6, 0.8),
    "proportion_sample_size": (2, 5),
    "case_weight": (1, 1.25, 1.5),
    "condition_weight": (0.5, 0.7, 1),
    "site_transfer": (0.15, 0.2, 0.25, 0.3, 0.4),
    "association_strength": (0.3, 0.4, 0.5, 0.6, 0.7),
}


def score(library: Library, cases: list[Case], pooling: dict[str, float]) -> Array:
    """Log loss and rank of the proven diagnosis, and the leader's probability, case by case: shape (cases, 3)."""
    definitions = {name: library.definition(name).with_pooling(**pooling) for name in NETWORKS}
    known = {key: identity(source) for key, source in library.sources.items()}
    built: dict[tuple[str, frozenset[str]], tuple[NetworkDocument, Engine]] = {}
    rows = []
    for case in cases:
        name = str(case.metadata["region"])
        own = frozenset(same_publication(known, case.metadata.get("source")))
        if (name, own) not in built:
            built[name, own] = _build(library, definitions[name], own)
        document, engine = built[name, own]
        diagnoses = document.network.variable("diagnosis").states
        weights = encode(case, document.network, document.vocabulary).weights
        posterior = engine.posterior(weights).probabilities
        truth = posterior[diagnoses.index(case.diagnosis if case.diagnosis in diagnoses else "other")]
        rows.append((-np.log(truth), (posterior >= truth).sum(), posterior.max()))
    return np.array(rows)


def _build(library: Library, definition: Definition, own: frozenset[str]) -> tuple[NetworkDocument, Engine]:
    document = library.document(definition, lambda fact: fact.source not in own)
    return document, compile_network(document.network)


def figures(scores: Array) -> str:
    loss, rank, leader = scores.T
    shares = f"top-1 {(rank <= 1).mean():.1%}, top-3 {(rank <= 3).mean():.1%}"
    calibration = calibration_error(leader, (rank <= 1).astype(float))
    return f"log loss {loss.mean():.3f}, {shares}, calibration error {calibration:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--settings", type=int, default=40, help="settings to try (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    library = Library(ROOT / "networks", ROOT / "priors")
    cases = read_cases(ROOT / "examples" / "development_cases.yaml")
    rng = np.random.default_rng(options.seed)
    current = asdict(library.definition(NETWORKS[0]).pooling)
    drawn = [{k: float(rng.choice(v)) for k, v in CHOICES.items()} for _ in range(options.settings - 1)]
    settings = [current, *({**current, **one} for one in drawn)]
    scores = np.array([score(library, cases, setting) for setting in settings])  # (settings, cases, 3)
    loss = scores[..., 0]
    print(f"current: {figures(scores[0])}")
    for best in np.argsort(loss.mean(axis=1))[:SHOWN]:
        print(f"best:    {figures(scores[best])}")
        print("         " + ", ".join(f"{name} {settings[best][name]:g}" for name in Pooling.__dataclass_fields__))
    fold = rng.permutation(len(cases)) % FOLDS
    nested = np.empty_like(scores[0])
    for i in range(FOLDS):
        chosen = loss[:, fold != i].mean(axis=1).argmin()
        nested[fold == i] = scores[chosen, fold == i]
    print(f"nested:  {figures(nested)}")


if __name__ == "__main__":
    main()
