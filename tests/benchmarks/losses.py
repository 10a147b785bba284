"""What protection costs readers, beside published methods, on the same invented campaign.

Profiles: ours (local recoding, k = 11 and l = 2) beside
- full-domain generalisation with suppressed records, the optimum of the whole lattice (Samarati
  2001; what ARX searches): every combination of levels is tried, and the best kept;
- Mondrian (LeFevre, DeWitt and Ramakrishnan 2006), cutting along the hierarchies;
- local suppression in order of importance (sdcMicro's `localSuppression`), where a suppressed value
  counts as any other, as it does there: a weaker promise than ours.

Tables: ours beside
- the hypercube method (Repsilber 1994; GHMITER in τ-argus, HYPERCUBE in sdcTable), in the plane;
- on small tables, the cheapest set of cells that is safe, by trying them all.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, product

from consultation.config import shipped
from consultation.demo.full_size import groups
from consultation.demo.population import Person, Population
from consultation.questionnaire.loading import load
from consultation.questionnaire.model import Questionnaire
from consultation.results.cube import Cube
from consultation.results.disclosure import EVERYTHING, Hierarchy, K, protect
from consultation.results.frame import Ballot, plan
from consultation.results.layout import Layout
from consultation.results.masking import crossed
from consultation.results.recovery import GAIN, LOSE, Cell, Puzzle

Rows = Sequence[tuple[str, ...]]
Table = Sequence[Sequence[int]]


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--ballots", type=int, nargs="+", default=[2_000, 20_000, 59_000])
    for ballots in parser.parse_args().ballots:
        layout, everyone = _campaign(ballots)
        _tell_profiles(layout, everyone)
        _tell_tables(layout, everyone)
    _tell_small_tables()


# --- Profiles


def _tell_profiles(layout: Layout, everyone: Sequence[Ballot]) -> None:
    made = plan(_june())
    names = [one.column.name for one in made.profile]
    hierarchies = [one for one in made.hierarchies if one.name in names]
    order = [names.index(one.name) for one in hierarchies]
    values = [[one.value(ballot) for one in made.profile] for ballot in everyone]
    rows = [tuple(row[place] for place in order) for row in values]
    print(f"\n{len(rows)} profiles: {', '.join(one.name for one in hierarchies)}; "  # noqa: T201
          f"{len(set(rows))} different, {sum(1 for n in Counter(rows).values() if n < K)} of them "
          f"shared by fewer than {K}")  # fmt: skip
    secrets = [str(ballot.answers.get("at_projet", "")) for ballot in everyone]
    methods: Mapping[str, Callable[[], Rows]] = {
        "ours": lambda: _ours(rows, hierarchies, secrets),
        "full domain, records suppressed (ARX)": lambda: _full_domain(rows, hierarchies),
        "Mondrian": lambda: _mondrian(rows, hierarchies),
        "local suppression (sdcMicro)": lambda: _suppressed(rows, hierarchies),
    }
    print("| method | values that lost detail | information lost (NCP) | smallest class |")  # noqa: T201
    print("|---|---|---|---|")  # noqa: T201
    for name, method in methods.items():
        after = method()
        lost, ncp = _loss(rows, after, hierarchies)
        smallest = min(Counter(after).values())
        print(f"| {name} | {lost:.2%} | {ncp:.2%} | {smallest} |")  # noqa: T201


def _ours(rows: Rows, hierarchies: Sequence[Hierarchy], secrets: Sequence[str]) -> Rows:
    columns = dict(zip((one.name for one in hierarchies), zip(*rows, strict=True), strict=True))
    found = protect(
        columns, hierarchies, sensitive={"s": secrets}, rows=len(rows), rng=random.Random(1)
    )
    return list(zip(*(found.columns[one.name] for one in hierarchies), strict=True))


def _full_domain(rows: Rows, hierarchies: Sequence[Hierarchy]) -> Rows:
    """The levels that lose the least, when classes too small are emptied of every value."""
    nothing = tuple(EVERYTHING for _ in hierarchies)
    best, least = rows, 2.0
    for levels in product(*(range(one.height + 1) for one in hierarchies)):
        raised = [
            tuple(
                _raised(value, one, level)
                for value, one, level in zip(row, hierarchies, levels, strict=True)
            )
            for row in rows
        ]
        counts = Counter(raised)
        kept = [row if counts[row] >= K else nothing for row in raised]
        left = sum(row == nothing for row in kept)
        if 0 < left < K:
            continue
        _, lost = _loss(rows, kept, hierarchies)
        if lost < least:
            best, least = kept, lost
    return best


def _mondrian(rows: Rows, hierarchies: Sequence[Hierarchy]) -> Rows:
    """From everyone together, cut by the hierarchy of one column as long as every part has k."""
    after: list[tuple[str, ...]] = [() for _ in rows]
    waiting = [(list(range(len(rows))), tuple(EVERYTHING for _ in hierarchies))]
    while waiting:
        part, shown = waiting.pop()
        cut = _best_cut(rows, hierarchies, part, shown)
        if cut is None:
            for number in part:
                after[number] = shown
        else:
            waiting += cut
    return after


def _best_cut(
    rows: Rows, hierarchies: Sequence[Hierarchy], part: Sequence[int], shown: tuple[str, ...]
) -> list[tuple[list[int], tuple[str, ...]]] | None:
    """The cut into the most parts of k at least; the rest of a value stays with its parent."""
    best: list[tuple[list[int], tuple[str, ...]]] | None = None
    for column, hierarchy in enumerate(hierarchies):
        parts: dict[str, list[int]] = {}
        for number in part:
            parts.setdefault(_child(rows[number][column], shown[column], hierarchy), []).append(
                number
            )
        large = {value: some for value, some in parts.items() if len(some) >= K}
        rest = [number for value, some in parts.items() if value not in large for number in some]
        if rest and len(rest) < K:  # cannot stay behind alone: the smallest part stays too
            if len(large) < 2:
                continue
            rest += large.pop(min(large, key=lambda value: len(large[value])))
        cut = [
            (some, (*shown[:column], value, *shown[column + 1 :])) for value, some in large.items()
        ]
        if rest:
            cut.append((rest, shown))
        progress = any(value != shown[column] for value in large)
        if progress and (best is None or len(cut) > len(best)):
            best = cut
    return best


def _suppressed(rows: Rows, hierarchies: Sequence[Hierarchy]) -> Rows:
    """Suppress the least important value first, in the rows whose frequency is below k."""
    after = list(rows)
    for column in range(len(hierarchies)):
        frequency = _frequencies(Counter(after))
        after = [
            (*row[:column], EVERYTHING, *row[column + 1 :]) if frequency[row] < K else row
            for row in after
        ]
    return after


def _frequencies(counts: Counter[tuple[str, ...]]) -> Mapping[tuple[str, ...], int]:
    """How many rows are compatible with each: a suppressed value may be any."""
    return {
        one: sum(
            count
            for other, count in counts.items()
            if all(a == b or EVERYTHING in (a, b) for a, b in zip(one, other, strict=True))
        )
        for one in counts
    }


def _loss(before: Rows, after: Rows, hierarchies: Sequence[Hierarchy]) -> tuple[float, float]:
    """The share of values that lost detail, and how much they lost (1: everything)."""
    penalties = [
        _Penalty(hierarchy, {row[place] for row in before})
        for place, hierarchy in enumerate(hierarchies)
    ]
    lost, ncp = 0, 0.0
    for (old, new), count in Counter(zip(before, after, strict=True)).items():
        for place, (was, now) in enumerate(zip(old, new, strict=True)):
            if was != now:
                lost += count
                ncp += count * penalties[place].of(now)
    size = len(before) * len(hierarchies)
    return lost / size, ncp / size


class _Penalty:
    """What a general value costs: the share of the column's values it may stand for."""

    def __init__(self, hierarchy: Hierarchy, values: set[str]) -> None:
        self._hierarchy, self._values = hierarchy, values

    def of(self, value: str) -> float:
        below = sum(value in _chain(one, self._hierarchy) for one in self._values)
        return max(below - 1, 0) / max(len(self._values) - 1, 1)


