"""No table leaves with a small count in it, nor with one that its reader can work out."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from consultation.results.disclosure import EVERYTHING, Hierarchy, K, protect
from consultation.results.masking import (
    FINAL,
    WHILE_OPEN,
    Crossed,
    Frequencies,
    Rules,
    crossed,
    frequencies,
    frequencies_of_profile,
)
from consultation.results.recovery import GAIN, Puzzle

Counts = list[list[int]]

CAREFUL = Rules(smallest=20)
count = st.one_of(st.just(0), st.integers(1, 12), st.integers(10, 60), st.integers(100, 2_000))


def tables(rows: int = 5, columns: int = 5) -> st.SearchStrategy[Counts]:
    sizes = st.tuples(st.integers(2, rows), st.integers(2, columns))
    return sizes.flatmap(
        lambda size: st.lists(
            st.lists(count, min_size=size[1], max_size=size[1]), min_size=size[0], max_size=size[0]
        )
    )


class Reader:
    """Someone who knows linear programming and every table published of one question."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._rows: list[dict[int, float]] = []
        self._known: list[float] = []
        self.hidden: dict[str, int] = {}

    def quantity(self, name: str, shown: int | None) -> int:
        number = next(self._numbers)
        if shown is None:
            self.hidden[name] = number
        else:
            self._say({number: 1.0}, shown)
        return number

    def adds_up(self, parts: Sequence[int], total: int) -> None:
        self._say({**dict.fromkeys(parts, 1.0), total: -1.0}, 0)

    def read(self, name: str, table: Crossed, answers: Sequence[int], base: int) -> None:
        """A table by one more profile, whose row totals are the answers of everyone."""
        cells = [
            [self.quantity(f"{name} {r},{c}", shown) for c, shown in enumerate(row)]
            for r, row in enumerate(table.counts)
        ]
        groups = [
            self.quantity(f"{name} {c}", shown) for c, shown in enumerate(table.column_totals)
        ]
        for row, total in zip(cells, answers, strict=True):
            self.adds_up(row, total)
        for column, total in zip(zip(*cells, strict=True), groups, strict=True):
            self.adds_up(column, total)
        self.adds_up(groups, base)

    def bounds(self, number: int) -> tuple[float, float]:
        size = next(self._numbers) + 1
        equations = np.zeros((len(self._rows), size))
        for row, terms in enumerate(self._rows):
            for column, factor in terms.items():
                equations[row, column] = factor
        least, most = (
            linprog(
                [sign * (n == number) for n in range(size)], A_eq=equations, b_eq=self._known
            ).fun
            for sign in (1, -1)
        )
        return least, -most

    def _say(self, terms: dict[int, float], value: float) -> None:
        self._rows.append(terms)
        self._known.append(value)


def reader_of(*found: Crossed) -> Reader:
    reader, everyone = Reader(), found[0].everyone
    answers = [reader.quantity(f"answer {n}", shown) for n, shown in enumerate(everyone.counts)]
    base = reader.quantity("base", everyone.base)
    reader.adds_up(answers, base)
    for number, table in enumerate(found):
        reader.read(f"table {number}", table, answers, base)
    return reader


def shown(table: Crossed) -> Iterator[int]:
    for line in (*table.counts, table.row_totals, table.column_totals, (table.base,)):
        yield from (value for value in line if value is not None)


@settings(max_examples=25)
@given(tables())
def test_no_hidden_count_can_be_worked_out(counts: Counts) -> None:
    table = crossed(counts)

    assert not [value for value in shown(table) if 0 < value < K]
    if table.base is None:
        return
    reader = reader_of(table)
    for name, number in reader.hidden.items():
        least, most = reader.bounds(number)
        assert most - least > K - 1e-6, name


@settings(max_examples=12)
@given(tables(4, 4), st.data())
def test_nor_by_reading_together_the_tables_by_two_profiles(
    counts: Counts, data: st.DataObject
) -> None:
    parts = data.draw(st.lists(st.floats(0, 1), min_size=2, max_size=2))
    other = [[int(sum(row) * parts[0] * parts[1]), 0, 0] for row in counts]
    for row, line in zip(counts, other, strict=True):
        line[1] = int(sum(row) * (1 - parts[0]))
        line[2] = sum(row) - line[0] - line[1]
    one, two = crossed(counts), crossed(other)

    assert one.everyone == two.everyone
    if one.base is None:
        return
    reader = reader_of(one, two)
    for name, number in reader.hidden.items():
        least, most = reader.bounds(number)
        assert most - least > K - 1e-6, name


