"""A database that goes away in the middle of requests is waited for, and loses nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
import running
from cluster import Cluster
from conftest import Clock
from sqlalchemy import select
from storm import Releases, Storm, Tell, storm, urls_of
from visitor import Visitor

from consultation.ballots.tables import airlock
from consultation.database import Database

UNAVAILABLE = 503


@pytest.fixture
def hurried(store: Callable[[str], Database]) -> Iterator[Callable[[str], Database]]:
    """The same stores, which wait a fifth of a second instead of ten."""
    with ExitStack() as cleaning:

        def opened(name: str) -> Database:
            url = store(name).url.render_as_string(hide_password=False)
            return cleaning.enter_context(closing(Database(url, patience=0.2)))

        yield opened


def test_a_store_that_another_writer_keeps_is_waited_for_then_the_agent_is_told(
    hurried: Callable[[str], Database], tmp_path: Path, clock: Clock
) -> None:
    keys = running.roll_keys(tmp_path / "roll-keys")
    platform = running.run(hurried, keys, clock, tmp_path / "keys")
    visitor = Visitor(platform.app).open("/q").fill({"code": platform.codes["agents"][0]})
    visitor.press("Commencer").fill({"fonction": "agent"}).press("suite")
    visitor.press("suite").press("suite")
    url, body = visitor.url, visitor.body

    with platform.box_store.write() as tx:
        tx.execute(select(airlock).with_for_update())
        visitor.press("Envoyer mes réponses", UNAVAILABLE)
    assert visitor.page.heading == "Le service est momentanément indisponible"
    assert "ne comptera qu’une fois" in visitor.body
    assert int(visitor.headers["Retry-After"]) > 0

    visitor.url, visitor.body = url, body  # the page reloaded, as it says
    visitor.press("Envoyer mes réponses")
    assert platform.urn.counts(platform.campaign).spent == 1


@pytest.mark.only_on("postgresql")
@pytest.mark.timeout(900)
def test_a_database_cut_off_then_stopped_is_waited_for_and_nothing_is_lost(
    tmp_path: Path,
    store: Callable[[str], Database],
    postgresql_cluster: Cluster,
    full: bool,
    tell: Tell,
) -> None:
    people, stops = (200, 8) if full else (30, 1)
    with storm(tmp_path / "place", urls_of(store), people=people) as besieged:
        with (
            Releases(besieged.environment) as chores,
            _losing(besieged, postgresql_cluster, stops) as cut,
        ):
            crowd = besieged.answer(people)

        besieged.check(crowd)
    tell({**besieged.figures(crowd), "sessions cut": sum(cut), "stops": stops})
    assert sum(cut) > 0
    assert besieged.wire.statuses[UNAVAILABLE] >= stops
    assert (besieged.restarts, chores.deaths) == (0, 0)


@contextmanager
def _losing(storm: Storm, cluster: Cluster, stops: int) -> Iterator[list[int]]:
    """Cut every session a few times, then stop the server until someone is refused; and again."""
    done, cut = threading.Event(), list[int]()

    def lose() -> None:
        for number in range(1, stops + 1):
            for _ in range(5):
                storm.wire.wait_for_an_answer(5)
                cut.append(cluster.end_every_session())
            cluster.stop()
            while storm.wire.statuses[UNAVAILABLE] < number and not done.wait(0.05):
                pass
            cluster.start()

    losing = threading.Thread(target=lose, daemon=True)
    losing.start()
    try:
        yield cut
    finally:
        done.set()
        losing.join()
