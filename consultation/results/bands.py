"""Bands of numbers: a table of every value given would be as long as the answers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from consultation.questionnaire.dates import YEARS, shorten
from consultation.questionnaire.model import Date, Number
from consultation.questionnaire.numerals import canonical, show_number

MOST_UNITS = 20
WIDE_BANDS = 10
LADDER = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)


@dataclass(frozen=True, kw_only=True)
class Band:
    """The numbers from `low` to the next band."""

    low: float
    code: str
    label: str


def bands_of(question: Number | Date) -> tuple[Band, ...]:
    """The bands of this question, from its bounds: drawn from the answers, they would tell some.

    Those of a date are years or decades.
    """
    if isinstance(question, Date):
        return tuple(_year_bands(question))
    lows = list(_lows(question.min, question.max))
    ends = [*(high for _, high in pairwise(lows)), None]
    return tuple(
        Band(low=low, code=_code(low), label=_label(question, low, high))
        for low, high in zip(lows, ends, strict=True)
    )


def number_of(bands: Sequence[Band], value: float) -> int:
    """The number of the band that holds this value; the first one holds all that is lower."""
    found = 0
    for number, band in enumerate(bands):
        if band.low <= value:
            found = number
    return found


def _year_bands(date: Date) -> Iterator[Band]:
    """Years, or decades when there are many."""
    first, last = (
        int(shorten(bound, "year")) if bound else usual
        for bound, usual in zip((date.min, date.max), YEARS, strict=True)
    )
    step = 1 if last - first <= MOST_UNITS else 10
    for low in range(first - first % step, last + 1, step):
        label = str(low) if step == 1 else f"de {low} à {low + step - 1}"
        yield Band(low=low, code=str(low), label=label)


def _lows(low: float | None, high: float | None) -> Iterator[float]:
    if low is None or high is None:
        yield -math.inf if low is None else low
        yield from (
            one for one in LADDER if (low is None or one > low) and (high is None or one <= high)
        )
        return
    step = 1 if high - low <= MOST_UNITS else math.ceil((high - low) / WIDE_BANDS)
    edge = low
    while edge <= high and (edge < high or step == 1 or edge == low):
        yield edge
        edge = math.floor(edge) + step


def _code(low: float) -> str:
    return "min" if low == -math.inf else str(canonical(low)).replace(".", "_")


def _label(question: Number, low: float, high: float | None) -> str:
    last = question.max if high is None else high
    if low == -math.inf and high is not None:
        return f"moins de {show_number(high)}"
    if low == -math.inf:
        return f"{show_number(last)} et moins" if last is not None else "tous"
    if last is None:
        return f"{show_number(low)} et plus"
    alone = last == low if high is None else high - low == 1 and not question.decimals
    if alone:
        return show_number(low)
    return f"de {show_number(low)} à {'' if high is None else 'moins de '}{show_number(last)}"
