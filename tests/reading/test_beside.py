"""What stands beside a finding and is none (landmarks, scans, other tissue), and what is only implied."""

from __future__ import annotations

import pytest

from bayesdx.reports import Reports

from .conftest import Read


def leading(value: object) -> object:
    """The likeliest state."""
    return max(value, key=value.__getitem__) if isinstance(value, dict) else value


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("An epidural mass with scalloping of the lamina.", "axial_position"),
        ("The mass thins the left pedicle of L2.", "epicentre"),
        ("The facet joint is displaced by a mass.", "epicentre"),
        ("A nodule at the level of the lamina.", "epicentre"),
        ("The mass crosses the midline.", "axial_position"),
        ("The mass grows with extension of the soft tissue part into the epidural space.", "epicentre"),
        ("The nodule is isointense to the pons.", "level"),
        ("The nodule is bright compared with the pons.", "compartment"),
        ("A syrinx of the thoracic cord.", "level"),
        ("Cerebral oedema.", "level"),
        ("The mass is brighter than the pons.", "level"),
        ("A mass dorsal to the vertebral body.", "epicentre"),
        ("Remodelling of the lamina.", "epicentre"),
        ("A mass 5 mm from the facet joint.", "epicentre"),
        ("Oedema in the paraspinal muscles.", "compartment"),
        ("Bright signal in the cord at C4.", "compartment"),
        ("Intramedullary oedema.", "epicentre"),
        ("Most consistent with a nerve sheath tumour.", "epicentre"),
        ("A cystic body in the canal.", "epicentre"),
        ("CT of the sacrum.", "epicentre"),
        ("The fourth ventricle is shifted by a mass.", "epicentre"),
        ("A mass. Fourth ventricle compressed.", "epicentre"),
        ("An off-midline mass.", "axial_position"),
        ("A mass with oedema on both sides of the midline.", "axial_position"),
        ("A mass over the body of the caudate.", "epicentre"),
        ("A mass with oedema reaching the conus.", "epicentre"),
        ("A mass of the chest; the temporal bone thinned.", "epicentre"),
        ("A mass centred right of midline.", "axial_position"),
        ("A mass in the anterior aspect of the third ventricle.", "axial_position"),
        ("A mass behind C5 and C6 vertebral body.", "epicentre"),
        ("The roots are dislocated dorsally by a mass.", "axial_position"),
    ],
)
def test_a_place_that_is_no_place_of_the_lesion(read: Read, text: str, finding: str) -> None:
    assert finding not in read(text)


@pytest.mark.parametrize(
    ("text", "finding", "state"),
    [
        ("A mass of the lamina; the thecal sac is displaced.", "epicentre", "posterior_elements"),
        ("A mass of the lamina, the facet joint is compressed.", "epicentre", "posterior_elements"),
        ("Remodelling of the lamina by an extradural mass.", "compartment", "extradural"),
        ("A mass displacing the cord at the level of C5.", "level", "cervical"),
        ("Erosion of C5 by a mass.", "level", "cervical"),
        ("The mass compresses the pons and is located in the clivus.", "level", "skull_base"),
    ],
)
def test_a_place_of_the_lesion_beside_one_that_is_none(read: Read, text: str, finding: str, state: str) -> None:
    assert leading(read(text)[finding]) == state


