"""The same networks in each format: as pyAgrum and pgmpy have them, or as written by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyagrum as gum
import pytest

from bayesdx import load
from bayesdx.errors import InputError
from bayesdx.formats.net import net_document
from bayesdx.formats.network_file import read_network_file
from bayesdx.formats.uai import parse_evidence, parse_uai, uai_document
from bayesdx.formats.xdsl import xdsl_document
from bayesdx.formats.xmlbif import xmlbif_document
from bayesdx.inference import compile_network
from bayesdx.network import Network

#: P(c | a, b) of the networks written by hand: a slowest, b, then the states of c.
ROWS = [0.01, 0.99, 0.12, 0.88, 0.23, 0.77, 0.34, 0.66, 0.45, 0.55, 0.56, 0.44]
TEXT = " ".join(map(str, ROWS))

UAI = f"BAYES\n3\n2 3 2\n3\n1 0\n1 1\n3 0 1 2\n\n2\n 0.3 0.7\n3\n 0.2 0.3 0.5\n12\n {TEXT}\n"

NET = f"""
net {{ node_size = (80 40); comment = "a }} in a string; 100 %"; }}
node a {{ states = ("low" "a \\"high\\" one"); label = "Size"; position = (1 2); }}
discrete node b {{ label = ""; states = ("x" "y" "z"); }} % potential (b) {{ }}
node c {{ states = ("pos" "neg"); }}
potential (a) {{ data = (0.3 0.7); }}
potential (b) {{ data = (0.2 0.3 0.5); }}
potential (c | a b) {{ data = ((({TEXT})))
  % the first parent is slowest
  ; }}
