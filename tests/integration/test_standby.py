"""A server that copies the urn’s and takes its place, however late it was: every ballot opens."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cluster import BIN, Cluster, Standby
from commands import CLOSES, Shell, let_an_hour_pass, open_to, shell
from conftest import Clock
from sqlalchemy import make_url
from voting import vote

from consultation.database import Database
from consultation.office.store import Campaigns, Journal

SLUG = "essai"
POOL = 50
pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]


@pytest.fixture
def primary() -> Iterator[Cluster]:
    if not (BIN / "initdb").exists():
        pytest.skip(f"{BIN} has no PostgreSQL server")
    with Cluster() as cluster:
        cluster.run("CREATE DATABASE box")
        yield cluster


def box_of(cluster: Cluster, role: str = "postgres") -> str:
    there = make_url(cluster.url).set(database="box", username=role)
    return there.render_as_string(hide_password=False)


@pytest.fixture
def run(
    store: Callable[[str], Database], primary: Cluster, tmp_path: Path, clock: Clock
) -> Iterator[Shell]:
    """Open, the box alone on the server that has standbys."""
    with shell(store, tmp_path, clock) as made:
        made.environment["BOX_DATABASE_URL"] = box_of(primary)
        made("database", "migrate")
        open_to(made, tmp_path, 2 * POOL + 30, closes=CLOSES)
        yield made


def rounds(run: Shell, clock: Clock, *, hours: int) -> None:
    """The worker makes its rounds."""
    for _ in range(hours):
        let_an_hour_pass(run, SLUG, clock)


def keys(run: Shell) -> set[Path]:
    return set(Path(run.environment["KEYS_DIRECTORY"], "box").glob("*/airlock-*.key"))


def until(true: Callable[[], bool]) -> None:
    """Wait for what a server is about to do."""
    limit = time.monotonic() + 60
    while not true():
        assert time.monotonic() < limit
        time.sleep(0.05)


def seen(run: Shell, name: str) -> bool:
    """Whether the primary sees this standby at work, with all that was written."""
    with closing(Database(run.environment["BOX_DATABASE_URL"])) as box, box.read() as connection:
        query = (
            "SELECT count(*) FROM pg_stat_replication r JOIN pg_replication_slots s "
            "ON s.active_pid = r.pid WHERE slot_name = %s AND flush_lsn = pg_current_wal_lsn()"
        )
        return bool(connection.exec_driver_sql(query, (name,)).scalar())


def test_a_standby_cut_off_before_a_release_takes_over_and_every_ballot_opens(
    run: Shell, primary: Cluster, clock: Clock
) -> None:
    parts = run.app().parts
    with Standby(primary, "relais") as standby:
        vote(parts, SLUG, 2 * POOL - 1)
        until(lambda: seen(run, "relais"))
        run("worker", "--once")
        standby.cut_off()
        until(lambda: not seen(run, "relais"))
        [needed] = keys(run)
        vote(parts, SLUG, 1)
        assert "bulletins libérés           50" in run("worker", "--once")
        rounds(run, clock, hours=3)
        run("ballots", "release", SLUG)
        run("database", "backup", Path(run.environment["CONSULTATION_DATA"], "copy"))
        rounds(run, clock, hours=3)
        assert needed in keys(run)

        primary.stop()
        standby.promote()
        run.environment["BOX_DATABASE_URL"] = box_of(standby)
        run("worker", "--once")
        parts = run.app().parts
        assert "dans le sas           99" in run("ballots", "status", SLUG)
        vote(parts, SLUG, 6)
        assert "Le compte est juste" in run("ballots", "verify", SLUG)
        clock.now = parts[Campaigns].get(SLUG).closes
        clock.advance(hours=48)
        assert "bulletins            105" in run("campaign", "close", SLUG, "--confirm")
        run.close()
    primary.start()


def test_a_late_standby_is_waited_for_then_told_then_given_up(
    run: Shell, primary: Cluster, clock: Clock
) -> None:
    parts = run.app().parts
    vote(parts, SLUG, 2 * POOL)
    with Standby(primary, "relais", "recovery_min_apply_delay=1h"):
        until(lambda: seen(run, "relais"))
        run("worker", "--once")
        rounds(run, clock, hours=23)
        assert len(keys(run)) == 2
        run("ballots", "status", SLUG)

        rounds(run, clock, hours=2)

        for command in (("ballots", "status", SLUG), ("campaign", "status")):
            assert "Le serveur de secours relais n’a pas rejoué" in run(*command, code=1)
        assert "ballots stop-waiting relais" in run("doctor", code=2)
        assert "inconnu" in run("ballots", "stop-waiting", "autre", code=1)
        run("ballots", "stop-waiting", "relais")
        run("worker", "--once")
        assert len(keys(run)) == 1
        run("ballots", "status", SLUG)
        last = parts[Journal].last()
        assert (last.action, last.detail) == ("serveur de secours abandonné", "relais")
        run.close()


def test_a_key_goes_after_an_hour_once_every_standby_has_replayed(
    run: Shell, primary: Cluster, clock: Clock
) -> None:
    primary.run("CREATE ROLE depouillement LOGIN")
    primary.run("GRANT pg_read_all_data, pg_write_all_data TO depouillement")
    parts = run.app().parts
    vote(parts, SLUG, 2 * POOL)
    with Standby(primary, "relais"):
        until(lambda: seen(run, "relais"))
        run.environment["BOX_DATABASE_URL"] = box_of(primary, "depouillement")
        run("worker", "--once")
        rounds(run, clock, hours=25)
        assert len(keys(run)) == 2  # this role sees that there is a standby, and not how far it is
        assert "GRANT pg_read_all_stats" in run("doctor", code=2)
        primary.run("GRANT pg_read_all_stats TO depouillement")
        primary.run("CREATE TABLE more AS SELECT 1")  # the journal goes on
        until(lambda: seen(run, "relais"))

        rounds(run, clock, hours=1)

        assert len(keys(run)) == 1
        run.close()
