"""Does any single publication carry the answer? Leave each out, build the network anew, ask again."""

from __future__ import annotations

from dataclasses import dataclass

from bayesdx.analyses.question import Question
from bayesdx.analyses.sensitivity.numbers.literature import Publications
from bayesdx.inference.results import leading
from bayesdx.network import Array

#: Publications that are listed though the leader stays without them.
LISTED = 12


@dataclass(frozen=True, eq=False, slots=True)
class LeftOut:
    """The posterior (T,) when the network is built without ``source``."""

    source: str
    posterior: Array


@dataclass(frozen=True, eq=False)
class LeaveOneOut:
    """``behind`` publications were left out in turn: all with a fact on a finding of the case in some diagnosis.

    ``checked`` are all without which another diagnosis leads, and then those that move the leader's probability
    most; the largest move first among both.
    """

    checked: tuple[LeftOut, ...]
    behind: int

    def changing(self, leader: int) -> tuple[LeftOut, ...]:
        """Those without which another diagnosis leads."""
        return tuple(one for one in self.checked if int(leading(one.posterior)) != leader)


def leave_one_out(question: Question, literature: Publications, listed: int = LISTED) -> LeaveOneOut:
    """Leave out every publication behind the findings, one at a time; exact. At least ``listed`` are kept.

    A publication that speaks of no finding of the case, nor of one that these go with, cannot move the answer.
    """
    engine = question.engine
    target = question.target.id
    names = engine.network.ancestral([target, *question.findings])
    keys = literature.behind(names)
    cpts = literature.cpts_without([(), *((key,) for key in keys)], names, question.hard_findings())
    whole, *posteriors = engine.posterior_draws(question.findings, cpts, target)
    found = [LeftOut(key, posterior) for key, posterior in zip(keys, posteriors, strict=True)]
    leader = int(leading(whole))

    def rank(one: LeftOut) -> tuple[bool, float]:
        return int(leading(one.posterior)) == leader, -abs(float(one.posterior[leader] - whole[leader]))

    found.sort(key=rank)
    kept = [one for n, one in enumerate(found) if n < listed or not rank(one)[0]]
    return LeaveOneOut(tuple(kept), len(keys))
