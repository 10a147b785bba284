"""What every answer of every address says to the browser: written out, as an auditor reads it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from conftest import Clock
from flask.testing import FlaskClient
from running import close
from werkzeug.test import TestResponse

from consultation.app import create_app
from consultation.config import Settings
from consultation.database import Database
from consultation.office.accounts import ROLES
from consultation.office.store import Accounts
from consultation.parts import Application

PASSWORD = "une phrase assez longue"
SITE = "https://consultation.exemple.fr"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'",
    "Strict-Transport-Security": "max-age=31536000",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
SAY_NOTHING = ("Server", "X-Powered-By", "Access-Control-Allow-Origin", "ETag", "Last-Modified")
COOKIE = {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}
MAY_BE_KEPT = ("/static/", "/guichet/campaign/audience/cle")
METHODS = ("GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE")


@pytest.fixture
def app(
    roll_database: Database,
    box_database: Database,
    office_database: Database,
    clock: Clock,
    keys_directory: Path,
) -> Iterator[Application]:
    urls = [
        store.url.render_as_string(hide_password=False)
        for store in (roll_database, box_database, office_database)
    ]
    settings = Settings.from_environment(
        {
            "SECRET_KEY": "k" * 48,
            "ROLL_DATABASE_URL": urls[0],
            "BOX_DATABASE_URL": urls[1],
            "OFFICE_DATABASE_URL": urls[2],
            "KEYS_DIRECTORY": str(keys_directory),
            "PUBLIC_URL": SITE,
            "MAIL_FROM": "consultation@exemple.fr",
            "TOTP": "facultatif",
        }
    )
    built = create_app(settings, clock=clock)
    yield built
    close(built)


def addresses(app: Application, who: str) -> Iterator[tuple[str, str]]:
    """Every address with every method, refused ones included; for an account, the office's."""
    rules = {rule.rule for rule in app.url_map.iter_rules()} | {"/nulle-part"}
    for rule in sorted(rules):
        filled = rule.replace("<path:name>", "consultation.css").replace("<", "").replace(">", "")
        if who == "nobody":
            yield from ((method, filled) for method in METHODS)
        elif filled.startswith("/bureau") and not filled.endswith("/deconnexion"):
            yield from (("GET", filled), ("POST", filled))


def logged_in(app: Application, role: str) -> FlaskClient:
    app.parts[Accounts].create(role, PASSWORD, role)
    client = app.test_client()
    client.get("/bureau/connexion", base_url=SITE)
    form = {"login": role, "password": PASSWORD, "csrf_token": csrf(client)}
    assert client.post("/bureau/connexion", data=form, base_url=SITE).status_code == 303
    return client


def csrf(client: FlaskClient) -> str:
    text = client.get("/bureau/connexion", base_url=SITE).text
    return text.split('name="csrf_token" value="')[1].split('"')[0]


def cookies(reply: TestResponse) -> list[tuple[str, set[str]]]:
    """The name of each cookie set, and its attributes but the date."""
    found = []
    for line in reply.headers.getlist("Set-Cookie"):
        pair, *attributes = line.split("; ")
        kept = {one for one in attributes if not one.startswith("Expires=")}
        found.append((pair.split("=")[0], kept))
    return found


def faults(address: str, reply: TestResponse) -> list[str]:
    """What is wrong in an answer."""
    kept = reply.headers["Cache-Control"] != "no-store"
    return [
        *(name for name, value in HEADERS.items() if reply.headers.get(name) != value),
        *(name for name in SAY_NOTHING if name in reply.headers),
        *(["kept"] if kept and not address.startswith(MAY_BE_KEPT) else []),
        *(
            f"cookie {name}"
            for name, attributes in cookies(reply)
            if not address.startswith("/bureau")
            or name != "__Host-bureau"
            or attributes - {"Max-Age=0"} != COOKIE
        ),
    ]


@pytest.mark.parametrize("who", ["nobody", *ROLES])
def test_every_answer_carries_every_header_and_no_other_cookie(app: Application, who: str) -> None:
    client = app.test_client() if who == "nobody" else logged_in(app, who)
    cookies_set = 0

    for method, address in addresses(app, who):
        reply = client.open(address, method=method, base_url=SITE)
        assert faults(address, reply) == [], (method, address, reply.status_code)
        cookies_set += len(cookies(reply))

    assert cookies_set > 0


def test_a_visit_gives_the_session_half_an_hour_more(app: Application) -> None:
    page = logged_in(app, "rh").get("/bureau", base_url=SITE)

    (line,) = page.headers.getlist("Set-Cookie")
    ends = parsedate_to_datetime(line.split("Expires=")[1].split(";")[0])
    assert timedelta(minutes=29) < ends - datetime.now(UTC) <= timedelta(minutes=30)


def test_leaving_takes_the_cookie_away(app: Application) -> None:
    client = logged_in(app, "rh")
    token = client.get("/bureau", base_url=SITE).text.split('name="csrf_token" value="')[1]

    left = client.post(
        "/bureau/deconnexion", data={"csrf_token": token.split('"')[0]}, base_url=SITE
    )

    ((name, attributes),) = cookies(left)
    assert name == "__Host-bureau"
    assert "Max-Age=0" in attributes
    assert attributes - {"Max-Age=0"} == COOKIE


def test_the_cookie_changes_at_login_and_the_one_before_is_worth_nothing(app: Application) -> None:
    app.parts[Accounts].create("rh", PASSWORD, "rh")
    client = app.test_client()
    form = {"login": "rh", "password": PASSWORD, "csrf_token": csrf(client)}
    before = client.get_cookie("__Host-bureau", domain="consultation.exemple.fr")
    client.post("/bureau/connexion", data=form, base_url=SITE)
    after = client.get_cookie("__Host-bureau", domain="consultation.exemple.fr")

    assert before
    assert after
    assert before.value != after.value
    client.set_cookie("__Host-bureau", before.value, domain="consultation.exemple.fr", secure=True)
    assert client.get("/bureau", base_url=SITE).location == "/bureau/connexion"
