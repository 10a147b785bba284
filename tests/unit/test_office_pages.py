"""The office's doors: who enters, who does not, and what the browser is given."""

import re
import time
from base64 import b32decode
from datetime import timedelta

import pytest
from conftest import Clock
from face import build, exchange
from flask import Blueprint, render_template_string
from flask.testing import FlaskClient
from small import FAST_HASHING, ONE_QUESTION
from visitor import Visitor, faults
from werkzeug.test import TestResponse

from consultation.blind import PrivateKey
from consultation.config import Settings
from consultation.database import Database
from consultation.office import totp
from consultation.office.pages import current_account, init_office, role_required
from consultation.office.store import Accounts, Approvals, Campaigns, Journal
from consultation.parts import Application

PASSWORD = "une phrase assez longue"
ROLES = ("rh", "analyste", "exploitation", "auditeur")

others = Blueprint("others", __name__)


@others.get("/q")
def survey() -> str:
    return render_template_string("{{ account }}")


@others.post("/q")
def answer() -> str:
    return "reçu"


@others.get("/bureau/lots")
@role_required("rh")
def batches() -> str:
    return current_account().login


@others.post("/bureau/lots")
def unguarded() -> str:
    return current_account().login


def built(
    database: Database, clock: Clock, public_url: str, factor: str = "facultatif"
) -> Application:
    settings = Settings.from_environment(
        {
            "SECRET_KEY": "k" * 48,
            "CONSULTATION_DATA": "/nonexistent",
            "CONSULTATION_DEMO": "1",
            "PUBLIC_URL": public_url,
            "TOTP": factor,
        }
    )
    app = build(
        settings,
        Accounts(database, clock, hashing=FAST_HASHING, secret_key="k" * 48),
        Approvals(database, clock),
        Journal(database, clock),
        Campaigns(database, clock),
    )
    init_office(app)
    app.register_blueprint(others)
    return app


@pytest.fixture
def app(office_database: Database, clock: Clock) -> Application:
    app = built(office_database, clock, "http://localhost:8000")
    for role in ROLES:
        app.parts[Accounts].create(role, PASSWORD, role)
    return app


@pytest.fixture
def client(app: Application) -> FlaskClient:
    return app.test_client()


def token(response: TestResponse) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', response.text)
    assert found
    return found[1]


def submit(
    client: FlaskClient, login: str, password: str = PASSWORD, code: str = ""
) -> TestResponse:
    page = client.get("/bureau/connexion")
    form = {"csrf_token": token(page), "login": login, "password": password, "code": code}
    return client.post("/bureau/connexion", data=form)


def press(client: FlaskClient, path: str, page: str = "/bureau", **form: str) -> TestResponse:
    """Send the form of a page to `path`."""
    return client.post(path, data={"csrf_token": token(client.get(page)), **form})


def test_the_login_page_is_in_french_and_can_be_used_by_all(client: FlaskClient) -> None:
    page = client.get("/bureau/connexion")

    assert page.status_code == 200
    assert '<html lang="fr">' in page.text
    assert page.text.count("<h1") == 1
    assert "<title>Connexion au bureau" in page.text
    fields = (("login", "username"), ("password", "current-password"), ("code", "one-time-code"))
    for name, filling in fields:
        assert f'<label class="fr-label" for="{name}">' in page.text
        assert re.search(rf'id="{name}"[^>]*autocomplete="{filling}"', page.text)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_finds_its_own_pages_only(client: FlaskClient, role: str) -> None:
    entered = submit(client, role)
    home = client.get("/bureau")
    links = {
        "rh": "/bureau/lots",
        "exploitation": "/bureau/campagnes",
        "auditeur": "/bureau/journal",
    }

    assert (entered.status_code, entered.location) == (303, "/bureau")
    for owner, link in links.items():
        assert (f'href="{link}"' in home.text) == (owner == role)
        assert client.get(link).status_code == (200 if owner == role else 403)


