"""What should make one doubt the answer to ``query``, in sentences."""

from __future__ import annotations

from bayesdx.analyses.query.numbers.differential import UNUSUAL, QueryResult


def warnings(result: QueryResult) -> tuple[str, ...]:
    """Warnings of the case, then conflict and surprise."""
    found = [*result.question.warnings]
    if result.unresolved:
        found.append(
            f"the findings conflict with each other (conflict {result.conflict:+.1f} nats), and "
            f"{result.leader.label} does not resolve it: check them"
        )
    surprise = result.surprise
    if surprise is not None and surprise.unusual:
        share = f"in fewer than {UNUSUAL:.0%} of its cases would findings be as unusual as these"
        if surprise.better:
            found.append(
                f"surprising for {result.leader.label}: {share}; less so for {', '.join(surprise.better[:3])}"
            )
        else:
            found.append(
                f"no diagnosis of the network explains these findings: even for {result.leader.label}, {share}"
            )
    if not result.question.findings:
        found.append("no findings: this is the prior")
    return tuple(found)
