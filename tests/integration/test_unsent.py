"""What was written in the office when the session ended is given back after the login."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from commands import PASSWORD, Shell, prepare, shell
from conftest import Clock
from flask.testing import FlaskClient
from visitor import faults
from werkzeug.test import TestResponse

from consultation.database import Database
from consultation.demo.forms import read_document
from consultation.roll.store import Roll

NEW = "/bureau/lots/nouveau/essai"
PASTED = "\r\n".join(f"agent{number}@ain.gouv.fr" for number in range(50))
TYPED = {"name": "Ain", "audience": "agents", "adresses": PASTED}
OWN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def run(store: Callable[[str], Database], tmp_path: Path, clock: Clock) -> Iterator[Shell]:
    with shell(store, tmp_path, clock) as made:
        made.environment |= {"TOTP": "facultatif", "PUBLIC_URL": "http://localhost"}
        made.environment["CONSULTATION_DEMO"] = "1"
        prepare(made, tmp_path)
        made("account", "create", "jeanne", "--role", "rh", typed=f"{PASSWORD}\n" * 2)
        yield made


@pytest.fixture
def client(run: Shell) -> FlaskClient:
    """A browser that logged in, opened the form, and whose session has ended since."""
    client = run.app().test_client()
    log_in(client, client.get("/bureau/connexion"))
    assert client.get(NEW).status_code == 200
    client.delete_cookie("bureau")
    return client


def log_in(client: FlaskClient, page: TestResponse, password: str = PASSWORD) -> TestResponse:
    return press(client, page, {"login": "jeanne", "password": password})


def press(client: FlaskClient, page: TestResponse, typed: Mapping[str, str]) -> TestResponse:
    """Fill the last form of a page, and send it."""
    assert not faults(page.text)
    form = read_document(page.text).forms[-1]
    fields = form.filled({name: [value] for name, value in typed.items()})
    return client.post(form.action, data=dict(fields), headers=OWN)


def test_fifty_addresses_pasted_too_late_are_given_back(client: FlaskClient, run: Shell) -> None:
    late = client.post(NEW, data=TYPED, headers=OWN)
    assert late.status_code == 403
    assert "ce que vous venez d’écrire vous sera rendu" in late.text
    assert "agent7@" not in late.text  # whoever reads this page has not logged in

    refused = log_in(client, late, "un autre mot de passe")
    given = log_in(client, refused)

    assert (refused.status_code, given.status_code) == (422, 200)
    assert "agent7@ain.gouv.fr" in given.text
    roll = run.app().parts[Roll]
    assert roll.batches("essai") == ()
    sent = press(client, given, {})
    assert sent.status_code == 303
    (batch,) = roll.batches("essai")
    assert (batch.name, roll.batch(batch.id).ready) == ("Ain", 50)


def test_what_another_site_sends_is_never_given_back(client: FlaskClient) -> None:
    others = [{"Sec-Fetch-Site": site} for site in ("cross-site", "same-site", "none")]
    for headers in (*others, {}):
        late = client.post(NEW, data=TYPED, headers=headers)

        assert late.status_code == 400
        assert 'name="unsent"' not in late.text


def test_what_is_not_ours_leads_home(client: FlaskClient) -> None:
    page = client.get("/bureau/connexion")
    token = read_document(page.text).forms[-1].hidden("csrf_token")
    typed = {"login": "jeanne", "password": PASSWORD, "csrf_token": token}

    for carried in ("é", "AAAA", "A" * 3_000):
        reply = client.post("/bureau/connexion", data=typed | {"unsent": carried}, headers=OWN)
        assert reply.status_code in (303, 400)  # logged in, the first time
    assert client.get("/bureau").status_code == 200


def test_nothing_is_given_back_where_nothing_was_written(client: FlaskClient) -> None:
    assert client.post("/bureau/lots/00/suspendre", headers=OWN).status_code == 400
