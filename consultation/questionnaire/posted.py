"""Fields of a form as they are sent: reading, cleaning, and what is wrong with one of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from consultation.questionnaire.elements import Answer
from consultation.questionnaire.messages import TOO_LONG
from consultation.questionnaire.numerals import show_number
from consultation.words import words

Raw = Mapping[str, Sequence[str]]
"""The fields of a form, as they were sent."""


@dataclass(frozen=True, kw_only=True)
class FieldError:
    """What is wrong with one field of a form, and how to put it right."""

    question: str
    field: str
    message: str


@dataclass(frozen=True)
class Read:
    """One question read from a form."""

    value: Answer | None = None
    other: str = ""
    errors: tuple[FieldError, ...] = ()


def values_in(raw: Raw, name: str) -> list[str]:
    """The distinct values posted under this name; an empty one is no answer."""
    posted = raw.get(name, ())
    distinct = dict.fromkeys([posted] if isinstance(posted, str) else posted)
    return [value for value in distinct if value]


def value_in(raw: Raw, name: str) -> str:
    """The first value posted under this name; '' for none."""
    return next(iter(values_in(raw, name)), "")


def wrong(question: str, name: str, message: str) -> Read:
    """One field in error."""
    return Read(errors=(FieldError(question=question, field=name, message=message),))


def too_long(typed: str, limit: int, language: str) -> str:
    """What is said of a text longer than this limit."""
    most, length = show_number(limit, language), show_number(len(typed), language)
    return words(TOO_LONG, language, most=most, length=length)


def out_of_bounds(low: str, high: str, said: tuple[str, str, str], language: str) -> str:
    """What is said of an answer outside these bounds, one of which is not ''.

    `said` when there are both, the lowest alone, the highest alone.
    """
    both, at_least, at_most = said
    if low and high:
        return words(both, language, low=low, high=high)
    return words(at_least, language, low=low) if low else words(at_most, language, high=high)


def clean_line(text: str) -> str:
    """One line of text, without what cannot be printed."""
    return clean_text(text).replace("\n", " ")


def clean_text(text: str) -> str:
    """The text with LF line ends and without what cannot be printed."""
    return _UNPRINTABLE.sub("", _LINE_ENDS.sub("\n", text).replace("\t", " ")).strip()


_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_UNPRINTABLE = re.compile("[\x00-\x09\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
