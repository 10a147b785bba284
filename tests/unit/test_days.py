"""A day ends at midnight in Paris, and that end is told of that day."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.config import shipped
from consultation.days import end_of, start_of
from consultation.formatting import FILTERS, PARIS, end, weekday_fr
from consultation.terminal import Moment

NBSP = "\u00a0"
days = st.dates(date(1990, 1, 1), date(2100, 1, 1))


@given(days)
def test_a_day_ends_where_the_next_begins_and_is_told_of_itself(day: date) -> None:
    midnight = end_of(day)

    assert midnight == start_of(day + timedelta(days=1))
    assert (midnight - timedelta(microseconds=1)).date() == day
    assert timedelta(hours=23) <= midnight.astimezone(UTC) - start_of(day).astimezone(UTC)
    assert end(midnight.astimezone(UTC)) == f"{weekday_fr(day)} à minuit (heure de Paris)"


@pytest.mark.parametrize(
    ("written", "ends", "begins"),
    [
        ("2026-12-20", "2026-12-21T00:00+01:00", "2026-12-20T00:00+01:00"),
        ("20261220", "2026-12-21T00:00+01:00", "2026-12-20T00:00+01:00"),
        ("2026-12-31", "2027-01-01T00:00+01:00", "2026-12-31T00:00+01:00"),
        ("2026-10-25", "2026-10-26T00:00+01:00", "2026-10-25T00:00+02:00"),  # 25 hours
        ("2027-03-28", "2027-03-29T00:00+02:00", "2027-03-28T00:00+01:00"),  # 23 hours
        ("2028-02-28", "2028-02-29T00:00+01:00", "2028-02-28T00:00+01:00"),
        ("2026-12-20 24:00", "2026-12-21T00:00+01:00", "2026-12-21T00:00+01:00"),
        ("2026-12-20 00:00", "2026-12-20T00:00+01:00", "2026-12-20T00:00+01:00"),
        ("2026-12-20 18:00", "2026-12-20T18:00+01:00", "2026-12-20T18:00+01:00"),
        ("2026-06-20T18", "2026-06-20T18:00+02:00", "2026-06-20T18:00+02:00"),
        ("2026-12-20T18:00Z", "2026-12-20T18:00+00:00", "2026-12-20T18:00+00:00"),
    ],
)
def test_a_day_alone_is_whole_and_an_hour_is_an_hour(written: str, ends: str, begins: str) -> None:
    assert Moment(ends=True).convert(written, None, None) == datetime.fromisoformat(ends)
    assert Moment().convert(written, None, None) == datetime.fromisoformat(begins)


NO_DATES = ("", "demain", "20/12/2026", "2026-12-20+01:00", "2026-12-20x18:00", "2026-13-01")
NO_MOMENTS = ("2026-12-20 ?", "2026-12-20 25:00", "9999-12-31", "0001-01-01")


@pytest.mark.parametrize("written", [*NO_DATES, *NO_MOMENTS])
def test_what_is_no_date_is_told(written: str) -> None:
    with pytest.raises(click.BadParameter, match="n’est pas une date"):
        Moment(ends=written > "2000").convert(written, None, None)


def test_an_end_is_told_in_both_languages_and_where_it_is_another_hour() -> None:
    midnight = end_of(date(2026, 12, 20))
    french = dict(reversed(line) for line in FILTERS["fr"]["overseas_end"](midnight))
    english = dict(reversed(line) for line in FILTERS["en"]["overseas_end"](midnight))

    assert end(midnight) == "dimanche 20 décembre 2026 à minuit (heure de Paris)"
    assert end(midnight, "en") == "Sunday 20 December 2026 at midnight (Paris time)"
    assert french["Polynésie française (Tahiti)"] == f"dimanche 20 décembre 2026 à 13{NBSP}h"
    assert french["La Réunion"] == f"lundi 21 décembre 2026 à 3{NBSP}h"
    assert english["Nouvelle-Calédonie"] == "Monday 21 December 2026 at 10:00"
    # In summer it is midnight in Mayotte an hour before.
    late = datetime(2026, 6, 20, 23, 0, tzinfo=PARIS)
    there = dict(reversed(line) for line in FILTERS["fr"]["overseas_end"](late))
    assert there["Mayotte"] == "samedi 20 juin 2026 à minuit"
    assert end(late) == f"samedi 20 juin 2026 à 23{NBSP}h (heure de Paris)"


def test_every_page_tells_a_closing_as_an_end() -> None:
    pages = [path.read_text("utf-8") for path in shipped("templates").rglob("*.html")]
    told = [found for page in pages for found in re.findall(r"(?:closes|until) *\| *(\w+)", page)]

    assert len(told) >= 8
    assert set(told) == {"end", "overseas_end"}
