"""Answers sent more than once: the first count, and each tab is told what became of its own."""

from __future__ import annotations

import json

import pytest
import small
from browsing import enter, go_on, heading, kept
from playwright.sync_api import Page, Route, expect
from running import Running

from consultation.ballots.boxes import from_urn

pytestmark = pytest.mark.long

SEND = "text=Envoyer mes réponses >> visible=true"
ADDED = "n’ont pas été ajoutées"


def reach_the_missions(tab: Page, link: str) -> None:
    tab.goto(link)
    enter(tab)
    heading(tab, "Votre situation")
    tab.check("label[for=fonction-2]")
    go_on(tab)
    heading(tab, "Vos missions")


def reach_the_review(tab: Page, link: str, word: str = "Fin") -> None:
    reach_the_missions(tab, link)
    go_on(tab)
    heading(tab, "Organisation")
    tab.fill("#mot", word)
    go_on(tab)
    heading(tab, "Relire")


def resume(tab: Page, link: str, words: str) -> Page:
    other = tab.context.new_page()
    other.goto(link)
    other.click("#reprendre")
    heading(other, words)
    return other


def lose_the_answer(tab: Page) -> None:
    """The urn records, and its answer never comes."""

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    tab.route("**/envoyer", lose, times=1)
    tab.click(SEND)
    tab.wait_for_url("chrome-error://**")


def words_kept(platform: Running) -> list[str]:
    """What the urn holds under « mot »."""
    platform.release.run(platform.campaign, everything=True)
    boxes = platform.urn.ballots(platform.campaign)
    urn, key = platform.campaign.urn, small.export_key()
    documents = (json.loads(from_urn(urn, key, box)) for box in boxes)
    return [document["answers"].get("mot", "") for document in documents]


def test_a_tab_left_on_an_earlier_page_is_told_that_its_answers_are_not_added(
    tab: Page, link: str, platform: Running
) -> None:
    reach_the_missions(tab, link)
    other = resume(tab, link, "Vos missions")
    go_on(other)
    heading(other, "Organisation")
    other.fill("#mot", "Première")
    go_on(other)
    heading(other, "Relire")
    other.click(SEND)
    heading(other, "Vos réponses sont envoyées")

    expect(tab.locator("#_attente")).to_contain_text("ne sera pas ajouté")
    tab.check("label[for=missions-3]")
    go_on(tab)

    heading(tab, "Ce lien a déjà servi")
    expect(tab.locator("main")).to_contain_text(ADDED)
    tab.wait_for_function("() => localStorage.length === 0 && sessionStorage.length === 0")
    assert words_kept(platform) == ["Première"]


def test_a_tab_that_was_about_to_send_is_told_so_too(
    tab: Page, link: str, platform: Running
) -> None:
    reach_the_review(tab, link)
    other = resume(tab, link, "Relire")
    tab.click(SEND)
    heading(tab, "Vos réponses sont envoyées")

    other.click(SEND)

    heading(other, "Des réponses étaient déjà envoyées")
    expect(other.locator("main")).to_contain_text(ADDED)
    expect(other.locator("#_memes")).to_be_hidden()
    other.wait_for_function("() => localStorage.length === 0")


def test_the_same_answers_sent_again_after_a_lost_answer_are_thanked(
    tab: Page, link: str, platform: Running
) -> None:
    reach_the_review(tab, link)
    lose_the_answer(tab)

    tab.reload()  # what was sent goes again

    heading(tab, "Des réponses étaient déjà envoyées")
    expect(tab.locator("#_memes")).to_contain_text("elles étaient bien arrivées")
    expect(tab.locator("#_memes")).to_contain_text("Merci")
    expect(tab.locator("main")).not_to_contain_text(ADDED, use_inner_text=True)
    tab.wait_for_function("() => localStorage.length === 0")
    assert words_kept(platform) == ["Fin"]


def test_other_answers_sent_after_a_lost_answer_are_not_added(
    tab: Page, link: str, platform: Running
) -> None:
    reach_the_review(tab, link, "Avant")
    lose_the_answer(tab)

    again = resume(tab, link, "Ce lien a déjà servi")

    expect(again.locator("main")).to_contain_text(ADDED)
    assert words_kept(platform) == ["Avant"]


def test_tabs_that_share_nothing_are_told_both_ways(
    tab: Page, link: str, platform: Running
) -> None:
    tab.goto(link)
    tab.check("label[for=poste]")
    enter(tab)
    heading(tab, "Votre situation")
    tab.check("label[for=fonction-2]")
    go_on(tab)
    heading(tab, "Vos missions")
    tab.check("label[for=missions-3]")
    kept(tab, "Gardé dans cet onglet")
    with tab.expect_popup() as popup:
        tab.evaluate("window.open(location.origin + '/aide')")  # with a copy of what this tab keeps
    other = popup.value
    other.goto(link)
    other.click("#reprendre")
    for one, word in ((tab, "Une"), (other, "Deux")):
        heading(one, "Vos missions")
        go_on(one)
        heading(one, "Organisation")
        one.fill("#mot", word)
        go_on(one)
        heading(one, "Relire")
        one.click(SEND)

    heading(tab, "Vos réponses sont envoyées")
    heading(other, "Des réponses étaient déjà envoyées")
    expect(other.locator("#_premieres")).to_contain_text(ADDED)
    assert words_kept(platform) == ["Une"]
