"""A whole questionnaire on one page, for those who approve it or translate it on paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from consultation.questionnaire.languages import name_of
from consultation.questionnaire.model import (
    Choice,
    Choices,
    Date,
    Info,
    LongText,
    Matrix,
    Number,
    Option,
    Optioned,
    Page,
    Question,
    Questionnaire,
    Rank,
    Row,
    Scale,
    ShortText,
)
from consultation.questionnaire.numerals import show_number
from consultation.questionnaire.spelling import EVERYONE, Speller

SHOWN_OF_LONG_LISTS = 5
LONG_LIST = 30

_PRECISIONS: Mapping[str, str] = {"day": "jour", "month": "mois", "year": "année"}


@dataclass(frozen=True, kw_only=True)
class Part:
    """One answer, or one row, and who is offered it; nothing when everyone is."""

    what: Option | Row
    who: str


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One question, how it is answered, who sees it among those who see its page."""

    question: Question
    how: str
    who: str
    rows: tuple[Part, ...]
    parts: tuple[Part, ...]
    more: tuple[Part, ...]  # the end of a long list


@dataclass(frozen=True, kw_only=True)
class SheetPage:
    """One page; each of its checks with when it is asked."""

    page: Page
    who: str
    asked: tuple[Asked, ...]
    checks: tuple[tuple[str, object], ...]


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """Everything in a questionnaire, in one or two languages: their codes and names."""

    q: Questionnaire
    languages: Mapping[str, str]
    pages: tuple[SheetPage, ...]


def sheet_of(q: Questionnaire, language: str = "") -> Sheet:
    """Everything; beside it, this language, or the second one the questionnaire has."""
    others = [one for one in q.languages if one != q.lang]
    beside = [language] if language in others else others[:1]
    speller = Speller(q)
    return Sheet(
        q=q,
        languages={one: name_of(one) for one in (q.lang, *beside)},
        pages=tuple(_page(speller, page) for page in q.pages),
    )


def _page(speller: Speller, page: Page) -> SheetPage:
    return SheetPage(
        page=page,
        who=_who(speller.seen_by(page.show_if)),
        asked=tuple(_asked(speller, question) for question in page.questions),
        checks=tuple((speller.seen_by(one.warn_if), one.message) for one in page.checks),
    )


def _asked(speller: Speller, question: Question) -> Asked:
    options = question.options if isinstance(question, Optioned) else ()
    rows = question.rows if isinstance(question, Matrix) else ()
    parts = _parts(speller, options)
    cut = SHOWN_OF_LONG_LISTS if len(parts) > LONG_LIST else len(parts)
    return Asked(
        question=question,
        how=_how(question),
        who=_who(speller.seen_by(question.show_if)),
        rows=_parts(speller, rows),
        parts=parts[:cut],
        more=parts[cut:],
    )


def _parts(speller: Speller, parts: tuple[Option, ...] | tuple[Row, ...]) -> tuple[Part, ...]:
    return tuple(Part(what=one, who=_who(speller.seen_by(one.show_if))) for one in parts)


def _who(said: str) -> str:
    return "" if said == EVERYONE else said


def _how(question: Question) -> str:
    """How the question is answered, in words."""
    match question:
        case Choice():
            return f"une réponse parmi {len(question.options)}"
        case Choices():
            most = f", {question.max} au plus" if question.max else ""
            return f"plusieurs réponses parmi {len(question.options)}{most}"
        case Matrix():
            return f"une réponse par ligne, {len(question.rows)} lignes"
        case Scale():
            return f"une note de {question.start} à {question.stop}"
        case Rank():
            return f"un classement : {question.top} réponses au plus"
        case Date():
            return f"une date ({_PRECISIONS[question.precision]})"
        case _:
            return _how_written(question)


def _how_written(question: Question) -> str:
    match question:
        case Number(min=low, max=high):
            least = "" if low is None else f", au moins {show_number(low)}"
            most = "" if high is None else f", au plus {show_number(high)}"
            return f"un nombre{least}{most}"
        case ShortText() | LongText():
            return f"un texte libre, {question.max_length} caractères au plus"
        case Info():
            return "un texte à lire"
        case _:
            return ""
