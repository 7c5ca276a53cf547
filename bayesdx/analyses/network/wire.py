"""The JSON of ``networks show`` (schema networks-show/1)."""

from __future__ import annotations

from bayesdx.analyses.network.numbers import NetworkDescription
from bayesdx.document import NetworkDocument


def to_dict(result: NetworkDescription) -> dict[str, object]:
    """The object that ``bayesdx networks show --json`` prints."""
    network = result.document.network
    answer = {
        "schema": "networks-show/1",
        **_description(result.document),
        **network.learnt_from(),
        "warnings": list(result.document.warnings),
    }
    if result.learnt:
        answer["learnt_rows"] = [
            {
                "cases": one.name,
                "variable": one.variable,
                "given": dict(one.given),
                "counts": dict(zip(network.variable(one.variable).states, one.counts.tolist(), strict=True)),
                "seen": one.held,
                "counts_before": one.before,
            }
            for one in result.learnt
        ]
    return answer


def summary(document: NetworkDocument) -> dict[str, object]:
    """What a network is for, and how large it is."""
    network = document.network
    default = document.default_prior
    return {
        "id": network.id,
        "label": network.label or network.id,
        "version": network.version,
        "target": network.target,
        "variables": len(network.variables),
        "states_of_target": network.variable(network.target).cardinality if network.target else None,
        "parameters": network.parameter_count,
        "levels": list(document.levels),
        "prior_sets": list(document.prior_sets),
        "default_prior": default.name if default else None,
    }


def _description(document: NetworkDocument) -> dict[str, object]:
    """The summary, with every variable and prior set."""
    network = document.network
    priors = {
        prior.name: {
            "label": prior.label,
            "population": prior.population,
            "description": prior.description,
            "probabilities": prior.probabilities.tolist(),
        }
        for prior in document.prior_sets.values()
    }
    variables = [
        {
            "id": v.id,
            "label": v.label or v.id,
            "kind": v.kind,
            "examination": v.examination,
            "states": list(v.states),
            "state_labels": [v.state_label(i) for i in range(v.cardinality)],
            "parents": list(network.parents[v.id]),
        }
        for v in network.variables
    ]
    unused = {name: list(states) for name, states in document.vocabulary.items()}
    return {**summary(document), "prior_sets": priors, "variables": variables, "vocabulary": unused}
