"""One value a finding, from all that a report says of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod

from bayesdx.network import Variable
from bayesdx.reading.lexicon import Lexicon, Speech
from bayesdx.reading.mentions import IMPLIED, Mention, Passages
from bayesdx.states import as_stated


@dataclass(frozen=True)
class Proposal:
    """A finding as a report states it.

    ``value`` is what a case file holds: a state, ``not <state>``, weights by state, or a number; None where the
    mentions contradict each other. ``mentions`` stand behind it, the ``others`` say less and gave way.
    """

    finding: str
    value: object
    certainty: str
    mentions: tuple[Mention, ...]
    others: tuple[Mention, ...] = ()


def gather(passages: Passages, lexicon: Lexicon) -> tuple[Proposal, ...]:
    """A proposal for each finding that is mentioned, in the order of the lexicon.

    A plain statement goes before a weak one, the whole lesion before a part of it, what is certain before what is
    doubted. What then remains is taken together; where no state fits all of it, the finding is contradictory. Of
    durations the longest counts, of several symptoms that are one finding those that are there, of places the first
    one, as implied where its sentence names several; so does the signal of a part alone.
    A finding that is not mentioned may be implied by the state of one that is; where it is stated otherwise, the
    finer of the two is only implied itself (*an extra-axial mass of the frontal lobe*).
    """
    found: dict[str, list[Mention]] = {}
    for mention in _placed(passages.mentions, lexicon):
        found.setdefault(mention.finding, []).append(mention)
    proposals = {
        name: _proposal(variable, found[name], lexicon.speech[name])
        for name, variable in lexicon.variables.items()
        if name in found
    }
    _imply(proposals, lexicon)
    return tuple(proposals[name] for name in lexicon.variables if name in proposals)


def _placed(mentions: Sequence[Mention], lexicon: Lexicon) -> Iterator[Mention]:
    """The mentions, places that are no level only implied where their sentence does not name the lesion and another
    one does."""
    named = any(mention.of_lesion for mention in mentions)
    for one in mentions:
        speech, states = lexicon.speech[one.finding], lexicon.variables[one.finding].states
        place = speech.place and not speech.measure and named and not one.of_lesion
        certain = one.certainty == 1.0 and not one.denied
        yield replace(one.implied(states), weak=one.weak) if place and certain else one


def _imply(proposals: dict[str, Proposal], lexicon: Lexicon) -> None:
    """Add what proposals imply of findings without one; weaken those that imply what is stated otherwise."""
    for one in list(proposals.values()):
        variable = lexicon.variables[one.finding]
        for name, mention, compatible in _implications(one, lexicon):
            other = lexicon.variables[name]
            if name not in proposals:
                proposals[name] = _proposal(other, [mention], lexicon.speech[name])
            elif len(variable.states) > len(other.states) and _stated_otherwise(proposals[name], compatible):
                implied = [each.implied(variable.states) for each in one.mentions]
                weaker = _proposal(variable, implied, lexicon.speech[one.finding])
                proposals[one.finding] = replace(weaker, others=one.others)


def _implications(proposal: Proposal, lexicon: Lexicon) -> Iterator[tuple[str, Mention, set[str]]]:
    """What the state of a finding implies of others by the same words, and the states of these that go with it."""
    first = proposal.mentions[0]
    implies = lexicon.speech[proposal.finding].implies
    if proposal.value is None or first.denied or first.number is not None or first.certainty < IMPLIED:
        return
    for state in _leading(first):
        for name, states in implies.get(state, {}).items():
            if name in lexicon.variables:
                mention = replace(first, finding=name, weights={states[0]: 1.0})
                yield name, mention.implied(lexicon.variables[name].states), set(states)


def _stated_otherwise(proposal: Proposal, compatible: set[str]) -> bool:
    """Whether a finding is stated, and as none of the states that go with what implies it."""
    return proposal.certainty == "stated" and not _leading(proposal.mentions[0]) & compatible


def _proposal(variable: Variable, mentions: Sequence[Mention], speech: Speech) -> Proposal:
    kept = _yielded(_best(variable, _without_parts(variable, mentions, speech)), speech)
    if speech.place:
        kept = [mention for mention in kept if mention.of_lesion] or kept
    numbers = [mention for mention in kept if mention.number is not None]
    if numbers:
        largest = max(numbers, key=lambda mention: mention.number or 0.0)
        others = tuple(mention for mention in mentions if mention is not largest)
        return Proposal(variable.id, _round(largest.number or 0.0), "stated", (largest,), others)
    product = _together(variable, kept)
    implied = "mixed" in variable.states and all(mention.part for mention in kept)
    if product is None and speech.any:
        kept = [
            mention for mention in kept if not mention.denied and speech.denied not in _leading(mention)
        ] or kept
        product = _together(variable, kept)
    elif product is None and speech.measure == "duration":
        kept = [max(kept, key=lambda mention: max(map(variable.states.index, _leading(mention))))]
        product = _together(variable, kept)
    elif product is None and speech.place:
        implied, kept = _several(kept), kept[:1]
    elif product is None and "mixed" in variable.states:
        kept = _mixed(variable, kept)
        product = _together(variable, kept)
    standing = {id(mention) for mention in kept}
    others = tuple(mention for mention in mentions if id(mention) not in standing)
    if implied or len(kept) == 1:
        kept = [one.implied(variable.states) if implied and one.certainty == 1.0 else one for one in kept]
        product = _together(variable, kept)
    if product is None:
        return Proposal(variable.id, None, "contradictory", tuple(kept), others)
    value = as_stated(variable, product)
    return Proposal(variable.id, value, _certainty(kept), tuple(kept), others)


def _certainty(mentions: Sequence[Mention]) -> str:
    if all(mention.certainty == 1.0 for mention in mentions):
        return "negated" if all(mention.denied for mention in mentions) else "stated"
    return "implied" if all(mention.certainty == IMPLIED for mention in mentions) else "uncertain"


def _best(variable: Variable, mentions: Sequence[Mention]) -> list[Mention]:
    """The mentions that count: each rule keeps those that pass it, where there are any."""
    kept = list(mentions)
    if len(variable.states) > 2:  # what it is says more than what it is not
        whole = [mention for mention in kept if mention.lacking or not (mention.denied or mention.part)]
        if len({mention.lacking for mention in whole}) > 1:  # *the mass does not enhance*, and it does
            return whole
        kept = [mention for mention in kept if not mention.denied] or kept
    kept = [mention for mention in kept if not mention.weak] or kept
    if len(variable.states) > 2:
        kept = [mention for mention in kept if not mention.part] or kept
    return [mention for mention in kept if mention.certainty == 1.0] or kept


def _without_parts(variable: Variable, mentions: Sequence[Mention], speech: Speech) -> Sequence[Mention]:
    """Without parts that lack what is there elsewhere: *the uncalcified component* of a calcified mass."""
    if len(variable.states) > 2:
        return mentions
    return [
        one for one in mentions if not (one.part and (one.denied or set(one.weights) == {speech.denied}))
    ] or mentions


def _yielded(mentions: list[Mention], speech: Speech) -> list[Mention]:
    """Without the states that give way to others which are stated too, as *mixed* does to *hyperintense*."""
    said = {state for mention in mentions if not mention.denied for state in mention.weights}

    def gives_way(mention: Mention) -> bool:
        leads = max(mention.weights, key=lambda state: mention.weights[state], default="")
        return not mention.denied and any(other in said for other in speech.yields.get(leads, ()) if other != leads)

    return [mention for mention in mentions if not gives_way(mention)] or mentions


def _together(variable: Variable, mentions: Sequence[Mention]) -> list[float] | None:
    """The product of the weights, largest 1; None where nothing is left.

    Doubtful mentions are no independent witnesses: the surest one counts, unless one as sure leans another way.
    """
    certain = [mention for mention in mentions if mention.certainty == 1.0]
    said = [mention.weights for mention in certain or _surest(mentions)]
    product = [prod(weights.get(state, 0.0) for weights in said) for state in variable.states]
    most = max(product)
    return [one / most for one in product] if most > 0 else None


def _surest(mentions: Sequence[Mention]) -> list[Mention]:
    """The surest of doubtful mentions, or what each of several says most of all where that is not the same."""
    surest = max(mention.certainty for mention in mentions)
    first, *others = (mention for mention in mentions if mention.certainty == surest)
    leading = [_leading(mention) for mention in (first, *others)]
    if set.intersection(*leading):
        return [first]
    return [replace(first, weights=dict.fromkeys(states, 1.0)) for states in leading]


def _leading(mention: Mention) -> set[str]:
    """The states that a mention makes most likely."""
    most = max(mention.weights.values())
    return {state for state, weight in mention.weights.items() if weight == most}


def _several(places: Sequence[Mention]) -> bool:
    """Whether the sentence of the first place names another one too: which of them is meant is then not said."""
    first, *others = places
    return any(one.sentence == first.sentence and not one.weights.keys() & first.weights.keys() for one in others)


def _mixed(variable: Variable, mentions: Sequence[Mention]) -> list[Mention]:
    """Several signals in one sentence imply a mixed one."""
    if len({mention.sentence for mention in mentions}) > 1:
        return list(mentions)
    return [replace(mention, weights={"mixed": 1.0}).implied(variable.states) for mention in mentions]


def _round(number: float) -> float | int:
    return int(number) if number == int(number) else round(number, 1)
