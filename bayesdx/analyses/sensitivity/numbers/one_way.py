"""One-way sensitivity functions of every CPT parameter, all from one backward pass.

P(t, e) is linear in each CPT row, so while one entry x moves and the others of its row answer on a straight path,
the posterior of diagnosis t is a hyperbola (a x + b) / (c x + d) (Castillo, Gutierrez & Hadi 1997; Coupe & van der
Gaag 2002). With the partial derivatives D_t of P(t, e) / P(e) (Darwiche 2003) its slope is
sum_j D_t[j] d theta_j / dx.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bayesdx.analyses.question import Question
from bayesdx.analyses.sensitivity.numbers.covariation import covariation
from bayesdx.inference import Derivatives
from bayesdx.network import Array, Network

Side = Literal["up", "down"]
Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Parameters:
    """N entries of CPTs: entry ``state[i]`` of row ``row[i]`` (rows numbered with the last parent fastest) of
    ``names[variable[i]]``. ``value`` (N,) are the probabilities; ``count`` and ``total`` (N,) the Dirichlet counts
    of the entry and of its row, NaN-free: 0 where the CPT is taken as known.
    """

    network: Network
    names: tuple[str, ...]
    variable: Indices
    row: Indices
    state: Indices
    value: Array
    count: Array
    total: Array

    def __len__(self) -> int:
        return len(self.value)

    def find(self, name: str, row: int, state: int) -> int:
        """Number of a parameter; its CPT must be among ``names``."""
        start = int(np.searchsorted(self.variable, self.names.index(name)))
        return start + row * self.network.variable(name).cardinality + state

    def parent_states(self, i: int) -> dict[str, int]:
        """State index of every parent in the row of parameter ``i``."""
        name = self.names[self.variable[i]]
        parents = self.network.parents[name]
        shape = self.network.cpts[name].shape[:-1]
        return {p: int(s) for p, s in zip(parents, np.unravel_index(int(self.row[i]), shape), strict=True)}

    def row_values(self, i: int) -> Array:
        """The CPT row (k,) of parameter ``i``."""
        table = self.network.cpts[self.names[self.variable[i]]]
        row: Array = table.reshape(-1, table.shape[-1])[self.row[i]]
        return row


@dataclass(frozen=True, eq=False)
class OneWay:
    """Sensitivity functions of N parameters for the T states of the target.

    ``start`` (T, N) is P(t, e) / P(e) when the parameter has its own value, which is the posterior (T,) except
    under uniform co-variation; ``up`` and ``down`` (T, N) are its slopes while the parameter grows and shrinks;
    ``low`` and ``high`` (N,) bound the parameter. P(t, e) moves on the straight line start + slope (x - value).

    Parameters of CPTs that are neither those of the target or a finding nor of their ancestors are left out: the
    posterior does not depend on them (Shachter 1986).
    """

    parameters: Parameters
    scheme: str
    posterior: Array
    start: Array
    up: Array
    down: Array
    low: Array
    high: Array

    def slope(self, side: Side) -> Array:
        return self.up if side == "up" else self.down

    def at(self, i: int, x: Array | float) -> Array:
        """Posterior (T, …) when parameter ``i`` has the values ``x`` (…), which must lie within its bounds."""
        move = np.asarray(x, dtype=np.float64) - self.parameters.value[i]
        column = (slice(None), *[None] * move.ndim)
        joint = self.start[:, i][column] + np.where(
            move > 0, self.up[:, i][column] * move, self.down[:, i][column] * move
        )
        posterior: Array = np.maximum(joint, 0.0) / joint.sum(axis=0)
        return posterior

    def coefficients(self, i: int, state: int, side: Side = "up") -> tuple[float, float, float, float]:
        """a, b, c, d of the posterior (a x + b) / (c x + d) of ``state`` on one side of parameter ``i``."""
        slope, x = self.slope(side)[:, i], float(self.parameters.value[i])
        a, c = float(slope[state]), float(slope.sum())
        return a, float(self.start[state, i]) - a * x, c, float(self.start[:, i].sum()) - c * x

    def derivative(self, side: Side = "up") -> Array:
        """d P(t | e) / dx at the current values, shape (T, N)."""
        slope, total = self.slope(side), self.start.sum(axis=0)
        return np.asarray((slope - self.start * (slope.sum(axis=0) / total)) / total)

    def vertex_proximity(self, side: Side = "up") -> Array:
        """|value - vertex| of each hyperbola (T, N), infinite for a straight line (van der Gaag & Renooij 2001).

        Close to the vertex a small shift of the parameter can matter although the derivative is small.
        """
        slope, total = self.slope(side), self.start.sum(axis=0)
        c = np.abs(slope.sum(axis=0))
        bent = c > 1e-12
        c = np.where(bent, c, 1.0)
        r = np.abs(self.start * slope.sum(axis=0) - slope * total) / c**2
        return np.where(bent, np.abs(total / c - np.sqrt(r)), np.inf)


def one_way(question: Question, scheme: str = "proportional", derivatives: Derivatives | None = None) -> OneWay:
    """Sensitivity functions of every parameter on which the answer to ``question`` depends.

    ``derivatives`` (with those of the target) are computed unless given. Raises ImpossibleFindings, and InputError
    for an unknown scheme.
    """
    network, target = question.engine.network, question.target
    if derivatives is None:
        derivatives = question.engine.derivatives(question.findings, target.id)
    names = network.ancestral([target.id, *question.findings])
    posterior = posterior_of(derivatives, network, target.id)
    starts: list[Array] = []
    ups: list[Array] = []
    downs: list[Array] = []
    lows, highs = [], []
    for name in names:
        card = network.variable(name).cardinality
        rows = network.cpts[name].reshape(-1, card)
        paths = covariation(rows, scheme)
        slopes = derivatives.target_cpt[name].reshape(len(posterior), -1, card).transpose(1, 0, 2)
        up = slopes @ paths.up.transpose(0, 2, 1)  # (rows, T, moved)
        down = up if paths.down is paths.up else slopes @ paths.down.transpose(0, 2, 1)
        start = np.broadcast_to(posterior[:, None], (len(rows), len(posterior), card))
        if scheme == "uniform":
            start = start + slopes @ (paths.start - rows[:, None, :]).transpose(0, 2, 1)
        for found, table in ((starts, start), (ups, up), (downs, down)):
            found.append(table.transpose(1, 0, 2).reshape(len(posterior), -1))
        lows.append(paths.low.ravel())
        highs.append(paths.high.ravel())
    up_all = np.concatenate(ups, axis=1)
    same = scheme != "order-preserving"
    return OneWay(
        parameters_of(network, names),
        scheme,
        posterior,
        np.concatenate(starts, axis=1),
        up_all,
        up_all if same else np.concatenate(downs, axis=1),
        np.concatenate(lows),
        np.concatenate(highs),
    )


def parameters_of(network: Network, names: list[str]) -> Parameters:
    """All entries of the CPTs of ``names``."""
    variable, row, state, value, count, total = [], [], [], [], [], []
    for v, name in enumerate(names):
        table = network.cpts[name]
        card = table.shape[-1]
        rows, states = np.divmod(np.arange(table.size), card)
        variable.append(np.full(table.size, v))
        row.append(rows)
        state.append(states)
        value.append(table.ravel())
        counts = network.counts.get(name, np.zeros(table.shape))
        count.append(counts.ravel())
        total.append(np.repeat(counts.sum(axis=-1).ravel(), card))
    joined = [np.concatenate(part) for part in (variable, row, state)]
    return Parameters(network, tuple(names), *joined, *(np.concatenate(part) for part in (value, count, total)))


def posterior_of(derivatives: Derivatives, network: Network, target: str) -> Array:
    """P(target | findings), shape (T,)."""
    joint = joint_of(derivatives, network, target)
    return np.asarray(joint / joint.sum())


def joint_of(derivatives: Derivatives, network: Network, target: str) -> Array:
    """P(target, findings) / P(findings), shape (T,), derivative times entry summed over the target's CPT."""
    slopes = derivatives.target_cpt[target]
    return np.asarray((slopes * network.cpts[target]).reshape(len(slopes), -1).sum(axis=1))


