"""BIF files: read as pgmpy reads them, refused with the place when they are wrong."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import numpy as np
import pytest
from example_networks import example_network

from bayesdx.errors import InputError
from bayesdx.formats.bif import bif_document, parse_bif, read_bif

TEXT = """
network unknown { }
variable rain { type discrete [ 2 ] { yes, no }; }
variable "wet grass" { type discrete [ 3 ] { dry, damp/wet, <1cm }; property position = (1, 2); }
probability ( rain ) { table 0.2, 0.8; } // the prior
probability ( "wet grass" | rain ) {
  (yes) 0.1, 0.3, 0.6; /* a
  comment */
  (no) 0.7, 0.2, 0.1;
}
"""


def test_states_rows_and_comments() -> None:
    network = parse_bif(TEXT)
    assert network.id == "unknown"
    assert network.variable("wet grass").states == ("dry", "damp/wet", "<1cm")
    assert network.parents["wet grass"] == ("rain",)
    np.testing.assert_array_equal(network.cpts["wet grass"], [[0.1, 0.3, 0.6], [0.7, 0.2, 0.1]])


def test_a_flat_table_lists_the_variable_slowest_and_default_fills_up() -> None:
    rows = "(yes) 0.1, 0.3, 0.6; /* a\n  comment */\n  (no) 0.7, 0.2, 0.1;"
    assert rows in TEXT
    flat = TEXT.replace(rows, "table 0.1, 0.7, 0.3, 0.2, 0.6, 0.1;")
    np.testing.assert_array_equal(parse_bif(flat).cpts["wet grass"], [[0.1, 0.3, 0.6], [0.7, 0.2, 0.1]])
    default = TEXT.replace("(no) 0.7", "default 0.7")
    np.testing.assert_array_equal(parse_bif(default).cpts["wet grass"], [[0.1, 0.3, 0.6], [0.7, 0.2, 0.1]])


@pytest.mark.parametrize("name", ["asia", "child", "alarm"])
def test_as_pgmpy_reads_it(name: str) -> None:
    import pgmpy
    from pgmpy.readwrite import BIFReader

    from bayesdx.formats.convert import from_pgmpy

    network = example_network(name)
    packed = Path(pgmpy.__file__).parent / "utils" / "example_models" / f"{name}.bif.gz"
    expected = from_pgmpy(BIFReader(string=gzip.decompress(packed.read_bytes()).decode()).get_model())
    assert {v.id: v.states for v in network.variables} == {v.id: v.states for v in expected.variables}
    for variable in network.variables:
        mine, theirs = ((*n.parents[variable.id], variable.id) for n in (network, expected))
        table = expected.cpts[variable.id].transpose([theirs.index(i) for i in mine])
        np.testing.assert_allclose(network.cpts[variable.id], table, atol=1e-12)


#: P(d = ill | t = pos) = 0.3 · 0.8 / (0.3 · 0.8 + 0.7 · 0.1) in all of these.
SPELLINGS = {
    "JavaBayes: blanks between, all quoted, no bar": """
network "N" { }
variable "d" { //2 values
  type discrete[2] { "ill" "well" }; }
variable "t" { type discrete[2] { "pos" "neg" }; property "position = (73, 165)" ; }
probability ( "d" ) { table 0.3 0.7 ; }
probability ( "t" "d" ) { //2 variable(s) and 4 values
  table 0.8 0.1 0.2 0.9 ; }""",
    "properties are text, whatever they hold": """
network n { property author = "a; b" ; property version 1.1; }
variable d { property see http://example.org/d ; type discrete [ 2 ] { ill, well }; property x (ill) 0.1 0.9; }
variable t { property "see // there" ; type discrete [ 2 ] { pos, neg }; }
probability ( d ) { property position = (10, 20) ; table 0.3, 0.7; property table 0.9 0.1; }
probability ( t | d ) { (ill) 0.8, 0.2; (well) 0.1, 0.9; property previous (ill) 0.9 0.1 ;
  property size 5" disk; }""",
    "quotes hold any character": """
network "n; {" { }
variable d { type discrete [ 2 ] { "ill", "w|e,l;l}" }; }
variable "t" { type discrete [ 2 ] { "pos", "(0,1]" }; }
variable "e (ms) // x" { type discrete [ 1 ] { "/* one */" }; }
probability ( d ) { table 0.3, 0.7; }
probability ( "t" | d ) { ("ill") 0.8, 0.2; ("w|e,l;l}") 0.1, 0.9; }
probability ( "e (ms) // x" | "t", d ) { default 1; }""",
    "probabilities before their variables, keywords as names, exponents, a row over the default": """
probability(t|d){(ill)8e-1,2E-1;default .1,.9;}
probability ( table ) { table 1.0 ; }
variable t { type discrete [ 2 ] { pos, neg }; }
variable table { type discrete [ 1 ] { default }; }
variable d { type discrete [ 2 ] { ill, well }; }
probability ( d ) { table 0.3, 0.7; }""",
}


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS)
def test_spellings_of_one_network(text: str) -> None:
    network = parse_bif(text)
    ill = network.variable("d").state_index("ill")
    joint = network.cpts["d"] * network.cpts["t"][:, network.variable("t").state_index("pos")]
    assert joint[ill] / joint.sum() == pytest.approx(0.24 / 0.31)


