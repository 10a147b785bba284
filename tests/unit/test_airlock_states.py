"""The airlock's keys as a machine: whatever happens, no ballot acknowledged is ever unreadable.

Real stores in files, real keys, the real worker and ceremonies. The box may go back in time (a
standby that was late takes over, a snapshot or a copy is restored), keys may be lost and found
again, a process may die between any two steps, the clock may leap, rounds may stop, the campaign
ends in the middle of it. `consultation.airlock` says what may happen to a key: the machine sees to
it that nothing else does.
"""

from __future__ import annotations

import json
import random
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest
import running
import small
from conftest import STORES, Clock
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, select
from voting import credential

from consultation.airlock import KEPT_FOR, LEAP, MOVES, PROVED_FOR, ROUND, Keys, State, Watched
from consultation.backup import Backup
from consultation.ballots.boxes import from_airlock, from_urn
from consultation.ballots.keys import BoxKeys
from consultation.ballots.release import KeyElsewhere, Release
from consultation.ballots.standbys import Position, position
from consultation.ballots.store import NoAirlock, Suspended, Urn
from consultation.ballots.tables import airlock, inbox
from consultation.ceremony import Ceremony, Unaccounted
from consultation.database import Database
from consultation.office.campaigns import Campaign, WrongMoment
from consultation.office.proofs import Proofs
from consultation.office.rounds import Rounds
from consultation.office.sendings import Sendings
from consultation.office.store import Approvals, Campaigns, Figures, Journal
from consultation.results.keys import ResultKeys
from consultation.roll.keys import RollKeys
from consultation.roll.store import Roll
from consultation.sealing import AirlockKey, CannotUnseal, SealingKey, sealing_key
from consultation.worker import Worker

POOL = 2
SLUG = "essai"
STANDBY = "relais"
START = small.CLOSES + timedelta(hours=12)  # a day and a half before the end
IN_A_RELEASE = ["", "", "", "", "", "create", "created", "draw", "look", "note"]
IN_A_ROUND = ["", "", "", "", "", "look", "note", "destroy", "torn", "destroyed"]
LEAPS = [timedelta(minutes=1), timedelta(hours=2), timedelta(hours=20), timedelta(days=2)]
LEAPS += [timedelta(days=30), -timedelta(hours=2), -timedelta(days=40)]


class Dies(Exception):
    """The process ends here."""


class Fate:
    """Where the process is to die, once."""

    at = ""

    def __call__(self, step: str) -> None:
        if step == self.at:
            self.at = ""
            raise Dies


class Mortal(BoxKeys):
    """Keys of a process that may die at any step, and that remembers every key it made."""

    def __init__(self, directory: Path, fate: Fate) -> None:
        super().__init__(directory)
        self.made: dict[bytes, SealingKey] = {}
        self._fate = fate

    def create(self, urn: bytes, kind: type[SealingKey] = AirlockKey) -> SealingKey:
        self._fate("create")
        made = super().create(urn, kind)
        self.made[made.public] = made
        self._fate("created")
        return made

    def note(self, path: Path, watched: Watched) -> None:
        self._fate("note")
        super().note(path, watched)

    def destroy(self, path: Path) -> None:
        self._fate("destroy")
        if self._fate.at == "torn":  # overwritten, and not yet removed
            path.write_bytes(secrets.token_bytes(32))
        self._fate("torn")
        super().destroy(path)
        self._fate("destroyed")


class Told(Proofs):
    """Proofs of a worker, which remembers what it said, whatever becomes of the store."""

    def __init__(self, database: Database, clock: Clock, told: dict[bytes, datetime]) -> None:
        super().__init__(database, clock)
        self._now, self._told = clock, told

    def prove(self, public: bytes) -> None:
        super().prove(public)
        self._told[public] = self._now()


