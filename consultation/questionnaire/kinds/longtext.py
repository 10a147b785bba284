"""Several lines of text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from consultation.questionnaire.documents import Document, Rule
from consultation.questionnaire.keys import MAX_LONG, Key, question_shape
from consultation.questionnaire.kinds.base import Common, Control, Desk, Writing, common_rules
from consultation.questionnaire.kinds.written import Written
from consultation.questionnaire.posted import clean_text
from consultation.questionnaire.reading import Fields

A_TEXT = 60.0  # seconds


@dataclass(frozen=True, kw_only=True)
class LongText(Written):
    """Several lines of text."""

    kind = "longtext"
    shape = question_shape(
        "longtext",
        {
            "max_length": Key(
                holds="whole",
                low=1,
                high=MAX_LONG,
                needed=True,
                says="combien de caractères au plus, 4 000 au plus",
            )
        },
    )
    writing: ClassVar[Writing] = "lines"

    @property
    def control(self) -> Control:
        return "area"

    @classmethod
    def read(cls, fields: Fields, common: Common, desk: Desk) -> LongText:
        if "nom" not in str(common["hint"] or "").casefold():
            fields.warning(
                "names",
                "Rien ne demande de ne nommer personne.",
                "Ajoutez « hint: N’indiquez ni nom ni détail permettant de reconnaître "
                "quelqu’un. »",
            )
        return LongText(**common, max_length=fields.whole("max_length") or MAX_LONG)

    def own_rules(self) -> Mapping[str, Rule]:
        return {"max_length": self.max_length}

    @classmethod
    def ruled(cls, rules: Document) -> LongText:
        return LongText(**common_rules(rules), max_length=rules.whole("max_length"))

    def seconds(self) -> float:
        return A_TEXT

    @staticmethod
    def _clean(typed: str) -> str:
        return clean_text(typed)