"""

XDSL = f"""<?xml version="1.0" encoding="ISO-8859-1"?>
<smile version="1.0" id="Network1" numsamples="1000" discsamples="1000"><nodes>
<cpt id="a"><state id="low"/><state id="high"/><probabilities>0.3 0.7</probabilities></cpt>
<cpt id="b"><state id="x"/><state id="y"/><state id="z"/><probabilities>0.2 0.3 0.5</probabilities></cpt>
<cpt id="c"><state id="pos"/><state id="neg"/><parents>a b</parents><probabilities>{TEXT}</probabilities></cpt>
<deterministic id="d"><state id="t"/><state id="f"/><parents>a</parents><resultingstates>f t</resultingstates>
</deterministic></nodes><extensions><genie version="1.0" app="GeNIe 2.1"><node id="a"><name>Größe</name></node>
</genie></extensions></smile>"""

XMLBIF = f"""<?xml version="1.0" encoding="US-ASCII"?>
<!DOCTYPE BIF [ <!ELEMENT BIF ( NETWORK )*> <!ATTLIST BIF VERSION CDATA #REQUIRED> ]>
<BIF VERSION="0.3" xmlns="http://www.example.org/xmlbif"><NETWORK>
<PROPERTY>author = Nobody</PROPERTY>
<VARIABLE TYPE="nature"><NAME> a
 </NAME><OUTCOME>low</OUTCOME><PROPERTY>no colon</PROPERTY><OUTCOME>&lt;high&gt;</OUTCOME></VARIABLE>
<VARIABLE><NAME>b</NAME><OUTCOME>'\\'x\\''</OUTCOME><OUTCOME>y</OUTCOME><OUTCOME>z</OUTCOME></VARIABLE>
<VARIABLE TYPE="nature"><NAME>c</NAME><OUTCOME>pos</OUTCOME><OUTCOME>neg</OUTCOME></VARIABLE>
<DEFINITION><FOR>c</FOR><GIVEN>a</GIVEN><GIVEN>b</GIVEN><TABLE><!-- order --> {TEXT}</TABLE></DEFINITION>
<DEFINITION><FOR>a</FOR><TABLE>.3 7E-1</TABLE></DEFINITION>
<DEFINITION><FOR>b</FOR><TABLE>0.2
0.3
0.5</TABLE></DEFINITION></NETWORK></BIF>"""


@pytest.mark.parametrize(
    ("read", "text", "names"),
    [
        (uai_document, UAI, ("x0", "x1", "x2")),
        (net_document, NET, ("a", "b", "c")),
        (xdsl_document, XDSL, ("a", "b", "c")),
        (xmlbif_document, XMLBIF, ("a", "b", "c")),
    ],
)
def test_written_by_hand(read: Callable[[str], object], text: str, names: tuple[str, ...]) -> None:
    document = read(text)
    network: Network = document.network
    a, b, c = names
    assert network.parents[c] == (a, b)
    np.testing.assert_array_equal(network.cpts[a], [0.3, 0.7])
    np.testing.assert_array_equal(network.cpts[b], [0.2, 0.3, 0.5])
    np.testing.assert_array_equal(network.cpts[c], np.reshape(ROWS, (2, 3, 2)))
    assert document.warnings == ()


def test_names_and_labels() -> None:
    net, xdsl, xmlbif = net_document(NET).network, xdsl_document(XDSL).network, xmlbif_document(XMLBIF).network
    assert net.variable("a").states == ("low", 'a "high" one')
    assert net.variable("a").label == "Size"
    assert xdsl.variable("a").label == "Größe"
    np.testing.assert_array_equal(xdsl.cpts["d"], [[0, 1], [1, 0]])
    assert xmlbif.variable("a").states == ("low", "<high>")
    assert xmlbif.variable("b").states[0] == "'\\'x\\''"
    assert uai_document(UAI).network.variable("x1").states == ("0", "1", "2")


@pytest.mark.parametrize("ending", ["bif", "bifxml", "net", "uai", "xdsl"])
@pytest.mark.parametrize("dag", ["a->b[3]->c;a->c;d[4]->c", "a{yes|no}->b{x|y|z}->c{p|q};a->c;d{1|2|3|4}->c"])
def test_files_that_pyagrum_writes(ending: str, dag: str, tmp_path: Path) -> None:
    peer = gum.fastBN(dag)
    path = tmp_path / f"n.{ending}"
    gum.saveBN(peer, str(path))
    if ending == "uai":  # it has no names
        names = {peer.variable(i).name(): f"x{i}" for i in peer.nodes()}
    else:
        names = {name: name for name in peer.names()}
    network = read_network_file(path).network
    engine = compile_network(network)
    for finding in range(3):
        evidence = {names["b"]: np.eye(3)[finding], names["c"]: np.eye(2)[1]}
        inference = gum.LazyPropagation(peer)
        inference.setEvidence({"b": finding, "c": 1})
        for asked in ("a", "d"):
            found = engine.posterior(evidence, names[asked]).probabilities
            # UAI, XDSL and XMLBIF files of pyAgrum hold six digits.
            np.testing.assert_allclose(found, inference.posterior(asked).tolist(), atol=5e-6)


@pytest.mark.parametrize(
    "scopes",
    [
        "# made by hand\n1 0\n1 1\n3 0 1 2",
        "1 0\n1 1\n3 0 1 2   # c",
        "# 1 0\n1 0   # a\n1 1   # b\n3 0 1 2   # c",
        "1 0   # prior\n1 1   # prior\n3 0 1 2   # c",
        "1 0   #\n1 1   #\n3 0 1 2   #",
        "1 0 1 1   # a b\n3 0 1 2   # c",
    ],
)
def test_other_comments_turn_no_parents_round(scopes: str) -> None:
    """The UAI format has the last parent fastest; only aGrUM, which names the variable of each scope, does not."""
    document = uai_document(f"BAYES 3 2 2 2 3\n{scopes}\n2 0.2 0.8 2 0.3 0.7 8 0.1 0.9 0.2 0.8 0.3 0.7 0.4 0.6")
    assert document.warnings == ()
    assert document.network.parents["x2"] == ("x0", "x1")
    np.testing.assert_allclose(document.network.cpts["x2"][..., 0], [[0.1, 0.2], [0.3, 0.4]])


@pytest.mark.parametrize("name", ["n.BIF", "n.XML", "n.Net", "n.UAI", "n.XDSL", "n.JSON"])
def test_endings_in_capitals_and_gzipped(name: str, tmp_path: Path) -> None:
    import gzip

    texts = {".bif": None, ".xml": XMLBIF, ".net": NET, ".uai": UAI, ".xdsl": XDSL, ".json": None}
    text = texts[Path(name.lower()).suffix] or (
        "network n { } variable a { type discrete [ 2 ] { x, y }; } probability ( a ) { table 0.2, 0.8; }"
        if name.endswith("BIF")
        else '{"format": "bayesdx-network/1", "id": "n", "variables": [{"id": "a", "states": ["x", "y"]}], '
        '"cpts": {"a": [[0.2, 0.8]]}}'
    )
    for path, data in ((tmp_path / name, text.encode()), (tmp_path / f"{name}.GZ", gzip.compress(text.encode()))):
        path.write_bytes(data)
        assert len(read_network_file(path).network.variables) >= 1


def test_markov_networks_are_factors_but_no_network(tmp_path: Path) -> None:
    text = "c a comment\nMARKOV\n3\n2 2 3\n2\n2 0 1\n2 1 2\n\n4\n4.0 2.4\n1.0 0.0\n6\n1 2 3 4 5 6\n"
    graph = parse_uai(text)
    assert (graph.kind, graph.cardinalities) == ("MARKOV", (2, 2, 3))
    assert [factor.scope for factor in graph.factors] == [(0, 1), (1, 2)]
    np.testing.assert_array_equal(graph.factors[0].table, [[4.0, 2.4], [1.0, 0.0]])
    (tmp_path / "m.uai").write_text(text)
    with pytest.raises(InputError, match=r"m\.uai: is a Markov network \(MARKOV\), which has no DAG"):
        load(tmp_path / "m.uai")


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        ("2 1 0 2 1", {"x1": "0", "x2": "1"}),
        ("1\n2 1 0 2 1\n", {"x1": "0", "x2": "1"}),
        ("1 3 0", {"x3": "0"}),
        ("1\n1 3 0", {"x3": "0"}),
        ("0", {}),
    ],
)
def test_evidence(text: str, findings: dict[str, str]) -> None:
    assert parse_evidence(text) == findings


def test_evidence_is_a_case(tmp_path: Path) -> None:
    (tmp_path / "n.uai").write_text(UAI)
    (tmp_path / "n.uai.evid").write_text("2 1 2 2 0\n")
    answer = load(tmp_path / "n.uai", target="x0").query(tmp_path / "n.uai.evid")
    wanted = 0.3 * 0.23 / (0.3 * 0.23 + 0.7 * 0.56)
    assert {row.diagnosis: row.probability for row in answer.posterior}["0"] == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (uai_document, "BAYES 1 2 1 1 0 2 0.5", "the file ends inside the factor of x0"),
        (uai_document, "BAYES 1 2 1 1 0 3 0.5 0.2 0.3", "lists 3 numbers, expected 2"),
        (uai_document, UAI + " 7", "'7' follows the last factor"),
        (uai_document, "BAYES 2 2 2 1 1 0 2 0.5 0.5", "variable 'x1' has no CPT"),
        (uai_document, "BAYES 1 2 1 2 0 0 4 1 1 1 1", "names a variable twice"),
        (uai_document, "BAYES 1 2 1 1 5 2 1 1", "'5' is not a variable of a factor from 0 to 0"),
        (uai_document, "LIMID 1", "neither BAYES nor MARKOV"),
        (parse_evidence, "2 0 1 0 1", "observed twice"),
        (parse_evidence, "1\n1 0 1 5", "is this one sample"),
        (net_document, NET.replace("(c | a b)", "(c a | b)"), "not the CPT of one node"),
        (net_document, NET.replace("discrete node", "continuous node"), "'b' is a continuous node"),
        (net_document, NET.replace("discrete node", "utility"), "'utility' is not read"),
        (net_document, NET.replace("data = (0.3 0.7)", "model_data = (Normal (0, 1))"), "is an expression"),
        (net_document, NET.replace("a b)", "a q)"), "parent 'q' of 'c' is not a variable"),
        (xdsl_document, XDSL.replace("deterministic", "noisymax"), "'d' is a node of kind 'noisymax'"),
        (xdsl_document, XDSL.replace(">f t<", ">f u<"), "'u' is not a state of 'd'"),
        (xdsl_document, XDSL.replace("smile", "bif"), "is not an XDSL file"),
        (
            xdsl_document,
            XDSL.replace("<probabilities>0.3", "<probabilities>0.9 0.1</probabilities><probabilities>0.3"),
            "'a' has 2 elements <probabilities>, expected one",
        ),
        (xdsl_document, XDSL.replace("<parents>", "<parents>b</parents><parents>", 1), "has 2 elements <parents>"),
        (xdsl_document, XDSL.replace("</nodes>", "</nodes><nodes></nodes>"), "2 elements <nodes> in <smile>"),
        (
            xdsl_document,
            XDSL.replace("<resulting", "<resultingstates>t f</resultingstates><resulting", 1),
            "'d' has 2",
        ),
        (
            xmlbif_document,
            XMLBIF.replace("<OUTCOME>", "<NAME>q</NAME><OUTCOME>", 1),
            "a variable has 2 elements <NAME>",
        ),
        (xmlbif_document, XMLBIF.replace('"nature"', '"utility"', 1), "'a' is a utility node"),
        (xmlbif_document, XMLBIF.replace("<FOR>a", "<FOR>c"), "variable 'c' has two CPTs"),
        (xmlbif_document, XMLBIF.replace("<FOR>a</FOR>", "<FOR>a</FOR><FOR>b</FOR>"), "holds 2 <FOR>"),
        (xmlbif_document, XMLBIF.replace("0.01", ""), "holds 11 numbers, expected 12"),
        (xmlbif_document, XMLBIF.replace("</NETWORK>", ""), "not valid XML"),
        (xmlbif_document, "<html><body>no</body></html>", "is not an XMLBIF file"),
    ],
)
def test_wrong_files_name_the_place(read: Callable[[str], object], text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "entity",
    [
        '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">',
        '<!ENTITY a SYSTEM "file:///etc/passwd">',
        '<!ENTITY % p SYSTEM "http://example.org/x.dtd">',
    ],
)
def test_entities_are_refused(entity: str) -> None:
    with pytest.raises(InputError, match=r"line 1: the entity '[ap]' is not allowed"):
        xmlbif_document(f"<!DOCTYPE BIF [{entity}]><BIF><NETWORK><NAME>&a;</NAME></NETWORK></BIF>")
    with pytest.raises(InputError, match="the entity 'a' is not allowed"):
        xmlbif_document('<!DOCTYPE BIF SYSTEM "x.dtd"><BIF><NETWORK><NAME>&a;</NAME></NETWORK></BIF>')


@pytest.mark.parametrize(
    ("data", "label", "warned"),
    [
        (XDSL.encode("latin-1"), "Größe", False),
        (XDSL.replace("ISO-8859-1", "utf-8").encode(), "Größe", False),
        (XDSL.replace("ISO-8859-1", "utf-8").encode("utf-8-sig"), "Größe", False),
        (XDSL.replace("ISO-8859-1", "utf-16").encode("utf-16"), "Größe", False),
        (XDSL.replace("ISO-8859-1", "utf-16").encode(), "Größe", False),
        (XDSL.replace("ISO-8859-1", "utf-8").encode("cp1252"), "Größe", True),
        (XDSL.replace("Größe", "Δ").replace("ISO-8859-1", "iso-8859-7").encode("iso-8859-7"), "Δ", False),
    ],
)
def test_encodings(data: bytes, label: str, warned: bool, tmp_path: Path) -> None:
    path = tmp_path / "n.xdsl"
    path.write_bytes(data)
    document = read_network_file(path)
    assert document.network.variable("a").label == label
    assert any("read as Windows-1252" in warning for warning in document.warnings) == warned
