"""How long a questionnaire takes: reading, then answering, question by question.

An order of magnitude, from usual reading speeds and times for each kind of control; it tells an
announcement that is not true, not how fast someone is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from consultation.questionnaire.elements import Text
from consultation.questionnaire.kinds import (
    Question,
)
from consultation.questionnaire.model import Questionnaire

WORDS_PER_SECOND = 238 / 60  # silent reading, Brysbaert 2019

_WORD = re.compile(r"\w+")


def seconds(question: Question, *, answered: bool = True) -> float:
    """The time to read this question and, when it is answered, to answer it."""
    read = (
        *(question.text, question.hint),
        *(option.label for option in question.read_through),
        *(row.label for row in question.rows),
    )
    return reading(read) + (question.seconds() if answered else 0.0)


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
                seconds(one, answered=one.writing != "lines" or one.required is not None)
                for one in page.questions
                if one.show_if is None
            )
    return total / 60