@pytest.mark.parametrize("path", ["/bureau", "/bureau/campagnes", "/bureau/journal"])
def test_nobody_in_particular_is_sent_to_the_login_page(client: FlaskClient, path: str) -> None:
    response = client.get(path)

    assert (response.status_code, response.location) == (303, "/bureau/connexion")


def test_a_wrong_password_says_what_to_do_and_keeps_the_login(client: FlaskClient) -> None:
    response = submit(client, "rh", "pas celui-là")

    assert response.status_code == 422
    assert "Identifiant, mot de passe ou code incorrect" in response.text
    assert "<title>Erreur" in response.text
    assert 'value="rh"' in response.text
    assert "pas celui-là" not in response.text
    assert client.get("/bureau").status_code == 303


def test_an_empty_form_names_each_field(client: FlaskClient) -> None:
    response = submit(client, "", "")

    assert response.status_code == 422
    for name, message in (("login", "votre identifiant"), ("password", "votre mot de passe")):
        assert f'aria-describedby="{name}-erreur"' in response.text
        assert re.search(rf'id="{name}-erreur">Écrivez {message}', response.text)


def test_the_sixth_attempt_is_refused_even_when_right(client: FlaskClient, clock: Clock) -> None:
    for _ in range(5):
        submit(client, "rh", "pas celui-là")

    assert submit(client, "rh").status_code == 422
    clock.advance(minutes=15)
    assert submit(client, "rh").status_code == 303


def test_without_its_token_a_form_changes_nothing(client: FlaskClient) -> None:
    response = client.post("/bureau/connexion", data={"login": "rh", "password": PASSWORD})

    assert response.status_code == 400
    assert "Votre session a expiré" in response.text
    assert client.get("/bureau").status_code == 303


@pytest.mark.parametrize("path", ["/bureau/lots", "/bureau/deconnexion", "/bureau/inconnue"])
def test_every_form_of_the_office_needs_the_token(client: FlaskClient, path: str) -> None:
    submit(client, "rh")

    assert client.post(path).status_code == 400


def test_a_view_without_a_guard_still_refuses_nobody_in_particular(client: FlaskClient) -> None:
    page = client.get("/bureau/connexion")

    response = client.post("/bureau/lots", data={"csrf_token": token(page)})

    assert response.status_code == 403
    assert "Connectez-vous au bureau" in response.text


def test_someone_logged_in_does_not_see_the_login_page(client: FlaskClient) -> None:
    submit(client, "rh")

    assert client.get("/bureau/connexion").location == "/bureau"


def test_leaving_ends_the_session_even_for_a_stolen_cookie(client: FlaskClient) -> None:
    submit(client, "rh")
    stolen = client.get_cookie("bureau")
    assert stolen

    left = client.post("/bureau/deconnexion", data={"csrf_token": token(client.get("/bureau"))})
    client.set_cookie("bureau", stolen.value)

    assert (left.status_code, left.location) == (303, "/bureau/connexion")
    assert client.get("/bureau").location == "/bureau/connexion"


def test_a_new_password_ends_the_sessions(client: FlaskClient, app: Application) -> None:
    submit(client, "rh")

    app.parts[Accounts].set_password("rh", "une autre phrase longue")

    assert client.get("/bureau").location == "/bureau/connexion"


def test_an_idle_session_ends(client: FlaskClient, app: Application) -> None:
    submit(client, "rh")
    assert app.permanent_session_lifetime == timedelta(minutes=30)
    app.permanent_session_lifetime = timedelta(seconds=1)

    time.sleep(2.1)

    assert client.get("/bureau").location == "/bureau/connexion"


def test_nothing_of_the_session_before_survives_the_login(client: FlaskClient) -> None:
    with client.session_transaction(path="/bureau") as before:
        before["planted"] = "yes"

    submit(client, "rh")

    with client.session_transaction(path="/bureau") as after:
        assert "planted" not in after
        assert after["account"]


