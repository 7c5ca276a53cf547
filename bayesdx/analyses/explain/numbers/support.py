"""What literature stands behind the likelihood of a finding under a diagnosis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bayesdx.knowledge.build import Cell
from bayesdx.knowledge.definition import Definition
from bayesdx.knowledge.facts import COUNTED, Fact
from bayesdx.knowledge.library import Library, library_behind
from bayesdx.knowledge.sources import format_reference
from bayesdx.knowledge.studies import Study, pool
from bayesdx.network import Array, Network


@dataclass(frozen=True)
class Statement:
    """What one source says: ``says`` is ``3 of 8``, ``"often"``, ``70%`` or ``mean 46``, for ``states``.

    ``source`` is the citation key, empty for an assumption of this project. ``form`` is the subtype that the
    statement is about, ``weight`` the effective sample size with which it enters the row: statements about the
    same patients share that of their study, and frequency words are discounted for copying, so that the weights
    of a row sum to what it rests on.
    """

    source: str
    says: str
    states: tuple[str, ...]
    form: str
    weight: float


@dataclass(frozen=True, eq=False)
class Support:
    """The statements behind P(finding | diagnosis), those of the greatest weight first.

    ``base_share`` is the part of the row that rests on the base distribution of the finding over all diagnoses,
    not on facts: 1 when no source speaks of the finding in this diagnosis; ``base`` (states,) is that
    distribution. ``assumptions`` name what else of the row is a modelling choice: states that hold by definition
    of a form, an association with another finding.
    """

    finding: str
    diagnosis: str
    statements: tuple[Statement, ...]
    base_share: float
    base: Array
    assumptions: tuple[str, ...]

    def about(self, states: Iterable[str]) -> tuple[Statement, ...]:
        """The statements that name one of ``states``, or all states at once (a mean or a range)."""
        wanted = set(states)
        return tuple(s for s in self.statements if not s.states or wanted & set(s.states))


@dataclass(frozen=True, eq=False)
class Literature:
    """Support by (finding, diagnosis), and the reference of every source it names by citation key."""

    support: Mapping[tuple[str, str], Support]
    references: Mapping[str, str]


def literature_of(network: Network, findings: Iterable[str], diagnoses: Iterable[str]) -> Literature | None:
    """The facts behind P(finding | diagnosis) of the network, for each pair of the two lists.

    None when the network was not built from the installed facts: it is not a shipped one, or of another version.
    """
    library = library_behind(network)
    if library is None:
        return None
    wanted = frozenset(findings)
    definition = library.definition(network.id)
    cells = library.cells(definition, lambda fact: fact.finding in wanted)
    support = {
        (finding, diagnosis): _support(definition, diagnosis, cells[finding])
        for finding in sorted(wanted & cells.keys())
        for diagnosis in diagnoses
    }
    return Literature(support, _references(library, support.values()))


def _references(library: Library, supports: Iterable[Support]) -> dict[str, str]:
    keys = {statement.source for support in supports for statement in support.statements if statement.source}
    return {key: format_reference(library.sources[key]) for key in sorted(keys)}


def _support(definition: Definition, diagnosis: str, cell: Cell) -> Support:
    pooling = definition.pooling
    finding, studies = cell.finding, cell.studies[diagnosis]
    size = len(definition.findings[finding].states)
    weight = float(pool(studies, size, pooling.word_correlation).sum())
    word_discount = 1 + (sum(study.word for study in studies) - 1) * pooling.word_correlation
    statements = []
    for study in studies:
        sayings = _sayings(study)
        part = study.weight / len(sayings) / (word_discount if study.word else 1)
        for fact, says in sayings:
            source = fact.source if fact.kind != "assumption" else ""
            states = () if fact.kind == "moments" else fact.states  # moments speak of all states
            statements.append(Statement(source, says, states, fact.form, part))
    statements.sort(key=lambda s: (-s.weight, s.source))
    base_share = pooling.base_strength / (weight + pooling.base_strength)
    assumptions = _assumptions(definition, finding, diagnosis)
    return Support(finding, diagnosis, tuple(_cases_together(statements)), base_share, cell.base, assumptions)


def _assumptions(definition: Definition, finding: str, diagnosis: str) -> tuple[str, ...]:
    labels = {v.id: v.label.lower() for v in definition.vocabulary}
    found = []
    if any(finding in form.definition for form in definition.forms if form.diagnosis == diagnosis):
        found.append("taken to hold by definition of the entity")
    found += [
        f"association with {labels.get(link.parent, link.parent)} assumed"
        for link in definition.associations
        if link.child == finding
    ]
    return tuple(found)


def _sayings(study: Study) -> list[tuple[Fact, str]]:
    return [(fact, saying) for fact in study.facts if (saying := _says(fact))]


def _says(fact: Fact) -> str:
    if fact.kind in COUNTED:
        return "case" if fact.kind == "case" else f"{fact.k:g} of {fact.n:g}"
    if fact.kind == "word":
        return f'"{fact.value.replace("_", " ")}"'
    if fact.kind == "proportion":
        return f"{float(fact.value):.0%}"
    moments = dict(part.split("=") for part in fact.value.split(";"))
    said = [f"{name} {moments[key]}" for key, name in (("mean", "mean"), ("sd", "SD")) if key in moments]
    if "low" in moments:
        said.append(f"range {moments['low']}–{moments['high']}")
    return ", ".join(said) + (f" (n = {fact.n:g})" if fact.n else "")


def _cases_together(statements: list[Statement]) -> list[Statement]:
    """Single cases of one source about the same states and form as one statement: ``2 cases``."""
    cases: dict[tuple[str, tuple[str, ...], str], list[float]] = {}
    for s in statements:
        if s.says == "case":
            cases.setdefault((s.source, s.states, s.form), []).append(s.weight)
    kept = [s for s in statements if s.says != "case"]
    for (source, states, form), weights in cases.items():
        says = "1 case" if len(weights) == 1 else f"{len(weights)} cases"
        kept.append(Statement(source, says, states, form, sum(weights)))
    return sorted(kept, key=lambda s: (-s.weight, s.source))
