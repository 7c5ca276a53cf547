"""Networks of the UAI inference competitions: ``.uai`` files of numbers, and the evidence beside them.

Variables and states have no names there: they are ``x0``, ``x1``, … with the states ``0``, ``1``, …
Lines that begin with ``c`` are comments. aGrUM (3.3) adds the name of a variable after ``#`` to each line
of a scope, and has the first parent fastest where the format has it slowest.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from bayesdx.document import NetworkDocument
from bayesdx.errors import InputError
from bayesdx.files import read_text_as_declared
from bayesdx.formats.draft import AGRUM_ORDER, NetworkDraft, decimals, naming
from bayesdx.network import Array, Variable, cpt_shape

_NAMED_SCOPE = re.compile(r"\s*(\d+(?:\s+\d+)+)\s+#\s*(\S.*)")


@dataclass(frozen=True, eq=False)
class Factor:
    """A non-negative function of the variables with the indices ``scope``: shape (card of each of them)."""

    scope: tuple[int, ...]
    table: Array


@dataclass(frozen=True, eq=False)
class FactorGraph:
    """A UAI file as it stands: the distribution is proportional to the product of the factors.

    ``kind`` is ``BAYES``, where each factor is the CPT of the last variable of its scope, or ``MARKOV``.
    """

    kind: str
    cardinalities: tuple[int, ...]
    factors: tuple[Factor, ...]
    warnings: tuple[str, ...] = ()


def read_uai(path: str | os.PathLike[str]) -> NetworkDocument:
    """The Bayesian network in a UAI file (``BAYES``).

    Raises InputError, naming the file, for text that is not UAI, for a Markov network, and for whatever Network
    refuses.
    """
    text, place, warnings = read_text_as_declared(path)
    with naming(place):
        return uai_document(text, os.path.basename(path).split(".")[0], warnings)


def read_factors(path: str | os.PathLike[str]) -> FactorGraph:
    """The factors of a UAI file, whether it is a Bayesian or a Markov network; errors as in ``read_uai``."""
    text, place, warnings = read_text_as_declared(path)
    with naming(place):
        return parse_uai(text, warnings)


def uai_document(text: str, network_id: str = "network", warnings: Sequence[str] = ()) -> NetworkDocument:
    """The network ``network_id`` that UAI ``text`` describes."""
    graph = _listed(text, warnings)
    if graph.kind == "MARKOV":
        raise InputError(
            "is a Markov network (MARKOV), which has no DAG: cases are asked of Bayesian networks (BAYES) only, "
            "'bayesdx marginals' takes both"
        )
    return _bayesian(graph, network_id)


def _bayesian(graph: FactorGraph, network_id: str) -> NetworkDocument:
    """The network whose CPTs the factors are; raises InputError where they are not."""
    owned = {factor.scope[-1] for factor in graph.factors if factor.scope}
    bare = next((i for i in range(len(graph.cardinalities)) if i not in owned), None)
    if bare is not None or not all(factor.scope for factor in graph.factors):
        raise InputError("a factor has no variables" if bare is None else f"variable 'x{bare}' has no CPT")
    draft = NetworkDraft()
    for i, cardinality in enumerate(graph.cardinalities):
        draft.declare(Variable(f"x{i}", tuple(str(state) for state in range(cardinality))))
    for factor in graph.factors:
        *parents, owner = (f"x{i}" for i in factor.scope)
        draft.add_table(draft.family(owner, parents), factor.table)
    return draft.document(network_id, graph.warnings)


def parse_uai(text: str, warnings: Sequence[str] = ()) -> FactorGraph:
    """The variables and factors that UAI ``text`` lists; of a Bayesian network they are its CPTs."""
    graph = _listed(text, warnings)
    if graph.kind == "MARKOV":
        return graph
    checked = _bayesian(graph, "network")
    tables = checked.network.cpts
    factors = tuple(Factor(factor.scope, tables[f"x{factor.scope[-1]}"]) for factor in graph.factors)
    return FactorGraph(graph.kind, graph.cardinalities, factors, checked.warnings)


def _listed(text: str, warnings: Sequence[str]) -> FactorGraph:
    """What ``text`` lists, as it stands."""
    words = iter(_without_comments(text).split())
    kind = next(words, "").upper()
    if kind not in ("BAYES", "MARKOV"):
        raise InputError("is not a UAI file: it begins with neither BAYES nor MARKOV")
    count = _count(words, "the number of variables", 1)
    cards = tuple(_count(words, "a number of states", 1) for _ in range(count))
    scopes = [_scope(words, len(cards)) for _ in range(_count(words, "the number of factors"))]
    if kind == "BAYES" and any(len(scope) > 2 for scope in scopes) and _by_agrum(text, scopes):
        warnings = (*warnings, AGRUM_ORDER)
        scopes = [(*reversed(scope[:-1]), *scope[-1:]) for scope in scopes]
    left = list(words)
    factors = _at_once(left, scopes, cards)
    if factors is not None:
        return FactorGraph(kind, cards, factors, tuple(warnings))
    words = iter(left)
    factors = tuple(_factor(words, scope, cards) for scope in scopes)
    extra = next(words, None)
    if extra is not None:
        raise InputError(f"'{extra}' follows the last factor, where the file should end")
    return FactorGraph(kind, cards, factors, tuple(warnings))


def _by_agrum(text: str, scopes: Sequence[tuple[int, ...]]) -> bool:
    """Whether the comments are those of aGrUM: a name of its own after each line of a scope, and no others."""
    lines = [_NAMED_SCOPE.fullmatch(line) for line in text.split("\n") if "#" in line]
    found = [(tuple(map(int, line[1].split()[1:])), line[2]) for line in lines if line]
    return (
        len(found) == len(lines)
        and [scope for scope, _ in found] == scopes
        and len({name for _, name in found}) == len(found)
    )


def _without_comments(text: str) -> str:
    return re.sub(r"#[^\n]*|^c(?:\s[^\n]*)?$", "", text, flags=re.MULTILINE)


def _scope(words: Iterator[str], variables: int) -> tuple[int, ...]:
    size = _count(words, "the size of a factor")
    scope = tuple(_count(words, "a variable of a factor", 0, variables - 1) for _ in range(size))
    if len(set(scope)) < len(scope):
        raise InputError(f"a factor names a variable twice: {' '.join(map(str, scope))}")
    return scope


def _at_once(
    words: Sequence[str], scopes: Sequence[tuple[int, ...]], cards: tuple[int, ...]
) -> tuple[Factor, ...] | None:
    """All factors, read together; None where something is wrong, which reading them one by one then names."""
    shapes = [tuple([cards[i] for i in scope]) for scope in scopes]
    sizes = [math.prod(shape) for shape in shapes]
    if len(words) != sum(sizes) + len(sizes):
        return None
    try:
        for shape in set(shapes):
            cpt_shape("a factor", shape)
        numbers = decimals(words, "the factors")
    except InputError:
        return None
    found, at = [], 0
    for scope, shape, size in zip(scopes, shapes, sizes, strict=True):
        if words[at] != str(size):
            return None
        found.append(Factor(scope, numbers[at + 1 : at + 1 + size].reshape(shape)))
        at += 1 + size
    return None if (numbers < 0).any() else tuple(found)


def _factor(words: Iterator[str], scope: tuple[int, ...], cards: tuple[int, ...]) -> Factor:
    name = f"factor of {', '.join(f'x{i}' for i in scope)}"
    shape = cpt_shape(name, (cards[i] for i in scope))
    size = _count(words, f"the number of entries of the {name}")
    if size != math.prod(shape):
        raise InputError(f"the {name} lists {size} numbers, expected {math.prod(shape)}")
    numbers = decimals(list(islice(words, size)), f"the {name}")
    if len(numbers) < size:
        raise InputError(f"the file ends inside the {name}")
    table = numbers.reshape(shape)
    if (table < 0).any():
        raise InputError(f"the {name} holds a negative number")
    return Factor(scope, table)


def _count(words: Iterator[str], what: str, low: int = 0, high: int = 10**7) -> int:
    word = next(words, None)
    if word is None:
        raise InputError(f"the file ends where {what} is expected")
    if not word.isascii() or not word.isdigit() or len(word) > 9 or not low <= int(word) <= high:
        raise InputError(f"'{word[:30]}' is not {what} from {low} to {high}")
    return int(word)


def read_evidence(path: str | os.PathLike[str]) -> dict[str, str]:
    """Findings ``{"x0": "1", …}`` of a UAI evidence file (``.evid``); InputError names the file.

    The file holds the number of observed variables, then the index and the state of each; the older form, with
    the number of samples before that, is read when it holds one sample.
    """
    text, place, _ = read_text_as_declared(path)
    with naming(place):
        return parse_evidence(text)


def parse_evidence(text: str) -> dict[str, str]:
    """Findings of UAI evidence ``text``."""
    return {f"x{v}": str(state) for v, state in parse_states(text).items()}


def read_states(path: str | os.PathLike[str], graph: FactorGraph) -> dict[int, int]:
    """The states of the observed variables of ``graph`` in a UAI evidence file; InputError names the file."""
    text, place, _ = read_text_as_declared(path)
    with naming(place):
        return checked_states(parse_states(text), graph)


def checked_states(states: dict[int, int], graph: FactorGraph) -> dict[int, int]:
    """The same ``states``; raises InputError for a variable or a state that ``graph`` has not."""
    for v, state in states.items():
        if v >= len(graph.cardinalities):
            raise InputError(f"there is no variable {v}: the model has 0 to {len(graph.cardinalities) - 1}")
        if state >= graph.cardinalities[v]:
            raise InputError(f"variable {v} has no state {state}: it has 0 to {graph.cardinalities[v] - 1}")
    return states


def parse_states(text: str) -> dict[int, int]:
    """The states of the observed variables in UAI evidence ``text``."""
    words = _without_comments(text).split()
    one_sample = len(words) > 1 and words[0] == "1" and len(words) != 3
    numbers = iter(words[1:] if one_sample else words)
    count = _count(numbers, "the number of observed variables")
    states: dict[int, int] = {}
    for _ in range(count):
        v = _count(numbers, "the index of a variable")
        if v in states:
            raise InputError(f"variable 'x{v}' is observed twice")
        states[v] = _count(numbers, "a state")
    extra = next(numbers, None)
    if extra is not None:
        raise InputError(f"'{extra}' follows the last observed variable: is this one sample?")
    return states
