"""Published patients with all their findings together, and what they add to the rows.

A patient is a study of one patient for each finding that its publication states. What is not known is which form of
its diagnosis it was, and why the publication says nothing of the other findings:

- Each patient belongs to the forms of its diagnosis by their posterior, given its findings.
- A finding in state x is mentioned with probability r_x, the same in all diagnoses: what is remarkable is mentioned
  more often. Texts that do not mention a finding then speak a little for the states that are seldom mentioned.

The rows, the forms and the rates r are estimated in turn, as in EM (Dempster et al. 1977), of which the selection
model of missing values is a part (Little & Rubin 2002, ch. 15).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bayesdx.case import Case, case_from_mapping, encode
from bayesdx.errors import InputError
from bayesdx.files import parse, read_text
from bayesdx.inference import Engine, compile_network
from bayesdx.knowledge.build import Cell, Read, build_network, form_shares, pool_studies
from bayesdx.knowledge.definition import OTHER, Definition
from bayesdx.knowledge.ledger import UNMENTIONED, Saying
from bayesdx.knowledge.pooling import PATTERN
from bayesdx.knowledge.sources import Identity, Source, as_record, identity, same_publication
from bayesdx.knowledge.studies import Study
from bayesdx.network import Array, Network

#: Rounds in which rows, forms and rates settle.
ROUNDS = 6
#: Texts of a state after which its rate counts as much as the mean over all states of the finding.
_RATE_COUNTS = 4.0
#: Dirichlet count of P(form | diagnosis) while the patients are read.
_FORM_COUNTS = 10.0
#: Of these no text is silent because of what they are, or they are silent by definition.
_ALWAYS = frozenset({"age_group", "sex", PATTERN})
_LOWEST, _HIGHEST = 0.003, 0.97


@dataclass(frozen=True)
class Patient:
    """A published patient: the case, and the key of its publication, with a ``record`` if no fact cites it.

    It is not ``learnt`` from where a fact counts the same patient already.
    """

    case: Case
    source: str
    record: Source | None = None
    learnt: bool = True


def read_patients(path: Path, known: Mapping[str, Identity]) -> tuple[Patient, ...]:
    """Read the published patients of a file; ``known`` are the publications by key.

    Raises InputError for a patient without id, region or diagnosis.
    """
    text, place = read_text(str(path))
    patients = []
    others: dict[str, Identity] = {}
    for entry in parse(text, place):
        case = case_from_mapping(entry, f"{place}: case {entry.get('id')}")
        if case.id is None or case.diagnosis is None or "region" not in case.metadata:
            raise InputError("needs id, region and diagnosis", place=case.place)
        own = case.metadata.get("source")
        learnt = not case.metadata.get("counted_in")
        keys = same_publication(known, own) or same_publication(others, own)
        if keys:
            patients.append(Patient(case, keys[0], learnt=learnt))
        else:
            record = as_record(case.id, own if isinstance(own, Mapping) else {})
            others[case.id] = identity(record)
            patients.append(Patient(case, case.id, record, learnt))
    return tuple(patients)


@dataclass(frozen=True, eq=False)
class Texts:
    """n published patients of one network: ``diagnosis`` (n,), state codes (n, variables), weights (n, states) of
    uncertain findings, and which findings are ``stated`` (n, variables)."""

    patients: tuple[Patient, ...]
    diagnosis: NDArray[np.intp]
    codes: NDArray[np.int64]
    weights: Mapping[str, Array]
    stated: NDArray[np.bool_]


def encode_patients(definition: Definition, network: Network, patients: Iterable[Patient]) -> Texts:
    """The patients of a network's region as arrays; those of a diagnosis that it does not hold are ``other``."""
    diagnoses = [diagnosis for diagnosis, _ in definition.diagnoses]
    own = tuple(p for p in patients if p.case.metadata["region"] == definition.id)
    vocabulary = {variable.id: variable.states for variable in definition.vocabulary}
    codes = np.full((len(own), len(network.variables)), -1, dtype=np.int64)
    stated = np.zeros(codes.shape, dtype=bool)
    weights: dict[str, Array] = {}
    for n, patient in enumerate(own):
        for name, found in encode(patient.case, network, vocabulary).weights.items():
            v = network.index[name]
            stated[n, v] = True
            possible = np.flatnonzero(found)
            if len(possible) == 1:
                codes[n, v] = possible[0]
            else:
                weights.setdefault(name, np.ones((len(own), len(found))))[n] = found
    named = [p.case.diagnosis if p.case.diagnosis in diagnoses else OTHER for p in own]
    return Texts(own, np.array([diagnoses.index(name) for name in named], dtype=np.intp), codes, weights, stated)


def unmentioned(texts: Texts, network: Network, rates: Mapping[str, Array]) -> dict[str, Array]:
    """Likelihood weights (n, states) of what the texts state uncertainly, and of what they do not mention."""
    found = {name: table.copy() for name, table in texts.weights.items()}
    for name, rate in rates.items():
        silent = ~texts.stated[:, network.index[name]]
        table = found.setdefault(name, np.ones((len(texts.codes), len(rate))))
        table[silent] *= 1 - rate
    return found