def _chain(value: str, hierarchy: Hierarchy) -> list[str]:
    """The value and all that are above it."""
    chain = [value]
    while chain[-1] != hierarchy.root:
        chain.append(hierarchy.above(chain[-1]))
    return chain


def _child(value: str, shown: str, hierarchy: Hierarchy) -> str:
    """What lies just under `shown` on the way down to the value; the value itself at the end."""
    chain = _chain(value, hierarchy)
    return chain[max(chain.index(shown) - 1, 0)]


def _raised(value: str, hierarchy: Hierarchy, level: int) -> str:
    for _ in range(level):
        value = hierarchy.above(value)
    return value


# --- Tables


def _tell_tables(layout: Layout, everyone: Sequence[Ballot]) -> None:
    cube = Cube.of(layout, [layout.code(one) for one in everyone], final=True)
    tables = [
        [list(row) for row in cube.crossed_counts(variable.name, by.name) if any(row)]
        for variable in cube.variables
        for by in cube.variables
        if by.describes and by.question != variable.question
    ]
    tables = [_without_empty_groups(table) for table in tables if table]
    tables = [table for table in tables if _needs_help(table)]
    cells = sum(len(row) for table in tables for row in table)
    small = sum(0 < n < K for table in tables for row in table for n in row)
    print(f"\n{len(tables)} tables with a small count, {cells} cells, {small / cells:.1%} small")  # noqa: T201
    print("| method | cells hidden | people hidden | cells a reader works out within 10 |")  # noqa: T201
    print("|---|---|---|---|")  # noqa: T201
    for name, method in {"ours": _ours_hidden, "hypercube": _hypercube}.items():
        found = [(table, method(table)) for table in tables]
        hidden = sum(len(cells_) for _, cells_ in found)
        people = sum(table[r][c] for table, cells_ in found for r, c in cells_)
        total = sum(map(sum, (row for table in tables for row in table)))
        unsafe = sum(_unsafe(table, cells_) for table, cells_ in found)
        print(f"| {name} | {hidden / cells:.1%} | {people / total:.2%} | {unsafe} |")  # noqa: T201


