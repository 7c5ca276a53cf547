"""``bayesdx explain`` as a user sees it."""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

import bayesdx
from bayesdx.cli import main
from bayesdx.data import data_path
from bayesdx.formats.case_file import read_cases
from bayesdx.words.phrases import signed

Run = Callable[..., Result]
Refused = Callable[..., str]

CASE = """
id: c7
age: 68
sex: male
findings:
  level: cervical
  compartment: extradural
  mr_t2_signal: {hyper: 0.8, mixed: 0.2}
  ct_calcification: present
  ct_calcification_pattern: not dense_solid
"""
CHONDROSARCOMA = [
    *("--age", "19", "--sex", "male", "-f", "level=lumbar", "-f", "compartment=dumbbell", "-f", "size_mm=49"),
    *("-f", "ct_calcification=present", "-f", "ct_calcification_pattern=punctate", "-f", "mr_t1_signal=iso"),
    *("-f", "mr_t2_signal=hyper", "-f", "mr_enhancement=homogeneous", "-f", "mr_dural_tail=absent"),
]


@pytest.fixture
def case(tmp_path: Path) -> str:
    path = tmp_path / "case.yaml"
    path.write_text(CASE)
    return str(path)


@pytest.fixture(scope="module")
def shipped() -> str:
    """The page about the chondrosarcoma from the shipped network, with all sentences."""
    arguments = ["explain", *CHONDROSARCOMA, "--pair", "mesenchymal_chondrosarcoma", "meningioma", "--all"]
    result = CliRunner().invoke(main, arguments, prog_name="bayesdx")
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_terminal(run: Run, case: str) -> None:
    result = run("explain", case)
    assert result.exit_code == 0
    assert result.stderr == ""
    assert "\x1b" not in result.stdout
    lines = result.stdout.splitlines()
    assert lines[0] == "Network   Spine (spine 7): it covers level 'cervical'"
    assert max(map(len, lines)) <= 100
    assert lines[-1] == "For research and education; not a medical device."
    for title in ("Weight of each finding", "From prior to posterior", "Do the findings agree?"):
        assert title in lines
    assert "Sources are not known: this network was not built from the installed facts." in lines


def test_numbers_of_the_page_are_those_of_the_json(run: Run, case: str) -> None:
    answer = json.loads(run("explain", case, "--json").stdout)
    page = run("explain", case).stdout
    rows = re.findall(r"^(\S.*?)  +([+−]?\d+\.\d)  +(?:1/)?[\d.]+ ", page, re.M)
    assert [weight for _, weight in rows] == [signed(row["decibans"]) for row in answer["weights"]]
    assert answer["log_odds"] == pytest.approx(sum(step["decibans"] for step in answer["waterfall"]))


def test_pair_and_versus(run: Run, case: str) -> None:
    answer = json.loads(run("explain", case, "--json").stdout)
    assert answer["first"]["diagnosis"] == answer["leader"]
    other = json.loads(run("explain", case, "--versus", "other", "--json").stdout)
    assert (other["first"]["diagnosis"], other["second"]["diagnosis"]) == (answer["leader"], "other")
    pair = json.loads(run("explain", case, "--pair", "other", "capnon", "--json").stdout)
    assert (pair["first"]["diagnosis"], pair["second"]["diagnosis"]) == ("other", "capnon")
    assert pair["leader"] == answer["leader"]
    assert "does not lead" in run("explain", case, "--pair", "other", "capnon").stdout


def test_one_finding_and_none(run: Run) -> None:
    assert "Weight of each finding" in run("explain", "-f", "level=cervical").stdout
    assert "There are no findings" in run("explain", "-", stdin="id: x").stdout


def test_bad_input(refused: Refused, case: str) -> None:
    assert "did you mean 'meningioma'?" in refused("explain", case, "--versus", "meningeoma")
    assert "compared with itself" in refused("explain", case, "--pair", "other", "other")
    assert "not both" in refused("explain", case, "--pair", "other", "capnon", "--versus", "other")
    assert "2 arguments" in refused("explain", case, "--pair", "other")


