"""What an XLS says beside its cells: how far it goes, and rows hidden ([MS-XLS], BIFF8)."""

from __future__ import annotations

import io
import re
import struct
from collections import defaultdict
from functools import lru_cache

import olefile

from consultation.spreadsheet.unseen import Unseen

# FORMULA, MULRK, RSTRING, LABELSST, NUMBER, LABEL, BOOLERR, RK: each begins by its row and column.
_CELLS = frozenset((0x06, 0xBD, 0xD6, 0xFD, 0x203, 0x204, 0x205, 0x27E))
_SEVERAL_CELLS = 0xBD  # ends by its last column
_ROW, _SHEET, _BEGINNING = 0x208, 0x85, 0x809
_ROW_HIDDEN = 0x20  # in its thirteenth byte
_TWO = struct.Struct("<HH").unpack_from
_ONE = struct.Struct("<H").unpack_from
_PLACE = struct.Struct("<I").unpack_from


def stream(content: bytes) -> bytes | None:
    """The part of the file that holds the workbook; None when it holds none."""
    with olefile.OleFileIO(io.BytesIO(content)) as file:
        for name in ("Workbook", "Book"):
            if file.exists(name):
                data: bytes = file.openstream(name).read()
                return data
    return None


def is_locked(content: bytes) -> bool:
    """Whether the file is a workbook under a password."""
    with olefile.OleFileIO(io.BytesIO(content)) as file:
        return bool(file.exists("EncryptedPackage"))


def unseen(data: bytes, rows: int, columns: int) -> Unseen | None:
    """What the cells do not say; None when one of them is beyond so many rows or columns."""
    names: dict[int, str] = {}  # by where the sheet begins
    hidden: defaultdict[str, set[int]] = defaultdict(set)
    usual = _usual(rows, columns)
    sheet, at, end = "", 0, len(data) - 8
    while (at := _after(usual, data, at)) < end:
        kind, size = _TWO(data, at)
        if kind in _CELLS:
            row, column = _TWO(data, at + 4)
            if kind == _SEVERAL_CELLS:
                (column,) = _ONE(data, at + 2 + size)
            if row >= rows or column >= columns:
                return None
        elif kind == _ROW:
            if data[at + 16] & _ROW_HIDDEN:
                hidden[sheet].add(_ONE(data, at + 4)[0] + 1)
        elif kind == _SHEET:
            names[_PLACE(data, at + 4)[0]] = _name(data[at + 4 : at + 4 + size])
        elif kind == _BEGINNING:
            sheet = names.get(at, sheet)  # not that of a chart inside a sheet
        at += 4 + size
    return Unseen(kind="XLS", hidden_rows={name: frozenset(them) for name, them in hidden.items()})


@lru_cache
def _usual(rows: int, columns: int) -> re.Pattern[bytes]:
    """What nearly all of a file is made of: cells within these limits, and rows that are shown."""
    high, low = divmod(rows, 256)
    row = rb"(?:.[^\x%02x-\xff]|[^\x%02x-\xff]\x%02x)" % (high, low, high)
    place = row + rb"[^\x%02x-\xff]\x00" % min(columns, 255)
    shown = b"".join(rb"\x%02x" % flags for flags in range(256) if not flags & _ROW_HIDDEN)
    records = (
        rb"(?:\xfd\x00|\x7e\x02)\x0a\x00" + place + rb".{6}",  # LABELSST, RK
        rb"\x03\x02\x0e\x00" + place + rb".{10}",  # NUMBER
        rb"\x08\x02\x10\x00.{12}[" + shown + rb"].{3}",  # ROW
    )
    return re.compile(rb"(?:" + rb"|".join(records) + rb")*+", re.DOTALL)


def _after(usual: re.Pattern[bytes], data: bytes, at: int) -> int:
    passed = usual.match(data, at)
    return passed.end() if passed else at


def _name(record: bytes) -> str:
    """After its place and its two kinds: how many letters, on how many bytes each, and them."""
    wide = record[7] & 1
    return record[8 : 8 + record[6] * (wide + 1)].decode("utf-16-le" if wide else "latin-1")
