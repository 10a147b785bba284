"""What a respondent sees: pages, questions, options and rows, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import TypeVar

from consultation.questionnaire.conditions import Context, evaluate
from consultation.questionnaire.model import (
    Answer,
    Answers,
    Matrix,
    Option,
    Optioned,
    Page,
    Question,
    Questionnaire,
    Row,
)

Item = TypeVar("Item", Option, Row)
Placed = TypeVar("Placed", Page, Option)


def visible_pages(
    q: Questionnaire, answers: Answers, context: Context, seed: str
) -> tuple[Page, ...]:
    """The pages to show, in this respondent's order."""
    shown, _ = walk(q, answers, context)
    return in_order([page for page, _ in shown], seed)


def in_order(shown: Sequence[Page], seed: str) -> tuple[Page, ...]:
    """These pages in this respondent's order."""
    pages = list(shown)
    for tag in {page.shuffle for page in pages if page.shuffle}:
        places = [place for place, page in enumerate(pages) if page.shuffle == tag]
        drawn = draw([pages[place] for place in places], seed, tag, lambda page: page.id)
        for place, page in zip(places, drawn, strict=True):
            pages[place] = page
    return tuple(pages)


def visible_questions(
    q: Questionnaire, page: Page, answers: Answers, context: Context
) -> tuple[Question, ...]:
    """The questions to show on this page, in document order."""
    shown, _ = walk(q, answers, context)
    return next((questions for one, questions in shown if one.id == page.id), ())


def visible_options(
    question: Optioned, answers: Answers, context: Context, seed: str = ""
) -> tuple[Option, ...]:
    """The options to offer, in this respondent's order."""
    options = shown_among(question.options, answers, context)
    if not seed or not getattr(question, "random", False):
        return tuple(options)
    moving = [option for option in options if not option.at_end]
    drawn = draw(moving, seed, question.id, lambda option: option.code)
    return (*drawn, *(option for option in options if option.at_end))


def visible_rows(question: Matrix, answers: Answers, context: Context) -> tuple[Row, ...]:
    """The rows of the matrix to show."""
    return tuple(shown_among(question.rows, answers, context))


def prune(q: Questionnaire, answers: Answers, context: Context) -> Answers:
    """Only the answers to what is shown."""
    return walk(q, answers, context)[1]


def draw(
    items: Iterable[Placed], seed: str, tag: str, name: Callable[[Placed], str]
) -> list[Placed]:
    """An order that depends on the seed alone: hiding one item never moves the others."""

    def lot(item: Placed) -> bytes:
        return blake2b(
            f"{seed}/{tag}/{name(item)}".encode(errors="replace"), digest_size=8
        ).digest()

    return sorted(items, key=lot)


def shown_among(items: Iterable[Item], visible: Answers, context: Context) -> list[Item]:
    """The options or rows whose condition holds."""
    return [
        item for item in items if item.show_if is None or evaluate(item.show_if, visible, context)
    ]


def walk(
    q: Questionnaire, answers: Answers, context: Context, before: Page | None = None
) -> tuple[list[tuple[Page, tuple[Question, ...]]], dict[str, Answer]]:
    """Pages and questions shown, and their answers, in document order: hiding cascades."""
    shown: list[tuple[Page, tuple[Question, ...]]] = []
    visible: dict[str, Answer] = {}
    for page in q.pages:
        if before is not None and page.id == before.id:
            break
        if not evaluate(page.show_if, visible, context):
            continue
        questions = []
        for question in page.questions:
            # Most are always shown: asking nothing for them halves a walk.
            if question.show_if is None or evaluate(question.show_if, visible, context):
                questions.append(question)
                _keep(question, answers, visible, context)
        if questions:
            shown.append((page, tuple(questions)))
    return shown, visible


def _keep(
    question: Question, answers: Answers, visible: dict[str, Answer], context: Context
) -> None:
    answer = answers.get(question.id)
    if answer is None:
        return
    if isinstance(question, Optioned):
        if question.conditional:
            answer = _offered(question, answer, visible, context)
        if answer is None:
            return
        words = answers.get(f"{question.id}.other")
        if words and question.other and _chosen(question.other, answer):
            visible[f"{question.id}.other"] = words
    visible[question.id] = answer


def _offered(
    question: Optioned, answer: Answer, visible: Answers, context: Context
) -> Answer | None:
    """The part of the answer that is still offered."""
    codes = {option.code for option in shown_among(question.options, visible, context)}
    if isinstance(answer, str):
        return answer if answer in codes else None
    if isinstance(answer, tuple):
        return tuple(code for code in answer if code in codes) or None
    if isinstance(question, Matrix) and isinstance(answer, Mapping):
        rows = {row.id for row in shown_among(question.rows, visible, context)}
        return {row: code for row, code in answer.items() if row in rows and code in codes} or None
    return None


def _chosen(option: Option, answer: Answer | None) -> bool:
    return option.code == answer or (isinstance(answer, tuple) and option.code in answer)
