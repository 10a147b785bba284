"""When the largest text of a page is seen, by an old phone on a slow 4G: emulated by Chromium.

Nothing in the cache on the first page; the June questionnaire. What is emulated is the network
(562 ms before each answer, 1.44 Mbit/s down, 0.67 up: what developers' tools call slow 4G) and a
processor six times slower than this one; not the handshakes of TLS.
"""

from __future__ import annotations

import logging
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from browsing import chromium, enter
from playwright.sync_api import Browser, Page
from states import PHONE, town

from consultation.config import shipped

TIMES = 5
SLOW_4G = {
    "offline": False,
    "latency": 562.5,  # milliseconds
    "downloadThroughput": 180_000,  # bytes a second
    "uploadThroughput": 84_375,
}
SLOWER = 6
LARGEST = """() => new Promise((done) => {
  const told = new PerformanceObserver((list) => done(list.getEntries().at(-1).startTime));
  told.observe({type: "largest-contentful-paint", buffered: true});
})"""


def main() -> None:
    """Print the table, in seconds."""
    logging.disable()
    june = shipped("questionnaires") / "juin-2024.yaml"
    seen: dict[str, list[float]] = {}
    with (
        tempfile.TemporaryDirectory() as place,
        town(Path(place), june) as platform,
        chromium() as browser,
    ):
        for _ in range(TIMES):
            for page, moment in _one_visit(platform.link, browser):
                seen.setdefault(page, []).append(moment)
    for page, moments in seen.items():
        median, worst = statistics.median(moments), max(moments)
        print(f"| {page} | {median:.2f} | {worst:.2f} |")  # noqa: T201 - a command


def _one_visit(link: str, browser: Browser) -> Iterator[tuple[str, float]]:
    context = browser.new_context(viewport=PHONE)
    tab = context.new_page()
    emulated = context.new_cdp_session(tab)
    emulated.send("Network.enable")
    emulated.send("Network.emulateNetworkConditions", SLOW_4G)
    emulated.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    tab.goto(link)
    yield "landing, first visit", _largest(tab)
    enter(tab)
    tab.wait_for_selector("#_annonce", state="attached", timeout=60_000)
    yield "first page", _largest(tab)
    tab.locator("#structure-1").check(force=True)
    tab.fill("#territoire", "29")
    tab.click("label:has-text('Finistère')")
    with tab.expect_navigation():
        tab.click("#_page li [value=suite]")
    yield "second page, with the signature before it", _largest(tab)
    with tab.expect_navigation():
        tab.click("#_page li [value=suite]")
    yield "third page", _largest(tab)
    context.close()


def _largest(tab: Page) -> float:
    tab.wait_for_load_state("networkidle")
    moment: float = tab.evaluate(LARGEST)
    return moment / 1000


if __name__ == "__main__":
    main()
