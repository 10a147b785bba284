"""A French postcode, of which no more than the département is published."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import ClassVar

from consultation.questionnaire.columns import Codes, Column, code_filler
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.distinctions import Told
from consultation.questionnaire.documents import Document, Rule
from consultation.questionnaire.elements import Answer, Answers, Text
from consultation.questionnaire.fields import Field, FieldMaker, Shown, Typed
from consultation.questionnaire.keys import Key, question_shape
from consultation.questionnaire.kinds.base import (
    Common,
    Control,
    Desk,
    Limits,
    Misuse,
    Question,
    Writing,
    common_rules,
)
from consultation.questionnaire.lengths import written
from consultation.questionnaire.nodes import Scalar
from consultation.questionnaire.posted import Raw, Read, value_in, wrong
from consultation.questionnaire.reading import Fields

A_POSTCODE = 5.0  # seconds
DEPARTMENTS = tuple(f"{number:02}" for number in range(1, 99) if number != 96)  # 20: Corsica
NOT_A_POSTCODE = Text(
    (
        ("fr", "Écrivez les cinq chiffres du code postal, par exemple 01000."),
        ("en", "Write the five digits of the postcode, for example 01000."),
    )
)
ELSEWHERE = Text(
    (
        ("fr", "Ce code postal n’est pas de ceux de la consultation."),
        ("en", "This postcode is not one of those of the consultation."),
    )
)
_POSTCODE = re.compile(f"(?:{'|'.join(DEPARTMENTS)})[0-9]{{3}}")


@dataclass(frozen=True, kw_only=True)
class Postcode(Question):
    """Five figures; `departments` are the beginnings that are accepted, all of them when empty."""

    departments: tuple[str, ...] = ()

    kind = "postcode"
    shape = question_shape(
        "postcode",
        {
            "departments": Key(
                holds="line",
                several=True,
                says="les deux premiers chiffres admis, une liste ; tous par défaut",
            )
        },
    )
    quotable = True
    writing: ClassVar[Writing] = "figures"

    @property
    def control(self) -> Control:
        return "typed"

    @property
    def limits(self) -> Limits:
        return {"departments": (", ".join(self.departments), 0)}

    @classmethod
    def read(cls, fields: Fields, common: Common, desk: Desk) -> Postcode:
        return Postcode(**common, departments=tuple(_read_departments(fields)))

    def own_rules(self) -> Mapping[str, Rule]:
        return {
            "departments": self.departments,
            "not_a_postcode": NOT_A_POSTCODE,
            "elsewhere": ELSEWHERE,
        }

    @classmethod
    def ruled(cls, rules: Document) -> Postcode:
        return Postcode(**common_rules(rules), departments=_departments(rules))

    def answered(self, raw: Raw, visible: Answers, context: Context) -> Read:
        typed = re.sub(r"\s", "", value_in(raw, self.id))
        if not typed:
            return Read()
        if not _POSTCODE.fullmatch(typed):
            return wrong(self.id, self.id, NOT_A_POSTCODE.to(context.language))
        if not self.admits(typed):
            return wrong(self.id, self.id, ELSEWHERE.to(context.language))
        return Read(typed)

    def admits(self, postcode: str) -> bool:
        """Whether it is in one of the départements that the question accepts."""
        return not self.departments or postcode.startswith(self.departments)

    def kept(self, data: object) -> Answer | None:
        known = isinstance(data, str) and _POSTCODE.fullmatch(data) and self.admits(data)
        return str(data) if known else None

    def posted(self, answer: Answer) -> Typed:
        return {self.id: [str(answer)]}

    def some_answer(self, visible: Answers, context: Context, rng: Random) -> Answer | None:
        return f"{rng.choice(self.departments or DEPARTMENTS)}{rng.randrange(0, 1000, 10):03}"

    def longest(self) -> int:
        return written("01000")

    def field(self, maker: FieldMaker) -> Field:
        return replace(maker.plain("postcode"), inputmode="numeric")

    def reviewed(self, answer: Answer, shown: Shown) -> Iterator[str]:
        yield str(answer)

    def quote(self, answers: Answers, language: str) -> str:
        return str(answers.get(self.id, ""))

    def how(self) -> str:
        return "un code postal, cinq chiffres"

    def seconds(self) -> float:
        return A_POSTCODE

    def compared(self) -> Misuse:
        told = f"« {self.id} » est un code postal : il ne se compare pas."
        return Misuse(told, f"Écrivez answered({self.id}).")

    def candidates(self, told: Told) -> Iterator[Answer]:
        yield f"{(self.departments or DEPARTMENTS)[0]}000"

    def columns(self) -> tuple[Column, ...]:
        return (self.column(called="début d’un code postal"),)

    def values(self) -> Mapping[str, str]:
        return {code: code for code in self.departments or DEPARTMENTS}

    def filler(self) -> Callable[[object], Codes]:
        fill = code_filler(self.values())
        return lambda answer: fill(str(answer)[:2])


def _read_departments(fields: Fields) -> Iterator[str]:
    for node in fields.items("departments"):
        if isinstance(node, Scalar) and node.text in DEPARTMENTS:
            yield node.text
        else:
            told = "Un code postal commence par deux chiffres, de 01 à 98."
            fields.problems.error(node.mark, "bounds", told, "Écrivez [01, 20, 75].")


def _departments(rules: Document) -> tuple[str, ...]:
    match rules.data.get("departments"):
        case [*found]:
            return tuple(map(str, found))
    return ()
