"""Facts and a definition -> a Network with Dirichlet counts.

The structure (networks/model.yaml gives the choices and their reasons)::

    diagnosis -> form -> each finding
                 form -> mineralisation -> calcification, its pattern, CT attenuation, MR signals, blooming, …
                         compartment -> epicentre -> axial position

``form`` and ``mineralisation`` are latent. A form's row shrinks to the row of its diagnosis, which shrinks to the
base: the distribution of the finding over all diagnoses of the network. So a diagnosis about which nothing is
known has a likelihood ratio near 1, and silence is never a zero.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from bayesdx.knowledge.association import fit_margins
from bayesdx.knowledge.definition import Association, Definition, Form
from bayesdx.knowledge.facts import Fact
from bayesdx.knowledge.studies import Study, complete_study, group_facts, pool
from bayesdx.network import Array, Network, Variable

MINERALISATION = Variable(
    "mineralisation",
    ("none", "rim", "scattered", "dense"),
    label="Mineralisation",
    state_labels=("none", "rim", "scattered", "dense"),
    kind="latent",
)
_PATTERN = "ct_calcification_pattern"
_CALCIFICATION = "ct_calcification"
#: A finding is kept when at least so many diagnoses have a fact about it.
_MIN_DIAGNOSES = 2
#: Weight at which a pooled diagnosis enters the base: n / (n + this).
_HALF_WEIGHT = 2.0
#: Part of the base that is uniform, so that no state is impossible.
_UNIFORM_PART = 0.1


@dataclass(frozen=True)
class Cell:
    """Rows of one finding: base (states,), form rows and counts (forms, states).

    ``studies[diagnosis]`` are the studies behind the rows.
    """

    finding: str
    base: Array
    form_rows: Array
    form_counts: Array
    studies: Mapping[str, tuple[Study, ...]]


def pool_findings(
    definition: Definition, facts: Iterable[Fact], keep: Callable[[Fact], bool] = lambda fact: True
) -> dict[str, Cell]:
    """Pool the used facts that pass ``keep`` into rows, finding by finding."""
    names = {diagnosis for diagnosis, _ in definition.diagnoses}
    by_cell: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    for fact in facts:
        if (fact.used or fact.used_for_form) and fact.diagnosis in names and keep(fact):
            by_cell[fact.finding, fact.diagnosis].append(fact)
    groups = {cell: group_facts(found) for cell, found in by_cell.items()}
    findings = definition.findings
    kept = [f for f in findings if sum((f, diagnosis) in groups for diagnosis in names) >= _MIN_DIAGNOSES]
    links = {link.child: link for link in definition.associations}
    cells: dict[str, Cell] = {}
    for finding in sorted(kept, key=lambda name: _depth(links, name)):  # parents before children
        link = links.get(finding)
        parent_rows = _parent_rows(definition, cells, link.parent) if link else None
        cells[finding] = _pool_finding(definition, findings[finding], groups, link, parent_rows)
    return {finding: cells[finding] for finding in kept}


def _depth(links: Mapping[str, Association], finding: str) -> int:
    return 1 + _depth(links, links[finding].parent) if finding in links else 0


def _parent_rows(definition: Definition, cells: Mapping[str, Cell], parent: str) -> Array | None:
    """P(parent | form), shape (forms, states of the parent); None when no facts speak of the parent."""
    if parent == MINERALISATION.id:
        known = {_CALCIFICATION, _PATTERN} <= cells.keys()
        return _mineralisation(definition, cells).rows if known else None
    return cells[parent].form_rows if parent in cells else None


def _pool_finding(
    definition: Definition,
    variable: Variable,
    groups: Mapping[tuple[str, str], list[tuple[Fact, ...]]],
    link: Association | None,
    parent_rows: Array | None,
) -> Cell:
    pooling, size = definition.pooling, variable.cardinality
    excluded = np.array([state == "not_applicable" for state in variable.states])
    uniform = np.where(excluded, 0.0, 1.0) / (~excluded).sum()
    base = uniform
    studies: dict[str, tuple[Study, ...]] = {}
    counts: dict[str, Array] = {}
    for _ in range(2):  # the base shares out what sources leave open, and comes from the completed studies itself
        studies = {
            diagnosis: tuple(_studies(definition, variable, base, groups.get((variable.id, diagnosis), ())))
            for diagnosis, _ in definition.diagnoses
        }
        counts = {
            d: pool((s for s in found if s.facts[0].used), size, pooling.word_correlation)
            for d, found in studies.items()
        }
        base = _base(list(counts.values()), base, uniform, definition.background.get(variable.id))
        for state, part in definition.unremarked.get(variable.id, {}).items():
            base = (1 - part) * base + part * (np.array(variable.states) == state)
    bases = np.tile(base, (len(definition.forms), 1))
    if link and parent_rows is not None:
        bases = _linked_bases(definition, link, variable, base, parent_rows)
    form_counts = np.array(
        [
            _form_counts(definition, form, variable, studies[form.diagnosis], counts[form.diagnosis], form_base)
            for form, form_base in zip(definition.forms, bases, strict=True)
        ]
    )
    return Cell(
        finding=variable.id,
        base=base,
        form_rows=form_counts / form_counts.sum(axis=1, keepdims=True),
        form_counts=form_counts,
        studies=studies,
    )


def _linked_bases(
    definition: Definition, link: Association, child: Variable, base: Array, parent_rows: Array
) -> Array:
    """The base of each form, shape (forms, states of the child), where the child goes with another finding.

    What is known of the parent in a form says something about a child of which nothing is known: a lesion that
    is always calcified is seldom bright on T2. The base is split by the state of the parent, averaged over all
    forms, and put together again with the form's own parent row.
    """
    joint = fit_margins(_table(definition, link, child), parent_rows.mean(axis=0), base)
    return np.asarray(parent_rows @ (joint / joint.sum(axis=-1, keepdims=True)))


def _table(definition: Definition, link: Association, child: Variable) -> Array:
    """The association raised to its strength, shape (states of the parent, states of the child)."""
    parents = MINERALISATION if link.parent == MINERALISATION.id else definition.findings[link.parent]
    table = np.array([[link.table[c][p] for c in child.states] for p in parents.states], dtype=float)
    return np.asarray(table**definition.pooling.association_strength)


def _studies(
    definition: Definition, variable: Variable, base: Array, groups: Iterable[tuple[Fact, ...]]
) -> Iterable[Study]:
    for group in groups:
        first = group[0]
        at_site = first.site in definition.sites
        if not at_site and variable.id == "level":
            continue
        study = complete_study(
            group,
            variable.states,
            base,
            definition.words,
            definition.pooling,
            at_site=at_site,
            form_known=_form_of(definition, first) is not None,
        )
        if study:
            yield study


def _form_of(definition: Definition, fact: Fact) -> Form | None:
    """The form of the network that the fact speaks of, None when it speaks of the diagnosis as a whole."""
    if not fact.form:
        return None
    for form in definition.forms:
        if form.diagnosis == fact.diagnosis and fact.form in (form.name, *form.also):
            return form
    return None


def _base(counts: list[Array], base: Array, uniform: Array, background: float | None) -> Array:
    """Distribution of a finding over all diagnoses: each pooled diagnosis weighted n / (n + 2).

    A sign with a ``background`` (the probability of its second state) counts at that value, in full weight, for
    each diagnosis without facts.
    """
    total, weight = np.zeros_like(base), 0.0
    for k in counts:
        n = k.sum()
        if n > 0:
            part = n / (n + _HALF_WEIGHT)
            total += part * (k + 0.5 * base) / (n + 0.5)
            weight += part
        elif background is not None:
            total += np.array([1 - background, background])
            weight += 1
    part = _UNIFORM_PART if background is None else 0.0
    mixed: Array = (1 - part) * total / weight + part * uniform
    return np.asarray(mixed / mixed.sum())


def _form_counts(
    definition: Definition,
    form: Form,
    variable: Variable,
    studies: tuple[Study, ...],
    diagnosis_counts: Array,
    base: Array,
) -> Array:
    """Dirichlet counts (states,) of a form: its own facts and definition, shrunk to the row of the diagnosis.

    ``diagnosis_counts`` pools all facts of the diagnosis, ``base`` is what both shrink to in the end.
    """
    pooling = definition.pooling
    m = pooling.base_strength
    row = (diagnosis_counts + m * base) / (diagnosis_counts.sum() + m)
    defined = form.definition.get(variable.id, ())
    own = pool(
        (
            study
            for study in studies
            if (study.facts[0].used if not form.name else _describes(definition, study, form, bool(defined)))
        ),
        variable.cardinality,
        pooling.word_correlation,
    )
    at = [variable.states.index(state) for state in defined if state in variable.states]
    if at:
        own[at] += pooling.definition_strength * row[at] / row[at].sum()
    if not form.name:  # a diagnosis without forms is its own form: it shrinks to the base itself
        return np.asarray(own + m * base)
    return np.asarray(own + pooling.form_strength * row)


def _describes(definition: Definition, study: Study, form: Form, defining: bool) -> bool:
    """Whether a study speaks of the form.

    A study of the diagnosis as a whole speaks of its unspecified forms too, but not about what defines them
    (``defining``): there it describes the mixture of the forms.
    """
    fact = study.facts[0]
    its_form = _form_of(definition, fact)
    return its_form is form or (
        its_form is None and fact.used and form.unspecified and not fact.condition and not defining
    )


def build_network(definition: Definition, cells: Mapping[str, Cell], version: str = "") -> Network:
    """Assemble the network under the uniform prior; ``cells`` as pool_findings gives them."""
    forms, findings = definition.forms, definition.findings
    diagnoses = [diagnosis for diagnosis, _ in definition.diagnoses]
    root = Variable(
        "diagnosis", tuple(diagnoses), "Diagnosis", tuple(label for _, label in definition.diagnoses), "diagnosis"
    )
    form = Variable(
        "form", tuple(f.id for f in forms), "Form", tuple(_form_label(definition, f) for f in forms), "latent"
    )
    share = form_shares(definition)
    variables: list[Variable] = [root, form, MINERALISATION]
    parents: dict[str, tuple[str, ...]] = {"form": ("diagnosis",), "mineralisation": ("form",)}
    cpts: dict[str, Array] = {"diagnosis": np.full(len(diagnoses), 1 / len(diagnoses)), "form": share}
    counts: dict[str, Array] = {}
    margins = {finding: cell.form_rows for finding, cell in cells.items()}
    mineral = _mineralisation(definition, cells)
    counts["mineralisation"] = mineral.counts
    margins["mineralisation"] = mineral.rows
    linked = {a.child: a for a in definition.associations if {a.parent, a.child} <= margins.keys()}
    for finding, cell in cells.items():
        variables.append(findings[finding])
        if finding == _CALCIFICATION:
            parents[finding] = ("mineralisation",)
            cpts[finding] = np.array([[float(s == "none"), float(s != "none")] for s in MINERALISATION.states])
        elif finding == _PATTERN:
            parents[finding] = ("form", "mineralisation")
            counts[finding] = mineral.pattern_counts
        elif finding in linked:
            link = linked[finding]
            parents[finding] = ("form", link.parent)
            counts[finding] = _conditional_counts(definition, link, findings[finding], margins, cell)
        else:
            parents[finding] = ("form",)
            counts[finding] = cell.form_counts
    for name, table in counts.items():
        cpts[name] = table / table.sum(axis=-1, keepdims=True)
    return Network(
        id=definition.id,
        variables=tuple(variables),
        parents=parents,
        cpts=cpts,
        counts=counts,
        target="diagnosis",
        label=definition.label,
        version=version,
    )


def form_shares(definition: Definition) -> Array:
    """P(form | diagnosis), shape (diagnoses, forms): the forms of a diagnosis are equally likely.

    An assumption: publications do not count the forms against each other, and write most of the rare ones.
    """
    diagnoses = [diagnosis for diagnosis, _ in definition.diagnoses]
    share = np.array([[float(form.diagnosis == d) for form in definition.forms] for d in diagnoses])
    return np.asarray(share / share.sum(axis=1, keepdims=True))


def _form_label(definition: Definition, form: Form) -> str:
    label = dict(definition.diagnoses)[form.diagnosis]
    return f"{label}: {form.label}" if form.name else label


def _conditional_counts(
    definition: Definition, link: Association, child: Variable, margins: Mapping[str, Array], cell: Cell
) -> Array:
    """Counts (forms, parent states, child states) of a child that goes with another finding given the form.

    The counts of a form's row are shared out by how often the parent takes each state, but never fall below
    the strength of the base: a row for a rare parent state rests on the association, not on nothing.
    """
    joint = fit_margins(_table(definition, link, child), margins[link.parent], margins[link.child])
    conditional = joint / joint.sum(axis=-1, keepdims=True)
    total = cell.form_counts.sum(axis=-1)[:, None] * joint.sum(axis=-1)
    return np.asarray(conditional * np.maximum(total, definition.pooling.base_strength)[..., None])


@dataclass(frozen=True)
class _Mineral:
    rows: Array  # (forms, states of mineralisation)
    counts: Array  # the same shape
    pattern_counts: Array  # (forms, states of mineralisation, patterns)


def _mineralisation(definition: Definition, cells: Mapping[str, Cell]) -> _Mineral:
    """P(mineralisation | form) and the pattern given both.

    ``none`` is the share that is not calcified on CT; in a calcified lesion the pattern suggests how the mineral
    lies (mineralisation_given_pattern, an assumption). By Bayes' rule both margins stay what the facts say.
    """
    calcified, pattern = cells[_CALCIFICATION], cells[_PATTERN]
    patterns, kinds = definition.findings[_PATTERN].states, MINERALISATION.states[1:]
    suggests = np.array(  # (kinds, patterns); not_applicable suggests nothing
        [[definition.mineralisation_given_pattern.get(p, {}).get(kind, 0.0) for p in patterns] for kind in kinds]
    )
    present = calcified.form_rows[:, 1:]
    kind_rows = pattern.form_rows @ suggests.T  # (forms, kinds), given calcification
    rows = np.concatenate([1 - present, present * kind_rows], axis=1)
    counts = rows * calcified.form_counts.sum(axis=1, keepdims=True)
    given = np.zeros((len(rows), len(MINERALISATION.states), len(patterns)))
    given[:, 0, patterns.index("not_applicable")] = 1.0
    given[:, 1:] = pattern.form_rows[:, None, :] * suggests / kind_rows[..., None]
    size = np.concatenate(
        [np.ones_like(present), pattern.form_counts.sum(axis=1, keepdims=True) * kind_rows], axis=1
    )
    floor = definition.pooling.base_strength
    return _Mineral(rows, counts, given * np.maximum(size, floor)[..., None])
