"""Every page an agent can meet, one after the other, for whoever must look at all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import small
from browsing import enter, heading, kept, serving
from commands import Shell, invite, lend_keys, questionnaire
from conftest import Clock
from flask import abort
from playwright.sync_api import Browser, BrowserContext, Page, Response
from sqlalchemy.exc import OperationalError

from consultation.config import shipped
from consultation.office.store import Campaigns
from consultation.parts import Application
from consultation.roll.codes import grouped
from consultation.roll.store import Roll

PHONE, DESKTOP = {"width": 360, "height": 780}, {"width": 1280, "height": 800}
NOON = datetime(2024, 6, 10, 10, 0, tzinfo=UTC)
SLUG = "essai"
HERE = f"/q/{SLUG}/agents"
STATUS = {  # of each state, in the order one meets them
    "accueil": 200,
    "accueil-sans-lien": 200,
    "premiere-page": 200,
    "premiere-page-vide": 422,
    "question-ajoutee": 422,
    "nombre-en-erreur": 422,
    "choix-et-echelle": 200,
    "choix-en-erreur": 422,
    "matrice-et-texte": 200,
    "texte-en-erreur": 422,
    "nombres-et-classement": 200,
    "classement-rempli": 200,
    "remarque": 200,
    "relire": 200,
    "modifier": 200,
    "merci": 200,
    "deja-servi": 410,
    "gardees": 200,
    "ailleurs": 200,
    "ailleurs-code": 200,
    "reprendre": 200,
    "deux-onglets": 409,
    "merci-encore": 200,
    "sans-script-accueil": 200,
    "sans-script-code-inconnu": 404,
    "sans-script-premiere-page": 200,
    "sans-script-question-ajoutee": 200,
    "sans-script-classement": 200,
    "sans-script-classement-en-erreur": 422,
    "sans-script-gardees": 200,
    "aide": 200,
    "anonymat": 200,
    "accessibilite": 200,
    "mentions-legales": 200,
    "donnees-personnelles": 200,
    "cookies": 200,
    "transparence": 200,
    "transparence-consultation": 200,
    "page-inconnue": 404,
    "panne": 500,
    "indisponible": 503,
    "trop-volumineux": 413,
    "trop-d-essais": 429,
    "maintenance": 200,  # from a file: the reverse proxy gives its 503
    "code-inconnu": 200,  # the script says it on the page
    "laissez-passer-faux": 403,
    "lien-remplace": 200,  # as above
    "suspendue": 503,
    "pas-encore-ouverte": 403,
    "se-termine": 200,
    "terminee": 410,
}
DATES = ("--opens", "2024-06-03 09:00", "--closes", "2024-06-28 18:00")
LEGAL = """
[publisher]
name = "Ministère de l’exemple"
director = "Camille Exemple, directrice de la communication"
[accessibility.audit]
day = 2024-05-14
by = "la société Exemple"
rate = 87.5
not_accessible = ["Le diagramme n’a pas de contraste suffisant."]
"""


@dataclass(frozen=True, kw_only=True)
class Town:
    """A whole platform behind a real server, with agents invited, and the hour it is there."""

    app: Application
    url: str
    clock: Clock
    run: Shell

    def code(self) -> str:
        """The code of somebody who has not answered."""
        return grouped(self.app.parts[Roll].unused_invitation(SLUG, "agents").code)

    @property
    def link(self) -> str:
        """The link of that person's message."""
        return f"{self.url}{HERE}#{self.code()}"


@contextmanager
def town(directory: Path, definition: Path | None = None, *, people: int = 40) -> Iterator[Town]:
    """An open campaign, of the small questionnaire unless another is named."""
    clock = Clock(NOON)
    (directory / "legal.toml").write_text(LEGAL, "utf-8")
    run = Shell(
        {
            "CONSULTATION_DATA": str(directory),
            "SECRET_KEY": "s" * 48,
            "PUBLIC_URL": "https://consultation.exemple.gouv.fr",
            "MAIL_FROM": "consultation@exemple.gouv.fr",
            "ORGANISATION": "Ministère de l’exemple",
            "BRAND": "etat",
            "RESULTS_PLACE": "l’intranet",
            "LEGAL_FILE": str(directory / "legal.toml"),
        },
        clock,
    )
    lend_keys(directory / "keys", SLUG)
    run("database", "migrate")
    run("campaign", "create", definition or questionnaire(directory), *DATES, "--slug", SLUG)
    invite(run, SLUG, directory, people)
    run("campaign", "open", SLUG)
    app = run.app()
    _break(app)
    try:
        with serving(app) as url:
            yield Town(app=app, url=url, clock=clock, run=run)
    finally:
        run.close()


