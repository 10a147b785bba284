"""The answers as they will be stored, for their author to read again before sending them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from consultation.ballots.fields import Shown
from consultation.questionnaire.dates import show_date
from consultation.questionnaire.model import (
    OPT_OUT,
    Answer,
    Choice,
    Date,
    Matrix,
    Number,
    Optioned,
    Page,
    Question,
    Rank,
    Scale,
)
from consultation.questionnaire.numerals import show_number
from consultation.words import words

GENERALISED = "Seul ce niveau sera enregistré."
COLON = "\N{NO-BREAK SPACE}:"


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
        values=() if answer is None else tuple(_values(question, answer, shown)),
        note=_own(GENERALISED, shown) if isinstance(question, Choice) and question.store else "",
    )


def _own(french: str, shown: Shown) -> str:
    """What the page says of itself, in the agent's language."""
    return words(french, shown.context.language)


def _values(question: Question, answer: Answer, shown: Shown) -> Iterator[str]:
    match question, answer:
        case Choice(store=store), str() if store:
            yield shown.words(question.stored_labels[question.stored[answer]])
        case Rank(), tuple():
            yield from (f"{n}. {_label(question, code, shown)}" for n, code in enumerate(answer, 1))
        case Matrix(), Mapping():
            for row in question.rows:
                if row.id in answer:
                    value = _label(question, answer[row.id], shown)
                    yield f"{shown.words(row.label)}{_own(COLON, shown)} {value}"
        case Optioned(), str():
            yield _label(question, answer, shown)
        case Optioned(), tuple():
            yield from (_label(question, code, shown) for code in answer)
        case _:
            yield _plain(question, answer, shown)


def _label(question: Optioned, code: str, shown: Shown) -> str:
    option = question.by_code[code]
    typed = shown.visible.get(f"{question.id}.other") if option.other else None
    label = shown.words(option.label)
    return f"{label}{_own(COLON, shown)} {typed}" if isinstance(typed, str) else label


def _plain(question: Question, answer: Answer, shown: Shown) -> str:
    match question, answer:
        case Scale(opt_out=opt_out), str() if answer == OPT_OUT:
            return shown.words(opt_out)
        case Number(unit=unit), (int() | float()) if unit:
            return f"{show_number(answer, shown.context.language)} {shown.words(unit)}"
        case Date(), str():
            return show_date(answer, shown.context.language)
        case _, (int() | float()):
            return show_number(answer, shown.context.language)
        case _:
            return str(answer)
