"""Finds where an HR file holds its addresses: the header, the column, the lines of no person."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress

from consultation.roll.addresses import clean
from consultation.roll.headings import (
    CERTAIN,
    OF_PEOPLE,
    is_known,
    of_agent,
    says_address,
    words_in,
)
from consultation.spreadsheet import Aside, Row, Rows, Sheet, column_letter, ranges

_HEADER = "en-tête"
_HEADER_WITHIN = 20  # rows in which the header is looked for

_TOTAL = re.compile(r"(?:sous[- ])?(?:total|nombre|effectif)\b.*", re.IGNORECASE | re.DOTALL)
_COUNTED = re.compile(r"[\s\d.,:%=]*(?:agents?|personnes?|lignes?|adresses?)?[\s\d.,:%=]*", re.I)
_SIGNED = re.compile(r"\S@\S")
_BADLY_SIGNED = re.compile(
    r"\S[@\uff20]|\S ?[(\[](?:at|arobase)[)\]] ?\S"
    r"|\b(?:[\w-]{1,63}\.){2,8}(?:com|eu|fr|nc|net|org|pf|wf)\b",
    re.IGNORECASE,
)
_LONGEST_LOOKED_AT = 200  # letters of a cell


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where the addresses are, the lines that may hold people, and those that hold none."""

    column: int
    rows: Rows  # all of them
    kept: Sequence[bool]  # whether each may be a person's
    numbers: Sequence[int]  # of those kept
    cells: Sequence[str]  # what each of those kept says of its address
    names: Mapping[int, str]
    others: tuple[int, ...] = ()  # what is left in the file
    aside: tuple[Aside, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def lists(self) -> bool:
        """Whether the file holds addresses alone: then a cell may hold several people."""
        return not self.others

    def cells_of(self, column: int) -> Iterator[str]:
        """What the rows kept say in a column."""
        return compress(self.rows.columns[column], self.kept)

    def name(self, column: int) -> str:
        """What a column is called."""
        return self.names.get(column, f"colonne {column_letter(column)}")


def layout(sheet: Sheet, chosen: int | None = None) -> Layout | None:
    """The header and the column of addresses, by names and by content; None when there is none.

    `chosen`: the column, when a person has chosen it.
    """
    rows = sheet.filled
    first = range(min(_HEADER_WITHIN, len(rows.numbers)))
    header = _header([rows.row(place) for place in first])
    names = _names(header) if header else {}
    signs = {i: found for i, cells in enumerate(rows.columns) if (found := _signs(cells))}
    guessed = _address_column(signs, names)
    column = guessed if chosen is None else chosen
    if column is None:
        return None
    beyond = [i for i in signs if i != column and i > max(names, default=-1)]
    asides = _asides(rows, header, _joined(rows, [column, *beyond]))
    kept = [place not in asides for place in range(len(rows.numbers))]
    used = [i for i, cells in enumerate(rows.columns) if any(map(str.strip, compress(cells, kept)))]
    others = [i for i in used if i != column]
    # « a; b; c » was cut, and goes on with the same list: under one name, or in a file of nothing
    # else. Beside other columns, without any name, it may be two addresses of the same person.
    joined = beyond if column == guessed and (header or others == beyond) else []
    made = Layout(
        column=column,
        rows=rows,
        kept=kept,
        numbers=tuple(compress(rows.numbers, kept)),
        cells=tuple(compress(_joined(rows, [column, *joined]), kept)),
        names=names,
        others=tuple(i for i in others if i not in joined),
        aside=tuple(_in_order(rows, asides)),
    )
    return replace(made, notes=tuple(_second(made, signs)))


# --- The header


def _header(rows: Sequence[Row]) -> Row | None:
    """The row that looks the most like a header, above the addresses or under a notice."""
    signed = (place for place, row in enumerate(rows) if any(map(_SIGNED.search, row.cells)))
    first = next(signed, len(rows))
    above = [
        row
        for place, row in enumerate(rows[:first])
        if _score(row) and not (_is_weak(row) and _is_like_any(row, rows[:place]))
    ]
    if above:
        return max(reversed(above), key=_score)
    return next(filter(_is_sure, rows[first:]), None)


def _is_sure(row: Row) -> bool:
    """Whether a row holds names of columns and nothing else, one of them of addresses."""
    cells = [words_in(cell) for cell in row.cells if cell.strip()]
    return all(map(is_known, cells)) and 4 in map(says_address, cells)


def _is_weak(row: Row) -> bool:
    """Whether one word alone may make it a header: that word may be a person's name."""
    known = [is_known(words_in(cell)) for cell in row.cells if cell.strip()]
    return sum(known) < 2 and not all(known)


def _is_like_any(row: Row, above: Sequence[Row]) -> bool:
    """Whether a row is filled as one above it: people follow people, a header follows titles."""
    filled = _names(row).keys()
    return any(len(filled & _names(other).keys()) > 1 for other in above)


def _score(row: Row) -> int:
    """How much a row looks like a header: 0 when it may be a person's."""
    if any(map(_SIGNED.search, row.cells)) or any(map(_is_badly_signed, row.cells)):
        return 0
    cells = [words for cell in row.cells if (words := words_in(cell))]
    address = max(map(says_address, cells), default=0)
    people = sum(bool(words & OF_PEOPLE) and is_known(words) for words in cells)
    known = sum(map(is_known, cells))
    if address >= 3 or people or (address and known):
        return address + known
    return known if known == len(cells) > 1 else 0


def _is_badly_signed(cell: str) -> bool:
    return _BADLY_SIGNED.search(cell, 0, _LONGEST_LOOKED_AT) is not None


def _names(row: Row) -> Mapping[int, str]:
    return {i: name for i, cell in enumerate(row.cells) if (name := clean(cell))}


# --- The column


def _signs(column: Sequence[str]) -> int:
    return sum(["@" in cell for cell in column]) if "@" in "".join(column) else 0


def _address_column(signs: Mapping[int, int], names: Mapping[int, str]) -> int | None:
    """The column of the agents' own addresses, by its name, then the one that has the most.

    A name decides between columns that have some; without such a name, those that have many.
    """
    words = {i: words_in(name) for i, name in names.items()}
    said = [i for i in words if says_address(words[i])]
    named = [i for i in said if i in signs] if signs else [i for i in said if words[i] & CERTAIN]
    many = (i for i in signs if 2 * signs[i] >= max(signs.values()))  # no stray one in a remark
    return max(
        named or many,
        key=lambda i: (of_agent(words.get(i, frozenset())), signs.get(i, 0), -i),
        default=None,
    )


def _second(found: Layout, signs: Mapping[int, int]) -> Iterator[str]:
    """What is said of the addresses of another column, which nobody reads."""
    for other in found.others:
        if other not in signs:
            continue
        cells = zip(found.numbers, found.cells_of(other), strict=True)
        numbers = tuple(number for number, cell in cells if _SIGNED.search(cell))
        if numbers:
            yield (
                f"« {found.name(other)} » contient aussi des adresses, qui ne sont pas lues "
                f"(lignes {ranges(numbers)}) : seule « {found.name(found.column)} » est lue."
            )


# --- The lines


def _joined(rows: Rows, places: Sequence[int]) -> Sequence[str]:
    """What the rows say in these columns, the first of which may be out of the file."""
    found = [rows.columns[place] for place in places if place < len(rows.columns)]
    if len(found) == 1:
        return found[0]
    return [";".join(filter(str.strip, cells)) for cells in zip(*found, strict=True)]


def _asides(rows: Rows, header: Row | None, cells: Sequence[str]) -> Mapping[int, str]:
    """Why a row is set aside, by its place; a row whose cell holds an address never is."""
    without = [place for place, cell in enumerate(cells) if "@" not in cell]
    found = {place: why for place in without if (why := _of_nobody(rows.row(place), header))}
    if header is not None:
        found[rows.numbers.index(header.number)] = _HEADER
    return found


def _in_order(rows: Rows, asides: Mapping[int, str]) -> Iterator[Aside]:
    numbers: dict[str, list[int]] = {}
    for place, reason in sorted(asides.items()):
        numbers.setdefault(reason, []).append(rows.numbers[place])
    yield from (Aside(reason=why, numbers=tuple(found)) for why, found in numbers.items())


def _of_nobody(row: Row, header: Row | None) -> str:
    """Why a row without an address is no person's; '' when it may be one."""
    if header is not None:
        if row.number < header.number:
            return "au-dessus de l’en-tête"
        if _names(row) == _names(header) or (len(_names(row)) > 1 and _is_sure(row)):
            return "en-tête répété"
    return "total" if _is_total(row) else ""


def _is_total(row: Row) -> bool:
    filled = [cell.strip() for cell in row.cells if cell.strip()]
    said = _TOTAL.fullmatch(filled[0])
    return said is not None and all(map(_COUNTED.fullmatch, filled[1:]))
