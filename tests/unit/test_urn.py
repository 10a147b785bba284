"""The urn: one ballot for each genuine credential, sealed, and nothing else about it."""

import json
import random
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import Clock
from small import Credential, campaign, credential
from sqlalchemy import Date, DateTime, Integer, inspect, select

from consultation.ballots.keys import BoxKeys
from consultation.ballots.release import Release
from consultation.ballots.store import NoAirlock, NotGenuine, Urn
from consultation.ballots.tables import draft, inbox, metadata
from consultation.blind import nullifier
from consultation.database import Database
from consultation.office.campaigns import Campaign
from consultation.office.proofs import Proofs

DOCUMENT = json.dumps({"answers": {"fonction": "agent"}}).encode()


@pytest.fixture
def proofs(office_database: Database, clock: Clock) -> Proofs:
    return Proofs(office_database, clock)


@pytest.fixture
def urn(box_database: Database, proofs: Proofs, clock: Clock) -> Urn:
    return Urn(box_database, proofs, clock, secrets.token_bytes)


@pytest.fixture
def release(box_database: Database, proofs: Proofs, keys_directory: Path, clock: Clock) -> Release:
    return Release(box_database, BoxKeys(keys_directory), proofs, clock, random.Random(1))


@pytest.fixture
def opened(release: Release) -> Campaign:
    found = campaign()
    release.prepare(found)
    return found


def cast(urn: Urn, opened: Campaign, one: Credential) -> str:
    return urn.cast(opened, "agents", one.msg, one.sig, DOCUMENT)


def test_a_ballot_is_recorded_once(urn: Urn, opened: Campaign) -> None:
    one = credential()

    outcomes = [cast(urn, opened, one) for _ in range(3)]

    assert outcomes == ["recorded", "already", "already"]
    assert urn.is_spent(nullifier(one.msg))
    counts = urn.counts(opened)
    assert (counts.spent, counts.waiting, counts.ballots) == (1, 1, 0)


def test_sixty_concurrent_replays_make_one_ballot(urn: Urn, opened: Campaign) -> None:
    one = credential()

    with ThreadPoolExecutor(60) as threads:
        outcomes = list(threads.map(lambda _: cast(urn, opened, one), range(60)))

    assert sorted(outcomes) == ["already"] * 59 + ["recorded"]
    assert (urn.counts(opened).spent, urn.counts(opened).waiting) == (1, 1)


@pytest.mark.parametrize("where", [0, 31, 63])
def test_an_altered_message_is_refused(urn: Urn, opened: Campaign, where: int) -> None:
    one = credential()
    altered = bytearray(one.msg)
    altered[where] ^= 1

    with pytest.raises(NotGenuine):
        urn.cast(opened, "agents", bytes(altered), one.sig, DOCUMENT)

    assert urn.counts(opened).spent == 0


def test_a_credential_of_another_audience_is_refused(urn: Urn, opened: Campaign) -> None:
    with pytest.raises(NotGenuine):
        cast(urn, opened, credential("cadres"))


@pytest.mark.parametrize("sig", [b"", b"x", bytes(384), bytes(4000)])
def test_a_signature_of_any_shape_is_refused_alike(urn: Urn, opened: Campaign, sig: bytes) -> None:
    with pytest.raises(NotGenuine):
        urn.cast(opened, "agents", secrets.token_bytes(64), sig, DOCUMENT)


def test_nothing_enters_an_urn_without_airlock(urn: Urn) -> None:
    with pytest.raises(NoAirlock):
        cast(urn, campaign(), credential())


def test_two_campaigns_do_not_see_each_other(urn: Urn, opened: Campaign, release: Release) -> None:
    other = campaign()
    release.prepare(other)

    cast(urn, opened, credential())

    assert urn.counts(other).spent == 0
    assert release.run(other, everything=True).moved == 0


def test_ballots_are_sealed_and_padded(urn: Urn, opened: Campaign, box_database: Database) -> None:
    cast(urn, opened, credential())

    with box_database.read() as connection:
        sealed = connection.scalars(select(inbox.c.sealed)).one()
    assert b"fonction" not in sealed
    assert opened.box_size
    assert 0 < len(sealed) - opened.box_size < 512


def test_a_draft_opens_with_its_signature_only(
    urn: Urn, opened: Campaign, box_database: Database
) -> None:
    one, other = credential(), credential()

    urn.save_draft(opened, one.sig, b"premier")
    urn.save_draft(opened, one.sig, "réponses".encode())

    assert urn.load_draft(one.sig) == "réponses".encode()
    assert urn.load_draft(other.sig) is None
    with box_database.read() as connection:
        kept = connection.execute(select(draft)).one()
    assert one.sig not in kept.sealed
    assert kept.id not in (one.msg, one.sig)


def test_casting_a_ballot_forgets_its_draft(urn: Urn, opened: Campaign) -> None:
    one = credential()
    urn.save_draft(opened, one.sig, b"brouillon")

    cast(urn, opened, one)

    assert urn.load_draft(one.sig) is None


def test_drafts_are_forgotten_with_their_campaign_only(
    urn: Urn, opened: Campaign, release: Release
) -> None:
    other, one, two = campaign(), credential(), credential()
    release.prepare(other)
    urn.save_draft(opened, one.sig, b"un")
    urn.save_draft(other, two.sig, b"deux")

    urn.forget_drafts(opened)

    assert urn.load_draft(one.sig) is None
    assert urn.load_draft(two.sig) == b"deux"


def test_drafts_saved_at_once_leave_one(urn: Urn, opened: Campaign) -> None:
    one = credential()

    with ThreadPoolExecutor(8) as threads:
        saved = [
            threads.submit(urn.save_draft, opened, one.sig, str(number).encode())
            for number in range(24)
        ]
        for result in saved:
            result.result()

    assert urn.load_draft(one.sig) in {str(number).encode() for number in range(24)}


def test_the_box_dates_orders_and_links_nothing(box_database: Database) -> None:
    for table in metadata.tables.values():
        assert not table.foreign_keys
        for column in table.columns:
            assert not isinstance(column.type, Integer | DateTime | Date), column
    found = set(inspect(box_database.engine).get_table_names()) - {"alembic_version"}
    assert found == set(metadata.tables)
