"""Kinds of sentences that were read wrongly or not at all, each with what is read of it now."""

from __future__ import annotations

import pytest

from bayesdx.errors import InputError
from bayesdx.reports import Reports

from .conftest import Read
from .test_beside import leading


@pytest.mark.parametrize(
    ("text", "finding", "state"),
    [
        ("The CT rules out calcification of the mass.", "ct_calcification", "absent"),
        ("Calcification none on CT.", "ct_calcification", "absent"),
        ("A mass. Calcification was sought, but not found.", "ct_calcification", "absent"),
        ("A mass with gyral calcification, not visible at 8 months.", "ct_calcification", "present"),
        ("A mass that enhances evenly.", "mr_enhancement", "homogeneous"),
        ("A uniformly enhancing nodule.", "mr_enhancement", "homogeneous"),
        ("A mass without significant enhancement.", "mr_enhancement", "none"),
        ("A cyst, its wall imperceptible, no enhancement.", "mr_enhancement", "none"),
        ("A mass through foramina that are not enlarged.", "foraminal_widening", "absent"),
        ("A mass of C5; the intervertebral disc is involved, preserved vertebrae; disc", "level", "cervical"),
        ("A bright mass that is nulled on STIR.", "fat_content", "present"),
        ("Numbness of the left cheek. Hearing had deteriorated.", "cranial_neuropathy", "present"),
        ("No evidence of: calcification, haemorrhage or cystic change.", "mr_haemorrhage", "absent"),
        ("A mass at C5. No oedema, no lesions elsewhere.", "multiplicity", "single"),
        ("A T2 hyperintense intramedullary mass at C5.", "mr_t2_signal", "hyper"),
        ("A 55-year-old woman, 3-month history of back pain.", "symptom_duration", "subacute"),
        ("HISTORY: The pain persisted for 6 months.", "symptom_duration", "chronic"),
        ("An intramedullary mass with a syrinx, measuring 25 x 20 mm.", "size_mm", 25),
        ("An intradural mass (22 mm, C5-C6; schwannoma).", "size_mm", 22),
        ("Bony lesion with sparing of the disc and posterior elements.", "epicentre", None),
        ("An extradural mass of the vertebral body.", "epicentre", "vertebral_body"),
        ("Masses of dystrophic calcification (tumoral calcinosis).", "ct_calcification", "present"),
        ("ESR slightly elevated. Afebrile.", "history_fever_or_raised_markers", "present"),
        ("HISTORY: Hearing loss and tinnitus. No facial weakness.", "cranial_neuropathy", "present"),
        ("HISTORY: No facial weakness.", "cranial_neuropathy", "absent"),
        ("HISTORY: Weakness both lower limbs.", "myelopathy", "present"),
    ],
)
def test_denials_and_words(read: Read, text: str, finding: str, state: object) -> None:
    assert leading(read(text).get(finding)) == state


@pytest.mark.parametrize(
    ("text", "t1", "t2"),
    [
        ("Iso- to hypointense on T1, iso- to slightly hyperintense on T2.", "hypo", "hyper"),
        ("T1 hypo- to isointense. Low to intermediate T2.", "hypo", "hypo"),
        ("A cyst, isointense to CSF in each sequence.", "hypo", "fluid"),
        ("Low in T1 and high in T2 signal.", "hypo", "hyper"),
        ("T1: iso to hypo. T2: iso to slightly hyper.", "hypo", "hyper"),
        ("T1 iso/hypo, T2 iso-hyper.", "hypo", "hyper"),
        ("A mass. T2 signal is hyperintense with hypointense septations.", None, "hyper"),
        ("A mass, T2 hyperintense. Adjacent cerebellum: a trace of T2 hypointensity.", None, "hyper"),
    ],
)
def test_ranges_and_parts_of_signals(read: Read, text: str, t1: str | None, t2: str | None) -> None:
    findings = read(text)
    assert (leading(findings.get("mr_t1_signal")), leading(findings.get("mr_t2_signal"))) == (t1, t2)


def test_signals_of_a_nodule_are_those_of_a_part(reports: Reports) -> None:
    """Of a cyst with a nodule the nodule is a part; where nothing else is named, it is the lesion."""
    found = {one.finding: one for one in reports.read("A cyst. Nodule: T1 isointense, T2 high.").findings}
    assert {found[name].certainty for name in ("mr_t1_signal", "mr_t2_signal")} == {"implied"}
    found = {one.finding: one for one in reports.read("A nodule: T1 isointense, T2 high.").findings}
    assert {found[name].certainty for name in ("mr_t1_signal", "mr_t2_signal")} == {"stated"}


@pytest.mark.parametrize(
    ("text", "finding", "state"),
    [
        ("A mass of the vertebral body of L2.", "compartment", "osseous"),
        ("A mass of the prepontine cistern.", "compartment", "intradural_extramedullary"),
    ],
)
def test_a_place_implies_another(reports: Reports, text: str, finding: str, state: str) -> None:
    found = {one.finding: one for one in reports.read(text).findings}[finding]
    assert leading(found.value) == state
    assert found.certainty == "implied"


