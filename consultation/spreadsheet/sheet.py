"""What is read of a file: its rows, those set aside, or why nothing is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
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


class Row(NamedTuple):
    """A row that is not blank, under the number Excel shows. A tuple: files have thousands."""

    number: int
    cells: tuple[str, ...]


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

    rows: tuple[Row, ...] = ()
    how: str = ""
    aside: tuple[Aside, ...] = ()
    refusal: str = ""
    sheets: tuple[str, ...] = ()  # those of a workbook that may be read
    sheet: str = ""


def refusal_of(content: bytes) -> str:
    """Why a file is not even looked into; '' when it may be."""
    if len(content) > LARGEST_FILE:
        return TOO_LARGE
    if not content or content.isspace():
        return EMPTY
    start = content[:64].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return next((said for known, said in _DOCUMENTS.items() if start.startswith(known)), "")


def blanks(rows: Sequence[Row], among: frozenset[int] = frozenset()) -> Iterator[Aside]:
    """The numbers that no row has, up to the last; those of `among` are told elsewhere."""
    if not rows or rows[-1].number == len(rows):
        return
    known = {row.number for row in rows} | among
    last = max(known)
    if len(known) < last:
        numbers = tuple(number for number in range(1, last) if number not in known)
        yield Aside(reason="ligne vide", numbers=numbers)


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
