"""The public face: headers, errors, limiter, static files, pages the law asks for."""

from __future__ import annotations

import errno
import gzip
import logging
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import brotli
import pytest
from every_kind import LONG_TEXT
from face import SETTINGS, build
from flask import Response, request
from flask.testing import FlaskClient
from flask_wtf import CSRFProtect
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from visitor import faults

from consultation.refusals import Refusal
from consultation.web import ANSWER_BODY, OFFICE_BODY, STATIC, StaticFiles, failure_limit

LEGAL = ["/accessibilite", "/mentions-legales", "/donnees-personnelles", "/cookies", "/aide"]
LEGAL += ["/anonymat"]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'"
)


class Closed(Refusal):
    """La consultation est terminée."""

    status: ClassVar[int] = 410
    title: ClassVar[str] = "C’est fini"


def raising(error: Exception, *, method: str = "GET") -> FlaskClient:
    """A client of a site whose page `/page` raises `error`."""
    app = build()

    def page() -> str:
        raise error

    app.add_url_rule("/page", view_func=page, methods=[method])
    return app.test_client()


@pytest.fixture
def client() -> FlaskClient:
    return build().test_client()


# --- Headers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("url", [*LEGAL, "/nowhere"])
def test_every_page_is_closed_to_third_parties_and_kept_by_no_one(
    client: FlaskClient, url: str
) -> None:
    headers = client.get(url).headers

    assert headers["Content-Security-Policy"] == POLICY
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Robots-Tag"] == "noindex, nofollow"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "geolocation=()" in headers["Permissions-Policy"]
    assert "Set-Cookie" not in headers


def test_https_is_required_for_ever_once_it_is_served() -> None:
    over_https = build().test_client().get("/aide").headers
    over_http = build(replace(SETTINGS, public_url="http://localhost")).test_client().get("/aide")

    assert over_https["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in over_http.headers


def test_a_view_may_let_its_answer_be_kept() -> None:
    app = build()

    @app.get("/key")
    def key() -> Response:
        return Response("key", headers={"Cache-Control": "public, max-age=60"})

    assert app.test_client().get("/key").headers["Cache-Control"] == "public, max-age=60"


@pytest.mark.parametrize("url", ["/anonymat", "/nowhere"])
@pytest.mark.parametrize(
    ("understood", "chosen", "unpack"),
    [
        ("gzip, deflate, br, zstd", "br", brotli.decompress),
        ("gzip, deflate", "gzip", gzip.decompress),
        ("gzip, br;q=0", "gzip", gzip.decompress),
    ],
)
def test_a_page_for_the_public_travels_compressed_as_the_browser_can_read_it(
    client: FlaskClient, url: str, understood: str, chosen: str, unpack: Callable[[bytes], bytes]
) -> None:
    plain = client.get(url)
    packed = client.get(url, headers={"Accept-Encoding": understood})

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == chosen
    assert unpack(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 2
    assert packed.headers["Cache-Control"] == plain.headers["Cache-Control"] == "no-store"


def test_a_page_has_no_margins_and_what_is_typed_keeps_its_own(client: FlaskClient) -> None:
    app = build()
    with app.app_context():
        macros = app.jinja_env.get_template("survey/questions.html").module
        typed = vars(macros)["long_text"](replace(LONG_TEXT, value="  un\n    deux\n"))

    assert not re.search(r"(?m)^[ \t]+\S", client.get("/anonymat").text)
    assert "\n  un\n    deux\n</textarea>" in typed


def test_a_page_that_comes_with_a_cookie_is_never_compressed() -> None:
    app = build()
    app.add_url_rule("/bureau/page", view_func=lambda: "<!doctype html>" * 100)

    answer = app.test_client().get("/bureau/page", headers={"Accept-Encoding": "br, gzip"})

    assert answer.text == "<!doctype html>" * 100
    assert "Content-Encoding" not in answer.headers


# --- Errors ------------------------------------------------------------------------------------


def test_a_refusal_becomes_its_page() -> None:
    response = raising(Closed()).get("/page")

    assert response.status_code == 410
    assert '<h1 class="c-title">C’est fini</h1>' in response.text
    assert "La consultation est terminée." in response.text
    assert not faults(response.text)


def test_a_refusal_becomes_json_for_a_script() -> None:
    response = raising(Closed(), method="POST").post("/page", json={})

    assert response.status_code == 410
    assert response.json == {
        "refused": "La consultation est terminée.",
        "title": "C’est fini",
        "en": "La consultation est terminée.",  # nobody has translated it
    }


def test_a_script_is_told_in_every_language(client: FlaskClient) -> None:
    told = client.post("/nowhere", json={}).json

    assert told is not None
    assert told["refused"].startswith("L’adresse est peut-être coupée.")
    assert told["en"].startswith("The address may have been cut.")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RuntimeError(), 500),
        (OperationalError("select", {}, Exception()), 503),
        (PoolTimeout(), 503),
        (OSError(errno.ENOSPC, "full"), 503),
        (OSError(errno.ENOENT, "missing"), 500),
    ],
)
def test_what_breaks_has_its_page(error: Exception, status: int) -> None:
    response = raising(error).get("/page")

    assert response.status_code == status
    assert ("Retry-After" in response.headers) == (status == 503)
    assert "Rechargez cette page" in response.text
    assert not faults(response.text)