def test_what_is_stated_otherwise_makes_the_finer_place_an_implied_one(reports: Reports) -> None:
    found = {one.finding: one for one in reports.read("An extra-axial mass of the left frontal lobe.").findings}
    assert (found["compartment"].value, found["compartment"].certainty) == ("intradural_extramedullary", "stated")
    assert found["epicentre"].certainty == "implied"


@pytest.mark.parametrize(
    ("implies", "message"),
    [
        ({"here": {"size_mm": "<10"}}, "no state 'here'"),
        ({"present": {"syrink": "present"}}, "no finding 'syrink'"),
        ({"present": {"pain": "strong"}}, "no state 'strong'"),
        (["present"], "where a mapping belongs"),
        ({"present": "absent"}, "where a mapping belongs"),
    ],
)
def test_implications_that_are_refused(implies: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Reports("spine", [{"findings": {"syrinx": {"implies": implies}}}])


def test_an_implication_of_ones_own() -> None:
    assert Reports("spine", [{"findings": {"syrinx": {"implies": None}}}]).read("A syrinx.").case.findings
    own = {"findings": {"syrinx": {"implies": {"present": {"myelopathy": "present"}}}}}
    assert leading(Reports("spine", [own]).read("A syrinx.").case.findings["myelopathy"]) == "present"
    assert "myelopathy" not in Reports("spine", [own]).read("No syrinx.").case.findings


def test_implications_of_ones_own_stand_beside_those_that_ship() -> None:
    """A state that is named again has none but its new ones."""

    def compartment(own: object) -> object:
        lexicon = {"findings": {"epicentre": {"implies": own}}}
        found = Reports("spine", [lexicon]).read("A mass of the vertebral body of L2.").case.findings
        return leading(found.get("compartment"))

    assert compartment({}) == compartment({"disc": {"compartment": "extradural"}}) == "osseous"
    assert compartment({"vertebral_body": {"compartment": "extradural"}}) == "extradural"
    assert compartment({"vertebral_body": {}}) is None


def test_a_region_is_only_about_there(reports: Reports) -> None:
    found = {one.finding: one for one in reports.read("A mass of the basal ganglia region.").findings}
    assert (found["epicentre"].certainty, found["level"].certainty) == ("implied", "stated")


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("A mass, thought to be a tumour (ependymoma with haemorrhage).", "mr_haemorrhage"),
        ("A mass of the cord. Chest CT: amorphous calcifications.", "ct_calcification"),
        ("A mass of the pons. Physiological calcification of the pineal gland.", "axial_position"),
        ("A mass at C5. No oedema, no lesions elsewhere.", "mr_haemorrhage"),
        ("No evidence of: calcification, haemorrhage or cystic change.", "syrinx"),
        ("Disc bulges at C5/6, 6/7.", "symptom_duration"),
        ("A mass was described as an extradural mass at C5. He is a fit man.", "seizure"),
        ("An intramedullary mass. PET: intense uptake in the mass.", "mr_enhancement"),
        ("SWI (susceptibility weighted imaging) was performed. A mass.", "mr_swi_blooming"),
        ("Sagittal fat-saturated T1, T2 and STIR images. A mass.", "fat_content"),
        ("Possible vertebral body mass.", "compartment"),
        ("A mass. Single grand mal seizure.", "multiplicity"),
        ("A mass at the corticomedullary junction.", "ct_calcification_pattern"),
        ("A mass at C5, unchanged for 3 years.", "symptom_duration"),
        ("A mass off the midline.", "axial_position"),
        ("An incidental left renal cyst.", "incidental"),
        ("A mass. Multiple small cutaneous nodules.", "multiplicity"),
    ],
)  # fmt: skip
def test_what_is_not_read(read: Read, text: str, missing: str) -> None:
    assert missing not in read(text)


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("HISTORY: 9 days headache and fever.", "acute"),
        ("HISTORY: arm weakness and clumsy hands 9 months.", "chronic"),
        ("HISTORY: pain for approx. 7 months.", "chronic"),
        ("HISTORY: back pain x 4 months, weakness since 10 days.", "chronic"),
        ("HISTORY: focal seizure 3 days back.", "acute"),
        ("HISTORY: neck pain, duration 4 months.", "chronic"),
        ("HISTORY: pain after surgery 2 years.", None),
        ("HISTORY: Girl, 9 yrs. Back pain 2 months, clonus.", "subacute"),
        ("HISTORY: painful scoliosis for 1½ years.", "chronic"),
    ],
)
def test_durations_and_the_longest_of_them(read: Read, text: str, state: str | None) -> None:
    assert read(text).get("symptom_duration") == state


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("62 y, man. A mass.", 62),
        ("Male / 74 yrs", 74),
        ("A 40 y/o woman.", 40),
        ("Male / 74 mm", None),
        ("19 male with pain.", 19),
    ],
)
def test_ages_beside_a_sex(reports: Reports, text: str, age: int | None) -> None:
    assert reports.read(text).case.age == age


