"""What conditions tell apart of the answers to one question: two that no condition distinguishes
are one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from consultation.questionnaire.conditions import Answered, Compare, Context, Has, In, Node, Ref
from consultation.questionnaire.elements import Option

Atom = Compare | In | Has | Answered

MOST = 1_024
"""How many answers to one question are looked at."""

NOBODY = Context()


class TooMany(Exception):
    """There are too many answers to tell apart."""


@dataclass(frozen=True)
class Rivals:
    """The numbers that conditions compare with one another, and with what."""

    count: int  # of questions
    bounds: tuple[float, ...]  # sorted
    alike: bool = True  # whether all admit the same decimals


@dataclass(frozen=True, kw_only=True)
class Told:
    """The atoms that read one question, what its numbers are compared with, what it offers.

    `must`: no row may stay without an answer.
    """

    atoms: Sequence[Atom]
    rivals: Rivals
    options: Sequence[Option]
    rows: Sequence[str]
    must: bool


def atoms_of(nodes: Iterable[Node]) -> Iterator[Atom]:
    """The atoms among these nodes."""
    return (node for node in nodes if isinstance(node, Compare | In | Has | Answered))


def refs_of(atom: Atom) -> tuple[Ref, ...]:
    """The one or two references of an atom."""
    if isinstance(atom, Compare):
        return (atom.left, atom.right) if isinstance(atom.right, Ref) else (atom.left,)
    return (atom.ref,)


def sets_of(told: Told, low: int, high: int) -> Iterator[tuple[str, ...]]:
    """Sets of codes; those that every `has` treats alike are only counted."""
    plain = [option.code for option in told.options if not option.exclusive]
    yield from ((option.code,) for option in told.options if option.exclusive)
    counted = any(ref.counted for atom in told.atoms for ref in refs_of(atom))
    groups = list(_alike(plain, told.atoms).values())
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
