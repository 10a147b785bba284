"""The airlock's keys as files, outside the database and its backups, with what is noted of them.

`consultation.airlock` says what their life is. A file is on the disk, synchronised, before anything
can be sealed under its key, and is overwritten before it is removed. What was noted of a retired
key is in a file beside it, which goes when the key is current again.
"""

from __future__ import annotations

import json
import os
import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from consultation.airlock import Keys, Watched
from consultation.refusals import Refusal
from consultation.sealing import (
    AirlockKey,
    SealingKey,
    destroy_key,
    read_key,
    sealing_key,
    write_key,
)

_NOTE = ".retired"


class AirlockKeyMissing(Refusal):
    """La clé du sas manque sur ce serveur. Remettez-la dans son dossier, puis recommencez."""

    status = 409
    title = "Clé du sas absente"


class BoxKeys:
    """The private keys of every urn's airlock, in `keys/box/<urn>/`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "box"

    def create(self, urn: bytes, kind: type[SealingKey] = AirlockKey) -> SealingKey:
        """A new airlock key, on the disk before anything can be sealed under it."""
        key = kind.generate()
        write_key(self.path(urn, key.public), key.to_bytes())
        return key

    def get(self, urn: bytes, public: bytes) -> SealingKey:
        """The private key of the airlock whose public key is `public`, if its file is whole."""
        try:
            return sealing_key(read_key(self.path(urn, public)))
        except (FileNotFoundError, ValueError) as error:
            raise AirlockKeyMissing from error

    def path(self, urn: bytes, public: bytes) -> Path:
        """Where this key is, or would be."""
        return self.directory / urn.hex() / f"airlock-{sha256(public).hexdigest()[:32]}.key"

    def holds(self, urn: bytes, public: bytes) -> bool:
        """Whether the key that opens the airlock is here, and is the right one."""
        try:
            return self.get(urn, public).public == public
        except AirlockKeyMissing:
            return False

    def seen(self, urn: bytes, named: bytes | None, *, closed: bool) -> Keys:
        """The keys of this urn that are here, when the box names this one."""
        current = self.path(urn, named) if named else None
        found = (self.directory / urn.hex()).glob("airlock-*.key")
        return Keys(
            named=named,
            held=named is not None and self.holds(urn, named),
            retired=tuple(sorted(path for path in found if path != current)),
            closed=closed,
        )

    def destroy(self, path: Path) -> None:
        """Destroy one key, then what was noted of it; twice changes nothing."""
        destroy_key(path)
        self.forget(path)

    def destroy_drafts(self, urn: bytes) -> None:
        """Destroy what a crash has left half written: nothing was ever sealed under it."""
        for path in (self.directory / urn.hex()).glob(".airlock-*"):
            destroy_key(path)

    def noted(self, path: Path) -> Watched | None:
        """What was noted of a retired key; None when nothing was, or when it cannot be read."""
        try:
            told = json.loads(_note_of(path).read_text("ascii"))
            return Watched(
                age=timedelta(seconds=float(told["age"])),
                seen=datetime.fromisoformat(told["seen"]),
                system=str(told["system"]),
                written=int(told["written"]),
            )
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def note(self, path: Path, watched: Watched) -> None:
        """Note this of a retired key."""
        told = {
            "age": watched.age.total_seconds(),
            "seen": watched.seen.isoformat(),
            "system": watched.system,
            "written": watched.written,
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
