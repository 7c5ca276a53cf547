"""Codebooks keep REDCap's rules, and what REDCap exports of one is the same table of cases.

The dictionary is read here from its CSV text alone, by the rules that REDCap gives for it.
"""

from __future__ import annotations

import csv
import io
import json
import random
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import bayesdx
from bayesdx.cli import main
from bayesdx.errors import InputError
from bayesdx.formats.redcap import Export, dictionary_of
from bayesdx.model import Model
from bayesdx.network import Network, Variable
from bayesdx.words.examinations import EXAMINATIONS

HEADER = (
    '"Variable / Field Name","Form Name","Section Header","Field Type","Field Label",'
    '"Choices, Calculations, OR Slider Labels","Field Note","Text Validation Type OR Show Slider Number",'
    '"Text Validation Min","Text Validation Max","Identifier?","Branching Logic (Show field only if...)",'
    '"Required Field?","Custom Alignment","Question Number (surveys only)","Matrix Group Name","Matrix Ranking?",'
    '"Field Annotation"'
)
Rows = list[dict[str, str]]


def choices(row: dict[str, str]) -> dict[str, str]:
    """Label by code, as REDCap reads the cell: bars between choices, the first comma behind the code."""
    cell = row["Choices, Calculations, OR Slider Labels"]
    pairs = [part.split(",", 1) for part in cell.split("|")] if cell else []
    return {code.strip(): label.strip() for code, label in pairs}


def read(text: str) -> Rows:
    """The rows of a dictionary, each checked."""
    lines = list(csv.reader(io.StringIO(text)))
    assert lines[0] == next(csv.reader([HEADER]))
    assert {len(line) for line in lines} == {18}
    rows = [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]
    names = [row["Variable / Field Name"] for row in rows]
    assert names[0] == "record_id"
    assert len(set(names)) == len(names)
    heads = [row["Section Header"] for row in rows if row["Section Header"]]
    assert len(set(heads)) == len(heads)
    for row in rows:
        name = row["Variable / Field Name"]
        assert re.fullmatch("[a-z][a-z0-9_]{0,99}", name)
        assert "__" not in name
        assert not name.endswith(("_", "_complete"))
        assert not name.startswith("redcap_")
        assert re.fullmatch("[a-z][a-z0-9_]*", row["Form Name"])
        assert row["Field Type"] in ("text", "radio", "dropdown")
        assert row["Field Label"].strip()
        assert not re.search(r"[\r\n\[\]]|<\S|^[=+@-]", row["Field Label"])
        cell = row["Choices, Calculations, OR Slider Labels"]
        assert bool(cell) == (row["Field Type"] != "text")
        found = choices(row)
        assert len(found) == (cell.count("|") + 1 if cell else 0)  # no code twice
        assert len({label.casefold() for label in found.values()}) == len(found)
        for code, label in found.items():
            assert re.fullmatch("[a-z0-9_]+", code)
            assert label
            assert not re.search(r"[\r\n\[\]]|<\S", label)
        kind = row["Text Validation Type OR Show Slider Number"]
        assert kind in ("", "number")
        if kind:
            assert float(row["Text Validation Min"]) < float(row["Text Validation Max"])
    return rows


def records(rows: Rows, number: int, seed: int = 1) -> list[dict[str, str]]:
    """Records as people fill the form: by name of the field a code, a number or nothing."""
    draw = random.Random(seed)
    found = []
    for n in range(number):
        record = {"record_id": f"r{n}"}
        for row in rows[1:]:
            filled = draw.random() < 0.15
            codes = list(choices(row)) or [str(draw.randrange(100))]
            record[row["Variable / Field Name"]] = draw.choice(codes) if filled else ""
        found.append(record)
    return found


def raw_export(rows: Rows, filled: list[dict[str, str]]) -> str:
    """What REDCap exports as raw data, of a longitudinal study with another form and a column of its own."""
    names = [row["Variable / Field Name"] for row in rows]
    head = ["record_id", "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance", *names[1:]]
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_MINIMAL)
    writer.writerow([*head, "findings_complete", "surgeon", "follow_up_complete"])
    for record in filled:
        cells = [record["record_id"], "baseline_arm_1", "", "", *(record[name] for name in names[1:])]
        writer.writerow([*cells, "2", "A", "0"])
    return file.getvalue()


def label_export(rows: Rows, filled: list[dict[str, str]]) -> str:
    """What REDCap exports with labels: heads and cells are those of the form."""
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_MINIMAL)
    labels = [row["Field Label"] for row in rows]
    writer.writerow(
        [labels[0], "Event Name", "Repeat Instrument", *labels[1:], "Complete?", "Operateur", "Complete?"]
    )
    for record in filled:
        cells = [choices(row).get(record[n := row["Variable / Field Name"]], record[n]) for row in rows]
        writer.writerow([cells[0], "Baseline", "", *cells[1:], "Complete", "A", "Incomplete"])
    return file.getvalue()


