"""Synthetic respondents: what a random agent who follows the rules would post."""

from __future__ import annotations

import random

from consultation.questionnaire.conditions import Context, evaluate
from consultation.questionnaire.elements import Answers
from consultation.questionnaire.model import Page, Pages
from consultation.questionnaire.visibility import prune

WRITING = 0.4
"""How likely an open text is, next to a closed question."""


def respond(
    q: Pages,
    page: Page,
    answers: Answers,
    context: Context,
    rng: random.Random,
    *,
    eagerness: float = 0.8,
) -> dict[str, list[str]]:
    """The form fields of a page; optional questions are answered with this probability."""
    visible = dict(prune(q, answers, context))
    for question in page.questions:
        visible.pop(question.id, None)
    posted: dict[str, list[str]] = {}
    for question in page.questions:
        if not evaluate(question.show_if, visible, context):
            continue
        likely = eagerness * (WRITING if question.writing == "lines" else 1)
        if question.required is None and rng.random() >= likely:
            continue
        value = question.some_answer(visible, context, rng)
        if value is not None:
            visible[question.id] = value
            posted |= {name: list(values) for name, values in question.posted(value).items()}
    return posted
