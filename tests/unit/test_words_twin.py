"""Scripts say what pages and checks say: the twin of `words`, in a real JavaScript engine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from node import asking

from consultation.questionnaire.numerals import show_number
from consultation.web import STATIC
from consultation.words import SAID, TABLES, plural, said_by, words

LANGUAGES = ("fr", *TABLES)
SCRIPTS = [path.read_text("utf-8") for path in sorted(STATIC.glob("*.js"))]
PLACE = re.compile(r"%\((\w+)\)s")
TOLD = (3, "trois", "100 %", "%(name)s", "$&", "« Où ? »")
NUMBERS = (0, 1, 2, 3, 11, 999, 1000, 1_234_567)


@pytest.mark.parametrize("language", LANGUAGES)
def test_scripts_say_the_same_words(language: str, tmp_path: Path) -> None:
    asked = [
        (french, dict.fromkeys(PLACE.findall(french), told))
        for french in (*(one for script in SCRIPTS for one in said_by(script)), "Que nul ne dit")
        for told in TOLD
    ]

    said = asking(tmp_path, "consultation", "said", language)(asked)

    assert said == [words(french, language, **told) for french, told in asked]


@pytest.mark.parametrize("language", LANGUAGES)
def test_scripts_count_alike(language: str, tmp_path: Path) -> None:
    counted = [pair for script in SCRIPTS for _, *pair in SAID.findall(script) if all(pair)]
    asked = [(number, *pair) for number in NUMBERS for pair in counted]

    said = asking(tmp_path, "questions", "count", language)(asked)

    assert said == [
        f"{show_number(number, language)} {plural(number, one, many, language)}"
        for number, one, many in asked
    ]
