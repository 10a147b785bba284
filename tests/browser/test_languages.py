"""Another language chosen in a browser that runs the script: the code stays, the choice too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import running
import small
from browsing import enter, heading, kept
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
    heading(tab, "A trial")
    enter(tab)
    heading(tab, "Your situation")
    tab.check("label[for=fonction-2]")
    tab.click("button[value=suite]:visible")
    heading(tab, "Your tasks")

    tab.check("label[for=missions-3]")
    kept(tab)
    other = tab.context.new_page()
    other.goto(link)
    other.click("#reprendre")

    heading(other, "Your tasks")
