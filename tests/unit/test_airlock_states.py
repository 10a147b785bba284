"""The airlock's keys as a machine: whatever happens, no ballot acknowledged is ever unreadable.

The box may go back in time (a standby that was late takes over, a snapshot is restored), a release
may die between any two steps, the clock may leap, rounds may stop. `keys.py` draws the states.
"""

from __future__ import annotations

import random
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import pytest
import small
from conftest import Clock
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from consultation.airlock import KEPT_FOR, Watched
from consultation.ballots.keys import BoxKeys
from consultation.ballots.release import Release
from consultation.ballots.standbys import Position
from consultation.ballots.store import Suspended, Urn
from consultation.database import Database
from consultation.office.proofs import Proofs
from consultation.sealing import SealingKey

POOL = 2
STANDBY = "relais"
START = datetime(2024, 6, 10, 9, 0, tzinfo=UTC)


class Dies(Exception):
    """The process ends here."""


class Mortal(BoxKeys):
    """Keys of a process that dies at the step it is told: « create », « note » or « destroy »."""

    dies_at = ""

    def create(self, urn: bytes) -> SealingKey:
        made = super().create(urn)
        self._die("create")
        return made

    def note(self, path: Path, watched: Watched) -> None:
        self._die("note")
        super().note(path, watched)

    def destroy(self, path: Path) -> None:
        self._die("destroy")
        super().destroy(path)

    def _die(self, step: str) -> None:
        if step == self.dies_at:
            self.dies_at = ""
            raise Dies


@dataclass(frozen=True, kw_only=True)
class Copy:
    """The box as it was when its journal had this length; a file stands for it."""

    file: Path
    written: int
    at: timedelta


@cache
def held(number: int) -> small.Credential:
    """Drawn once for every story: that is slow."""
    return small.credential()


class Airlocks(RuleBasedStateMachine):
    """One urn, its keys, a standby, hourly snapshots, and all that may happen to them."""

    models: ClassVar[dict[str, Path]]

    def __init__(self) -> None:
        super().__init__()
        self._directory = TemporaryDirectory(dir=self.models["box"].parent)
        self.place = Path(self._directory.name)
        for name in ("box", "office"):
            shutil.copy(self.models[name], self.place / f"{name}.sqlite")
        self.clock = Clock(START)
        self.elapsed = timedelta()  # true time, whatever the clock says
        self.written = 1
        self.number = 0
        self.keys = Mortal(self.place / "keys")
        self.office = Database(f"sqlite:///{self.place / 'office.sqlite'}")
        self.campaign = small.campaign(pool=POOL)
        self._open()
        self.release.prepare(self.campaign)
        self.standby, self.connected = self._copied("standby"), True
        self.snapshot = self._copied("snapshot")
        self.release.sweep(self.campaign)  # a worker has been there since the beginning

    def teardown(self) -> None:
        self.box.close()
        self.office.close()
        self._directory.cleanup()

    # What is done on purpose

    @rule()
    def an_agent_answers(self) -> None:
        one, self.number = held(self.number), self.number + 1
        with suppress(Suspended):  # nobody is thanked
            self.urn.cast(self.campaign, "agents", one.msg, one.sig, b"{}")
        self.written += 1

    @rule(dies_at=st.sampled_from(["", "", "", "create", "note"]))
    def ballots_are_released(self, dies_at: str) -> None:
        for _ in range(2 * POOL):
            self.an_agent_answers()
        with self._dying(dies_at):
            self.release.run(self.campaign)
        self.written += 1

    @rule(hours=st.sampled_from([0, 0, 1, 2]), dies_at=st.sampled_from(["", "", "note", "destroy"]))
    def rounds_are_made(self, hours: int, dies_at: str) -> None:
        """One, or three an hour; the last may die."""
        for _ in range(3 * hours):
            self._wait(20)
            self.release.sweep(self.campaign)
        self._wait(5)
        self.release.prove(self.campaign)
        with self._dying(dies_at):
            self.release.sweep(self.campaign)

    # What happens

    @rule(days=st.sampled_from([-40, 2, 30]))
    def the_clock_leaps_for_a_minute(self, days: int) -> None:
        self.clock.advance(days=days)
        self.release.sweep(self.campaign)
        self.clock.advance(days=-days)
        self._wait(1)
        self.release.prove(self.campaign)
        self.release.sweep(self.campaign)

    @rule()
    def the_standby_catches_up(self) -> None:
        self.standby, self.connected = self._copied("standby"), True

    @rule()
    def the_standby_is_cut_off(self) -> None:
        self.connected = False

    @rule()
    def the_standby_takes_over(self) -> None:
        self._become(self.standby)

    @precondition(lambda self: self.elapsed - self.snapshot.at < KEPT_FOR)
    @rule()
    def the_last_snapshot_is_restored(self) -> None:
        self._become(self.snapshot)

    @rule()
    def a_snapshot_is_taken(self) -> None:
        self.snapshot = self._copied("snapshot")

    # What holds

    @invariant()
    def every_ballot_of_the_box_opens(self) -> None:
        found = self.release.airlock(self.campaign)
        assert found.ready
        assert found.unreadable == 0

    @invariant()
    def one_retired_key_at_most_is_made_by_releases(self) -> None:
        files = list((self.keys.directory / self.campaign.urn.hex()).glob("airlock-*.key"))
        assert len(files) <= 2

    @invariant()
    def what_the_urn_would_accept_under_is_here(self) -> None:
        if self.urn.accepts(self.campaign):
            assert self.release.airlock(self.campaign).ready

    # Below

    def _position(self) -> Position:
        seen = {STANDBY: self.standby.written} if self.connected else {}
        return Position(system="le même", written=self.written, replayed=seen)

    @contextmanager
    def _dying(self, step: str) -> Iterator[None]:
        self.keys.dies_at = step
        with suppress(Dies):
            yield
        self.keys.dies_at = ""

    def _wait(self, minutes: int) -> None:
        self.clock.advance(minutes=minutes)
        self.elapsed += timedelta(minutes=minutes)

    def _open(self) -> None:
        self.box = Database(f"sqlite:///{self.place / 'box.sqlite'}")
        proofs, draw = Proofs(self.office, self.clock), random.Random(self.written)
        self.urn = Urn(self.box, proofs, self.clock, secrets.token_bytes)
        self.release = Release(
            self.box, self.keys, proofs, self.clock, draw, look=lambda _: self._position()
        )

    def _copied(self, name: str) -> Copy:
        self.box.close()
        file = shutil.copy(self.place / "box.sqlite", self.place / name)
        return Copy(file=file, written=self.written, at=self.elapsed)

    def _become(self, copy: Copy) -> None:
        """The box goes back to this copy; the worker makes a round, and a standby is built anew."""
        self.box.close()
        for path in self.place.glob("box.sqlite*"):
            path.unlink()
        shutil.copy(copy.file, self.place / "box.sqlite")
        self.written = copy.written + 1
        self._open()
        self.release.sweep(self.campaign)
        self.standby, self.connected = self._copied("standby"), True


