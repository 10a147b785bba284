"""Sealed boxes, padding and key files: what is stored can be read only with a key kept elsewhere.

`seal`: to a public key (X25519, HKDF-SHA256, ChaCha20-Poly1305, a fresh ephemeral key each time).
`lock`: with a shared key. Both pad to 1, 4, 16 or 64 KiB, so that a length says little. What is
locked may be longer, as the file of an HR office is: it is padded to a multiple of 64 KiB.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
SIZES = tuple(size * 1024 for size in (1, 4, 16, 64))
LONGEST = SIZES[-1] - 1


class CannotUnseal(Exception):
    """The box was not made for this key, or is damaged."""


class TooLong(ValueError):
    """The plaintext is longer than the largest box."""


@dataclass(frozen=True)
class SealingKey:
    """A private key that opens what was sealed to its public half."""

    private: bytes = field(repr=False)

    @classmethod
    def generate(cls) -> SealingKey:
        """A new key."""
        return cls(X25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def from_bytes(cls, data: bytes) -> SealingKey:
        """The key written by `to_bytes`."""
        if len(data) != KEY_BYTES:
            raise ValueError(f"a sealing key has {KEY_BYTES} bytes")
        return cls(data)

    def to_bytes(self) -> bytes:
        """The 32 bytes of the private key."""
        return self.private

    @cached_property
    def public(self) -> bytes:
        """The 32 bytes one seals to."""
        return self._key.public_key().public_bytes_raw()

    def unseal(self, box: bytes) -> bytes:
        """What was sealed; CannotUnseal for any other bytes."""
        ephemeral, body = box[:KEY_BYTES], box[KEY_BYTES:]
        try:
            shared = self._key.exchange(X25519PublicKey.from_public_bytes(ephemeral))
        except ValueError as error:
            raise CannotUnseal from error
        return _open(_box_key(shared, ephemeral, self.public), bytes(NONCE_BYTES), body)

    @cached_property
    def _key(self) -> X25519PrivateKey:
        return X25519PrivateKey.from_private_bytes(self.private)


def seal(public: bytes, plaintext: bytes) -> bytes:
    """A box only the holder of the private key opens; twice the same text gives two boxes.

    TooLong when the text does not fit in the largest box: ballots all look alike.
    """
    if len(plaintext) > LONGEST:
        raise TooLong(f"{len(plaintext)} bytes do not fit in {SIZES[-1]}")
    ephemeral = X25519PrivateKey.generate()
    shown = ephemeral.public_key().public_bytes_raw()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(public))
    cipher = ChaCha20Poly1305(_box_key(shared, shown, public))
    # A nonce of zeros is right here: the key serves once.
    return shown + cipher.encrypt(bytes(NONCE_BYTES), _padded(plaintext), None)


def lock(key: bytes, plaintext: bytes) -> bytes:
    """A box that `unlock` opens with the same 32-byte key, whatever the length."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + ChaCha20Poly1305(key).encrypt(nonce, _padded(plaintext), None)


def unlock(key: bytes, box: bytes) -> bytes:
    """What was locked; CannotUnseal for any other bytes."""
    return _open(key, box[:NONCE_BYTES], box[NONCE_BYTES:])


def lock_file(path: Path, key: bytes, content: bytes) -> None:
    """Write `content` so that only `unlock_file` reads it; it replaces the file at once, or not.

    The name is locked in too: another file put in its place opens nothing.
    """
    nonce = secrets.token_bytes(NONCE_BYTES)
    box = nonce + ChaCha20Poly1305(key).encrypt(nonce, content, path.name.encode())
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(box)
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)


def unlock_file(path: Path, key: bytes) -> bytes:
    """What `lock_file` wrote there; CannotUnseal for any other bytes."""
    box = path.read_bytes()
    try:
        return ChaCha20Poly1305(key).decrypt(
            box[:NONCE_BYTES], box[NONCE_BYTES:], path.name.encode()
        )
    except (InvalidTag, ValueError) as error:
        raise CannotUnseal from error


def derive(secret: bytes, purpose: str, length: int = KEY_BYTES) -> bytes:
    """A key for one purpose; keys for two purposes say nothing about each other."""
    return HKDF(hashes.SHA256(), length, salt=None, info=purpose.encode()).derive(secret)


def write_key(path: Path, key: bytes) -> None:
    """Write a key that survives a power cut, for its owner's eyes; never over another one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(draft)  # unlike a rename, refuses to replace a file
    finally:
        draft.unlink()
    _sync_directory(path.parent)


def read_key(path: Path) -> bytes:
    """The key written there."""
    return path.read_bytes()


def destroy_key(path: Path) -> None:
    """Overwrite and remove a key; destroying it twice changes nothing."""
    try:
        file = path.open("r+b")
    except FileNotFoundError:
        return
    with file:
        file.write(secrets.token_bytes(os.fstat(file.fileno()).st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink(missing_ok=True)  # another process may be destroying it too
    _sync_directory(path.parent)


def _box_key(shared: bytes, ephemeral: bytes, public: bytes) -> bytes:
    info = b"consultation/seal" + ephemeral + public
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=info).derive(shared)


def _open(key: bytes, nonce: bytes, body: bytes) -> bytes:
    try:
        padded = ChaCha20Poly1305(key).decrypt(nonce, body, None)
    except (InvalidTag, ValueError) as error:
        raise CannotUnseal from error
    return padded.rstrip(b"\x00")[:-1]


def _padded(plaintext: bytes) -> bytes:
    needed = len(plaintext) + 1
    size = next((size for size in SIZES if needed <= size), -(-needed // SIZES[-1]) * SIZES[-1])
    return plaintext + b"\x80" + bytes(size - needed)


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
