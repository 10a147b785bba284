"""The questionnaire as frozen values: what the loader builds and every other part reads.

Everything here is already checked: codes are unique, references resolve, bounds make sense.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from consultation.questionnaire.conditions import Condition
from consultation.questionnaire.elements import Text
from consultation.questionnaire.kinds import Kind


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
    questions: tuple[Kind, ...]
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
class Pages:
    """What respondents go through: pages and their questions, in one or several languages.

    `digest` is the SHA-256 of the definition, lists included; `lang` its own language.
    """

    id: str
    lang: str
    pages: tuple[Page, ...]
    review: bool = True
    digest: str = ""

    @property
    def questions(self) -> Iterator[Kind]:
        """Every question, in document order."""
        return (question for page in self.pages for question in page.questions)

    @cached_property
    def by_id(self) -> Mapping[str, Kind]:
        """Questions by id."""
        return {question.id: question for question in self.questions}

    def page(self, page_id: str) -> Page | None:
        """The page with this id."""
        return next((page for page in self.pages if page.id == page_id), None)


@dataclass(frozen=True, kw_only=True)
class Questionnaire(Pages):
    """A whole questionnaire, as its authors wrote it."""

    version: int
    title: Text
    audiences: tuple[tuple[str, Text], ...]
    minutes: int = 0
    minutes_line: int = 0  # in the YAML file
    intro: Text | None = None
    end: Text | None = None
    conditions: tuple[tuple[str, Condition], ...] = ()
    generalisation: tuple[str, ...] = ()  # profile questions, first to be generalised first
    override: Override | None = None
    languages: tuple[str, ...] = field(default=("fr",))
