"""Reads what Excel saved and writes what Excel may open."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from typing import TextIO

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

LARGEST_FILE = 5 * 1024 * 1024
MOST_ROWS = 20_000
MOST_COLUMNS = 50

_ABOVE = 50  # rows of titles tolerated above the limit
_LARGEST_UNZIPPED = 100 * 1024 * 1024
_LOOKED_AT = 20  # rows on which the delimiter is guessed
_LONGEST_CELL_LINES = 5  # beyond, a quotation mark was left open

_DELIMITERS = {";": "point-virgule", "\t": "tabulation", ",": "virgule", "|": "barre verticale"}
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\r?\n?', re.IGNORECASE)
_FILLED_CELL = re.compile(
    rb'<(?:\w{1,20}:)?c [^<>]{0,200}?\br="([A-Z]{1,3})(\d{1,7})"[^<>]{0,200}(?<!/)>'
)
_ROW = re.compile(rb"<(?:\w{1,20}:)?row\b[^<>]{0,500}>")
_HIDDEN = re.compile(rb'\bhidden="(?:1|true)"')
_NUMBER = re.compile(rb'\br="(\d{1,7})"')
_SHEET = re.compile(r"<(?:\w{1,20}:)?sheet\b[^<>]{0,1000}>")
_LINK = re.compile(r"<(?:\w{1,20}:)?Relationship\b[^<>]{0,2000}>")
_TOLD = 10  # numbers of lines named in a sentence
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
_BELOW_ZERO = re.compile(r"-[1-9][0-9]*")

_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
    OSError,
)

_TOO_LARGE = "Le fichier dépasse 5 Mo. Retirez les colonnes inutiles, ou coupez-le en deux."
_TOO_MANY = "Le fichier dépasse 20 000 lignes ou 50 colonnes. Coupez-le en plusieurs lots."
_EMPTY = "Le fichier est vide. Vérifiez que vous avez choisi le bon fichier."
_SAVE_AGAIN = "Dans votre tableur, choisissez « Enregistrer sous », puis « CSV » ou « XLSX »."
_NOT_READ = f"Ce fichier n’est ni un CSV ni un classeur XLSX lisible. {_SAVE_AGAIN}"
_LOCKED = f"Ce fichier est un ancien classeur Excel ou porte un mot de passe. {_SAVE_AGAIN}"
_REFUSED = {
    "xls": f"Les fichiers .xls (ancien Excel) ne sont pas lus. {_SAVE_AGAIN}",
    "xlsm": f"Les classeurs à macros (.xlsm) ne sont pas lus. {_SAVE_AGAIN}",
    "xlsb": f"Les classeurs binaires (.xlsb) ne sont pas lus. {_SAVE_AGAIN}",
    "ods": f"Les classeurs .ods ne sont pas lus. {_SAVE_AGAIN}",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row that is not blank, under the number Excel shows."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What was read and how, or the sentence that says why nothing was."""

    rows: tuple[Row, ...] = ()
    how: str = ""
    notes: tuple[str, ...] = ()
    refusal: str = ""
    sheets: tuple[str, ...] = ()  # those of a workbook that may be read
    sheet: str = ""


def read(content: bytes, filename: str, sheet_name: str = "") -> Sheet:
    """Read a CSV in any form Excel gives it, or a sheet of an XLSX: the first visible one."""
    refusal = _refusal(content, filename.rpartition(".")[2].lower())
    if refusal:
        return Sheet(refusal=refusal)
    sheet = (
        _read_xlsx(content, sheet_name) if content.startswith(b"PK\x03\x04") else _read_csv(content)
    )
    if not sheet.rows and not sheet.refusal:
        return Sheet(refusal=_EMPTY)
    return sheet


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


def _refusal(content: bytes, extension: str) -> str:
    if len(content) > LARGEST_FILE:
        return _TOO_LARGE
    if not content.strip():
        return _EMPTY
    if extension in _REFUSED:
        return _REFUSED[extension]
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        return _LOCKED
    return ""


# --- CSV


def _read_csv(content: bytes) -> Sheet:
    text, encoding = _decoded(content)
    if "\x00" in text:
        return Sheet(refusal=_NOT_READ)
    announced = _SEPARATOR_LINE.match(text)
    delimiter = announced[1] if announced else _guessed_delimiter(text)
    if announced:
        text = text[announced.end() :]
    records = _records(text, delimiter or ";")
    rows = tuple(
        Row(number=number, cells=tuple(cells))
        for number, cells in enumerate(records, 1)
        if any(cell.strip() for cell in cells)
    )
    if len(rows) > MOST_ROWS + _ABOVE or any(len(row.cells) > 10 * MOST_COLUMNS for row in rows):
        return Sheet(refusal=_TOO_MANY)
    separated = _DELIMITERS.get(delimiter, f"séparateur « {delimiter} »")
    return Sheet(rows=rows, how=f"CSV, {separated if delimiter else 'une colonne'}, {encoding}")


