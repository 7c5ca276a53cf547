"""What should make one doubt the answer to ``query``, in sentences."""

from __future__ import annotations

from bayesdx.analyses.query.numbers.differential import UNUSUAL, QueryResult
from bayesdx.words.numbers import percent
from bayesdx.words.phrases import called, listed, nats


def usual(result: QueryResult) -> str:
    """How many cases of the leader have findings as unusual as these; empty when that was not asked."""
    if result.surprise is None:
        return ""
    leader = called(result.question.target, result.leader.diagnosis)
    return f"{percent(result.surprise.share)} of cases of {leader} have findings as unusual as these, or more so"


def warnings(result: QueryResult) -> tuple[str, ...]:
    """Warnings of the case, then conflict and surprise."""
    found = [*result.question.warnings]
    target = result.question.target
    leader = called(target, result.leader.diagnosis)
    if result.unresolved:
        found.append(
            f"the findings conflict with each other (conflict {nats(result.conflict or 0.0, 1)}), and {leader} "
            "does not resolve it: check them"
        )
    surprise = result.surprise
    if surprise is not None and surprise.unusual:
        share = f"fewer than {UNUSUAL:.0%} of cases have findings as unusual as these"
        if surprise.better:
            better = listed([called(target, diagnosis) for diagnosis in surprise.better[:3]], "or")
            found.append(f"surprising for {leader}: {share}; less so for {better}")
        else:
            found.append(
                f"no diagnosis of the network explains these findings: under {leader}, which leads, {share}"
            )
    if not result.question.findings:
        found.append("no findings: this is the prior")
    return tuple(found)
