"""The hour, and when a day begins and ends: at midnight in Paris, wherever people are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from consultation.formatting import PARIS


@dataclass(frozen=True)
class Clock:
    """What tells an application the hour, aware of its zone."""

    read: Callable[[], datetime]

    def __call__(self) -> datetime:
        return self.read()

    def today(self) -> date:
        """The day it is in Paris."""
        return self.read().astimezone(PARIS).date()


def start_of(day: date) -> datetime:
    """The first moment of this day."""
    return datetime.combine(day, time(), PARIS)


def end_of(day: date) -> datetime:
    """The first moment after this day, 23 to 25 hours after it began."""
    return start_of(day + timedelta(days=1))
