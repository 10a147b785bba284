"""What a page shows: fields ready to render, from the questionnaire and what was typed so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from consultation.questionnaire.answers import FieldError, visible_options, visible_rows
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.dates import PARTS, Part, parts_of
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
    Option,
    Optioned,
    Question,
    Questionnaire,
    Rank,
    Row,
    Scale,
    ShortText,
    Text,
)
from consultation.questionnaire.numerals import show_number
from consultation.questionnaire.texts import render
from consultation.words import words

Typed = Mapping[str, Sequence[str]]
"""The fields of a form as they were sent, by name."""

UNDO = "Ne pas répondre à cette question"


@dataclass(frozen=True, kw_only=True)
class OtherField:
    """The free text that follows an « other » option."""

    name: str
    id: str
    value: str
    max: int


@dataclass(frozen=True, kw_only=True)
class FieldOption:
    """One radio button, box or line of a list."""

    value: str
    label: str
    id: str
    hint: str = ""
    checked: bool = False
    other: OtherField | None = None
    exclusive: bool = False
    apart: bool = False
    group: str = ""


@dataclass(frozen=True, kw_only=True)
class FieldRow:
    """One line of a matrix."""

    id: str
    name: str
    label: str
    options: tuple[FieldOption, ...]
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class FieldRank:
    """One place of a ranking, filled from the field's options."""

    id: str
    name: str
    number: int
    value: str


@dataclass(frozen=True, kw_only=True)
class FieldPart:
    """The day, the month or the year of a date."""

    id: str
    name: str
    part: Part
    value: str
    faulty: bool = False


@dataclass(frozen=True, kw_only=True)
class FieldDefinition:
    """A word explained to whoever asks."""

    term: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Field:
    """One question as it is shown."""

    # choice | list | choices | matrix | scale | rank | number | date | text | longtext | info
    kind: str
    id: str
    name: str
    label: str
    hint: str = ""
    required: bool = False
    error: str = ""
    options: tuple[FieldOption, ...] = ()
    rows: tuple[FieldRow, ...] = ()
    value: str = ""
    ranks: tuple[FieldRank, ...] = ()
    parts: tuple[FieldPart, ...] = ()
    definitions: tuple[FieldDefinition, ...] = ()
    ends: tuple[str, str] | None = None
    unit: str = ""
    max_length: int = 0
    inputmode: str = ""
    max: int = 0
    top: int = 0
    first_id: str = ""  # the first control in error, or the first one


@dataclass(frozen=True, kw_only=True)
class Shown:
    """The respondent's side of a page: who, in which order, and the answers visible so far."""

    questionnaire: Questionnaire
    context: Context
    seed: str
    visible: Answers

    def words(self, text: Text | None) -> str:
        """A text of the questionnaire with the answers it quotes."""
        spoken = self.context.language
        return render(text, self.visible, self.questionnaire, spoken) if text else ""


def build(
    question: Question, shown: Shown, typed: Typed, errors: Sequence[FieldError] = ()
) -> Field:
    """The field of this question, holding what was typed and its first error."""
    return _Builder(question, shown, typed, errors).field()


def typed_answers(question: Question, answers: Answers) -> Typed:
    """The answer to this question as a form would send it again."""
    answer = answers.get(question.id)
    typed = dict(_typed(question, answer)) if answer is not None else {}
    other = answers.get(f"{question.id}.other")
    return typed | {f"{question.id}.other": [other]} if isinstance(other, str) else typed


def _typed(question: Question, answer: Answer) -> Typed:
    match answer:
        case Mapping():
            return {f"{question.id}.{row}": [code] for row, code in answer.items()}
        case str() if isinstance(question, Date):
            return {f"{question.id}.{part}": [typed] for part, typed in parts_of(answer).items()}
        case tuple() if isinstance(question, Rank):
            return {f"{question.id}.{n}": [code] for n, code in zip(count(1), answer)}
        case tuple():
            return {question.id: answer}
        case float() | int():
            return {question.id: [_number(answer)]}
        case _:
            return {question.id: [answer]}


def _number(value: float) -> str:
    """As a French keyboard writes it."""
    return (
        show_number(value).replace("\N{NARROW NO-BREAK SPACE}", "").replace("\N{MINUS SIGN}", "-")
    )


