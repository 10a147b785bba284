"""The HR pages and the desk: handed in, checked, confirmed, followed; asked, signed, refused."""

from __future__ import annotations

import io
import json
import re
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path

import pytest
from conftest import Clock
from face import build, exchange
from flask.testing import FlaskClient
from pypdf import PdfReader
from sheets import ods, xls, xlsx
from small import FAST_HASHING
from sqlalchemy import select
from visitor import faults
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from consultation.blind import PrivateKey, blind, finalize, from_wire, prepare, to_wire, verify
from consultation.config import Settings, Smtp
from consultation.database import Database
from consultation.demo.forms import read_document
from consultation.demo.mail_sink import MailSink
from consultation.office.pages import init_office
from consultation.office.sendings import Sendings
from consultation.office.store import Accounts, Campaigns, Figures, Journal
from consultation.parts import Application
from consultation.roll import codes, pages
from consultation.roll import hr as hr_pages
from consultation.roll.batches import Parsed
from consultation.roll.keys import RollKeys
from consultation.roll.reminders import Reminders
from consultation.roll.returns import Returns
from consultation.roll.store import Revoked, Roll
from consultation.roll.tables import unchecked

PASSWORD = "une phrase assez longue"
DEFINITION = """\
format: 1
id: essai
version: 1
lang: fr
title: "Votre avis"
audiences: {agents: Agents, seniors: Encadrement supérieur}
pages:
- id: seule
  title: La seule page
  questions:
  - id: avis
    type: choice
    text: "Êtes-vous d’accord ?"
    options: {oui: Oui, non: Non}
"""
SLUG = "juin-2024"
LOTS = "/bureau/lots"
GOOD = "Courriel;Nom\r\na@ain.gouv.fr;Élodie\r\nb@ain.gouv.fr;Zoé\r\n"
MIXED = (
    GOOD + "faux;Max\r\nA@AIN.gouv.fr;Léa\r\n<script>alert(1)</script>;x\r\nrh@ain.gouv.fr;y\r\n"
)


@pytest.fixture(scope="module")
def signing() -> PrivateKey:
    return PrivateKey.generate()


@pytest.fixture(scope="module")
def pem(signing: PrivateKey) -> bytes:
    return signing.to_pem()


@pytest.fixture
def app(
    roll_database: Database,
    office_database: Database,
    keys_directory: Path,
    clock: Clock,
    signing: PrivateKey,
    pem: bytes,
) -> Application:
    folder = keys_directory / "roll" / SLUG
    folder.mkdir(parents=True)
    for audience in ("agents", "seniors"):
        (folder / f"signing-{audience}.pem").write_bytes(pem)
    for name in ("invite.key", "nojs.key"):
        (folder / name).write_bytes(secrets.token_bytes(32))
    settings = Settings.from_environment(
        {
            "SECRET_KEY": "k" * 48,
            "CONSULTATION_DATA": str(keys_directory),
            "CONSULTATION_DEMO": "1",
            "PUBLIC_URL": "http://localhost:8000",
            "TOTP": "facultatif",
        }
    )
    accounts = Accounts(
        office_database, clock, hashing=FAST_HASHING, secret_key=settings.secret_key
    )
    campaigns = Campaigns(office_database, clock)
    sendings = Sendings(office_database, clock)
    app = build(
        settings,
        accounts,
        Journal(office_database, clock),
        campaigns,
        Figures(office_database, clock),
        sendings,
        Roll(roll_database, RollKeys(keys_directory), clock, opens=sendings.opens),
        Reminders(roll_database, RollKeys(keys_directory), clock),
        Returns(roll_database, RollKeys(keys_directory)),
    )
    init_office(app)
    app.register_blueprint(pages.bp)
    app.register_blueprint(hr_pages.bp)
    for role in ("rh", "analyste"):
        accounts.create(role, PASSWORD, role)
    for code in ("D01", "D974"):
        accounts.create(f"rh-{code.lower()}", PASSWORD, "rh", code)
    campaigns.create(
        slug=SLUG,
        urn=bytes(16),
        definition=DEFINITION,
        lists={},
        opens=clock.now.replace(day=3),
        closes=clock.now.replace(day=28),
        export_key=bytes(32),
        keys={"agents": signing.public, "seniors": signing.public},
    )
    return app


class Person:
    """Someone at the office: goes where pages lead, and every page shown is well made."""

    def __init__(self, app: Application, login: str) -> None:
        self.client: FlaskClient = app.test_client()
        self.body = ""
        self.post("/bureau/connexion", {"login": login, "password": PASSWORD})

    def get(self, path: str, status: int = 200) -> str:
        return self._shown(self.client.get(path), status)

    def post(
        self,
        path: str,
        fields: dict[str, object] | None = None,
        status: int = 303,
        form_on: str = "",
    ) -> TestResponse:
        token = self._token(form_on or "/bureau/connexion" if not self.body else form_on)
        # Encoded here: for a large file the test client would leave its own copy open.
        boundary, body = encode_multipart({"csrf_token": token, **(fields or {})})
        kind = f"multipart/form-data; boundary={boundary}"
        response = self.client.post(path, data=body, content_type=kind)
        assert response.status_code == status, response.text
        if status == 303:
            self.get(response.headers["Location"])
        else:
            self._shown(response, status)
        return response

    def hand_in(
        self, content: str | bytes, file_name: str = "agents.csv", status: int = 303, **fields: str
    ) -> TestResponse:
        self.get(f"{LOTS}/nouveau/{SLUG}")
        raw = content if isinstance(content, bytes) else content.encode("cp1252")
        values = {"name": "Ain", "audience": "agents", **fields}
        file = FileStorage(io.BytesIO(raw), filename=file_name)
        response = self.post(f"{LOTS}/nouveau/{SLUG}", {**values, "fichier": file}, status)
        if status == 303:
            page = response.headers["Location"]
            self.post(page, {"colonne": self.checked("colonne"), "feuille": ""})
        return response

    def checked(self, name: str) -> str:
        """The choice the page proposes."""
        forms = read_document(self.body).forms
        return next(v for form in forms for n, v in form.filled({}, None) if n == name)

    @property
    def text(self) -> str:
        return self.body.replace("\u00a0", " ").replace("\u202f", " ")

    def _token(self, page: str) -> str:
        if page:
            self.get(page)
        forms = read_document(self.body).forms
        return next(v for form in forms for n, v in form.filled({}, None) if n == "csrf_token")

    def _shown(self, response: TestResponse, status: int) -> str:
        assert response.status_code == status, response.text
        if response.mimetype == "text/html":
            self.body = response.text
            assert not faults(self.body), faults(self.body)
        return response.text


