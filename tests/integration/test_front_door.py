"""From HR's file to the analyst's download, by the doors people use: pages, messages, codes."""

from __future__ import annotations

import csv
import io
import random
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import small
from commands import lend_keys
from conftest import Clock
from running import close, end
from visitor import Visitor

from consultation.app import create_app
from consultation.ceremony import Ceremony, Plan
from consultation.config import Settings
from consultation.database import Database, Stores
from consultation.demo.agents import read_invitation
from consultation.demo.hr_file import hr_files
from consultation.demo.mail_sink import MailSink
from consultation.office.approvals import TwoPersonsNeeded
from consultation.office.store import Accounts, Campaigns, Journal
from consultation.parts import Application
from consultation.roll.codes import grouped
from consultation.roll.relay import Mailer
from consultation.roll.sending import deliver
from consultation.roll.store import Roll

LINES = 60
PASSWORD = "une phrase assez longue"


@dataclass(frozen=True)
class House:
    """The application, and who works behind it."""

    app: Application
    mail: Path

    def colleague(self, role: str) -> Visitor:
        """Someone of the office, logged in."""
        self.app.parts[Accounts].create(role, PASSWORD, role)
        visitor = Visitor(self.app, cookies=True).open("/bureau/connexion")
        return visitor.fill({"login": role, "password": PASSWORD}).press("Se connecter")

    @property
    def ceremony(self) -> Ceremony:
        return self.app.parts[Ceremony]

    def send(self) -> None:
        """Send what waits, to a sink."""
        roll = self.app.parts[Roll]
        campaign = self.app.parts[Campaigns].get("essai")
        with MailSink(self.mail) as sink:
            settings = _settings(self.app.parts[Stores], self.mail.parent, sink.url)
            for batch in roll.batches("essai"):
                with Mailer(settings.smtp) as mailer:
                    deliver(roll, mailer, campaign, batch.id, settings)

    def codes(self) -> list[str]:
        """What people read in the messages received, as it is written to be typed."""
        return [grouped(read_invitation(path).code) for path in sorted(self.mail.iterdir())]


@pytest.fixture
def house(store: Callable[[str], Database], clock: Clock, tmp_path: Path) -> Iterator[House]:
    databases = {name: store(name) for name in ("roll", "box", "office")}
    app = create_app(_settings(databases, tmp_path, ""), clock=clock)
    yield House(app, tmp_path / "mail")
    close(app)


@pytest.fixture
def prepared(house: House) -> House:
    """A campaign in preparation."""
    lend_keys(house.mail.parent / "keys", "essai")
    plan = Plan(
        slug="essai",
        definition=small.DEFINITION,
        lists=small.LISTS,
        audiences=("agents", "cadres"),
        opens=small.OPENS,
        closes=small.CLOSES,
    )
    house.ceremony.create(plan, "test")
    return house


@pytest.fixture
def opened(prepared: House) -> House:
    """A campaign open to those of an HR file, who have their messages."""
    hr = prepared.colleague("rh").open("/bureau/lots/nouveau/essai")
    file = hr_files(LINES, random.Random(1))[0]
    hr.fill({"name": "Ain", "audience": "agents"}).attach("fichier", file.name, file.content)
    hr.press("Lire les adresses").press("Lire cette colonne").press("Continuer sans cette ligne")
    prepared.ceremony.open("essai", "test")
    prepared.send()
    return prepared


def test_an_hr_file_becomes_messages(opened: House) -> None:
    file = hr_files(LINES, random.Random(1))[0]

    assert len(list(opened.mail.iterdir())) == file.people


def test_a_code_typed_without_script_leads_to_the_thanks_and_no_further(opened: House) -> None:
    code = opened.codes()[0]
    agent = Visitor(opened.app).open("/q").fill({"code": code.lower()}).press("Commencer")
    agent.fill({"territoire": "D29", "fonction": "direction"}).press("suite")
    assert "Une question s’ajoute" in agent.body
    agent.fill({"equipe": "4"}).press("suite")
    agent.fill({"missions": ["guichet", "courrier"], "note": "7"}).press("suite")
    agent.fill({"avis.delais": "d4", "avis.outils": "nsp"}).press("suite")
    agent.fill({"tt": "2", "tt_voulu": "2,5"}).press("suite")
    assert agent.page.heading == "Relire avant d’envoyer"
    assert "Bretagne" in agent.body
    agent.press("Envoyer mes réponses")
    assert agent.page.heading == "Vos réponses sont envoyées"

    agent.open("/q").fill({"code": code}).press("Commencer", status=410)
    assert agent.page.heading == "Ce lien a déjà servi"


