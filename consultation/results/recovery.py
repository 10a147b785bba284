"""What a reader can work out of the hidden cells of a table whose totals are published.

The hidden cells are whole numbers, never negative, and every row and every column adds up: nothing
else is known of them. The least and the most that one of them may be is found by moving people
around cycles of hidden cells (a maximum flow), which is exact: the equations of a table of two
dimensions are those of a network, so linear programming finds the very same bounds.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

Cell = tuple[int, int]
"""The numbers of its row and of its column."""

GAIN, LOSE = 1, -1

_Arc = tuple[int, Cell, int]  # the node it leads to, the cell it changes, in which direction


class Puzzle:
    """A table of counts as its reader sees it: some cells are hidden, every total is known."""

    def __init__(self, counts: Sequence[Sequence[int]], hidden: Iterable[Cell]) -> None:
        self._rows, self._columns = len(counts), len(counts[0]) if counts else 0
        self._counts = {
            (row, column): count
            for row, line in enumerate(counts)
            for column, count in enumerate(line)
        }
        self.hidden = set(hidden)

    def least(self, cell: Cell) -> int:
        """The least this hidden cell may hold."""
        return self.moved(cell, LOSE, self._counts[cell])[cell]

    def most(self, cell: Cell) -> int:
        """The most this hidden cell may hold."""
        return self.moved(cell, GAIN, sum(self._counts.values()))[cell]

    def room(self, cell: Cell, direction: int, enough: int) -> int:
        """How many people more, or fewer, than in truth it may hold; counted up to `enough`."""
        return abs(self.moved(cell, direction, enough)[cell] - self._counts[cell])

    def moved(self, cell: Cell, direction: int, enough: int) -> Mapping[Cell, int]:
        """A table that the reader may believe in, where this cell is as far off as it can be."""
        counts = dict(self._counts)
        left = enough if direction == GAIN else min(enough, counts[cell])
        while left and (cycle := self._cycle(cell, direction, counts)):
            people = min([left, *(counts[one] for one, way in cycle if way == LOSE)])
            for one, way in cycle:
                counts[one] += way * people
            counts[cell] += direction * people
            left -= people
        return counts

    def cheapest(
        self,
        cell: Cell,
        direction: int,
        people: int,
        counts: Mapping[Cell, int],
        cost: Callable[[Cell], int],
    ) -> set[Cell]:
        """The shown cells to hide that cost the least, so that `people` more may move.

        They are looked for from the table that `moved` stopped at; none when there is no way.
        """
        start, goal = self._ends(cell, direction)
        spent, came, queue = {start: 0}, dict[int, Cell](), [(0, start)]
        while queue:
            so_far, node = heapq.heappop(queue)
            if node == goal:
                return {one for one, _ in self._back(came, start, goal)} - self.hidden
            for other, one, way in self._arcs(node, cell):
                total = so_far + (0 if one in self.hidden else cost(one))
                fits = way == GAIN or counts[one] >= people
                if fits and total < spent.get(other, total + 1):
                    spent[other], came[other] = total, one
                    heapq.heappush(queue, (total, other))
        return set()

    def _cycle(
        self, cell: Cell, direction: int, counts: Mapping[Cell, int]
    ) -> Sequence[tuple[Cell, int]]:
        """Hidden cells that balance this one, on the shortest way; none when it cannot move."""
        start, goal = self._ends(cell, direction)
        came, queue = dict[int, Cell](), deque([start])
        while queue and goal not in came:
            for other, one, way in self._arcs(queue.popleft(), cell):
                new = other != start and other not in came
                if new and one in self.hidden and (way == GAIN or counts[one]):
                    came[other] = one
                    queue.append(other)
        return tuple(self._back(came, start, goal)) if goal in came else ()

    def _ends(self, cell: Cell, direction: int) -> tuple[int, int]:
        """Rows, then columns, are the nodes: from a row its cells gain, from a column they lose."""
        row, column = cell[0], self._rows + cell[1]
        return (column, row) if direction == GAIN else (row, column)

    def _arcs(self, node: int, cell: Cell) -> Iterator[_Arc]:
        if node < self._rows:
            steps = [(self._rows + n, (node, n), GAIN) for n in range(self._columns)]
        else:
            steps = [(n, (n, node - self._rows), LOSE) for n in range(self._rows)]
        return (step for step in steps if step[1] != cell)

    def _back(self, came: Mapping[int, Cell], start: int, goal: int) -> Iterator[tuple[Cell, int]]:
        """The way taken, from its end."""
        node = goal
        while node != start:
            row, column = came[node]
            gains = node >= self._rows
            yield came[node], GAIN if gains else LOSE
            node = row if gains else self._rows + column
