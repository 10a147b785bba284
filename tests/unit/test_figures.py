"""Published figures move at the moments they are published, and not between."""

from __future__ import annotations

import secrets
from datetime import date

import pytest
import small
from conftest import Clock

from consultation.database import Database
from consultation.office.figures import about
from consultation.office.store import Campaigns, Figures


@pytest.fixture
def figures(office_database: Database, clock: Clock) -> Figures:
    Campaigns(office_database, clock).create(
        slug="essai",
        urn=secrets.token_bytes(16),
        definition=small.DEFINITION,
        lists=small.LISTS,
        opens=small.OPENS,
        closes=small.CLOSES,
        export_key=small.export_key().public,
        keys=small.public_keys(),
    )
    return Figures(office_database, clock)


def test_nothing_is_published_before_it_is(figures: Figures) -> None:
    published = figures.of("essai")

    assert published.figures == {}
    assert published.number("issued") is None
    assert published.day("issued") is None
    assert not published.complete


def test_what_is_published_last_is_what_is_read(figures: Figures, clock: Clock) -> None:
    figures.publish("essai", {"ballots": 50, "journal": "ab"})
    clock.advance(days=2)
    figures.publish("essai", {"ballots": 100})

    published = figures.of("essai")

    assert published.number("ballots") == 100
    assert published.day("ballots") == date(2024, 6, 12)
    assert published.day("journal") == date(2024, 6, 10)


def test_the_day_s_figures_are_published_once(figures: Figures, clock: Clock) -> None:
    assert figures.publish_daily("essai", lambda: {"issued": 1})
    clock.advance(hours=5)
    assert not figures.publish_daily("essai", lambda: {"issued": 2})
    assert figures.of("essai").number("issued") == 1

    clock.advance(hours=19)

    assert figures.publish_daily("essai", lambda: {"issued": 3})
    assert figures.of("essai").number("issued") == 3


def test_the_day_is_that_of_paris(figures: Figures, clock: Clock) -> None:
    clock.now = clock.now.replace(hour=21, minute=59)
    figures.publish_daily("essai", lambda: {"issued": 1})

    clock.advance(minutes=2)

    assert figures.publish_daily("essai", lambda: {"issued": 2})


def test_a_clock_that_goes_back_publishes_nothing(figures: Figures, clock: Clock) -> None:
    figures.publish_daily("essai", lambda: {"issued": 1})

    clock.advance(days=-1)

    assert not figures.publish_daily("essai", lambda: {"issued": 2})


def test_the_one_who_counted_second_writes_nothing(figures: Figures) -> None:
    def overtaken() -> dict[str, int]:
        figures.publish_daily("essai", lambda: {"issued": 1})
        return {"issued": 2}

    assert not figures.publish_daily("essai", overtaken)
    assert figures.of("essai").number("issued") == 1


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "moins de 11"), (10, "moins de 11"), (11, "environ 10"), (63, "environ 65")],
)
def test_a_count_is_rounded_as_long_as_ballots_may_come(count: int, said: str) -> None:
    assert about(count) == said
