"""When an airlock's key was last seen in a worker's hands: the urn accepts ballots only since then.

Here and not in the box, which holds no date. A proof names a key by the fingerprint of its public
half, which says nothing of what is sealed under it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from consultation.airlock import is_proved
from consultation.database import Database
from consultation.office.tables import held_key

_KEPT = timedelta(days=1)


class Proofs:
    """Workers write here that they hold a key; whoever seals under it asks here."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._known: dict[bytes, datetime] = {}

    def prove(self, public: bytes) -> None:
        """Say that whoever calls holds, now, the private half of this key."""
        now = self._clock()
        with self._database.write() as tx:
            dialect = postgresql if tx.dialect.name == "postgresql" else sqlite
            proof = dialect.insert(held_key).values(key=_fingerprint(public), at=now)
            tx.execute(proof.on_conflict_do_update(index_elements=["key"], set_={"at": now}))
            tx.execute(delete(held_key).where(held_key.c.at < now - _KEPT))

    def last(self, public: bytes) -> datetime | None:
        """When somebody last held this key; None when nobody ever did, or long ago."""
        with self._database.read() as connection:
            query = select(held_key.c.at).where(held_key.c.key == _fingerprint(public))
            return connection.scalar(query)

    def fresh(self, public: bytes) -> bool:
        """Whether the last proof is less than ten minutes old.

        One that was read is not read again before it is too old: proofs only get younger.
        """
        now = self._clock()
        if not is_proved(self._known.get(public), now):
            last = self.last(public)
            if last is not None:
                self._known[public] = last
        return is_proved(self._known.get(public), now)


def _fingerprint(public: bytes) -> bytes:
    return sha256(public).digest()
