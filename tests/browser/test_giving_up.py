"""An agent whose tab dies at any request of the script finds the way back, and counts once."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
import running
from conftest import Clock
from playwright.sync_api import Browser, Page, Route
from running import Running

from consultation.database import Database
from consultation.roll.keys import RollKeys

LINK = "/q/essai/agents"
SENT, USED = "Vos réponses sont envoyées", "Ce lien a déjà servi"
MOST_REQUESTS, MOST_STEPS, PATIENCE = 20, 20, 15.0
DELICATE = [("/signature", False), ("/signature", True), ("/envoyer", True)]


class Stall:
    """Lets requests through until the chosen one: that one hangs for ever.

    `after`: the server has answered it, and nothing came back.
    """

    def __init__(self, number: int = MOST_REQUESTS, ending: str = "", *, after: bool) -> None:
        self._number = number
        self._ending = ending
        self._after = after
        self.seen: list[str] = []
        self.hangs = False

    def __call__(self, route: Route) -> None:
        path = route.request.url.partition("#")[0]
        if self.hangs or "/static/" in path:
            route.continue_()
            return
        self.seen.append(path)
        self.hangs = len(self.seen) > self._number or path.endswith(self._ending or "?")
        if self.hangs and self._after:
            route.fetch()
        elif not self.hangs:
            route.continue_()


@pytest.fixture
def platform(
    store: Callable[[str], Database], roll_keys: RollKeys, clock: Clock, keys_directory: Path
) -> Running:
    people = 2 * MOST_REQUESTS + len(DELICATE)
    return running.run(store, roll_keys, clock, keys_directory, people=people)


def answer(tab: Page, link: str, stall: Stall | None = None) -> str:
    """Open the link, go on from wherever it leads; the last heading, empty when it hung."""
    shown: list[str] = []
    tab.on("load", lambda page: shown.append(page.url))
    tab.evaluate("link => { location.href = link }", link)
    for pages in range(1, MOST_STEPS):
        if not arrived(tab, shown, pages, stall):
            return ""
        heading = tab.inner_text("h1")
        if heading in (SENT, USED):
            tab.wait_for_function("() => localStorage.length + sessionStorage.length === 0")
            return heading
        press(tab)
    raise AssertionError(f"no end, only {shown}")


def arrived(tab: Page, shown: list[str], pages: int, stall: Stall | None) -> bool:
    """Wait until so many pages were shown; false when the network hangs."""
    limit = time.monotonic() + PATIENCE
    while len(shown) < pages:
        if stall and stall.hangs:
            return False
        assert time.monotonic() < limit, f"{shown}: {tab.inner_text('main')[:500]}"
        tab.wait_for_timeout(20)
    return True


def press(tab: Page) -> None:
    if tab.locator("#entree, #reprise").count():
        tab.wait_for_selector("#partage:not([hidden])", state="attached")
        tab.wait_for_timeout(100)  # the script may still be looking for a record
        tab.click("#reprendre:visible, #entree button:visible", no_wait_after=True)
        return
    if tab.locator("#fonction-2").count():
        tab.check("label[for=fonction-2]")
    sending = "#relecture button:not([name]):visible"
    tab.click(f"button[value=suite]:visible, {sending}", no_wait_after=True)


def give_up_then_finish(browser: Browser, link: str, stall: Stall) -> str:
    context = browser.new_context()
    context.route("**/*", stall)
    tab = context.new_page()
    assert answer(tab, link, stall) == ""
    tab.close()
    ending = answer(context.new_page(), link)
    context.close()
    return ending


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_tab_that_dies_at_any_request_is_found_again_and_counts_once(
    platform: Running, address: str, browser: Browser, full: bool
) -> None:
    codes = iter(platform.codes["agents"])
    stalls = [Stall(ending=ending, after=after) for ending, after in DELICATE]
    if full:
        whole = Stall(after=False)
        context = browser.new_context()
        context.route("**/*", whole)
        assert answer(context.new_page(), f"{address}{LINK}#{next(codes)}") == SENT
        context.close()
        stalls = [
            Stall(number, after=after)
            for number in range(len(whole.seen))
            for after in (False, True)
        ]
    for stall in stalls:
        ending = give_up_then_finish(browser, f"{address}{LINK}#{next(codes)}", stall)
        cast = stall.seen[-1].endswith("/envoyer")
        assert ending in ((SENT, USED) if cast else (SENT,)), stall.seen

    counts = platform.urn.counts(platform.campaign)
    everyone = len(platform.codes["agents"]) - len(list(codes))
    assert platform.roll.counts("essai").issued == counts.spent == counts.waiting == everyone
