"""Another language chosen in a browser that runs the script: the code stays, the choice too."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import running
import small
from browsing import enter, heading, kept, violations
from conftest import Clock
from playwright.sync_api import Page, expect
from running import Running

from consultation.database import Database
from consultation.roll.keys import RollKeys

pytestmark = pytest.mark.long


@pytest.fixture
def platform(
    store: Callable[[str], Database], roll_keys: RollKeys, clock: Clock, keys_directory: Path
) -> Running:
    return running.run(store, roll_keys, clock, keys_directory, definition=small.bilingual())


def test_the_code_and_the_choice_survive(tab: Page, link: str) -> None:
    tab.goto(link)
    tab.click("text=English")
    heading(tab, "A trial")
    enter(tab)
    heading(tab, "Your situation")
    tab.check("label[for=fonction-2]")
    tab.click("button[value=suite]:visible")
    heading(tab, "Your tasks")

    tab.check("label[for=missions-3]")
    kept(tab, "Saved on this device")
    other = tab.context.new_page()
    other.goto(link)
    other.click("#reprendre")

    heading(other, "Your tasks")


def test_the_script_speaks_the_language_of_the_page(tab: Page, link: str) -> None:
    tab.goto(link.replace("agents#", "agents?lang=en#"))
    enter(tab)
    expect(tab.locator("h1")).to_contain_text("Your situation")
    search = tab.locator("#territoire")
    expect(search).to_have_accessible_description("Type a few letters or a number, then choose.")
    search.fill("a")
    expect(tab.get_by_role("status").filter(has_text="1 answer.")).to_be_visible()
    tab.check("label[for=fonction-1]")
    expect(tab.locator("#_annonce")).to_contain_text("Your answer adds a question: ")
    expect(tab.locator("#_garde")).to_have_text("Saved on this device.")
    tab.fill("#equipe", "12")
    tab.click("button[value=suite]:visible")
    expect(tab.locator("h1")).to_contain_text("Your tasks")
    tab.check("label[for=missions-1]")
    tab.check("label[for=missions-5]")
    unticked = "What did not go with this answer has been unticked."
    expect(tab.locator("#_annonce")).to_have_text(unticked)
    tab.check("label[for=missions-1]")
    tab.click("button[value=suite]:visible")
    expect(tab.locator("h1")).to_contain_text("Relation à l’usager")
    tab.fill("#delais_mieux", "x" * 1000)
    left = tab.locator(".fr-hint-text[aria-hidden]")
    expect(left).to_have_text("1,000 characters left")
    tab.click("button[value=suite]:visible")
    ranking = tab.locator("#priorites")
    ranking.get_by_role("button", name=re.compile("^Rank ?: Formation")).click()
    expect(ranking.get_by_role("status")).to_have_text("Formation: place 1")
    expect(ranking.get_by_role("list", name="Your ranking")).to_be_visible()
    ranking.get_by_role("button", name=re.compile("^Remove ?: Formation")).click()
    expect(ranking.get_by_role("status")).to_have_text("Formation: removed from the ranking")
    assert not violations(tab)


def test_a_refusal_is_said_in_the_language_of_the_page(tab: Page, address: str) -> None:
    tab.goto(f"{address}/q/essai/agents?lang=en")
    tab.wait_for_selector("#partage")
    tab.fill("#code", "0123-4567-89AB-CDEF-0123-4567-89AB-CDEF")  # as long as a recovery code

    tab.click("#entree button")

    expect(tab.locator("#_panne")).to_contain_text("This recovery code is not recognised.")