def _break(app: Application) -> None:
    """Pages where everything goes wrong."""

    def no_store() -> str:
        raise OperationalError("", {}, Exception())

    app.add_url_rule("/casse", "broken", lambda: 1 / 0)
    app.add_url_rule("/absente", "away", no_store)
    app.add_url_rule("/trop", "much", lambda: abort(413))
    app.add_url_rule("/essais", "often", lambda: abort(429))


@dataclass
class Visit:
    """A browser of an agent; `status` and `source` are those of the page on the screen."""

    town: Town
    tab: Page
    status: int = 0
    response: Response | None = None

    def __post_init__(self) -> None:
        self.tab.on("response", self._note)

    @property
    def source(self) -> str:
        """The page as it was sent."""
        assert self.response is not None
        return self.response.text()

    def open(self, path: str) -> None:
        """Type an address; even the same page is loaded anew."""
        self.tab.goto("about:blank")
        self.tab.goto(path if "://" in path else self.town.url + path)

    def land(self, link: str) -> None:
        """Open the link of a message, and begin."""
        self.open(link)
        enter(self.tab)
        self.tab.wait_for_selector("#_annonce", state="attached")

    def press(self, label: str) -> None:
        """Press a button, and wait for the page it leads to."""
        with self.tab.expect_navigation():
            self.tab.get_by_role("button", name=label, exact=True).click()
        self.tab.wait_for_load_state()

    def go_on(self) -> None:
        """Send the page."""
        self.press("Enregistrer et continuer")

    def tick(self, *ids: str) -> None:
        """Choose these answers."""
        for one in ids:
            self.tab.locator(f"#{one}").check(force=True)

    def _note(self, response: Response) -> None:
        request = response.request
        if request.is_navigation_request() and request.frame == self.tab.main_frame:
            self.status, self.response = response.status, response


Shot = tuple[str, Visit]


def every_state(town: Town, browser: Browser, **options: Any) -> Iterator[Shot]:
    """Each state by its name, while it is on the screen; the names are those of `STATUS`."""
    yield from _with(_answering, town, browser, **options)
    yield from _with(_giving_up, town, browser, **options)
    yield from _with(_without_script, town, browser, **options)
    yield from _with(_reading, town, browser, **options)
    yield from _with(_refused, town, browser, **options)


def _with(
    part: Callable[[Visit, BrowserContext], Iterator[Shot]],
    town: Town,
    browser: Browser,
    **options: Any,
) -> Iterator[Shot]:
    context = browser.new_context(**{"viewport": PHONE, **options})
    yield from part(Visit(town, context.new_page()), context)
    context.close()


def _answering(agent: Visit, _: BrowserContext) -> Iterator[Shot]:
    """From the message to the thanks, with the script."""
    link, tab = agent.town.link, agent.tab
    agent.open(link)
    yield "accueil", agent
    agent.open("/q")
    yield "accueil-sans-lien", agent
    agent.land(link)
    yield "premiere-page", agent
    agent.go_on()
    yield "premiere-page-vide", agent
    tab.fill("#territoire", "fin")
    agent.tick("fonction-1")
    tab.wait_for_timeout(300)
    yield "question-ajoutee", agent
    tab.fill("#equipe", "beaucoup")
    agent.go_on()
    yield "nombre-en-erreur", agent
    tab.fill("#equipe", "12")
    agent.go_on()
    yield "choix-et-echelle", agent
    agent.tick("missions-1", "missions-2", "missions-3", "missions-4", "note-8")
    agent.go_on()
    yield "choix-en-erreur", agent
    tab.uncheck("#missions-3", force=True)
    agent.go_on()
    yield "matrice-et-texte", agent
    agent.tick("avis-delais-1", "avis-outils-5")
    tab.fill("#delais_mieux", "Trop long. " * 200)
    agent.go_on()
    yield "texte-en-erreur", agent
    tab.fill("#delais_mieux", "Deux agents au guichet le mercredi.")
    agent.go_on()
    yield "nombres-et-classement", agent
    tab.click("text=Classer : Locaux")
    tab.click("text=Classer : Effectifs")
    tab.fill("#tt", "2,5")
    tab.fill("#tt_voulu", "1")
    yield "classement-rempli", agent
    agent.go_on()
    yield "remarque", agent
    agent.go_on()
    yield "relire", agent
    agent.press("Modifier : Vos missions")
    yield "modifier", agent
    agent.press("Enregistrer et relire")
    agent.press("Envoyer mes réponses")
    yield "merci", agent
    agent.open(link)
    tab.wait_for_selector("#partage")  # its script is ready
    agent.press("Commencer")
    yield "deja-servi", agent


