"""Two servers behind one PostgreSQL are one service, whichever of them dies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from storm import Releases, Tell, killing, storm, urls_of

from consultation.cli.running import gunicorn
from consultation.database import Database


@pytest.mark.only_on("postgresql")
@pytest.mark.timeout(900)
def test_each_step_may_be_served_by_another_server_and_both_may_die(
    tmp_path: Path, store: Callable[[str], Database], full: bool, tell: Tell
) -> None:
    people, kills, every = (200, 20, 1.2) if full else (30, 1, 0.5)
    with storm(
        tmp_path / "place",
        urls_of(store),
        people=people,
        servers=2,
        serving=lambda bind: gunicorn(bind, workers=1),
        losing=0.05,
    ) as besieged:
        with (
            Releases(besieged.environment),
            Releases(besieged.environment) as chores,
            killing(besieged, chores, every=every, most=kills),
        ):
            crowd = besieged.answer(people)

        besieged.check(crowd)
    tell(besieged.figures(crowd))
    assert besieged.kills > 0
    assert besieged.released > 0
