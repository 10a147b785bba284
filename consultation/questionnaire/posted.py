"""Fields of a form become one typed answer, or errors that say how to put them right."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from consultation.questionnaire.conditions import Context
from consultation.questionnaire.dates import PARTS, Part, is_date, shorten, show_date
from consultation.questionnaire.messages import (
    ANSWER,
    ANSWERS,
    AT_LEAST,
    AT_MOST,
    BETWEEN,
    DATE_BETWEEN,
    DECIMALS,
    EITHER,
    GAP,
    NOT_A_DAY,
    NOT_A_MONTH,
    NOT_A_NUMBER,
    NOT_A_YEAR,
    NOT_AFTER,
    NOT_BEFORE,
    NOT_OFFERED,
    NOT_WHOLE,
    ONE_ANSWER,
    ONE_DECIMAL,
    ONE_PER_ROW,
    QUOTED,
    RANKED,
    SHORTER_MONTH,
    THE_DAY,
    THE_OTHERS,
    TOO_FEW,
    TOO_LONG,
    TOO_MANY,
)
from consultation.questionnaire.model import (
    OPT_OUT,
    Answer,
    Answers,
    Choice,
    Choices,
    Date,
    Info,
    LongText,
    Matrix,
    Number,
    Option,
    Optioned,
    Question,
    Rank,
    Scale,
    ShortText,
)
from consultation.questionnaire.numerals import in_words, read_number, show_number
from consultation.questionnaire.visibility import shown_among
from consultation.words import plural, words

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


def read_question(question: Question, raw: Raw, visible: Answers, context: Context) -> Read:
    """The answer to one visible question; `visible` are the answers before it."""
    match question:
        case Choice():
            return _read_choice(question, raw, visible, context)
        case Choices():
            return _read_choices(question, raw, visible, context)
        case Matrix():
            return _read_matrix(question, raw, visible, context)
        case Scale():
            return _read_scale(question, raw, context.language)
        case Rank():
            return _read_rank(question, raw, visible, context)
        case Number():
            return _read_number(question, raw, context.language)
        case Date():
            return _read_date(question, raw, context.language)
        case ShortText():
            return _read_text(question, clean_line(_posted(raw, question.id)), context.language)
        case LongText():
            return _read_text(question, clean_text(_posted(raw, question.id)), context.language)
    return Read()


def _read_choice(question: Choice, raw: Raw, visible: Answers, context: Context) -> Read:
    codes = _values(raw, question.id)
    offered = shown_among(question.options, visible, context)
    other = next((option for option in offered if option.other), None)
    typed = clean_line(_posted(raw, f"{question.id}.other")) if other else ""
    if other and typed and not codes:
        codes = [other.code]  # a precision was typed, its button forgotten: nothing is lost
    if len(codes) > 1:
        return _wrong(question.id, question.id, words(ONE_ANSWER, context.language))
    if not codes:
        return Read()
    if codes[0] not in {option.code for option in offered}:
        return _wrong(question.id, question.id, words(NOT_OFFERED, context.language))
    said = typed if other and codes[0] == other.code else ""
    return _with_other(question, codes[0], said, context.language)


def _read_choices(question: Choices, raw: Raw, visible: Answers, context: Context) -> Read:
    posted = set(_values(raw, question.id))
    offered = shown_among(question.options, visible, context)
    other = next((option for option in offered if option.other), None)
    typed = clean_line(_posted(raw, f"{question.id}.other")) if other else ""
    if posted - {option.code for option in offered}:
        return _wrong(question.id, question.id, words(NOT_OFFERED, context.language))
    chosen = [option for option in offered if option.code in posted]
    if other and typed and not any(option.exclusive for option in chosen):
        chosen = [option for option in offered if option.code in posted or option is other]
    if why := conflict(question, chosen, context.language):
        return _wrong(question.id, question.id, why)
    if not chosen:
        return Read()
    codes = tuple(option.code for option in chosen)
    return _with_other(question, codes, typed if other in chosen else "", context.language)


def conflict(question: Choices, chosen: Sequence[Option], language: str = "") -> str:
    """Why these options cannot be chosen together."""
    alone = next((option for option in chosen if option.exclusive), None)
    if alone and len(chosen) > 1:
        rest = [option for option in chosen if option is not alone]
        others = words(THE_OTHERS, language)
        second = _quoted(rest[0], language) if len(rest) == 1 else others
        return words(EITHER, language, one=_quoted(alone, language), other=second)
    if question.max and len(chosen) > question.max:
        most = _answers(question.max, language)
        return words(TOO_MANY, language, most=most, count=len(chosen))
    return ""


def _read_matrix(question: Matrix, raw: Raw, visible: Answers, context: Context) -> Read:
    codes = {option.code for option in shown_among(question.options, visible, context)}
    value: dict[str, str] = {}
    errors: list[FieldError] = []
    for row in shown_among(question.rows, visible, context):
        name = f"{question.id}.{row.id}"
        posted = _values(raw, name)
        if len(posted) > 1:
            errors += _wrong(question.id, name, words(ONE_PER_ROW, context.language)).errors
        elif posted and posted[0] not in codes:
            errors += _wrong(question.id, name, words(NOT_OFFERED, context.language)).errors
        elif posted:
            value[row.id] = posted[0]
    return Read(value or None, errors=tuple(errors))


def _read_scale(question: Scale, raw: Raw, language: str) -> Read:
    posted = _values(raw, question.id)
    if len(posted) > 1:
        return _wrong(question.id, question.id, words(ONE_ANSWER, language))
    if not posted:
        return Read()
    if posted[0] == OPT_OUT and question.opt_out:
        return Read(OPT_OUT)
    offered = {str(step): step for step in range(question.start, question.stop + 1)}
    if posted[0] not in offered:
        return _wrong(question.id, question.id, words(NOT_OFFERED, language))
    return Read(offered[posted[0]])


def _read_rank(question: Rank, raw: Raw, visible: Answers, context: Context) -> Read:
    offered = {option.code: option for option in shown_among(question.options, visible, context)}
    places = range(1, min(question.top, len(offered)) + 1)
    given = {place: _posted(raw, f"{question.id}.{place}") for place in places}
    last = max((place for place, code in given.items() if code), default=0)
    errors: list[FieldError] = []
    ranked: list[str] = []
    for place in range(1, last + 1):
        code, name = given[place], f"{question.id}.{place}"
        if not code:
            message = words(GAP, context.language, place=place)
        elif code not in offered:
            message = words(NOT_OFFERED, context.language)
        elif code in ranked:
            quoted, rank = _quoted(offered[code], context.language), ranked.index(code) + 1
            message = words(RANKED, context.language, option=quoted, rank=rank)
        else:
            message = ""
        errors += _wrong(question.id, name, message).errors if message else ()
        ranked.append(code)
    return Read(errors=tuple(errors)) if errors else Read(tuple(ranked) or None)


def _read_number(question: Number, raw: Raw, language: str) -> Read:
    posted = clean_line(_posted(raw, question.id))
    if not posted:
        return Read()
    written = read_number(posted)
    message = ""
    if written is None:
        example = show_number(3.5, language) if question.decimals else "12"
        message = words(NOT_A_NUMBER, language, example=example)
    elif written.decimals > question.decimals and not question.decimals:
        message = words(NOT_WHOLE, language)
    elif written.decimals > question.decimals:
        said = DECIMALS if question.decimals > 1 else ONE_DECIMAL
        message = words(said, language, count=in_words(question.decimals, language))
    elif not within(question, written.value):
        message = _bounds(question, language)
    if message or written is None:
        return _wrong(question.id, question.id, message)
    return Read(written.value)


def _read_date(question: Date, raw: Raw, language: str) -> Read:
    parts = PARTS[question.precision]
    typed = {part: clean_line(_posted(raw, f"{question.id}.{part}")) for part in parts}
    if not any(typed.values()):
        return Read()
    errors = [
        FieldError(
            question=question.id,
            field=f"{question.id}.{part}",
            message=words(_PART_FAULTS[part], language),
        )
        for part, number in typed.items()
        if not _PARTS_TYPED[part].fullmatch(number)
    ]
    if errors:
        return Read(errors=tuple(errors))
    written = "-".join(number.zfill(2) for number in reversed(typed.values()))
    message = ""
    if not is_date(written, question.precision):
        message = words(SHORTER_MONTH, language)
    elif not within_dates(question, written):
        message = _date_bounds(question, language)
    if message:
        return _wrong(question.id, f"{question.id}.{parts[0]}", message)
    return Read(written)


def _read_text(question: ShortText | LongText, typed: str, language: str) -> Read:
    if len(typed) > question.max_length:
        return _wrong(question.id, question.id, _too_long(typed, question.max_length, language))
    return Read(typed or None)


def _with_other(question: Optioned, value: Answer, typed: str, language: str) -> Read:
    limit = question.other.other if question.other else 0
    if len(typed) > limit:
        error = _wrong(question.id, f"{question.id}.other", _too_long(typed, limit, language))
        return Read(value, errors=error.errors)
    return Read(value, other=typed)


def lacks(
    question: Question, value: Answer | None, visible: Answers, context: Context
) -> list[FieldError]:
    """What the question requires beyond this value."""
    if isinstance(question, Choices) and isinstance(value, tuple):
        return _too_few(question, value, context.language)
    if question.required is None or isinstance(question, Info):
        return []
    message = question.required.to(context.language)
    if isinstance(question, Matrix):
        given = value if isinstance(value, Mapping) else {}
        return [
            FieldError(question=question.id, field=f"{question.id}.{row.id}", message=message)
            for row in shown_among(question.rows, visible, context)
            if row.id not in given
        ]
    if value is not None:
        return []
    name = f"{question.id}{_first_part(question)}"
    return [FieldError(question=question.id, field=name, message=message)]


def _first_part(question: Question) -> str:
    """What its first field has after the question's name."""
    match question:
        case Rank():
            return ".1"
        case Date():
            return f".{PARTS[question.precision][0]}"
    return ""


