"""How the modelling choices in networks/model.yaml were found, and what such a search promises for new cases.

A random search over the numbers of `pooling`, around those of today. Each setting is scored on the published
patients of priors/cases/ as ``bayesdx evaluate`` scores them: their publications are dealt into five parts, and
each part is scored by networks without any of its facts and patients, under the uniform prior. How each finding
varies (its correlation and the strength of its base) stays as it was estimated.

Prints the figures of the current setting and of those with the lowest log loss, for each network, and the nested
estimate: the setting is chosen on four parts and scored on the fifth, so that no case helps to choose what scores
it. Lesions that a network does not hold count as `other`; the figures of those that it holds stand apart.

``python scripts/tune.py`` takes about ten minutes on two cores.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesdx.analyses.evaluate.numbers.figures import calibration_error
from bayesdx.analyses.evaluate.numbers.scoring import FOLDS, Networks, silent
from bayesdx.case import Case, encode
from bayesdx.document import NetworkDocument
from bayesdx.formats.case_file import read_cases
from bayesdx.inference import Engine, compile_network
from bayesdx.knowledge.definition import OTHER, Definition, Pooling
from bayesdx.knowledge.library import NETWORKS, Library
from bayesdx.network import Array

ROOT = Path(__file__).resolve().parent.parent
CASES = ("development", "published")
SHOWN = 5
CHOICES: dict[str, tuple[float, ...]] = {
    "form_strength": (2, 3, 4, 6),
    "definition_strength": (2, 3, 4, 6),
    "word_sample_size": (1.5, 2, 2.5, 3.5),
    "word_correlation": (0.5, 0.65, 0.8, 0.9),
    "proportion_sample_size": (1, 2, 4),
    "case_weight": (1, 1.25, 1.5, 2),
    "condition_weight": (0.5, 0.7, 1),
    "unidentified_weight": (0.3, 0.5, 0.7, 1),
    "site_transfer": (0.15, 0.2, 0.25, 0.3, 0.4),
    "association_strength": (0.3, 0.4, 0.5, 0.6, 0.7),
    "unusual_share": (0.15, 0.2, 0.3, 0.4),
    "unusual_kept": (0.15, 0.3, 0.45, 0.6),
    "unusual_strength": (5, 10, 20),
}


@dataclass(frozen=True, eq=False)
class Dealt:
    """The cases, the ``left_out`` publications of each, and the number of its ``part``, its network, and whether
    that network ``holds`` its diagnosis."""

    cases: tuple[Case, ...]
    left_out: tuple[tuple[str, ...], ...]
    part: NDArray[np.intp]
    network: NDArray[np.str_]
    holds: NDArray[np.bool_]


def deal(networks: Networks, cases: Sequence[Case]) -> Dealt:
    """The cases with their parts, as ``bayesdx evaluate`` deals them."""
    left_out = networks.parts([networks.sources_of(case) for case in cases])
    order = sorted(set(left_out))
    held = {name: {d for d, _ in networks.library.definition(name).diagnoses} for name in NETWORKS}
    return Dealt(
        cases=tuple(cases),
        left_out=left_out,
        part=np.array([order.index(keys) for keys in left_out]),
        network=np.array([str(case.metadata["region"]) for case in cases]),
        holds=np.array([case.diagnosis in held[str(case.metadata["region"])] - {OTHER} for case in cases]),
    )


class Asked(NamedTuple):
    """Case ``number`` as it is put to a network without the publications of its part: ``weights`` by finding."""

    number: int
    case: Case
    document: NetworkDocument
    engine: Engine
    weights: Mapping[str, Array]

    @property
    def posterior(self) -> Array:
        return self.engine.posterior(self.weights).probabilities


def asked(library: Library, dealt: Dealt, change: Callable[[Definition, int], Definition]) -> Iterator[Asked]:
    """Every case; ``change`` makes the definition of the network by which the cases of a part are scored."""
    groups: dict[tuple[str, tuple[str, ...]], list[int]] = defaultdict(list)
    for number, keys in enumerate(dealt.left_out):
        groups[str(dealt.network[number]), keys].append(number)
    for (name, keys), numbers in groups.items():
        definition = change(library.definition(name), int(dealt.part[numbers[0]]))
        document = library.document(definition, library.learnt(definition, keys))
        engine = compile_network(document.network)
        for number in numbers:
            case = dealt.cases[number]
            weights = silent(encode(case, document.network, document.vocabulary).weights, document.rates)
            yield Asked(number, case, document, engine, weights)


def scored(library: Library, dealt: Dealt, change: Callable[[Definition, int], Definition]) -> Array:
    """Log loss and rank of the proven diagnosis, and the leader's probability, case by case: shape (cases, 3)."""
    scores = np.empty((len(dealt.cases), 3))
    for one in asked(library, dealt, change):
        proven = str(one.case.diagnosis) if dealt.holds[one.number] else OTHER
        posterior = one.posterior
        truth = posterior[one.document.network.variable("diagnosis").state_index(proven)]
        scores[one.number] = -np.log(truth), (posterior >= truth).sum(), posterior.max()
    return scores


def figures(scores: Array) -> str:
    loss, rank, leader = scores.T
    shares = f"top-1 {(rank <= 1).mean():.1%}, top-3 {(rank <= 3).mean():.1%}"
    calibration = calibration_error(leader, (rank <= 1).astype(float))
    return f"log loss {loss.mean():.3f}, {shares}, calibration error {calibration:.3f}"


def report(title: str, dealt: Dealt, scores: Array) -> None:
    """The figures of all cases, then network by network, and of the lesions that it holds."""
    print(f"{title}: {figures(scores)}")
    for name in NETWORKS:
        mine = dealt.network == name
        print(f"  {name}, {mine.sum()} cases: {figures(scores[mine])}")
        mine &= dealt.holds
        print(f"  {name}, {mine.sum()} of lesions that it holds: {figures(scores[mine])}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--settings", type=int, default=12, help="settings to try (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    networks = Networks()
    library = networks.library
    cases = [case for name in CASES for case in read_cases(ROOT / "priors" / "cases" / f"{name}.yaml")]
    dealt = deal(networks, cases)
    rng = np.random.default_rng(options.seed)
    current = asdict(library.definition(NETWORKS[0]).pooling)
    drawn = [{k: float(rng.choice(v)) for k, v in CHOICES.items()} for _ in range(options.settings - 1)]
    settings = [current, *({**current, **one} for one in drawn)]
    found = []
    for number, setting in enumerate(settings):

        def changed(definition: Definition, _part: int, setting: dict[str, float] = setting) -> Definition:
            return definition.with_pooling(**setting)

        found.append(scored(library, dealt, changed))
        print(f"setting {number}: {figures(found[-1])}", file=sys.stderr, flush=True)
    scores = np.array(found)  # (settings, cases, 3)
    loss = scores[..., 0]
    report("current", dealt, scores[0])
    for best in np.argsort(loss.mean(axis=1))[:SHOWN]:
        report(f"setting {best}", dealt, scores[best])
        print("  " + ", ".join(f"{name} {settings[best][name]:g}" for name in Pooling.__dataclass_fields__))
    nested = np.empty_like(scores[0])
    for part in range(FOLDS):
        chosen = loss[:, dealt.part != part].mean(axis=1).argmin()
        nested[dealt.part == part] = scores[chosen, dealt.part == part]
        print(f"without part {part + 1}: setting {chosen}")
    report("nested", dealt, nested)


if __name__ == "__main__":
    main()
