"""How much literature stands behind each row: facts, patients and sources by diagnosis and finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bayesdx.analyses.answer import Answer
from bayesdx.errors import InputError, nearest
from bayesdx.knowledge.build import Cell, build_network, entering
from bayesdx.knowledge.definition import Definition
from bayesdx.knowledge.facts import COUNTED, EXCLUSIONS, Fact
from bayesdx.knowledge.grades import RowEvidence, row_evidence, together
from bayesdx.knowledge.library import NETWORKS, open_library
from bayesdx.knowledge.parts import parts_of


@dataclass(frozen=True)
class Coverage:
    """What stands behind P(finding | diagnosis).

    ``facts`` and their ``sources`` are those of the table of facts; ``patients`` adds up the largest denominator of
    each group of facts that counts patients. ``cases`` are published patients whose findings are known together.
    ``defined`` says that states of the finding hold by definition of the diagnosis, an assumption. With neither
    facts nor cases the row rests on assumption alone: on the base, and on the definition where there is one.
    """

    diagnosis: str
    finding: str
    facts: int
    patients: int
    cases: int
    sources: int
    defined: bool

    @property
    def assumption_alone(self) -> bool:
        return self.facts == self.cases == 0


@dataclass(frozen=True, eq=False)
class LiteratureCoverage(Answer):
    """The literature behind a shipped network, row by row.

    ``evidence`` goes with ``rows``, one by one. ``labels`` are those of the diagnoses; ``excluded`` counts the rows
    of the table of facts that are not used as likelihoods, by reason, and ``used`` those that are. ``repeated`` of
    these do not enter this network, because they only repeat a better source.
    """

    network: str
    version: str
    rows: tuple[Coverage, ...]
    evidence: tuple[RowEvidence, ...]
    labels: Mapping[str, str]
    excluded: Mapping[str, int]
    used: int
    repeated: int

    @property
    def whole(self) -> RowEvidence:
        """The evidence of all rows together."""
        return together(self.evidence)


def literature_coverage(network: str) -> LiteratureCoverage:
    """The coverage of a shipped network; raises InputError for another one."""
    if network not in NETWORKS:
        raise InputError(f"--coverage: no shipped network '{network}'", nearest(network, NETWORKS))
    library = open_library()
    definition = library.definition(network)
    learnt = library.learnt(definition)
    rows = coverage(definition, learnt.cells)
    built = build_network(definition, learnt.cells)
    ledger = library.ledger(definition, learnt)
    names = {diagnosis for diagnosis, _ in definition.diagnoses}
    facts = [fact for fact in library.facts if fact.used and fact.diagnosis in names]
    return LiteratureCoverage(
        network=network,
        version=library.digest,
        rows=rows,
        evidence=tuple(
            row_evidence(parts_of(ledger, built, row.finding, row.diagnosis), ledger.evidence) for row in rows
        ),
        labels=dict(definition.diagnoses),
        excluded=exclusions(library.facts),
        used=sum(fact.used for fact in library.facts),
        repeated=len(facts) - len(entering(definition, facts, library.identified)),
    )


def coverage(definition: Definition, cells: Mapping[str, Cell]) -> tuple[Coverage, ...]:
    """One entry for each diagnosis and finding of the network, in the order of the network."""
    defined = {(form.diagnosis, finding) for form in definition.forms for finding in form.definition}
    rows = []
    for diagnosis, _ in definition.diagnoses:
        for finding, cell in cells.items():
            studies = cell.by_diagnosis[diagnosis]
            facts = [fact for study in studies for fact in study.facts]
            patients = sum(
                max((int(fact.n or 0) for fact in study.facts if fact.kind in COUNTED), default=0)
                for study in studies
            )
            cases = sum(bool(study.source and not study.facts) for study in studies)
            sources = len({fact.source for fact in facts})
            given = (diagnosis, finding) in defined
            rows.append(Coverage(diagnosis, finding, len(facts), patients, cases, sources, given))
    return tuple(rows)


def exclusions(facts: Iterable[Fact]) -> dict[str, int]:
    """How many rows of the table are not used as likelihoods, by reason, in the order of EXCLUSIONS."""
    counts = Counter(fact.exclude for fact in facts if fact.exclude)
    return {reason: counts[reason] for reason in EXCLUSIONS if counts[reason]}
