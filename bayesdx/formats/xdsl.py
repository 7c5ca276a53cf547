"""Bayesian networks in XDSL, the file of GeNIe and SMILE."""

from __future__ import annotations

import os
from collections.abc import Sequence
from xml.etree.ElementTree import Element

import numpy as np

from bayesdx.document import NetworkDocument
from bayesdx.errors import InputError, nearest
from bayesdx.files import read_text_as_declared
from bayesdx.formats.draft import AGRUM_ORDER, NetworkDraft, naming, numbers_of
from bayesdx.formats.xml_tree import parse_xml, words_in
from bayesdx.network import Array, Variable


def read_xdsl(path: str | os.PathLike[str]) -> NetworkDocument:
    """The network in an XDSL file: chance nodes (``cpt``) and ``deterministic`` ones, with their labels.

    Raises InputError, naming the file, for text that is not XDSL, for other kinds of node (noisy-MAX, equations,
    decisions, dynamic networks) and for whatever Network refuses.
    """
    text, place, warnings = read_text_as_declared(path)
    with naming(place):
        return xdsl_document(text, os.path.basename(path).split(".")[0], warnings)


def xdsl_document(text: str, network_id: str = "", warnings: Sequence[str] = ()) -> NetworkDocument:
    """The network that XDSL ``text`` describes; ``network_id`` replaces the id in the text when given."""
    root = parse_xml(text)
    lists = root.findall("nodes") if root.tag == "smile" else []
    if len(lists) != 1:
        raise InputError(f"is not an XDSL file: {len(lists)} elements <nodes> in <smile>, expected one")
    nodes = lists[0]
    if root.find("dynamic") is not None:
        raise InputError("is a dynamic network: only static ones are read")
    labels = {node.get("id"): words_in(node, "name", _owner(node)) for node in root.iter("node")}
    draft = NetworkDraft()
    for node in nodes:
        name = node.get("id", "")
        if node.tag not in ("cpt", "deterministic"):
            raise InputError(f"'{name}' is a node of kind '{node.tag}': only cpt and deterministic ones are read")
        states = tuple(state.get("id", "") for state in node.findall("state"))
        draft.declare(Variable(name, states, labels.get(name, "")))
    # SMILE has the first parent slowest; aGrUM (3.3) writes it fastest, and signs its files in a comment.
    agrum = "network was created by pyAgrum" in text
    for node in nodes:
        parents = words_in(node, "parents", _owner(node)).split()
        if agrum and len(parents) > 1:
            parents.reverse()
            warnings = (*warnings, AGRUM_ORDER) if AGRUM_ORDER not in warnings else warnings
        family = draft.family(node.get("id", ""), parents)
        draft.add_numbers(family, _numbers(node, family[-1]))
    return draft.document(network_id or root.get("id") or "network", warnings)


def _numbers(node: Element, owner: Variable) -> Array:
    if node.tag == "cpt":
        return numbers_of(words_in(node, "probabilities", _owner(node)), owner.id)
    states = words_in(node, "resultingstates", _owner(node)).split()
    unknown = next((state for state in states if state not in owner.states), None)
    if unknown is not None:
        raise InputError(f"'{unknown}' is not a state of '{owner.id}'", nearest(unknown, owner.states))
    rows = [owner.states.index(state) for state in states]
    return np.eye(owner.cardinality)[rows].ravel()


def _owner(node: Element) -> str:
    return f"'{node.get('id')}'"
