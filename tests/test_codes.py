"""Standard codes: what is shipped, under which terms, and that a code is the id that it stands for."""

from __future__ import annotations

import csv
import json
import re
import shutil
import tomllib
from pathlib import Path

import jsonschema
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import bayesdx
from bayesdx import codes
from bayesdx.analyses import ANALYSES
from bayesdx.cli import main
from bayesdx.codes import ANY, SYSTEMS, codes_of, meanings, written
from bayesdx.document import NetworkDocument
from bayesdx.errors import InputError
from bayesdx.formats.network_json import network_text
from bayesdx.model import Model
from bayesdx.network import Network

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "networks" / "codes"
TABLES = {path.stem: list(csv.DictReader(path.open(encoding="utf-8"))) for path in FOLDER.glob("*.csv")}
ROWS = [(system, row) for system, rows in TABLES.items() for row in rows]
#: How each system writes its codes, by its own rules.
FORMS = {
    "oifm": r"OIFMA?_[A-Z]{3,4}_\d{6}(\.\d+)?",
    "radlex": r"RID\d{1,5}",
    "ncit": r"C\d{3,6}",
    "doid": r"DOID:(\d{1,5}|00\d{5})",
    "gamuts": r"\d{1,5}",
    "snomed": r"\d{6,18}",
}


def verhoeff(number: str) -> bool:
    """Whether the check digit of a SNOMED CT identifier holds (Verhoeff 1969: the dihedral group of ten)."""

    def product(a: int, b: int) -> int:
        return (a + (b if a < 5 else -b)) % 5 + 5 * ((a < 5) != (b < 5))

    turn = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit)
        for _ in range(place % 8):
            value = turn[value]
        total = product(total, value)
    return total == 0


def vocabulary() -> dict[str, set[str]]:
    """Findings and states, and the diagnoses of both networks, as their definitions have them."""
    listed = yaml.safe_load((ROOT / "networks" / "vocabulary.yaml").read_text(encoding="utf-8"))["variables"]
    known = {entry["id"]: set(entry["states"]) for entry in listed}
    known["diagnosis"] = set()
    for name in ("spine", "cranial"):
        definition = yaml.safe_load((ROOT / "networks" / f"{name}.yaml").read_text(encoding="utf-8"))
        known["diagnosis"] |= {entry["id"] for entry in definition["diagnoses"]}
    return known


def test_tables_are_of_known_systems_and_speak_of_what_there_is() -> None:
    known = vocabulary()
    anywhere = set().union(*known.values())
    assert set(TABLES) == set(SYSTEMS)
    for system, row in ROWS:
        assert list(row) == ["variable", "state", "code", "display"]
        assert re.fullmatch(FORMS[system], row["code"]), row
        if row["variable"] == ANY:
            assert row["state"] in anywhere
        else:
            assert row["variable"] in known
            assert not row["state"] or row["state"] in known[row["variable"]], row
    for system, rows in TABLES.items():
        listed = [row["code"] for row in rows]
        assert len(set(listed)) == len(listed), system  # a code means one thing
    assert all(verhoeff(row["code"]) for row in TABLES["snomed"])


def test_capnon_has_no_code_and_neighbours_have_none_of_its_own() -> None:
    """What is a part of a diagnosis, or more than it, is no code of it (docs/codes.md says why)."""
    coded = {row["state"] for _, row in ROWS if row["variable"] == "diagnosis"}
    halves = {"cppd_or_gout", "epidermoid_dermoid", "parasitic_cyst", "aneurysm_or_avm", "ossified_ligament"}
    broader = {"chondrosarcoma", "cavernoma", "tumoral_calcinosis", "heterotopic_ossification"}
    assert not coded & {"capnon", "other", "plasmacytoma_myeloma", "lipoma", *halves, *broader}
    assert "RID2509" not in {row["code"] for _, row in ROWS}


def shipped() -> list[Path]:
    """Every file that the wheel holds, as pyproject.toml says."""
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    folders = [*build["packages"], *build["force-include"]]
    found = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    assert FOLDER / "NOTICES.md" in found
    return [path for path in found if "__pycache__" not in path.parts]


def test_nothing_is_shipped_that_may_not_be() -> None:
    """No ICD-O code, no description of SNOMED CT, no definition."""
    for path in shipped():
        text = path.read_text(encoding="utf-8", errors="ignore")
        assert not re.search(r"(?<![\d/.])[89]\d{3}/[0-9](?![\d/])", text), f"{path}: a morphology of ICD-O"
        assert not re.search(r"ICD-?O[-:_ ]?3?[:_ ]*\(?C?\d{2}", text), f"{path}: a code of ICD-O"
        ends = r"\((qualifier value|body structure|disorder|morphologic abnormality|observable entity)\)"
        assert not re.search(ends, text), f"{path}: a description of SNOMED CT"
    assert {path.name for path in FOLDER.iterdir()} == {"NOTICES.md", *(f"{name}.csv" for name in SYSTEMS)}
    assert {row["display"] for row in TABLES["snomed"]} == {""}
    for system, row in ROWS:
        assert system == "snomed" or 0 < len(row["display"]) <= 50
        assert not re.search(r"[.;]|\b(is|are|characterized|characterised|which|that)\b", row["display"]), row


