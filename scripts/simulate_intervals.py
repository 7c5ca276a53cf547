"""Do the 95 % intervals hold the truth? Literatures drawn from a known network, and networks built from them.

In each repetition the rows of a network before contamination are drawn from their Dirichlet distributions. Every
study of the literature is drawn anew from them, with its own number of patients and the correlation among them that
was estimated for its finding; frequency words and published patients too. The true network contaminates the drawn
rows. The network that is built from the drawn literature answers cases that are drawn from the truth, with its
intervals; what is counted is how often they hold the posterior that the true network gives.

``python scripts/simulate_intervals.py`` takes about five minutes on two cores. Silence of texts is left out on both
sides, and the forms of the patients are taken as known.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from bayesdx.inference import compile_network
from bayesdx.inference.intervals import posterior_intervals
from bayesdx.knowledge.build import Cell, Read, build_network, form_shares, pool_studies
from bayesdx.knowledge.definition import Definition
from bayesdx.knowledge.ledger import UNMENTIONED
from bayesdx.knowledge.library import NETWORKS, Library
from bayesdx.knowledge.studies import Study
from bayesdx.network import Array, Network

ROOT = Path(__file__).resolve().parent.parent
#: Counts that make a row certain.
CERTAIN = 1e6
#: No state that is possible gets less than this part of its count.
LEAST = 1e-4
CASES = 5
ROWS = 5
STATED = 7


def spoken(read: Read) -> dict[str, dict[str, tuple[Study, ...]]]:
    """The studies but for the silence of texts."""
    return {
        finding: {d: tuple(s for s in studies if s.sayings[0].kind != UNMENTIONED) for d, studies in of.items()}
        for finding, of in read.items()
    }


def drawn_rows(cells: Mapping[str, Cell], rng: np.random.Generator) -> dict[str, Array]:
    """P(finding | form) from the Dirichlet counts of each row."""
    found = {}
    for name, cell in cells.items():
        counts = cell.form_counts
        drawn = np.where(counts > 0, np.maximum(rng.standard_gamma(counts), LEAST * counts), 0.0)
        found[name] = drawn / drawn.sum(axis=1, keepdims=True)
    return found


def known(definition: Definition, cells: Mapping[str, Cell], rows: Mapping[str, Array]) -> dict[str, Cell]:
    """Cells whose rows are certain: those given, contaminated by the base."""
    found = {}
    for name, cell in cells.items():
        part = definition.contamination(name)
        counts = CERTAIN * ((1 - part) * rows[name] + part * cell.pooled.bases[0])[None]
        found[name] = replace(cell, pooled=replace(cell.pooled, counts=counts))
    return found


def drawn_study(
    definition: Definition,
    study: Study,
    rows: Array,
    shares: Array,
    rho: float,
    completing: Array,
    rng: np.random.Generator,
) -> Study:
    """The study as its patients might have been: of the forms that it speaks of, as often as they are."""
    of = study.own * shares if study.own.any() else shares
    row = of @ rows / of.sum()
    size = definition.pooling.word_sample_size if study.word else max(study.size, 1.0)
    p = rng.dirichlet(np.maximum(row * (1 / rho - 1), 1e-6)) if size > 1 else row
    seen = rng.multinomial(round(size), p) / round(size)
    stated = seen.copy()
    opened = []
    for at, _ in study.open:
        inside = list(at)
        opened.append((at, float(seen[inside].sum())))
        stated[inside] = 0.0
    return replace(study, stated=stated, open=tuple(opened))


def repetition(
    definition: Definition, read: Read, cells: Mapping[str, Cell], rng: np.random.Generator
) -> tuple[list[tuple[bool, bool, float]], list[float]]:
    """For each case whether the interval of the true diagnosis, and that of the leader, hold the true posterior.

    And which share of all intervals do; then which share of the intervals of some P(finding | diagnosis). ``cells``
    are those before contamination.
    """
    rows = drawn_rows(cells, rng)
    shares = form_shares(definition)
    order = [d for d, _ in definition.diagnoses]
    truth = build_network(definition, known(definition, cells, rows))
    literature = {
        name: {
            d: tuple(
                drawn_study(
                    definition,
                    s,
                    rows[name],
                    shares[order.index(d)],
                    definition.spread(name).correlation,
                    cells[name].pooled.completing[0],
                    rng,
                )
                for s in studies
            )
            for d, studies in of.items()
        }
        for name, of in read.items()
    }
    built = build_network(definition, pool_studies(definition, literature))
    engine, true_engine = compile_network(built), compile_network(truth)
    found = []
    for _ in range(CASES):
        case = drawn_case(truth, rng)
        d = case.pop("diagnosis")
        weights = {name: np.eye(truth.variable(name).cardinality)[state] for name, state in case.items()}
        expected = true_engine.posterior(weights).probabilities
        posterior = engine.posterior(weights).probabilities
        low, high = posterior_intervals(engine, weights, posterior).T
        leader = int(posterior.argmax())
        held = (low <= expected) & (expected <= high)
        found.append((bool(held[d]), bool(held[leader]), float(held.mean())))
    cited = []
    for _ in range(ROWS):
        finding = str(rng.choice([v.id for v in built.findings]))
        given = {"diagnosis": np.eye(len(order))[rng.integers(len(order))]}
        expected = true_engine.posterior(given, finding).probabilities
        likelihood = engine.posterior(given, finding).probabilities
        low, high = posterior_intervals(engine, given, likelihood, finding).T
        cited.append(float(((low <= expected) & (expected <= high)).mean()))
    return found, cited


def drawn_case(network: Network, rng: np.random.Generator) -> dict[str, int]:
    """A patient of the network: diagnosis and some findings, among them age, sex and place."""
    state: dict[str, int] = {}
    for name in network.ancestral([v.id for v in network.variables]):
        at = tuple(state[parent] for parent in network.parents[name])
        state[name] = int(rng.choice(network.variable(name).cardinality, p=network.cpts[name][at]))
    others = [v.id for v in network.findings if v.id not in ("age_group", "sex", "level", "compartment")]
    chosen = ["age_group", "sex", "level", "compartment", *rng.choice(others, STATED, replace=False).tolist()]
    return {name: state[name] for name in ["diagnosis", *chosen]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--repetitions", type=int, default=200, help="literatures to draw for each network (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    library = Library(ROOT / "networks", ROOT / "priors")
    for name in NETWORKS:
        definition = library.definition(name)
        read = spoken(library.learnt(definition).read)
        cells = pool_studies(definition.with_pooling(contamination=0.0), read)
        rng = np.random.default_rng(options.seed)
        repeated = [repetition(definition, read, cells, rng) for _ in range(options.repetitions)]
        found = np.array([one for cases, _ in repeated for one in cases])
        cited = np.array([one for _, rows in repeated for one in rows])
        error = np.sqrt(found.mean(axis=0) * (1 - found.mean(axis=0)) / len(found))
        print(
            f"{name}: {len(found)} cases; the interval holds the true posterior of the leader in "
            f"{found[:, 1].mean():.1%} ± {error[1]:.1%}, of the diagnosis the case was drawn from in "
            f"{found[:, 0].mean():.1%} ± {error[0]:.1%}, of all diagnoses in {found[:, 2].mean():.1%}; "
            f"that of P(finding | diagnosis) the true one in {cited.mean():.1%}"
        )


if __name__ == "__main__":
    main()
