"""BIF files: read as pgmpy reads them, refused with the place when they are wrong."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from bayesdx.errors import InputError
from bayesdx.formats.bif import parse_bif, read_bif
from bayesdx.formats.example_networks import example_network

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
    ],
)
def test_wrong_files_name_the_place(old: str, new: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.bif"
    path.write_text(TEXT.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=r"wrong\.bif: .*" + message.replace("(", r"\(")):
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
