"""Read radiology reports: one, or a folder of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bayesdx.analyses import ANALYSES
from bayesdx.catalogue import DEFAULT_NETWORK, chosen_for, read_document
from bayesdx.data import network_names
from bayesdx.document import NetworkDocument
from bayesdx.errors import InputError

if TYPE_CHECKING:
    from bayesdx.analyses.read.numbers import ReportReading
    from bayesdx.analyses.read_folder.numbers import FolderReading
    from bayesdx.reading.lexicon import AnyLexicon, Lexicon

#: Characters of the longest report that is read.
LONGEST = 200_000
_ENDINGS = (".txt", ".text", ".rpt")


class Reports:
    """Reads reports in the terms of one network, named or filed; without one, of the shipped ones.

    ``lexicon`` is one's own, beside the one that ships: mappings, or files of them (``networks/reading/findings.yaml``
    says how they are written). Raises InputError for a network or lexicon that cannot be read.

    >>> reading = Reports().read("A calcified extradural mass at C7 without a dural tail.")
    >>> reading.case.findings["level"], reading.case.findings["mr_dural_tail"]
    ('cervical', 'absent')
    """

    def __init__(
        self,
        network: str | os.PathLike[str] | None = None,
        lexicon: Sequence[AnyLexicon] = (),
        document: NetworkDocument | None = None,
    ) -> None:
        from bayesdx.reading.lexicon import lexicon_for

        self._named = network is not None or document is not None
        self.document = document or read_document(network or DEFAULT_NETWORK)
        shipped = not self._named or (network is not None and os.fspath(network) in network_names())
        self.lexicon: Lexicon = lexicon_for(
            self.document.network, self.document.vocabulary, shipped or _speaks_ours(self.document), lexicon
        )

    def read(self, text: str, case_id: str | None = None, place: str = "report") -> ReportReading:
        """What a report says; raises InputError for one that is empty or too long to be one."""
        from bayesdx.analyses.read.numbers import ReportReading, propose

        if not isinstance(text, str):
            raise InputError("a report is text", place=place)
        if not text.strip():
            raise InputError("the report is empty", place=place)
        if len(text) > LONGEST:
            raise InputError(f"{len(text)} characters are no report: {LONGEST} are the most", place=place)
        case, findings, patient, passages = propose(text, self.lexicon, case_id, place)
        document, choice = self.document, "named by the user"
        if not self._named:
            name, choice = chosen_for(case)
            document = document if name == document.network.id else read_document(name)
        return ReportReading(
            text, case, findings, patient, passages, document, choice, tuple(self.lexicon.variables.values()),
            face=ANALYSES["read"],
        )  # fmt: skip

    def folder(
        self, folder: str | os.PathLike[str], advance: Callable[[int], object] = lambda steps: None
    ) -> FolderReading:
        """What each report of a folder says (.txt, by name); a file that cannot be read is a row with its error."""
        from bayesdx.analyses.read_folder.numbers import FolderReading, ReportRow
        from bayesdx.case import Case
        from bayesdx.files import read_text

        rows = []
        for file in report_files(folder):
            path = os.path.join(folder, file)
            try:
                reading = self.read(read_text(path)[0], os.path.splitext(file)[0], path)
            except InputError as error:
                rows.append(ReportRow(file, Case(id=os.path.splitext(file)[0]), error=error.message))
            else:
                rows.append(
                    ReportRow(
                        file,
                        reading.case,
                        sum(one.certainty == "uncertain" for one in reading.findings),
                        tuple(one.finding for one in reading.contradictory),
                        reading.several,
                        reading.document.network.id,
                    )
                )
            advance(1)
        variables = tuple(self.lexicon.variables.values())
        return FolderReading(os.fspath(folder), tuple(rows), variables, face=ANALYSES["read_folder"])


def read_report(
    text: str, network: str | os.PathLike[str] | None = None, lexicon: Sequence[AnyLexicon] = ()
) -> ReportReading:
    """What a radiology report says of each finding: ``case`` to be asked, and the passages behind it.

    Whoever reads many reports makes one ``Reports`` and asks it. Raises InputError as that does.

    >>> read_report("Possible syrinx. No oedema.").case.findings
    {'mr_perilesional_edema': 'absent', 'syrinx': {'absent': 0.35, 'present': 0.65}}
    """
    return Reports(network, lexicon).read(text)


def report_files(folder: str | os.PathLike[str]) -> list[str]:
    """Names of the reports in a folder; raises InputError where there are none."""
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", place=os.fspath(folder)) from None
    found = [name for name in names if name.lower().endswith(_ENDINGS)]
    if not found:
        raise InputError("holds no report: their names end in .txt", place=os.fspath(folder))
    return found


def write_cases(reading: FolderReading, path: str) -> FolderReading:
    """Write the cases of a folder as a table that ``batch`` takes (.csv, .jsonl, .parquet); whole or not at all."""
    from bayesdx.analyses.read_folder.numbers import cells_of, columns_of
    from bayesdx.formats.table import write_rows

    columns = columns_of(reading.rows, reading.variables)
    write_rows(path, columns, cells_of(reading.rows, columns))
    return replace(reading, output=path)


def _speaks_ours(document: NetworkDocument) -> bool:
    """Whether a network file has the findings of the shipped vocabulary: it has learnt, or was edited."""
    return bool(document.vocabulary) and document.network.target == "diagnosis"
