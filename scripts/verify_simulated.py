"""Simulated figures against simulations of its own: draws of all tables, pick-freeze, further studies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from verify_networks import Array, Asked, Check, ledger

PAIRS, DRAWS, STUDIES, RESTS = 6_000, 10_000, 20_000, 1_000
CHUNK = 2_000
STANDARD = " s.e."
SIMULATION = {
    "means": Check("means over draws", f"{DRAWS:,} draws of its own", 4.5, STANDARD),
    "leads": Check("share of draws that a diagnosis leads", f"{DRAWS:,} draws of its own", 4.5, STANDARD),
    "share row": Check("variance shares, one finding in one form", f"{PAIRS:,} pick-freeze pairs", 4.0, STANDARD),
    "share finding": Check("variance shares, a finding everywhere", f"{PAIRS:,} pick-freeze pairs", 4.0, STANDARD),
    "share diagnosis": Check("variance shares, a diagnosis", f"{PAIRS:,} pick-freeze pairs", 4.0, STANDARD),
    "share source": Check("variance shares, a publication", f"{PAIRS:,} pick-freeze pairs", 4.0, STANDARD),
    "removed": Check("what a study removes: above the bound", f"{STUDIES:,} simulated studies", 3.5, STANDARD),
}


def evaluate(asked: Asked, tables: Mapping[str, Array]) -> Array:
    """P(leader | findings) (draws,), the draws chunk by chunk."""
    n = len(next(iter(tables.values())))
    parts = [
        asked.net.posterior(asked.seen, {name: t[i : i + CHUNK] for name, t in tables.items()})[:, asked.leader]
        for i in range(0, n, CHUNK)
    ]
    return np.concatenate(parts)


def drawn_names(asked: Asked) -> list[str]:
    return [name for name in asked.net.needed({asked.net.target, *asked.seen}) if name in asked.net.counts]


def check_draws(asked: Asked, rng: np.random.Generator) -> Iterator[tuple[str, Any, Any, Any]]:
    names = drawn_names(asked)
    found = np.concatenate(
        [asked.net.posterior(asked.seen, asked.net.draw(names, CHUNK, rng)) for _ in range(DRAWS // CHUNK)]
    )
    for row in asked.sensitivity["posterior"]:
        mine = found[:, asked.diagnoses.index(row["diagnosis"])]
        error = np.hypot(row["mean_error"], mine.std() / np.sqrt(DRAWS))
        yield "means", row["mean"], mine.mean(), error
    first = np.bincount(found.argmax(axis=1), minlength=found.shape[1]) / DRAWS
    for row in asked.sensitivity["posterior"]:
        mine = first[asked.diagnoses.index(row["diagnosis"])]
        printed = int(asked.sensitivity["draws"])
        pooled = (DRAWS * mine + printed * row["leads"]) / (
            DRAWS + printed
        )  # a few of 10,000 say little by themselves
        error = np.sqrt(sum(max(pooled * (1 - pooled), 1 / n) / n for n in (DRAWS, printed)))
        yield "leads", row["leads"], mine, error


def group_rows(asked: Asked, group: Mapping[str, Any], names: list[str]) -> dict[str, NDArray[np.bool_]]:
    """Which rows of which tables belong to a group of numbers: masks over the parents' states."""
    net = asked.net
    masks = {}
    for name in names:
        parent = "form" if "form" in net.parents[name] else net.target  # of the forms themselves
        owner = net.tables["form"].argmax(axis=0) if parent == "form" else np.arange(len(asked.diagnoses))
        mask = np.ones(net.counts[name].shape[:-1], dtype=bool)
        along = [1] * mask.ndim
        along[net.parents[name].index(parent)] = -1
        if group["kind"] == "finding" and name != group["finding"]:
            continue
        if group["kind"] == "row":
            if name != group["finding"]:
                continue
            mask &= (np.array(net.states[parent]) == group["form"]).reshape(along)
        if group["kind"] == "diagnosis":
            mask &= (owner == asked.diagnoses.index(group["diagnosis"])).reshape(along)
        if group["kind"] == "source":
            if name == "form":  # no study in the ledger speaks of it
                continue
            mask &= informed(asked, name, group["source"]).reshape(along)
        masks[name] = mask
    return masks


def informed(asked: Asked, name: str, source: str) -> NDArray[np.bool_]:
    """Which forms (F,) a source has a fact on: of the form, or of its diagnosis but not of another form of it."""
    first, lines = ledger(asked.query["network"])
    owner, words = first["choices"]["owner"], [set(of) for of in first["form_words"]]
    line = lines["ct_calcification" if name == "mineralisation" else name]
    facts = [(study["diagnosis"], study["form"]) for study in line["studies"] if study["source"] == source]
    known = []
    for form, diagnosis in enumerate(owner):
        of_others = set().union(*(words[f] for f, d in enumerate(owner) if d == diagnosis)) - words[form]
        known.append(any(about == diagnosis and of not in of_others for about, of in facts))
    return np.array(known)


