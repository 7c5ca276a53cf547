"""Read radiology reports: one, or a folder of them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from bayesdx.analyses import ANALYSES
from bayesdx.catalogue import DEFAULT_NETWORK, chosen_for, read_document
from bayesdx.data import network_names, network_path
from bayesdx.document import NetworkDocument
from bayesdx.errors import InputError

if TYPE_CHECKING:
    from bayesdx.analyses.read.numbers import ReportReading
    from bayesdx.analyses.read_folder.numbers import FolderReading
    from bayesdx.reading.lexicon import AnyLexicon, Lexicon

#: Characters of the longest report that is read.
LONGEST = 200_000
_ENDINGS = (".txt", ".text", ".rpt")
_FORM = re.compile(r"\s*(?:(<[!?a-zA-Z][^>]*>)|[{\[]\s*[\"{\[])")


class Reports:
    """Reads reports in the terms of one network, named or filed; without one, of the shipped ones.

    ``lexicon`` is one's own, beside the one that ships: mappings, or files of them; how they are written stands in
    ``networks/reading/findings.yaml``. Raises InputError for a network or lexicon that cannot be read.

    >>> reading = Reports().read("A calcified extradural mass at C7 without a dural tail.")
    >>> reading.case.findings["level"], reading.case.findings["mr_dural_tail"]
    ('cervical', 'absent')
    """

    def __init__(
        self,
        network: str | os.PathLike[str] | None = None,
        lexicon: AnyLexicon | Sequence[AnyLexicon] = (),
        document: NetworkDocument | None = None,
        target: str | None = None,
    ) -> None:
        from bayesdx.reading.lexicon import lexicon_for

        self._named = network is not None or document is not None
        self.document = document or read_document(network or DEFAULT_NETWORK)
        if target is not None:
            self.document = replace(self.document, network=replace(self.document.network, target=target))
        self._documents = {self.document.network.id: self.document}  # read once, however many reports there are
        own = (lexicon,) if isinstance(lexicon, (str, os.PathLike, Mapping)) else tuple(lexicon)
        ours = self.document.network.id in network_names() and bool(self.document.vocabulary)
        self.lexicon: Lexicon = lexicon_for(self.document.network, self.document.vocabulary, ours, own)

    def read(self, text: str, case_id: str | None = None, place: str = "report") -> ReportReading:
        """What a report says; raises InputError for one that is empty or too long to be one."""
        from bayesdx.analyses.read.numbers import ReportReading, propose

        if not isinstance(text, str):
            raise InputError("a report is text", place=place)
        if not text.strip():
            raise InputError("the report is empty", place=place)
        if form := _FORM.match(text):
            raise InputError(
                f"is {'HTML or XML' if form[1] else 'JSON'}, not the plain text of a report", place=place
            )
        if len(text) > LONGEST:
            raise InputError(f"{len(text)} characters are no report: {LONGEST} are the most", place=place)
        case, findings, patient, passages = propose(text, self.lexicon, case_id, place)
        document, choice = self.document, "named by the user"
        if not self._named:
            name, choice = chosen_for(case)
            if name not in self._documents:
                self._documents[name] = read_document(name)
            document = self._documents[name]
        return ReportReading(
            text, case, findings, patient, passages, document, choice, tuple(self.lexicon.variables.values()),
            face=ANALYSES["read"],
        )  # fmt: skip

    def folder(
        self, folder: str | os.PathLike[str], advance: Callable[[int], object] = lambda steps: None
    ) -> FolderReading:
        """What each report of a folder says (.txt, by name); a file that cannot be read is a row with its error."""

        def texts() -> Iterator[tuple[str, str | InputError]]:
            for file in report_files(folder):
                try:
                    yield file, report_text(os.path.join(folder, file))[0]
                except InputError as error:
                    yield file, error

        found = self.several(texts(), os.fspath(folder), advance)
        return replace(found, others=len(os.listdir(folder)) - len(found.rows))

    def several(
        self,
        reports: Iterable[tuple[str, str | InputError]],
        folder: str = "",
        advance: Callable[[int], object] = lambda steps: None,
    ) -> FolderReading:
        """What each of several reports says, by its name; one that cannot be read is a row with its error."""
        from bayesdx.analyses.read_folder.numbers import FolderReading, ReportRow
        from bayesdx.case import Case

        rows = []
        for file, report in reports:
            name = os.path.splitext(file)[0]
            try:
                if isinstance(report, InputError):
                    raise report
                rows.append(ReportRow.of(file, self.read(report, name, os.path.join(folder, file))))
            except InputError as error:
                rows.append(ReportRow(file, Case(id=name), error=error.message))
            advance(1)
        variables = tuple(self.lexicon.variables.values())
        return FolderReading(folder, tuple(rows), variables, face=ANALYSES["read_folder"])


def read_report(
    text: str,
    network: str | os.PathLike[str] | None = None,
    lexicon: AnyLexicon | Sequence[AnyLexicon] = (),
) -> ReportReading:
    """What a radiology report says of each finding: ``case`` to be asked, and the passages behind it.

    What reads for a shipped network is kept; with a ``lexicon`` of one's own, or a network's file, whoever reads
    many reports makes one ``Reports`` and asks it. Raises InputError as that does.

    >>> read_report("No syrinx. Oedema around the lesion.").case.findings
    {'mr_perilesional_edema': 'present', 'syrinx': 'absent'}
    """
    if not lexicon and (network is None or network in network_names()):
        name = None if network is None else str(network)
        return _shipped(name, network_path(name or DEFAULT_NETWORK)).read(text)
    return Reports(network, lexicon).read(text)


@lru_cache
def _shipped(network: str | None, path: str) -> Reports:
    """What reads for a shipped network (None: the one that covers the level); ``path`` is the file it is in."""
    return Reports(network)


def report_text(path: str | os.PathLike[str]) -> tuple[str, str]:
    """The text of a report (UTF-8, UTF-16 or Windows-1252; ``-``: standard input), and what messages call it."""
    from bayesdx.files import read_text_as_declared

    text, place, _ = read_text_as_declared(path)
    return text, place


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
    from bayesdx.formats.table_writing import write_rows

    columns = columns_of(reading.rows, reading.variables)
    write_rows(path, columns, cells_of(reading.rows, columns))
    return replace(reading, output=path)