def test_an_empty_first_page_spends_nothing(opened: House) -> None:
    agent = Visitor(opened.app).open("/q").fill({"code": opened.codes()[0]}).press("Commencer")

    agent.press("suite", status=422)

    assert "Répondez à au moins une question" in agent.body
    assert opened.app.parts[Roll].counts("essai").issued == 0


def test_the_code_types_its_way_back_to_where_one_stopped(opened: House) -> None:
    agent = Visitor(opened.app).open("/q").fill({"code": opened.codes()[0]}).press("Commencer")
    agent.fill({"fonction": "agent"}).press("suite")
    agent.fill({"missions": ["courrier"]}).press("plus-tard")
    assert agent.page.heading == "Vos réponses sont gardées"

    elsewhere = Visitor(opened.app).open("/q").fill({"code": opened.codes()[0]}).press("Commencer")

    assert elsewhere.page.heading.startswith("Vos missions")
    assert 'value="courrier" name="missions" checked' in " ".join(elsewhere.body.split())


def test_nothing_opens_before_the_hour_nor_after_the_end(opened: House, clock: Clock) -> None:
    code = opened.codes()[0]
    now = clock.now

    clock.now = small.OPENS - timedelta(minutes=1)
    early = Visitor(opened.app).open("/q").fill({"code": code}).press("Commencer", status=403)
    assert "pas encore ouverte" in early.page.heading

    clock.now = now
    end(opened.app, "essai")
    late = Visitor(opened.app).open("/q").fill({"code": code}).press("Commencer", status=410)
    assert "terminée" in late.page.heading


def test_nothing_ends_before_its_date_on_one_person_s_word(opened: House) -> None:
    with pytest.raises(TwoPersonsNeeded):
        opened.ceremony.start_closing("essai", timedelta(), "essai")


def test_the_analyst_downloads_after_the_closing_only(opened: House) -> None:
    for code in opened.codes()[:11]:
        agent = Visitor(opened.app).open("/q").fill({"code": code}).press("Commencer")
        agent.fill({"fonction": "agent"}).press("suite").press("suite").press("suite")
        agent.press("Envoyer mes réponses")
    analyst = opened.colleague("analyste").open("/bureau/resultats/essai")
    assert "pas encore close" in analyst.body

    end(opened.app, "essai")
    form = analyst.open("/bureau/resultats/essai").fill({"purpose": "essai"})
    found = re.search(r'href="([^"]*/telecharger/[^"]*)"', form.press("Préparer les fichiers").body)
    assert found
    analyst.open(found[1])

    rows = list(csv.DictReader(io.StringIO(_in_zip(analyst.content, "microdata.csv"))))
    assert len(rows) == 11
    assert "essai" in _journal(opened)


def test_a_code_that_is_not_recognised_stays_where_it_was_typed(opened: House) -> None:
    for code in ("", "trop court", "0" * 26, "é" * 26, "A" * 5000):
        agent = Visitor(opened.app).open("/q").fill({"code": code})
        agent.press("Commencer", status=404)

        assert "Ce code n’est pas reconnu" in agent.body
        assert f'value="{code}"' in agent.body


def test_an_account_sees_its_own_pages_only(prepared: House) -> None:
    hr = prepared.colleague("rh")

    hr.open("/bureau/lots")
    hr.open("/bureau/resultats", status=403)
    hr.open("/bureau/campagnes", status=403)


def _settings(databases: Stores, directory: Path, smtp: str) -> Settings:
    urls = {
        f"{name.upper()}_DATABASE_URL": database.url.render_as_string(hide_password=False)
        for name, database in databases.items()
    }
    return Settings.from_environment(
        urls
        | {
            "SECRET_KEY": "s" * 48,
            "KEYS_DIRECTORY": str(directory / "keys"),
            "PUBLIC_URL": "http://localhost",
            "CONSULTATION_DEMO": "1",
            "CONTACT": "aide@exemple.gouv.fr",
            "MAIL_RATE": "1000",
            "SMTP_URL": smtp,
        }
    )


def _in_zip(content: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        path = next(one for one in archive.namelist() if one.endswith(name))
        return archive.read(path).decode("utf-8")


def _journal(house: House) -> str:
    return " ".join(entry.detail for entry in house.app.parts[Journal].entries())
