"""What an attacker holds: dumps, physical copies, logs, and every key that was not destroyed."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import struct
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from attacks.town import Line, Town, opened
from sqlalchemy import text

from consultation.database import Database
from consultation.sealing import SealingKey, sealing_key

BOX_TABLES = ("spent", "inbox", "ballot", "draft", "airlock")
START = 32
"""A sealed box begins with 32 bytes that no other box has: enough to find it in a file."""
PAGE, LEAF = 4096, 0x0A
SERVER_PAGE = 8192


@dataclass(frozen=True, kw_only=True)
class Dump:
    """Every row of both stores at one moment, in the order in which the base gives them."""

    at: datetime
    answered: int
    issued: frozenset[str]
    spent: tuple[bytes, ...]
    inbox: Mapping[bytes, bytes]
    ballots: Mapping[bytes, bytes]
    drafts: Mapping[bytes, bytes]

    @property
    def sealed(self) -> frozenset[bytes]:
        """Every sealed thing."""
        return frozenset((*self.inbox.values(), *self.ballots.values(), *self.drafts.values()))


@dataclass(frozen=True, kw_only=True)
class Story:
    """A consultation from its opening to its closing, and what was copied on the way."""

    town: Town
    answering: Sequence[str]  # addresses, in the order of their answers
    unfinished: Sequence[str]
    arrival: Sequence[str]  # marks, in the same order
    dumps: Sequence[Dump]  # before anything, then after each answer
    open_files: Mapping[str, bytes]  # the box, before the last answer: many ballots wait
    open_roll: Mapping[str, bytes]
    closed_files: Mapping[str, bytes]  # the box, after the closing
    open_physical: Sequence[tuple[bytes, int]]  # the released ballots of before the closing
    journal: bytes  # what PostgreSQL wrote ahead
    log: Sequence[Line]

    @property
    def truth(self) -> Mapping[str, str]:
        """Who wrote each ballot."""
        return dict(zip(self.arrival, self.answering, strict=True))

    @property
    def final(self) -> Dump:
        """The last dump."""
        return self.dumps[-1]

    def marks(self) -> Mapping[bytes, str]:
        """What the analyst reads: the mark in each ballot of the final urn."""
        return self.read(self.final.ballots.values())

    def read(self, boxes: Iterable[bytes]) -> Mapping[bytes, str]:
        """The marks in those boxes that the analyst's key opens."""
        key = self.town.export_key()
        urn = self.town.campaign.urn
        found = ((box, opened(urn, key, box)) for box in boxes)
        return {box: mark for box, mark in found if mark}

    def lots(self) -> Iterator[tuple[Sequence[bytes], Sequence[str]]]:
        """The ballots of each release, and who had answered by then."""
        for before, after in pairwise(self.dumps):
            new = [box for key, box in after.ballots.items() if key not in before.ballots]
            if new:
                yield new, self.answering[: after.answered]


def play(town: Town, *, unfinished: int) -> Story:
    """Everyone answers but the last ones, who stop at the third page; then the end."""
    people = list(town.agents)
    town.rng.shuffle(people)
    leaving, staying = people[:unfinished], people[unfinished:]
    box, roll = town.database("box"), town.database("roll")
    beginning = end_of_journal(box)
    dumps = [dump(town, 0)]
    for number, agent in enumerate(staying, start=1):
        if number == len(staying):
            open_files, open_roll = files(box, BOX_TABLES), files(roll, ("invitation",))
        town.answer(agent)
        dumps.append(dump(town, number))
        if len(staying) - number < len(leaving):
            town.device(leaving[len(staying) - number]).begin()
    open_physical = rows_as_they_lie(box, "ballot", "sealed")
    town.close()
    dumps.append(dump(town, len(staying)))
    return Story(
        town=town,
        answering=[agent.address for agent in staying],
        unfinished=[agent.address for agent in leaving],
        arrival=[agent.mark for agent in staying],
        dumps=dumps,
        open_files=open_files,
        open_roll=open_roll,
        closed_files=files(box, BOX_TABLES),
        open_physical=open_physical,
        journal=journal_since(box, beginning),
        log=tuple(town.log),
    )


