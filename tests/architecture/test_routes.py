"""Every address the application answers, by which methods and for whom, in one table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from running import close

from consultation.app import create_app
from consultation.config import Settings
from consultation.database import Database
from consultation.office.accounts import ROLES
from consultation.office.store import Accounts
from consultation.parts import Application

ALL = "all"  # no account at all: respondents, the public
STAFF = ROLES

ROUTES = {
    "/": {"GET": ALL},
    "/accessibilite": {"GET": ALL},
    "/aide": {"GET": ALL},
    "/anonymat": {"GET": ALL},
    "/bureau": {"GET": STAFF},
    "/bureau/campagnes": {"GET": ("exploitation",)},
    "/bureau/campagnes/<slug>/demander": {"POST": ("exploitation",)},
    "/bureau/connexion": {"GET": ALL, "POST": ALL},
    "/bureau/deconnexion": {"POST": ALL},
    "/bureau/demandes/<request_id>/approuver": {"POST": ("exploitation",)},
    "/bureau/demandes/<request_id>/retirer": {"POST": ("exploitation",)},
    "/bureau/journal": {"GET": ("auditeur",)},
    "/bureau/lots": {"GET": ("rh",)},
    "/bureau/lots/<batch>": {"GET": ("rh",)},
    "/bureau/lots/<batch>/abandonner": {"POST": ("rh",)},
    "/bureau/lots/<batch>/confirmer": {"POST": ("rh",)},
    "/bureau/lots/<batch>/erreurs.csv": {"GET": ("rh",)},
    "/bureau/lots/<batch>/non-remis.csv": {"GET": ("rh",)},
    "/bureau/lots/<batch>/renvoyer": {"POST": ("rh",)},
    "/bureau/lots/<batch>/reprendre": {"POST": ("rh",)},
    "/bureau/lots/<batch>/suspendre": {"POST": ("rh",)},
    "/bureau/lots/<batch>/annuler": {"POST": ("rh",)},
    "/bureau/lots/<batch>/planifier": {"POST": ("rh",)},
    "/bureau/lots/<batch>/essai": {"POST": ("rh",)},
    "/bureau/lots/<batch>/corriger": {"POST": ("rh",)},
    "/bureau/lots/<batch>/message": {"GET": ("rh",)},
    "/bureau/lots/<batch>/message.eml": {"GET": ("rh",)},
    "/bureau/lots/message.css": {"GET": ("rh",)},
    "/bureau/lots/rappels/<slug>": {"GET": ("rh",), "POST": ("rh",)},
    "/bureau/lots/papier/<slug>": {"GET": ("rh",), "POST": ("rh",)},
    "/bureau/lots/<batch>/imprimer": {"POST": ("rh",)},
    "/bureau/lots/rapport/<slug>.csv": {"GET": ("rh",)},
    "/bureau/lots/<batch>/colonnes": {"GET": ("rh",), "POST": ("rh",)},
    "/bureau/lots/<batch>/adresse": {"POST": ("rh",)},
    "/bureau/lots/modele.csv": {"GET": ("rh",)},
    "/bureau/lots/nouveau/<slug>": {"GET": ("rh",), "POST": ("rh",)},
    "/bureau/resultats": {"GET": ("analyste",)},
    "/bureau/resultats/<slug>": {"GET": ("analyste",), "POST": ("analyste",)},
    "/bureau/resultats/<slug>/fichiers/<extraction>": {"GET": ("analyste",)},
    "/bureau/resultats/<slug>/telecharger/<link>": {"GET": ("analyste",)},
    "/bureau/resultats/<slug>/participation": {"GET": ("analyste",)},
    "/bureau/resultats/<slug>/participation.csv": {"GET": ("analyste",)},
    "/bureau/resultats/<slug>/publication": {"POST": ("analyste",)},
    "/bureau/resultats/<slug>/publication/retirer": {"POST": ("analyste",)},
    "/bureau/resultats/<slug>/questions/<question>": {"GET": ("analyste",)},
    "/bureau/resultats/<slug>/questions/<question>.csv": {"GET": ("analyste",)},
    "/bureau/resultats/<slug>/rapport": {"GET": ("analyste",), "POST": ("analyste",)},
    "/bureau/resultats/<slug>/redressement": {"GET": ("analyste",), "POST": ("analyste",)},
    "/bureau/resultats/<slug>/redressement/modele.csv": {"GET": ("analyste",)},
    "/bureau/resultats/<slug>/themes": {"GET": ("analyste",)},
    "/bureau/resultats/<slug>/themes/<page_id>": {"GET": ("analyste",)},
    "/bureau/resultats/<slug>/textes": {"GET": ("analyste",)},
    "/bureau/resultats/<slug>/textes/<name>": {"GET": ("analyste",)},
    "/bureau/resultats/<slug>/textes/<name>/coder": {"GET": ("analyste",), "POST": ("analyste",)},
    "/bureau/resultats/<slug>/textes/<name>/echantillon": {"GET": ("analyste",)},
    "/bureau/resultats/<slug>/textes/<name>/etiquettes": {
        "GET": ("analyste",),
        "POST": ("analyste",),
    },
    "/bureau/resultats/<slug>/textes/<name>/etiquettes.csv": {"GET": ("analyste",)},
    "/bureau/resultats/<slug>/textes/<name>/etiquettes/<tag>": {
        "GET": ("analyste",),
        "POST": ("analyste",),
    },
    "/bureau/resultats/<slug>/textes/<name>/groupes": {"GET": ("analyste",)},
    "/bureau/resultats/<slug>/textes/<name>/groupes/<int:cluster>": {"POST": ("analyste",)},
    "/bureau/resultats/<slug>/textes/<name>/relire": {"GET": ("analyste",), "POST": ("analyste",)},
    "/bureau/resultats/<slug>/textes/<name>/un/<saying>": {
        "GET": ("analyste",),
        "POST": ("analyste",),
    },
    "/bureau/second-facteur": {"GET": STAFF, "POST": STAFF},
    "/bureau/second-facteur/preparer": {"POST": STAFF},
    "/bureau/second-facteur/qr.svg": {"GET": STAFF},
    "/cookies": {"GET": ALL},
    "/donnees-personnelles": {"GET": ALL},
    "/entree": {"GET": ALL, "POST": ALL},
    "/entree/<campaign>/<audience>": {"GET": ALL, "POST": ALL},
    "/guichet/<campaign>/<audience>/cle": {"GET": ALL},
    "/guichet/<campaign>/<audience>/etat": {"POST": ALL},
    "/guichet/<campaign>/<audience>/signature": {"POST": ALL},
    "/guichet/rappels": {"GET": ALL, "POST": ALL},
    "/guichet/rappels/fin": {"GET": ALL},
    "/guichet/ou": {"POST": ALL},
    "/mentions-legales": {"GET": ALL},
    "/q": {"GET": ALL},
    "/q/<campaign>/<audience>": {"GET": ALL},
    "/q/<campaign>/<audience>/ailleurs": {"GET": ALL, "POST": ALL},
    "/q/<campaign>/<audience>/commencer": {"GET": ALL},
    "/q/<campaign>/<audience>/envoyer": {"GET": ALL, "POST": ALL},
    "/q/<campaign>/<audience>/pages/<page_id>": {"GET": ALL, "POST": ALL},
    "/q/<campaign>/<audience>/relire": {"GET": ALL, "POST": ALL},
    "/q/<campaign>/<audience>/reprendre": {"GET": ALL, "POST": ALL},
    "/q/ailleurs": {"POST": ALL},
    "/q<rewritten>": {"GET": ALL},
    "/resultats": {"GET": ALL},
    "/resultats/<slug>": {"GET": ALL},
    "/resultats/<slug>/<page_id>": {"GET": ALL},
    "/static/<digest>/<path:name>": {"GET": ALL},
    "/transparence": {"GET": ALL},
    "/transparence/<slug>": {"GET": ALL},
    "/transparence/<slug>/urne.txt": {"GET": ALL},
}
TAKES_A_CODE = {
    "/entree",
    "/entree/<campaign>/<audience>",
    "/guichet/<campaign>/<audience>/etat",
    "/guichet/<campaign>/<audience>/signature",
    "/guichet/ou",
    "/guichet/rappels",
}
PASSWORD = "une phrase assez longue"
GUARDED = [
    (rule, method, roles)
    for rule, methods in ROUTES.items()
    for method, roles in methods.items()
    if roles != ALL
]


@pytest.fixture
def app(
    roll_database: Database, box_database: Database, office_database: Database, tmp_path: Path
) -> Iterator[Application]:
    urls = [
        store.url.render_as_string(hide_password=False)
        for store in (roll_database, box_database, office_database)
    ]
    settings = Settings(
        secret_key="s" * 32,
        roll_url=urls[0],
        box_url=urls[1],
        office_url=urls[2],
        keys=tmp_path / "keys",
        public_url="http://localhost",
        demo=True,
    )
    built = create_app(settings)
    yield built
    close(built)


def token(client: FlaskClient, url: str) -> dict[str, str]:
    """What a form of this page carries to be accepted."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(url).text)
    assert found
    return {"X-CSRFToken": found[1]}


