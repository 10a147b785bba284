"""What checks say is data: whatever is answered, each error is one of the templates, filled."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

import pytest

from consultation.ballots.journey import Journey, State
from consultation.questionnaire.answers import read_page
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.loading import parse
from consultation.questionnaire.messages import messages
from consultation.questionnaire.model import Questionnaire
from consultation.questionnaire.rules import ruled

DEFINITION = """\
format: 1
id: essai
version: 1
lang: fr
title: Essai
audiences: {agents: Agents}
lists:
  trois: {a: Une, b: Deux, c: Trois}
pages:
- id: page
  title: Page
  questions:
  - {id: choix, type: choice, text: Choix, options: {a: Une, autre: {label: Autre, other: 5}}}
  - id: plusieurs
    type: choices
    text: Plusieurs
    min: 2
    max: 3
    options: {a: Une, b: Deux, c: Trois, d: Quatre, rien: {label: Rien, exclusive: true}}
  - {id: grille, type: matrix, text: Grille, scale: trois, rows: {x: Celle-ci, y: Celle-là}}
  - {id: note, type: scale, text: Note, from: 0, to: 3}
  - {id: rangs, type: rank, text: Rangs, top: 3, options: {a: Une, b: Deux, c: Trois}}
  - {id: entre, type: number, text: Entre, min: 0, max: 5000}
  - {id: moins, type: number, text: Moins, max: 5, decimals: 1}
  - {id: plus, type: number, text: Plus, min: 5, decimals: 2}
  - {id: jour, type: date, text: Jour, min: 2020-03-01, max: 2023-08-31}
  - {id: depuis, type: date, text: Depuis, precision: month, min: 2020-01-01}
  - {id: avant, type: date, text: Avant, precision: year, max: 2023-12-31}
  - {id: mot, type: text, text: Mot, max_length: 5}
  - {id: avis, type: longtext, text: Avis, max_length: 5}
"""
PARTS = ("day", "month", "year")
LIKELY = {
    "plusieurs": ("a", "b", "c", "d", "rien"),
    "day": ("", "1", "31", "32"),
    "month": ("2", "8", "13"),
    "year": ("7", "2010", "2021", "2030"),
}
TYPED = (
    *("", "a", "b", "c", "d", "rien", "autre", "un texte"),
    *("1", "2", "1,5", "1,555", "9999"),
)
"""What is answered to whatever question, for want of anything likelier."""

PLACED = re.compile(r"%\\\((\w+)\\\)s")
TOLD = ("answer", "answers", "first", "quoted", "the_day", "the_others")  # and counts, and months
READ_AGAIN = ("colon", "generalised")
NUMBERED = re.compile(r"_\d+$")
SENTENCES = {name for name in messages("fr") if not NUMBERED.search(name)} - {*TOLD, *READ_AGAIN}


def asked() -> Questionnaire:
    loaded = parse(DEFINITION, {})
    assert loaded.questionnaire is not None, loaded.problems
    return loaded.questionnaire


def sendings(q: Questionnaire) -> Iterator[dict[str, list[str]]]:
    """All manner of answers, the same each time."""
    rng = random.Random(2024)
    parts = ("", ".other", ".x", ".y", ".1", ".2", ".3", *(f".{part}" for part in PARTS))
    names = [f"{question}{part}" for question in q.by_id for part in parts]
    for _ in range(400):
        yield {
            name: rng.sample(typed, min(len(typed), rng.choice([1, 1, 1, 2, 4])))
            for name in names
            for typed in [LIKELY.get(name.rpartition(".")[2], TYPED)]
        }


def said(language: str) -> set[str]:
    """What is said of them, and of no answer at all."""
    q, context = asked(), Context("agents", language)
    [page] = q.pages
    nothing = Journey(ruled(q), context).unfinished(State(seed="00000000"))
    assert nothing is not None
    told = {error.message for error in nothing[1].errors}
    return told | {
        error.message
        for sent in sendings(q)
        for error in read_page(page, sent, {}, q, context).errors
    }


def template_of(message: str, language: str) -> str | None:
    """The name of the template that, filled, gives this message."""
    for name in SENTENCES:
        filled = PLACED.sub("(.+)", re.escape(messages(language)[name]))
        if re.fullmatch(filled, message):
            return name
    return None


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_message_is_a_template_filled_and_every_template_is_said(language: str) -> None:
    told = {message: template_of(message, language) for message in said(language)}

    assert {message for message, name in told.items() if name is None} == set()
    assert set(told.values()) == SENTENCES


def test_what_messages_tell_is_among_the_words() -> None:
    french, english = messages("fr"), messages("en")

    assert french.keys() == english.keys()
    assert [french[f"number_{count}"] for count in (0, 3, 10)] == ["zéro", "trois", "dix"]
    assert [english[f"number_{count}"] for count in (0, 3, 10)] == ["zero", "three", "ten"]
    assert (french["month_8"], english["month_8"]) == ("août", "August")
    assert (french["answers"], english["answers"]) == ("réponses", "answers")
    assert messages("br") == french
