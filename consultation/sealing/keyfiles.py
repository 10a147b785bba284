"""Key files: written durably, for their owner’s eyes, and overwritten when they are destroyed."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


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


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