def _tell_small_tables() -> None:
    rng, ours, best, hypercube, unsafe, count = random.Random(4), 0, 0, 0, 0, 0
    while count < 150:
        table = [[int(rng.lognormvariate(3, 1.1)) for _ in range(4)] for _ in range(3)]
        sums = [*map(sum, table), *map(sum, zip(*table, strict=True))]
        if min(sums) < 2 * K or not any(0 < n < K for row in table for n in row):
            continue
        count += 1
        ours += len(_ours_hidden(table))
        hypercube += len(_hypercube(table))
        unsafe += _unsafe(table, _hypercube(table))
        best += len(_optimum(table))
    print(f"\n{count} tables of 3 by 4: cells hidden {ours}, at best {best} "  # noqa: T201
          f"({ours / best - 1:+.0%}); hypercube {hypercube}, of which "
          f"{unsafe} known within 10")  # fmt: skip


def _ours_hidden(table: Table) -> set[Cell]:
    found = crossed(table)
    return {(r, c) for r, row in enumerate(found.counts) for c, n in enumerate(row) if n is None}


def _hypercube(table: Table) -> set[Cell]:
    """For each small cell, the rectangle with the fewest people whose corners let it move."""
    small = {cell for cell in _cells(table) if 0 < _at(table, cell) < K}
    hidden = set(small)
    for row, column in sorted(small, key=lambda cell: -_at(table, cell)):
        corners = [
            {(row, other), (below, column), (below, other)}
            for below in range(len(table))
            for other in range(len(table[0]))
            if below != row and other != column
        ]
        # The two corners beside it must be able to give it enough people.
        able = [
            three
            for three in corners
            if min(_at(table, cell) for cell in three if row in cell[:1] or column in cell[1:])
            >= K - _at(table, (row, column))
        ]
        if able:
            hidden |= min(
                able,
                key=lambda three: (sum(_at(table, cell) for cell in three - hidden), sorted(three)),
            )
    return hidden


def _optimum(table: Table) -> set[Cell]:
    """The fewest cells, then the fewest people, that are safe; by trying them all."""
    small = {cell for cell in _cells(table) if 0 < _at(table, cell) < K}
    others = sorted(set(_cells(table)) - small, key=lambda cell: _at(table, cell))
    for size in range(len(others) + 1):
        safe = [
            small | set(more)
            for more in combinations(others, size)
            if not _unsafe(table, small | set(more))
        ]
        if safe:
            return min(safe, key=lambda cells: sum(_at(table, cell) for cell in cells))
    return set(_cells(table))


def _unsafe(table: Table, hidden: set[Cell]) -> int:
    """How many hidden cells a reader knows within fewer than K."""
    puzzle = Puzzle(table, hidden)
    return sum(puzzle.room(one, GAIN, K) + puzzle.room(one, LOSE, K) < K for one in hidden)


def _needs_help(table: Table) -> bool:
    """A small cell, in rows and columns that are none: other methods say nothing of those."""
    totals = [*map(sum, table), *map(sum, zip(*table, strict=True))]
    return min(totals) >= K and any(0 < n < K for row in table for n in row)


def _without_empty_groups(table: list[list[int]]) -> list[list[int]]:
    kept = [n for n, column in enumerate(zip(*table, strict=True)) if any(column)]
    return [[row[n] for n in kept] for row in table]


def _cells(table: Table) -> Iterator[Cell]:
    return ((r, c) for r, row in enumerate(table) for c in range(len(row)))


def _at(table: Table, cell: Cell) -> int:
    return table[cell[0]][cell[1]]


# --- The campaign


def _june() -> Questionnaire:
    found = load(shipped("questionnaires") / "juin-2024.yaml").questionnaire
    assert found is not None
    return found


def _campaign(ballots: int) -> tuple[Layout, list[Ballot]]:
    june = _june()
    population = Population(june, 5)
    invited = groups(june, ballots, random.Random(5))
    people = [(one.audience, one.territory) for one in invited for _ in range(one.answering)]
    return Layout(plan(june)), [
        Ballot(
            audience=audience,
            answers=population.answers(Person(number=n, audience=audience, territory=place)),
        )
        for n, (audience, place) in enumerate(people)
    ]


if __name__ == "__main__":
    main()
