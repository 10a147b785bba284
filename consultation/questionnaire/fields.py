"""What a page shows: fields ready to render, from the questionnaire and what was typed so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from consultation.questionnaire.conditions import Context
from consultation.questionnaire.dates import Part
from consultation.questionnaire.elements import Answers, Definition, Option, Text
from consultation.questionnaire.lots import Lots
from consultation.questionnaire.posted import FieldError
from consultation.questionnaire.texts import Quoted, render
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

    kind: str  # its macro in survey/questions.html: a kind of question, or `list`
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


class Questions(Protocol):
    """The questionnaire, as far as pages quote it."""

    @property
    def digest(self) -> str: ...

    @property
    def by_id(self) -> Mapping[str, Quoted]: ...


@dataclass(frozen=True, kw_only=True)
class Shown:
    """The respondent's side of a page: who, in which order, and the answers visible so far."""

    questionnaire: Questions
    context: Context
    lots: Lots
    visible: Answers

    def words(self, text: Text | None) -> str:
        """A text of the questionnaire with the answers it quotes."""
        spoken = self.context.language
        return render(text, self.visible, self.questionnaire.by_id, spoken) if text else ""


class Asked(Protocol):
    """What every field says of its question."""

    @property
    def id(self) -> str: ...

    @property
    def text(self) -> Text: ...

    @property
    def hint(self) -> Text | None: ...

    @property
    def required(self) -> Text | None: ...

    @property
    def definitions(self) -> tuple[Definition, ...]: ...


class FieldMaker:
    """Makes the field of one question: what every kind shares, for each to complete."""

    def __init__(
        self, question: Asked, shown: Shown, typed: Typed, errors: Sequence[FieldError]
    ) -> None:
        self.shown = shown
        self.errors = {e.field: e.message for e in errors if e.question == question.id}
        self._question = question
        self._typed = typed

    def plain(self, kind: str) -> Field:
        """A field of one control; `kind` names its macro."""
        question = self._question
        return Field(
            kind=kind,
            id=question.id,
            name=question.id,
            label=self.words(question.text),
            hint=self.words(question.hint),
            required=question.required is not None,
            error=next(iter(self.errors.values()), ""),
            value=self.value(question.id),
            first_id=dom_id(next(iter(self.errors), question.id)),
            definitions=tuple(
                FieldDefinition(term=self.words(one.term), text=self.words(one.text))
                for one in question.definitions
            ),
        )

    def grouped(self, kind: str, options: tuple[FieldOption, ...]) -> Field:
        """A field whose controls are options: the first of them stands for the field."""
        return replace(self.beginning(kind, options[0].id), options=options)

    def beginning(self, kind: str, first_id: str) -> Field:
        """A field whose first control has this id."""
        plain = self.plain(kind)
        return replace(plain, first_id=first_id) if plain.first_id == plain.id else plain

    def options(self, options: Iterable[Option], name: str = "") -> tuple[FieldOption, ...]:
        """One radio button, box or line for each option, in the field of this name."""
        name = name or self._question.id
        return tuple(
            self._option(option, f"{dom_id(name)}-{number}", self.is_chosen(name, option.code))
            for number, option in enumerate(options, 1)
        )

    def with_undo(self, options: tuple[FieldOption, ...]) -> tuple[FieldOption, ...]:
        """The same radio buttons, and a way back from an answer."""
        # A radio button cannot be un-ticked: once there is an answer, a way back is offered, unless
        # the author already offers one (« Je préfère ne pas répondre »).
        question = self._question
        offered = any(option.apart for option in options)
        if question.required or offered or not self.value(question.id):
            return options
        said = words(UNDO, self.shown.context.language)
        undo = FieldOption(value="", label=said, id=f"{question.id}-{len(options) + 1}", apart=True)
        return (*options, undo)

    def is_chosen(self, name: str, value: str) -> bool:
        """Whether this value was sent under this name."""
        return value in self._typed.get(name, ())

    def value(self, name: str) -> str:
        """What was typed under this name."""
        return next(iter(self._typed.get(name, ())), "")

    def words(self, text: Text | None) -> str:
        """A text of the questionnaire with the answers it quotes."""
        return self.shown.words(text)

    def _option(self, option: Option, option_id: str, checked: bool) -> FieldOption:
        return FieldOption(
            value=option.code,
            label=self.words(option.label),
            id=option_id,
            hint=self.words(option.hint),
            checked=checked,
            other=self._other(option.other) if option.other else None,
            exclusive=option.exclusive,
            apart=option.apart,
            group=self.words(option.group),
        )

    def _other(self, longest: int) -> OtherField:
        name = f"{self._question.id}.other"
        return OtherField(name=name, id=dom_id(name), value=self.value(name), max=longest)


def dom_id(name: str) -> str:
    """The id of the control of this name."""
    return name.replace(".", "-")
