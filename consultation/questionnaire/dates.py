"""Dates as people give them: a day, a month and a year, or only as much of these as is asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from consultation.words import FIRST, FRENCH, MONTHS, words

Precision = Literal["day", "month", "year"]
Part = Literal["day", "month", "year"]

PARTS: Mapping[Precision, tuple[Part, ...]] = {
    "day": ("day", "month", "year"),
    "month": ("month", "year"),
    "year": ("year",),
}
"""What is asked for each precision, in the order in which it is asked."""

YEARS = (1900, 2099)
"""The first and the last year that may be given."""

_LENGTHS: Mapping[Precision, int] = {"day": 10, "month": 7, "year": 4}


def day_of(written: str) -> date | None:
    """The day written « 2024-06-28 », if the calendar has it."""
    try:
        day = date.fromisoformat(written)
    except ValueError:
        return None
    return day if day.isoformat() == written else None


def is_date(written: str, precision: Precision) -> bool:
    """Whether this is a date of that precision: « 2024-06-28 », « 2024-06 » or « 2024 »."""
    whole = len(written) == _LENGTHS[precision]
    return whole and day_of(written + "-01-01"[len(written) - 4 :]) is not None


def shorten(day: str, precision: Precision) -> str:
    """The date of a day, no more precise than that."""
    return day[: _LENGTHS[precision]]


def parts_of(written: str) -> Mapping[Part, str]:
    """What was typed to give this date."""
    numbers = written.split("-")
    names: tuple[Part, ...] = ("year", "month", "day")
    return {name: number.lstrip("0") for name, number in zip(names, numbers, strict=False)}


def show_date(written: str, language: str = FRENCH) -> str:
    """The date as it is read: « 28 juin 2024 », « juin 2024 », « 2024 »."""
    if not written:
        return written
    said = dict(parts_of(written))
    if "month" in said:
        said["month"] = words(MONTHS[int(said["month"]) - 1], language)
    if said.get("day") == "1":
        said["day"] = words(FIRST, language)
    return " ".join(said[name] for name in PARTS["day"] if name in said)
