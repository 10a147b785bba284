"""Texts made as long as one another before they are sealed, so that a length says nothing."""

from __future__ import annotations

SIZES = tuple(size * 1024 for size in (1, 4, 16, 64))
LONGEST = SIZES[-1] - 1


class TooLong(ValueError):
    """The text is longer than its box."""


def padded(text: bytes, size: int) -> bytes:
    """The text, made `size` bytes long; TooLong when it has as many already, or more."""
    if len(text) >= size:
        raise TooLong(f"{len(text)} bytes do not fit in {size}")
    return text + b"\x80" + bytes(size - len(text) - 1)


def unpadded(text: bytes) -> bytes:
    """What `padded` was given."""
    return text.rstrip(b"\x00")[:-1]


def size_for(length: int) -> int:
    """What hides a text of this length: 1, 4, 16 or 64 KiB, or multiples of the last."""
    needed = length + 1
    return next((size for size in SIZES if needed <= size), -(-needed // SIZES[-1]) * SIZES[-1])