def test_every_table_has_its_notice() -> None:
    notices = (FOLDER / "NOTICES.md").read_text(encoding="utf-8")
    heads = " ".join(re.findall(r"^## (.*)$", notices, re.MULTILINE))
    assert all(f"`{system}.csv`" in heads for system in SYSTEMS)
    for said in (
        "Copyright (c) 2025 Open Imaging Data Model Initiative",
        "Licensed under RadLex License Version 2.0",
        "https://creativecommons.org/licenses/by/4.0/",
        "CC0 1.0",
        "used by permission of SNOMED International",
    ):
        assert said in " ".join(notices.replace(">", " ").split()), said
    metadata = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "networks/codes/NOTICES.md" in metadata["license-files"]
    page = (ROOT / "docs" / "codes.md").read_text(encoding="utf-8")
    for name, system in SYSTEMS.items():
        assert re.search(
            rf"^\| `{name}` \| {re.escape(system.name)}.*`{re.escape(system.uri)}`", page, re.MULTILINE
        )


def test_codes_and_meanings_are_each_others_inverse() -> None:
    for system, row in ROWS:
        state = row["state"] or None
        assert (row["variable"], state) in meanings(row["code"], system)
        variable = "syrinx" if row["variable"] == ANY else row["variable"]
        assert (system, row["code"], row["display"]) in codes_of(variable, state)
        for code in codes_of(variable, state):
            assert written(str(code)) == code[:2]
            assert meanings(str(code)) == meanings(code.code, code.system)


def test_vertebrae_are_no_codes(spine: Model) -> None:
    assert [written(name) for name in ("C1", "C5", "C7", "c12")] == [None] * 4
    with pytest.raises(InputError, match=r"'C5' is not a state of 'level'; choose from"):
        spine.query({"findings": {"level": "C5"}})


@given(st.text(max_size=20))
def test_any_text_is_asked_without_an_error(text: str) -> None:
    assert isinstance(meanings(text), tuple)
    assert codes.note(text) == "" or written(text)


@pytest.fixture(scope="module")
def spine() -> Model:
    return bayesdx.load("spine")


CODED = {"level": "RID28674", "mr_dural_tail": "rid28472", "GAMUTS:32082": "not snomed:52101004"}
PLAIN = {"level": "cervical", "mr_dural_tail": "present", "syrinx": "not present"}


def test_a_coded_case_is_the_case(spine: Model) -> None:
    expected = spine.query({"findings": PLAIN}).to_dict()
    assert spine.query({"findings": CODED}).to_dict() == expected
    weighed = {"mr_dural_tail": {"RID28472": 0.8, "RID28473": 0.2}}
    for value in (weighed["mr_dural_tail"], "RID28472:0.8,RID28473:0.2", "snomed:52101004:0.8,snomed:2667000:0.2"):
        found = spine.query({"findings": {"mr_dural_tail": value}}).to_dict()
        assert found == spine.query({"findings": {"mr_dural_tail": {"present": 0.8, "absent": 0.2}}}).to_dict()
    gathered = {"ct_bone_change": ["gamuts:10019", "OIFM_OIDM_432373"]}
    expected = spine.query({"findings": {"foraminal_widening": "present", "destruction": "present"}}).to_dict()
    assert spine.query({"findings": gathered}).to_dict() == expected


