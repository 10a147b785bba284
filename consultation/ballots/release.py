"""Releases ballots from the airlock: a pool mix, after which nothing tells when one arrived.

Enough ballots must wait; a random part of them leaves, shuffled, sealed anew for the export; those
that stay are sealed anew too, under a key of their own, and the old key is destroyed: no copy of
the box taken before says anything about what the urn holds now.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from consultation.ballots.keys import BoxKeys
from consultation.ballots.store import ID_BYTES, NoAirlock, insert_new
from consultation.ballots.tables import airlock, ballot, inbox
from consultation.database import Database, forget_the_log
from consultation.office.campaigns import Campaign
from consultation.sealing import SealingKey, seal


@dataclass(frozen=True, kw_only=True)
class Released:
    """What a release did: ballots moved to the urn, ballots left in the airlock."""

    moved: int
    waiting: int


@dataclass(frozen=True, kw_only=True)
class Airlock:
    """Whether ballots can enter and leave, and how many keys an interrupted release has left."""

    ready: bool
    leftovers: int


class Release:
    """Moves ballots from the airlock to the urn."""

    def __init__(
        self,
        database: Database,
        keys: BoxKeys,
        rng: random.Random,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._database = database
        self._keys = keys
        self._rng = rng
        self._random_bytes = random_bytes

    def prepare(self, campaign: Campaign) -> None:
        """Give the campaign an airlock; doing it twice changes nothing."""
        key = self._keys.create(campaign.urn)
        with self._database.write() as tx:
            new = insert_new(tx, airlock, [{"urn": campaign.urn, "public": key.public}])
        if not new:
            self._keys.destroy(campaign.urn, key.public)

    def airlock(self, campaign: Campaign) -> Airlock:
        """How the airlock of this campaign is."""
        with self._database.read() as connection:
            query = select(airlock.c.public).where(airlock.c.urn == campaign.urn)
            public = connection.scalar(query)
        return Airlock(
            ready=public is not None and self._keys.holds(campaign.urn, public),
            leftovers=len(self._keys.others(campaign.urn, public)),
        )

    def run(self, campaign: Campaign, *, everything: bool = False) -> Released:
        """Release a random part of the ballots when there are enough, or all of them."""
        if everything:
            return self._mix(campaign, enough=1, left=0)
        return self._mix(campaign, enough=2 * campaign.pool, left=campaign.pool)

    def reseal(self, campaign: Campaign) -> Released:
        """Release none, but shuffle those that wait and change their key: before a backup."""
        return self._mix(campaign, enough=1, left=None)

    def close(self, campaign: Campaign) -> Released:
        """Release everything and take the airlock away: no ballot can enter after the last count.

        Closing twice changes nothing.
        """
        with self._database.write() as tx:
            old = self._current_key(tx, campaign)
            if old is None:
                self._keys.destroy_others(campaign.urn, None)
                return Released(moved=0, waiting=0)
            texts = _unsealed(tx, campaign, old)
            self._move(tx, campaign, texts, 0, b"")
            _merge_lots(tx, campaign)
            tx.execute(delete(airlock).where(airlock.c.urn == campaign.urn))
        self._keys.destroy_others(campaign.urn, None)
        forget_the_log(self._database)
        return Released(moved=len(texts), waiting=0)

    def _mix(self, campaign: Campaign, *, enough: int, left: int | None) -> Released:
        """Shuffle, leave `left` ballots in the airlock (None: all) and give it another key.

        One transaction. Its new key is on the disk before, the old one leaves it after: a crash
        in between leaves a key too many, which the next run destroys, and never one too few.
        """
        with self._database.write() as tx:
            old = self._current_key(tx, campaign)
            if old is None:
                raise NoAirlock
            texts = _unsealed(tx, campaign, old)
            if len(texts) < enough:
                return Released(moved=0, waiting=len(texts))
            staying = len(texts) if left is None else left
            new = self._keys.create(campaign.urn)
            self._move(tx, campaign, texts, staying, new.public)
            changed = update(airlock).where(airlock.c.urn == campaign.urn)
            tx.execute(changed.values(public=new.public))
        self._keys.destroy(campaign.urn, old.public)
        forget_the_log(self._database)
        return Released(moved=len(texts) - staying, waiting=staying)

    def _current_key(self, tx: Connection, campaign: Campaign) -> SealingKey | None:
        # This lock makes releases of one urn take turns and wait for submissions under way.
        query = select(airlock.c.public).where(airlock.c.urn == campaign.urn).with_for_update()
        public = tx.scalar(query)
        if public is None:  # not yet prepared: the key on the disk may be about to serve
            return None
        current = self._keys.get(campaign.urn, public)
        self._keys.destroy_others(campaign.urn, public)
        return current

    def _move(
        self, tx: Connection, campaign: Campaign, texts: list[bytes], left: int, public: bytes
    ) -> None:
        self._rng.shuffle(texts)
        staying, leaving = texts[:left], texts[left:]
        tx.execute(delete(inbox).where(inbox.c.urn == campaign.urn))
        if leaving:
            tx.execute(insert(ballot), self._rows(campaign, campaign.export_key, leaving))
        if staying:
            tx.execute(insert(inbox), self._rows(campaign, public, staying))

    def _rows(
        self, campaign: Campaign, public: bytes, texts: Sequence[bytes]
    ) -> list[dict[str, bytes]]:
        return [
            {"id": self._random_bytes(ID_BYTES), "urn": campaign.urn, "sealed": seal(public, text)}
            for text in texts
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


def _unsealed(tx: Connection, campaign: Campaign, key: SealingKey) -> list[bytes]:
    boxes = tx.scalars(select(inbox.c.sealed).where(inbox.c.urn == campaign.urn))
    return [key.unseal(box) for box in boxes]