STORIES = {
    "a late standby": ["release", "hours", "release", "hours", "takeover"],
    "a standby cut off": ["cut", "release", "hours", "hours", "takeover", "release"],
    "a standby cut off after": ["release", "round", "cut", "hours", "release", "hours", "takeover"],
    "a snapshot": ["catch up", "snapshot", "release", "release", "round", "restore", "release"],
    "a leap": ["snapshot", "release", "catch up", "leap", "restore"],
    "a leap, then twice back": ["release", "catch up", "snapshot", "takeover", "leap", "restore"],
    "a release that died": ["dead release", "release", "hours", "release", "takeover"],
    "back and forth": ["release", "round", "takeover", "release", "hours", "restore", "release"],
    "keys in turn": [*(["release", "catch up", "hours"] * 3), "takeover"],
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_each_known_misfortune_leaves_every_ballot_readable(
    sqlite_models: dict[str, Path], story: list[str]
) -> None:
    machine = type("Airlocks", (Airlocks,), {"models": sqlite_models})()
    steps: dict[str, Callable[[], object]] = {
        "release": partial(machine.ballots_are_released, dies_at=""),
        "dead release": partial(machine.ballots_are_released, dies_at="create"),
        "round": partial(machine.rounds_are_made, hours=0, dies_at=""),
        "hours": partial(machine.rounds_are_made, hours=2, dies_at=""),
        "leap": partial(machine.the_clock_leaps_for_a_minute, days=30),
        "catch up": machine.the_standby_catches_up,
        "cut": machine.the_standby_is_cut_off,
        "takeover": machine.the_standby_takes_over,
        "snapshot": machine.a_snapshot_is_taken,
        "restore": machine.the_last_snapshot_is_restored,
    }
    try:
        for name in story:
            steps[name]()
            machine.every_ballot_of_the_box_opens()
            machine.one_retired_key_at_most_is_made_by_releases()
            machine.what_the_urn_would_accept_under_is_here()
    finally:
        machine.teardown()


def test_whatever_happens_no_acknowledged_ballot_is_unreadable(
    sqlite_models: dict[str, Path], full: bool
) -> None:
    run_state_machine_as_test(
        type("Airlocks", (Airlocks,), {"models": sqlite_models}),
        settings=settings(
            max_examples=300 if full else 6,
            stateful_step_count=60 if full else 15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