@pytest.fixture
def hr(app: Application) -> Person:
    return Person(app, "rh")


def the_roll(app: Application) -> Roll:
    return app.parts[Roll]


def only_batch(app: Application) -> str:
    (batch,) = the_roll(app).batches(SLUG)
    return f"{LOTS}/{batch.id.hex()}"


def the_draft(app: Application) -> str:
    (batch,) = (one for one in the_roll(app).batches(SLUG) if one.state == "draft")
    return f"{LOTS}/{batch.id.hex()}"


# HR


def test_a_file_becomes_invitations(app: Application, hr: Person) -> None:
    hr.get(LOTS)
    assert "Aucun lot" in hr.text

    hr.hand_in(GOOD)
    assert "CSV, point-virgule, Windows-1252" in hr.text
    assert "ne garde pas : Nom" in hr.text
    assert "Prêtes : 2" in hr.text
    assert "Donner mon avis" in hr.text
    hr.post(f"{only_batch(app)}/confirmer")

    assert "Aucun message n’est encore parti" in hr.text
    assert "à partir du lundi 10 juin 2024 à 11 h (heure de Paris)" in hr.text
    assert "En attente : 2" in hr.text
    assert the_roll(app).counts(SLUG).invited == 2


def test_wrong_lines_are_shown_by_their_number_and_never_run(app: Application, hr: Person) -> None:
    hr.hand_in(MIXED)

    assert "À corriger : 2" in hr.text
    told = "Doublons dans le fichier : 1 (ligne 5 : adresse qui est déjà plus haut dans le fichier)"
    assert told in hr.text
    assert "<script>" not in hr.body
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in hr.body
    report = hr.get(f"{only_batch(app)}/erreurs.csv")
    assert [line.split(";")[0] for line in report.splitlines()[1:]] == ["4", "5", "6", "7"]


def test_wrong_lines_are_left_out_only_by_the_button_that_says_so(
    app: Application, hr: Person
) -> None:
    hr.hand_in(MIXED)
    assert "Continuer sans ces 2 lignes" in hr.text
    page = only_batch(app)

    hr.post(f"{page}/confirmer", status=409)
    hr.post(f"{page}/confirmer", {"sans_fautes": "1"}, form_on=page)

    assert the_roll(app).counts(SLUG).invited == 3


def test_more_wrong_lines_than_a_page_holds_are_all_in_the_file(
    app: Application, hr: Person
) -> None:
    hr.hand_in("Courriel\r\n" + "".join(f"faux{n}\r\n" for n in range(120)))

    assert "Les 50 premières lignes sur 120" in hr.text
    assert "Aucune ligne ne peut devenir une invitation" in hr.text
    report = hr.get(f"{only_batch(app)}/erreurs.csv")
    assert len(report.splitlines()) == 121


def test_confirming_twice_and_reloading_change_nothing(app: Application, hr: Person) -> None:
    hr.hand_in(GOOD)
    page = only_batch(app)

    hr.post(f"{page}/confirmer")
    hr.post(f"{page}/confirmer", form_on=page)
    hr.get(page)
    hr.get(page)

    assert the_roll(app).counts(SLUG).invited == 2
    hr.get(f"{page}/erreurs.csv", 404)
    actions = [entry.action for entry in app.parts[Journal].entries()]
    assert actions.count("lot confirmé") == 1


def test_handing_in_the_same_file_twice_invites_nobody_twice(app: Application, hr: Person) -> None:
    hr.hand_in(GOOD)
    hr.post(f"{only_batch(app)}/confirmer")

    hr.hand_in(GOOD, file_name="agents-bis.csv")

    assert "Déjà invitées par un autre lot : 2" in hr.text
    assert "Prêtes : 0" in hr.text


def test_an_address_already_invited_is_told_with_its_batch(app: Application) -> None:
    ain = Person(app, "rh-d01")
    ain.hand_in("Courriel\r\na@ain.gouv.fr\r\n", name="SGC-D 01 <b>")
    ain.post(f"{only_batch(app)}/confirmer", {"jour": "2024-06-11", "heure": "9"})

    ain.hand_in(GOOD, name="bis")

    where = "déjà dans le lot « SGC-D 01 <b> », du 11 juin 2024"
    assert where.replace("<", "&lt;").replace(">", "&gt;") in ain.text
    assert "Prêtes : 1" in ain.text
    page = the_draft(app)
    report = ain.get(f"{page}/erreurs.csv").replace("\u00a0", " ")
    assert f"2;a@ain.gouv.fr;doublon;{where};" in report


def test_the_batch_of_another_territory_is_never_named(app: Application) -> None:
    """Nor are the day it left, nor the one a national account handed in."""
    everyone, ain = Person(app, "rh"), Person(app, "rh-d01")
    everyone.hand_in(GOOD, name="Cabinet du préfet")
    everyone.post(f"{only_batch(app)}/confirmer")

    ain.hand_in(GOOD)

    page = the_draft(app)
    report = ain.get(f"{page}/erreurs.csv")
    for text in (ain.get(page), report):
        assert text.count("déjà dans un lot d’un autre service") == 2
        assert "Cabinet" not in text
    assert "10 juin 2024" not in report
    assert "déjà dans le lot" in everyone.get(page)


def test_an_abandoned_draft_leaves_no_address(app: Application, hr: Person) -> None:
    hr.hand_in(GOOD)
    page = only_batch(app)

    hr.post(f"{page}/abandonner")

    assert "ses adresses sont effacées" in hr.text
    assert the_roll(app).batches(SLUG) == ()
    hr.get(page, 404)


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "agents.csv", "Le fichier est vide"),
        (b"\xd0\xcf\x11\xe0x", "agents.xls", "lisible"),
        (b"PK\x03\x04xx", "agents.xlsx", "lisible"),
        (b"Nom\r\nDupont", "agents.csv", "courriel"),
        (b"\xff\xd8\xff\x00", "photo.jpg", "lisible"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_what_to_do(
    app: Application, hr: Person, content: bytes, name: str, words: str
) -> None:
    hr.hand_in(content, name, status=422)

    assert words in hr.text
    assert "<title>Erreur" in hr.text
    assert the_roll(app).batches(SLUG) == ()


def test_a_file_over_the_limit_is_refused(hr: Person) -> None:
    hr.hand_in(b"a" * (5 * 1024 * 1024 + 10), status=422)
    assert "5 Mo" in hr.text

    hr.hand_in(b"a" * (6 * 1024 * 1024), status=413)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": " "}, "Écrivez un nom"),
        ({"name": "x" * 201}, "200 caractères"),
        ({"audience": ""}, "Choisissez à qui"),
        ({"audience": "everyone"}, "Choisissez à qui"),
    ],
)
def test_an_incomplete_form_is_shown_again_with_what_to_do(
    hr: Person, fields: dict[str, str], words: str
) -> None:
    hr.hand_in(GOOD, status=422, **fields)

    assert words in hr.text