def test_a_failure_is_logged_with_its_place_and_nothing_that_was_typed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        page = raising(ValueError("Jeanne Martin")).get("/page").text

    [line] = [record.getMessage() for record in caplog.records]
    assert line.startswith("failed ValueError 500 at test_web.py:")
    assert "Jeanne" not in caplog.text + page


def test_a_refusal_is_logged_by_its_kind(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        raising(Closed("Jeanne Martin")).get("/page")

    assert [record.getMessage() for record in caplog.records] == ["refused Closed 410"]


def test_a_page_that_does_not_exist_leads_to_where_codes_are_typed(client: FlaskClient) -> None:
    response = client.get("/nowhere")

    assert response.status_code == 404
    assert 'href="/q"' in response.text
    assert not faults(response.text)


def test_a_method_that_is_not_expected_has_its_page(client: FlaskClient) -> None:
    response = client.post("/aide")

    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]
    assert not faults(response.text)


def test_a_lost_session_says_that_nothing_changed() -> None:
    app = build()
    app.secret_key = SETTINGS.secret_key
    CSRFProtect(app)
    app.add_url_rule("/page", view_func=lambda: "", methods=["POST"])

    response = app.test_client().post("/page")

    assert response.status_code == 400
    assert "Votre session a expiré" in response.text


# --- Bodies ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "size", "status"),
    [
        ("/q/page", ANSWER_BODY, 200),
        ("/q/page", ANSWER_BODY + 1, 413),
        ("/bureau/lots", OFFICE_BODY, 200),
        ("/bureau/lots", OFFICE_BODY + 1, 413),
        ("/bureaucratie", ANSWER_BODY + 1, 413),
    ],
)
def test_a_body_has_a_size(url: str, size: int, status: int) -> None:
    app = build()
    app.add_url_rule(url, view_func=lambda: str(len(request.form)), methods=["POST"])
    body = b"a=" + b"x" * (size - 2)

    response = app.test_client().post(
        url, data=body, content_type="application/x-www-form-urlencoded"
    )

    assert response.status_code == status


def test_a_form_has_a_number_of_parts(client: FlaskClient) -> None:
    client.application.add_url_rule(
        "/bureau/lots", view_func=lambda: str(len(request.form)), methods=["POST"]
    )

    response = client.post(
        "/bureau/lots",
        data={f"f{number}": "" for number in range(1100)},
        content_type="multipart/form-data",
    )

    assert response.status_code == 413


# --- Limiter -----------------------------------------------------------------------------------


@pytest.fixture
def door() -> FlaskClient:
    """A site where `/code/<answer>` answers what it is told, and `/open/…` is not limited."""
    app = build()

    @app.get("/code/<int:status>")
    @failure_limit
    def code(status: int) -> Response:
        return Response("", status)

    @app.get("/open/<int:status>")
    def unlimited(status: int) -> Response:
        return Response("", status)

    return app.test_client()


