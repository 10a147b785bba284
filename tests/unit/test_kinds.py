"""Each kind of question is whole: entered, shown, exemplified, told in each language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from inspect import isabstract
from pkgutil import iter_modules
from types import ModuleType

import pytest
from face import build
from flask import render_template_string

from consultation.config import shipped
from consultation.questionnaire import kinds
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.elements import Text
from consultation.questionnaire.fields import Shown
from consultation.questionnaire.kinds import KINDS, Question
from consultation.questionnaire.loading import parse
from consultation.questionnaire.lots import AS_WRITTEN
from consultation.words import FRENCH, TABLES

APP = build()
MANUAL = shipped("questionnaires") / "README.md"
BEGINNING = """\
format: 1
id: exemple
version: 1
title: Exemple
audiences: {agents: Agents}
pages:
- id: page
  title: Page
  questions:
"""
SHOW = """
{% from "survey/questions.html" import question_field %}
{{ question_field(field) }}
"""


def modules() -> Iterator[ModuleType]:
    return (import_module(f"{kinds.__name__}.{one.name}") for one in iter_modules(kinds.__path__))


def test_every_module_that_defines_a_kind_is_entered_in_the_table() -> None:
    defined = {
        value.__name__
        for module in modules()
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Question)
        and value.__module__ == module.__name__
        and ("kind" in vars(value) or not isabstract(value))
    }

    assert defined == {kind.__name__ for kind in KINDS.values()}
    assert defined <= set(kinds.__all__)


def test_what_a_kind_tells_is_told_in_every_language() -> None:
    told = {
        f"{module.__name__}.{name}": {language for language, _ in value.versions}
        for module in modules()
        for name, value in vars(module).items()
        if isinstance(value, Text)
    }

    assert {name for name, known in told.items() if not known >= {FRENCH, *TABLES}} == set()


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_the_manual_is_shown_with_its_field(kind: str) -> None:
    chapter = MANUAL.read_text("utf-8").partition("\n## Les types")[2].partition("\n## ")[0]
    examples = re.findall(r"^```yaml\n(.*?)^```", chapter, re.MULTILINE | re.DOTALL)
    asked = parse(BEGINNING + "".join(examples), {}).questionnaire
    assert asked is not None
    questions = [one for one in asked.questions if one.kind == kind]
    assert questions, f"« {kind} » has no example among the types of the manual"
    shown = Shown(questionnaire=asked, context=Context(), lots=AS_WRITTEN, visible={})

    for question in questions:
        field = question.field_for(shown, {})
        with APP.test_request_context("/"):
            html = render_template_string(SHOW, field=field)
        assert bool(re.search(r"<(?:input|select|textarea)\b", html)) == question.asks
