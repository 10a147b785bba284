"""The rules of the airlock's keys, by themselves, and what is written of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consultation.airlock import (
    HOLDINGS,
    KEPT_FOR,
    LEAP,
    MOVES,
    PROVED_FOR,
    ROUND,
    Keys,
    Watch,
    Watched,
    is_proved,
    watch,
)

WRITTEN = Path(__file__).parents[1] / "chaos" / "README.md"
NOON = datetime(2024, 6, 10, 12, 0, tzinfo=UTC)
PATH = Path("airlock-0.key")
minutes = st.integers(1, 90).map(lambda number: timedelta(minutes=number))
leaps = st.integers(-90 * 24, 90 * 24).map(lambda number: timedelta(hours=number))


def table(rows: Iterable[tuple[str, ...]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def test_the_tables_are_those_of_the_code() -> None:
    written = WRITTEN.read_text("utf-8")
    moves = [(one.event, one.before or "", one.after, one.when) for one in MOVES]
    holdings = [(one.state, one.held, one.named, one.opens, one.proof) for one in HOLDINGS]

    assert f"| event | from | to | when |\n|---|---|---|---|\n{table(moves)}\n" in written
    heading = "| state | held by | named by | opens | proved by |\n|---|---|---|---|---|\n"
    assert f"{heading}{table(holdings)}\n" in written


def test_every_decision_that_is_named_is_one() -> None:
    named = {name for one in MOVES for name in re.findall(r"`(\w+)`", one.when)}

    assert len(named) == 5
    assert all(hasattr(Keys, name) or hasattr(Watched, name) for name in named)


def test_every_state_is_reached_and_only_what_is_destroyed_stays_so() -> None:
    states = {one.state for one in HOLDINGS}

    assert {one.after for one in MOVES} == states
    assert states - {one.before for one in MOVES} == {"destroyed"}


@pytest.mark.parametrize("named", [None, b"public"])
@pytest.mark.parametrize("retired", [(), (PATH,)])
@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("closed", [False, True])
def test_a_key_is_made_only_where_no_other_could_be_forgotten(
    named: bytes | None, held: bool, retired: tuple[Path, ...], closed: bool
) -> None:
    held = held and named is not None
    keys = Keys(named=named, held=held, retired=retired, closed=closed)

    assert keys.may_change == (held and not retired)
    assert keys.may_open == (named is None and not closed)
    assert keys.are_told_apart == (held or (named is None and closed))
    assert not keys.are_lost(proved=True)
    assert keys.are_lost(proved=False) == (named is not None and not held)
    assert keys.may_open + keys.may_change + keys.are_lost(proved=False) <= 1


@settings(max_examples=50)
@given(st.lists(st.tuples(minutes, leaps | st.just(timedelta())), min_size=1, max_size=20))
def test_an_hour_is_an_hour_but_for_ten_minutes_a_leap(
    steps: list[tuple[timedelta, timedelta]],
) -> None:
    watched, now, true, leapt = watch(None, NOON, "", 0), NOON, timedelta(), 0
    for step, leap in steps:
        now, true, leapt = now + step + leap, true + step, leapt + (leap > timedelta())
        watched = watch(watched, now, "", 0)

        assert watched.age <= true + leapt * ROUND
        assert not (watched.may_be_destroyed(()) and true < KEPT_FOR - leapt * ROUND)
        assert not watched.may_be_destroyed(("relais",))


@pytest.mark.parametrize(("step", "rounds"), [(1, 60), (7, 9), (10, 6), (90, 6), (1440, 6)])
def test_rounds_end_by_destroying_it(step: int, rounds: int) -> None:
    watched = watch(None, NOON, "", 3)
    for _ in range(rounds):
        assert not watched.may_be_destroyed(())
        watched = watch(watched, watched.seen + timedelta(minutes=step), "", 5)

    assert watched.may_be_destroyed(())
    assert watched.written == 3


@pytest.mark.parametrize(("system", "written"), [("other", 9), ("this", 6)])
def test_the_hour_begins_again_in_another_box_or_in_the_past(system: str, written: int) -> None:
    before = Watched(age=timedelta(days=2), seen=NOON, system="this", written=7)

    again = watch(before, NOON, system, written)

    assert again == Watched(age=timedelta(), seen=NOON, system=system, written=written)


@settings(max_examples=50)
@given(leaps)
def test_a_proof_is_worth_ten_minutes_whichever_way_the_clock_went(since: timedelta) -> None:
    assert is_proved(NOON, NOON + since) == (abs(since) < PROVED_FOR)
    assert not is_proved(None, NOON)


@settings(max_examples=50)
@given(st.lists(leaps, max_size=30), leaps)
def test_no_leap_of_more_than_a_day_sees_an_end(rounds: list[timedelta], end: timedelta) -> None:
    watch_of_rounds, seen = Watch(since=NOON, last=NOON), [NOON]
    for step in rounds:
        seen.append(seen[-1] + step)
        watch_of_rounds = watch_of_rounds.continued(seen[-1])

    assert watch_of_rounds.last == seen[-1]
    if watch_of_rounds.saw_the_end(NOON + end) and seen[-1] >= NOON + end:
        before = [moment for moment in seen if moment <= NOON + end]
        assert before
        assert max(before) >= NOON + end - LEAP
