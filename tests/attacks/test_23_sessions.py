"""Attack 23: whoever runs the roll's server makes a session of an analyst for the office's."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, fields
from pathlib import Path

import pytest
import small
from attacks.conftest import Figure
from attacks.linking import SUCCESS
from conftest import Clock
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from running import close
from sqlalchemy import select

from consultation.app import create_app
from consultation.config import Settings
from consultation.database import Database
from consultation.office import totp
from consultation.office.store import Accounts
from consultation.office.tables import account
from consultation.parts import Application
from consultation.sealing import CannotUnseal, derive, unlock

PASSWORD = "une phrase assez longue"
ROLES = ("analyste", "exploitation", "auditeur")
PAGES = {"analyste": "resultats", "exploitation": "campagnes", "auditeur": "journal"}
ROLL, OFFICE = secrets.token_urlsafe(48), secrets.token_urlsafe(48)


@dataclass(frozen=True, kw_only=True)
class Hosts:
    """The two servers where people log in, what the roll's was given, and the office's store."""

    roll: Application
    office: Application
    held: tuple[str, ...]
    store: Database


@pytest.fixture
def hosts(
    store: Callable[[str], Database], tmp_path: Path, clock: Clock
) -> Iterator[Callable[[Mapping[str, str], Mapping[str, str]], Hosts]]:
    """Builds the two servers with these keys; their people log in, with a second factor."""
    stores = {name: store(name) for name in ("roll", "box", "office")}
    urls = {
        f"{name}_url": one.url.render_as_string(hide_password=False) for name, one in stores.items()
    }
    with ExitStack() as cleaning:

        def built(side: str, keys: Mapping[str, str]) -> Application:
            given = {"secret_key": "", **urls, **keys}
            settings = Settings(
                **given,
                keys=tmp_path / side,
                public_url="http://localhost",
                sides=frozenset([side]),
                demo=True,
            )
            app = create_app(settings, clock=clock, hashing=small.FAST_HASHING)
            cleaning.callback(close, app)
            return app

        def make(roll_keys: Mapping[str, str], office_keys: Mapping[str, str]) -> Hosts:
            roll, office = built("roll", roll_keys), built("office", office_keys)
            for role, app in {"rh": roll, **dict.fromkeys(ROLES, office)}.items():
                _open_account(app, role, clock)
            settings = roll.parts[Settings]
            held = [str(getattr(settings, one.name)) for one in fields(settings)]
            return Hosts(roll=roll, office=office, held=tuple(held), store=stores["office"])

        yield make


def test_23_the_roll_s_operator_makes_no_session_of_the_office(
    hosts: Callable[[Mapping[str, str], Mapping[str, str]], Hosts], figure: Figure
) -> None:
    careless = hosts({"secret_key": ROLL}, {"secret_key": ROLL})
    shared = _made(careless)
    figure("control", shared)
    assert shared >= SUCCESS
    assert _second_factors_read(careless) == len(ROLES)
    _forget_accounts(careless.store)

    real = hosts({"roll_secret_key": ROLL}, {"office_secret_key": OFFICE})

    made, read = _made(real), _second_factors_read(real)
    figure("sessions made", made)
    figure("second factors read", read)
    assert (made, read) == (0, 0)
    assert not set(real.held) & {OFFICE}


def _open_account(app: Application, role: str, clock: Clock) -> None:
    accounts = app.parts[Accounts]
    made = accounts.create(role, PASSWORD, role)
    accounts.prepare_second_factor(made.id)
    secret = accounts.prepared_second_factor(made.id)
    accounts.confirm_second_factor(made.id, totp.code(secret, totp.step_at(clock.now)))


def _made(hosts: Hosts) -> float:
    """The share of the office's people whose page opens with a session made elsewhere."""
    rows = _accounts(hosts)
    opened = [
        any(_opens(hosts, rows[role], page, key) for key in _keys(hosts))
        for role, page in PAGES.items()
    ]
    return sum(opened) / len(opened)


def _opens(hosts: Hosts, row: Mapping[str, object], page: str, key: str) -> bool:
    """Whether this page of the office opens with a cookie signed by this key."""
    signer = Flask("signer")
    signer.secret_key = key
    serializer = SecureCookieSessionInterface().get_signing_serializer(signer)
    assert serializer
    said = {"_permanent": True, "account": bytes(row["id"]).hex(), "epoch": row["session_epoch"]}
    client = hosts.office.test_client()
    client.set_cookie("bureau", str(serializer.dumps(said)))
    return client.get(f"/bureau/{page}").status_code == 200


def _second_factors_read(hosts: Hosts) -> int:
    rows = _accounts(hosts)
    return sum(any(_unlocks(rows[role], key) for key in _keys(hosts)) for role in ROLES)


def _unlocks(row: Mapping[str, object], key: str) -> bool:
    try:
        purpose = f"office/second-factor/{bytes(row['id']).hex()}"
        unlock(derive(key.encode(), purpose), bytes(row["totp_secret"]))
    except CannotUnseal:
        return False
    return True


def _keys(hosts: Hosts) -> set[str]:
    """Whatever the roll's server was given, as a key, and what it makes of it."""
    given = {one for one in hosts.held if one}
    return given | {derive(one.encode(), "office").hex() for one in given}


def _accounts(hosts: Hosts) -> Mapping[str, Mapping[str, object]]:
    """Every line, whole: more than PostgreSQL lets the roll's role read."""
    with hosts.store.read() as connection:
        rows = connection.execute(select(account)).mappings().all()
    return {str(row["role"]): row for row in rows}


def _forget_accounts(store: Database) -> None:
    with store.write() as tx:
        tx.execute(account.delete())