def test_the_cookie_is_out_of_reach(office_database: Database, clock: Clock) -> None:
    client = built(office_database, clock, "https://consultation.exemple.fr").test_client()

    cookie = client.get("/bureau/connexion", base_url="https://consultation.exemple.fr").headers[
        "Set-Cookie"
    ]

    assert cookie.startswith("__Host-bureau=")
    for attribute in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert attribute in cookie
    assert "Domain" not in cookie


def test_a_form_sent_by_https_needs_no_referer(office_database: Database, clock: Clock) -> None:
    app = built(office_database, clock, "https://consultation.exemple.fr")
    app.parts[Accounts].create("rh", PASSWORD, "rh")
    client, base = app.test_client(), "https://consultation.exemple.fr"
    page = client.get("/bureau/connexion", base_url=base)
    form = {"csrf_token": token(page), "login": "rh", "password": PASSWORD}

    assert client.post("/bureau/connexion", data=form, base_url=base).status_code == 303


def test_a_survey_page_neither_reads_nor_sets_a_cookie(client: FlaskClient) -> None:
    submit(client, "rh")

    for response in (client.get("/q"), client.post("/q")):
        assert response.status_code == 200
        assert "Set-Cookie" not in response.headers
        assert "Cookie" not in response.headers.get("Vary", "")


def test_comings_and_goings_are_in_the_journal(client: FlaskClient, app: Application) -> None:
    submit(client, "auditeur")
    shown = client.get("/bureau/journal")
    client.post("/bureau/deconnexion", data={"csrf_token": token(shown)})

    entries = app.parts[Journal].entries()

    assert [(entry.who, entry.action) for entry in entries] == [
        ("auditeur", "connexion"),
        ("auditeur", "déconnexion"),
    ]
    assert "est intacte" in shown.text


def test_a_broken_chain_is_announced(client: FlaskClient, office_database: Database) -> None:
    submit(client, "auditeur")
    with office_database.write() as tx:
        tx.exec_driver_sql("UPDATE journal SET who = 'personne'")

    assert "La chaîne est rompue" in client.get("/bureau/journal").text


@pytest.fixture
def strict(office_database: Database, clock: Clock) -> Application:
    """The office outside the demonstration: whoever acts has a second factor."""
    app = built(office_database, clock, "http://localhost:8000", factor="obligatoire")
    for role in ROLES:
        app.parts[Accounts].create(role, PASSWORD, role)
    return app


def secret_on(page: TestResponse) -> bytes:
    found = re.search(r"Secret\s*: <strong>([A-Z2-7 ]+)</strong>", page.text)
    assert found
    return b32decode(found[1].replace(" ", ""))


def now_on(clock: Clock, secret: bytes) -> str:
    return totp.code(secret, totp.step_at(clock.now))


def enrolled(client: FlaskClient, clock: Clock) -> bytes:
    """Add an application, right after a first login."""
    secret = secret_on(client.get("/bureau/second-facteur"))
    done = press(
        client, "/bureau/second-facteur", "/bureau/second-facteur", code=now_on(clock, secret)
    )
    assert (done.status_code, done.location) == (303, "/bureau")
    clock.advance(minutes=1)
    return secret


@pytest.mark.parametrize("role", ["rh", "analyste", "exploitation"])
def test_whoever_acts_adds_an_application_before_anything_else(
    strict: Application, clock: Clock, role: str
) -> None:
    client = strict.test_client()
    submit(client, role)

    for path in ("/bureau", "/bureau/lots", "/bureau/campagnes", "/bureau/journal"):
        assert client.get(path).location == "/bureau/second-facteur", path
    before = press(client, "/bureau/lots", "/bureau/second-facteur").status_code
    enrolled(client, clock)

    assert before == 403  # a view without a guard refuses too
    assert client.get("/bureau").status_code == 200
    assert "Second facteur\u00a0: en place" in client.get("/bureau").text


def test_whoever_only_reads_the_journal_may_do_without(strict: Application) -> None:
    client = strict.test_client()

    assert submit(client, "auditeur").location == "/bureau"
    assert client.get("/bureau/journal").status_code == 200


