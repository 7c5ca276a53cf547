"""Load a network, by name, by file or for a case, as a model that can be asked."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from bayesdx.analyses import ANALYSES
from bayesdx.case import Case
from bayesdx.catalogue import DEFAULT_NETWORK, chosen_for, document_for, read_document
from bayesdx.document import NetworkDocument
from bayesdx.errors import InputError
from bayesdx.model import AnyCase, AnyTable, Model, as_case

if TYPE_CHECKING:
    from bayesdx.analyses.board.numbers import Board
    from bayesdx.analyses.learn.numbers import LearnResult

__all__ = ["DEFAULT_NETWORK", "board", "learn", "load", "load_for", "model_of"]

#: Name of the prior of a network file that has no prior sets.
OWN_PRIOR = "network"


def load(network: str | os.PathLike[str], prior: str | None = None, target: str | None = None) -> Model:
    """Load a shipped network by name, or a network file by its ending.

    Files are .json, .bif, .xml (or .xmlbif, .bifxml), .net, .uai and .xdsl, each also gzipped (.bif.gz).
    ``prior`` names a prior set (default: the network's own default); ``target`` the variable to ask for.
    Raises InputError for an unknown name, an unreadable file, or a network that is not well formed.

    >>> model = load("spine", prior="uniform")
    >>> result = model.query({"age": 68, "findings": {"level": "cervical", "mr_t2_signal": "hyper"}})
    >>> round(sum(row.probability for row in result.posterior), 9)
    1.0
    """
    return model_of(read_document(network), prior, target, "named by the user")


def learn(
    network: str | os.PathLike[str],
    cases: AnyTable,
    output: str | None = None,
    *,
    prior: str | None = None,
    target: str | None = None,
    **options: Any,
) -> LearnResult:
    """Learn the CPTs of a network, by name or file, from cases; options as for ``Model.learn``.

    >>> rows = [{"diagnosis": "capnon", "mr_t2_signal": "hypo", "sex": "male"}] * 3
    >>> result = learn("spine", rows, restarts=0)
    >>> result.cases, result.document.network.learnt[0].name
    (3, 'local')
    """
    return load(network, prior, target).learn(cases, output, **options)


def board(
    cases: Iterable[AnyCase],
    model: Model | None = None,
    prior: str | None = None,
    advance: Callable[[int], object] = lambda cases: None,
) -> Board:
    """The impressions of some cases as rows for a tumour board; see ``bayesdx.analyses.board``.

    All are put to ``model``, or each to the shipped network that covers its level. ``advance`` is told of cases
    done. Raises InputError for the first case that is wrong, with its place.

    >>> (row,) = board([{"id": "a", "age": 9, "findings": {"level": "lumbar"}}]).to_dict()["rows"]
    >>> print(row.get("patient"), row.get("site"), sep=", ")
    9 years, Lumbar level
    """
    loaded: dict[str, Model] = {}
    found = []
    for case in map(as_case, cases):
        asked = model
        if asked is None:
            name, choice = chosen_for(case)
            if name not in loaded:
                loaded[name] = load(name, prior)
            asked = loaded[name].chosen(choice)
        found.append(asked.impression(case))
        advance(1)
    analysis = ANALYSES["board"]
    return cast("Board", analysis.run(found).faced(analysis))


def load_for(case: Case, prior: str | None = None) -> Model:
    """Load the shipped network that covers the case's level; without a level, the default network."""
    document, choice = document_for(case)
    return model_of(document, prior, None, choice)


def model_of(document: NetworkDocument, prior: str | None, target: str | None, choice: str) -> Model:
    """The model of a network file in memory; raises InputError for a prior set that it has not."""
    default = document.default_prior  # the prior set that the document was read with
    own = default.name if default else OWN_PRIOR
    if prior not in (None, own):
        if default is None:
            raise InputError(f"network '{document.network.id}' has no prior sets: leave the prior out")
        document = document.with_prior(prior)
    if target is not None:
        document = replace(document, network=replace(document.network, target=target))
    return Model(document, prior or own, choice)
