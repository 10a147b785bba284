"""When a day begins and ends: at midnight in Paris, wherever people are."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from consultation.formatting import PARIS


def start_of(day: date) -> datetime:
    """The first moment of this day."""
    return datetime.combine(day, time(), PARIS)


def end_of(day: date) -> datetime:
    """The first moment after this day, 23 to 25 hours after it began."""
    return start_of(day + timedelta(days=1))
