"""What the browser tests hold in hand: a running server, and a page with all that it asked of anyone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page, Request

C7 = Path(__file__).parents[2] / "examples" / "c7-radiculopathy.yaml"
#: The same case behind the # of the page's address.
FRAGMENT = (
    "#age_group=60%2B&sex=male&radiculopathy=present&level=cervical&compartment=extradural&size_mm=10-30"
    "&ct_calcification=present&ct_calcification_pattern=peripheral_rim&ct_attenuation=low&mr_t1_signal=iso"
    "&mr_t2_signal=hyper&mr_t2_low_rim=present&mr_enhancement=rim_or_peripheral"
)
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@dataclass
class Served:
    """A running server, and the file that it writes all its output to."""

    address: str
    output: Path


@dataclass
class Visit:
    """A page, and all that it asked of anyone or complained of."""

    page: Page
    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def settled(self) -> Visit:
        """Wait until the answer to the last change is whole."""
        self.page.wait_for_selector("#answer:not([aria-busy])")
        return self

    def keys(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def enter(self, finding: str, state: str) -> None:
        """Find a finding and choose a state, by keyboard alone."""
        self.keys("/")
        self.page.keyboard.type(finding)
        self.keys("Enter")
        labels = self.page.evaluate(
            """() => [...document.activeElement.closest('.row').querySelectorAll('[data-state]')]
              .map(button => button.textContent)"""
        )
        number = labels.index(state) + 1
        if number <= 9:
            self.keys(str(number))
        else:
            self.keys(*["ArrowRight"] * number)
        self.settled()

    def leader(self) -> str:
        return self.page.inner_text(".differential .leads th")

    def fragment(self) -> str:
        return self.page.evaluate("() => location.hash")


Serve = Callable[..., Served]
Open = Callable[..., Visit]


def asked(*options: str) -> dict[str, object]:
    """What the command line answers."""
    command = [sys.executable, "-m", "bayesdx", *options, "--json"]
    found: dict[str, object] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return found
