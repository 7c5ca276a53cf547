"""The JSON of ``cite --given`` (schema cite-likelihood/3)."""

from __future__ import annotations

from dataclasses import asdict

from bayesdx.analyses.cite.numbers import LikelihoodCitation
from bayesdx.words.provenance import assumption_words


def to_dict(result: LikelihoodCitation) -> dict[str, object]:
    """The object that ``bayesdx cite FINDING --given diagnosis=… --json`` prints."""
    rows = zip(
        result.variable.states,
        result.probabilities.tolist(),
        result.intervals.tolist(),
        result.as_published.tolist(),
        result.base.tolist(),
        strict=True,
    )
    return {
        "schema": "cite-likelihood/3",
        "network": result.network.id,
        "network_version": result.network.version,
        **result.network.learnt_from(),
        "finding": result.variable.id,
        "states": list(result.states),
        "diagnosis": result.diagnosis,
        "distribution": [
            {"state": state, "probability": p, "interval": interval, "as_published": published, "base": base}
            for state, p, interval, published, base in rows
        ],
        "base_share": result.base_share,
        "contamination": result.contamination,
        "assumptions": [assumption_words(result.network, one) for one in result.assumptions],
        "terms": [
            {
                "kind": term.kind,
                "source": term.source,
                "states": list(term.states),
                "says": term.says,
                "form": term.form,
                "weight": term.weight,
                "share": term.share,
                "adds": dict(zip(result.variable.states, term.adds.tolist(), strict=True)),
            }
            for term in result.terms
        ],
        "references": dict(result.references),
        "sources": {key: {**asdict(one), "grade": one.grade} for key, one in result.sources.items()},
        "grade": result.evidence.grade,
        "source_share": result.evidence.source_share,
        "identified_share": result.evidence.identified_share,
        "weight_by_grade": dict(result.evidence.by_grade),
    }
