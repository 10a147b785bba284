"""Writes CSV that a spreadsheet may open, and in which it computes nothing."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TextIO

_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
_BELOW_ZERO = re.compile(r"-[1-9][0-9]*")


@dataclass(frozen=True, kw_only=True)
class Flavour:
    """A way of writing CSV."""

    delimiter: str
    encoding: str
    end: str
    decimal: str


EXCEL = Flavour(delimiter=";", encoding="utf-8-sig", end="\r\n", decimal=",")
PLAIN = Flavour(delimiter=",", encoding="utf-8", end="\n", decimal=".")

Cell = str | int | float | None


def write(rows: Iterable[Sequence[Cell]], flavour: Flavour = EXCEL) -> bytes:
    """A whole CSV file; texts that a spreadsheet would compute are made inert."""
    stream = io.StringIO(newline="")
    add = row_writer(stream, flavour)
    for row in rows:
        add(row)
    return stream.getvalue().encode(flavour.encoding)


def row_writer(stream: TextIO, flavour: Flavour) -> Callable[[Sequence[Cell]], None]:
    """What writes one row after the other in a text stream opened with `newline=""`."""
    writer = csv.writer(stream, delimiter=flavour.delimiter, lineterminator=flavour.end)

    def add(row: Sequence[Cell]) -> None:
        writer.writerow([_written(cell, flavour) for cell in row])

    return add


def safe_cell(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def known_cell(written: str) -> Cell:
    """A code or a label of the questionnaire: a number when it is one, -3 as a step of a scale.

    What people write themselves stays a text, whatever it looks like.
    """
    return int(written) if _BELOW_ZERO.fullmatch(written) else written


def _written(cell: Cell, flavour: Flavour) -> str:
    match cell:
        case None:
            return ""
        case str():
            # The writer leaves a lone carriage return bare, and readers take it for a new row.
            return safe_cell(cell).replace("\r\n", "\n").replace("\r", "\n")
        case float():
            return str(cell).replace(".", flavour.decimal)
        case _:
            return str(cell)
