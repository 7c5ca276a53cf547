"""What is said of publications: the answer without each of them, and the terms of which a row is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import yaml
from verify_networks import ROOT, Array, Asked, Check, Net, ledger

import bayesdx
from bayesdx.knowledge.build import build_network, pool_studies
from bayesdx.knowledge.library import Library
from bayesdx.knowledge.patients import Learnt

#: Publications of a case that are left out again: of those listed, and of the others.
LISTED, UNLISTED = 12, 12
#: P(finding | diagnosis) that are cited, in each network.
CITED = 80
#: What the networks are built from.
LIBRARY = Library(ROOT / "networks", ROOT / "priors")

PROVENANCE = {
    "behind": Check("leave-one-out: number of publications tried", "studies in the ledger", 0.0),
    "left out": Check("leave-one-out: posteriors, those listed", "network built without it", 1e-5),
    "unlisted": Check("leave-one-out: others that change the leader, or more", "network built without it", 1e-5),
    "cited row": Check("cite: P(finding \\| diagnosis)", "Einstein sum", 1e-9),
    "cited terms": Check("cite: terms, by publication and assumption", "ledger's counts, by hand", 1e-9),
    "cited sum": Check("cite: the terms add up to the row", "the row", 1e-9),
    "ledger": Check("ledger: counts of a form (relative)", "counts in the network", 1e-5),
}


def check_left_out(asked: Asked, rng: np.random.Generator) -> Iterator[tuple[str, Any, Any]]:
    """The listed publications, and some of the others: they change no leader and move it less than those listed."""
    name, net = asked.query["network"], asked.net
    first, lines = ledger(name)
    findings = set(net.needed({net.target, *asked.seen}))
    for child, (parent, _, possible) in first["choices"]["links"].items():
        if possible is not None and parent in findings:  # what the one excludes moves the row of the other
            findings.add(child)
    if "mineralisation" in findings:
        findings |= {"ct_calcification", "ct_calcification_pattern"}
    behind = {study["source"] for i in findings & lines.keys() for study in lines[i]["studies"]} - {""}
    answer = asked.model.sensitivity(asked.case, sources=LISTED).to_dict()["robustness"]["leave_one_out"]
    yield "behind", answer["behind"], len(behind)
    whole = net.posterior(asked.seen)
    least = 1.0
    for one in answer["checked"]:
        found = np.array([one["posterior"][d] for d in asked.diagnoses])
        yield "left out", found, without(asked, one["source"])
        if found.argmax() == whole.argmax():
            least = min(least, abs(float(found[asked.leader] - whole[asked.leader])))
    others = sorted(behind - {one["source"] for one in answer["checked"]})
    for source in rng.permutation(others)[:UNLISTED]:
        found = without(asked, str(source))
        yield "unlisted", float(found.argmax() != whole.argmax()), 0.0
        yield "unlisted", max(abs(float(found[asked.leader] - whole[asked.leader])) - least, 0.0), 0.0


def without(asked: Asked, source: str) -> Array:
    """The posterior in a network built of all studies but those of a source, under the same prior.

    What the other patients and texts say, and the forms to which they belong, stays as it is.
    """
    name = asked.query["network"]
    definition = LIBRARY.definition(name)
    kept = {
        finding: {d: tuple(study for study in of if study.source != source) for d, of in by_diagnosis.items()}
        for finding, by_diagnosis in everything(name).read.items()
    }
    built = build_network(definition, pool_studies(definition, kept))
    tables = {name: np.array(table) for name, table in built.cpts.items()}
    tables[asked.net.target] = asked.net.tables[asked.net.target]
    parents = {name: list(built.parents[name]) for name in tables}
    net = replace(asked.net, parents=parents, tables=tables)
    return net.posterior({name: weight for name, weight in asked.seen.items() if name in tables})


@cache
def everything(name: str) -> Learnt:
    """The studies of all facts and patients."""
    return LIBRARY.learnt(LIBRARY.definition(name))


def check_cited(rng: np.random.Generator) -> Iterator[tuple[str, Any, Any]]:
    """Rows chosen at random from both networks."""
    reliance = yaml.safe_load((ROOT / "networks" / "model.yaml").read_text(encoding="utf-8"))["pooling"]["reliance"]
    for name in ("spine", "cranial"):
        model: Any = bayesdx.load(name, prior="uniform")
        net = Net.read(name, "uniform")
        _, lines = ledger(name)
        for finding, line in lines.items():
            if net.parents[finding] == ["form"]:
                made = sum(_studies(name, finding).values()) + sum(_assumed(name, line).values())
                yield "ledger", reliance * made / net.counts[finding], 1.0
        pairs = [(finding, diagnosis) for finding in lines for diagnosis in net.states[net.target]]
        for number in rng.permutation(len(pairs))[:CITED]:
            finding, diagnosis = pairs[number]
            answer = model.cite_likelihood(finding, diagnosis).to_dict()
            row = np.array([one["probability"] for one in answer["distribution"]])
            joint = net.joint(net.weights({net.target: diagnosis}), also=(finding,)).sum(axis=0)
            yield "cited row", row, joint / joint.sum()
            said: dict[str, Array] = {}
            for term in answer["terms"]:
                key = term["source"] if term["kind"] in ("fact", "word") else term["kind"]
                said[key] = said.get(key, 0.0) + np.array(list(term["adds"].values()))
            yield "cited sum", sum(said.values()), row
            expected = terms(net, name, finding, net.states[net.target].index(diagnosis))
            for key in said.keys() | expected.keys():
                nothing = np.zeros(len(row))
                yield "cited terms", said.get(key, nothing), expected.get(key, nothing)


def terms(net: Net, name: str, finding: str, diagnosis: int) -> dict[str, Array]:
    """What each source and assumption adds (states,) to P(finding | diagnosis): its part of each form's counts."""
    first, lines = ledger(name)
    its = np.array(first["choices"]["owner"]) == diagnosis
    joint = net.joint({net.target: np.eye(len(net.states[net.target]))[diagnosis]}, also=("form", finding))
    joint = joint[diagnosis] / joint.sum()
    counts = {**_studies(name, finding, diagnosis), **_assumed(name, lines[finding])}
    counts = {key: its[:, None] * table for key, table in counts.items()}
    total = sum(counts.values())
    share = np.divide(joint, total, out=np.zeros_like(joint), where=total > 0)
    found = {key: (table * share).sum(axis=0) for key, table in counts.items()}
    if (
        finding == "ct_calcification_pattern"
    ):  # what no count stands behind: there is no pattern without calcification
        found["mineralisation"] = joint.sum(axis=0, where=total <= 0)
    return found


