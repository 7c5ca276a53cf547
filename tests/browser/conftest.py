"""A server of its own for each network, and Chromium without a window. ``make browser`` runs these tests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.request import urlopen

import pytest
from driven import Serve, Served, Visit
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Starts ``bayesdx serve`` with options on a free port; what was started is stopped at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> Served:
        output = tmp_path_factory.mktemp("serve") / "output"
        command = [sys.executable, "-m", "bayesdx", "serve", "--no-open", "--port", "0", *options]
        with output.open("wb") as file:
            started.append(subprocess.Popen(command, stdout=file, stderr=file))
        for _ in range(300):
            if found := re.search(r"http://127\.0\.0\.1:\d+", output.read_text()):
                break
            time.sleep(0.1)
        assert found, output.read_text()
        for _ in range(300):
            try:
                with urlopen(f"{found[0]}/readyz"):
                    return Served(found[0], output)
            except OSError:
                time.sleep(0.1)
        raise AssertionError(output.read_text())

    yield start
    for server in started:
        server.terminate()
        server.wait(10)


@pytest.fixture(scope="session")
def served(serve: Serve) -> Served:
    """The shipped networks."""
    return serve()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Opens a page in a context of its own; at the end nothing may have gone wrong in any."""
    visits: list[Visit] = []

    def open_page(address: str, fragment: str = "", **context: Any) -> Visit:
        context = {"viewport": {"width": 1280, "height": 800}, **context}
        made = Visit(browser.new_context(**context).new_page())
        visits.append(made)
        made.page.on("request", lambda request: made.requests.append(request))
        made.page.on("console", lambda said: made.complaints.append(said.text) if said.type == "error" else None)
        made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
        made.page.goto(f"{address}/{fragment}")
        return made.settled()

    yield open_page
    for made in visits:
        made.page.context.close()
    assert [complaint for made in visits for complaint in made.complaints] == []
