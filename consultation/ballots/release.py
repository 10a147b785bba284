"""Releases ballots from the airlock: a pool mix, after which nothing tells when one arrived.

Enough ballots must wait; a random part of them leaves, shuffled, sealed anew for the export; those
that stay are sealed anew too. They get a key of their own once the last one retired is destroyed,
as `consultation.airlock` says: no copy of the box taken before then tells what the urn holds.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Select, delete, insert, select, update

from consultation.airlock import Keys, watch
from consultation.ballots.boxes import Waiting, airlock_kind, for_airlock, for_urn, from_airlock
from consultation.ballots.keys import AirlockKeyMissing, BoxKeys
from consultation.ballots.standbys import Position, Standbys, position
from consultation.ballots.store import ID_BYTES, NoAirlock, insert_new
from consultation.ballots.tables import airlock, ballot, inbox
from consultation.database import Database, forget_the_log
from consultation.office.campaigns import Campaign
from consultation.office.proofs import Proofs
from consultation.refusals import Refusal
from consultation.sealing import CannotUnseal, SealingKey


class DoNotOpen(Refusal):
    """Des bulletins du sas ne s’ouvrent pas avec sa clé. Ne détruisez rien : ballots verify."""

    status = 409
    title = "Sas illisible"


class KeyElsewhere(Refusal):
    """Une veille tient la clé du sas, ailleurs. Lancez cette commande là où elle est."""

    status = 409
    title = "La clé existe"


@dataclass(frozen=True, kw_only=True)
class Released:
    """What a release did: ballots moved to the urn, ballots left in the airlock."""

    moved: int
    waiting: int


@dataclass(frozen=True, kw_only=True)
class Airlock:
    """An airlock as it is: whether its key is here, and opens all that waits.

    `unreadable`: how many ballots that wait it does not open; None where it is not. `retired`: how
    many keys are kept though they no longer serve. `late`: the standbys for which one of them has
    been kept for more than a day.
    """

    ready: bool
    unreadable: int | None
    retired: int
    late: tuple[str, ...]


class Release:
    """Moves ballots from the airlock to the urn, and keeps watch over the airlock's keys."""

    def __init__(
        self,
        database: Database,
        keys: BoxKeys,
        proofs: Proofs,
        clock: Callable[[], datetime],
        rng: random.Random,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
        look: Callable[[Connection], Position] = position,
    ) -> None:
        self._database = database
        self._keys = keys
        self._look = look
        self._standbys = Standbys(keys.directory)
        self._proofs = proofs
        self._clock = clock
        self._rng = rng
        self._random_bytes = random_bytes

    def prepare(self, campaign: Campaign) -> None:
        """Give the campaign an airlock; doing it twice changes nothing."""
        with self._database.read() as connection:
            keys = self._seen(connection, campaign)
        if keys.may_open:
            key = self._keys.create(campaign.urn, airlock_kind(campaign))
            with self._database.write() as tx:
                new = insert_new(tx, airlock, [{"urn": campaign.urn, "public": key.public}])
            if not new:
                self._keys.destroy(self._keys.path(campaign.urn, key.public))
        self.prove(campaign)

    def prove(self, campaign: Campaign) -> bool:
        """Say that the key which the box names is here, now; false when it is not."""
        with self._database.read() as connection:
            keys = self._seen(connection, campaign)
        if keys.named and keys.held:
            self._proofs.prove(keys.named)
        return keys.held

    def airlock(self, campaign: Campaign) -> Airlock:
        """How the airlock of this campaign is; nothing is changed."""
        with self._database.snapshot() as connection:
            keys = self._seen(connection, campaign)
            key = self._held(campaign, keys)
            # The server that accepts ballots may count them, and has no key.
            boxes = connection.scalars(_waiting_in(campaign)).all() if key else ()
        return Airlock(
            ready=keys.held,
            unreadable=sum(not _opens(campaign, key, box) for box in boxes) if key else None,
            retired=len(keys.retired),
            late=tuple(sorted({name for path in keys.retired for name in self._overdue(path)})),
        )

    def run(self, campaign: Campaign, *, everything: bool = False) -> Released:
        """Release a random part of the ballots when there are enough, or all of them."""
        if everything:
            return self._mix(campaign, enough=1, left=0)
        return self._mix(campaign, enough=2 * campaign.pool, left=campaign.pool)

    def reseal(self, campaign: Campaign) -> Released:
        """Release none, but shuffle those that wait and seal them anew: before a backup."""
        return self._mix(campaign, enough=1, left=None)

    def close(self, campaign: Campaign) -> Released:
        """Release everything and take the airlock away: no ballot can enter after the last count.

        Closing twice changes nothing. Its key is destroyed by a later `sweep`.
        """
        with self._database.write() as tx:
            old = self._current_key(campaign, self._locked(tx, campaign))
            ballots = _opened(tx, campaign, old) if old else []
            if old:
                self._move(tx, campaign, ballots, 0, b"")
                _merge_lots(tx, campaign)
                tx.execute(delete(airlock).where(airlock.c.urn == campaign.urn))
        self.sweep(campaign)
        forget_the_log(self._database)
        return Released(moved=len(ballots), waiting=0)

    def sweep(self, campaign: Campaign) -> int:
        """See again the keys that no longer serve, and destroy those that nothing needs any more.

        How many were destroyed. To be done at each round, whatever the state of the campaign.
        """
        with self._database.read() as connection:
            keys = self._seen(connection, campaign)
            if not keys.are_told_apart:
                return 0
            # Asked after the box has named another key: it had retired these by then.
            seen = self._look(connection)
        self._forget_the_note(campaign, keys)
        self._standbys.remember(seen)
        done = [path for path in keys.retired if self._may_go(path, seen)]
        return self._destroy(campaign, done) if done else 0

    def give_up_waiting_for(self, standby: str) -> None:
        """Wait no longer for this standby; UnknownStandby when it was not waited for."""
        with self._database.read() as connection:
            seen = self._look(connection)
        self._standbys.remember(seen)
        self._standbys.give_up(standby, seen)

    def give_up(self, campaign: Campaign) -> int:
        """Delete what waits and cannot be opened, because its key is gone; how many that was.

        When the current key is gone the airlock gets another: agents may go on answering.
        KeyElsewhere when a worker has lately said, elsewhere, that it holds it.
        """
        with self._database.write() as tx:
            keys = self._locked(tx, campaign)
            if keys.named is None:
                return 0
            if not (keys.held or keys.are_lost(proved=self._proofs.fresh(keys.named))):
                raise KeyElsewhere
            key = self._held(campaign, keys)
            rows = tx.execute(select(inbox).where(inbox.c.urn == campaign.urn)).all()
            lost = [row.id for row in rows if key is None or not _opens(campaign, key, row.sealed)]
            for one in lost:
                tx.execute(delete(inbox).where(inbox.c.id == one))
            if key is None:
                self._name(tx, campaign, self._new_key(campaign))
        return len(lost)

    def _mix(self, campaign: Campaign, *, enough: int, left: int | None) -> Released:
        """Shuffle, leave `left` ballots in the airlock (None: all), under another key if it may be.

        One transaction. A new key is on the disk and proved before it; the old one is kept after
        it. A crash in between leaves a key too many, and never one too few.
        """
        with self._database.write() as tx:
            keys = self._locked(tx, campaign)
            old = self._current_key(campaign, keys)
            if old is None:
                raise NoAirlock
            ballots = _opened(tx, campaign, old)
            if len(ballots) < enough:
                return Released(moved=0, waiting=len(ballots))
            staying = len(ballots) if left is None else left
            key = self._new_key(campaign) if keys.may_change else old
            self._move(tx, campaign, ballots, staying, key.public)
            if key is not old:
                self._name(tx, campaign, key)
        self.sweep(campaign)
        forget_the_log(self._database)
        return Released(moved=len(ballots) - staying, waiting=staying)

    def _seen(self, connection: Connection, campaign: Campaign) -> Keys:
        return self._keys_of(campaign, connection.scalar(_public_of(campaign)))

    def _locked(self, tx: Connection, campaign: Campaign) -> Keys:
        # This lock makes releases of one urn take turns and wait for submissions under way.
        return self._keys_of(campaign, tx.scalar(_public_of(campaign).with_for_update()))

    def _keys_of(self, campaign: Campaign, named: bytes | None) -> Keys:
        return self._keys.seen(campaign.urn, named, closed=campaign.state == "closed")

    def _held(self, campaign: Campaign, keys: Keys) -> SealingKey | None:
        return self._keys.get(campaign.urn, keys.named) if keys.named and keys.held else None

    def _new_key(self, campaign: Campaign) -> SealingKey:
        key = self._keys.create(campaign.urn, airlock_kind(campaign))
        self._proofs.prove(key.public)
        return key

    def _name(self, tx: Connection, campaign: Campaign, key: SealingKey) -> None:
        changed = update(airlock).where(airlock.c.urn == campaign.urn)
        tx.execute(changed.values(public=key.public))

    def _current_key(self, campaign: Campaign, keys: Keys) -> SealingKey | None:
        if keys.named is None:  # not yet prepared, or closed
            return None
        if not keys.held:
            raise AirlockKeyMissing
        self._keys.destroy_drafts(campaign.urn)
        self._forget_the_note(campaign, keys)
        return self._keys.get(campaign.urn, keys.named)

    def _forget_the_note(self, campaign: Campaign, keys: Keys) -> None:
        """The current key may have been retired, in what is no longer the box's past."""
        if keys.named:
            self._keys.forget(self._keys.path(campaign.urn, keys.named))

    def _may_go(self, path: Path, seen: Position) -> bool:
        """Whether this retired key was kept long enough; that it was seen again is noted."""
        watched = watch(self._keys.noted(path), self._clock(), seen.system, seen.written)
        self._keys.note(path, watched)
        return watched.may_be_destroyed(self._standbys.late(watched.system, watched.written))

    def _destroy(self, campaign: Campaign, paths: Sequence[Path]) -> int:
        """Destroy these, unless the box has gone back to one of them, or names one not here."""
        with self._database.write() as tx:
            keys = self._locked(tx, campaign)
            going = [path for path in paths if path in keys.retired] if keys.are_told_apart else []
            for path in going:
                self._keys.destroy(path)
        return len(going)

    def _overdue(self, path: Path) -> tuple[str, ...]:
        noted = self._keys.noted(path)
        if noted is None or not noted.is_overdue:
            return ()
        return self._standbys.late(noted.system, noted.written)

    def _move(
        self, tx: Connection, campaign: Campaign, ballots: list[Waiting], left: int, public: bytes
    ) -> None:
        self._rng.shuffle(ballots)
        staying = [for_airlock(campaign, public, one) for one in ballots[:left]]
        leaving = [for_urn(campaign, one.document) for one in ballots[left:]]
        tx.execute(delete(inbox).where(inbox.c.urn == campaign.urn))
        for table, boxes in ((ballot, leaving), (inbox, staying)):
            if boxes:
                tx.execute(insert(table), self._rows(campaign, boxes))

    def _rows(self, campaign: Campaign, boxes: Sequence[bytes]) -> list[dict[str, bytes]]:
        return [
            {"id": self._random_bytes(ID_BYTES), "urn": campaign.urn, "sealed": box}
            for box in boxes
        ]


