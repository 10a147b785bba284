"""The tables of an export: every question by itself, then by every question that describes people.

Counted lot after lot on the very rows that are written, so that tables less rows say nothing.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import chain, takewhile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from consultation.questionnaire.columns import UNANSWERED
from consultation.results.cube import Cube, alone, by_groups
from consultation.results.files import FLAVOURS
from consultation.results.layout import Given, Layout, Variable
from consultation.results.masking import Frequencies
from consultation.spreadsheet import Cell, known_cell, row_writer

NO_ANSWER_LABEL = "Sans réponse"

_LOT = 10_000  # rows: two megabytes of numbers
_ALONE = ("question", "variable", "intitule", "code", "modalite", "effectif", "part", "base")
_GROUP = ("groupe", "groupe_code", "groupe_modalite")
_MASKED = "masque"
HEADERS: Mapping[str, Sequence[str]] = {
    "tableaux/tris-a-plat.csv": (*_ALONE, _MASKED),
    "tableaux/tris-croises.csv": (*_ALONE, *_GROUP, _MASKED),
}


class Tally:
    """Counts rows as they are written."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        describing = (variable for variable in layout.variables if variable.describes)
        self._by = sorted(describing, key=lambda variable: not variable.profile)
        self._lot: list[array[int]] = []
        self._alone: dict[str, npt.NDArray[np.int64]] = {}
        self._crossed: dict[tuple[str, str], npt.NDArray[np.int64]] = {}

    def add(self, codes: array[int]) -> None:
        """Count one row."""
        self._lot.append(codes)
        if len(self._lot) == _LOT:
            self._count()

    @property
    def answers(self) -> Sequence[int]:
        """How many answers were counted for each variable."""
        self._count()
        return [int(self._alone[variable.name].sum()) for variable in self._layout.variables]

    def write(self, directory: Path, given: Given) -> None:
        """Write the tables of what was counted, as they may be shown."""
        self._count()
        tables = self._frequencies(given), self._groups(given)
        for (name, header), lines in zip(HEADERS.items(), tables, strict=True):
            path = directory / name
            path.parent.mkdir(exist_ok=True)
            _write(path, header, lines)

    def _count(self) -> None:
        cube = Cube.of(self._layout, self._lot, final=True)
        self._lot = []
        for variable in self._layout.variables:
            name = variable.name
            self._alone[name] = self._alone.get(name, 0) + np.array(cube.counts(name))
            for by in self._groups_of(variable):
                pair, counts = (name, by.name), np.array(cube.crossed_counts(name, by.name))
                self._crossed[pair] = self._crossed.get(pair, 0) + counts

    def _groups_of(self, variable: Variable) -> Iterator[Variable]:
        """What it is crossed by: of two that describe people, one way only.

        The other way round, other counts would be hidden, and each table would give those of the
        other.
        """
        before = takewhile(lambda by: by is not variable, self._by)
        return (by for by in before if by.question != variable.question)

    def _frequencies(self, given: Given) -> Iterator[Sequence[Cell]]:
        for variable in self._layout.variables:
            shown = alone(variable, self._alone[variable.name].tolist(), given)
            for line, masked in _lines(variable, shown):
                yield (*line, masked)

    def _groups(self, given: Given) -> Iterator[Sequence[Cell]]:
        for variable in self._layout.variables:
            for by in self._groups_of(variable):
                counts = self._crossed[variable.name, by.name].tolist()
                table = by_groups(variable, by, counts, self._alone[by.name].tolist(), given)
                codes = (*by.codes, UNANSWERED)
                labels = (*by.labels, NO_ANSWER_LABEL)
                for place, (code, label) in enumerate(zip(codes, labels, strict=True)):
                    group = table.column(place)
                    if group.base != 0:
                        for line, masked in _lines(variable, group):
                            yield (*line, by.name, known_cell(code), known_cell(label), masked)


def _lines(variable: Variable, shown: Frequencies) -> Iterator[tuple[Sequence[Cell], int]]:
    start = variable.question, variable.name, variable.title
    shares = shown.shares
    for number in variable.answers:
        code, label = variable.codes[number], variable.labels[number]
        count, share = shown.counts[number], shares[number]
        part = None if share is None else round(share, 4)
        answer = known_cell(code), known_cell(label)
        yield (*start, *answer, count, part, shown.base), int(count is None)


def _write(path: Path, header: Sequence[str], lines: Iterable[Sequence[Cell]]) -> None:
    """In every flavour at once: what is hidden takes longer to find than to write."""
    with ExitStack() as files:
        writers = []
        for suffix, flavour in FLAVOURS.items():
            target = path.with_name(f"{path.stem}{suffix}.csv")
            stream = target.open("w", encoding=flavour.encoding, newline="")
            writers.append(row_writer(files.enter_context(stream), flavour))
        for line in chain([header], lines):
            for add in writers:
                add(line)
