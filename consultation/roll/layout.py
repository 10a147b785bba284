"""Finds where an HR file holds its addresses: the header, the column, the lines of no person."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from consultation.roll.addresses import clean
from consultation.roll.headings import CERTAIN, OF_PEOPLE, PRIVATE, is_known, says_address, words_in
from consultation.spreadsheet import Aside, Row, Sheet, column_letter, ranges

_HEADER_WITHIN = 20  # rows in which the header is looked for

_TOTAL = re.compile(r"(?:sous[- ])?(?:total|nombre|effectif)\b.*", re.IGNORECASE | re.DOTALL)
_COUNTED = re.compile(r"[\s\d.,:%=]*(?:agents?|personnes?|lignes?|adresses?)?[\s\d.,:%=]*", re.I)
_SIGNED = re.compile(r"\S@\S")


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where the addresses are, the lines that may hold people, and those that hold none."""

    column: int
    rows: tuple[Row, ...]
    names: Mapping[int, str]
    joined: tuple[int, ...] = ()  # columns of no name that go on with the same list
    others: tuple[int, ...] = ()  # what is left in the file
    aside: tuple[Aside, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def lists(self) -> bool:
        """Whether the file holds addresses alone: then a cell may hold several people."""
        return not self.others

    def name(self, column: int) -> str:
        """What a column is called."""
        return self.names.get(column, f"colonne {column_letter(column)}")

    def cell(self, row: Row) -> str:
        """What a row says of its address."""
        cells = row.cells
        if not self.joined:
            return cells[self.column] if self.column < len(cells) else ""
        places = (self.column, *self.joined)
        return ";".join(cells[i] for i in places if i < len(cells) and cells[i].strip())


def layout(sheet: Sheet, chosen: int | None = None) -> Layout | None:
    """The header and the column of addresses, by names and by content; None when there is none.

    `chosen`: the column, when a person has chosen it.
    """
    header = _header(sheet.rows[:_HEADER_WITHIN])
    names = _names(header) if header else {}
    signs = {i: found for i, column in _columns(sheet.rows) if (found := _signs(column))}
    guessed = _address_column(signs, names)
    column = guessed if chosen is None else chosen
    if column is None:
        return None
    beyond = [i for i in sorted(signs) if i != column and i > max(names, default=-1)]
    rows, aside = _sorted_out(sheet.rows, header, (column, *beyond))
    used = [i for i, cells in _columns(rows) if i != column and "".join(cells).strip()]
    # « a; b; c » was cut, and goes on with the same list: under one name, or in a file of nothing
    # else. Beside other columns, without any name, it may be two addresses of the same person.
    joined = column == guessed and bool(header or used == beyond)
    made = Layout(
        column=column,
        rows=rows,
        names=names,
        joined=tuple(beyond) if joined else (),
        others=tuple(i for i in used if not joined or i not in beyond),
        aside=aside,
    )
    return replace(made, notes=tuple(_second(made, signs)))


# --- The header


def _header(rows: Sequence[Row]) -> Row | None:
    """The row that looks the most like a header, above the addresses or under a notice."""
    signed = (place for place, row in enumerate(rows) if any(map(_SIGNED.search, row.cells)))
    first = next(signed, len(rows))
    above = [row for row in rows[:first] if _score(row)]
    if above:
        return max(reversed(above), key=_score)
    return next(filter(_is_sure, rows[first:]), None)


def _is_sure(row: Row) -> bool:
    """Whether a row holds names of columns and nothing else, one of them of addresses."""
    cells = [words_in(cell) for cell in row.cells if cell.strip()]
    return all(map(is_known, cells)) and 4 in map(says_address, cells)


def _score(row: Row) -> int:
    """How much a row looks like a header: 0 when it may be a person's."""
    if any(map(_SIGNED.search, row.cells)):
        return 0
    cells = [words for cell in row.cells if (words := words_in(cell))]
    address = max(map(says_address, cells), default=0)
    people = sum(bool(words & OF_PEOPLE) and is_known(words) for words in cells)
    known = sum(map(is_known, cells))
    if address >= 3 or people or (address and known):
        return address + known
    return known if known == len(cells) > 1 else 0


def _names(row: Row) -> Mapping[int, str]:
    return {i: name for i, cell in enumerate(row.cells) if (name := clean(cell))}


# --- The column


def _columns(rows: Sequence[Row]) -> Iterator[tuple[int, tuple[str, ...]]]:
    return enumerate(zip_longest(*(row.cells for row in rows), fillvalue=""))


def _signs(column: Sequence[str]) -> int:
    return sum("@" in cell for cell in column)


def _address_column(signs: Mapping[int, int], names: Mapping[int, str]) -> int | None:
    """The column with the most addresses; a name decides between columns that have some."""
    said = {i: says_address(words_in(name)) for i, name in names.items()}
    if not signs:
        certain = (i for i, name in names.items() if said[i] and words_in(name) & CERTAIN)
        return next(certain, None)
    likely = [i for i in signs if said.get(i)]
    at_work = [i for i in likely if not words_in(names[i]) & PRIVATE]
    return max(at_work or likely or list(signs), key=lambda i: (signs[i], -i))


def _second(found: Layout, signs: Mapping[int, int]) -> Iterator[str]:
    """What is said of the addresses of another column, which nobody reads."""
    for other in found.others:
        if other not in signs:
            continue
        cells = ((row.number, row.cells[other]) for row in found.rows if other < len(row.cells))
        numbers = tuple(number for number, cell in cells if _SIGNED.search(cell))
        if numbers:
            yield (
                f"« {found.name(other)} » contient aussi des adresses, qui ne sont pas lues "
                f"(lignes {ranges(numbers)}) : seule « {found.name(found.column)} » est lue."
            )


# --- The lines


def _sorted_out(
    rows: Sequence[Row], header: Row | None, columns: Sequence[int]
) -> tuple[tuple[Row, ...], tuple[Aside, ...]]:
    """The rows that may hold people, those with an address first, and the others with why."""
    kept: list[Row] = []
    aside: dict[str, list[int]] = {}
    for row in rows:
        people = row is not header and _holds(row, columns)
        reason = "" if people else _of_nobody(row, header)
        if reason:
            aside.setdefault(reason, []).append(row.number)
        else:
            kept.append(row)
    told = (Aside(reason=why, numbers=tuple(numbers)) for why, numbers in aside.items())
    return tuple(kept), tuple(told)


def _holds(row: Row, columns: Sequence[int]) -> bool:
    return any(i < len(row.cells) and "@" in row.cells[i] for i in columns)


def _of_nobody(row: Row, header: Row | None) -> str:
    """Why a row without an address is no person's; '' when it may be one."""
    if header is not None:
        if row is header:
            return "en-tête"
        if row.number < header.number:
            return "au-dessus de l’en-tête"
        if _names(row) == _names(header) or (len(_names(row)) > 1 and _is_sure(row)):
            return "en-tête répété"
    return "total" if _is_total(row) else ""


def _is_total(row: Row) -> bool:
    filled = [cell.strip() for cell in row.cells if cell.strip()]
    said = _TOTAL.fullmatch(filled[0])
    return said is not None and all(map(_COUNTED.fullmatch, filled[1:]))
