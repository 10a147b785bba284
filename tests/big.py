"""A questionnaire as large as any known: 500 questions and 900 conditions, most of one atom."""

from __future__ import annotations

import random
from collections.abc import Iterator

QUESTIONS = 500
CONDITIONS = 900
ON_A_PAGE = 5

HEAD = """\
format: 1
id: grand
version: 1
title: Un grand questionnaire
audiences: {agents: Tous les agents, cadres: Encadrement}
lists:
  accord: {d1: Pas du tout, d2: Plutôt non, d3: Plutôt oui, d4: Tout à fait, nsp: {label: Sans avis,
    apart: true}}
pages:
"""
ATOMS = {
    "choice": ("q{} == 'a'", "q{} in ['a', 'b']", "q{} == 'c' or q{} == 'b'"),
    "choices": ("q{} has 'a'", "q{} has any ['b', 'c']", "count(q{}) >= 2"),
    "matrix": ("q{}.l1 == 'd1'", "q{}.l2 in ['d3', 'd4']"),
    "scale": ("q{} >= 7", "q{} < 4"),
    "number": ("q{} > 3", "q{} <= 10"),
    "text": ("answered(q{})",),
}
PARTS = {
    "choice": ", options: {{a: Un, b: Deux, c: {}, d: {}}}",
    "choices": ", options: {{a: Un, b: Deux, c: {}, d: {}, e: {}}}",
    "matrix": ", scale: accord, rows: {{l1: Un, l2: Deux, l3: {}}}",
    "scale": ", from: 0, to: 10",
    "number": ", min: 0, max: 100",
    "text": "",
}


class Author:
    """Writes it: the first question of a page is for all who see it, others follow up."""

    def __init__(self, seed: int = 1) -> None:
        self._rng = random.Random(seed)
        self._kinds: list[str] = []
        self._gates: list[int] = []
        self._left = CONDITIONS

    def write(self) -> str:
        """The whole file."""
        return HEAD + "\n".join(self._pages()) + "\n"

    def _pages(self) -> Iterator[str]:
        for first in range(0, QUESTIONS, ON_A_PAGE):
            show_if = f"  show_if: {self._condition()}\n" if first % 3 and self._left > 0 else ""
            yield f"- id: p{first}\n  title: Page {first}\n{show_if}  questions:"
            for number in range(first, min(first + ON_A_PAGE, QUESTIONS)):
                yield self._question(number, gate=number == first)

    def _question(self, number: int, *, gate: bool) -> str:
        kind = self._rng.choices(list(ATOMS), (6, 3, 2, 2, 2, 1))[0]
        shown = "" if gate else self._optional(", show_if: @")
        parts = PARTS[kind]
        labels = [
            self._optional(f"{{label: Réponse {place}, show_if: @}}") or f"Réponse {place}"
            for place in range(parts.count("{}"))
        ]
        self._kinds.append(kind)
        if gate:
            self._gates.append(number)
        text = f"Question numéro {number}"
        return f"  - {{id: q{number}, type: {kind}, text: {text}{shown}{parts.format(*labels)}}}"

    def _optional(self, around: str) -> str:
        if not self._gates or self._left <= 0:
            return ""
        return around.replace("@", self._condition())

    def _condition(self) -> str:
        self._left -= 1
        source = self._atom()
        if self._rng.random() < 0.1:
            source = f"{source} {self._rng.choice(['and', 'or'])} {self._atom()}"
        return f'"{source}"'

    def _atom(self) -> str:
        recent = self._gates[-12:]
        followed = list(range(max(0, len(self._kinds) - 8), len(self._kinds)))
        cited = self._rng.choice(recent if self._rng.random() < 0.85 else followed)
        atom = self._rng.choice(ATOMS[self._kinds[cited]])
        return atom.replace("{}", str(cited))