class _Builder:
    """Builds one field: what every kind shares, then what is particular to each."""

    def __init__(
        self, question: Question, shown: Shown, typed: Typed, errors: Sequence[FieldError]
    ) -> None:
        self._question = question
        self._id = question.id
        self._shown = shown
        self._typed = typed
        self._errors = {e.field: e.message for e in errors if e.question == question.id}

    def field(self) -> Field:
        """The field, by kind of question."""
        match self._question:
            case Choice(search=True) as choice:
                return replace(self._plain("list"), options=self._options(choice))
            case Choice() as choice:
                return self._grouped("choice", self._with_undo(self._options(choice)))
            case Choices(max=most) as choices:
                return replace(self._grouped("choices", self._options(choices)), max=most)
            case Matrix() as matrix:
                return self._matrix(matrix)
            case Scale() as scale:
                low, high = map(self._words, scale.ends or (None, None))
                ends = (low, high) if scale.ends else None
                steps = self._with_undo(self._steps(scale))
                return replace(self._grouped("scale", steps), ends=ends)
            case Rank() as rank:
                return self._ranking(rank)
            case Date() as date:
                return self._date(date)
            case other:
                return self._entry(other)

    def _entry(self, question: Question) -> Field:
        match question:
            case Number() as number:
                unit, mode = self._words(number.unit), _inputmode(number)
                return replace(self._plain("number"), unit=unit, inputmode=mode)
            case ShortText(max_length=longest):
                return replace(self._plain("text"), max_length=longest)
            case LongText(max_length=longest):
                return replace(self._plain("longtext"), max_length=longest)
            case _:
                return self._plain("info")

    def _plain(self, kind: str) -> Field:
        question = self._question
        return Field(
            kind=kind,
            id=question.id,
            name=question.id,
            label=self._words(question.text),
            hint=self._words(question.hint),
            required=question.required is not None,
            error=next(iter(self._errors.values()), ""),
            value=self._value(question.id),
            first_id=_dom_id(next(iter(self._errors), question.id)),
            definitions=tuple(
                FieldDefinition(term=self._words(one.term), text=self._words(one.text))
                for one in question.definitions
            ),
        )

    def _grouped(self, kind: str, options: tuple[FieldOption, ...]) -> Field:
        """A field whose controls are options: the first of them stands for the field."""
        plain = self._plain(kind)
        first = options[0].id if plain.first_id == plain.id else plain.first_id
        return replace(plain, options=options, first_id=first)

    def _options(self, question: Optioned) -> tuple[FieldOption, ...]:
        shown = self._shown
        options = visible_options(question, shown.visible, shown.context, shown.seed)
        return self._option_fields(options, question.id)

    def _option_fields(self, options: Iterable[Option], name: str) -> tuple[FieldOption, ...]:
        chosen = self._typed.get(name, ())
        return tuple(
            self._option(option, f"{_dom_id(name)}-{number}", option.code in chosen)
            for number, option in enumerate(options, 1)
        )

    def _option(self, option: Option, dom_id: str, checked: bool) -> FieldOption:
        return FieldOption(
            value=option.code,
            label=self._words(option.label),
            id=dom_id,
            hint=self._words(option.hint),
            checked=checked,
            other=self._other(option.other) if option.other else None,
            exclusive=option.exclusive,
            apart=option.apart,
            group=self._words(option.group),
        )

    def _other(self, longest: int) -> OtherField:
        name = f"{self._id}.other"
        return OtherField(name=name, id=f"{self._id}-other", value=self._value(name), max=longest)

    def _steps(self, scale: Scale) -> tuple[FieldOption, ...]:
        steps = [(str(step), str(step), False) for step in range(scale.start, scale.stop + 1)]
        if scale.opt_out:
            steps.append((OPT_OUT, self._words(scale.opt_out), True))
        chosen = self._typed.get(self._id, ())
        return tuple(
            FieldOption(
                value=value,
                label=label,
                id=f"{self._id}-{number}",
                checked=value in chosen,
                apart=apart,
            )
            for number, (value, label, apart) in enumerate(steps, 1)
        )

    def _with_undo(self, options: tuple[FieldOption, ...]) -> tuple[FieldOption, ...]:
        # A radio button cannot be un-ticked: once there is an answer, a way back is offered, unless
        # the author already offers one (« Je préfère ne pas répondre »).
        offered = any(option.apart for option in options)
        if self._question.required or offered or not self._value(self._id):
            return options
        said = words(UNDO, self._shown.context.language)
        undo = FieldOption(value="", label=said, id=f"{self._id}-{len(options) + 1}", apart=True)
        return (*options, undo)

    def _matrix(self, matrix: Matrix) -> Field:
        shown = self._shown
        options = visible_options(matrix, shown.visible, shown.context)
        rows = tuple(
            self._row(f"{matrix.id}.{row.id}", row, options)
            for row in visible_rows(matrix, shown.visible, shown.context)
        )
        faulty = next((row for row in rows if row.error), rows[0])
        return replace(self._plain("matrix"), rows=rows, first_id=faulty.options[0].id)

    def _row(self, name: str, row: Row, options: Iterable[Option]) -> FieldRow:
        return FieldRow(
            id=_dom_id(name),
            name=name,
            label=self._words(row.label),
            error=self._errors.get(name, ""),
            options=self._option_fields(options, name),
        )

    def _ranking(self, rank: Rank) -> Field:
        options = self._options(rank)
        places = range(1, min(rank.top, len(options)) + 1)
        plain = self._plain("rank")
        return replace(
            plain,
            options=options,
            top=rank.top,
            ranks=tuple(self._place(f"{rank.id}.{number}", number) for number in places),
            first_id=f"{rank.id}-1" if plain.first_id == plain.id else plain.first_id,
        )

    def _date(self, date: Date) -> Field:
        parts = tuple(self._part(f"{date.id}.{part}", part) for part in PARTS[date.precision])
        plain = self._plain("date")
        first = parts[0].id if plain.first_id == plain.id else plain.first_id
        error = " ".join(dict.fromkeys(self._errors.values()))
        return replace(plain, parts=parts, first_id=first, error=error)

    def _part(self, name: str, part: Part) -> FieldPart:
        return FieldPart(
            id=_dom_id(name),
            name=name,
            part=part,
            value=self._value(name),
            faulty=name in self._errors,
        )

    def _place(self, name: str, number: int) -> FieldRank:
        return FieldRank(id=_dom_id(name), name=name, number=number, value=self._value(name))

    def _value(self, name: str) -> str:
        return next(iter(self._typed.get(name, ())), "")

    def _words(self, text: Text | None) -> str:
        return self._shown.words(text)


def _dom_id(name: str) -> str:
    return name.replace(".", "-")


def _inputmode(number: Number) -> str:
    if number.min is None or number.min < 0:
        return "text"  # the numeric keyboards of phones have no minus sign
    return "decimal" if number.decimals else "numeric"