@dataclass(frozen=True, kw_only=True)
class Town:
    """An open consultation, as it was at first, and people who may answer.

    Every story takes place in `place`, where `stores` are: opened once, they are fast.
    """

    first: Path
    place: Path
    stores: Mapping[str, Database]
    empty: Path  # a box in which nothing was ever written
    given: tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, kw_only=True)
class Copy:
    """The box as it was: when its journal had this length, at that time, with these ballots."""

    files: Path
    written: int
    at: timedelta
    leaps: int
    public: bytes | None
    keys: frozenset[Path]  # those that were here then, current or retired
    thanked: frozenset[int]
    given_up: frozenset[int]
    waited_for: bool  # the standby


@pytest.fixture(scope="module")
def town(
    request: pytest.FixtureRequest,
    sqlite_models: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Town]:
    people = 200 if request.config.getoption("--full") else 40
    directory = tmp_path_factory.mktemp("town")
    place = directory / "place"
    with ExitStack() as cleaning:

        def opened(name: str) -> Database:
            return cleaning.enter_context(closing(Database(f"sqlite:///{place / name}.sqlite")))

        keys = running.roll_keys(place / "keys")
        for name in STORES:
            shutil.copy(sqlite_models[name], place / f"{name}.sqlite")
        stores = {name: opened(name) for name in STORES}
        platform = running.run(
            stores.__getitem__, keys, Clock(small.OPENS), place / "keys", people=people, pool=POOL
        )
        given = tuple(credential(platform.app.parts, SLUG) for _ in range(people))
        for store in stores.values():
            store.close()
        shutil.copytree(place, directory / "first")
        yield Town(
            first=directory / "first",
            place=place,
            stores=stores,
            empty=sqlite_models["box"],
            given=given,
        )


