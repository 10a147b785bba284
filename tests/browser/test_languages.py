"""Another language chosen in a browser that runs the script: the code stays, the choice too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import running
import small
from browsing import enter
from conftest import Clock
from playwright.sync_api import Page
from running import Running

from consultation.database import Database
from consultation.roll.keys import RollKeys


@pytest.fixture
def platform(
    store: Callable[[str], Database], roll_keys: RollKeys, clock: Clock, keys_directory: Path
) -> Running:
    return running.run(store, roll_keys, clock, keys_directory, definition=small.bilingual())


def test_the_code_and_the_choice_survive(tab: Page, link: str) -> None:
    tab.goto(link)
    tab.click("text=English")
    tab.wait_for_selector("h1:has-text('A trial')")
    enter(tab)
    tab.wait_for_selector("h1:has-text('Your situation')")
    tab.check("label[for=fonction-2]")
    tab.click("button[value=suite]:visible")
    tab.wait_for_selector("h1:has-text('Your tasks')")

    tab.wait_for_function("Object.keys(localStorage).length === 1")
    tab.wait_for_timeout(100)
    other = tab.context.new_page()
    other.goto(link)
    other.click("#reprendre")

    other.wait_for_selector("h1:has-text('Your tasks')")
