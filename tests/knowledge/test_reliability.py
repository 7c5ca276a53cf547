"""How far a finding can be relied on, and what a count of an ordered state says of the next."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import wanted
from reliability import MOST, Seen, estimate

from bayesdx.errors import InputError
from bayesdx.formats.case_file import read_cases
from bayesdx.knowledge.build import pool_findings
from bayesdx.knowledge.definition import Definition, read_definition
from bayesdx.knowledge.pooling import neighbourhood
from bayesdx.network import Array

from .conftest import MakeFact

GENERAL = 0.2


def test_a_contamination_is_that_of_its_finding(orchard: Definition, make_fact: MakeFact) -> None:
    facts = [make_fact(k=6, n=11), make_fact(k=1, n=1, diagnosis="pear", source="s2")]
    facts += [make_fact("hypo", 1, 2, finding="signal"), make_fact("iso", 1, 2, finding="signal", diagnosis="pear")]
    clean = pool_findings(orchard, facts)
    found = pool_findings(replace(orchard, contaminations={"rim": 0.3}), facts)
    assert found["rim"].form_rows == pytest.approx(0.7 * clean["rim"].form_rows + 0.3 * clean["rim"].base)
    assert found["signal"].form_rows == pytest.approx(clean["signal"].form_rows)
    alike = replace(orchard, contaminations={"rim": 0.3}).with_pooling(contamination=0.1)
    assert [alike.contamination(name) for name in ("rim", "signal")] == [0.1, 0.1]
    assert replace(orchard, contaminations={"rim": 0.3}).with_pooling(case_weight=2).contamination("rim") == 0.3


def test_a_count_tells_of_the_states_beside_it(orchard: Definition, make_fact: MakeFact) -> None:
    """Six of eight lesions are dark and two bright; a tenth of each count goes to each state beside it."""
    facts = [make_fact("hypo", 6, 8, finding="signal"), make_fact("hyper", 2, 8, finding="signal")]
    facts.append(make_fact("iso", 1, 1, finding="signal", diagnosis="pear"))
    at = orchard.findings["signal"].states.index
    ordered = replace(orchard.with_pooling(neighbours=0.2), ordered=frozenset({"signal"}))
    told = pool_findings(ordered, facts)["signal"].studies
    plain = pool_findings(orchard, facts)["signal"].studies
    assert told.stated.sum(axis=1) == pytest.approx(plain.stated.sum(axis=1))
    moved = neighbourhood(len(plain.states), 0.2)
    assert told.stated == pytest.approx(plain.stated @ moved)
    assert moved[at("hypo"), [at("hypo"), at("iso")]] == pytest.approx([0.9, 0.1])


def test_a_contamination_of_what_is_no_finding_is_refused(tmp_path: Path) -> None:
    for source in (wanted.ROOT / "networks").glob("*.yaml"):
        text = source.read_text(encoding="utf-8").replace("  radiculopathy: ", "  radiculopathie: ")
        (tmp_path / source.name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="no finding 'radiculopathie'"):
        read_definition(tmp_path, "spine")


def patients(rng: np.random.Generator, size: int) -> list[Seen]:
    """Patients of three diagnoses: the first finding is as the rows say, the second one is said at random."""
    rows = np.array([[0.9, 0.1], [0.5, 0.5], [0.1, 0.9]])  # (D, states), of both findings
    base = rows.mean(axis=0)
    found = []
    for _ in range(size):
        truth = int(rng.integers(3))
        said = [int(rng.choice(2, p=rows[truth])), int(rng.choice(2, p=base))]
        clean = np.array([rows[:, one] for one in said])
        logs = np.log((1 - GENERAL) * clean + GENERAL * base[said][:, None]).sum(axis=0)
        found.append(Seen(np.arange(2), clean, base[said], logs, truth))
    return found


def test_the_posterior_under_other_contaminations_is_that_of_the_contaminated_rows() -> None:
    patient = patients(np.random.default_rng(0), 1)[0]
    parts = np.array([0.05, 0.7])
    rows = (1 - parts)[:, None] * patient.clean + (parts * patient.base)[:, None]
    expected = rows.prod(axis=0) / rows.prod(axis=0).sum()
    found, changed = patient.changed(parts, GENERAL)
    assert found == pytest.approx(expected)
    assert changed == pytest.approx(rows)


def test_what_is_said_at_random_is_not_relied_on() -> None:
    sure, chance = estimate(patients(np.random.default_rng(1), 2000), 2, GENERAL, penalty=0.3)
    assert sure < 0.1
    assert chance == pytest.approx(MOST)


def test_the_estimate_is_a_maximum() -> None:
    """No step aside makes the proven diagnoses more probable, less the penalty, but one above the bound."""
    those, penalty = patients(np.random.default_rng(2), 300), 2.0

    def loss(logits: Array) -> float:
        parts = 1 / (1 + np.exp(-logits))
        away = logits - np.log(GENERAL / (1 - GENERAL))
        return penalty * float(away @ away) - sum(
            float(np.log(one.changed(parts, GENERAL)[0][one.truth])) for one in those
        )

    found = estimate(those, 2, GENERAL, penalty)
    at = np.log(found / (1 - found))
    assert found[1] == pytest.approx(MOST)
    for step in ([0.05, 0.0], [-0.05, 0.0], [0.0, -0.05]):
        assert loss(at + np.array(step)) > loss(at)


def test_what_would_help_most(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    cases = read_cases(wanted.ROOT / "priors" / "cases" / "development.yaml")
    few = [next(case for case in cases if case.metadata["region"] == name) for name in ("spine", "cranial")]
    monkeypatch.setattr(wanted, "read_cases", lambda path: few)
    wanted.main()
    printed = capsys.readouterr().out
    assert "finding not stated" in printed
    assert "leaned on" in printed