def test_a_form_without_file_asks_for_one(hr: Person) -> None:
    hr.get(f"{LOTS}/nouveau/{SLUG}")

    hr.post(f"{LOTS}/nouveau/{SLUG}", {"name": "Ain", "audience": "agents"}, 422)

    assert "Choisissez un fichier, ou collez." in hr.text


def test_the_page_follows_the_sending_and_never_says_who_answered(
    app: Application, hr: Person
) -> None:
    hr.hand_in(GOOD)
    page = only_batch(app)
    hr.post(f"{page}/confirmer")
    roll, batch_id = the_roll(app), bytes.fromhex(page.rpartition("/")[2])
    roll.start_sending(batch_id)
    for end in (roll.mark_refused, roll.mark_uncertain):
        outgoing = roll.claim_next(batch_id)
        assert outgoing is not None
        end(outgoing.id, "=cmd() <b>motif</b>")
    roll.finish_sending(batch_id)

    hr.get(page)

    assert "Refusés : 1" in hr.text
    assert "&lt;b&gt;motif&lt;/b&gt;" in hr.body
    assert "'=cmd()" in hr.get(f"{page}/non-remis.csv")
    hr.post(f"{page}/renvoyer")
    assert "En attente : 1" in hr.text
    assert "confirmé, en attente d’envoi" in hr.text


def test_refused_and_put_off_lines_are_told_with_what_to_do_and_may_leave_again(
    app: Application, hr: Person
) -> None:
    hr.hand_in(GOOD)
    page = only_batch(app)
    hr.post(f"{page}/confirmer")
    roll, batch_id = the_roll(app), bytes.fromhex(page.rpartition("/")[2])
    roll.start_sending(batch_id)
    refused, put_off = roll.claim_next(batch_id), roll.claim_next(batch_id)
    assert refused is not None
    assert put_off is not None
    roll.mark_refused(refused.id, "refusé par les règles (554). Demandez à l’équipe technique.")
    roll.put_back_alone(put_off.id, "le relais demande d’attendre (450). Il sera réessayé.")
    roll.finish_sending(batch_id)
    roll.pause(batch_id, "trop de refus")

    hr.get(page)

    assert "différé" in hr.text
    assert "le relais demande d’attendre (450). Il sera réessayé." in hr.text
    assert "Une adresse fausse se corrige." in hr.text
    assert "différé" in hr.get(f"{page}/non-remis.csv")
    hr.get(page)
    hr.post(f"{page}/adresse", {"ancienne": put_off.address, "nouvelle": "c@ain.gouv.fr"})
    hr.post(f"{page}/renvoyer", {"lesquels": "refuses"})
    assert "En attente : 2" in hr.text
    assert "Refusés : 0" in hr.text
    assert "Messages non remis" not in hr.text


def test_a_sending_is_paused_and_resumed(app: Application, hr: Person) -> None:
    hr.hand_in(GOOD)
    page = only_batch(app)
    hr.post(f"{page}/confirmer")

    hr.post(f"{page}/suspendre")
    assert "Aucun message de ce lot ne part" in hr.text
    hr.post(f"{page}/reprendre")

    assert the_roll(app).batches(SLUG)[0].state == "confirmed"


def test_a_campaign_that_ends_takes_no_more_batches(
    app: Application, hr: Person, clock: Clock
) -> None:
    hr.hand_in(GOOD)
    page = only_batch(app)
    app.parts[Campaigns].open(SLUG)
    hr.get(page)

    clock.advance(days=18)
    clock.now = clock.now  # the session, idle for so long, is entered anew
    late = Person(app, "rh")
    late.get(LOTS)
    assert "aucun lot ne peut plus" in late.text
    late.get(f"{LOTS}/nouveau/{SLUG}", 409)
    late.post(f"{page}/confirmer", status=409, form_on=page)

    assert the_roll(app).counts(SLUG).invited == 0


def test_the_model_file_is_one_the_reader_accepts(hr: Person) -> None:
    hr.hand_in(hr.client.get(f"{LOTS}/modele.csv").data)

    assert "Prêtes : 1" in hr.text


def test_a_file_is_read_by_the_column_a_person_chooses(app: Application, hr: Person) -> None:
    file = "Mail pro;Mail perso;Nom\r\na@ain.gouv.fr;b@ain.gouv.fr;Zoé\r\n"
    hr.hand_in(file)
    assert "Mail perso" in hr.text
    assert list(only_draft(app).addresses) == ["a@ain.gouv.fr"]

    hr.get(f"{only_batch(app)}/colonnes")
    assert "b@ain.gouv.fr" in hr.text
    hr.post(f"{only_batch(app)}/colonnes", {"colonne": "1", "feuille": ""})

    assert list(only_draft(app).addresses) == ["b@ain.gouv.fr"]


def test_a_column_that_no_page_offers_is_as_none(app: Application, hr: Person) -> None:
    hr.hand_in(GOOD)
    for column in ("9" * 5_000, "9" * 25, "²", "1.5", "-1"):
        hr.get(f"{only_batch(app)}/colonnes")
        hr.post(f"{only_batch(app)}/colonnes", {"colonne": column, "feuille": ""})

    hr.post(f"{only_batch(app)}/colonnes", {"colonne": "99", "feuille": ""}, status=409)
    assert "aucune ligne sous « colonne CV »" in hr.text.replace("\u00a0", " ")


def test_a_field_without_a_name_is_as_none(hr: Person) -> None:
    hr.get(f"{LOTS}/nouveau/{SLUG}")
    token = hr._token("")

    reply = hr.client.post(
        f"{LOTS}/nouveau/{SLUG}",
        data="--bord\r\nContent-Disposition: form-data\r\n\r\na\r\n--bord--\r\n",
        content_type="multipart/form-data; boundary=bord",
        headers={"X-CSRFToken": token},
    )

    assert reply.status_code == 422
    assert "Écrivez un nom" in reply.text


