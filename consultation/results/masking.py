"""Tables of counts that may be published: small cells hidden, and not to be worked out.

The rules, for anyone to read:

- a count from 1 to 10 is hidden (`Rules.smallest`, never set lower);
- on a sensitive question, so is an answer that all but ten people, or all, of a group gave;
- enough others are hidden with them for each hidden count to remain possible over a range of
  eleven at least, for a reader who knows every total shown: `recovery` proves it;
- a row or a column whose total is hidden is hidden whole, and a group hidden in the table of its
  own question is hidden in every other;
- of two questions that describe people one is crossed by the other, one way only, and nothing is
  crossed by a sensitive question: all tables together, no more is told than by each;
- of a question that describes people, what is shown by itself is what they answered, before rows
  lost their detail; what the rows show of it is known too, and the range is over the rest;
- while ballots may still come, what is shown is rounded to five.

Counts are of those who answered the question. A table too small for its rules shows nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from consultation.results.disclosure import K
from consultation.results.recovery import GAIN, LOSE, Cell, Puzzle

Shown = int | None
"""A count as it may be published; None when it is hidden."""

Score = float | None
"""What an answer is worth in a mean; None when it is left out."""

ROUNDED_TO = 5


@dataclass(frozen=True, kw_only=True)
class Rules:
    """How small a count may be, and what it is rounded to."""

    smallest: int = K
    rounded_to: int = 1

    def __post_init__(self) -> None:
        if self.smallest < K:
            raise ValueError(f"a count is hidden below {K} at least")

    def shown(self, count: int) -> int:
        """The count as it is written."""
        return self.rounded_to * round(count / self.rounded_to)

    def small(self, count: int) -> bool:
        """Whether so few people could be recognised."""
        return 0 < count < self.smallest


FINAL = Rules()
WHILE_OPEN = Rules(rounded_to=ROUNDED_TO)


@dataclass(frozen=True, kw_only=True)
class Frequencies:
    """How many gave each answer, in the order of the answers; `base` is hidden with all of them."""

    counts: tuple[Shown, ...]
    base: Shown

    @property
    def shares(self) -> tuple[float | None, ...]:
        """The part of the base that gave each answer, from what is shown."""
        return tuple(_share(count, self.base) for count in self.counts)

    def mean(self, scores: Sequence[Score]) -> float | None:
        """The mean score; hidden when a count is, because it would give the count back."""
        return _mean(self.counts, scores)


@dataclass(frozen=True, kw_only=True)
class Crossed:
    """How many in each group (a column) gave each answer (a row)."""

    counts: tuple[tuple[Shown, ...], ...]  # by row
    row_totals: tuple[Shown, ...]
    column_totals: tuple[Shown, ...]
    base: Shown

    def column(self, number: int) -> Frequencies:
        """One group."""
        counts = tuple(row[number] for row in self.counts)
        return Frequencies(counts=counts, base=self.column_totals[number])

    @property
    def everyone(self) -> Frequencies:
        """All groups together."""
        return Frequencies(counts=self.row_totals, base=self.base)

    def without(
        self, *, rows: Collection[int], columns: Collection[int], zeros_of: Collection[int]
    ) -> Crossed:
        """The same table, these rows and columns hidden whole, and the zeros of other columns."""
        return Crossed(
            counts=tuple(
                tuple(
                    None
                    if row in rows or column in columns or (count == 0 and column in zeros_of)
                    else count
                    for column, count in enumerate(line)
                )
                for row, line in enumerate(self.counts)
            ),
            row_totals=_without(self.row_totals, rows),
            column_totals=_without(self.column_totals, columns),
            base=self.base,
        )


def frequencies(
    counts: Sequence[int], *, telling: Collection[int] = (), rules: Rules = FINAL
) -> Frequencies:
    """The answers of everyone; `telling` are the sensitive ones, which must not be unanimous."""
    hidden = _hidden_of_a_line(counts, telling, rules)
    return Frequencies(
        counts=_with_gaps(counts, hidden, rules), base=_if_enough(sum(counts), rules)
    )


def frequencies_of_profile(
    counts: Sequence[int],
    *,
    seen: Sequence[int],
    siblings: Sequence[Sequence[int]],
    telling: Collection[int] = (),
    rules: Rules = FINAL,
) -> Frequencies:
    """The answers of everyone to a question that describes people, as they gave them.

    `seen`: how many of each are in rows that kept their detail, which a reader may count. The rest
    is somewhere among `siblings`, numbers of the answers that lose it together: hidden counts are
    hidden by their own, or not one of them is shown.
    """
    unseen = [count - known for count, known in zip(counts, seen, strict=True)]
    base, hidden = sum(counts), set[int]()
    told = base < rules.smallest or any(base - counts[n] < rules.smallest for n in telling)
    for group in siblings:
        few = [n for n in group if rules.small(counts[n])]
        others = [n for n in group if not rules.small(counts[n])]
        others.sort(key=lambda n: (not unseen[n], counts[n]))
        while few and (len(few) < 2 or sum(unseen[n] for n in few) < rules.smallest) and others:
            few.append(others.pop(0))
        told |= bool(few) and sum(unseen[n] for n in few) < rules.smallest
        hidden |= {*few}
    if not told:
        return Frequencies(counts=_with_gaps(counts, hidden, rules), base=rules.shown(base))
    # Some of the rows without detail may have given no answer: how many must not be known either.
    known = sum(unseen) >= rules.smallest
    return Frequencies(
        counts=(None,) * len(counts), base=_if_enough(base, rules) if known else None
    )


def crossed(
    counts: Sequence[Sequence[int]],
    *,
    sizes: Sequence[int] = (),
    telling: Collection[int] = (),
    rules: Rules = FINAL,
) -> Crossed:
    """The answers (rows) of each group (columns); the last one may be of those in no group.

    An answer hidden in `frequencies` is hidden here in every group, and a group too small for
    every answer: so the tables of one question by several profiles, read together, say no more
    than each of them alone. `sizes`, when the groups have a table of their own: how many are in
    each, those in no group left out. A group hidden there is hidden here: so neither do the tables
    of several questions by one profile.
    """
    row_totals = [sum(row) for row in counts]
    column_totals = [sum(column) for column in zip(*counts, strict=True)]
    rows = _hidden_of_a_line(row_totals, telling, rules)
    own = _hidden_of_a_line(sizes, (), rules)
    columns = _hidden_of_a_line(column_totals, (), rules, also=own)
    known = bool(sizes) and bool({*columns} - {*own})
    hidden = _hidden_of_a_table(counts, rows, columns, telling, rules, known=known)
    return Crossed(
        counts=tuple(
            _with_gaps(line, {n for r, n in hidden if r == row}, rules)
            for row, line in enumerate(counts)
        ),
        row_totals=_with_gaps(row_totals, rows, rules),
        column_totals=_with_gaps(column_totals, columns, rules),
        base=_if_enough(sum(row_totals), rules),
    )


def _hidden_of_a_line(
    counts: Sequence[int], telling: Collection[int], rules: Rules, also: Collection[int] = ()
) -> Collection[int]:
    """The numbers of the counts to hide in a line whose total is shown, and `also` these."""
    everyone, base = range(len(counts)), sum(counts)
    if base < rules.smallest or any(base - counts[n] < rules.smallest for n in telling):
        return everyone
    hidden = [n for n in everyone if n in also or rules.small(counts[n])]
    others = sorted(
        (counts[n], n) for n in everyone if n not in also and counts[n] >= rules.smallest
    )
    while hidden and (len(hidden) < 2 or sum(counts[n] for n in hidden) < rules.smallest):
        hidden.append(others.pop(0)[1])
    return hidden


def _hidden_of_a_table(
    counts: Sequence[Sequence[int]],
    rows: Collection[int],
    columns: Collection[int],
    telling: Collection[int],
    rules: Rules,
    *,
    known: bool,
) -> set[Cell]:
    """The cells to hide when these rows and these columns are hidden whole.

    Rows hidden together are one row for a reader, who knows their sum: what is missing to the
    total. That row has to hide its own small counts, and where it is empty its cells are. So with
    columns. Where the size of each of them is `known` from elsewhere, they must not speak with one
    voice either: it would be that of each.
    """
    if sum(map(sum, counts)) < rules.smallest:
        return _cells(counts)
    some_rows = _parts(len(counts), rows)
    some_columns = _parts(len(counts[0]) if counts else 0, columns)
    readable = [
        [sum(counts[row][column] for row in those for column in them) for them in some_columns]
        for those in some_rows
    ]
    told = {number for number, (row, *_) in enumerate(some_rows) if row in {*telling} - {*rows}}
    hidden = _Masking(readable, told, rules, together=known).hidden()
    return {
        (row, column)
        for r, those in enumerate(some_rows)
        for c, them in enumerate(some_columns)
        for row in those
        for column in them
        if (r, c) in hidden or (readable[r][c] and (row in rows or column in columns))
    }


class _Masking:
    """Hides cells of a table whose totals are all known, until each is safe."""

    def __init__(
        self,
        counts: Sequence[Sequence[int]],
        telling: Collection[int],
        rules: Rules,
        *,
        together: bool,
    ) -> None:
        self._counts = counts
        self._smallest = rules.smallest
        groups = {*self._unanimous(telling)}
        given = {row for row, line in enumerate(counts) if any(line)}
        if together and len(given) > 1 and sum(map(any, zip(*counts, strict=True))) > 1:
            groups |= {*self._unanimous(given)} & {len(counts[0]) - 1}
        self._puzzle = Puzzle(
            counts,
            (
                (row, column)
                for row, column in _cells(counts)
                if rules.small(counts[row][column]) or (row in given and column in groups)
            ),
        )

    def hidden(self) -> Collection[Cell]:
        """The cells to hide."""
        small = frozenset(self._puzzle.hidden)
        waiting = sorted(small)
        while waiting:
            waiting += self._protect(waiting.pop())
        for cell in sorted(self._puzzle.hidden - small, key=self._at, reverse=True):
            self._puzzle.hidden.discard(cell)
            if any(map(self._lacking, self._puzzle.hidden)):
                self._puzzle.hidden.add(cell)
        return self._puzzle.hidden

    def _unanimous(self, telling: Collection[int]) -> Iterator[int]:
        """The groups in which nearly everyone gave the same answer.

        Made possible over a range of eleven, that answer may be one that eleven did not give.
        """
        for number, group in enumerate(zip(*self._counts, strict=True)):
            if any(group[row] and sum(group) - group[row] < self._smallest for row in telling):
                yield number

    def _protect(self, cell: Cell) -> Sequence[Cell]:
        """Hide what makes this cell safe, and tell what was hidden for that.

        Hiding more never makes a cell less safe: each is looked at once. There is always a remedy,
        because with everything hidden a cell may take all of its row, eleven people at least.
        """
        added: list[Cell] = []
        while lacking := self._lacking(cell):
            more = next(filter(None, self._remedies(cell, lacking)))
            self._puzzle.hidden |= more
            added += sorted(more)
        return added

    def _lacking(self, cell: Cell) -> int:
        """How many people too few may enter or leave this cell, for a reader."""
        fall = self._puzzle.room(cell, LOSE, self._smallest)
        return self._smallest - fall - self._puzzle.room(cell, GAIN, self._smallest - fall)

    def _remedies(self, cell: Cell, people: int) -> Iterator[set[Cell]]:
        """Cells to hide, those that let enough people move first."""
        for direction in (GAIN, LOSE):
            stuck = self._puzzle.moved(cell, direction, self._smallest)
            for enough in (people, 1):
                yield self._puzzle.cheapest(cell, direction, enough, stuck, self._cost)

    def _cost(self, cell: Cell) -> int:
        """What readers lose: a cell, and the people in it."""
        return self._smallest + self._at(cell)

    def _at(self, cell: Cell) -> int:
        return self._counts[cell[0]][cell[1]]


def _cells(counts: Sequence[Sequence[int]]) -> set[Cell]:
    return {(row, column) for row, line in enumerate(counts) for column in range(len(line))}


def _parts(size: int, together: Collection[int]) -> Sequence[Sequence[int]]:
    """Every number alone, but those that only show together."""
    alone = [(number,) for number in range(size) if number not in together]
    return [*alone, tuple(together)] if together else alone


def _with_gaps(counts: Sequence[int], hidden: Collection[int], rules: Rules) -> tuple[Shown, ...]:
    return tuple(None if n in hidden else rules.shown(one) for n, one in enumerate(counts))


def _without(counts: Sequence[Shown], hidden: Collection[int]) -> tuple[Shown, ...]:
    return tuple(None if n in hidden else count for n, count in enumerate(counts))


def _if_enough(base: int, rules: Rules) -> Shown:
    return None if base < rules.smallest else rules.shown(base)


def _share(count: Shown, base: Shown) -> float | None:
    return None if count is None or not base else min(count / base, 1.0)


def _mean(counts: Sequence[Shown], scores: Sequence[Score]) -> float | None:
    scored = [pair for pair in zip(counts, scores, strict=True) if pair[1] is not None]
    known = [(count, score) for count, score in scored if count is not None and score is not None]
    people = sum(count for count, _ in known)
    if len(known) < len(scored) or not people:
        return None
    return sum(count * score for count, score in known) / people
