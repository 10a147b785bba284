"""Reads what a spreadsheet saved, told by its content, and writes what one may open."""

from __future__ import annotations

from dataclasses import replace

from consultation.spreadsheet.delimited import read_csv
from consultation.spreadsheet.sheet import (
    EMPTY,
    LARGEST_FILE,
    MOST_COLUMNS,
    MOST_ROWS,
    NOT_SAVED,
    Aside,
    Row,
    Rows,
    Sheet,
    column_letter,
    ranges,
    refusal_of,
)
from consultation.spreadsheet.workbook import no_panic, read_workbook, workbook_refusal
from consultation.spreadsheet.writing import (
    EXCEL,
    PLAIN,
    Cell,
    Flavour,
    known_cell,
    row_writer,
    safe_cell,
    write,
)

__all__ = (
    "EXCEL",
    "LARGEST_FILE",
    "MOST_COLUMNS",
    "MOST_ROWS",
    "NOT_SAVED",
    "PLAIN",
    "Aside",
    "Cell",
    "Flavour",
    "Row",
    "Rows",
    "Sheet",
    "column_letter",
    "known_cell",
    "no_panic",
    "ranges",
    "read",
    "row_writer",
    "safe_cell",
    "workbook_refusal",
    "write",
)


def read(content: bytes, sheet_name: str = "") -> Sheet:
    """Read a CSV in any form, or a sheet of an XLSX, XLS or ODS workbook, whatever its name says.

    Without `sheet_name`, the visible sheet that holds the most addresses, or the first.
    """
    refusal = refusal_of(content)
    if refusal:
        return Sheet(refusal=refusal)
    sheet = read_workbook(content, sheet_name) or read_csv(content)
    return sheet if sheet.filled.numbers or sheet.refusal else replace(sheet, refusal=EMPTY)