@pytest.mark.parametrize("ending", ["yaml", "json", "csv", "jsonl", "options"])
def test_in_every_form_of_a_case(spine: Model, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"coded.{ending}"
    if ending in ("yaml", "json"):
        path.write_text(
            yaml.safe_dump({"findings": CODED}) if ending == "yaml" else json.dumps({"findings": CODED})
        )
        call = ["query", str(path)]
    elif ending == "options":
        call = ["query", *(part for name, state in CODED.items() for part in ("-f", f"{name}={state}"))]
    else:
        head = ",".join(CODED) + "\n" + ",".join(CODED.values()) + "\n"
        path.write_text(head if ending == "csv" else json.dumps(CODED) + "\n")
        call = ["batch", str(path)]
    done = CliRunner().invoke(main, [*call, "--json"], prog_name="bayesdx")
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    expected = {row.diagnosis: row.probability for row in spine.query({"findings": PLAIN}).posterior}
    if call[0] == "query":
        assert {row["diagnosis"]: row["probability"] for row in answer["posterior"]} == expected
    else:
        assert {name: answer["cases"][0][name] for name in expected} == pytest.approx(expected, abs=1e-12)
        assert answer["warnings"] == {}


def run(*arguments: str) -> str:
    done = CliRunner().invoke(main, list(arguments), prog_name="bayesdx")
    assert done.exit_code == 0, done.output
    return done.stdout


def test_in_options(tmp_path: Path) -> None:
    case = tmp_path / "c.yaml"
    case.write_text(yaml.safe_dump({"id": "c", "diagnosis": "C3230", "findings": PLAIN}))
    same = [
        (["explain", "CASE", "--versus", "DOID:3192"], ["explain", "CASE", "--versus", "schwannoma"]),
        (
            ["cite", "gamuts:32082=RID28472", "--given", "diagnosis=C3801", "-n", "spine"],
            ["cite", "syrinx=present", "--given", "diagnosis=hemangioblastoma", "-n", "spine"],
        ),
        (["what-if", "CASE", "--set", "gamuts:32082=RID28472"], ["what-if", "CASE", "--set", "syrinx=present"]),
        (["what-if", "CASE", "--unset", "GAMUTS:32082"], ["what-if", "CASE", "--unset", "syrinx"]),
        (["what-if", "CASE", "--finding", "OIFM_OIDM_432373"], ["what-if", "CASE", "--finding", "destruction"]),
        (["query", "CASE", "-f", "gamuts:32082=present"], ["query", "CASE", "-f", "syrinx=present"]),
        (["query", "-f", "level=gamuts:18633"], ["query", "-f", "level=skull_base"]),
    ]
    for coded, plain in same:
        named = [[part.replace("CASE", str(case)) for part in call] for call in (coded, plain)]
        assert run(*named[0], "--json") == run(*named[1], "--json"), coded
    scored = json.loads(run("evaluate", str(case), "--json", "--cases"))
    assert [row["diagnosis"] for row in scored["cases"]] == ["meningioma"]


def test_a_report_names_the_proven_diagnosis(small_path: Path, tmp_path: Path) -> None:
    case, page = tmp_path / "c.yaml", tmp_path / "r.md"
    case.write_text("diagnosis: C3230\nfindings: {mr_dural_tail: RID28472}\n")
    run("report", str(case), "-n", str(small_path), "-o", str(page))
    assert "Proven diagnosis, not used by the analysis: meningioma." in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("findings", "message"),
    [
        (
            {"level": "C3230"},
            "'C3230' (which is diagnosis=meningioma) is not a state of 'level'; choose from: cranio",
        ),
        ({"RID28472": "present"}, "unknown finding 'RID28472' (which is present); choose from"),
        ({"mr_dural_tail": "RID1"}, "'RID1' (a code of RadLex that stands for nothing here) is not a state of"),
        ({"mr_dural_tail": "snomed:7"}, "'snomed:7' (a code of SNOMED CT that stands for nothing here) is not"),
        ({"mr_t2_signal": "RID28472"}, "'RID28472' (which is present) is not a state of 'mr_t2_signal'"),
        ({"gamuts:32082": "present", "syrinx": "present"}, "'syrinx' is given twice"),
        ({"mr_dural_tail": 52101004}, "not a number; a code of SNOMED CT is snomed:52101004"),
        ({"presentation": "C3230"}, "'C3230' (which is diagnosis=meningioma) is not a state of 'presentation'"),
    ],
)
def test_refused(spine: Model, findings: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        spine.query({"findings": findings})
    if "RID28472" not in findings:  # a column of a table that is no finding is named, and not used
        assert message in spine.query_batch([{"sex": "male", **findings}]).errors[0][1]


def test_a_column_that_is_no_finding_is_named_with_what_it_means(spine: Model) -> None:
    warnings = spine.query_batch([{"sex": "male", "RID28472": "present"}]).warnings
    assert "column 'RID28472' (which is present) is not a finding, and is not used" in warnings


def test_a_proven_diagnosis_that_only_looks_like_a_code_is_refused(spine: Model, tmp_path: Path) -> None:
    case = tmp_path / "c.yaml"
    case.write_text("diagnosis: C2946\nfindings: {level: cervical}\n")
    done = CliRunner().invoke(main, ["evaluate", str(case)], prog_name="bayesdx")
    assert done.exit_code == 2
    assert "unknown diagnosis 'C2946' (a code of NCI Thesaurus that stands for nothing here)" in done.stderr
    rows = [{"diagnosis": "C2946", "level": "cervical"}, {"diagnosis": "C3230", "level": "cervical"}]
    from bayesdx.formats.proven_table import read_proven

    table = read_proven(rows, spine.network, {})
    assert table.errors[0][1].startswith("unknown diagnosis 'C2946'")
    target = spine.network.variable("diagnosis")
    assert target.states[table.sample.codes[0, spine.network.index["diagnosis"]]] == "meningioma"


def test_a_network_means_its_own_names(small: NetworkDocument, tmp_path: Path) -> None:
    """States ``RID28472`` and a finding ``gamuts:32082`` of a network are what it says they are."""
    from dataclasses import replace

    network = small.network
    own = {"mr_dural_tail": ("RID28472", "RID28473")}
    variables = tuple(
        replace(v, states=own.get(v.id, v.states), id="gamuts:32082" if v.id == "sex" else v.id)
        for v in network.variables
    )
    renamed = {"sex": "gamuts:32082"}
    tables = {renamed.get(name, name): table for name, table in network.cpts.items()}
    parents = {renamed.get(name, name): its for name, its in network.parents.items()}
    path = tmp_path / "own.json"
    path.write_text(network_text(Network("own", variables, parents, tables, target="diagnosis")))
    model = bayesdx.load(path)
    found = model.query({"findings": {"mr_dural_tail": "RID28472", "gamuts:32082": "male"}}).posterior
    # RID28472 stands where ``absent`` stood: the code of ``present`` would mean the other state
    plain = Model(replace(small, network=replace(network, counts={})), "own")
    expected = plain.query({"findings": {"mr_dural_tail": "absent", "sex": "male"}}).posterior
    assert [row.probability for row in found] == pytest.approx([row.probability for row in expected], abs=1e-8)


def test_without_a_table_its_codes_are_gone_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(FOLDER, tmp_path / "networks" / "codes")
    (tmp_path / "networks" / "codes" / "snomed.csv").unlink()
    monkeypatch.setattr(codes, "data_root", lambda: str(tmp_path))
    assert [code.system for code in codes_of("syrinx", "present")] == ["radlex"]
    assert meanings("snomed:52101004") == ()
    shutil.rmtree(tmp_path / "networks")
    codes._tables.cache_clear()
    assert codes_of("diagnosis", "meningioma") == ()


def test_answers_hold_codes_on_request(spine: Model) -> None:
    result = spine.query({"findings": PLAIN})
    answer = result.to_dict(codes=True)
    held = answer.pop("codes")
    assert answer == result.to_dict()
    assert isinstance(held, dict)
    assert set(held) == {"diagnosis", *PLAIN}
    assert held["diagnosis"]["states"]["capnon"] == []
    assert set(held["diagnosis"]["states"]) == set(spine.network.variable("diagnosis").states)
    assert {"system": "ncit", "uri": SYSTEMS["ncit"].uri, "code": "C3230", "display": "Meningioma"} in held[
        "diagnosis"
    ]["states"]["meningioma"]
    assert [code["code"] for code in held["syrinx"]["codes"]] == ["32082"]


@pytest.mark.parametrize(
    ("folder", "call"),
    [
        ("query", ["query", "CASE"]),
        ("explain", ["explain", "CASE"]),
        ("what_if", ["what-if", "CASE"]),
        ("compare", ["what-if", "CASE", "--set", "sex=male"]),
        ("ask", ["ask", "CASE"]),
        ("sensitivity", ["sensitivity", "CASE", "-n", "SMALL", "--draws", "100"]),
        ("report", ["report", "CASE", "-n", "SMALL"]),
        ("cite_case", ["cite", "CASE"]),
        ("cite", ["cite", "syrinx", "--given", "diagnosis=meningioma"]),
        ("network", ["networks", "show", "spine"]),
    ],
)
def test_every_command_about_a_case_has_them(
    tmp_path: Path, small_path: Path, folder: str, call: list[str]
) -> None:
    case = tmp_path / "c.yaml"
    case.write_text(yaml.safe_dump({"findings": {"level": "cervical", "mr_dural_tail": "present"}}))
    named = [part.replace("CASE", str(case)).replace("SMALL", str(small_path)) for part in call]
    plain, coded = (json.loads(run(*named, "--json", *more)) for more in ((), ("--codes",)))
    schema = json.loads((Path(bayesdx.__file__).parent / "analyses" / folder / "schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(coded)
    assert coded.pop("codes")["diagnosis"]["codes"] == []
    assert coded == plain
    if folder != "network":
        done = CliRunner().invoke(main, [*named, "--codes"], input="", prog_name="bayesdx")
        assert done.exit_code == 2 or ANALYSES[folder].command == "report"


def test_networks_show_codes() -> None:
    page = run("networks", "show", "spine", "--codes")
    assert re.search(r"^capnon +no standard code$", page, re.MULTILINE)
    assert re.search(r"^meningioma +C3230 Meningioma, DOID:3565 meningioma$", page, re.MULTILINE)
    assert "RadLex License Version 2.0" in page
    done = CliRunner().invoke(main, ["networks", "show", "spine", "--codes", "--learnt"], prog_name="bayesdx")
    assert done.stderr == "bayesdx: --learnt and --codes: ask for one at a time\n"
