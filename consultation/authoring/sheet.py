"""A whole questionnaire on one page, for those who approve it or translate it on paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from consultation.questionnaire.elements import Option, Row
from consultation.questionnaire.kinds import (
    Question,
)
from consultation.questionnaire.languages import name_of
from consultation.questionnaire.model import Page, Questionnaire
from consultation.questionnaire.spelling import EVERYONE, Speller

SHOWN_OF_LONG_LISTS = 5
LONG_LIST = 30


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
    parts = _parts(speller, question.options)
    cut = SHOWN_OF_LONG_LISTS if len(parts) > LONG_LIST else len(parts)
    return Asked(
        question=question,
        how=question.how(),
        who=_who(speller.seen_by(question.show_if)),
        rows=_parts(speller, question.rows),
        parts=parts[:cut],
        more=parts[cut:],
    )


def _parts(speller: Speller, parts: tuple[Option, ...] | tuple[Row, ...]) -> tuple[Part, ...]:
    return tuple(Part(what=one, who=_who(speller.seen_by(one.show_if))) for one in parts)


def _who(said: str) -> str:
    return "" if said == EVERYONE else said
