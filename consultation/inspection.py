"""What a store says of itself: where it really is, how it writes, what its role may do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import inspect, text

from consultation.database import Database

_SUFFIXES = ("", "-wal", "-shm", "-gate")
_PRAGMAS = ("journal_mode", "synchronous", "secure_delete", "foreign_keys")
_ROLE = text(
    "SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls "
    "FROM pg_roles WHERE rolname = current_user"
)


@dataclass(frozen=True, kw_only=True)
class Server:
    """A PostgreSQL server, as the role of one store sees it."""

    role: str
    powers: tuple[str, ...]
    clock: datetime
    settings: Mapping[str, str]


def is_sqlite(database: Database) -> bool:
    """Whether the store is a file here."""
    return database.engine.dialect.name == "sqlite"


def exists(database: Database) -> bool:
    """Whether there is something to look into; nothing is created."""
    return not is_sqlite(database) or Path(str(database.url.database)).exists()


def files(database: Database) -> tuple[Path, ...]:
    """The files of a SQLite store; none for PostgreSQL."""
    name = database.url.database
    if not is_sqlite(database) or not name:
        return ()
    return tuple(path for path in (Path(f"{name}{end}") for end in _SUFFIXES) if path.exists())


def place(database: Database) -> str:
    """Where the data really are: two addresses of one base give the same place."""
    if is_sqlite(database):
        known = Path(str(database.url.database)).stat()
        return f"{known.st_dev}:{known.st_ino}"
    query = (
        "SELECT system_identifier || ':' || oid FROM pg_control_system(), pg_database "
        "WHERE datname = current_database()"
    )
    with database.read() as connection:
        return str(connection.scalar(text(query)))


def tables(database: Database) -> frozenset[str]:
    """The tables the store holds."""
    return frozenset(inspect(database.engine).get_table_names()) - {"alembic_version"}


def pragmas(database: Database) -> Mapping[str, str]:
    """How SQLite writes."""
    with database.read() as connection:
        return {
            name: str(connection.exec_driver_sql(f"PRAGMA {name}").scalar()) for name in _PRAGMAS
        }


def server(database: Database) -> Server:
    """What the server lets this role see."""
    with database.read() as connection:
        named = connection.execute(text("SELECT name, setting FROM pg_settings")).all()
        role = connection.execute(_ROLE).one()
        clock: datetime = connection.execute(text("SELECT now()")).scalar_one()
    return Server(
        role=role.rolname,
        powers=tuple(name for name, has in role._mapping.items() if has is True),
        clock=clock.astimezone(UTC),
        settings={row.name: row.setting for row in named},
    )


def readable_by(database: Database, role: str, names: Iterable[str]) -> tuple[str, ...]:
    """Those of these tables that another role of the same server may read; `public` is anyone."""
    query = text(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind = 'r' AND n.nspname = current_schema() AND c.relname = ANY(:names) "
        "AND CASE WHEN :role = 'public' OR EXISTS (SELECT FROM pg_roles WHERE rolname = :role) "
        "THEN has_any_column_privilege(:role, c.oid, 'SELECT') ELSE false END ORDER BY 1"
    )
    with database.read() as connection:
        return tuple(connection.scalars(query, {"names": list(names), "role": role}))


def may_connect(database: Database, role: str) -> bool:
    """Whether another role of the same server may open this base."""
    query = text(
        "SELECT has_database_privilege(oid, current_database(), 'CONNECT') "
        "FROM pg_roles WHERE rolname = :role"
    )
    with database.read() as connection:
        return bool(connection.scalar(query, {"role": role}))
