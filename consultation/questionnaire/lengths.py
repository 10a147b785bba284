"""How many bytes answers take where they are stored, as JSON without spaces, in UTF-8."""

from __future__ import annotations

import json
from collections.abc import Iterable

_BYTES_A_CHARACTER = 2  # accents have two; an « e » leaves room for a sign that has three


def written(value: str | float) -> int:
    """A code, or a number."""
    return len(json.dumps(value, ensure_ascii=False).encode())


def longest(values: Iterable[str | float]) -> int:
    """The longest of them; 0 when there are none."""
    return max(map(written, values), default=0)


def listed(values: Iterable[str], most: int) -> int:
    """The longest list of so many of them."""
    lengths = sorted(map(written, values), reverse=True)[:most]
    return len("[]") + sum(length + len(",") for length in lengths)


def text(characters: int) -> int:
    """So many characters, at two bytes each."""
    return len('""') + _BYTES_A_CHARACTER * characters


def named(name: str, value: int) -> int:
    """A value of this length under its name, in an object."""
    return written(name) + len(":,") + value
