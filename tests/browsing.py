"""A real server and a real browser, for tests of what only they can tell."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from wsgiref.types import WSGIApplication

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

# The shell without a window renders the same and costs a fifth: with it the suite stays short.
SHELLS = ("chromium-headless-shell", "chromium")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, SHELLS)), None)
POLL = 0.01  # seconds in which a server hears that it is to stop

# Root has no sandbox to give; what the browser would ask of the Internet is refused, slowly.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)

SPACING = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
    word-spacing: .16em !important } p { margin-bottom: 2em !important }`);
  document.adoptedStyleSheets = [sheet];
}"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
TARGETS = """() => [...document.querySelectorAll(
    'main :is(button, input:not([type=hidden], [type=radio], [type=checkbox]), select, textarea, ' +
    'summary, .fr-btn, :is([type=radio], [type=checkbox]) + label), footer a')]
  .filter((one) => one.checkVisibility({visibilityProperty: true}))
  .filter((one) => {
    const {width, height} = one.getBoundingClientRect();
    return Math.min(width, height) < 43.9;
  }).map((one) => one.outerHTML.slice(0, 160))"""
TIGHT = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("* { letter-spacing: -.2em !important }");
  document.adoptedStyleSheets = [sheet];
}"""
PLAIN = "() => { document.adoptedStyleSheets = []; }"

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# In forced colours axe reads the colours of the style, which are not those on the screen.
AXE = """rules => axe.run(document, {resultTypes: ["violations"], runOnly: rules,
    rules: {"color-contrast": {enabled: !matchMedia("(forced-colors: active)").matches}},
  }).then((told) => told.violations.map((one) =>
    `${one.id}: ${one.nodes.map((node) => node.target).join(", ")}`))"""


def small_targets(page: Page) -> list[str]:
    """What is under 44 px to a finger, in the font that is here and in any narrower one."""
    found: list[str] = page.evaluate(TARGETS)
    page.evaluate(TIGHT)
    found += page.evaluate(TARGETS)
    page.evaluate(PLAIN)
    return found


def violations(page: Page) -> list[str]:
    """What axe finds wrong with a page for people who see, hear or move otherwise."""
    page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(AXE, RULES)
    return found


@contextmanager
def serving(app: WSGIApplication) -> Iterator[str]:
    """The origin of an application behind a real server, while the block lasts."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(POLL,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a screen."""
    if not CHROMIUM:
        pytest.skip(f"no browser: neither {' nor '.join(SHELLS)} is installed")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield found
        found.close()


def enter(tab: Page) -> None:
    """Begin from the landing page once its script is ready: before, the form goes without it."""
    tab.wait_for_selector("#partage")
    tab.click("#entree button")


def heading(tab: Page, words: str) -> None:
    """Wait for the page that this title begins or holds, and for its script."""
    tab.wait_for_selector(f"h1:has-text('{words}')")
    tab.wait_for_load_state()


def kept(tab: Page, told: str = "Enregistré sur cet appareil") -> None:
    """Leave the field, and wait until this browser has locked what it holds."""
    tab.keyboard.press("Tab")
    tab.wait_for_selector(f"#_garde[aria-busy=false]:has-text('{told}')")


def go_on(tab: Page) -> None:
    """Send the page and ask for the next."""
    tab.click("button[value=suite]:visible")


@contextmanager
def phone(browser: Browser) -> Iterator[Page]:
    """A tab of a phone that never went anywhere; any error of the script fails the test."""
    context = browser.new_context(viewport={"width": 360, "height": 780})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []
