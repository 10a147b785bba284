"""What the office does on its pages is in the journal: every form of every page, walked through."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
from commands import PASSWORD, Shell, addresses, agree, prepare, shell
from flask.testing import FlaskClient
from voting import vote
from werkzeug.test import TestResponse

from consultation.database import Database
from consultation.days import Clock
from consultation.office import totp
from consultation.office.store import Accounts, Approvals, Campaigns, Journal
from consultation.parts import Application
from consultation.results.analysis import Analysis
from consultation.results.tagging import Tagging
from consultation.roll.store import Roll

SITE = "https://consultation.exemple.gouv.fr"
SLUG = "essai"

FORMS = {  # every form of the office, and what the journal says once it is sent
    "/bureau/campagnes/<slug>/demander": "accord demandé",
    "/bureau/connexion": "connexion",
    "/bureau/deconnexion": "déconnexion",
    "/bureau/demandes/<request_id>/approuver": "accord donné",
    "/bureau/demandes/<request_id>/retirer": "accord retiré",
    "/bureau/lots/<batch>/abandonner": "lot abandonné",
    "/bureau/lots/<batch>/adresse": "adresse corrigée",
    "/bureau/lots/<batch>/annuler": "lot annulé",
    "/bureau/lots/<batch>/colonnes": "colonne choisie",
    "/bureau/lots/<batch>/corriger": "lignes corrigées",
    "/bureau/lots/<batch>/essai": "message d’essai",
    "/bureau/lots/<batch>/imprimer": "codes imprimés",
    "/bureau/lots/<batch>/planifier": "envoi planifié",
    "/bureau/lots/papier/<slug>": "codes préparés",
    "/bureau/lots/rappels/<slug>": "rappels planifiés",
    "/bureau/lots/<batch>/confirmer": "lot confirmé",
    "/bureau/lots/<batch>/renvoyer": "incertains à renvoyer",
    "/bureau/lots/<batch>/reprendre": "envoi autorisé à nouveau",
    "/bureau/lots/<batch>/suspendre": "envoi suspendu",
    "/bureau/lots/nouveau/<slug>": "lot déposé",
    "/bureau/resultats/<slug>": "données demandées",
    "/bureau/resultats/<slug>/publication": "résultats publiés",
    "/bureau/resultats/<slug>/publication/retirer": "résultats retirés",
    "/bureau/resultats/<slug>/rapport": "rapport sorti",
    "/bureau/resultats/<slug>/redressement": "redressement changé",
    "/bureau/resultats/<slug>/textes/<name>/coder": "textes codés",
    "/bureau/resultats/<slug>/textes/<name>/etiquettes": "étiquette créée",
    "/bureau/resultats/<slug>/textes/<name>/etiquettes/<tag>": "étiquette changée",
    "/bureau/resultats/<slug>/textes/<name>/groupes/<int:cluster>": "étiquette créée",
    "/bureau/resultats/<slug>/textes/<name>/relire": "textes relus",
    "/bureau/resultats/<slug>/textes/<name>/un/<saying>": "texte revu",
    "/bureau/second-facteur": "second facteur ajouté",
    "/bureau/second-facteur/preparer": "second facteur préparé",
}


@dataclass
class Person:
    """Someone of the office at their browser."""

    app: Application
    client: FlaskClient

    @classmethod
    def enter(cls, app: Application, login: str) -> Person:
        person = cls(app, app.test_client())
        person.send("/bureau/connexion", "connexion", login=login, password=PASSWORD)
        return person

    def send(self, path: str, line: str, /, **fields: object) -> TestResponse:
        """Send a form, and find its line at the end of the journal."""
        before = len(self.app.parts[Journal].entries())
        known = "/bureau" if self.client.get("/bureau", base_url=SITE).status_code == 200 else ""
        page = self.client.get(known or "/bureau/connexion", base_url=SITE).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token
        typed = {"csrf_token": token[1], **fields}
        reply = self.client.post(path, data=typed, base_url=SITE, buffered=True)
        assert reply.status_code in (200, 303), (path, reply.status_code, reply.text[-2000:])
        written = [entry.action for entry in self.app.parts[Journal].entries()[before:]]
        assert line in written, (path, written)
        return reply


@pytest.fixture
def run(store: Callable[[str], Database], tmp_path: Path) -> Iterator[Shell]:
    with shell(store, tmp_path) as made:
        made.environment["TOTP"] = "facultatif"
        yield made


@pytest.fixture
def app(run: Shell, tmp_path: Path) -> Application:
    """One open campaign, and an account for each role but the operators' two."""
    prepare(run, tmp_path)
    for audience in ("agents", "cadres"):
        batch = ("--batch", audience, "--audience", audience, "--campaign", SLUG)
        run("invitations", "import", addresses(tmp_path, 30, f"{audience}.csv"), *batch)
    run("campaign", "open", SLUG)
    for role in ("rh", "analyste"):
        run("account", "create", role, "--role", role, typed=f"{PASSWORD}\n" * 2)
    return run.app()


