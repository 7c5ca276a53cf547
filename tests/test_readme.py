"""What README.md and the pages of docs/ show is what commands print, and everything that there is has a place."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from pkgutil import resolve_name

import click
import pytest
import yaml

from bayesdx.cli import main

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "priors" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def renew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], tuple[str, list[str]]]:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    monkeypatch.chdir(tmp_path)
    function: Callable[[str], tuple[str, list[str]]] = import_module("readme").renew
    return function


def test_pages_show_what_commands_print() -> None:
    script = str(ROOT / "scripts" / "readme.py")
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_two_commands_do_the_set_up() -> None:
    start = (ROOT / "README.md").read_text(encoding="utf-8").split("## Start")[1].split("\n## ")[0]
    commands = [line[2:] for line in start.split("\n") if line.startswith("$ ")]
    assert [command for command in commands if command.startswith("make ")] == ["make demo", "make test"]
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_every_command_has_a_place_in_the_tour() -> None:
    pages = (
        "tour",
        "evaluation",
        "learning",
        "service",
        "reading",
        "codes",
        "fhir",
        "marginals",
        "cohorts",
        "cohort-summary",
    )
    tour = "".join(body for page in pages for _, body in _blocks(ROOT / "docs" / f"{page}.md"))
    for name in main.list_commands(click.Context(main)):
        assert re.search(rf"^\$ (.* )?bayesdx {name} ", tour, re.MULTILINE), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_nothing_is_shown_that_is_not_run(page: Path) -> None:
    for language, body in _blocks(page):
        assert language in ("console", "python", "yaml", "json", "csv", "text"), language
        assert language != "console" or body.startswith("$ ")
        assert language != "python" or body.startswith(">>> ")


WRITTEN = [page for page in PAGES if page.name != "json.md"]  # whose titles name commands, and are no commands


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_in_the_text_have_their_options(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for line in re.findall(r"`bayesdx ([^`]+)`", text):
        command: click.Command | None = main
        arguments = shlex.split(line.replace("\n", " "))
        while isinstance(command, click.Group) and arguments:
            name, *arguments = arguments
            command = command.get_command(click.Context(command), name)
            assert command is not None, line
            command.make_parser(click.Context(command)).parse_args(list(arguments))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for link in re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", text):
        assert (page.parent / link).exists(), link


def test_the_python_reference_names_what_there_is() -> None:
    names = re.findall(r"^::: (\S+)$", (ROOT / "docs" / "reference" / "python.md").read_text("utf-8"), re.MULTILINE)
    assert len(names) > 20
    for name in names:
        assert resolve_name(name).__doc__, name


def test_every_section_of_the_model_is_on_its_page() -> None:
    model = yaml.safe_load((ROOT / "networks" / "model.yaml").read_text(encoding="utf-8"))
    assert set(model) == {
        "words",
        "pooling",
        "associations",
        "mineralisation_given_pattern",
        "background",
        "ordered",
        "contaminations",
    }
    page = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")
    for name in ("words", "pooling", "associations", "minerals", "background", "contaminations"):
        assert f"<!-- figure: {name} -->" in page
    for name, value in model["pooling"].items():
        assert re.search(rf"\| `{name}` \| \$.+\$ \| {value:g} \| .+ \|", page), name


Renew = Callable[[str], tuple[str, list[str]]]


def test_an_output_that_differs_is_named_and_written(renew: Renew) -> None:
    page = "```console\n$ echo 12 words\n{} words\n```"
    assert renew(page.format(12)) == (page.format(12), [])
    assert renew(page.format(15)) == (page.format(12), ["page: $ echo 12 words"])


def test_a_long_output_is_cut(renew: Renew) -> None:
    text, _ = renew('```console head="1"\n$ printf "a\\nb\\n"\n```')
    assert text.endswith("\na\n…\n```")


def test_python_prints_what_it_gives(renew: Renew) -> None:
    page = "```python\n>>> x = 2\n>>> x + 1\n{}\n>>> print('a\\n\\nb')\na\n<BLANKLINE>\nb\n```"
    assert renew(page.format(3)) == (page.format(3), [])
    assert renew(page.format(7)) == (page.format(3), ["page: >>> x = 2"])


def test_a_file_on_the_page_is_there_for_the_next_command(renew: Renew) -> None:
    page = '```yaml title="a.yaml"\nx: 1\n```\n\n```console\n$ cat a.yaml\nx: 1\n```'
    assert renew(page) == (page, [])


@pytest.mark.parametrize(
    "block",
    [
        "```console\n$ bayesdx query -f level=nowhere\n```",
        "```python\n>>> import bayesdx\n>>> bayesdx.load('nowhere')\n```",
        "<!-- figure: no --><!-- end -->",
    ],
)
def test_what_fails_is_no_page(renew: Renew, block: str) -> None:
    with pytest.raises(SystemExit):
        renew(block)


def test_a_fault_of_the_code_is_seen_whole(renew: Renew) -> None:
    with pytest.raises(ZeroDivisionError):
        renew("```python\n>>> 1 / 0\n```")


def _blocks(page: Path) -> list[tuple[str, str]]:
    return [(match[1], match[2]) for match in FENCE.finditer(page.read_text(encoding="utf-8"))]