def test_the_store_holds_nothing_legible_of_the_other_columns(
    app: Application, hr: Person, roll_database: Database
) -> None:
    hr.hand_in("Courriel;Nom\r\na@ain.gouv.fr;Pénélope\r\n")

    with roll_database.read() as connection:
        row = connection.execute(select(unchecked)).one()
    assert row.file is not None
    assert "Pénélope" not in repr(row)
    assert "Pénélope".encode("cp1252") not in row.file
    other = Person(app, "rh")
    other.get(f"{only_batch(app)}/colonnes", 409)  # another session has no key
    hr.post(f"{only_batch(app)}/confirmer", form_on=only_batch(app))
    with roll_database.read() as connection:
        assert connection.execute(select(unchecked)).first() is None


def only_draft(app: Application) -> Parsed:
    (batch,) = the_roll(app).batches(SLUG)
    parsed = the_roll(app).batch(batch.id).parsed
    assert parsed is not None
    return parsed


def test_addresses_are_pasted_as_they_come(app: Application, hr: Person) -> None:
    hr.get(f"{LOTS}/nouveau/{SLUG}")
    pasted = "Léa DUPONT <a@ain.gouv.fr>; b@ain.gouv.fr\nmailto:c@ain.gouv.fr\nfaux"

    hr.post(f"{LOTS}/nouveau/{SLUG}", {"name": "Ain", "audience": "agents", "adresses": pasted})

    assert "Prêtes : 3" in hr.text
    assert "À corriger : 1" in hr.text


def test_the_list_of_wrong_lines_is_corrected_and_sent_again(app: Application, hr: Person) -> None:
    hr.hand_in(MIXED)
    page = only_batch(app)
    report = hr.client.get(f"{page}/erreurs.csv").data.decode("utf-8-sig")
    assert "4;faux;" in report

    right = report.replace("4;faux;", "4;max@ain.gouv.fr;")
    hr.post(f"{page}/corriger", {"fichier": csv(right)}, form_on=page)

    assert "À corriger : 1" in hr.text
    assert [line.number for line in only_draft(app).ready] == [2, 3, 4, 7]
    hr.post(f"{page}/corriger", {"fichier": csv("Courriel\r\nx@ain.gouv.fr")}, 422, form_on=page)


def csv(content: str) -> FileStorage:
    return FileStorage(io.BytesIO(content.encode("utf-8-sig")), filename="lignes.csv")


# Files at the announced limits, and beyond


def table(lines: int, columns: int) -> list[list[str]]:
    """A header, and so many people of whom so many columns are told."""
    beside = [f"c{n}" for n in range(columns - 1)]
    return [
        ["Courriel", *beside],
        *([f"a{line}.b@ain.gouv.fr", *("x" for _ in beside)] for line in range(lines)),
    ]


def as_csv(rows: list[list[str]]) -> bytes:
    return "\r\n".join(";".join(row) for row in rows).encode()


def test_a_file_of_sixty_six_thousand_bytes_is_read_and_checked(
    app: Application, hr: Person
) -> None:
    rows = [*table(2, 2), *([f"c{n}.d@ain.gouv.fr", "é" * 60] for n in range(475))]
    content = as_csv(rows)
    assert 64 * 1024 < len(content) < 70_000

    hr.hand_in(content)

    assert "Prêtes : 477" in hr.text
    hr.get(f"{only_batch(app)}/colonnes")
    assert "Courriel" in hr.text


LIMITS = {
    "utf-8": lambda rows: as_csv(rows),
    "utf-16": lambda rows: as_csv(rows).decode().encode("utf-16"),
    "windows-1252": lambda rows: as_csv(rows).decode().encode("cp1252"),
    "xlsx": lambda rows: xlsx({"Agents": rows}),
    "xls": lambda rows: xls({"Agents": rows}),
    "ods": lambda rows: ods({"Agents": rows}),
}


@pytest.mark.long
@pytest.mark.parametrize("kind", LIMITS)
@pytest.mark.parametrize(("lines", "columns"), [(20_000, 5), (2_500, 50)])
def test_a_file_at_the_limits_is_read_in_every_kind(
    app: Application, hr: Person, kind: str, lines: int, columns: int
) -> None:
    content = LIMITS[kind](table(lines, columns))
    assert len(content) <= 5 * 1024 * 1024

    hr.hand_in(content, f"agents.{kind}")

    assert f"Prêtes : {lines // 1000} {lines % 1000:03}" in hr.text
    hr.post(f"{only_batch(app)}/confirmer", {"nombre": "1"})
    assert the_roll(app).counts(SLUG).invited == lines


@pytest.mark.long
@pytest.mark.parametrize("kind", LIMITS)
def test_a_file_beyond_the_limits_is_refused_in_every_kind(hr: Person, kind: str) -> None:
    for lines, columns in ((20_001, 1), (2, 51)):
        hr.hand_in(LIMITS[kind](table(lines, columns)), status=422)
        assert "Coupez-le en plusieurs lots." in hr.text


def test_a_csv_of_five_megabytes_is_read(hr: Person) -> None:
    rows = [["Courriel", "Note"], *([f"a{n}.b@ain.gouv.fr", "é" * 2_500] for n in range(1_000))]
    content = as_csv(rows) + b"\r\n"
    content += b" " * (5 * 1024 * 1024 - len(content))

    hr.hand_in(content)

    assert "Prêtes : 1 000" in hr.text


def test_many_addresses_are_pasted_at_once(hr: Person) -> None:
    fields: dict[str, object] = {"name": "Ain", "audience": "agents"}
    pasted = "\n".join(f"a{n}.b@ain.gouv.fr" for n in range(4_000))
    assert len(pasted) > 64 * 1024

    hr.get(f"{LOTS}/nouveau/{SLUG}")
    hr.post(f"{LOTS}/nouveau/{SLUG}", {**fields, "adresses": pasted})
    assert "Prêtes : 4 000" in hr.text

    hr.get(f"{LOTS}/nouveau/{SLUG}")
    hr.post(f"{LOTS}/nouveau/{SLUG}", {**fields, "adresses": "a@ain.gouv.fr\n" * 20_001}, 422)
    assert "20 000 lignes" in hr.text


def test_a_long_list_of_corrected_lines_is_read(app: Application, hr: Person) -> None:
    hr.hand_in("Courriel\r\n" + "".join(f"faux{n}\r\n" for n in range(1_200)))
    page = only_batch(app)
    report = hr.client.get(f"{page}/erreurs.csv").data.decode("utf-8-sig")
    assert len(report) > 64 * 1024

    right = re.sub(r";faux(\d+);", r";a\1.b@ain.gouv.fr;", report)
    hr.post(f"{page}/corriger", {"fichier": csv(right)}, form_on=page)

    assert "Prêtes : 1 200" in hr.text