def plain_table(model: Model, filled: list[dict[str, str]]) -> list[dict[str, object]]:
    """The records as rows of a table: states by the place of their code among the choices."""
    rows = read(model.codebook().dictionary.text())
    fields = {row["Variable / Field Name"]: list(choices(row)) for row in rows}
    variables = {field.name: field.variable for field in model.codebook().dictionary.fields}
    table = []
    for record in filled:
        row: dict[str, object] = {"id": record["record_id"]}
        for name, code in record.items():
            variable = variables[name]
            if name != "record_id" and code:
                states = () if variable == "age" else model.network.variable(variable).states
                row[variable] = states[fields[name].index(code)] if states else float(code)
        table.append(row)
    return table


@pytest.mark.parametrize("name", ["spine", "cranial"])
@pytest.mark.parametrize("export", [raw_export, label_export])
def test_an_export_is_the_table(tmp_path: Path, name: str, export: object) -> None:
    model = bayesdx.load(name)
    rows = read(model.codebook().dictionary.text())
    filled = records(rows, 150)
    path = tmp_path / "export.csv"
    path.write_text(export(rows, filled), encoding="utf-8", newline="")
    expected = model.query_batch(plain_table(model, filled))
    found = model.query_batch(path)
    assert [message for _, message in found.errors] == [message for _, message in expected.errors]
    assert len(found.lines) > 20
    assert found.ids == expected.ids
    assert np.array_equal(found.probabilities, expected.probabilities)
    assert np.array_equal(found.log_likelihood, expected.log_likelihood)
    own = "surgeon" if export is raw_export else "Operateur"
    unused = {warning for warning in found.warnings if warning.startswith("column")}
    assert unused == {f"column '{own}' is not a finding, and is not used"}


def test_an_export_is_learnt_from_like_the_table(small_path: Path, tmp_path: Path) -> None:
    model = bayesdx.load(small_path)
    rows = read(model.codebook().dictionary.text())
    filled = [{**record, "diagnosis": "meningioma"} for record in records(rows, 30)]
    table = [{**row, "diagnosis": "meningioma"} for row in plain_table(model, filled)]
    expected = model.learn(table, restarts=0, anyway=True)
    for export in (raw_export, label_export):
        path = tmp_path / "export.csv"
        path.write_text(export(rows, filled), encoding="utf-8", newline="")
        found = model.learn(path, restarts=0, anyway=True)
        assert found.cases == expected.cases > 20
        for name, counts in expected.document.network.counts.items():
            assert np.array_equal(found.document.network.counts[name], counts)


@pytest.fixture
def small(small_path: Path) -> Model:
    return bayesdx.load(small_path)


def test_boxes(small: Model) -> None:
    words = {"presentation": ("mr_dural_tail", "ct_calcification")}
    model = Model(replace(small.document, vocabulary=words), small.prior)
    ticked = {"record_id": "1", "presentation___mr_dural_tail": "1", "presentation___ct_calcification": "0"}
    expected = model.query_batch([{"mr_dural_tail": "present"}]).probabilities
    assert np.array_equal(model.query_batch([ticked]).probabilities, expected)
    labelled = {"Record ID": "1", "Presentation (choice=mr dural tail)": "Checked"}
    assert np.array_equal(model.query_batch([labelled]).probabilities, expected)
    one = {"record_id": "1", "mr_t2_signal___hyper": 1, "mr_t2_signal___iso": 0}
    assert np.array_equal(
        model.query_batch([one]).probabilities, model.query_batch([{"mr_t2_signal": "hyper"}]).probabilities
    )
    for row, message in (
        ({"mr_t2_signal___hyper": 1, "mr_t2_signal___iso": 1}, "has several boxes ticked"),
        ({"mr_t2_signal___hyper": 1, "mr_t2_signal": "iso"}, "given twice"),
        ({"mr_t2_signal___hyper": 7}, "is 1 (ticked) or 0, not 7"),
        ({"presentation___pian": 1}, "'pian' is not a state of 'presentation'"),
        ({"mr_t2_signl": "iso"}, "unknown finding 'mr_t2_signl'; did you mean 'mr_t2_signal'?"),
        ({"mr_t2_signal": "7"}, "takes one of its states"),
    ):
        errors = model.query_batch([{"record_id": "1", "level": "cervical", **row}]).errors
        assert message in errors[0][1]


@pytest.mark.parametrize("code", ["UNK", "NI", "ASKU", "NA", "Not available", "Asked but unknown", "Unknown"])
def test_codes_for_missing_data_state_nothing(small: Model, code: str) -> None:
    told = {"record_id": "1", "mr_t2_signal": "hyper"}
    missing = {**told, "age": code, "sex": code, "size_mm": code, "mr_dural_tail": code}
    answers = small.query_batch([missing])
    assert not answers.errors
    assert np.array_equal(answers.probabilities, small.query_batch([told]).probabilities)
    assert small.query_batch([{**told, "age": "-99"}]).errors


