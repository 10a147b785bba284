"""Reads how many people there are, by combination of profile codes or by margins, strictly.

The cells are those of the export: a code is turned into what the export stores for it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from consultation.questionnaire.columns import UNANSWERED
from consultation.questionnaire.kinds import Question
from consultation.questionnaire.model import Questionnaire
from consultation.questionnaire.problems import Mark, Problems, did_you_mean
from consultation.results.disclosure import EVERYTHING
from consultation.results.frame import Ballot, ProfileColumn
from consultation.spreadsheet import Row, Sheet

COUNT = "effectif"
MARGINS = ("question", "modalité", COUNT)
MOST_CELLS = 200_000
DISAGREEMENT = 0.01
"""By how much the totals of two margins may differ: they were not counted the same day."""

_WHOLE = re.compile(r"[0-9]{1,9}")
_SPACES = re.compile(r"\s")

Cell = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Population:
    """How many people share each combination of the profile, in the order of the columns."""

    cells: Mapping[Cell, float]
    independent: bool = False  # made of margins: fractions of people

    @property
    def people(self) -> float:
        """How many people there are."""
        return sum(self.cells.values())


def read_population(
    sheet: Sheet, q: Questionnaire, profile: Sequence[ProfileColumn], problems: Problems, file: str
) -> Population | None:
    """The population in this sheet; None, and every problem noted, when it has errors."""
    problems.add_source(file, _source(sheet.rows))
    if sheet.refusal:
        problems.error(Mark(1, 1), "population", sheet.refusal, file=file)
        return None
    reader = _Reader(sheet.rows, q, profile, problems, file)
    return reader.read()


class _Reader:
    def __init__(
        self,
        rows: Sequence[Row],
        q: Questionnaire,
        profile: Sequence[ProfileColumn],
        problems: Problems,
        file: str,
    ) -> None:
        header = [cell.strip() for cell in rows[0].cells]
        self._header = header[: _filled(header)]
        self._head, self._rows = rows[0], rows[1:]
        self._profile = {one.column.name: one for one in profile}
        self._problems = problems
        self._file = file
        self._kept = {one.id: _kept(one) for one in q.questions}
        self._wrong = False

    def read(self) -> Population | None:
        margins = "modalité" in self._header or {"question", "modalite"} <= set(self._header)
        self._header = ["modalité" if margins and c == "modalite" else c for c in self._header]
        if not self._check_header(MARGINS if margins else (*self._profile, COUNT)):
            return None
        found = self._margins() if margins else self._combinations()
        if not self._wrong and found is not None and not found.people:
            self._error(self._head, 0, "Cet effectif ne compte personne.", "Ajoutez des lignes.")
        return None if self._wrong else found

    def _check_header(self, expected: Sequence[str]) -> bool:
        for place, name in enumerate(self._header):
            if name not in expected:
                said = f"La colonne « {name} » n’est pas une question « profile: true »."
                self._error(self._head, place, said, did_you_mean(name, expected))
            elif name in self._header[:place]:
                said = f"La colonne « {name} » est en double."
                self._error(self._head, place, said, "Gardez une seule des deux.")
        for name in expected:
            if name not in self._header:
                said = f"Il manque la colonne « {name} »."
                self._error(self._head, 0, said, f"Attendues : {', '.join(expected)}.")
        return not self._wrong

    # Counts per combination

    def _combinations(self) -> Population:
        cells: Counter[Cell] = Counter()
        first: dict[Cell, int] = {}
        for row, cell in self._lines():
            codes = {name: self._code(row, name, name, cell[name]) for name in self._profile}
            count = self._count(row, cell[COUNT])
            written = tuple(cell[name] for name in self._profile)
            self._note_repeated(row, first, written)
            cells[tuple(codes.values())] += count
        return Population(cells={one: count for one, count in cells.items() if count})

    # Margins

    def _margins(self) -> Population | None:
        margins: dict[str, Counter[str]] = {name: Counter() for name in self._profile}
        first: dict[Cell, int] = {}
        for row, cell in self._lines():
            name, code = cell["question"], cell["modalité"]
            count = self._count(row, cell[COUNT])
            self._note_repeated(row, first, (name, code))
            if name in margins:
                margins[name][self._code(row, name, "modalité", code)] += count
            else:
                said = f"« {name} » n’est pas une question « profile: true »."
                place = self._header.index("question")
                self._error(row, place, said, did_you_mean(name, margins))
        self._check_totals(margins)
        return None if self._wrong else self._product(margins)

    def _check_totals(self, margins: Mapping[str, Counter[str]]) -> None:
        totals = {name: margin.total() for name, margin in margins.items()}
        for name, total in totals.items():
            if not total:
                remedy = "Ajoutez une ligne par modalité."
                self._error(self._head, 0, f"Personne n’est compté pour « {name} ».", remedy)
        low, high = min(totals, key=lambda one: totals[one]), max(totals, key=lambda o: totals[o])
        if not self._wrong and totals[high] - totals[low] > DISAGREEMENT * totals[high]:
            said = (
                f"Les modalités de « {low} » comptent {totals[low]} personnes, "
                f"celles de « {high} » {totals[high]}."
            )
            self._error(self._head, 0, said, "Comptez les mêmes personnes dans chaque marge.")

    def _product(self, margins: Mapping[str, Counter[str]]) -> Population | None:
        known = [[(c, n) for c, n in one.items() if n] for one in margins.values()]
        if prod(len(one) for one in known) > MOST_CELLS:
            said = "Ces marges se croisent en plus de 200 000 combinaisons."
            self._error(self._head, 0, said, "Donnez un effectif par combinaison.")
            return None
        people = max(one.total() for one in margins.values())
        totals = [one.total() for one in margins.values()]
        cells = {
            tuple(code for code, _ in cell): people
            * prod(count / total for (_, count), total in zip(cell, totals, strict=True))
            for cell in product(*known)
        }
        return Population(cells=cells, independent=True)

    # Lines and cells

    def _lines(self) -> Iterator[tuple[Row, Mapping[str, str]]]:
        width = len(self._header)
        for row in self._rows:
            cells = [cell.strip() for cell in row.cells]
            if any(cells[width:]):
                said = f"Cette ligne a {_filled(cells)} cellules, l’en-tête en a {width}."
                self._error(row, width, said, "Retirez ce qui dépasse.")
                continue
            yield row, dict(zip(self._header, cells, strict=False))

    def _code(self, row: Row, name: str, column: str, written: str) -> str:
        """What the export stores for this code."""
        known = self._profile[name]
        kept = self._kept.get(name, {}).get(written, written)
        stored = known.value(Ballot(audience=written, answers={name: kept}))
        if stored != UNANSWERED:
            return stored
        if written in known.column.codes and written not in (EVERYTHING, UNANSWERED):
            return written
        place = self._header.index(column)
        said = f"« {written} » n’est pas un code de « {name} »."
        remedy = did_you_mean(written, {*self._codes(known), *self._kept.get(name, {})})
        if not written:
            said, remedy = f"Il manque le code de « {name} ».", remedy or "Écrivez-le."
        self._error(row, place, said, remedy)
        return UNANSWERED

    def _codes(self, known: ProfileColumn) -> set[str]:
        return set(known.column.codes) - {EVERYTHING, UNANSWERED}

    def _count(self, row: Row, written: str) -> int:
        count = _SPACES.sub("", written)
        if _WHOLE.fullmatch(count):
            return int(count)
        said = f"« {written} » n’est pas un effectif." if written else "Il manque l’effectif."
        remedy = "Écrivez un nombre entier de personnes."
        self._error(row, self._header.index(COUNT), said, remedy)
        return 0

    def _note_repeated(self, row: Row, first: dict[Cell, int], written: Cell) -> None:
        if first.setdefault(written, row.number) != row.number:
            said = f"Cette ligne répète la ligne {first[written]}."
            self._error(row, 0, said, "Gardez une seule des deux.")

    def _error(self, row: Row, place: int, said: str, remedy: str) -> None:
        self._wrong = True
        column = 1 + sum(len(cell) + 1 for cell in row.cells[:place])
        mark = Mark(row.number, column)
        self._problems.error(mark, "population", said, remedy, file=self._file)


def _kept(question: Question) -> Mapping[str, str]:
    """What a ballot keeps of each code, for a question that stores a column of its list."""
    if not question.stored_column:
        return {}
    return {one.code: one.column(question.stored_column) for one in question.options}


def _filled(cells: Sequence[str]) -> int:
    """How many cells there are, without the empty ones that end the row."""
    return max((number for number, cell in enumerate(cells, 1) if cell), default=0)


def _source(rows: Sequence[Row]) -> str:
    """The rows as lines that can be quoted, whatever they were written in."""
    lines = [""] * max((row.number for row in rows), default=0)
    for row in rows:
        lines[row.number - 1] = ";".join(cell.replace("\n", " ") for cell in row.cells)
    return "\n".join(lines)
