"""What a denial reaches, the answers of a template, and what is said of something else."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bayesdx.reports import Reports

from .conftest import Read


def said(value: object) -> object:
    """The state that a reading makes most likely; a question mark after it where it is not certain."""
    if not isinstance(value, Mapping):
        return value
    return f"{max(value, key=lambda state: value[state])}?"


@pytest.mark.parametrize(
    ("text", "finding", "state"),
    [
        (
            "Mass without calcification, isointense on T1 and hyperintense on T2, enhancing homogeneously.",
            "mr_t1_signal",
            "iso",
        ),
        (
            "Mass without calcification, isointense on T1 and hyperintense on T2, enhancing homogeneously.",
            "mr_t2_signal",
            "hyper",
        ),
        (
            "Mass without calcification, isointense on T1 and hyperintense on T2, enhancing homogeneously.",
            "mr_enhancement",
            "homogeneous",
        ),
        (
            "Mass without calcification, isointense on T1 and hyperintense on T2, enhancing homogeneously.",
            "ct_calcification",
            "absent",
        ),
        ("The lesion does not enhance, hyperintense on T2 and hypointense on T1.", "mr_t2_signal", "hyper"),
        ("Lesion not enhancing, T2 bright.", "mr_t2_signal", "hyper"),
        ("Mass not calcified, well defined.", "margin", "well_defined"),
        ("T2 hyperintense mass without enhancement, well defined.", "margin", "well_defined"),
        (
            "Mass without calcification, showing homogeneous enhancement and a dural tail.",
            "mr_enhancement",
            "homogeneous",
        ),
        (
            "Mass without calcification, showing homogeneous enhancement and a dural tail.",
            "mr_dural_tail",
            "present",
        ),
        ("No calcification, mild oedema.", "mr_perilesional_edema", "present"),
        ("No hydrocephalus, marked oedema, dural tail.", "mr_perilesional_edema", "present"),
        ("No oedema, multiple flow voids.", "mr_flow_voids", "present"),
        ("No oedema, large syrinx.", "syrinx", "present"),
        ("Without oedema, avid homogeneous enhancement.", "mr_enhancement", "homogeneous"),
        ("Homogeneous enhancement without dural tail, mild oedema.", "mr_perilesional_edema", "present"),
        ("No cord signal abnormality, homogeneous enhancement of the mass.", "mr_enhancement", "homogeneous"),
        ("No diffusion restriction and homogeneous enhancement.", "mr_enhancement", "homogeneous"),
        ("No haemorrhage and multiple flow voids.", "mr_flow_voids", "present"),
        ("No enhancement, and extensive oedema.", "mr_perilesional_edema", "present"),
        ("No calcification and a dural tail.", "mr_dural_tail", "present"),
        ("No calcification and there is a dural tail.", "mr_dural_tail", "present"),
        ("No calcification and the oedema is mild.", "mr_perilesional_edema", "present"),
        (
            "The absence of enhancement and the presence of restricted diffusion favour an epidermoid.",
            "mr_restricted_diffusion",
            "present",
        ),
        ("Absence of oedema, presence of flow voids.", "mr_flow_voids", "present"),
        ("Calcification present, dural tail absent.", "ct_calcification", "present"),
        ("Calcification present, dural tail absent.", "mr_dural_tail", "absent"),
        ("Dural tail present and calcification absent.", "mr_dural_tail", "present"),
        ("Calcified mass with dural tail, oedema absent.", "mr_dural_tail", "present"),
        ("Calcified mass with dural tail, oedema absent.", "mr_perilesional_edema", "absent"),
        ("Homogeneous enhancement, dural tail not seen.", "mr_enhancement", "homogeneous"),
        ("Calcification and dural tail present, flow voids and oedema absent.", "mr_dural_tail", "present"),
        ("Calcification and dural tail present, flow voids and oedema absent.", "mr_flow_voids", "absent"),
        ("Enhancement absent, oedema present, calcification absent.", "mr_perilesional_edema", "present"),
        ("Oedema absent, rim enhancement, dural tail present.", "mr_dural_tail", "present"),
        ("No dural tail, calcification present, no bony erosion.", "ct_calcification", "present"),
        ("HISTORY: Denies any trauma, neck pain present.", "pain", "present"),
        ("HISTORY: New seizures, no headache, right facial palsy.", "cranial_neuropathy", "present"),
        ("HISTORY: No pain, progressive myelopathy.", "myelopathy", "present"),
        ("HISTORY: No myelopathy, left C6 radiculopathy.", "radiculopathy", "present"),
        ("HISTORY: No weight loss, known breast cancer.", "history_malignancy", "present"),
        ("HISTORY: Denies headache, reports seizures.", "seizure", "present"),
        ("No oedema despite haemorrhage and calcification.", "mr_haemorrhage", "present"),
        ("Despite no enhancement there is oedema.", "mr_perilesional_edema", "present"),
        ("No calcification except for a punctate focus centrally.", "ct_calcification", "present"),
        ("No more than minimal oedema.", "mr_perilesional_edema", "present"),
        ("HISTORY: No improvement in pain after surgery.", "pain", "present"),
        ("HISTORY: No relief of headache with analgesics.", "headache", "present"),
        ("No change: calcified mass, dural tail.", "mr_dural_tail", "present"),
        ("Not without oedema.", "mr_perilesional_edema", "present"),
        ("No calcification, oedema or cyst.", "mr_perilesional_edema", "absent"),
        ("No calcification, haemorrhage, or large cyst.", "mr_haemorrhage", "absent"),
        ("No calcification, oedema, dural tail.", "mr_dural_tail", "absent"),
        ("No evidence of calcification, significant oedema, or dural tail.", "mr_dural_tail", "absent"),
        ("Calcification, haemorrhage and dural tail absent.", "ct_calcification", "absent"),
        ("Calcification and dural tail are absent.", "ct_calcification", "absent"),
        ("Oedema and syrinx not seen.", "mr_perilesional_edema", "absent"),
        ("Absent dural tail.", "mr_dural_tail", "absent"),
        ("Without calcification, haemorrhage or multiple flow voids.", "mr_flow_voids", "absent"),
        (
            "No diffusion restriction, flow voids, dural tail or abnormal enhancement of the cord.",
            "mr_flow_voids",
            "absent",
        ),
        ("Mass with absent dural tail.", "mr_dural_tail", "absent"),
    ],
)
def test_where_a_denial_begins_and_ends(read: Read, text: str, finding: str, state: str) -> None:
    assert said(read(text).get(finding)) in (state, f"{state}?")


@pytest.mark.parametrize(
    ("text", "finding", "state"),
    [
        ("Mass. Oedema - none. Dural tail - none seen. Calcification - no.", "mr_perilesional_edema", "absent"),
        ("Mass. Oedema - none. Dural tail - none seen. Calcification - no.", "mr_dural_tail", "absent"),
        ("Mass. Oedema - none. Dural tail - none seen. Calcification - no.", "ct_calcification", "absent"),
        ("Oedema – none", "mr_perilesional_edema", "absent"),
        ("Calcification (none)", "ct_calcification", "absent"),
        ("Calcification (no)", "ct_calcification", "absent"),
        ("Calcification (absent), dural tail (present)", "mr_dural_tail", "present"),
        ("Calcification (absent), dural tail (present)", "ct_calcification", "absent"),
        ("Calcification (no), dural tail (yes)", "mr_dural_tail", "present"),
        ("CALCIFICATION: NO DURAL TAIL: YES OEDEMA: NO", "mr_dural_tail", "present"),
        ("CALCIFICATION: NO DURAL TAIL: YES OEDEMA: NO", "ct_calcification", "absent"),
        ("Calcification no, oedema yes, dural tail yes, syrinx no", "ct_calcification", "absent"),
        ("Calcification no, oedema yes, dural tail yes, syrinx no", "mr_perilesional_edema", "present"),
        ("Calcification no, oedema yes, dural tail yes, syrinx no", "syrinx", "absent"),
        ("Dural tail (-), calcification (+), edema (-).", "mr_dural_tail", "absent"),
        ("Dural tail (-), calcification (+), edema (-).", "ct_calcification", "present"),
        ("calcification -ve", "ct_calcification", "absent"),
        ("Calcification: 0", "ct_calcification", "absent"),
        ("Flow voids negative.", "mr_flow_voids", "absent"),
        ("Haemorrhage excluded.", "mr_haemorrhage", "absent"),
        ("Nil oedema. Nil dural tail. Nil haemorrhage or calcification.", "mr_dural_tail", "absent"),
        ("Nil oedema. Nil dural tail. Nil haemorrhage or calcification.", "ct_calcification", "absent"),
        ("Calcification: none, oedema: marked, dural tail: none.", "mr_perilesional_edema", "present"),
        ("Calcification: none, oedema: marked, dural tail: none.", "mr_dural_tail", "absent"),
        ("T1: iso, T2: hyper, Gd: ring, SWI: negative, DWI: negative.", "mr_t1_signal", "iso"),
        ("T1: iso, T2: hyper, Gd: ring, SWI: negative, DWI: negative.", "mr_t2_signal", "hyper"),
        ("DWI: no restriction, Gd: homogeneous enhancement.", "mr_enhancement", "homogeneous"),
        ("Calcification, haemorrhage: none.", "ct_calcification", "absent"),
        ("Calcification......no\nOedema.......present", "ct_calcification", "absent"),
        ("Calcification......no\nOedema.......present", "mr_perilesional_edema", "present"),
        ("T1 signal ........ hypointense\nDural tail ......... not seen", "mr_dural_tail", "absent"),
        ("Calcification: unknown.", "ct_calcification", None),
        ("Haemorrhage: see above.", "mr_haemorrhage", None),
        ("Syrinx: n/a", "syrinx", None),
        ("Dural tail: not applicable.", "mr_dural_tail", None),
    ],
)
def test_answers_of_a_template(read: Read, text: str, finding: str, state: str | None) -> None:
    assert said(read(text).get(finding)) == state


@pytest.mark.parametrize(
    ("text", "finding", "state"),
    [
        (
            "The conus ends at L1. There is an intradural mass at T9.",
            "level",
            "thoracic",
        ),
        ("Mild disc bulge at L4/5. Extradural mass at T9.", "level", "thoracic"),
        ("Wedge fracture of L2, old. Intradural mass at T9.", "level", "thoracic"),
        ("L4/5: disc bulge. T9: intradural mass.", "level", "thoracic"),
        ("Disc protrusion at L4/5. Intradural mass at T9 arising from the dura.", "epicentre", "dura"),
        ("Extradural mass compressing the cord, which shows high T2 signal.", "mr_t2_signal", None),
        ("Mass at C5. The cord above the mass is hyperintense on T2.", "mr_t2_signal", None),
        ("Mass at C5. Hyperintensity of the cord on T2.", "mr_t2_signal", None),
        ("Mass at C5. Cord compression with T2 hyperintensity.", "mr_t2_signal", None),
        ("Mass at T9. Intervertebral discs are desiccated with low T2 signal.", "mr_t2_signal", None),
        ("Mass at T9. The syrinx is hyperintense on T2 and hypointense on T1.", "mr_t1_signal", None),
        ("The dura enhances. The mass does not.", "mr_enhancement", None),
        ("Mass at C5. The cord is displaced by the mass and demonstrates T2 hyperintensity.", "mr_t2_signal", None),
        ("Intramedullary nodule at L1. Renal cysts and a hepatic mass.", "mr_cystic_change", None),
        ("Lesion of the cerebellopontine angle. Incidental 3 mm pituitary cyst.", "mr_cystic_change", None),
        ("Mass in the third ventricle, with transependymal oedema.", "mr_perilesional_edema", None),
        ("Mass in the temporal lobe. Intracranial flow voids preserved.", "mr_flow_voids", None),
        ("Mixed signal on T1. New high T1 signal at its inferior aspect.", "mr_t1_signal", "mixed"),
        ("Degenerative facet cyst at L4/5.", "facet_degeneration", None),
        ("Calcified disc herniation at T8.", "history_degenerative_spine", None),
        ("Impression: spondylodiscitis.", "disc_space_involvement", None),
        ("Mass in the fourth ventricle measuring 4.2 x 3.5 cm.", "size_mm", 42),
        ("The mass at T9 is isointense on T1. The cord is displaced.", "mr_t1_signal", "iso"),
        ("The mass abuts the cord and is hyperintense on T2.", "mr_t2_signal", "hyper"),
        ("Mass. Signal is higher than fat on T1.", "fat_content", None),
        ("Mass hypointense to fat on T1.", "fat_content", None),
        ("The mass is separate from the facet joint.", "epicentre", None),
        ("The T1 signal of the lesion is low.", "level", None),
        ("The T2 signal of the mass is low.", "level", None),
        ("At T1 the mass is isointense.", "level", None),
        ("A mass at T1.", "level", "thoracic"),
        ("T1/T2: hypo/hyper.", "mr_t1_signal", "hypo"),
        ("T1/T2: hypo/hyper.", "mr_t2_signal", "hyper"),
        ("Mass decreased from 35 mm to 8 mm.", "size_mm", 8),
        ("8 mm lesion at T4 with a 35 mm syrinx.", "size_mm", 8),
        ("Mass 22 mm, dural tail 35 mm.", "size_mm", 22),
        ("28 mm mass compared with 35 mm previously.", "size_mm", 28),
        ("It displaces the pons by 8 mm.", "size_mm", None),
        ("HISTORY: Family history of breast cancer.", "history_malignancy", None),
        ("SWI blooming, representing either haemorrhage or calcification.", "mr_haemorrhage", "present?"),
        ("A dural tail is possibly present.", "mr_dural_tail", "present?"),
        ("Oedema is probably absent.", "mr_perilesional_edema", "absent?"),
        ("Dural tail: possible.", "mr_dural_tail", "present?"),
        ("Calcification: unlikely.", "ct_calcification", "absent?"),
        ("Calcification would favour meningioma.", "ct_calcification", None),
        ("Suspicion of a dural tail was not confirmed.", "mr_dural_tail", None),
        ("Oedema, absent on the prior study, is now marked.", "mr_perilesional_edema", "present"),
        ("New syrinx, not present in 2018.", "syrinx", "present"),
        ("Calcification not seen on MRI but evident on CT.", "ct_calcification", "present"),
        ("No enhancement at 5 minutes, rim enhancement at 20 minutes.", "mr_enhancement", "rim_or_peripheral"),
    ],
)
def test_what_is_said_of_something_else_or_with_doubt(
    reports: Reports, text: str, finding: str, state: object
) -> None:
    found = {one.finding: one for one in reports.read(text).findings}.get(finding)
    assert (said(found.value) if found else None) in (
        state,
        f"{state}?" if found and found.certainty == "implied" else state,
    )


@pytest.mark.parametrize(
    ("text", "finding", "state"),
    [
        ("Lesion not associated with oedema.", "mr_perilesional_edema", "absent"),
        ("Not associated with a syrinx or cord oedema, but with scalloping.", "syrinx", "absent"),
        (
            "Not associated with a syrinx or cord oedema, but with scalloping.",
            "scalloping_or_remodelling",
            "present",
        ),
        ("Neither associated with oedema nor with a dural tail.", "mr_perilesional_edema", "absent"),
        ("Neither associated with oedema nor with a dural tail.", "mr_dural_tail", "absent"),
        ("Not causing oedema, but with bone erosion.", "mr_perilesional_edema", "absent"),
        ("The mass is not associated with oedema, nor with calcification.", "ct_calcification", "absent"),
        ("Calcification was searched for but none found.", "ct_calcification", "absent"),
        ("Restricted diffusion in the adjacent infarct, not in the mass.", "mr_restricted_diffusion", None),
        ("Haemorrhage in the ventricle, none in the tumour.", "mr_haemorrhage", None),
        ("Calcification in the choroid plexus but not in the mass.", "ct_calcification", None),
        ("Cystic mass, haemorrhage nil, fat nil.", "mr_cystic_change", "present"),
        ("Cystic, haemorrhage nil, fat nil.", "mr_cystic_change", "present"),
        ("Cystic, haemorrhage nil, fat nil.", "mr_haemorrhage", "absent"),
        ("Calcified, dural tail absent.", "ct_calcification", "present"),
        ("Endplates destroyed, psoas abscess absent.", "destruction", "present"),
        (
            "Not an incidental finding: patient has had progressive myelopathy for 8 months.",
            "myelopathy",
            "present",
        ),
        ("Not incidental: he has severe back pain.", "pain", "present"),
        ("No haemorrhage: the T1 hyperintensity is due to fat.", "mr_t1_signal", "hyper"),
        ("Not a cyst: solid homogeneous enhancement.", "mr_enhancement", "homogeneous"),
        ("No dural tail - broad dural base.", "mr_dural_attachment", "present"),
        ("CT hypodense, no Ca. MR T1 hypo, T2 hyper.", "mr_t1_signal", "hypo"),
        ("No Ca. Dural tail present.", "mr_dural_tail", "present"),
        ("No enhancement, hence cystic.", "mr_cystic_change", "present"),
        ("Screening: VHL negative.", "history_vhl", "absent"),
        ("Gene panel: NF1 negative, VHL negative.", "history_neurofibromatosis", "absent"),
        ("Foramina not enlarged.", "foraminal_widening", "absent"),
        ("Skull base foramina are not enlarged.", "foraminal_widening", "absent"),
        ("HISTORY: Pain-free.", "pain", "absent"),
        ("HISTORY: Pain free at present.", "pain", "absent"),
        ("HISTORY: Seizure-free for ten years. Now headache 4/7.", "seizure", "absent"),
        ("[x] Dural tail [ ] Calcification", "ct_calcification", None),
        ("Dural tail (Y/N): N.", "mr_dural_tail", "absent"),
        ("Calcification (yes/no): no.", "ct_calcification", "absent"),
        ("No new haemorrhage.", "mr_haemorrhage", "?"),
        ("No new seizures.", "seizure", "?"),
        ("Dural tail suspected.", "mr_dural_tail", "present?"),
        ("NF2 suspected clinically.", "history_neurofibromatosis", "present?"),
        ("Dural tail equivocal.", "mr_dural_tail", "present?"),
        ("Haemorrhage not assessable.", "mr_haemorrhage", None),
        ("Syrinx: not well assessed.", "syrinx", None),
        ("Haemorrhage may account for the high T1 signal.", "mr_haemorrhage", "present?"),
        ("Calcification could account for the blooming.", "ct_calcification", "present?"),
        ("Fat may explain the T1 hyperintensity.", "fat_content", "present?"),
        ("T1 shortening is not due to fat.", "fat_content", "absent"),
        ("Reported elsewhere as intramedullary, it is extramedullary.", "compartment", "?"),
        (
            "Initially thought to be intramedullary, the mass is in fact intradural extramedullary at T3.",
            "epicentre",
            "?",
        ),
        ("Reported elsewhere as cystic; in our view it is solid.", "mr_cystic_change", "?"),
        ("Craniopharyngiomas are usually cystic. This one is solid.", "mr_cystic_change", "?"),
        ("Meningiomas are calcified in 25%.", "ct_calcification", None),
        ("A dural tail is seen in 60% of meningiomas.", "mr_dural_tail", None),
        ("Schwannomas are hyperintense on T2.", "mr_t2_signal", None),
        ("Mass at T9. The discs show no enhancement.", "mr_enhancement", None),
        ("Mass at T9. The cord does not enhance.", "mr_enhancement", None),
        ("Mass. No enhancement of the facial nerve.", "mr_enhancement", None),
        ("Old lacune in the right thalamus. CP angle mass.", "epicentre", "?"),
        ("Mild white matter hyperintensities in the frontal lobes. CP angle mass.", "epicentre", "?"),
        ("L4/5 disc protrusion. Mass at T9 intradural.", "epicentre", "?"),
        ("Not arising from the nerve root.", "epicentre", None),
        ("Known CAA with microhaemorrhages. Mass along the falx.", "mr_haemorrhage", None),
        ("Scattered microbleeds in the hemispheres. Clival mass without blooming.", "mr_haemorrhage", None),
        ("Signal loss on SWI is due to dental amalgam.", "mr_swi_blooming", None),
        ("Blooming is due to a shunt valve.", "mr_swi_blooming", None),
        ("Susceptibility artefact from pedicle screws.", "mr_swi_blooming", None),
        ("Susceptibility artefact from pedicle screws.", "epicentre", None),
        ("Sensory level T10.", "level", None),
        ("T4 sensory level, extradural mass.", "level", None),
        ("HISTORY: Reduced sensation in the left C6 dermatome.", "level", None),
        ("No enhancing lesion other than the mass.", "mr_enhancement", "not none"),
        ("Back pain, no sphincter disturbance.", "myelopathy", "absent?"),
        ("Previous abdominal surgery. Mass at C5.", "history_prior_surgery_or_haemorrhage", None),
        ("Prior right hip arthroplasty; mass at C5.", "history_prior_surgery_or_haemorrhage", None),
        ("Previous surgery for lung cancer. Mass at C5.", "history_prior_surgery_or_haemorrhage", None),
        ("Status post cervical fusion.", "history_prior_surgery_or_haemorrhage", "present"),
        ("Renal failure related tumoral calcinosis at C5.", "history_renal_calcium_disorder", None),
        ("Nerve roots show no enhancement. Mass at L3.", "mr_enhancement", None),
        ("There is fluid signal within the L4/5 disc.", "disc_space_involvement", "present"),
        ("Mass at C5. There is high T2 signal in the intervening disc.", "mr_t2_signal", None),
        ("On MR it is hypointense, while the CT showed a calcified cyst.", "mr_cystic_change", "present?"),
        ("Rim enhancing mass with a hypointense rim.", "mr_t2_low_rim", "?"),
        ("On T2 the mass has a thin hypointense rim.", "mr_t2_low_rim", "present"),
        ("The mass extends from the clivus to the petrous apex.", "epicentre", "?"),
        ("No known primary. Back pain.", "history_malignancy", "absent"),
        ("Neither calcification nor bone changes.", "destruction", "absent"),
        ("Unlike in meningioma there was no dural tail.", "mr_dural_tail", "absent"),
        ("No diffusion restriction (high ADC).", "mr_restricted_diffusion", "absent"),
        ("The wall of the cyst enhanced after gadolinium.", "mr_enhancement", "rim_or_peripheral"),
        ("HIV test was negative.", "history_infection_exposure", None),
        (
            "Calcifying pseudoneoplasm was diagnosed after subtotal resection.",
            "history_prior_surgery_or_haemorrhage",
            None,
        ),
        ("A painless lump.", "pain", "absent"),
        ("Back pain without radicular pain.", "radiculopathy", "absent"),
        ("IVDU with back pain.", "history_infection_exposure", "present"),
        ("Incidental abnormality on CT.", "incidental", "present"),
    ],
)
def test_denials_doubts_and_neighbours(reports: Reports, text: str, finding: str, state: str | None) -> None:
    """A question mark stands for anything that is not certain."""
    found = {one.finding: one for one in reports.read(text).findings}.get(finding)
    certain = found is not None and found.certainty in ("stated", "negated")
    if state == "?":
        assert not certain
    elif state is None or found is None:
        assert (said(found.value) if found else None) == state
    else:
        assert str(said(found.value)).rstrip("?") == state.rstrip("?")
        assert not certain or not state.endswith("?")


@pytest.mark.parametrize(
    ("text", "finding", "state"),
    [
        ("Mass at L4, T1 hypointense, T2 hyperintense.", "level", "lumbar"),
        ("Mass at L4, T1 and T2 hypointense.", "level", "lumbar"),
        ("Mass at C6, T2 dark rim.", "level", "cervical"),
        ("C6 mass 2 cm, enhancing.", "multiplicity", None),
        ("The C6 mass is likely calcified.", "ct_calcification", "present?"),
        ("It is unlikely that it is calcified.", "ct_calcification", "absent?"),
        ("It is improbable that the mass is calcified.", "ct_calcification", "absent?"),
        ("We do not believe that the mass is calcified.", "ct_calcification", "absent?"),
        ("Calcification could not be confirmed.", "ct_calcification", None),
        ("Calcification unlikely, dural tail improbable.", "ct_calcification", "absent?"),
        ("Calcification is likely due to haemorrhage.", "ct_calcification", "present?"),
        ("No oedema, probable syrinx.", "syrinx", "present?"),
        ("No oedema, suspicious for haemorrhage.", "mr_haemorrhage", "present?"),
        ("Mass at C6 that is not completely calcified.", "ct_calcification", "present"),
        ("Mass at C6 that is not completely calcified.", "ct_calcification_pattern", None),
        ("The mass is not definitely calcified.", "ct_calcification", "absent?"),
        ("Calcification is absent on radiographs but evident on CT.", "ct_calcification", "present"),
        ("C6 mass.\nDURAL TAIL ..... NO\nSYRINX ..... UNKNOWN", "mr_dural_tail", "absent"),
        ("C6 mass.\nDURAL TAIL ..... NO\nSYRINX ..... UNKNOWN", "syrinx", None),
        ("Technique - CT; calcification was looked for.\nFindings - Mass at C6.", "ct_calcification", None),
        ("A conglomerate of popcorn-like calcification.", "ct_calcification_pattern", "rings_and_arcs"),
        ("An un-enhancing mass.", "mr_enhancement", "none"),
        ("No enhancement was seen apart from a little peripheral uptake.", "mr_enhancement", "rim_or_peripheral"),
        ("No erosion, and no associated soft tissue mass.", "paraspinal_soft_tissue_mass", "absent"),
        ("Left temporal bone is normal. Destruction of the jugular spine.", "destruction", "present"),
        ("The canal AP diameter at this level is reduced to 6 mm.", "size_mm", None),
        ("T1 low, T2/FLAIR high.", "mr_t2_signal", "hyper"),
        ("Facet joints at D10-11 are hypertrophied.", "facet_degeneration", "present"),
        ("No acute traumatic injury.", "history_trauma", None),
        ("Fusion with a cage, 14 months ago.", "history_prior_surgery_or_haemorrhage", "present"),
        ("LBP. Known RCC.", "history_malignancy", "present"),
        ("The C6 mass does not enhance. The C6 mass enhances homogeneously.", "mr_enhancement", None),
        ("Mass without enhancement. The lesion enhances.", "mr_enhancement", None),
        ("The mass does not enhance, its capsule enhances.", "mr_enhancement", "not none"),
    ],
)
def test_what_fresh_readers_found(reports: Reports, text: str, finding: str, state: str | None) -> None:
    test_denials_doubts_and_neighbours(reports, text, finding, state)


@pytest.mark.parametrize(
    "text",
    [
        "History of breast cancer in mother.",
        "Mother of the patient had breast cancer.",
        "Maternal history of breast cancer.",
        "FH of breast cancer.",
        "Family: lung cancer.",
        "Neurofibromatosis in a sibling.",
        "Neck pain and seizure in the patient's brother.",
        "Differential: meningioma (dural tail, calcification), schwannoma.",
        "Most likely a meningioma (dural tail).",
        "DDX: epidural haematoma.",
        "Attention to syrinx on follow-up.",
        "Please exclude bone destruction by CT.",
        "Please correlate for fever.",
    ],
)
def test_of_others_of_diagnoses_and_of_what_is_to_come_nothing_is_read(read: Read, text: str) -> None:
    assert read(text) == {}