@settings(max_examples=25)
@given(tables(4, 4), st.data())
def test_the_bounds_found_are_those_of_linear_programming(
    counts: Counts, data: st.DataObject
) -> None:
    cells = [(r, c) for r in range(len(counts)) for c in range(len(counts[0]))]
    hidden = data.draw(st.lists(st.sampled_from(cells), min_size=1, unique=True))
    puzzle = Puzzle(counts, hidden)
    reader = Reader()
    known = [
        [reader.quantity(f"{r},{c}", None if (r, c) in hidden else n) for c, n in enumerate(line)]
        for r, line in enumerate(counts)
    ]
    for line, row in zip(known, counts, strict=True):
        reader.adds_up(line, reader.quantity("", sum(row)))
    for line, column in zip(zip(*known, strict=True), zip(*counts, strict=True), strict=True):
        reader.adds_up(line, reader.quantity("", sum(column)))

    for row, column in hidden:
        bounds = reader.bounds(reader.hidden[f"{row},{column}"])
        found = puzzle.least((row, column)), puzzle.most((row, column))
        assert found == pytest.approx(bounds, abs=1e-6)


@settings(max_examples=40)
@given(tables(), st.sampled_from([FINAL, WHILE_OPEN, CAREFUL]))
def test_what_is_shown_is_true_and_complete_where_nothing_is_small(
    counts: Counts, rules: Rules
) -> None:
    table = crossed(counts, rules=rules)

    for line, row in zip(table.counts, counts, strict=True):
        for value, truth in zip(line, row, strict=True):
            assert value is None or abs(value - truth) <= rules.rounded_to // 2
    totals = (*map(sum, counts), *map(sum, zip(*counts, strict=True)))
    if all(n == 0 or n >= rules.smallest for n in (*itertools.chain(*counts), *totals)):
        assert table.base is None or None not in set(shown(table))


@settings(max_examples=40)
@given(tables(4, 5))
def test_no_group_is_seen_to_be_unanimous_on_a_sensitive_question(counts: Counts) -> None:
    answers = range(len(counts))

    table = crossed(counts, telling=answers)

    groups = [table.column(number) for number in range(len(counts[0]))]
    for group in (*groups, table.everyone):
        for value in group.counts:
            assert value is None or value == 0 or group.base is None or group.base - value >= K


def test_a_unanimous_group_is_not_to_be_guessed_either() -> None:
    counts = [[40, 200, 300], [0, 150, 100]]

    table = crossed(counts, telling=(0, 1))

    assert table.column(0).counts == (None, None)
    assert table.column_totals == (40, 350, 400)
    reader = reader_of(table)
    least, _ = reader.bounds(reader.hidden["table 0 0,0"])
    assert least <= 40 - K


def test_a_small_count_takes_another_with_it() -> None:
    assert frequencies([300, 5, 40, 0]).counts == (300, None, None, 0)


def test_two_small_counts_hide_each_other_when_they_are_enough() -> None:
    assert frequencies([300, 5, 8, 40]).counts == (300, None, None, 40)


def test_two_small_counts_too_few_together_take_a_third() -> None:
    assert frequencies([300, 5, 3, 40]).counts == (300, None, None, None)


def test_too_few_answers_show_nothing() -> None:
    assert frequencies([10, 0]) == Frequencies(counts=(None, None), base=None)
    assert set(crossed([[5, 0], [3, 0]]).row_totals) == {None}


def test_a_sensitive_answer_everyone_gave_is_not_shown() -> None:
    assert frequencies([0, 50], telling=(0, 1)) == Frequencies(counts=(None, None), base=50)
    assert frequencies([0, 50]).counts == (0, 50)


def test_a_group_too_small_disappears_with_another() -> None:
    table = crossed([[200, 4, 20, 100], [200, 5, 22, 100]])

    assert table.column_totals == (400, None, None, 200)
    assert table.counts == ((200, None, None, 100), (200, None, None, 100))


def test_counts_are_rounded_while_ballots_may_come_and_shares_with_them() -> None:
    table = frequencies([303, 102, 0], rules=WHILE_OPEN)

    assert (table.counts, table.base) == ((305, 100, 0), 405)
    assert table.shares[0] == pytest.approx(305 / 405)


def test_what_others_have_made_unneeded_is_shown_again() -> None:
    """The first small counts hide 30 with them, then what the last one hides is enough for all."""
    table = crossed([[100, 3, 20], [8, 60, 60], [20, 30, 8]])

    assert table.counts == ((100, None, None), (None, None, 60), (None, 30, None))


