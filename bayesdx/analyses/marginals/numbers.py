"""The marginals of a model that is nothing but factors: a Bayesian or a Markov network, states without names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bayesdx.analyses.answer import Answer
from bayesdx.errors import ImpossibleFindings, InputError
from bayesdx.formats.uai import FactorGraph
from bayesdx.inference.factored import WORK_LIMIT, Passes, factor_marginals
from bayesdx.inference.plan import MEMORY_LIMIT
from bayesdx.network import Array


@dataclass(frozen=True, eq=False)
class ModelMarginals(Answer):
    """P(v | evidence) (card,) of every variable v of ``graph``, ln of the sum of the product, and what it took.

    ``evidence`` maps variables to states; of an observed variable the marginal is 1 for that state.
    """

    name: str
    graph: FactorGraph
    evidence: Mapping[int, int]
    marginals: tuple[Array, ...]
    log_z: float
    passes: Passes


def marginals(
    graph: FactorGraph,
    evidence: Mapping[int, int],
    name: str,
    memory_limit: int = MEMORY_LIMIT,
    work_limit: int = WORK_LIMIT,
) -> ModelMarginals:
    """The marginals of ``graph``, called ``name``, given ``evidence``.

    Raises InputError when exact inference takes more than ``work_limit`` multiplications in slices that fit into
    ``memory_limit`` bytes, and ImpossibleFindings when the product of the factors is 0 whatever the other states.
    """
    scopes, tables = [f.scope for f in graph.factors], [f.table for f in graph.factors]
    try:
        found = factor_marginals(graph.cardinalities, scopes, tables, evidence, memory_limit, work_limit)
    except ImpossibleFindings:
        if evidence:
            raise ImpossibleFindings(
                "the evidence is impossible: the product of the factors is 0", place=name
            ) from None
        raise InputError(
            "the product of the factors is 0 for all states: there are no marginals", place=name
        ) from None
    except InputError as error:
        raise error.at(name) from None
    return ModelMarginals(name, graph, evidence, found.marginals, found.log_z, found.passes)