def _too_few(question: Choices, value: tuple[str, ...], language: str) -> list[FieldError]:
    alone = any(question.by_code[code].exclusive for code in value if code in question.by_code)
    if alone or len(value) >= question.min:
        return []
    message = words(TOO_FEW, language, least=_answers(question.min, language))
    return [FieldError(question=question.id, field=question.id, message=message)]


def _values(raw: Raw, name: str) -> list[str]:
    """The distinct values posted under this name; an empty one is no answer."""
    posted = raw.get(name, ())
    distinct = dict.fromkeys([posted] if isinstance(posted, str) else posted)
    return [value for value in distinct if value]


def _posted(raw: Raw, name: str) -> str:
    return next(iter(_values(raw, name)), "")


def _wrong(question: str, name: str, message: str) -> Read:
    return Read(errors=(FieldError(question=question, field=name, message=message),))


def _answers(count: int, language: str) -> str:
    noun = plural(count, ANSWER, ANSWERS, language)
    return f"{in_words(count, language)} {noun}"


def _quoted(option: Option, language: str) -> str:
    return words(QUOTED, language, label=option.label.to(language))


def _too_long(typed: str, limit: int, language: str) -> str:
    most, length = show_number(limit, language), show_number(len(typed), language)
    return words(TOO_LONG, language, most=most, length=length)


