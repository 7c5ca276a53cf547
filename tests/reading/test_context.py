"""Denied, doubted, supposed, past: how a mention is meant (ConText), sentence by sentence."""

from __future__ import annotations

import pytest

from bayesdx.reading.context import CERTAINTY
from bayesdx.reports import Reports

from .conftest import Read

POSSIBLE = {"absent": 1 - CERTAINTY["possible"], "present": CERTAINTY["possible"]}

#: Thirteen sentences on which general rules for negation are known to fail.
TRAPS = [
    ("No dural tail is seen; edema is present.", {"mr_dural_tail": "absent", "mr_perilesional_edema": "present"}),
    ("Dural tail cannot be excluded.", {"mr_dural_tail": POSSIBLE}),
    ("Questionable calcification.", {"ct_calcification": POSSIBLE}),
    ("Calcification is absent. Syrinx not identified.", {"ct_calcification": "absent", "syrinx": "absent"}),
    ("No significant interval change in the calcification.", {"ct_calcification": "present"}),
    ("Edema has resolved.", {"mr_perilesional_edema": "absent"}),
    ("CT is recommended to evaluate for calcification.", {}),
    ("Neither edema nor enhancement.", {"mr_perilesional_edema": "absent", "mr_enhancement": "none"}),
    ("Prior edema.", {}),
    (
        "No edema, hemorrhage or syrinx.",
        {"mr_perilesional_edema": "absent", "mr_haemorrhage": "absent", "syrinx": "absent"},
    ),
    ("The mass enhances without a dural tail.", {"mr_enhancement": "not none", "mr_dural_tail": "absent"}),
    ("Lack of blooming on SWI.", {"mr_swi_blooming": "absent"}),
    ("No edema but a syrinx.", {"mr_perilesional_edema": "absent", "syrinx": "present"}),
]

SENTENCES = [
    ("No dural tail is seen, edema is present.", {"mr_dural_tail": "absent", "mr_perilesional_edema": "present"}),
    (
        "There was no oedema and bone destruction was noted.",
        {"mr_perilesional_edema": "absent", "destruction": "present"},
    ),
    ("Edema and flow voids are absent.", {"mr_perilesional_edema": "absent", "mr_flow_voids": "absent"}),
    ("Peripheral nonenhancing syrinx.", {"mr_enhancement": "none", "syrinx": "present"}),
    ("The lesion does not enhance.", {"mr_enhancement": "none"}),
    ("No definite syrinx.", {"syrinx": {"absent": CERTAINTY["doubted"], "present": 1 - CERTAINTY["doubted"]}}),
    ("Probable syrinx.", {"syrinx": {"absent": 1 - CERTAINTY["probable"], "present": CERTAINTY["probable"]}}),
    ("Her mother had seizures.", {}),
    ("If a syrinx develops, MRI should be repeated.", {}),
    ("A syrinx was previously noted and is again seen.", {"syrinx": "present"}),
    ("No enhancement of the calcified mass.", {"mr_enhancement": "none", "ct_calcification": "present"}),
    ("A dural tail is not only present but thick.", {"mr_dural_tail": "present"}),
    ("The syrinx is no longer than before.", {"syrinx": "present"}),
    ("There was no dural tail, and prominent flow voids coursed along it.", {
        "mr_dural_tail": "absent", "mr_flow_voids": "present",
    }),
    ("No dural tail and only slight edema.", {"mr_dural_tail": "absent", "mr_perilesional_edema": "present"}),
    ("CT was negative for calcification.", {"ct_calcification": "absent"}),
    ("Calcification and flow voids were lacking.", {"ct_calcification": "absent", "mr_flow_voids": "absent"}),
    ("A syrinx without a dural tail was found in a man after a seizure.", {
        "syrinx": "present", "mr_dural_tail": "absent", "seizure": "present",
    }),
    ("On the CT the mass was calcified.", {"ct_calcification": "present"}),
    ("An infection weeks earlier; she was brought in after a seizure.", {"seizure": "present"}),
    ("There was no history of trauma.", {"history_trauma": "absent"}),
    ("The mother of this girl noted headaches.", {"headache": "present"}),
    ("MRI showed a syrinx; at operation a haemorrhage was found.", {"syrinx": "present"}),
    ("- Hyperostosis: no\n- Dural tail: N\n- DWI: no restriction", {
        "hyperostosis_or_sclerosis": "absent", "mr_dural_tail": "absent", "mr_restricted_diffusion": "absent",
    }),
    ("The mass isn't calcified, wasn’t enhancing and hasn't eroded bone.", {
        "ct_calcification": "absent", "mr_enhancement": "none", "destruction": "absent",
    }),
    ("Syrinx has been excluded.", {"syrinx": "absent"}),
    ("The mass shows no calcification and no bony changes.", {
        "ct_calcification": "absent", "destruction": "absent", "scalloping_or_remodelling": "absent",
        "hyperostosis_or_sclerosis": "absent", "foraminal_widening": "absent",
    }),
    ("A mass without appreciable enhancement save for a faint rim.", {"mr_enhancement": "rim_or_peripheral"}),
    ("The mass does not enhance other than a thin peripheral rim.", {"mr_enhancement": "rim_or_peripheral"}),
    ("Subtle dural tail.", {"mr_dural_tail": "present"}),
]  # fmt: skip


def rounded(findings: dict[str, object]) -> dict[str, object]:
    return {
        name: {state: round(weight, 9) for state, weight in value.items()} if isinstance(value, dict) else value
        for name, value in findings.items()
    }