def test_a_mean_is_hidden_with_any_count_it_would_give_back() -> None:
    assert frequencies([100, 50, 50]).mean([0, 5, 10]) == pytest.approx(3.75)
    assert frequencies([100, 50, 5, 6]).mean([0, 5, 10, 10]) is None
    assert frequencies([100, 50, 5, 6]).mean([0, 5, None, None]) == pytest.approx(5 / 3)


ZONES = {"R0": "hexagone", "R1": "hexagone", "R2": "hexagone", "R8": "outre_mer", "R9": "outre_mer"}
PLACES = (*ZONES, "nr")
SIBLINGS = ((0, 1, 2), (3, 4), (5,))
REGION = Hierarchy(name="region", parents=ZONES)


@settings(max_examples=10)
@given(
    st.lists(st.sampled_from([1, 3, 9, 12, 14, 30]), min_size=6, max_size=6).filter(
        lambda sizes: sum(sizes) >= K
    ),
    st.integers(2, 6),
    st.randoms(),
)
def test_what_people_are_cannot_be_worked_out_from_the_rows_that_say_it(
    sizes: list[int], kinds: int, rng: random.Random
) -> None:
    """Whoever counts the rows knows how many kept each answer, and how many lost it for what."""
    region = [place for place, size in zip(PLACES, sizes, strict=True) for _ in range(size)]
    kind = [str(rng.randrange(kinds)) for _ in region]
    found = protect(
        {"kind": kind, "region": region},
        [REGION, Hierarchy(name="kind")],
        rows=len(region),
        rng=random.Random(1),
    )
    rows = Counter(found.columns["region"])

    alone = frequencies_of_profile(sizes, seen=[rows[place] for place in PLACES], siblings=SIBLINGS)

    reader = Reader()
    became: dict[str, list[int]] = {EVERYTHING: [], "hexagone": [], "outre_mer": []}
    for place, shown in zip(PLACES, alone.counts, strict=True):
        parts = [reader.quantity("", rows[place])]
        for coarse in filter(None, (ZONES.get(place), EVERYTHING)):
            parts.append(reader.quantity(f"{place} {coarse}", None))
            became[coarse].append(parts[-1])
        reader.adds_up(parts, reader.quantity(place, shown))
    for coarse, parts in became.items():
        reader.adds_up(parts, reader.quantity("", rows[coarse]))
    for place, size in zip(PLACES, sizes, strict=True):
        assert not (place not in reader.hidden and 0 < size < K)
        if place in reader.hidden:
            least, most = reader.bounds(reader.hidden[place])
            assert most - least > K - 1e-6


def test_the_smallest_count_has_a_floor_in_the_code() -> None:
    with pytest.raises(ValueError, match="below 11"):
        Rules(smallest=K - 1)


def test_what_may_move_is_counted_up_to_what_is_enough() -> None:
    puzzle = Puzzle([[5, 300], [200, 100]], [(0, 0), (0, 1), (1, 0), (1, 1)])

    assert puzzle.room((0, 0), GAIN, 3) == 3
    assert (puzzle.least((0, 0)), puzzle.most((0, 0))) == (0, 205)


def test_a_group_hidden_in_its_own_table_is_hidden_in_every_other() -> None:
    """With 20 hidden rather than 40, the two tables together would tell 5."""
    sizes = [300, 5, 40]

    table = crossed([[150, 3, 20, 10], [150, 2, 20, 10]], sizes=sizes)

    assert frequencies(sizes).counts == (300, None, None)
    assert table.column_totals == (300, None, None, 20)


def test_those_in_no_group_are_not_told_to_have_one_voice() -> None:
    """How many they are is known: they are those missing in the table of the groups."""
    table = crossed([[100, 40, 5], [100, 0, 0]], sizes=[200, 40])

    assert table.counts == ((None, None, None), (None, None, None))
    assert table.row_totals == (145, 100)


@settings(max_examples=40)
@given(tables(), st.data())
def test_the_tables_of_two_questions_by_one_profile_hide_the_same_groups(
    counts: Counts, data: st.DataObject
) -> None:
    sizes = [sum(column) for column in zip(*counts, strict=True)]
    part = data.draw(st.floats(0, 1))
    other = [[int(size * part) for size in sizes], [size - int(size * part) for size in sizes]]

    own, nowhere = frequencies(sizes[:-1]), sizes[-1]
    found = [crossed(one, sizes=sizes[:-1]) for one in (counts, other)]

    assert found[0].column_totals == found[1].column_totals
    seen = zip(own.counts, found[0].column_totals, strict=False)
    assert all(total is None for count, total in seen if count is None)
    if own.base is not None and not 0 < nowhere < K:
        assert found[0].column_totals[:-1] == own.counts