class Airlocks(RuleBasedStateMachine):
    """One urn, its keys, its worker, a standby, copies, and all that may happen to them."""

    town: ClassVar[Town]
    mortal: ClassVar[type[Mortal]]
    moves: ClassVar[set[tuple[State | None, State]]]

    @classmethod
    def of(cls, town: Town, mortal: type[Mortal] = Mortal) -> type[Airlocks]:
        """This machine, in this town; it notes every move that it sees a key make."""
        return type("Airlocks", (cls,), {"town": town, "mortal": mortal, "moves": set()})

    def __init__(self) -> None:
        super().__init__()
        self.place, self.stores = self.town.place, self.town.stores
        shutil.rmtree(self.place)
        shutil.copytree(self.town.first, self.place)
        self.clock = Clock(START)
        self.elapsed = timedelta()  # true time, whatever the clock says
        self.leaps = 0
        self.written = 1
        self.number = 0
        self.thanked: frozenset[int] = frozenset()
        self.given_up: frozenset[int] = frozenset()
        self.told: dict[bytes, datetime] = {}
        self.states: dict[bytes, State] = {}
        self.keys_were_lost = False
        self.fate = Fate()
        self.keys = self.mortal(self.place / "keys", self.fate)
        self._start()
        self.opened = self.campaign  # as it was then
        self._learn_the_keys()
        self.has_standby = self.connected = self.waited_for = False
        self.copies: dict[str, Copy] = {}
        self.a_snapshot_is_taken()
        self.saved: Copy | None = None

    @initialize(has_standby=st.booleans())
    def the_box_has_a_standby(self, has_standby: bool) -> None:
        """A file has none; then a worker has been there since the beginning."""
        self.has_standby = has_standby
        self.the_standby_catches_up()
        self._round()

    def teardown(self) -> None:
        try:
            if sys.exc_info()[1] is None:
                self._all_ends_well()
        finally:
            self._close_the_stores()

    # What is done on purpose

    @rule()
    def an_agent_answers(self) -> None:
        if self.number == len(self.town.given):
            return
        msg, sig = self.town.given[self.number]
        text = json.dumps(self.number).encode()
        with suppress(Suspended, NoAirlock):  # nobody is thanked
            self.urn.cast(self.campaign, "agents", msg, sig, text)
            self.thanked |= {self.number}
        self.number += 1

    @precondition(lambda self: not self.keys_were_lost)
    @rule(dies_at=st.sampled_from(IN_A_RELEASE))
    def ballots_are_released(self, dies_at: str) -> None:
        for _ in range(2 * POOL):
            self.an_agent_answers()
        with self._dying(dies_at), suppress(NoAirlock):
            self.worker.release(self.campaign, "essai")
        self._observe()

    @rule(dies_at=st.sampled_from(IN_A_ROUND))
    def a_round_is_made(self, dies_at: str) -> None:
        self._wait(minutes=5)
        with self._dying(dies_at):
            self._round()
        self._observe()

    @rule(count=st.sampled_from([7, 7, 3]))
    def rounds_go_on(self, count: int) -> None:
        for _ in range(count):
            self._wait(minutes=10)
            self._round()

    @rule(minutes=st.sampled_from([9, 11, 90, 2500]))
    def the_worker_is_stopped(self, minutes: int) -> None:
        """Then everything starts again."""
        self._wait(minutes=minutes)
        self._start()

    @precondition(lambda self: self._is_over() and not self.keys_were_lost)
    @rule(dies_at=st.sampled_from(IN_A_ROUND))
    def a_person_closes(self, dies_at: str) -> None:
        """And says by that what time it is."""
        with self._dying(dies_at):
            self._close()
        self._observe()

    # What happens

    @rule(leap=st.sampled_from(LEAPS))
    def the_clock_leaps_for_a_minute(self, leap: timedelta) -> None:
        self.leaps += 1
        self.clock.now += leap
        self._round()
        self.clock.now -= leap
        self._wait(minutes=1)
        self._round()

    @precondition(lambda self: self.has_standby)
    @rule()
    def the_standby_catches_up(self) -> None:
        self._copy("standby")
        self.connected, self.waited_for = True, self.has_standby

    @precondition(lambda self: self.has_standby and self.connected)
    @rule()
    def the_standby_is_cut_off(self) -> None:
        self.connected = False

    @precondition(lambda self: self.has_standby and not self.connected)
    @rule()
    def the_standby_is_given_up(self) -> None:
        self.release.give_up_waiting_for(STANDBY)
        self.waited_for = False

    @precondition(lambda self: self.waited_for)
    @rule()
    def the_standby_takes_over(self) -> None:
        self._become(self.copies["standby"])

    @rule()
    def a_snapshot_is_taken(self) -> None:
        self._copy("snapshot")
        shutil.copy(self.place / "office.sqlite", self.place / "office.copy")

    @precondition(lambda self: self._is_recent(self.copies["snapshot"]))
    @rule()
    def the_snapshot_is_put_back(self) -> None:
        self._become(self.copies["snapshot"])

    @rule()
    def the_office_is_put_back(self) -> None:
        """To what it was at the snapshot, however old; somebody says so."""
        self._replace("office", self.place / "office.copy")
        with suppress(WrongMoment):  # it is closed and complete
            self.ceremony.declare_restored(SLUG, "essai")

    @precondition(lambda self: not self.keys_were_lost)
    @rule()
    def a_copy_is_saved_with_its_keys(self) -> None:
        for name in ("copies", "kept"):
            shutil.rmtree(self.place / name, ignore_errors=True)
        self.backup.save(self.place / "copies", ["box"], "essai", keys=self.place / "kept")
        self._observe()
        self.saved = self._as_it_is(self.place / "copies")

    @precondition(lambda self: self.saved)
    @rule(its_keys=st.booleans())
    def the_copy_is_restored(self, its_keys: bool) -> None:
        """With its keys however old it is, or with those of now."""
        assert self.saved
        with_its_keys = its_keys or not self._is_recent(self.saved)
        if with_its_keys:
            self._take_the_keys_of_the_copy()
            self.keys_were_lost = False
        self._restore(self.saved)
        if with_its_keys and not self._was_saved_with(self.copies["snapshot"]):
            self._copy("snapshot")

    @precondition(lambda self: self.saved and not self.keys_were_lost)
    @rule()
    def the_keys_of_now_are_lost(self) -> None:
        """Those of the copy are put in their place."""
        self._take_the_keys_of_the_copy()
        self.keys_were_lost = True

    @precondition(lambda self: self.keys_were_lost)
    @rule()
    def the_keys_are_found_again(self) -> None:
        shutil.copytree(self.place / "away", self.keys.directory, dirs_exist_ok=True)
        self.keys_were_lost = False
        self._learn_the_keys()

    @precondition(lambda self: self.keys_were_lost and not self._held())
    @rule()
    def what_the_lost_key_opens_is_given_up(self) -> None:
        waiting = self._waiting()
        try:
            lost = self.ceremony.give_up(SLUG, "essai")
        except KeyElsewhere:
            return  # not before ten minutes
        assert lost == len(waiting)
        self.given_up |= self.thanked - self._documents(self._released(), small.export_key())
        self.keys_were_lost = False
        self._learn_the_keys()
        self._copy("standby")  # those of before would need the lost key
        self._copy("snapshot")
        self.saved = None

    # What holds

    @invariant()
    def every_ballot_is_in_the_urn_or_opens(self) -> None:
        counts = self.urn.counts(self.opened)
        assert counts.spent == len(self.thanked)
        assert counts.spent == counts.waiting + counts.ballots + len(self.given_up)
        found = self.release.airlock(self.opened)
        if self._named() is None:
            assert counts.waiting == 0
        elif self.keys_were_lost and not found.ready:
            return  # it is said
        else:
            assert (found.ready, found.unreadable) == (True, 0)
        released = self._documents(self._released(), small.export_key())
        waiting = self._documents(self._waiting(), self._current())
        assert released | waiting == self.thanked - self.given_up

    @invariant()
    def every_copy_that_may_take_over_opens(self) -> None:
        if self.keys_were_lost:
            return
        for copy in self._that_may_take_over():
            assert copy.public is None or self.keys.holds(self.opened.urn, copy.public)

    @invariant()
    def one_retired_key_at_most_is_kept(self) -> None:
        """But for those that a person has put there."""
        files = len(self._files())
        assert files <= self.most_files
        self.most_files = max(2, files)

    @invariant()
    def nothing_is_sealed_under_a_key_not_proved(self) -> None:
        if self.urn.accepts(self.opened):
            told = self.told[self._named() or b""]
            assert abs(self.clock.now - told) < PROVED_FOR

    @invariant()
    def no_leap_closes_the_campaign(self) -> None:
        if self.campaign.state == "closed":
            assert START + self.elapsed > small.CLOSES + timedelta(hours=48) - LEAP

    def every_law_holds(self) -> None:
        """For stories, which nobody checks step after step."""
        self.every_ballot_is_in_the_urn_or_opens()
        self.every_copy_that_may_take_over_opens()
        self.one_retired_key_at_most_is_kept()
        self.nothing_is_sealed_under_a_key_not_proved()
        self.no_leap_closes_the_campaign()

    # Below

    def _all_ends_well(self) -> None:
        """The clock is right, the keys come back, the campaign closes: the count is right."""
        if self.keys_were_lost:
            self.the_keys_are_found_again()
        self._wait(hours=72)
        self.clock.now = START + self.elapsed
        self._round()
        self._close()
        self._observe()
        self.the_standby_catches_up()
        for _ in range(7):
            self._wait(minutes=10)
            self._round()
        self.every_ballot_is_in_the_urn_or_opens()
        account = self.ceremony.account(self.campaign)
        assert (account.waiting, account.lost) == (0, len(self.given_up))
        assert account.ballots == account.spent - account.lost
        assert self._files() == set()

    @property
    def campaign(self) -> Campaign:
        return self.campaigns.get(SLUG)

    def _start(self) -> None:
        """Every part, as a process that starts would make it."""
        box, office, roll = self.stores["box"], self.stores["office"], self.stores["roll"]
        clock, keys = self.clock, self.place / "keys"
        proofs = Told(office, clock, self.told)
        roll_keys, journal, sendings = (
            RollKeys(keys),
            Journal(office, clock),
            Sendings(office, clock),
        )
        self.campaigns, self.figures = Campaigns(office, clock), Figures(office, clock)
        self.roll = Roll(roll, roll_keys, clock)
        self.urn = Urn(box, Proofs(office, clock), clock, secrets.token_bytes)
        self.release = Release(
            box,
            self.keys,
            proofs,
            clock,
            random.Random(self.written),
            self._draw,
            look=self._look,
        )
        self.ceremony = Ceremony(
            campaigns=self.campaigns,
            figures=self.figures,
            journal=journal,
            approvals=Approvals(office, clock),
            roll=self.roll,
            roll_keys=roll_keys,
            sendings=sendings,
            urn=self.urn,
            release=self.release,
            result_keys=ResultKeys(keys),
            box=box,
            clock=clock,
            random_bytes=secrets.token_bytes,
        )
        self.worker = Worker(
            campaigns=self.campaigns,
            figures=self.figures,
            journal=journal,
            rounds=Rounds(office, clock),
            clock=clock,
            roll=self.roll,
            urn=self.urn,
            release=self.release,
            ceremony=self.ceremony,
        )
        self.backup = Backup(
            databases=self.stores,
            keys=keys,
            campaigns=self.campaigns,
            figures=self.figures,
            journal=journal,
            worker=self.worker,
            roll=self.roll,
            urn=self.urn,
            release=self.release,
        )

    def _close_the_stores(self) -> None:
        for database in self.stores.values():
            database.close()

    def _draw(self, count: int) -> bytes:
        self.fate("draw")  # in the transaction
        return secrets.token_bytes(count)

    def _look(self, connection: Connection) -> Position:
        self.fate("look")  # after it
        if not self.has_standby:
            return position(connection)
        self.written += 1
        seen = {STANDBY: self.copies["standby"].written} if self.connected else {}
        return Position(system="le même", written=self.written, replayed=seen)

    @contextmanager
    def _dying(self, step: str) -> Iterator[None]:
        self.fate.at = step
        with suppress(Dies):
            yield
        self.fate.at = ""

    def _wait(self, **duration: float) -> None:
        self.clock.advance(**duration)
        self.elapsed += timedelta(**duration)

    def _round(self) -> None:
        assert self.worker.prove()
        if self._held() and self.campaign.state != "closed":
            assert self.urn.accepts(self.opened)
        done = self.worker.round()
        lost = self.figures.of(SLUG).number("lost") or 0
        assert not done.failed or self.keys_were_lost or lost != len(self.given_up)
        self._observe()

    def _is_over(self) -> bool:
        return self.campaign.phase(self.clock.now) == "closed"

    def _close(self) -> None:
        self.ceremony.start_closing(SLUG, timedelta(), "essai")
        try:
            self.ceremony.finish_closing(SLUG, "essai")
        except Unaccounted:  # which says what to do
            self.ceremony.declare_restored(SLUG, "essai")
            self.ceremony.finish_closing(SLUG, "essai")

    def _as_it_is(self, files: Path) -> Copy:
        return Copy(
            files=files,
            written=self.written,
            at=self.elapsed,
            leaps=self.leaps,
            public=self._named(),
            keys=frozenset(self._files()),
            thanked=self.thanked,
            given_up=self.given_up,
            waited_for=self.waited_for,
        )

    def _copy(self, name: str) -> None:
        self._close_the_stores()
        file = shutil.copy(self.place / "box.sqlite", self.place / f"{name}.copy")
        self.copies[name] = self._as_it_is(Path(file))

    def _is_recent(self, copy: Copy) -> bool:
        """Whether its key is kept: for an hour, of which a leap of the clock takes ten minutes."""
        return self.elapsed - copy.at < KEPT_FOR - (self.leaps - copy.leaps) * ROUND

    def _that_may_take_over(self) -> Iterator[Copy]:
        if self.waited_for:
            yield self.copies["standby"]
        yield from filter(self._is_recent, [self.copies["snapshot"], *filter(None, [self.saved])])

    def _become(self, copy: Copy) -> None:
        """The box goes back to this copy, and a standby is built anew."""
        self._replace("box", copy.files)
        self._go_back(copy)

    def _restore(self, copy: Copy) -> None:
        self._replace("box", self.town.empty)
        self.backup.restore(copy.files, ["box"], "essai")
        self._go_back(copy)

    def _replace(self, store: str, file: Path) -> None:
        self._close_the_stores()
        for path in self.place.glob(f"{store}.sqlite*"):
            path.unlink()
        shutil.copy(file, self.place / f"{store}.sqlite")

    def _go_back(self, copy: Copy) -> None:
        self.written = copy.written + 1
        self.thanked, self.given_up = copy.thanked, copy.given_up
        self._observe()  # or a person has changed the files too
        self._round()
        self.the_standby_catches_up()

    def _take_the_keys_of_the_copy(self) -> None:
        here = self.keys.directory
        shutil.copytree(here, self.place / "away", dirs_exist_ok=True)
        shutil.rmtree(here)
        (self.place / "kept" / "box").mkdir(parents=True, exist_ok=True)  # none after the closing
        shutil.copytree(self.place / "kept" / "box", here)
        self._learn_the_keys()
        # One that is cut off, and that the copy gave up, is not waited for.
        self.waited_for &= self.connected or self.saved.waited_for

    def _was_saved_with(self, copy: Copy) -> bool:
        """Whether the keys of the saved copy open this one too: its key was here by then.

        A snapshot whose key was made since needs one of those that were put away, whatever its
        age: it is no copy that may take over any more. No rule of the product could keep its key.
        """
        assert self.saved
        return copy.public is None or self._path(copy.public) in self.saved.keys

    def _observe(self) -> None:
        """Every key made exactly one move of those that are written, or none.

        None is destroyed where the one that the box names is not here.
        """
        missing = self._named() and not self._held()
        for public, after in self._states().items():
            if public not in self.states:
                self.states[public] = "born"
                self.moves.add((None, "born"))
            move = self.states[public], after
            if move[0] != after:
                assert move in {(one.before, one.after) for one in MOVES}
                assert not (missing and after == "destroyed")
                self.moves.add(move)
            self.states[public] = after

    def _learn_the_keys(self) -> None:
        """A person has changed the files."""
        self.most_files = max(2, len(self._files()))
        for path in self._files():
            key = sealing_key(path.read_bytes())
            self.keys.made[key.public] = key
        self.states = self._states()

    def _states(self) -> dict[bytes, State]:
        named, here = self._named(), self._files()
        return {
            public: "destroyed"
            if self._path(public) not in here
            else "current"
            if public == named
            else "retired"
            for public in self.keys.made
        }

    def _files(self) -> set[Path]:
        return set((self.keys.directory / self.opened.urn.hex()).glob("airlock-*.key"))

    def _path(self, public: bytes) -> Path:
        return self.keys.path(self.opened.urn, public)

    def _named(self) -> bytes | None:
        with self.stores["box"].read() as connection:
            return connection.scalar(select(airlock.c.public))

    def _waiting(self) -> list[bytes]:
        with self.stores["box"].read() as connection:
            return list(connection.scalars(select(inbox.c.sealed)))

    def _released(self) -> list[bytes]:
        return list(self.urn.ballots(self.opened))

    def _held(self) -> bool:
        return self.release.airlock(self.opened).ready

    def _current(self) -> SealingKey | None:
        named = self._named()
        return self.keys.get(self.opened.urn, named) if named else None

    def _documents(self, boxes: list[bytes], key: SealingKey | None) -> frozenset[int]:
        found = [json.loads(self._opened(key, box)) for box in boxes] if key else []
        assert len(set(found)) == len(found)
        return frozenset(found)

    def _opened(self, key: SealingKey, box: bytes) -> bytes:
        with suppress(CannotUnseal):
            return from_urn(self.opened.urn, key, box)
        return from_airlock(self.opened.urn, key, box).document


