"""Case files: what may be written, and what every mistake is called."""

from __future__ import annotations

import datetime
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesdx.case import EncodedCase, case_from_mapping, encode
from bayesdx.cells import day_of, is_blank, parse_weights
from bayesdx.document import NetworkDocument
from bayesdx.errors import InputError
from bayesdx.files import parse
from bayesdx.formats.case_file import read_cases
from bayesdx.model import Model
from bayesdx.network import Network, Variable


def encoded(small: NetworkDocument, **mapping: Any) -> EncodedCase:
    return encode(case_from_mapping(mapping), small.network, small.vocabulary)


def test_hard_uncertain_negative_findings(small: NetworkDocument) -> None:
    found = encoded(
        small,
        age=68,
        sex="male",
        findings={
            "level": "cervical",
            "mr_t2_signal": {"hyper": 0.8, "mixed": 0.2},
            "compartment": "not extradural",
        },
    )
    expected = {
        "level": [1, 0, 0],
        "mr_t2_signal": [0, 0, 0.8, 0.2],
        "compartment": [0, 1],
        "age_group": [0, 0, 0, 1],
        "sex": [0, 1],
    }
    assert {name: weights.tolist() for name, weights in found.weights.items()} == expected
    assert dict(found.stated) == {
        "level": "cervical",
        "mr_t2_signal": {"hyper": 0.8, "mixed": 0.2},
        "compartment": "intradural_extramedullary",
        "age_group": "60+",
        "sex": "male",
    }
    assert found.warnings == ()


def test_negative_finding_of_many_states(small: NetworkDocument) -> None:
    found = encoded(small, findings={"mr_t2_signal": "not hyper"})
    assert found.weights["mr_t2_signal"].tolist() == [1, 1, 0, 1]
    assert found.stated["mr_t2_signal"] == "not hyper"


@pytest.mark.parametrize(
    ("age", "group"),
    [(0, "0-17"), (17.9, "0-17"), (18, "18-39"), (39.99, "18-39"), (40, "40-59"), (60, "60+"), (120, "60+")],
)
def test_age_groups(small: NetworkDocument, age: float, group: str) -> None:
    assert encoded(small, age=age).stated["age_group"] == group


@pytest.mark.parametrize(
    ("size", "state"), [(0, "<10"), (9.99, "<10"), (10, "10-30"), (30, "10-30"), (30.1, ">30"), ("12", "10-30")]
)
def test_sizes(small: NetworkDocument, size: object, state: str) -> None:
    assert encoded(small, findings={"size_mm": size}).stated["size_mm"] == state


@pytest.mark.parametrize(("value", "state"), [(True, "present"), (False, "absent")])
def test_yes_and_no_are_understood(small: NetworkDocument, value: bool, state: str) -> None:
    assert encoded(small, findings={"mr_dural_tail": value}).stated["mr_dural_tail"] == state


def test_missing_finding_is_not_there(small: NetworkDocument) -> None:
    assert dict(encoded(small, age=None, findings={"level": None}).weights) == {}
    assert dict(encoded(small, findings=None).weights) == {}


def test_unused_finding_and_state_are_warnings(small: NetworkDocument) -> None:
    found = encoded(small, findings={"syrinx": "present", "mr_t2_signal": "fluid"})
    assert dict(found.weights) == {}
    assert found.warnings == (
        "'syrinx' is not used by network 'small'",
        "state 'fluid' of finding 'mr_t2_signal' is not used by network 'small'",
    )
    partly = encoded(small, findings={"mr_t2_signal": {"hyper": 1, "fluid": 1}})
    assert partly.stated["mr_t2_signal"] == "hyper"
    assert len(partly.warnings) == 1


