"""One line of text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from consultation.questionnaire.documents import Document, Rule
from consultation.questionnaire.keys import MAX_SHORT, Key, question_shape
from consultation.questionnaire.kinds.base import Common, Control, Desk, Writing, common_rules
from consultation.questionnaire.kinds.written import Written
from consultation.questionnaire.posted import clean_line
from consultation.questionnaire.reading import Fields

USUAL = 200
"""How many characters when nothing is said."""

A_LINE = 6.0  # seconds


@dataclass(frozen=True, kw_only=True)
class ShortText(Written):
    """One line of text."""

    max_length: int = USUAL

    kind = "text"
    shape = question_shape(
        "text",
        {
            "max_length": Key(
                holds="whole",
                low=1,
                high=MAX_SHORT,
                says="combien de caractères au plus ; 200 par défaut, 500 au plus",
            )
        },
    )
    writing: ClassVar[Writing] = "line"

    @property
    def control(self) -> Control:
        return "typed"

    @classmethod
    def read(cls, fields: Fields, common: Common, desk: Desk) -> ShortText:
        return ShortText(**common, max_length=fields.whole("max_length") or USUAL)

    def own_rules(self) -> Mapping[str, Rule]:
        return {"max_length": self.max_length}

    @classmethod
    def ruled(cls, rules: Document) -> ShortText:
        return ShortText(**common_rules(rules), max_length=rules.whole("max_length"))

    def seconds(self) -> float:
        return A_LINE

    @staticmethod
    def _clean(typed: str) -> str:
        return clean_line(typed)
