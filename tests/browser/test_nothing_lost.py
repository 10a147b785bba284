"""Nothing typed is lost: closed tabs, networks away, « Back », two tabs, two clicks."""

from __future__ import annotations

import pytest
from browsing import enter, go_on, heading, kept
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from running import Running

pytestmark = pytest.mark.long

HERE = "/q/essai/agents"


def begin(tab: Page, link: str) -> None:
    tab.goto(link)
    enter(tab)
    tab.wait_for_selector("#_annonce", state="attached")


def reach_the_missions(tab: Page, link: str) -> None:
    """Up to the second page."""
    begin(tab, link)
    tab.check("label[for=fonction-2]")
    go_on(tab)
    heading(tab, "Vos missions")


def reach_the_texts(tab: Page, link: str) -> None:
    """Up to the third page, « Relation à l’usager »."""
    reach_the_missions(tab, link)
    tab.check("label[for=missions-1]")
    go_on(tab)
    heading(tab, "Relation")


def resume(tab: Page, link: str, words: str) -> None:
    """Open the link again, and go on with the page of this title."""
    tab.goto("about:blank")
    tab.goto(link)
    tab.click("#reprendre")
    heading(tab, words)


def test_what_is_typed_is_kept_before_it_is_sent(tab: Page, link: str) -> None:
    begin(tab, link)
    tab.fill("#territoire", "finis")
    tab.check("label:has-text('Finistère')")
    tab.check("label[for=fonction-1]")
    tab.fill("#equipe", "12")
    kept(tab)

    begin(tab, link)  # not begun yet: the first page, as it was filled
    expect(tab.locator("#equipe")).to_have_value("12")
    expect(tab.locator("#fonction-1")).to_be_checked()
    expect(tab.locator("select[name=territoire]")).to_have_value("D29")
    expect(tab.get_by_label("Finistère (29)")).to_be_checked()
    go_on(tab)

    heading(tab, "Vos missions")
    tab.check("label[for=missions-1]")
    tab.check("label[for=missions-4]")
    tab.fill("#missions-other", "Pompier")
    tab.check("#note-4")
    kept(tab)
    resume(tab, link, "Vos missions")
    expect(tab.locator("#missions-other")).to_have_value("Pompier")
    for number in range(1, 6):
        expect(tab.locator(f"#missions-{number}")).to_be_checked(checked=number in (1, 4))
    expect(tab.locator("#note-4")).to_be_checked()
    go_on(tab)

    heading(tab, "Relation")
    tab.check("label[for=avis-delais-1]")
    tab.fill("#delais_mieux", "Deux lignes,\net un « mot ».")
    kept(tab)
    resume(tab, link, "Relation")
    expect(tab.locator("#delais_mieux")).to_have_value("Deux lignes,\net un « mot ».")
    expect(tab.locator("#avis-delais-1")).to_be_checked()
    go_on(tab)

    heading(tab, "Organisation")
    tab.get_by_role("button", name="Classer : Locaux").click()
    tab.get_by_role("button", name="Classer : Formation").click()
    kept(tab)
    resume(tab, link, "Organisation")
    tab.wait_for_selector("text=Monter : Formation")
    go_on(tab)
    heading(tab, "Relire")
    review = " ".join(tab.inner_text("#relecture").split())
    for words in ("12 personnes", "Autre : Pompier", "et un « mot ».", "2. Formation"):
        assert words in review


def test_what_is_answered_before_the_script_comes_is_not_undone(tab: Page, link: str) -> None:
    reach_the_missions(tab, link)
    tab.check("label[for=missions-1]")
    tab.check("#note-4")
    kept(tab)
    late: list[Route] = []
    tab.route("**/draft.js", lambda route: late.append(route))

    resume(tab, link, "Vos missions")
    tab.check("#note-5")
    while not late:
        tab.wait_for_timeout(10)
    late[0].continue_()

    expect(tab.locator("#missions-1")).to_be_checked()  # kept
    kept(tab)
    expect(tab.locator("#note-5")).to_be_checked()  # newer
    tab.unroute("**/draft.js")
    resume(tab, link, "Vos missions")
    expect(tab.locator("#missions-1")).to_be_checked()
    expect(tab.locator("#note-5")).to_be_checked()


def test_what_was_typed_is_forgotten_with_the_rest_when_one_starts_again(
    tab: Page, link: str
) -> None:
    reach_the_texts(tab, link)
    tab.fill("#delais_mieux", "À oublier")
    kept(tab)
    tab.goto(link)

    tab.click("#recommencer")

    tab.wait_for_selector("#_page")
    expect(tab.locator("#fonction-2")).not_to_be_checked()
    assert tab.evaluate("Object.keys(localStorage).length") == 1