def test_a_body_too_large_is_read_to_its_end_before_it_is_refused(app: Application) -> None:
    """A browser shows no answer while it is sending: it would say that the connection was cut."""
    body = io.BytesIO(bytes(9 * 1024 * 1024))

    answer = app.test_client().post(
        f"{LOTS}/nouveau/{SLUG}",
        input_stream=body,
        content_length=9 * 1024 * 1024,
        content_type="multipart/form-data; boundary=b",
        environ_overrides={"wsgi.input_terminated": True},
    )

    assert answer.status_code == 413
    assert "ne peut pas dépasser 5\u00a0Mo" in answer.text
    assert body.read() == b""


def test_what_is_set_aside_is_told_on_the_page_by_its_numbers(app: Application, hr: Person) -> None:
    rows = [("Préfecture",), (), ("Nom", "Mél"), ("A", "a@ain.gouv.fr"), ("B", "b@ain.gouv.fr"),
            ("C", "pas de mail"), ("Total : 3",)]  # fmt: skip

    hr.hand_in(ods({"Agents": rows, "Suite": [("c@ain.gouv.fr",)]}, hidden=(5,)), "agents.csv")

    assert "Lignes du fichier : 8" in hr.text
    assert "Prêtes : 1" in hr.text
    assert "À corriger : 1" in hr.text
    assert "Mises de côté : 6" in hr.text
    for told in (
        "ligne 1 : au-dessus de l’en-tête",
        "ligne 2 : ligne vide",
        "ligne 3 : en-tête",
        "ligne 5 : masquée dans le classeur",
        "ligne 7 : total",
        "ligne 1 : feuille « Suite », qui n’est pas lue (1 avec une adresse)",
    ):
        assert told in hr.text


def test_two_addresses_are_both_kept_by_the_corrected_list(app: Application, hr: Person) -> None:
    hr.hand_in("Nom;Mél\r\nA;a@ain.gouv.fr, b@ain.gouv.fr\r\nC;c@ain.gouv.fr\r\n")
    page = only_batch(app)
    report = hr.client.get(f"{page}/erreurs.csv").data.decode("utf-8-sig")

    hr.post(f"{page}/corriger", {"fichier": csv(report + ";d@ain.gouv.fr;;;\r\n")}, form_on=page)

    assert "À corriger : 0" in hr.text
    assert "sous les numéros 4" in hr.text
    assert [(line.number, line.address) for line in only_draft(app).ready] == [
        (2, "a@ain.gouv.fr"),
        (2, "b@ain.gouv.fr"),
        (3, "c@ain.gouv.fr"),
        (4, "d@ain.gouv.fr"),
    ]


def test_each_territory_sees_its_own_batches_and_no_other(app: Application) -> None:
    ain, reunion, everyone = (Person(app, login) for login in ("rh-d01", "rh-d974", "rh"))
    ain.hand_in(GOOD)
    page = only_batch(app)

    assert page in ain.get(LOTS)
    assert page in everyone.get(LOTS)
    assert page not in reunion.get(LOTS)
    for path in ("", "/message", "/message.eml", "/erreurs.csv", "/colonnes"):
        reunion.get(page + path, 404)
    for path in ("/confirmer", "/abandonner", "/suspendre", "/annuler", "/essai", "/planifier"):
        reunion.post(page + path, status=404, form_on=LOTS)
    assert "Ain" not in reunion.get(f"{LOTS}/rapport/{SLUG}.csv")
    assert "Ain" in ain.get(f"{LOTS}/rapport/{SLUG}.csv")


def test_an_address_of_another_territory_is_to_be_looked_at(app: Application) -> None:
    ain = Person(app, "rh-d01")

    ain.hand_in("courriel\na@ain.gouv.fr\nb@isere.gouv.fr\nc@interieur.gouv.fr\n")

    assert "domaine d’un autre territoire : Isère" in ain.text
    assert "Prêtes : 3" in ain.text
    assert "À regarder avant de confirmer : 1" in ain.text


def test_messages_are_planned_at_the_hours_of_the_territory(app: Application) -> None:
    there = Person(app, "rh-d974")
    there.hand_in(GOOD)
    page = only_batch(app)

    there.post(f"{page}/confirmer", {"jour": "2024-06-11", "heure": "9"}, form_on=page)
    assert "mardi 11 juin 2024 à 9 h (heure de La Réunion)" in there.text
    there.post(f"{page}/planifier", {"jour": "2024-06-15", "heure": "9"}, 422, form_on=page)
    there.post(f"{page}/planifier", {"jour": "", "heure": "9"}, form_on=page)

    assert "lundi 10 juin 2024 à 13 h (heure de La Réunion)" in there.text


def test_no_message_is_planned_after_the_closing_and_those_too_late_are_told(
    app: Application, hr: Person, clock: Clock
) -> None:
    app.parts[Campaigns].extend(SLUG, datetime(2024, 6, 28, 22, 0, tzinfo=UTC))
    clock.now = datetime(2024, 6, 26, 8, 0, tzinfo=UTC)
    hr.hand_in(GOOD, territory="D987")
    page = only_batch(app)
    assert '<option value="2024-06-28">' in hr.body
    assert '<option value="2024-07-01">' not in hr.body
    hr.post(f"{page}/confirmer", {"jour": "2024-07-01", "heure": "9"}, 422, form_on=page)
    hr.post(f"{page}/confirmer", {"jour": "2024-06-28", "heure": "9"}, form_on=page)
    assert "vendredi 28 juin 2024 à 9 h (heure de Polynésie française)" in hr.text

    clock.now = datetime(2024, 6, 29, 5, 0, tzinfo=UTC)
    hr.get(page)

    assert "ferme le vendredi 28 juin 2024 à minuit (heure de Paris), avant l’ouverture" in hr.text
    assert "ces messages ne partiront pas" in hr.text


def test_the_page_says_why_a_sending_waits(app: Application, hr: Person, clock: Clock) -> None:
    clock.now = datetime(2024, 5, 9, 8, 0, tzinfo=UTC)  # Ascension Day
    hr.hand_in(GOOD)
    page = only_batch(app)
    assert '<option value="2024-05-10">' in hr.body
    assert '<option value="2024-05-09">' not in hr.body
    hr.post(f"{page}/confirmer", {"jour": "2024-05-20", "heure": "9"}, 422, form_on=page)

    hr.post(f"{page}/confirmer", form_on=page)
    app.parts[Campaigns].open(SLUG)
    hr.get(page)

    why = "En attente, jour férié : Ascension. Rien ne part avant le vendredi 10 mai 2024 à 8 h"
    assert why in hr.text
    clock.advance(days=1)
    assert "En attente, " not in hr.get(page)
    clock.advance(hours=9)
    hr.get(page)
    assert "En attente, hors des heures de bureau" in hr.text


