"""Score a cohort part by part, restartable: each part gives one file, which appears when it is whole.

The name of the file says what it answers (``Part.name``). Whoever works on a part, in whatever process or machine,
and however often, writes the same file: a part that is there is done, nothing is lost and nothing comes twice.
"""

from __future__ import annotations

import os
import posixpath
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bayesdx.analyses import ANALYSES
from bayesdx.analyses.cohort.numbers import SHOWN, CohortSummary
from bayesdx.batch.local import processes
from bayesdx.batch.parts import Across, Done, Part, line_of, located, parts_of
from bayesdx.batch.reading import read_part
from bayesdx.batch.scoring import Spec, arrow, score, scorer_of
from bayesdx.errors import InputError

#: Rows that are written together.
WRITTEN = 1 << 16
#: What is told of a row that is wrong.
_EXAMPLE = ["source_file", "source_row", "error"]
#: Stands in the folder of the answers once all are there.
SUCCESS = "_SUCCESS"


@dataclass(frozen=True)
class ScorePart:
    """The work of one part: it is read, scored and written."""

    spec: Spec
    output: str

    def __call__(self, part: Part) -> Done:
        """A table that cannot be read is said of the part; raises InputError when nothing can be written."""
        from pyarrow.parquet import ParquetWriter

        pa, scorer = arrow(), scorer_of(self.spec)
        start, before = time.perf_counter(), scorer.inference
        fs, folder = located(self.output)
        name = part.name(self.spec.fingerprint)
        passing = posixpath.join(folder, f".{name}.{secrets.token_hex(6)}.tmp")
        about = {key: str(value) for key, value in self.spec.model.head().items()}
        schema = self.spec.schema.with_metadata(about)
        words = [field.name for field in schema if pa.types.is_string(field.type) and field.name != "id"]
        # the digits of probabilities are noise to a compressor, which would take time and save nothing
        packing = {f.name: "none" if pa.types.is_floating(f.type) else "snappy" for f in schema}
        rows = wrong = 0
        examples: list[tuple[str, int, str]] = []
        try:
            with (
                fs.open_output_stream(passing) as sink,
                ParquetWriter(
                    sink, schema, use_dictionary=words, write_statistics=["error"], compression=packing
                ) as writer,
            ):
                for answers in self._answers(part):
                    writer.write_table(answers.replace_schema_metadata(about))
                    rows += answers.num_rows
                    if refused := answers.num_rows - answers.column("error").null_count:
                        wrong += refused
                        examples += _examples(answers)
            _settle(fs, passing)
            fs.move(passing, posixpath.join(folder, name))
        except BaseException as error:
            _remove(fs, passing)
            if isinstance(error, InputError):
                return Done(0, 0, (), time.perf_counter() - start, 0.0, part.share, error)
            if isinstance(error, (OSError, pa.ArrowException)):
                raise InputError(f"cannot be written ({line_of(error)})", place=self.output) from None
            raise
        took = time.perf_counter() - start
        return Done(rows, wrong, tuple(examples[:SHOWN]), took, scorer.inference - before, part.share)

    def _answers(self, part: Part) -> Iterator[Any]:
        """Tables of answers; whatever Arrow says meanwhile is about the part, not about where answers go."""
        try:
            yield from _joined(score(read_part(part), self.spec))
        except arrow().ArrowException as error:
            raise InputError(f"cannot be scored ({line_of(error)})", place=part.place) from None


def _joined(batches: Iterable[Any]) -> Iterator[Any]:
    """Tables of ``WRITTEN`` rows or a little more; the last one has what is left."""
    waiting: list[Any] = []
    for batch in batches:
        waiting.append(batch)
        if sum(one.num_rows for one in waiting) >= WRITTEN:
            yield arrow().Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield arrow().Table.from_batches(waiting)


def _examples(answers: Any) -> list[tuple[str, int, str]]:
    import pyarrow.compute as pc

    wrong = answers.select(_EXAMPLE).filter(pc.is_valid(answers.column("error")))
    return [tuple(row.values()) for row in wrong.slice(0, SHOWN).to_pylist()]


def _told(output: str, name: str) -> list[tuple[str, int, str]]:
    """The first rows of an answer that are wrong."""
    from pyarrow.parquet import read_table

    fs, folder = located(output)
    return _examples(read_table(posixpath.join(folder, name), filesystem=fs, columns=_EXAMPLE))


def _settle(fs: Any, path: str) -> None:
    """Have a local disk write what it was given: a file gets its name when it is whole, whatever ends meanwhile."""
    if fs.type_name == "local":
        with open(path, "rb+") as file:
            os.fsync(file.fileno())


def _remove(fs: Any, path: str) -> None:
    with suppress(OSError):  # it is not there, or is like what a killed process leaves, which the next run removes
        fs.delete_file(path)


