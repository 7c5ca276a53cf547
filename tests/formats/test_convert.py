"""Conversions: pgmpy and pyAgrum read what is exported, and give the same posteriors."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pyagrum as gum
import pytest
from pgmpy.factors.discrete import TabularCPD
from pgmpy.inference import VariableElimination
from pgmpy.models import DiscreteBayesianNetwork
from pgmpy.readwrite import BIFReader, XMLBIFReader

from bayesdx.document import NetworkDocument
from bayesdx.errors import InputError
from bayesdx.formats.bif import parse_bif
from bayesdx.formats.convert import from_pgmpy, interchange_text, to_networkx, to_pgmpy
from bayesdx.formats.plain_names import Renaming, renaming
from bayesdx.formats.xmlbif import read_xmlbif
from bayesdx.inference import compile_network
from bayesdx.network import Network

FINDINGS = {"level": "lumbar", "size_mm": ">30", "ct_calcification_pattern": "punctate", "mr_t2_signal": "iso"}


def own_posterior(network: Network) -> np.ndarray:
    weights = {
        name: np.eye(network.variable(name).cardinality)[network.variable(name).state_index(state)]
        for name, state in FINDINGS.items()
    }
    return compile_network(network).posterior(weights).probabilities


def test_networkx(small: NetworkDocument) -> None:
    graph = to_networkx(small.network)
    assert nx.is_directed_acyclic_graph(graph)
    assert set(graph.predecessors("mr_t2_signal")) == {"diagnosis", "mineralisation"}
    assert graph.nodes["mr_t2_signal"]["states"] == ("hypo", "iso", "hyper", "mixed")


def test_pgmpy_and_back(small: NetworkDocument) -> None:
    model = to_pgmpy(small.network)
    assert model.check_model()
    answer = VariableElimination(model).query(["diagnosis"], evidence=FINDINGS, show_progress=False)
    states = small.network.variable("diagnosis").states
    theirs = [answer.get_value(diagnosis=state) for state in states]
    np.testing.assert_allclose(theirs, own_posterior(small.network), atol=1e-10)

    back = from_pgmpy(model, "small", target="diagnosis")
    for name, cpt in small.network.cpts.items():
        assert back.parents[name] == small.network.parents[name]
        np.testing.assert_allclose(back.cpts[name], cpt, atol=1e-12)


def pgmpy_pair(own: list[str], of_child: list[str] | None) -> DiscreteBayesianNetwork:
    model = DiscreteBayesianNetwork([("a", "b")])
    names = {"b": ["p", "q"]} | ({"a": of_child} if of_child else {})
    model.add_cpds(
        TabularCPD("a", 3, [[0.2], [0.3], [0.5]], state_names={"a": own}),
        TabularCPD("b", 2, [[0.1, 0.6, 0.9], [0.9, 0.4, 0.1]], ["a"], [3], state_names=names),
    )
    return model


@pytest.mark.parametrize("of_child", [["x", "y", "z"], ["z", "x", "y"], ["y", "x", "z"]])
def test_pgmpy_names_the_states_of_a_parent(of_child: list[str]) -> None:
    """A CPT of pgmpy may list the states of a parent in another order than the parent itself."""
    model = pgmpy_pair(["x", "y", "z"], of_child)
    found = from_pgmpy(model)
    for state in found.variable("a").states:
        row = found.cpts["b"][found.variable("a").states.index(state)]
        assert row[0] == model.get_cpds("b").get_value(a=state, b="p")


def test_pgmpy_states_that_a_child_calls_otherwise() -> None:
    plain = from_pgmpy(pgmpy_pair(["x", "y", "z"], None))
    np.testing.assert_allclose(plain.cpts["b"][:, 0], [0.1, 0.6, 0.9])
    with pytest.raises(InputError, match=r"parent 'a' of 'b' has the states \['x', 'y', 'z'\] in its own CPT"):
        from_pgmpy(pgmpy_pair(["x", "y", "z"], ["x", "y", "w"]))


@pytest.mark.parametrize("file_format", ["bif", "xmlbif"])
def test_export_reads_back_everywhere(small: NetworkDocument, tmp_path: Path, file_format: str) -> None:
    expected = own_posterior(small.network)
    path = tmp_path / {"bif": "small.bif", "xmlbif": "small.bifxml"}[file_format]
    path.write_text(interchange_text(small.network, file_format))
    names = renaming(small.network, file_format)
    findings = {name: names.state(name, state) for name, state in FINDINGS.items()}
    states = small.network.variable("diagnosis").states

    agrum = gum.LazyPropagation(gum.loadBN(str(path)))
    agrum.setEvidence(findings)
    posterior = agrum.posterior("diagnosis")
    np.testing.assert_allclose([posterior[{"diagnosis": s}] for s in states], expected, atol=1e-9)

    reader = BIFReader(str(path)) if file_format == "bif" else XMLBIFReader(str(path))
    answer = VariableElimination(reader.get_model()).query(["diagnosis"], evidence=findings, show_progress=False)
    np.testing.assert_allclose([answer.get_value(diagnosis=s) for s in states], expected, atol=1e-9)

    ours = parse_bif(path.read_text()) if file_format == "bif" else read_xmlbif(path).network
    for name, cpt in small.network.cpts.items():
        order = [ours.parents[name].index(p) for p in small.network.parents[name]]
        np.testing.assert_allclose(np.transpose(ours.cpts[name], [*order, len(order)]), cpt, atol=1e-9)


def test_renamed_states(small: NetworkDocument) -> None:
    assert renaming(small.network, "bif").states == {
        "age_group": {"0-17": "0_17", "18-39": "18_39", "40-59": "40_59", "60+": "60_plus"},
        "size_mm": {"<10": "lt_10", "10-30": "10_30", ">30": "gt_30"},
    }
    assert renaming(small.network, "xmlbif") == Renaming()
