"""The keys of the roll: files outside the database and its backups, destroyed at closing."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from consultation.blind import (
    HASH_BYTES,
    PREFIX_BYTES,
    PrivateKey,
    PublicKey,
    blinding_factor,
    prepare,
)
from consultation.refusals import Refusal
from consultation.sealing import derive, destroy_key, read_key, write_key

MESSAGE_BYTES = 32
SECRET_BYTES = 32


class KeysMissing(Refusal):
    """Les clés de cette consultation n’existent pas, ou ont été détruites à la clôture."""

    status = 410
    title = "La consultation est terminée"


class KeysDamaged(Refusal):
    """Vos réponses sont gardées. Réessayez plus tard : le lien restera le même."""

    status = 503
    title = "La consultation est suspendue"


@dataclass(frozen=True, kw_only=True)
class NoJsSecret:
    """What the server uses in the place of a browser without script: the same at each visit."""

    prepared: bytes
    salt: bytes
    material: bytes

    def factor(self, public: PublicKey) -> int:
        """The blinding factor that goes with this key."""
        return blinding_factor(public, self.material)


class RollKeys:
    """The signing keys, one for each audience, and the two secrets of each campaign."""

    def __init__(
        self, directory: Path, random_bytes: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self._directory = directory / "roll"
        self._random_bytes = random_bytes
        self._signing: dict[tuple[str, str], PrivateKey] = {}

    def create(self, campaign: str, audiences: Iterable[str]) -> Mapping[str, PublicKey]:
        """Create whatever key the campaign lacks and give the public ones, by audience."""
        for name in ("invite.key", "nojs.key"):
            if not self._path(campaign, name).exists():
                write_key(self._path(campaign, name), self._random_bytes(SECRET_BYTES))
        return {audience: self._signing_key(campaign, audience) for audience in audiences}

    def signing(self, campaign: str, audience: str) -> PrivateKey:
        """The key that signs the credentials of an audience."""
        found = self._signing.get((campaign, audience))
        if found is None:
            pem = self._read(campaign, f"signing-{audience}.pem")
            try:
                found = self._signing[campaign, audience] = PrivateKey.from_pem(pem)
            except ValueError as error:
                raise KeysDamaged from error
        return found

    def invite(self, campaign: str) -> bytes:
        """The key every code of the campaign comes from."""
        return self._secret(campaign, "invite.key")

    def no_js(self, campaign: str, token_hash: bytes) -> NoJsSecret:
        """What stands for the browser of the holder of this code."""
        seed = hmac.digest(self._secret(campaign, "nojs.key"), token_hash, "sha256")
        return NoJsSecret(
            prepared=prepare(
                derive(seed, "message", MESSAGE_BYTES), derive(seed, "prefix", PREFIX_BYTES)
            ),
            salt=derive(seed, "salt", HASH_BYTES),
            material=derive(seed, "blinding"),
        )

    def destroy(self, campaign: str) -> None:
        """Destroy every key of the campaign; destroying twice changes nothing."""
        self._signing = {
            holder: key for holder, key in self._signing.items() if holder[0] != campaign
        }
        for path in sorted((self._directory / campaign).glob("*")):
            destroy_key(path)

    def _signing_key(self, campaign: str, audience: str) -> PublicKey:
        path = self._path(campaign, f"signing-{audience}.pem")
        if not path.exists():
            write_key(path, PrivateKey.generate().to_pem())
        return self.signing(campaign, audience).public

    def _secret(self, campaign: str, name: str) -> bytes:
        found = self._read(campaign, name)
        if len(found) != SECRET_BYTES:
            raise KeysDamaged
        return found

    def _read(self, campaign: str, name: str) -> bytes:
        path = self._path(campaign, name)
        if not path.exists():
            raise KeysMissing
        return read_key(path)

    def _path(self, campaign: str, name: str) -> Path:
        return self._directory / campaign / name
