"""Answers: typed from what a form posts, pruned to what is visible, stored generalised.

What people send never raises: reading gives values and every error, in French, saying what to do.
An « other » text lives under `<question>.other`; nothing here keeps an answer to a question that
is not shown, except the draft, so that changing one's mind twice loses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from consultation.questionnaire.conditions import Context, evaluate
from consultation.questionnaire.elements import Answer, Answers
from consultation.questionnaire.model import Page, Pages
from consultation.questionnaire.posted import FieldError, Raw
from consultation.questionnaire.visibility import prune, walk


@dataclass(frozen=True, kw_only=True)
class Filled:
    """A page as it was filled in: its valid answers, and every error.

    `draft` holds every answer known from now on: those of the other pages, the new ones, and those
    of the page's hidden questions and rows, which come back if the question or the row does.
    """

    answers: Answers
    errors: tuple[FieldError, ...]
    draft: Answers


def read_page(page: Page, raw: Raw, answers: Answers, q: Pages, context: Context) -> Filled:
    """Type the fields of the page's visible questions; `answers` are those given so far."""
    _, before = walk(q, answers, context, before=page)
    return read_questions(page, raw, answers, before, context)


def read_questions(
    page: Page, raw: Raw, answers: Answers, before: Answers, context: Context
) -> Filled:
    """The same when the visible answers to what comes before the page are known."""
    visible = dict(before)
    filled: dict[str, Answer] = {}
    errors: list[FieldError] = []
    draft = dict(answers)
    for question in page.questions:
        if not evaluate(question.show_if, visible, context):
            continue
        read = question.answered(raw, visible, context)
        errors += read.errors
        faulty = {error.field for error in read.errors}
        if not faulty or question.rows:
            lacking = question.lacks(read.value, visible, context)
            errors += [error for error in lacking if error.field not in faulty]
        for name, value in ((question.id, read.value), (f"{question.id}.other", read.other)):
            draft.pop(name, None)
            if value is not None and value != "":
                filled[name] = visible[name] = draft[name] = value
        kept = question.drafted(read.value, answers.get(question.id), visible, context)
        if kept is not None:
            draft[question.id] = kept
    return Filled(answers=filled, errors=tuple(errors), draft=draft)


def missing(q: Pages, answers: Answers, context: Context) -> tuple[tuple[Page, FieldError], ...]:
    """What the visible questions still require."""
    shown, visible = walk(q, answers, context)
    return tuple(
        (page, error)
        for page, questions in shown
        for question in questions
        for error in question.lacks(visible.get(question.id), visible, context)
    )


def stored(q: Pages, answers: Answers, context: Context) -> dict[str, object]:
    """What is written for ever: visible answers only, generalised where the question says so."""
    kept: dict[str, object] = dict(prune(q, answers, context))
    for question in q.questions:
        code = kept.get(question.id)
        if question.stored_column and isinstance(code, str):
            kept[question.id] = question.stored_code(code)
            kept.pop(f"{question.id}.other", None)
    return kept
