"""Values and what they are said of, measures, places, and names of diagnoses."""

from __future__ import annotations

import pytest

from bayesdx.errors import InputError
from bayesdx.reports import Reports

from .conftest import Read

SIGNALS = [
    ("Hypointense on T1 and hyperintense on T2.", "hypo", "hyper"),
    ("On T1-weighted images the mass was hypointense, and on T2-weighted images hyperintense.", "hypo", "hyper"),
    ("T1: iso, T2: hyper.", "iso", "hyper"),
    ("Low signal on both T1- and T2-weighted images.", "hypo", "hypo"),
    ("T1 hypointense, T2 isointense.", "hypo", "iso"),
    ("Low T1 and high T2 signal.", "hypo", "hyper"),
    ("Isointense and hyperintense on T1 and T2 respectively.", "iso", "hyper"),
    ("Hypointense on T1WI, heterogeneously hyperintense on T2WI.", "hypo", "hyper"),
    ("A hyperintense mass on T2; it is bright on FLAIR and dark on T1.", "hypo", "hyper"),
    ("The T2 hyperintense lesion follows CSF on all sequences and is hypointense on T1.", "hypo", "fluid"),
    ("The mass is dark on all MR sequences.", "hypo", "hypo"),
    ("The mass was low in signal on T1 and high in signal on T2.", "hypo", "hyper"),
    ("The signal on T2-weighted images was low and T1 signal was high.", "hyper", "hypo"),
    ("The mass is hyperintense relative to CSF and hypointense to cord on T1, and T2 signal was very high.",
     "hypo", "hyper"),
    ("A mass with T2 prolongation, isointense on T1, with a low T2 rim.", "iso", "hyper"),
    ("A tumour T2 bright, interrupted by hypointense septa; T1 low.", "hypo", "hyper"),
    ("A mass.\nT1: low\nT2: high", "hypo", "hyper"),
    ("A mass.\nT1: hypointense\nT2: hyperintense", "hypo", "hyper"),
    ("T1 signal: low. T2 signal: very bright.", "hypo", "hyper"),
]  # fmt: skip

FINDINGS = [
    ("Homogeneous enhancement.", {"mr_enhancement": "homogeneous"}),
    ("It enhances in a ring-like fashion.", {"mr_enhancement": "rim_or_peripheral"}),
    ("Peripheral rim enhancement with a non-enhancing centre.", {"mr_enhancement": "rim_or_peripheral"}),
    ("Heterogeneous, avid enhancement.", {"mr_enhancement": "heterogeneous"}),
    ("Eggshell calcification.", {"ct_calcification": "present", "ct_calcification_pattern": "peripheral_rim"}),
    ("Densely calcified mass.", {"ct_calcification": "present", "ct_calcification_pattern": "dense_solid"}),
    ("Rings and arcs calcification.", {"ct_calcification_pattern": "rings_and_arcs"}),
    ("No bony destruction or hyperostosis.", {"destruction": "absent", "hyperostosis_or_sclerosis": "absent"}),
    ("A mass of 20 x 29 x 30.4 mm.", {"size_mm": 30.4}),
    ("A 1.2 cm nodule; sections of 3 mm thickness, slice thickness 5 mm.", {"size_mm": 12}),
    ("A lesion of 1,5 × 0,9 cm, 40 mm from the midline.", {"size_mm": 15}),
    ("ESR was 65 mm. An 18 mm lesion.", {"size_mm": 18}),
    ("Intradural tumor 2 x 3 cm at T8.", {"size_mm": 30}),
    ("A mass at T1-T3.", {"level": "thoracic"}),
    ("A mass of the T2 vertebral body.", {"level": "thoracic", "epicentre": "vertebral_body"}),
    ("A mass in the left cerebellopontine angle.", {"level": "posterior_fossa"}),
    ("MRI of the lumbar spine: a mass at T11.", {"level": "thoracic"}),
    ("A well-circumscribed extradural mass dorsal to the cord.", {
        "margin": "well_defined", "compartment": "extradural", "axial_position": "posterior",
    }),
    ("A cyst; neither the cyst wall nor its content enhanced.", {"mr_enhancement": "none"}),
    ("An abscess-like lesion with a thin enhancing capsule.", {"mr_enhancement": "rim_or_peripheral"}),
    ("MRI with and without contrast: a 44 mm mass in the left lateral ventricle.", {
        "size_mm": 44, "level": "intracranial_supratentorial", "epicentre": "ventricle",
    }),
    ("A calcified mass of the cord. CT: bone windows were unremarkable.", {
        "destruction": "absent", "scalloping_or_remodelling": "absent",
    }),
    ("CT: no calcification, bone normal.", {"ct_calcification": "absent", "hyperostosis_or_sclerosis": "absent"}),
    ("A densely calcified mass; the uncalcified component is bright on T2.", {"ct_calcification": "present"}),
    ("Multiple punched-out lytic lesions of the vertebral bodies.", {"multiplicity": "multiple"}),
    ("A mass after a single seizure.", {"multiplicity": None}),
    ("A mass with foci of old haemorrhage.", {
        "mr_haemorrhage": "present", "history_prior_surgery_or_haemorrhage": None,
    }),
    ("A mass of the oesophagus? ESR 96 mm/h, a thyroid nodule of 6 mm, the acoustic canal mass 27 mm.", {
        "size_mm": 27,
    }),
    ("Ossification along the posterior longitudinal ligament; the facet joints are degenerated.", {
        "epicentre": "ligament", "facet_degeneration": "present",
    }),
    ("The mass dropped out with fat saturation.", {"fat_content": "present"}),
    ("The mass abuts the L4-L5 facet joint.", {"level": "lumbar", "epicentre": None}),
    ("An extra-axial mass. The disc spaces are respected.", {"disc_space_involvement": "absent"}),
    ("DWI: no restriction.", {"mr_restricted_diffusion": "absent"}),
    ("Diffusion was not restricted.", {"mr_restricted_diffusion": "absent"}),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "t1", "t2"), SIGNALS)
