"""Answers that stand for all others: every way in which some conditions may tell answers apart.

Two answers no condition distinguishes are one. What is left is finite, and most often small.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

from consultation.questionnaire.conditions import (
    Answered,
    Compare,
    Context,
    Has,
    In,
    Literal,
    Node,
    Ref,
)
from consultation.questionnaire.model import (
    OPT_OUT,
    Answer,
    Choice,
    Choices,
    Date,
    Info,
    Matrix,
    Number,
    Option,
    Question,
    Rank,
    Scale,
)

Atom = Compare | In | Has | Answered

MOST = 1_024
"""How many answers to one question are looked at."""

MOST_POINTS = 12
"""How many numbers between two bounds are all looked at; else those near the bounds."""

MOST_COUNTED = 21
"""A number compared with a count is looked at up to there, then in general."""

_NOBODY = Context()


class TooMany(Exception):
    """There are too many answers to tell apart."""


@dataclass(frozen=True)
class Rivals:
    """The numbers that conditions compare with one another, and with what."""

    count: int  # of questions
    bounds: tuple[float, ...]  # sorted
    alike: bool = True  # whether all admit the same decimals


def atoms_of(nodes: Iterable[Node]) -> Iterator[Atom]:
    """The atoms among these nodes."""
    return (node for node in nodes if isinstance(node, Compare | In | Has | Answered))


def refs_of(atom: Atom) -> tuple[Ref, ...]:
    """The one or two references of an atom."""
    if isinstance(atom, Compare):
        return (atom.left, atom.right) if isinstance(atom.right, Ref) else (atom.left,)
    return (atom.ref,)


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
        found[_kind(question, None, atoms)] = None
    for number, answer in enumerate(_answers(question, atoms, rivals, offered, must=must)):
        if number >= MOST * 16 or len(found) > MOST:
            raise TooMany
        found.setdefault(_kind(question, answer, atoms), answer)
    return list(found.values()) or [None]


def _kind(question: Question, answer: Answer | None, atoms: Sequence[Atom]) -> tuple[object, ...]:
    """What the atoms see of the answer; nothing else of it matters."""
    given: dict[str, object] = {} if answer is None else {question.id: answer}
    seen: list[object] = []
    for atom in atoms:
        refs = refs_of(atom)
        if all(ref.question == question.id for ref in refs):
            seen.append(atom.holds(given, _NOBODY))
        else:
            seen += [ref.read(given, _NOBODY) for ref in refs if ref.question == question.id]
    return tuple(seen)


def _answers(
    question: Question,
    atoms: Sequence[Atom],
    rivals: Rivals,
    offered: tuple[Sequence[Option], Sequence[str]],
    *,
    must: bool,
) -> Iterator[Answer]:
    options, rows = offered
    match question:
        case Choice():
            yield from (option.code for option in options)
        case Choices():
            yield from _sets(options, atoms, question.min, question.max)
        case Rank():
            yield from _sets(options, atoms, 1, question.top)
        case Matrix():
            yield from _grids(question.id, options, rows, atoms, must=must)
        case Scale():
            yield from range(question.start, question.stop + 1)
            if question.opt_out:
                yield OPT_OUT
        case Number():
            yield from _numbers(question, rivals)
        case Date():
            yield "2024-06-28"[: {"day": 10, "month": 7, "year": 4}[question.precision]]
        case Info():
            return
        case _:
            yield "x"


def _sets(
    options: Sequence[Option], atoms: Sequence[Atom], low: int, high: int
) -> Iterator[tuple[str, ...]]:
    """Sets of codes; those that every `has` treats alike are only counted."""
    plain = [option.code for option in options if not option.exclusive]
    yield from ((option.code,) for option in options if option.exclusive)
    counted = any(ref.counted for atom in atoms for ref in refs_of(atom))
    groups = list(_alike(plain, atoms).values())
    most = high or len(plain)
    sizes = [range(1 + (len(group) if counted or low > 1 else 1)) for group in groups]
    if math.prod(map(len, sizes)) > MOST * 16:
        raise TooMany
    for taken in product(*sizes):
        if max(low, 1) <= sum(taken) <= most:
            yield tuple(
                code for group, count in zip(groups, taken, strict=True) for code in group[:count]
            )


def _alike(codes: Sequence[str], atoms: Sequence[Atom]) -> Mapping[tuple[object, ...], list[str]]:
    groups: dict[tuple[object, ...], list[str]] = {}
    looked_for = [atom for atom in atoms if isinstance(atom, Has)]
    for code in codes:
        kind: list[object] = []
        for atom in looked_for:
            named = any(literal.value == code for literal in atom.values)
            kind.append(code if named and atom.every and len(atom.values) > 1 else named)
        groups.setdefault(tuple(kind), []).append(code)
    return groups


def _grids(
    question: str,
    options: Sequence[Option],
    rows: Sequence[str],
    atoms: Sequence[Atom],
    *,
    must: bool,
) -> Iterator[Mapping[str, str]]:
    """Grids: the rows that conditions look at, and one that stands for the others."""
    read = {ref.part for atom in atoms for ref in refs_of(atom) if ref.question == question}
    looked_at = [row for row in rows if row in read]
    others = [row for row in rows if row not in read]
    blank = [] if must else [""]
    columns: list[tuple[str, Sequence[str]]] = [
        (row, [*blank, *_codes(question, row, options, atoms)]) for row in looked_at
    ]
    if others and options:
        columns.append((others[0], [*blank, options[0].code]))
    if math.prod(len(codes) for _, codes in columns) > MOST * 16:
        raise TooMany
    for codes in product(*(codes for _, codes in columns)):
        grid = {row: code for (row, _), code in zip(columns, codes, strict=True) if code}
        if grid:
            yield grid


def _codes(
    question: str, row: str, options: Sequence[Option], atoms: Sequence[Atom]
) -> Iterator[str]:
    """One code of each kind for this row."""
    kinds: dict[tuple[object, ...], str] = {}
    for option in options:
        given = {question: {row: option.code}}
        kind = tuple(
            ref.read(given, _NOBODY) if len(refs_of(atom)) > 1 else atom.holds(given, _NOBODY)
            for atom in atoms
            for ref in refs_of(atom)
            if (ref.question, ref.part) == (question, row)
        )
        kinds.setdefault(kind, option.code)
    yield from kinds.values()


def rivals_of(numbers: Mapping[str, Number | Scale], atoms: Sequence[Atom]) -> Rivals:
    """What the numbers of one group of questions are compared with."""
    bounds: set[float] = set()
    counts = 0
    for question in numbers.values():
        bounds.update(end for end in _ends(question) if end is not None)
    for atom in atoms:
        refs = refs_of(atom)
        if any(ref.question in numbers for ref in refs):
            bounds.update(_literals(atom))
            counts += sum(ref.counted for ref in refs)
    if counts:
        bounds.update(range(MOST_COUNTED))
    decimals = {one.decimals if isinstance(one, Number) else 0 for one in numbers.values()}
    alike = len(decimals | ({0} if counts else set())) == 1
    return Rivals(len(numbers) + counts, tuple(sorted(bounds)), alike)


def _ends(question: Number | Scale) -> tuple[float | None, float | None]:
    if isinstance(question, Scale):
        return question.start, question.stop
    return question.min, question.max


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


def _numbers(question: Number, rivals: Rivals) -> Iterator[int | float]:
    """The bounds, and enough numbers between and beyond them to stand in every order."""
    far = rivals.count + 2
    known = rivals.bounds or (0.0,)
    edges = (known[0] - far, *known, known[-1] + far)
    grid = _Grid(question)
    points = {point for edge in edges for point in grid.between(edge, edge)}
    for low, high in pairwise(edges):
        points.update(grid.inside(low, high, rivals))
    yield from sorted(points)


@dataclass(frozen=True)
class _Grid:
    """The numbers a question admits."""

    question: Number

    def between(self, low: float, high: float) -> list[int | float]:
        """Those from `low` to `high`, both included."""
        step = 10**self.question.decimals
        low = max(low, -math.inf if self.question.min is None else self.question.min)
        high = min(high, math.inf if self.question.max is None else self.question.max)
        first, last = math.ceil(round(low * step, 6)), math.floor(round(high * step, 6))
        if last - first >= MOST:
            raise TooMany
        return [_exact(number / step) for number in range(first, last + 1)]

    def inside(self, low: float, high: float, rivals: Rivals) -> Collection[int | float]:
        """Those strictly between, or as many at each end as there are rivals.

        Rivals that do not admit the same decimals meet on whole numbers.
        """
        step, (least, most) = 10**self.question.decimals, _ends(self.question)
        if (least is not None and high <= least) or (most is not None and low >= most):
            return ()
        if (high - low) * step <= MOST_POINTS:
            return [point for point in self.between(low, high) if low < point < high]
        step = step if rivals.alike else 1
        first, last = math.floor(low * step) + 1, math.ceil(high * step) - 1
        if last - first + 1 < rivals.count:
            raise TooMany
        ends = (*range(first, first + rivals.count), *range(last - rivals.count + 1, last + 1))
        return [point for end in ends for point in self.between(end / step, end / step)]


def _exact(value: float) -> int | float:
    return int(value) if value == int(value) else value