def test_the_table_names_every_form_of_the_office(app: Application) -> None:
    forms = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/bureau") and "POST" in (rule.methods or set())
    }

    assert forms == set(FORMS)


def handed_in(person: Person, name: str) -> str:
    """A batch, read and not confirmed yet; its address."""
    lines = "".join(
        f"{name}{number}@exemple.gouv.fr;{name}{number}@autre.gouv.fr\r\n" for number in range(3)
    )
    file = (BytesIO(f"Courriel;Second courriel\r\n{lines}".encode()), f"{name}.csv")
    new = f"/bureau/lots/nouveau/{SLUG}"
    reply = person.send(new, "lot déposé", name=name, audience="agents", fichier=file)
    return str(reply.location).removesuffix("/colonnes")


def test_what_hr_does_is_in_the_journal(app: Application) -> None:
    rh = Person.enter(app, "rh")

    rh.send(f"{handed_in(rh, 'ain')}/abandonner", "lot abandonné")
    batch = handed_in(rh, "var")
    rh.send(f"{batch}/colonnes", "colonne choisie", colonne="1")
    again = (BytesIO(b"Ligne;Courriel;Gravit\xe9;Probl\xe8me;Que faire\r\n2;z@x.gouv.fr"), "a.csv")
    rh.send(f"{batch}/corriger", "lignes corrigées", fichier=again)
    rh.send(f"{batch}/essai", "message d’essai", adresse="rh@exemple.gouv.fr")
    rh.send(f"{batch}/confirmer", "lot confirmé")
    rh.send(f"{batch}/planifier", "envoi planifié", jour="")
    rh.send(f"{batch}/suspendre", "envoi suspendu")
    rh.send(f"{batch}/reprendre", "envoi autorisé à nouveau")
    rh.send(f"{batch}/renvoyer", "incertains à renvoyer")
    roll, batch_id = app.parts[Roll], bytes.fromhex(batch.rpartition("/")[2])
    roll.start_sending(batch_id)
    wrong = roll.claim_next(batch_id)
    roll.mark_refused(wrong.id, "adresse inconnue")
    correction = {"ancienne": wrong.address, "nouvelle": "juste@exemple.gouv.fr"}
    rh.send(f"{batch}/adresse", "adresse corrigée", **correction)
    rh.send(f"{batch}/annuler", "lot annulé")
    rh.send(f"/bureau/lots/rappels/{SLUG}", "rappels planifiés", rappel1="")
    codes = {"name": "papier", "count": "2", "audience": "agents"}
    made = rh.send(f"/bureau/lots/papier/{SLUG}", "codes préparés", **codes)
    rh.send(f"{made.location}/imprimer", "codes imprimés")
    rh.send("/bureau/deconnexion", "déconnexion")


