"""Standard streams: every encoding, a reader that goes away, a full disk; and a package in a zip file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENCODINGS = ("cp1252", "latin-1", "ascii", "gbk", "cp437", "utf-8")
CASE = ("-f", "level=lumbar", "-f", "mr_t2_signal=hyper")
PAGES = [
    ("query", *CASE),
    ("explain", *CASE),
    ("what-if", *CASE),
    ("cite", "mr_t2_signal=hyper", "--given", "diagnosis=meningioma", "-n", "spine"),
    ("batch", "--help"),
]


def bayesdx(*arguments: str, encoding: str = "utf-8", **options: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "bayesdx", *arguments]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.run(command, env={**os.environ, "PYTHONIOENCODING": encoding}, check=False, **streams)


@pytest.mark.parametrize("arguments", PAGES, ids=[page[0] for page in PAGES])
def test_every_encoding(arguments: tuple[str, ...]) -> None:
    for encoding in ENCODINGS:
        done = bayesdx(*arguments, encoding=encoding)
        assert (done.returncode, done.stderr) == (0, b""), encoding
        assert len(done.stdout.decode(encoding)) > 100


def test_look_alikes(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("id,level\nRené − “患”²,lumbar\nb,é−\n", encoding="utf-8")
    done = bayesdx("batch", str(table), encoding="ascii")
    assert done.stdout.decode().splitlines()[1].startswith("2,René − “患”²,")
    assert "'e-' is not a state of 'level'" in done.stderr.decode("ascii")


def test_data_is_utf8_whatever_the_terminal_says(tmp_path: Path) -> None:
    """No name is lost on the way to another program: CSV, JSON, YAML and BIF."""
    network, case = tmp_path / "n.json", tmp_path / "c.yaml"
    variables = [{"id": "δ", "states": ["да", "нет"]}, {"id": "τ", "states": ["+", "−"]}]
    cpts = {"δ": [[0.4, 0.6]], "τ": [[0.8, 0.2], [0.1, 0.9]]}
    document = {
        "format": "bayesdx-network/1",
        "id": "n",
        "target": "δ",
        "variables": variables,
        "parents": {"τ": ["δ"]},
    }
    network.write_text(json.dumps(document | {"cpts": cpts}), encoding="utf-8")
    case.write_text("id: René\nfindings: {τ: −}\n", encoding="utf-8")
    rows = tmp_path / "t.csv"
    rows.write_text("id,τ\nRené,−\n", encoding="utf-8")
    of_case = (str(case), "-n", str(network))
    for command, names in (
        (("batch", str(rows), "-n", str(network)), "René да нет"),
        (("batch", str(rows), "-n", str(network), "--json"), "René да нет"),
        (("query", *of_case, "--json"), "René да нет τ −"),
        (("convert", *of_case, "--to", "json"), "René τ −"),
        (("convert", *of_case, "--to", "yaml"), "René τ −"),
        (("codebook", str(network)), "τ −"),
    ):
        for encoding in ("ascii", "cp1252"):
            done = bayesdx(*command, encoding=encoding)
            assert done.returncode == 0, done.stderr
            text = done.stdout.decode()
            text = json.dumps(json.loads(text), ensure_ascii=False) if text.startswith("{") else text
            assert all(name in text for name in names.split()), (command, text)


@pytest.mark.parametrize("arguments", [("query", *CASE), ("query", *CASE, "--json"), ("--help",), ("batch", "T")])
def test_full_disk_and_closed_pipe(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    table = tmp_path / "t.csv"
    table.write_text("level\n" + "lumbar\n" * 20_000)
    arguments = tuple(str(table) if part == "T" else part for part in arguments)
    with open("/dev/full", "wb") as full:
        done = bayesdx(*arguments, stdout=full)
    assert done.returncode == 2
    assert done.stderr == b"bayesdx: standard output: cannot be written (No space left on device)\n"
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = bayesdx(*arguments, stdout=writing)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_closed_streams() -> None:
    shell = f'"{sys.executable}" -m bayesdx query -f level=lumbar'
    closed = subprocess.run(f"{shell} >&-", shell=True, capture_output=True, check=False)
    assert (closed.returncode, closed.stderr.count(b"\n")) == (2, 1)
    closed = subprocess.run(
        f'"{sys.executable}" -m bayesdx query - <&-', shell=True, capture_output=True, check=False
    )
    assert (closed.returncode, closed.stderr) == (2, b"bayesdx: standard input is closed\n")


@pytest.mark.parametrize("rest", ["ask", "ask -f level=lumbar", "query --report {report}"])
def test_nobody_answers_where_standard_input_is_closed(tmp_path: Path, rest: str) -> None:
    report = tmp_path / "report.txt"
    report.write_text("T2 hyperintense lesion of the lumbar spine.\n")
    shell = f'"{sys.executable}" -m bayesdx {rest.format(report=report)} <&-'
    closed = subprocess.run(shell, shell=True, capture_output=True, check=False)
    assert (closed.returncode, closed.stdout, closed.stderr.count(b"\n")) == (2, b"", 1)
    assert closed.stderr.startswith(b"bayesdx: ")


@pytest.mark.parametrize("text", ["\ufefflevel,age\r\nlumbar,31\r\n", "sep=;\nlevel;age\nlumbar;31\n"])
def test_standard_input_reads_like_a_file(tmp_path: Path, text: str) -> None:
    table = tmp_path / "t.csv"
    table.write_bytes(text.encode())
    by_name = bayesdx("batch", str(table), encoding="latin-1")
    with table.open("rb") as file:
        by_stream = bayesdx("batch", "-", encoding="latin-1", stdin=file)
    assert by_name.returncode == by_stream.returncode == 0
    assert by_name.stdout == by_stream.stdout
    refused = bayesdx("batch", "-", encoding="latin-1", input="level\né\n".encode("latin-1"))
    assert (refused.returncode, refused.stderr) == (2, b"bayesdx: standard input: is not a text file (UTF-8)\n")


@pytest.fixture(scope="module")
def zipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as a wheel lays it out, in a zip file."""
    path = tmp_path_factory.mktemp("zip") / "bayesdx.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file in (ROOT / "bayesdx").rglob("*.*"):
            if file.suffix in (".py", ".json"):
                archive.write(file, file.relative_to(ROOT))
        for folder in ("networks", "priors"):
            for file in (ROOT / folder).rglob("*.*"):
                archive.write(file, Path("bayesdx", "_data", file.relative_to(ROOT)))
    return path


