"""Fields of a form become one typed answer, or errors that say how to put them right."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from consultation.questionnaire.conditions import Context
from consultation.questionnaire.dates import PARTS, Part, is_date, shorten, show_date
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

Raw = Mapping[str, Sequence[str]]
"""The fields of a form, as they were sent."""

_NOT_OFFERED = "Cette réponse n’est pas proposée. Choisissez une réponse de la liste."


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
            return _read_scale(question, raw)
        case Rank():
            return _read_rank(question, raw, visible, context)
        case Number():
            return _read_number(question, raw)
        case Date():
            return _read_date(question, raw)
        case ShortText():
            return _read_text(question, clean_line(_posted(raw, question.id)), question.max_length)
        case LongText():
            return _read_text(question, clean_text(_posted(raw, question.id)), question.max_length)
    return Read()


def _read_choice(question: Choice, raw: Raw, visible: Answers, context: Context) -> Read:
    codes = _values(raw, question.id)
    offered = shown_among(question.options, visible, context)
    other = next((option for option in offered if option.other), None)
    words = clean_line(_posted(raw, f"{question.id}.other")) if other else ""
    if other and words and not codes:
        codes = [other.code]  # a precision was typed, its button forgotten: nothing is lost
    if len(codes) > 1:
        return _wrong(question.id, question.id, "Choisissez une seule réponse.")
    if not codes:
        return Read()
    if codes[0] not in {option.code for option in offered}:
        return _wrong(question.id, question.id, _NOT_OFFERED)
    return _with_other(question, codes[0], words if other and codes[0] == other.code else "")


def _read_choices(question: Choices, raw: Raw, visible: Answers, context: Context) -> Read:
    posted = set(_values(raw, question.id))
    offered = shown_among(question.options, visible, context)
    other = next((option for option in offered if option.other), None)
    words = clean_line(_posted(raw, f"{question.id}.other")) if other else ""
    if posted - {option.code for option in offered}:
        return _wrong(question.id, question.id, _NOT_OFFERED)
    chosen = [option for option in offered if option.code in posted]
    if other and words and not any(option.exclusive for option in chosen):
        chosen = [option for option in offered if option.code in posted or option is other]
    if why := conflict(question, chosen, context.language):
        return _wrong(question.id, question.id, why)
    if not chosen:
        return Read()
    codes = tuple(option.code for option in chosen)
    return _with_other(question, codes, words if other in chosen else "")


def conflict(question: Choices, chosen: Sequence[Option], language: str = "") -> str:
    """Why these options cannot be chosen together."""
    alone = next((option for option in chosen if option.exclusive), None)
    if alone and len(chosen) > 1:
        rest = [option for option in chosen if option is not alone]
        second = _quoted(rest[0], language) if len(rest) == 1 else "les autres réponses"
        return f"Choisissez soit {_quoted(alone, language)}, soit {second}."
    if question.max and len(chosen) > question.max:
        return f"Choisissez {_answers(question.max)} au plus : vous en avez choisi {len(chosen)}."
    return ""


def _read_matrix(question: Matrix, raw: Raw, visible: Answers, context: Context) -> Read:
    codes = {option.code for option in shown_among(question.options, visible, context)}
    value: dict[str, str] = {}
    errors: list[FieldError] = []
    for row in shown_among(question.rows, visible, context):
        name = f"{question.id}.{row.id}"
        posted = _values(raw, name)
        if len(posted) > 1:
            errors += _wrong(question.id, name, "Choisissez une seule réponse par ligne.").errors
        elif posted and posted[0] not in codes:
            errors += _wrong(question.id, name, _NOT_OFFERED).errors
        elif posted:
            value[row.id] = posted[0]
    return Read(value or None, errors=tuple(errors))


def _read_scale(question: Scale, raw: Raw) -> Read:
    posted = _values(raw, question.id)
    if len(posted) > 1:
        return _wrong(question.id, question.id, "Choisissez une seule réponse.")
    if not posted:
        return Read()
    if posted[0] == OPT_OUT and question.opt_out:
        return Read(OPT_OUT)
    offered = {str(step): step for step in range(question.start, question.stop + 1)}
    if posted[0] not in offered:
        return _wrong(question.id, question.id, _NOT_OFFERED)
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
            message = f"Indiquez votre choix n° {place}, ou remontez les suivants d’un rang."
        elif code not in offered:
            message = _NOT_OFFERED
        elif code in ranked:
            message = (
                f"{_quoted(offered[code], context.language)} est déjà au rang "
                f"{ranked.index(code) + 1}. Choisissez une autre réponse ou laissez ce rang vide."
            )
        else:
            message = ""
        errors += _wrong(question.id, name, message).errors if message else ()
        ranked.append(code)
    return Read(errors=tuple(errors)) if errors else Read(tuple(ranked) or None)


def _read_number(question: Number, raw: Raw) -> Read:
    posted = clean_line(_posted(raw, question.id))
    if not posted:
        return Read()
    written = read_number(posted)
    message = ""
    if written is None:
        example = "3,5" if question.decimals else "12"
        message = f"Écrivez seulement un nombre en chiffres, par exemple {example}."
    elif written.decimals > question.decimals and not question.decimals:
        message = "Écrivez un nombre entier, sans virgule."
    elif written.decimals > question.decimals:
        plural = "s" if question.decimals > 1 else ""
        message = f"Gardez {in_words(question.decimals)} décimale{plural} au plus."
    elif not within(question, written.value):
        message = _bounds(question)
    if message or written is None:
        return _wrong(question.id, question.id, message)
    return Read(written.value)


def _read_date(question: Date, raw: Raw) -> Read:
    parts = PARTS[question.precision]
    typed = {part: clean_line(_posted(raw, f"{question.id}.{part}")) for part in parts}
    if not any(typed.values()):
        return Read()
    errors = [
        FieldError(question=question.id, field=f"{question.id}.{part}", message=_PART_FAULTS[part])
        for part, number in typed.items()
        if not _PARTS_TYPED[part].fullmatch(number)
    ]
    if errors:
        return Read(errors=tuple(errors))
    written = "-".join(number.zfill(2) for number in reversed(typed.values()))
    message = ""
    if not is_date(written, question.precision):
        message = "Vérifiez le jour : ce mois est plus court."
    elif not within_dates(question, written):
        message = _date_bounds(question)
    if message:
        return _wrong(question.id, f"{question.id}.{parts[0]}", message)
    return Read(written)


def _read_text(question: Question, words: str, limit: int) -> Read:
    if len(words) > limit:
        return _wrong(question.id, question.id, _too_long(words, limit))
    return Read(words or None)


def _with_other(question: Optioned, value: Answer, words: str) -> Read:
    limit = question.other.other if question.other else 0
    if len(words) > limit:
        error = _wrong(question.id, f"{question.id}.other", _too_long(words, limit))
        return Read(value, errors=error.errors)
    return Read(value, other=words)


def lacks(
    question: Question, value: Answer | None, visible: Answers, context: Context
) -> list[FieldError]:
    """What the question requires beyond this value."""
    if isinstance(question, Choices) and isinstance(value, tuple):
        return _too_few(question, value)
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


def _too_few(question: Choices, value: tuple[str, ...]) -> list[FieldError]:
    alone = any(question.by_code[code].exclusive for code in value if code in question.by_code)
    if alone or len(value) >= question.min:
        return []
    message = f"Choisissez au moins {_answers(question.min)}."
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


def _answers(count: int) -> str:
    return f"{in_words(count)} réponse{'s' if count > 1 else ''}"


def _quoted(option: Option, language: str) -> str:
    return f"« {option.label.to(language)} »"


def _too_long(words: str, limit: int) -> str:
    return (
        f"Raccourcissez votre texte : {show_number(limit)} caractères au plus, "
        f"il en compte {show_number(len(words))}."
    )


def _bounds(question: Number) -> str:
    low, high = question.min, question.max
    if low is not None and high is not None:
        return f"Indiquez un nombre entre {show_number(low)} et {show_number(high)}."
    if low is not None:
        return f"Indiquez un nombre au moins égal à {show_number(low)}."
    return f"Indiquez un nombre au plus égal à {show_number(high or 0)}."


def _date_bounds(question: Date) -> str:
    article = "le " if question.precision == "day" else ""
    low, high = (
        bound and article + show_date(shorten(bound, question.precision))
        for bound in (question.min, question.max)
    )
    if low and high:
        return f"Indiquez une date entre {low} et {high}."
    return f"Indiquez {low} ou une date suivante." if low else f"Indiquez {high} ou une date avant."


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
    "day": "Écrivez le jour en chiffres, entre 1 et 31.",
    "month": "Écrivez le mois en chiffres, entre 1 et 12.",
    "year": "Écrivez l’année en quatre chiffres, par exemple 2024.",
}
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_UNPRINTABLE = re.compile("[\x00-\x09\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
