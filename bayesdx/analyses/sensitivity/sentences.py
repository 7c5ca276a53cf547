"""What the sensitivity analysis comes to, in sentences."""

from __future__ import annotations

import math

from bayesdx.analyses.sensitivity.numbers.constraints import Change
from bayesdx.analyses.sensitivity.numbers.literature import Origin
from bayesdx.analyses.sensitivity.numbers.one_way import Parameters
from bayesdx.analyses.sensitivity.numbers.origins import bar_origin
from bayesdx.analyses.sensitivity.numbers.priors import PriorEffect
from bayesdx.analyses.sensitivity.numbers.result import Sensitivity
from bayesdx.analyses.sensitivity.numbers.robustness import LARGEST_FACTOR
from bayesdx.analyses.sensitivity.numbers.tornado import Group, Span
from bayesdx.inference.results import leading
from bayesdx.network import Network
from bayesdx.words.numbers import percent
from bayesdx.words.parameters import Shorten, describe
from bayesdx.words.phrases import called, listed, mid_sentence, short

#: Publications named in one sentence.
_NAMED = 3


def in_short(s: Sensitivity) -> list[str]:
    """One sentence each on the spread, the prior, one number, all numbers, and single publications."""
    if not s.question.findings:
        prior = "No finding is stated: this is the prior alone, and its order rests on no number of the literature."
        return [part for part in (prior, _prior_sets(s)) if part]
    parts = [
        _spread(s),
        prior_sentence(s, s.priors[0]),
        _prior_sets(s),
        _one_number(s),
        _largest_bar(s),
        _all_numbers(s),
        _publications(s),
    ]
    return [part for part in parts if part]


def span_text(span: Span) -> str:
    """How far the bars of the tornado move."""
    if span.kind == "relative":
        return f"±{span.low:.0%}"
    return "95% literature interval" if span.kind == "literature" else f"{span.low:g} to {span.high:g}"


def warnings(s: Sensitivity) -> tuple[str, ...]:
    """Warnings of the case, then what the analysis itself rests on."""
    found = [*s.question.warnings]
    if s.level:
        found.append(f"{_name(s, s.order[0])} and {_inside(s, s.order[1])} are practically level")
    if not s.question.network.counts:
        found.append("the network holds no counts: its probabilities are taken as exactly known")
    elif s.literature is None:
        found.append(
            "the network has learnt from cases: which publications stand behind its numbers is not worked out"
            if s.question.network.learning
            else "the sources behind its numbers are not known: the network was not built from the installed facts"
        )
    return tuple(found)


def origin_summary(origin: Origin) -> str:
    """What a number rests on, in words."""
    if origin.kind == "forms":
        return "shares of forms: few sources count them (networks/forms.yaml)"
    if origin.kind == "unusual":
        return "assumed: how often the picture is unusual"
    said = []
    if origin.counting:
        assert origin.lesions is not None
        k, n = origin.lesions
        where = "" if origin.at_site else " at other sites"
        if n == 1:
            there = "" if origin.at_site else " at another site"
            said.append(f"one published case{there}{'' if k else ', which does not show it'}")
        else:
            said.append(f"{k:.0f} of {n:.0f} lesions{where} in {_number_of_sources(origin.counting)}")
    if origin.elsewhere:
        said.append(f"{_number_of_sources(origin.elsewhere)} at other sites")
    if origin.worded:
        said.append(f"{_number_of_sources(origin.worded)} without counts")
    if origin.measured:
        said.append(f"a mean or range in {_number_of_sources(origin.measured)}")
    if not said and origin.about:
        said.append(f"no source on this state; {_number_of_sources(origin.about)} on others")
    return "; ".join(said) or "no source: the average of all diagnoses"


def origin_assumptions(origin: Origin) -> list[str]:
    """The modelling choices that enter a number, in words."""
    words = {
        "forms": "shares of forms",
        "pattern": "mineralisation, from the pattern of calcification",
        "definition": "what holds by definition of the entity",
    }
    return [words.get(one) or f"association with {one}" for one in origin.assumptions]


def _number_of_sources(number: int) -> str:
    return f"{number} source" + ("s" if number != 1 else "")


def times(ratio: float) -> str:
    """A ratio of at least 1 in words, two significant digits.

    >>> times(40.3), times(1.96), times(1.004), times(1234)
    ('40 times', '2 times', '1.004 times', '1,200 times')
    """
    if ratio < 1.05:
        return f"{ratio:.4g} times"
    return (f"{ratio:.2g}" if ratio < 10 else f"{float(f'{ratio:.2g}'):,.0f}") + " times"


