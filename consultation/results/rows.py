"""The closed answers of every ballot, taken one by one, then made safe all together.

Answers wait in a file without a name and profiles in a few bytes each, so that the memory used
hardly grows with the number of ballots. Everything drawn at random comes from one secret: the rows
of the same urn are always the same, whoever asks, so that nothing is learnt by comparing two files,
or a file and a table.
"""

from __future__ import annotations

import random
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from consultation.refusals import Refusal
from consultation.results.columns import NO_ANSWER, UNANSWERED
from consultation.results.disclosure import K, Protected, protect
from consultation.results.frame import Ballot, Plan
from consultation.results.layout import Layout
from consultation.results.spool import Spool
from consultation.sealing import derive

_BETWEEN = "\x1f"  # no number holds it


class Unprotected(Refusal):
    """Un groupe trop petit allait sortir : rien ne sort. Prévenez l’équipe qui exploite le site."""

    # The last guard, on what is really written: whoever reads this has found a defect.
    status = 500


@dataclass(frozen=True, kw_only=True)
class Row:
    """One ballot as it may leave: a number for each variable, and the numbers written in words."""

    codes: array[int]
    numbers: Sequence[str]  # what was answered to the questions that ask for a number


class Rows:
    """Takes ballots, then gives them back safe."""

    def __init__(self, plan: Plan, directory: Path, secret: bytes) -> None:
        self._plan = plan
        self._secret = secret
        self.layout = Layout(plan)
        self._open = ExitStack()
        self._spool = self._open.enter_context(closing(Spool(directory)))
        self._keys = [array("h") for _ in plan.hierarchies]
        self._secrets = [array("h") for _ in plan.sensitive]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def __len__(self) -> int:
        return len(self._spool)

    def take(self, ballot: Ballot) -> None:
        """Take one ballot."""
        codes = self.layout.code(ballot)
        numbers = _BETWEEN.join(self.layout.written(ballot))
        self._spool.append_bytes(codes.tobytes() + numbers.encode())
        for cells, code in zip(self._keys, self.layout.key(codes), strict=True):
            cells.append(code)
        for cells, code in zip(self._secrets, self.layout.secrets(codes), strict=True):
            cells.append(code)

    def protected(self) -> SafeRows:
        """All of them, in an order that says nothing."""
        found = protect(
            {
                hierarchy.name: [values[code] for code in cells]
                for hierarchy, values, cells in zip(
                    self._plan.hierarchies, self.layout.key_values, self._keys, strict=True
                )
            },
            self._plan.hierarchies,
            sensitive={
                self._plan.answers[number].name: list(map(_said, cells))
                for number, cells in zip(self._plan.sensitive, self._secrets, strict=True)
            },
            rows=len(self),
            rng=self.random("profile"),
        )
        return SafeRows(self._plan, self.layout, self._spool, found, self.random("rows"))

    def random(self, purpose: str) -> random.Random:
        """What draws for this purpose."""
        # Reproducible on purpose; whoever has the secret can open every ballot anyway.
        return random.Random(derive(self._secret, purpose))  # noqa: S311


class SafeRows:
    """Rows whose profiles are shared by enough others, without what would betray them."""

    def __init__(
        self, plan: Plan, layout: Layout, spool: Spool, protected: Protected, rng: random.Random
    ) -> None:
        self.protected = protected
        self._layout = layout
        self._spool = spool
        self._order = array("I", range(len(spool)))
        rng.shuffle(self._order)
        self._profile = [self._recoded(one.column.name) for one in plan.profile]
        first = len(plan.profile)
        numeric = [n for n, column in enumerate(plan.answers) if column.bands]
        self._numeric = {first + number: place for place, number in enumerate(numeric)}
        self._withdrawn = [
            first + number
            for number in plan.sensitive
            if plan.answers[number].name in protected.withdrawn
        ]
        self._gates = [
            (protected.columns[gate.hierarchy.name], [first + n for n in plan.withheld_by(gate)])
            for gate in plan.gates
        ]

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[Row]:
        """Every row; the smallest class is counted on the way, and Unprotected below K."""
        width = len(self._layout.variables) * array(self._layout.typecode).itemsize
        profile = len(self._profile)
        seen: Counter[bytes] = Counter()
        for number, line in zip(self._order, self._spool.read_bytes(self._order), strict=True):
            codes = array(self._layout.typecode, line[:width])
            numbers = line[width:].decode().split(_BETWEEN) if self._numeric else []
            for place, recoded in enumerate(self._profile):
                codes[place] = recoded[number]
            for place in self._hidden(number):
                codes[place] = NO_ANSWER
                if place in self._numeric:
                    numbers[self._numeric[place]] = UNANSWERED
            seen[codes[:profile].tobytes()] += 1
            yield Row(codes=codes, numbers=numbers)
        self.smallest_class = min(seen.values())
        if self.smallest_class < K:
            raise Unprotected

    def _hidden(self, number: int) -> Iterator[int]:
        """The places to blank in this row."""
        yield from self._withdrawn
        for shown, behind in self._gates:
            if not shown[number]:
                yield from behind

    def _recoded(self, name: str) -> array[int]:
        codes = self._layout.variables[self._layout.numbers[name]].codes
        numbers = {code: n for n, code in enumerate(codes)} | {UNANSWERED: NO_ANSWER}
        return array("h", [numbers[value] for value in self.protected.columns[name]])


def _said(code: int) -> str:
    """A sensitive answer, as different from the others; no answer gives nothing away."""
    return UNANSWERED if code == NO_ANSWER else str(code)
