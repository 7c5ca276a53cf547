"""P(form | diagnosis) from what series count."""

from __future__ import annotations

import pytest

from bayesdx.errors import InputError
from bayesdx.knowledge.build import form_shares
from bayesdx.knowledge.definition import Definition
from bayesdx.knowledge.forms import CORRELATION, PRINTED, SMOOTHING, form_counts

FORMS = {"apple": ("red", "green"), "pear": ("long", "round")}
SOURCES = {"s1", "s2"}


def test_studies_by_hand() -> None:
    """21 lesions count like 21 / (1 + 20 rho); shares without a number like PRINTED lesions."""
    entries = {
        "apple": [
            {"sources": ["s1"], "counts": {"red": 14, "green": 7}},
            {"sources": ["s2"], "shares": {"red": 0.5, "green": 0.5}},
        ]
    }
    found = form_counts(entries, FORMS, SOURCES, "forms.yaml")
    weight = 21 / (1 + 20 * CORRELATION)
    assert found["apple"]["red"] == pytest.approx(SMOOTHING / 2 + weight * 2 / 3 + PRINTED / 2)
    assert found["apple"]["green"] == pytest.approx(SMOOTHING / 2 + weight / 3 + PRINTED / 2)
    assert found["pear"] == {"long": SMOOTHING / 2, "round": SMOOTHING / 2}


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"appel": []}, "did you mean 'apple'"),
        ({"apple": [{"sources": ["s3"], "counts": {"red": 1}}]}, "unknown source 's3'"),
        ({"apple": [{"sources": ["s1"], "counts": {"rde": 1}}]}, "unknown form 'rde'"),
        ({"apple": [{"sources": ["s1"], "counts": {"red": -1}}]}, "not a number of lesions"),
        ({"apple": [{"sources": ["s1"], "counts": {"red": 0}}]}, "no lesion"),
        ({"apple": [{"counts": {"red": 1}}]}, "neither sources nor an assumption"),
        ({"apple": [{"sources": ["s1"]}]}, "neither counts nor shares"),
    ],
)
def test_refused(entries: dict[str, list[dict[str, object]]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        form_counts(entries, FORMS, SOURCES, "forms.yaml")


def test_rare_forms_are_rare(definitions: dict[str, Definition]) -> None:
    """An intramedullary schwannoma is not a third of schwannomas; the unusual form has its assumed share."""
    definition = definitions["spine"]
    ids = [form.id for form in definition.forms]
    row = form_shares(definition)[[d for d, _ in definition.diagnoses].index("schwannoma")]
    shares = dict(zip(ids, row, strict=True))
    assert shares["schwannoma.unusual"] == pytest.approx(definition.pooling.unusual_share)
    assert shares["schwannoma.intramedullary"] < 0.05 < 0.5 < shares["schwannoma.ordinary"]
    assert form_shares(definition).sum(axis=1) == pytest.approx(1)
