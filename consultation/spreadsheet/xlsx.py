"""What an XLSX says beside its cells: how far it goes, rows hidden, formulas without a result."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from html import unescape

from consultation.spreadsheet.sheet import column_letter
from consultation.spreadsheet.unseen import Unseen

_CELL = re.compile(rb"<c(?=[\s>])()")
_PREFIXED = re.compile(rb":c[\s/>]")
_TAG = re.compile(rb"<(?:[^\s<>/=\"']+:)?(row|c)(?=[\s/>])((?:[^<>\"']|\"[^\"]*\"|'[^']*')*+)>")
_ATTRIBUTE = re.compile(rb"([^\s=\"'<>/]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_PLACE = re.compile(rb"([A-Za-z]+)0*(\d{1,9})")
_ROW = re.compile(rb"<(?:\w{1,20}:)?row\b[^<>]{0,500}>")
_HIDDEN = re.compile(rb"\bhidden=[\"'](?:1|true)[\"']|\sht=[\"']0(?:\.0)?[\"']")
_MAY_HIDE = (b" hidden=", b' ht="0', b" ht='0")
_NUMBER = re.compile(rb"\sr=[\"'](\d{1,7})[\"']")
_FORMULA_ALONE = re.compile(
    rb'<c r="([A-Z]{1,3})(\d{1,7})"[^<>]{0,200}><f\b[^<>]{0,300}(?:/>|>[^<]*</f>)'
    rb"(?:<v\s*/>|<v></v>)?</c>"
)
_SHEET = re.compile(r"<(?:\w{1,20}:)?sheet\b[^<>]{0,1000}>")
_LINK = re.compile(r"<(?:\w{1,20}:)?Relationship\b[^<>]{0,2000}>")


def unseen(archive: zipfile.ZipFile, rows: int, columns: int) -> Unseen | None:
    """What the cells do not say; None when one of them is beyond so many rows or columns."""
    data = {name: archive.read(name) for name in archive.namelist()}
    if any(_goes_too_far(member, rows, columns) for member in data.values()):
        return None
    sheets = {name: data.get(member, b"") for name, member in _sheets(data)}
    return Unseen(
        kind="XLSX",
        hidden_rows={name: frozenset(_hidden(xml)) for name, xml in sheets.items()},
        formulas={name: frozenset(_formulas(xml)) for name, xml in sheets.items()},
    )


def _goes_too_far(member: bytes, rows: int, columns: int) -> bool:
    """One filled cell far away makes a reader fill the whole rectangle in memory."""
    near = len(_near(rows, columns).findall(member))
    if near == len(_CELL.findall(member)) and not _PREFIXED.search(member):
        return False  # each cell says where it is, as nearly all programs write it: told faster
    return any(row > rows or column > columns for row, column in _filled_cells(member))


@lru_cache
def _near(rows: int, columns: int) -> re.Pattern[bytes]:
    """A cell within these limits, which says first where it is."""
    place = f"(?:{_up_to(column_letter(columns - 1), 'A', 'Z')})(?:{_up_to(str(rows), '0', '9')})"
    return re.compile(rf'<c r="{place}"()'.encode())


def _up_to(limit: str, least: str, most: str) -> str:
    """The words of these letters that are shorter than `limit`, or as long and not after it."""
    any_letter = f"[{least}-{most}]"
    size = len(limit)
    before = [
        f"{limit[:place]}[{least}-{chr(ord(letter) - 1)}]{any_letter}{{{size - place - 1}}}"
        for place, letter in enumerate(limit)
        if letter > least
    ]
    shorter = [f"{any_letter}{{1,{size - 1}}}"] if size > 1 else []
    return "|".join([limit, *before, *shorter])


def _filled_cells(member: bytes) -> Iterator[tuple[int, int]]:
    """The row and the column of each, from 1; one that does not say it follows the one before."""
    row = column = 0
    for tag, written in _TAG.findall(member):
        attributes = {name: one or other for name, one, other in _ATTRIBUTE.findall(written)}
        said = attributes.get(b"r", b"")
        if tag == b"row":
            row, column = int(said) if said.isdigit() else row + 1, 0
            continue
        place, here, column = _PLACE.fullmatch(said), row, column + 1
        if place:
            here, column = int(place[2]), _column_number(place[1].upper())
        if not written.endswith(b"/"):
            yield here, column


def _hidden(xml: bytes) -> Iterator[int]:
    if not any(word in xml for word in _MAY_HIDE):
        return
    number = 0
    for tag in _ROW.findall(xml):
        said = _NUMBER.search(tag)
        number = int(said[1]) if said else number + 1
        if _HIDDEN.search(tag):
            yield number


def _formulas(xml: bytes) -> Iterator[tuple[int, int]]:
    if b"<f" in xml and (b"<f>" in xml or b"<f " in xml):
        for column, row in _FORMULA_ALONE.findall(xml):
            yield int(row), _column_number(column) - 1


def _sheets(data: dict[str, bytes]) -> Iterator[tuple[str, str]]:
    """Each sheet, and where the workbook keeps it, when it says so as Excel does."""
    book = data.get("xl/workbook.xml", b"").decode("utf-8", "replace")
    links = data.get("xl/_rels/workbook.xml.rels", b"").decode("utf-8", "replace")
    targets = {_attribute(tag, "Id"): _attribute(tag, "Target") for tag in _LINK.findall(links)}
    for tag in _SHEET.findall(book):
        target = targets.get(_attribute(tag, "r:id"), "")
        yield _attribute(tag, "name"), target.lstrip("/") if target[:1] == "/" else f"xl/{target}"


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf"""\b{name}=(?:"([^"]*)"|'([^']*)')""", tag)
    return unescape(found[1] or found[2] or "") if found else ""


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
