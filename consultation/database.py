"""Opens, migrates and checks a store, so that what is acknowledged is on the disk.

SQLite: write-ahead log synchronised at each commit, deleted rows overwritten, writers taking turns
behind a file lock (SQLite's own busy handler sleeps and is unfair: 1.4 s worst case against 40 ms).
Whoever waits is told in time to say so: the server gives up on a silent request after 30 s.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from math import ceil
from pathlib import Path
from typing import IO, Any, Literal

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    URL,
    Connection,
    Dialect,
    Engine,
    Select,
    Table,
    create_engine,
    event,
    func,
    insert,
    make_url,
    select,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

PATIENCE = 10.0  # seconds: less than agents' browsers (20) and the server (30) can wait
OWNER_ONLY = 0o600
COPIED_AT_ONCE = 500
StoreName = Literal["roll", "box", "office"]
_EMPTY_THE_LOG = "PRAGMA wal_checkpoint(TRUNCATE)"


class Database:
    """One store: `read()` for looking, `write()` for one durable transaction."""

    def __init__(self, url: str, *, patience: float = PATIENCE) -> None:
        self.url = make_url(url)
        self.engine = _engine(url, patience)
        self._gate = _gate_path(self.engine)
        self._patience = patience

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one consistent state and changes nothing."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection whose every query sees the store as it was at the first one."""
        with self.engine.connect() as connection:
            if self.engine.dialect.name != "sqlite":
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: durable when the block ends, undone when it raises."""
        with (
            self.turn(),
            self.engine.connect() as connection,
            connection.execution_options(consultation_writes=True).begin(),
        ):
            yield connection

    @contextmanager
    def turn(self) -> Iterator[None]:
        """The turn to write in a SQLite file; other stores let writers in together."""
        if self._gate is None:
            yield
            return
        with os.fdopen(os.open(self._gate, os.O_WRONLY | os.O_CREAT, OWNER_ONLY), "wb") as gate:
            _lock(gate, self._patience)
            yield

    @contextmanager
    def alone(self, number: int) -> Iterator[bool]:
        """Whether nobody else is in the part of this number; they stay out while the block lasts.

        It dies with the process: nothing is left to undo after a crash.
        """
        if self.engine.dialect.name != "sqlite":
            with self.engine.connect() as connection:
                # No transaction stays open while the block lasts: it may last hours.
                connection.execution_options(isolation_level="AUTOCOMMIT")
                free = bool(connection.scalar(select(func.pg_try_advisory_lock(number))))
                try:
                    yield free
                finally:
                    # The lock is the connection's, and the pool keeps the connection: what stopped
                    # the block would otherwise leave everybody out.
                    if free:
                        connection.execute(select(func.pg_advisory_unlock(number)))
            return
        name = f"{self.engine.url.database}-alone-gate"
        with os.fdopen(os.open(name, os.O_WRONLY | os.O_CREAT, OWNER_ONLY), "wb") as place:
            try:
                fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


class Stores(dict[StoreName, Database]):
    """The stores that an application opened, by name."""


def migrate(database: Database, scripts: Path, to: str = "head") -> None:
    """Bring the store to the newest version of the migrations in `scripts`; safe to repeat."""
    command.upgrade(_alembic(database, scripts), to)


def is_current(database: Database, scripts: Path) -> bool:
    """Whether every migration in `scripts` has been applied."""
    head = ScriptDirectory.from_config(_alembic(database, scripts)).get_current_head()
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head


def revision(database: Database) -> str:
    """The last migration applied; empty when there was none."""
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def copy_rows(
    source: Connection, target: Connection, rows: Mapping[Table, Select[Any]]
) -> dict[str, int]:
    """Copy these rows from one store to another, in the order of their keys; how many they were.

    Written anew in that order, a copy keeps nothing of when each row came.
    """
    copied = {}
    for table, query in rows.items():
        found = source.execute(
            query.order_by(*table.primary_key), execution_options={"yield_per": COPIED_AT_ONCE}
        )
        copied[table.name] = 0
        for lot in found.mappings().partitions():
            target.execute(insert(table), [dict(row) for row in lot])
            copied[table.name] += len(lot)
    return copied


def as_one_file(database: Database) -> None:
    """Leave a SQLite store in one file, without its log and its gate."""
    with closing(database.engine.raw_connection()) as raw:
        raw.cursor().execute("PRAGMA journal_mode=DELETE")
    database.close()
    if database._gate:
        database._gate.unlink()
        Path(f"{database.engine.url.database}-alone-gate").unlink(missing_ok=True)


def reading_file(path: Path) -> Engine:
    """A SQLite file to read: nothing is ever written beside it."""
    query = {"mode": "ro", "immutable": "1", "uri": "true"}
    url = URL.create("sqlite", database=path.absolute().as_uri(), query=query)
    return create_engine(url, hide_parameters=True)


def vacuum(database: Database) -> None:
    """Rewrite the store whole: nothing deleted and no order of arrival stays in its files."""
    if database.engine.dialect.name != "sqlite":
        with database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(
                "VACUUM FULL"
            )
        return
    with database.turn(), closing(database.engine.raw_connection()) as raw:
        for statement in ("VACUUM", _EMPTY_THE_LOG):
            raw.cursor().execute(statement)


def forget_the_log(database: Database) -> None:
    """Empty SQLite's write-ahead log, which keeps the pages as they were and when they changed."""
    if database.engine.dialect.name != "sqlite":
        return
    with database.turn(), closing(database.engine.raw_connection()) as raw:
        raw.cursor().execute(_EMPTY_THE_LOG)


def _alembic(database: Database, scripts: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.attributes["database"] = database
    return config


def _engine(url: str, patience: float) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return _remote_engine(url, patience)
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": patience})
    event.listen(engine, "do_connect", _create_privately)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _remote_engine(url: str, patience: float) -> Engine:
    limits = {"connect_timeout": ceil(patience), "tcp_user_timeout": ceil(patience * 1000)}
    unsaid = {name: limit for name, limit in limits.items() if name not in make_url(url).query}
    engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=unsaid)

    def wait_no_longer(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        connection.cursor().execute(f"SET lock_timeout = {ceil(patience * 1000)}")
        connection.commit()

    event.listen(engine, "connect", wait_no_longer)
    return engine


def _create_privately(
    _dialect: Dialect, _record: ConnectionPoolEntry, arguments: list[str], _named: dict[str, object]
) -> None:
    # SQLite would let everyone read the file; the others it makes beside it follow this one.
    path = Path(arguments[0])
    if path.name != ":memory:" and not path.exists():
        with suppress(OSError):  # SQLite says better why it cannot be
            path.touch(OWNER_ONLY)


def _prepare_sqlite(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
    # The driver's own BEGIN is deferred: reading first then writing fails with « locked ».
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "secure_delete=ON",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("consultation_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _gate_path(engine: Engine) -> Path | None:
    name = engine.url.database
    if engine.dialect.name != "sqlite" or not name or name == ":memory:":
        return None
    return Path(f"{name}-gate")


def _lock(gate: IO[bytes], patience: float) -> None:
    """Take the lock in the order of arrival, or give up.

    The kernel's queue is fair and knows no limit of time: one thread waits in it, and this one for
    that one. When this one leaves, closing the file gives the lock back as soon as it comes.
    """
    try:
        fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        waiting = threading.Thread(target=fcntl.flock, args=(gate, fcntl.LOCK_EX), daemon=True)
        waiting.start()
        waiting.join(patience)
        if waiting.is_alive():
            reason = TimeoutError(f"another writer kept its turn for {patience} s")
            raise OperationalError(None, None, reason) from reason
