"""The size of a campaign's boxes: every answer fits in it, and nothing decides it but the model."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample import load_sample

from consultation.ballots.journey import Journey, State
from consultation.config import shipped
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.elements import Answer
from consultation.questionnaire.kinds.written import Written
from consultation.questionnaire.loading import load, parse
from consultation.questionnaire.model import Questionnaire
from consultation.questionnaire.rules import ruled
from consultation.questionnaire.size import box_size, longest_document

KIB = 1024
TOP = """\
format: 1
id: essai
version: 1
title: Essai
audiences: {agents: Agents}
pages:
"""


SHIPPED = {
    asked.id: asked
    for asked in (
        *(load(path).questionnaire for path in sorted(shipped("questionnaires").glob("*.yaml"))),
        load_sample(),
    )
    if asked
}


def with_texts(count: int, length: int = 4000) -> str:
    pages = (
        f"- id: p{number}\n  title: Page {number}\n  questions:\n"
        f"  - {{id: q{number}, type: longtext, max_length: {length}, text: Dites-nous}}\n"
        for number in range(count)
    )
    return TOP + "".join(pages)


def document(asked: Questionnaire, seed: int) -> bytes:
    """A ballot in which everything is answered, at the longest where one writes."""
    rng, context = random.Random(seed), Context(audience=asked.audiences[-1][0])
    answers: dict[str, Answer] = {}
    for question in asked.questions:
        answer = question.some_answer(answers, context, rng)
        if isinstance(question, Written):
            answer = "é" * question.max_length
        if answer is not None:
            answers[question.id] = answer
        if question.other:
            answers[f"{question.id}.other"] = "é" * question.other.other
    return Journey(ruled(asked), context).document(State(answers=answers))


def test_june_has_twenty_four_kib_and_a_small_one_eight() -> None:
    assert {name: box_size(asked) // KIB for name, asked in SHIPPED.items()} == {
        "ate-2024-06": 24,
        "ate-2024-seminaires": 8,
        "exemple": 8,
    }


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32), name=st.sampled_from([*SHIPPED]))
def test_every_ballot_fits_in_the_boxes_of_its_campaign(seed: int, name: str) -> None:
    asked = SHIPPED[name]

    assert len(document(asked, seed)) <= longest_document(asked) < box_size(asked)


@given(text=st.text(alphabet='aéœ’\n"\\ \N{NO-BREAK SPACE}', max_size=400))
def test_texts_fit_at_two_bytes_a_character(text: str) -> None:
    """A few signs have three bytes in UTF-8: the others, which have one, leave room for them."""
    asked = parse(with_texts(1, 400), {}).questionnaire
    assert asked
    journey, state = Journey(ruled(asked), Context("agents")), State(answers={"q0": text or "a"})
    sent = journey.document(state)
    three = sum(len(sign.encode()) == 3 for sign in text)

    assert len(sent) - three <= longest_document(asked)


@pytest.mark.parametrize(("count", "kib"), [(1, 8), (2, 16), (7, 56), (8, 64)])
def test_a_box_is_a_multiple_of_eight_kib(count: int, kib: int) -> None:
    asked = parse(with_texts(count), {}).questionnaire

    assert asked
    assert box_size(asked) == kib * KIB


def test_answers_beyond_the_largest_box_are_refused_by_the_check() -> None:
    loaded = parse(with_texts(9), {})

    assert loaded.questionnaire is None
    [said] = [problem for problem in loaded.problems if problem.code == "size"]
    assert said.severity == "error"
    assert "71 Kio" in said.message
    assert "max_length" in said.remedy
