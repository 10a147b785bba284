"""Worlds: every kind of respondent that some conditions tell apart, at some place.

Found by going through the questions that matter, in document order, with the very evaluator the
pages use: what is said here of a condition is what agents would meet. Two respondents who differ
only in what no later condition reads are one; past a bound nothing is said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from consultation.questionnaire.atlas import Atlas
from consultation.questionnaire.candidates import candidates, rivals_of
from consultation.questionnaire.conditions import AUDIENCE, Condition, Context, evaluate
from consultation.questionnaire.distinctions import Atom, Rivals, TooMany, refs_of
from consultation.questionnaire.elements import Answer, Answers, Option
from consultation.questionnaire.kinds import Question
from consultation.questionnaire.model import Page

WHOLE = 1_000
"""A depth that nothing exceeds."""

MOST_HERE, MOST_SHALLOW = 20_000, 2_000
"""How many steps are taken for one place, at the whole depth and at a lesser one."""

MOST_STEPS = 150_000
"""How many are taken for one questionnaire, a second or so; half of them at the whole depth."""

_HIDDEN = -1
_FORGOTTEN = -2


@dataclass(frozen=True)
class World:
    """Respondents who are alike at a place: what they answered and see, as far as it matters."""

    context: Context
    answers: Answers  # to what is visible
    asked: frozenset[str]  # the questions that matter and were asked

    def holds(self, condition: Condition | None) -> bool:
        """Whether the condition holds there."""
        return evaluate(condition, self.answers, self.context)


@dataclass
class Explorer:
    """Finds the worlds of one questionnaire, whose conditions are linked."""

    atlas: Atlas
    _kept: dict[tuple[object, ...], list[World] | None] = field(default_factory=dict)
    _left: dict[bool, int] = field(
        default_factory=lambda: dict.fromkeys((True, False), MOST_STEPS // 2)
    )

    def worlds(
        self, conditions: Sequence[Condition], page: Page | None, depth: int = WHOLE
    ) -> list[World] | None:
        """Every world these conditions tell apart, seen from this page, or from the end.

        The answers to questions of the page itself may still be missing, required or not. None
        when there would be too many worlds. Questions that come before those read are looked at
        to this depth; beyond, anything may be asked or not: the worlds are then more than there
        are, and found sooner.
        """
        key = (tuple(one.source for one in conditions), page.id if page else "", depth)
        if key not in self._kept:
            try:
                self._kept[key] = self._explore(conditions, page, depth)
            except TooMany:
                self._kept[key] = None
        return self._kept[key]

    def _explore(
        self, conditions: Sequence[Condition], page: Page | None, depth: int
    ) -> list[World]:
        whole = depth == WHOLE
        # A quarter of what is left: the first suspect must not take the time of all others.
        left = min(MOST_HERE, self._left[whole] // 4) if whole else MOST_SHALLOW
        if self._left[whole] <= 0:
            raise TooMany
        path = _Path(self.atlas, conditions, page, depth)
        states: dict[tuple[int, ...], None] = dict.fromkeys(
            (number,) for number in range(len(path.audiences))
        )
        for step in path.steps:
            after: dict[tuple[int, ...], None] = {}
            for state in states:
                after.update(dict.fromkeys(path.take(step, state)))
            states = after
            left -= len(states)
            self._left[whole] -= len(states)
            if left < 0:
                raise TooMany
        return [path.world(state) for state in states]


@dataclass(frozen=True)
class _Step:
    """One question of the path: what may be answered to it depends on what came before."""

    number: int
    question: Question
    page: Page
    complete: bool
    free: bool  # asked or not, whatever came before
    forgotten: frozenset[int]  # the places of a state that nothing reads any more


class _Path:
    """The questions to go through for some conditions, and what must be remembered of each."""

    def __init__(
        self, atlas: Atlas, conditions: Sequence[Condition], page: Page | None, depth: int
    ) -> None:
        self._atlas = atlas
        read = atlas.reads(conditions)
        self._questions = self._needed(read, depth)
        above = [one for question in self._questions for one in atlas.above[question.id]]
        self._atoms = tuple(
            dict.fromkeys(atom for one in (*conditions, *above) for atom in atlas.atoms(one))
        )
        self._rivals = Rivalry(self._questions, self._atoms)
        self._answers: list[list[Answer | None]] = [[] for _ in self._questions]
        self._known: dict[tuple[object, ...], list[int]] = {}
        everyone = [name for name, _ in atlas.q.audiences]
        told_apart = any(ref.question == AUDIENCE for atom in self._atoms for ref in refs_of(atom))
        self.audiences = everyone if told_apart else everyone[:1] or [""]
        self.steps = list(self._plan(read, page))

    def take(self, step: _Step, state: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        """The states that may follow once this question was shown, or hidden."""
        answers, context = self._seen(state), Context(self.audiences[state[0]])
        kept = tuple(
            _FORGOTTEN if place in step.forgotten else value for place, value in enumerate(state)
        )
        shown = evaluate(step.page.show_if, answers, context) and evaluate(
            step.question.show_if, answers, context
        )
        if step.free or not shown:
            yield (*kept, _HIDDEN)
        if not (step.free or shown):
            return
        for answer in self._possible(step, answers, context):
            yield (*kept, answer)

    def world(self, state: tuple[int, ...]) -> World:
        """What a state says."""
        pairs = zip(self._questions, state[1:], strict=True)
        asked = frozenset(question.id for question, value in pairs if value >= 0)
        return World(Context(self.audiences[state[0]]), self._seen(state), asked)

    def _seen(self, state: tuple[int, ...]) -> dict[str, Answer]:
        answers: dict[str, Answer] = {}
        for number, value in enumerate(state[1:]):
            answer = self._answers[number][value] if value >= 0 else None
            if answer is not None:
                answers[self._questions[number].id] = answer
        return answers

    def _possible(self, step: _Step, answers: Answers, context: Context) -> list[int]:
        """The numbers of the answers that may be given here."""
        question = step.question
        offered = everything_of(question) if step.free else offered_by(question, answers, context)
        key = (step.number, tuple(option.code for option in offered[0]), tuple(offered[1]))
        if key not in self._known:
            own = [
                atom
                for atom in self._atoms
                if any(ref.question == question.id for ref in refs_of(atom))
            ]
            rivals = self._rivals.of(question.id)
            found = candidates(question, own, rivals, offered, complete=step.complete)
            known = self._answers[step.number]
            known.extend(answer for answer in found if answer not in known)
            self._known[key] = [known.index(answer) for answer in found]
        return self._known[key]

    def _needed(self, read: Collection[str], depth: int) -> list[Question]:
        """The questions read, and those that decide whether these are asked, in order."""
        by_id, needed = self._atlas.q.by_id, set[str]()
        layer = by_id.keys() & read
        while layer and depth >= 0:
            needed |= layer
            above = (self._atlas.reads_above[name] for name in layer)
            layer = (by_id.keys() & set[str]().union(*above)) - needed
            depth -= 1
        return [by_id[name] for name in sorted(needed, key=lambda one: self._atlas.ranks[one])]

    def _plan(self, read: Collection[str], page: Page | None) -> Iterator[_Step]:
        places = {question.id: place for place, question in enumerate(self._questions, 1)}
        last: dict[int, int] = {place: 0 for name, place in places.items() if name not in read}
        for number, question in enumerate(self._questions):
            for name in self._atlas.reads_above[question.id]:
                if places.get(name) in last:
                    last[places[name]] = number
        gone: dict[int, list[int]] = {}
        for place, number in last.items():
            gone.setdefault(max(number, place), []).append(place)
        for number, question in enumerate(self._questions):
            there = self._atlas.pages[question.id]
            yield _Step(
                number=number,
                question=question,
                page=there,
                complete=page is None or there is not page,
                free=not self._atlas.reads_above[question.id] <= {AUDIENCE, *places},
                forgotten=frozenset(gone.get(number, ())),
            )


class Rivalry:
    """Which numbers are compared with which."""

    def __init__(self, questions: Sequence[Question], atoms: Sequence[Atom]) -> None:
        found = ((one.id, one.numbers()) for one in questions)
        self._numbers = {name: range_ for name, range_ in found if range_ is not None}
        self._groups: dict[str, frozenset[str]] = {
            name: frozenset({name}) for name in self._numbers
        }
        self._about: dict[str, list[Atom]] = {name: [] for name in self._numbers}
        for atom in atoms:
            names = {ref.question for ref in refs_of(atom)} & self._numbers.keys()
            for name in names:
                self._about[name].append(atom)
            if len(names) > 1:
                together = frozenset().union(*(self._groups[name] for name in names))
                self._groups.update(dict.fromkeys(together, together))

    def of(self, name: str) -> Rivals:
        """The rivals of this number; none when it is not one."""
        if name not in self._numbers:
            return Rivals(0, ())
        group = {one: self._numbers[one] for one in sorted(self._groups[name])}
        about = dict.fromkeys(atom for one in group for atom in self._about[one])
        return rivals_of(group, list(about))


def everything_of(question: Question) -> tuple[Sequence[Option], Sequence[str]]:
    """Every option, and every row of a matrix."""
    return question.options, [row.id for row in question.rows]


def offered_by(
    question: Question, answers: Answers, context: Context
) -> tuple[Sequence[Option], Sequence[str]]:
    """The options, and the rows of a matrix, that are shown."""
    if not question.conditional:
        return everything_of(question)
    shown = [row.id for row in question.shown_rows(answers, context)]
    return question.offered(answers, context), shown
