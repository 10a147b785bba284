"""The closed answers of a campaign as an array of small numbers, from which every table is counted.

One line for each variable, one column for each ballot, in an order drawn anew each time the array
changes: it holds neither an order of arrival nor a lot. What a number means comes from the
questionnaire alone. Counting all the tables of a campaign costs less than reading its ballots once.
"""

from __future__ import annotations

import io
import random
from array import array
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from consultation.ballots.store import ID_BYTES
from consultation.results.columns import UNANSWERED
from consultation.results.layout import Layout, Variable
from consultation.results.masking import (
    FINAL,
    WHILE_OPEN,
    Crossed,
    Frequencies,
    Rules,
    crossed,
    frequencies,
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

    @classmethod
    def of(cls, layout: Layout, rows: Iterable[array[int]], *, final: bool = False) -> Self:
        """The array of these rows, in their order."""
        lines = [row.tobytes() for row in rows]
        shape = len(lines), len(layout.variables)
        cells = np.frombuffer(b"".join(lines), dtype=layout.typecode).reshape(shape)
        return cls(layout=layout, cells=np.ascontiguousarray(cells.T), final=final)

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
        telling = self.variable(name).telling
        return frequencies(self.counts(name), telling=telling, rules=self.rules)

    def crossed(self, name: str, by: str) -> Crossed:
        """The table of one variable by another, as it may be shown; columns are `groups`."""
        return crossed(
            self.crossed_counts(name, by),
            sizes=self.counts(by),
            telling=self.variable(name).telling,
            rules=self.rules,
        )

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


@dataclass(frozen=True, kw_only=True, eq=False)
class Kept:
    """An array as it is kept, with the keys of the ballots in it, which have no order."""

    cube: Cube
    seen: Collection[bytes]

    def to_bytes(self) -> bytes:
        """Both, for a file."""
        stream = io.BytesIO()
        seen = np.array(sorted(self.seen), dtype=f"V{ID_BYTES}")
        np.savez(stream, cells=self.cube.cells, seen=seen, final=np.array(self.cube.final))
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, layout: Layout, content: bytes) -> Self:
        """What `to_bytes` gave for the same layout."""
        with np.load(io.BytesIO(content), allow_pickle=False) as kept:
            cube = Cube(layout=layout, cells=kept["cells"], final=bool(kept["final"]))
            return cls(cube=cube, seen=[key.tobytes() for key in kept["seen"]])
