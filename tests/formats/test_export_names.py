"""Whatever the names: what is exported is read back here, in pgmpy and in pyAgrum, to the same posteriors."""

from __future__ import annotations

import contextlib
import io
import logging
from pathlib import Path

import numpy as np
import pyagrum as gum
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pgmpy.inference import VariableElimination
from pgmpy.readwrite import BIFReader, XMLBIFReader

from bayesdx.formats.bif import read_bif
from bayesdx.formats.convert import interchange_text
from bayesdx.formats.plain_names import renaming
from bayesdx.formats.xmlbif import read_xmlbif
from bayesdx.network import Network, Variable

RESERVED = ("network", "variable", "probability", "property", "type", "discrete", "table", "default", "unknown")
names = st.one_of(
    st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=8).filter(
        lambda name: bool(name.strip())
    ),
    st.text("abx01_ ,;|()[]{}\"'/\\\\<>&#%$.-+=:*?éß良\u00a0", min_size=1, max_size=6).filter(
        lambda n: bool(n.strip())
    ),
    st.sampled_from([*RESERVED, "Network", "a_property", "tables", "1", "01", "1e5", "nan", "inf", "true", "None"]),
    st.tuples(st.sampled_from(RESERVED), st.sampled_from(["_", " x", "_2", "(", ";", "{"])).map("".join),
)


def distinct(count: int) -> st.SearchStrategy[list[str]]:
    return st.lists(names, min_size=count, max_size=count, unique=True)


def make(variables: list[str], states: list[list[str]]) -> Network:
    """A chain with a collider, with CPTs that no permutation of the states leaves as they are."""
    rng = np.random.default_rng(5)
    a, b, c = (Variable(name, tuple(its_states)) for name, its_states in zip(variables, states, strict=True))
    families = {a.id: (), b.id: (a.id,), c.id: (b.id, a.id)}
    card = {v.id: v.cardinality for v in (a, b, c)}
    cpts = {v: rng.dirichlet(np.ones(card[v]), size=[card[p] for p in ps]) for v, ps in families.items()}
    return Network("n", (a, b, c), families, cpts)


def expected(network: Network) -> list[float]:
    """P(a | the last state of c), by summing the joint."""
    a, b, c = (network.cpts[v.id] for v in network.variables)
    joint = np.einsum("i,ij,ji->i", a, b, c[:, :, -1])
    return [float(p) for p in joint / joint.sum()]


@pytest.mark.parametrize("file_format", ["bif", "xmlbif"])
# Few examples: the BIF reader of pgmpy takes a second to begin.
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(variables=distinct(3), states=st.tuples(distinct(3), distinct(2), distinct(2)))
@example(variables=["tumour size", "a,b", "t(1)"], states=(["<10", "lt_10", "lt 10"], ["良", "否"], ["1", "0"]))
@example(variables=["0", "1e", "00"], states=(["0", "network", "network_"], ["0", "00"], ["0", "0è:"]))
@example(variables=["0", "\ufeff", "00"], states=(["0", "\ufeff", "a\uffff"], ["0", "00"], ["0", "00"]))
@example(variables=["A", "a", "B"], states=(["x", "X", "y"], ["0", "1"], ["b", "B"]))
@example(variables=["A", "a", "á"], states=(["é", "É", "e"], ["0", "1"], ["a_2", "A"]))
@example(variables=["10", "_10", "network"], states=(["a", " a", "a "], ["0", "1"], ["table", "default"]))
def test_read_back_everywhere(
    file_format: str, variables: list[str], states: tuple[list[str], ...], tmp_path: Path
) -> None:
    network = make(variables, list(states))
    renamed = renaming(network, file_format)
    path = tmp_path / {"bif": "n.bif", "xmlbif": "n.bifxml"}[file_format]
    path.write_text(interchange_text(network, file_format), encoding="utf-8")
    a, c = network.variables[0], network.variables[2]
    new_a, new_c = renamed.variable(a.id), renamed.variable(c.id)
    new_states, last = [renamed.state(a.id, s) for s in a.states], renamed.state(c.id, c.states[-1])

    ours = (read_bif if file_format == "bif" else read_xmlbif)(path).network
    assert [v.id for v in ours.variables] == [renamed.variable(v.id) for v in network.variables]
    for v, read in zip(network.variables, ours.variables, strict=True):
        assert read.states == tuple(renamed.state(v.id, s) for s in v.states)
        np.testing.assert_array_equal(ours.cpts[read.id], network.cpts[v.id])

    with contextlib.redirect_stdout(io.StringIO()):
        peer = gum.loadBN(str(path))
    agrum = gum.LazyPropagation(peer)
    agrum.setEvidence({peer.idFromName(new_c): last})
    labels = list(peer.variable(peer.idFromName(new_a)).labels())
    posterior = agrum.posterior(peer.idFromName(new_a)).tolist()
    theirs = [posterior[labels.index(state)] for state in new_states]
    np.testing.assert_allclose(theirs, expected(network), atol=1e-9)

    logging.disable(logging.CRITICAL)
    reader = BIFReader(str(path)) if file_format == "bif" else XMLBIFReader(str(path))
    answer = VariableElimination(reader.get_model()).query([new_a], evidence={new_c: last}, show_progress=False)
    theirs = [answer.get_value(**{new_a: s}) for s in new_states]
    np.testing.assert_allclose(theirs, expected(network), atol=1e-9)
