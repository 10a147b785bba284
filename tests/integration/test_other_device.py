"""What is kept for another device: only for a credential, only in its sizes, until the ballot."""

from __future__ import annotations

import secrets

import pytest
import small
from flask.testing import FlaskClient
from running import Running
from sqlalchemy import select

from consultation.ballots.pages import BOX_CLASS, BOX_MARGIN, LARGEST_BOX
from consultation.ballots.tables import draft
from consultation.blind import to_wire

HERE = "/q/essai/agents/ailleurs"
BOX = to_wire(bytes(BOX_CLASS + BOX_MARGIN))


@pytest.fixture
def client(platform: Running) -> FlaskClient:
    return platform.app.test_client(use_cookies=False)


def kept(platform: Running) -> set[bytes]:
    with platform.box_store.read() as connection:
        return set(connection.scalars(select(draft.c.id)))


def asked(**change: str) -> dict[str, str]:
    name = to_wire(secrets.token_bytes(32))
    return {**small.credential().fields, "id": name, "box": BOX, **change}


def test_what_is_kept_is_given_back_to_whoever_knows_its_name(client: FlaskClient) -> None:
    question = asked()

    assert client.post(HERE, json=question).status_code == 204

    found = client.post("/q/ailleurs", json={"id": question["id"]})
    assert found.json == {"box": BOX}
    assert found.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"box": ""}, 400),
        ({"box": "AAAA"}, 400),
        ({"box": to_wire(bytes(BOX_CLASS))}, 400),
        ({"box": to_wire(bytes(LARGEST_BOX + BOX_CLASS))}, 400),
        ({"box": "A" * LARGEST_BOX * 2}, 413),
        ({"id": ""}, 400),
        ({"id": "AAAA"}, 400),
        ({"id": "é"}, 400),
        ({"m": "AAAA"}, 403),
        ({"s": "AAAA"}, 403),
        ({"s": ""}, 403),
    ],
)
def test_only_a_credential_keeps_something_and_only_in_its_sizes(
    client: FlaskClient, platform: Running, change: dict[str, str], status: int
) -> None:
    answer = client.post(HERE, json=asked(**change))

    assert answer.status_code == status
    assert kept(platform) == set()


def test_the_longest_answers_fit(client: FlaskClient) -> None:
    assert client.post(HERE, json=asked(box=to_wire(bytes(LARGEST_BOX)))).status_code == 204


@pytest.mark.parametrize("body", [{}, {"id": ""}, {"id": to_wire(bytes(32))}, {"id": 3}])
def test_an_unknown_name_is_refused_in_words(client: FlaskClient, body: object) -> None:
    answer = client.post("/q/ailleurs", json=body, headers={"Accept": "application/json"})

    assert answer.status_code == 404
    assert answer.json is not None
    assert "n’est pas reconnu" in answer.json["refused"]


def test_one_credential_keeps_one_thing(client: FlaskClient, platform: Running) -> None:
    credential = small.credential().fields

    for _ in range(3):
        assert client.post(HERE, json=asked(**credential)).status_code == 204

    assert len(kept(platform)) == 2  # it, and the note that names it


def test_with_the_ballot_goes_what_was_kept_and_nothing_else(
    client: FlaskClient, platform: Running
) -> None:
    given, other = small.credential(), small.credential()
    client.post(HERE, json=asked(**other.fields))
    of_others = kept(platform)
    client.post(HERE, json=asked(**given.fields))
    platform.urn.save_draft(platform.campaign, given.sig, b"{}")

    platform.urn.cast(platform.campaign, "agents", given.msg, given.sig, b"{}")

    assert kept(platform) == of_others
    assert client.post(HERE, json=asked(**given.fields)).status_code == 410
    assert kept(platform) == of_others


def test_nobody_replaces_what_another_keeps(client: FlaskClient) -> None:
    first = asked()
    client.post(HERE, json=first)

    client.post(HERE, json=asked(id=first["id"], box=to_wire(b"x" * (BOX_CLASS + BOX_MARGIN))))

    assert client.post("/q/ailleurs", json={"id": first["id"]}).json == {"box": BOX}