def test_many_people_are_confirmed_twice(app: Application, hr: Person) -> None:
    hr.hand_in("courriel\n" + "".join(f"a{n}@ain.gouv.fr\n" for n in range(1001)))
    page = only_batch(app)

    hr.post(f"{page}/confirmer", status=422, form_on=page)
    hr.post(f"{page}/confirmer", {"nombre": "1"}, form_on=page)

    assert the_roll(app).counts(SLUG).invited == 1001


def test_the_rest_of_a_sending_is_cancelled(app: Application, hr: Person) -> None:
    hr.hand_in(GOOD)
    page = only_batch(app)
    hr.post(f"{page}/confirmer")

    hr.post(f"{page}/annuler")
    hr.post(f"{page}/annuler", form_on=LOTS)

    assert "État : annulé" in hr.text.replace("<strong>", "")
    assert the_roll(app).counts(SLUG).invited == 0


def test_a_batch_to_check_is_not_said_to_be_recorded_nowhere(hr: Person) -> None:
    hr.hand_in(GOOD)

    assert "Voici ce que recevrait une personne inventée." in hr.text
    assert "rien n’est enregistré" not in hr.text


def test_the_message_is_shown_whole_with_no_style_inside(app: Application, hr: Person) -> None:
    hr.hand_in(GOOD)
    page = only_batch(app)

    hr.get(f"{page}/message")

    assert 'class="m0"' in hr.body or "m1" in hr.body
    assert "style=" not in hr.body
    names = set(re.findall(r'class="(m[0-9]+)"', hr.body))
    sheet = hr.get(f"{LOTS}/message.css")
    assert names
    assert all(f".{name} {{" in sheet for name in names)
    mail = message_from_bytes(hr.client.get(f"{page}/message.eml").data)
    assert mail.get_content_type() == "multipart/alternative"


@pytest.mark.enable_socket
def test_a_message_is_tried_on_oneself(app: Application, hr: Person, tmp_path: Path) -> None:
    with MailSink(tmp_path / "mail") as sink:
        relay = Smtp(host="127.0.0.1", port=sink.port)
        exchange(app, replace(app.parts[Settings], smtp=relay))
        hr.hand_in(GOOD, contact="moi@ain.gouv.fr")
        page = only_batch(app)
        hr.post(f"{page}/essai", {"adresse": "moi@ailleurs.com"}, 422, form_on=page)
        hr.post(f"{page}/essai", {"adresse": "moi@ain.gouv.fr"}, form_on=page)

    assert "Le message d’essai est parti" in hr.text
    (kept,) = (tmp_path / "mail").glob("*.eml")
    assert "moi@ain.gouv.fr" in kept.name
    assert codes.grouped(codes.NO_CODE).encode() in kept.read_bytes()


def test_a_corrected_address_is_invited_again_and_the_old_code_revoked(
    app: Application, hr: Person
) -> None:
    hr.hand_in(GOOD)
    page = only_batch(app)
    hr.post(f"{page}/confirmer")
    roll, batch_id = the_roll(app), bytes.fromhex(page.rpartition("/")[2])
    roll.start_sending(batch_id)
    wrong, right = roll.claim_next(batch_id), roll.claim_next(batch_id)
    assert wrong is not None
    assert right is not None
    roll.mark_refused(wrong.id, "adresse inconnue")
    roll.mark_sent(right.id)
    roll.finish_sending(batch_id)
    ask = {"ancienne": wrong.address}

    hr.post(f"{page}/adresse", {**ask, "nouvelle": "faux"}, 422, form_on=page)
    hr.post(f"{page}/adresse", {**ask, "nouvelle": right.address}, 409, form_on=page)
    hr.post(f"{page}/adresse", {**ask, "nouvelle": "c@ain.gouv.fr"}, form_on=page)

    assert "c@ain.gouv.fr recevra une invitation" in hr.text
    assert "En attente : 1" in hr.text
    roll.start_sending(batch_id)
    again = roll.claim_next(batch_id)
    assert again is not None
    assert (again.id, again.address) == (wrong.id, "c@ain.gouv.fr")
    assert roll.look(again.code).campaign == SLUG
    with pytest.raises(Revoked):
        roll.look(wrong.code)


def test_two_reminders_are_planned_for_the_whole_country(app: Application, hr: Person) -> None:
    page = f"{LOTS}/rappels/{SLUG}"
    hr.get(page)

    hr.post(page, {"rappel1": "2024-06-17", "rappel2": "2024-06-24"})
    assert "Les dates des rappels sont enregistrées" in hr.text
    hr.post(page, {"rappel1": "2024-06-16", "rappel2": ""}, 422, form_on=page)  # a Sunday
    hr.post(page, {"rappel1": "2024-07-01", "rappel2": ""}, 422, form_on=page)  # too late

    planned = app.parts[Sendings].reminders(SLUG)
    assert [moment.isoformat() for moment in planned] == [
        "2024-06-17T07:00:00+00:00",
        "2024-06-24T07:00:00+00:00",
    ]
    ain = Person(app, "rh-d01")
    assert "lundi 17 juin 2024" in ain.get(page)
    ain.post(page, {"rappel1": ""}, 403, form_on=LOTS)


@pytest.mark.long
def test_the_last_day_offered_for_a_reminder_reaches_every_territory_or_says_which_not(
    app: Application, hr: Person, clock: Clock
) -> None:
    app.parts[Campaigns].extend(SLUG, datetime(2024, 6, 28, 22, 0, tzinfo=UTC))
    hr.hand_in("Courriel\r\na@ain.gouv.fr\r\n", territory="D987")
    hr.post(f"{only_batch(app)}/confirmer")
    page = f"{LOTS}/rappels/{SLUG}"
    hr.get(page)
    assert "vendredi 28 juin 2024" in hr.text
    assert "samedi 29 juin 2024" not in hr.text

    hr.post(page, {"rappel1": "2024-06-28", "rappel2": ""})
    assert "plus tôt" not in hr.text  # 20 h in Paris, 8 h there, before midnight
    clock.now = datetime(2024, 6, 28, 5, 0, tzinfo=UTC)
    app.parts[Campaigns].extend(SLUG, datetime(2024, 7, 1, 16, 0, tzinfo=UTC))
    hr.post(page, {"rappel1": "2024-07-01", "rappel2": ""}, form_on=page)
    assert "Choisissez un jour plus tôt pour atteindre aussi : Polynésie française." in hr.text


