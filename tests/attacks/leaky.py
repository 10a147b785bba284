"""Platforms with one deliberate fault each: attacks must succeed against these first."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Column, Integer, MetaData, String, Table, Text, insert, select, text, update

from consultation.database import Database

metadata = MetaData()

token = Table(
    "token",
    metadata,
    Column("address", String(320), primary_key=True),
    Column("used", Integer, nullable=False),
)
answer = Table(
    "answer",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("created_at", String(40), nullable=False),
    Column("body", Text, nullable=False),
)


class UsualSurvey:
    """What survey tools do: one transaction crosses the token off and inserts the answer."""

    def __init__(self, database: Database, addresses: Sequence[str]) -> None:
        self.database = database
        with database.write() as tx:
            metadata.create_all(tx)
            tx.execute(insert(token), [{"address": one, "used": 0} for one in sorted(addresses)])

    def answer(self, address: str, mark: str, at: str) -> None:
        """One more answer."""
        with self.database.write() as tx:
            tx.execute(update(token).where(token.c.address == address).values(used=1))
            tx.execute(insert(answer).values(created_at=at, body=f'{{"mot": "{mark}"}}'))

    def answer_if_unused(
        self, address: str, mark: str, in_between: Callable[[], object] = lambda: None
    ) -> None:
        """Look first, write afterwards: two requests may both have looked."""
        with self.database.read() as connection:
            used = connection.scalar(select(token.c.used).where(token.c.address == address))
        in_between()
        if not used:
            self.answer(address, mark, "")

    def answers(self) -> Sequence[Mapping[str, str]]:
        """Every answer, as the base gives them."""
        with self.database.read() as connection:
            rows = connection.execute(select(answer)).all()
        return [{"mark": row.body.split('"')[3], "created_at": row.created_at} for row in rows]


class InOrder(random.Random):
    """A shuffle that leaves everything where it is."""

    def shuffle(self, x: object) -> None:
        """Nothing."""


class Rising:
    """Identifiers that grow, as auto-increments and UUIDv7 do."""

    def __init__(self) -> None:
        self._last = 0

    def __call__(self, size: int) -> bytes:
        self._last += 1
        return self._last.to_bytes(size)


def move_as_they_are(box: Database) -> None:
    """A release that neither shuffles nor seals again."""
    with box.write() as tx:
        tx.execute(text("INSERT INTO ballot SELECT id, urn, sealed FROM inbox"))
        tx.execute(text("DELETE FROM inbox"))


def keep_the_whole_log(store: Database) -> None:
    """Let SQLite's log grow: it begins anew every thousand pages, and forgets what came before.

    Asked of the one connection that a single thread uses.
    """
    if store.engine.dialect.name == "sqlite":
        with store.read() as connection:
            connection.exec_driver_sql("PRAGMA wal_autocheckpoint = 0")