@dataclass(frozen=True, eq=False)
class Learnt:
    """Rows of facts and patients together, pooled from ``read``; ``rates`` by finding say how often a text mentions
    each of its states; ``patients`` (D,) how many of them have each diagnosis."""

    read: Read
    cells: dict[str, Cell]
    rates: Mapping[str, Array]
    patients: tuple[int, ...]


def learn_rows(definition: Definition, read: Read, patients: Iterable[Patient]) -> Learnt:
    """Pool the studies of the facts and of the patients, which are those of the network's region."""
    cells = pool_studies(definition, read)
    shares = form_shares(definition)
    network = build_network(definition, cells)
    texts = encode_patients(definition, network, patients)
    numbers = tuple(np.bincount(texts.diagnosis, minlength=len(shares)).tolist())
    if not len(texts.codes):
        return Learnt(read, cells, {}, numbers)
    codes = texts.codes.copy()
    codes[:, network.index["diagnosis"]] = texts.diagnosis
    findings = [v.id for v in network.findings]
    rates = {name: np.full(network.variable(name).cardinality, 0.1) for name in findings if name not in _ALWAYS}
    prior = _FORM_COUNTS * shares
    together: Read = read
    for _ in range(ROUNDS):
        engine = compile_network(network)
        weights = unmentioned(texts, network, rates)
        rates = _rates(engine, texts, codes, weights, rates)
        weights = unmentioned(texts, network, rates)
        belongs = engine.query_batch(codes, weights, "form").probabilities
        together = {
            name: _with_patients(definition, cells[name], texts, network, belongs, rates.get(name), of)
            for name, of in read.items()
        }
        cells = pool_studies(definition, together)
        counts = prior + _by_diagnosis(texts.diagnosis, belongs, len(prior))
        shares = counts / counts.sum(axis=1, keepdims=True)
        network = build_network(definition, cells, forms=shares)
    return Learnt(together, cells, rates, numbers)


def _by_diagnosis(diagnosis: NDArray[np.intp], belongs: Array, diagnoses: int) -> Array:
    counts = np.zeros((diagnoses, belongs.shape[1]))
    np.add.at(counts, diagnosis, belongs)
    return counts


def _rates(
    engine: Engine, texts: Texts, codes: NDArray[np.int64], weights: Mapping[str, Array], rates: Mapping[str, Array]
) -> dict[str, Array]:
    """How often each state is mentioned: times it is stated, with certainty, by how often it is expected."""
    network = engine.network
    expected, _ = engine.expected_counts(codes, weights)
    found = {}
    for name, before in rates.items():
        size = len(before)
        column = codes[:, network.index[name]]
        stated = np.bincount(column[column >= 0], minlength=size)
        if name in expected:
            number = expected[name].reshape(-1, size).sum(axis=0)
        else:  # nobody mentions it, and every state is as likely to be passed over
            number = len(codes) * network.cpts[name].reshape(-1, size).mean(axis=0)
        mean = (stated.sum() + 1) / (len(codes) + _RATE_COUNTS)
        found[name] = np.clip((stated + _RATE_COUNTS * mean) / (number + _RATE_COUNTS), _LOWEST, _HIGHEST)
    return found


def _with_patients(
    definition: Definition,
    cell: Cell,
    texts: Texts,
    network: Network,
    belongs: Array,
    rate: Array | None,
    of: Mapping[str, tuple[Study, ...]],
) -> dict[str, tuple[Study, ...]]:
    """The studies of a finding by diagnosis: of facts, of patients, and of texts that do not mention it."""
    name, v = cell.finding, network.index[cell.finding]
    states = network.variable(name).states
    found: dict[str, list[Study]] = {diagnosis: list(studies) for diagnosis, studies in of.items()}
    names = list(found)
    weight = definition.pooling.case_weight
    one_state, one_form = np.eye(len(states)), np.eye(len(definition.forms))
    for n in np.flatnonzero(texts.codes[:, v] >= 0).tolist():
        state = int(texts.codes[n, v])
        patient = texts.patients[n]
        says = Saying("case", "case", (states[state],), "", 1.0, 1.0)
        study = _study(patient.source, says, one_state[state], 1.0, weight, belongs[n])
        found[names[texts.diagnosis[n]]].append(study)
    if rate is None:
        return {diagnosis: tuple(studies) for diagnosis, studies in found.items()}
    passed_over = ~texts.stated[:, v]
    silent = _by_diagnosis(texts.diagnosis[passed_over], belongs[passed_over], len(names))  # texts (D, F)
    for d, f in zip(*np.nonzero(silent > _LOWEST), strict=True):
        row = cell.form_rows[f]
        passed = (1 - rate) / (row @ (1 - rate))
        least = passed[row > 0].min()
        worth = float(silent[d, f] * (1 - least))
        if worth < _LOWEST:
            continue
        says = Saying(UNMENTIONED, "", (), "", None, float(silent[d, f]))
        stated = row * (passed - least) / (1 - least)
        found[names[d]].append(_study("", says, stated, float(silent[d, f]), worth * weight, one_form[f]))
    return {diagnosis: tuple(studies) for diagnosis, studies in found.items()}


def _study(source: str, says: Saying, stated: Array, size: float, weight: float, own: Array) -> Study:
    return Study(
        source=source,
        form="",
        sayings=(says,),
        stated=stated,
        open=(),
        size=size,
        factor=1.0,
        weight=weight,
        word=False,
        whole=True,
        at_site=True,
        own=own,
    )