def test_signals(read: Read, sentence: str, t1: str, t2: str) -> None:
    found = read(sentence)
    assert (found.get("mr_t1_signal"), found.get("mr_t2_signal")) == (t1, t2)


@pytest.mark.parametrize(("sentence", "expected"), FINDINGS)
def test_findings(read: Read, sentence: str, expected: dict[str, object]) -> None:
    found = read(sentence)
    assert {name: found.get(name) for name in expected} == expected


def test_a_range_of_levels_is_shared_out(read: Read) -> None:
    assert read("An intradural mass from T11 to L1.")["level"] == {"thoracic": 1.0, "lumbar": 0.5}


@pytest.mark.parametrize(
    "name",
    ["Calcifying pseudoneoplasm of the neuraxis", "Tumoral calcinosis", "Synovial cyst", "calcified meningioma",
     "Hydatid cyst", "Cavernous malformation", "haemorrhagic metastasis", "Heterotopic ossification"],
)  # fmt: skip
def test_names_of_diagnoses_are_no_findings(read: Read, name: str) -> None:
    assert read(f"IMPRESSION: {name}.") == {}
    assert read(f"Most consistent with {name}, less likely lipoma or dermoid cyst.") == {}


@pytest.mark.parametrize(
    ("text", "age", "sex"),
    [
        ("A 68-year-old man.", 68, "male"),
        ("58F with headache.", 58, "female"),
        ("Girl, 8 years old.", 8, "female"),
        ("A 9 month old boy.", pytest.approx(9 * 30.4 / 365), "male"),
        ("72 y/o woman; her brother, 70 years old.", 72, "female"),
        ("The patient is 34 years old, his wife 30 years old.", None, None),
    ],
)
def test_age_and_sex(reports: Reports, text: str, age: object, sex: str | None) -> None:
    case = reports.read(text).case
    assert (case.age, case.sex) == (age, sex)


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("Pain for 4 days.", "acute"),
        ("Pain for 4 weeks.", "subacute"),
        ("A 6-month history of pain.", "chronic"),
        ("Pain lasting several years.", "chronic"),
        ("Surgery 2 years ago; pain for 10 days.", "acute"),
    ],
)
def test_durations(read: Read, text: str, state: str) -> None:
    assert read(text)["symptom_duration"] == state


