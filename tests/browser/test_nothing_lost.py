"""Nothing typed is lost: closed tabs, networks away, « Back », two tabs, two clicks."""

from __future__ import annotations

import pytest
from browsing import enter, go_on, heading
from playwright.sync_api import Browser, BrowserContext, Page
from running import Running

pytestmark = pytest.mark.long

HERE = "/q/essai/agents"
KEPT = "#_garde:has-text('Enregistré sur cet appareil')"


def begin(tab: Page, link: str) -> None:
    tab.goto(link)
    enter(tab)
    tab.wait_for_selector("#_annonce", state="attached")


def reach_the_texts(tab: Page, link: str) -> None:
    """Up to the third page, « Relation à l’usager »."""
    begin(tab, link)
    tab.check("label[for=fonction-2]")
    go_on(tab)
    heading(tab, "Vos missions")
    tab.check("label[for=missions-1]")
    go_on(tab)
    heading(tab, "Relation")


def kept(tab: Page) -> None:
    """Leave the field, and wait until this browser has locked what it holds."""
    tab.keyboard.press("Tab")
    tab.wait_for_selector(KEPT)
    tab.wait_for_selector("#_garde[aria-busy=false]")


def resume(tab: Page, link: str) -> None:
    tab.goto("about:blank")
    tab.goto(link)
    tab.click("#reprendre")


def test_what_is_typed_is_kept_before_it_is_sent(tab: Page, link: str) -> None:
    begin(tab, link)
    tab.fill("#territoire", "finis")
    tab.check("label:has-text('Finistère')")
    tab.check("label[for=fonction-1]")
    tab.fill("#equipe", "12")
    kept(tab)

    begin(tab, link)  # not begun yet: the first page, as it was filled
    tab.wait_for_function("() => document.getElementById('equipe')?.value === '12'")
    assert tab.is_checked("#fonction-1")
    assert tab.input_value("select[name=territoire]") == "D29"
    assert tab.get_by_label("Finistère (29)").is_checked()
    go_on(tab)

    heading(tab, "Vos missions")
    tab.check("label[for=missions-1]")
    tab.check("label[for=missions-4]")
    tab.fill("#missions-other", "Pompier")
    tab.check("#note-4")
    kept(tab)
    resume(tab, link)
    heading(tab, "Vos missions")
    tab.wait_for_function("() => document.getElementById('missions-other').value === 'Pompier'")
    assert [n for n in range(1, 6) if tab.is_checked(f"#missions-{n}")] == [1, 4]
    assert tab.is_checked("#note-4")
    go_on(tab)

    heading(tab, "Relation")
    tab.check("label[for=avis-delais-1]")
    tab.fill("#delais_mieux", "Deux lignes,\net un « mot ».")
    kept(tab)
    resume(tab, link)
    tab.wait_for_function("() => document.getElementById('delais_mieux').value.includes('mot')")
    assert tab.is_checked("#avis-delais-1")
    go_on(tab)

    heading(tab, "Organisation")
    tab.get_by_role("button", name="Classer : Locaux").click()
    tab.get_by_role("button", name="Classer : Formation").click()
    kept(tab)
    resume(tab, link)
    tab.wait_for_selector("text=Monter : Formation")
    go_on(tab)
    heading(tab, "Relire")
    review = " ".join(tab.inner_text("#relecture").split())
    for words in ("12 personnes", "Autre : Pompier", "et un « mot ».", "2. Formation"):
        assert words in review


def test_what_was_typed_is_forgotten_with_the_rest_when_one_starts_again(
    tab: Page, link: str
) -> None:
    reach_the_texts(tab, link)
    tab.fill("#delais_mieux", "À oublier")
    kept(tab)
    tab.goto(link)

    tab.click("#recommencer")

    tab.wait_for_selector("#_page")
    assert not tab.is_checked("#fonction-2")
    assert tab.evaluate("Object.keys(localStorage).length") == 1


def test_without_network_the_page_stays_and_says_so(tab: Page, link: str) -> None:
    reach_the_texts(tab, link)
    tab.fill("#delais_mieux", "Dans le train")
    tab.context.set_offline(True)

    go_on(tab)

    assert "Rien n’est perdu" in tab.inner_text("#_panne")
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
    resume(tab, link)

    heading(tab, "Relation")
    tab.wait_for_function(
        "() => document.getElementById('delais_mieux').value === 'Dans un tunnel'"
    )


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
    tab.wait_for_function("() => document.getElementById('avis-delais-2').checked")
    tab.click("button[value=retour]")
    heading(tab, "Vos missions")
    assert tab.is_checked("#missions-1")


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
    assert tab.input_value("#delais_mieux") == "Du second onglet"
    tab.wait_for_timeout(200)

    other.click("text=Envoyer mes réponses >> visible=true")
    heading(other, "Relire")
    assert "Vos réponses ont changé entre-temps" in other.inner_text("main")
    assert "Courrier" in other.inner_text("main")
    assert "Fin" in other.inner_text("main")
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

    heading(tab, "Relire")
    assert "Vos réponses ont changé entre-temps" in tab.inner_text("main")
    shown = tab.inner_text("main")
    assert "Réponse téléphonique" in shown
    assert "Courrier" not in shown
    assert "Fin" in shown
    tab.click("text=Envoyer mes réponses >> visible=true")
    heading(tab, "Vos réponses sont envoyées")
    context.close()
