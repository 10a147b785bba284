"""A server killed while agents answer loses nothing and counts nothing twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from storm import Releases, Tell, killing, storm, urls_of

from consultation.database import Database


@pytest.mark.long
@pytest.mark.timeout(900)
def test_kill_9_while_everyone_answers_and_ballots_are_released(
    tmp_path: Path,
    store: Callable[[str], Database],
    full: bool,
    tell: Tell,
) -> None:
    people, kills, every = (200, 20, 1.2) if full else (30, 1, 0.5)
    with storm(tmp_path / "place", urls_of(store), people=people, losing=0.05) as besieged:
        with (
            Releases(besieged.environment) as chores,
            killing(besieged, chores, every=every, most=kills),
        ):
            crowd = besieged.answer(people)

        besieged.check(crowd)
    tell(besieged.figures(crowd))
    assert besieged.kills >= (10 if full else 1)
    assert besieged.released > 0