def test_from_then_on_the_login_asks_for_a_code(strict: Application, clock: Clock) -> None:
    client = strict.test_client()
    submit(client, "rh")
    secret = enrolled(client, clock)
    press(client, "/bureau/deconnexion")

    without = submit(client, "rh")
    right = submit(client, "rh", code=now_on(clock, secret))
    again = submit(strict.test_client(), "rh", code=now_on(clock, secret))

    assert (without.status_code, right.status_code, again.status_code) == (422, 303, 422)
    assert "Identifiant, mot de passe ou code incorrect" in without.text


def test_a_stolen_password_shows_nothing_of_the_secret_its_owner_adds(
    strict: Application, clock: Clock
) -> None:
    thief, owner = strict.test_client(), strict.test_client()
    submit(thief, "rh")
    seen = secret_on(thief.get("/bureau/second-facteur"))
    submit(owner, "rh")
    while_adding = thief.get("/bureau/second-facteur").location

    secret = enrolled(owner, clock)

    assert while_adding == "/bureau/connexion"
    assert secret != seen
    assert thief.get("/bureau/second-facteur/qr.svg").location == "/bureau/connexion"


def test_the_picture_of_the_secret_is_kept_by_no_one_and_shown_until_the_first_code(
    strict: Application, clock: Clock
) -> None:
    client = strict.test_client()
    submit(client, "rh")
    before = client.get("/bureau/second-facteur/qr.svg")

    enrolled(client, clock)
    after = client.get("/bureau/second-facteur/qr.svg")

    assert (before.status_code, before.mimetype) == (200, "image/svg+xml")
    assert before.headers["Cache-Control"] == "no-store"
    assert b"<svg" in before.data
    assert after.status_code == 404
    assert "Secret" not in client.get("/bureau/second-facteur").text


@pytest.mark.parametrize(("code", "words"), [("", "Écrivez le code"), ("12", "n’est pas le bon")])
def test_a_wrong_first_code_says_what_to_do(strict: Application, code: str, words: str) -> None:
    client = strict.test_client()
    submit(client, "rh")

    page = press(client, "/bureau/second-facteur", "/bureau/second-facteur", code=code)

    assert page.status_code == 422
    assert words in page.text
    assert "<title>Erreur" in page.text
    assert secret_on(page)


def test_where_it_is_optional_anyone_may_add_an_application(
    app: Application, client: FlaskClient, clock: Clock
) -> None:
    submit(client, "auditeur")
    assert client.get("/bureau").status_code == 200
    press(client, "/bureau/second-facteur/preparer", "/bureau/second-facteur")

    secret = secret_on(client.get("/bureau/second-facteur"))
    press(client, "/bureau/second-facteur", "/bureau/second-facteur", code=now_on(clock, secret))

    assert submit(app.test_client(), "auditeur").status_code == 422


def test_refused_attempts_are_counted_in_the_journal_and_never_what_was_typed(
    client: FlaskClient, app: Application, clock: Clock
) -> None:
    submit(client, "rh", "mot de passe faux")
    submit(client, "rh", "mot de passe faux")
    submit(client, "rh")
    for _ in range(6):
        submit(app.test_client(), "analyste", "mot de passe faux")
    submit(app.test_client(), "un mot de passe dans le mauvais champ", "rh")

    entries = app.parts[Journal].entries()

    assert [(entry.who, entry.action, entry.detail) for entry in entries] == [
        ("rh", "connexion", "après 2 essais refusés"),
        ("analyste", "connexion bloquée", "trop d’essais refusés"),
    ]


@pytest.fixture
def campaign(app: Application, clock: Clock) -> str:
    register = app.parts[Campaigns]
    register.create(
        slug="juin-2024",
        urn=bytes(16),
        definition=ONE_QUESTION,
        lists={},
        opens=clock.now,
        closes=clock.now + timedelta(days=7),
        export_key=bytes(32),
        keys={"agents": PrivateKey.generate(1024).public},
    )
    register.open("juin-2024")
    return "juin-2024"