def literature_interval(parameters: Parameters, which: Indices, level: float = 0.95) -> Array:
    """Equal-tailed intervals (len(which), 2) of the Beta marginals of Dirichlet rows.

    An entry without counts, or that its counts make certain, stays where it is.
    """
    from scipy.special import betaincinv

    count, rest = parameters.count[which], parameters.total[which] - parameters.count[which]
    value = parameters.value[which]
    open_ = (count > 0) & (rest > 1e-12)
    a, b = np.where(open_, count, 1.0), np.where(open_, rest, 1.0)
    ends = [np.where(open_, betaincinv(a, b, q), value) for q in ((1 - level) / 2, (1 + level) / 2)]
    return np.stack(ends, axis=1)


def posterior_at_ends(found: OneWay, ends: Array) -> Array:
    """Posteriors (T, N, 2) when each parameter alone moves to its two ``ends`` (N, 2).

    An end at which the findings would be impossible has no posterior: the present one stands there.
    """
    move = ends - found.parameters.value[:, None]
    joint = found.start[:, :, None] + np.where(move > 0, found.up[:, :, None], found.down[:, :, None]) * move
    joint = np.maximum(joint, 0.0)
    total = joint.sum(axis=0)
    present = np.broadcast_to((found.start / found.start.sum(axis=0))[:, :, None], joint.shape)
    return np.asarray(np.where(total > 0, joint / np.where(total > 0, total, 1.0), present))
