"""A hospital that does not exist: patients drawn from a changed `spine` network, as a table.

``python scripts/simulate_hospital.py > examples/simulated_hospital.csv`` wrote the example of docs/learning.md. The
case mix and every row of the network are drawn anew, the rows from Dirichlet distributions with the network's own
counts times CLOSENESS; and one row is another altogether (PLANTED). Three of five values are missing.
"""

from __future__ import annotations

import argparse
import csv
import sys

import numpy as np

from bayesdx.inference import compile_network
from bayesdx.inference.findings import Codes
from bayesdx.loading import load
from bayesdx.network import Array, Network

CLOSENESS = 3.0
#: Few diagnoses make up most patients.
MIX = 0.5
MISSING = 0.6
#: In this hospital tumoral calcinosis is a disease of men, of whom there are many.
PLANTED = ("tumoral_calcinosis", "sex", (0.05, 0.95))
PLANTED_SHARE = 0.15


def hospital(seed: int) -> Network:
    """The network as it is in the hospital of that seed."""
    network, rng = load("spine").network, np.random.default_rng(seed)
    diagnosis = network.variable("diagnosis")
    planted, name, row = PLANTED
    mix = (1 - PLANTED_SHARE) * rng.dirichlet(np.full(diagnosis.cardinality, MIX))
    mix[diagnosis.state_index(planted)] += PLANTED_SHARE
    cpts: dict[str, Array] = {"diagnosis": mix}
    for variable, counts in network.counts.items():
        drawn = np.where(counts > 0, rng.standard_gamma(np.where(counts > 0, CLOSENESS * counts, 1.0)), 0.0)
        cpts[variable] = drawn / drawn.sum(axis=-1, keepdims=True)
    forms = network.variable("form").states
    cpts[name][[form.split(".")[0] == planted for form in forms]] = row
    return network.with_cpts(cpts)


def patients(network: Network, n: int, seed: int) -> Codes:
    """State numbers (n, n_variables) of patients of whom the diagnosis is known, and -1 for what is missing."""
    rng = np.random.default_rng(seed)
    codes = compile_network(network).sample({}, n, rng)
    missing = rng.random(codes.shape) < MISSING
    missing[:, network.index["diagnosis"]] = False
    for v in network.variables:
        missing[:, network.index[v.id]] |= v.kind == "latent"
    return np.where(missing, -1, codes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patients", type=int, default=300)
    options = parser.parse_args()
    network = hospital(options.seed)
    stated = [v for v in network.variables if v.kind != "latent"]
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(["id", *(v.id for v in stated)])
    for number, row in enumerate(patients(network, options.patients, options.seed), 1):
        states = [v.states[row[network.index[v.id]]] if row[network.index[v.id]] >= 0 else "" for v in stated]
        table.writerow([f"simulated-{number}", *states])


if __name__ == "__main__":
    main()
