"""The service answers as the command line does, and describes itself as it is."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import jsonschema
import msgspec
import pytest
from click.testing import CliRunner
from openapi_spec_validator import validate
from web_client import Client

from bayesdx.analyses import ANALYSES, Analysis
from bayesdx.cli import main
from bayesdx.web import fhir, hooks
from bayesdx.web.app import create_app
from bayesdx.web.models import Models
from bayesdx.web.openapi import document
from bayesdx.web.requests import BODIES
from bayesdx.web.requests.case import CaseBody
from bayesdx.web.rest import method_of, path_of

CASE = {"id": "c", "age": 50, "findings": {"level": "cervical", "mr_t2_signal": {"hyper": 0.8, "mixed": 0.2}}}
PROVEN = [
    {"id": "a", "diagnosis": "meningioma", "findings": {"level": "cervical", "mr_dural_tail": "present"}},
    {"id": "b", "diagnosis": "capnon", "findings": {"level": "lumbar", "ct_calcification": "present"}},
]
COSTS = {"unit": "EUR", "ct": 100, "mr_dural_tail": 300}

#: What is asked of the service and of the command line: analysis, body, arguments.
SAME: list[tuple[str, dict[str, Any], list[str]]] = [
    ("query", {}, ["query", "CASE"]),
    ("query", {"prior": "uniform"}, ["query", "CASE", "--prior", "uniform"]),
    ("explain", {}, ["explain", "CASE"]),
    ("explain", {"versus": "capnon"}, ["explain", "CASE", "--versus", "capnon"]),
    ("explain", {"pair": ["other", "capnon"]}, ["explain", "CASE", "--pair", "other", "capnon"]),
    ("what_if", {}, ["what-if", "CASE"]),
    ("what_if", {"kind": "ct"}, ["what-if", "CASE", "--kind", "ct"]),
    (
        "what_if",
        {"steps": 2, "certain": 0.9, "seed": 3},
        ["what-if", "CASE", "--steps=2", "--certain=.9", "--seed=3"],
    ),
    ("what_if", {"costs": COSTS, "steps": 1}, ["what-if", "CASE", "--costs", "COSTS", "--steps", "1"]),
    ("what_if", {"finding": "mr_dural_tail"}, ["what-if", "CASE", "--finding", "mr_dural_tail"]),
    (
        "compare",
        {"set": {"mr_dural_tail": "present"}, "unset": ["level"]},
        ["what-if", "CASE", "--set", "mr_dural_tail=present", "--unset", "level"],
    ),
    ("ask", {}, ["ask", "CASE"]),
    ("ask", {"certain": 0.99, "information": 0.001}, ["ask", "CASE", "--certain=.99", "--information=.001"]),
    ("sensitivity", {"draws": 200}, ["sensitivity", "CASE", "--draws", "200"]),
    (
        "sensitivity",
        {"draws": 200, "all": True, "require": ["capnon >= 0.5"], "range": "10%"},
        ["sensitivity", "CASE", "--draws=200", "--all", "--require", "capnon >= 0.5", "--range", "10%"],
    ),
    ("impression", {}, ["impression", "CASE"]),
    ("impression", {"prior": "uniform"}, ["impression", "CASE", "--prior", "uniform"]),
    ("impression", {"versus": "other"}, ["impression", "CASE", "--versus", "other"]),
    ("board", {"cases": PROVEN}, ["impression", "CASES", "--row"]),
    ("report", {"versus": "other"}, ["report", "CASE", "--versus", "other"]),
    ("batch", {"cases": PROVEN}, ["batch", "TABLE"]),
    ("read", {"report": "A mass at C5. No syrinx.", "network": "small"}, ["read", "REPORT"]),
    (
        "learn",
        {"cases": PROVEN * 6, "restarts": 0, "name": "here"},
        ["learn", "NETWORK", "MANY", "--restarts=0", "--name=here"],
    ),
]


def printed(tmp_path: Path, network: Path | None, arguments: list[str]) -> str:
    """What the command line prints with ``--json``."""
    files = {"CASE": CASE, "COSTS": COSTS, "CASES": PROVEN}
    named = {name: tmp_path / f"{name}.json" for name in files}
    for name, path in named.items():
        path.write_text(json.dumps(files[name]))
    for name, rows in (("TABLE", PROVEN), ("MANY", PROVEN * 6)):
        named[name] = tmp_path / f"{name}.jsonl"
        named[name].write_text("".join(json.dumps(row) + "\n" for row in rows))
    named["REPORT"] = tmp_path / "report.txt"
    named["REPORT"].write_text("A mass at C5. No syrinx.")
    if network is not None:
        named["NETWORK"] = network
    call = [str(named.get(part, part)) for part in arguments]
    if network is not None and "NETWORK" not in arguments:
        call += ["--network", str(network)]
    done = CliRunner().invoke(main, [*call, "--json"], input="", prog_name="bayesdx")
    assert done.exit_code == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(("name", "body", "arguments"), SAME)
def test_answers_are_those_of_the_command_line(
    small_client: Client, small_path: Path, tmp_path: Path, name: str, body: dict[str, Any], arguments: list[str]
) -> None:
    sent = body if "cases" in body or "report" in body else {"case": CASE, **body}
    answer = small_client.post(path_of(ANALYSES[name]), sent)
    assert answer.status_code == 200, answer.text
    assert answer.text == printed(tmp_path, small_path, arguments)
    follows(name, answer.json())


def test_marginals_are_those_of_the_command_line(small_client: Client, tmp_path: Path) -> None:
    sent = {"model": "MARKOV 2 2 3 1 2 0 1 6 1 0 2 3 1 4", "evidence": "1 0 1"}
    for name, text in sent.items():
        (tmp_path / name).write_text(text)
    answer = small_client.post("/v1/marginals", sent)
    assert answer.text == printed(
        tmp_path, None, ["marginals", str(tmp_path / "model"), "--evidence", str(tmp_path / "evidence")]
    )
    follows("marginals", answer.json())
    wrong = small_client.post("/v1/marginals", {**sent, "evidence": "1 2 0"})
    assert wrong.status_code == 422
    assert "there is no variable 2" in wrong.text
    pairs = " ".join(f"2 {i} {j}" for i in range(30) for j in range(i))
    large = f"MARKOV 30 {'2 ' * 30} 435 {pairs} {'4 1 2 3 1 ' * 435}"
    refused = small_client.post("/v1/marginals", {"model": large})
    assert refused.status_code == 422
    assert "exact inference needs" in refused.text


@pytest.mark.parametrize(
    ("path", "name", "arguments"),
    [
        ("/v1/networks/small", "network", ["networks", "show", "NETWORK"]),
        ("/v1/networks/small?prior=uniform", "network", ["networks", "show", "NETWORK", "--prior", "uniform"]),
        ("/v1/networks/small/check", "check", ["networks", "check", "NETWORK"]),
        ("/v1/networks/small/export", "export", ["export", "NETWORK"]),
        ("/v1/networks/small/codebook", "codebook", ["codebook", "NETWORK"]),
        ("/v1/networks/small?codes=true", "network", ["networks", "show", "NETWORK", "--codes"]),
    ],
)
def test_networks_are_those_of_the_command_line(
    small_client: Client, small_path: Path, tmp_path: Path, path: str, name: str, arguments: list[str]
) -> None:
    answer = small_client.get(path)
    assert answer.text == printed(tmp_path, small_path, arguments)
    follows(name, answer.json())


@pytest.mark.parametrize(
    ("name", "body", "arguments"),
    [
        ("query", {"case": CASE}, ["query", "CASE"]),
        ("query", {"case": {"findings": {"level": "skull_base"}}}, ["query", "-f", "level=skull_base"]),
        ("cite_case", {"case": CASE}, ["cite", "CASE"]),
        (
            "cite",
            {"finding": "mr_dural_tail", "state": "present", "given": "meningioma"},
            ["cite", "mr_dural_tail=present", "--given", "meningioma"],
        ),
        ("evaluate", {"cases": PROVEN, "own_source": True}, ["evaluate", "CASES", "--own-source"]),
        ("benchmark", {"cases": PROVEN, "own_source": True}, ["evaluate", "CASES", "--own-source", "--compare"]),
    ],
)
def test_shipped_networks_answer_the_same(
    shipped: Client, tmp_path: Path, name: str, body: dict[str, Any], arguments: list[str]
) -> None:
    answer = shipped.post(path_of(ANALYSES[name]), body)
    assert answer.text == printed(tmp_path, None, arguments)
    follows(name, answer.json())


@pytest.mark.parametrize(
    ("path", "name", "arguments"),
    [
        ("/v1/networks", "networks", ["networks", "list"]),
        ("/v1/networks/spine/coverage", "coverage", ["networks", "show", "spine", "--coverage"]),
    ],
)
def test_shipped_networks_are_shown_the_same(
    shipped: Client, tmp_path: Path, path: str, name: str, arguments: list[str]
) -> None:
    answer = shipped.get(path)
    assert answer.text == printed(tmp_path, None, arguments)
    follows(name, answer.json())


def test_a_conversation_leads_where_that_of_the_command_line_leads(
    small_client: Client, small_path: Path, tmp_path: Path
) -> None:
    case = tmp_path / "case.json"
    case.write_text(json.dumps(CASE))
    first = small_client.post("/v1/ask", {"case": CASE}).json()["next"]
    second = small_client.post("/v1/ask", {"case": CASE, "answers": [{"finding": first, "value": None}]}).json()[
        "next"
    ]
    variables = {v["id"]: v for v in small_client.get("/v1/networks/small").json()["variables"]}
    state = next(state for state in variables[second]["states"] if state != "not_applicable")
    call = ["ask", str(case), "--network", str(small_path), "--json"]
    said = CliRunner().invoke(main, call, input=f"skip\n{state}\ndone\n")
    answers = [{"finding": first, "value": None}, {"finding": second, "value": state}]
    assert small_client.post("/v1/ask", {"case": CASE, "answers": answers}).text == said.stdout


def follows(name: str, answer: object) -> None:
    """The answer follows the schema that the OpenAPI document gives for its route."""
    row = ANALYSES[name]
    operation = document()["paths"][path_of(row)][method_of(row).lower()]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    jsonschema.Draft202012Validator({**schema, "components": document()["components"]}).validate(answer)


def test_the_document_is_openapi() -> None:
    validate(document())


SERVED = [name for name, row in ANALYSES.items() if row.served]


def test_every_analysis_has_a_route(small_client: Client) -> None:
    paths = small_client.get("/v1/openapi.json").json()["paths"]
    others = {path for path in paths if not path.startswith("/v1")}
    assert set(paths) - others == {path_of(ANALYSES[name]) for name in SERVED}
    assert others == {*fhir.described(), *hooks.described()}
    page = small_client.get("/v1/docs").text
    assert all(f'id="{name}"' in page for name in SERVED)
    assert "http://" not in page.replace("http://127.0.0.1:8000", "")
    assert "https://" not in page.replace("https://json-schema.org", "")


#: Options that say how the terminal or a file is written, and what stands in the body in another form.
ELSEWHERE = {
    "case", "path", "case_id", "pairs", "age", "sex", "network", "prior", "target", "as_json", "show_all", "save",
    "output", "top", "references", "plot", "panels", "changes", "removed", "what", "given", "name", "strict",
    "compare", "show_cases", "anyway", "without", "others", "coverage", "learnt", "cases", "report", "yes",
    "lexicons", "table", "form", "paths", "row", "model", "surprise", "ask_next", "intervals", "change",
    "lead_draws", "workers", "cluster",
}  # fmt: skip
#: Fields of the service for which the command line has another way: answers are typed, changes have two options.
FIELDS = {"case", "cases", "network", "prior", "set", "unset", "answers", "finding", "state", "given", "format"}
FIELDS |= {"report", "reports", "model"}


@pytest.mark.parametrize("name", SERVED)
def test_options_are_those_of_the_command_line(name: str) -> None:
    command: Any = main
    for word in ANALYSES[name].command.split(" --")[0].split():
        command = command.get_command(click.Context(command), word)
    options = {
        max(parameter.opts, key=len).lstrip("-").replace("-", "_"): parameter.default
        for parameter in command.params
        if parameter.name not in ELSEWHERE
    }
    fields = {field.name: field.default for field in msgspec.structs.fields(BODIES.get(name, CaseBody))}
    assert fields.keys() - FIELDS <= options.keys() | {"name"}
    if ANALYSES[name].command.split()[-1].startswith("--") or name in ("compare", "cite_case", "network", "export"):
        return  # one command that answers several questions
    assert options.keys() <= fields.keys()
    for key, default in options.items():
        if isinstance(default, int | float | str):
            assert fields[key] == default, key


def test_a_new_analysis_is_a_row(monkeypatch: pytest.MonkeyPatch, small_path: Path) -> None:
    for corner in ("numbers.differential", "wire"):
        monkeypatch.setitem(
            sys.modules, f"bayesdx.analyses.again.{corner}", import_module(f"bayesdx.analyses.query.{corner}")
        )
    monkeypatch.setitem(ANALYSES, "again", Analysis("again", "again", "differential.query"))
    client = Client(create_app(Models(str(small_path))))
    assert client.post("/v1/again", {"case": CASE}).text == client.post("/v1/query", {"case": CASE}).text


def test_answers_in_other_forms(small_client: Client, small_path: Path, tmp_path: Path) -> None:
    case = tmp_path / "case.json"
    case.write_text(json.dumps(CASE))
    for media_type, ending in (("text/html", "html"), ("text/markdown", "md")):
        answer = small_client.post("/v1/report", {"case": CASE}, headers={"Accept": media_type})
        assert answer.headers["content-type"].startswith(media_type)
        file = tmp_path / f"report.{ending}"
        assert (
            CliRunner().invoke(main, ["report", str(case), "-n", str(small_path), "-o", str(file)]).exit_code == 0
        )
        assert answer.text == file.read_text(encoding="utf-8")
    (tmp_path / "cases.jsonl").write_text("".join(json.dumps(row) + "\n" for row in PROVEN * 6))
    call = [
        "learn",
        str(small_path),
        str(tmp_path / "cases.jsonl"),
        "--restarts=0",
        "-o",
        str(tmp_path / "learnt.json"),
    ]
    done = CliRunner().invoke(main, call)
    body = {"cases": PROVEN * 6, "restarts": 0}
    answer = small_client.post("/v1/learn", body, headers={"Accept": "application/vnd.bayesdx.network+json"})
    assert (answer.status_code, done.exit_code) in ((200, 0), (422, 2))
    if done.exit_code == 0:
        assert answer.text == (tmp_path / "learnt.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("accept", "liked"),
    [
        ("*/*", "application/json"),
        ("application/*;q=0.5, text/html", "text/html"),
        ("text/html;q=0.2, application/json;q=0.9", "application/json"),
        ("text/*, image/png", "text/html"),
        ("image/png, text/html;q=0", None),
        ("q=1;;,,nonsense;q=x", None),
    ],
)
def test_which_form_is_liked(small_client: Client, accept: str, liked: str | None) -> None:
    answer = small_client.post("/v1/report", {"case": CASE}, headers={"Accept": accept})
    assert answer.status_code == (200 if liked else 406)
    assert answer.headers["content-type"].partition(";")[0] == (liked or "application/problem+json")


def test_reports_are_read_and_not_kept(shipped: Client, caplog: pytest.LogCaptureFixture) -> None:
    text = "A calcified mass at the foramen magnum in a 58-year-old man named Doe. A second lesion."
    answer = shipped.post("/v1/read", {"report": text})
    assert answer.status_code == 200
    follows("read", answer.json())
    assert answer.json()["case"] == {"age": 58, "sex": "male", "findings": answer.json()["case"]["findings"]}
    assert answer.json()["several"] == ["second lesion"]
    assert "Doe" not in caplog.text
    many = shipped.post("/v1/read-folder", {"reports": [{"id": "a", "report": text}, {"id": "b", "report": ""}]})
    follows("read_folder", many.json())
    assert [(one["case"]["id"], one["error"]) for one in many.json()["reports"]] == [
        ("a", None),
        ("b", "the report is empty"),
    ]
    wrong = shipped.post("/v1/read", {"report": " "})
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["pointer"] == "/report"
    assert "did you mean 'spine'?" in shipped.post("/v1/read", {"report": text, "network": "spin"}).text


def test_codes_are_asked_for_and_taken(small_client: Client) -> None:
    """A case in codes has the answer of the case, and the codes of what it names where they are asked for."""
    plain = {"findings": {"mr_dural_tail": "present", "ct_calcification": "absent"}}
    coded = {"findings": {"mr_dural_tail": "RID28472", "ct_calcification": "snomed:2667000"}}
    answer = small_client.post("/v1/query", {"case": plain}).json()
    assert small_client.post("/v1/query", {"case": coded}).json() == answer
    held = small_client.post("/v1/query", {"case": coded, "codes": True})
    follows("query", held.json())
    codes = held.json()["codes"]
    assert {key: value for key, value in held.json().items() if key != "codes"} == answer
    assert [one["code"] for one in codes["mr_dural_tail"]["states"]["present"]] == ["RID28472", "52101004"]
    wrong = small_client.post("/v1/query", {"case": {"findings": {"mr_dural_tail": "C3230"}}})
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["pointer"] == "/case/findings/mr_dural_tail"
    rows = [{"record_id": "1", "size_mm": "lt_10", "findings_complete": "2"}]
    batch = small_client.post("/v1/batch", {"cases": rows}).json()
    assert batch["cases"][0]["id"] == "1"
    assert batch["warnings"] == {}
