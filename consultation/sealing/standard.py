"""HPKE (RFC 9180), base mode, one message for each encapsulation: two suites of the library.

Marks are the numbers of the mechanisms in the register of HPKE.
"""

from __future__ import annotations

import secrets
from functools import cached_property, lru_cache
from hashlib import shake_256
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from consultation.sealing.keys import PRIVATE_BYTES, CannotUnseal, SealingKey

_CURVE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_HYBRID = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_MLKEM_SEED, _MLKEM_PUBLIC = 64, 1184
_KEPT = 32  # public keys already read


class AirlockKey(SealingKey):
    """DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, which every browser has too.

    A box has 81 bytes more than its text.
    """

    MARK = b"\x00\x10"
    PUBLIC_BYTES = 65

    @classmethod
    def generate(cls) -> Self:
        """A new key."""
        number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
        return cls(number.to_bytes(PRIVATE_BYTES))

    @staticmethod
    def seal(public: bytes, text: bytes, info: bytes) -> bytes:
        """A box for the holder of the private half; ValueError when `public` is no such key."""
        return _CURVE.encrypt(text, _point(public), info=info)

    def unseal(self, box: bytes, info: bytes) -> bytes:
        """What was sealed with the same `info`; CannotUnseal for any other bytes."""
        try:
            return _CURVE.decrypt(box, self._key, info=info)
        except InvalidTag as error:
            raise CannotUnseal from error

    def _public(self) -> bytes:
        return self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @cached_property
    def _key(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(int.from_bytes(self.private), ec.SECP256R1())


class UrnKey(SealingKey):
    """ML-KEM-768 with X25519, HKDF-SHA256, ChaCha20-Poly1305: holds as long as either half does.

    Whoever keeps a copy until a quantum computer opens X25519 has ML-KEM left to open. It is X-Wing
    (draft-connolly-cfrg-xwing-kem): SHAKE-256 makes both private keys from the one that is kept.
    A box has 1,136 bytes more than its text.
    """

    MARK = b"\x64\x7a"
    PUBLIC_BYTES = _MLKEM_PUBLIC + 32

    @classmethod
    def generate(cls) -> Self:
        """A new key."""
        return cls(secrets.token_bytes(PRIVATE_BYTES))

    @staticmethod
    def seal(public: bytes, text: bytes, info: bytes) -> bytes:
        """A box for the holder of the private half; ValueError when `public` is no such key."""
        return _HYBRID.encrypt(text, _both(public), info=info)

    def unseal(self, box: bytes, info: bytes) -> bytes:
        """What was sealed with the same `info`; CannotUnseal for any other bytes."""
        try:
            return _HYBRID.decrypt(box, MLKEM768X25519PrivateKey(*self._halves), info=info)
        except InvalidTag as error:
            raise CannotUnseal from error

    def _public(self) -> bytes:
        return b"".join(half.public_key().public_bytes_raw() for half in self._halves)

    @cached_property
    def _halves(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        expanded = shake_256(self.private).digest(_MLKEM_SEED + PRIVATE_BYTES)
        return (
            MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED]),
            X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED:]),
        )


@lru_cache(maxsize=_KEPT)
def _point(public: bytes) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)


@lru_cache(maxsize=_KEPT)
def _both(public: bytes) -> MLKEM768X25519PublicKey:
    return MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC]),
        X25519PublicKey.from_public_bytes(public[_MLKEM_PUBLIC:]),
    )
