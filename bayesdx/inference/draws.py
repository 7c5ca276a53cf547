"""How far the literature's sample sizes leave the posterior open: Dirichlet draws of the CPTs.

A CPT row with counts alpha is a Dirichlet(alpha) variable, independent of the other rows (Spiegelhalter &
Lauritzen 1990, Networks 20:579-605). A variable without counts is known exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bayesdx.inference.batch import single_entries
from bayesdx.inference.beta_table import MANY_DRAWS, beta_draws
from bayesdx.network import Array, Network

if TYPE_CHECKING:
    from bayesdx.inference import Engine

States = NDArray[np.bool_]

#: Draws unless said otherwise: a share of them is then known to within 0.8 %, one standard error.
DRAWS = 4_000
#: The fewest and the most that may be asked for.
FEWEST_DRAWS, MOST_DRAWS = 100, 1_000_000

#: Draws made at a time, so that memory does not grow with their number.
PORTION = 5_000

#: From so many draws on, Beta variables come from tables, which take a while to make: the marginals of hard
#: findings, and up to MANY_DRAWS the rows of several possible entries as well.
TABLE_DRAWS = 500


def dirichlet_draws(counts: Array, size: int, rng: np.random.Generator) -> Array:
    """Draws of shape (size, *counts.shape) whose last axis is Dirichlet(counts); a zero count stays zero.

    Laid out with the draws of one entry side by side.
    """
    possible, entries = _dirichlet_entries(counts, size, rng)
    if len(possible) < counts.size:
        table = np.zeros((counts.size, size))
        table[possible] = entries
        entries = table
    return np.moveaxis(entries.reshape(*counts.shape, size), -1, 0)


def _dirichlet_entries(counts: Array, size: int, rng: np.random.Generator) -> tuple[NDArray[np.intp], Array]:
    """The flat entries (E,) of a table that have counts, and draws (E, size) of them."""
    possible = np.flatnonzero(counts)
    entries = np.ascontiguousarray(rng.standard_gamma(counts.ravel()[possible], size=(size, len(possible))).T)
    starts, row = np.unique(possible // counts.shape[-1], return_index=True, return_inverse=True)[1:]
    totals = np.add.reduceat(entries, starts, axis=0)
    for lost in np.flatnonzero(~totals.all(axis=1)):  # all counts tiny, every gamma underflowed
        own = np.flatnonzero(row == lost)
        draws = np.flatnonzero(totals[lost] == 0.0)
        shares = counts.ravel()[possible[own]]
        state = rng.choice(own, len(draws), p=shares / shares.sum())  # the limit is one state, drawn by count
        entries[state, draws] = totals[lost, draws] = 1.0
    entries /= totals[row]
    entries += np.finfo(np.float64).tiny  # possible, however rare: findings stay possible
    return possible, entries


def cpt_draws(
    network: Network, findings: Mapping[str, Array], target: str, size: int, seed: int = 0
) -> dict[str, Array]:
    """Draws (size, *cpt.shape) of every CPT with counts that the posterior of ``target`` depends on.

    These are the CPTs of the target, the findings and their ancestors. What the findings multiply by zero is not
    drawn: rows of a parent state that they rule out are zero, and of a hard finding only the state that was
    seen is drawn, from its Beta marginal, and stands in for the other columns. Each variable has its own random
    stream, so that equal seeds give equal draws.
    """
    relevant = network.ancestral([target, *findings])
    names = [name for name in relevant if name in network.counts]
    possible = {name: _possible_states(network, name, findings) for name in relevant}
    streams = dict(zip(names, np.random.default_rng(seed).spawn(len(names)), strict=True))
    draws: dict[str, Array] = {}

    def fill(part: list[str]) -> None:
        for name in part:
            parents = [possible[parent] for parent in network.parents[name]]
            single = single_entries(network.cpts[name] + network.counts[name]) is not None
            weights = findings.get(name)
            draws[name] = _table_draws(network.counts[name], parents, weights, single, size, streams[name])

    # numpy draws without holding the interpreter lock: two threads take half the time of one
    names.sort(key=lambda name: -network.counts[name].size)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(fill, (names[::2], names[1::2])))
    return draws


def _possible_states(network: Network, name: str, findings: Mapping[str, Array]) -> States:
    """Which states the findings about a variable and its children leave possible: booleans, shape (card,)."""
    possible = np.ones(network.variable(name).cardinality, dtype=bool)
    if name in findings:
        possible = findings[name] > 0
    for child in network.children[name]:
        if child in findings:
            explained = network.cpts[child] @ (findings[child] > 0)
            others = tuple(i for i, parent in enumerate(network.parents[child]) if parent != name)
            possible = possible & (explained.max(axis=others) > 0)
    return possible


def _table_draws(
    counts: Array, parents: list[States], weights: Array | None, single: bool, size: int, rng: np.random.Generator
) -> Array:
    """Draws (size, *counts.shape) of the rows whose parent states are all possible; the others are zero.

    Of a ``single`` table, with ``single_entries``, the possible entry of a state may stand in for the others.
    """
    rows: tuple[Any, ...] = np.ix_(*parents) if parents else ()
    drawn = counts[rows]
    seen = [] if weights is None else np.flatnonzero(weights).tolist()
    if len(seen) == 1:
        column = drawn[..., seen[0]]
        others = np.maximum(drawn.sum(axis=-1) - column, 0.0)
        values = _beta_draws(column, others, size, rng)[..., None]
    elif single:
        possible, entries = _dirichlet_entries(drawn, size, rng)
        by_state = np.zeros((size, counts.shape[-1]))
        by_state[:, possible % counts.shape[-1]] = entries.T
        return np.broadcast_to(by_state.reshape(size, *[1] * len(parents), -1), (size, *counts.shape))
    elif TABLE_DRAWS <= size < MANY_DRAWS:
        values = _row_draws(drawn, size, rng)
    else:
        values = dirichlet_draws(drawn, size, rng)
    if values.shape[1:-1] != counts.shape[:-1]:
        # the draws of one entry side by side: as they come from tables, and as inference takes them
        table = np.zeros((*counts.shape[:-1], values.shape[-1], size))
        table[rows] = np.moveaxis(values, 0, -1)
        values = np.moveaxis(table, -1, 0)
    return np.broadcast_to(values, (size, *counts.shape))


def _row_draws(counts: Array, size: int, rng: np.random.Generator) -> Array:
    """Like ``dirichlet_draws``, one state after another.

    Each takes a Beta share of what those before it leave (Connor & Mosimann 1969, J Am Stat Assoc 64:194-206).
    """
    rest = np.cumsum(counts[..., ::-1], axis=-1)[..., ::-1]
    shares = np.moveaxis(_beta_draws(counts[..., :-1], rest[..., 1:], size, rng), 0, -1)
    draws = np.empty((*counts.shape, size))
    left = draws[..., -1, :]
    left[:] = 1.0
    for state in range(counts.shape[-1] - 1):
        np.multiply(left, shares[..., state, :], out=draws[..., state, :])
        left -= draws[..., state, :]
    draws += np.where(counts > 0, np.finfo(np.float64).tiny, 0.0)[..., None]
    return np.moveaxis(draws, -1, 0)


def _beta_draws(a: Array, b: Array, size: int, rng: np.random.Generator) -> Array:
    """Draws (size, *a.shape) of Beta(a, b): many of them from tables, which take a while to make."""
    if size < TABLE_DRAWS:
        return dirichlet_draws(np.stack([a, b], axis=-1), size, rng)[..., 0]
    return beta_draws(a.ravel(), b.ravel(), size, rng).reshape(size, *a.shape)


def posterior_draws(
    engine: Engine,
    findings: Mapping[str, Array],
    size: int = DRAWS,
    seed: int = 0,
    target: str | None = None,
    advance: Callable[[int], object] = lambda draws: None,
) -> Array:
    """P(target | findings) under ``size`` draws of the CPTs, shape (size, card of the target).

    Equal sizes and seeds give equal draws. ``advance`` is told how many draws each step has done with.
    """
    return np.concatenate(list(posterior_portions(engine, findings, size, seed, target, advance)))


def posterior_portions(
    engine: Engine,
    findings: Mapping[str, Array],
    size: int,
    seed: int,
    target: str | None = None,
    advance: Callable[[int], object] = lambda draws: None,
) -> Iterator[Array]:
    """The same in portions of PORTION draws at most, each from a seed of its own where there are several."""
    name = target or str(engine.network.target)
    for part, own in portions(size, seed):
        drawn = engine.posterior_draws(findings, cpt_draws(engine.network, findings, name, part, own), name)
        advance(part)
        yield np.broadcast_to(drawn, (part, drawn.shape[-1]))  # one row for all when nothing was drawn


def portions(size: int, seed: int, most: int = PORTION) -> Iterator[tuple[int, int]]:
    """``size`` draws as portions of ``most``, and the seed of each: ``seed`` itself where there is one."""
    sizes = [min(most, size - start) for start in range(0, size, most)]
    seeds = np.random.SeedSequence(seed).generate_state(len(sizes)).tolist() if len(sizes) > 1 else [seed]
    yield from zip(sizes, seeds[: len(sizes)], strict=True)
