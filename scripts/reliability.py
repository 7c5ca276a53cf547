"""How far what is stated of each finding can be relied on: the contaminations of networks/model.yaml.

A row is the base with the part zeta (contamination; docs/model.md, step 5). Which zeta a finding X has is asked of
the published patients of lesions that the networks hold: that under which P(proven diagnosis | findings) is
largest. The publications are dealt into five parts, as ``bayesdx evaluate`` deals them, and each patient is put to
networks without the facts and patients of its part, all findings contaminated alike (``contamination``, z). With
their rows P(x | D), free of it, and their mean b over the diagnoses, another zeta changes the posterior to first
order by

    prod over X of  ((1 - zeta_X) P(x | D) + zeta_X b(x)) / ((1 - z) P(x | D) + z b(x))

as if each finding hung on the diagnosis alone. The sum over patients of its logarithm, less ``--penalty`` times the
squared distance of logit zeta_X from logit z, is maximised (L-BFGS), up to a zeta of MOST. Both networks share the
zeta of a finding.

``python scripts/reliability.py`` prints the contaminations of all patients as they stand in model.yaml, then the
figures of the networks as they would be without them, and nested: each part scored by networks that are built with
the contaminations of the other four. Takes some three minutes on two cores.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from tune import CASES, ROOT, Dealt, asked, deal, report, scored

from bayesdx.analyses.evaluate.numbers.scoring import FOLDS, Networks
from bayesdx.formats.case_file import read_cases
from bayesdx.inference import Engine
from bayesdx.knowledge.library import Library
from bayesdx.network import Array

#: No row is nearer to the base than that: it is to say what its sources say.
MOST = 0.4
#: P(x | D) is taken as at least that, where undoing the contamination leaves less.
LEAST = 1e-4


@dataclass(frozen=True, eq=False)
class Seen:
    """A patient of K findings, stated or not, and D diagnoses.

    ``findings`` (K,) by number; ``clean`` (K, D) P(what is seen | D) without contamination and ``base`` (K,) its
    mean; ``logs`` (D,) the log posterior with the contamination of all; ``truth`` the proven diagnosis.
    """

    findings: NDArray[np.intp]
    clean: Array
    base: Array
    logs: Array
    truth: int

    def changed(self, parts: Array, general: float) -> tuple[Array, Array]:
        """The posterior (D,) under contaminations by finding, and P(what is seen | D) (K, D) under them."""
        of = parts[self.findings][:, None]
        rows = (1 - of) * self.clean + of * self.base[:, None]
        before = (1 - general) * self.clean + general * self.base[:, None]
        logs = self.logs + np.log(rows / before).sum(axis=0)
        weights = np.exp(logs - logs.max())
        return weights / weights.sum(), rows


def rows_of(engine: Engine) -> dict[str, Array]:
    """P(finding | diagnosis) of every finding, each (D, states)."""
    network = engine.network
    size = network.variable("diagnosis").cardinality
    marginals = [engine.marginals({"diagnosis": row}).probabilities for row in np.eye(size)]
    return {v.id: np.stack([one[v.id] for one in marginals]) for v in network.findings}


def seen(library: Library, dealt: Dealt, names: Mapping[str, int], general: float) -> list[tuple[int, Seen]]:
    """Each patient of a lesion that its network holds, with the number of its part."""
    found, rows = [], dict[Engine, dict[str, Array]]()
    for one in asked(library, dealt, lambda definition, part: definition.with_pooling(contamination=general)):
        if not dealt.holds[one.number]:
            continue
        if one.engine not in rows:
            rows = {one.engine: rows_of(one.engine)}
        mixed = np.array(
            [rows[one.engine][name] @ (row / np.max(row)) for name, row in one.weights.items()]
        )  # (K, D)
        base = mixed.mean(axis=1)
        clean = np.maximum((mixed - general * base[:, None]) / (1 - general), LEAST)
        with np.errstate(divide="ignore"):
            logs = np.log(one.posterior)
        truth = one.document.network.variable("diagnosis").state_index(str(one.case.diagnosis))
        patient = Seen(np.array([names[name] for name in one.weights]), clean, base, logs, truth)
        found.append((int(dealt.part[one.number]), patient))
    return found


def estimate(patients: Sequence[Seen], size: int, general: float, penalty: float) -> Array:
    """The contamination of each of ``size`` findings."""
    start = np.full(size, np.log(general / (1 - general)))

    def lost(logits: Array) -> tuple[float, Array]:
        parts = 1 / (1 + np.exp(-logits))
        loss, slope = 0.0, np.zeros(size)
        for patient in patients:
            posterior, rows = patient.changed(parts, general)
            loss -= float(np.log(posterior[patient.truth]))
            slopes = (patient.base[:, None] - patient.clean) / rows  # of the log likelihood of each diagnosis
            np.add.at(slope, patient.findings, slopes @ posterior - slopes[:, patient.truth])
        away = logits - start
        return loss + penalty * float(away @ away), slope * parts * (1 - parts) + 2 * penalty * away

    most = float(np.log(MOST / (1 - MOST)))
    found = minimize(lost, start, jac=True, method="L-BFGS-B", bounds=[(None, most)] * size)
    return np.asarray(1 / (1 + np.exp(-found.x)))


def rounded(names: Iterable[str], parts: Array) -> dict[str, float]:
    """Contaminations by finding, as they stand in a file."""
    return {name: round(float(part), 2) for name, part in zip(names, parts, strict=True)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--penalty", type=float, default=0.3, help="of the distance from z (default: %(default)s)")
    penalty = parser.parse_args().penalty
    networks = Networks()
    library = networks.library
    cases = [case for name in CASES for case in read_cases(ROOT / "priors" / "cases" / f"{name}.yaml")]
    dealt = deal(networks, cases)
    definitions = library.definitions
    general = next(iter(definitions.values())).pooling.contamination
    order = [v.id for v in next(iter(definitions.values())).vocabulary]
    names = {name: number for number, name in enumerate(order)}
    patients = seen(library, dealt, names, general)
    used = sorted({int(one) for _, patient in patients for one in patient.findings})

    def fitted(left_out: int | None) -> dict[str, float]:
        kept = [patient for part, patient in patients if part != left_out]
        parts = rounded(order, estimate(kept, len(order), general, penalty))
        return {order[one]: parts[order[one]] for one in used}

    print("contaminations:")
    for name, part in sorted(fitted(None).items(), key=lambda pair: -pair[1]):
        print(f"  {name}: {part:g}")
    alike = scored(library, dealt, lambda definition, part: definition.with_pooling(contamination=general))
    report(f"{general:g} for all findings", dealt, alike)
    nested = [fitted(part) for part in range(FOLDS)]
    apart = scored(library, dealt, lambda definition, part: replace(definition, contaminations=nested[part]))
    report("nested", dealt, apart)
    change = (apart - alike)[dealt.holds, 0]
    print(f"log loss of lesions that are held: {change.mean():+.3f} ± {change.std() / np.sqrt(len(change)):.3f}")


if __name__ == "__main__":
    main()
