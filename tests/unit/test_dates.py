"""Dates, as precise as what is asked and no more."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.questionnaire.dates import (
    PARTS,
    Precision,
    is_date,
    parts_of,
    shorten,
    show_date,
)


@pytest.mark.parametrize(
    ("written", "said", "in_english"),
    [
        ("2024-06-28", "28 juin 2024", "28 June 2024"),
        ("2024-08-01", "1er août 2024", "1 August 2024"),
        ("2024-12", "décembre 2024", "December 2024"),
        ("2024", "2024", "2024"),
        ("", "", ""),
    ],
)
def test_a_date_is_said_in_the_platform_s_languages(
    written: str, said: str, in_english: str
) -> None:
    assert show_date(written) == show_date(written, "br") == said
    assert show_date(written, "en") == in_english


@pytest.mark.parametrize(
    ("written", "precision"),
    [
        ("2024-06", "day"),
        ("2024-06-28", "month"),
        ("2024-13", "month"),
        ("2024-02-30", "day"),
        ("20240628", "day"),
        ("2024-W26", "day"),
        ("an 4", "year"),
        ("", "year"),
    ],
)
def test_what_is_not_a_date_of_that_precision(written: str, precision: Precision) -> None:
    assert not is_date(written, precision)


@given(st.dates(min_value=date(1000, 1, 1)), st.sampled_from(sorted(PARTS)))
def test_a_day_shortened_is_a_date_and_has_just_the_parts_asked(
    day: date, precision: Precision
) -> None:
    written = shorten(day.isoformat(), precision)

    assert is_date(written, precision)
    assert set(parts_of(written)) == set(PARTS[precision])
    assert all(str(int(part)) == part for part in parts_of(written).values())
