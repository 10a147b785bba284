"""The closed answers of a campaign as an array of small numbers, from which every table is counted.

One line for each variable, one column for each ballot, in an order drawn anew each time the array
changes: it holds neither an order of arrival nor a lot. What a number means comes from the
questionnaire alone. Counting all the tables of a campaign costs less than reading its ballots once.
"""

from __future__ import annotations

import io
import json
import random
from array import array
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import numpy.typing as npt

from consultation.ballots.store import ID_BYTES
from consultation.questionnaire.columns import UNANSWERED
from consultation.results.layout import MOST_LOST, Given, Layout, Variable
from consultation.results.masking import (
    FINAL,
    WHILE_OPEN,
    Crossed,
    Frequencies,
    Rules,
    crossed,
    frequencies,
    frequencies_of_profile,
)

Codes = npt.NDArray[np.int8] | npt.NDArray[np.int16]
"""What each ballot answered: number n is the variable's `codes[n]`; NO_ANSWER, nothing."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Cube:
    """The answers of every ballot released, `cells[variable, ballot]`.

    While ballots may still come, profiles are as they were given and tables are rounded. In the
    end (`final`) they are those of the microdata file, with what it withholds withheld: tables
    and file, subtracted from each other, give nothing.
    """

    layout: Layout
    cells: Codes
    final: bool = False
    given: Given = field(default_factory=dict)  # in the end, of the profile

    @classmethod
    def of(
        cls,
        layout: Layout,
        rows: Iterable[array[int]],
        *,
        final: bool = False,
        given: Given | None = None,
    ) -> Self:
        """The array of these rows, in their order."""
        lines = [row.tobytes() for row in rows]
        shape = len(lines), len(layout.variables)
        cells = np.frombuffer(b"".join(lines), dtype=layout.typecode).reshape(shape)
        columns = np.ascontiguousarray(cells.T)
        return cls(layout=layout, cells=columns, final=final, given=given or {})

    @property
    def ballots(self) -> int:
        """How many ballots it holds."""
        return int(self.cells.shape[1])

    @property
    def variables(self) -> tuple[Variable, ...]:
        """What its lines are."""
        return self.layout.variables

    @property
    def rules(self) -> Rules:
        """What must be hidden of a table counted now."""
        return FINAL if self.final else WHILE_OPEN

    def variable(self, name: str) -> Variable:
        """A variable by its name; KeyError when there is none."""
        return self.variables[self.layout.numbers[name]]

    def codes(self, name: str) -> Codes:
        """What each ballot answered to this variable."""
        line: Codes = self.cells[self.layout.numbers[name]]
        return line

    def counts(self, name: str) -> tuple[int, ...]:
        """How many gave each answer: exact, and never to be shown as it is."""
        return tuple(self._counts(name)[1:].tolist())

    def unanswered(self, name: str) -> int:
        """How many gave none, or were not asked: exact too."""
        return int(self._counts(name)[0])

    def crossed_counts(self, name: str, by: str) -> tuple[tuple[int, ...], ...]:
        """How many gave each answer (row) in each group of `by` (column), exact.

        The last group is of those who did not answer `by`.
        """
        rows, columns = self.variable(name), self.variable(by)
        width = len(columns.codes) + 1
        pairs = (self.codes(name).astype(np.int32) + 1) * width + self.codes(by) + 1
        table = np.bincount(pairs, minlength=(len(rows.codes) + 1) * width).reshape(-1, width)
        return tuple(map(tuple, np.roll(table[1:], -1, axis=1).tolist()))

    def groups(self, by: str) -> tuple[str, ...]:
        """The codes of the groups of `crossed_counts` and `crossed`, in their order."""
        return (*self.variable(by).codes, UNANSWERED)

    def frequencies(self, name: str) -> Frequencies:
        """The table of one variable, as it may be shown; rows are its codes."""
        return alone(self.variable(name), self.counts(name), self.given, self.rules)

    def crossed(self, name: str, by: str) -> Crossed:
        """The table of one variable by another, as it may be shown; columns are `groups`."""
        counts, sizes = self.crossed_counts(name, by), self.counts(by)
        variables = self.variable(name), self.variable(by)
        return by_groups(*variables, counts, sizes, self.given, self.rules)

    def lost(self, name: str) -> float:
        """The share of the ballots whose answer to this profile has lost its detail."""
        answers = {*self.variable(name).answers}
        lost = sum(count for n, count in enumerate(self.counts(name)) if n not in answers)
        return lost / self.ballots if self.ballots else 0.0

    def with_more(self, rows: Iterable[array[int]], rng: random.Random) -> Cube:
        """These ballots and more, in a new order."""
        more = Cube.of(self.layout, rows)
        cells = np.concatenate([self.cells, more.cells], axis=1)
        order = list(range(cells.shape[1]))
        rng.shuffle(order)
        return Cube(layout=self.layout, cells=np.ascontiguousarray(cells[:, order]))

    def _counts(self, name: str) -> npt.NDArray[np.intp]:
        size = len(self.variable(name).codes) + 1
        return np.bincount(self.codes(name).astype(np.int16) + 1, minlength=size)


def alone(
    variable: Variable, counts: Sequence[int], given: Given, rules: Rules = FINAL
) -> Frequencies:
    """The table of one variable, from what its rows show and, for a profile, what was given."""
    if variable.name not in given:
        return frequencies(counts, telling=variable.telling, rules=rules)
    return frequencies_of_profile(
        given[variable.name],
        seen=[counts[n] if n in variable.answers else 0 for n in range(len(counts))],
        siblings=variable.siblings,
        telling=variable.telling,
        rules=rules,
    )


def by_groups(
    variable: Variable,
    by: Variable,
    counts: Sequence[Sequence[int]],
    sizes: Sequence[int],
    given: Given,
    rules: Rules = FINAL,
) -> Crossed:
    """The table of one variable by another, as it may be shown.

    None is not nobody: a group that has lost too many of its rows is hidden, one that has lost any
    shows no 0, which may be that of the others, and neither are the answers to a profile shown of
    which some rows were lost.
    """
    found = crossed(counts, sizes=sizes, telling=variable.telling, rules=rules)
    lost = any(any(line) for n, line in enumerate(counts) if n not in variable.answers)
    before = dict(enumerate(given.get(by.name, ())))
    return found.without(
        rows=range(len(counts)) if lost else (),
        columns=[n for n, count in before.items() if sizes[n] < count * (1 - MOST_LOST)],
        zeros_of=[n for n, count in before.items() if sizes[n] < count],
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Kept:
    """An array as it is kept, with the keys of the ballots in it, which have no order."""

    cube: Cube
    seen: Collection[bytes]

    def to_bytes(self) -> bytes:
        """Both, for a file."""
        stream = io.BytesIO()
        seen = np.array(sorted(self.seen), dtype=f"V{ID_BYTES}")
        final, given = np.array(self.cube.final), np.array(json.dumps(self.cube.given))
        np.savez(stream, cells=self.cube.cells, seen=seen, final=final, given=given)
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, layout: Layout, content: bytes) -> Self:
        """What `to_bytes` gave for the same layout."""
        with np.load(io.BytesIO(content), allow_pickle=False) as kept:
            given = {name: tuple(one) for name, one in json.loads(str(kept["given"])).items()}
            final = bool(kept["final"])
            cube = Cube(layout=layout, cells=kept["cells"], final=final, given=given)
            return cls(cube=cube, seen=[key.tobytes() for key in kept["seen"]])