REPORT = """\
EXAM: MRI cervical spine with contrast

CLINICAL HISTORY: 45-year-old woman with neck pain for 8 months. No known malignancy.
Calcified lesion on outside CT.

TECHNIQUE: Sagittal T1 and T2, 3 mm sections; enhanced T1.

COMPARISON: CT with a calcified mass of 9 mm and cord edema.

FINDINGS:
There is a well-circumscribed intradural extramedullary mass at C5-C6 measuring 1.2 x 0.9 x 1.5 cm, ventral to the
cord.
It is isointense on T1 and hyperintense on T2 with homogeneous enhancement. A dural tail is present.
No cord edema or syrinx. Vertebral marrow signal is normal. There is neck pain.

IMPRESSION: Mass at C5-C6, most consistent with meningioma; calcified schwannoma is less likely.
"""


def test_sections(reports: Reports) -> None:
    """Technique and comparison are not read, history gives history, findings no symptoms."""
    reading = reports.read(REPORT)
    assert (reading.case.age, reading.case.sex) == (45, "female")
    assert dict(reading.case.findings) == {
        "level": "cervical",
        "compartment": "intradural_extramedullary",
        "axial_position": "anterior",
        "size_mm": 15,
        "pain": "present",
        "symptom_duration": "chronic",
        "history_malignancy": "absent",
        "margin": "well_defined",
        "mr_t1_signal": "iso",
        "mr_t2_signal": "hyper",
        "mr_enhancement": "homogeneous",
        "mr_dural_tail": "present",
        "mr_perilesional_edema": "absent",
        "syrinx": "absent",
    }
    assert {(one.finding, why) for one, why in reading.passages.left_out} >= {
        ("ct_calcification", "history"),
        ("pain", "findings"),
        ("epicentre", "normal"),
    }


def test_every_place_holds_the_words_that_it_names(reports: Reports) -> None:
    reading = reports.read(REPORT)
    for mention in reading.passages.mentions:
        assert mention.sentence.start <= mention.words.start < mention.words.end <= mention.sentence.end
        assert REPORT[mention.words.start : mention.words.end].strip()
    tail = next(one for one in reading.passages.mentions if one.finding == "mr_dural_tail")
    assert REPORT[tail.words.start : tail.words.end] == "dural tail"
    assert REPORT[tail.sentence.start : tail.sentence.end] == "A dural tail is present."


def test_two_lesions_are_said(reports: Reports) -> None:
    reading = reports.read("A mass at C5. A second lesion at T4 is calcified.")
    assert reading.several
    assert "more than one lesion (“second lesion”)" in str(reading)
    assert not reports.read("A mass at C5. No second lesion.").several


