"""Accounts for every answer: what is written is what the ballots hold, less what is said withheld.

Ballots are counted from what was answered, before anything is made of it; rows as they leave. So
whatever is lost between the two, by a defect or by damage, is a difference, and nothing leaves.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence

from consultation.questionnaire.columns import NO_ANSWER
from consultation.refusals import Refusal
from consultation.results.frame import Ballot
from consultation.results.layout import Layout

UNKNOWN = "réponse que le questionnaire ne connaît pas"
UNANIMOUS = "tout le monde répond pareil"
FOR_COMPANY = "pour que les autres réponses retirées ne se remarquent pas"

_LOT = 4_096  # ballots or rows counted together


def would_show(condition: str) -> str:
    """Why an answer is withheld that would tell that this condition was met."""
    return f"dirait que {condition}"


class AnswersLost(Refusal):
    """Des réponses manquent dans ce qui allait sortir\u00a0: rien ne sort. Prévenez l’équipe qui
    exploite le site."""

    # The last guard, on what is really written: whoever reads this has found a defect.
    status = 500
    title = "Réponses manquantes"


class Ledger:
    """The answers to each question but the profile's, by the numbers of the layout's variables."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        width = len(layout.variables)
        self._given = _Filled(width, "b", empty=0)
        self.begin()
        self._withheld: list[Counter[str]] = [Counter() for _ in layout.variables]

    def take(self, ballot: Ballot, codes: Sequence[int]) -> None:
        """Count what a ballot holds, and what could not be read of it."""
        given = self._layout.given(ballot)
        self._given.add(bytes(given))
        for number, said in enumerate(given):
            if said and codes[number] == NO_ANSWER:
                self._withheld[number][UNKNOWN] += 1

    def withhold(self, number: int, reason: str) -> None:
        """Count an answer that will not be written; those of a whole column are counted already."""
        if UNANIMOUS not in self._withheld[number]:
            self._withheld[number][reason] += 1

    def withdraw(self, number: int) -> None:
        """Count every answer to this variable: none will be written."""
        left = self._given.counts[number] - self._withheld[number].total()
        self._withheld[number][UNANIMOUS] = left

    def begin(self) -> None:
        """Forget the rows counted: they are written once more, in another format."""
        width = len(self._layout.variables)
        self._written = _Filled(width, self._layout.typecode, empty=NO_ANSWER)

    def write(self, codes: array[int]) -> None:
        """Count a row that is written."""
        self._written.add(codes.tobytes())

    def settle(self, found: Sequence[int] = ()) -> None:
        """AnswersLost unless each answer taken is written, or was withheld, once.

        `found`: how many there are of each variable, the first ones or all of them, once what was
        written is read back; by default, how many were given to be written.
        """
        given, written = self._given.counts, self._written.counts
        for number in range(self._layout.answers.start, len(found or written)):
            left = given[number] - self._withheld[number].total()
            if left != (found or written)[number]:
                raise AnswersLost

    @property
    def withheld(self) -> Mapping[str, Mapping[str, int]]:
        """By column, how many answers are withheld and why; those where none is are not there."""
        pairs = zip(self._layout.variables, self._withheld, strict=True)
        return {variable.name: dict(sorted(why.items())) for variable, why in pairs if why}


class _Filled:
    """Counts, for each place, how many lines of numbers are not empty there."""

    def __init__(self, width: int, typecode: str, *, empty: int) -> None:
        self._lines: list[bytes] = []
        self._width = width
        self._typecode = typecode
        self._empty = empty
        self._counts = [0] * width

    def add(self, line: bytes) -> None:
        """Count a line."""
        self._lines.append(line)
        if len(self._lines) == _LOT:
            self._count()

    @property
    def counts(self) -> Sequence[int]:
        """For each place."""
        self._count()
        return self._counts

    def _count(self) -> None:
        import numpy as np  # 0.2 s that a web worker must not pay at start

        lines = np.frombuffer(b"".join(self._lines), dtype=self._typecode)
        more = (lines.reshape(-1, self._width) != self._empty).sum(axis=0).tolist()
        self._counts = [before + new for before, new in zip(self._counts, more, strict=True)]
        self._lines = []
