"""A crowd: respondents drawn at random among the answers that conditions tell apart.

Whatever one of them meets can happen. Most conditions are found sound that way, at little cost;
only what nobody in the crowd has met is worth looking at exhaustively.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import cached_property

from consultation.questionnaire.atlas import Atlas
from consultation.questionnaire.candidates import candidates
from consultation.questionnaire.conditions import Context, evaluate
from consultation.questionnaire.distinctions import Atom, TooMany
from consultation.questionnaire.elements import Answer, Answers, Option
from consultation.questionnaire.kinds import Question
from consultation.questionnaire.worlds import Rivalry, World, offered_by

SIZE = 300
SILENCE = 0.15
"""How likely an optional question is left unanswered."""

EAGERNESS = 0.4
"""How likely one chooses the answer that most conditions wait for: it leads far."""


class Crowd:
    """Respondents to one questionnaire, the same at each run."""

    def __init__(self, atlas: Atlas, size: int = SIZE) -> None:
        self._atlas = atlas
        self._size = size
        self._rng = random.Random(2024)  # noqa: S311 - nothing secret is drawn
        self._known: dict[tuple[object, ...], Sequence[Answer | None] | None] = {}

    @cached_property
    def worlds(self) -> Sequence[World]:
        """What each of them answered and saw; every audience in turn."""
        audiences = [name for name, _ in self._atlas.q.audiences] or [""]
        return [
            self._respondent(Context(audiences[number % len(audiences)]))
            for number in range(self._size)
        ]

    def _respondent(self, context: Context) -> World:
        answers: dict[str, Answer] = {}
        asked: set[str] = set()
        for page in self._atlas.q.pages:
            if not evaluate(page.show_if, answers, context):
                continue
            for question in page.questions:
                if evaluate(question.show_if, answers, context):
                    asked.add(question.id)
                    answers.update(self._answered(question, answers, context))
        return World(context, answers, frozenset(asked))

    def _answered(
        self, question: Question, answers: Answers, context: Context
    ) -> Iterator[tuple[str, Answer]]:
        if question.required is None and self._rng.random() < SILENCE:
            return
        possible = self.possible(question, answers, context)
        if possible is None:
            answer = question.some_answer(answers, context, self._rng)
        elif self._rng.random() < EAGERNESS:
            answer = possible[0]
        else:
            answer = self._rng.choice(possible)
        if answer is not None:
            yield question.id, answer

    def possible(
        self, question: Question, answers: Answers, context: Context
    ) -> Sequence[Answer | None] | None:
        """One answer of each kind, the one that opens most first; None when there are too many."""
        key: tuple[object, ...] = (question.id,)
        if question.conditional:  # what is offered to everyone is the same for everyone
            options, rows = offered_by(question, answers, context)
            key = (question.id, tuple(option.code for option in options), tuple(rows))
        if key not in self._known:
            self._known[key] = self._found(question, offered_by(question, answers, context))
        return self._known[key]

    def _found(
        self, question: Question, offered: tuple[Sequence[Option], Sequence[str]]
    ) -> Sequence[Answer | None] | None:
        atoms = self._atlas.atoms_about.get(question.id, ())
        try:
            found = candidates(
                question, atoms, self._rivalry.of(question.id), offered, complete=True
            )
        except TooMany:
            return None
        kept: list[Answer | None] = [one for one in found if one is not None] or [None]
        return sorted(kept, key=lambda one: -_opens(question, one, atoms))

    @cached_property
    def _rivalry(self) -> Rivalry:
        atoms = dict.fromkeys(atom for about in self._atlas.atoms_about.values() for atom in about)
        return Rivalry(list(self._atlas.q.questions), tuple(atoms))


def _opens(question: Question, answer: Answer | None, atoms: Sequence[Atom]) -> int:
    """How many atoms this answer alone makes true."""
    given: Answers = {} if answer is None else {question.id: answer}
    return sum(atom.holds(given, Context()) for atom in atoms)
