"""The impression out of the page: as text and as a row, into the clipboard, or into the hand."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from driven import C7, FRAGMENT, WCAG, Open, Served, Visit, asked
from playwright.sync_api import expect

BUTTONS = {"Copy as text": "text", "Copy as row": "row_text"}
CLIPBOARD = ["clipboard-read", "clipboard-write"]
REFUSED = "() => { navigator.clipboard.write = () => Promise.reject(new DOMException('no', 'NotAllowedError')); }"


def pasted(visit: Visit) -> str:
    found: str = visit.page.evaluate("() => navigator.clipboard.readText()")
    return found


def expected(key: str, *options: str) -> str:
    """What the command line says of the C7 case as the page has it: without its id, its age as a group."""
    answer = asked("impression", *options)
    return str(answer[key])


def stated() -> list[str]:
    findings = asked("query", str(C7))["findings"]
    return [part for name, value in findings.items() for part in ("-f", f"{name}={value}")]


@pytest.mark.parametrize("name", BUTTONS)
def test_what_is_copied_is_the_impression(served: Served, visit: Open, name: str) -> None:
    v = visit(served.address, FRAGMENT, permissions=CLIPBOARD)
    v.page.focus(f"text={name}")
    v.keys("Enter")
    expect(v.page.get_by_role("status").filter(has_text="is copied.")).to_be_visible()
    assert pasted(v) == expected(BUTTONS[name], *stated())
    assert len([request for request in v.requests if request.url.endswith("/v1/impression")]) == 1
    v.page.click("[data-id=mr_t2_signal] [data-state=hypo]")
    v.settled()
    expect(v.page.locator("#copied")).to_have_text("")


def test_the_rival_and_the_prior_are_those_of_the_page(served: Served, visit: Open) -> None:
    v = visit(served.address, f"{FRAGMENT}&prior:=surgical&versus:=meningioma", permissions=CLIPBOARD)
    v.page.click("text=Copy as text")
    expect(v.page.locator("#copied")).to_have_text("The text is copied.")
    said = expected("text", *stated(), "--prior", "surgical", "--versus", "meningioma")
    assert pasted(v) == said
    assert "over meningioma" in said


@pytest.mark.parametrize("width", [320, 1280])
def test_a_clipboard_that_is_refused(served: Served, visit: Open, width: int) -> None:
    v = visit(served.address, FRAGMENT, viewport={"width": width, "height": 800})
    v.page.evaluate(REFUSED)
    v.page.click("text=Copy as text")
    area = v.page.get_by_label("To copy")
    expect(area).to_be_focused()
    said = expected("text", *stated())
    assert area.input_value() == said
    assert v.page.evaluate(
        "() => document.activeElement.selectionEnd - document.activeElement.selectionStart"
    ) == len(said)
    expect(v.page.locator("#copied")).to_contain_text("is selected")
    assert v.page.evaluate("() => document.documentElement.scrollWidth") <= width
    place = ".copies" if width == 320 else None  # the bar at the foot of a phone covers what lies below it
    violations = Axe().run(v.page, context=place, options={"runOnly": WCAG}).response["violations"]
    assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in violations] == []


def test_without_a_clipboard(served: Served, visit: Open) -> None:
    """A page that is not served safely has none."""
    v = visit(served.address, FRAGMENT)
    v.page.evaluate("() => Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    v.page.click("text=Copy as row")
    expect(v.page.get_by_label("To copy")).to_be_focused()


def test_what_cannot_be_answered_is_told(served: Served, visit: Open) -> None:
    v = visit(served.address, "#ct_calcification=absent&ct_calcification_pattern=central", permissions=CLIPBOARD)
    v.page.click("text=Copy as text")
    expect(v.page.locator("#copied")).to_contain_text("impossible together")
    v.complaints[:] = [said for said in v.complaints if "422" not in said]


def test_the_empty_case(served: Served, visit: Open) -> None:
    v = visit(served.address, permissions=CLIPBOARD)
    v.page.click("text=Copy as text")
    expect(v.page.locator("#copied")).to_have_text("The text is copied.")
    assert pasted(v).startswith("No findings are stated;")
