"""What questions are made of: their texts, their options, their rows; and what answers are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from consultation.questionnaire.conditions import Condition

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