@pytest.mark.parametrize(
    ("text", "age", "sex"),
    [
        ("41 yo M with seizure.", 41, "male"),
        ("47 y.o. F with back pain.", 47, "female"),
        ("Sixty-four year old gentleman with pain.", 64, "male"),
        ("seventy year old lady", 70, "female"),
        ("A twelve-year-old girl.", 12, "female"),
        ("A sixty-year-old brother has it too.", None, None),
        ("36 male. Headache 9 days.", 36, "male"),
        ("Female 40, leg weakness.", 40, "female"),
        ("Mr. K., 52 years, facial numbness.", 52, "male"),
        ("He is 61, diabetic.", 61, None),
        ("Epilepsy since age 9, now 17, female.", 17, "female"),
        ("Elderly lady, 83, fall at home.", 83, "female"),
        ("Gentleman of 61 with pain.", 61, "male"),
        ("Seen on MR. The mass is calcified.", None, None),
        ("Diplopia, ?MS. MRS of the mass shows choline.", None, None),
        ("F 53, headache.", 53, "female"),
        ("Age/Sex: 28 Yrs / F", 28, "female"),
        ("Gender: M, age: 61", 61, "male"),
        ("Mrs. K., 52 years old.", 52, "female"),
        ("M 12 x 9 mm mass.", None, None),
    ],
)
def test_short_forms_of_the_clinic(reports: Reports, text: str, age: int | None, sex: str | None) -> None:
    case = reports.read(text).case
    assert (case.age, case.sex) == (age, sex)


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("Back pain x 4 months.", "chronic"),
        ("8 months of back pain.", "chronic"),
        ("Sciatica, 6 weeks.", "subacute"),
        ("Headache since 4 yrs.", "chronic"),
        ("New onset of seizures 5 days ago.", "acute"),
    ],
)
def test_durations_in_short_forms(read: Read, text: str, state: str) -> None:
    assert read(text)["symptom_duration"] == state


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Kein Trauma. Die Läsion ist verkalkt und ohne Ödem.", "does not look like English"),
        ("Una masa bien delimitada con edema y sin calcificación.", "does not look like English"),
        ("<html><body>A mass at C5.</body></html>", "is HTML or XML"),
        ('{"report": "A mass at C5."}', "is JSON"),
        ("  \n", "the report is empty"),
        ("a" * 300_000, "are no report"),
    ],
)
def test_what_is_no_report(reports: Reports, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        reports.read(text)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("She presented with a 5-month history of sacral pain.", "pain"),
        ("A man with a nine-month history of pain in the left buttock radiating to the calf.", "radiculopathy"),
        ("MRI:\nFINDINGS: A mass at C5. The patient complained of headache.", "headache"),
        ("She had a first seizure 2 weeks ago.", "seizure"),
    ],
)
def test_complaints_are_read_with_their_history(read: Read, text: str, finding: str) -> None:
    """A history *of* so many months is no past one, nor is what happened weeks ago."""
    assert read(text)[finding] == "present"


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("R L5 radiculopathy x 4/12.", "chronic"),
        ("Back pain 9/12.", "chronic"),
        ("Headache of 3-4 months.", "chronic"),
        ("Pain for two to three months.", "subacute"),
        ("Pain for three months and a half.", "chronic"),
        ("Two seizures in the last week.", "acute"),
        ("Morning headaches, 2/12.", "subacute"),
        ("Hand clumsiness and leg stiffness, roughly 5 months.", "chronic"),
        ("4 days severe mid back pain.", "acute"),
        ("Surgery 2 years ago for pain.", None),
        ("Headache 3/52.", "subacute"),
        ("2/12 hx of leg weakness.", "subacute"),
        ("Pain at T11/12.", None),
        ("Pain in C7 distribution, 5/12.", "chronic"),
        ("Lump, slowly enlarging 2 years.", "chronic"),
        ("Headache 2 months, one seizure.", "subacute"),
        ("Back pain had started three weeks earlier.", "subacute"),
        ("Headaches for eighteen months.", "chronic"),
        ("Headache and vomiting since 6 days.", "acute"),
        ("Severe headache 2 days prior to admission.", "acute"),
        ("Epilepsy of six years' standing.", "chronic"),
        ("Haemodialysis for 11 years, with neck pain.", None),
        ("Child, 7 yrs, f, with headache.", None),
        ("63 yrs\nH/O fall, headache.", None),
        ("A man with long-standing gout and back pain.", None),
    ],
)
def test_how_long(read: Read, text: str, state: str | None) -> None:
    assert read(text).get("symptom_duration") == state


def test_a_comparison_ends_with_its_sentence(read: Read) -> None:
    assert read("Comparison: MRI 2021. A dural-based nodule of 19 mm.")["size_mm"] == 19
    assert "size_mm" not in read("Comparison: CT of 2021 with a nodule of 19 mm.\nFINDINGS: no change.")


def test_a_history_that_goes_on_with_the_images(read: Read) -> None:
    """Only where nothing else in the report speaks of them."""
    text = "History: neurofibromatosis. Dumbbell-shaped masses of 31 mm. Low T1 signal."
    assert read(text)["mr_t1_signal"] == "hypo"
    assert "mr_t1_signal" not in read(f"{text}\nFINDINGS: A mass.")


def test_a_normal_report_has_no_place(read: Read) -> None:
    """What is said to be absent is no lesion."""
    found = read("MRI of the neck. No mass. The facet joints are normal. No prevertebral soft tissue swelling.")
    assert not {"epicentre", "compartment", "level"} & found.keys()


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("A mass in the canal. The vertebral bodies demonstrate normal marrow signal.", "epicentre"),
        ("A mass at C2. Prevertebral soft tissues are not thickened.", "axial_position"),
        ("Right-sided sciatica. An extradural mass at L4.", "axial_position"),
    ],
)
def test_what_is_normal_or_a_symptom_is_no_place_of_the_lesion(read: Read, text: str, finding: str) -> None:
    assert finding not in read(text)


