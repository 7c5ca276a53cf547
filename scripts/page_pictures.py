"""Renew the pictures of docs/page.md: ``python scripts/page_pictures.py``.

Needs Chromium and the extra ``browser``.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from typing import Any

from bench_page import served

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
REPORT = IMAGES.parent.parent / "examples" / "reports" / "foramen-magnum.txt"
#: Bytes that a picture may have.
LARGEST = 60_000
CASE = (
    "#age_group=60%2B&sex=male&radiculopathy=present&level=cervical&compartment=extradural&size_mm=10-30"
    "&ct_calcification=present&ct_calcification_pattern=peripheral_rim&ct_attenuation=low&mr_t1_signal=iso"
    "&mr_t2_signal=hyper:0.8,mixed:0.2&mr_t2_low_rim=present&mr_enhancement=:homogeneous"
)
#: Name of the picture, the view that is opened, and how the page is looked at.
PICTURES: list[tuple[str, str, dict[str, Any]]] = [
    ("empty", "findings", {"fragment": ""}),
    ("findings", "findings", {}),
    ("dark", "findings", {"color_scheme": "dark"}),
    ("forced-colours", "findings", {"forced_colors": "active"}),
    ("sensitivity", "sensitivity", {}),
    ("prior-sets", "priors", {}),
    ("compare", "compare", {}),
    ("citations", "citations", {}),
    ("report", "report", {}),
    ("reading", "reading", {"fragment": "#level=cervical"}),
    ("case-file", "case", {}),
    ("phone", "findings", {"viewport": {"width": 390, "height": 844}}),
    ("phone-answer", "findings", {"viewport": {"width": 390, "height": 844}}),
    ("print", "findings", {"viewport": {"width": 794, "height": 1123}}),
]


def take(browser: Any, address: str, name: str, view: str, options: dict[str, Any]) -> bytes:
    """A picture of one view as PNG."""
    fragment = options.get("fragment", CASE)
    look = {key: value for key, value in options.items() if key != "fragment"}
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **look})
    page = context.new_page()
    page.goto(f"{address}/{fragment}")
    page.wait_for_selector("#answer:not([aria-busy])")
    if fragment and name != "phone":  # one click, so that there is a change to show
        page.click(".row[data-id=mr_cystic_change] [data-state=absent]")
        page.wait_for_selector("#answer:not([aria-busy])")
    page.click(f"#tab-{view}")
    page.wait_for_selector(f"#{view}:not([aria-busy])", timeout=120_000)
    if name == "citations":
        page.click(".reasons .jump >> nth=0")
        page.wait_for_selector("#ledger table")
    if name == "reading":
        page.fill("#report-text", REPORT.read_text())
        page.click("text=Read the report")
        page.wait_for_selector(".proposals")
    if name == "phone-answer":
        page.click("#brief")
    if name == "print":
        page.emulate_media(media="print")
    page.mouse.move(0, 0)
    picture: bytes = page.screenshot()
    context.close()
    return picture


def small(png: bytes) -> bytes:
    """The picture as WebP of at most LARGEST bytes, sharp, in as many colours as that leaves."""
    from PIL import Image

    image = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in (64, 48, 32, 24, 16, 12, 8):
        file = io.BytesIO()
        image.quantize(colours, dither=Image.Dither.NONE).convert("RGB").save(file, "WEBP", lossless=True, method=6)
        if len(file.getvalue()) <= LARGEST:
            break
    return file.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--browser", default="/usr/bin/chromium")
    parser.add_argument("names", nargs="*", help="pictures to renew; all without any")
    asked = parser.parse_args()
    from playwright.sync_api import sync_playwright

    IMAGES.mkdir(exist_ok=True)
    with served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=asked.browser, args=["--no-sandbox"])
        for name, view, options in PICTURES:
            if not asked.names or name in asked.names:
                picture = small(take(browser, address, name, view, options))
                (IMAGES / f"page-{name}.webp").write_bytes(picture)
                print(f"page-{name}.webp {len(picture) / 1000:.0f} kB")
        browser.close()


if __name__ == "__main__":
    main()
