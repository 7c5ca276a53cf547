"""The page of ``read FOLDER``: what was read of each report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bayesdx.analyses.read_folder.numbers import FolderReading, ReportRow
from bayesdx.report.blocks import AnyCell, Cell, Entries, Page, Section, Table
from bayesdx.words.phrases import fitted, label_of, listed

#: Characters of a file name that are shown.
NAME = 34


def page(result: FolderReading) -> Page:
    """A row a report, and how many could be read."""
    read = [row for row in result.rows if not row.error]
    others = f"; {result.others} others in the folder are no .txt" if result.others else ""
    head = [("Folder", result.folder), ("Reports", f"{len(result.rows)}, {len(read)} read{others}")]
    if result.output:
        head.append(("Table", result.output))
    labels = {variable.id: label_of(variable) for variable in result.variables}
    table = Table(
        ("report", "network", "findings", "uncertain", "implied", "to check"),
        tuple(_row(row, labels) for row in result.rows),
        right=(2, 3, 4),
    )
    warnings = (*(_left_out(read) if result.output else ()), *_networks(read))
    return Page(Entries(tuple(head)), (Section("", (table,)),), warnings, disclaimer=False)


def _left_out(rows: Sequence[ReportRow]) -> tuple[str, ...]:
    """What the table does not hold, since a differential is that of a lesion."""
    none, several = sum(row.no_lesion for row in rows), sum(row.several and not row.no_lesion for row in rows)
    said = [f"{none} that name no lesion"] * (none > 0) + [f"{several} of several lesions"] * (several > 0)
    return (f"not in the table: {listed(said)}; a differential is that of a lesion",) if said else ()


def _networks(rows: Sequence[ReportRow]) -> tuple[str, ...]:
    """A table is scored in one network: is it that of all reports?"""
    often = Counter(row.network for row in rows if row.answerable)
    if len(often) < 2:
        return ()
    said = listed([f"{count} of '{name}'" for name, count in often.most_common()])
    return (f"the reports are of several networks ({said}): 'batch' scores a table in one of them (--network)",)


def _row(row: ReportRow, labels: dict[str, str]) -> tuple[AnyCell, ...]:
    name = fitted(row.file, NAME)
    if row.error:
        return name, "", "", "", "", Cell(row.error, "changes")
    check = ["no lesion"] if row.no_lesion else ["several lesions"] if row.several else []
    if row.contradictory:
        check.append(f"contradictory: {listed([labels.get(one, one) for one in row.contradictory])}")
    counts = (str(count) for count in (len(row.case.findings), row.uncertain, row.implied))
    return name, row.network, *counts, "; ".join(check)
