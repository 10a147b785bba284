"""Whatever answers in the place of the desk, an agent whose script works never loses that way."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browsing import go_on, heading, serving
from playwright.sync_api import Browser, Page, Request, Route, expect
from running import Running

PROXY = "<!doctype html><title>Proxy</title><h1>Identifiez-vous</h1>"
AWAY = "Rien n’est perdu"
KNOWN = "[data-n]"  # of the first page, as the script wants it


def page_of(status: int, body: str = PROXY, kind: str = "text/html") -> Callable[[Route], None]:
    return lambda route: route.fulfill(status=status, body=body, content_type=kind)


ANSWERS: dict[str, Callable[[Route], None]] = {
    "a portal": page_of(200),
    "another document": page_of(200, '{"ok": true}', "application/json"),
    "nothing at all": page_of(200, "null", "application/json"),
    "a filter": page_of(403),
    "a filter, in JSON": page_of(403, '{"error": "blocked"}', "application/json"),
    "a login": page_of(401),
    "a lost address": page_of(404),
    "a proxy": page_of(407),
    "a limit": page_of(429),
    "a server at fault": page_of(500),
    "a gateway": page_of(502),
    "a maintenance": page_of(503),
    "a gateway that waited": page_of(504),
    "no network": lambda route: route.abort("internetdisconnected"),
    "a refused connection": lambda route: route.abort("connectionrefused"),
    "an answer that never comes": lambda route: None,
}
DESK = ("**/guichet/ou", "**/guichet/*/*/etat")
SOME = ("a portal", "another document", "a filter", "a gateway", "no network")
FIRST = (DESK[0], "a portal")  # enough for most runs


@pytest.fixture
def posted(tab: Page) -> list[str]:
    """Where forms were sent."""
    sent: list[str] = []

    def note(request: Request) -> None:
        if request.is_navigation_request() and request.method == "POST":
            sent.append(request.url)

    tab.on("request", note)
    return sent


def let_time_pass(tab: Page, words: str) -> None:
    """Until the alert says so: tries and patience take a minute or two."""
    for _ in range(40):
        tab.clock.run_for(5000)
        if tab.locator(f"#_panne:visible:has-text('{words}')").count():
            return
    raise AssertionError(tab.inner_text("main"))


@pytest.mark.parametrize(
    ("place", "answer"),
    [
        pytest.param(place, answer, marks=() if (place, answer) == FIRST else pytest.mark.long)
        for place in DESK
        for answer in (ANSWERS if place == DESK[0] else SOME)
    ],
)
def test_at_the_door_the_page_and_the_code_stay(
    tab: Page, link: str, posted: list[str], place: str, answer: str
) -> None:
    tab.clock.install()
    tab.route(place, ANSWERS[answer])
    tab.goto(link)
    tab.wait_for_selector("#partage", state="visible")
    code = tab.input_value("#code")

    tab.click("#entree button")
    let_time_pass(tab, AWAY)

    assert tab.input_value("#code") == code
    assert tab.url == link.partition("#")[0]
    assert posted == []
    tab.unroute(place)
    tab.click("#entree button")
    heading(tab, "Votre situation")
    assert tab.locator(KNOWN).count() == 1


@pytest.mark.long
@pytest.mark.parametrize("answer", SOME)
@pytest.mark.parametrize("place", ["**/guichet/*/*/signature", "**/pages/situation"])
def test_on_the_first_page_what_was_answered_stays(
    tab: Page, link: str, posted: list[str], platform: Running, place: str, answer: str
) -> None:
    tab.clock.install()
    tab.goto(link)
    tab.wait_for_selector("#partage", state="visible")
    tab.click("#entree button")
    heading(tab, "Votre situation")
    tab.check("label[for=fonction-2]")
    tab.route(place, ANSWERS[answer])

    go_on(tab)
    let_time_pass(tab, AWAY)

    assert tab.locator(KNOWN).count() == 1
    expect(tab.locator("#fonction-2")).to_be_checked()
    assert posted == []
    tab.unroute(place)
    tab.clock.run_for(5000)
    go_on(tab)
    heading(tab, "Vos missions")
    assert platform.roll.counts("essai").issued == 1


@pytest.mark.long
def test_a_desk_that_browsers_may_not_ask_leads_nobody_to_the_weaker_way(
    browser: Browser, platform: Running, link: str
) -> None:
    context = browser.new_context(bypass_csp=True)  # its other server is not in our headers
    tab = context.new_page()
    tab.clock.install()
    with serving(platform.app) as other:
        tab.goto(link)
        tab.wait_for_selector("#partage", state="visible")
        tab.evaluate(f"document.getElementById('entree').action = '{other}/entree'")

        tab.click("#entree button")
        let_time_pass(tab, AWAY)

    assert tab.url == link.partition("#")[0]
    assert tab.input_value("#code")
    context.close()


@pytest.mark.long
def test_a_script_that_comes_in_part_leads_nobody_to_the_weaker_way(
    browser: Browser, link: str
) -> None:
    tab = browser.new_page()
    posted: list[str] = []
    tab.on("request", lambda one: posted.append(one.url) if one.method == "POST" else None)
    tab.route("**/landing.js", lambda route: route.abort())
    tab.goto(link)
    tab.fill("#code", "0" * 26)

    tab.click("#entree button")

    expect(tab.locator("#_panne")).to_contain_text("Rechargez la page")
    assert posted == []
    tab.close()


@pytest.mark.long
@pytest.mark.parametrize("answer", SOME)
def test_no_recovery_code_is_given_for_what_nobody_keeps(tab: Page, link: str, answer: str) -> None:
    tab.clock.install()
    tab.goto(link)
    tab.wait_for_selector("#partage", state="visible")
    tab.click("#entree button")
    heading(tab, "Votre situation")
    tab.check("label[for=fonction-2]")
    go_on(tab)
    heading(tab, "Vos missions")
    tab.click("text=Continuer sur un autre appareil")
    heading(tab, "Continuer sur un autre appareil")
    tab.route("**/ailleurs", ANSWERS[answer])

    tab.click("#_creer")
    let_time_pass(tab, AWAY)

    expect(tab.locator("#_ailleurs")).to_be_hidden()
