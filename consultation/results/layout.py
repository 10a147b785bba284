"""How a ballot becomes small numbers: one for each closed question, option, row or place.

What a number means comes from the questionnaire alone, before the first ballot is read.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain

from consultation.questionnaire.columns import (
    CHOSEN,
    NO_ANSWER,
    UNANSWERED,
    YES_NO,
    Block,
    Codes,
    Column,
)
from consultation.results.frame import Ballot, Plan, ProfileColumn
from consultation.results.gates import MET, UNSEEN, Tells
from consultation.results.masking import Score

_CHOSEN = list(YES_NO).index(CHOSEN)
_NARROW, _WIDE = "b", "h"  # one byte, or two for lists of more than 127 answers
_MOST_NARROW = 127


Given = Mapping[str, tuple[int, ...]]
"""By variable of the profile, how many gave each of its codes, before rows lose their detail."""

MOST_LOST = 0.05
"""Once a larger share of people have lost the detail of a profile, those left do not stand for all:
a group then has no table, and the profile weighs nothing."""


@dataclass(frozen=True, kw_only=True)
class Variable:
    """One line of the array: a question, an option, a row of a grid, or a place in a ranking."""

    name: str  # as in the microdata file
    question: str
    title: str
    kind: str
    codes: tuple[str, ...]
    labels: tuple[str, ...]
    profile: bool = False
    in_microdata: bool = True
    apart: frozenset[int] = frozenset()  # « sans avis » and its like
    telling: tuple[int, ...] = ()  # sensitive answers, which a group must not give with one voice
    siblings: tuple[tuple[int, ...], ...] = ()  # of a profile: what loses its detail together

    @property
    def answers(self) -> tuple[int, ...]:
        """The numbers of the codes that people may answer; the others stand for lost detail."""
        return tuple(sorted(chain(*self.siblings))) or tuple(range(len(self.codes)))

    @property
    def describes(self) -> bool:
        """Whether it tells groups of people apart: others are crossed by it.

        Not by a sensitive one: in its own tables, no group gave one answer with one voice.
        """
        alone = self.kind == "choice" and not self.in_microdata
        return (self.profile or alone) and not self.telling

    @property
    def scores(self) -> tuple[Score, ...]:
        """What each answer is worth in a mean; none but for a scale."""
        if self.kind != "scale":
            return ()
        return tuple(None if n in self.apart else float(code) for n, code in enumerate(self.codes))


class Layout:
    """Which variables the array has, and how a ballot becomes numbers; from the plan alone."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        profile = [_described(one) for one in plan.profile]
        told = [_variables(block) for block in plan.blocks]
        more = [_variables(block, in_microdata=False) for block in plan.tables]
        self.variables: tuple[Variable, ...] = (*profile, *chain(*told), *chain(*more))
        most = max((len(one.codes) for one in self.variables), default=0)
        self.typecode = _NARROW if most <= _MOST_NARROW else _WIDE
        self._blocks = (*plan.blocks, *plan.tables)
        self._numeric = [block for block in plan.blocks if block.numeric]
        self._ordered = [self.numbers[name] for name in plan.order]
        first = len(plan.profile)
        self._sensitive = [
            (first + number, plan.answers[number].kind == "choices") for number in plan.sensitive
        ]

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The line of each variable, by its name."""
        return {variable.name: number for number, variable in enumerate(self.variables)}

    def code(self, ballot: Ballot) -> array[int]:
        """The ballot's number for each variable."""
        profile = [one.code(ballot) for one in self._plan.profile]
        answers = ballot.answers
        coded = [block.coded(answers) for block in self._blocks]
        return array(self.typecode, chain(profile, *coded))

    def given(self, ballot: Ballot) -> list[bool]:
        """Whether the ballot answers each variable, whatever `code` makes of it."""
        answers = ballot.answers
        profile = (one.given(ballot) for one in self._plan.profile)
        return list(chain(profile, *(block.given(answers) for block in self._blocks)))

    def written(self, ballot: Ballot) -> list[str]:
        """The numbers answered, as they are written in a file: those of the plan's answers."""
        return [block.number(ballot.answers) for block in self._numeric]

    def key(self, codes: Codes) -> tuple[int, ...]:
        """What the disclosure rules look at, in the order of the plan's hierarchies."""

        seen = frozenset().union(*self.shown(codes).values())
        profile = (codes[number] for number in self._ordered)
        gates = (0 if number in seen else NO_ANSWER for number in range(len(self._plan.gates)))
        return (*profile, *gates)

    @property
    def width(self) -> int:
        """The bytes that the codes of a ballot take."""
        return len(self.variables) * array(self.typecode).itemsize

    @cached_property
    def parts(self) -> tuple[range, ...]:
        """The variables that are withheld together: those of a question, or a row of a grid."""
        return tuple(self._telling)

    def shown(self, codes: Codes) -> dict[int, frozenset[int]]:
        """For each of the `parts` that is answered, by number: the gates that it shows."""
        found = {}
        for number, (part, ties) in enumerate(self._telling.items()):
            those = codes[part.start : part.stop]
            if any(code != NO_ANSWER for code in those):
                found[number] = frozenset(gate for gate, tells in ties if tells(those))
        return found

    @cached_property
    def _telling(self) -> Mapping[range, Sequence[tuple[int, Tells]]]:
        """Every part of which some answer shows a gate, and how."""
        found: dict[range, list[tuple[int, Tells]]] = {}
        for number, gate in enumerate(self._plan.gates):
            for tie in gate.ties:
                first = self._places[tie.question].start
                part = range(first + tie.columns.start, first + tie.columns.stop)
                found.setdefault(part, []).append((number, tie.tells))
        return found

    @cached_property
    def key_values(self) -> tuple[Sequence[str], ...]:
        """What the numbers of a key mean; the last value is that of NO_ANSWER."""
        profile = ((*self.variables[number].codes, UNANSWERED) for number in self._ordered)
        return (*profile, *((MET, UNSEEN) for _ in self._plan.gates))

    def secrets(self, codes: Codes) -> tuple[int, ...]:
        """What these codes answer to the sensitive columns; an option not chosen is no answer."""
        return tuple(
            NO_ANSWER if flag and codes[number] != _CHOSEN else codes[number]
            for number, flag in self._sensitive
        )

    @cached_property
    def answers(self) -> range:
        """The numbers of the variables that are not the profile's."""
        return range(len(self._plan.profile), len(self.variables))

    @cached_property
    def _places(self) -> Mapping[str, slice]:
        """Where the codes of each question are."""
        places, start = {}, len(self._plan.profile)
        for block in self._blocks:
            places[block.question] = slice(start, start + len(block.columns))
            start += len(block.columns)
        return places


