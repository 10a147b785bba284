"""The platform’s own words: none is missing in a language it speaks, none is there for nothing."""

from __future__ import annotations

import ast
import json
import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from jinja2 import Environment

from consultation.ballots import pages
from consultation.ballots.store import NoAirlock, NotGenuine
from consultation.config import shipped
from consultation.incoming import NotUnderstood
from consultation.legal import COMPLIANT, NOT_COMPLIANT, PARTLY_COMPLIANT
from consultation.office.campaigns import UnknownCampaign
from consultation.questionnaire.messages import messages
from consultation.questionnaire.wording import tidy
from consultation.refusals import Refusal
from consultation.roll import store as roll
from consultation.web import EXPLANATIONS, STATIC, StaticFiles
from consultation.words import FRENCH, SAID, TABLES, own_language, said_by, words

HERE = Path(pages.__file__).parents[1]
SPEAKING = (
    *("ballots/*.py", "roll/*.py", "questionnaire/**/*.py", "office/campaigns.py"),
    *(
        "entrance.py",
        "formatting.py",
        "incoming.py",
        "legal.py",
        "refusals.py",
        "web.py",
        "words.py",
    ),
)
"""The code that agents hear."""

PLACES = re.compile(r"%\(\w+\)s")
TAGS = re.compile(r"</?\w+")
CODE = re.compile(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}|<[^>]*>", re.DOTALL)
WRITTEN = re.compile(r'"((?:[^"\\\n]|\\.)*)"|`([^`]*)`')
ACCENTED = re.compile("[À-ÿœŒ’…«»]")
REFUSALS: tuple[Refusal, ...] = (
    *(one() for one in (pages.AlreadyAnswered, pages.Paused, pages.Closed)),
    *(pages.NotOpenYet(datetime(2024, 6, 3, 7, tzinfo=UTC)), pages.UnknownRecovery()),
    pages.Ended(datetime(2024, 6, 28, 16, tzinfo=UTC)),
    *(pages.TooLong(), NotGenuine(), NoAirlock(), UnknownCampaign(), NotUnderstood()),
    *(roll.UnknownCode(), roll.NotOpenYet(), roll.Paused(), roll.Closed(), roll.AlreadyUsed()),
    *(roll.Revoked(), roll.Unblindable()),
)
"""What an agent may be told."""


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


@cache
def code() -> tuple[ast.Module, ...]:
    paths = (one for place in SPEAKING for one in HERE.glob(place))
    return tuple(ast.parse(path.read_text("utf-8")) for path in paths)


@cache
def in_code() -> set[str]:
    """Every text of the code, on one line, and the first line of each."""
    found: set[str] = set()
    for node in (node for module in code() for node in ast.walk(module)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            lines = node.value.strip().splitlines() or [""]
            found |= {node.value, " ".join(node.value.split(" ")), lines[0]}
            found.add(" ".join(line.strip() for line in lines))
    return found


def called_in(module: ast.Module) -> dict[str, str]:
    """What stands for `words` or `plural` in this module; other imports stand for nothing."""
    return {
        alias.asname or alias.name: alias.name if node.module == "consultation.words" else ""
        for node in module.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def said_by_code() -> set[str]:
    """What the code says by `words` or `plural`, written there or named there."""
    named = {
        target.id: node.value
        for module in code()
        for node in module.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    given = [
        one
        for module in code()
        for called in [called_in(module)]
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        for name in [called.get(node.func.id, node.func.id)]
        for one in {"words": node.args[:1], "plural": node.args[1:3]}.get(name, ())
    ]
    said = [named.get(one.id, one) if isinstance(one, ast.Name) else one for one in given]
    return {str(one.value) for one in said if isinstance(one, ast.Constant)}


SCRIPTS = [path.read_text("utf-8") for path in STATIC.glob("*.js")]


def in_scripts() -> set[str]:
    """What the scripts say in French."""
    return {french for script in SCRIPTS for french in said_by(script)}


@pytest.mark.parametrize("language", TABLES)
def test_every_word_of_the_agents_pages_is_in_each_language(language: str) -> None:
    assert in_templates() - set(TABLES[language]) == set()
    assert in_scripts() - set(TABLES[language]) == set()
    assert said_by_code() - set(TABLES[language]) == set()
    assert set(messages(FRENCH).values()) - set(TABLES[language]) == set()


@pytest.mark.parametrize("language", TABLES)
def test_no_word_is_translated_for_nothing(language: str) -> None:
    assert set(TABLES[language]) - in_templates() - in_code() - in_scripts() == set()


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
    assert not ACCENTED.search(refusal.said(language))
    assert refusal.title in TABLES[language]


def test_errors_and_the_state_of_accessibility_have_theirs() -> None:
    explained = [text for one in EXPLANATIONS.values() for text in (one.title, one.sentence)]
    stated = [NOT_COMPLIANT, PARTLY_COMPLIANT, COMPLIANT]

    assert {one for one in (*explained, *stated) if one not in TABLES["en"]} == set()


def test_scripts_say_nothing_but_what_is_read_in_them() -> None:
    """Whatever else is written in them is no French; nothing is said that is only known later."""
    for script in SCRIPTS:
        code = re.sub(r"(?m)^\s*//.*$", "", script)
        written = {one or other for one, other in WRITTEN.findall(code)}
        calls = re.findall(r"\b(?:said|count)\((?!plural\.)", code)  # `count` says one of its two

        assert {one for one in written - {*said_by(code)} if ACCENTED.search(one)} == set()
        assert len(calls) == len(SAID.findall(code))


def test_no_sentence_is_written_both_in_a_script_and_elsewhere() -> None:
    twice = in_scripts() & (in_templates() | in_code())

    assert {french for french in twice if " " in french.strip()} == set()


@pytest.mark.parametrize("language", TABLES)
def test_a_page_is_given_what_the_scripts_say_and_nothing_more(language: str) -> None:
    served = StaticFiles(STATIC).content(f"words-{language}.js").decode()
    given = json.loads(served.removeprefix("self.words=").removesuffix(";"))

    assert given == {french: words(french, language) for french in in_scripts()}


def test_a_language_without_words_has_the_french_ones() -> None:
    assert own_language("en") == "en"
    assert own_language("br") == own_language("fr") == own_language("") == "fr"
    assert words("Étape %(step)s sur %(steps)s", "en", step=1, steps=4) == "Step 1 of 4"
    assert words("Étape %(step)s sur %(steps)s", "br", step=1, steps=4) == "Étape 1 sur 4"
    assert words("Ce que personne ne dit", "en") == "Ce que personne ne dit"


def test_templates_and_scripts_have_the_apostrophes_and_spaces_of_french() -> None:
    places = [
        path for path in shipped("templates").rglob("*.*") if path.suffix in (".html", ".txt")
    ]
    shown = [
        re.sub(" +", " ", line)
        for path in places
        for line in CODE.sub(_hidden, path.read_text("utf-8")).splitlines()
    ]
    said = [*shown, *in_templates(), *in_scripts()]
    assert [words for words in said if tidy(words) != words] == []


def _hidden(code: re.Match[str]) -> str:
    """A tag leaves nothing, what Jinja says leaves a word."""
    return "X" if code.group().startswith("{{") else ""
