"""The columns of each question, and how an answer fills them.

An answer becomes the number of a code that the questionnaire knows, or a number of its own, so that
no ballot can write anything else in a table.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from consultation.questionnaire.dates import Precision, is_date, shorten
from consultation.questionnaire.model import (
    OPT_OUT,
    Choice,
    Choices,
    Date,
    LongText,
    Matrix,
    Number,
    Option,
    Question,
    Rank,
    Scale,
    ShortText,
    Text,
)
from consultation.results.bands import Band, bands_of, number_of

UNANSWERED = ""
CHOSEN, NOT_CHOSEN = "1", "0"
YES_NO = {CHOSEN: "Oui", NOT_CHOSEN: "Non"}

_MARKUP = re.compile(r"</?(?:strong|em|a)\b[^<>]*>|\{[^{}|]*\|?([^{}]*)\}")

NO_ANSWER = -1

# A list in a file cannot say « apart ».
_PASSES = re.compile(r"ne (?:souhaite )?pas répondre|ne se prononce pas|prefer not to", re.I)
_MEASURES: Mapping[type[Question], Measure] = {
    Scale: "scale",
    Number: "scale",
    Date: "scale",
    Matrix: "ordinal",
}

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


def block_of(question: Question) -> Block | None:
    """The columns of this question; None when it is not a closed one."""
    columns = tuple(_columns(question))
    if not columns:
        return None
    return Block(
        columns=columns,
        answers=_answers(question),
        fill=_filler(question),
        write=_writer(question),
        sensitive=question.sensitive,
        profile=question.profile,
        apart=frozenset(_apart(question)),
    )


def open_texts(question: Question) -> Iterator[OpenText]:
    """The free texts of this question."""
    match question:
        case ShortText() | LongText():
            yield OpenText(name=question.id, answer=question.id, title=words(question.text))
        case Choice() | Choices():
            for option in question.options:
                if option.other:
                    name = f"{question.id}__{option.code}_texte"
                    title = f"{words(question.text)} – {words(option.label)}"
                    yield OpenText(name=name, answer=f"{question.id}.other", title=title)


def words(text: Text) -> str:
    """The text without its tags, quoting no answer."""
    return _MARKUP.sub(r"\1", str(text))


def values_of(question: Question) -> dict[str, str]:
    """The codes a cell of this question may hold and their labels; none for a number."""
    match question:
        case Choice():
            return {code: words(label) for code, label in question.stored_labels.items() if code}
        case Matrix() | Rank():
            return {option.code: words(option.label) for option in question.options}
        case Scale():
            steps = {str(step): str(step) for step in range(question.start, question.stop + 1)}
            return steps | ({OPT_OUT: words(question.opt_out)} if question.opt_out else {})
    return {}


def _apart(question: Question) -> Iterator[str]:
    match question:
        case Choice() | Matrix():
            yield from (option.code for option in question.options if option.apart)
        case Scale():
            yield OPT_OUT


def _columns(question: Question) -> Iterator[Column]:
    values = values_of(question)
    match question:
        case Choice() | Scale() | Number() | Date():
            yield _column(question, "", "", values)
        case Choices():
            for option in question.options:
                yield _column(question, f"__{option.code}", words(option.label), YES_NO)
        case Matrix():
            for row in question.rows:
                yield _column(question, f"__{row.id}", words(row.label), values)
        case Rank():
            for place in range(1, question.top + 1):
                yield _column(question, f"__rang{place}", f"rang {place}", values)


def _column(question: Question, suffix: str, part: str, values: Mapping[str, str]) -> Column:
    return Column(
        name=f"{question.id}{suffix}",
        question=question.id,
        title=f"{words(question.text)} – {part}" if part else words(question.text),
        kind=type(question).__name__.lower(),
        values=values,
        bands=bands_of(question) if isinstance(question, Number | Date) else (),
        missing=frozenset(_missing(question)),
        measure=_MEASURES.get(type(question), "nominal"),
        decimals=question.decimals if isinstance(question, Number) else 0,
    )


def _answers(question: Question) -> Callable[[object], Sequence[bool]]:
    """Where an answer is one, read without its codes: what `_filler` must not lose."""
    match question:
        case Choices():
            size = len(question.options)
            return lambda answer: (bool(answer),) * size
        case Matrix():
            rows = tuple(row.id for row in question.rows)
            return lambda answer: tuple(
                isinstance(answer, Mapping) and answer.get(row) not in (None, "") for row in rows
            )
        case Rank():
            places = range(question.top)
            return lambda answer: tuple(
                isinstance(answer, list | tuple) and place < len(answer) for place in places
            )
    return lambda answer: (True,)


def _missing(question: Question) -> Iterator[str]:
    """The codes behind which nobody says anything."""
    match question:
        case Choice():
            said = {question.stored[one.code] for one in question.options if not _silent(one)}
            yield from (code for code in question.stored.values() if code not in said)
        case Matrix():
            yield from (one.code for one in question.options if _silent(one))
        case Scale():
            yield OPT_OUT


def _silent(option: Option) -> bool:
    return option.apart or bool(_PASSES.search(str(option.label)))


def _filler(question: Question) -> Callable[[object], Codes]:
    match question:
        case Choices():
            return _flags(tuple(option.code for option in question.options))
        case Matrix():
            return _lines(tuple(row.id for row in question.rows), _numbered(question))
        case Rank():
            return _places(question.top, _numbered(question))
        case Number() | Date():
            return _banded(bands_of(question), _writer(question))
    return _code(_numbered(question))


def _numbered(question: Question) -> Mapping[str, int]:
    return {code: number for number, code in enumerate(values_of(question))}


def _code(known: Mapping[str, int]) -> Callable[[object], Codes]:
    return lambda answer: (known.get(str(answer), NO_ANSWER),)


def _banded(bands: Sequence[Band], write: Callable[[object], str]) -> Callable[[object], Codes]:
    def fill(answer: object) -> Codes:
        written = write(answer)
        return (number_of(bands, float(written)) if written else NO_ANSWER,)

    return fill


def _writer(question: Question) -> Callable[[object], str]:
    return _year(question.precision) if isinstance(question, Date) else _number


def _year(precision: Precision) -> Callable[[object], str]:
    """The year of a date and no more: the day someone arrived is known to all their colleagues."""

    def write(answer: object) -> str:
        known = isinstance(answer, str) and is_date(answer, precision)
        return shorten(str(answer), "year") if known else UNANSWERED

    return write


def _number(answer: object) -> str:
    match answer:
        case bool():
            return UNANSWERED
        case int():
            return str(answer)
        case float() if math.isfinite(answer):
            return str(int(answer)) if answer.is_integer() else format(answer, ".12g")
    return UNANSWERED


def _flags(codes: tuple[str, ...]) -> Callable[[object], Codes]:
    chosen, not_chosen = (list(YES_NO).index(code) for code in (CHOSEN, NOT_CHOSEN))

    def fill(answer: object) -> Codes:
        if not isinstance(answer, list | tuple) or not answer:
            return (NO_ANSWER,) * len(codes)
        return [chosen if code in answer else not_chosen for code in codes]

    return fill


def _lines(rows: tuple[str, ...], known: Mapping[str, int]) -> Callable[[object], Codes]:
    def fill(answer: object) -> Codes:
        given = answer if isinstance(answer, Mapping) else {}
        return [known.get(str(given.get(row, "")), NO_ANSWER) for row in rows]

    return fill


def _places(top: int, known: Mapping[str, int]) -> Callable[[object], Codes]:
    def fill(answer: object) -> Codes:
        ranked = answer if isinstance(answer, list | tuple) else ()
        codes = [known[code] for code in map(str, ranked) if code in known][:top]
        return [*codes, *[NO_ANSWER] * (top - len(codes))]

    return fill
