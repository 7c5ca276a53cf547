"""The JSON of ``what-if`` (schema what-if/1)."""

from __future__ import annotations

from bayesdx.analyses.what_if.numbers.examinations import ExaminationValue
from bayesdx.analyses.what_if.numbers.sequence import StepSequence
from bayesdx.analyses.what_if.numbers.worth import TOP, FindingValue, WhatIf, ranked
from bayesdx.analyses.what_if.sentences import stopped
from bayesdx.network import Network
from bayesdx.words.examinations import examination_label, step_label


def to_dict(result: WhatIf) -> dict[str, object]:
    """The object that ``bayesdx what-if --json`` prints."""
    target, leader = result.question.target, result.leader
    return {
        "schema": "what-if/1",
        **result.question.head(),
        "leader": {
            "diagnosis": target.states[leader],
            "label": target.state_label(leader),
            "probability": float(result.posterior[leader]),
        },
        "entropy": result.entropy,
        "cost_unit": None if result.costs is None else result.costs.unit,
        "open": [finding(value) for value in result.findings],
        "settled": dict(result.settled),
        "examinations": [_examination(value) for value in result.examinations],
        "sequences": [_sequence(result.question.network, sequence) for sequence in result.sequences],
        "warnings": list(result.warnings),
    }


def finding(value: FindingValue, top: int = TOP) -> dict[str, object]:
    """One finding that is still open, with the first ``top`` diagnoses under each of its states."""
    variable, target = value.variable, value.target
    states = [
        {
            "state": variable.states[k],
            "label": variable.state_label(k),
            "probability": float(value.predictive[k]),
            "posterior": [
                {"diagnosis": target.states[i], "label": target.state_label(i), "probability": p}
                for i, p in (ranked(value.posteriors[k], top) if value.predictive[k] > 0 else [])
            ],
        }
        for k in range(variable.cardinality)
    ]
    return {
        "finding": variable.id,
        "label": variable.label or variable.id,
        "kind": variable.kind,
        "examination": variable.examination,
        "stated": value.stated,
        "information": value.information,
        "leader_change": value.leader_change,
        "strongest_state": variable.states[value.strongest],
        "cost": value.cost,
        "information_per_cost": value.information_per_cost,
        "states": states,
    }


def _examination(value: ExaminationValue) -> dict[str, object]:
    return {
        "examination": value.examination,
        "label": examination_label(value.examination),
        "findings": list(value.findings),
        "information": value.information,
        "information_error": value.information_error,
        "leader_change": value.leader_change,
        "leader_change_error": value.leader_change_error,
        "exact": value.exact,
        "outcomes": value.outcomes,
        "cost": value.cost,
        "information_per_cost": value.information_per_cost,
    }


def _sequence(network: Network, sequence: StepSequence) -> dict[str, object]:
    steps = [
        {
            "step": step.id,
            "label": step_label(network, step.id),
            "findings": list(step.findings),
            "cost": step.cost,
            "reached": step.reached,
            "gain": step.gain,
            "gain_error": step.gain_error,
            "certain": step.certain,
            "leader_change": step.leader_change,
        }
        for step in sequence.steps
    ]
    return {
        "method": sequence.method,
        "steps": steps,
        "expected_information": sequence.expected_information,
        "expected_cost": sequence.expected_cost,
        "stopped": stopped(sequence),
    }
