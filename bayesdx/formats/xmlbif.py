"""Bayesian networks in XMLBIF 0.3, as JavaBayes, Weka, SamIam and aGrUM write it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from bayesdx.document import NetworkDocument
from bayesdx.errors import InputError
from bayesdx.files import read_text_as_declared
from bayesdx.formats.draft import NetworkDraft, naming, numbers_of
from bayesdx.formats.plain_names import Renaming
from bayesdx.formats.xml_tree import parse_xml, words_in, words_of
from bayesdx.network import Network, Variable


def read_xmlbif(path: str | os.PathLike[str]) -> NetworkDocument:
    """The network in an XMLBIF file.

    Raises InputError, naming the file, for text that is not XMLBIF and for whatever Network refuses.
    """
    text, place, warnings = read_text_as_declared(path)
    with naming(place):
        return xmlbif_document(text, os.path.basename(path).split(".")[0], warnings)


def xmlbif_document(text: str, network_id: str = "", warnings: Sequence[str] = ()) -> NetworkDocument:
    """The network that XMLBIF ``text`` describes; ``network_id`` replaces the name in the text when given."""
    root = parse_xml(text)
    networks = root.findall("NETWORK") if root.tag == "BIF" else []
    if len(networks) != 1:
        raise InputError(f"is not an XMLBIF file: {len(networks)} elements <NETWORK> in <BIF>, expected one")
    network = networks[0]
    draft = NetworkDraft()
    for element in network.findall("VARIABLE"):
        kind = element.get("TYPE", "nature")
        name = words_in(element, "NAME", "a variable")
        if kind != "nature":
            raise InputError(f"'{name}' is a {kind} node: influence diagrams are not read")
        draft.declare(Variable(name, tuple(words_of(outcome) for outcome in element.findall("OUTCOME"))))
    for element in network.findall("DEFINITION"):
        _add_definition(draft, element)
    return draft.document(network_id or words_in(network, "NAME", "the network") or "network", warnings)


def _add_definition(draft: NetworkDraft, element: Element) -> None:
    owners = [words_of(child) for child in element.findall("FOR")]
    tables = element.findall("TABLE")
    if len(owners) != 1 or len(tables) != 1:
        raise InputError(
            f"the definition of '{', '.join(owners)}' holds {len(owners)} <FOR> and {len(tables)} <TABLE>, "
            "expected one of each"
        )
    family = draft.family(owners[0], (words_of(child) for child in element.findall("GIVEN")))
    draft.add_numbers(family, numbers_of(words_of(tables[0]), owners[0]))


def xmlbif_text(network: Network, names: Renaming) -> str:
    """The network in XMLBIF 0.3, its variables and states called by ``names``."""
    root = Element("BIF", VERSION="0.3")
    written = SubElement(root, "NETWORK")
    _add(written, "NAME", network.id)
    for v in network.variables:
        variable = SubElement(written, "VARIABLE", TYPE="nature")
        _add(variable, "NAME", names.variable(v.id))
        for state in v.states:
            _add(variable, "OUTCOME", names.state(v.id, state))
    for v in network.variables:
        definition = SubElement(written, "DEFINITION")
        _add(definition, "FOR", names.variable(v.id))
        for parent in network.parents[v.id]:
            _add(definition, "GIVEN", names.variable(parent))
        _add(definition, "TABLE", " ".join(map(repr, network.cpts[v.id].ravel().tolist())))
    indent(root)
    return f"<?xml version='1.0' encoding='UTF-8'?>\n{tostring(root, encoding='unicode')}\n"


def _add(parent: Element, tag: str, text: str) -> None:
    SubElement(parent, tag).text = text