def _decoded(content: bytes) -> tuple[str, str]:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace"), "UTF-16"
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
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:  # a quotation mark left open swallowed the file
        return _without_quotation(text, delimiter)
    left_open = any(cell.count("\n") > _LONGEST_CELL_LINES for cells in records for cell in cells)
    return _without_quotation(text, delimiter) if left_open else records


def _without_quotation(text: str, delimiter: str) -> list[list[str]]:
    return [[cell.strip(' "') for cell in line.split(delimiter)] for line in text.splitlines()]


# --- XLSX


def _read_xlsx(content: bytes, chosen: str) -> Sheet:
    refusal = workbook_refusal(content)
    if refusal:
        return Sheet(refusal=refusal)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        visible = [
            sheet.name
            for sheet in workbook.sheets_metadata
            if sheet.visible == SheetVisibleEnum.Visible
        ]
        if not visible:
            return Sheet(refusal=_NOT_READ)
        name = chosen if chosen in visible else _with_addresses(workbook, visible)
        cells = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except CalamineError:
        return Sheet(refusal=_NOT_READ)
    hidden = _hidden_rows(content, name)
    rows = tuple(row for row in _filled_rows(cells) if row.number not in hidden)
    return Sheet(
        rows=rows,
        how=f"classeur XLSX, feuille «\u00a0{name}\u00a0»",
        notes=tuple(_left_aside(name, visible, len(cells), hidden)),
        sheets=tuple(visible),
        sheet=name,
        refusal=_TOO_MANY if len(rows) > MOST_ROWS + _ABOVE else "",
    )


def _with_addresses(workbook: CalamineWorkbook, visible: Sequence[str]) -> str:
    """The first sheet that holds an address, or the first."""
    for name in visible:
        cells = workbook.get_sheet_by_name(name).to_python()
        if any("@" in str(cell) for row in cells for cell in row):
            return name
    return visible[0]


def _left_aside(
    name: str, visible: Sequence[str], rows: int, hidden: Collection[int]
) -> Iterator[str]:
    others = ", ".join(f"«\u00a0{other}\u00a0»" for other in visible if other != name)
    if others:
        yield f"Une seule feuille est lue. Feuilles laissées\u00a0: {others}."
    among = sorted(number for number in hidden if number <= rows)
    if among:
        told = ", ".join(map(str, among[:_TOLD])) + ("…" if len(among) > _TOLD else "")
        yield (
            f"{len(among)} lignes masquées dans le classeur sont laissées de côté ({told}). "
            "Affichez-les avant d’enregistrer si ces personnes doivent être invitées."
        )


def _hidden_rows(content: bytes, sheet_name: str) -> frozenset[int]:
    """The rows someone has hidden, or filtered out: those people were not meant."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        member = _member_of(archive, sheet_name)
        data = archive.read(member) if member in archive.namelist() else b""
    return frozenset(
        int(number[1])
        for tag in _ROW.findall(data)
        if _HIDDEN.search(tag) and (number := _NUMBER.search(tag))
    )


def _member_of(archive: zipfile.ZipFile, sheet_name: str) -> str:
    """Where a workbook keeps a sheet; '' when it does not say so as Excel does."""
    try:
        book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
        links = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    except KeyError:
        return ""
    named = (tag for tag in _SHEET.findall(book) if _attribute(tag, "name") == sheet_name)
    relation = _attribute(next(named, ""), "r:id")
    found = (tag for tag in _LINK.findall(links) if _attribute(tag, "Id") == relation)
    return _from_root(_attribute(next(found, ""), "Target"))


def _from_root(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return unescape(found[1]) if found else ""


def workbook_refusal(content: bytes, *, columns: int = MOST_COLUMNS) -> str:
    """What makes a workbook dangerous to open: it is unpacked under a limit, then measured."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > _LARGEST_UNZIPPED:
                return _TOO_LARGE
            names = {member.filename for member in members}
            if "xl/vbaProject.bin" in names:
                return _REFUSED["xlsm"]
            if "content.xml" in names:
                return _REFUSED["ods"]
            too_far = any(_spreads_too_far(archive.read(member), columns) for member in members)
    except _DAMAGED:
        return _NOT_READ
    return _TOO_MANY if too_far else ""


def _spreads_too_far(member: bytes, columns: int) -> bool:
    """One cell far away makes a reader fill the whole rectangle in memory."""
    return any(
        int(row) > MOST_ROWS + _ABOVE or _column_number(column) > columns
        for column, row in _FILLED_CELL.findall(member)
    )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _filled_rows(cells: Sequence[Sequence[object]]) -> Iterator[Row]:
    for number, values in enumerate(cells, 1):
        texts = tuple(_shown(value) for value in values)
        if any(text.strip() for text in texts):
            yield Row(number=number, cells=texts)


def _shown(value: object) -> str:
    match value:
        case float() if value.is_integer():
            return str(int(value))
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat()
        case _:
            return str(value)
