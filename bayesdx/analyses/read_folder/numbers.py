"""What the reports of a folder say, as a table of cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bayesdx.analyses.answer import Answer
from bayesdx.analyses.read.numbers import ReportReading
from bayesdx.case import Case
from bayesdx.network import Variable


@dataclass(frozen=True, eq=False)
class ReportRow:
    """One report: the case that was read, how many findings are uncertain or implied, and which are contradictory.

    ``several``: it speaks of more than one lesion; ``no_lesion``: it names none, and denies one or calls
    the study normal; ``network`` covers its level; ``error``: why it was not read.
    """

    file: str
    case: Case
    uncertain: int = 0
    implied: int = 0
    contradictory: tuple[str, ...] = ()
    several: bool = False
    no_lesion: bool = False
    network: str = ""
    error: str = ""

    @property
    def answerable(self) -> bool:
        """Whether it was read and speaks of one lesion: a differential is that of a lesion."""
        return not (self.error or self.several or self.no_lesion)

    @classmethod
    def of(cls, file: str, reading: ReportReading) -> ReportRow:
        """The row of a report that was read."""
        return cls(
            file,
            reading.case,
            sum(one.certainty == "uncertain" for one in reading.findings),
            sum(one.certainty == "implied" for one in reading.findings),
            tuple(one.finding for one in reading.contradictory),
            reading.several,
            reading.no_lesion,
            reading.document.network.id,
        )


@dataclass(frozen=True, eq=False)
class FolderReading(Answer):
    """The reports of a folder in the order of their names; ``output`` is the table that was written.

    ``others`` counts what else lies in the folder and is no report by its name.
    """

    folder: str
    rows: tuple[ReportRow, ...]
    variables: tuple[Variable, ...]
    output: str | None = None
    others: int = 0


def columns_of(rows: Sequence[ReportRow], variables: Sequence[Variable]) -> tuple[str, ...]:
    """Columns of the table of cases: id, age, sex, and each finding that some answerable report states."""
    stated = {finding for row in rows if row.answerable for finding in row.case.findings}
    return ("id", "age", "sex", *(variable.id for variable in variables if variable.id in stated))


def cells_of(rows: Sequence[ReportRow], columns: Sequence[str]) -> Iterator[tuple[object, ...]]:
    """One row of cells an answerable report; weights as ``state:weight,state:weight``."""
    for row in rows:
        if row.answerable:
            findings = [_cell(row.case.findings.get(column)) for column in columns[3:]]
            yield (row.case.id, row.case.age, row.case.sex, *findings)


def _cell(value: object) -> object:
    if isinstance(value, Mapping):
        return ",".join(f"{state}:{weight:.6g}" for state, weight in value.items())
    return None if value is None else str(value)
