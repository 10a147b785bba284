"""Bands of numbers: a table of every value given would be as long as the answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST_UNITS = 20
"""How many bands of one unit there may be."""


@dataclass(frozen=True, kw_only=True)
class Band:
    """The numbers from `low` to the next band."""

    low: float
    code: str
    label: str


def number_of(bands: Sequence[Band], value: float) -> int:
    """The number of the band that holds this value; the first one holds all that is lower."""
    found = 0
    for number, band in enumerate(bands):
        if band.low <= value:
            found = number
    return found