def test_codes_are_printed_by_service_for_those_without_a_mailbox(
    app: Application, hr: Person, tmp_path: Path
) -> None:
    hr.get(f"{LOTS}/papier/{SLUG}")
    hr.post(f"{LOTS}/papier/{SLUG}", {"name": "", "count": "0", "audience": ""}, 422)
    hr.get(f"{LOTS}/papier/{SLUG}")
    hr.post(f"{LOTS}/papier/{SLUG}", {"name": "Abattoirs", "count": "12", "audience": "agents"})
    assert "Codes à imprimer : 12" in hr.text
    page = only_batch(app)

    hr.post(f"{page}/imprimer", {"services": "DDPP ; 40"}, 422, form_on=page)
    hr.post(f"{page}/imprimer", {"services": "DDPP"}, 422, form_on=page)
    services = "SGCD ; 2\nDDPP, <abattoir> d’Œuilly ; 9"
    first = printed(hr, page, {"services": services, "forme": "bulletins"})
    again = printed(hr, page, {"services": services, "forme": "lettres"})

    pages, letters = (PdfReader(io.BytesIO(content)).pages for content in (first, again))
    assert (len(pages), len(letters)) == (3, 11)  # eight a page, and a service begins one
    texts = [" ".join(page.extract_text().split()) for page in pages]
    assert all("DDPP, <abattoir> d’Œuilly" in text for text in texts[:2])
    assert "SGCD" in texts[2]
    assert all("Rien ne relie vos réponses" in text for text in texts)
    typed = [code for text in texts for code in re.findall(r"(?:[0-9A-Z]{4}-){6}[0-9A-Z]{2}", text)]
    assert len(set(typed)) == 11
    assert {the_roll(app).look(code).campaign for code in typed} == {SLUG}
    actions = [entry.action for entry in app.parts[Journal].entries()]
    assert actions.count("codes imprimés") == 2


def printed(hr: Person, page: str, fields: dict[str, str]) -> bytes:
    hr.get(page)
    answer = hr.client.post(f"{page}/imprimer", data=fields | {"csrf_token": hr._token("")})
    assert answer.mimetype == "application/pdf"
    return answer.data


def test_the_codes_of_a_seminar_open_half_an_hour_before(
    app: Application, hr: Person, clock: Clock
) -> None:
    hr.get(f"{LOTS}/papier/{SLUG}")
    fields = {"name": "", "count": "40", "audience": "seniors", "day": "12/06/2024"}
    hr.post(f"{LOTS}/papier/{SLUG}", fields | {"hour": "midi"}, 422)
    for day in ("01/01/0001", "31/12/9999"):
        hr.get(f"{LOTS}/papier/{SLUG}")
        hr.post(f"{LOTS}/papier/{SLUG}", fields | {"day": day, "hour": "00:00"}, 422)
    hr.get(f"{LOTS}/papier/{SLUG}")
    hr.post(f"{LOTS}/papier/{SLUG}", fields | {"hour": "14:00"})
    assert "seminaire-2024-06-12" in hr.text
    assert "mercredi 12 juin 2024 à 13 h 30" in hr.text
    app.parts[Campaigns].open(SLUG)
    code, client = code_in(app, "seniors"), app.test_client()
    asked = {"code": code, "blinded": to_wire(b"\x00" * 383 + b"2")}

    clock.now = clock.now.replace(day=12, hour=11, minute=29)
    for path in ("/guichet/ou", f"/guichet/{SLUG}/seniors/signature"):
        assert client.post(path, json=asked).status_code == 403
    clock.advance(minutes=1)
    assert client.post("/guichet/ou", json=asked).status_code == 200
    assert client.post(f"/guichet/{SLUG}/seniors/signature", json=asked).status_code == 200


HR_ADDRESSES = [
    ("GET", LOTS),
    ("GET", f"{LOTS}/modele.csv"),
    ("GET", f"{LOTS}/nouveau/{SLUG}"),
    ("POST", f"{LOTS}/nouveau/{SLUG}"),
    ("GET", f"{LOTS}/00"),
    ("GET", f"{LOTS}/00/erreurs.csv"),
    ("GET", f"{LOTS}/00/non-remis.csv"),
    ("POST", f"{LOTS}/00/confirmer"),
    ("POST", f"{LOTS}/00/abandonner"),
    ("POST", f"{LOTS}/00/suspendre"),
    ("POST", f"{LOTS}/00/reprendre"),
    ("POST", f"{LOTS}/00/renvoyer"),
    ("GET", f"{LOTS}/00/colonnes"),
    ("POST", f"{LOTS}/00/colonnes"),
    ("POST", f"{LOTS}/00/corriger"),
    ("GET", f"{LOTS}/00/message"),
    ("GET", f"{LOTS}/00/message.eml"),
    ("GET", f"{LOTS}/message.css"),
    ("GET", f"{LOTS}/rapport/{SLUG}.csv"),
    ("POST", f"{LOTS}/00/essai"),
    ("POST", f"{LOTS}/00/adresse"),
    ("POST", f"{LOTS}/00/imprimer"),
    ("GET", f"{LOTS}/papier/{SLUG}"),
    ("POST", f"{LOTS}/papier/{SLUG}"),
    ("GET", f"{LOTS}/rappels/{SLUG}"),
    ("POST", f"{LOTS}/rappels/{SLUG}"),
    ("POST", f"{LOTS}/00/annuler"),
    ("POST", f"{LOTS}/00/planifier"),
]


@pytest.mark.parametrize(("method", "path"), HR_ADDRESSES)
def test_only_the_hr_role_enters(app: Application, method: str, path: str) -> None:
    analyst, nobody = Person(app, "analyste"), app.test_client()
    analyst.get("/bureau")
    token = {"csrf_token": analyst._token("")} if method == "POST" else None

    assert analyst.client.open(path, method=method, data=token).status_code == 403
    if method == "GET":
        response = nobody.get(path)
        assert response.status_code == 303
        assert response.headers["Location"].endswith("/bureau/connexion")


@pytest.mark.parametrize("path", [path for method, path in HR_ADDRESSES if method == "POST"])
def test_a_post_without_its_token_is_refused(hr: Person, path: str) -> None:
    assert hr.client.post(path, data={}).status_code == 400


@pytest.mark.parametrize("batch", ["00", "zz", "é", "00" * 16, "modele"])
def test_a_batch_that_does_not_exist_is_said_so(hr: Person, batch: str) -> None:
    hr.get(f"{LOTS}/{batch}", 404)


