"""A text to read; it takes no answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import ClassVar, Self

from consultation.questionnaire.columns import Codes, Column, code_filler
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.distinctions import Told
from consultation.questionnaire.documents import Document, Rule
from consultation.questionnaire.elements import Answer, Answers
from consultation.questionnaire.fields import Field, FieldMaker, Shown, Typed
from consultation.questionnaire.keys import question_shape
from consultation.questionnaire.kinds.base import Common, Desk, Misuse, Question, common_rules
from consultation.questionnaire.posted import FieldError, Raw, Read
from consultation.questionnaire.reading import Fields
from consultation.questionnaire.rewording import Rewording, Said


@dataclass(frozen=True, kw_only=True)
class Info(Question):
    """A text to read; it takes no answer."""

    kind = "info"
    shape = question_shape("info", {}, asks=False)
    asks: ClassVar[bool] = False

    @classmethod
    def read(cls, fields: Fields, common: Common, desk: Desk) -> Info:
        return Info(**common)

    def own_rules(self) -> Mapping[str, Rule]:
        return {}

    @classmethod
    def ruled(cls, rules: Document) -> Info:
        return Info(**common_rules(rules))

    def answered(self, raw: Raw, visible: Answers, context: Context) -> Read:
        return Read()

    def kept(self, data: object) -> Answer | None:
        return None

    def posted(self, answer: Answer) -> Typed:
        return {}

    def some_answer(self, visible: Answers, context: Context, rng: Random) -> Answer | None:
        return None

    def lacks(self, value: Answer | None, visible: Answers, context: Context) -> list[FieldError]:
        return []

    def longest(self) -> int:
        return 0

    def field(self, maker: FieldMaker) -> Field:
        return maker.plain("info")

    def reviewed(self, answer: Answer, shown: Shown) -> Iterator[str]:
        yield from ()

    def how(self) -> str:
        return "un texte à lire"

    def seconds(self) -> float:
        return 0.0

    def compared(self) -> Misuse:
        return Misuse(f"« {self.id} » n’attend pas de réponse.", "Citez une autre question.")

    def candidates(self, told: Told) -> Iterator[Answer]:
        yield from ()

    def changes(self, new: Self, rewording: Rewording) -> Iterator[Said]:
        return rewording.of("Le texte", self.text, new.text)

    def columns(self) -> tuple[Column, ...]:
        return ()

    def filler(self) -> Callable[[object], Codes]:
        return code_filler({})
