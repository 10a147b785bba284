"""A PostgreSQL server of our own, for as long as the tests last: it can be stopped and started."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import pytest

BIN = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/usr/bin"))
# The journal is kept: the attacks read it.
_OPTIONS = "-c listen_addresses= -c max_connections=200 -c wal_keep_size=4GB"
_END_EVERY_SESSION = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


class Cluster:
    """Runs while the `with` block lasts; unless `durable`, what it commits may not be on a disk."""

    def __init__(self, *, durable: bool = False) -> None:
        self._options = f"{_OPTIONS} -c fsync={'on' if durable else 'off'}"
        self._user = _server_user()
        # A short path: the name of a socket has at most 107 characters.
        self._directory = Path(tempfile.mkdtemp(prefix="consultation-pg-", dir="/tmp"))

    @property
    def url(self) -> str:
        """An administrator's URL."""
        return f"postgresql+psycopg://postgres@/postgres?host={self._directory}"

    def start(self) -> None:
        """Serve, and come back when connections are taken."""
        options = f"-k {self._directory} {self._options}"
        self._control("-w", "-l", str(self._directory / "log"), "-o", options, "start")

    def stop(self) -> None:
        """As a power cut stops it."""
        self._control("-m", "immediate", "stop")

    def end_every_session(self) -> int:
        """Cut every connection, whatever it is in the middle of; how many there were."""
        where = f"host={self._directory} user=postgres dbname=postgres"
        with closing(psycopg.connect(where, autocommit=True)) as connection:
            row = connection.execute(_END_EVERY_SESSION).fetchone()
        return int(row[0]) if row else 0

    def __enter__(self) -> Self:
        if self._user:
            shutil.chown(self._directory, self._user)
        self._make()
        self.start()
        return self

    def _make(self) -> None:
        self._run(BIN / "initdb", "-U", "postgres", "-A", "trust", "-N")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        shutil.rmtree(self._directory, ignore_errors=True)

    def run(self, statement: str) -> None:
        """As the administrator."""
        where = f"host={self._directory} user=postgres dbname=postgres"
        with closing(psycopg.connect(where, autocommit=True)) as connection:
            connection.execute(statement.encode())

    def _control(self, *words: str) -> None:
        self._run(BIN / "pg_ctl", *words)

    def _run(self, program: Path, *words: str) -> None:
        subprocess.run(
            [program, "-D", self._directory / "data", *words],
            check=True,
            user=self._user,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._directory,
        )


class Standby(Cluster):
    """A copy of another server, which follows it through a slot and may take its place."""

    def __init__(self, primary: Cluster, slot: str, *options: str) -> None:
        super().__init__()
        self._primary = primary
        self._slot = slot
        self._options += "".join(f" -c {option}" for option in options)

    def cut_off(self) -> None:
        """Nothing reaches it any more, and its primary sees it no more."""
        self.run("ALTER SYSTEM SET primary_conninfo = ''")
        self.run("SELECT pg_reload_conf()")

    def promote(self) -> None:
        """It takes the place of the other one, with what it has received."""
        self._control("-w", "promote")

    def _make(self) -> None:
        there = ("-h", str(self._primary._directory), "-U", "postgres")
        self._run(BIN / "pg_basebackup", *there, "-N", "-c", "fast", "-R", "-C", "-S", self._slot)


def _server_user() -> str | None:
    """PostgreSQL refuses to run as root: there, lend it the account its package made."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        pytest.skip("run as root, PostgreSQL needs the unprivileged account « postgres »")
