"""A network document and cases -> the document with learnt counts, from which they can be taken back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from bayesdx.document import NetworkDocument, PriorSet
from bayesdx.errors import InputError, nearest
from bayesdx.inference import Engine, compile_network
from bayesdx.learning.counts import effective, seen_counts, weighed
from bayesdx.learning.em import Fit, best_fit
from bayesdx.learning.prior import prior_counts
from bayesdx.learning.sample import Sample
from bayesdx.learning.settings import RESTARTS, STRENGTH, Settings
from bayesdx.learnt import Learning, LearntSet
from bayesdx.network import Array


@dataclass(frozen=True, eq=False)
class Learnt:
    """A fit with what its counts are made of.

    ``prior`` are the counts before, ``trusted`` the weight of each row of theirs, ``information`` the part of it
    that the cases hold; each by variable. All counts but those of the case mix were multiplied by ``power``; EM
    took ``rounds``.
    """

    fit: Fit
    prior: Mapping[str, Array]
    trusted: Mapping[str, Array]
    information: Mapping[str, Array]
    power: float
    rounds: int

    @property
    def seen(self) -> dict[str, Array]:
        """Counts that the cases hold, those of missing values taken off: expected counts times information."""
        return seen_counts(self.fit.counts, self.information)


def learn_counts(
    engine: Engine,
    sample: Sample,
    prior: Mapping[str, Array],
    settings: Settings,
    advance: Callable[[int], object] = lambda _: None,
) -> Learnt:
    """EM with the prior counts of each row as far as its cases let one trust them.

    The trust in a row follows from the evidence of its counts, and these from EM under the prior: both are worked
    out in turn, with a coarse tolerance, until the trust moves by less than 1 in 100.
    """
    mixed = dict(prior)
    weights = {name: np.full(a.shape[:-1], settings.trust) for name, a in prior.items()}
    factor = 1.0
    start, restarts = engine, settings.restarts
    if restarts is None:
        restarts = RESTARTS if _latent(engine, sample) else 0

    def climb(start: Engine, restarts: int, tolerance: float) -> Fit:
        return best_fit(
            start,
            sample,
            mixed,
            restarts=restarts,
            seed=settings.seed,
            tolerance=tolerance,
            rounds=settings.rounds,
            advance=advance,
        )

    rounds = 0
    for _ in range(_MOST):
        found = climb(start, restarts, _COARSE * settings.tolerance)
        rounds += found.rounds
        start, restarts, before = found.engine, 0, weights
        information = _information(found, sample, prior)
        seen = seen_counts(found.counts, information)
        factor, weights, mixed = weighed(prior, seen, settings.trust, engine.network.target)
        if all(np.abs(weights[name] - before[name]).max() < _SETTLED for name in prior):
            break
    found = climb(start, 0, settings.tolerance)
    return Learnt(found, prior, weights, _information(found, sample, prior), factor, rounds + found.rounds)


def _information(found: Fit, sample: Sample, prior: Mapping[str, Array]) -> dict[str, Array]:
    """The part of the information about each row that the cases hold, shape of its parents, from 0 to 1."""
    stated = sample.stated(found.engine.network)
    held = {name: np.zeros((2, *a.shape[:-1])) for name, a in prior.items()}
    for part in sample.parts():
        sums = found.engine.observed_information(part.codes, part.weights, part.sizes, stated)
        for name in prior.keys() & sums.keys():
            held[name] += np.stack(sums[name])
    return {name: np.clip(o / np.where(n > 0, n, 1.0), 0.0, 1.0) for name, (o, n) in held.items()}


def _latent(engine: Engine, sample: Sample) -> bool:
    """Whether some variable above the findings is stated in no case, so that EM may have several maxima."""
    stated = sample.stated(engine.network)
    return bool(set(engine.network.ancestral(stated)) - stated)


#: Rounds in which trust and counts settle, when they have, and how much coarser EM is meanwhile.
_MOST = 6
_SETTLED = 0.01
_COARSE = 100.0


def learn_document(
    document: NetworkDocument,
    sample: Sample,
    name: str,
    settings: Settings,
    advance: Callable[[int], object] = lambda _: None,
) -> tuple[NetworkDocument, Learnt]:
    """The document with what ``sample`` teaches, under the ``name`` of these cases; the network's prior set is
    left.

    Raises InputError when it has learnt cases of that name already, and as ``begun`` does.
    """
    learning = begun(document, settings)
    if any(one.name == name for one in learning.sets):
        raise InputError(f"network '{document.network.id}' has learnt from '{name}' already: take it back first")
    prior = as_priors(learning, document.network.target)
    learnt = learn_counts(compile_network(document.network), sample, prior, settings, advance)
    digest = _digest(sample, settings, learning, document.network.target)
    own = LearntSet(name, sample.size, learnt.fit.counts, learnt.information, digest)
    return applied(document, replace(learning, sets=(*learning.sets, own))), learnt


def begun(document: NetworkDocument, settings: Settings) -> Learning:
    """What the document has learnt so far, or nothing, of a network with these prior counts.

    Raises InputError for an unknown variable to keep fixed, and where what was learnt before rests on another trust
    or has prior counts already, or holds counts of that variable.
    """
    network = document.network
    for name in sorted(settings.fixed):
        network.variable(name)
    learning = network.learning
    if learning is not None:
        if settings.trust != learning.trust:
            raise InputError(f"network '{network.id}' has learnt with a trust of {learning.trust:g}: keep it")
        if settings.strength != STRENGTH:
            raise InputError(f"network '{network.id}' has learnt already: it keeps the prior counts it began with")
        moved = next((name for name in sorted(settings.fixed) if name in learning.before), None)
        if moved is not None:
            raise InputError(
                f"network '{network.id}' has learnt '{moved}' already: take that back to keep it fixed"
            )
        return learning
    before = prior_counts(network, settings.strength)
    kept = {name: counts for name, counts in before.items() if name not in settings.fixed}
    in_force = network.cpts[network.target] if network.target else np.empty(0)
    sets = [p.name for p in document.prior_sets.values() if np.array_equal(p.probabilities, in_force)]
    assumed = tuple(name for name in kept if name not in network.counts)
    return Learning(network.label, network.version, sets[0] if sets else "", settings.trust, assumed, kept, ())


def as_priors(learning: Learning, target: str | None) -> dict[str, Array]:
    """The counts from which the next cases start: those before, or what they have become."""
    if not learning.sets:
        return dict(learning.before)
    return effective(learning.before, learning.sets, learning.trust, target)


def without_set(document: NetworkDocument, name: str) -> NetworkDocument:
    """The document without what it learnt from the cases of that name; raises InputError where there are none."""
    learning = document.network.learning
    names = [one.name for one in learning.sets] if learning else []
    if learning is None or name not in names:
        nothing = "" if names else ": it has learnt nothing"
        raise InputError(
            f"network '{document.network.id}' has not learnt from '{name}'{nothing}",
            nearest(name, names) if names else None,
        )
    return applied(document, replace(learning, sets=tuple(one for one in learning.sets if one.name != name)))


def merged(documents: Collection[NetworkDocument]) -> NetworkDocument:
    """One document that has learnt what several have, which were the same network before.

    The counts of complete cases add up exactly. Those of incomplete ones were expected under what each of the
    networks had learnt by itself, and are added as they are. Raises InputError for networks that differ, and for
    cases of one name in two of them.
    """
    first, *others = documents
    learning = first.network.learning
    for other in others:
        theirs = other.network.learning
        if learning is None or theirs is None:
            raise InputError("every network to add must have learnt from cases")
        if (learning.version, learning.trust, learning.prior) != (
            theirs.version,
            theirs.trust,
            theirs.prior,
        ) or any(
            name not in theirs.before or not np.array_equal(counts, theirs.before[name])
            for name, counts in learning.before.items()
        ):
            raise InputError(
                f"'{first.network.id}' and '{other.network.id}' were not the same network before they learnt"
            )
        known = {one.name for one in learning.sets}
        twice = next((one.name for one in theirs.sets if one.name in known), None)
        if twice is not None:
            raise InputError(f"two networks have learnt from '{twice}': its cases would count twice")
        learning = replace(learning, sets=(*learning.sets, *theirs.sets))
    return first if learning is None else applied(first, learning)


def applied(document: NetworkDocument, learning: Learning) -> NetworkDocument:
    """The document with the counts that ``learning`` makes; without sets, as it was before it learnt."""
    network = document.network
    target = network.target
    if learning.sets:
        counts = effective(learning.before, learning.sets, learning.trust, target)
        label = f"{learning.label or network.id}, {_cases(learning.sets)}"
        version = f"{learning.version}+{_version(learning.sets)}"
    else:
        counts, label, version = dict(learning.before), learning.label, learning.version
    cpts = {}
    for name, table in counts.items():
        total = table.sum(axis=-1, keepdims=True)  # 0 where neither counts nor cases bear on a row
        cpts[name] = np.where(total > 0, table / np.where(total > 0, total, 1.0), network.cpts[name])
    if not learning.sets:
        counts = {name: table for name, table in counts.items() if name not in learning.assumed}
    counts = {name: table for name, table in counts.items() if (table.sum(axis=-1) > 0).all()}
    changed = replace(
        network.with_cpts(cpts, counts),
        label=label,
        version=version,
        learning=learning if learning.sets else None,
    )
    priors = {name: prior for name, prior in document.prior_sets.items() if name != LEARNT_PRIOR}
    if priors and target in learning.before:
        if learning.sets:
            priors = {name: replace(prior, default=False) for name, prior in priors.items()}
            learnt = PriorSet(
                LEARNT_PRIOR,
                changed.cpts[str(target)],
                changed.counts[str(target)],
                label="As learnt",
                population="the patients that the network has learnt from",
                description=f"The prior set '{learning.prior}' and the cases learnt from.",
                default=True,
            )
            priors[LEARNT_PRIOR] = learnt
        else:
            priors = {name: replace(prior, default=name == learning.prior) for name, prior in priors.items()}
    return replace(document, network=changed, prior_sets=priors)


#: Name of the prior set that holds the case mix as learnt.
LEARNT_PRIOR = "learnt"


def _cases(sets: Iterable[LearntSet]) -> str:
    return "with " + " and ".join(f"{one.cases:,.6g} cases of '{one.name}'" for one in sets)


def _digest(sample: Sample, settings: Settings, learning: Learning, target: str | None) -> str:
    """Of the cases, how they are learnt, and what is known before: counts and other cases."""
    digest = hashlib.sha256()
    others = sorted(one.digest for one in learning.sets)
    for said in (replace(settings, fixed=frozenset()), sorted(settings.fixed), others, learning.prior, target):
        digest.update(repr(said).encode())
    for name in sorted(learning.before):
        digest.update(name.encode() + (np.round(learning.before[name], 6) + 0.0).tobytes())
    for part in sample.parts():
        digest.update(part.codes.astype("<i4").tobytes() + part.sizes.astype("<f8").tobytes())
        for name in sorted(part.weights):
            digest.update(name.encode() + part.weights[name].astype("<f8").tobytes())
    return digest.hexdigest()[:12]


def _version(sets: Iterable[LearntSet]) -> str:
    """By the cases, in whatever order they were added."""
    return hashlib.sha256(" ".join(sorted(one.digest for one in sets)).encode()).hexdigest()[:12]
