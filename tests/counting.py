"""An urn already filled and released, with what is needed to read it: for tests of the results."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

from conftest import Clock
from face import build
from sqlalchemy import insert
from visitor import Visitor

from consultation import days
from consultation.ballots.boxes import for_urn, from_urn
from consultation.ballots.store import Urn
from consultation.ballots.tables import ballot, spent
from consultation.blind import PrivateKey, PublicKey
from consultation.config import Settings
from consultation.database import Database
from consultation.office.campaigns import Campaign
from consultation.office.pages import init_office
from consultation.office.proofs import Proofs
from consultation.office.sendings import Sendings
from consultation.office.store import Accounts, Campaigns, Figures, Journal
from consultation.parts import Application
from consultation.questionnaire.loading import parse
from consultation.results import pages, report_pages, table_pages, text_pages
from consultation.results.analysis import Analysis
from consultation.results.corpus import Corpus
from consultation.results.cubes import Cubes
from consultation.results.export import Results
from consultation.results.extracting import Extracting
from consultation.results.findings import Findings
from consultation.results.formats import Format, Wanted
from consultation.results.keys import ResultKeys
from consultation.results.manifest import Manifest
from consultation.results.report import Reporting
from consultation.results.reviewing import Reviewing
from consultation.results.store import Codings, Extractions, KnownMargins, Publications, Readings
from consultation.results.tagging import Tagging
from consultation.sealing import sealing_key

DEFINITION = """\
format: 1
id: essai
version: 1
lang: fr
title: "Une consultation d’essai"
audiences: {agents: Agents, cadres: Cadres}
generalisation: [categorie, territoire]
lists:
  territoires: {file: listes/territoires.csv}
pages:
- id: profil
  title: Votre situation
  questions:
  - id: territoire
    type: choice
    text: "Dans quel territoire travaillez-vous ?"
    list: territoires
    as: search
    store: region
    profile: true
  - id: categorie
    type: choice
    text: "Votre catégorie ?"
    profile: true
    options: {a: A, b: B, c: C}
  - id: age
    type: choice
    text: "Votre âge ?"
    profile: true
    export: tables
    options: {jeune: Moins de 40 ans, autre_age: 40 ans ou plus}
- id: avis
  title: Votre avis
  questions:
  - id: accueil
    type: choice
    text: "L’accueil est-il bon ?"
    options: {oui: "Oui, très", non: "-Non"}
  - id: missions
    type: choices
    text: "Vos missions ?"
    options: {guichet: Guichet, autre: {label: Autre, other: 80}}
  - {id: jours, type: number, text: "Jours de télétravail", min: 0, max: 5, decimals: 1}
  - id: plainte
    type: choice
    text: "Avez-vous porté plainte ?"
    sensitive: true
    options: {oui: Oui, non: Non}
  - {id: idee, type: longtext, text: "Une idée ?", hint: Ne citez personne., max_length: 2000}
- id: outre_mer
  title: Outre-mer
  show_if: territoire.zone == 'outre_mer'
  questions:
  - id: om_note
    type: choice
    text: "Les liaisons sont-elles bonnes ?"
    options: {oui: Oui, non: Non}
