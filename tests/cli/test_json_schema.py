"""The JSON of every command follows its schema, and docs/json.md says what the schemas say."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import Result

import bayesdx

Run = Callable[..., Result]
SCHEMAS = {
    json.loads(path.read_text())["$id"]: path
    for path in (Path(bayesdx.__file__).parent / "analyses").glob("*/schema.json")
}
ROOT = Path(__file__).resolve().parents[2]

COMMANDS = [
    ("query", ["query", "-f", "level=cervical", "-f", "mr_t2_signal=not hyper", "-f", "size_mm=3", "--age", "7"]),
    ("query", ["query", "--sex", "male", "-f", "syrinx=present"]),
    ("query", ["query", "-"]),
    ("what-if", ["what-if", "-f", "level=cervical", "-f", "mr_t2_signal=not hyper", "--steps", "2"]),
    ("what-if", ["what-if", "-f", "ct_calcification=absent", "--costs", "COSTS", "--steps", "3"]),
    ("what-if", ["what-if", "--age", "7", "--finding", "mr_dural_tail"]),
    ("what-if-comparison", ["what-if", "--age", "7", "--set", "sex=male", "--unset", "age"]),
    ("ask", ["ask", "-f", "level=cervical"]),
    ("explain", ["explain", "-f", "level=cervical", "-f", "mr_t2_signal=not hyper", "-f", "size_mm=3"]),
    ("explain", ["explain", "-", "--pair", "other", "capnon"]),
    ("report", ["report", "-f", "level=cervical", "--age", "7"]),
    ("impression", ["impression", "-f", "level=cervical", "-f", "mr_t2_signal=not hyper", "--age", "7"]),
    ("impression", ["impression", "-", "--prior", "uniform"]),
    ("impression-board", ["impression", "--row", "-f", "level=cervical", "--sex", "male"]),
    ("impression-board", ["impression", "CASES", "-", "--row"]),
    ("networks-list", ["networks", "list"]),
    ("networks-show", ["networks", "show", "cranial"]),
    ("networks-check", ["networks", "check", "spine"]),
    ("export", ["export", "spine"]),
    ("read", ["read", "REPORT"]),
    ("read", ["read", "REPORT", "-n", "spine", "-o", "SAVED"]),
    ("read-folder", ["read", "FOLDER"]),
    ("read-folder", ["read", "FOLDER", "--table", "OUT"]),
    ("codebook", ["codebook", "spine"]),
    ("marginals", ["marginals", "UAI", "--evidence", "EVID"]),
    ("batch", ["batch", "TABLE"]),
    ("batch", ["batch", "TABLE", "-o", "OUT"]),
    ("cohort", ["batch", "TABLE", "-o", "ANSWERS", "--workers", "1"]),
    ("profile", ["cohort", "TABLE", "--workers", "1"]),
]


def schema_of(name: str) -> dict[str, Any]:
    (own,) = (path for key, path in SCHEMAS.items() if key.rpartition("/")[0] == f"bayesdx:{name}")
    schema: dict[str, Any] = json.loads(own.read_text())
    return schema


@pytest.mark.parametrize(("name", "arguments"), COMMANDS)
def test_output_follows_schema(run: Run, tmp_path: Path, name: str, arguments: list[str]) -> None:
    table = tmp_path / "cases.csv"
    table.write_text("level,age\ncervical,3\nnowhere,1\n")
    costs = tmp_path / "costs.yaml"
    costs.write_text("{unit: EUR, ct: 100, mr_dural_tail: 300}")
    folder = tmp_path / "reports"
    folder.mkdir()
    report = (
        "HISTORY: 58-year-old man.\nFINDINGS: Possible syrinx at C5. A second lesion of 1 cm. No oedema. Oedema."
    )
    (folder / "a.txt").write_text(report)
    (folder / "b.txt").write_text("")
    cases = tmp_path / "cases.yaml"
    cases.write_text("[{id: a, findings: {level: cervical}}, {id: b, findings: {level: skull_base}}]")
    (tmp_path / "m.uai").write_text("MARKOV 2 2 3 1 2 0 1 6 1 0 2 3 1 4")
    (tmp_path / "m.evid").write_text("1 0 1")
    paths = {
        "UAI": str(tmp_path / "m.uai"),
        "EVID": str(tmp_path / "m.evid"),
        "CASES": str(cases),
        "COSTS": str(costs),
        "TABLE": str(table),
        "OUT": str(tmp_path / "out.csv"),
        "ANSWERS": f"{tmp_path}/answers/",
        "FOLDER": str(folder),
        "REPORT": str(folder / "a.txt"),
        "SAVED": str(tmp_path / "saved.yaml"),
    }
    result = run(*(paths.get(part, part) for part in arguments), "--json", stdin="id: a")
    answer = json.loads(result.stdout)
    jsonschema.Draft202012Validator(schema_of(name)).validate(answer)
    assert answer["schema"] == schema_of(name)["$id"].removeprefix("bayesdx:")


def test_schemas_are_schemas() -> None:
    assert len(SCHEMAS) == 26
    for path in SCHEMAS.values():
        jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text()))


def test_page_says_what_the_schemas_say() -> None:
    spec = importlib.util.spec_from_file_location("json_docs", ROOT / "scripts" / "json_docs.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert (ROOT / "docs" / "json.md").read_text() == script.page(), "run: python scripts/json_docs.py"
