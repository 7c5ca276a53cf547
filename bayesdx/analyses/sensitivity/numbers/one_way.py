"""One-way sensitivity functions of every CPT parameter, all from one backward pass.

P(t, e) is linear in each CPT row, so while one entry x moves and the others of its row answer on a straight path,
the posterior of diagnosis t is a hyperbola (a x + b) / (c x + d) (Castillo, Gutierrez & Hadi 1997; Coupe & van der
Gaag 2002). With the partial derivatives D_t of P(t, e) / P(e) (Darwiche 2003) its slope is
sum_j D_t[j] d theta_j / dx.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bayesdx.analyses.question import Question
from bayesdx.analyses.sensitivity.numbers.beta_quantile import beta_quantile
from bayesdx.analyses.sensitivity.numbers.covariation import covariation
from bayesdx.errors import ImpossibleFindings
from bayesdx.inference import Derivatives
from bayesdx.inference.findings import IMPOSSIBLE
from bayesdx.network import Array, Network

Side = Literal["up", "down"]
SIDES: tuple[Side, Side] = ("up", "down")
Indices = NDArray[np.intp]

#: Shares of P(t, e) below this are rounding error, when every t is left with so little.
_ROUNDING = 1e-10


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

    @cached_property
    def _impossible(self) -> dict[Side, NDArray[np.bool_]]:
        ends: dict[Side, Array] = {"up": self.high, "down": self.low}
        return {
            side: vanished(self.start + self.slope(side) * (ends[side] - self.parameters.value), self.start)
            for side in SIDES
        }

    def impossible(self, side: Side) -> NDArray[np.bool_]:
        """Mask (N,) of the parameters that make the findings impossible at the end of one ``side``."""
        return self._impossible[side]

    def at(self, i: int, x: Array | float) -> Array:
        """Posterior (T, …) when parameter ``i`` has the values ``x`` (…), which must lie within its bounds.

        Raises ImpossibleFindings for a value at which the findings cannot occur: there is no posterior there.
        """
        move = np.asarray(x, dtype=np.float64) - self.parameters.value[i]
        column = (slice(None), *[None] * move.ndim)
        joint = self.start[:, i][column] + np.where(
            move > 0, self.up[:, i][column] * move, self.down[:, i][column] * move
        )
        start = self.start[:, i][column]
        if vanished(joint, start).any():
            raise ImpossibleFindings(IMPOSSIBLE)
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


def vanished(joint: Array, start: Array) -> NDArray[np.bool_]:
    """Where P(t, e) (T, …) has become zero for every t, up to rounding, against what it was at the ``start``.

    At an end of a parameter the findings may be impossible; what is left of P(t, e) there is rounding error.
    """
    return np.asarray(~((joint > _ROUNDING * start) & (start > 0)).any(axis=0))


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
    joint = joint_of(derivatives.cpt[target], network, target)
    return np.asarray(joint / joint.sum())


def joint_of(slopes: Array, network: Network, target: str) -> Array:
    """P(target, findings) / P(findings), shape (T,), from the derivatives by the target's CPT."""
    return np.asarray((slopes * network.cpts[target]).reshape(-1, slopes.shape[-1]).sum(axis=0))


def literature_interval(parameters: Parameters, which: Indices, level: float = 0.95) -> Array:
    """Equal-tailed intervals (len(which), 2) of the Beta marginals of Dirichlet rows.

    An entry without counts, or that its counts make certain, stays where it is.
    """
    count, rest = parameters.count[which], parameters.total[which] - parameters.count[which]
    value = parameters.value[which]
    open_ = (count > 0) & (rest > 1e-12)
    ends = np.stack([value, value], axis=1)
    for side, q in enumerate(((1 - level) / 2, (1 + level) / 2)):
        ends[open_, side] = beta_quantile(count[open_], rest[open_], q)
    return ends


def posterior_at_ends(found: OneWay, ends: Array) -> Array:
    """Posteriors (T, N, 2) when each parameter alone moves to its two ``ends`` (N, 2).

    An end at which the findings would be impossible has no posterior: the present one stands there.
    """
    move = ends - found.parameters.value[:, None]
    start = found.start[:, :, None]
    return normalised(start + np.where(move > 0, found.up[:, :, None], found.down[:, :, None]) * move, start)


def normalised(joint: Array, start: Array) -> Array:
    """Posteriors (T, …) from P(t, e); where the findings are impossible, those of ``start``."""
    joint = np.where(vanished(joint, start), start, np.maximum(joint, 0.0))
    return np.asarray(joint / joint.sum(axis=0))