def dump(town: Town, answered: int) -> Dump:
    """A full dump of both stores."""
    with town.database("roll").read() as roll, town.database("box").read() as box:
        issued = roll.scalars(text("SELECT address FROM invitation WHERE state = 1")).all()
        spent = box.scalars(text("SELECT nullifier FROM spent")).all()
        tables = {
            table: {
                bytes(row.id): bytes(row.sealed)
                for row in box.execute(text(f"SELECT id, sealed FROM {table}"))
            }
            for table in ("inbox", "ballot", "draft")
        }
    return Dump(
        at=town.clock.now,
        answered=answered,
        issued=frozenset(issued),
        spent=tuple(bytes(one) for one in spent),
        inbox=tables["inbox"],
        ballots=tables["ballot"],
        drafts=tables["draft"],
    )


def is_sqlite(database: Database) -> bool:
    """Whether the store is a file."""
    return database.engine.dialect.name == "sqlite"


def files(database: Database, tables: Sequence[str]) -> Mapping[str, bytes]:
    """Every byte that a physical backup would hold of this store, its logs included."""
    if is_sqlite(database):
        path = Path(database.url.database or "")
        beside = sorted(path.parent.glob(f"{path.name}*"))
        return {one.name.removeprefix(path.name): one.read_bytes() for one in beside}
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("CHECKPOINT")
        relations = connection.execute(
            text(
                "SELECT c.relname, pg_relation_filepath(c.oid) AS path FROM pg_class c "
                "LEFT JOIN pg_index i ON i.indexrelid = c.oid "
                "LEFT JOIN pg_class toasted ON toasted.reltoastrelid = c.oid "
                "WHERE c.relname = ANY(:tables) OR toasted.relname = ANY(:tables) "
                "OR i.indrelid IN (SELECT oid FROM pg_class WHERE relname = ANY(:tables))"
            ),
            {"tables": list(tables)},
        ).all()
        read = text("SELECT pg_read_binary_file(:path)")
        found = {row.relname: connection.scalar(read, {"path": row.path}) for row in relations}
    return {name: bytes(content) for name, content in found.items() if content is not None}


def as_filled(database: Database, place: int) -> tuple[int, int]:
    """A place in these bytes, in the order in which a server writes: each page from its end."""
    if is_sqlite(database):
        return 0, place
    return place // SERVER_PAGE, -(place % SERVER_PAGE)


@dataclass(frozen=True, kw_only=True)
class Place:
    """A place in PostgreSQL's own journal."""

    segment: str
    offset: int


def end_of_journal(database: Database) -> Place | None:
    """Where PostgreSQL will write next."""
    if is_sqlite(database):
        return None
    query = "SELECT * FROM pg_walfile_name_offset(pg_current_wal_insert_lsn())"
    with database.read() as connection:
        row = connection.execute(text(query)).one()
    return Place(segment=row.file_name, offset=row.file_offset)


def journal_since(database: Database, beginning: Place | None) -> bytes:
    """What PostgreSQL has written ahead since then: what a binary log would hold."""
    end = end_of_journal(database)
    if beginning is None or end is None:
        return b""
    listed = text("SELECT name FROM pg_ls_waldir() WHERE name BETWEEN :first AND :last")
    read = text("SELECT pg_read_binary_file('pg_wal/' || :name)")
    with database.read() as connection:
        limits = {"first": beginning.segment, "last": end.segment}
        names = sorted(connection.scalars(listed, limits))
        segments = [bytes(connection.scalar(read, {"name": name}) or b"") for name in names]
    starts = [beginning.offset, *(0 for _ in segments[1:])]
    ends = [*(len(one) for one in segments[:-1]), end.offset]
    return b"".join(map(_records, segments, starts, ends))