def _merge_lots(tx: Connection, campaign: Campaign) -> None:
    """Write the urn anew, in one transaction and in the order of its random keys.

    PostgreSQL keeps rows as they came and notes which transaction wrote each: a physical copy
    would show the releases one after the other (z = 7 of Spearman’s rho, 200 ballots in 4 lots).
    """
    if tx.dialect.name == "sqlite":  # keeps rows in the order of their keys
        return
    taken = delete(ballot).where(ballot.c.urn == campaign.urn).returning(*ballot.c).cte("taken")
    tx.execute(insert(ballot).from_select(ballot.c.keys(), select(taken).order_by(taken.c.id)))


def _public_of(campaign: Campaign) -> Select[bytes]:
    return select(airlock.c.public).where(airlock.c.urn == campaign.urn)


def _waiting_in(campaign: Campaign) -> Select[bytes]:
    return select(inbox.c.sealed).where(inbox.c.urn == campaign.urn)


def _opens(campaign: Campaign, key: SealingKey, box: bytes) -> bool:
    try:
        from_airlock(campaign.urn, key, box)
    except CannotUnseal:
        return False
    return True


def _opened(tx: Connection, campaign: Campaign, key: SealingKey) -> list[Waiting]:
    waiting = tx.scalars(_waiting_in(campaign))
    try:
        return [from_airlock(campaign.urn, key, box) for box in waiting]
    except CannotUnseal as error:
        raise DoNotOpen from error
