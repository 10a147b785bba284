"""What no browser of ours sends is refused in words, or read without what no text holds."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import running
import small
from conftest import Clock
from flask.testing import FlaskClient

from consultation.database import Database
from consultation.roll.keys import RollKeys

SCRIPTED = (
    "/guichet/ou",
    "/guichet/essai/agents/etat",
    "/guichet/essai/agents/signature",
    "/q/essai/agents/ailleurs",
    "/q/ailleurs",
)
HALF = "\ud800"  # of a pair: nothing that UTF-8 writes
TOO_DEEP = ("[" * 1_200, '{"code":' * 1_200, "[" * 20_000)
NOT_AN_OBJECT = ("", "[]", '"code"', "9" * 5_000, "{", "NaN", "\x00")


@pytest.fixture
def client(
    store: Callable[[str], Database], roll_keys: RollKeys, clock: Clock, keys_directory: Path
) -> FlaskClient:
    return running.run(store, roll_keys, clock, keys_directory).app.test_client(use_cookies=False)


def test_a_body_that_is_no_object_is_not_understood(client: FlaskClient) -> None:
    for address in SCRIPTED:
        for body in (*TOO_DEEP, *NOT_AN_OBJECT):
            reply = client.post(address, data=body, content_type="application/json")

            assert reply.status_code == 400, (address, body[:20])
            assert reply.json["refused"].startswith("La demande est incomplète"), address


def test_half_a_character_is_left_out_of_what_scripts_send(client: FlaskClient) -> None:
    for address in SCRIPTED:
        fields = dict.fromkeys(("code", "blinded", "id", "box", "m", "s"), f"{HALF}\0")

        reply = client.post(address, data=json.dumps(fields), content_type="application/json")

        assert reply.status_code in (400, 403, 404), address


def test_half_a_character_is_left_out_of_what_a_page_carries(client: FlaskClient) -> None:
    carried = {
        "typed": json.dumps({"mot": [HALF], f"{HALF}\0": ["a"], "tt": [f"2,{HALF}\0"]}),
        "answers": json.dumps({"mot": f"Un mot{HALF}\0", "missions.autre": HALF}),
    }
    for page in ("pages/missions", "relire", "envoyer", "reprendre"):
        fields = {**small.credential().fields, **carried}

        reply = client.post(f"/q/essai/agents/{page}", data=fields)

        assert reply.status_code in (200, 422), page
        assert "\ufffd" not in reply.text
        assert "2,\0" not in reply.text


def test_a_character_that_no_store_takes_is_left_out(client: FlaskClient) -> None:
    fields = {"code": f"\0{'0' * 26}", "lang": "\0", "\0": "\0"}

    assert client.post("/entree", data=fields).status_code == 404  # as without
    assert client.get("/q/essai/agents?lang=%00").status_code == 200


@pytest.mark.parametrize("address", ["/q/es%00sai/agents", "/transparence/%00", "/entree/%00/a"])
def test_an_address_that_holds_it_leads_nowhere(client: FlaskClient, address: str) -> None:
    assert client.post(address).status_code == 404


def test_a_form_cut_in_the_middle_of_a_file_leaves_nothing_open(client: FlaskClient) -> None:
    part = '--bord\r\nContent-Disposition: form-data; name="fichier"; filename="lot.csv"\r\n\r\n'
    kind = "multipart/form-data; boundary=bord"

    assert client.post("/entree", data=part + "a" * 100, content_type=kind).status_code == 404

    gc.collect()  # warns of what was not closed: here, that is an error


def test_a_question_mark_followed_by_other_than_text_is_not_understood(client: FlaskClient) -> None:
    reply = client.get("/q", environ_overrides={"QUERY_STRING": "lang=\xff"})

    assert reply.status_code == 400