def test_latin_1(tmp_path: Path) -> None:
    path = tmp_path / "n.bif"
    path.write_bytes(TEXT.replace("network unknown { }", 'network n { property "Müller"; }').encode("latin-1"))
    document = read_bif(path)
    assert document.network.variable("rain").states == ("yes", "no")
    assert document.warnings == (f"{path}: is not UTF-8: read as Windows-1252",)


@pytest.mark.parametrize(
    ("row", "first", "warning"),
    [
        ("0.33333, 0.66666", 1 / 3, "CPT of 'rain' sums to 0.99999, not 1: it was divided by its sum"),
        ("0.3333, 0.6666", 1 / 3, "CPT of 'rain' sums to 0.9999, not 1: it was divided by its sum"),
        ("0.333, 0.666", 1 / 3, "CPT of 'rain' sums to 0.999, not 1: it was divided by its sum"),
        ("0.2000002, 0.8", 0.2000002, None),
    ],
)
def test_rounded_rows_are_divided_by_their_sum(row: str, first: float, warning: str | None) -> None:
    document = bif_document(TEXT.replace("0.2, 0.8", row))
    assert document.network.cpts["rain"][0] == pytest.approx(first, abs=1e-15)
    assert document.warnings == ((warning,) if warning else ())


def test_the_row_furthest_off_is_named_and_others_are_refused() -> None:
    document = bif_document(TEXT.replace("0.2, 0.8", "0.2, 0.80001").replace("(no) 0.7", "(no) 0.7005"))
    assert document.warnings == (
        "CPT of 'wet grass' given rain=no sums to 1.0005, not 1: it was divided by its sum "
        "(2 rows in all, this one furthest off)",
    )
    with pytest.raises(InputError, match=r"CPT of 'rain' sums to 1\.0011, not 1"):
        bif_document(TEXT.replace("0.2, 0.8", "0.2, 0.8011"))


def test_gzipped_and_plain_files(tmp_path: Path) -> None:
    plain, packed = tmp_path / "garden.bif", tmp_path / "garden.bif.gz"
    plain.write_text(TEXT, encoding="utf-8")
    packed.write_bytes(gzip.compress(TEXT.encode()))
    for path in (plain, packed):
        assert read_bif(path).network.id == "garden"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("variable", "varyable", "line 3: expected 'network', 'variable' or 'probability', found 'varyable'"),
        ("[ 2 ]", "[ 3 ]", "declares 3 states but lists 2"),
        ("(yes) 0.1, 0.3", "(yes) 0.1", "row of 2 numbers, expected 3"),
        ("(yes)", "(maybe)", "unknown state 'maybe'"),
        ("(yes)", "(yes, no)", "expected 1 states"),
        ("(no) 0.7, 0.2, 0.1;", "", "no row for some states"),
        ("0.6;", "0.6x;", "could not convert"),
        ("| rain )", "| snow )", "line 6: parent 'snow' of 'wet grass' is not a variable; choose from"),
        ("0.2, 0.8", "0.2, 0.7", "sums to 0.9, not 1"),
        ("| rain )", "| rain, rain )", "line 6: 'wet grass' lists the parent 'rain' twice"),
        ("| rain )", '| "wet grass" )', "unknown state 'yes' of 'wet grass'"),
        ("variable rain", 'variable "wet grass"', "variable 'wet grass' is declared twice"),
        ('probability ( "wet grass" | rain )', "probability ( rain )", "variable 'rain' has two CPTs"),
        ("(no)", "(yes)", "has two entries '(yes)'"),
        ("yes, no", "yes, yes", "variable 'rain' names a state twice: 'yes'"),
        ("{ yes, no }", '{ "", no }', "the name of a state of 'rain' is empty"),
        ("0.6;", "0.6", "line 7: expected a row of numbers with ';', or a property, found '(yes)'"),
        ("0.7, 0.2, 0.1;\n}", "0.7, 0.2, 0.1;", "the file ends inside a block: '}' is missing"),
    ],
)
def test_wrong_files_name_the_place(old: str, new: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.bif"
    path.write_text(TEXT.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=r"wrong\.bif: .*" + re.escape(message)):
        read_bif(path)


def test_unreadable_files_and_unknown_examples(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_bif(tmp_path / "absent.bif")
    bad = tmp_path / "bad.bif.gz"
    bad.write_bytes(b"not gzip")
    with pytest.raises(InputError, match="line 1: expected"):
        read_bif(bad)
    bad.write_bytes(gzip.compress(TEXT.encode())[:-9])
    with pytest.raises(InputError, match="cannot be unpacked"):
        read_bif(bad)
    with pytest.raises(InputError, match="did you mean 'alarm'"):
        example_network("alarms")
