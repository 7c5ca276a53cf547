"""What a network is to hold: findings, diagnoses, forms and modelling choices, read from ``networks/*.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import yaml

from bayesdx.errors import InputError
from bayesdx.network import Variable

#: The diagnosis that stands for all that a network does not hold.
OTHER = "other"
UNUSUAL = "unusual"


@dataclass(frozen=True)
class Pooling:
    """The modelling choices of pooling; networks/model.yaml explains each.

    ``base_strength`` and ``study_correlation`` hold for findings of which no ``Spread`` was estimated, and
    ``contamination`` for those of which none was.
    """

    base_strength: float
    form_strength: float
    definition_strength: float
    study_correlation: float
    word_sample_size: float
    word_correlation: float
    proportion_sample_size: float
    case_weight: float
    neighbours: float
    condition_weight: float
    unidentified_weight: float
    repeated_statements: float
    site_transfer: float
    association_strength: float
    misplaced: float
    unusual_share: float
    unusual_kept: float
    unusual_strength: float
    contamination: float
    reliance: float


@dataclass(frozen=True)
class Spread:
    """How a finding varies: ``correlation`` among patients of one study, and ``strength``, the Dirichlet count of
    the base: large where diagnoses differ little."""

    correlation: float
    strength: float


@dataclass(frozen=True)
class Association:
    """How the states of ``child`` go with those of ``parent``, given the form: ``table[child][parent]`` > 0.

    ``impossible[parent]`` names the states of the child that exclude that of the parent.
    """

    parent: str
    child: str
    reason: str
    table: Mapping[str, Mapping[str, float]]
    impossible: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Form:
    """A subtype of a diagnosis with a picture of its own.

    Facts carry its name in their column ``form`` (or one of ``also``); ``unspecified`` forms take the facts
    without a condition too; ``definition`` names states that hold by definition. The ``unusual`` form of a
    diagnosis is the picture that nobody expects of it: no fact speaks of it, and what defines all other forms
    defines it as well.
    """

    diagnosis: str
    name: str
    label: str
    also: tuple[str, ...] = ()
    unspecified: bool = False
    definition: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unusual: bool = False

    @property
    def id(self) -> str:
        return f"{self.diagnosis}.{self.name}" if self.name else self.diagnosis


@dataclass(frozen=True)
class Definition:
    """Everything that a build needs besides the facts.

    ``ordered`` names the findings whose states stand beside each other in order. ``contaminations`` say by finding
    how far what is stated of it can be relied on; ``spreads`` how it varies; ``form_counts`` are the Dirichlet
    counts of the forms of a diagnosis.
    """

    id: str
    label: str
    levels: tuple[str, ...]
    chosen_for: tuple[str, ...]
    sites: frozenset[str]
    diagnoses: tuple[tuple[str, str], ...]
    forms: tuple[Form, ...]
    vocabulary: tuple[Variable, ...]
    words: Mapping[str, float]
    pooling: Pooling
    associations: tuple[Association, ...]
    mineralisation_given_pattern: Mapping[str, Mapping[str, float]]
    background: Mapping[str, float]
    ordered: frozenset[str]
    contaminations: Mapping[str, float] = field(default_factory=dict)
    spreads: Mapping[str, Spread] = field(default_factory=dict)
    form_counts: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def findings(self) -> dict[str, Variable]:
        """The findings of the vocabulary by id, ``level`` restricted to the levels of the network."""
        kept = {}
        for variable in self.vocabulary:
            if variable.id == "level":
                keep = [i for i, state in enumerate(variable.states) if state in self.levels]
                variable = replace(
                    variable,
                    states=tuple(variable.states[i] for i in keep),
                    state_labels=tuple(variable.state_labels[i] for i in keep),
                )
            kept[variable.id] = variable
        return kept

    def spread(self, finding: str) -> Spread:
        """How a finding varies: as estimated, else as the modelling choices say."""
        return self.spreads.get(finding) or Spread(self.pooling.study_correlation, self.pooling.base_strength)

    def contamination(self, finding: str) -> float:
        """The part of every row of a finding that is the base: as estimated, else as the modelling choices say."""
        return self.contaminations.get(finding, self.pooling.contamination)

    def with_pooling(self, **changes: float) -> Definition:
        """A copy with other modelling choices; a contamination is that of all findings."""
        estimated = {} if "contamination" in changes else self.contaminations
        return replace(self, pooling=replace(self.pooling, **changes), contaminations=estimated)


def read_vocabulary(path: Path) -> tuple[Variable, ...]:
    """The shared findings, in the order of the file."""
    return tuple(
        Variable(
            id=entry["id"],
            states=tuple(str(state) for state in entry["states"]),
            label=entry["label"],
            state_labels=tuple(str(label) for label in entry["states"].values()),
            kind=entry["kind"],
            examination=entry["examination"],
        )
        for entry in read_mapping(path)["variables"]
    )


def read_definition(folder: Path, name: str) -> Definition:
    """Read ``name``.yaml with vocabulary.yaml and model.yaml beside it; raises InputError with the file's name."""
    data, model = read_mapping(folder / f"{name}.yaml"), read_mapping(folder / "model.yaml")
    try:
        vocabulary = read_vocabulary(folder / "vocabulary.yaml")
        for finding in (*model["ordered"], *model["contaminations"]):
            if finding not in {variable.id for variable in vocabulary}:
                raise InputError(f"no finding '{finding}'", place=str(folder / "model.yaml"))
        forms = [
            form for entry in data["diagnoses"] for form in _forms(entry, float(model["pooling"]["unusual_share"]))
        ]
        return Definition(
            id=data["id"],
            label=data["label"],
            levels=tuple(data["levels"]),
            chosen_for=tuple(data["chosen_for"]),
            sites=frozenset(data["sites"]),
            diagnoses=tuple((entry["id"], entry["label"]) for entry in data["diagnoses"]),
            forms=tuple(forms),
            vocabulary=vocabulary,
            words=model["words"],
            pooling=Pooling(**{f.name: float(model["pooling"][f.name]) for f in fields(Pooling)}),
            associations=tuple(Association(**entry) for entry in model["associations"]),
            mineralisation_given_pattern=model["mineralisation_given_pattern"],
            background=model["background"],
            ordered=frozenset(model["ordered"]),
            contaminations=model["contaminations"],
        )
    except (KeyError, TypeError) as error:
        raise InputError(f"{folder / name}.yaml or model.yaml: {error}") from None


