"""The page in a real browser, as one works with it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from driven import C7, FRAGMENT, WCAG, Open, Serve, Served, Visit, asked
from playwright.sync_api import expect

#: The C7 case as a reader enters it: finding and state by their labels.
ENTERED = [
    ("age group", "60 years or more"),
    ("sex", "male"),
    ("radiculopathy", "present"),
    ("level", "cervical"),
    ("compartment", "extradural"),
    ("size", "10–30 mm"),
    ("calcification on", "present"),
    ("calcification pattern", "peripheral rim"),
    ("ct attenuation", "low"),
    ("t1 signal", "isointense"),
    ("t2 signal", "hyperintense"),
    ("low-signal rim", "present"),
    ("enhancement", "rim or peripheral"),
]
VIEWS = ["findings", "sensitivity", "priors", "compare", "citations", "report", "reading", "case"]


def percent(probability: float) -> str:
    """As the page prints it, worked out here."""
    shown = f"{100 * probability:.1f}%"
    return {"0.0%": "<0.1%", "100.0%": ">99.9%"}.get(shown, shown)


def rows(visit: Visit) -> list[tuple[str, str, str]]:
    """Diagnosis, probability and interval of each line of the differential."""
    found: list[tuple[str, str, str]] = visit.page.eval_on_selector_all(
        ".differential tbody tr:not(.rest)",
        """lines => lines.map(line => [line.querySelector('abbr')?.title ?? line.querySelector('th').textContent,
          line.querySelector('.share').textContent, line.querySelector('td.interval').textContent])""",
    )
    return [tuple(row) for row in found]


def test_a_case_by_keyboard_alone(served: Served, visit: Open, tmp_path: Path) -> None:
    v = visit(served.address)
    page = v.page
    for finding, state in ENTERED:
        v.enter(finding, state)
    answer = asked("query", str(C7))
    assert rows(v) == [
        (one["label"], percent(one["probability"]), " – ".join(map(percent, one["interval"])))
        for one in answer["posterior"][:8]
    ]
    first = rows(v)

    v.keys("w")  # what to look at next
    worth = asked("what-if", str(C7))["open"][0]
    assert page.evaluate("() => document.activeElement.dataset.id") == worth["finding"]
    v.keys("Enter")
    assert page.evaluate("() => document.activeElement.closest('.row').dataset.id") == worth["finding"]
    v.keys("1")
    v.settled()
    assert rows(v) != first
    assert page.inner_text(".differential .change >> nth=1").strip()[0] in "+−▲▼"

    weights = page.eval_on_selector_all(
        ".reasons tr:has(.jump)", "found => found.map(row => [...row.children].at(2).textContent)"
    )
    told = asked("explain", str(C7), "-f", f"{worth['finding']}={worth['states'][0]['state']}")["weights"]
    assert weights == [
        f"{row['decibans']:+.1f}".replace("-", "−").replace("−0.0", "0.0").replace("+0.0", "0.0") for row in told
    ]

    v.keys("u")
    v.settled()
    assert rows(v) == first
    v.keys("Shift+U")
    v.settled()
    assert rows(v) != first
    v.keys("Control+z")
    v.settled()
    assert rows(v) == first

    page.focus("#tab-findings")
    v.keys(*["ArrowRight"] * VIEWS.index("report"))
    with page.expect_download() as download:
        v.keys("Tab", "Enter")
    report = download.value.path().read_text()
    assert download.value.suggested_filename == "report.html"
    assert "Differential diagnosis" in report
    assert "peripheral rim" in report

    again = visit(served.address, v.fragment())
    assert rows(again) == first
    assert unquote(v.fragment()) == unquote(FRAGMENT)


def test_the_example_is_the_case_file(served: Served, visit: Open) -> None:
    v = visit(served.address)
    v.page.click("text=Start from an example")
    v.settled()
    page_says = {part.split("=")[0]: part.split("=")[1] for part in unquote(v.fragment()[1:]).split("&")}
    assert page_says == asked("query", str(C7))["findings"]


@pytest.mark.parametrize("look", ["light", "dark", "forced"])
def test_axe_finds_nothing(served: Served, visit: Open, look: str) -> None:
    v = visit(
        served.address,
        FRAGMENT,
        color_scheme="dark" if look == "dark" else "light",
        forced_colors="active" if look == "forced" else "none",
    )
    page = v.page
    found = {}

    def check(name: str) -> None:
        violations = Axe().run(page, options={"runOnly": WCAG}).response["violations"]
        found.update(
            {f"{name}: {one['id']}": [node["html"][:120] for node in one["nodes"][:3]] for one in violations}
        )

    page.click("[data-id=mr_t2_signal] .more")
    page.click("#more-sentences")
    page.click("#whole")
    v.settled()
    for view in VIEWS:
        page.click(f"#tab-{view}")
        page.wait_for_selector(f"#{view}:not([aria-busy])", timeout=120_000)
        if view == "citations":
            page.click("text=Show the ledger")
            page.wait_for_selector("#ledger table")
        check(view)
    page.click("text=Help")
    check("help")
    v.keys("Escape")
    page.click("#clear")
    v.settled()
    page.click("#tab-findings")
    check("empty")
    assert found == {}


def test_nothing_of_a_case_leaves_the_page(serve: Serve, visit: Open) -> None:
    own = serve()
    v = visit(own.address, FRAGMENT)
    page = v.page
    for view in VIEWS:
        page.click(f"#tab-{view}")
        page.wait_for_selector(f"#{view}:not([aria-busy])", timeout=120_000)
    page.click("#tab-report")
    page.click("[data-name='report.md']")
    page.wait_for_selector("text=report.md is written")
    hosts = {urlsplit(request.url).netloc for request in v.requests if not request.url.startswith("blob:")}
    assert hosts == {urlsplit(own.address).netloc}
    words = [word for part in unquote(FRAGMENT[1:]).split("&") for word in part.split("=")] + ["capnon"]
    sent = [request.url.partition("#")[0] for request in v.requests] + [
        f"{name}: {value}" for request in v.requests for name, value in request.headers.items()
    ]
    output = own.output.read_text()
    for word in words:
        if len(word) > 4 and word != "present":
            assert not [line for line in sent if re.search(rf"\b{re.escape(word)}\b", line)]
            assert not re.search(rf"\b{re.escape(word)}\b", output)
    assert output.count("/page/answer") >= 1
    kept = page.evaluate(
        "() => [...Object.entries(localStorage), ...Object.entries(sessionStorage), document.cookie]"
    )
    assert kept == [""]


def test_not_stated_absent_ruled_out_and_uncertain(served: Served, visit: Open) -> None:
    v = visit(served.address)
    page = v.page
    row = page.locator("[data-id=mr_t2_signal]")
    looks = row.locator("[role=radio]").first.evaluate("b => getComputedStyle(b).borderStyle")
    row.get_by_role("radio", name="hypointense").click()
    v.settled()
    stated = row.locator("[data-state=hypo]").evaluate("b => getComputedStyle(b).backgroundColor")
    free = row.locator("[data-state=iso]").evaluate("b => getComputedStyle(b).backgroundColor")
    assert looks == "dashed"
    assert stated != free
    v.keys("n")
    row.get_by_role("button", name="not hyperintense").click()
    v.settled()
    row.get_by_label("hyperintense", exact=True).fill("0.8")
    row.get_by_label("mixed", exact=True).fill("0.2")
    row.get_by_label("hypointense", exact=True).fill("")
    v.keys("Tab")
    v.settled()
    assert v.fragment() == "#mr_t2_signal=hyper:0.8,mixed:0.2"
    assert row.get_by_role("radio", checked=True).inner_text() == "hyperintense 0.8, mixed 0.2"
    page.click("[data-id=mr_enhancement] .more")
    page.click("text=not homogeneous")
    v.settled()
    assert v.fragment().endswith("&mr_enhancement=:homogeneous")
    answer = asked("query", "-f", "mr_t2_signal=hyper:0.8,mixed:0.2", "-f", "mr_enhancement=not homogeneous")
    assert [row[1] for row in rows(v)] == [percent(one["probability"]) for one in answer["posterior"][:8]]
    page.click("[data-id=mr_t2_signal] [data-state=iso]")
    v.keys("Backspace")
    v.settled()
    assert v.fragment() == "#mr_enhancement=:homogeneous"


def test_screen_readers_hear_the_new_leader(served: Served, visit: Open) -> None:
    v = visit(served.address, "#level=cervical")
    v.enter("epicentre", "facet joint")
    leader = asked("query", "-f", "level=cervical", "-f", "epicentre=facet_joint")["posterior"][0]
    expect(v.page.locator("#live")).to_have_text(f"{leader['label']} leads, {percent(leader['probability'])}")
    tree = v.page.locator(".row[data-id=epicentre]").aria_snapshot()
    assert 'radiogroup "Epicentre"' in tree
    assert 'radio "facet joint" [checked]' in tree
    v.enter("facet degeneration", "present")  # the same leader, by more than a point
    now = asked("query", "-f", "level=cervical", "-f", "epicentre=facet_joint", "-f", "facet_degeneration=present")[
        "posterior"
    ][0]
    assert abs(now["probability"] - leader["probability"]) > 0.01
    expect(v.page.locator("#live")).to_have_text(f"{now['label']} leads, {percent(now['probability'])}")


def test_conflicting_and_impossible_findings_are_told_first(served: Served, visit: Open) -> None:
    v = visit(served.address, "#ct_calcification=absent&ct_calcification_pattern=central")
    told = v.page.locator(".warnings")
    assert "impossible together" in told.inner_text()
    assert "ct_calcification" not in told.inner_text()
    assert v.page.query_selector(".differential") is None
    assert told.get_by_role("button", name="Undo").is_hidden()  # nothing was changed yet
    expect(v.page.locator("#live")).to_contain_text("No answer, impossible together")
    assert "Calcification pattern" in str(v.page.text_content("#brief"))
    v.complaints.clear()  # the browser notes the refusal
    told.get_by_text("Calcification pattern: central").click()
    assert v.page.evaluate("() => document.activeElement.closest('.row').dataset.id") == "ct_calcification_pattern"
    v.page.click("[data-id=ct_calcification] .unstated")
    v.settled()
    assert v.leader()
    v.page.click("[data-id=ct_calcification] [data-state=absent]")
    told.get_by_role("button", name="Undo").click()
    v.settled()
    assert v.leader()
    v.complaints.clear()


def test_single_keys_work_on_a_tab(served: Served, visit: Open) -> None:
    v = visit(served.address, "#level=cervical")
    page = v.page
    page.click("#tab-report")
    page.focus("#tab-report")
    v.keys("w")
    assert page.evaluate("() => document.activeElement.matches('#next .jump')")
    page.focus("#tab-report")
    v.keys("/")
    assert page.evaluate("() => document.activeElement.id") == "search"
    page.focus("#tab-findings")
    v.enter("sex", "male")
    page.focus("#tab-findings")
    v.keys("u")
    v.settled()
    assert v.fragment() == "#level=cervical"
    v.keys("ArrowRight")
    assert page.evaluate("() => document.activeElement.id") == "tab-sensitivity"
    v.keys("?")
    expect(page.locator("#help")).to_be_visible()


def test_the_prior_set_is_seen_at_the_top(served: Served, visit: Open) -> None:
    v = visit(served.address, FRAGMENT)
    for words in ("#prior", ".asked .population", ".asked .network", ".others"):
        box = v.page.locator(words).bounding_box()
        assert box
        assert box["y"] + box["height"] < 160
    assert v.page.evaluate("() => document.querySelector('.population').scrollWidth") <= 620


def test_the_best_match_of_a_search_comes_first(served: Served, visit: Open) -> None:
    v = visit(served.address)
    page = v.page
    first = "() => document.querySelector('.group:not([hidden]) .row:not([hidden])').dataset.id"
    order = "() => [...document.querySelectorAll('.row')].map(row => row.dataset.id).join()"
    before = page.evaluate(order)
    for words, found in (
        ("gadolinium", "mr_enhancement"),
        ("ADC", "mr_restricted_diffusion"),
        ("fat", "fat_content"),
    ):
        page.fill("#search", words)
        assert page.evaluate(first) == found
        page.keyboard.press("Enter")
        assert page.evaluate("() => document.activeElement.closest('.row').dataset.id") == found
    page.fill("#search", "qqq")
    assert page.inner_text("#found") == "0 found"
    page.click("text=Clear the search")
    assert page.evaluate(order) == before
    assert page.evaluate("() => document.activeElement.id") == "search"
    assert page.locator("#none").is_hidden()


def test_the_empty_page_has_no_leader(served: Served, visit: Open) -> None:
    v = visit(served.address)
    assert v.page.query_selector(".differential .leads") is None
    assert "100" not in v.page.inner_text("#next")
    assert v.page.text_content("#brief") == "No findings: no diagnosis leads"


def test_dark_by_preference_and_by_switch(served: Served, visit: Open) -> None:
    ground = "() => getComputedStyle(document.body).backgroundColor"
    by_preference = visit(served.address, color_scheme="dark").page
    assert by_preference.evaluate(ground) == "rgb(22, 24, 28)"
    v = visit(served.address)
    light = v.page.evaluate(ground)
    v.page.click("#theme")
    assert v.page.evaluate(ground) == "rgb(22, 24, 28)"
    v.page.reload()
    v.settled()
    assert v.page.evaluate(ground) == "rgb(22, 24, 28)"
    v.page.click("#theme")
    assert v.page.evaluate(ground) == light


def test_single_keys_can_be_switched_off(served: Served, visit: Open) -> None:
    v = visit(served.address)
    v.keys("?")
    expect(v.page.locator("#help")).to_be_visible()
    v.page.uncheck("#keys")
    v.keys("Escape")
    v.keys("/")
    assert v.page.evaluate("() => document.activeElement.id") != "search"
    v.page.reload()
    v.settled().keys("?")
    expect(v.page.locator("#help")).not_to_be_visible()


@pytest.mark.parametrize(("width", "size"), [(320, "100%"), (390, "100%"), (390, "200%"), (1280, "200%")])
def test_no_view_is_wider_than_the_window(served: Served, visit: Open, width: int, size: str) -> None:
    v = visit(served.address, FRAGMENT, viewport={"width": width, "height": 800})
    v.page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
    v.page.click("#more-sentences")
    for view in ("findings", "priors", "citations", "report", "reading", "case"):
        v.page.click(f"#tab-{view}")
        v.page.wait_for_selector(f"#{view}:not([aria-busy])")
        assert v.page.evaluate("() => document.documentElement.scrollWidth") <= width, view
        small = v.page.eval_on_selector_all(
            "button, select, input, textarea",
            """all => all.filter(one => { const box = one.getBoundingClientRect();
              return box.width && Math.min(box.width, box.height) < 24 && one.type !== 'checkbox'; })
              .map(one => one.outerHTML.slice(0, 80))""",
        )
        assert small == []


def test_prints_as_up_to_three_pages_with_findings_and_references(served: Served, visit: Open) -> None:
    v = visit(served.address, FRAGMENT, color_scheme="dark")
    pdf = v.page.pdf(prefer_css_page_size=True)
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 3
    v.page.emulate_media(media="print")
    printed = v.page.inner_text("body")
    for _, state in ENTERED:
        assert state in printed
    assert "References" in printed
    assert "https://doi.org/" in printed
    assert "For research and education; not a medical device." in printed
    assert "not stated\n" not in printed
    assert v.page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert v.page.evaluate("() => getComputedStyle(document.body).color") == "rgb(0, 0, 0)"


def test_case_files_come_in_and_go_out(served: Served, visit: Open, tmp_path: Path) -> None:
    v = visit(served.address)
    v.page.click("#tab-case")
    v.page.set_input_files("#file", C7)
    v.page.wait_for_selector("#tab-findings[aria-selected=true]")
    v.settled()
    entered = v.fragment()
    v.page.click("#tab-case")
    with v.page.expect_download() as download:
        v.page.click("[data-do=save][data-format=yaml]")
    saved = download.value.path().read_text()
    assert yaml.safe_load(saved)["findings"] == asked("query", str(C7))["findings"]
    v.page.click("#clear")
    v.page.fill("#paste", saved)
    v.page.click("text=Read the text")
    v.page.wait_for_selector("#tab-findings[aria-selected=true]")
    v.settled()
    assert v.fragment() == entered
    assert v.page.evaluate("() => document.activeElement.id") == "findings"
    v.page.click("#tab-case")
    v.page.fill("#paste", "findings: {level: cervical}")
    v.page.click("text=Read the text")
    v.page.wait_for_selector("#tab-findings[aria-selected=true]")
    assert v.page.text_content("#case > .said") == "1 finding is read."
    v.page.click("#tab-case")
    v.page.fill("#paste", "findings: {levle: cervical}")
    v.page.click("text=Read the text")
    expect(v.page.locator("#case > .said").first).to_contain_text("did you mean 'level'?")
    v.complaints.clear()


def test_a_network_of_a_stranger(serve: Serve, visit: Open, tmp_path: Path) -> None:
    """Names are text, whatever they look like; of many variables those that are searched for are shown."""
    evil = "<script>alert(1)</script>"
    names = [f"{evil}{i}" if i % 2 else f'"v\'{i}" & ünï' for i in range(1000)]
    states = ["<b>yes</b>", "nö: 1,2"]
    network = {
        "format": "bayesdx-network/1",
        "id": "hostile",
        "target": names[0],
        "variables": [{"id": name, "states": states, "label": name} for name in names],
        "parents": {name: [names[(i - 1) // 3]] for i, name in enumerate(names) if i},
        "cpts": {name: [[0.8, 0.2], [0.3, 0.7]] if i else [[0.4, 0.6]] for i, name in enumerate(names)},
    }
    file = tmp_path / "hostile.json"
    file.write_text(json.dumps(network))
    v = visit(serve("--network", str(file)).address)
    assert len(v.page.query_selector_all(".row")) <= 60
    v.page.fill("#search", "script 999")
    v.page.wait_for_selector(f".row:has-text('{evil}999')")
    v.keys("Enter", "2")
    v.settled()
    assert v.page.query_selector("#rows script, #answer script, #stated b") is None
    assert v.page.inner_text("#stated") == f"{evil}999: nö: 1,2"
    visit(v.page.url.partition("#")[0].rstrip("/"), v.fragment())
    v.page.click("#tab-compare")
    assert v.page.query_selector("#tab-citations") is None


def test_the_newest_of_many_clicks_wins(served: Served, visit: Open) -> None:
    v = visit(served.address)
    for state in ("hypo", "iso", "hyper", "fluid", "mixed", "iso"):
        v.page.evaluate(
            "state => document.querySelector(`[data-id=mr_t2_signal] [data-state=${state}]`).click()", state
        )
    v.settled()
    answer = asked("query", "-f", "mr_t2_signal=iso")
    assert [row[1] for row in rows(v)] == [percent(one["probability"]) for one in answer["posterior"][:8]]
    assert v.fragment() == "#mr_t2_signal=iso"


def test_a_case_file_can_be_dropped_anywhere(served: Served, visit: Open) -> None:
    v = visit(served.address)
    dropped = v.page.evaluate_handle(
        "text => { const all = new DataTransfer(); all.items.add(new File([text], 'case.yaml')); return all; }",
        C7.read_text(),
    )
    v.page.dispatch_event("#answer", "drop", {"dataTransfer": dropped})
    v.page.wait_for_selector("#stated li")
    v.settled()
    assert len(v.page.query_selector_all("#stated li")) == len(ENTERED)


@pytest.mark.parametrize(
    "fragment",
    [
        "#<img src=x onerror=alert(1)>=1",
        "#level=%3Cscript%3Ealert(1)%3C/script%3E",
        "#%E0%A4%A",
        "#=&&a:b:=c",
        "#findings:=x",
    ],
)
def test_what_stands_in_an_address_is_text(served: Served, visit: Open, fragment: str) -> None:
    v = visit(served.address, fragment)
    v.page.wait_for_selector("#warnings li, #differential table")
    assert v.page.query_selector("img, #answer script, #stated script") is None
    v.complaints[:] = [said for said in v.complaints if "422" not in said]
