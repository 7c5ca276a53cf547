"""The JSON of a comparison (schema what-if-comparison/1)."""

from __future__ import annotations

from bayesdx.analyses.compare.numbers import Comparison


def to_dict(result: Comparison) -> dict[str, object]:
    """The object that ``bayesdx what-if --set … --json`` prints."""
    target = result.before.target
    return {
        "schema": "what-if-comparison/1",
        **result.before.head(),
        "findings_after": dict(result.after.stated),
        "changed": [
            {"finding": name, "before": before, "after": after} for name, (before, after) in result.changed.items()
        ],
        "posterior": [
            {
                "diagnosis": target.states[i],
                "label": target.state_label(i),
                "before": float(result.posterior_before[i]),
                "after": float(result.posterior_after[i]),
            }
            for i in result.order
        ],
        "log_likelihood_before": result.log_likelihood_before,
        "log_likelihood_after": result.log_likelihood_after,
        "warnings": list(result.warnings),
    }
