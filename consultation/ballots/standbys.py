"""The servers that copy the box's and may take its place: how far each has replayed its journal.

Those that PostgreSQL sees now are not all: one whose network is cut for a while is in no list, and
may be promoted all the same. So each that was seen once is remembered, beside the keys, until it
has caught up or somebody says that it is not waited for any more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, text

from consultation.ballots.keys import write_note
from consultation.refusals import Refusal

UNSEEN = "que ce rôle n’a pas le droit de voir (pg_read_all_stats)"
"""In the place of a name: the server has standbys, and this role may not know how far they are."""

_NEVER = -1  # a slot that was never seen at work
_ELSEWHERE = 0  # a standby that went further than the box did: it follows another history

_SYSTEM = text("SELECT system_identifier::text FROM pg_control_system()")
_WRITTEN = text("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint")
_CONNECTED = text(
    # What copies the journal and replays nothing (pg_basebackup, pg_receivewal) tells no position.
    "SELECT coalesce(slot.slot_name, "
    "s.application_name || coalesce('@' || host(s.client_addr), '')) AS name, s.state, "
    "(s.replay_lsn - '0/0')::bigint AS replayed FROM pg_stat_replication s "
    "LEFT JOIN pg_replication_slots slot ON slot.active_pid = s.pid "
    "WHERE s.state IS NULL OR (s.state <> 'backup' AND s.replay_lsn IS NOT NULL)"
)
_AWAY = text(
    "SELECT slot_name FROM pg_replication_slots "
    "WHERE NOT active AND (database IS NULL OR database = current_database())"
)


class UnknownStandby(Refusal):
    """Aucun serveur de secours de ce nom n’est attendu."""

    status = 404
    title = "Serveur de secours inconnu"


@dataclass(frozen=True, kw_only=True)
class Position:
    """How far a box has written its journal, and each server that is seen to copy it, in bytes.

    A box that is a file has no journal and no standby.
    """

    system: str = ""
    written: int = 0
    replayed: Mapping[str, int]
    away: frozenset[str] = frozenset()  # slots that nobody uses now
    unseen: bool = False


@dataclass(frozen=True, kw_only=True)
class Standby:
    """A standby as it was last seen; `given_up`: not waited for until it has replayed this far."""

    replayed: int
    given_up: int | None = None


def position(connection: Connection) -> Position:
    """Where the box is now; pg_read_all_stats is needed as soon as it has a standby."""
    if connection.dialect.name == "sqlite":
        return Position(replayed={})
    replayed: dict[str, int] = {}
    unseen = False
    for row in connection.execute(_CONNECTED):
        if row.state is None:
            unseen = True
        else:  # two of the same name: the later one counts
            replayed[row.name] = min(row.replayed, replayed.get(row.name, row.replayed))
    return Position(
        system=connection.execute(_SYSTEM).scalar_one(),
        written=connection.execute(_WRITTEN).scalar_one(),
        replayed=replayed,
        away=frozenset(connection.scalars(_AWAY)),
        unseen=unseen,
    )


class Standbys:
    """Those that were seen, in `standbys.json`."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "standbys.json"

    def remember(self, seen: Position) -> None:
        """Note those that are there; one that is gone stays as it was last seen."""
        known = {
            name: one if one.replayed <= seen.written else replace(one, replayed=_ELSEWHERE)
            for name, one in self._known(seen.system).items()
        }
        for name, replayed in seen.replayed.items():
            before = known.get(name, Standby(replayed=replayed))
            caught_up = before.given_up is not None and replayed >= before.given_up
            given_up = None if caught_up else before.given_up
            known[name] = replace(before, replayed=replayed, given_up=given_up)
        for name in seen.away - known.keys():
            known[name] = Standby(replayed=_NEVER)
        gone = [name for name, one in known.items() if one.replayed == _NEVER]
        for name in set(gone) - seen.away - {UNSEEN}:  # was dropped, or serves what replays nothing
            del known[name]
        if seen.unseen:
            known[UNSEEN] = Standby(replayed=_NEVER)
        else:
            known.pop(UNSEEN, None)
        if known != self._known(seen.system):
            self._write(seen.system, known)

    def copy_to(self, directory: Path) -> None:
        """Note them in another directory of keys: who takes these keys waits for them too."""
        with suppress(FileNotFoundError, ValueError):  # none was ever seen
            told = json.loads(self._path.read_text("utf-8"))
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_note(directory / self._path.name, told)

    def late(self, system: str, written: int) -> tuple[str, ...]:
        """Those that are not known to have replayed this much of the journal, by name."""
        return tuple(
            sorted(
                name
                for name, one in self._known(system).items()
                if one.replayed < written and one.given_up is None
            )
        )

    def give_up(self, name: str, seen: Position) -> None:
        """Wait no longer for this one, until it has replayed all there is now."""
        known = self._known(seen.system)
        if name not in known or name == UNSEEN:
            raise UnknownStandby
        known[name] = replace(known[name], given_up=seen.written)
        self._write(seen.system, known)

    def _known(self, system: str) -> dict[str, Standby]:
        """Those of this server; a box that was moved to another one has others."""
        try:
            told = json.loads(self._path.read_text("utf-8"))
            if told["system"] != system:
                return {}
            return {name: Standby(**one) for name, one in told["standbys"].items()}
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return {}

    def _write(self, system: str, known: Mapping[str, Standby]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        told = {name: vars(one) for name, one in known.items()}
        write_note(self._path, {"system": system, "standbys": told})
