"""A command line whose shipped networks are small ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bayesdx.cli import main
from bayesdx.document import NetworkDocument
from bayesdx.formats.network_json import network_text
from bayesdx.network import Network, Variable

Run = Callable[..., Result]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory, small: NetworkDocument) -> Path:
    """A data folder with a spine and a cranial network, which were not built from the facts beside them."""
    root = tmp_path_factory.mktemp("data")
    (root / "networks").mkdir()
    (root / "priors").symlink_to(ROOT / "priors")
    for folder in ("ledger", "reading"):
        (root / "networks" / folder).symlink_to(ROOT / "networks" / folder)
    for definition in (ROOT / "networks").glob("*.yaml"):
        (root / "networks" / definition.name).symlink_to(definition)
    levels = {
        "spine": ("craniocervical", "cervical", "lumbar"),
        "cranial": ("posterior_fossa", "skull_base", "cervical"),
    }
    chosen_for = {"cranial": ["posterior_fossa", "skull_base"], "spine": list(levels["spine"])}
    for name, covered in levels.items():
        network = small.network
        variables = tuple(
            Variable("level", covered, "Level", kind="location") if v.id == "level" else v
            for v in network.variables
        )
        text = network_text(
            Network(name, variables, network.parents, network.cpts, network.counts, "diagnosis", name.title(), "7"),
            prior_sets=small.prior_sets.values(),
            levels=chosen_for[name],
            vocabulary={"syrinx": ("absent", "present"), "level": ("posterior_fossa",)},
        )
        (root / "networks" / f"{name}.json").write_text(text, encoding="utf-8")
    (root / "networks" / "index.json").write_text(json.dumps(chosen_for), encoding="utf-8")
    return root


@pytest.fixture
def run(data: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run ``bayesdx`` with arguments (and standard input), as on the command line."""
    monkeypatch.setattr("bayesdx.data.data_root", lambda: str(data))

    def invoke(*arguments: str, stdin: str | bytes | None = None) -> Result:
        result = CliRunner().invoke(main, list(arguments), input=stdin, prog_name="bayesdx")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


@pytest.fixture
def refused(run: Run) -> Callable[..., str]:
    """Run ``bayesdx`` with bad input: exit code 2, nothing on stdout, and one line on stderr, which is returned."""

    def invoke(*arguments: str, stdin: str | bytes | None = None) -> str:
        result = run(*arguments, stdin=stdin)
        assert result.exit_code == 2
        assert result.stdout == ""
        assert result.stderr.startswith("bayesdx: ")
        assert result.stderr.count("\n") == 1
        return result.stderr.removeprefix("bayesdx: ").rstrip("\n")

    return invoke