def _variables(block: Block, *, in_microdata: bool = True) -> Iterable[Variable]:
    return (_variable(one, block, in_microdata=in_microdata) for one in block.columns)


def _variable(
    column: Column, block: Block | None, *, profile: bool = False, in_microdata: bool = True
) -> Variable:
    codes = column.codes
    apart = block.apart if block else frozenset()
    return Variable(
        name=column.name,
        question=column.question,
        title=column.title,
        kind=column.kind,
        codes=codes,
        labels=tuple(column.labels.values()),
        profile=profile or (block is not None and block.profile),
        in_microdata=in_microdata,
        apart=frozenset(number for number, code in enumerate(codes) if code in apart),
        telling=tuple(_telling(column, block)) if block and block.sensitive else (),
    )


def _described(one: ProfileColumn) -> Variable:
    """A variable of the profile, whose rows may lose their detail."""
    together: dict[str, list[int]] = {}
    for number, code in enumerate(one.column.codes):
        if code not in one.coarse:
            together.setdefault(one.hierarchy.above(code), []).append(number)
    plain = _variable(one.column, one.block, profile=True)
    return replace(plain, siblings=tuple(map(tuple, together.values())))


def _telling(column: Column, block: Block) -> Iterable[int]:
    """An option that is not chosen says nothing, and neither does « sans avis »."""
    for number, code in enumerate(column.values):
        if code not in block.apart and (column.kind != "choices" or code == CHOSEN):
            yield number