def test_from_a_zip_file(zipped: Path, tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(zipped), "TMPDIR": str(tmp_path)}
        command = [sys.executable, "-P", *arguments]
        return subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=True)

    assert run("-c", "import bayesdx; print(bayesdx.__file__)").stdout.startswith(str(zipped))
    asked = run("-m", "bayesdx", "query", "-f", "level=lumbar", "--json").stdout
    assert asked == bayesdx("query", "-f", "level=lumbar", "--json").stdout.decode()
    assert "what-if" in run("-m", "bayesdx", "--help").stdout
    case, cases, rows = tmp_path / "case.yaml", tmp_path / "cases.yaml", tmp_path / "rows.csv"
    case.write_text("findings: {level: lumbar}\n")
    cases.write_text("- {id: a, diagnosis: capnon, findings: {level: lumbar}}\n")
    rows.write_text("id,level\na,lumbar\n")
    report = tmp_path / "report.html"
    commands = (
        f"explain {case}",
        f"what-if {case}",
        f"sensitivity {case} --draws 100 --leave-out 1",
        f"cite {case}",
        "cite mr_t2_signal=hyper --given meningioma",
        f"report {case} -o {report}",
        f"evaluate {cases} --compare",
        f"batch {rows}",
        "networks list",
        "networks show spine --coverage",
        "networks check cranial",
        "export spine",
        "ask -f level=lumbar --certain 0.01",
    )
    every = (
        "import sys; from bayesdx.cli import main; "
        "sys.exit(any([main(command.split(), standalone_mode=False) for command in sys.argv[1:]]))"
    )
    run("-c", every, *commands)
    for file in (case, cases, rows, report):
        file.unlink()
    assert (
        "facts"
        in run("-c", "from bayesdx.knowledge.library import *; print('facts', len(open_library().facts))").stdout
    )
    assert list(tmp_path.iterdir()) == []