STORIES = {
    "a late standby": ["release", "hours", "release", "hours", "takeover"],
    "a standby cut off": ["cut", "release", "hours", "hours", "takeover", "release"],
    "a standby cut off after": ["release", "round", "cut", "hours", "release", "hours", "takeover"],
    "a snapshot": ["catch up", "snapshot", "release", "release", "round", "put back", "release"],
    "a leap": ["snapshot", "release", "catch up", "leap", "put back"],
    "a leap, then twice back": ["release", "catch up", "snapshot", "takeover", "leap", "put back"],
    "a release that died": ["dead release", "release", "hours", "release", "takeover"],
    "back and forth": ["release", "round", "takeover", "release", "hours", "put back", "release"],
    "keys in turn": [*(["release", "catch up", "hours"] * 3), "takeover"],
    "a copy": ["release", "save", "release", "round", "restore", "hours", "restore with keys"],
    "an old copy": ["save", "hours", "snapshot", "release", "snapshot", "restore"],
    "a copy, with its keys": ["save", "release", "snapshot", "restore with keys", "put back"],
    "a snapshot, with the keys of a copy": [
        *("snapshot", "release", "save", "release", "restore with keys", "put back"),
    ],
    "keys lost and found": ["save", "catch up", "hours", "release", "lose", "round", "find"],
    "keys lost": ["save", "hours", "release", "answer", "lose", "stop", "give up", "release"],
    "a loss forgotten": ["save", "hours", "release", "lose", "stop", "give up", "office back"],
    "a closing": ["release", "answer", "leap far", "takeover", "end", "close", "takeover", "close"],
}


