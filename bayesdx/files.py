"""Text in: files and standard input, JSON and YAML, each mistake with its line and column."""

from __future__ import annotations

import codecs
import errno
import json
import os
import re
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

from bayesdx.errors import InputError

_BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# An encoding with two bytes a character is not true where the declaration reads as ASCII.
_XML_ENCODING = re.compile(
    rb"""\s*<\?xml[^>]*\bencoding\s*=\s*["'](?!(?i:utf-?16|utf-?32|ucs))([A-Za-z][\w.-]*)["']"""
)
_LARGEST_TEXT = 2**28  # bytes that a gzipped file may hold


def read_text(path: str | os.PathLike[str]) -> tuple[str, str]:
    """Return ``(text, place)`` of a file, or of standard input for ``-``; ``place`` names it in messages.

    The text is UTF-8, or UTF-16 where a byte-order mark says so. Raises InputError for a missing or unreadable
    file, a directory, a binary file and an empty one.
    """
    data, place = _read_bytes(path)
    try:
        text = data.decode(marked_encoding(data))
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise InputError("is not a text file (UTF-8)", place=place)
    return _plain(text, place), place


def read_text_as_declared(path: str | os.PathLike[str]) -> tuple[str, str, tuple[str, ...]]:
    """Return ``(text, place, warnings)`` of a file that may be gzipped, in whatever encoding it declares.

    A byte-order mark or an XML declaration names the encoding; without either, and where it is not true, the
    text is UTF-8 or, with a warning, Windows-1252. Raises InputError as ``read_text`` does.
    """
    data, place = _read_bytes(path)
    if data.startswith(b"\x1f\x8b"):
        data = _unzipped(data, place)
    text, warnings = _decoded(data, place)
    if "\0" in text:
        raise InputError("is not a text file", place=place)
    return _plain(text, place), place, warnings


def place_of(path: str | os.PathLike[str]) -> str:
    """What messages call a file, or standard input (``-``)."""
    return "standard input" if os.fspath(path) == "-" else os.fspath(path)


def _read_bytes(path: str | os.PathLike[str]) -> tuple[bytes, str]:
    place = place_of(path)
    if os.fspath(path) == "-":
        return standard_input().read(), place
    try:
        with open(path, "rb") as file:
            return file.read(), place
    except FileNotFoundError:
        raise InputError("no such file", place=place) from None
    except IsADirectoryError:
        raise InputError("is a directory, not a file", place=place) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"cannot be read ({reason})", place=place) from None


def marked_encoding(start: bytes, otherwise: str = "utf-8-sig") -> str:
    """The encoding that the byte-order mark at the start of a file names, ``otherwise`` where there is none."""
    return next((name for mark, name in _BYTE_ORDER_MARKS.items() if start.startswith(mark)), otherwise)


def _plain(text: str, place: str) -> str:
    """The text with ``\\n`` at the end of every line, whichever system wrote it."""
    if not text.strip():
        raise InputError("is empty", place=place)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _unzipped(data: bytes, place: str) -> bytes:
    import gzip
    import io
    import zlib

    try:
        plain = gzip.GzipFile(fileobj=io.BytesIO(data)).read(_LARGEST_TEXT + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"cannot be unpacked ({error})", place=place) from None
    if len(plain) > _LARGEST_TEXT:
        raise InputError(f"unpacks to more than {_LARGEST_TEXT // 2**20} MiB of text", place=place)
    return plain


def _decoded(data: bytes, place: str) -> tuple[str, tuple[str, ...]]:
    declared = _XML_ENCODING.match(data)
    name = marked_encoding(data, declared[1].decode("ascii") if declared else "utf-8")
    for encoding in (name, "utf-8-sig"):
        try:
            return data.decode(encoding), ()
        except (UnicodeError, LookupError):
            continue
    text = data.decode("cp1252", errors="replace")
    return text, (f"{place}: is not {name.upper()}: read as Windows-1252",)


def standard_input() -> BinaryIO:
    """The bytes of standard input; raises InputError when there is none."""
    if sys.stdin is None or not hasattr(sys.stdin, "buffer"):
        raise InputError("standard input is closed")
    return sys.stdin.buffer


def write_whole(path: str, write: Callable[[str], object]) -> None:
    """Let ``write`` fill a file beside ``path`` and move it there when it is complete: never half a file.

    A symbolic link stays one, and the file that it names is written; a device or a pipe is written to directly.
    Raises InputError when the file cannot be written.
    """
    target = os.path.realpath(path)
    direct = os.path.exists(target) and not os.path.isfile(target) and not os.path.isdir(target)
    # A name of its own: whoever writes the same file at the same time has another, and one as long fits as well.
    own = os.path.join(os.path.dirname(target), f".{os.urandom(6).hex()}.part")
    part = target if direct else own
    try:
        if os.path.islink(target):  # a link that leads back to itself
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        write(part)
        if not direct:
            if os.path.exists(target):
                os.chmod(part, os.stat(target).st_mode & 0o777)
            os.replace(part, target)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error
        raise InputError(f"cannot be written ({reason})", place=path) from None
    finally:
        if not direct and os.path.exists(part):
            os.remove(part)


