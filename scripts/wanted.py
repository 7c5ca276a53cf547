"""What would help most: findings that cases should state, and facts that the literature should give.

Over priors/cases/development.yaml, under the uniform prior. The first table gives, for each finding, in how many
cases it is not stated and how many bits about the diagnosis it would be expected to bring there. The second gives
the rows, diagnosis and finding, on which answers leaned most although they rest on little: over all cases that
state the finding, the probability of the diagnosis (or 1 when it is the proven one) times the part of the row that
is the base, not facts.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import click

from bayesdx.analyses.explain.numbers.support import literature_of
from bayesdx.formats.case_file import read_cases
from bayesdx.knowledge.library import NETWORKS
from bayesdx.loading import load
from bayesdx.report.render.text import aligned

ROOT = Path(__file__).resolve().parent.parent
SHOWN = 15


def main() -> None:
    cases = read_cases(ROOT / "priors" / "cases" / "development.yaml")
    bits: dict[str, list[float]] = defaultdict(list)
    lean: dict[tuple[str, str, str], float] = defaultdict(float)
    for name in NETWORKS:
        model = load(name)
        literature = literature_of(model.network)
        assert literature is not None
        for case in cases:
            if case.metadata["region"] != name:
                continue
            for finding in model.what_if(case).findings:
                bits[finding.variable.id].append(finding.information)
            for row in model.query(case).posterior:
                weight = 1.0 if row.diagnosis == case.diagnosis else row.probability
                for finding_id in model.question(case).findings:
                    support = literature.support.get((finding_id, row.diagnosis))
                    if support:
                        lean[name, row.diagnosis, finding_id] += weight * support.base_share
    rows = sorted(bits.items(), key=lambda item: -sum(item[1]))[:SHOWN]
    click.echo(
        aligned(
            ("finding not stated", "cases", "mean bits", "sum"),
            [[f, str(len(x)), f"{sum(x) / len(x):.3f}", f"{sum(x):.1f}"] for f, x in rows],
            right=(1, 2, 3),
        )
    )
    click.echo()
    facts = sorted(lean.items(), key=lambda item: -item[1])
    facts = [item for item in facts if item[0][1] != "other"][:SHOWN]
    click.echo(
        aligned(
            ("network", "diagnosis", "finding", "leaned on"),
            [[*key, f"{value:.1f}"] for key, value in facts],
            right=(3,),
        )
    )


if __name__ == "__main__":
    main()
