"""Reads a sheet of an XLSX, XLS or ODS workbook, after looking at what would make it dangerous."""

from __future__ import annotations

import datetime as dt
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import zip_longest

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from consultation.spreadsheet import ods, xls, xlsx
from consultation.spreadsheet.sheet import (
    ABOVE,
    MOST_COLUMNS,
    MOST_ROWS,
    NOT_READ,
    NOT_SAVED,
    SAVE_AGAIN,
    TOO_LARGE,
    TOO_MANY,
    Aside,
    Rows,
    Sheet,
    blanks,
)
from consultation.spreadsheet.unseen import Unseen

_Value = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta
_LARGEST_UNZIPPED = 100 * 1024 * 1024
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
    LookupError,
    OSError,
)
_MACROS = f"Les classeurs à macros (.xlsm) ne sont pas lus. {SAVE_AGAIN}"
_BINARY = f"Les classeurs binaires (.xlsb) ne sont pas lus. {SAVE_AGAIN}"
_LOCKED = f"Ce fichier porte un mot de passe. Retirez-le. {SAVE_AGAIN}"


def read_workbook(content: bytes, chosen: str = "") -> Sheet | None:
    """The sheet chosen, or the visible one that holds the most addresses; None if no workbook."""
    if not content.startswith((_ZIP, _OLE)):
        return None
    try:
        inside = _inside(content, MOST_COLUMNS)
    except _DAMAGED:
        inside = NOT_READ
    if isinstance(inside, str):
        return Sheet(refusal=inside)
    try:
        with no_panic():
            return _read(content, chosen, inside)
    except PasswordError:
        return Sheet(refusal=_LOCKED)
    except (CalamineError, *_DAMAGED):
        return Sheet(refusal=NOT_READ)


def workbook_refusal(content: bytes, *, columns: int = MOST_COLUMNS) -> str:
    """What makes a workbook dangerous to open, or impossible, in French; '' for nothing."""
    try:
        inside = _inside(content, columns)
    except _DAMAGED:
        return NOT_READ
    return inside if isinstance(inside, str) else ""


@contextmanager
def no_panic() -> Iterator[None]:
    """Let the reader fail as any other on a damaged workbook: its panics are no `Exception`."""
    try:
        yield
    except BaseException as failure:
        if type(failure).__name__ == "PanicException":  # its type has no name of its own to import
            raise CalamineError(str(failure)) from failure
        raise


def _inside(content: bytes, columns: int) -> Unseen | str:
    """What the reader does not tell of a workbook, or why it is not opened."""
    if content.startswith(_OLE):
        stream = xls.stream(content)
        if stream is None:
            return _LOCKED if xls.is_locked(content) else NOT_READ
        found: Unseen | None = xls.unseen(stream, MOST_ROWS + ABOVE, columns)
        return found or TOO_MANY
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        # It is unpacked under a limit: a few kilobytes may hold gigabytes.
        if sum(member.file_size for member in archive.infolist()) > _LARGEST_UNZIPPED:
            return TOO_LARGE
        names = frozenset(archive.namelist())
        if "xl/vbaProject.bin" in names:
            return _MACROS
        if "xl/workbook.bin" in names:
            return _BINARY
        if "content.xml" in names:
            found = ods.unseen(archive, MOST_ROWS + ABOVE, columns)
        else:
            found = xlsx.unseen(archive, MOST_ROWS + ABOVE, columns)
        return found or TOO_MANY


def _read(content: bytes, chosen: str, inside: Unseen) -> Sheet:
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
    visible = tuple(
        one.name for one in workbook.sheets_metadata if one.visible == SheetVisibleEnum.Visible
    )
    if not visible:
        return Sheet(refusal=NOT_READ)
    found = {name: _rows(workbook, name, inside.not_saved(name)) for name in workbook.sheet_names}
    shown = {name: _shown(found[name], inside.hidden(name)) for name in visible}
    name = chosen if chosen in visible else _fullest(shown)
    rows, hidden = shown[name], inside.hidden(name)
    too_wide = any("".join(column).strip() for column in rows.columns[MOST_COLUMNS:])
    if too_wide or len(rows.numbers) > MOST_ROWS + ABOVE:
        return Sheet(refusal=TOO_MANY)
    return Sheet(
        filled=rows,
        how=f"classeur {inside.kind}, feuille «\u00a0{name}\u00a0»",
        aside=(
            *_hidden(found[name], hidden),
            *blanks(found[name].numbers),
            *_elsewhere(found, name, visible),
        ),
        sheets=visible,
        sheet=name,
    )


def _fullest(sheets: Mapping[str, Rows]) -> str:
    """The sheet that holds the most addresses, or the first."""
    if len(sheets) == 1:
        return next(iter(sheets))
    return max(sheets, key=lambda name: _addresses(sheets[name]))


def _shown(rows: Rows, hidden: frozenset[int]) -> Rows:
    places = enumerate(rows.numbers) if hidden else ()
    return rows.without([place for place, number in places if number in hidden])


def _rows(workbook: CalamineWorkbook, name: str, not_saved: frozenset[tuple[int, int]]) -> Rows:
    cells = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    for number, column in not_saved:
        _mark(cells, number, column)
    return Rows.of([_texts(column) for column in zip_longest(*cells, fillvalue="")])


def _mark(cells: list[list[_Value]], number: int, column: int) -> None:
    """Let a formula without a result be seen, in a row that would else be blank."""
    while len(cells) < number:
        cells.append([])
    row = cells[number - 1]
    row.extend([""] * (column + 1 - len(row)))
    row[column] = row[column] or NOT_SAVED


def _texts(column: Sequence[_Value]) -> Sequence[str]:
    """The cells as texts: nearly always they are texts already."""
    try:
        "".join(column)  # type: ignore[arg-type]  # fails at the first that is none
    except TypeError:
        return tuple(map(_in_words, column))
    return column  # type: ignore[return-value]


def _in_words(value: _Value) -> str:
    """The cell as a person reads it."""
    match value:
        case float() if value.is_integer():
            return str(int(value))
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat()
        case _:
            return str(value)


def _addresses(rows: Rows) -> int:
    return sum("@" in "".join(cells) for cells in zip(*rows.columns, strict=True))


def _hidden(rows: Rows, hidden: frozenset[int]) -> Iterator[Aside]:
    """The rows someone has hidden, or filtered out: those people were not meant."""
    numbers = tuple(number for number in rows.numbers if number in hidden) if hidden else ()
    if numbers:
        yield Aside(reason="masquée dans le classeur (affichez-la pour l’inviter)", numbers=numbers)


def _elsewhere(found: Mapping[str, Rows], read: str, visible: Sequence[str]) -> Iterator[Aside]:
    """The lines of the sheets that are not read, with how many hold an address."""
    for name, rows in found.items():
        if rows.numbers and name != read:
            kind = "feuille" if name in visible else "feuille masquée"
            reason = f"{kind} «\u00a0{name}\u00a0», qui n’est pas lue"
            holding = _addresses(rows)
            addresses = f" ({holding} avec une adresse)" if holding else ""
            yield Aside(reason=reason + addresses, numbers=tuple(rows.numbers))
