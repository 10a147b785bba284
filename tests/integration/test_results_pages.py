"""The analyst sees how far the count is, and takes the files out once, for a reason."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from conftest import Clock
from counting import PASSWORD, Office, crowd, office_app, office_with_an_urn
from flask.testing import FlaskClient
from small import FAST_HASHING
from visitor import Visitor

from consultation.database import Database
from consultation.office.store import Accounts
from consultation.parts import Application
from consultation.results.extracting import AT_ONCE


@pytest.fixture
def office(
    box_database: Database, office_database: Database, keys_directory: Path, clock: Clock
) -> Office:
    return office_with_an_urn(box_database, office_database, keys_directory, clock)


@pytest.fixture
def app(office: Office, office_database: Database, clock: Clock) -> Application:
    accounts = Accounts(office_database, clock, secret_key="k" * 48, hashing=FAST_HASHING)
    for role in ("rh", "exploitation"):
        accounts.create(role, PASSWORD, role)
    return office_app(office, accounts, "analyste", "autre-analyste")


def logged_in(app: Application, role: str = "analyste") -> Visitor:
    visitor = Visitor(app, cookies=True).open("/bureau/connexion")
    return visitor.fill({"login": role, "password": PASSWORD}).press("Se connecter")


def browser(app: Application, name: str = "analyste") -> FlaskClient:
    """A logged-in analyst for whom files are bytes."""
    client = app.test_client()
    page = client.get("/bureau/connexion").text
    login = {"login": name, "password": PASSWORD, "csrf_token": token(page)}
    client.post("/bureau/connexion", data=login)
    return client


def token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def test_the_counts_of_an_open_consultation_are_rounded(office: Office, app: Application) -> None:
    office.campaigns.open("essai")
    assert "moins de 11" in logged_in(app).open("/bureau/resultats").body

    office.fill(crowd(63))
    office.figures.publish("essai", {"ballots": 63})
    body = logged_in(app).open("/bureau/resultats").body

    assert "environ 65" in body
    assert "10 juin 2024" in body
    assert "63" not in re.sub(r'value="[^"]*"|/static/[^"]*', "", body)


def test_an_open_consultation_offers_no_file(office: Office, app: Application) -> None:
    office.fill(crowd(63))
    office.campaigns.open("essai")

    visitor = logged_in(app).open("/bureau/resultats/essai")

    assert "n’est pas encore close" in visitor.body
    assert "Préparer les fichiers</button>" not in visitor.body


def test_asking_anyway_is_refused_in_words(office: Office, app: Application) -> None:
    office.fill(crowd(63))
    office.campaigns.open("essai")
    client = browser(app)
    page = client.get("/bureau/resultats/essai").text

    form = {"purpose": "voir", "csrf_token": token(page)}
    response = client.post("/bureau/resultats/essai", data=form)

    assert response.status_code == 409
    assert "une fois la consultation close" in response.text
    assert "réponses exportées" not in [entry.action for entry in office.journal.entries()]


def asked(app: Application, client: FlaskClient, **chosen: object) -> str:
    """The page of the files that this analyst asks for."""
    page = client.get("/bureau/resultats/essai").text
    form = {"purpose": " Rapport aux agents ", "csrf_token": token(page)} | chosen
    response = client.post("/bureau/resultats/essai", data=form)
    assert response.status_code == 303
    return str(response.headers["Location"])


def address_of_the_zip(page: str) -> str:
    found = re.search(r'href="([^"]*/telecharger/[^"]*)"', page)
    assert found
    return found[1]


def test_a_closed_consultation_is_downloaded_and_the_journal_keeps_why(
    office: Office, app: Application
) -> None:
    office.fill(crowd(63))
    office.close()
    client = browser(app)

    page = client.get(asked(app, client, formats=["parquet"], labels="y")).text
    with client.get(address_of_the_zip(page)) as response:
        content = response.data

    assert "63" in page
    assert f"Télécharger (zip, {round(len(content) / 1000)}\u00a0ko)" in page
    assert "Parquet, libellés, textes lus seulement" in page
    assert response.headers["Content-Disposition"] == "attachment; filename=essai.zip"
    assert response.headers["Cache-Control"] == "no-store"
    assert int(response.headers["Content-Length"]) == len(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {"essai/microdata.csv", "essai/microdata.parquet"} <= set(archive.namelist())
    *_, before, after = office.journal.entries()
    assert (before.who, before.action) == ("analyste", "données demandées")
    assert (after.who, after.action) == ("analyste", "réponses exportées")
    for entry in (before, after):
        assert entry.detail.endswith("motif\u00a0: Rapport aux agents")


def test_a_link_is_for_whoever_asked_and_for_a_quarter_of_an_hour(
    office: Office, app: Application, clock: Clock
) -> None:
    office.fill(crowd(63))
    office.close()
    client, other = browser(app), browser(app, "autre-analyste")
    location = asked(app, client)
    link = address_of_the_zip(client.get(location).text)

    assert other.get(link).status_code == 404
    assert other.get(location).status_code == 404
    assert "Vos fichiers" not in other.get("/bureau/resultats/essai").text
    assert client.get(link[:-1] + "_").status_code == 410
    assert client.get(location.replace("fichiers/", "fichiers/zz")).status_code == 404

    clock.advance(minutes=15)
    assert client.get(link).status_code == 410
    with client.get(address_of_the_zip(client.get(location).text)) as response:
        assert response.status_code == 200
    assert "Vos fichiers" in client.get("/bureau/resultats/essai").text


def test_files_are_deleted_after_a_day(office: Office, app: Application, clock: Clock) -> None:
    office.fill(crowd(63))
    office.close()
    client = browser(app)
    location = asked(app, client)
    folder = office.keys.beside("essai", "extractions")
    [made] = folder.iterdir()
    begun = folder / f".{made.name}-ab12"  # by a worker that was killed
    begun.mkdir()
    (begun / "microdata.csv").touch()

    clock.advance(hours=23)
    office.extracting.clean(office.campaign)
    assert set(folder.iterdir()) == {made, begun}
    clock.advance(hours=1)
    office.extracting.clean(office.campaign)

    assert not list(folder.iterdir())
    client = browser(app)  # the session is over too
    assert client.get(location).status_code == 404
    assert "Vos fichiers" not in client.get("/bureau/resultats/essai").text


def test_the_files_of_many_ballots_are_made_by_the_worker(office: Office, app: Application) -> None:
    office.fill(crowd(30))
    office.put([b"{}"] * AT_ONCE)  # not ballots, but they have to be opened
    office.close()
    client = browser(app)
    location = asked(app, client)
    assert "en préparation" in client.get(location).text

    [due] = office.extracting.due(office.campaign)
    office.extracting.make(due)

    assert office.extracting.due(office.campaign) == ()
    assert "Les fichiers sont prêts" in client.get(location).text
    office.extracting.make(due)  # by another worker, at the same time
    assert "Les fichiers sont prêts" in client.get(location).text


def test_what_prevents_files_from_being_made_is_told(office: Office, app: Application) -> None:
    office.fill(crowd(4))
    office.put_sealed([b"damaged"] * 20)
    office.close()

    visitor = logged_in(app).open("/bureau/resultats/essai").fill({"purpose": "rapport"})
    visitor.press("Préparer les fichiers")

    assert "Il y a moins de onze réponses" in visitor.body
    assert "/telecharger/" not in visitor.body
    assert "impossibles" in visitor.open("/bureau/resultats/essai").body


def test_the_files_of_fewer_than_eleven_ballots_are_not_to_be_asked_for(
    office: Office, app: Application
) -> None:
    office.fill(crowd(10))
    office.close()

    visitor = logged_in(app).open("/bureau/resultats/essai").fill({"purpose": "rapport"})
    visitor.press("Préparer les fichiers", 409)

    assert "Il y a moins de onze réponses" in visitor.body
    assert "données demandées" not in [entry.action for entry in office.journal.entries()]


def test_a_reason_is_asked_for(office: Office, app: Application) -> None:
    office.fill(crowd(63))
    office.close()

    visitor = logged_in(app).open("/bureau/resultats").open("/bureau/resultats/essai")
    visitor.fill({"purpose": "   "}).press("Préparer les fichiers", 422)

    assert "Écrivez à quoi ces données vont servir." in visitor.body
    assert "Erreur" in visitor.body.split("</title>")[0]


def test_without_its_token_a_form_is_not_obeyed(office: Office, app: Application) -> None:
    office.close()

    response = browser(app).post("/bureau/resultats/essai", data={"purpose": "x"})

    assert response.status_code == 400


def test_an_unknown_consultation_is_not_found(app: Application) -> None:
    logged_in(app).open("/bureau/resultats/inconnue", 404)


@pytest.mark.parametrize("role", ["rh", "exploitation"])
def test_only_analysts_see_results(app: Application, role: str) -> None:
    visitor = logged_in(app, role)

    visitor.open("/bureau/resultats", 403)
    visitor.open("/bureau/resultats/essai", 403)


def test_nobody_in_particular_is_sent_to_the_door(app: Application) -> None:
    assert Visitor(app).open("/bureau/resultats").url.endswith("/bureau/connexion")