def correlation(first: Array, second: Array) -> tuple[float, float]:
    """Correlation of pairs of one distribution, and its standard error by a jackknife of 40 blocks."""
    blocks = np.array_split(np.arange(len(first)), 40)

    def estimate(kept: Array | NDArray[np.intp]) -> float:
        a, b = first[kept], second[kept]
        mean = (a.mean() + b.mean()) / 2
        return float((a * b).mean() - mean**2) / float(((a**2 + b**2) / 2).mean() - mean**2)

    everything = np.arange(len(first))
    left = [estimate(np.setdiff1d(everything, block)) for block in blocks]
    return estimate(everything), float(np.sqrt(39 / 40 * np.sum((np.array(left) - np.mean(left)) ** 2)))


def check_shares(asked: Asked, rng: np.random.Generator) -> Iterator[tuple[str, Any, Any, Any]]:
    names = drawn_names(asked)
    one, two = (asked.net.draw(names, PAIRS, rng) for _ in range(2))
    answers = evaluate(asked, one)
    for kind in ("row", "finding", "diagnosis", "source"):
        groups = [g for g in asked.sensitivity["importance"]["groups"] if g["kind"] == kind]
        for group in groups[:3]:
            mixed = dict(two)
            for name, mask in group_rows(asked, group, names).items():
                mixed[name] = np.where(mask[..., None], one[name], two[name])
            share, error = correlation(answers, evaluate(asked, mixed))
            yield f"share {kind}", group["share"], share, np.hypot(error, group["error"])


def check_removed(asked: Asked, rng: np.random.Generator) -> Iterator[tuple[str, Any, Any, Any]]:
    """A study of so many lesions is drawn, then twice what is known after it: their answers share what it told.

    The answer for given rows is its mean over RESTS draws of all other numbers. Only an excess of the simulated
    share over the stated bound counts.
    """
    net, names = asked.net, drawn_names(asked)
    importance = asked.sensitivity["importance"]
    correlations = ledger(asked.query["network"])[0]["choices"]["study_correlation"]
    for group in [g for g in importance["groups"] if g["kind"] == "row"][:3]:
        name = group["finding"]
        rho = correlations.get("ct_calcification" if name == "mineralisation" else name, 0.0)
        size = importance["sizes"][-1] / (1 + (importance["sizes"][-1] - 1) * rho)
        ((_, mask),) = group_rows(asked, group, names).items()
        rows = np.flatnonzero(mask)
        share = np.array([1.0])
        if len(rows) > 1:  # the other parents of the finding, in this form
            others = tuple(p for p in net.parents[name] if p != "form")
            seen = {"form": net.weights({"form": group["form"]})["form"]}
            found = net.joint(seen, also=others).sum(axis=0).ravel()
            share = found / found.sum()
        prior = net.counts[name].reshape(-1, net.counts[name].shape[-1])[rows]
        study = simulated_studies(prior, share, size, rng)
        parts = linear_parts(asked, name, rows, net.draw(names, RESTS, rng))
        answers = []
        for _ in range(2):
            after = rng.standard_gamma(prior + study)
            after /= after.sum(axis=-1, keepdims=True)
            answers.append(mean_answer(parts, after.reshape(STUDIES, -1)))
        together = (answers[0] - answers[0].mean()) * (answers[1] - answers[1].mean())
        known, error = together.mean() / importance["variance"], together.std() / np.sqrt(STUDIES)
        error = float(np.hypot(error / importance["variance"], 0.05 * known))  # 5 %: the variance is simulated too
        yield "removed", min(group["removed"][-1] - known, 0.0), 0.0, error


def simulated_studies(prior: Array, share: Array, size: float, rng: np.random.Generator) -> Array:
    """Lesions (STUDIES, rows, states) that studies of ``size`` independent lesions on average would count."""
    truth = rng.standard_gamma(prior, (STUDIES, *prior.shape))
    truth /= truth.sum(axis=-1, keepdims=True)
    lesions = np.floor(size) + (rng.random(STUDIES) < size % 1)
    study = np.zeros_like(truth)
    for i in range(int(lesions.max())):
        row = rng.choice(len(share), STUDIES, p=share)
        chances = truth[np.arange(STUDIES), row].cumsum(axis=1)
        state = np.minimum((rng.random(STUDIES)[:, None] > chances).sum(axis=1), prior.shape[1] - 1)
        counted = np.flatnonzero(lesions > i)
        study[counted, row[counted], state[counted]] += 1
    return study


def linear_parts(asked: Asked, name: str, rows: NDArray[np.intp], rests: dict[str, Array]) -> Array:
    """(2, RESTS, 1 + entries): P(leader, e) and P(e) linear in the entries of ``rows`` of one table."""
    parts = []
    width = rests[name].shape[-1]
    for entry in range(-1, len(rows) * width):
        table = rests[name].reshape(RESTS, -1, width).copy()
        table[:, rows] = 0.0
        if entry >= 0:
            table[:, :] = 0.0
            table[:, rows[entry // width], entry % width] = 1.0
        joint = asked.net.joint(asked.seen, {**rests, name: table.reshape(rests[name].shape)})
        parts.append(np.stack([joint[:, asked.leader], joint.sum(axis=1)]))
    return np.stack(parts, axis=-1)


def mean_answer(parts: Array, entries: Array) -> Array:
    """Mean over the rests of P(leader | e) for each of ``entries`` (n, entries)."""
    found = []
    for chunk in np.array_split(entries, max(len(entries) // 500, 1)):
        leader, total = (part[:, :1] + part[:, 1:] @ chunk.T for part in parts)
        found.append((leader / total).mean(axis=0))
    return np.concatenate(found)
