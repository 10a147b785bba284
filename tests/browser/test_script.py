"""The script in a real browser: the whole way, lost answers, and what it cannot do."""

from __future__ import annotations

import json
import re

import pytest
from browsing import enter, go_on, heading, kept
from playwright.sync_api import Browser, Page, Route, expect
from running import Running


def begin(tab: Page, link: str) -> None:
    tab.goto(link)
    enter(tab)
    answer_first_page(tab)


def answer_first_page(tab: Page) -> None:
    heading(tab, "Votre situation")
    tab.check("label[for=fonction-2]")
    go_on(tab)


def stored(tab: Page) -> list[str]:
    found: list[str] = tab.evaluate(
        "[...Object.keys(localStorage), ...Object.keys(sessionStorage)]"
    )
    return found


def test_the_link_leads_to_the_thanks_and_leaves_nothing(
    tab: Page, link: str, platform: Running
) -> None:
    begin(tab, link)
    heading(tab, "Vos missions")
    go_on(tab)
    heading(tab, "Organisation du travail")
    tab.press("#mot", "Enter")
    heading(tab, "Relire avant d’envoyer")
    tab.click("text=Envoyer mes réponses >> visible=true")
    heading(tab, "Vos réponses sont envoyées")

    tab.wait_for_function("() => sessionStorage.length === 0")
    assert stored(tab) == []
    assert tab.context.cookies() == []
    assert platform.urn.counts(platform.campaign).spent == 1

    tab.goto(link)
    enter(tab)
    heading(tab, "Ce lien a déjà servi")


@pytest.mark.parametrize("mark", ["#", "%23", "%2523"])
def test_the_code_leaves_the_address_at_once(
    tab: Page, link: str, platform: Running, mark: str
) -> None:
    tab.goto(link.replace("#", mark))

    expect(tab.locator("#code")).not_to_be_empty()
    assert tab.url == link.partition("#")[0]
    assert platform.roll.counts("essai").issued == 0


def test_a_closed_tab_is_resumed_where_it_was(tab: Page, link: str) -> None:
    begin(tab, link)
    heading(tab, "Vos missions")
    tab.check("label[for=missions-3]")
    go_on(tab)
    heading(tab, "Organisation du travail")
    tab.fill("#mot", "Fin")
    kept(tab)

    other = tab.context.new_page()
    other.goto(link)
    other.click("#reprendre")

    heading(other, "Organisation du travail")
    other.click("button[value=retour]")
    heading(other, "Vos missions")
    expect(other.locator("#missions-3")).to_be_checked()


def test_a_lost_signature_is_asked_again_for_the_same_message(
    tab: Page, link: str, platform: Running
) -> None:
    asked: list[str] = []

    def lose(route: Route) -> None:
        asked.append(json.loads(route.request.post_data or "")["blinded"])
        if len(asked) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    tab.route("**/signature", lose)
    begin(tab, link)
    heading(tab, "Vos missions")

    assert len(asked) == 2
    assert len(set(asked)) == 1
    assert platform.roll.counts("essai").issued == 1


def test_starting_again_keeps_the_credential(tab: Page, link: str, platform: Running) -> None:
    begin(tab, link)
    heading(tab, "Vos missions")
    tab.check("label[for=missions-3]")
    kept(tab)

    tab.goto(link)
    tab.click("#recommencer")
    answer_first_page(tab)

    heading(tab, "Vos missions")
    assert platform.roll.counts("essai").issued == 1


def test_a_shared_device_keeps_nothing_after_the_tab(tab: Page, link: str) -> None:
    tab.goto(link)
    tab.check("label[for=poste]")
    enter(tab)
    answer_first_page(tab)
    heading(tab, "Vos missions")
    tab.wait_for_function("() => Object.keys(sessionStorage).length === 3")

    assert tab.evaluate("localStorage.length") == 0


@pytest.mark.parametrize(
    "missing",
    [
        "Object.defineProperty(Crypto.prototype, 'subtle', {get() { return undefined; }})",
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error(); }})",
    ],
)
def test_what_the_script_cannot_do_the_server_does(tab: Page, link: str, missing: str) -> None:
    tab.add_init_script(missing)

    tab.goto(link)
    tab.click("#entree button")
    answer_first_page(tab)

    heading(tab, "Vos missions")
    expect(tab.locator("[name=script]")).to_have_value("0")


def test_without_script_the_code_is_enough(
    browser: Browser, address: str, platform: Running
) -> None:
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{address}/q")
    tab.fill("#code", platform.codes["agents"][0])
    tab.press("#code", "Enter")
    answer_first_page(tab)

    expect(tab).to_have_title(re.compile("^Vos missions"))
    context.close()
