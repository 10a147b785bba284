"""The same tables as each kind of file that HR offices send, small and quickly made."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

import openpyxl
import xlwt

Rows = Sequence[Sequence[str]]

_ODS = "application/vnd.oasis.opendocument.spreadsheet"
_NAMESPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "table", "text", "style")
)


def xlsx(sheets: Mapping[str, Rows], hidden: Collection[int] = ()) -> bytes:
    """As Excel saves it; `hidden`: rows of the first sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([cell or None for cell in row])
    for number in hidden:
        book.worksheets[0].row_dimensions[number].hidden = True
    return _saved(book)


def xls(sheets: Mapping[str, Rows], hidden: Collection[int] = ()) -> bytes:
    """As Excel saved it until 2003, and as HR software still does."""
    book = xlwt.Workbook()
    for place, (name, rows) in enumerate(sheets.items()):
        sheet = book.add_sheet(name)
        for number, row in enumerate(rows, 1):
            sheet.row(number - 1).hidden = place == 0 and number in hidden
            for column, cell in enumerate(row):
                if cell:
                    sheet.write(number - 1, column, cell)
    return _saved(book)


def ods(sheets: Mapping[str, Rows], hidden: Collection[int] = ()) -> bytes:
    """As LibreOffice saves it."""
    tables = "".join(
        _table(name, rows, hidden if place == 0 else ())
        for place, (name, rows) in enumerate(sheets.items())
    )
    return ods_of(tables)


def ods_of(tables: str) -> bytes:
    """An ODS whose sheets are written by hand."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", _ODS, zipfile.ZIP_STORED)
        archive.writestr(
            "META-INF/manifest.xml",
            '<?xml version="1.0"?><manifest:manifest xmlns:manifest='
            '"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODS}"/>'
            "</manifest:manifest>",
        )
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_NAMESPACES}>'
            f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
            "</office:document-content>",
        )
    return stream.getvalue()


def _table(name: str, rows: Rows, hidden: Collection[int]) -> str:
    written = "".join(_row(row, number in hidden) for number, row in enumerate(rows, 1))
    rest = (
        '<table:table-row table:number-rows-repeated="1000000">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    return f"<table:table table:name={quoteattr(name)}>{written}{rest}</table:table>"


def _row(row: Sequence[str], hidden: bool) -> str:
    seen = ' table:visibility="filter"' if hidden else ""
    cells = "".join(
        f'<table:table-cell office:value-type="string">{_paragraphs(cell)}</table:table-cell>'
        if cell
        else "<table:table-cell/>"
        for cell in row
    )
    rest = f'<table:table-cell table:number-columns-repeated="{16384 - len(row)}"/>'
    return f"<table:table-row{seen}>{cells}{rest}</table:table-row>"


def _paragraphs(cell: str) -> str:
    return "".join(f"<text:p>{escape(line)}</text:p>" for line in cell.split("\n"))


def _saved(book: openpyxl.Workbook | xlwt.Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()
