"""The numbers and tables that pages quote from the project's own files, by name."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bayesdx.analyses.query.numbers.surprise import SIMULATED
from bayesdx.data import network_names
from bayesdx.inference.intervals import STANDARD_ERRORS
from bayesdx.knowledge import forms, heterogeneity, patients, pooling, studies
from bayesdx.knowledge.library import NETWORKS, open_library
from bayesdx.loading import load

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "networks" / "model.yaml"
CASES = ROOT / "priors" / "cases" / "development.yaml"
#: The letter of each choice in the equations of docs/model.md.
LETTERS = {
    "base_strength": "m",
    "form_strength": "f",
    "definition_strength": "d",
    "study_correlation": r"\rho",
    "word_sample_size": "n_w",
    "word_correlation": r"\rho_w",
    "proportion_sample_size": "n_p",
    "case_weight": "c",
    "neighbours": r"\nu",
    "condition_weight": "q",
    "unidentified_weight": "i",
    "repeated_statements": "e",
    "site_transfer": "s",
    "association_strength": r"\gamma",
    "unusual_share": r"\upsilon",
    "unusual_kept": r"\kappa",
    "unusual_strength": "f_u",
    "contamination": r"\zeta",
    "reliance": r"\eta",
    "misplaced": r"\varepsilon",
}


def figure(name: str) -> str:
    """The figure of this name as Markdown; a table has blank lines around it. SystemExit for an unknown name."""
    if name in _model()["pooling"]:
        return f"{_model()['pooling'][name]:g}"
    if name not in FIGURES:
        raise SystemExit(f"there is no figure '{name}'")
    return FIGURES[name]()


@cache
def _model() -> Mapping[str, Any]:
    model: Mapping[str, Any] = yaml.safe_load(MODEL.read_text(encoding="utf-8"))
    return model


@cache
def _facts() -> list[dict[str, str]]:
    with (ROOT / "priors" / "facts.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def _cases() -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = yaml.safe_load(CASES.read_text(encoding="utf-8"))
    return cases


def _findings_per_case() -> str:
    stated = [len(case["findings"]) + ("age" in case) + ("sex" in case) for case in _cases()]
    return f"{sum(stated) / len(stated):.1f}"


def _table(heads: str, rows: list[tuple[object, ...]]) -> str:
    names = heads.split(" | ")
    lines = [names, ["---"] * len(names), *([str(cell) for cell in row] for row in rows)]
    return "\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n\n"


def _pooling() -> str:
    """One row a choice, with the words that model.yaml says of it."""
    said = re.findall(r"^  (\w+): \S+ +# (.*)$", MODEL.read_text(encoding="utf-8"), re.MULTILINE)
    values = _model()["pooling"]
    meaning = {name: text for name, text in said if name in values}
    rows: list[tuple[object, ...]] = [(f"`{n}`", f"${LETTERS[n]}$", f"{values[n]:g}", meaning[n]) for n in values]
    return _table("name | letter | value | meaning", rows)


def _words() -> str:
    return _table(
        "word | proportion", [(word.replace("_", " "), f"{p:g}") for word, p in _model()["words"].items()]
    )


def _background() -> str:
    return _table("sign | assumed", [(f"`{sign}`", f"{p:g}") for sign, p in _model()["background"].items()])


def _contaminations() -> str:
    """Four findings a row."""
    cells = [f"`{name}` {part:g}" for name, part in _model()["contaminations"].items()]
    lines = [cells[i : i + 4] for i in range(0, len(cells), 4)]
    rows: list[tuple[object, ...]] = [(*line, *[""] * (4 - len(line))) for line in lines]
    return _table(" | ".join(["finding, its part"] * 4), rows)


def _associations() -> str:
    rows: list[tuple[object, ...]] = [
        (f"`{entry['parent']}`", f"`{entry['child']}`", entry["reason"]) for entry in _model()["associations"]
    ]
    return _table("given | finding | reason", rows)


def _minerals() -> str:
    rows: list[tuple[object, ...]] = [
        (f"`{pattern}`", *(f"{kinds[kind]:g}" for kind in ("rim", "scattered", "dense")))
        for pattern, kinds in _model()["mineralisation_given_pattern"].items()
    ]
    return _table("pattern on CT | rim | scattered | dense", rows)


def _networks() -> str:
    rows: list[tuple[object, ...]] = []
    for name in network_names():
        document = load(name).document
        network = document.network
        forms, diagnoses = (network.variable(v).cardinality for v in ("form", "diagnosis"))
        parameters = sum(cpt.size for cpt in network.cpts.values())
        rows.append(
            (f"`{name}`", ", ".join(document.levels), diagnoses, forms, len(network.findings), f"{parameters:,}")
        )
    return _table("network | levels | diagnoses | forms | findings | numbers in CPTs", rows)


def _spreads() -> str:
    """Estimated correlation and base strength of each finding."""
    spreads = [open_library().definition(name).spreads for name in NETWORKS]
    rows: list[tuple[object, ...]] = []
    for finding in dict.fromkeys(finding for of in spreads for finding in of):
        own = [of.get(finding) for of in spreads]
        cells = (cell for s in own for cell in ((f"{s.correlation:g}", f"{s.strength:g}") if s else ("", "")))
        rows.append((f"`{finding}`", *cells))
    heads = (rf"{name} $\rho$ | {name} $m$" for name in NETWORKS)
    return _table(" | ".join(("finding", *heads)), rows)


def _patients(name: str = "") -> str:
    """Published patients that the networks, or one of them, have learnt from."""
    learnt = [p.case.metadata["region"] for p in open_library().patients if p.learnt]
    return str(len(learnt) if not name else learnt.count(name))


FIGURES: Mapping[str, Callable[[], str]] = {
    "pooling": _pooling,
    "words": _words,
    "background": _background,
    "contaminations": _contaminations,
    "associations": _associations,
    "minerals": _minerals,
    "networks": _networks,
    "sources": lambda: f"{len(json.loads((ROOT / 'priors' / 'sources.json').read_text(encoding='utf-8'))):,}",
    "facts": lambda: f"{len(_facts()):,}",
    "facts_used": lambda: f"{sum(not fact['exclude'] for fact in _facts()):,}",
    "cases": lambda: str(len(_cases())),
    "findings_per_case": _findings_per_case,
    "sources_used": lambda: f"{len({fact['source'] for fact in _facts() if not fact['exclude']}):,}",
    "spreads": _spreads,
    "patients": _patients,
    "patients_spine": lambda: _patients("spine"),
    "patients_cranial": lambda: _patients("cranial"),
    "shared_studies": lambda: f"{heterogeneity.SHARED:g}",
    "form_correlation": lambda: f"{forms.CORRELATION:g}",
    "form_assumed": lambda: f"{forms.ASSUMED:g}",
    "form_smoothing": lambda: f"{forms.SMOOTHING:g}",
    "rounds": lambda: str(patients.ROUNDS),
    "rate_counts": lambda: f"{patients._RATE_COUNTS:g}",
    "form_counts": lambda: f"{patients._FORM_COUNTS:g}",
    "rate_lowest": lambda: f"{patients._LOWEST:g}",
    "rate_highest": lambda: f"{patients._HIGHEST:g}",
    "standard_errors": lambda: f"{STANDARD_ERRORS:g}",
    "simulated": lambda: str(SIMULATED),
    "half_weight": lambda: f"{pooling._HALF_WEIGHT:g}",
    "uniform_part": lambda: f"{pooling._UNIFORM_PART:g}",
    "min_diagnoses": lambda: f"{pooling.MIN_DIAGNOSES:g}",
    "range_to_sd": lambda: f"{studies._RANGE_TO_SD:g}",
    "usual_sd_age": lambda: f"{studies._USUAL_SD['age_group']:g}",
    "usual_sd_size": lambda: f"{studies._USUAL_SD['size_mm']:g}",
}
