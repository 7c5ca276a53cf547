"""One question, one room: every analysis has its corners, numbers hold no English, and arrows run one way."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import click
import pytest

import bayesdx
from bayesdx.analyses import ANALYSES, Analysis
from bayesdx.cli import main
from bayesdx.errors import InputError

ROOT = Path(bayesdx.__file__).parent
ROWS = [pytest.param(row, id=name) for name, row in ANALYSES.items()]


def test_every_folder_has_a_row() -> None:
    folders = {path.name for path in (ROOT / "analyses").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set(ANALYSES)


@pytest.mark.parametrize("row", ROWS)
def test_every_row_has_its_corners(row: Analysis) -> None:
    folder = ROOT / "analyses" / row.folder
    assert (folder / "numbers.py").is_file() or (folder / "numbers").is_dir()
    assert "def to_dict(" in (folder / "wire.py").read_text()
    assert "def page(" in (folder / "page.py").read_text()
    assert (folder / "fhir.py").is_file() == row.fhir
    schema = json.loads((folder / "schema.json").read_text())
    said = (ROOT.parent / "docs" / "json.md").read_text()
    assert f"({schema['$id'].removeprefix('bayesdx:')})" in said
    assert "schema/" not in schema["$id"]


@pytest.mark.parametrize("row", ROWS)
def test_a_row_says_whether_its_json_can_hold_codes(row: Analysis) -> None:
    schema = json.loads((ROOT / "analyses" / row.folder / "schema.json").read_text())
    assert row.codes == ("standard codes" in schema["properties"].get("codes", {}).get("description", ""))
    if not row.codes:
        with pytest.raises(InputError, match="no standard codes"):
            row.to_dict(object(), codes=True)


@pytest.mark.parametrize("row", ROWS)
def test_every_row_has_a_command_and_a_page(row: Analysis) -> None:
    command: click.Command = main
    words = row.command.split()
    while words and not words[0].startswith("--"):
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), words.pop(0))
        assert found is not None
        command = found
    options = {option for parameter in command.params for option in parameter.opts}
    assert set(words) <= options
    said = (ROOT.parent / "docs" / row.document).read_text()
    assert f"bayesdx {row.command.split(' --')[0]}" in said


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("analyses/*/numbers*/**/*.py")) + sorted(ROOT.glob("analyses/*/numbers.py"))
)
def test_numbers_hold_no_english(path: Path) -> None:
    """No text of three or more words outside docstrings and refusals: pages say in words what is so."""
    tree = ast.parse(path.read_text())
    allowed: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            allowed.add(id(node.body[0].value))
        refusal = isinstance(node, ast.Call) and ast.unparse(node.func) == "InputError"
        if isinstance(node, ast.Raise) or refusal:
            allowed |= {id(part) for part in ast.walk(node)}
    found = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in allowed
        if len(node.value.split()) >= 3
    ]
    assert found == []
