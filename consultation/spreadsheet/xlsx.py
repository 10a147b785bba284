"""What an XLSX says beside its cells: how far it goes, rows hidden, formulas without a result."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from html import unescape

from consultation.spreadsheet.sheet import column_letter
from consultation.spreadsheet.unseen import Unseen

_FILLED_CELL = re.compile(
    rb"<(?:\w{1,20}:)?c\s[^<>]{0,200}?\br=[\"']([A-Z]{1,3})(\d{1,7})[\"'][^<>]{0,200}(?<!/)>"
)
_ROW = re.compile(rb"<(?:\w{1,20}:)?row\b[^<>]{0,500}>")
_HIDDEN = re.compile(rb"\bhidden=[\"'](?:1|true)[\"']|\sht=[\"']0(?:\.0)?[\"']")
_MAY_HIDE = (b'hidden="1', b'hidden="t', b"hidden='", b' ht="0', b" ht='")
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
    if not _far(rows, columns).search(member) and b" r='" not in member:
        return False  # the usual case, told ten times faster
    return any(
        int(row) > rows or _column_number(column) > columns
        for column, row in _FILLED_CELL.findall(member)
    )


@lru_cache
def _far(rows: int, columns: int) -> re.Pattern[bytes]:
    """A place beyond these limits."""
    wide = _beyond(column_letter(columns - 1), "A", "Z", 3)
    long = _beyond(str(rows), "0", "9", 7)
    return re.compile(rf' r="(?:(?:{wide})\d|[A-Z]{{1,3}}(?:{long})")'.encode())


def _beyond(limit: str, least: str, most: str, longest: int) -> str:
    """The words of these letters that are longer than `limit`, or as long and after it."""
    any_letter = f"[{least}-{most}]"
    size = len(limit)
    after = [
        f"{limit[:place]}[{chr(ord(letter) + 1)}-{most}]{any_letter}{{{size - place - 1}}}"
        for place, letter in enumerate(limit)
        if letter < most
    ]
    return "|".join([*after, f"{any_letter}{{{size + 1},{max(longest, size + 1)}}}"])


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
    if b"<f>" in xml or b"<f " in xml:
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