def test_json_of_the_shipped_network_follows_the_schema() -> None:
    result = CliRunner().invoke(main, ["explain", *CHONDROSARCOMA, "--json"], prog_name="bayesdx")
    answer = json.loads(result.stdout)
    schema = json.loads((Path(bayesdx.__file__).parent / "analyses" / "explain" / "schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(answer)
    sources = {s["source"] for support in answer["support"] for s in support["statements"]} - {""}
    assert sources
    assert set(answer["references"]) == sources


def test_sentences_of_the_shipped_network(shipped: str) -> None:
    page = " ".join(shipped.split())
    assert "Dural tail: absent speaks for mesenchymal chondrosarcoma: given the other findings" in page
    pattern = "Calcification pattern: punctate (with calcification on CT: present, which it entails) speaks for"
    assert f"{pattern} mesenchymal chondrosarcoma" in page
    assert "present in 0 of 4 [" in page
    assert 'punctate "often" [' in page
    assert "Enhancement: homogeneous speaks for meningioma" in page


def test_every_source_that_is_cited_has_a_reference(shipped: str) -> None:
    text, _, listing = shipped.rpartition("References\n")
    cited = {int(number) for number in re.findall(r"\[(\d+)\]", text)}
    listed = [int(number) for number in re.findall(r"^\[(\d+)\] +\S", listing, re.M)]
    assert cited
    assert listed == list(range(1, len(cited) + 1)) == sorted(cited)


def test_every_sentence_with_sources_holds_a_number(shipped: str) -> None:
    bullets = re.findall(r"^- (.*(?:\n  .*)*)", shipped, re.M)
    claims = [" ".join(bullet.split()).partition(" Sources on ")[0] for bullet in bullets]
    assert len(claims) > 10
    for claim in claims:
        assert re.search(r"\d", claim), claim
    assert max(len(line) for line in shipped.splitlines()) <= 100


CASES = ("jeong2018", "vanhoenacker2013", "kimjd1992_a", "medicina2022_mo18", "thakur2019", "hughes2003", "yuh2014")


@functools.cache
def explained(case: str, *options: str, of: str = "development") -> str:
    """The page about a published case, its lines joined."""
    cases = str(data_path("priors", "cases", f"{of}.yaml"))
    result = CliRunner().invoke(main, ["explain", cases, "--case", case, *options], prog_name="bayesdx")
    assert result.exit_code == 0, result.stderr
    return " ".join(result.stdout.split())


def said_somewhere(pattern: str) -> bool:
    """Whether some page of a development case says so: which one does depends on the numbers of the network."""
    cases = [case.id for case in read_cases(data_path("priors", "cases", "development.yaml"))]
    return any(re.search(pattern, explained(str(case))) for case in cases)


def part(page: str, start: str, end: str) -> str:
    """What stands between two headings."""
    return page.partition(start)[2].partition(end)[0]


def test_commoner_elsewhere_is_not_typical() -> None:
    """Most meningiomas of the spine are not calcified, and still more of all other lesions are not."""
    infection = explained("jeong2018", "--pair", "epidural_infection", "lymphoma")
    typical = part(infection, "Typical of epidural infection, but not shown", "What would tell")
    assert "Paraspinal soft-tissue mass: present" in typical
    assert "Fever" not in typical
    page = explained("hughes2003", "--pair", "meningioma", "schwannoma")
    typical = part(page, "Typical of meningioma, but not shown", "What would tell")
    assert "Epicentre: dura" in typical
    assert "Calcification on CT: absent" not in typical


@pytest.mark.parametrize(
    ("case", "unsaid", "said"),
    [
        ("varrior2024", "absent would speak for chordoma", "central or midline would speak for chordoma"),
        (
            "vanhoenacker2013",
            "central or midline would speak for giant cell tumour",
            "bits): lateral would speak for schwannoma",
        ),
        (
            "jeong2018",
            "isodense would speak for epidural infection",
            "bits): present would speak for epidural infection",
        ),
        ("vanhoenacker2013", "(0.00 bits)", "(0.14 bits)"),
        (
            "bingaman2000",
            "Symptom duration: subacute (2 weeks to 3 months) speaks",
            "no source speaks of it, the average over all diagnoses is assumed",
        ),
    ],
)
def test_the_average_alone_separates_nothing(case: str, unsaid: str, said: str) -> None:
    assert unsaid not in explained(case)
    assert said in explained(case)


def test_evidence_that_rests_on_the_average_says_so() -> None:
    page = explained("medicina2022_mo18", "--pair", "heterotopic_ossification", "foreign_body_granuloma")
    assert "foreign-body granuloma: no source speaks of it, the average over all diagnoses is assumed" in page
    assert "foreign-body granuloma: no source speaks of this state, but" in page


def test_small_weights_share_a_sentence_and_small_conflicts_have_none() -> None:
    small = r"([A-Z][\w ]+: \w+) \(.\d\.\d dB\) and ([\w ]+: \w+) \(.\d\.\d dB\) say next to nothing"
    assert said_somewhere(small)
    assert "Most at odds" not in explained("hughes2003")
    for case in CASES:
        for both in re.findall(small, explained(case)):
            assert not any(f"{name[0].upper()}{name[1:]} speaks for" in explained(case) for name in both)
        assert "likelihood ratio 1.3," not in explained(case)
        assert not re.search(r"agree: together .*?\(−0\.[0-4]\d nats", explained(case))
        for conflict in re.findall(r"seldom go together \(\+(\d\.\d+) nats\)", explained(case)):
            assert float(conflict) >= 0.5


def test_statements_of_another_form_or_the_other_way_say_so() -> None:
    assert "(another form: arachnoid)" in explained("jnscl2022_gossypiboma")
    assert "no source speaks of it in the likeliest form, but present in one published case" in explained(
        "ajnrcom2022jul"
    )
    both = 'no enhancement "usually" [gs_clinmri_cm], no enhancement "usually" [gs_mrionline_cm]'
    assert f"{both} (both pointing the other way)" in explained("matsui2014_seh78")


def test_statements_far_above_the_estimate_say_so() -> None:
    assert said_somewhere(
        r"in \d+ of \d+ \[\w+\], [\w ]+ in \d+ of \d+ (\(another site\) )?\[\w+\] \(both far above the estimate\)"
    )
    assert said_somewhere(r"absent in \d+ of \d+ \[\w+\] \(which puts present far above the estimate\)")


def test_a_state_that_no_source_names_is_not_typical() -> None:
    assert said_somewhere(r"Typical of [^.]*, but not shown (?:(?!What would tell).)*Multiplicity: multiple")
    assert not said_somewhere(r"Typical of metastasis, but not shown (?:(?!What would tell).)*not calcified")


def test_single_cases_and_forms_by_their_names() -> None:
    assert said_somewhere(r"in one published case \([\w ]+\) \[\w+\], the only source on it")
    for case in ("medicina2022_mo18", "thakur2019"):
        assert not re.search(r"1 of 1\b|in 1 case|(extra|intra) axial|\(cppd\)", explained(case))
    assert re.search(r"The likeliest form of CAPNON is extra-axial \(\d\d\.\d%\)\.", explained("thakur2019"))


def test_a_diagnosis_of_one_form_is_not_its_own_form() -> None:
    assert said_somewhere("rather than giant cell tumour of bone")
    assert not said_somewhere("form of giant cell tumour of bone")
    for case in CASES:
        assert not re.search(r"likeliest form of ([^.]+) is \1 \(", explained(case))
        assert not re.search(r"(\w[\w ]+): [\w ,]+ by definition \(\1\)", explained(case))


def test_an_unusual_picture_is_no_form() -> None:
    page = explained("hughes2003", "--versus", "metastasis")
    assert re.search(r"As metastasis, it most likely has an unusual picture \(\d\d\.\d%\)\.", page)
    assert "(unusual picture)" not in page
    assert "form of metastasis" not in page
    assert "another form" not in page


def test_single_patients_who_show_the_same_share_a_statement() -> None:
    page = explained("ajnrcom2022jul")
    assert re.search(r"present in one published case each \[\w+\], \[\w+\], \d+ more", page)
    for case in CASES:
        assert not re.search(r"(\w+ in one published case) \[\w+\], \1 \[", explained(case))


def test_names_of_persons_keep_their_capital() -> None:
    page = explained("vanhoenacker2013", "--pair", "ewing_sarcoma", "lymphoma")
    assert "Ewing sarcoma" in page
    assert "ewing sarcoma" not in page


@pytest.mark.parametrize("case", CASES)
def test_page_and_json_hold_the_same_rows(case: str) -> None:
    cases = str(data_path("priors", "cases", "development.yaml"))
    arguments = ["explain", cases, "--case", case]
    answer = json.loads(CliRunner().invoke(main, [*arguments, "--json"], prog_name="bayesdx").stdout)
    page = CliRunner().invoke(main, [*arguments, "--all"], prog_name="bayesdx").stdout + "\n\n"
    for title, rows in (
        ("Typical of", answer["lacking"]),
        ("What would tell", answer["separators"]),
        ("What would speak for other", answer["hints"]),
    ):
        section = re.search(rf"^{title} .*\n((?:.+\n)*)", page, re.M)
        assert len(re.findall("^- ", section[1] if section else "", re.M)) == len(rows)
    for row in answer["separators"]:
        states = {outlook["state"]: outlook for outlook in row["states"]}
        assert any(row["best"])
        for number, state in enumerate(row["best"]):
            weight = states[state]["decibans"] if state else None
            assert weight is None or (-1) ** number * weight > 10 * math.log10(1.3)


@pytest.mark.parametrize("case", CASES)
def test_how_things_are_called(case: str) -> None:
    page = explained(case)
    assert not re.search(r"\d-\d+ (years|mm)", page)
    assert "(mm):" not in page.replace("Sources on size (mm):", "")
    assert not re.search(r"\(\d\d\.\d% of this estimate|; \d\d\.\d% of this estimate", page)
    assert not re.search(r"\b(\d+) more \(\1 pointing", page)
    assert not re.search(
        r"(with|and|,) (Calcification|Margin|Sex|Level|Epicentre|Age group|Symptom)[a-zA-Z ]*:", page
    )
    assert not re.search(r"\b(none|not) in one published case", page)


def test_what_holds_by_definition_is_that_of_the_form() -> None:
    assert said_somewhere(r"and dura by definition \(intradural\)")
    assert "Also" not in explained("ksmr56_chordoma")
    assert "present by definition (epidermoid), with the average over all diagnoses" in explained(
        "schubert2009", of="published"
    )
    assert said_somewhere(r"An association with compartment is assumed\.")


def test_what_several_share_is_said_once_and_reads() -> None:
    assert said_somewhere(r"Without either of [^;.]* and [^;.]*, [\w ]+ would lead")
    assert said_somewhere(r"\(both of which put \w+ far (above|below) the estimate\), \d+ more")
    assert said_somewhere(r"[A-Z][\w ]+ \(\d\.\d\d bits\): [\w ]+ would speak for \w+")
    assert said_somewhere(r"Without any one of [^;.]*, [^;.]* and [^;.]*, [\w ]+ would lead")


def test_what_is_not_none_is_some() -> None:
    command = ["explain", "-n", "cranial", "-f", "level=skull_base", "-f", "mr_enhancement=not none"]
    page = CliRunner().invoke(main, command, prog_name="bayesdx").stdout
    assert "Enhancement: some " in page
    assert "not none " not in page.partition("Weight of each finding")[2]


def test_statements_on_lesions_elsewhere_say_so_and_are_no_grounds() -> None:
    """Hydatid disease of the spine destroys bone; that is no reason to look for it about a lesion of the brain."""
    arguments = ["-f", "level=intracranial_supratentorial", "-f", "epicentre=cord_or_brain_parenchyma"]
    result = bayesdx.load("cranial").explain({"findings": dict(a.split("=") for a in arguments[1::2])})
    support = result.grounds.support("paraspinal_soft_tissue_mass", "parasitic_cyst")
    assert support is not None
    assert support.statements
    assert not any(statement.at_site for statement in support.statements)
    assert not result.grounds.spoken("paraspinal_soft_tissue_mass", ("present",), "parasitic_cyst")
    junction = bayesdx.load("spine").explain({"findings": {"level": "craniocervical"}})
    assert not any(
        junction.grounds.another_site(statement) for s in junction.support() for statement in s.statements
    )
    command = ["explain", "-n", "cranial", *arguments, "--versus", "parasitic_cyst", "--all"]
    page = " ".join(CliRunner().invoke(main, command, prog_name="bayesdx").stdout.split())
    assert "(another site" in page
    assert "Paraspinal soft-tissue mass (" not in page
