"""The questionnaire as frozen values: what the loader builds and every other part reads.

Everything here is already checked: codes are unique, references resolve, bounds make sense.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from consultation.questionnaire.conditions import Condition
from consultation.questionnaire.dates import Precision

Answer = str | int | float | tuple[str, ...] | Mapping[str, str]
"""choice: a code · choices: codes · matrix: {row: code} · scale: an integer, or OPT_OUT ·
rank: codes, first to last · number: a finite number · date: « 2024-06-28 » or less ·
text: the text. Absent means unanswered."""

Answers = Mapping[str, Answer]
"""Answers by question id; the free text of an « other » option is under `<question>.other`."""

OPT_OUT = "opt_out"
"""The code of a scale's opt-out answer."""


NO_LANGUAGE = ""
"""The language of a text that is the same in all."""


@dataclass(frozen=True)
class Text:
    """A text in one or several languages; `str()` gives the questionnaire's own language."""

    versions: tuple[tuple[str, str], ...]  # (language, text), the questionnaire's language first
    line: int = field(default=0, compare=False)  # in the YAML file
    column: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return self.versions[0][1]

    @property
    def quotes(self) -> bool:
        """Whether it may repeat an answer, as « {fonction|votre poste} » does."""
        return any("{" in words for _, words in self.versions)

    def to(self, language: str) -> str:
        """The text in `language`, or in the questionnaire's own when it is not translated."""
        return dict(self.versions).get(language, str(self))


@dataclass(frozen=True, kw_only=True)
class Option:
    """One possible answer."""

    code: str
    label: Text
    hint: Text | None = None
    apart: bool = False  # shown apart from a scale and left out of means
    other: int = 0  # > 0: followed by a free text of at most this many characters
    exclusive: bool = False  # in multiple choice: excludes the other options
    last: bool = False  # keeps its place at the end of a random order
    show_if: Condition | None = None
    group: Text | None = None  # heading in a long list
    columns: tuple[tuple[str, str], ...] = ()  # the list's further columns, for `question.column`

    @property
    def at_end(self) -> bool:
        """Whether a random order leaves this option at the end."""
        return self.last or self.exclusive or self.apart or self.other > 0

    def column(self, name: str) -> str:
        """The value of the list's column `name` for this option; '' when the list has none."""
        return dict(self.columns).get(name, "")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of a matrix."""

    id: str
    label: Text
    show_if: Condition | None = None


@dataclass(frozen=True, kw_only=True)
class Definition:
    """A word of a question, explained to whoever asks."""

    term: Text
    text: Text


@dataclass(frozen=True, kw_only=True)
class Question:
    """What every question has.

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


@dataclass(frozen=True, kw_only=True)
class Optioned(Question):
    """A question answered with codes."""

    options: tuple[Option, ...]

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
        """Whether some options are not for everyone."""
        return any(option.show_if for option in self.options)


@dataclass(frozen=True, kw_only=True)
class Choice(Optioned):
    """One answer among options, as radio buttons or a long list with search."""

    search: bool = False
    random: bool = False
    store: str = ""  # a column of the list: what is stored instead of the code

    @cached_property
    def stored(self) -> Mapping[str, str]:
        """What is written for each code: the code itself, or the value of the column `store`."""
        return {
            option.code: option.column(self.store) if self.store else option.code
            for option in self.options
        }

    @cached_property
    def stored_labels(self) -> Mapping[str, Text]:
        """The label of each value written, in document order.

        A generalised value takes the label of its only option, or of the group its options share.
        """
        behind: dict[str, list[Option]] = {}
        for option in self.options:
            behind.setdefault(self.stored[option.code], []).append(option)
        return {value: _common_label(value, options) for value, options in behind.items()}


def _common_label(value: str, options: list[Option]) -> Text:
    groups = {option.group for option in options}
    if len(groups) == 1 and options[0].group:
        return options[0].group
    return options[0].label if len(options) == 1 else Text(((NO_LANGUAGE, value),))


@dataclass(frozen=True, kw_only=True)
class Choices(Optioned):
    """Several answers among options."""

    min: int = 0
    max: int = 0  # 0: no limit
    random: bool = False


@dataclass(frozen=True, kw_only=True)
class Matrix(Optioned):
    """The same scale of options for several rows."""

    rows: tuple[Row, ...]

    @cached_property
    def row_ids(self) -> frozenset[str]:
        """The ids of the rows."""
        return frozenset(row.id for row in self.rows)

    @cached_property
    def conditional(self) -> bool:
        """Whether some rows or options are not for everyone."""
        return any(row.show_if for row in self.rows) or any(
            option.show_if for option in self.options
        )


@dataclass(frozen=True, kw_only=True)
class Scale(Question):
    """Whole numbers from `start` to `stop`, both included, as radio buttons."""

    start: int
    stop: int
    ends: tuple[Text, Text] | None = None
    opt_out: Text | None = None


@dataclass(frozen=True, kw_only=True)
class Rank(Optioned):
    """At most `top` options, in order of preference."""

    top: int
    random: bool = False


@dataclass(frozen=True, kw_only=True)
class Number(Question):
    """A finite number with at most `decimals` decimals."""

    min: float | None = None
    max: float | None = None
    decimals: int = 0
    unit: Text | None = None


@dataclass(frozen=True, kw_only=True)
class Date(Question):
    """A date, down to `precision`; `min` and `max` are days, ISO 8601, or nothing."""

    precision: Precision = "day"
    min: str = ""
    max: str = ""


@dataclass(frozen=True, kw_only=True)
class ShortText(Question):
    """One line of text."""

    max_length: int = 200


@dataclass(frozen=True, kw_only=True)
class LongText(Question):
    """Several lines of text."""

    max_length: int


@dataclass(frozen=True, kw_only=True)
class Info(Question):
    """A text to read; it takes no answer."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """A question asked once when the answers of a page look contradictory."""

    warn_if: Condition
    message: Text


@dataclass(frozen=True, kw_only=True)
class Page:
    """Questions shown together."""

    id: str
    title: Text
    questions: tuple[Question, ...]
    intro: Text | None = None
    show_if: Condition | None = None
    shuffle: str = ""  # pages with the same tag are drawn in a random order for each respondent
    checks: tuple[Check, ...] = ()
    line: int = 0


@dataclass(frozen=True, kw_only=True)
class Override:
    """Who accepts, and why, that the export generalises more people than the limit."""

    reason: str
    signed_by: str
    date: str  # AAAA-MM-JJ


@dataclass(frozen=True, kw_only=True)
class Questionnaire:
    """A whole questionnaire; `digest` is the SHA-256 of its definition, lists included."""

    id: str
    version: int
    lang: str
    title: Text
    pages: tuple[Page, ...]
    audiences: tuple[tuple[str, Text], ...]
    minutes: int = 0
    minutes_line: int = 0  # in the YAML file
    intro: Text | None = None
    end: Text | None = None
    review: bool = True
    conditions: tuple[tuple[str, Condition], ...] = ()
    generalisation: tuple[str, ...] = ()  # profile questions, first to be generalised first
    override: Override | None = None
    digest: str = ""
    languages: tuple[str, ...] = field(default=("fr",))

    @property
    def questions(self) -> Iterator[Question]:
        """Every question, in document order."""
        return (question for page in self.pages for question in page.questions)

    @cached_property
    def by_id(self) -> Mapping[str, Question]:
        """Questions by id."""
        return {question.id: question for question in self.questions}

    def page(self, page_id: str) -> Page | None:
        """The page with this id."""
        return next((page for page in self.pages if page.id == page_id), None)
