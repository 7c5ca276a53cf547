"""Facts and a definition -> a Network with Dirichlet counts.

The structure (networks/model.yaml gives the choices and their reasons)::

    diagnosis -> form -> each finding
                 form -> mineralisation -> calcification, its pattern, CT attenuation, MR signals, blooming, …
                         compartment -> epicentre -> axial position

``form`` and ``mineralisation`` are latent. The formulas are those of ``pooling``: a diagnosis about which nothing
is known has a likelihood ratio near 1, and silence is never a zero.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from bayesdx.knowledge.definition import Association, Definition, Form
from bayesdx.knowledge.facts import Fact
from bayesdx.knowledge.ledger import Account, Entry, Ledger, account_line
from bayesdx.knowledge.pooling import (
    CALCIFICATION,
    MIN_DIAGNOSES,
    MINERALISATION,
    NOT_APPLICABLE,
    PATTERN,
    Choices,
    Link,
    Pooled,
    Studies,
    base_weights,
    coefficients,
    counts_of,
    depth,
    parent_rows,
    parents_of,
    pool_finding,
    rows_of,
)
from bayesdx.knowledge.sources import Source, format_reference
from bayesdx.knowledge.studies import Study, group_facts, read_study, sayings
from bayesdx.network import Array, Network, Variable


@dataclass(frozen=True, eq=False)
class Cell:
    """One finding: the studies of each diagnosis, the same as arrays, and what pooling makes of them."""

    finding: str
    by_diagnosis: Mapping[str, tuple[Study, ...]]
    studies: Studies
    pooled: Pooled

    @property
    def base(self) -> Array:
        """The distribution over all diagnoses, to which rows shrink, shape (states,)."""
        return np.asarray(self.pooled.base[0])

    @property
    def form_counts(self) -> Array:
        """Dirichlet counts of each form, shape (forms, states)."""
        return np.asarray(self.pooled.counts[0])

    @property
    def form_rows(self) -> Array:
        """P(state | form), shape (forms, states)."""
        return np.asarray(self.pooled.rows[0])


def choices_of(definition: Definition) -> Choices:
    """The modelling choices of a definition as arrays."""
    pooling = definition.pooling
    diagnoses = [diagnosis for diagnosis, _ in definition.diagnoses]
    patterns = definition.findings[PATTERN].states
    given = definition.mineralisation_given_pattern
    return Choices(
        diagnoses=len(diagnoses),
        owner=np.array([diagnoses.index(form.diagnosis) for form in definition.forms]),
        named=np.array([bool(form.name) for form in definition.forms]),
        base_strength=pooling.base_strength,
        form_strength=pooling.form_strength,
        definition_strength=pooling.definition_strength,
        word_correlation=pooling.word_correlation,
        study_correlation=pooling.study_correlation,
        links={link.child: _link(definition, link) for link in definition.associations},
        suggests=np.array(
            [[given.get(p, {}).get(kind, 0.0) for p in patterns] for kind in MINERALISATION.states[1:]]
        ),
    )


def _link(definition: Definition, link: Association) -> Link:
    findings = definition.findings
    parent = MINERALISATION if link.parent == MINERALISATION.id else findings[link.parent]
    states = findings[link.child].states
    table = np.array([[link.table[c][p] for c in states] for p in parent.states], dtype=float)
    excluded = np.array([[c in link.impossible.get(p, ()) for c in states] for p in parent.states])
    strength, misplaced = definition.pooling.association_strength, definition.pooling.misplaced
    return Link(link.parent, table**strength, np.where(excluded, misplaced, 1.0) if excluded.any() else None)


def pool_findings(
    definition: Definition, facts: Iterable[Fact], keep: Callable[[Fact], bool] = lambda fact: True
) -> dict[str, Cell]:
    """Pool the used facts that pass ``keep`` into rows, finding by finding."""
    names = {diagnosis for diagnosis, _ in definition.diagnoses}
    by_cell: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    for fact in facts:
        if (fact.used or fact.used_for_form) and fact.diagnosis in names and keep(fact):
            by_cell[fact.finding, fact.diagnosis].append(fact)
    choices, findings = choices_of(definition), definition.findings
    diagnoses = [diagnosis for diagnosis, _ in definition.diagnoses]
    read = {
        name: {d: tuple(_studies(definition, variable, by_cell.get((name, d), ()))) for d in diagnoses}
        for name, variable in findings.items()
    }
    kept = [name for name, studies in read.items() if sum(map(bool, studies.values())) >= MIN_DIAGNOSES]
    cells: dict[str, Cell] = {}
    for name in sorted(kept, key=lambda name: depth(choices.links, name)):  # parents before children
        link = choices.links.get(name)
        parent = parent_rows(choices, {n: cell.pooled for n, cell in cells.items()}, link.parent) if link else None
        studies = _as_arrays(definition, findings[name], read[name])
        pooled = pool_finding(choices, studies, np.ones((1, len(studies.weight)), bool), link, parent)
        cells[name] = Cell(name, read[name], studies, pooled)
    return {name: cells[name] for name in kept}


def _as_arrays(definition: Definition, variable: Variable, read: Mapping[str, tuple[Study, ...]]) -> Studies:
    diagnoses = list(read)
    studies = [study for found in read.values() for study in found]
    sets = sorted({at for study in studies for at, _ in study.open})
    opened = np.zeros((len(studies), len(sets)))
    for n, study in enumerate(studies):
        for at, share in study.open:
            opened[n, sets.index(at)] += share
    states, forms = variable.states, definition.forms
    return Studies(
        states=states,
        diagnosis=np.array([i for i, d in enumerate(diagnoses) for _ in read[d]]),
        whole=np.array([study.facts[0].used for study in studies]),
        own=np.array([[_describes(definition, study, form, variable.id) for form in forms] for study in studies]),
        word=np.array([study.word for study in studies]),
        weight=np.array([study.weight for study in studies]),
        stated=np.array([study.stated for study in studies]),
        sets=np.array([[i in at for i in range(len(states))] for at in sets]).reshape(-1, len(states)),
        open=opened,
        defined=np.array([[s in form.definition.get(variable.id, ()) for s in states] for form in forms]),
        background=definition.background.get(variable.id),
        unremarked=definition.unremarked.get(variable.id, {}),
    )


def _studies(definition: Definition, variable: Variable, facts: Iterable[Fact]) -> Iterable[Study]:
    possible = [state for state in variable.states if state != NOT_APPLICABLE]
    for group in group_facts(facts):
        first = group[0]
        at_site = first.site in definition.sites
        if not at_site and variable.id == "level":
            continue
        study = read_study(
            group,
            variable.states,
            possible,
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


def _describes(definition: Definition, study: Study, form: Form, finding: str) -> bool:
    """Whether a study of a finding is among the own studies of a form.

    A diagnosis without forms takes all its used studies. A study of the diagnosis as a whole speaks of its
    unspecified forms, but not about what defines them: there it describes the mixture of the forms.
    """
    fact = study.facts[0]
    if fact.diagnosis != form.diagnosis:
        return False
    if not form.name:
        return fact.used
    its_form = _form_of(definition, fact)
    return its_form is form or (
        its_form is None
        and fact.used
        and form.unspecified
        and not fact.condition
        and not form.definition.get(finding)
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
    choices, pooled = choices_of(definition), {name: cell.pooled for name, cell in cells.items()}
    parents: dict[str, tuple[str, ...]] = {"form": ("diagnosis",), MINERALISATION.id: ("form",)}
    parents |= {name: parents_of(choices, pooled, name) for name in cells}
    names = [MINERALISATION.id, *(name for name in cells if name != CALCIFICATION)]
    counts = {name: counts_of(choices, pooled, name)[0] for name in names}
    cpts = {name: table / table.sum(axis=-1, keepdims=True) for name, table in counts.items()}
    cpts["diagnosis"] = np.full(len(diagnoses), 1 / len(diagnoses))
    cpts["form"] = form_shares(definition)
    cpts[CALCIFICATION] = np.array([[float(s == "none"), float(s != "none")] for s in MINERALISATION.states])
    return Network(
        id=definition.id,
        variables=(root, form, MINERALISATION, *(findings[name] for name in cells)),
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


def keep_ledger(
    definition: Definition, cells: Mapping[str, Cell], sources: Mapping[str, Source], version: str
) -> Ledger:
    """What each count of the network is made of; ``cells`` as pool_findings gives them."""
    choices, pooled = choices_of(definition), {name: cell.pooled for name, cell in cells.items()}
    accounts = {}
    for name, cell in cells.items():
        moved = (rows_of(choices, pooled, name) - cell.pooled.rows)[0] * cell.form_counts.sum(
            axis=-1, keepdims=True
        )
        accounts[name] = _account(choices, cell, moved, definition.sites)
    named = {entry.source for account in accounts.values() for entry in account.entries}
    return Ledger(
        network=definition.id,
        version=version,
        choices=choices,
        form_words=tuple(frozenset({form.name, *form.also} - {""}) for form in definition.forms),
        references={key: format_reference(sources[key]) for key in sorted(named & sources.keys())},
        lines={name: account_line(name, account) for name, account in accounts.items()},
    )


def _account(choices: Choices, cell: Cell, moved: Array, sites: Collection[str]) -> Account:
    """The account of a finding; ``moved`` (F, X) are the counts that pairs which exclude each other move."""
    pooled = cell.pooled
    weights = base_weights(choices, pooled)
    read = [(d, study) for d, found in enumerate(cell.by_diagnosis.values()) for study in found]
    return Account(
        studies=cell.studies,
        entries=tuple(
            Entry(study.source, d, study.form, study.facts[0].site in sites, study.weight, sayings(study))
            for d, study in read
        ),
        added=coefficients(choices, cell.studies, pooled),
        completing=pooled.completing[0],
        base=cell.base,
        base_counts=weights,
        association=weights[:, None] * (pooled.bases[0] - cell.base) + moved,
        definition=pooled.definition[0],
    )
