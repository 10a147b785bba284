"""The airlock's keys: files outside the database and its backups, kept as long as it needs them.

A key is in one of four states:

born       its file is on the disk, synchronised, before anything can be sealed under it
current    the box names it (`airlock.public`): all that waits is sealed under it
retired    the box names another one, or none after the closing
destroyed  overwritten, then removed

                 the box names it           the box names another      watched long enough
    create ▶ born ───────────────▶ current ──────────────────▶ retired ──────────────▶ destroyed
               │                      ▲                         │   ▲
               │                      └─────────────────────────┘   │
               │                       the box goes back in time    │
               └────────────────────────────────────────────────────┘
                 the release dies before it commits

*The box alone says which one is current*, and is asked under the lock of the airlock's row. Every
other file is a retired key: from here nobody can tell a key that never served from one whose
release was undone, by a standby that was late and took over or by a snapshot that was restored.
None of them is destroyed before

1. the box names another key, which is here and is the right one, or the campaign is closed and the
   box names none: where the current key is missing, one of the others may be what is looked for;
2. it has been seen retired for an hour, which covers a snapshot or a backup made every hour; a step
   of the clock of more than a day counts for nothing;
3. every standby has replayed what the box had written when it was first seen retired, that is, the
   commit that retired it and more (`standbys`).

What was noted of a retired key is in a file beside it; without it the hour begins again. It goes
when the key is current again. A release makes a key only when no other file is there, so that one
retired key at most is kept; otherwise what stays is sealed anew under the current one.

*Who holds them*: the machine where the worker of the urn runs; the server that accepts ballots has
none of them. *What proves it*: the worker writes in the office's store, every minute, that it has
in its hands the key that the box names (`office.proofs`), and a release says it of a new key before
the box names it. The urn accepts a ballot only under a key proved less than ten minutes ago: nobody
is thanked for what nobody can open.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from consultation.office.rounds import LEAP
from consultation.refusals import Refusal
from consultation.sealing import SealingKey, destroy_key, read_key, write_key

KEPT_FOR = timedelta(hours=1)
OVERDUE = timedelta(days=1)
"""After so long, a retired key that is still waited for is a fault that somebody must see to."""

_NOTE = ".retired"


class AirlockKeyMissing(Refusal):
    """La clé du sas manque sur ce serveur. Remettez-la dans son dossier, puis recommencez."""

    status = 409
    title = "Clé du sas absente"


@dataclass(frozen=True, kw_only=True)
class Retired:
    """What was noted of a retired key.

    `age`: for how long it has been seen retired, at `seen`. `written`: how far the box `system` had
    written when it was first seen so, in bytes of PostgreSQL's journal; 0 for a file.
    """

    age: timedelta
    seen: datetime
    system: str
    written: int

    def at(self, now: datetime) -> Retired:
        """The same, seen again now."""
        step = now - self.seen
        believed = step if timedelta() < step <= LEAP else timedelta()
        return replace(self, age=self.age + believed, seen=now)


class BoxKeys:
    """The private keys of every urn's airlock, in `keys/box/<urn>/`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "box"

    def create(self, urn: bytes) -> SealingKey:
        """A new airlock key, on the disk before anything can be sealed under it."""
        key = SealingKey.generate()
        write_key(self.path(urn, key.public), key.to_bytes())
        return key

    def get(self, urn: bytes, public: bytes) -> SealingKey:
        """The private key of the airlock whose public key is `public`."""
        try:
            return SealingKey.from_bytes(read_key(self.path(urn, public)))
        except FileNotFoundError as error:
            raise AirlockKeyMissing from error

    def path(self, urn: bytes, public: bytes) -> Path:
        """Where this key is, or would be."""
        return self.directory / urn.hex() / f"airlock-{sha256(public).hexdigest()[:32]}.key"

    def holds(self, urn: bytes, public: bytes) -> bool:
        """Whether the key that opens the airlock is here, and is the right one."""
        try:
            return self.get(urn, public).public == public
        except (AirlockKeyMissing, ValueError):
            return False

    def retired(self, urn: bytes, current: bytes | None) -> tuple[Path, ...]:
        """Every key of this urn but the current one."""
        kept = self.path(urn, current) if current else None
        found = (self.directory / urn.hex()).glob("airlock-*.key")
        return tuple(sorted(path for path in found if path != kept))

    def destroy(self, path: Path) -> None:
        """Destroy one key, then what was noted of it; twice changes nothing."""
        destroy_key(path)
        self.forget(path)

    def destroy_drafts(self, urn: bytes) -> None:
        """Destroy what a crash has left half written: nothing was ever sealed under it."""
        for path in (self.directory / urn.hex()).glob(".airlock-*"):
            destroy_key(path)

    def noted(self, path: Path) -> Retired | None:
        """What was noted of a retired key; None when nothing was, or when it cannot be read."""
        try:
            told = json.loads(_note_of(path).read_text("ascii"))
            return Retired(
                age=timedelta(seconds=float(told["age"])),
                seen=datetime.fromisoformat(told["seen"]),
                system=str(told["system"]),
                written=int(told["written"]),
            )
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def note(self, path: Path, retired: Retired) -> None:
        """Note this of a retired key."""
        told = {
            "age": retired.age.total_seconds(),
            "seen": retired.seen.isoformat(),
            "system": retired.system,
            "written": retired.written,
        }
        write_note(_note_of(path), told)

    def forget(self, path: Path) -> None:
        """Forget what was noted: this key is current again, or is no more."""
        _note_of(path).unlink(missing_ok=True)


def write_note(path: Path, told: object) -> None:
    """Write a small JSON file whole or not at all, for its owner's eyes, durably."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(told, file)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)


def _note_of(path: Path) -> Path:
    return path.with_suffix(_NOTE)