def test_an_address_that_tries_codes_is_asked_to_wait(door: FlaskClient) -> None:
    statuses = [door.get("/code/404").status_code for _ in range(101)]

    assert statuses == [404] * 100 + [429]
    refused = door.get("/code/404")
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "300"
    assert refused.headers["Cache-Control"] == "no-store"
    assert not faults(refused.text)


def test_colleagues_behind_the_same_address_are_not_locked_out(door: FlaskClient) -> None:
    for _ in range(150):
        door.get("/code/404")

    assert [door.get(f"/code/{status}").status_code for status in (200, 410)] == [200, 410]


@pytest.mark.parametrize("status", [200, 204, 403, 409, 410, 422])
def test_what_only_a_genuine_code_gets_never_counts(door: FlaskClient, status: int) -> None:
    for _ in range(150):
        door.get(f"/code/{status}")

    assert door.get("/code/200").status_code == 200


def test_other_addresses_and_other_pages_are_not_concerned(door: FlaskClient) -> None:
    for _ in range(101):
        door.get("/code/404")

    assert door.get("/open/404").status_code == 404
    elsewhere = door.get("/code/404", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert elsewhere.status_code == 404


# --- Static files ------------------------------------------------------------------------------


def static_url(client: FlaskClient, name: str) -> str:
    url: Callable[[str], str] = client.application.jinja_env.globals["asset"]
    return url(name)


def test_a_static_file_is_kept_for_ever_under_the_name_of_its_content(client: FlaskClient) -> None:
    response = client.get(static_url(client, "consultation.css"))

    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.mimetype == "text/css"
    assert response.data == (STATIC / "consultation.css").read_bytes()


def test_a_page_of_the_previous_version_still_finds_its_style(client: FlaskClient) -> None:
    response = client.get("/static/0123456789abcdef/consultation.css")

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-cache"


def test_static_files_travel_compressed(client: FlaskClient) -> None:
    url = static_url(client, "dsfr/survey.css")

    packed = client.get(url, headers={"Accept-Encoding": "gzip, br"})
    plain = client.get(url)

    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert len(packed.data) < 45_000
    assert gzip.decompress(packed.data) == plain.data


@pytest.mark.parametrize("name", ["nothing.css", "../web.py", "%2e%2e/web.py", "dsfr/", ""])
def test_nothing_else_is_served(client: FlaskClient, name: str) -> None:
    assert client.get(f"/static/0123456789abcdef/{name}").status_code == 404


def test_a_name_changes_with_the_content_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a{}")
    before = StaticFiles(tmp_path).url("a.css")

    (tmp_path / "a.css").write_text("b{}")

    assert StaticFiles(tmp_path).url("a.css") != before


# --- Pages the law asks for --------------------------------------------------------------------


@pytest.mark.parametrize("url", LEGAL)
@pytest.mark.parametrize("brand", ["etat", "neutre"])
def test_a_legal_page_is_well_made(url: str, brand: str) -> None:
    page = build(replace(SETTINGS, brand=brand)).test_client().get(url).text

    assert not faults(page)
    title = re.search(r"<title>(.*?)</title>", page)
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", page)
    assert title
    assert heading
    assert title[1].startswith(heading[1])
    assert "Accessibilité\u00a0: non conforme" in page
    assert all(f'href="{other}"' in page for other in LEGAL)


def test_the_brand_of_the_state_is_shown_only_when_asked_for() -> None:
    of_the_state = build(replace(SETTINGS, brand="etat")).test_client().get("/aide").text
    neutral = build().test_client().get("/aide").text

    assert "République<br>Française" in of_the_state
    assert "République" not in neutral
    assert SETTINGS.organisation in neutral


def test_the_contact_is_a_link_when_it_is_an_address() -> None:
    page = build().test_client().get("/aide").text
    elsewhere = build(replace(SETTINGS, contact="")).test_client().get("/aide").text

    assert 'href="mailto:aide@consultation.example"' in page
    assert "mailto" not in elsewhere
