"""The answers as they will be stored, for their author to read again before sending them."""

from __future__ import annotations

from dataclasses import dataclass

from consultation.questionnaire.fields import Shown
from consultation.questionnaire.kinds import Question
from consultation.questionnaire.model import Page


@dataclass(frozen=True, kw_only=True)
class Line:
    """One question: each value on its line, none when it is unanswered."""

    label: str
    values: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Section:
    """One page."""

    page: Page
    title: str
    lines: tuple[Line, ...]


def line(question: Question, shown: Shown) -> Line:
    """The question and what will be stored of its answer."""
    answer = shown.visible.get(question.id)
    return Line(
        label=shown.words(question.text),
        values=() if answer is None else tuple(question.reviewed(answer, shown)),
        note=question.review_note(shown.context.language),
    )