def test_headings_within_a_line_and_labels_after_an_empty_one(read: Read) -> None:
    assert read("History: leg weakness. Findings: Calcified extradural mass at L4, 2 cm.")["size_mm"] == 20
    found = read("INDICATION: headache\n\nLOCATION: sacrum\nSIZE: 32 x 28 mm\nCT:\n- calcified")
    assert (found["size_mm"], found["ct_calcification"]) == (32, "present")


def test_what_is_not_at_all_sure_is_shown_as_what_it_is_not(reports: Reports) -> None:
    from bayesdx.analyses.read.sentences import state

    found = reports.read("A mass with possible enhancement.")
    one = next(one for one in found.findings if one.finding == "mr_enhancement")
    assert state(found, one) == "some 0.65"


@pytest.mark.parametrize(
    ("text", "finding", "value"),
    [
        ("The sacrum, sacroiliac joints and pelvis are unremarkable. Mass at T6.", "level", "thoracic"),
        ("The conus, cauda equina and nerve roots are normal. A mass at T6.", "epicentre", None),
        ("A cyst at L4. Vertebral bodies normal. Conus normal.", "epicentre", None),
        ("The disc space is not preserved at L4.", "disc_space_involvement", "present"),
        ("The discs are no longer preserved.", "disc_space_involvement", "present"),
        ("The intervertebral discs are not spared.", "disc_space_involvement", "present"),
        ("Loss of disc height at L4-L5.", "disc_space_involvement", "present"),
        ("Patient with lung cancer and an epidural mass at T6.", "compartment", "extradural"),
        ("A calcified mass at T8 abutting the liver.", "ct_calcification", "present"),
        ("COMPARISON: MRI. Then the mass measured 40 mm.\nFINDINGS: The mass measures 30 mm.", "size_mm", 30),
        ("On the prior CT the mass measured 40 mm, now it measures 30 mm.", "size_mm", 30),
        ("The mass measures 22 mm/14 mm.", "size_mm", 22),
        ("A calcified extradural mass at T6 with cord signal normal.", "compartment", "extradural"),
        ("The mass is calcified and PET negative.", "ct_calcification", "present"),
        ("The mass shows no dural tail, and calcification.", "ct_calcification", "absent"),
        ("She had developed headache 6 months earlier.", "headache", "present"),
        ("Diffuse disc bulge with restricted neck movement.", "mr_restricted_diffusion", None),
        ("Disc herniation compressing the L5 root. Calcified mass at T8.", "level", "thoracic"),
        ("A mass at T8 compressing the L1 root.", "level", "thoracic"),
        ("The second lumbar vertebra shows a lytic lesion.", "multiplicity", None),
        ("Multiple images show no masses.", "multiplicity", None),
        ("Bilateral leg weakness from masses at T4.", "multiplicity", None),
        ("A two and a half week history of headache.", "symptom_duration", None),
        ("A mass at T8, noted on the scan 2 years earlier, is unchanged.", "symptom_duration", None),
        ("He has a long history of smoking.", "symptom_duration", None),
        ("Hyperintense on all sequences except T1.", "mr_t1_signal", None),
        ("A facet cyst with degenerative disc disease.", "facet_degeneration", None),
        ("White cell counts fell 2 weeks ago.", "history_trauma", None),
        ("Genetic testing for VHL negative.", "history_vhl", None),
    ],
)
def test_words_that_go_together_by_chance(read: Read, text: str, finding: str, value: object) -> None:
    """What a phrase, a denial or a landmark must not take with it."""
    assert read(text).get(finding) == value


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("The patient, 3 years after surgery, has a mass.", None),
        ("Of the 12 male patients none had pain.", None),
        ("Image 24, female pelvis.", None),
        ("Child, 7 yrs, f, with headache.", 7),
        ("22/F with headache.", 22),
        ("56 yo lady, 2 yr hx of tinnitus.", 56),
    ],
)
def test_ages_are_of_the_patient(reports: Reports, text: str, age: float | None) -> None:
    assert reports.read(text).case.age == age
