"""Bad input: one line on stderr that names the place and the nearest valid choice, exit code 2, nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Refused = Callable[..., str]

FINDINGS = [
    ("mr_t2=hyper", "command line: unknown finding 'mr_t2'; did you mean 'mr_t2_signal'?"),
    ("mr_t2_signal=hypr", "command line: 'hypr' is not a state of 'mr_t2_signal'; did you mean 'hyper'?"),
    (
        "mr_t2_signal=punctate",
        "command line: 'punctate' is not a state of 'mr_t2_signal' but of 'ct_calcification_pattern'; "
        "choose from: hypo, iso, hyper, mixed",
    ),
    ("mr_t2_signal=3", "command line: 'mr_t2_signal' takes one of its states, not the number 3; choose from:"),
    (
        "mr_t2_signal=hyper:nan",
        "command line: finding 'mr_t2_signal': weight nan of 'hyper' is not a finite number",
    ),
    (
        "mr_t2_signal=hyper:-1",
        "command line: finding 'mr_t2_signal': weight -1.0 of 'hyper' is not a finite number",
    ),
    ("mr_t2_signal=hyper:0", "command line: finding 'mr_t2_signal': all weights are zero"),
    ("mr_t2_signal", "-f mr_t2_signal: write finding=state"),
    ("=hyper", "-f =hyper: write finding=state"),
    ("mr_t2_signal=", "-f mr_t2_signal=: write finding=state"),
]


@pytest.mark.parametrize(("finding", "message"), FINDINGS)
def test_findings(refused: Refused, finding: str, message: str) -> None:
    assert refused("query", "-f", finding).startswith(message)
    assert refused("query", "-f", finding, "--json").startswith(message)


FILES = [
    ("c.yaml", "age: 200", "age 200 is not a number of years from 0 to 120"),
    ("c.yaml", "findings: {mr_enhancment: x", "line 2, column 1: not valid YAML: did not find expected"),
    ("c.json", '{"findings": {"level" "cervical"}}', "line 1, column 23: not valid JSON: Expecting ':' delimiter"),
    ("c.yaml", "findings:\n  sex: male\n  sex: female", "line 3, column 3: key 'sex' is given twice"),
    ("c.json", '{"age": 1, "age": 2}', "key 'age' is given twice"),
    ("c.json", '{"findings": {"mr_t2_signal": {"hyper": NaN}}}', "finding 'mr_t2_signal': weight nan of 'hyper'"),
    ("c.yaml", "findings: {mr_t2_signal: no}", "'no' is not a state of 'mr_t2_signal'; choose from: hypo, iso"),
    ("c.yaml", "findings: {mr_t2_signal: [hypo, iso]}", "finding 'mr_t2_signal' is a list; write a state"),
    ("c.yaml", "findings: {level: cervical, level2: x}", "unknown finding 'level2'; did you mean 'level'?"),
    ("c.yaml", "- {id: a}\n- {id: b}", "holds 2 cases; name one of them with --case: a, b"),
    ("c.yaml", "", "is empty"),
    ("c.yaml", "\0\1\2", "is not a text file (UTF-8)"),
    (
        "c.yaml",
        "findings: {ct_calcification: absent, ct_calcification_pattern: punctate, sex: male}",
        "the findings ct_calcification=absent and ct_calcification_pattern=punctate are impossible together",
    ),
]


@pytest.mark.parametrize(("name", "text", "message"), FILES)
def test_case_files(refused: Refused, tmp_path: Path, name: str, text: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert refused("query", str(path)).startswith(f"{path}: {message}")


def test_unreadable_files(refused: Refused, tmp_path: Path) -> None:
    assert refused("query", str(tmp_path / "none.yaml")).endswith("none.yaml: no such file")
    assert refused("query", str(tmp_path)) == f"{tmp_path}: is a directory, not a file"
    assert refused("query", "-", stdin="") == "standard input: is empty"
    assert refused("query", "-", stdin=b"\xff\xfe\x00") == "standard input: is not a text file (UTF-8)"


def test_options(refused: Refused) -> None:
    assert refused("query").startswith("no case: give a case file, '-' for standard input, or findings such as -f")
    assert refused("query", "-f", "sex=male", "-f", "sex=female") == "-f sex=female: finding 'sex' is given twice"
    assert refused("query", "--age", "130") == "command line: age 130.0 is not a number of years from 0 to 120"
    assert refused("query", "--age", "old") == "Invalid value for '--age': 'old' is not a valid float."
    assert refused("query", "--sex", "man") == "command line: 'man' is not a state of 'sex'; did you mean 'male'?"
    assert refused("query", "--sex", "male", "--prior", "unifrm") == (
        "network 'spine' has no prior set 'unifrm'; did you mean 'uniform'?"
    )
    assert refused("query", "--sex", "male", "--network", "spin") == "no network 'spin'; did you mean 'spine'?"
    assert refused("query", "--sex", "male", "--target", "sex").startswith("--target needs --network")
    assert refused("query", "--sex", "male", "--jsn").startswith("No such option")
    assert refused("qery") == "no command 'qery'; did you mean 'query'?"


def test_case_that_is_not_in_the_file(refused: Refused, tmp_path: Path) -> None:
    path = tmp_path / "cases.yaml"
    path.write_text("- {id: alpha}\n- {id: beta}\n")
    assert refused("query", str(path), "--case", "alfa") == f"{path}: no case 'alfa'; did you mean 'alpha'?"


def test_a_table_is_not_scored_into_itself(refused: Refused, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("level\ncervical\n")
    (tmp_path / "link.csv").symlink_to(path)
    for output in (path, tmp_path / "link.csv", tmp_path / ".." / tmp_path.name / "t.csv"):
        assert refused("batch", str(path), "-o", str(output)).startswith(f"{output}: is what is read")
    assert path.read_text() == "level\ncervical\n"


@pytest.mark.parametrize(
    ("text", "form", "message"),
    [
        ("note: &a [*a]\nfindings: {level: cervical}\n", "json", "cannot be written as JSON: Circular reference"),
        ('{"note": ' + "[" * 900 + "]" * 900 + "}", "yaml", "cannot be written as YAML: nested too deeply"),
        ('{"note": [Infinity]}', "json", "cannot be written as JSON: Out of range float values"),
    ],
)
def test_what_a_form_cannot_say(refused: Refused, tmp_path: Path, text: str, form: str, message: str) -> None:
    path = tmp_path / ("case.json" if text.startswith("{") else "case.yaml")
    path.write_text(text)
    assert refused("convert", str(path), "-n", "spine", "--to", form).startswith(f"{path}: {message}")


def test_nan_is_nothing_in_json(run: Callable[..., Result], tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    path.write_text('{"id": "a", "note": NaN, "age": NaN, "findings": {"level": "cervical", "sex": NaN}}')
    text = run("convert", str(path), "--to", "json").stdout
    assert json.loads(text) == {"id": "a", "findings": {"level": "cervical"}}


def test_what_a_line_quotes_is_cut(refused: Refused, tmp_path: Path) -> None:
    """Five lists of ten aliases each are a hundred thousand words."""
    path = tmp_path / "cases.yaml"
    lists = "".join(f"    a{n}: &a{n} [{', '.join([f'*a{n - 1}' if n else 'x'] * 10)}]\n" for n in range(5))
    for entry in (f"- note:\n{lists}  id: *a4\n", f"- note:\n{lists}  id: {'y' * 9999}\n  age: -1\n"):
        path.write_text(entry)
        assert len(refused("query", str(path), "-n", "spine")) < 300
    path.write_text(f"{'k' * 99999}: 1\n'{'l' * 9999}level': 1\nfindings: {{{'f' * 9999}: 1}}\n")
    assert len(refused("query", str(path), "-n", "spine")) < 1000


def test_a_line_that_is_cut_short_is_wrong_on_its_own_line(run: Callable[..., Result], tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"level": "cervical"}\n{"level": "lum\n{"level": \n{"level": "lumbar"}\n')
    said = run("batch", str(path)).stderr
    assert "line 2: column 11: not valid JSON" in said
    assert "line 3: column 10: not valid JSON" in said


@pytest.mark.parametrize("arrival", ["file", "standard input"])
def test_a_table_that_ends_in_no_text_prints_nothing(refused: Refused, tmp_path: Path, arrival: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"level\n" + b"cervical\n" * 20_000 + b"\xff\xfe\n")
    if arrival == "file":
        assert refused("batch", str(path)) == f"{path}: is not a text file (UTF-8)"
    else:
        assert refused("batch", "-", stdin=path.read_bytes()) == "standard input: is not a text file (UTF-8)"


def test_two_cases_of_one_id(refused: Refused, tmp_path: Path) -> None:
    path = tmp_path / "cases.yaml"
    path.write_text("- {id: a, age: 5}\n- {id: b}\n- {id: a, age: 90}\n")
    assert refused("query", str(path), "--case", "a") == f"{path}: holds 2 cases 'a': give each an id of its own"
    path.write_text("- {id: '2', age: 5}\n- {age: 90}\n")
    assert "holds 2 cases '2'" in refused("query", str(path), "--case", "2")


def test_misspelt_key_is_a_warning(run: Callable[..., object], tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_text("id: a\nfinding: {level: cervical}\n")
    answer = json.loads(run("query", str(path), "--json").stdout)
    assert answer["warnings"][0] == "key 'finding' is not used; did you mean 'findings'?"


def _network(tmp_path: Path, data: Path, **changes: object) -> str:
    content = json.loads((data / "networks" / "spine.json").read_text())
    for key, value in changes.items():
        content[key].update(value)
    path = tmp_path / "net.json"
    path.write_text(json.dumps(content))
    return str(path)


def test_networks_that_are_not_well_formed(refused: Refused, tmp_path: Path, data: Path) -> None:
    path = _network(
        tmp_path, data, prior_sets={"surgical": {"probabilities": [0.5, 0.4, 0, 0, 0], "default": True}}
    )
    message = f"{path}: CPT of 'diagnosis' sums to 0.9, not 1"
    assert refused("query", "--network", path, "--sex", "male") == message
    assert refused("networks", "check", path) == message

    path = _network(tmp_path, data, cpts={"sex": [[0.5, 0.6]] * 5})
    assert refused("networks", "check", path) == f"{path}: CPT of 'sex' given diagnosis=capnon sums to 1.1, not 1"

    cycle = tmp_path / "cycle.json"
    cycle.write_text(
        json.dumps(
            {
                "format": "bayesdx-network/1",
                "id": "loop",
                "variables": [{"id": "a", "states": ["x", "y"]}, {"id": "b", "states": ["x", "y"]}],
                "parents": {"a": ["b"], "b": ["a"]},
                "cpts": {"a": [[0.5, 0.5], [0.5, 0.5]], "b": [[0.5, 0.5], [0.5, 0.5]]},
            }
        )
    )
    assert refused("networks", "check", str(cycle)).startswith(f"{cycle}: network 'loop' has a cycle: ")


def test_network_files(refused: Refused, tmp_path: Path) -> None:
    other = tmp_path / "net.txt"
    other.write_text("x")
    assert refused("query", "--network", str(other), "--sex", "male").endswith(
        "a network file ends in .json, .bif, .xml, .xmlbif, .bifxml, .net, .uai or .xdsl, each also with .gz"
    )
    assert refused("query", "--network", str(tmp_path / "none.bif"), "--sex", "male").endswith(
        "none.bif: no such file"
    )
    bif = tmp_path / "net.bif"
    bif.write_text(
        "network n {}\nvariable a { type discrete [ 2 ] { x, y }; }\nprobability ( a ) { table 0.2, 0.8; }\n"
    )
    assert refused("query", "--network", str(bif), "-f", "a=x").endswith("name the variable to ask for (--target)")
    assert refused("query", "--network", str(bif), "--target", "b", "-f", "a=x").startswith("target 'b' is not")
    assert refused("query", "--network", str(bif), "--target", "a", "--prior", "uniform", "-f", "a=x").startswith(
        "network 'net' has no prior sets"
    )


def test_batch(refused: Refused, tmp_path: Path) -> None:
    table = tmp_path / "cases.csv"
    table.write_text("level\nnowhere\n")
    out = tmp_path / "out.csv"
    assert refused("batch", str(table), "-o", str(out)).startswith(
        f"{table}: no row can be scored; line 2: 'nowhere' is not a state of 'level'"
    )
    assert not out.exists()
    table.write_text("level\n")
    assert refused("batch", str(table)).startswith(f"{table}: no row can be scored")
    table.write_text("level\ncervical\n")
    assert refused("batch", str(table), "-o", "out.xls").startswith("out.xls: a table ends in .csv")
    assert "cannot be written" in refused("batch", str(table), "-o", str(tmp_path / "no" / "out.csv"))


def test_export(refused: Refused, tmp_path: Path) -> None:
    assert refused("export").startswith("name one network to export")
    assert refused("export", "spine", "-o", "x.doc").startswith("x.doc: an exported network ends in .bif")
    assert "cannot be written" in refused("export", "spine", "-o", str(tmp_path / "no" / "x.bif"))
