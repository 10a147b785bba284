"""A questionnaire in two languages: chosen once, kept to the end, without a cookie."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
import running
import small
from conftest import Clock
from running import Running
from visitor import Visitor

from consultation.database import Database
from consultation.english import WORDS
from consultation.roll.keys import RollKeys


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


BEGIN = {"": "Commencer", "en": "Begin"}
LATER = "Save and finish later"


def own_words(visitor: Visitor) -> set[str]:
    """What the page says in French that it could say in English."""
    # Words of a letter or two, or also English, prove nothing.
    told = {french for french, said in WORDS.items() if len(french) > 7 and "%" not in french}
    text = unescape(re.sub(r"<[^>]+>", "\n", visitor.body))
    lines = {line.strip() for line in text.splitlines()}
    return told & lines


def landing(visitor: Visitor, language: str = "") -> Visitor:
    return visitor.open(f"/q/essai/agents{'?lang=' if language else ''}{language}")


def begin(visitor: Visitor, code: str, language: str = "") -> Visitor:
    landing(visitor, language).fill({"code": code}).press(BEGIN[language])
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
    landing(visitor, "en").fill({"code": code}).press("Begin")
    assert "What is your position?" in visitor.body
    assert '<h1 class="fr-stepper__title">Your situation' in visitor.body

    visitor.fill({"fonction": "agent"}).press("suite")
    assert visitor.page.heading.startswith("Your tasks")
    visitor.press("suite")
    assert visitor.page.heading.startswith("How you work")
    visitor.press("suite")
    assert "Your tasks" in visitor.body
    visitor.press("Send my answers")
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

    assert visitor.page.heading == "Review before sending"
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
    landing(visitor, "en").fill({"code": code}).press("Begin")

    assert "Dans quel territoire travaillez-vous" in visitor.body


def test_the_platform_speaks_the_language_chosen_from_end_to_end(
    visitor: Visitor, code: str
) -> None:
    def speaks_english() -> None:
        assert '<html lang="en">' in visitor.body
        assert not own_words(visitor)
        assert '/words-en.js" defer' in visitor.body

    landing(visitor, "en")
    speaks_english()
    assert "Friday 28 June 2024 at 18:00 (Paris time)" in visitor.body
    visitor.fill({"code": code}).press("Begin")
    assert "Step 1 of 3" in visitor.body
    visitor.press("suite", 422)
    assert "One answer needs correcting" in visitor.body
    assert visitor.page.title.startswith("Error: Your situation – Step 1 of 3")
    speaks_english()
    visitor.fill({"fonction": "direction"}).press("suite")
    assert "Your answer adds a question." in visitor.body
    visitor.fill({"equipe": "6,5"}).press("suite", 422)
    assert "Write a whole number, without decimals." in visitor.body
    visitor.fill({"equipe": "6000"}).press("suite", 422)
    assert "Give a number between 0 and 5,000." in visitor.body
    visitor.fill({"equipe": "1200"}).press("suite")
    visitor.fill({"missions": ["guichet", "telephone", "courrier", "autre"]}).press("suite", 422)
    assert "Choose three answers at most: you have chosen 4." in visitor.body
    speaks_english()
    visitor.fill({"missions": ["autre"], "missions.other": "Filing"}).press(LATER)
    assert visitor.page.heading == "Your answers are kept"
    speaks_english()
    visitor.press("Resume now").press("suite").fill({"tt": "2.5"}).press("suite")
    assert visitor.page.heading == "Review before sending"
    assert "1,200 personnes" in visitor.body
    assert "2.5 jours" in visitor.body
    assert "Autre: Filing" in visitor.body
    speaks_english()
    visitor.press("Send my answers")
    assert visitor.page.heading == "Your answers are sent"
    speaks_english()


def test_in_french_not_a_word_is_in_english(visitor: Visitor, code: str) -> None:
    begin(visitor, code)

    assert '<html lang="fr">' in visitor.body
    assert "words-en.js" not in visitor.body
    assert "Save and continue" not in visitor.body
    assert own_words(visitor)


def test_a_language_without_words_of_ours_is_marked_among_the_french_ones(
    store: Callable[[str], Database], roll_keys: RollKeys, clock: Clock, keys_directory: Path
) -> None:
    breton = small.bilingual().replace(" en: ", " br: ")
    platform = running.run(store, roll_keys, clock, keys_directory, definition=breton)
    visitor = Visitor(platform.app).open("/q/essai/agents?lang=br")

    visitor.fill({"code": platform.codes["agents"][0]}).press("Commencer")

    assert '<html lang="fr">' in visitor.body
    assert '<h1 class="fr-stepper__title" lang="br">Your situation <span' in visitor.body
    assert 'class="fr-stepper__state" lang="fr">Étape 1 sur 3' in visitor.body
    assert 'Étape suivante\u00a0:</span> <span lang="br">Your tasks</span>' in visitor.body
    visitor.fill({"fonction": "agent"}).press("suite").press("suite").press("suite")
    assert '<dd class="c-review__none" lang="fr">Sans réponse</dd>' in visitor.body
    visitor.press("Envoyer mes réponses")
    assert '<div lang="br"><p>Thank you.' in visitor.body


def test_a_refusal_is_said_in_the_language_of_the_form(visitor: Visitor, code: str) -> None:
    landing(visitor, "en").fill({"code": "ABCD-EFGH"}).press("Begin", 404)

    assert "This code is not recognised. Copy the whole link" in visitor.body
    assert 'value="ABCD-EFGH"' in visitor.body
    assert '<html lang="en">' in visitor.body
    visitor.fill({"code": code}).press("Begin")
    assert '<html lang="en">' in visitor.body

    begin(visitor, code, "en").press("suite").press("suite")
    form = visitor.form("/envoyer")
    forged = [(name, "A" * 86 if name == "s" else value) for name, value in form.filled({})]
    visitor.send(form.action, forged, 403)
    assert "Open the link in your message again." in visitor.body