def print_whole(suffix: str, write: Callable[[str], object]) -> None:
    """Let ``write`` fill a UTF-8 text file, and print it on standard output when it is complete."""
    import shutil
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        part = os.path.join(folder, f"whole{suffix}")
        write(part)
        with open(part, encoding="utf-8", newline="") as file:
            shutil.copyfileobj(file, sys.stdout)


def write_text(path: str, text: str) -> None:
    """Write a UTF-8 text file, whole or not at all."""

    def write(part: str) -> None:
        with open(part, "w", encoding="utf-8", errors="replace", newline="\n") as file:
            file.write(text)

    write_whole(path, write)


def _unique(place: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise InputError(f"key '{twice}' is given twice", place=place)
    return found


def parse_json(text: str, place: str, strict: bool = False) -> Any:
    """Parse JSON; raises InputError with line and column, also for a key that is given twice.

    NaN and Infinity, which Python writes, are read unless ``strict``.
    """

    def constant(name: str) -> float:
        if strict:
            raise InputError(f"not valid JSON: {name} is no number", place=place)
        return float(name)

    text = text.rstrip()  # where it ends too early is on its last line
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: _unique(place, pairs), parse_constant=constant)
    except InputError:
        raise
    except json.JSONDecodeError as error:
        raise InputError(
            f"line {error.lineno}, column {error.colno}: not valid JSON: {error.msg}", place=place
        ) from None
    except ValueError:  # Python refuses a whole number of thousands of digits
        raise InputError("not valid JSON: a number has too many digits", place=place) from None
    except RecursionError:
        raise InputError("not valid JSON: nested too deeply", place=place) from None


@lru_cache(maxsize=1)
def _yaml_loader() -> Any:
    """A YAML reader (safe subset) that leaves what is written as it is.

    Only true, false, null and plain decimal numbers are more than text, and a number only where it is written as
    Python writes it: an id 0012345, a state on, a time 1:30 and a date stay what they are. Keys are text.
    """
    import yaml

    tag = "tag:yaml.org,2002:"

    if TYPE_CHECKING:
        from yaml import SafeLoader as Base
    else:
        Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(Base):
        place = ""

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            seen = set()
            for key, _ in node.value:
                if not isinstance(key, yaml.ScalarNode) or key.tag == f"{tag}null":
                    kind = "null" if isinstance(key, yaml.ScalarNode) else "of several values"
                    self.refuse(key, f"key {kind} is not text")
                if key.value in seen:
                    self.refuse(key, f"key '{key.value}' is given twice")
                seen.add(key.value)
                if key.tag != f"{tag}merge":
                    key.tag = f"{tag}str"
            mapping: dict[Any, Any] = super().construct_mapping(node, deep)
            return mapping

        def construct_number(self, node: Any) -> object:
            text = str(self.construct_scalar(node))
            number = float(text) if "." in text else int(text)
            return number if str(number) == text else text

        def construct_text(self, node: Any) -> str:
            return str(self.construct_scalar(node))

        def refuse(self, node: Any, problem: str) -> NoReturn:
            raise InputError(f"{_marked(self.place, node.start_mark)}: {problem}")

    Loader.yaml_implicit_resolvers = {}
    for kind, pattern, first in (
        ("merge", "<<", ["<"]),
        ("null", "~|null|", ["~", "n", ""]),
        ("bool", "true|false", ["t", "f"]),
        ("number", r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?", list("-0123456789")),
    ):
        Loader.add_implicit_resolver(tag + kind, re.compile(rf"(?:{pattern})\Z"), first)
    Loader.add_constructor(f"{tag}number", Loader.construct_number)
    Loader.add_constructor(f"{tag}merge", Loader.construct_text)  # '<<' that is no key
    return Loader


def _marked(place: str, mark: Any) -> str:
    return f"{place}: line {mark.line + 1}, column {mark.column + 1}"


def parse_yaml(text: str, place: str) -> Any:
    """Parse YAML (safe subset); raises InputError with line and column, also for a key that is given twice.

    Scalars are text as they are written, but for true, false, null and plain decimal numbers.
    """
    import yaml

    try:
        loader = _yaml_loader()(text)
        loader.place = place
        return loader.get_single_data()
    except InputError:
        raise
    except yaml.MarkedYAMLError as error:
        problem = (error.problem or error.context or "").replace("\n", " ")
        mark = error.problem_mark or error.context_mark
        raise InputError(f"{_marked(place, mark)}: not valid YAML: {problem}") from None
    except yaml.YAMLError as error:
        raise InputError(f"not valid YAML: {str(error).splitlines()[0]}", place=place) from None
    except RecursionError:
        raise InputError("not valid YAML: nested too deeply", place=place) from None
    except (LookupError, ValueError, TypeError, AttributeError) as error:  # an explicit tag on what it cannot be
        raise InputError(f"not valid YAML: a tag does not fit its value ({error})", place=place) from None


def parse(text: str, place: str) -> Any:
    """Parse JSON or YAML: by the suffix of ``place``; without a known one, an opening brace or bracket is JSON."""
    suffix = os.path.splitext(place)[1].lower()
    if suffix == ".json" or (suffix not in (".yaml", ".yml") and text.lstrip().startswith(("{", "["))):
        return parse_json(text, place)
    return parse_yaml(text, place)
