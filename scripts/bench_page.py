"""How fast the page answers, in a browser: ``python scripts/bench_page.py [--clicks 200]``.

A server of its own is started on a free port. Then, in Chromium without a window: the first page until it is
painted, which holds a differential already, and clicks on findings, each from the press until differential, next
findings and reasons are on screen (the frame after the change). Prints median and 95th percentile in milliseconds,
and the bytes of the first page.
"""

from __future__ import annotations

import argparse
import random
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.request import urlopen

#: Waits for the next change of the three regions that belongs to the click, and for the frame that shows it.
CLICK = """button => new Promise(done => {
  const regions = ['differential', 'next', 'why'].map(id => document.getElementById(id));
  const begun = performance.now(), changed = new Set();
  const watch = new MutationObserver(records => {
    for (const record of records) changed.add(record.target.id);
    if (changed.size < 3) return;
    watch.disconnect();
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun)));
  });
  for (const region of regions) watch.observe(region, {childList: true});
  button.click();
})"""
#: From the start of the navigation until the page with its differential is painted.
PAINTED = "() => performance.getEntriesByName('first-contentful-paint')[0].startTime"
SIZES = """() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
  .filter(entry => !entry.name.includes('/page/')).reduce((sum, entry) => sum + entry.transferSize, 0)"""


@contextmanager
def served(*options: str) -> Iterator[str]:
    """The address of a server that runs as long as the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "bayesdx", "serve", "--no-open", "--port", str(port), *options]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                with urlopen(f"{address}/readyz"):
                    break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait()


def spread(times: list[float]) -> str:
    """Median and 95th percentile."""
    ordered = sorted(times)
    return f"median {statistics.median(ordered):.0f} ms, p95 {ordered[int(0.95 * (len(ordered) - 1))]:.0f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clicks", type=int, default=200)
    parser.add_argument("--browser", default="/usr/bin/chromium")
    parser.add_argument("--network")
    parser.add_argument("--target")
    options = parser.parse_args()
    from playwright.sync_api import sync_playwright

    named = [
        word for name in ("network", "target") if (value := getattr(options, name)) for word in (f"--{name}", value)
    ]
    with served(*named) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.browser, args=["--no-sandbox"])
        firsts = []
        for _ in range(5):
            page = browser.new_context().new_page()
            page.goto(address)
            page.wait_for_selector("#answer:not([aria-busy])")
            firsts.append(float(page.evaluate(PAINTED)))
            size = page.evaluate(SIZES)
        print(f"first page: {spread(firsts)}, {size / 1000:.0f} kB")
        random.seed(0)
        rows = page.query_selector_all(".row")
        clicks, whole = [], []
        for number in range(options.clicks):
            if number % 15 == 0 and number:
                page.click("#clear")
                page.wait_for_selector("#answer:not([aria-busy])")
            row = random.choice(rows)
            button = random.choice(row.query_selector_all("[role=radio][aria-checked=false]"))
            begun = time.perf_counter()
            clicks.append(float(page.evaluate(CLICK, button)))
            page.wait_for_selector("#answer:not([aria-busy])")
            whole.append(1000 * (time.perf_counter() - begun))
        print(f"{len(clicks)} clicks, to differential, next findings and reasons: {spread(clicks)}")
        print(f"until intervals, examinations and sentences stand as well: {spread(whole)}")
        browser.close()


if __name__ == "__main__":
    main()