def _studies(name: str, finding: str, diagnosis: int | None = None) -> dict[str, Array]:
    """Counts (forms, states) that each source adds; what this project assumes itself has no source."""
    first, lines = ledger(name)
    line, forms = lines[finding], len(first["choices"]["owner"])
    completing = np.array(line["completing"])
    found: dict[str, Array] = {}
    for study in line["studies"]:
        if diagnosis is not None and study["diagnosis"] != diagnosis:
            continue
        said = np.array(study["states"], dtype=float)
        for at, share in study["open"]:
            states = line["sets"][at]
            said[states] += share * completing[states] / completing[states].sum()
        table = np.zeros((forms, len(said)))
        for form, weight in study["adds"].items():
            table[int(form)] = weight * said
        kinds = [saying[0] for saying in study["says"]]
        for kind in kinds:
            source = {"assumption": "", "unmentioned": kind}.get(kind, study["source"])
            found[source] = found.get(source, 0.0) + table / len(kinds)
    return found


def _assumed(name: str, line: Mapping[str, Any]) -> dict[str, Array]:
    """Counts (forms, states) of what holds by definition, of associations, of the base, and of contamination."""
    wanting, whatever, base = (np.array(line[key]) for key in ("base_counts", "contamination", "base"))
    by_form = {key: np.zeros((len(wanting), len(base))) for key in ("definition", "shift", "moved")}
    for key, table in by_form.items():
        for form, row in line[key].items():
            table[int(form)] = row
    return {
        "definition": by_form["definition"],
        "association": wanting[:, None] * by_form["shift"] + by_form["moved"],
        "base": wanting[:, None] * base,
        "contamination": whatever[:, None] * (base + by_form["shift"]),
    }
