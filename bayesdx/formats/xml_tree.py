"""XML as a tree of elements, without what a hostile file could do with it."""

from __future__ import annotations

from typing import NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from bayesdx.errors import InputError
from bayesdx.formats.scanner import one_line


def parse_xml(text: str) -> Element:
    """The root element; names lose their namespace.

    Raises InputError for text that is not well-formed, and for any entity that the file declares: entities can
    expand to gigabytes or name other files, and no network file needs them.
    """

    def refuse(name: str, *_: object) -> NoReturn:
        raise InputError(f"line {parser.CurrentLineNumber}: the entity '{name}' is not allowed")

    builder = TreeBuilder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda tag, attributes: builder.start(_local(tag), attributes)
    parser.EndElementHandler = lambda tag: builder.end(_local(tag))
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = refuse
    parser.SkippedEntityHandler = refuse
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise InputError(
            f"line {error.lineno}, column {error.offset + 1}: not valid XML: {expat.ErrorString(error.code)}"
        ) from None
    except UnicodeEncodeError:
        raise InputError("holds characters that no encoding can write") from None
    return builder.close()


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


def words_of(element: Element | None) -> str:
    """The text of an element, without blanks around it or line breaks inside; empty when there is none."""
    return "" if element is None else one_line("".join(element.itertext()))


def words_in(parent: Element, tag: str, owner: str) -> str:
    """The text of the child ``tag``, empty when there is none; raises InputError where ``owner`` has several."""
    found = parent.findall(tag)
    if len(found) > 1:
        raise InputError(f"{owner} has {len(found)} elements <{tag}>, expected one")
    return words_of(found[0] if found else None)
