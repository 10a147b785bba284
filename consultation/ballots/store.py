"""The urn: one sealed ballot for each credential. Never who cast it, when, or in which order.

A submission and a release meet on one row, the airlock's: whoever changes the key waits for those
who are sealing under it, and whoever sealed under a key since replaced seals again. Nothing is
sealed under a key that no worker has lately proved to hold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Literal

from sqlalchemy import Connection, Executable, Table, bindparam, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from consultation import blind
from consultation.ballots.boxes import Waiting, for_airlock
from consultation.ballots.published import digest_of
from consultation.ballots.tables import airlock, ballot, draft, inbox, spent
from consultation.database import Database
from consultation.office.campaigns import Campaign
from consultation.office.proofs import Proofs
from consultation.refusals import Refusal
from consultation.sealing import CannotUnseal, derive, lock, unlock

ID_BYTES = 16
SEED_BYTES = 8
LONGEST_DRAFT = 64 * 1024 - 1
_AT_A_TIME = 500
_AIRLOCK = select(airlock.c.public).where(airlock.c.urn == bindparam("sought"))
_AIRLOCK_SHARED = _AIRLOCK.with_for_update(read=True)
_KEPT = select(draft.c.id).where(draft.c.id.in_((bindparam("draft"), bindparam("note"))))
_SPENT = select(spent.c.nullifier).where(spent.c.nullifier == bindparam("sought"))

Outcome = Literal["recorded", "already"]


class NotGenuine(Refusal):
    """Vos réponses ne peuvent pas être vérifiées. Ouvrez à nouveau le lien reçu par message."""

    status = 403
    title = "Ce lien n’est pas reconnu"
    template = "survey/refused.html"


class NoAirlock(Refusal):
    """L’urne est close : plus aucune réponse ne peut y entrer."""

    status = 410
    title = "La consultation est terminée"


class Suspended(Refusal):
    """Vos réponses sont gardées sur cette page. Envoyez-les à nouveau dans quelques minutes."""

    status = 503
    title = "L’urne est suspendue un moment"
    retry_after = 60


@dataclass(frozen=True, kw_only=True)
class UrnCounts:
    """Credentials spent = ballots waiting in the airlock + ballots released."""

    spent: int
    waiting: int
    ballots: int


class Urn:
    """The ballots of every campaign, each under its own random number."""

    def __init__(
        self,
        database: Database,
        proofs: Proofs,
        clock: Callable[[], datetime],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._database = database
        self._proofs = proofs
        self._clock = clock
        self._random_bytes = random_bytes
        self._airlocks: dict[bytes, bytes] = {}  # the last one seen of each urn

    def phase(self, campaign: Campaign) -> str:
        """Where the campaign stands now."""
        return campaign.phase(self._clock())

    def new_seed(self) -> str:
        """What draws the order of pages and options for one respondent."""
        return self._random_bytes(SEED_BYTES).hex()

    def is_spent(self, nullifier: bytes) -> bool:
        """Whether a ballot was cast with the credential behind this nullifier."""
        with self._database.read() as connection:
            return connection.scalar(_SPENT, {"sought": nullifier}) is not None

    def cast(
        self, campaign: Campaign, audience: str, msg: bytes, sig: bytes, document: bytes
    ) -> Outcome:
        """Put one ballot in the airlock, durably; a second one with the same credential is not.

        NotGenuine when the roll has not signed this credential for this audience; Suspended when no
        worker has said lately that it holds the key that would open it; TooLong when the document
        does not fit in the campaign's boxes.
        """
        check(campaign, audience, msg, sig)
        public = self._airlocks.get(campaign.urn, b"")
        while True:
            if not self._proofs.fresh(public):
                public = self._proved(campaign)
            sealed = for_airlock(campaign, public, Waiting(audience, document))
            with self._database.write() as tx:
                if _airlock_of(tx, campaign.urn, share=True) == public:
                    return self._record(tx, campaign, msg, sig, sealed)
            public = self._proved(campaign)

    def accepts(self, campaign: Campaign) -> bool:
        """Whether a ballot could enter now, as far as the airlock is concerned."""
        try:
            self._proved(campaign)
        except (NoAirlock, Suspended):
            return False
        return True

    def save_draft(self, campaign: Campaign, sig: bytes, data: bytes) -> None:
        """Keep answers not yet sent so that only the holder of the signature reads them."""
        row = {
            "id": _draft_id(sig),
            "urn": campaign.urn,
            "sealed": lock(_draft_key(sig), data),
        }
        with self._database.write() as tx:
            tx.execute(delete(draft).where(draft.c.id == row["id"]))
            insert_new(tx, draft, [row])

    def load_draft(self, sig: bytes) -> bytes | None:
        """The answers kept under this signature; None when there are none."""
        with self._database.read() as connection:
            found = select(draft.c.sealed).where(draft.c.id == _draft_id(sig))
            sealed = connection.scalar(found)
        if sealed is None:
            return None
        try:
            return unlock(_draft_key(sig), sealed)
        except CannotUnseal:
            return None

    def keep_elsewhere(self, campaign: Campaign, sig: bytes, name: bytes, box: bytes) -> None:
        """Keep what a browser has locked for another device, in the place of what it kept before.

        A note that only the signature opens says which one it is: with the ballot, both go.
        """
        note = {"id": _note_id(sig), "urn": campaign.urn, "sealed": lock(_note_key(sig), name)}
        with self._database.write() as tx:
            tx.execute(delete(draft).where(draft.c.id.in_(_elsewhere(tx, sig))))
            insert_new(tx, draft, [note, {"id": name, "urn": campaign.urn, "sealed": box}])

    def elsewhere(self, name: bytes) -> bytes | None:
        """What is kept under this name; None when there is nothing, or when it was sent."""
        with self._database.read() as connection:
            return connection.scalar(select(draft.c.sealed).where(draft.c.id == name))

    def forget_drafts(self, campaign: Campaign) -> None:
        """Delete every answer not sent: the campaign is over."""
        with self._database.write() as tx:
            tx.execute(delete(draft).where(draft.c.urn == campaign.urn))

    def counts(self, campaign: Campaign) -> UrnCounts:
        """How many credentials are spent, ballots waiting and ballots released."""
        with self._database.read() as connection:
            spent_, waiting, ballots = (
                connection.scalar(
                    select(func.count()).select_from(table).where(table.c.urn == campaign.urn)
                )
                or 0
                for table in (spent, inbox, ballot)
            )
        return UrnCounts(spent=spent_, waiting=waiting, ballots=ballots)

    def waiting(self, campaign: Campaign) -> int:
        """How many ballots are in the airlock."""
        asked = select(func.count()).select_from(inbox).where(inbox.c.urn == campaign.urn)
        with self._database.read() as connection:
            return connection.scalar(asked) or 0

    def complete(self, campaign: Campaign) -> bool:
        """Whether no ballot can come any more, and all of them are released."""
        return campaign.state == "closed" and not self.waiting(campaign)

    def ballots(self, campaign: Campaign) -> Iterator[bytes]:
        """Every released ballot, sealed for the export, in the order of their random keys."""
        last = b""
        while True:
            with self._database.read() as connection:
                rows = connection.execute(
                    select(ballot.c.id, ballot.c.sealed)
                    .where(ballot.c.urn == campaign.urn, ballot.c.id > last)
                    .order_by(ballot.c.id)
                    .limit(_AT_A_TIME)
                ).all()
            if not rows:
                return
            yield from (row.sealed for row in rows)
            last = rows[-1].id

    def ballots_but(
        self, campaign: Campaign, known: Container[bytes]
    ) -> Iterator[tuple[bytes, bytes]]:
        """The released ballots whose keys are not known, with their keys, in the order of these."""
        with self._database.read() as connection:
            of_urn = select(ballot.c.id).where(ballot.c.urn == campaign.urn).order_by(ballot.c.id)
            keys = [key for key in connection.scalars(of_urn) if key not in known]
        for start in range(0, len(keys), _AT_A_TIME):
            some = ballot.c.id.in_(keys[start : start + _AT_A_TIME])
            query = select(ballot.c.id, ballot.c.sealed).where(some).order_by(ballot.c.id)
            with self._database.read() as connection:
                rows = connection.execute(query).all()
            yield from ((row.id, row.sealed) for row in rows)

    def sorted_digest(self, campaign: Campaign) -> str:
        """The fingerprint of the released ballots: it depends on nothing else, not on an order."""
        return digest_of(self.ballot_hashes(campaign))

    def ballot_hashes(self, campaign: Campaign) -> list[str]:
        """The SHA-256 of every released ballot, sorted."""
        return sorted(hashlib.sha256(sealed).hexdigest() for sealed in self.ballots(campaign))

    def tokens(self, campaign: Campaign) -> list[str]:
        """The nullifier of every credential spent, sorted."""
        query = select(spent.c.nullifier).where(spent.c.urn == campaign.urn)
        with self._database.read() as connection:
            return sorted(nullifier.hex() for nullifier in connection.scalars(query))

    def _proved(self, campaign: Campaign) -> bytes:
        """The airlock's key as the box names it now, proved."""
        with self._database.read() as connection:
            public = _airlock_of(connection, campaign.urn, share=False)
        if public is None:
            raise NoAirlock
        if not self._proofs.fresh(public):
            raise Suspended
        self._airlocks[campaign.urn] = public
        return public

    def _record(
        self, tx: Connection, campaign: Campaign, msg: bytes, sig: bytes, sealed: bytes
    ) -> Outcome:
        crossed = {"nullifier": blind.nullifier(msg), "urn": campaign.urn}
        if not insert_new(tx, spent, [crossed]):
            return "already"
        row = {"id": self._random_bytes(ID_BYTES), "urn": campaign.urn, "sealed": sealed}
        insert_new(tx, inbox, [row])
        _forget(tx, sig)
        return "recorded"


