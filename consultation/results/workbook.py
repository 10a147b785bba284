"""Writes rows as a workbook, which every spreadsheet opens without being told how.

Written as it goes: libraries take five times longer, or keep every cell in memory. What a code
becomes is worked out once for each column.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from consultation.questionnaire.columns import Column
from consultation.results.numbering import WHOLE
from consultation.results.rows import Row

_LOT = 500  # rows
_FAST = 3  # of nine
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

_PARTS: Mapping[str, str] = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_KIND}.worksheet+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_KIND}.sharedStrings+xml"/>'
        "</Types>"
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>"
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}">'
        '<sheets><sheet name="Réponses" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_LINKS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_LINKS}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>"
    ),
}


def write_workbook(path: Path, columns: Sequence[Column], rows: Iterable[Row]) -> None:
    """One sheet: titles, then a row for each ballot; labels, and numbers where they are some."""
    texts = _Texts()
    with zipfile.ZipFile(path, "w", compresslevel=_FAST) as archive:
        for name, content in _PARTS.items():
            archive.writestr(_member(name), _HEAD + content)
        with archive.open(_member("xl/worksheets/sheet1.xml"), "w", force_zip64=True) as sheet:
            for piece in _sheet(columns, rows, texts):
                sheet.write(piece.encode())
        archive.writestr(_member("xl/sharedStrings.xml"), _HEAD + texts.xml)


class _Texts:
    """Texts told once, which cells name by their number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def cell(self, text: str) -> str:
        """What follows the place of a cell that holds this: a number stays one."""
        if WHOLE.fullmatch(text):
            return _number(text)
        number = self._numbers.setdefault(text, len(self._numbers))
        return f'" t="s"><v>{number}</v></c>'

    @property
    def xml(self) -> str:
        """All of them."""
        held = (escape(_FORBIDDEN.sub("", text)) for text in self._numbers)
        items = "".join(f'<si><t xml:space="preserve">{text}</t></si>' for text in held)
        return f'<sst xmlns="{_MAIN}">{items}</sst>'


def _sheet(columns: Sequence[Column], rows: Iterable[Row], texts: _Texts) -> Iterator[str]:
    places = [f'<c r="{_letters(number)}' for number in range(1, len(columns) + 1)]
    known = [[texts.cell(one) for one in column.values.values()] for column in columns]
    numeric = [place for place, column in enumerate(columns) if not column.values]
    titles = [texts.cell(f"{column.name} – {column.title}") for column in columns]
    yield (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        "</sheetView></sheetViews><sheetData>"
    )
    yield _row(1, zip(places, titles, strict=True))
    lot: list[str] = []
    for number, row in enumerate(rows, start=2):
        coded = zip(places, known, row.codes, strict=False)
        cells = [(place, held[code] if held and code >= 0 else "") for place, held, code in coded]
        for column, written in zip(numeric, row.numbers, strict=True):
            cells[column] = (places[column], _number(written) if written else "")
        lot.append(_row(number, cells))
        if len(lot) == _LOT:
            yield "".join(lot)
            lot.clear()
    yield "".join([*lot, "</sheetData></worksheet>"])


def _row(number: int, cells: Iterable[tuple[str, str]]) -> str:
    filled = "".join(f"{place}{number}{content}" for place, content in cells if content)
    return f'<row r="{number}">{filled}</row>'


def _number(written: str) -> str:
    return f'"><v>{written}</v></c>'


def _letters(number: int) -> str:
    """The name of a column: A, B… Z, AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _member(name: str) -> zipfile.ZipInfo:
    """A file of the workbook, without a date: the same rows always give the same bytes."""
    member = zipfile.ZipInfo(name)
    member.compress_type = zipfile.ZIP_DEFLATED
    return member