"""
LISTS = {
    "listes/territoires.csv": (
        "code,label,group,region,zone\n"
        "D01,Ain (01),Auvergne-Rhône-Alpes,R84,hexagone\n"
        "D35,Ille-et-Vilaine (35),Bretagne,R53,hexagone\n"
        "D971,Guadeloupe (971),Guadeloupe,R01,outre_mer\n"
    )
}


@dataclass
class Office:
    """Everything an export needs, and a hand that fills the urn."""

    results: Results
    extracting: Extracting
    cubes: Cubes
    corpus: Corpus
    analysis: Analysis
    reporting: Reporting
    publications: Publications
    sendings: Sendings
    reviewing: Reviewing
    tagging: Tagging
    campaigns: Campaigns
    figures: Figures
    journal: Journal
    keys: ResultKeys
    box: Database
    rng: random.Random
    clock: Clock

    @property
    def campaign(self) -> Campaign:
        return self.campaigns.get("essai")

    def fill(self, answers: list[dict[str, object]], audience: str = "agents") -> None:
        documents = (
            {"definition": "", "audience": audience, "answers": given} for given in answers
        )
        self.put([json.dumps(document).encode() for document in documents])

    def put(self, documents: list[bytes]) -> None:
        campaign = self.campaign
        self.put_sealed([for_urn(campaign, document) for document in documents])

    def put_sealed(self, boxes: list[bytes]) -> None:
        put_sealed(self.box, self.campaign, boxes, self.rng)

    def close(self) -> None:
        self.campaigns.open("essai")
        self.campaigns.start_closing("essai", self.campaign.closes)
        self.clock.advance(days=10)
        self.campaigns.finish_closing("essai")

    def work_out(self) -> Findings:
        """What the worker does after a release."""
        return self.analysis.refresh(self.campaign)

    def gather(self) -> None:
        """What the worker does once the campaign is closed."""
        self.corpus.prepare(self.campaign, self.results.ballots(self.campaign))

    def export(self, destination: Path, formats: frozenset[Format] = frozenset()) -> Manifest:
        return self.results.export(
            self.campaign,
            destination,
            who="ana",
            purpose="rapport de synthèse",
            wanted=Wanted(formats=formats, unread=True),
        )


def put_sealed(box: Database, campaign: Campaign, boxes: list[bytes], rng: random.Random) -> None:
    """Released ballots, as a release leaves them: random keys, one nullifier each."""
    urn = campaign.urn
    rows = [{"id": rng.randbytes(16), "urn": urn, "sealed": one} for one in boxes]
    crossed = [{"nullifier": rng.randbytes(32), "urn": urn} for _ in boxes]
    with box.write() as tx:
        tx.execute(insert(ballot), rows)
        tx.execute(insert(spent), crossed)


def office_with_an_urn(
    box: Database,
    office: Database,
    keys_directory: Path,
    clock: Clock,
    definition: str = DEFINITION,
    lists: Mapping[str, str] = LISTS,
) -> Office:
    """A draft campaign, « essai », whose urn is empty."""
    campaigns, journal = Campaigns(office, clock), Journal(office, clock)
    keys = ResultKeys(keys_directory)
    urn = Urn(box, Proofs(office, clock), clock, random.Random(3).randbytes)
    signing = _signing_key()
    questionnaire = parse(definition, lists).questionnaire
    assert questionnaire
    campaigns.create(
        slug="essai",
        urn=bytes(range(16)),
        definition=definition,
        lists=lists,
        opens=clock.now - timedelta(days=1),
        closes=clock.now + timedelta(days=1),
        export_key=keys.create("essai"),
        keys={audience: signing for audience, _ in questionnaire.audiences},
    )
    corpus, cubes = Corpus(keys), Cubes(urn, keys, random.Random(11))
    reviewing = Reviewing(corpus, keys, Readings(office))
    tagging = Tagging(corpus, Codings(office))
    figures = Figures(office, clock)
    analysis = Analysis(cubes=cubes, keys=keys, figures=figures, margins=KnownMargins(office))
    results = Results(urn=urn, keys=keys, campaigns=campaigns, journal=journal, reviewing=reviewing)
    return Office(
        extracting=Extracting(
            store=Extractions(office),
            results=results,
            keys=keys,
            campaigns=campaigns,
            journal=journal,
            clock=clock,
            random_bytes=random.Random(13).randbytes,
            secret_key="k" * 48,
        ),
        analysis=analysis,
        reporting=Reporting(analysis=analysis, corpus=corpus, reviewing=reviewing, tagging=tagging),
        publications=Publications(office, clock),
        sendings=Sendings(office, clock),
        cubes=cubes,
        results=results,
        corpus=corpus,
        reviewing=reviewing,
        tagging=tagging,
        campaigns=campaigns,
        figures=figures,
        journal=journal,
        keys=keys,
        box=box,
        rng=random.Random(5),
        clock=clock,
    )


@cache
def _signing_key() -> PublicKey:
    """One for the whole session, because drawing it is slow and nobody signs with it here."""
    return PrivateKey.generate(2048).public


def answers_in(ballots: Iterable[tuple[bytes, bytes]], key: bytes) -> list[dict[str, object]]:
    """What released ballots, each with its urn, hold; only the export key tells that here."""
    opening = sealing_key(key)
    return [json.loads(from_urn(urn, opening, box))["answers"] for urn, box in ballots]


def given(answers: Iterable[Mapping[str, object]]) -> Counter[str]:
    """How many answers there are to each question, to each row of a grid, to each rank."""
    found: Counter[str] = Counter()
    for one in answers:
        for name, said in one.items():
            match said:
                case dict():
                    found.update(f"{name}__{row}" for row in said)
                case list():
                    found.update([name, *(f"{name}__rang{n}" for n in range(1, len(said) + 1))])
                case _:
                    found[name] += 1
    return found


def crowd(size: int) -> list[dict[str, object]]:
    """Agents of two regions, who answer as they like."""
    rng = random.Random(7)
    return [
        {
            "territoire": rng.choice(["R84", "R84", "R53"]),
            "categorie": rng.choice("abc"),
            "age": "jeune",
            "accueil": rng.choice(["oui", "non"]),
            "plainte": rng.choice(["oui", "non"]),
            "jours": rng.choice([0, 1.5, 3]),
            "missions": rng.choice([["guichet"], ["guichet", "autre"]]),
        }
        for _ in range(size)
    ]


def office_app(office: Office, accounts: Accounts, *logins: str) -> Application:
    """The office's pages of results, for analysts of these names."""
    settings = Settings.from_environment(
        {
            "SECRET_KEY": "k" * 48,
            "CONSULTATION_DATA": "/nonexistent",
            "CONSULTATION_DEMO": "1",
            "PUBLIC_URL": "http://localhost:8000",
        }
    )
    for login in logins:
        accounts.create(login, PASSWORD, "analyste")
    app = build(
        settings,
        accounts,
        days.Clock(office.clock),
        office.extracting,
        office.analysis,
        office.reporting,
        office.publications,
        office.sendings,
        office.results,
        office.corpus,
        office.reviewing,
        office.tagging,
        office.campaigns,
        office.figures,
        office.journal,
    )
    init_office(app)
    for blueprint in (
        *(pages.bp, text_pages.bp, table_pages.bp, report_pages.bp, report_pages.published),
    ):
        app.register_blueprint(blueprint)
    return app


def logged_in(app: Application, login: str) -> Visitor:
    """An analyst at a browser."""
    visitor = Visitor(app, cookies=True).open("/bureau/connexion")
    return visitor.fill({"login": login, "password": PASSWORD}).press("Se connecter")


PASSWORD = "une phrase assez longue"
IDEAS = (
    "Plus d’effectifs à l’accueil du guichet, écrire à Mme Durand",
    "Du télétravail deux jours par semaine pour les agents",
    "Des logiciels qui ne tombent pas en panne le matin",
)


def ideas(size: int = 90) -> list[dict[str, object]]:
    """A crowd who write one idea in three, each with words of its own, or « RAS »."""
    return [
        one | {"idee": "RAS" if number % 9 == 8 else f"{IDEAS[number % 3]} (n° {number})"}
        for number, one in enumerate(crowd(size))
    ]