@pytest.mark.parametrize(
    ("states", "number", "state"),
    [
        (("<0", "0-10", ">10"), 0, "0-10"),
        (("<0", "0-10", ">10"), -0.5, "<0"),
        (("<0", "0-10", ">10"), 10, "0-10"),
        (("<0", "0-10", ">10"), 10.01, ">10"),
        (("<10", "10-30", ">30"), 0, "<10"),
        (("<=10", "10-20"), 10, None),
        (("<=10", ">10"), 10, "<=10"),
        (("≤10", ">10"), 10.5, ">10"),
        (("<10", "≥10"), 10, "≥10"),
        (("<-10", "-10-10", ">10"), -10, "-10-10"),
        (("<-10", "-10-10", ">10"), -11, "<-10"),
        ((">=-5", "<-5"), -2, ">=-5"),
        (("0-10", "10-20"), 10, None),
        (("0-10", "10-20"), 9.5, "0-10"),
        (("0-10", "5+"), 7, None),
        (("01", "1", "2"), 1, "1"),
        (("01", "1", "2"), 1.0, "1"),
        (("01", "1", "2"), "01", "01"),
        (("01", "001", "2"), 1.0, None),
        (("0-10", "5"), 5.0, "5"),
    ],
)
def test_a_number_is_in_the_one_state_that_holds_it(
    states: tuple[str, ...], number: object, state: str | None
) -> None:
    variable = Variable("size", states)
    rows = {"size": np.full(len(states), 1 / len(states))}
    network = Network("n", (variable,), {}, rows)
    if state is not None:
        assert encode(case_from_mapping({"findings": {"size": number}}), network).stated == {"size": state}
        return
    holders = [f"'{one}'" for one in states if one != "2"]
    with pytest.raises(InputError, match=f"may be {re.escape(' or '.join(holders))} of 'size'"):
        encode(case_from_mapping({"findings": {"size": number}}), network)


@pytest.mark.parametrize(
    ("stated", "possible"),
    [
        ("10..10", ["0-10", "10-20"]),
        ("<0", ["<0"]),
        ("<1", ["<0", "0-10"]),
        ("..-3", ["<0"]),
        ("-5..5", ["<0", "0-10"]),
        (">10", ["10-20", ">20"]),
        (">=20", ["10-20", ">20"]),
        (">20", [">20"]),
        ("≥ 20", ["10-20", ">20"]),
        ("≤0", ["<0", "0-10"]),
    ],
)
def test_a_range_is_every_state_that_it_meets(stated: str, possible: list[str]) -> None:
    variable = Variable("size", ("<0", "0-10", "10-20", ">20"))
    weights = encode(
        case_from_mapping({"findings": {"size": stated}}), Network("n", (variable,), {}, {"size": np.full(4, 0.25)})
    )
    assert [s for s, w in zip(variable.states, weights.weights["size"], strict=True) if w] == possible


def test_misspelt_and_misplaced_keys_are_warnings(small: NetworkDocument) -> None:
    found = encoded(
        small, finding={"level": "cervical"}, level="cervical", note="kept", proof="histology", empty=""
    )
    assert found.warnings == (
        "key 'finding' is not used; did you mean 'findings'?",
        "key 'level' is not used: a finding belongs under 'findings'",
    )
    found = encoded(small, syrinx="present", dural="present", zzz=1, findings={"level": "cervical"})
    assert found.warnings == (
        "key 'syrinx' is not used: a finding belongs under 'findings'",
        "key 'dural' is not used; did you mean 'mr_dural_tail'?",
        "key 'zzz' is not used",
    )


@pytest.mark.parametrize("key", ["levle", "Level", "mr_t2_sginal", "Age"])
@pytest.mark.parametrize("arrival", ["top level", "row with findings", "flat row", "pandas row", "pandas table"])
def test_a_misspelt_finding_is_refused_wherever_it_stands(small: NetworkDocument, key: str, arrival: str) -> None:
    """In a case file, a line of JSON, a table and a row of one: alike."""
    model = Model(small, "default")
    flat = {key: "cervical", "compartment": "extradural"}
    case = {key: "cervical", "findings": {"compartment": "extradural"}}
    if arrival in ("row with findings", "flat row", "pandas table"):
        rows: Any = pd.DataFrame([flat]) if arrival == "pandas table" else [flat if arrival == "flat row" else case]
        ((_, message),) = model.query_batch(rows).errors
    else:
        with pytest.raises(InputError) as caught:
            model.query(pd.Series(flat) if arrival == "pandas row" else case)
        message = str(caught.value).removeprefix("case: ")
    meant = {"levle": "level", "Level": "level", "mr_t2_sginal": "mr_t2_signal", "Age": "age"}
    assert message == f"unknown finding '{key}'; did you mean '{meant[key]}'?"


