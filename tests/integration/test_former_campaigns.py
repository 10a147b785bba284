"""A campaign created before HPKE was adopted goes on as it was made, to its last file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import CLOSES, Shell, open_to, shell
from conftest import Clock
from sqlalchemy import Connection, func, insert, select, update
from voting import vote

from consultation.ballots.keys import BoxKeys
from consultation.ballots.tables import airlock, ballot, inbox, spent
from consultation.config import Settings
from consultation.database import Database, Stores
from consultation.office.store import Campaigns
from consultation.office.tables import campaign
from consultation.parts import Parts
from consultation.sealing import sealing_key

PAST = json.loads((Path(__file__).parents[1] / "unit/vectors/former_boxes.json").read_text())
SLUG = "essai"
FORMER_PUBLIC = 32
FORMER_BOX = 1024 + 48
NEW_PUBLIC, NEW_EXPORT = 65, 1216
EVERY_BOX = 8 * 1024
AROUND_WAITING, AROUND_RELEASED = 2 * 81 + 128, 1136


@pytest.fixture
def run(store: Callable[[str], Database], tmp_path: Path, clock: Clock) -> Iterator[Shell]:
    with shell(store, tmp_path, clock) as made:
        open_to(made, tmp_path, 130, closes=CLOSES)
        yield made


@pytest.fixture
def parts(run: Shell) -> Parts:
    return run.app().parts


@pytest.fixture
def former(run: Shell, parts: Parts) -> Parts:
    """As the version before has left it: its keys, three ballots that wait, two in the urn."""
    keys, stores = parts[Settings].keys, parts[Stores]
    urn = parts[Campaigns].get(SLUG).urn
    public, export = (bytes.fromhex(PAST[name]["public"]) for name in ("airlock", "export"))
    for path in keys.glob("box/*/airlock-*.key"):
        path.unlink()
    BoxKeys(keys).path(urn, public).write_bytes(bytes.fromhex(PAST["airlock"]["private"]))
    (keys / "results" / SLUG / "export.key").write_bytes(bytes.fromhex(PAST["export"]["private"]))
    with stores["office"].write() as tx:
        tx.execute(update(campaign).values(box_size=None, export_key=export))
    with stores["box"].write() as tx:
        tx.execute(update(airlock).values(public=public))
        for table, boxes in ((inbox, PAST["waiting"]), (ballot, PAST["released"])):
            for number, one in enumerate(boxes):
                row = {"id": bytes([number] * 16), "urn": urn, "sealed": bytes.fromhex(one["box"])}
                tx.execute(insert(table).values(row))
                used = table.name.encode().ljust(31) + bytes([number])
                tx.execute(insert(spent).values(nullifier=used, urn=urn))
    with stores["roll"].write() as tx:  # the roll had issued these five
        tx.exec_driver_sql("UPDATE invitation SET state = 1 WHERE id IN "
                           "(SELECT id FROM invitation WHERE state = 0 LIMIT 5)")  # fmt: skip
    run("worker", "--once")
    return parts


def sizes(parts: Parts) -> dict[str, set[int]]:
    """How long the boxes of each table are, and the airlock's public key."""

    def lengths(connection: Connection, column: object) -> set[int]:
        return set(connection.scalars(select(func.length(column))))

    with parts[Stores]["box"].read() as connection:
        return {
            "inbox": lengths(connection, inbox.c.sealed),
            "ballot": lengths(connection, ballot.c.sealed),
            "airlock": lengths(connection, airlock.c.public),
        }


def close(run: Shell, parts: Parts, clock: Clock) -> str:
    clock.now = parts[Campaigns].get(SLUG).closes
    clock.advance(hours=48)
    return run("campaign", "close", SLUG)


def test_a_former_campaign_goes_on_as_it_was_made_to_its_last_file(
    run: Shell, former: Parts, tmp_path: Path, clock: Clock
) -> None:
    vote(former, SLUG, 100)

    run("ballots", "release", SLUG)
    vote(former, SLUG, 1)

    assert sizes(former) == {
        "inbox": {FORMER_BOX}, "ballot": {FORMER_BOX}, "airlock": {FORMER_PUBLIC}
    }  # fmt: skip
    assert "Le compte est juste" in run("ballots", "verify", SLUG)
    assert "bulletins            106" in close(run, former, clock)
    assert sizes(former)["ballot"] == {FORMER_BOX}
    run("export", SLUG, tmp_path / "export")
    manifest = json.loads((tmp_path / "export/manifest.json").read_text("utf-8"))
    assert (manifest["rows_in"], manifest["unreadable"]) == (106, 0)


def test_a_former_copy_is_restored_and_opens(
    run: Shell, former: Parts, tmp_path: Path, clock: Clock
) -> None:
    vote(former, SLUG, 2)
    run("database", "backup", tmp_path / "copies")

    with former[Stores]["box"].write() as tx:
        for table in (airlock, inbox, ballot, spent):
            tx.execute(table.delete())
    said = run("database", "restore", tmp_path / "copies", "--store", "box")

    assert "bulletins du sas qui s’ouvrent  5" in said
    assert "bulletins            7" in close(run, former, clock)


def test_another_campaign_is_sealed_by_hpke_in_one_size(
    run: Shell, parts: Parts, tmp_path: Path
) -> None:
    vote(parts, SLUG, 102)

    run("ballots", "release", SLUG)

    keys = parts[Settings].keys
    made = parts[Campaigns].get(SLUG)
    assert made.box_size == EVERY_BOX
    assert len(made.export_key) == NEW_EXPORT
    assert sizes(parts) == {
        "inbox": {EVERY_BOX + AROUND_WAITING},
        "ballot": {EVERY_BOX + AROUND_RELEASED},
        "airlock": {NEW_PUBLIC},
    }
    written = [*keys.glob("box/*/airlock-*.key"), keys / "results" / SLUG / "export.key"]
    assert {len(sealing_key(path.read_bytes()).to_bytes()) for path in written} == {34}
