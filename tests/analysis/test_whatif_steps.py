"""Orders of next steps, their costs, and the questionnaire."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bayesdx.analyses.ask.numbers import Questionnaire, begin
from bayesdx.analyses.ask.sentences import stopped as ended
from bayesdx.analyses.what_if.numbers.costs import Costs, done_examinations, examinations_of
from bayesdx.analyses.what_if.numbers.examinations import examination_values
from bayesdx.analyses.what_if.numbers.outcomes import Outcomes, Prospects, total
from bayesdx.analyses.what_if.numbers.sequence import StoppingRules
from bayesdx.analyses.what_if.sentences import stopped
from bayesdx.case import Case
from bayesdx.document import NetworkDocument
from bayesdx.errors import ImpossibleFindings, InputError
from bayesdx.formats.answers import is_measured, parse_answer
from bayesdx.formats.case_file import as_mapping, with_changes, write_case
from bayesdx.model import Model
from bayesdx.network import Variable

CASE = {"findings": {"level": "cervical"}}
NEVER = StoppingRules(certain=1.0, information=0.0)


@pytest.fixture(scope="module")
def model(small: NetworkDocument) -> Model:
    return Model(small, "surgical")


def joint_information(model: Model, names: list[str]) -> float:
    return examination_values(Prospects(model.question(CASE)), names, limit=10**6)[-1].information


def test_greedy_gains_add_up_to_the_joint(model: Model) -> None:
    result = model.what_if(CASE, steps=3, rules=NEVER, patients=10)
    greedy = result.sequences[0]
    names = [step.id for step in greedy.steps]
    assert names[0] == result.findings[0].variable.id
    assert len(names) == 3
    totals = [joint_information(model, names[: n + 1]) for n in range(3)]
    gains = [step.gain for step in greedy.steps]
    assert [step.gain_error for step in greedy.steps] == [0, 0, 0]
    assert gains == pytest.approx([totals[0], totals[1] - totals[0], totals[2] - totals[1]], abs=1e-9)
    assert greedy.expected_information == pytest.approx(totals[2])
    # no other second step brings more after the first
    others = [v.variable.id for v in result.findings if v.variable.id not in names[:2]]
    assert all(joint_information(model, [names[0], other]) <= totals[1] + 1e-9 for other in others)


def test_look_ahead_takes_a_pair_no_worse_than_greedy(model: Model) -> None:
    greedy, ahead = model.what_if(CASE, steps=2, rules=NEVER, patients=10).sequences
    assert ahead.expected_information >= greedy.expected_information - 1e-9


def test_long_sequences_are_simulated_within_their_errors(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bayesdx.analyses.what_if.numbers.sequence.PATIENTS", 60)
    greedy = model.what_if(CASE, steps=6, rules=NEVER, patients=10).sequences[0]
    errors = [step.gain_error for step in greedy.steps]
    assert errors[0] == 0
    assert errors[-1] > 0
    joint = joint_information(model, [step.id for step in greedy.steps])
    assert abs(greedy.expected_information - joint) <= 4 * sum(errors)


def test_a_share_of_simulated_patients_is_rounded_once() -> None:
    """Whole numbers of patients, whatever order a processor adds them up in: no digit of a page hangs on it."""
    patients = np.arange(400)
    zeros = np.zeros(400, dtype=np.intp)
    outcomes = Outcomes(zeros[:, None], np.full(400, 1 / 400), np.ones((400, 1)), np.zeros(400), zeros, patients)
    for event in (patients < 325, patients >= 75, patients % 16 < 13):
        assert total(event, outcomes) == 0.8125


def test_stopping_rules(model: Model) -> None:
    sure = model.what_if(CASE, steps=4, rules=StoppingRules(certain=0.4)).sequences[0]
    assert sure.steps == ()
    assert stopped(sure) == "a diagnosis has 40% or more in 100% of the outcomes"
    high = model.what_if(CASE, steps=9, rules=StoppingRules(information=9.0)).sequences[0]
    assert high.steps == ()
    assert stopped(high) == "nothing that is left is worth its cost"
    asked = model.what_if(CASE, steps=2, rules=NEVER).sequences[0]
    assert stopped(asked) == "these are the 2 steps that were asked for"
    some = model.what_if(CASE, steps=6, rules=StoppingRules(certain=0.8)).sequences[0]
    reached = [step.reached for step in some.steps]
    assert reached[0] == 1
    assert reached == sorted(reached, reverse=True)
    certain = [step.certain for step in some.steps]
    assert certain[:-1] == pytest.approx([1 - r for r in reached[1:]], abs=1e-9)


def test_costs_make_steps(model: Model) -> None:
    costs = {"unit": "EUR", "ct": 100, "mr_contrast": 600, "mr_dural_tail": 150, "history": 0}
    result = model.what_if(CASE, costs, steps=4, rules=NEVER)
    greedy = result.sequences[0]
    steps = {step.id: step for step in greedy.steps}
    assert greedy.steps[0].id == "free"
    assert set(steps["free"].findings) == {"age_group", "sex", "compartment"}
    assert steps.keys() <= {"free", "ct", "mr_contrast", "mr_dural_tail"}
    assert greedy.expected_cost == pytest.approx(sum(s.reached * s.cost for s in greedy.steps if s.cost))
    by_id = {value.variable.id: value for value in result.findings}
    assert by_id["ct_calcification"].cost == 100
    assert by_id["mr_dural_tail"].cost == 150
    assert by_id["mr_t2_signal"].cost == 600
    assert by_id["sex"].cost == 0
    assert by_id["sex"].information_per_cost is None
    ct = next(value for value in result.examinations if value.examination == "ct")
    assert ct.information_per_cost == pytest.approx(ct.information / 100)


def test_what_is_done_costs_nothing_more(model: Model) -> None:
    done = done_examinations(
        model.question({"findings": {"mr_dural_tail": "absent", "ct_calcification": "present"}})
    )
    assert done == {"ct", "mr", "mr_contrast"}
    assert done_examinations(model.question({"findings": {"size_mm": 4}})) == frozenset()
    costs = Costs({"mr": 400.0, "mr_contrast": 600.0})
    size = model.network.variable("size_mm")
    assert costs.of_finding(size) == 400
    assert costs.of_finding(size, done) == 0
    contrast = next(e for e in examinations_of(model.network) if e.id == "contrast")
    assert costs.of_examination(contrast) == 600
    assert costs.of_examination(contrast, done) == 0


def test_what_is_not_named_costs_what_is_named_of_it(model: Model) -> None:
    exams = {e.id: e for e in examinations_of(model.network)}
    tail, size = model.network.variable("mr_dural_tail"), model.network.variable("size_mm")
    named = Costs({"mr": 300.0})
    assert {name: named.of_examination(exams[name]) for name in ("mr", "mr_contrast", "contrast", "ct")} == {
        "mr": 300,
        "mr_contrast": 300,
        "contrast": 300,
        "ct": 0,
    }
    assert (named.of_finding(tail), named.of_finding(size)) == (300, 300)
    assert named.of_finding(tail, {"mr"}) == named.of_examination(exams["mr_contrast"], {"mr"}) == 0
    parts = Costs({"mr": 300.0, "contrast": 100.0})
    assert parts.of_examination(exams["mr_contrast"]) == 400
    assert parts.of_examination(exams["mr_contrast"], {"mr"}) == 100
    steps = model.what_if(CASE, {"mr": 300}, steps=9, rules=NEVER).sequences[0].steps
    assert {name for step in steps for name in step.findings} >= {"mr_dural_tail", "size_mm"}
    assert "mr_dural_tail" not in steps[0].findings  # of what costs nothing


@pytest.mark.parametrize(
    ("costs", "message"),
    [
        ("{ct: 1e-320}", "cost '1e-320' of 'ct' is too small"),
        ("{ct: 1e308}", "cost '1e308' of 'ct' is too large"),
        ("[1, 2]", "a mapping of examination or finding to a number"),
        ("{mri: 3}", "'mri' is no examination or finding; did you mean 'mr'?"),
        ("{ct: -1}", "cost -1 of 'ct' is not a finite number >= 0"),
        ("{ct: dear}", "cost 'dear' of 'ct'"),
        ("{ct: .nan}", "cost '.nan' of 'ct'"),
    ],
)
def test_bad_costs(model: Model, tmp_path: Path, costs: str, message: str) -> None:
    path = tmp_path / "costs.yaml"
    path.write_text(costs)
    with pytest.raises(InputError) as caught:
        model.costs(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


SIGNAL = Variable(
    "mr_t2_signal", ("hypo", "iso", "hyper", "mixed"), state_labels=("dark", "same", "bright", "mixed")
)
SIGN = Variable("syrinx", ("absent", "present"))
SIZE = Variable("size_mm", ("<10", "10-30", ">30"))


@pytest.mark.parametrize(
    ("text", "variable", "value"),
    [
        ("3", SIGNAL, "hyper"),
        ("hyper", SIGNAL, "hyper"),
        ("Hyper", SIGNAL, "hyper"),
        ("hype", SIGNAL, "hyper"),
        ("bright", SIGNAL, "hyper"),
        ("not iso", SIGNAL, "not iso"),
        ("not 2", SIGNAL, "not iso"),
        ("hyper 0.8, mixed 0.2", SIGNAL, {"hyper": 0.8, "mixed": 0.2}),
        ("hyper:0.8,mixed=.2", SIGNAL, {"hyper": 0.8, "mixed": 0.2}),
        ("3 80%, 4 20%", SIGNAL, {"hyper": 0.8, "mixed": 0.2}),
        ("hyper 3, mixed 1", SIGNAL, {"hyper": 3.0, "mixed": 1.0}),
        ("present 0.8", SIGN, {"present": 0.8, "absent": 0.2}),
        ("hyper 0.7", SIGNAL, {"hyper": 0.7, "hypo": 0.1, "iso": 0.1, "mixed": 0.1}),
        ("y", SIGN, "present"),
        ("no", SIGN, "absent"),
        ("12", SIZE, 12),
        ("2.5", SIZE, 2.5),
        ("10-30", SIZE, "10-30"),
        ("<10 0.6, 10-30 0.4", SIZE, {"<10": 0.6, "10-30": 0.4}),
    ],
)
def test_answers(text: str, variable: Variable, value: object) -> None:
    found = parse_answer(text, variable, variable.states)
    assert found == (pytest.approx(value) if isinstance(value, dict) else value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hyp", "may mean hypo or hyper"),
        ("5", "give a number from 1 to 4"),
        ("0", "give a number from 1 to 4"),
        ("hiper", "did you mean 'hyper'?"),
        ("hyper 0.5, mixed", "give every state a probability"),
        ("hyper 0.5, 3 0.5", "gives 'hyper' twice"),
        ("not", "none of the states"),
    ],
)
def test_bad_answers(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_answer(text, SIGNAL, SIGNAL.states)


def test_measured() -> None:
    assert is_measured(SIZE)
    assert not is_measured(SIGNAL)
    assert is_measured(Variable("size", ("≤ 10", "10-20", "20+")))
    assert not is_measured(Variable("grade", ("<10 mm", "10 mm or more")))  # where a number is a place in the list


def start(model: Model, case: dict[str, object], **options: object) -> Questionnaire:
    return begin(model.question, case, **options)


def test_questionnaire_asks_the_most_informative_and_undoes(model: Model) -> None:
    first = start(model, CASE, rules=NEVER)
    assert first.next is not None
    assert first.next.variable.id == model.what_if(CASE).findings[0].variable.id
    skipped = first.answered(first.next, None)
    assert skipped.case == first.case
    assert skipped.next is not None
    assert skipped.next.variable.id == model.what_if(CASE).findings[1].variable.id
    state = skipped.next.variable.states[-1]
    answered = skipped.answered(skipped.next, state)
    asked = skipped.next.variable.id
    assert answered.question.stated[asked] == state
    expected = model.engine.posterior(answered.question.findings).probabilities
    np.testing.assert_array_equal(answered.posterior, expected)
    assert answered.undone() is skipped
    assert answered.undone().undone() is first
    with pytest.raises(InputError, match="no answer to undo"):
        first.undone()


def test_questionnaire_asks_each_finding_once(model: Model) -> None:
    now = start(model, {"findings": {"mr_t2_signal": "not hyper"}}, rules=NEVER)
    asked = []
    while (value := now.next) is not None:
        asked.append(value.variable.id)
        uncertain = {value.variable.states[int(k)]: 1.0 for k in np.flatnonzero(value.predictive)}
        now = now.answered(value, uncertain)
    assert len(asked) == len(set(asked)) == len(model.network.findings) - 1
    assert "mr_t2_signal" not in asked
    assert ended(now) == "nothing that is left is worth asking"


def test_questionnaire_stops_when_certain(model: Model) -> None:
    now = start(model, {}, rules=StoppingRules(certain=0.5))
    assert ended(now) == "meningioma has 50.0%, which is at least 50%"
    assert now.next is None


def test_questionnaire_refuses_what_cannot_be(model: Model) -> None:
    now = start(model, {"findings": {"ct_calcification": "absent"}}, rules=NEVER)
    assert "ct_calcification_pattern" not in {value.variable.id for value in now.open}
    other = start(model, {}, rules=NEVER)
    pattern = next(value for value in other.open if value.variable.id == "ct_calcification_pattern")
    with pytest.raises(ImpossibleFindings):
        now.answered(pattern, "punctate")


def test_costs_put_free_questions_first(model: Model) -> None:
    costs = model.costs({"ct": 100, "mr_contrast": 1})
    order = [value.variable.id for value in start(model, CASE, rules=NEVER, costs=costs).open]
    free, cheap, dear = {"age_group", "sex", "compartment"}, {"mr_t2_signal", "mr_dural_tail", "size_mm"}, 2
    assert set(order[:3]) == free
    assert set(order[3:6]) == cheap
    assert len(order[6:]) == dear


def test_changes_and_case_files(tmp_path: Path) -> None:
    case = Case({"level": "cervical", "age_group": "60+"}, "a", None, "male", "capnon", {"note": "x"}, "case")
    changed = with_changes(case, {"age": 31, "level": "lumbar"}, ["sex"])
    assert as_mapping(changed) == {
        "id": "a",
        "age": 31,
        "diagnosis": "capnon",
        "note": "x",
        "findings": {"level": "lumbar"},
    }
    from bayesdx.formats.case_file import read_cases

    for name in ("case.yaml", "case.json"):
        write_case(str(tmp_path / name), changed)
        assert as_mapping(read_cases(tmp_path / name)[0]) == as_mapping(changed)
    with pytest.raises(InputError, match="cannot be written"):
        write_case(str(tmp_path / "nowhere" / "case.yaml"), changed)
