"""The chores that nobody has to remember, and that may be done twice."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import CLOSES, Shell, agree, let_an_hour_pass, open_to, prepare, shell
from conftest import Clock
from sqlalchemy import Table, delete, insert, select
from voting import vote

from consultation.ballots.tables import metadata
from consultation.database import Database, Stores
from consultation.office.figures import Published
from consultation.office.store import Campaigns, Figures, Journal
from consultation.parts import Parts
from consultation.results.cubes import Cubes
from consultation.results.extracting import Extracting
from consultation.results.formats import Wanted
from consultation.results.store import Extraction, Extractions

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(store: Callable[[str], Database], tmp_path: Path, clock: Clock) -> Iterator[Shell]:
    with shell(store, tmp_path, clock) as made:
        yield made


@pytest.fixture
def parts(run: Shell) -> Parts:
    return run.app().parts


@pytest.fixture
def slug(run: Shell, tmp_path: Path) -> str:
    """A campaign open to a hundred and twenty agents."""
    open_to(run, tmp_path, 120, closes=CLOSES)
    return "essai"


@pytest.fixture
def published(parts: Parts, slug: str) -> Callable[[], Published]:
    return lambda: parts[Figures].of(slug)


def figures(said: str) -> dict[str, int]:
    lines = [line.rsplit(maxsplit=1) for line in said.splitlines() if line.startswith("  ")]
    return {name.strip(): int(number) for name, number in lines}


def test_ballots_are_released_when_enough_wait_and_their_number_is_published(
    run: Shell, slug: str, parts: Parts, published: Callable[[], Published]
) -> None:
    vote(parts, slug, 99)
    assert figures(run("worker", "--once"))["bulletins libérés"] == 0
    assert published().number("ballots") is None
    vote(parts, slug, 1)

    assert figures(run("worker", "--once"))["bulletins libérés"] == 50
    assert figures(run("worker", "--once"))["bulletins libérés"] == 0

    assert published().number("ballots") == 50


def test_counts_are_published_at_the_opening_then_once_a_day(
    run: Shell, slug: str, parts: Parts, published: Callable[[], Published], clock: Clock
) -> None:
    assert (published().number("invited"), published().number("issued")) == (120, 0)
    vote(parts, slug, 3)

    assert figures(run("worker", "--once"))["consultations mises à jour"] == 0
    assert published().number("issued") == 0

    clock.advance(days=1)
    assert figures(run("worker", "--once"))["consultations mises à jour"] == 1
    assert published().number("issued") == 3
    assert "spent" not in published().figures


def test_a_campaign_whose_grace_is_over_is_closed(
    run: Shell, slug: str, parts: Parts, published: Callable[[], Published], clock: Clock
) -> None:
    vote(parts, slug, 3)
    clock.now = parts[Campaigns].get(slug).closes
    assert figures(run("worker", "--once"))["consultations closes"] == 0
    clock.advance(hours=48)

    assert figures(run("worker", "--once"))["consultations closes"] == 1
    assert figures(run("worker", "--once"))["consultations closes"] == 0

    assert "état           close" in run("campaign", "status", slug)
    assert (published().number("spent"), published().number("ballots")) == (3, 3)
    assert not any(Path(run.environment["KEYS_DIRECTORY"], "roll", slug).glob("*"))


def test_an_end_that_was_interrupted_is_finished(
    run: Shell, slug: str, parts: Parts, published: Callable[[], Published], clock: Clock
) -> None:
    vote(parts, slug, 2)
    parts[Campaigns].start_closing(slug, clock())
    parts[Campaigns].finish_closing(slug)  # and the process dies

    assert figures(run("worker", "--once"))["consultations closes"] == 1
    assert published().complete


def test_the_grace_given_at_a_closing_is_waited_for(
    run: Shell, slug: str, published: Callable[[], Published], clock: Clock
) -> None:
    agree(run, slug, "early-closing")
    run("campaign", "close", slug, "--grace", "3j")
    clock.advance(days=2, hours=23)
    assert figures(run("worker", "--once"))["consultations closes"] == 0

    clock.advance(hours=1)

    assert figures(run("worker", "--once"))["consultations closes"] == 1


def test_each_side_does_its_own_chores(
    run: Shell, slug: str, parts: Parts, published: Callable[[], Published], clock: Clock
) -> None:
    vote(parts, slug, 100)
    clock.advance(days=1)

    run.move_to("roll")
    assert figures(run("worker", "--once"))["bulletins libérés"] == 0
    assert published().number("issued") == 100

    run.move_to("urn")
    assert figures(run("worker", "--once"))["bulletins libérés"] == 50


def test_what_fails_is_told_and_does_not_stop_the_rest(
    run: Shell, slug: str, parts: Parts, clock: Clock
) -> None:
    vote(parts, slug, 100)
    clock.advance(days=1)
    [key] = Path(run.environment["KEYS_DIRECTORY"], "box").glob("*/airlock-*")
    key.rename(key.with_suffix(".away"))

    said = run("worker", "--once", code=4)

    assert figures(said)["bulletins libérés"] == 0
    assert figures(said)["consultations mises à jour"] == 1
    assert "tâches échouées : 1" in said


@pytest.mark.parametrize("files", ["box/*/airlock-*.key", "results/*/export.key"])
def test_a_damaged_key_stops_its_chores_and_no_other(
    run: Shell, slug: str, parts: dict, clock: Clock, files: str
) -> None:
    vote(parts, slug, 100)
    clock.advance(days=1)
    for key in Path(run.environment["KEYS_DIRECTORY"]).glob(files):
        key.write_bytes(key.read_bytes()[:20])

    said = run("worker", "--once", code=4)

    assert figures(said)["consultations mises à jour"] == 1
    assert "tâches échouées" in said


def test_a_store_that_is_away_is_asked_again_later(run: Shell) -> None:
    run.environment["OFFICE_DATABASE_URL"] = "postgresql+psycopg://nobody@127.0.0.1:1/x"

    assert "Relancez plus tard" in run("worker", "--once", code=4)


def test_a_campaign_in_preparation_has_no_chore(run: Shell, tmp_path: Path) -> None:
    prepare(run, tmp_path, closes=CLOSES)

    assert set(figures(run("worker", "--once")).values()) == {0}


def test_a_worker_told_to_stop_ends_cleanly(run: Shell) -> None:
    environment = os.environ | run.environment | {"WORKER_EVERY": "3600", "LOG_LEVEL": "INFO"}
    working = subprocess.Popen(
        [sys.executable, "-m", "consultation", "worker"],
        env=environment | {"PYTHONPATH": str(ROOT), "SECRET_KEY": secrets.token_hex(32)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert working.stderr is not None
    assert "round" in working.stderr.readline()

    started = time.monotonic()
    working.send_signal(signal.SIGTERM)

    assert working.wait(timeout=30) == 0
    assert working.stderr.read() == ""
    assert time.monotonic() - started < 10
    working.stderr.close()


@pytest.mark.long
def test_what_was_released_is_counted_where_the_export_key_is(
    run: Shell, slug: str, parts: Parts
) -> None:
    vote(parts, slug, 100)
    assert figures(run("worker", "--once"))["consultations comptées"] == 1
    assert figures(run("worker", "--once"))["consultations comptées"] == 0
    vote(parts, slug, 20)
    assert figures(run("worker", "--once"))["consultations comptées"] == 0

    cube = parts[Cubes].get(parts[Campaigns].get(slug))

    assert cube.ballots == sum(cube.counts("tt")) == 50


def test_files_asked_for_are_made_then_deleted_a_day_later(
    run: Shell, slug: str, parts: Parts, clock: Clock, tmp_path: Path
) -> None:
    vote(parts, slug, 12)
    clock.now = parts[Campaigns].get(slug).closes
    clock.advance(hours=48)
    run("worker", "--once")
    asked = Extraction(
        id=bytes(16),
        campaign=slug,
        login="ana",
        purpose="rapport",
        wanted=Wanted(),
        asked_at=clock(),
        state="asked",
        reason="",
    )
    Extractions(parts[Stores]["office"]).ask(asked)

    run("worker", "--once")

    made = parts[Extracting].get(slug, asked.id, "ana")
    assert parts[Extracting].files(made).manifest.rows_out == 12
    clock.advance(days=1)
    run("worker", "--once")
    assert not list((tmp_path / "keys/results" / slug / "extractions").iterdir())

    archive = tmp_path / "export.zip"
    said = run("export", slug, archive, "--format", "parquet", "--purpose", "essai")
    assert said.splitlines()[-1] == str(archive)
    with zipfile.ZipFile(archive) as content:
        assert f"{slug}/microdata.parquet" in content.namelist()
    assert "dossier vide" in run("export", slug, archive, code=1)


def test_a_clock_a_month_ahead_for_a_minute_ends_nothing(
    run: Shell, slug: str, parts: Parts, clock: Clock
) -> None:
    vote(parts, slug, 3)
    run("worker", "--once")
    files = airlock_keys(run)

    clock.advance(days=30)
    said = run("worker", "--once")
    assert figures(said)["consultations closes"] == 0
    assert "en cours de clôture" in run("campaign", "status", slug)
    clock.advance(days=-30, minutes=1)
    run("worker", "--once")

    assert "état           ouverte" in run("campaign", "status", slug)
    assert airlock_keys(run) == files
    vote(parts, slug, 1)
    assert "Le compte est juste" in run("ballots", "verify", slug)


def test_an_end_that_no_round_has_seen_coming_waits_for_a_person(
    run: Shell, slug: str, parts: Parts, published: Callable[[], Published], clock: Clock
) -> None:
    vote(parts, slug, 3)
    run("worker", "--once")
    clock.now = parts[Campaigns].get(slug).closes
    clock.advance(days=5)
    for _ in range(3):
        assert figures(run("worker", "--once"))["consultations closes"] == 0
        clock.advance(hours=20)
    assert "en cours de clôture, à confirmer" in run("campaign", "status", slug)
    assert f"campaign close {slug} --confirm" in run("campaign", "close", slug, code=1)
    assert not published().complete

    assert "bulletins            3" in run("campaign", "close", slug, "--confirm")

    assert published().complete
    assert "heure confirmée" in [one.action for one in parts[Journal].entries()]


def test_an_end_seen_coming_needs_nobody(run: Shell, slug: str, parts: Parts, clock: Clock) -> None:
    clock.now = parts[Campaigns].get(slug).last_moment
    clock.advance(hours=-3)
    closed = []
    for _ in range(4):
        closed.append(figures(run("worker", "--once"))["consultations closes"])
        clock.advance(hours=1)

    assert closed == [0, 0, 0, 1]


def test_figures_go_on_after_a_clock_that_leapt(
    run: Shell, slug: str, parts: Parts, published: Callable[[], Published], clock: Clock
) -> None:
    clock.advance(days=10)
    run("worker", "--once")
    clock.advance(days=-9)
    vote(parts, slug, 2)

    assert figures(run("worker", "--once"))["consultations mises à jour"] == 1

    assert published().number("issued") == 2


def test_the_key_is_destroyed_an_hour_after_the_closing(
    run: Shell, slug: str, parts: Parts, clock: Clock
) -> None:
    vote(parts, slug, 3)
    clock.now = parts[Campaigns].get(slug).last_moment
    run("worker", "--once")
    assert airlock_keys(run)

    let_an_hour_pass(run, slug, clock)

    assert not airlock_keys(run)


@pytest.mark.long
def test_a_snapshot_of_less_than_an_hour_put_back_is_readable(
    run: Shell, slug: str, parts: Parts, clock: Clock, tmp_path: Path
) -> None:
    vote(parts, slug, 99)
    taken = everything_in(parts[Stores]["box"])
    vote(parts, slug, 1)
    run("ballots", "release", slug)
    for _ in range(5):
        clock.advance(minutes=11)
        vote(parts, slug, 3)
        run("worker", "--once")
        run("database", "backup", tmp_path / f"{clock.now:%H%M}")

    put_back(parts[Stores]["box"], taken)

    assert figures(run("ballots", "status", slug))["dans le sas"] == 99
    assert "Le compte est juste" in run("ballots", "verify", slug)
    vote(parts, slug, 1)
    assert figures(run("worker", "--once"))["bulletins libérés"] == 50
    assert "Le compte est juste" in run("ballots", "verify", slug)


def airlock_keys(run: Shell) -> set[Path]:
    return set(Path(run.environment["KEYS_DIRECTORY"], "box").glob("*/airlock-*.key"))


def everything_in(box: Database) -> dict[Table, list[dict[str, object]]]:
    """What a snapshot of this base holds."""
    with box.read() as connection:
        return {
            table: [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in metadata.sorted_tables
        }


def put_back(box: Database, taken: dict[Table, list[dict[str, object]]]) -> None:
    with box.write() as tx:
        for table, rows in taken.items():
            tx.execute(delete(table))
            if rows:
                tx.execute(insert(table), rows)
