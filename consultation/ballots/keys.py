"""The airlock's keys: files outside the database and its backups, destroyed at each release.

A file is named after its public key, so that whoever knows the current one can tell the others are
leftovers of a crash.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from consultation.refusals import Refusal
from consultation.sealing import SealingKey, destroy_key, read_key, write_key


class AirlockKeyMissing(Refusal):
    """La clé du sas manque sur ce serveur. Remettez-la dans son dossier, puis recommencez."""

    status = 409
    title = "Clé du sas absente"


class BoxKeys:
    """The private keys of every urn's airlock, in `keys/box/<urn>/`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory / "box"

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
        return self._directory / urn.hex() / f"airlock-{sha256(public).hexdigest()[:32]}.key"

    def holds(self, urn: bytes, public: bytes) -> bool:
        """Whether the key that opens the airlock is here, and is the right one."""
        try:
            return self.get(urn, public).public == public
        except (AirlockKeyMissing, ValueError):
            return False

    def others(self, urn: bytes, current: bytes | None) -> tuple[Path, ...]:
        """What a crash may have left: every key of this urn but the current one, whole or not."""
        kept = self.path(urn, current) if current else None
        folder = self._directory / urn.hex()
        found = (*folder.glob("airlock-*.key"), *folder.glob(".airlock-*"))
        return tuple(path for path in found if path != kept)

    def destroy(self, urn: bytes, public: bytes) -> None:
        """Destroy one airlock key."""
        destroy_key(self.path(urn, public))

    def destroy_others(self, urn: bytes, current: bytes | None) -> None:
        """Destroy every key of this urn but the current one."""
        for path in self.others(urn, current):
            destroy_key(path)
