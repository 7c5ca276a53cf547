"""A radiology report on the page: what is proposed is seen, and only what is checked is taken over."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote

import pytest
from axe_playwright_python.sync_playwright import Axe
from driven import WCAG, Open, Serve, Served, Visit, asked
from playwright.sync_api import expect

REPORTS = Path(__file__).parents[2] / "examples" / "reports"
FORAMEN, SEVERAL = REPORTS / "foramen-magnum.txt", REPORTS / "two-lesions.txt"


def read(visit: Visit, text: str) -> None:
    """Paste a report and have it read, by keyboard alone."""
    visit.page.focus("#tab-findings")
    visit.keys("End", "ArrowLeft")
    visit.page.focus("#report-text")
    visit.page.keyboard.insert_text(text)
    visit.keys("Tab", "Enter")
    visit.page.wait_for_selector("#proposal:not([hidden]), #reading > .said:not(:empty)")


def stated(visit: Visit) -> dict[str, object]:
    """What the address says: a state, or weights by state."""
    pairs = [part.split("=") for part in unquote(visit.fragment()[1:]).split("&") if part]
    return {
        name: {state: float(weight) for state, weight in (one.split(":") for one in said.split(","))}
        if ":" in said
        else said
        for name, said in pairs
    }


def shares(value: object) -> object:
    """Weights that add up to 1."""
    if not isinstance(value, dict):
        return value
    return {state: pytest.approx(weight / sum(value.values()), abs=1e-4) for state, weight in value.items()}


def drop(visit: Visit, name: str, content: str) -> None:
    dropped = visit.page.evaluate_handle(
        "([name, text]) => { const all = new DataTransfer(); all.items.add(new File([text], name)); return all; }",
        [name, content],
    )
    visit.page.dispatch_event("#answer", "drop", {"dataTransfer": dropped})


def held(visit: Visit) -> str:
    """Everything that the browser keeps of the page, and the texts of its fields."""
    kept: str = visit.page.evaluate(
        """() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href,
          history.state, [...document.querySelectorAll('input, textarea')].map(one => one.value)])"""
    )
    return kept


def test_what_is_checked_is_taken_over(served: Served, visit: Open, tmp_path: Path) -> None:
    v = visit(served.address, "#mr_t1_signal=hyper")
    leader = v.leader()
    read(v, FORAMEN.read_text())
    page = v.page
    expect(page.locator("#proposed")).to_be_focused()
    expect(page.locator("#proposed")).to_have_text("What the report says")
    expect(page.locator("#reading > .said")).to_have_text("20 findings are read.")
    assert v.fragment() == "#mr_t1_signal=hyper"  # nothing enters unseen
    tail = page.locator(".proposals li", has_text="Dural tail")
    assert tail.locator("mark").all_inner_texts() == ["dural tail", "dural tail"]
    assert tail.locator("u").all_inner_texts() == ["No", "no"]
    assert page.locator(".now:not(:empty)").all_inner_texts() == ["now: hyperintense"]
    expect(page.locator("#take")).to_have_text("Take over 20 findings")
    box = page.get_by_role("checkbox", name="Dural tail: absent")
    box.focus()
    v.keys("Space")
    expect(page.locator("#take")).to_have_text("Take over 19 findings")
    page.focus("#take")
    v.keys("Enter")
    v.settled()
    expect(page.locator("#findings")).to_be_focused()
    expect(page.locator("#stated li")).to_have_count(19)

    case = asked("read", str(FORAMEN))["case"]
    del case["findings"]["mr_dural_tail"]
    file = tmp_path / "case.json"
    file.write_text(json.dumps(case))
    of_report = asked("query", str(file))
    assert stated(v) == {name: shares(value) for name, value in of_report["findings"].items()}
    assert stated(v)["age_group"] == "40-59"
    first = of_report["posterior"][0]
    assert v.leader() in first["label"]
    assert page.inner_text(".differential .leads .share") == f"{100 * first['probability']:.1f}%"
    v.keys("u")
    v.settled()
    assert stated(v) == {"mr_t1_signal": "hyper"}
    assert v.leader() == leader


def test_how_many_are_taken_over_is_heard(served: Served, visit: Open) -> None:
    v = visit(served.address)
    v.page.evaluate(
        """() => { const live = document.getElementById('live'); window.heard = [];
          new MutationObserver(() => heard.push(live.textContent)).observe(live, { childList: true }); }"""
    )
    read(v, "Syrinx. No dural tail.")
    v.page.click("#take")
    v.settled()
    v.page.wait_for_function("() => heard.slice(heard.indexOf('2 findings are taken over.') + 1).length")
    heard = v.page.evaluate("() => heard")
    assert "2 findings are taken over." in heard
    assert "leads" in heard[-1]


def test_of_several_lesions_nothing_is_checked(served: Served, visit: Open) -> None:
    v = visit(served.address)
    read(v, SEVERAL.read_text())
    page = v.page
    assert "more than one lesion" in page.inner_text("#proposal .warnings")
    expect(page.locator("#reading > .said")).to_have_text("13 findings are read, none is checked.")
    assert page.locator(".proposals input:checked").count() == 0
    expect(page.locator("#take")).to_be_disabled()
    expect(page.get_by_role("checkbox", name="Calcification on CT")).to_be_disabled()
    page.get_by_role("checkbox", name="Perilesional oedema").check()
    expect(page.locator("#take")).to_have_text("Take over 1 finding")
    page.click("#take")
    v.settled()
    assert v.fragment() == "#mr_perilesional_edema=present:0.65,absent:0.35"
    assert page.inner_text("#stated") == "Perilesional oedema: present 0.65, absent 0.35"


def test_check_all_and_none(served: Served, visit: Open) -> None:
    v = visit(served.address)
    read(v, SEVERAL.read_text())
    v.page.click("text=Check all")
    expect(v.page.locator("#take")).to_have_text("Take over 13 findings")
    assert v.page.locator(".proposals input:checked").count() == 13
    v.page.click("text=Check none")
    expect(v.page.locator("#take")).to_be_disabled()


def test_back_to_the_text_and_closed(served: Served, visit: Open) -> None:
    v = visit(served.address)
    page, area = v.page, v.page.locator("#report-text")
    read(v, "No dural tail.")
    page.click("text=Back to the text")
    expect(area).to_be_focused()
    assert area.input_value() == "No dural tail."
    v.keys("Tab", "Enter")
    expect(page.locator("#proposed")).to_be_focused()
    page.click("#proposal >> text=Close")
    expect(area).to_be_focused()
    assert area.input_value() == ""
    expect(page.locator("#proposed")).to_have_text("Read a report")
    assert page.locator(".proposals").count() == 0
    assert v.fragment() == ""
    read(v, "No dural tail. Level: lumbar.")
    page.click("#take")
    v.settled()
    assert area.input_value() == ""
    read(v, "Syrinx of the next patient.")
    page.click("#clear")
    v.settled()
    assert area.input_value() == ""
    assert page.locator(".proposals").count() == 0


def test_nothing_of_a_report_is_kept(serve: Serve, visit: Open) -> None:
    own = serve("--audit")
    v = visit(own.address)
    words = ["Wombat", "gadolinium", "densely", "father"]
    text = f"{FORAMEN.read_text()} Referred by Dr Wombat."
    read(v, text)
    v.page.wait_for_selector(".proposals")
    v.page.click("#take")
    v.settled()
    read(v, text)
    posted = [request for request in v.requests if request.url.endswith("/page/propose")]
    assert [request.method for request in posted] == ["POST", "POST"]
    sent = [request.url for request in v.requests] + [json.dumps(request.headers) for request in v.requests]
    v.page.reload()
    v.settled()
    everything = [*sent, held(v), own.output.read_text()]
    for word in words:
        assert not [where for where in everything if word.casefold() in where.casefold()]
    assert own.output.read_text().count("/page/propose") >= 2  # it does write a log
    assert v.page.input_value("#report-text") == ""


def test_files_are_opened_and_dropped(served: Served, visit: Open, tmp_path: Path) -> None:
    v = visit(served.address)
    page = v.page
    page.click("#begin >> text=read a report")
    expect(page.locator("#report-text")).to_be_focused()
    page.set_input_files("#report-file", FORAMEN)
    page.wait_for_selector(".proposals")
    assert page.locator(".proposals li").count() == 20
    drop(v, "REPORT.TXT", "No dural tail.")
    expect(page.locator(".proposals li")).to_have_count(1)
    page.click("text=Back to the text")
    assert page.input_value("#report-text") == "No dural tail."
    (tmp_path / "scan.txt").write_bytes(b"%PDF\x00\xff\xfe")
    page.set_input_files("#report-file", tmp_path / "scan.txt")
    expect(page.locator("#reading > .said")).to_have_text("scan.txt is no text file (UTF-8).")
    assert page.input_value("#report-text") == ""
    drop(v, "large.txt", "x" * 1_000_001)
    expect(page.locator("#reading > .said")).to_have_text("large.txt is too large to be a report.")
    drop(v, "case.yaml", "findings: {level: cervical}")
    page.wait_for_selector("#tab-findings[aria-selected=true]")
    v.settled()
    assert v.fragment() == "#level=cervical"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (" ", "the report is empty"),
        ("x " * 100_001, "characters are no report"),
        ("x" * 1_100_000, "The text is too large"),
    ],
)
def test_what_is_no_report_is_told(served: Served, visit: Open, text: str, says: str) -> None:
    v = visit(served.address)
    v.page.click("#tab-reading")
    v.page.fill("#report-text", text)
    v.page.click("text=Read the report")
    expect(v.page.locator("#reading > .said")).to_contain_text(says)
    expect(v.page.locator("#report-text")).to_be_focused()
    assert v.page.input_value("#report-text") == text
    v.complaints[:] = [said for said in v.complaints if "422" not in said]


def test_a_hostile_report_is_text(served: Served, visit: Open) -> None:
    v = visit(served.address)
    evil = "<img src=x onerror=alert(1)><script>alert(1)</script></ul><style>*{display:none}</style>"
    for text in (
        f"Calcified mass {evil} at C5. No {evil} syrinx. {evil}. Her father {evil} had oedema.",
        f"Calcified\x00\x1b[31m\u202e{evil} mass. {evil}\x07 Oedema\x9b.",
        (f"Calcified {evil} mass without oedema. " * 2000)[:200_000],
    ):
        v.page.click("#tab-reading")
        v.page.fill("#report-text", text)
        v.page.click("text=Read the report")
        v.page.wait_for_selector(".proposals li")
        assert v.page.query_selector("#proposal :is(img, script, style)") is None
        assert "onerror=alert(1)" in v.page.inner_text(".proposals")
        v.page.click("#proposal >> text=Close")


@pytest.mark.parametrize("look", ["light", "dark", "forced"])
def test_axe_finds_nothing(served: Served, visit: Open, look: str) -> None:
    v = visit(
        served.address,
        "#mr_t1_signal=hyper",
        color_scheme="dark" if look == "dark" else "light",
        forced_colors="active" if look == "forced" else "none",
    )
    found = {}
    for report in (FORAMEN, SEVERAL):
        read(v, report.read_text())
        v.page.wait_for_selector(".proposals")
        v.page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true; })")
        violations = Axe().run(v.page, options={"runOnly": WCAG}).response["violations"]
        found.update({one["id"]: [node["html"][:120] for node in one["nodes"][:3]] for one in violations})
        v.page.click("#proposal >> text=Close")
    assert found == {}


@pytest.mark.parametrize(("width", "size"), [(320, "100%"), (390, "200%"), (1280, "200%")])
def test_no_proposal_is_wider_than_the_window(served: Served, visit: Open, width: int, size: str) -> None:
    v = visit(served.address, "#mr_t1_signal=hyper", viewport={"width": width, "height": 800})
    v.page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
    read(v, f"{FORAMEN.read_text()} No {'x' * 400} syrinx.")
    v.page.wait_for_selector(".proposals")
    v.page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true; })")
    assert v.page.evaluate("() => document.documentElement.scrollWidth") <= width
    assert (
        v.page.evaluate(
            "() => { const one = document.getElementById('reading'); return one.scrollWidth - one.clientWidth; }"
        )
        <= 0
    )
    small = v.page.eval_on_selector_all(
        "#reading :is(button, label, summary)",
        """all => all.map(one => one.getBoundingClientRect()).filter(box => box.width && box.height < 24).length""",
    )
    assert small == 0


def test_another_network_by_its_labels(serve: Serve, visit: Open, tmp_path: Path) -> None:
    evil = "<b>Small</b>"
    network = {
        "format": "bayesdx-network/1",
        "id": "small",
        "label": evil,
        "target": "flu",
        "variables": [
            {"id": "flu", "states": ["yes", "no"]},
            {"id": "fever", "label": "Fever", "states": ["high", "low", "none"]},
            {"id": "cough", "label": "Cough", "states": ["yes", "no"]},
        ],
        "parents": {"fever": ["flu"], "cough": ["flu"]},
        "cpts": {
            "flu": [[0.1, 0.9]],
            "fever": [[0.6, 0.3, 0.1], [0.1, 0.2, 0.7]],
            "cough": [[0.8, 0.2], [0.2, 0.8]],
        },
    }
    file = tmp_path / "small.json"
    file.write_text(json.dumps(network))
    v = visit(serve("--network", str(file)).address)
    read(v, "Fever: high. No cough.")
    v.page.wait_for_selector(".proposals")
    assert v.page.locator(".proposals label b").all_inner_texts() == ["high", "no"]
    assert f"In the terms of: {evil}." in v.page.inner_text("#proposal")
    v.page.click("#take")
    v.settled()
    assert v.fragment() == "#fever=high&cough=no"
