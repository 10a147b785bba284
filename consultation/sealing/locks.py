"""Boxes and files that open with the very key that closed them, and keys made from secrets."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from consultation.sealing.keys import CannotUnseal
from consultation.sealing.padding import padded, size_for, unpadded

KEY_BYTES = 32
NONCE_BYTES = 12


def lock(key: bytes, plaintext: bytes) -> bytes:
    """A box that `unlock` opens with the same 32-byte key, whatever the length."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    text = padded(plaintext, size_for(len(plaintext)))
    return nonce + ChaCha20Poly1305(key).encrypt(nonce, text, None)


def unlock(key: bytes, box: bytes) -> bytes:
    """What was locked; CannotUnseal for any other bytes."""
    try:
        text = ChaCha20Poly1305(key).decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], None)
    except (InvalidTag, ValueError) as error:
        raise CannotUnseal from error
    return unpadded(text)


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