def _giving_up(agent: Visit, context: BrowserContext) -> Iterator[Shot]:
    """Stopping, going on elsewhere, two tabs."""
    link, tab = agent.town.link, agent.tab
    agent.land(link)
    agent.tick("fonction-2")
    agent.go_on()
    agent.tick("note-8")
    kept(tab)
    agent.press("Enregistrer et finir plus tard")
    yield "gardees", agent
    agent.press("Continuer sur un autre appareil")
    yield "ailleurs", agent
    tab.click("#_creer")
    tab.wait_for_selector("#_ailleurs:visible")
    yield "ailleurs-code", agent
    agent.open(link)
    tab.wait_for_selector("#reprise:visible")
    yield "reprendre", agent
    tab.click("#reprendre")
    heading(tab, "Vos missions")
    agent.go_on()
    agent.go_on()
    other = Visit(agent.town, context.new_page())
    other.open(link)
    other.tab.click("#reprendre")
    heading(other.tab, "Relire")
    other.press("Modifier : Vos missions")
    other.tick("missions-3")
    other.press("Enregistrer et relire")
    tab.wait_for_selector("#_attente:has-text('autre onglet')")
    agent.press("Envoyer mes réponses")
    yield "deux-onglets", agent
    agent.press("Envoyer mes réponses")
    other.press("Envoyer mes réponses")
    yield "merci-encore", other


def _without_script(agent: Visit, context: BrowserContext) -> Iterator[Shot]:
    """The same, where no script ever comes: what inspects pages can still run its own."""
    context.route("**/*.js", lambda route: route.abort())
    agent.open("/q")
    code = agent.town.code()
    yield "sans-script-accueil", agent
    agent.tab.fill("#code", "AAAA-BBBB-CCCC")
    agent.press("Commencer")
    yield "sans-script-code-inconnu", agent
    agent.tab.fill("#code", code)
    agent.press("Commencer")
    yield "sans-script-premiere-page", agent
    agent.tick("fonction-1")
    agent.go_on()
    yield "sans-script-question-ajoutee", agent
    agent.tab.fill("#equipe", "3")
    agent.go_on()
    agent.go_on()
    yield "sans-script-classement", agent
    agent.tab.select_option("#priorites-1", "locaux")
    agent.tab.select_option("#priorites-2", "locaux")
    agent.go_on()
    yield "sans-script-classement-en-erreur", agent
    agent.press("Enregistrer et finir plus tard")
    yield "sans-script-gardees", agent


def _reading(agent: Visit, _: BrowserContext) -> Iterator[Shot]:
    """What explains."""
    for name in ("aide", "anonymat", "accessibilite", "mentions-legales", "donnees-personnelles"):
        agent.open(f"/{name}")
        yield name, agent
    agent.open("/cookies")
    yield "cookies", agent
    agent.open("/transparence")
    yield "transparence", agent
    agent.open(f"/transparence/{SLUG}")
    yield "transparence-consultation", agent


def _refused(agent: Visit, _: BrowserContext) -> Iterator[Shot]:
    """What cannot be."""
    town, tab = agent.town, agent.tab
    campaigns = town.app.parts[Campaigns]
    for path, name in (
        ("/nulle-part", "page-inconnue"),
        ("/casse", "panne"),
        ("/absente", "indisponible"),
        ("/trop", "trop-volumineux"),
        ("/essais", "trop-d-essais"),
    ):
        agent.open(path)
        yield name, agent
    agent.open((shipped("templates") / "errors" / "maintenance.html").as_uri())
    yield "maintenance", agent
    agent.open("/q")
    tab.fill("#code", "AAAA-BBBB-CCCC")
    tab.click("#entree button")
    tab.wait_for_selector("#_panne:visible")
    yield "code-inconnu", agent
    agent.land(town.link)
    agent.tick("fonction-2")
    agent.go_on()
    tab.evaluate("document.querySelector('[name=s]').value = 'AAAA'")
    agent.go_on()
    yield "laissez-passer-faux", agent
    replaced = town.link
    address = town.app.parts[Roll].unused_invitation(SLUG, "agents").address
    town.app.parts[Roll].reissue(campaigns.get(SLUG), address)
    agent.open(replaced)
    enter(tab)
    tab.wait_for_selector("#_panne:visible")
    yield "lien-remplace", agent
    campaigns.pause(SLUG)
    agent.open(HERE)
    yield "suspendue", agent
    campaigns.resume(SLUG)
    for moment, name in (
        (small.OPENS - timedelta(days=1), "pas-encore-ouverte"),
        (small.CLOSES + timedelta(hours=1), "se-termine"),
        (small.CLOSES + timedelta(days=9), "terminee"),
    ):
        town.clock.now = moment
        agent.open(HERE)
        yield name, agent
    town.clock.now = NOON
