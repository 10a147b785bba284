"""Answers that stand for all others: every way in which some conditions may tell answers apart.

What is left is finite, and most often small.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from consultation.questionnaire.conditions import Compare, Has, In, Literal
from consultation.questionnaire.distinctions import (
    MOST,
    NOBODY,
    Atom,
    Rivals,
    Told,
    TooMany,
    refs_of,
)
from consultation.questionnaire.elements import Answer, Option
from consultation.questionnaire.kinds import Question, Range

MOST_COUNTED = 21
"""A number compared with a count is looked at up to there, then in general."""


def candidates(
    question: Question,
    atoms: Sequence[Atom],
    rivals: Rivals,
    offered: tuple[Sequence[Option], Sequence[str]],
    *,
    complete: bool,
) -> list[Answer | None]:
    """Answers to this question, one of each kind that the atoms tell apart; None is no answer.

    `offered` are the options and rows shown; `complete` when a required answer must be there.
    TooMany when they are not worth counting.
    """
    must = complete and question.required is not None
    found: dict[tuple[object, ...], Answer | None] = {}
    if not must:
        found[_seen(question, None, atoms)] = None
    told = Told(atoms=atoms, rivals=rivals, options=offered[0], rows=offered[1], must=must)
    for number, answer in enumerate(question.candidates(told)):
        if number >= MOST * 16 or len(found) > MOST:
            raise TooMany
        found.setdefault(_seen(question, answer, atoms), answer)
    return list(found.values()) or [None]


def _seen(question: Question, answer: Answer | None, atoms: Sequence[Atom]) -> tuple[object, ...]:
    """What the atoms see of the answer; nothing else of it matters."""
    given: dict[str, object] = {} if answer is None else {question.id: answer}
    seen: list[object] = []
    for atom in atoms:
        refs = refs_of(atom)
        if all(ref.question == question.id for ref in refs):
            seen.append(atom.holds(given, NOBODY))
        else:
            seen += [ref.read(given, NOBODY) for ref in refs if ref.question == question.id]
    return tuple(seen)


def rivals_of(numbers: Mapping[str, Range], atoms: Sequence[Atom]) -> Rivals:
    """What the numbers of one group of questions are compared with."""
    bounds: set[float] = set()
    counts = 0
    for one in numbers.values():
        bounds.update(end for end in (one.low, one.high) if end is not None)
    for atom in atoms:
        refs = refs_of(atom)
        if any(ref.question in numbers for ref in refs):
            bounds.update(_literals(atom))
            counts += sum(ref.counted for ref in refs)
    if counts:
        bounds.update(range(MOST_COUNTED))
    decimals = {one.decimals for one in numbers.values()}
    alike = len(decimals | ({0} if counts else set())) == 1
    return Rivals(len(numbers) + counts, tuple(sorted(bounds)), alike)


def _literals(atom: Atom) -> Iterator[float]:
    values: Sequence[object] = ()
    match atom:
        case Compare(right=Literal() as right):
            values = (right,)
        case In() | Has():
            values = atom.values
    for literal in values:
        if isinstance(literal, Literal) and isinstance(literal.value, int | float):
            yield literal.value
