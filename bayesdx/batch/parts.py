"""What a cohort consists of: tables in a folder or a store, cut into parts, each with the name of its answer."""

from __future__ import annotations

import hashlib
import os
import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol, TypeVar

from bayesdx.batch.scoring import arrow
from bayesdx.errors import InputError
from bayesdx.formats.table import FORMATS, answer_name, columns_once, is_table_name

#: Rows of a Parquet file that make a part, at least: some seconds of work.
PART_ROWS = 1 << 18
#: Bytes at either end of a file that tell it from another of the same name, size and time.
ENDS = 1 << 16


@dataclass(frozen=True)
class Part:
    """A text file, or some row groups of a Parquet file.

    ``root`` is the folder or URI that ``file`` is relative to; ``size`` and ``modified`` are its bytes and its
    time (ns), ``ends`` a digest of its first and last bytes, where it was asked for. ``groups`` are the row groups
    from the first to before the last, None of a text file; ``first`` is the number of the first row, and ``share``
    the bytes that the part stands for. ``fault`` says why a file cannot be read.
    """

    root: str
    file: str
    size: int
    modified: int
    share: int
    groups: tuple[int, int] | None = None
    first: int = 1
    ends: str = ""
    fault: InputError | None = None

    @property
    def place(self) -> str:
        """What messages call the file."""
        return posixpath.join(self.root, self.file)

    def name(self, fingerprint: str) -> str:
        """Name of the file that answers it: another one for another file, part, network or option."""
        said = repr((self.file, self.size, self.modified, self.ends, self.groups, fingerprint))
        return answer_name(hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest())


class Done(NamedTuple):
    """A part that was scored: its rows, how many of them are wrong, the first of these (file, row, error), the
    seconds it took and those of them in the engine, and the bytes of the part; or ``fault``, why its table cannot
    be read."""

    rows: int
    wrong: int
    examples: tuple[tuple[str, int, str], ...]
    seconds: float
    inference: float
    share: int
    fault: InputError | None = None


Work = Callable[[Part], Done]
Found = TypeVar("Found")


class Across(Protocol):
    """Does the work of all parts, in any order, and any of them more than once if need be."""

    def __call__(self, work: Callable[[Part], Found], parts: Sequence[Part], /) -> Iterator[Found]: ...


class OfPart(Protocol):
    """What was found in a part."""

    @property
    def part(self) -> Part: ...


Result = TypeVar("Result", bound=OfPart)


def in_order(found: Iterable[Result], parts: Sequence[Part]) -> Iterator[Result]:
    """What was found, in the order of the parts: sums are the same to the last digit, whoever adds up."""
    waiting: dict[Part, Result] = {}
    turn = 0
    for one in found:
        waiting[one.part] = one
        while turn < len(parts) and parts[turn] in waiting:
            yield waiting.pop(parts[turn])
            turn += 1


def located(location: str) -> tuple[Any, str]:
    """The file system of a path or of a URI (``s3://…``), and the path in it; raises InputError."""
    arrow()
    from pyarrow.fs import FileSystem, LocalFileSystem

    if "://" not in location:
        return LocalFileSystem(), os.path.abspath(location)
    try:
        found: tuple[Any, str] = FileSystem.from_uri(location)
    except (ValueError, OSError, arrow().ArrowException) as error:
        raise InputError(f"cannot be opened ({line_of(error)})", place=location) from None
    return found


def files_in(location: str) -> tuple[str, list[tuple[str, int, int]]]:
    """The root of a cohort, and name, bytes and time of each of its tables, in order.

    ``location`` is a table, or a folder of tables at any depth; names that begin with ``.`` or ``_``, and those of
    answers, are no tables. Raises InputError when there is none.
    """
    from pyarrow.fs import FileSelector, FileType

    fs, path = located(location)
    try:
        (own,) = fs.get_file_info([path])
        if own.type == FileType.NotFound:
            raise InputError("no such file or folder", place=location)
        infos = [own] if own.type == FileType.File else fs.get_file_info(FileSelector(path, recursive=True))
    except (OSError, UnicodeError, arrow().ArrowException) as error:
        raise InputError(f"cannot be read ({line_of(error)})", place=location) from None
    root = posixpath.dirname(path.rstrip("/")) if own.type == FileType.File else path
    found = []
    for info in infos:
        name = posixpath.relpath(_path(info), root)
        if info.type == FileType.File and is_table_name(name):
            found.append((name, info.size, info.mtime_ns or 0))
    if not found:
        raise InputError(f"holds no table ({', '.join(FORMATS)})", place=location)
    if own.type != FileType.File:
        return location, sorted(found)
    where, mark, options = location.partition("?") if "://" in location else (location, "", "")
    return f"{posixpath.dirname(where) or '.'}{mark}{options}", found


def _path(info: Any) -> str:
    try:
        return str(info.path)
    except UnicodeDecodeError as error:  # a name that is no UTF-8, which cannot be opened
        return str(error.object, "utf-8", "surrogateescape")


def parts_of(location: str, size: int = PART_ROWS, *, ends: bool = False) -> list[Part]:
    """The parts of a cohort; raises InputError without tables.

    A file that cannot be read is a part with a fault. They come first, so that this is known before work is done
    that nobody keeps. With ``ends`` each part has the digest that its name needs.
    """
    unread, found = list[Part](), list[Part]()
    root, files = files_in(location)
    fs, path = located(root)
    for name, length, modified in files:
        whole = Part(root, name, length, modified, length)
        try:
            with fs.open_input_file(posixpath.join(path, name)) as source:
                if ends:
                    whole = replace(whole, ends=_ends(source))
                parquet = FORMATS[posixpath.splitext(name)[1].lower()] == "parquet"
                found += _cut(whole, _footer(source, whole.place), size) if parquet else [whole]
        except InputError as error:
            unread.append(replace(whole, fault=error))
        except UnicodeEncodeError:
            unread.append(replace(whole, fault=InputError("the name of the file is not UTF-8", place=whole.place)))
        except (OSError, arrow().ArrowException) as error:
            fault = InputError(f"cannot be read ({line_of(error)})", place=whole.place)
            unread.append(replace(whole, fault=fault))
    return unread + found


def _cut(whole: Part, metadata: Any, size: int) -> Iterator[Part]:
    """The parts of a Parquet file."""
    first, start = 1, 0
    rows = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
    for i in range(len(rows)):
        held = sum(rows[start : i + 1])
        if held >= size or i == len(rows) - 1:
            share = whole.share * held // max(sum(rows), 1)
            yield replace(whole, share=share, groups=(start, i + 1), first=first)
            start, first = i + 1, first + held


def _ends(source: Any) -> str:
    """A digest of the first and last bytes of an open file."""
    said = hashlib.sha256(source.read(ENDS))
    source.seek(max(0, source.size() - ENDS))
    said.update(source.read(ENDS))
    return said.hexdigest()


def _footer(source: Any, place: str) -> Any:
    """What an open Parquet file says of itself; raises InputError for one that is none, or names a column twice."""
    from pyarrow.parquet import ParquetFile

    try:
        file = ParquetFile(source)
        columns_once(list(file.schema_arrow.names), place)
        return file.metadata
    except InputError:
        raise
    except (ValueError, OSError, arrow().ArrowException) as error:
        raise InputError(f"is not a Parquet file ({line_of(error)})", place=place) from None


def line_of(error: BaseException) -> str:
    """What an error says, on one line."""
    return (str(error).splitlines() or [type(error).__name__])[0]