def test_a_row_of_a_table_names_a_finding_once(small: NetworkDocument) -> None:
    row = pd.Series(["cervical", "lumbar", 50], index=["level", "level", "age"])
    with pytest.raises(InputError, match="column 'level' is given twice"):
        Model(small, "default").query(row)
    answer = Model(small, "default").query_batch([row, {"level": "lumbar"}])
    assert answer.errors == ((1, "column 'level' is given twice"),)


def test_what_a_network_does_not_know_is_not_offered() -> None:
    """Age is no finding where no age group is."""
    sign = Variable("sign", ("a", "b"))
    network = Network(
        "n",
        (Variable("d", ("x", "y")), sign),
        {"sign": ("d",)},
        {"d": [0.5, 0.5], "sign": [[0.2, 0.8]] * 2},
        target="d",
    )
    answer = Model(NetworkDocument(network), "network").query_batch([{"age": 50, "level": "lumbar"}])
    assert answer.errors[0][1] == "no column is a finding of network 'n': 'age'; choose from: sign"


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"findings": {"mr_t2": "hyper"}}, "unknown finding 'mr_t2'; did you mean 'mr_t2_signal'?"),
        ({"findings": {"qqq": "hyper"}}, "unknown finding 'qqq'; choose from: level, compartment"),
        ({"findings": {"mr_t2_signal": "hypr"}}, "'hypr' is not a state of 'mr_t2_signal'; did you mean"),
        (
            {"findings": {"mr_t2_signal": "peripheral_rim"}},
            "'peripheral_rim' is not a state of 'mr_t2_signal' but of 'ct_calcification_pattern'; choose from:",
        ),
        ({"findings": {"mr_t2_signal": "not hypr"}}, "'hypr' is not a state of 'mr_t2_signal'; did you mean"),
        ({"findings": {"mr_t2_signal": 3}}, "'mr_t2_signal' takes one of its states, not the number 3"),
        ({"findings": {"mr_t2_signal": True}}, "'true' is not a state of 'mr_t2_signal'; choose from: hypo"),
        ({"findings": {"mr_t2_signal": ["hyper"]}}, "finding 'mr_t2_signal' is a list; write a state"),
        ({"findings": {"mr_t2_signal": {}}}, "finding 'mr_t2_signal' is empty; write a state"),
        ({"findings": {"mr_t2_signal": {"hyper": math.nan}}}, "weight nan of 'hyper' is not a finite number >= 0"),
        ({"findings": {"mr_t2_signal": {"hyper": math.inf}}}, "weight inf of 'hyper' is not a finite number >= 0"),
        ({"findings": {"mr_t2_signal": {"hyper": -1}}}, "weight -1 of 'hyper' is not a finite number >= 0"),
        ({"findings": {"mr_t2_signal": {"hyper": "much"}}}, "weight 'much' of 'hyper' is not a finite number >= 0"),
        ({"findings": {"mr_t2_signal": {"hyper": 0, "iso": 0}}}, "finding 'mr_t2_signal': all weights are zero"),
        (
            {"findings": {"mr_t2_signal": {"hyper": 5e-324, "iso": 5e-324}}},
            "finding 'mr_t2_signal': its largest weight is 4.94066e-324, not from 1e-100 to 1e+100",
        ),
        (
            {"findings": {"mr_t2_signal": "hyper:1e300,iso:1e-300"}},
            "finding 'mr_t2_signal': its largest weight is 1e+300, not from 1e-100 to 1e+100",
        ),
        ({"findings": {"size_mm": -3}}, "no state of 'size_mm' covers -3; choose from: <10, 10-30, >30"),
        ({"findings": {"size_mm": math.inf}}, "'inf' is not a state of 'size_mm'; choose from: <10, 10-30, >30"),
        ({"findings": {"size_mm": "12,5"}}, "'12,5' is not a state of 'size_mm': a number has a decimal point"),
        ({"findings": {"diagnosis": "capnon"}}, "'diagnosis' is what network 'small' is asked for, not a finding"),
        ({"findings": {"mineralisation": "dense"}}, "'mineralisation' is a hidden variable of network 'small'"),
        ({"findings": ["level"]}, "'findings' is a mapping of finding to state, not a list"),
        ({"age": 130}, "age 130 is not a number of years from 0 to 120"),
        ({"age": -1}, "age -1 is not a number of years from 0 to 120"),
        ({"age": math.inf}, "age inf is not a number of years from 0 to 120"),
        ({"age": "old"}, "age 'old' is not a number of years from 0 to 120"),
        ({"sex": "man"}, "'man' is not a state of 'sex'; did you mean 'male'?"),
        ({"sex": 1}, "'sex' takes one of its states, not the number 1"),
        ({"diagnosis": ["capnon"]}, "'diagnosis' is text, not a list"),
        ({"id": True}, "'id' is text, not True"),
        ({"age": 30, "findings": {"age_group": "60+"}}, "'age_group' is given twice: once as 'age'"),
        ({1: 2}, "key 1 is not text"),
        ({"syrnix": "present"}, "unknown finding 'syrnix'; did you mean 'syrinx'?"),
        ({"source": {"dio": "10.1/x"}}, "unknown key 'dio' of 'source'; did you mean 'doi'?"),
        ({"source": {"Title": "On A"}}, "unknown key 'Title' of 'source'; did you mean 'title'?"),
        ({"source": {"doi": ["10.1/x"]}}, "source: 'doi' is one DOI, not a list"),
        ({"source": {"doi": "10.1/x, 10.1/y"}}, "source: 'doi' is one DOI, not '10.1/x, 10.1/y'"),
        ({"source": {"doi": "10.1/x,10.1/y"}}, "source: 'doi' is one DOI, not '10.1/x,10.1/y'"),
        ({"source": {"doi": "10.1 / x"}}, "source: 'doi' is one DOI, not '10.1 / x'"),
        ({"source": {"pmid": "PMC7"}}, "source: 'pmid' is one PMID, not 'PMC7'"),
        ({"source": {"pmid": 1.5}}, "source: 'pmid' is one PMID, not 1.5"),
        ({"source": [{"doi": "10.1/x"}]}, "'source' is the publication of the case, not a list"),
    ],
)
def test_mistakes_are_named(small: NetworkDocument, mapping: dict[Any, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        encode(case_from_mapping(mapping, "case.yaml"), small.network, small.vocabulary)
    assert message in str(caught.value)
    assert str(caught.value).startswith("case.yaml: ")
    assert "\n" not in str(caught.value)


@given(
    st.dictionaries(st.sampled_from(["hypo", "iso", "hyper", "mixed"]), st.floats(0, 1e6), min_size=1),
)
def test_weights_are_kept(pairs: dict[str, float]) -> None:
    variable = Variable("mr_t2_signal", ("hypo", "iso", "hyper", "mixed"))
    network = Network("n", (variable,), {}, {"mr_t2_signal": np.full(4, 0.25)})
    case = case_from_mapping({"findings": {"mr_t2_signal": pairs}})
    if 0 < max(pairs.values()) < 1e-100:
        with pytest.raises(InputError, match="its largest weight is"):
            encode(case, network)
    elif any(pairs.values()):
        weights = encode(case, network).weights["mr_t2_signal"]
        assert weights.tolist() == [pairs.get(state, 0.0) for state in variable.states]
    else:
        with pytest.raises(InputError, match="all weights are zero"):
            encode(case, network)


def test_stated_reads_back_as_findings(small: NetworkDocument) -> None:
    once = encoded(
        small,
        age=30,
        findings={"size_mm": 12, "mr_t2_signal": "not hyper", "level": {"cervical": 2, "lumbar": 1}},
    )
    again = encoded(small, findings=dict(once.stated))
    assert {k: v.tolist() for k, v in again.weights.items()} == {k: v.tolist() for k, v in once.weights.items()}


def test_other_networks_with_numbers_as_states() -> None:
    network = Network("n", (Variable("x", ("0", "1")),), {}, {"x": np.array([0.5, 0.5])})
    assert encode(case_from_mapping({"findings": {"x": 1}}), network).stated == {"x": "1"}


def test_parse_weights() -> None:
    assert parse_weights(" hyper ") is None
    assert parse_weights("a:1, b : 2") == {"a": 1.0, "b": 2.0}
    assert parse_weights("10:30 later") is None
    with pytest.raises(InputError, match="state 'a' is given twice"):
        parse_weights("a:1,a:2")


def test_read_one_many_and_json(tmp_path: Path) -> None:
    one = tmp_path / "one.yaml"
    one.write_text("id: a\nage: 68\nfindings:\n  level: cervical\nsource: {doi: 10.1/x}\n")
    (case,) = read_cases(one)
    assert (case.id, case.age, dict(case.findings)) == ("a", 68.0, {"level": "cervical"})
    assert case.metadata == {"source": {"doi": "10.1/x"}}
    many = tmp_path / "many.json"
    many.write_text('[{"id": "a"}, {"id": "b", "findings": "x"}]')
    with pytest.raises(InputError, match=r"many\.json: case 2 \(b\): 'findings' is a mapping"):
        read_cases(many)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.yaml", "id: a\nfindings: {level: cervical\n", "line 3, column 1: not valid YAML"),
        ("a.yaml", "id: a\n  age: 3\n", "line 2, column 6: not valid YAML: mapping values are not allowed"),
        ("a.yaml", "findings:\n  level: a\n  level: b\n", "line 3, column 3: key 'level' is given twice"),
        ("a.yaml", "a: !!python/object:os.system x\n", "line 1, column 4: not valid YAML: could not determine"),
        ("a.json", '{"id": "a",\n "age": }', "line 2, column 9: not valid JSON"),
        ("a.json", '{"id": "a", "id": "b"}', "key 'id' is given twice"),
        ("a.txt", '{"id": "a",\n "age": }', "line 2, column 9: not valid JSON"),
        ("a.yaml", "just words\n", "a case is a mapping with the keys id, age, sex, findings, not text"),
        ("a.yaml", "[]\n", "holds no case"),
        ("a.yaml", " \n", "is empty"),
        ("a.yaml", "a\0b", "is not a text file"),
    ],
)
def test_broken_files(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_cases(path)
    assert str(caught.value).startswith(f"{path}: {message}")
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_cases(tmp_path / "none.yaml")
    with pytest.raises(InputError, match="is a directory"):
        read_cases(tmp_path)
    binary = tmp_path / "image.yaml"
    binary.write_bytes(bytes(range(256)))
    with pytest.raises(InputError, match="is not a text file"):
        read_cases(binary)


@pytest.mark.parametrize("text", ["", " \n", "# nothing", "null"])
def test_an_empty_text_is_no_case(text: str) -> None:
    with pytest.raises(InputError, match="a case is a mapping"):
        case_from_mapping(parse(text, "case"))


@pytest.mark.parametrize(
    "cell",
    ["2026-11-01", "2026-11", np.datetime64("2026-11-01"), np.datetime64("2026-11-01T09:30", "ns"),
     pd.Timestamp("2026-11-01 09:30"), pd.Timestamp("2026-11-01").date()],
)  # fmt: skip
def test_a_day_in_every_form(cell: object) -> None:
    assert day_of(cell, "seen") == datetime.date(2026, 11, 1)


def test_a_year_is_a_day_where_years_will_do() -> None:
    for year in ("2025", 2025, np.int64(2025)):
        assert day_of(year, "seen", years=True) == datetime.date(2025, 1, 1)
        with pytest.raises(InputError, match="is not of the form"):
            day_of(year, "seen")


@pytest.mark.parametrize("cell", [None, "", " ", math.nan, pd.NaT, pd.NA, np.datetime64("NaT")])
def test_a_cell_without_a_date_says_so(cell: object) -> None:
    assert is_blank(cell)
    with pytest.raises(InputError, match=r"^there is no date in column 'seen'$"):
        day_of(cell, "seen")