def tell(machine: Airlocks, story: list[str], *, has_standby: bool = True) -> None:
    """One thing after the other; every law holds after each."""
    steps: dict[str, Callable[[], object]] = {
        "answer": machine.an_agent_answers,
        "release": partial(machine.ballots_are_released, dies_at=""),
        "dead release": partial(machine.ballots_are_released, dies_at="created"),
        "round": partial(machine.a_round_is_made, dies_at=""),
        "half an hour": partial(machine.rounds_go_on, count=3),
        "hours": partial(machine.rounds_go_on, count=7),
        "stop": partial(machine.the_worker_is_stopped, minutes=11),
        "end": partial(machine.the_worker_is_stopped, minutes=2500),
        "close": partial(machine.a_person_closes, dies_at=""),
        "leap": partial(machine.the_clock_leaps_for_a_minute, leap=timedelta(hours=20)),
        "leap far": partial(machine.the_clock_leaps_for_a_minute, leap=timedelta(days=30)),
        "catch up": machine.the_standby_catches_up,
        "cut": machine.the_standby_is_cut_off,
        "takeover": machine.the_standby_takes_over,
        "snapshot": machine.a_snapshot_is_taken,
        "put back": machine.the_snapshot_is_put_back,
        "office back": machine.the_office_is_put_back,
        "save": machine.a_copy_is_saved_with_its_keys,
        "restore": partial(machine.the_copy_is_restored, its_keys=False),
        "restore with keys": partial(machine.the_copy_is_restored, its_keys=True),
        "lose": machine.the_keys_of_now_are_lost,
        "find": machine.the_keys_are_found_again,
        "give up": machine.what_the_lost_key_opens_is_given_up,
    }
    try:
        machine.the_box_has_a_standby(has_standby)
        for name in story:
            steps[name]()
            machine.every_law_holds()
    finally:
        machine.teardown()


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_each_known_misfortune_leaves_every_ballot_readable(town: Town, story: list[str]) -> None:
    tell(Airlocks.of(town)(), story)