def test_without_network_the_page_stays_and_says_so(tab: Page, link: str) -> None:
    reach_the_texts(tab, link)
    tab.fill("#delais_mieux", "Dans le train")
    tab.context.set_offline(True)

    go_on(tab)

    expect(tab.locator("#_panne:visible")).to_contain_text("Rien n’est perdu")
    assert tab.input_value("#delais_mieux") == "Dans le train"
    tab.context.set_offline(False)
    tab.wait_for_selector("#_panne", state="hidden")
    go_on(tab)
    heading(tab, "Organisation")


def test_a_network_lost_while_sending_loses_nothing(tab: Page, link: str) -> None:
    reach_the_texts(tab, link)
    tab.fill("#delais_mieux", "Dans un tunnel")
    kept(tab)
    tab.route("**/pages/*", lambda route: route.abort())

    go_on(tab)
    tab.wait_for_url("chrome-error://**")
    tab.unroute("**/pages/*")

    resume(tab, link, "Relation")
    expect(tab.locator("#delais_mieux")).to_have_value("Dans un tunnel")


@pytest.mark.parametrize("way", ["back", "reload"])
def test_back_forward_and_reload_lead_to_where_one_resumes(tab: Page, link: str, way: str) -> None:
    reach_the_texts(tab, link)
    tab.check("label[for=avis-delais-2]")
    kept(tab)

    if way == "back":
        tab.go_back()
        heading(tab, "Essai de consultation")
        tab.go_forward()
    else:
        tab.reload()

    heading(tab, "Essai de consultation")
    tab.click("#reprendre")
    heading(tab, "Relation")
    expect(tab.locator("#avis-delais-2")).to_be_checked()
    tab.click("button[value=retour]")
    heading(tab, "Vos missions")
    expect(tab.locator("#missions-1")).to_be_checked()


def second_tab(context: BrowserContext, link: str, words: str) -> Page:
    other = context.new_page()
    other.goto(link)
    other.click("#reprendre")
    heading(other, words)
    return other


def test_two_tabs_add_to_the_same_answers(tab: Page, link: str) -> None:
    reach_the_texts(tab, link)
    other = second_tab(tab.context, link, "Relation")
    other.fill("#delais_mieux", "Du second onglet")
    go_on(other)
    heading(other, "Organisation")
    other.fill("#mot", "Fin")
    go_on(other)
    heading(other, "Relire")

    tab.click("button[value=retour]")
    heading(tab, "Vos missions")
    tab.check("label[for=missions-3]")
    go_on(tab)
    heading(tab, "Relation")
    expect(tab.locator("#delais_mieux")).to_have_value("Du second onglet")
    other.wait_for_selector("#_attente:has-text('autre onglet')")

    other.click("text=Envoyer mes réponses >> visible=true")
    for words in ("Vos réponses ont changé entre-temps", "Courrier", "Fin"):
        expect(other.locator("main")).to_contain_text(words)
    other.click("text=Envoyer mes réponses >> visible=true")
    heading(other, "Vos réponses sont envoyées")
    tab.fill("#delais_mieux", "Trop tard")
    tab.wait_for_timeout(1200)
    assert tab.evaluate("Object.keys(localStorage).length") == 0


def test_two_clicks_send_once(tab: Page, link: str, platform: Running) -> None:
    reach_the_texts(tab, link)
    go_on(tab)
    heading(tab, "Organisation")
    go_on(tab)
    heading(tab, "Relire")
    sent: list[str] = []
    tab.on("request", lambda one: sent.append(one.url) if one.method == "POST" else None)

    tab.dblclick("text=Envoyer mes réponses >> visible=true")

    heading(tab, "Vos réponses sont envoyées")
    assert len(sent) == 1
    assert "déjà" not in tab.inner_text("main")
    assert platform.urn.counts(platform.campaign).spent == 1


def test_without_script_a_page_found_with_back_adds_to_what_came_after(
    browser: Browser, address: str, platform: Running
) -> None:
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{address}/q")
    tab.fill("#code", platform.codes["agents"][0])
    tab.press("#code", "Enter")
    tab.check("label[for=fonction-2]")
    go_on(tab)
    stale = context.new_page()
    stale.goto(f"{address}/q")
    stale.fill("#code", platform.codes["agents"][0])
    stale.press("#code", "Enter")
    tab.check("label[for=missions-3]")
    go_on(tab)
    tab.fill("#mot", "Fin")
    go_on(tab)
    heading(tab, "Relire")

    stale.check("label[for=missions-2]")
    go_on(stale)
    heading(stale, "Relation")
    tab.click("text=Envoyer mes réponses >> visible=true")

    expect(tab.locator("main")).to_contain_text("Vos réponses ont changé entre-temps")
    shown = tab.inner_text("main")
    assert "Réponse téléphonique" in shown
    assert "Courrier" not in shown
    assert "Fin" in shown
    tab.click("text=Envoyer mes réponses >> visible=true")
    heading(tab, "Vos réponses sont envoyées")
    context.close()
