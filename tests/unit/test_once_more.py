"""The way through a questionnaire: what is kept, what is asked once more, what is only remarked."""

from __future__ import annotations

from functools import cache

from consultation.ballots.journey import Journey, Reading, State, Submitted
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.loading import parse
from consultation.questionnaire.model import Page
from consultation.questionnaire.rules import ruled

DEFINITION = """
format: 1
id: chemin
version: 1
title: Un chemin
audiences: {agents: Tous les agents}
pages:
- id: debut
  title: Début
  questions:
  - {id: grade, type: choice, text: Votre grade, options: {a: Attaché, b: Secrétaire}}
  - id: entree
    type: date
    text: Votre arrivée
    reminder: "Cette date aide à comparer. Vous pouvez continuer sans la donner."
  - {id: mot, type: text, text: Un mot, reminder: "Un mot nous aiderait."}
  - {id: jours, type: number, text: Jours, max: 9}
  checks:
  - {warn_if: jours > 5, message: "Cinq jours pour « {grade|ce grade} », est-ce bien cela ?"}
"""


@cache
def journey() -> Journey:
    loaded = parse(DEFINITION, {})
    assert loaded.questionnaire is not None, loaded.problems
    return Journey(ruled(loaded.questionnaire), Context(audience="agents"))


def first() -> Page:
    return journey().rules.pages[0]


def read(warned: str = "", **fields: str) -> Reading:
    named = {name.replace("__", "."): [value] for name, value in fields.items()}
    shown = frozenset(question.id for question in first().questions)
    submitted = Submitted(fields=named, shown=shown, warned=frozenset(warned.split()))
    return journey().read(first(), submitted, State())


def said(reading: Reading) -> list[str]:
    return [message for _, message in reading.warnings]


def test_what_is_worth_an_answer_is_recalled_once_for_the_page() -> None:
    once = read(grade="a")
    assert [message[:10] for message in said(once)] == ["Cette date", "Un mot nou"]

    again = read(once.warned, grade="b")

    assert again.complete
    assert again.state.answers == {"grade": "b"}


def test_nothing_is_recalled_to_who_has_answered() -> None:
    given = {"entree__day": "1", "entree__month": "6", "entree__year": "2020", "mot": "Oui"}

    assert read(**given).complete


def test_a_remark_and_a_reminder_are_made_together() -> None:
    reading = read(mot="Oui", jours="7", grade="b")

    assert len(said(reading)) == 2
    assert read(reading.warned, mot="Oui", jours="7").complete


def test_a_remark_quotes_the_answers() -> None:
    assert "« Attaché »" in said(read("rappel", jours="7", grade="a"))[0]
    assert "« ce grade »" in said(read("rappel", jours="7"))[0]


def test_going_back_keeps_every_part_of_a_wrong_date() -> None:
    submitted = read(entree__day="31", entree__month="6", entree__year="2020").submitted

    kept = journey().keep(first(), submitted, State())

    typed = journey().sheet(first(), kept).typed
    assert [typed[f"entree.{part}"] for part in ("day", "month", "year")] == [
        ["31"],
        ["6"],
        ["2020"],
    ]
