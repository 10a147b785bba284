"""The sheets of an XLSForm: lines that know their cells, headers in one spelling."""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import python_calamine as calamine

from consultation.spreadsheet import no_panic, workbook_refusal

MOST_COLUMNS = 500


@dataclass(frozen=True)
class Line:
    """One line of a sheet; a cell that is absent is ''."""

    sheet: str
    number: int
    values: Mapping[str, str]
    letters: Mapping[str, str]  # header: letter of the column

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def cell(self, name: str) -> str:
        """Where this cell is, as a spreadsheet says it."""
        return f"feuille {self.sheet}, cellule {self.letters.get(name, 'A')}{self.number}"


@dataclass(frozen=True)
class Workbook:
    """The sheets that make a form."""

    survey: Sequence[Line]
    choices: Mapping[str, Sequence[Line]]  # by list
    settings: Sequence[Line]
    columns: Sequence[str]  # of the survey


def read_workbook(content: bytes) -> Workbook | str:
    """The sheets, or why they cannot be read, in French."""
    if workbook_refusal(content, columns=MOST_COLUMNS):
        return _UNREADABLE
    try:
        with no_panic():
            book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
            sheets = {name.strip().lower(): _lines(book, name) for name in book.sheet_names}
    except (calamine.CalamineError, OSError, ValueError):
        return _UNREADABLE
    if "survey" not in sheets:
        return "Ce classeur n’a pas de feuille « survey » : ce n’est pas un XLSForm."
    choices: dict[str, list[Line]] = defaultdict(list)
    for line in sheets.get("choices", ()):
        choices[line["list_name"]].append(line)
    survey = sheets["survey"]
    return Workbook(
        survey=[line for line in survey if line["type"]],
        choices=choices,
        settings=sheets.get("settings", ()),
        columns=list(survey[0].letters) if survey else [],
    )


_UNREADABLE = "Ce classeur est illisible, trop grand ou à macros ; enregistrez-le en .xlsx."


def _lines(book: calamine.CalamineWorkbook, name: str) -> list[Line]:
    cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    if not cells:
        return []
    headers = [_header(_text(one)) for one in cells[0]]
    letters = {header: _letter(place) for place, header in reversed(list(enumerate(headers)))}
    return [
        Line(
            name,
            number,
            {
                header: value
                for header, one in reversed(list(zip(headers, row, strict=False)))
                if header and (value := _text(one))
            },
            letters,
        )
        for number, row in enumerate(cells[1:], 2)
        if any(_text(one) for one in row)
    ]


_ALIASES = {
    "list name": "list_name",
    "list": "list_name",
    "value": "name",
    "caption": "label",
    "relevance": "relevant",
    "relevant_if": "relevant",
    "bind::relevant": "relevant",
    "bind::required": "required",
    "bind::constraint": "constraint",
    "bind::calculate": "calculation",
    "calculate": "calculation",
    "constraint message": "constraint_message",
    "required message": "required_message",
    "control::appearance": "appearance",
    "choice filter": "choice_filter",
    "command": "type",
    "title": "form_title",
    "form title": "form_title",
    "default language": "default_language",
}


def _header(text: str) -> str:
    """« Label::English (en) », « label : English » and the like in one spelling."""
    name, mark, language = re.sub(r"\s*::?\s*", "::", text.strip()).partition("::")
    name = " ".join(name.lower().split())
    whole = f"{name}::{language.lower()}" if mark else name
    return _ALIASES.get(whole) or f"{_ALIASES.get(name, name)}{mark}{language}"


def _text(value: object) -> str:
    """The cell as a person reads it."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value).strip() if value is not None else ""


def _letter(place: int) -> str:
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