# The desk


def code_in(app: Application, audience: str = "agents") -> str:
    found = the_roll(app).unused_invitation(SLUG, audience)
    assert found is not None
    return found.code


@pytest.fixture
def invited(app: Application, hr: Person) -> str:
    hr.hand_in(GOOD)
    hr.post(f"{only_batch(app)}/confirmer")
    app.parts[Campaigns].open(SLUG)
    return code_in(app)


def test_a_browser_gets_a_credential_that_verifies(
    app: Application, invited: str, signing: PrivateKey
) -> None:
    client, desk = app.test_client(), f"/guichet/{SLUG}/agents"
    prepared = prepare(secrets.token_bytes(32), secrets.token_bytes(32))
    r = secrets.randbelow(signing.public.n - 2) + 1
    hidden, inverse = blind(signing.public, prepared, salt=secrets.token_bytes(48), r=r)

    found = client.post("/guichet/ou", json={"code": invited.lower()}).json
    before = client.post(f"{desk}/etat", json={"code": invited}).json
    answer = client.post(f"{desk}/signature", json={"code": invited, "blinded": to_wire(hidden)})
    after = client.post(f"{desk}/etat", json={"code": invited}).json

    assert found == {"campaign": SLUG, "audience": "agents"}
    assert (before, after) == ({"state": "new"}, {"state": "used"})
    signed = from_wire(answer.get_json()["signature"])
    assert signed is not None
    assert verify(signing.public, prepared, finalize(signing.public, prepared, signed, inverse))
    again = client.post(f"{desk}/signature", json={"code": invited, "blinded": to_wire(hidden)})
    assert again.json == answer.json
    assert "Set-Cookie" not in answer.headers


def test_another_message_for_the_same_code_is_a_conflict(app: Application, invited: str) -> None:
    client, desk = app.test_client(), f"/guichet/{SLUG}/agents"
    client.post(
        f"{desk}/signature", json={"code": invited, "blinded": to_wire(b"\x00" * 383 + b"2")}
    )

    other = client.post(
        f"{desk}/signature", json={"code": invited, "blinded": to_wire(b"\x00" * 383 + b"3")}
    )

    assert other.status_code == 409
    assert other.get_json()["title"] == "Ce lien a déjà servi"


def test_unknown_and_malformed_codes_get_the_same_answer(app: Application, invited: str) -> None:
    client, desk = app.test_client(), f"/guichet/{SLUG}/agents"
    answers = {
        (answer.status_code, answer.text)
        for code in ("", "x", "0" * 26, "é" * 26, "9" * 900)
        for answer in (
            client.post("/guichet/ou", json={"code": code}),
            client.post(f"{desk}/etat", json={"code": code}),
            client.post(f"{desk}/signature", json={"code": code, "blinded": to_wire(b"\1" * 384)}),
        )
    }

    ((status, text),) = answers
    assert status == 404
    assert "Il est peut-être coupé" in text


@pytest.mark.parametrize(
    "body", [None, [], {}, {"code": 1}, {"code": None}, "texte", {"code": "x", "blinded": "~"}]
)
def test_what_is_not_understood_is_refused(app: Application, invited: str, body: object) -> None:
    answer = app.test_client().post(
        f"/guichet/{SLUG}/agents/signature",
        data=json.dumps(body),
        content_type="application/json",
    )

    assert answer.status_code == 400
    assert answer.get_json()["refused"]


@pytest.mark.parametrize("blinded", ["", "AA", to_wire(bytes(384)), to_wire(b"\xff" * 384)])
def test_a_message_that_cannot_be_signed_spends_nothing(
    app: Application, invited: str, blinded: str
) -> None:
    answer = app.test_client().post(
        f"/guichet/{SLUG}/agents/signature", json={"code": invited, "blinded": blinded}
    )

    assert answer.status_code == 400
    assert not the_roll(app).look(invited).issued


def test_a_code_of_another_audience_or_campaign_is_unknown(app: Application, invited: str) -> None:
    client = app.test_client()

    for path in (f"/guichet/{SLUG}/seniors/etat", "/guichet/autre/agents/etat"):
        assert client.post(path, json={"code": invited}).status_code == 404


def test_the_state_of_the_campaign_decides(app: Application, invited: str, clock: Clock) -> None:
    client, campaigns = app.test_client(), app.parts[Campaigns]
    path = f"/guichet/{SLUG}/agents/etat"

    campaigns.pause(SLUG)
    paused = client.post(path, json={"code": invited})
    campaigns.resume(SLUG)
    clock.advance(days=-8)
    early = client.post(path, json={"code": invited})
    clock.advance(days=27)
    late = client.post(path, json={"code": invited})

    assert (paused.status_code, paused.headers["Retry-After"]) == (503, "600")
    assert "suspendue" in paused.get_json()["title"]
    assert early.status_code == 403
    assert "pas encore ouverte" in early.get_json()["title"]
    assert late.status_code == 410
    assert "terminée" in late.get_json()["title"]


def test_reading_changes_nothing(app: Application, invited: str) -> None:
    client = app.test_client()

    for path in (
        "/guichet/ou",
        f"/guichet/{SLUG}/agents/etat",
        f"/guichet/{SLUG}/agents/signature",
    ):
        assert client.get(path).status_code == 405
        assert client.head(path).status_code == 405
    assert not the_roll(app).look(invited).issued


def test_the_public_key_is_the_one_that_signs(app: Application, signing: PrivateKey) -> None:
    client = app.test_client()

    answer = client.get(f"/guichet/{SLUG}/agents/cle")

    key = answer.get_json()
    assert int.from_bytes(from_wire(key["n"]) or b"") == signing.public.n
    assert int.from_bytes(from_wire(key["e"]) or b"") == signing.public.e
    assert key["fingerprint"] == signing.public.fingerprint
    assert "public" in answer.headers["Cache-Control"]
    assert client.get(f"/guichet/{SLUG}/personne/cle").status_code == 404


def test_after_a_hundred_wrong_codes_only_a_genuine_one_is_heard(
    app: Application, invited: str
) -> None:
    client = app.test_client()
    for _ in range(100):
        assert client.post("/guichet/ou", json={"code": "x"}).status_code == 404

    answer = client.post("/guichet/ou", json={"code": "x"})

    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert client.post("/guichet/ou", json={"code": invited}).status_code == 200


def test_good_codes_are_never_counted(app: Application, invited: str) -> None:
    client = app.test_client()

    assert {client.post("/guichet/ou", json={"code": invited}).status_code for _ in range(150)} == {
        200
    }
