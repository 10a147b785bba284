"""The office's results, the report and what is published, in a browser: access, width, targets."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import nu
import pytest
from browsing import OVERFLOW, SPACING, serving, small_targets, violations
from conftest import Clock
from counting import PASSWORD, Office, ideas, office_app, office_with_an_urn
from playwright.sync_api import Browser, Page
from small import FAST_HASHING

from consultation.database import Database
from consultation.office.store import Accounts
from consultation.parts import Application
from consultation.results.rendering import html
from consultation.results.sayings import Clustering

BASE = "/bureau/resultats/essai"
PAGES = (
    *(f"{BASE}/participation", f"{BASE}/themes", f"{BASE}/themes/avis", f"{BASE}/redressement"),
    *(f"{BASE}/questions/accueil?par=territoire", f"{BASE}/questions/missions?par=categorie"),
    *(f"{BASE}/rapport", f"{BASE}", f"{BASE}/textes", "/resultats"),
    *("/resultats/essai", "/resultats/essai/avis"),
    *(f"{BASE}/textes/idee{rest}" for rest in ("", "?mots=accueil", "/relire", "/coder")),
    *(f"{BASE}/textes/idee/{rest}" for rest in ("etiquettes", "groupes", "echantillon")),
)

CUT_CAPTIONS = """() => [...document.querySelectorAll('caption')]
  .filter((one) => one.checkVisibility()).map((one) => {
    const words = document.createRange();
    words.selectNodeContents(one);
    return [one.innerText, words.getBoundingClientRect().right];
  }).filter(([, right]) => right > document.documentElement.clientWidth)"""


@pytest.fixture
def office(
    box_database: Database, office_database: Database, keys_directory: Path, clock: Clock
) -> Office:
    """A closed campaign with everything that pages may show."""
    made = office_with_an_urn(box_database, office_database, keys_directory, clock)
    made.fill(ideas(180))
    made.figures.publish("essai", {"invited": 400, "issued": 200, "ballots": 180})
    made.close()
    made.work_out()
    made.gather()
    with made.corpus.opened(made.campaign, "idee") as sayings:
        texts = list(sayings.all())
    members = {one.id: (n % 3, 1.0) for n, one in enumerate(texts)}
    clustering = Clustering(words=(("accueil", "guichet"),) * 3, members=members)
    made.corpus.group(made.campaign, "idee", clustering)
    tags = [made.tagging.add(made.campaign, "idee", name) for name in ("Accueil", "Télétravail")]
    coding = {one.id: frozenset([tags[n % 2].id]) for n, one in enumerate(texts[:100])}
    for coder in ("ana", "bob"):
        made.tagging.code(made.campaign, "idee", coder, coding)
    made.publications.publish("essai", made.reporting.report(made.campaign).to_json())
    return made


@pytest.fixture
def app(office: Office, office_database: Database, clock: Clock) -> Application:
    accounts = Accounts(office_database, clock, secret_key="k" * 48, hashing=FAST_HASHING)
    return office_app(office, accounts, "ana")


def analyst(browser: Browser, address: str, width: int, complaints: list[str]) -> Page:
    page = browser.new_page(viewport={"width": width, "height": 780})
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(f"{address}/bureau/connexion")
    page.fill("#login", "ana")
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url(f"{address}/bureau")
    return page


def files(page: Page, address: str) -> str:
    """The page of the files that one asks for there."""
    page.goto(address + BASE)
    page.fill("#purpose", "Rapport aux agents")
    page.click("main form button")
    page.wait_for_url("**/fichiers/*")
    return urlsplit(page.url).path


@pytest.mark.long
def test_pages_of_results_are_for_everyone_fit_and_obey_the_policy(
    browser: Browser, app: Application, full: bool, tmp_path: Path
) -> None:
    pages: dict[str, str] = {}
    complaints: list[str] = []
    faulty = {}
    with serving(app) as address:
        for width in (320, 1280):
            page = analyst(browser, address, width, complaints)
            made = files(page, address)
            for path in (*PAGES, made):
                reply = page.goto(address + path)
                assert reply
                pages[path.replace("/", " ")] = reply.text()
                wrong = violations(page) if full or width == 320 else []
                found = [reply.status, page.evaluate(OVERFLOW), wrong]
                page.evaluate(SPACING)
                found += [page.evaluate(OVERFLOW), small_targets(page)]
                found += [page.evaluate(CUT_CAPTIONS)]
                if found != [200, 0, [], 0, [], []]:
                    faulty[path, width] = found
            page.close()

    assert faulty == {}
    assert complaints == []
    assert nu.complaints(pages, tmp_path) == []


def test_a_report_is_read_on_a_telephone_without_any_server(
    browser: Browser, office: Office, app: Application, tmp_path: Path
) -> None:
    asked: list[str] = []
    with app.test_request_context():
        written = html(office.reporting.report(office.campaign), office.clock.now.date())
    (tmp_path / "rapport.html").write_text(written, encoding="utf-8")

    page = browser.new_page(viewport={"width": 360, "height": 780})
    page.on("request", lambda request: asked.append(request.url))
    page.goto((tmp_path / "rapport.html").as_uri())

    assert len(asked) == 1
    assert page.locator("svg").count() > 10
    assert violations(page) == []
    page.close()
