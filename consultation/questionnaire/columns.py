"""The columns of each question in the files of results, and how an answer fills them.

An answer becomes the number of a code that the questionnaire knows, or a number of its own, so that
no ballot can write anything else in a table.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from consultation.questionnaire.bands import Band, number_of
from consultation.questionnaire.elements import Option, Text

UNANSWERED = ""
CHOSEN, NOT_CHOSEN = "1", "0"
YES_NO = {CHOSEN: "Oui", NOT_CHOSEN: "Non"}

_MARKUP = re.compile(r"</?(?:strong|em|a)\b[^<>]*>|\{[^{}|]*\|?([^{}]*)\}")

NO_ANSWER = -1

# A list in a file cannot say « apart ».
_PASSES = re.compile(r"ne (?:souhaite )?pas répondre|ne se prononce pas|prefer not to", re.I)
Answered = Mapping[str, object]
Measure = Literal["nominal", "ordinal", "scale"]
Codes = Sequence[int]
"""Numbers of codes, in the order of the column's; NO_ANSWER for none."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of the microdata file: its stable name, its title and what its cells mean."""

    name: str
    question: str
    title: str
    kind: str
    called: str  # its kind, for the codebook
    values: Mapping[str, str]  # code: label; none for a number
    bands: tuple[Band, ...] = ()  # of a number
    missing: frozenset[str] = frozenset()  # codes that are no answer for statistics
    measure: Measure = "nominal"
    decimals: int = 0  # of a number

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """What is counted: the codes, or the bands of a number, and their labels."""
        return self.values or {band.code: band.label for band in self.bands}

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """What each number of a code means."""
        return tuple(self.labels)

    def shown(self, *, labels: bool) -> Collection[str]:
        """What is written for each code: itself, or its label."""
        return self.values.values() if labels else self.values.keys()


@dataclass(frozen=True, kw_only=True)
class Block:
    """The columns of one question, and how an answer fills them."""

    columns: tuple[Column, ...]
    answers: Callable[[object], Sequence[bool]]  # in which columns this answers, known or not
    fill: Callable[[object], Codes]
    write: Callable[[object], str]  # a number or the year of a date, as in a file
    sensitive: bool = False
    profile: bool = False
    apart: frozenset[str] = frozenset()  # codes that are shown beside a scale, like « sans avis »

    def coded(self, answers: Answered) -> Codes:
        """The number of the code in each column."""
        answer = answers.get(self.question)
        return self.blank if answer is None else self.fill(answer)

    def given(self, answers: Answered) -> Sequence[bool]:
        """Whether each column was answered, before anything is made of the answer."""
        answer = answers.get(self.question)
        return self._nowhere if answer in (None, "") else self.answers(answer)

    @cached_property
    def question(self) -> str:
        """The question asked."""
        return self.columns[0].question

    @cached_property
    def blank(self) -> Codes:
        """The codes of someone who did not answer."""
        return (NO_ANSWER,) * len(self.columns)

    @cached_property
    def _nowhere(self) -> Sequence[bool]:
        return (False,) * len(self.columns)

    @cached_property
    def numeric(self) -> bool:
        """Whether the answer is a number, coded by its band."""
        return bool(self.columns[0].bands)

    def number(self, answers: Answered) -> str:
        """The number answered, as it is written in a file; empty when there is none."""
        return self.write(answers.get(self.question))


@dataclass(frozen=True, kw_only=True)
class OpenText:
    """A question, or the « other » of a question, answered in the agent's own words."""

    name: str  # of the file
    answer: str  # where the text is among the answers
    title: str


def words(text: Text) -> str:
    """The text without its tags, quoting no answer."""
    return _MARKUP.sub(r"\1", str(text))


def is_silent(option: Option) -> bool:
    """Whether nobody says anything by choosing it."""
    return option.apart or bool(_PASSES.search(str(option.label)))


def code_filler(values: Mapping[str, str]) -> Callable[[object], Codes]:
    """What fills one column with the number of the code answered."""
    known = numbered(values)
    return lambda answer: (known.get(str(answer), NO_ANSWER),)


def band_filler(bands: Sequence[Band], write: Callable[[object], str]) -> Callable[[object], Codes]:
    """What fills one column with the number of the band of what `write` makes of an answer."""

    def fill(answer: object) -> Codes:
        written = write(answer)
        return (number_of(bands, float(written)) if written else NO_ANSWER,)

    return fill


def numbered(values: Mapping[str, str]) -> Mapping[str, int]:
    """The number of each code."""
    return {code: number for number, code in enumerate(values)}


def write_number(answer: object) -> str:
    """The number as it is written in a file; '' for what is none."""
    match answer:
        case bool():
            return UNANSWERED
        case int():
            return str(answer)
        case float() if math.isfinite(answer):
            return str(int(answer)) if answer.is_integer() else format(answer, ".12g")
    return UNANSWERED
