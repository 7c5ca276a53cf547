"""How networks are described: as JSON, and as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

import click

from bayesdx.document import NetworkDocument
from bayesdx.network import Variable
from bayesdx.report.render.terminal import WIDTH, page, percent, table


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


def description(document: NetworkDocument) -> dict[str, object]:
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


def listing(documents: Sequence[NetworkDocument]) -> str:
    """One line a network."""
    rows = []
    for document in documents:
        network = document.network
        target = network.variable(network.target).cardinality if network.target else 0
        default = document.default_prior
        priors = [f"{name}*" if default and name == default.name else name for name in document.prior_sets]
        rows.append(
            [
                click.style(network.id, bold=True),
                network.version,
                str(target),
                str(len(network.findings)),
                ", ".join(priors),
                ", ".join(document.levels),
            ]
        )
    heads = ("network", "version", "diagnoses", "findings", "prior sets (* default)", "levels")
    return table(heads, rows, right=(2, 3))


def full_text(document: NetworkDocument) -> str:
    """Diagnoses with their priors, findings with their states, prior sets with their populations."""
    network = document.network
    title = f"{click.style(network.label or network.id, bold=True)} ({network.id} {network.version})".replace(
        " )", ")"
    )
    size = f"{len(network.variables)} variables, {network.parameter_count} parameters"
    priors = list(document.prior_sets.values())
    parts = [f"{title}\n{size}"]
    if priors:
        parts.append(table(("prior set", "population"), [[p.name, p.population] for p in priors]))
    if network.target:
        target = network.variable(network.target)
        rows = [
            [state, target.state_label(i), *(percent(float(p.probabilities[i])) for p in priors)]
            for i, state in enumerate(target.states)
        ]
        right = range(2, 2 + len(priors))
        parts.append(table((target.id, "", *(p.name for p in priors)), rows, right=tuple(right)))
    findings = [[v.id, v.examination or v.kind, ", ".join(v.states)] for v in network.findings]
    parts.append(table(("finding", "seen in", "states"), findings))
    latent = [_latent(v, document) for v in network.variables if v.kind == "latent"]
    if latent:
        parts.append("\n".join(latent))
    if document.vocabulary:
        unused = [f"{name} ({', '.join(states)})" for name, states in document.vocabulary.items()]
        parts.append(click.wrap_text("Not used by this network: " + ", ".join(unused), WIDTH, "", "  "))
    return page(*parts)


def _latent(variable: Variable, document: NetworkDocument) -> str:
    children = ", ".join(document.network.children[variable.id])
    return f"Hidden: {variable.id} ({', '.join(variable.states)}), behind {children}"
