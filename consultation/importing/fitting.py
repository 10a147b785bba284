"""Conditions within the bounds of our language: the long ones are cut into named ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from consultation.importing.logic import Formula, node, spell
from consultation.importing.naming import Names
from consultation.questionnaire.conditions import (
    MAX_LENGTH,
    And,
    Has,
    In,
    Literal,
    Named,
    Node,
    Not,
    Or,
)

DEPTH = 8  # of what one condition nests; the language admits more, « not » and brackets included
PIECE = MAX_LENGTH * 3 // 4


@dataclass
class Fitter:
    """Writes conditions, and keeps those that had to be named."""

    ids: Names
    named: dict[str, str] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)  # by text

    def fit(self, formula: Formula) -> str:
        """The condition, on one line."""
        return spell(self._cut(node(formula), DEPTH))

    def _cut(self, whole: Node, depth: int) -> Node:
        """The same condition, whose parts are named until it is short and shallow."""
        match whole:
            case And() | Or() if depth <= 0:
                return self._name(self._cut(whole, DEPTH))
            case And() | Or():
                return self._group(type(whole), [self._cut(one, depth - 1) for one in whole.terms])
            case Not():
                return Not(self._cut(whole.term, depth - 1))
            case In() if len(spell(whole)) > PIECE:
                return self._group(Or, [In(whole.ref, part) for part in _parts(whole.values)])
            case Has() if len(spell(whole)) > PIECE:
                kind = And if whole.every else Or
                parts = [Has(whole.ref, part, whole.every) for part in _parts(whole.values)]
                return self._group(kind, parts)
        return whole

    def _group(self, kind: type[And] | type[Or], terms: Sequence[Node]) -> Node:
        """The terms together; those that do not hold on one line are in named conditions."""
        if len(spell(kind(tuple(terms)))) <= PIECE:
            return kind(tuple(terms))
        groups: list[list[Node]] = [[]]
        for term in terms:
            if groups[-1] and len(spell(kind((*groups[-1], term)))) > PIECE:
                groups.append([])
            groups[-1].append(term)
        if len(groups) == len(terms):
            return self._group(kind, [self._name(one) for one in terms])
        return self._group(kind, [self._name(_joined(kind, group)) for group in groups])

    def _name(self, part: Node) -> Node:
        if isinstance(part, Named):
            return part
        text = spell(part)
        if text not in self._names:
            self._names[text] = self.ids.give("condition", fallback="condition")
            self.named[self._names[text]] = text
        return Named(self._names[text])


def _joined(kind: type[And] | type[Or], terms: Sequence[Node]) -> Node:
    return terms[0] if len(terms) == 1 else kind(tuple(terms))


def _parts(values: tuple[Literal, ...]) -> list[tuple[Literal, ...]]:
    """Lists of at most ten values: 430 characters at most."""
    return [values[start : start + 10] for start in range(0, len(values), 10)]