def _records(segment: bytes, start: int, end: int) -> bytes:
    """What this part of a segment records, without the headers of pages that cut records in two.

    Their sizes are those of PostgreSQL's access/xlog_internal.h: the first of a segment is longer.
    """
    pages = range(start - start % SERVER_PAGE, end, SERVER_PAGE)
    return b"".join(
        segment[max(start, page + (24 if page else 40)) : min(end, page + SERVER_PAGE)]
        for page in pages
    )


def rows_as_they_lie(database: Database, table: str, column: str) -> Sequence[tuple[bytes, int]]:
    """The rows of a table in the order of the disk, each with the transaction that wrote it.

    SQLite numbers no transaction: there, the page. A page fills from its end, and those that only
    lead to others are left aside: a row stands in them by chance.
    """
    if not is_sqlite(database):
        query = f"SELECT {column} AS value, xmin::text::bigint AS xid FROM {table} ORDER BY ctid"
        with database.read() as connection:
            return [(bytes(row.value), row.xid) for row in connection.execute(text(query))]
    with database.read() as connection:
        values = [bytes(one) for one in connection.scalars(text(f"SELECT {column} FROM {table}"))]
    content = files(database, ())[""]
    places = first_seen(content, values)
    lying = sorted(places, key=lambda one: (places[one] // PAGE, -places[one]))
    pages = [(one, places[one] // PAGE) for one in lying]
    return [(one, page) for one, page in pages if content[page * PAGE] == LEAF]


def first_seen(content: bytes, needles: Iterable[bytes]) -> Mapping[bytes, int]:
    """Where each needle appears first in these bytes; those that do not are left out."""
    places = {needle: content.find(needle[:START]) for needle in needles}
    return {needle: place for needle, place in places.items() if place >= 0}


def apart_from_the_field(page: str) -> str:
    """A page without what its field of the code gives back to whoever mistyped it."""
    return re.sub(r'(id="code"[^>]*? value=")[^"]*', r"\1", page)


def keys_left(town: Town) -> Sequence[SealingKey]:
    """Every sealing key that can still be found on the machine."""
    found = []
    for path in sorted((town.directory / "keys").rglob("*")):
        with suppress(ValueError, IsADirectoryError):
            found.append(sealing_key(path.read_bytes()))
    return found


def replayed(main: bytes, wal: bytes, query: str) -> Iterator[frozenset[tuple[object, ...]]]:
    """The answer to a query after each transaction that SQLite's write-ahead log remembers."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "copy.sqlite")
        for end in _commits(wal):
            path.write_bytes(main)
            path.with_name("copy.sqlite-wal").write_bytes(wal[:end])
            path.with_name("copy.sqlite-shm").unlink(missing_ok=True)
            with closing(sqlite3.connect(path)) as connection:
                yield frozenset(connection.execute(query).fetchall())
        shutil.rmtree(directory, ignore_errors=True)
        Path(directory).mkdir()


def _commits(wal: bytes) -> Iterator[int]:
    """Where each transaction of the log ends."""
    if len(wal) < 32:
        return
    page = struct.unpack(">I", wal[8:12])[0]
    salts = wal[16:24]
    for start in range(32, len(wal) - page - 23, page + 24):
        size = struct.unpack(">I", wal[start + 4 : start + 8])[0]
        if wal[start + 8 : start + 16] != salts:
            return
        if size:
            yield start + 24 + page


def forms_of(value: bytes) -> Iterator[bytes]:
    """How a secret may be written."""
    import base64

    yield value
    yield value.hex().encode()
    yield value.hex().upper().encode()
    yield base64.b64encode(value).rstrip(b"=")
    yield base64.urlsafe_b64encode(value).rstrip(b"=")
    yield json.dumps(value.decode("latin-1")).encode()
