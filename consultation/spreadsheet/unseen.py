"""What a workbook says and its reader does not tell: rows hidden, formulas without a result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Unseen:
    """By sheet: the numbers of its hidden rows, and its formulas saved without a result.

    A formula is placed by the number of its row, from 1, and its column, from 0.
    """

    kind: str  # XLSX, XLS or ODS
    hidden_rows: Mapping[str, frozenset[int]] = field(default_factory=dict)
    formulas: Mapping[str, frozenset[tuple[int, int]]] = field(default_factory=dict)

    def hidden(self, sheet: str) -> frozenset[int]:
        """The rows of this sheet that someone has hidden, or filtered out."""
        return self.hidden_rows.get(sheet, frozenset())

    def not_saved(self, sheet: str) -> frozenset[tuple[int, int]]:
        """Where formulas of this sheet have no result."""
        return self.formulas.get(sheet, frozenset())
