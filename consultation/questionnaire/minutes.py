"""How long a questionnaire takes: reading, then answering, question by question.

An order of magnitude, from usual reading speeds and times for each kind of control; it tells an
announcement that is not true, not how fast someone is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from consultation.questionnaire.model import (
    Choice,
    Choices,
    Info,
    LongText,
    Matrix,
    Option,
    Optioned,
    Question,
    Questionnaire,
    Rank,
    Text,
)

WORDS_PER_SECOND = 238 / 60  # silent reading, Brysbaert 2019
A_CHOICE, A_LONG_LIST, A_BOX, A_ROW, A_PLACE, AN_ENTRY = 3.0, 8.0, 1.0, 4.0, 5.0, 6.0  # seconds
A_TEXT = 60.0

_WORD = re.compile(r"\w+")


def seconds(question: Question, *, answered: bool = True) -> float:
    """The time to read this question and, when it is answered, to answer it."""
    options: Iterable[Option] = ()
    if isinstance(question, Optioned) and not (isinstance(question, Choice) and question.search):
        options = question.options
    rows = question.rows if isinstance(question, Matrix) else ()
    read = (
        *(question.text, question.hint),
        *(option.label for option in options),
        *(row.label for row in rows),
    )
    return reading(read) + (_answering(question) if answered else 0.0)


def reading(texts: Iterable[Text | None]) -> float:
    """The time to read these texts, in seconds."""
    words = sum(len(_WORD.findall(str(text))) for text in texts if text)
    return words / WORDS_PER_SECOND


def least_minutes(q: Questionnaire) -> float:
    """The time of what everyone is asked, for those who write no more than they must."""
    total = reading((q.intro,))
    for page in q.pages:
        if page.show_if is None:
            total += reading((page.title, page.intro))
            total += sum(
                seconds(one, answered=not isinstance(one, LongText) or one.required is not None)
                for one in page.questions
                if one.show_if is None
            )
    return total / 60


def _answering(question: Question) -> float:
    match question:
        case Choice(search=search):
            return A_LONG_LIST if search else A_CHOICE
        case Choices(options=options):
            return A_CHOICE + A_BOX * len(options)
        case Matrix(rows=rows):
            return A_ROW * len(rows)
        case Rank(top=top):
            return A_PLACE * top
        case LongText():
            return A_TEXT
        case Info():
            return 0.0
    return AN_ENTRY