def _forms(entry: Mapping[str, Any], unusual: float) -> list[Form]:
    name, label = entry["id"], entry["label"]
    forms = [
        Form(
            diagnosis=name,
            name=form["id"],
            label=form["label"],
            also=tuple(form.get("also", ())),
            unspecified=bool(form.get("unspecified", False)),
            definition=_states(form.get("definition")),
        )
        for form in entry.get("forms", ())
    ]
    forms = forms or [Form(name, "", label, unspecified=True, definition=_states(entry.get("definition")))]
    if not unusual or name == OTHER:
        return forms
    shared = set.intersection(*(set(form.definition) for form in forms))
    definition = {
        finding: tuple(dict.fromkeys(state for form in forms for state in form.definition[finding]))
        for finding in forms[0].definition
        if finding in shared
    }
    return [*forms, Form(name, UNUSUAL, f"{UNUSUAL} picture", definition=definition, unusual=True)]


def _states(definition: Mapping[str, Any] | None) -> dict[str, tuple[str, ...]]:
    return {finding: tuple(states) for finding, states in (definition or {}).items()}


def read_mapping(path: Path) -> dict[str, Any]:
    """A YAML file that holds a mapping; raises InputError with its path."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise InputError(" ".join(str(error).split()), place=str(path)) from None
    if not isinstance(data, dict):
        raise InputError("is not a mapping", place=str(path))
    return data
