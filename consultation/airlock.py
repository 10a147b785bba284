"""The life of an airlock's key: its states, what moves it from one to the next, what is decided.

It says what the stores and the disk do, and knows neither: `ballots.release` carries it out, with
the files of `ballots.keys`, the positions of `ballots.standbys`, the proofs of `office.proofs` and
the rounds of `office.rounds`. `tests/chaos/README.md` shows its two tables.

*The box alone says which key is current*, and is asked under the lock of the airlock's row. From a
file alone nobody can tell a key that never served from one whose release was undone, by a standby
that was late and took over or by a snapshot that was restored: every other file is a retired key.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

State = Literal["born", "current", "retired", "destroyed"]

KEPT_FOR = timedelta(hours=1)
"""What a snapshot or a backup made every hour needs."""
OVERDUE = timedelta(days=1)
"""After so long, a retired key that is still waited for is a fault that somebody must see to."""
ROUND = timedelta(minutes=10)
"""What one round counts for at most: the clock jumped, or nobody was watching."""
PROVED_FOR = timedelta(minutes=10)
LEAP = timedelta(days=1)
"""A clock that steps further than this closes no campaign by itself, nor counts a day."""


@dataclass(frozen=True)
class Holding:
    """What is true of a key in one state."""

    state: State
    held: str
    named: str
    opens: str
    proof: str


HOLDINGS = (
    Holding(
        "born",
        held="the worker's disk, synchronised",
        named="nobody yet",
        opens="nothing",
        proof="the office's store says that it is held; the urn takes nothing before",
    ),
    Holding(
        "current",
        held="the worker's disk; a copy elsewhere (`backup --keys`)",
        named="`airlock.public` in the box",
        opens="all that waits",
        proof="said again every minute; older than ten, the urn is suspended",
    ),
    Holding(
        "retired",
        held="the same, with a note: seen so for how long, and how far the box had written then",
        named="what may yet take the box's place: a late standby, a snapshot, a backup",
        opens="what waited there",
        proof="rounds for an hour, and what each standby has replayed",
    ),
    Holding(
        "destroyed",
        held="nobody",
        named="nothing that may take the box's place",
        opens="nothing that is kept",
        proof="the file was overwritten, then removed",
    ),
)


@dataclass(frozen=True)
class Move:
    """What takes a key from one state to another, and when; `before`: None where it was not.

    `when` names what decides, in `Keys` or in `Watched`; nobody decides the rest.
    """

    event: str
    before: State | None
    after: State
    when: str


MOVES = (
    Move("opening", None, "born", "`may_open`: the box names none, the campaign is not closed"),
    Move("release", None, "born", "`may_change`: the current key is here, and no other one"),
    Move("give-up", None, "born", "`are_lost`: the current one is not here, nor proved elsewhere"),
    Move("commit", "born", "current", "the box names it"),
    Move("death", "born", "retired", "the process dies before the box names it"),
    Move("race", "born", "destroyed", "another process has opened the airlock first"),
    Move("release", "current", "retired", "the box names another, which opens what stays"),
    Move("closing", "current", "retired", "the box names none: everything is released"),
    Move("back in time", "current", "retired", "a standby or a copy takes the box's place"),
    Move("back in time", "retired", "current", "a standby or a copy takes the box's place"),
    Move(
        "round",
        "retired",
        "destroyed",
        "`are_told_apart`: the current one is here, or there is none after the closing; "
        "`may_be_destroyed`: seen retired for an hour, and replayed by every standby",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Keys:
    """The keys of an airlock at one moment: what the box names, and the files that are here."""

    named: bytes | None
    held: bool  # the key that is named is here, and is the right one
    retired: tuple[Path, ...]  # every other one
    closed: bool  # the campaign: before that, the box may be about to name a key

    @property
    def may_open(self) -> bool:
        """Whether the airlock is to be given its first key."""
        return self.named is None and not self.closed

    @property
    def may_change(self) -> bool:
        """Whether a release gives what stays another key: one retired key at most is kept."""
        return self.held and not self.retired

    @property
    def are_told_apart(self) -> bool:
        """Whether a retired key may be destroyed at all.

        Where the current one is missing, one of the others may be what is looked for.
        """
        return self.held or (self.named is None and self.closed)

    def are_lost(self, *, proved: bool) -> bool:
        """Whether what waits may be given up; `proved`: somebody lately held the key, elsewhere."""
        return self.named is not None and not self.held and not proved


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What is noted of a retired key, in a file beside it.

    `age`: for how long it has been seen retired, at `seen`. `written`: how far the box `system` had
    written when it was first seen so, in bytes of PostgreSQL's journal; 0 for a file. By then the
    box had committed what retired it.
    """

    age: timedelta
    seen: datetime
    system: str
    written: int

    def may_be_destroyed(self, late: tuple[str, ...]) -> bool:
        """Whether nothing needs it any more; `late`: standbys that have not replayed `written`."""
        return self.age >= KEPT_FOR and not late

    @property
    def is_overdue(self) -> bool:
        """Whether it has been kept for so long that a standby must be broken."""
        return self.age >= OVERDUE


def watch(before: Watched | None, now: datetime, system: str, written: int) -> Watched:
    """What to note of a key seen retired now; `before`: what was, None when it was not.

    The hour begins again where the box is another one, or has gone back in time.
    """
    if before is None or before.system != system or before.written > written:
        return Watched(age=timedelta(), seen=now, system=system, written=written)
    step = min(max(now - before.seen, timedelta()), ROUND)
    return replace(before, age=before.age + step, seen=now)


def is_proved(at: datetime | None, now: datetime) -> bool:
    """Whether a key held at that time may be sealed under: nobody is thanked for a lost ballot."""
    return at is not None and abs(now - at) < PROVED_FOR


@dataclass(frozen=True, kw_only=True)
class Watch:
    """Rounds that followed one another without a leap: the first and the last of them."""

    since: datetime
    last: datetime

    def continued(self, now: datetime) -> Watch:
        """With a round made now, or another watch that begins when the clock has leapt."""
        if abs(now - self.last) > LEAP:
            return Watch(since=now, last=now)
        return Watch(since=min(self.since, now), last=now)

    def saw_the_end(self, end: datetime) -> bool:
        """Whether a campaign that ends then may close by itself; otherwise a person confirms."""
        return self.since <= end
