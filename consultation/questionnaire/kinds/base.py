"""What every question has, and what each kind of question must say of itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from random import Random
from typing import ClassVar, Literal, Self, TypedDict, TypeVar

from consultation.questionnaire.bands import Band
from consultation.questionnaire.columns import (
    Block,
    Codes,
    Column,
    Measure,
    OpenText,
    words,
    write_number,
)
from consultation.questionnaire.conditions import Condition, Context, Json, evaluate
from consultation.questionnaire.distinctions import Told
from consultation.questionnaire.documents import (
    Document,
    Rule,
    definition_said,
    option_said,
    read_definition,
    read_option,
    read_row,
    row_said,
    said,
)
from consultation.questionnaire.elements import Answer, Answers, Definition, Option, Row, Text
from consultation.questionnaire.fields import Field, FieldMaker, Shown, Typed
from consultation.questionnaire.keys import Shape
from consultation.questionnaire.lots import AS_WRITTEN, Lots
from consultation.questionnaire.posted import FieldError, Raw, Read
from consultation.questionnaire.problems import Problems
from consultation.questionnaire.reading import Fields
from consultation.questionnaire.rewording import Rewording, Said

Item = TypeVar("Item", Option, Row)
Writing = Literal["", "figures", "line", "lines"]
FREE_TEXT: Collection[Writing] = ("line", "lines")
Control = Literal["whole", "ticked", "listed", "typed", "area"]
Script = Literal["code", "codes", "rows", "places", "step", "number", "text"]

Limits = Mapping[str, tuple[object, int]]
"""By key, a bound and what widens it: 1, growing; -1, diminishing; 0, nothing."""


class _Shared(TypedDict):
    id: str
    text: Text
    hint: Text | None
    required: Text | None
    reminder: Text | None
    definitions: tuple[Definition, ...]
    show_if: Condition | None


class Common(_Shared):
    """What is read alike for every kind."""

    profile: bool
    sensitive: bool
    export: str
    line: int


class Ruled(_Shared):
    """The same of what its rules say."""

    options: tuple[Option, ...]
    rows: tuple[Row, ...]
    random: bool


@dataclass
class Desk:
    """What is at hand while a questionnaire is read."""

    problems: Problems
    language: str
    lists: dict[str, tuple[Option, ...]]
    used: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Compared:
    """What a condition may compare an answer with: some codes, or a number."""

    what: str
    codes: Collection[str] = ()
    number: bool = False


@dataclass(frozen=True)
class Misuse:
    """Why a bare answer is not compared, and what to write."""

    message: str
    remedy: str


@dataclass(frozen=True)
class Range:
    """The lowest and the highest number that may be answered, if any, and its decimals."""

    low: float | None
    high: float | None
    decimals: int = 0


@dataclass(frozen=True, kw_only=True)
class Question(ABC):
    """One question, whatever its kind.

    `required` is the message shown when no answer is given; `reminder` is shown once, then no
    answer is taken for an answer.
    """

    id: str
    text: Text
    hint: Text | None = None
    required: Text | None = None
    reminder: Text | None = None
    definitions: tuple[Definition, ...] = ()
    show_if: Condition | None = None
    profile: bool = False  # a quasi-identifier: enters the disclosure rules
    sensitive: bool = False  # l-diversity and the 100 % rule apply to it
    export: str = "all"  # all | tables | none
    line: int = 0  # in the YAML file
    options: tuple[Option, ...] = ()  # for those answered with codes
    rows: tuple[Row, ...] = ()  # for grids
    random: bool = False  # the order of its options is drawn for each respondent

    kind: ClassVar[str]
    """Its name in a file."""

    shape: ClassVar[Shape]
    """Its keys in a file."""

    asks: ClassVar[bool] = True
    """Whether it takes an answer."""

    several: ClassVar[bool] = False
    """Whether its answer holds several codes, for `has` and `count`."""

    single: ClassVar[bool] = False
    """Whether it is answered by one radio button, which cannot be un-ticked."""

    writing: ClassVar[Writing] = ""
    """What is typed to answer, if anything is."""

    quotable: ClassVar[bool] = False
    """Whether a text may quote its answer."""

    generalises: ClassVar[bool] = False
    """Whether its answers can be made less precise, so that it may describe the person."""

    measure: ClassVar[Measure] = "nominal"
    """How statistics take its columns."""

    script: ClassVar[Script] = "text"
    """How the script reads its answer in the page."""

    # From a file

    @classmethod
    @abstractmethod
    def read(cls, fields: Fields, common: Common, desk: Desk) -> Question:
        """The question written in these keys; what is wrong is noted."""

    def why_unanswerable(self) -> str:
        """Why every answer would be refused; '' when some are not."""
        return ""

    # As rules

    @abstractmethod
    def own_rules(self) -> Mapping[str, Rule]:
        """What is particular to its kind in the document of its rules."""

    @classmethod
    @abstractmethod
    def ruled(cls, rules: Document) -> Question:
        """The question that these rules say: what `common_rules` reads, and its own."""

    def rules(self, language: str) -> Mapping[str, Json]:
        """The document of its rules."""
        return said(
            language,
            kind=self.kind,
            id=self.id,
            text=self.text,
            hint=self.hint,
            required=self.required,
            reminder=self.reminder,
            definitions=[definition_said(one, language) for one in self.definitions],
            show_if=self.show_if,
            options=[option_said(option, self.stored_column, language) for option in self.options],
            rows=[row_said(row, language) for row in self.rows],
            random=self.random,
            **self.own_rules(),
        )

    # From an agent

    @abstractmethod
    def answered(self, raw: Raw, visible: Answers, context: Context) -> Read:
        """The answer in the fields of a form, or its errors; `visible` are those before it."""

    @abstractmethod
    def kept(self, data: object) -> Answer | None:
        """The answer in these data of a draft, JSON; None when it is none of this question."""

    @abstractmethod
    def posted(self, answer: Answer) -> Typed:
        """The fields of a form that give this answer, in the order of the page."""

    @abstractmethod
    def some_answer(self, visible: Answers, context: Context, rng: Random) -> Answer | None:
        """An answer drawn at random; None when it offers none."""

    @abstractmethod
    def longest(self) -> int:
        """How many bytes its longest answer takes where it is stored, as `lengths` counts them."""

    def lacks(self, value: Answer | None, visible: Answers, context: Context) -> list[FieldError]:
        """What it requires beyond this value."""
        if self.required is None or value is not None:
            return []
        message = self.required.to(context.language)
        return [FieldError(question=self.id, field=self._first_field, message=message)]

    def still_offered(self, answer: Answer, visible: Answers, context: Context) -> Answer | None:
        """The part of the answer that is still offered."""
        codes = {option.code for option in self.offered(visible, context)}
        if isinstance(answer, tuple):
            return tuple(code for code in answer if code in codes) or None
        return answer if answer in codes else None

    def drafted(
        self, value: Answer | None, before: Answer | None, visible: Answers, context: Context
    ) -> Answer | None:
        """What a draft keeps when this value is read after that of `before`."""
        return value

    def in_form(self, answers: Answers) -> Typed:
        """The fields of a form that give what these answers hold of it, its precision included."""
        answer = answers.get(self.id)
        posted = dict(self.posted(answer)) if answer is not None else {}
        other = answers.get(f"{self.id}.other")
        return posted | {f"{self.id}.other": [other]} if isinstance(other, str) else posted

    # To an agent

    def field_for(self, shown: Shown, typed: Typed, errors: Sequence[FieldError] = ()) -> Field:
        """What the page shows, holding what was typed and what is wrong with it."""
        return self.field(FieldMaker(self, shown, typed, errors))

    @abstractmethod
    def field(self, maker: FieldMaker) -> Field:
        """What the page shows, made with what every kind shares."""

    @property
    def control(self) -> Control:
        """How an answer is written into its HTML: rendered anew with it, or into what is there."""
        return "whole"

    @abstractmethod
    def reviewed(self, answer: Answer, shown: Shown) -> Iterator[str]:
        """The answer as it will be stored, a line each."""

    def review_note(self, language: str) -> str:
        """What its author must know of what is stored; '' for nothing."""
        return ""

    def quote(self, answers: Answers, language: str) -> str:
        """The answer as a text quotes it; '' when there is none."""
        return ""

    # To whoever writes and checks questionnaires

    @property
    def profile_remark(self) -> tuple[str, str, str] | None:
        """Why it should not describe the person (code, message, what to do); None if it may."""
        if self.generalises:
            return None
        told = f"« {self.id} » ne peut pas être rendue moins précise : elle ne sera pas exportée."
        return "profile-kind", told, "Employez un choix, une note ou un nombre."

    @abstractmethod
    def how(self) -> str:
        """How it is answered, in words."""

    @abstractmethod
    def seconds(self) -> float:
        """The time to answer, once it is read."""

    @property
    def read_through(self) -> tuple[Option, ...]:
        """The options that everyone reads before answering."""
        return self.options

    @abstractmethod
    def compared(self) -> Compared | Misuse:
        """What its bare answer is compared with in a condition."""

    @abstractmethod
    def candidates(self, told: Told) -> Iterator[Answer]:
        """Answers among which there is one of each kind that conditions tell apart.

        TooMany when they are not worth counting.
        """

    def parts(self) -> Mapping[str, Compared]:
        """What `question.part` is compared with, by part."""
        return {}

    def numbers(self) -> Range | None:
        """The numbers that may be answered; None when it is not a number."""
        return None

    @property
    def limits(self) -> Limits:
        """The bounds of its answers."""
        return {}

    @property
    def fewest(self) -> int:
        """How many answers must go together."""
        return 0

    def changes(self, new: Self, rewording: Rewording) -> Iterator[Said]:
        """What changes with the kind's own keys, beside limits, options and rows."""
        yield from ()

    # To those who read the results

    @abstractmethod
    def columns(self) -> tuple[Column, ...]:
        """The columns of the export; none for free texts."""

    @abstractmethod
    def filler(self) -> Callable[[object], Codes]:
        """What gives the number of a code in each column, for an answer as it is stored."""

    def places(self) -> Callable[[object], Sequence[bool]]:
        """What tells in which columns an answer stands, read without its codes."""
        return lambda answer: (True,)

    def writer(self) -> Callable[[object], str]:
        """What writes a number, or the year of a date, in a file."""
        return write_number

    def values(self) -> Mapping[str, str]:
        """The codes that a cell may hold, and their labels; none for a number."""
        return {}

    def open_texts(self) -> Iterator[OpenText]:
        """The free texts of its answers."""
        yield from ()

    def column_of(self, code: str) -> int | None:
        """Which column is this option's own; None when all are in the same."""
        return None

    def apart(self) -> Iterator[str]:
        """The codes shown beside a scale, like « sans avis »."""
        yield from ()

    def column(
        self,
        suffix: str = "",
        part: str = "",
        *,
        called: str,
        values: Mapping[str, str] | None = None,
        bands: Sequence[Band] = (),
        missing: frozenset[str] = frozenset(),
        decimals: int = 0,
    ) -> Column:
        """One of its columns; `suffix` ends its name, `part` its title; codebooks say `called`."""
        return Column(
            name=f"{self.id}{suffix}",
            question=self.id,
            title=f"{self._title} – {part}" if part else self._title,
            kind=self.kind,
            called=called,
            values=self.values() if values is None else values,
            bands=tuple(bands),
            missing=missing,
            measure=self.measure,
            decimals=decimals,
        )

    @cached_property
    def block(self) -> Block | None:
        """Its columns and how an answer fills them; None when it has none."""
        columns = self.columns()
        if not columns:
            return None
        return Block(
            columns=columns,
            answers=self.places(),
            fill=self.filler(),
            write=self.writer(),
            sensitive=self.sensitive,
            profile=self.profile,
            apart=frozenset(self.apart()),
        )

    # What it offers

    @cached_property
    def by_code(self) -> Mapping[str, Option]:
        """Options by code."""
        return {option.code: option for option in self.options}

    @cached_property
    def other(self) -> Option | None:
        """The option followed by a free text, if any."""
        return next((option for option in self.options if option.other), None)

    @cached_property
    def conditional(self) -> bool:
        """Whether some options or rows are not for everyone."""
        return any(one.show_if for one in self.options) or any(row.show_if for row in self.rows)

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions on it, its options and its rows."""
        found = [self.show_if]
        found += [option.show_if for option in self.options]
        found += [row.show_if for row in self.rows]
        return tuple(condition for condition in found if condition is not None)

    @property
    def stored_column(self) -> str:
        """The column of its list that is stored in place of a code; '' for the code itself."""
        return ""

    def offered_to(self, shown: Shown) -> tuple[Option, ...]:
        """The options that a page offers, in this respondent's order."""
        return self.offered(shown.visible, shown.context, shown.lots)

    @property
    def details(self) -> Mapping[str, Mapping[str, str]]:
        """The further columns of its list: column → code → value."""
        return {}

    def stored_code(self, code: str) -> str:
        """What is written for this code of its own."""
        return self.by_code[code].column(self.stored_column) if self.stored_column else code

    def label(self, code: str) -> Text | None:
        """The label of a code, if it has it."""
        return self.by_code[code].label if code in self.by_code else None

    def offered(
        self, visible: Answers, context: Context, lots: Lots = AS_WRITTEN
    ) -> tuple[Option, ...]:
        """The options to offer, in this respondent's order."""
        options = shown_among(self.options, visible, context)
        if not lots.seed or not self.random:
            return tuple(options)
        moving = [option for option in options if not option.at_end]
        drawn = lots.draw(moving, self.id, lambda option: option.code)
        return (*drawn, *(option for option in options if option.at_end))

    def shown_rows(self, visible: Answers, context: Context) -> tuple[Row, ...]:
        """The rows to show."""
        return tuple(shown_among(self.rows, visible, context))

    @cached_property
    def _title(self) -> str:
        """Its text in files."""
        return words(self.text)

    @property
    def _first_field(self) -> str:
        """The name of its first field."""
        return self.id


def common_rules(rules: Document) -> Ruled:
    """What is read alike of the rules of every kind."""
    stored = rules.word("store")
    return {
        "id": rules.word("id"),
        "text": rules.needed_text("text"),
        "hint": rules.text("hint"),
        "required": rules.text("required"),
        "reminder": rules.text("reminder"),
        "definitions": tuple(map(read_definition, rules.parts("definitions"))),
        "show_if": rules.condition("show_if"),
        "options": tuple(read_option(option, stored) for option in rules.parts("options")),
        "rows": tuple(map(read_row, rules.parts("rows"))),
        "random": rules.flag("random"),
    }


def shown_among(items: Iterable[Item], visible: Answers, context: Context) -> list[Item]:
    """The options or rows whose condition holds."""
    return [
        item for item in items if item.show_if is None or evaluate(item.show_if, visible, context)
    ]
