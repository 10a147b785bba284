"""What is written into something rendered once is what rendering it whole gives, to the letter."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
from face import exchange, surveying
from small import campaign, questionnaire

from consultation.ballots.journey import Journey, Sheet, State, Submitted
from consultation.ballots.pages import Visit, question_field, render_page
from consultation.ballots.printing import Printer
from consultation.config import shipped
from consultation.questionnaire.answers import read_page
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.fields import Field
from consultation.questionnaire.loading import load, parse
from consultation.questionnaire.model import Questionnaire
from consultation.questionnaire.rules import ruled
from consultation.questionnaire.synthetic import respond

APP = surveying()
ALL_DRAWN = """\
format: 1
id: sort
version: 1
title: Un essai
audiences: {agents: Tous les agents}
pages:
- id: une
  title: Une page
  questions:
  - {id: humeur, type: choice, order: random, text: Votre humeur, options: {a: A, b: B, c: C, d: D}}
  - {id: outils, type: choices, order: random, text: Vos outils, options: {a: A, b: B, c: C}}
"""
HELD = ({}, {"msg": b"m" * 64, "sig": b"s" * 384})


def shipped_questionnaire(name: str) -> Questionnaire:
    found = load(shipped("questionnaires") / f"{name}.yaml").questionnaire
    assert found is not None
    return found


def asked_of(name: str) -> Questionnaire:
    if name == "essai":
        return questionnaire()
    if name != "tout au sort":
        return shipped_questionnaire(name)
    found = parse(ALL_DRAWN, {}).questionnaire
    assert found is not None
    return found


def sheets(asked: Questionnaire, agent: int) -> Iterator[Sheet]:
    """Every page an agent meets: arriving, answered, seen again, with errors, with nothing."""
    return (sheet for sheet, _ in met(asked, agent))


def met(asked: Questionnaire, agent: int) -> Iterator[tuple[Sheet, State]]:
    """The same, with what its form carries."""
    rng, context = random.Random(agent), Context(audience=asked.audiences[0][0])
    journey, seed = Journey(ruled(asked), context), f"{agent:016x}"
    page, state = journey.first(State(seed=seed)), State(seed=seed)
    for _ in range(len(asked.pages)):
        fields = respond(asked, page, state.answers, context, rng)
        answered = State(
            answers=read_page(page, fields, state.answers, asked, context).draft, seed=seed
        )
        yield journey.sheet(page, state), state
        yield journey.sheet(page, answered), replace(answered, reviewing=True)
        for typed in (fields, {name: ['<b> & "x"'] for name in fields}, {}):
            submitted = Submitted(fields=typed, shown=frozenset(journey.sheet(page, state).shown))
            reading = journey.read(page, submitted, state)
            yield journey.sheet_again(page, reading), reading.state
        following, state = journey.after(page, state, answered)
        if following is None:
            return
        page = following


@pytest.mark.parametrize("name", ["juin-2024", "seminaires-2024", "essai", "tout au sort"])
def test_a_question_written_is_the_question_rendered(name: str) -> None:
    asked = asked_of(name)
    with APP.test_request_context("/"):
        whole = APP.jinja_env.get_template("survey/questions.html").module
        render = vars(whole)["question_field"]
        printer = APP.parts[Printer]

        for agent in range(1, 7):
            for sheet in sheets(asked, agent):
                rendered = [str(render(field)) for field in sheet.fields]
                assert [str(html) for html in printer.questions(sheet)] == rendered


@pytest.mark.parametrize("name", ["juin-2024", "essai", "tout au sort"])
@pytest.mark.parametrize("script", [True, False])
def test_a_page_filled_is_the_page_rendered(name: str, script: bool) -> None:
    asked = asked_of(name)
    known = campaign(asked)
    new, begun = (Visit(campaign=known, audience="agents", script=script, **held) for held in HELD)
    with APP.test_request_context("/"):
        warm = APP.parts[Printer]
        for agent in range(1, 4):
            for sheet, state in met(asked, agent):
                for visit in (new, begun):
                    exchange(APP, Printer(question_field))
                    whole = render_page(visit, sheet.page, state, sheet)
                    exchange(APP, warm)
                    assert render_page(visit, sheet.page, state, sheet) == whole


def test_a_question_is_not_rendered_again_in_another_order_or_with_other_answers() -> None:
    asked, rendered = shipped_questionnaire("juin-2024"), list[str]()
    with APP.test_request_context("/"):
        render = vars(APP.jinja_env.get_template("survey/questions.html").module)["question_field"]

        def render_and_tell(field: Field, _: str) -> str:
            rendered.append(field.id)
            return str(render(field))

        printer = Printer(render_and_tell)
        for agent in range(1, 9):
            for sheet in sheets(asked, agent):
                if not sheet.errors:
                    printer.questions(sheet)

    times = Counter(rendered)
    times.pop("fi_priorites")  # a ranking is rendered whole once answered
    assert max(times.values()) <= 2  # before an answer, and with the way back from an answer