@pytest.mark.parametrize(
    ("text", "finding", "state"),
    [
        ("A mass that involves the facet joint.", "epicentre", "facet_joint"),
        ("Destruction of the lamina by a mass.", "epicentre", "posterior_elements"),
        ("A mass of the left pedicle.", "axial_position", "lateral"),
        ("A prevertebral abscess.", "axial_position", "anterior"),
        ("An intradural mass at T4.", "compartment", "intradural_extramedullary"),
        ("A mass of the vertebral body and the lamina of L2.", "epicentre", "vertebral_body"),
        ("CT lumbar spine.", "level", "lumbar"),
        ("Images of the craniocervical junction.", "level", "craniocervical"),
        ("Radiographs of his thoracic spine.", "level", "thoracic"),
        ("An expansile lesion of the rib.", "scalloping_or_remodelling", "present"),
        ("A pathological fracture of L1.", "destruction", "present"),
        ("A mass with necrosis.", "mr_cystic_change", "present"),
        ("A soft tissue density mass.", "ct_attenuation", "iso"),
        ("A mass with hyperdense areas.", "ct_attenuation", "high"),
        ("A mass with areas of high signal on T2.", "mr_t2_signal", "hyper"),
        ("Ossification of the mass.", "ct_calcification_pattern", "mature_ossification"),
        ("Nodular enhancement.", "mr_enhancement", "heterogeneous"),
        ("A cyst with an enhancing nodule.", "mr_enhancement", "heterogeneous"),
        ("Avid enhancement of the mass.", "mr_enhancement", "homogeneous"),
        ("Iso- and hypointense on T1.", "mr_t1_signal", "mixed"),
        ("A left-sided mass.", "axial_position", "lateral"),
        ("A posterolateral mass.", "axial_position", "posterior"),
        ("A paravertebral mass.", "compartment", "paraspinal"),
        ("Bony erosion by the mass.", "destruction", "present"),
        ("Anterolisthesis at the level of the mass.", "history_degenerative_spine", "present"),
        ("Multiple cysts.", "multiplicity", "multiple"),
        ("MRI of the cervical and thoracic spine.", "level", "thoracic"),
        ("Ground-glass matrix.", "hyperostosis_or_sclerosis", "present"),
        ("Low signal of the walls on T2.", "mr_t2_signal", "hypo"),
        ("Facet joint effusion.", "facet_degeneration", "present"),
        ("MRI: a mass without calcification.", "ct_calcification", "absent"),
        ("CT shows a mass. There is oedema around it.", "mr_perilesional_edema", "present"),
        ("CT shows a rim-enhancing mass.", "mr_enhancement", "rim_or_peripheral"),
        ("Tortuous vessels around the mass.", "mr_flow_voids", "present"),
        ("HISTORY: Difficulty in walking.", "myelopathy", "present"),
        ("HISTORY: She underwent resection of the mass.", "history_prior_surgery_or_haemorrhage", "present"),
    ],
)
def test_what_is_only_implied(reports: Reports, text: str, finding: str, state: str) -> None:
    found = {one.finding: one for one in reports.read(f"{text} The report of this study ends here.").findings}
    assert (found[finding].certainty, leading(found[finding].value)) == ("implied", state)


@pytest.mark.parametrize(
    ("text", "finding", "certainty"),
    [
        ("A mass without calcification.", "ct_calcification", "negated"),
        ("CT and MRI show a calcified mass.", "ct_calcification", "stated"),
        ("MRI shows a mass. On CT it is calcified.", "ct_calcification", "stated"),
        ("MRI shows a mass.\n\nThere is no calcification.", "ct_calcification", "negated"),
        ("A calcified mass at T10.", "ct_calcification", "stated"),
        ("The T2 bright mass has oedema around it.", "mr_perilesional_edema", "stated"),
        ("A left-sided epidural mass.", "axial_position", "stated"),
        ("A lesion in the left half of the cord.", "axial_position", "stated"),
    ],
)
def test_what_is_said_of_the_examination_that_shows_it(
    reports: Reports, text: str, finding: str, certainty: str
) -> None:
    found = {one.finding: one.certainty for one in reports.read(text).findings}
    assert found[finding] == certainty


def test_what_is_only_implied_may_contradict_itself(reports: Reports) -> None:
    """A finding of CT in a report of MR, which says both: neither of the two is taken."""
    reading = reports.read("MRI shows a calcified mass at C5. The T2 bright mass has no calcification.")
    assert [one.finding for one in reading.contradictory] == ["ct_calcification"]


def test_what_is_denied_of_a_part_leaves_what_is_said_of_another(read: Read) -> None:
    found = read("A cyst with an enhancing nodule; no enhancement is identified along the wall of the cyst.")
    assert leading(found["mr_enhancement"]) == "heterogeneous"
    assert read("An enhancing, partially calcified mass.")["mr_enhancement"] == "not none"


