"""Names of diagnoses state nothing but a place: *cervical schwannoma*."""

from __future__ import annotations

import pytest

from bayesdx.reports import Reports

NAMES = """
acoustic neuroma; vestibular schwannoma; calcific tendinitis of longus colli; calcific tendonitis;
ecchordosis physaliphora; glomus jugulare; glomus tumour; gouty tophus; tophaceous gout; Pott disease;
Pott's disease; haemorrhagic metastasis; cystic schwannoma; ossifying fibroma; sclerosing meningioma;
psammoma; intraosseous meningioma; dural metastasis; calcified meningioma; ganglion cyst; septic arthritis
of the facet joint; intramedullary cavernoma; spinal cord ependymoma; clival chordoma; petrous apex
granuloma; cholesterol granuloma of the petrous apex; sequestrated disc; calcified disc herniation;
ossification of the posterior longitudinal ligament; ossification of the ligamentum flavum; crowned dens
syndrome; pigmented villonodular synovitis; solitary fibrous tumour; brown tumour of hyperparathyroidism;
renal cell carcinoma metastasis; metastasis from lung cancer; lymphomatous infiltration; radiation-induced
meningioma; postsurgical granuloma; foreign body granuloma; infected synovial cyst; haemorrhagic synovial
cyst; vascular malformation; thrombosed aneurysm; giant aneurysm; partially thrombosed aneurysm; calcified
aneurysm; calcified chronic subdural haematoma; tuberculoma; calcified tuberculoma; tuberculous spondylitis;
tuberculous spondylodiscitis; pyogenic spondylodiscitis; vertebral osteomyelitis; skull base osteomyelitis;
amyloidoma; hydatid cyst; pituitary adenoma; haemorrhagic pituitary adenoma; macroadenoma; cystic
craniopharyngioma; adamantinomatous craniopharyngioma; calcified craniopharyngioma; oligodendroglioma;
calcified oligodendroglioma; fatty filum terminale; lipomyelomeningocele; intradural lipoma; dermoid cyst;
ruptured dermoid; epidermoid cyst; white epidermoid; arachnoid cyst; perineural cyst; juxtafacet cyst; facet
joint synovial cyst; calcified synovial cyst; tumoral calcinosis; uraemic tumoral calcinosis; tumoral
calcinosis of renal failure; renal osteodystrophy-associated tumoral calcinosis; heterotopic ossification;
myositis ossificans; melanotic schwannoma; ancient schwannoma; plexiform neurofibroma; malignant peripheral
nerve sheath tumour; haemangiopericytoma; osteosarcoma; telangiectatic osteosarcoma; radiation-induced
osteosarcoma; osteoblastic metastasis; sclerotic metastasis; lytic metastasis; multiple myeloma; solitary
plasmacytoma; eosinophilic granuloma; Langerhans cell histiocytosis; Ewing sarcoma; extraosseous Ewing
sarcoma; fibrous dysplasia; Paget disease; giant cell tumour; aneurysmal bone cyst; haemorrhagic cavernoma;
calcified cavernoma; arteriovenous malformation; dural arteriovenous fistula; spinal dural AV fistula;
choroid plexus papilloma; central neurocytoma; subependymal giant cell astrocytoma; tuberous sclerosis;
DNET; ganglioglioma; pilocytic astrocytoma; medulloblastoma; pineoblastoma; germinoma; teratoma; mature
teratoma; extramedullary haematopoiesis; epidural lipomatosis; epidural abscess; subdural empyema; brain
abscess; cerebral toxoplasmosis; neurocysticercosis; calcified neurocysticercosis; racemose
neurocysticercosis; Echinococcus granulosus; meningeal carcinomatosis; leptomeningeal metastases; drop
metastases; subependymoma; myxopapillary ependymoma; paraganglioma; carotid body tumour; glomus vagale;
endolymphatic sac tumour; rhabdomyosarcoma; chordoid meningioma; clear cell meningioma; atypical meningioma;
en plaque meningioma; sphenoid wing meningioma; tentorial meningioma; petroclival meningioma; foramen magnum
meningioma; cervical schwannoma; trigeminal schwannoma; lumbar synovial cyst; thoracic meningioma;
intraventricular meningioma; sacral chordoma; cervical chordoma; craniovertebral junction rheumatoid pannus;
rheumatoid pannus; calcium pyrophosphate deposition; CPPD crystal deposition; pseudogout; hydroxyapatite
deposition disease; retro-odontoid pseudotumour; calcifying pseudoneoplasm of the neuraxis; CAPNON; brain
stone; cerebral calculus; cavernous haemangioma of the clivus; intraosseous haemangioma; aggressive
vertebral haemangioma; osteochondroma; enchondroma; chondroblastoma; chondromyxoid fibroma; mesenchymal
chondrosarcoma; petroclival chondrosarcoma; dedifferentiated chondrosarcoma; low-grade chondrosarcoma;
osteoma; osteoid osteoma; osteoblastoma; calvarial osteoma; mucocele; cephalocele; neurenteric cyst; colloid
cyst; Rathke cleft cyst; pineal cyst; choroid fissure cyst; porencephalic cyst; radiation necrosis;
tumefactive demyelination; multiple sclerosis; sarcoidosis; neurosarcoidosis; IgG4-related disease; Rosai-
Dorfman disease; Erdheim-Chester disease; idiopathic hypertrophic pachymeningitis
"""


@pytest.mark.parametrize("network", ["spine", "cranial"])
def test_no_name_of_a_diagnosis_is_a_finding(network: str) -> None:
    reader = Reports(network)
    for name in " ".join(NAMES.split()).split("; "):
        for text in ("Impression: {}.", "The appearances favour {}.", "{} was suspected."):
            found = reader.read(text.format(name)).case.findings
            assert [one for one in found if not reader.lexicon.is_place(one)] == [], text.format(name)