def factor(log_odds: float) -> str:
    """A change of log-odds as a factor on the odds.

    >>> factor(0.6931), factor(-2.302585), factor(0.004)
    ('×2.0', '÷10', '×1.004')
    """
    size = math.exp(min(abs(log_odds), 600.0))
    if size < 1.05:
        shown = f"{size:.4g}"
    elif size < 9.95:
        shown = f"{size:.1f}"
    else:
        shown = f"{size:,.0f}" if size < 1e6 else f"{size:.0e}"
    return ("×" if log_odds >= 0 else "÷") + shown


def prior_sentence(s: Sensitivity, effect: PriorEffect) -> str:
    """Such as: CAPNON leads unless it is more than 40 times rarer than assumed."""
    name = _name(s, effect.diagnosis)
    if effect.break_even is None or effect.rival is None or effect.break_even_prior is None:
        return ""
    rival = _inside(s, effect.rival)
    assumed = f"prior {percent(effect.prior)}, level at {percent(effect.break_even_prior)}"
    if effect.diagnosis == s.leader:
        rarer = times(effect.prior / effect.break_even_prior)
        return f"{name} leads unless it is more than {rarer} rarer than assumed ({assumed}); then {rival} leads."
    common = times(effect.break_even_prior / effect.prior)
    return f"{name} would lead if it were more than {common} as common as assumed ({assumed})."


def _name(s: Sensitivity, t: int) -> str:
    """A diagnosis at the beginning of a sentence; the state for all the rest stands in quotes."""
    target = s.question.target
    return "'Other'" if target.states[t] == "other" else short(target.state_label(t))


def _inside(s: Sensitivity, t: int) -> str:
    """The same inside a sentence."""
    return called(s.question.target, s.question.target.states[t])


def _shorten(s: Sensitivity) -> Shorten:
    """How labels of diagnoses stand inside a sentence."""
    labelled = bool(s.question.target.state_labels)
    return lambda label: mid_sentence(short(label)) if labelled else short(label)


def _spread(s: Sensitivity) -> str:
    u, t = s.uncertainty, s.leader
    name = _name(s, t)
    intervals = s.question.intervals
    if intervals is None:
        return f"{name} has {percent(float(s.posterior[t]))}; how sure its numbers are, the network does not say."
    first = int(u.leads.argmax())
    said = (
        f"{name} has {percent(float(s.posterior[t]))}; sample sizes leave {percent(float(intervals[t, 0]))} to "
        f"{percent(float(intervals[t, 1]))}, and it leads in {percent(float(u.leads[t]))} of {u.draws:,} draws."
    )
    gap = float(u.leads[first] - u.leads[t])
    if gap > 2.0 * math.sqrt(float(u.leads[first] + u.leads[t] - gap**2) / u.draws):  # of a multinomial
        said += f" {_name(s, first)} leads more often ({percent(float(u.leads[first]))})."
    return said


def _prior_sets(s: Sensitivity) -> str:
    answered = [one for one in s.prior_sets if one.posterior is not None and one.name != s.question.prior]
    others: dict[int, list[str]] = {}
    for one in answered:
        assert one.posterior is not None
        leader = int(leading(one.posterior))
        if leader != s.leader:
            others.setdefault(leader, []).append(f"'{one.name}'")
    if not answered:
        return ""
    if not others:
        return f"{_name(s, s.leader)} leads under all {len(answered) + 1} prior sets."
    (first, names), *rest = others.items()
    said = [f"{_name(s, first)} leads under the prior set{'s' * (len(names) > 1)} {listed(names)}"]
    said += [f"{_inside(s, t)} under {listed(names)}" for t, names in rest]
    return f"{listed(said)}."


def shown_changes(s: Sensitivity) -> list[Change]:
    """The single changes of leader but those of the prior, which has sentences of its own."""
    network, target, parameters = s.question.engine.network, s.question.target.id, s.one_way.parameters
    if network.parents[target]:
        return list(s.leader_changes)
    return [c for c in s.leader_changes if parameters.names[parameters.variable[c.parameter]] != target]


def single_number(s: Sensitivity) -> str:
    """What a number of ``shown_changes`` is called: the prior is none of them where the target has no parents."""
    return "number" if s.question.engine.network.parents[s.question.target.id] else "likelihood"


