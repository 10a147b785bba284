"""Each territory works at its own hours, and rests on its own days."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.office.territories import EVERYWHERE, OPENS, territories, territory

ELSEWHERE = "D01"


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2024, 1, 1), "Jour de l’an"),
        (date(2024, 4, 1), "Lundi de Pâques"),
        (date(2024, 5, 1), "Fête du Travail"),
        (date(2024, 5, 8), "Fête de la Victoire"),
        (date(2024, 5, 9), "Ascension"),
        (date(2024, 5, 20), "Lundi de Pentecôte"),
        (date(2025, 7, 14), "Fête nationale"),
        (date(2024, 8, 15), "Assomption"),
        (date(2024, 11, 1), "Toussaint"),
        (date(2024, 11, 11), "Armistice"),
        (date(2024, 12, 25), "Noël"),
    ],
)
def test_the_whole_country_rests(day: date, name: str) -> None:
    for place in territories().values():
        assert place.day_off(day) == f"jour férié\u00a0: {name}"


@pytest.mark.parametrize(
    ("code", "day"),
    [
        ("D57", date(2024, 3, 29)),  # Good Friday
        ("D67", date(2024, 3, 29)),
        ("D68", date(2024, 12, 26)),
        ("D971", date(2024, 5, 27)),  # the end of slavery, each on its day
        ("D972", date(2024, 5, 22)),
        ("D973", date(2024, 6, 10)),
        ("D974", date(2024, 12, 20)),
        ("D976", date(2026, 4, 27)),
        ("D977", date(2024, 10, 9)),
        ("D978", date(2024, 5, 28)),
        ("D986", date(2025, 7, 29)),
        ("D987", date(2024, 3, 5)),
        ("D988", date(2024, 9, 24)),
    ],
)
def test_a_territory_rests_on_days_of_its_own(code: str, day: date) -> None:
    assert territory(code).day_off(day).startswith("jour férié")
    assert territory(ELSEWHERE).day_off(day) == ""
    assert EVERYWHERE.day_off(day) == ""


def test_two_holidays_on_one_day_are_both_told() -> None:
    off = EVERYWHERE.day_off(date(2008, 5, 1))

    assert off == "jour férié\u00a0: Ascension et Fête du Travail"


moments = st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1))  # noqa: DTZ001  # in each zone


@given(moments, st.sampled_from(sorted(territories())))
def test_the_next_opening_is_the_first_moment_at_which_people_work(
    local: datetime, code: str
) -> None:
    place = territory(code)
    moment = local.replace(tzinfo=place.zone)

    opening = place.next_opening(moment)

    assert place.is_open(opening)
    if place.is_open(moment):
        assert opening == moment
        return
    first = local.date().toordinal() + (local.hour >= OPENS)
    last = opening.astimezone(place.zone).date().toordinal()
    assert all(place.day_off(date.fromordinal(number)) for number in range(first, last))
