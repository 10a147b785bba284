"""Reads CSV in any form that spreadsheets, mail programs and HR software give it."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest
from operator import itemgetter

from consultation.spreadsheet.sheet import (
    ABOVE,
    MOST_COLUMNS,
    MOST_ROWS,
    NOT_READ,
    TOO_MANY,
    Rows,
    Sheet,
    blanks,
)

_LOOKED_AT = 20  # rows on which the delimiter is guessed
_DELIMITERS = {";": "point-virgule", "\t": "tabulation", ",": "virgule", "|": "barre verticale"}
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\r?\n?', re.IGNORECASE)
_MOST_CELLS = 10 * MOST_COLUMNS  # of a line that is a list of addresses


def read_csv(content: bytes) -> Sheet:
    """The rows of a text, one column when nothing cuts it; what is no text is refused."""
    text, encoding = _decoded(content)
    if "\x00" in text:
        return Sheet(refusal=NOT_READ)
    announced = _SEPARATOR_LINE.match(text)
    delimiter = announced[1] if announced else _guessed_delimiter(text)
    if announced:
        text = text[announced.end() :]
    records = _records(text, delimiter or ";")
    if max(map(len, records), default=0) > MOST_COLUMNS:
        records = [cells if "".join(cells).strip() else [] for cells in records]
        if any(map(_is_too_wide, records)):
            return Sheet(refusal=TOO_MANY)
    rows = Rows.of(tuple(zip_longest(*records, fillvalue="")))
    if len(rows.numbers) > MOST_ROWS + ABOVE:
        return Sheet(refusal=TOO_MANY)
    separated = _DELIMITERS.get(delimiter, f"séparateur « {delimiter} »")
    how = f"CSV, {separated if delimiter else 'une colonne'}, {encoding}"
    return Sheet(filled=rows, how=how, aside=tuple(blanks(rows.numbers)))


def _is_too_wide(cells: Sequence[str]) -> bool:
    beyond = cells[MOST_COLUMNS:]
    return any(cell.strip() and "@" not in cell for cell in beyond) or len(beyond) > _MOST_CELLS


def _decoded(content: bytes) -> tuple[str, str]:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace"), "UTF-16"
    if content[1:200:2].count(0) > len(content[:200:2]) // 2:  # its mark was lost
        return content.decode("utf-16-le", "replace"), "UTF-16"
    try:
        return content.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace"), "Windows-1252"


def _guessed_delimiter(text: str) -> str:
    """The delimiter that cuts the most rows into the same number of cells; '' for one column."""
    head = "".join(_first_lines(text))
    cuts = {delimiter: _regularity(head, delimiter) for delimiter in _DELIMITERS}
    best = max(cuts, key=lambda delimiter: cuts[delimiter])
    return best if cuts[best] > (0, 0) else ""


def _first_lines(text: str) -> list[str]:
    lines = (line for line in io.StringIO(text, newline="") if line.strip())
    return [line for line, _ in zip(lines, range(_LOOKED_AT), strict=False)]


def _regularity(head: str, delimiter: str) -> tuple[int, int]:
    widths = Counter(len(cells) for cells in _records(head, delimiter) if len(cells) > 1)
    return max(((number, width) for width, number in widths.items()), default=(0, 0))


def _records(text: str, delimiter: str) -> list[list[str]]:
    """The records as a spreadsheet cuts them, unless a quotation mark left open swallows some."""
    quoted = '"' in text
    if quoted and not text.endswith(("\n", "\r")):
        text += "\n"
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:  # a cell of a hundred thousand letters
        return _without_quotation(text, delimiter)
    left_open = not text.rstrip("\r\n").endswith('"')
    swallowed = quoted and _swallowed(records, delimiter, left_open=left_open)
    return _without_quotation(text, delimiter) if swallowed else records


def _swallowed(records: Sequence[Sequence[str]], delimiter: str, *, left_open: bool) -> bool:
    """Whether whole records stand inside a cell, as a text of several lines does not."""
    if left_open and records and records[-1] and records[-1][-1].endswith(("\n", "\r")):
        return True  # nothing closes the last cell
    usual = max(Counter(map(len, records)).items(), key=itemgetter(1), default=(1, 0))[0]
    inside = (
        line
        for cells in records
        for cell in cells
        if "\n" in cell or "\r" in cell
        for line in cell.splitlines()[1:]
    )
    return any(
        delimiter in line and ("@" in line or 1 < usual - 1 == line.count(delimiter))
        for line in inside
    )


def _without_quotation(text: str, delimiter: str) -> list[list[str]]:
    return [[cell.strip(' "') for cell in line.split(delimiter)] for line in text.splitlines()]