class DestroyingAtOnce(Mortal):
    """Control: no key was ever retired less than two hours ago."""

    def noted(self, path: Path) -> Watched | None:
        noted = super().noted(path)
        return noted and replace(noted, age=2 * KEPT_FOR)


class ChangingAtOnce(Mortal):
    """Control: a release gives another key, whatever is left of the ones before."""

    def seen(self, urn: bytes, named: bytes | None, *, closed: bool) -> Keys:
        return replace(super().seen(urn, named, closed=closed), retired=())


class NeverForgetting(Mortal):
    """Control: what was noted of a retired key stays when it is current again."""

    def forget(self, path: Path) -> None:
        if not path.exists():
            super().forget(path)


class Certain(Keys):
    """Control: the current key is never among those that seem retired."""

    are_told_apart = True


class DestroyingInTheDark(Mortal):
    """Control: what is not current is destroyed, where the current one is missing too."""

    def seen(self, urn: bytes, named: bytes | None, *, closed: bool) -> Keys:
        return Certain(**vars(super().seen(urn, named, closed=closed)))


class Alone(Airlocks):
    """Control: nobody asks how far the standby is."""

    def _look(self, connection: Connection) -> Position:
        return replace(super()._look(connection), replayed={})


CONTROLS = {
    "destroyed at once": (Airlocks, DestroyingAtOnce, False, ["snapshot", "release", "round"]),
    "changed at once": (Airlocks, ChangingAtOnce, True, ["release", "catch up", "release"]),
    "no standby asked": (Alone, Mortal, True, ["release", "hours"]),
    "a note that stays": (
        Airlocks,
        NeverForgetting,
        False,
        [
            *("snapshot", "release", "half an hour", "put back", "hours"),
            *("snapshot", "release", "half an hour"),
        ],
    ),
    "the current key missing": (
        Airlocks,
        DestroyingInTheDark,
        False,
        ["save", "hours", "release", "lose", "hours"],
    ),
}


