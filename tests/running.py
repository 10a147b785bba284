"""The platform with a small consultation open, invited agents and their codes, for tests."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import small
from face import build

from consultation import days, entrance
from consultation.ballots import pages as survey
from consultation.ballots.keys import BoxKeys
from consultation.ballots.release import Release
from consultation.ballots.store import Urn
from consultation.ceremony import Account, Ceremony
from consultation.config import Settings
from consultation.database import Database, Stores
from consultation.entrance import Entrance
from consultation.office.campaigns import Campaign
from consultation.office.proofs import Proofs
from consultation.office.store import Accounts, Approvals, Campaigns
from consultation.parts import Application
from consultation.roll import pages as roll_pages
from consultation.roll.batches import parse
from consultation.roll.codes import grouped
from consultation.roll.keys import RollKeys
from consultation.roll.store import Roll
from consultation.sealing import write_key

INVITED = 3
PASSWORD = "une phrase assez longue"


@dataclass(frozen=True, kw_only=True)
class Running:
    """Both sides of the platform, and what their owners hold."""

    app: Application
    roll_store: Database
    box_store: Database
    campaigns: Campaigns
    roll: Roll
    urn: Urn
    release: Release
    codes: dict[str, list[str]]
    addresses: dict[str, str]  # by code

    @property
    def campaign(self) -> Campaign:
        """The consultation as it is now."""
        return self.campaigns.get("essai")


def roll_keys(directory: Path) -> RollKeys:
    """The roll's keys; reading them checks them, which is slow: make them once for many tests."""
    for audience in small.public_keys():
        path = directory / "roll" / "essai" / f"signing-{audience}.pem"
        write_key(path, small.signing_key(audience).to_pem())
    made = RollKeys(directory)
    made.create("essai", small.public_keys())
    return made


def run(
    stores: Callable[[str], Database],
    keys_of_the_roll: RollKeys,
    clock: Callable[[], datetime],
    keys: Path,
    *,
    people: int = INVITED,
    definition: str = small.DEFINITION,
    pool: int = 50,
) -> Running:
    """Build every part on new stores, invite a few agents and open."""
    roll_store, box_store, office_store = stores("roll"), stores("box"), stores("office")
    campaigns = Campaigns(office_store, clock)
    roll = Roll(roll_store, keys_of_the_roll, clock)
    proofs = Proofs(office_store, clock)
    urn = Urn(box_store, proofs, clock, secrets.token_bytes)
    release = Release(box_store, BoxKeys(keys), proofs, clock, random.Random(1))
    campaign = _register(campaigns, definition, pool)
    release.prepare(campaign)
    invited = {audience: _invite(roll, audience, people) for audience in campaign.keys}
    campaigns.open("essai")
    app = build(_settings(keys), campaigns, roll, urn, Entrance(roll, urn, campaigns))
    survey.init_survey(app)
    for blueprint in (survey.bp, entrance.bp, roll_pages.bp):
        app.register_blueprint(blueprint)
    return Running(
        app=app,
        roll_store=roll_store,
        box_store=box_store,
        campaigns=campaigns,
        roll=roll,
        urn=urn,
        release=release,
        codes={audience: list(codes) for audience, codes in invited.items()},
        addresses={code: to for codes in invited.values() for code, to in codes.items()},
    )


def end(app: Application, slug: str) -> Account:
    """End a campaign now, before its date and without grace: two persons agree."""
    ceremony, approvals = app.parts[Ceremony], app.parts[Approvals]
    database = app.parts[Stores]["office"]
    hashing = "pbkdf2:sha256:1"  # nobody logs in with these
    accounts = Accounts(database, app.parts[days.Clock], hashing=hashing, secret_key="k" * 48)
    for action in ceremony.takes_two(slug, timedelta()):
        first, second = (
            accounts.create(f"{action}-{secrets.token_hex(4)}", PASSWORD, "exploitation")
            for _ in range(2)
        )
        approvals.approve(approvals.request(action, slug, first).id, second)
    ceremony.start_closing(slug, timedelta(), "essai")
    account: Account = ceremony.finish_closing(slug, "essai")
    return account


def prove(app: Application, slug: str, clock: Callable[[], datetime]) -> None:
    """What a worker says every minute, at this clock's hour: that the airlock's key is here."""
    parts, proofs = app.parts, Proofs(app.parts[Stores]["office"], clock)
    box, keys = parts[Stores]["box"], BoxKeys(parts[Settings].keys)
    assert Release(box, keys, proofs, clock, random.Random(1)).prove(parts[Campaigns].get(slug))


def destroy_retired_keys(app: Application, slug: str) -> None:
    """What rounds do in the hour that follows, without waiting for it."""
    parts = app.parts
    box, keys, now = parts[Stores]["box"], BoxKeys(parts[Settings].keys), parts[days.Clock]()
    for minutes in range(0, 70, 10):
        later = partial(now.__add__, timedelta(minutes=minutes))
        release = Release(box, keys, parts[Proofs], later, random.Random(1))
        release.sweep(parts[Campaigns].get(slug))


def close(app: Application) -> None:
    """Give back every connection."""
    for database in app.parts[Stores].values():
        database.close()


def _register(campaigns: Campaigns, definition: str, pool: int) -> Campaign:
    return campaigns.create(
        slug="essai",
        urn=secrets.token_bytes(16),
        definition=definition,
        lists=small.LISTS,
        opens=small.OPENS,
        closes=small.CLOSES,
        export_key=small.export_key().public,
        keys=small.public_keys(),
        pool=pool,
    )


def _invite(roll: Roll, audience: str, people: int) -> dict[str, str]:
    lines = "".join(f"{audience}{number}@exemple.gouv.fr\n" for number in range(people))
    batch = roll.draft_batch("essai", audience, audience, parse(f"adresse\n{lines}".encode()))
    roll.confirm(batch)
    roll.start_sending(batch)
    codes: dict[str, str] = {}
    while (outgoing := roll.claim_next(batch)) is not None:
        roll.mark_sent(outgoing.id)
        codes[grouped(outgoing.code)] = outgoing.address
    return codes


def _settings(keys: Path) -> Settings:
    return Settings.from_environment(
        {
            "SECRET_KEY": "k" * 48,
            "CONSULTATION_DATA": str(keys.parent),
            "CONSULTATION_DEMO": "1",
            "PUBLIC_URL": "http://localhost:8000",
            "CONTACT": "aide@exemple.gouv.fr",
        }
    )