def _bounds(question: Number, language: str) -> str:
    low, high = (
        "" if bound is None else show_number(bound, language)
        for bound in (question.min, question.max)
    )
    if low and high:
        return words(BETWEEN, language, low=low, high=high)
    if low:
        return words(AT_LEAST, language, low=low)
    return words(AT_MOST, language, high=high)


def _date_bounds(question: Date, language: str) -> str:
    article = words(THE_DAY, language) if question.precision == "day" else ""
    low, high = (
        bound and article + show_date(shorten(bound, question.precision), language)
        for bound in (question.min, question.max)
    )
    if low and high:
        return words(DATE_BETWEEN, language, low=low, high=high)
    if low:
        return words(NOT_BEFORE, language, low=low)
    return words(NOT_AFTER, language, high=high)


def within_dates(question: Date, written: str) -> bool:
    """Whether the date is one of those the question admits."""
    low, high = (shorten(bound, question.precision) for bound in (question.min, question.max))
    return low <= written and (not high or written <= high)


def within(question: Number, value: float) -> bool:
    return (question.min is None or value >= question.min) and (
        question.max is None or value <= question.max
    )


def clean_line(text: str) -> str:
    """One line of text, without what cannot be printed."""
    return clean_text(text).replace("\n", " ")


def clean_text(text: str) -> str:
    """The text with LF line ends and without what cannot be printed."""
    return _UNPRINTABLE.sub("", _LINE_ENDS.sub("\n", text).replace("\t", " ")).strip()


_PARTS_TYPED: Mapping[Part, re.Pattern[str]] = {
    "day": re.compile("0?[1-9]|[12][0-9]|3[01]"),
    "month": re.compile("0?[1-9]|1[0-2]"),
    "year": re.compile("(?:19|20)[0-9]{2}"),
}
_PART_FAULTS: Mapping[Part, str] = {
    "day": NOT_A_DAY,
    "month": NOT_A_MONTH,
    "year": NOT_A_YEAR,
}
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_UNPRINTABLE = re.compile("[\x00-\x09\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
