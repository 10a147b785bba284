"""The answers so far as the text a page carries along; what does not fit is dropped on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from consultation.questionnaire.dates import is_date
from consultation.questionnaire.model import (
    OPT_OUT,
    Answer,
    Answers,
    Choice,
    Choices,
    Date,
    LongText,
    Matrix,
    Number,
    Optioned,
    Question,
    Questionnaire,
    Rank,
    Scale,
    ShortText,
)
from consultation.questionnaire.numerals import MAX_DIGITS, canonical
from consultation.questionnaire.posted import (
    clean_line,
    clean_text,
    conflict,
    within,
    within_dates,
)

MAX_JSON = 256 * 1024


def to_json(answers: Answers) -> str:
    """The answers as the text a page carries along."""
    return json.dumps(dict(answers), ensure_ascii=False, separators=(",", ":"))


def from_json(q: Questionnaire, text: str) -> Answers:
    """The answers read back; whatever does not fit the questionnaire is dropped."""
    given = object_in(text)
    answers: dict[str, Answer] = {}
    for name, question in q.by_id.items():
        value = _typed(question, given[name]) if name in given else None
        if value is not None:
            answers[name] = value
        if isinstance(question, Optioned) and question.other:
            words = given.get(f"{name}.other")
            cleaned = clean_line(words) if isinstance(words, str) else ""
            if cleaned and len(cleaned) <= question.other.other:
                answers[f"{name}.other"] = cleaned
    return answers


def object_in(text: str) -> Mapping[str, object]:
    """The JSON object in this text; an empty one for anything else."""
    if len(text) > MAX_JSON:
        return {}
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return given if isinstance(given, dict) else {}


def _typed(question: Question, data: object) -> Answer | None:
    """The answer these data are, if they are one this question accepts."""
    match question, data:
        case Choice(), str():
            return data if data in question.by_code else None
        case Choices(), list():
            return _typed_choices(question, data)
        case Rank(), list():
            codes = tuple(_known(question, data))
            return codes if codes and len(codes) == len(data) <= question.top else None
        case Matrix(), dict():
            return {
                row.id: data[row.id]
                for row in question.rows
                if isinstance(data.get(row.id), str) and data[row.id] in question.by_code
            } or None
        case Scale(), str():
            return OPT_OUT if data == OPT_OUT and question.opt_out else None
        case ((Scale() | Number()), (int() | float())) if not isinstance(data, bool):
            return _typed_number(question, data)
        case Date(), str():
            known = is_date(data, question.precision) and within_dates(question, data)
            return data if known else None
        case ShortText(), str():
            return _short_enough(clean_line(data), question.max_length)
        case LongText(), str():
            return _short_enough(clean_text(data), question.max_length)
    return None


def _typed_choices(question: Choices, data: list[object]) -> tuple[str, ...] | None:
    codes = set(_known(question, data))
    if not codes or len(codes) != len(data):
        return None
    chosen = [option for option in question.options if option.code in codes]
    return None if conflict(question, chosen) else tuple(option.code for option in chosen)


def _known(question: Optioned, data: list[object]) -> Iterator[str]:
    seen: set[str] = set()
    for code in data:
        if isinstance(code, str) and code in question.by_code and code not in seen:
            seen.add(code)
            yield code


def _typed_number(question: Scale | Number, data: float) -> int | float | None:
    if not abs(data) < 10**MAX_DIGITS:  # refuses nan as well
        return None
    value = canonical(data)
    if isinstance(question, Scale):
        whole = isinstance(value, int) and question.start <= value <= question.stop
        return value if whole else None
    exact = round(value, question.decimals) == value
    return value if exact and within(question, value) else None


def _short_enough(words: str, limit: int) -> str | None:
    return words if words and len(words) <= limit else None
