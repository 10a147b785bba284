"""Scouts: respondents sent to make a condition true, or false, however deep it lies.

A scout wishes for what the condition needs, then for what is needed for that to be asked, and so on
back to the first page; then answers on the way, as far as the wishes allow. What a scout meets can
happen; that none gets there proves nothing.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from consultation.questionnaire.atlas import Atlas
from consultation.questionnaire.conditions import (
    AUDIENCE,
    And,
    Compare,
    Condition,
    Context,
    Named,
    Node,
    Not,
    Or,
    Ref,
    evaluate,
)
from consultation.questionnaire.crowd import Crowd
from consultation.questionnaire.distinctions import Atom, refs_of
from consultation.questionnaire.elements import Answer, Answers, Option, Row
from consultation.questionnaire.kinds import Question
from consultation.questionnaire.worlds import World

Wish = tuple[Node, bool]
"""A condition, and the value it should have."""

TRIES = 6
"""How many scouts are sent to one place."""

MOST_STEPS = 120_000
"""How many questions scouts answer for one questionnaire: a second or so."""


class Scouts:
    """Sends respondents where nobody went."""

    def __init__(self, atlas: Atlas, crowd: Crowd) -> None:
        self._atlas = atlas
        self._crowd = crowd
        self._rng = random.Random(2024)  # noqa: S311 - nothing secret is drawn
        self._steps_left = MOST_STEPS

    def send(self, wishes: Sequence[Wish], asked: Iterable[str] = ()) -> Iterable[World]:
        """Respondents who may meet these wishes, and be asked these questions."""
        for _ in range(TRIES):
            if self._steps_left < 0:
                return
            orders = _Orders(self._atlas, self._rng)
            for name in asked:
                orders.ask(name)
            for node, value in wishes:
                orders.wish(node, value)
            yield self._walk(orders)

    def _walk(self, orders: _Orders) -> World:
        context = Context(orders.audience())
        answers: dict[str, Answer] = {}
        asked: set[str] = set()
        for name in orders.path():
            question, page = self._atlas.q.by_id[name], self._atlas.pages[name]
            self._steps_left -= 1
            if not (
                evaluate(page.show_if, answers, context)
                and evaluate(question.show_if, answers, context)
            ):
                continue
            asked.add(name)
            answer = self._answer(question, orders, answers, context)
            if answer is not None:
                answers[name] = answer
        return World(context, answers, frozenset(asked))

    def _answer(
        self, question: Question, orders: _Orders, answers: Answers, context: Context
    ) -> Answer | None:
        """An answer that meets the wishes about this question, if there is one."""
        possible = self._crowd.possible(question, answers, context) or ()
        silent: Sequence[Answer | None] = (None,) if question.required is None else ()
        wishes = orders.about.get(question.id, ())
        if not wishes and silent:
            return None
        liked = [
            answer
            for answer in (*possible, *silent)
            if all(_is_met(atom, value, question.id, answer, answers) for atom, value in wishes)
        ]
        return self._rng.choice(liked or possible or [None])


def _is_met(atom: Atom, value: bool, name: str, answer: Answer | None, answers: Answers) -> bool:
    given: Answers = answers if answer is None else {**answers, name: answer}
    if any(ref.question not in (name, *answers) for ref in refs_of(atom)):
        return True  # a rival is not answered yet: it will see to it
    return atom.holds(given, Context()) == value


def _may_meet(code: str, ref: Ref, atom: Atom) -> bool:
    """Whether this answer alone may make the atom true."""
    if isinstance(atom, Compare) and isinstance(atom.right, Ref):
        return True
    given: Mapping[str, Answer] = {ref.question: {ref.part: code} if ref.part else code}
    listed: Mapping[str, Answer] = {ref.question: (code,)}
    return any(atom.holds(answers, Context()) for answers in (given, listed))


@dataclass
class _Orders:
    """What one scout wishes for."""

    atlas: Atlas
    rng: random.Random
    about: dict[str, list[tuple[Atom, bool]]] = field(default_factory=dict)
    asked: dict[str, None] = field(default_factory=dict)
    _waiting: list[Wish] = field(default_factory=list)
    _read: set[str] = field(default_factory=set)  # by the conditions wished for

    def ask(self, name: str) -> None:
        """Wish for this question to be asked."""
        self._note_asked(name)
        self._grant()

    def wish(self, node: Node, value: bool) -> None:
        """Wish for this condition to have this value."""
        self._read |= self.atlas.reads([Condition("", node)])
        self._waiting.append((node, value))
        self._grant()

    def audience(self) -> str:
        """An audience that meets the wishes."""
        names = [name for name, _ in self.atlas.q.audiences]
        wishes = self.about.get(AUDIENCE, ())
        liked = [
            name for name in names if all(atom.holds({}, Context(name)) == v for atom, v in wishes)
        ]
        return self.rng.choice(liked or names or [""])

    def path(self) -> Sequence[str]:
        """The questions to go through, in document order: those that matter, or are required.

        What is read is gone through even where no wish is about it: left out, a required answer
        would pass for a missing one, and the scout would meet what nobody can.
        """
        wanted = {*self.asked, *(self.about.keys() - {AUDIENCE})}
        return sorted(
            wanted & self.atlas.ranks.keys() | self._required(wanted),
            key=lambda name: self.atlas.ranks[name],
        )

    def _required(self, wanted: Iterable[str]) -> set[str]:
        """What is read by the wishes or above these, and cannot be left unanswered."""
        found, above = set[str](), self.atlas.reads_above
        waiting = [*self._read, *(name for one in wanted for name in above.get(one, ()))]
        while waiting:
            name = waiting.pop()
            question = self.atlas.q.by_id.get(name)
            if question and question.required and name not in found:
                found.add(name)
                waiting.extend(above.get(name, ()))
        return found

    def _grant(self) -> None:
        while self._waiting:
            node, value = self._waiting.pop()
            match node:
                case Not():
                    self._waiting.append((node.term, not value))
                case Named():
                    self._waiting += [(node.target, value)] if node.target else []
                case And() | Or():
                    whole = isinstance(node, And) == value
                    terms = node.terms if whole else (self.rng.choice(node.terms),)
                    self._waiting += [(term, value) for term in terms]
                case _:
                    self._grant_atom(node, value)

    def _grant_atom(self, atom: Atom, value: bool) -> None:
        for ref in refs_of(atom):
            self.about.setdefault(ref.question, []).append((atom, value))
            if value:
                self._note_asked(ref.question)
                self._offer(ref, atom)

    def _offer(self, ref: Ref, atom: Atom) -> None:
        """Wish for the row read, and for one of the answers it may have, to be shown."""
        question = self.atlas.q.by_id.get(ref.question)
        if question is None or not question.conditional:
            return
        shown: list[Option | Row] = [row for row in question.rows if row.id == ref.part]
        liked = [one for one in question.options if _may_meet(one.code, ref, atom)]
        if liked:
            shown.append(self.rng.choice(liked))
        self._waiting += [(one.show_if.ast, True) for one in shown if one.show_if]

    def _note_asked(self, name: str) -> None:
        if name not in self.asked and name in self.atlas.q.by_id:
            self.asked[name] = None
            question, page = self.atlas.q.by_id[name], self.atlas.pages[name]
            above: Sequence[Condition | None] = (page.show_if, question.show_if)
            self._waiting += [(condition.ast, True) for condition in above if condition]