def test_several_places_of_two_sentences_are_no_list(reports: Reports) -> None:
    """The first sentence says where the lesion is, and the second one does not take it back."""
    found = {
        one.finding: one for one in reports.read("A mass of the vertebral body. The lamina is normal.").findings
    }
    assert (found["epicentre"].certainty, found["epicentre"].value) == ("stated", "vertebral_body")
    found = {one.finding: one for one in reports.read("A mass of the vertebral body. The lamina is seen.").findings}
    assert (found["epicentre"].certainty, found["epicentre"].value) == ("stated", "vertebral_body")


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("On fluid-attenuated inversion recovery a mass is seen.", "ct_attenuation"),
        ("Contrast-enhanced cervical MRI shows a mass.", "mr_enhancement"),
        ("The spinal cord shows high T2 signal above the mass.", "mr_t2_signal"),
        ("A mass with ill-defined erosions of the bone.", "margin"),
        ("Two small cysts within the mass.", "multiplicity"),
        ("Two nodules enhance within the mass.", "multiplicity"),
        ("Bright signal in the muscles on T2.", "mr_t2_signal"),
        ("Hyperintensity of the adjacent marrow on T1.", "mr_t1_signal"),
        ("Oedema in the paraspinal muscles.", "paraspinal_soft_tissue_mass"),
        ("Multifocal bone erosions.", "multiplicity"),
        ("A mass with an adjacent cyst.", "mr_cystic_change"),
        ("Suspicious for metastatic carcinoma.", "history_malignancy"),
        ("The mass resembles a haematoma.", "mr_haemorrhage"),
        ("A mass that was mistaken for an osteophyte.", "history_degenerative_spine"),
        ("A lesion that mimics degeneration of the disc.", "epicentre"),
        ("A mass with a well-defined rim of calcification.", "margin"),
        ("Sections of the spine, field of view 24 cm.", "size_mm"),
        ("CT of the chest revealed a lung carcinoma.", "history_malignancy"),
        ("No enhancement except a small ring.", "mr_enhancement"),
        ("MRI of the 47-year-old man shows a mass.", "symptom_duration"),
        ("Subacute combined degeneration was suspected.", "symptom_duration"),
        ("The residual canal diameter was only 5 mm.", "size_mm"),
        ("The marrow below the mass was fatty.", "fat_content"),
        ("A mass; the patient has a broad-based gait.", "mr_dural_attachment"),
        ("A syrinx extending from T4 to L1 above a mass of the conus.", "level"),
        ("No high signal within the spinal cord on T2.", "mr_t2_signal"),
    ],
)
def test_what_is_said_of_something_else(read: Read, text: str, finding: str) -> None:
    assert finding not in read(text)


@pytest.mark.parametrize(
    ("text", "finding", "state"),
    [
        ("A mass that mimics a meningioma at C2.", "level", "cervical"),
        ("A nodule resembling a neurofibroma, bright on T2.", "mr_t2_signal", "hyper"),
        ("Mistaken for a cyst, the mass lies in the extradural space.", "compartment", "extradural"),
        ("A well-defined lesion with a bright rim that enhances.", "margin", "well_defined"),
        ("Well-defined rim-enhancing mass.", "margin", "well_defined"),
    ],
)
def test_a_likeness_takes_nothing_else_with_it(read: Read, text: str, finding: str, state: str) -> None:
    assert leading(read(text)[finding]) == state


@pytest.mark.parametrize(
    "operation", ["laminectomy", "hemilaminectomy", "arthroplasty", "radiation therapy", "ACDF"]
)
@pytest.mark.parametrize("words", ["She had undergone {}.", "Prior {} at L4.", "He previously underwent {}."])
def test_every_operation_is_one_in_every_phrase(read: Read, words: str, operation: str) -> None:
    assert read(words.format(operation))["history_prior_surgery_or_haemorrhage"] == "present"


def test_the_shape_of_an_enhancing_mass_is_no_pattern(read: Read) -> None:
    assert read("An enhancing irregular mass.")["mr_enhancement"] == "not none"
    assert read("Irregular enhancement of the mass.")["mr_enhancement"] == "heterogeneous"


def test_several_lesions_with_a_rim_enhance_there(read: Read) -> None:
    found = read("Multiple ring-enhancing lesions of the brain.")
    assert (found["multiplicity"], found["mr_enhancement"]) == ("multiple", "rim_or_peripheral")