def test_what_operators_do_is_in_the_journal(app: Application, run: Shell) -> None:
    agree(run, SLUG)
    alix, bo = Person.enter(app, "alix"), Person.enter(app, "bo")
    ask = f"/bureau/campagnes/{SLUG}/demander"

    alix.send(ask, "accord demandé", action="early-closing")
    (asked,) = app.parts[Approvals].all()
    bo.send(f"/bureau/demandes/{asked.id.hex()}/approuver", "accord donné")
    bo.send(f"/bureau/demandes/{asked.id.hex()}/retirer", "accord retiré")


def test_adding_a_second_factor_is_in_the_journal(app: Application) -> None:
    rh = Person.enter(app, "rh")
    accounts = app.parts[Accounts]
    (account,) = [one for one in accounts.all() if one.login == "rh"]

    rh.send("/bureau/second-facteur/preparer", "second facteur préparé")
    secret = accounts.prepared_second_factor(account.id)
    code = totp.code(secret, totp.step_at(app.parts[Clock]()))
    rh.send("/bureau/second-facteur", "second facteur ajouté", code=code)


def test_taking_the_answers_out_is_in_the_journal(app: Application, run: Shell) -> None:
    vote(app.parts, SLUG, 20)
    agree(run, SLUG, "early-closing", "final-release")
    run("campaign", "close", SLUG, "--grace", "0")
    analyst = Person.enter(app, "analyste")

    analyst.send(f"/bureau/resultats/{SLUG}", "données demandées", purpose="un essai")

    *_, asked, made = app.parts[Journal].entries()
    assert (asked.action, made.action) == ("données demandées", "réponses exportées")
    assert all("un essai" in entry.detail for entry in (asked, made))


def test_what_leaves_as_a_report_is_in_the_journal(app: Application, run: Shell) -> None:
    vote(app.parts, SLUG, 20)
    agree(run, SLUG, "early-closing", "final-release")
    run("campaign", "close", SLUG, "--grace", "0")
    app.parts[Analysis].refresh(app.parts[Campaigns].get(SLUG))
    analyst, base = Person.enter(app, "analyste"), f"/bureau/resultats/{SLUG}"

    report = analyst.send(f"{base}/rapport", "rapport sorti", format="html")
    analyst.send(f"{base}/publication", "résultats publiés", accord="y")
    analyst.send(f"{base}/publication/retirer", "résultats retirés")
    empty = (BytesIO(b"question;code;effectif\r\n"), "population.csv")
    analyst.send(f"{base}/redressement", "redressement changé", fichier=empty)

    assert b"<h1>" in report.data


def test_what_readers_of_open_texts_do_is_in_the_journal(app: Application, run: Shell) -> None:
    vote(app.parts, SLUG, 20)  # twenty words to end with
    agree(run, SLUG, "early-closing", "final-release")
    run("campaign", "close", SLUG, "--grace", "0")
    run("texts", "prepare", SLUG)
    analyst, base = Person.enter(app, "analyste"), f"/bureau/resultats/{SLUG}/textes/mot"
    page = analyst.client.get(f"{base}/relire", base_url=SITE).text
    one = re.findall(r'name="texte" value="([0-9a-f]{32})"', page)[0]

    analyst.send(f"{base}/relire", "textes relus", texte=one, **{f"etat-{one}": "accepter"})
    analyst.send(f"{base}/un/{one}", "texte revu", action="choose")
    analyst.send(f"{base}/etiquettes", "étiquette créée", words="Accueil")
    (tag,) = app.parts[Tagging].frame(app.parts[Campaigns].get(SLUG), "mot")
    analyst.send(f"{base}/etiquettes/{tag.id.hex()}", "étiquette changée", words="Guichet")
    analyst.send(f"{base}/coder", "textes codés", texte=one, **{f"fait-{one}": "1"})
    analyst.send(f"{base}/groupes/1", "étiquette créée", words="Groupe")

    said = " ".join(entry.detail for entry in app.parts[Journal].entries())
    assert "agent " not in said
    assert one not in said
