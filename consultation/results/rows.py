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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from consultation.questionnaire.columns import NO_ANSWER, UNANSWERED, Codes
from consultation.refusals import Refusal
from consultation.results.disclosure import K, Protected, protect
from consultation.results.frame import Ballot, Plan
from consultation.results.gates import UNSEEN
from consultation.results.layout import Given, Layout
from consultation.results.ledger import FOR_COMPANY, Ledger, would_show
from consultation.results.spool import Spool
from consultation.results.withholding import COMPANY, Condition, Part, Person, withhold
from consultation.sealing import derive

Withheld = Mapping[int, Mapping[Part, Condition]]
"""By row, the parts that are blank, and the condition that each would have shown."""

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
        self._ledger = Ledger(self.layout)
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
        self._ledger.take(ballot, codes)
        numbers = _BETWEEN.join(self.layout.written(ballot))
        self._spool.append_bytes(codes.tobytes() + numbers.encode())
        for cells, code in zip(self._keys, self.layout.key(codes), strict=True):
            cells.append(code)
        for cells, code in zip(self._secrets, self.layout.secrets(codes), strict=True):
            cells.append(code)

    @property
    def given(self) -> Given:
        """How many gave each answer to the questions of the profile, before any detail is lost."""
        found = {}
        for name, cells in zip(self._plan.order, self._keys, strict=False):
            counts = Counter(cells)
            codes = self.layout.variables[self.layout.numbers[name]].codes
            found[name] = tuple(counts[number] for number in range(len(codes)))
        return found

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
        return SafeRows(
            self._plan,
            self.layout,
            self._spool,
            found,
            self.random("rows"),
            withheld=self._withheld(found),
            ledger=self._ledger,
        )

    def random(self, purpose: str) -> random.Random:
        """What draws for this purpose."""
        # Reproducible on purpose; whoever has the secret can open every ballot anyway.
        return random.Random(derive(self._secret, purpose))  # noqa: S311

    def _withheld(self, found: Protected) -> Withheld:
        """What is withheld so as not to show what the rules hide; the ledger says why."""
        rng = self.random("withheld")
        withheld: dict[int, Mapping[Part, Condition]] = {}
        for crowd in self._crowds(found):
            withhold(crowd, rng)
            withheld |= {one.row: one.withheld for one in crowd if one.withheld}
        for number in (self.layout.numbers[name] for name in sorted(found.withdrawn)):
            self._ledger.withdraw(number)
        for row, codes in zip(withheld, self._read(withheld), strict=True):
            for part, condition in withheld[row].items():
                self._account(self.layout.parts[part], codes, condition)
        return withheld

    def _account(self, numbers: Iterable[int], codes: Codes, condition: Condition) -> None:
        """Say why these answers of a row are withheld."""
        company = condition == COMPANY
        reason = FOR_COMPANY if company else would_show(self._plan.gates[condition].condition)
        for number in numbers:
            if codes[number] != NO_ANSWER:
                self._ledger.withhold(number, reason)

    def _crowds(self, found: Protected) -> Iterator[Sequence[Person]]:
        """Those of each profile of which some row must hide what its answers show."""
        hidden = self._hidden(found)
        profile = [found.columns[one.column.name] for one in self._plan.profile]
        alike: dict[tuple[str, ...], list[int]] = {}
        for row in range(len(self)) if hidden else ():
            alike.setdefault(tuple(cells[row] for cells in profile), []).append(row)
        kept = [
            cells
            for number, cells in zip(self._plan.sensitive, self._secrets, strict=True)
            if self._plan.answers[number].name not in found.withdrawn
        ]
        for rows in alike.values():
            if hidden.keys().isdisjoint(rows):
                continue
            yield [
                Person(
                    row=row,
                    shows=self.layout.shown(codes),
                    hidden=hidden.get(row, frozenset()),
                    secrets=tuple(_said(cells[row]) for cells in kept),
                )
                for row, codes in zip(rows, self._read(rows), strict=True)
            ]

    def _hidden(self, found: Protected) -> Mapping[int, frozenset[int]]:
        """By row, the gates that it must not show though its answers do."""
        hidden: dict[int, frozenset[int]] = {}
        given = self._keys[len(self._plan.order) :]
        for number, (gate, before) in enumerate(zip(self._plan.gates, given, strict=True)):
            for row, after in enumerate(found.columns[gate.hierarchy.name]):
                if before[row] != NO_ANSWER and after == UNSEEN:
                    hidden[row] = hidden.get(row, frozenset()) | {number}
        return hidden

    def _read(self, rows: Iterable[int]) -> Iterator[array[int]]:
        """The codes of these rows."""
        width = self.layout.width
        return (array(self.layout.typecode, line[:width]) for line in self._spool.read_bytes(rows))


class SafeRows:
    """Rows whose profiles are shared by enough others, without what would betray them."""

    def __init__(
        self,
        plan: Plan,
        layout: Layout,
        spool: Spool,
        protected: Protected,
        rng: random.Random,
        *,
        withheld: Withheld,
        ledger: Ledger,
    ) -> None:
        self.protected = protected
        self.ledger = ledger
        self._layout = layout
        self._spool = spool
        self._withheld = withheld
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

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[Row]:
        """Every row; Unprotected for a class below K, AnswersLost where answers are missing.

        Both are counted on the way, on what leaves: files are whole once the last row is taken.
        """
        width = self._layout.width
        profile = len(self._profile)
        seen: Counter[bytes] = Counter()
        self.ledger.begin()
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
            self.ledger.write(codes)
            yield Row(codes=codes, numbers=numbers)
        self.smallest_class = min(seen.values())
        if self.smallest_class < K:
            raise Unprotected
        self.ledger.settle()

    def _hidden(self, number: int) -> Iterator[int]:
        """The places to blank in this row."""
        yield from self._withdrawn
        for part in self._withheld.get(number, ()):
            yield from self._layout.parts[part]

    def _recoded(self, name: str) -> array[int]:
        codes = self._layout.variables[self._layout.numbers[name]].codes
        numbers = {code: n for n, code in enumerate(codes)} | {UNANSWERED: NO_ANSWER}
        return array("h", [numbers[value] for value in self.protected.columns[name]])


def _said(code: int) -> str:
    """A sensitive answer, as different from the others; no answer gives nothing away."""
    return UNANSWERED if code == NO_ANSWER else str(code)
