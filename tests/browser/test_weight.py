"""What an agent's connection carries, counted by a real browser; nothing moves once seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from browsing import enter
from playwright.sync_api import Browser, CDPSession, Page
from states import PHONE, Town, Visit, town

from consultation.config import shipped

KIB = 1024
FIRST_VISIT, REQUESTS, BEFORE_TEXT = 175 * KIB, 12, 45 * KIB
FOLLOWING = 5 * KIB
SHIFTS = """
  window.shifts = [];
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
    if (!entry.hadRecentInput) window.shifts.push(entry.value);
  })).observe({type: "layout-shift", buffered: true});
"""


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The real questionnaire, under the neutral header or the State's: the heavier of the two."""
    june = shipped("questionnaires") / "juin-2024.yaml"
    with town(tmp_path_factory.mktemp("town"), june) as built:
        yield built


@dataclass
class Meter:
    """Counts what comes by the network since it was last read, headers included."""

    session: CDPSession
    kinds: dict[str, str] = field(default_factory=dict)  # by request
    sizes: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.session.send("Network.enable")
        self.session.on("Network.responseReceived", self._received)
        self.session.on("Network.loadingFinished", self._finished)

    def read(self, tab: Page) -> list[tuple[str, int]]:
        """The kind and the bytes of each answer, once the network is quiet."""
        tab.wait_for_load_state("networkidle")
        read, self.sizes = self.sizes, []
        return read

    def _received(self, event: dict[str, Any]) -> None:
        if not event["response"].get("fromDiskCache"):
            self.kinds[event["requestId"]] = event["type"]

    def _finished(self, event: dict[str, Any]) -> None:
        if event["requestId"] in self.kinds and event["encodedDataLength"]:
            self.sizes.append((self.kinds[event["requestId"]], int(event["encodedDataLength"])))


def total(sizes: list[tuple[str, int]], *kinds: str) -> int:
    return sum(size for kind, size in sizes if not kinds or kind in kinds)


@pytest.mark.long
def test_pages_are_light_and_nothing_moves(platform: Town, browser: Browser) -> None:
    context = browser.new_context(viewport=PHONE)
    context.add_init_script(SHIFTS)
    agent = Visit(platform, context.new_page())
    tab = agent.tab
    meter = Meter(context.new_cdp_session(tab))
    moved: dict[str, list[float]] = {}

    def nothing_moves() -> None:
        moved[tab.inner_text("h1")] = tab.evaluate("window.shifts")

    tab.goto(platform.link)
    first = meter.read(tab)
    nothing_moves()
    assert len(first) <= REQUESTS, first
    assert total(first) <= FIRST_VISIT, first
    assert total(first, "Document", "Stylesheet") <= BEFORE_TEXT, first
    assert len([kind for kind, _ in first if kind == "Font"]) == 3

    enter(tab)
    tab.wait_for_selector("#_annonce", state="attached")
    meter.read(tab)
    nothing_moves()
    agent.tick("structure-1")
    tab.fill("#territoire", "29")
    tab.click("label:has-text('Finistère')")
    following = []
    while tab.locator("button[value=suite]:visible").count():
        agent.go_on()
        following.append(total(meter.read(tab), "Document"))
        nothing_moves()
    agent.press("Envoyer mes réponses")
    following.append(total(meter.read(tab)))
    nothing_moves()
    context.close()

    assert len(following) == 8
    assert max(following) <= FOLLOWING, following
    assert {heading: shifts for heading, shifts in moved.items() if sum(shifts) > 0} == {}
