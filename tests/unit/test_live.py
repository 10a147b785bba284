"""What a page tells the script of its conditions, and nothing more."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from face import surveying
from small import campaign, questionnaire

from consultation.ballots.journey import State
from consultation.ballots.pages import Visit, render_page
from consultation.questionnaire.elements import Answers

APP = surveying()
VISIT = Visit(campaign=campaign(), audience="agents", msg=b"m" * 64, sig=b"s" * 384)


def page(page_id: str, answers: Answers, visit: Visit = VISIT) -> str:
    state, shown = State(answers=answers), questionnaire().page(page_id)
    assert shown is not None
    with APP.test_request_context("/"):
        return render_page(visit, shown, state, visit.journey.sheet(shown, state))


def told(page: str, name: str) -> Any:
    [words] = re.findall(rf'<template id="_conditions"[^>]* {name}="([^"]*)"', page)
    return json.loads(html.unescape(words))


def test_a_question_an_answer_may_add_is_there_and_inert() -> None:
    hidden, shown = page("situation", {}), page("situation", {"fonction": "direction"})

    assert '<template data-live="equipe">' in hidden
    assert '<div data-live="equipe">' in shown
    assert hidden.count('name="equipe"') == shown.count('name="equipe"') == 1
    assert 'name="shown" value="fonction territoire"' in hidden
    assert 'name="shown" value="equipe fonction territoire"' in shown


def test_the_script_is_told_what_the_conditions_of_the_page_read() -> None:
    assert told(page("situation", {}), "data-questions") == [
        ["fonction", "code", None],
        ["equipe", "number", ["==", {"ref": "fonction"}, "direction"]],
    ]


@pytest.mark.parametrize("answers", [{}, {"missions": ("guichet",)}])
def test_the_script_is_told_nothing_of_the_other_answers(answers: Answers) -> None:
    assert told(page("situation", {**answers, "mot": "secret"}), "data-given") == {
        "audience": "agents"
    }


def test_a_page_without_such_a_condition_and_a_page_without_script_are_told_nothing() -> None:
    no_script = replace(VISIT, script=False)

    assert "<template" not in page("missions", {})
    assert "<template" not in page("situation", {}, no_script)
    assert "<template" in page("situation", {})