def test_a_column_of_ones_own_is_no_finding(small: Model) -> None:
    """Neither a label among names, nor a name of REDCap in a table that is no export, is a finding."""
    row = {"record_id": "1", "level": "cervical", "size": "below 10"}
    assert "column 'size' is not a finding, and is not used" in small.query_batch([row]).warnings
    errors = small.query_batch([{"id": "1", "level": "cervical", "size_mm": "lt_10"}]).errors
    assert "'lt_10' is not a state of 'size_mm'" in errors[0][1]


NAMES = st.lists(
    st.one_of(
        st.text(min_size=1, max_size=12),
        st.sampled_from(
            ["<10", "lt_10", "10-30", "A", "a", "-1", "1", "", "=x", "a|b", "[b]", "redcap_event_name"]
        ),
        st.sampled_from(["findings_complete", "良", "a__b", "x" * 130, "Record ID", "age", "Age (years)"]),
    ),
    min_size=2,
    max_size=5,
    unique=True,
)


@given(names=NAMES, states=NAMES, data=st.data())
def test_any_network_has_a_dictionary_that_says_what_is_meant(
    names: list[str], states: list[str], data: st.DataObject
) -> None:
    """Whatever variables and states are called: the dictionary keeps the rules, and each choice is its state."""
    try:
        variables = (Variable("target?", ("a", "b")), *(Variable(name, tuple(states)) for name in names))
        cpts = {v.id: np.full(v.cardinality, 1 / v.cardinality) for v in variables}
        network = Network("n", variables, {}, cpts, target="target?")
        dictionary = dictionary_of(network, {})
    except InputError:
        return
    rows = read(dictionary.text())
    assert len(rows) == len(variables) + 1
    chosen = data.draw(st.lists(st.integers(0, len(states) - 1), min_size=len(names), max_size=len(names)))
    from bayesdx.formats.redcap import Export

    for labelled in (False, True):
        row = {"Record ID" if labelled else "record_id": "1"}
        for entry, at in zip(rows[1:-1], chosen, strict=True):
            code, label = list(choices(entry).items())[at]
            row[entry["Field Label" if labelled else "Variable / Field Name"]] = label if labelled else code
        expected = {"id": "1"} if "id" not in network else {}
        expected |= {name: states[at] for name, at in zip(names, chosen, strict=True)}
        assert Export(network, {}).plain(row) == expected


def test_the_command(small_path: Path, tmp_path: Path) -> None:
    def run(*arguments: str) -> object:
        return CliRunner().invoke(main, ["codebook", *arguments])

    file = tmp_path / "book.csv"
    written = run(str(small_path), "-o", str(file))
    assert written.exit_code == 0
    rows = read(file.read_text(encoding="utf-8"))
    assert len(rows) == 10 + 1
    said = json.loads(run(str(small_path), "--json").stdout)
    assert read(said["text"]) == rows == read(run(str(small_path)).stdout)
    assert [field["field"] for field in said["fields"]] == [row["Variable / Field Name"] for row in rows]
    assert run(str(small_path), "-o", "book.xlsx").exit_code == 2
    assert run("spin").stderr == "bayesdx: no network 'spin'; did you mean 'spine'?\n"


def test_names_that_collide_mean_the_same_in_the_form_and_in_its_export() -> None:
    """However the form is put in order: an export does not say how that was."""
    even, rows = np.array([0.5, 0.5]), np.array([[0.5, 0.5], [0.2, 0.8]])
    yes = ("absent", "present")
    variables = (
        Variable("diagnosis", ("a", "b"), kind="diagnosis"),
        Variable("T2 signal", yes, examination="mr"),
        Variable("T2-signal", yes, examination="ct"),
    )
    parents = {"diagnosis": (), "T2 signal": ("diagnosis",), "T2-signal": ("diagnosis",)}
    cpts = {"diagnosis": even, "T2 signal": rows, "T2-signal": rows}
    network = Network("x", variables, parents, cpts, target="diagnosis")
    fields = {field.variable: field for field in dictionary_of(network, EXAMINATIONS).fields}
    for key in ("name", "label"):
        row = {"record_id": "1", getattr(fields["T2 signal"], key): "1", getattr(fields["T2-signal"], key): "0"}
        plain = Export(network, {}).plain(row)
        expected = {field.variable: field for field in Export(network, {}).dictionary.fields}
        assert {name: getattr(field, key) for name, field in expected.items()} == {
            name: getattr(field, key) for name, field in fields.items()
        }
        assert key == "label" or (plain["T2 signal"], plain["T2-signal"]) == ("1", "0")


@pytest.mark.parametrize("name", ["= x", "=", "+-", "@ ="])
def test_a_name_of_marks_has_a_label(name: str) -> None:
    even = np.array([0.5, 0.5])
    variables = (Variable("target", ("a", "b")), Variable(name, ("absent", "present")))
    network = Network("x", variables, {}, {v.id: even for v in variables}, target="target")
    label = read(dictionary_of(network, {}).text())[1]["Field Label"]
    assert label == label.strip() != ""
    assert label[0] not in "=+-@"
