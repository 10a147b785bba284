"""Writes XLSForms."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

from openpyxl import Workbook

Line = Mapping[str, str]


def xlsform(
    survey: Sequence[Line], choices: Sequence[Line] = (), settings: Sequence[Line] = ()
) -> bytes:
    """The workbook that holds these sheets."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, lines in (("survey", survey), ("choices", choices), ("settings", settings)):
        sheet = book.create_sheet(name)
        columns = list(dict.fromkeys(key for line in lines for key in line))
        sheet.append(columns)
        for line in lines:
            sheet.append([line.get(column, "") for column in columns])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
