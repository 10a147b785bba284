"""What a respondent sees: pages and questions, and in which order."""

from __future__ import annotations

from collections.abc import Sequence

from consultation.questionnaire.conditions import Context, evaluate
from consultation.questionnaire.elements import Answer, Answers, Option
from consultation.questionnaire.kinds import Kind
from consultation.questionnaire.lots import Lots
from consultation.questionnaire.model import Page, Pages


def visible_pages(q: Pages, answers: Answers, context: Context, lots: Lots) -> tuple[Page, ...]:
    """The pages to show, in this respondent's order."""
    shown, _ = walk(q, answers, context)
    return in_order([page for page, _ in shown], lots)


def in_order(shown: Sequence[Page], lots: Lots) -> tuple[Page, ...]:
    """These pages in this respondent's order."""
    pages = list(shown)
    for tag in {page.shuffle for page in pages if page.shuffle}:
        places = [place for place, page in enumerate(pages) if page.shuffle == tag]
        drawn = lots.draw([pages[place] for place in places], tag, lambda page: page.id)
        for place, page in zip(places, drawn, strict=True):
            pages[place] = page
    return tuple(pages)


def visible_questions(q: Pages, page: Page, answers: Answers, context: Context) -> tuple[Kind, ...]:
    """The questions to show on this page, in document order."""
    shown, _ = walk(q, answers, context)
    return next((questions for one, questions in shown if one.id == page.id), ())


def prune(q: Pages, answers: Answers, context: Context) -> Answers:
    """Only the answers to what is shown."""
    return walk(q, answers, context)[1]


def walk(
    q: Pages, answers: Answers, context: Context, before: Page | None = None
) -> tuple[list[tuple[Page, tuple[Kind, ...]]], dict[str, Answer]]:
    """Pages and questions shown, and their answers, in document order: hiding cascades."""
    shown: list[tuple[Page, tuple[Kind, ...]]] = []
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


def _keep(question: Kind, answers: Answers, visible: dict[str, Answer], context: Context) -> None:
    answer = answers.get(question.id)
    if answer is not None and question.conditional:
        answer = question.still_offered(answer, visible, context)
    if answer is None:
        return
    words = answers.get(f"{question.id}.other")
    if words and question.other and chosen(question.other, answer):
        visible[f"{question.id}.other"] = words
    visible[question.id] = answer


def chosen(option: Option, answer: Answer) -> bool:
    """Whether this answer holds the option."""
    return option.code == answer or (isinstance(answer, tuple) and option.code in answer)
