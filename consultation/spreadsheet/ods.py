"""What an ODS says beside its cells: how far it goes, rows hidden, formulas without a result."""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from html import unescape

from consultation.spreadsheet.unseen import Unseen

_TAG = re.compile(
    rb"<(/?)table:(table|table-row|table-cell|covered-table-cell)"
    rb"(?=[\s/>])((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>"
)
_HIDDEN = re.compile(rb"\btable:visibility=[\"'](?:collapse|filter)[\"']")
_REPEATED = re.compile(
    rb"\btable:number-(?:rows|columns)-repeated\s*=\s*[\"']\s*\+?0*(\d{1,9})\s*[\"']"
)
# What fills the rest of a row, and of a sheet, with nothing; or a few cells at most.
_FEW_CELLS = re.compile(rb"number-columns-repeated=\"(?:[2-4]\"|\d{1,9}\"/></table:table-row>)")
_COLUMNS = re.compile(rb"<table:table-column\b[^<>]*number-columns-repeated=")
_BLANK_ROWS = re.compile(
    rb"number-rows-repeated=\"\d{1,9}\"[^<>]*><table:table-cell\b[^<>]*/></table:table-row>"
)
_ROW_END = b"</table:table-row>"
_TO_LOOK_AT = (b"table:formula", b":visibility")
_SHORT_CELL = 120  # bytes, with its tags
_NAME = re.compile(rb"\btable:name=(?:\"([^\"]*)\"|'([^']*)')")
_FORMULA = re.compile(rb"\btable:formula=")
_RESULT = re.compile(rb"\boffice:(?:value-type|value|string-value)=")


def unseen(archive: zipfile.ZipFile, rows: int, columns: int) -> Unseen | None:
    """What the cells do not say; None when one of them is beyond so many rows or columns."""
    data = archive.read("content.xml")
    if _is_plain(data, rows, columns):
        return Unseen(kind="ODS")
    walk = _Walk(rows, columns)
    for closing, tag, attributes in _TAG.findall(data):
        if closing:
            continue
        if not walk.on(tag, attributes):
            return None
    return Unseen(
        kind="ODS",
        hidden_rows={name: frozenset(numbers) for name, numbers in walk.hidden.items()},
        formulas={name: frozenset(places) for name, places in walk.formulas.items()},
    )


def _is_plain(data: bytes, rows: int, columns: int) -> bool:
    """Whether nothing is hidden, computed or far in it: most files, told ten times faster."""
    if any(word in data for word in _TO_LOOK_AT):
        return False
    lengths = [len(row) for row in data[data.find(b"<table:table-row") :].split(_ROW_END)]
    cells = data.count(b"-columns-repeated") - len(_COLUMNS.findall(data))
    return (
        len(lengths) <= rows
        and max(lengths[:-1], default=0) < columns * _SHORT_CELL
        and len(_FEW_CELLS.findall(data)) == cells
        and len(_BLANK_ROWS.findall(data)) == data.count(b"-rows-repeated")
    )


class _Walk:
    """Goes from tag to tag, and knows where it stands: rows and cells may count for many."""

    def __init__(self, rows: int, columns: int) -> None:
        self._most_rows, self._most_columns = rows, columns
        self._sheet, self._row, self._repeated, self._column = "", 0, 1, 0
        self.hidden: defaultdict[str, set[int]] = defaultdict(set)
        self.formulas: defaultdict[str, set[tuple[int, int]]] = defaultdict(set)

    def on(self, tag: bytes, attributes: bytes) -> bool:
        """Go to the next tag; false when a filled cell is too far."""
        match tag:
            case b"table":
                self._enter(attributes)
            case b"table-row":
                self._next_row(attributes)
            case _:
                return self._cell(attributes)
        return True

    def _enter(self, attributes: bytes) -> None:
        named = _NAME.search(attributes)
        written = (named[1] or named[2] or b"") if named else b""
        self._sheet = unescape(written.decode("utf-8", "replace"))
        self._row, self._repeated, self._column = 0, 1, 0

    def _next_row(self, attributes: bytes) -> None:
        self._row += self._repeated if self._row else 1
        self._repeated, self._column = _times(attributes), 0
        if _HIDDEN.search(attributes):
            last = min(self._row + self._repeated, self._most_rows + 1)
            self.hidden[self._sheet] |= set(range(self._row, last))

    def _cell(self, attributes: bytes) -> bool:
        first, self._column = self._column, self._column + _times(attributes)
        if _FORMULA.search(attributes) and not _RESULT.search(attributes):
            self.formulas[self._sheet].add((self._row, first))
        if attributes.endswith(b"/"):
            return True
        last_row = self._row + self._repeated - 1
        return last_row <= self._most_rows and self._column <= self._most_columns


def _times(attributes: bytes) -> int:
    said = _REPEATED.search(attributes)
    return int(said[1]) if said else 1