def scaled(value: object) -> object:
    """Weights with the largest 1, as a case holds them."""
    if not isinstance(value, dict):
        return value
    return {state: weight / max(value.values()) for state, weight in value.items()}


@pytest.mark.parametrize(("sentence", "expected"), TRAPS + SENTENCES)
def test_sentence(read: Read, sentence: str, expected: dict[str, object]) -> None:
    assert rounded(read(sentence)) == rounded({name: scaled(value) for name, value in expected.items()})


def test_why_mentions_do_not_count(reports: Reports) -> None:
    text = (
        "Her brother has a syrinx. CT to assess for calcification. Prior oedema. The vertebral bodies are normal. "
        "A mass at C5 extends to the foramen magnum. Histology showed calcification."
    )
    left_out = [(one.finding, why) for one, why in reports.read(text).passages.left_out]
    assert left_out == [
        ("syrinx", "another person"),
        ("ct_calcification", "hypothetical"),
        ("mr_perilesional_edema", "past"),
        ("epicentre", "normal"),
        ("level", "beyond the lesion"),
        ("ct_calcification", "not imaging"),
    ]


def test_after_the_operation_reading_goes_on_with_images(read: Read) -> None:
    text = "CT showed a calcified mass. At surgery it was firm. There was haemorrhage. MRI showed a syrinx."
    assert read(text) == {"ct_calcification": "present", "syrinx": "present"}
    assert read("At surgery there was haemorrhage.\n\nA syrinx is present.") == {"syrinx": "present"}


def test_certain_words_go_before_doubtful_ones(read: Read) -> None:
    assert read("Possible syrinx. A syrinx is present.") == {"syrinx": "present"}
    assert read("Possible syrinx. No syrinx.") == {"syrinx": "absent"}


def test_contradictions_are_not_stated(reports: Reports) -> None:
    reading = reports.read("A syrinx is present. There is no syrinx. A dural tail is seen.")
    assert dict(reading.case.findings) == {"mr_dural_tail": "present"}
    assert [one.finding for one in reading.contradictory] == ["syrinx"]
    assert "Syrinx is contradictory (“syrinx”): not stated" in str(reading)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The previously reported oedema is no longer seen.", {"mr_perilesional_edema": "absent"}),
        ("The mass is not associated with calcification.", {"ct_calcification": "absent"}),
        ("Enhancement cannot be assessed as no contrast was given.", {}),
        ("Enhancement was not evaluated.", {}),
        ("The cyst wall does not enhance.", {"mr_cystic_change": "present"}),
        ("Neurofibromatosis should be excluded.", {}),
        ("History of breast cancer in her mother.", {}),
        ("?syrinx.", {"syrinx": POSSIBLE}),
        ("A dural tail. ?syrinx.", {"mr_dural_tail": "present", "syrinx": POSSIBLE}),
        ("A syrinx?", {"syrinx": POSSIBLE}),
        ("Calcification of the mass cannot be excluded.", {"ct_calcification": POSSIBLE}),
        ("The mass measures 21 mm (previously 17 mm two years ago).", {"size_mm": 21}),
        ("A mass. The syrinx measures 21 mm.", {"syrinx": "present"}),
        ("A simple cyst of the left kidney. Uterine fibroid with calcification.", {}),
        ("Vertebral artery flow voids are present.", {}),
        ("No intradural or epidural mass at C5.", {}),
        ("Avid inhomog. enh. of the mass.", {"mr_enhancement": "heterogeneous"}),
        ("It is hypointense with a low-signal rim on T2.", {"mr_t2_signal": "hypo", "mr_t2_low_rim": "present"}),
    ],
)
def test_what_a_report_does_not_say_of_the_lesion(read: Read, text: str, expected: dict[str, object]) -> None:
    assert rounded(read(text)) == rounded({name: scaled(value) for name, value in expected.items()})


def test_a_place_beside_or_reached_is_not_that_of_the_lesion(reports: Reports) -> None:
    assert "epicentre" not in reports.read("A retro-odontoid mass.").case.findings
    found = reports.read("A sacral mass with presacral extension.").case.findings
    assert (found["level"], found.get("compartment")) == ("sacral", None)


@pytest.mark.parametrize(
    "text",
    [
        "Clinical details: 72M. Sciatica.\nA calcified mass at L4.",
        "TECHNIQUE: T1 and T2.\n\nA calcified mass at L4.",
        "Protocol: T1, T2.\n- A calcified mass at L4.",
        "History: back pain\nLUMBAR REGION: A calcified mass at L4.",
    ],
)
def test_a_report_without_a_heading_follows_history_and_technique(reports: Reports, text: str) -> None:
    found = reports.read(text).case.findings
    assert (found["level"], found["ct_calcification"]) == ("lumbar", "present")


def test_other_headings_do_not_end_a_section_that_findings_follow(reports: Reports) -> None:
    text = (
        "COMPARISON:\nOutside CT: a calcified mass of 9 mm.\n\n"
        "HISTORY:\nAllergies: none. Syrinx.\nFINDINGS: A mass at L4."
    )
    found = reports.read(text).case.findings
    assert found["level"] == "lumbar"
    assert not {"ct_calcification", "size_mm", "syrinx"} & found.keys()


def test_what_is_left_out_by_its_heading_is_shown(reports: Reports) -> None:
    shown = str(reports.read("TECHNIQUE: Sagittal T1.\nFINDINGS: A mass at L4."))
    assert "Left out by heading" in shown
    assert "“Sagittal T1.”" in shown