@pytest.mark.parametrize("control", CONTROLS.values(), ids=CONTROLS)
def test_a_rule_that_is_broken_is_seen(
    town: Town, control: tuple[type[Airlocks], type[Mortal], bool, list[str]]
) -> None:
    broken, keys, has_standby, story = control

    tell(Airlocks.of(town)(), story, has_standby=has_standby)
    with pytest.raises(AssertionError):
        tell(broken.of(town, keys)(), story, has_standby=has_standby)


def test_every_move_that_is_written_is_made(town: Town) -> None:
    machine = Airlocks.of(town)

    tell(machine(), ["dead release", "round", "catch up", "hours", "release", "takeover"])

    unseen = {(one.before, one.after) for one in MOVES} - machine.moves
    assert unseen == {("born", "destroyed")}  # two processes at once: `test_release.py`


@pytest.mark.parametrize(
    ("examples", "steps"),
    [(4, 15), pytest.param(50, 50, marks=[pytest.mark.long, pytest.mark.timeout(1800)])],
)
def test_whatever_happens_no_acknowledged_ballot_is_unreadable(
    request: pytest.FixtureRequest, town: Town, full: bool, examples: int, steps: int
) -> None:
    """The same examples each time; with `--full` others, and the `seed` that gives them again."""
    machine = Airlocks.of(town)
    if full:
        number = random.getrandbits(64)
        request.node.add_report_section("call", "examples", f"seed({number})")
        machine = seed(number)(machine)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples * 6 if full else examples,
            stateful_step_count=steps,
            derandomize=True,
            print_blob=True,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
