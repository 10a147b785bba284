"""What is read of a file: its rows, those set aside, or why nothing is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from typing import NamedTuple

LARGEST_FILE = 5 * 1024 * 1024
MOST_ROWS = 20_000
MOST_COLUMNS = 50
ABOVE = 50  # rows of titles tolerated above the limit

NOT_SAVED = "(formule sans résultat enregistré)"
"""Stands in a cell whose formula was saved without its result: such a row is not blank."""

TOO_LARGE = "Le fichier dépasse 5 Mo. Retirez les colonnes inutiles, ou coupez-le en deux."
TOO_MANY = "Le fichier dépasse 20 000 lignes ou 50 colonnes. Coupez-le en plusieurs lots."
EMPTY = "Le fichier est vide. Vérifiez que vous avez choisi le bon fichier."
SAVE_AGAIN = "Dans votre tableur, choisissez « Enregistrer sous », puis « CSV » ou « XLSX »."
NOT_READ = f"Ce fichier n’est ni un CSV ni un classeur lisible. {SAVE_AGAIN}"

# What exports of HR software hold under the name .xls, and documents sent in the place of a list.
_DOCUMENTS = {
    b"<?xml": f"Ce fichier est du XML. Ouvrez-le dans votre tableur. {SAVE_AGAIN}",
    b"<!doctype html": f"Ce fichier est une page web. Ouvrez-le dans votre tableur. {SAVE_AGAIN}",
    b"<html": f"Ce fichier est une page web. Ouvrez-le dans votre tableur. {SAVE_AGAIN}",
    b"<table": f"Ce fichier est une page web. Ouvrez-le dans votre tableur. {SAVE_AGAIN}",
    b"%pdf-": "Ce fichier est un PDF. Envoyez le tableau dont il vient, en CSV ou en XLSX.",
    b"{\\rtf": "Ce fichier est un texte mis en forme. Collez ses adresses dans un tableur.",
}


Column = Sequence[str]


class Row(NamedTuple):
    """A row that is not blank, under the number Excel shows."""

    number: int
    cells: tuple[str, ...]


class Rows(NamedTuple):
    """The rows that are not blank, column by column: looked at so, thousands take no time.

    Each column has a cell for each number; those that a short row has not are empty.
    """

    numbers: Sequence[int] = ()
    columns: Sequence[Column] = ()

    @classmethod
    def of(cls, columns: Sequence[Column]) -> Rows:
        """Those of a whole sheet."""
        length = len(columns[0]) if columns else 0
        blank: Collection[int] = range(length)
        for column in columns:
            blank = [place for place in blank if not column[place].strip()]
            if not blank:
                break
        return cls(range(1, length + 1), columns).without(blank)

    def without(self, places: Collection[int]) -> Rows:
        """Those that are not in these places, the first of which is 0."""
        if not places:
            return self
        kept = [True] * len(self.numbers)
        for place in places:
            kept[place] = False
        columns = [tuple(compress(column, kept)) for column in self.columns]
        return Rows(tuple(compress(self.numbers, kept)), columns)

    def row(self, place: int) -> Row:
        """The one in this place."""
        return Row(self.numbers[place], tuple(column[place] for column in self.columns))


NONE = Rows()


@dataclass(frozen=True, kw_only=True)
class Aside:
    """Lines that are not read, and why, in words."""

    reason: str
    numbers: tuple[int, ...]

    @property
    def words(self) -> str:
        """« lignes 3, 7 à 9 : ligne vide »."""
        line = "ligne" if len(self.numbers) == 1 else "lignes"
        return f"{line} {ranges(self.numbers)} : {self.reason}"


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What was read and how, or the sentence that says why nothing was.

    Every number up to that of the last row is the number of a row, or is set aside.
    """

    filled: Rows = NONE
    how: str = ""
    aside: tuple[Aside, ...] = ()
    refusal: str = ""
    sheets: tuple[str, ...] = ()  # those of a workbook that may be read
    sheet: str = ""

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Its rows, one by one, for tables that are short."""
        return tuple(map(self.filled.row, range(len(self.filled.numbers))))


def refusal_of(content: bytes) -> str:
    """Why a file is not even looked into; '' when it may be."""
    if len(content) > LARGEST_FILE:
        return TOO_LARGE
    if not content or content.isspace():
        return EMPTY
    start = content[:64].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return next((said for known, said in _DOCUMENTS.items() if start.startswith(known)), "")


def blanks(numbers: Sequence[int]) -> Iterator[Aside]:
    """The numbers that no row has, up to the last."""
    if numbers and numbers[-1] > len(numbers):
        missing = sorted(set(range(1, numbers[-1])).difference(numbers))
        yield Aside(reason="ligne vide", numbers=tuple(missing))


def column_letter(column: int) -> str:
    """What a spreadsheet writes above a column; the first is 0."""
    return (column_letter(column // 26 - 1) if column >= 26 else "") + chr(65 + column % 26)


def ranges(numbers: Iterable[int]) -> str:
    """« 3, 7 à 9 »: numbers in order, those that follow one another together."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ", ".join(" à ".join(map(str, run)) for run in runs)
