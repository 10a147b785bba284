"""Conditions in words, for those who must approve a questionnaire without reading its language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from consultation.questionnaire.conditions import (
    AUDIENCE,
    And,
    Answered,
    Compare,
    Condition,
    Has,
    In,
    Literal,
    Named,
    Node,
    Not,
    Operand,
    Or,
    Ref,
)
from consultation.questionnaire.model import Questionnaire
from consultation.questionnaire.numerals import show_number
from consultation.questionnaire.texts import plain

EVERYONE = "tout le monde"

_SIGNS = {
    "==": "est",
    "!=": "n’est pas",
    "<": "est moins que",
    "<=": "est au plus",
    ">": "est plus que",
    ">=": "est au moins",
}


@dataclass(frozen=True)
class Speller:
    """Says the conditions of one questionnaire."""

    q: Questionnaire

    def seen_by(self, *conditions: Condition | None) -> str:
        """Who sees what stands under all these conditions."""
        said = [self._say(one.ast, nested=False) for one in conditions if one]
        return "si " + " ; et si ".join(said) if said else EVERYONE

    def _say(self, node: Node, *, nested: bool = True) -> str:
        match node:
            case And(terms):
                return self._joined(terms, "et", nested)
            case Or(terms):
                return self._joined(terms, "ou", nested)
            case Not(term):
                return f"il est faux que {self._say(term)}"
            case Named(target=target):
                return self._say(target, nested=nested) if target else node.name
            case Answered(ref):
                return f"une réponse est donnée à {self._subject(ref)}"
            case Compare(left, sign, right):
                return f"{self._subject(left)} {_SIGNS[sign]} {self._value(left, right)}"
            case In(ref, values):
                return f"{self._subject(ref)} est {self._listed(ref, values, 'ou')}"
            case Has(ref, values, every):
                return f"{self._subject(ref)} comprend {self._listed(ref, values, _link(every))}"

    def _joined(self, terms: Iterable[Node], word: str, nested: bool) -> str:
        said = f" {word} ".join(self._say(term) for term in terms)
        return f"({said})" if nested else said

    def _subject(self, ref: Ref) -> str:
        if ref.question == AUDIENCE:
            return "le public"
        question = self.q.by_id.get(ref.question)
        asked = plain(question.text).rstrip(" \N{NO-BREAK SPACE}?:") if question else ref.question
        name = f"« {asked} »"
        if ref.counted:
            return f"le nombre de réponses à {name}"
        if question and question.rows and ref.part:
            rows = {row.id: plain(row.label) for row in question.rows}
            return f"« {asked} : {rows.get(ref.part, ref.part)} »"
        return f"{name} ({ref.part})" if ref.part else name

    def _value(self, ref: Ref, value: Operand) -> str:
        if isinstance(value, Ref):
            return f"la réponse à {self._subject(value)}"
        if not isinstance(value.value, str):
            return show_number(value.value)
        return f"« {self._label(ref, value.value)} »"

    def _label(self, ref: Ref, code: str) -> str:
        if ref.question == AUDIENCE:
            return next((plain(text) for name, text in self.q.audiences if name == code), code)
        question = self.q.by_id.get(ref.question)
        of_column = ref.part and not (question and question.rows)
        label = question.label(code) if question and not of_column else None
        return plain(label) if label else code

    def _listed(self, ref: Ref, values: Sequence[Literal], word: str) -> str:
        *first, last = (self._value(ref, value) for value in values)
        return f"{', '.join(first)} {word} {last}" if first else last


def _link(every: bool) -> str:
    return "et" if every else "ou"
