"""A questionnaire in two languages: chosen once, kept to the end, without a cookie."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import running
import small
from conftest import Clock
from running import Running
from visitor import Visitor

from consultation.database import Database
from consultation.roll.keys import RollKeys


@pytest.fixture(scope="module")
def roll_keys(tmp_path_factory: pytest.TempPathFactory) -> RollKeys:
    return running.roll_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def platform(
    store: Callable[[str], Database], roll_keys: RollKeys, clock: Clock, keys_directory: Path
) -> Running:
    return running.run(store, roll_keys, clock, keys_directory, definition=small.bilingual())


@pytest.fixture
def visitor(platform: Running) -> Visitor:
    return Visitor(platform.app)


@pytest.fixture
def code(platform: Running) -> str:
    return platform.codes["agents"][0]


def landing(visitor: Visitor, language: str = "") -> Visitor:
    return visitor.open(f"/q/essai/agents{'?lang=' if language else ''}{language}")


def begin(visitor: Visitor, code: str, language: str = "") -> Visitor:
    landing(visitor, language).fill({"code": code}).press("Commencer")
    return visitor.fill({"fonction": "agent"}).press("suite")


def test_the_landing_offers_the_other_language(visitor: Visitor) -> None:
    assert landing(visitor).page.heading == "Essai de consultation"
    assert 'href="?lang=en" hreflang="en" lang="en">English</a>' in visitor.body

    assert landing(visitor, "en").page.heading == "A trial"
    assert 'hreflang="fr" lang="fr">Français</a>' in visitor.body
    assert "Set-Cookie" not in visitor.headers


def test_the_language_chosen_is_kept_from_page_to_page(
    visitor: Visitor, code: str, platform: Running
) -> None:
    landing(visitor, "en").fill({"code": code}).press("Commencer")
    assert "What is your position?" in visitor.body
    assert '<h1 class="fr-stepper__title" lang="en">Your situation' in visitor.body

    visitor.fill({"fonction": "agent"}).press("suite")
    assert visitor.page.heading.startswith("Your tasks")
    visitor.press("suite")
    assert visitor.page.heading.startswith("How you work")
    visitor.press("suite")
    assert "Your tasks" in visitor.body
    visitor.press("Envoyer mes réponses")
    assert "Thank you. Your answer is recorded." in visitor.body
    assert platform.urn.counts(platform.campaign).spent == 1


def test_one_may_change_language_on_the_way_without_losing_anything(
    visitor: Visitor, code: str
) -> None:
    begin(visitor, code).fill({"missions": ["guichet"]}).press("English")
    assert "Front desk" in visitor.body
    assert re.search(r'value="guichet" name="missions" checked', visitor.body)

    visitor.press("suite").press("suite").fill({"tt": "trois"}).press("Français")
    assert visitor.page.heading.startswith("Organisation du travail")
    assert 'value="trois"' in visitor.body


def test_the_review_changes_language_too(visitor: Visitor, code: str) -> None:
    begin(visitor, code).press("suite").press("suite").press("English")

    assert visitor.page.heading == "Relire avant d’envoyer"
    assert "Your situation" in visitor.body


def test_what_the_author_wrote_is_said_in_the_language_chosen(visitor: Visitor, code: str) -> None:
    begin(visitor, code, "en").press("retour").fill({"fonction": "direction"}).press("suite")
    visitor.press("suite", 422)

    assert "Write a number, zero if there are none." in visitor.body

    visitor.fill({"equipe": "3"}).press("suite")
    visitor.fill({"missions": ["guichet", "aucune"]}).press("suite", 422)
    assert "None of these" in visitor.body


def test_one_who_comes_back_finds_the_language_again(visitor: Visitor, code: str) -> None:
    begin(visitor, code, "en").press("plus-tard")

    visitor.open("/q").fill({"code": code}).press("Commencer")

    assert visitor.page.heading.startswith("Your tasks")


@pytest.mark.parametrize("language", ["de", "fr", "", "../..", "<b>"])
def test_a_language_it_is_not_written_in_is_its_own(visitor: Visitor, language: str) -> None:
    assert landing(visitor, language).page.heading == "Essai de consultation"


def test_what_is_not_translated_is_in_the_first_language(visitor: Visitor, code: str) -> None:
    landing(visitor, "en").fill({"code": code}).press("Commencer")

    assert "Dans quel territoire travaillez-vous" in visitor.body