def test_two_persons_agree_on_an_early_closing(app: Application, campaign: str) -> None:
    app.parts[Accounts].create("bo", PASSWORD, "exploitation")
    alix, bo = app.test_client(), app.test_client()
    submit(alix, "exploitation")
    submit(bo, "bo")

    ask = f"/bureau/campagnes/{campaign}/demander"
    asked = press(alix, ask, "/bureau/campagnes", action="early-closing")
    (request,) = app.parts[Approvals].all()
    own = press(alix, f"/bureau/demandes/{request.id.hex()}/approuver", "/bureau/campagnes")
    offered = [
        f"{request.id.hex()}/approuver" in who.get("/bureau/campagnes").text for who in (alix, bo)
    ]
    approved = press(bo, f"/bureau/demandes/{request.id.hex()}/approuver", "/bureau/campagnes")

    assert (asked.status_code, own.status_code, approved.status_code) == (303, 403, 303)
    assert offered == [False, True]
    assert app.parts[Approvals].granted("early-closing", campaign)
    assert "bo a approuvé" in alix.get("/bureau/campagnes").text
    assert [entry.action for entry in app.parts[Journal].entries()][-2:] == [
        "accord demandé",
        "accord donné",
    ]


def test_a_request_may_be_taken_back(app: Application, client: FlaskClient, campaign: str) -> None:
    submit(client, "exploitation")
    ask = f"/bureau/campagnes/{campaign}/demander"
    press(client, ask, "/bureau/campagnes", action="final-release")
    (request,) = app.parts[Approvals].all()

    press(client, f"/bureau/demandes/{request.id.hex()}/retirer", "/bureau/campagnes")

    assert app.parts[Approvals].all() == ()
    assert app.parts[Journal].entries()[-1].action == "accord retiré"


@pytest.mark.parametrize(
    ("path", "action", "status"),
    [
        ("/bureau/campagnes/juin-2024/demander", "tout-effacer", 422),
        ("/bureau/campagnes/juin-2024/demander", "", 422),
        ("/bureau/campagnes/inconnue/demander", "early-closing", 404),
        ("/bureau/demandes/zut/approuver", "", 404),
        (f"/bureau/demandes/{'00' * 16}/approuver", "", 404),
        (f"/bureau/demandes/{'00' * 16}/retirer", "", 404),
    ],
)
def test_what_cannot_be_asked_is_refused(
    client: FlaskClient, campaign: str, path: str, action: str, status: int
) -> None:
    submit(client, "exploitation")

    assert press(client, path, "/bureau/campagnes", action=action).status_code == status


@pytest.mark.parametrize("role", ROLES)
def test_the_pages_of_the_office_are_well_made(
    app: Application, clock: Clock, campaign: str, role: str
) -> None:
    client = app.test_client()
    submit(client, role)
    press(client, "/bureau/second-facteur/preparer")

    for path in ("/bureau", "/bureau/second-facteur", "/bureau/campagnes", "/bureau/journal"):
        page = client.get(path)
        assert faults(page.text) == [], path
    assert faults(app.test_client().get("/bureau/connexion").text) == []


def test_a_server_of_one_side_says_who_enters_there(
    office_database: Database, clock: Clock
) -> None:
    app = built(office_database, clock, "http://localhost:8000")
    app.parts[Accounts].create("ana", PASSWORD, "analyste")
    shared = app.test_client()
    log_in = submit(shared, "ana")
    assert log_in.status_code == 303
    keys = {"rh": "k" * 48}  # the same: only the role tells that she works elsewhere
    exchange(app, Accounts(office_database, clock, hashing=FAST_HASHING, secret_key=keys))

    page = Visitor(app, cookies=True).open("/bureau/connexion").body

    assert "ressources humaines" in page
    assert "analyse des résultats" not in page
    assert shared.get("/bureau").location == "/bureau/connexion"
