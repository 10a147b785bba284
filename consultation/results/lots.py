"""Rows kept column by column, for files that are not written row after row."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from consultation.questionnaire.columns import Column
from consultation.results.rows import Row

if TYPE_CHECKING:
    import numpy.typing as npt


class Lots:
    """Two bytes for an answer, eight for a number."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self.clear()

    def add(self, row: Row) -> None:
        """Keep one row."""
        numbers = iter(row.numbers)
        for cells, column, code in zip(self.cells, self._columns, row.codes, strict=False):
            cells.append(code if column.values else float(next(numbers) or "nan"))
        self.rows += 1

    def clear(self) -> None:
        """Forget every row."""
        self.cells: list[array[Any]] = [array("h" if c.values else "d") for c in self._columns]
        self.rows = 0

    def column(self, number: int) -> npt.NDArray[Any]:
        """The cells of a column."""
        import numpy as np

        cells = self.cells[number]
        return np.frombuffer(cells, dtype=cells.typecode).copy()
