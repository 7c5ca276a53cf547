"""Every command of the README runs and prints what the README says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_commands_print_what_the_readme_says() -> None:
    script = str(ROOT / "scripts" / "readme.py")
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_two_commands_do_the_set_up() -> None:
    start = (ROOT / "README.md").read_text(encoding="utf-8").split("## Start")[1].split("\n## ")[0]
    commands = [line[2:] for line in start.split("\n") if line.startswith("$ ")]
    assert [command for command in commands if command.startswith("make ")] == ["make demo", "make test"]
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