def check(campaign: Campaign, audience: str, msg: bytes, sig: bytes) -> None:
    """NotGenuine unless the roll has signed this credential for this audience."""
    public = campaign.keys.get(audience)
    if public is None or not blind.verify(public, msg, sig):
        raise NotGenuine


def insert_new(tx: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> int:
    """Insert the rows whose primary key is new and tell how many they are.

    Counted by RETURNING: the driver's row count is -1 after « do nothing » on PostgreSQL.
    """
    return len(tx.execute(_inserting(table, tx.dialect.name), rows).all())


@cache
def _inserting(table: Table, dialect: str) -> Executable:
    key = next(iter(table.primary_key))
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    statement: Executable = insert.on_conflict_do_nothing().returning(key)
    return statement


def _forget(tx: Connection, sig: bytes) -> None:
    """Delete what was kept for the holder of this signature."""
    found = tx.execute(_KEPT, {"draft": _draft_id(sig), "note": _note_id(sig)}).all()
    if found:
        tx.execute(delete(draft).where(draft.c.id.in_((_draft_id(sig), *_elsewhere(tx, sig)))))


def _airlock_of(connection: Connection, urn: bytes, *, share: bool) -> bytes | None:
    return connection.scalar(_AIRLOCK_SHARED if share else _AIRLOCK, {"sought": urn})


def _elsewhere(tx: Connection, sig: bytes) -> tuple[bytes, ...]:
    """The ids of the note and of what it names."""
    note = tx.scalar(select(draft.c.sealed).where(draft.c.id == _note_id(sig)))
    return (_note_id(sig), unlock(_note_key(sig), note)) if note else ()


def _note_id(sig: bytes) -> bytes:
    return derive(sig, "elsewhere id")


def _note_key(sig: bytes) -> bytes:
    return derive(sig, "elsewhere key")


def _draft_id(sig: bytes) -> bytes:
    return derive(sig, "draft id")


def _draft_key(sig: bytes) -> bytes:
    return derive(sig, "draft key")
