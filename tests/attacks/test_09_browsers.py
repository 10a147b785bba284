"""Attacks 9 and 17: mail scanners that open links and click, and what a browser keeps and sends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from attacks.conftest import Archive, Figure
from attacks.leaky import UsualSurvey
from attacks.linking import SUCCESS
from attacks.town import LANDING, Agent, Town
from browsing import enter, go_on, heading, serving
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import text

MARKS = ("#", "%23", "%2523")
PATIENCE = 150  # milliseconds in which the page's script may do something
BOTS = {"User-Agent": "Mozilla/5.0 (compatible; MailScanner/3)"}
CONTROLS = "main button, main a[href], header a[href], footer a[href]"
SUBMIT_ALL = "for (const form of document.forms) { form.requestSubmit(); }"


Arrived = list[tuple[str, Mapping[str, str]]]
"""The method of each request as it arrived, and its headers."""


@pytest.fixture(scope="module")
def scanned(archive: Archive) -> Town:
    """An open consultation nobody has answered."""
    return archive.new_town("scanned", people=30, pool=50)


@pytest.fixture(scope="module")
def arrived() -> Arrived:
    """What reaches the server."""
    return []


@pytest.fixture(scope="module")
def address(scanned: Town, arrived: Arrived) -> Iterator[str]:
    with watched(scanned.app, arrived) as url:
        yield url


def test_9_a_link_that_counts_when_opened_is_used_up_by_scanners(
    archive: Archive, scanned: Town, figure: Figure
) -> None:
    """The control: what the scanners below do to a usual survey."""
    survey = archive.usual_survey("usual-scanned", [one.address for one in scanned.agents])
    app = _usual(survey)
    for agent in scanned.agents:
        app.test_client().get(f"/q/{agent.address}", headers=BOTS)

    with survey.database.read() as connection:
        used = connection.scalar(text("SELECT sum(used) FROM token"))
    figure("control", used / len(scanned.agents))
    assert used >= SUCCESS * len(scanned.agents)


@pytest.mark.parametrize("method", ["HEAD", "GET", "OPTIONS", "PROPFIND"])
@pytest.mark.parametrize("mark", MARKS)
def test_9_a_scanner_that_opens_links_changes_nothing(
    scanned: Town, figure: Figure, method: str, mark: str
) -> None:
    before = _everything(scanned)

    for agent in scanned.agents:
        client = scanned.app.test_client()
        for path in (f"{LANDING}{mark}{agent.code}", f"{LANDING}/commencer", "/q"):
            reached = path.partition("#")[0]
            assert client.open(reached, method=method, headers=BOTS).status_code < 500

    assert _everything(scanned) == before


@pytest.mark.long
@pytest.mark.parametrize("mark", MARKS)
def test_9_a_scanner_with_a_browser_changes_nothing_and_the_agent_succeeds(
    browser: Browser, scanned: Town, address: str, figure: Figure, mark: str
) -> None:
    agent = scanned.agents[MARKS.index(mark)]
    link = f"{address}{LANDING}{mark}{agent.code}"
    before = _everything(scanned)

    clicked = 0
    with _context(browser) as context:
        _idle(context, link)
        clicked += _click_everything(context, link, CONTROLS)
        clicked += _click_everything(context, link, CONTROLS, f"{address}{LANDING}/commencer")

    figure("controls clicked", clicked)
    assert clicked >= 2
    assert _everything(scanned) == before

    with _context(browser) as context:
        assert _answer(context, link).title().startswith("Vos réponses sont envoyées")
    assert _everything(scanned) != before  # what is compared does tell


@pytest.mark.long
@pytest.mark.parametrize("script", [True, False], ids=["with script", "without"])
def test_17_after_the_thanks_nothing_is_left_in_the_browser(
    browser: Browser, scanned: Town, address: str, script: bool
) -> None:
    agent = scanned.agents[5 + script]
    with _context(browser, java_script_enabled=script) as context:
        page = context.new_page()
        _begin(page, address, agent, script=script)
        if script:
            page.wait_for_function("localStorage.length > 0")  # there was something to forget
        page = _finish(page)

        assert context.cookies() == []
        state = context.storage_state()
        assert state["cookies"] == []
        assert [one for one in state["origins"] if one["localStorage"]] == []
        if script:
            page.wait_for_function("sessionStorage.length + localStorage.length === 0")
        assert agent.code not in page.url


@pytest.mark.long
@pytest.mark.parametrize("script", [True, False], ids=["with script", "without"])
def test_17_no_request_carries_a_cookie_or_says_where_it_comes_from(
    browser: Browser,
    scanned: Town,
    address: str,
    arrived: Arrived,
    figure: Figure,
    script: bool,
) -> None:
    careless: Arrived = []
    with _context(browser) as context, watched(_careless(), careless) as url:
        page = context.new_page()
        for _ in range(8):
            page.goto(url)
            page.click("button")
    posts = [headers for method, headers in careless if method == "POST"]
    leaking = [one for one in posts if "HTTP_COOKIE" in one and "HTTP_REFERER" in one]
    figure("control", len(leaking) / len(posts))
    assert len(leaking) >= SUCCESS * len(posts)

    agent = scanned.agents[7 + script]
    arrived.clear()
    with _context(browser, java_script_enabled=script) as context:
        page = context.new_page()
        _begin(page, address, agent, script=script)
        _finish(page)

    figure("requests", len(arrived))
    assert [method for method, _ in arrived].count("POST") >= 5
    carried = {name for _, headers in arrived for name in headers}
    assert "HTTP_USER_AGENT" in carried
    assert not carried & {"HTTP_COOKIE", "HTTP_REFERER", "HTTP_AUTHORIZATION"}
    assert not [1 for _, headers in arrived if agent.code in str(headers)]


@contextmanager
def watched(app: Flask, arrived: Arrived) -> Iterator[str]:
    """An application behind a real server, while the block lasts."""

    def noting(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        headers = {name: str(text) for name, text in environ.items() if name.startswith("HTTP_")}
        arrived.append((environ["REQUEST_METHOD"], headers))
        return app.wsgi_app(environ, start_response)

    with serving(noting) as url:
        yield url


def _context(browser: Browser, **options: bool) -> BrowserContext:
    """A device that never went anywhere."""
    return browser.new_context(viewport={"width": 360, "height": 780}, **options)


def _idle(context: BrowserContext, link: str) -> None:
    page = context.new_page()
    page.goto(link)
    page.wait_for_timeout(5 * PATIENCE)


def _click_everything(context: BrowserContext, link: str, controls: str, start: str = "") -> int:
    """Each link and each button, on a page loaded anew for each; then every form at once.

    The tabs close with their context: one closed while it navigates may hang the browser's driver.
    """

    def opened() -> Page:
        page = context.new_page()
        page.goto(link)
        if start:
            page.goto(start)
        return page

    clicked = 0
    for number in range(opened().locator(CONTROLS).count()):
        page = opened()
        one = page.locator(CONTROLS).nth(number)
        if one.is_visible():
            one.click()
            page.wait_for_timeout(PATIENCE)
            clicked += 1
    page = opened()
    page.evaluate(SUBMIT_ALL)
    page.wait_for_timeout(PATIENCE)
    return clicked


def _answer(context: BrowserContext, link: str) -> Page:
    page = context.new_page()
    page.goto(link)
    enter(page)
    _first_page(page)
    return _finish(page)


def _begin(page: Page, address: str, agent: Agent, *, script: bool) -> None:
    """As far as the second page."""
    if script:
        page.goto(f"{address}{LANDING}#{agent.code}")
        enter(page)
    else:
        page.goto(f"{address}/q")
        page.fill("#code", agent.code)
        page.press("#code", "Enter")
    _first_page(page)


def _first_page(page: Page) -> None:
    heading(page, "Votre situation")
    page.check("label[for=fonction-2]")
    go_on(page)
    heading(page, "Vos missions")


def _finish(page: Page) -> Page:
    for _ in range(9):
        if page.locator("#relecture").count():
            break
        with page.expect_navigation():
            page.click("button[value=suite]:visible")
    page.click("#relecture button:visible:has-text('Envoyer')")
    heading(page, "Vos réponses sont envoyées")
    return page


def _careless() -> Flask:
    """A page as most are: a session cookie, and the address of the page sent along."""
    app = Flask("careless")

    @app.get("/")
    def form() -> tuple[str, Mapping[str, str]]:
        page = '<form method="post" action="/"><button>Envoyer</button></form>'
        return page, {"Set-Cookie": "session=1", "Content-Type": "text/html"}

    app.add_url_rule("/", "sent", lambda: "merci", methods=["POST"])
    return app


def _usual(survey: UsualSurvey) -> Flask:
    """A survey whose link counts when it is opened."""
    app = Flask("usual")

    @app.get("/q/<address>")
    def opened(address: str) -> str:
        survey.answer(address, "", "")
        return "merci"

    return app


def _everything(town: Town) -> Sequence[object]:
    """Every row of the roll and of the urn."""
    found: list[object] = []
    for store, tables in (
        ("roll", ("invitation", "batch")),
        ("box", ("spent", "inbox", "ballot", "draft")),
    ):
        with town.database(store).read() as connection:
            for table in tables:
                rows = connection.execute(text(f"SELECT * FROM {table}")).all()
                found.append(sorted(map(str, rows)))
    return found