@pytest.mark.parametrize(
    ("text", "no_lesion"),
    [
        ("No mass. No syrinx.", True),
        ("Normal study. No dural tail.", True),
        ("No mass at C5. A nodule at C6.", False),
        ("No mass effect. The cord is hyperintense on T2.", False),
        ("No dural tail. No syrinx.", False),
        ("No mass. T1 low.", False),
        ("Left middle fossa arachnoid cyst, 3 cm. Otherwise normal study.", False),
        ("Posterior epidural collection from T8 to T10. No other abnormality.", False),
        ("Vestibular schwannoma on the left, 14 mm. Normal study otherwise.", False),
        ("Normal MRI 2 years ago. Now a focal area of T2 hyperintensity in the pons.", False),
        ("Vertebra plana of L1 with no paravertebral mass.", False),
        ("A few T2 hyperintense foci. Normal MRI of the brain. No mass.", True),
        ("INDICATION: ? mass.\nFINDINGS: Normal study.", True),
        ("INDICATION: Headache, ? meningioma.\nFINDINGS: No mass.", True),
        ("INDICATION: Known meningioma.\nFINDINGS: No mass of the cord.", False),
    ],
)
def test_a_report_that_names_no_lesion(reports: Reports, text: str, no_lesion: bool) -> None:
    assert reports.read(text).no_lesion is no_lesion


@pytest.mark.parametrize(
    "words", ["No further lesion is detected.", "No other lesion in the spine.", "No mass effect."]
)
def test_what_is_no_second_lesion(reports: Reports, words: str) -> None:
    assert not reports.read(f"A mass at C5. {words}").several


@pytest.mark.parametrize(
    "words",
    ["5.1 (AP) x 3.8 (TR) x 3.6 (CC) cm", "AP 51 x TR 38 x CC 36 mm", "TR 38 by AP: 51 mm", "36 x CC 51 mm"],
)
def test_the_dimensions_of_a_length(read: Read, words: str) -> None:
    assert read(f"A mass of {words}.")["size_mm"] == 51


def test_one_signal_or_the_other_is_no_plain_statement(reports: Reports) -> None:
    (found,) = reports.read("T2 isointense or hyperintense.").findings
    assert found.certainty == "implied"


@pytest.mark.parametrize(
    ("text", "finding", "state"),
    [
        ("It spares the disc and destroys the vertebral body.", "destruction", "present"),
        ("It spares the disc and enhances homogeneously.", "mr_enhancement", "homogeneous"),
        ("The lesion spares the facet and has a calcified rim.", "ct_calcification_pattern", "peripheral_rim"),
        ("Sparing of the disc, bone destruction.", "destruction", "present"),
        ("There is no fat and it restricts diffusion.", "mr_restricted_diffusion", "present"),
        ("It has no calcification and destroys the lamina.", "destruction", "present"),
        ("There is no dural tail and the lesion erodes the clivus.", "destruction", "present"),
        ("High T1 signal that persists on fat saturation.", "fat_content", "absent"),
        ("Visual acuity was 6/6.", "cranial_neuropathy", None),
        ("Visual acuity was 6/60.", "cranial_neuropathy", "present"),
    ],
)
def test_where_a_denial_ends(read: Read, text: str, finding: str, state: str | None) -> None:
    assert leading(read(text).get(finding)) == state


def test_what_was_missed_is_told(reports: Reports) -> None:
    """Of what says nothing, sentences about the lesion alone: no denials, diagnoses and other organs."""
    text = (
        "MRI SPINE WITH CONTRAST\n\nA mass at C5. Thick smooth wall. No fracture. The sinuses are clear. "
        "Likely schwannoma. Follow-up of the lesion is recommended. The borders are lobulated."
    )
    found = reports.read(text)
    assert [text[one.start : one.end] for one in found.passages.missed] == [
        "Thick smooth wall.",
        "The borders are lobulated.",
    ]
    assert "nothing was read from “Thick smooth wall.” and “The borders are lobulated.”" in found.text()


def test_symptoms_among_findings_where_the_patient_is_spoken_of(read: Read) -> None:
    """A sentence behind one of the patient goes on with it, up to the images; so does no new paragraph."""
    text = "FINDINGS: 32-year-old man. Long-standing headache. "
    assert "headache" in read(f"{text}A mass of the pons.")
    assert "seizure" not in read(f"{text}MRI shows a mass. Seizure focus.")
    assert "pain" not in read(f"{text}\n\nPain.")


def test_durations_of_ones_own_without_the_longest() -> None:
    own = {"findings": {"symptom_duration": {"measure": {"duration": {"acute": 14, "subacute": 90}}}}}
    found = Reports("spine", [own]).read("HISTORY: pain for 3 days. Long-standing weakness.").case.findings
    assert found["symptom_duration"] == "chronic"