def score_cohort(
    location: str,
    output: str,
    spec: Spec,
    across: Across | None = None,
    begin: Callable[[int, int], object] = lambda total, there: None,
    advance: Callable[[Done], object] = lambda done: None,
) -> CohortSummary:
    """Score the tables of a folder (or one) into the folder ``output``, a Parquet file for each part.

    Both may be URIs such as ``s3://bucket/cohort``. Parts that an earlier run has finished are not done again.
    ``across`` does the work: by default processes on this machine, one for each processor. ``begin`` is told how
    many bytes there are and how many of them are done, ``advance`` of each part that is. Raises InputError when
    ``output`` holds answers to another question, and for tables that cannot be read: once all others are scored,
    or at once where an answer in ``output`` may be that of such a table.
    """
    start = time.perf_counter()
    parts = {part.name(spec.fingerprint): part for part in parts_of(location, ends=True)}
    there = _there(output, parts)
    todo = [part for name, part in parts.items() if name not in there]
    total = sum(part.share for part in parts.values())
    begin(total, total - sum(part.share for part in todo))
    done: list[Done] = []
    for one in (across or processes())(ScorePart(spec, output), todo) if todo else ():
        done.append(one)
        advance(one)
    _refuse_unread([one.fault for one in done if one.fault is not None], len(parts))
    rows, wrong = _counted(output, parts, there)
    told = [example for one in done for example in one.examples]
    faulty = [name for name in parts if name in there and there[name][1]]
    told += [example for name in faulty[:SHOWN] for example in _told(output, name)]  # each has one at least
    summary = CohortSummary(
        table=location,
        output=output,
        parts=len(parts),
        reused=len(there),
        scored=rows - wrong,
        left_out=wrong,
        examples=tuple(sorted(told)[:SHOWN]),
        seconds=time.perf_counter() - start,
        rate=sum(one.rows for one in done) / (time.perf_counter() - start),
        outside=1 - sum(d.inference for d in done) / sum(d.seconds for d in done) if done else None,
        warnings=spec.model.document.warnings,
        asked=spec.model.head(),
        face=ANALYSES["cohort"],
    )
    fs, folder = located(output)
    try:
        _clear(fs, folder, _names(fs, folder))
        with fs.open_output_stream(posixpath.join(folder, SUCCESS)):
            pass
    except (OSError, arrow().ArrowException) as error:
        place = posixpath.join(output, SUCCESS)
        raise InputError(f"cannot be written ({line_of(error)})", place=place) from None
    return summary


def _refuse_unread(faults: list[InputError], parts: int) -> None:
    if not faults:
        return
    told = {str(fault): fault.place for fault in sorted(faults, key=str)}
    first, *others = told
    named = ", ".join(told[other] for other in others[:SHOWN]) + ", …" * (len(others) > SHOWN)
    more = f"; {len(others)} more table{'s' * (len(others) > 1)} cannot be read: {named}" if others else ""
    rest = f"; all other parts ({parts - len(faults)}) are done" if parts > len(faults) else ""
    raise InputError(f"{first}{more}{rest}")


def _names(fs: Any, folder: str) -> list[str]:
    from pyarrow.fs import FileSelector, FileType

    return [info.base_name for info in fs.get_file_info(FileSelector(folder)) if info.type == FileType.File]


def _there(output: str, parts: dict[str, Part]) -> dict[str, tuple[int, int]]:
    """The answers that are there and whole, with what ``_held`` says of each.

    Makes the folder, and removes what else a killed run has left in it.
    """
    fs, folder = located(output)
    try:
        fs.create_dir(folder, recursive=True)
        names = _names(fs, folder)
    except (OSError, UnicodeError, arrow().ArrowException) as error:
        raise InputError(f"is no folder to write to ({line_of(error)})", place=output) from None
    other = sorted(name for name in names if not name.startswith((".", "_")) and name not in parts)
    if other:
        if unread := [part.fault for part in parts.values() if part.fault is not None]:
            raise unread[0]  # and what is there may well be its answer
        raise InputError(
            f"holds '{other[0]}', which answers another question (other tables, network or options); "
            "name another folder",
            place=output,
        )
    _remove(fs, posixpath.join(folder, SUCCESS))
    _clear(fs, folder, names)
    there = {}
    for name in parts.keys() & names:
        held = _held(fs, path := posixpath.join(folder, name))
        if held is None:
            _remove(fs, path)
        else:
            there[name] = held
    return there


def _clear(fs: Any, folder: str, names: Iterable[str]) -> None:
    """Remove what killed processes have left."""
    for name in names:
        if name.startswith(".part-") and name.endswith(".tmp"):
            _remove(fs, posixpath.join(folder, name))


def _counted(output: str, parts: Iterable[str], known: Mapping[str, tuple[int, int]]) -> tuple[int, int]:
    """Rows of all answers, and how many of them are wrong, as the files themselves say (``known``: have said)."""
    fs, folder = located(output)
    rows = wrong = 0
    for name in parts:
        held = known.get(name) or _held(fs, posixpath.join(folder, name))
        if held is None:
            raise InputError(f"'{name}' is not there, or not whole: run it again", place=output)
        rows, wrong = rows + held[0], wrong + held[1]
    return rows, wrong


def _held(fs: Any, path: str) -> tuple[int, int] | None:
    """Rows of an answer, and how many of them are wrong, as the file says; None where there is no whole one."""
    from pyarrow.parquet import read_metadata

    try:
        with fs.open_input_file(path) as source:
            footer = read_metadata(source)
    except (OSError, ValueError, arrow().ArrowException):
        return None
    wrong = 0
    for i in range(footer.num_row_groups):
        group = footer.row_group(i)
        errors = group.column(group.num_columns - 1)
        wrong += group.num_rows - errors.statistics.null_count
    return footer.num_rows, wrong
