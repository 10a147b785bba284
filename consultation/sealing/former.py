"""How campaigns created before HPKE was adopted seal and open, to their end."""

from __future__ import annotations

from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from consultation.sealing.keys import CannotUnseal, SealingKey

_KEY_BYTES = 32
_NONCE = bytes(12)  # zeros are right here: a key serves once


class FormerKey(SealingKey):
    """X25519, HKDF-SHA256, ChaCha20-Poly1305, put together by ourselves; `info` has no part in it.

    A box has 48 bytes more than its text.
    """

    MARK = b""
    PUBLIC_BYTES = _KEY_BYTES

    @classmethod
    def generate(cls) -> Self:
        """A new key."""
        return cls(X25519PrivateKey.generate().private_bytes_raw())

    @staticmethod
    def seal(public: bytes, text: bytes, info: bytes) -> bytes:
        """A box for the holder of the private half."""
        ephemeral = X25519PrivateKey.generate()
        shown = ephemeral.public_key().public_bytes_raw()
        shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(public))
        return shown + _cipher(shared, shown, public).encrypt(_NONCE, text, None)

    def unseal(self, box: bytes, info: bytes) -> bytes:
        """What was sealed; CannotUnseal for any other bytes."""
        ephemeral, body = box[:_KEY_BYTES], box[_KEY_BYTES:]
        key = X25519PrivateKey.from_private_bytes(self.private)
        try:
            shared = key.exchange(X25519PublicKey.from_public_bytes(ephemeral))
            return _cipher(shared, ephemeral, self.public).decrypt(_NONCE, body, None)
        except (InvalidTag, ValueError) as error:
            raise CannotUnseal from error

    def _public(self) -> bytes:
        key = X25519PrivateKey.from_private_bytes(self.private)
        return key.public_key().public_bytes_raw()


def _cipher(shared: bytes, ephemeral: bytes, public: bytes) -> ChaCha20Poly1305:
    info = b"consultation/seal" + ephemeral + public
    return ChaCha20Poly1305(HKDF(hashes.SHA256(), _KEY_BYTES, salt=None, info=info).derive(shared))
