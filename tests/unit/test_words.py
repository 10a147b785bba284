"""The platform’s own words: none is missing in a language it speaks, none is there for nothing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jinja2 import Environment

from consultation.ballots import pages
from consultation.ballots.store import NoAirlock, NotGenuine
from consultation.config import shipped
from consultation.incoming import NotUnderstood
from consultation.legal import COMPLIANT, NOT_COMPLIANT, PARTLY_COMPLIANT
from consultation.office.campaigns import UnknownCampaign
from consultation.questionnaire.wording import tidy
from consultation.refusals import Refusal
from consultation.roll import store as roll
from consultation.web import EXPLANATIONS, STATIC
from consultation.words import TABLES, own_language, words

HERE = Path(pages.__file__).parents[1]
SPEAKING = (
    *("ballots/*.py", "roll/*.py", "questionnaire/*.py", "office/campaigns.py"),
    *("entrance.py", "incoming.py", "legal.py", "refusals.py", "web.py"),
)
"""The code that agents hear."""

PLACES = re.compile(r"%\(\w+\)s")
TAGS = re.compile(r"</?\w+")
CODE = re.compile(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}|<[^>]*>", re.DOTALL)
WRITTEN = re.compile(r'"((?:[^"\\\n]|\\.)*)"|`([^`]*)`')
FRENCH = re.compile("[À-ÿœŒ’…«»]")
REFUSALS: tuple[Refusal, ...] = (
    *(one() for one in (pages.AlreadyAnswered, pages.Paused, pages.Closed)),
    *(pages.NotOpenYet(datetime(2024, 6, 3, 7, tzinfo=UTC)), pages.UnknownRecovery()),
    pages.Ended(datetime(2024, 6, 28, 16, tzinfo=UTC)),
    *(pages.TooLong(), NotGenuine(), NoAirlock(), UnknownCampaign(), NotUnderstood()),
    *(roll.UnknownCode(), roll.NotOpenYet(), roll.Paused(), roll.Closed(), roll.AlreadyUsed()),
    *(roll.Revoked(), roll.Unblindable()),
)
"""What an agent may be told."""

TO_SCRIPTS = (
    *(roll.UnknownCode(), roll.NotOpenYet(), roll.Paused(), roll.Closed(), roll.AlreadyUsed()),
    *(roll.Revoked(), roll.Unblindable(), NotUnderstood(), UnknownCampaign()),
    *(pages.UnknownRecovery(), pages.AlreadyAnswered(), NotGenuine()),
)
"""What the desk and the urn refuse to a script, which says it on its page."""


def in_templates() -> set[str]:
    """What the templates say, but for what they are given to say."""
    reader = Environment(
        trim_blocks=True, lstrip_blocks=True, autoescape=True, extensions=["jinja2.ext.i18n"]
    )
    return {
        message
        for path in shipped("templates").rglob("*.html")
        for _, _, message in reader.extract_translations(path.read_text("utf-8"))
        if isinstance(message, str)
    }


def in_code() -> set[str]:
    """Every text of the code, on one line, and the first line of each."""
    found: set[str] = set()
    for path in (one for place in SPEAKING for one in HERE.glob(place)):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                lines = node.value.strip().splitlines() or [""]
                found |= {node.value, " ".join(node.value.split(" ")), lines[0]}
                found.add(" ".join(line.strip() for line in lines))
    return found


def in_scripts() -> Iterator[str]:
    """What the scripts say in French."""
    for path in STATIC.glob("*.js"):
        if path.name != "english.js":
            code = re.sub(r"(?m)^\s*//.*$", "", path.read_text("utf-8"))
            yield from (one or other for one, other in WRITTEN.findall(code))


@pytest.mark.parametrize("language", TABLES)
def test_every_word_of_the_agents_pages_is_in_each_language(language: str) -> None:
    assert in_templates() - set(TABLES[language]) == set()


@pytest.mark.parametrize("language", TABLES)
def test_no_word_is_translated_for_nothing(language: str) -> None:
    assert set(TABLES[language]) - in_templates() - in_code() == set()


@pytest.mark.parametrize("language", TABLES)
def test_what_is_told_is_told_in_each_language(language: str) -> None:
    table = TABLES[language]

    def shape(text: str) -> tuple[list[str], list[str]]:
        return sorted(PLACES.findall(text)), TAGS.findall(text)

    assert {french for french, said in table.items() if shape(said) != shape(french)} == set()
    assert {said for said in table.values() if said.endswith(" ")} == set()


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda one: type(one).__qualname__)
@pytest.mark.parametrize("language", TABLES)
def test_every_refusal_an_agent_may_meet_has_its_words(refusal: Refusal, language: str) -> None:
    assert refusal.said("fr") == refusal.said("br") == refusal.sentence
    assert refusal.said(language) != refusal.sentence
    assert not FRENCH.search(refusal.said(language))
    assert refusal.title in TABLES[language]


def test_errors_and_the_state_of_accessibility_have_theirs() -> None:
    explained = [text for one in EXPLANATIONS.values() for text in (one.title, one.sentence)]
    stated = [NOT_COMPLIANT, PARTLY_COMPLIANT, COMPLIANT]

    assert {one for one in (*explained, *stated) if one not in TABLES["en"]} == set()


def test_scripts_have_words_for_all_they_say() -> None:
    table = dict(
        re.findall(r'^  "([^"]+)":\s+"([^"]+)",$', (STATIC / "english.js").read_text("utf-8"), re.M)
    )
    refused = {one.sentence: one.said("en") for one in TO_SCRIPTS}
    refused |= {one.sentence: words(one.sentence, "en") for one in EXPLANATIONS.values()}
    said = set(in_scripts()) | set(refused)

    assert {french: table.get(french) for french in refused} == refused
    assert {one for one in said if FRENCH.search(one)} - set(table) == set()
    assert set(table) - said == set()
    assert {one for one in table if one.count("%") != table[one].count("%")} == set()


def test_a_language_without_words_has_the_french_ones() -> None:
    assert own_language("en") == "en"
    assert own_language("br") == own_language("fr") == own_language("") == "fr"
    assert words("Étape %(step)s sur %(steps)s", "en", step=1, steps=4) == "Step 1 of 4"
    assert words("Étape %(step)s sur %(steps)s", "br", step=1, steps=4) == "Étape 1 sur 4"
    assert words("Ce que personne ne dit", "en") == "Ce que personne ne dit"


def test_templates_have_the_apostrophes_and_spaces_of_french() -> None:
    places = [
        path for path in shipped("templates").rglob("*.*") if path.suffix in (".html", ".txt")
    ]
    shown = [
        re.sub(" +", " ", line)
        for path in places
        for line in CODE.sub(_hidden, path.read_text("utf-8")).splitlines()
    ]
    said = [*shown, *in_templates()]
    assert [words for words in said if tidy(words) != words] == []


def _hidden(code: re.Match[str]) -> str:
    """A tag leaves nothing, what Jinja says leaves a word."""
    return "X" if code.group().startswith("{{") else ""
