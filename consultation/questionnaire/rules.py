"""The rules by which a questionnaire is answered, as data: all that an engine needs, and no more.

`rules_of` gives one JSON document a language: pages and questions in document order, conditions as
trees, what is required, bounds, formats, drawn orders, checks, what is stored, and every word that
is said. What the browsers' engine will read, ours reads: `Rules` is made from the document alone.
A key that is absent is false, 0, nothing or no condition.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from consultation.questionnaire.conditions import Json
from consultation.questionnaire.documents import Document, said
from consultation.questionnaire.kinds import KINDS, Kind
from consultation.questionnaire.lots import DRAWING, Drawing
from consultation.questionnaire.messages import messages
from consultation.questionnaire.model import Check, Page, Pages

FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Rules(Pages):
    """The pages of a questionnaire in one language, and what draws their orders."""

    drawing: Drawing = DRAWING


def rules_of(q: Pages, language: str = "", drawing: Drawing = DRAWING) -> Mapping[str, Json]:
    """The rules in this language, or in the questionnaire's own when nothing is said."""
    language = language or q.lang
    return {
        "format": FORMAT,
        "id": q.id,
        "digest": q.digest,
        "lang": language,
        "drawing": drawing,
        "review": q.review,
        "pages": [_page(page, language) for page in q.pages],
        "words": messages(language),
    }


def read_rules(document: Mapping[str, Json]) -> Rules:
    """The rules that this document says. ValueError or KeyError when it is none of ours."""
    whole = Document(document, str(document["lang"]))
    if whole.whole("format") != FORMAT:
        raise ValueError("an unknown format of rules")
    drawn = whole.word("drawing")
    drawing: Drawing | None = next((known for known in get_args(Drawing) if known == drawn), None)
    if drawing is None:
        raise ValueError(f"an unknown drawing: {drawn}")
    return Rules(
        id=whole.word("id"),
        lang=whole.language,
        digest=whole.word("digest"),
        drawing=drawing,
        review=whole.flag("review"),
        pages=tuple(map(_read_page, whole.parts("pages"))),
    )


def ruled(q: Pages, language: str = "", drawing: Drawing = DRAWING) -> Rules:
    """The rules as whoever receives their document knows them."""
    return read_rules(json.loads(json.dumps(rules_of(q, language, drawing))))


class Rulebook:
    """The rules of a questionnaire in each of its languages, made once."""

    def __init__(self, q: Pages, drawing: Drawing = DRAWING) -> None:
        self._q = q
        self._drawing = drawing
        self._known: dict[str, Rules] = {}

    def of(self, language: str) -> Rules:
        """The rules in this language."""
        if language not in self._known:
            self._known[language] = ruled(self._q, language, self._drawing)
        return self._known[language]


def _page(page: Page, language: str) -> Json:
    return said(
        language,
        id=page.id,
        title=page.title,
        intro=page.intro,
        show_if=page.show_if,
        shuffle=page.shuffle,
        questions=[question.rules(language) for question in page.questions],
        checks=[said(language, warn_if=one.warn_if, message=one.message) for one in page.checks],
    )


def _read_page(page: Document) -> Page:
    return Page(
        id=page.word("id"),
        title=page.needed_text("title"),
        intro=page.text("intro"),
        show_if=page.condition("show_if"),
        shuffle=page.word("shuffle"),
        questions=tuple(map(_read_question, page.parts("questions"))),
        checks=tuple(map(_read_check, page.parts("checks"))),
    )


def _read_question(question: Document) -> Kind:
    return KINDS[question.word("kind")].ruled(question)


def _read_check(check: Document) -> Check:
    return Check(warn_if=check.needed_condition("warn_if"), message=check.needed_text("message"))