def logged_in(app: Application, role: str) -> FlaskClient:
    app.parts[Accounts].create(role, PASSWORD, role)
    client = app.test_client()
    typed = {"login": role, "password": PASSWORD}
    headers = token(client, "/bureau/connexion")
    assert client.post("/bureau/connexion", data=typed, headers=headers).status_code == 303
    return client


def address(rule: str) -> str:
    """An address of this route, where nothing is."""
    somewhere = re.sub(r"<(batch|request_id|saying|tag)>", "00" * 16, rule)
    return re.sub(r"<int:\w+>", "1", somewhere).replace("<slug>", "inconnue")


def test_the_table_names_every_route_and_no_other(app: Application) -> None:
    served: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        served.setdefault(rule.rule, set()).update((rule.methods or set()) - {"HEAD", "OPTIONS"})

    assert served == {rule: set(methods) for rule, methods in ROUTES.items()}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_its_own_pages_and_no_other(app: Application, role: str) -> None:
    client = logged_in(app, role)
    headers = token(client, "/bureau")

    refused = {
        (rule, method): client.open(address(rule), method=method, headers=headers).status_code
        == 403
        for rule, method, _ in GUARDED
    }

    assert refused == {(rule, method): role not in roles for rule, method, roles in GUARDED}


def test_without_an_account_every_guarded_page_leads_to_the_login(app: Application) -> None:
    client = app.test_client()
    headers = token(client, "/bureau/connexion")

    for rule, method, _ in GUARDED:
        reply = client.open(address(rule), method=method, headers=headers)
        assert (reply.status_code, reply.location) == (303, "/bureau/connexion"), (rule, method)


def test_what_takes_a_code_limits_failures(app: Application) -> None:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if rule.rule in TAKES_A_CODE and "POST" in (rule.methods or set()):
            assert getattr(view, "counts_failures", False), rule.rule


def test_no_page_for_respondents_or_the_public_sets_a_cookie(app: Application) -> None:
    client = app.test_client(use_cookies=False)

    for rule, methods in ROUTES.items():
        if rule.startswith("/bureau"):
            continue
        for method in methods:
            reply = client.open(rule.replace("<", "").replace(">", ""), method=method)
            assert "Set-Cookie" not in reply.headers, (rule, method)
            assert reply.status_code < 500, (rule, method)