def _one_number(s: Sensitivity) -> str:
    parameters, own = s.one_way.parameters, shown_changes(s)
    number = single_number(s)
    if len(s.order) < 2:
        return ""
    if not own:
        return f"No single {number}, whatever its value, makes another diagnosis lead; 0 and 1 were not moved."
    change = own[0]
    label = describe_parameter(parameters, change.parameter, _shorten(s), inside=True)
    return (
        f"The smallest change of one {number} that makes another diagnosis lead is that of {label}, from "
        f"{percent(float(parameters.value[change.parameter]))} to {percent(change.value)} "
        f"(odds {factor(change.log_odds)}); then {_inside(s, change.leader)} leads."
    )


def _largest_bar(s: Sensitivity) -> str:
    """That the number which moves the answer most is one that no source, or a single case, gives."""
    origin = bar_origin(s, s.bars[0]) if s.bars else None
    unsaid = None if origin is None else unsourced(origin)
    if unsaid is None:
        return ""
    label = describe_group(s.question.engine.network, s.bars[0].group, _shorten(s), inside=True)
    return f"The number that moves the answer most, {label}, {unsaid}."


def unsourced(origin: Origin) -> str | None:
    """How little a number rests on; None when more than one published case gives it."""
    if origin.kind == "forms":
        return "is one that few sources count (networks/forms.yaml)"
    if origin.kind == "unusual":
        return "is an assumption: no source counts how often the picture is unusual"
    if origin.worded or origin.measured or origin.elsewhere:
        return None
    if origin.counting:
        return "rests on one published case" if origin.lesions is not None and origin.lesions[1] == 1 else None
    if origin.about:
        return "is given by no source: those on the finding speak of other states only"
    if "definition" in origin.assumptions:
        return "is given by no source but by the definition of the entity and the average of all diagnoses"
    return "is given by no source and is the average of all diagnoses"


def _all_numbers(s: Sensitivity) -> str:
    case = s.worst_case
    if len(s.order) < 2:
        return ""
    if case.factor is None or case.rival is None:
        if case.kind == "exact":
            return f"Even with all odds off by a factor of {LARGEST_FACTOR:g} the leader stays."
        return (
            f"All numbers together: with each off by up to {_off(case.at_least)} in its odds the leader stays "
            f"(certain); no worse direction up to a factor of {LARGEST_FACTOR:g} was found."
        )
    rival = _inside(s, case.rival)
    if case.kind == "exact":
        return (
            f"All numbers together: if each were off by {_off(case.factor)} in its odds, all in the worst "
            f"direction, {rival} would draw level; with less, the leader stays (exact)."
        )
    return (
        f"All numbers together, each off in its odds in the worst direction: {rival} draws level at "
        f"{_off(case.factor)} at most; up to {_off(case.at_least)} at least, the leader stays."
    )


def _off(ratio: float) -> str:
    return f"{(ratio - 1):.1%}" if ratio < 2 else f"a factor of {ratio:.1f}"


def _publications(s: Sensitivity) -> str:
    if s.left_out is None or not s.left_out.checked:
        return ""
    changing = s.left_out.changing(s.leader)
    if not changing:
        return (
            f"No single publication carries the answer: {_inside(s, s.leader)} still leads without any one of the "
            f"{s.left_out.behind}."
        )
    return carrying([one.source for one in changing])


def carrying(sources: list[str]) -> str:
    """The publications without any one of which the lead is lost."""
    named = [f"[{source}]" for source in sources[:_NAMED]]
    if (more := len(sources) - _NAMED) > 0:
        named.append("one other" if more == 1 else f"any of {more} others")
    what = "a single publication" if len(sources) == 1 else "single publications"
    return f"The lead rests on {what}: it is lost without {listed(named, 'or')}."


def describe_parameter(
    parameters: Parameters, i: int, shorten: Shorten = str, *, inside: bool = False, width: int | None = None
) -> str:
    """Parameter number ``i`` in words, ``inside`` a sentence or in ``width`` characters of a table."""
    name, state = parameters.names[parameters.variable[i]], int(parameters.state[i])
    return describe(
        parameters.network, name, state, parameters.parent_states(i), shorten, inside=inside, width=width
    )


def describe_group(
    network: Network, group: Group, shorten: Shorten = str, *, inside: bool = False, width: int | None = None
) -> str:
    """A bar of the tornado in words, likewise."""
    given = {**({group.context[0]: group.context[1]} if group.context else {}), **group.given}
    return describe(network, group.name, group.state, given, shorten, inside=inside, width=width)
