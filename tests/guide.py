"""Makes the one-page guide for HR offices, with screenshots of the pages as they are today.

    PYTHONPATH=tests:. python -m guide DIRECTORY

It plays an HR office with invented agents, on stores of its own, and writes the pictures, a page
(`guide-rh.html`) and its A4 form (`guide-rh.pdf`).
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from browsing import chromium, serving
from commands import PASSWORD, Shell, shell
from playwright.sync_api import Page

from consultation.config import migrations_of, shipped
from consultation.database import Database, migrate

NOW = datetime(2024, 6, 3, 7, 30, tzinfo=UTC)
SIZES = {"bureau": (1280, 800), "telephone": (360, 780)}
FILE = """\
Nom;Courriel;Service
DUPONT Léa;lea.dupont@ain.gouv.fr;DDT
MARTIN Max;max.martin@ain.gouv.ff;DDPP
PETIT Zoé;zoe.petit;SGCD
DURAND Noé;lea.dupont@ain.gouv.fr;DDT
"""
STEPS = (
    ("deposer", "Déposer", "Le fichier tel qu’Excel l’enregistre, ou des adresses collées."),
    ("colonne", "Choisir la colonne", "Elle est déjà devinée. Les autres ne sont pas gardées."),
    ("verifier", "Vérifier", "Chaque problème, sa ligne dans Excel, et ce qu’il faut faire."),
    ("message", "Relire le message", "Tel qu’il sera reçu. Envoyez-vous un essai."),
    (
        "suivre",
        "Confirmer, puis suivre",
        "Choisissez l’heure ; suspendez, annulez quand il faut.",
    ),
)
REMEMBER = (
    "Rien ne part deux fois : un double clic ou un second fichier n’invite personne à nouveau.",
    "Les messages partent de 8 h à 18 h, les jours ouvrés du territoire, à son heure.",
    "Au-delà de cinq refus sur cent, l’envoi se suspend et vous attend.",
    "Une adresse revenue se corrige sur la page du lot : l’ancien lien n’est plus valable.",
    "Sans messagerie : « Préparer des codes à imprimer », puis un papier à chaque personne.",
    "Personne, vous compris, ne peut savoir qui a répondu.",
)


def main() -> None:
    """Write everything in the directory named."""
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, platform(Path(place)) as run:
        app = run.app()
        app.config.update(SESSION_COOKIE_SECURE=False)
        with serving(app) as origin, chromium() as browser:
            for size, (width, height) in SIZES.items():
                page = browser.new_page(viewport={"width": width, "height": height})
                play(
                    page,
                    origin,
                    lambda name, page=page, size=size: _shoot(  # type: ignore[misc]  # bound here
                        page, directory / f"{name}-{size}.png"
                    ),
                )
            page = browser.new_page(viewport={"width": 800, "height": 1100})
            sheet = directory / "guide-rh.html"
            sheet.write_text(_sheet(), "utf-8")
            page.goto(sheet.absolute().as_uri())
            page.pdf(path=directory / "guide-rh.pdf", format="A4", print_background=True)


@contextmanager
def platform(place: Path) -> Iterator[Shell]:
    """A consultation to come, with the account of an HR office."""

    def store(name: str) -> Database:
        database = Database(f"sqlite:///{place / name}.sqlite")
        migrate(database, migrations_of(name))
        return database

    with shell(store, place, lambda: NOW) as run:
        run.environment |= {"TOTP": "facultatif", "CONSULTATION_DEMO": "1", "PUBLIC_URL": ""}
        dates = ("--opens", "2024-06-03 09:00", "--closes", "2024-06-28 18:00")
        run("campaign", "create", shipped("questionnaires") / "juin-2024.yaml", *dates)
        typed = f"{PASSWORD}\n" * 2
        run("account", "create", "rh-ain", "--role", "rh", "--territory", "D01", typed=typed)
        yield run


def play(page: Page, origin: str, shoot: Callable[[str], None]) -> None:
    """What an HR office does with a batch, from the file to the reminders."""

    def go(selector: str) -> None:
        with page.expect_navigation():
            page.click(selector)

    page.goto(f"{origin}/bureau/connexion")
    page.fill("#login", "rh-ain")
    page.fill("#password", PASSWORD)
    go("main button[type=submit]")
    page.goto(f"{origin}/bureau/lots")
    go("text=Déposer un lot")
    page.fill("#name", "Ain")
    page.fill("#contact", "rh@ain.gouv.fr")
    page.check("#audience-1", force=True)
    shoot("deposer")
    content = FILE + "".join(f"AGENT;agent{n}@ain.gouv.fr;DDT\n" for n in range(60))
    page.set_input_files(
        "#fichier", {"name": "a.csv", "mimeType": "text/csv", "buffer": content.encode("cp1252")}
    )
    go("text=Lire les adresses")
    shoot("colonne")
    go("text=Lire cette colonne")
    shoot("verifier")
    go("text=Voir le message")
    shoot("message")
    go("text=Retour au lot")
    go("text=Continuer sans ces")
    shoot("suivre")
    batch = page.url  # one made before may have the same name
    page.goto(f"{origin}/bureau/lots")
    shoot("listes")
    go("text=Rappels")
    shoot("rappels")
    page.go_back()
    go("text=Préparer des codes")
    shoot("papier")
    page.goto(batch)
    go("text=Annuler le reste")
    go("text=Se déconnecter")


def _shoot(page: Page, path: Path) -> None:
    page.screenshot(path=path, full_page=True)
    beyond = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    if beyond > 0:
        raise ValueError(f"{path.name}: {beyond} px too wide")


def _sheet() -> str:
    steps = "".join(
        f"<li><h2>{escape(title)}</h2><p>{escape(text)}</p>"
        f'<div><img src="{name}-bureau.png" alt=""></div></li>'
        for name, title, text in STEPS
    )
    remember = "".join(f"<li>{escape(text)}</li>" for text in REMEMBER)
    return f"""<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><title>Inviter les agents : guide</title><style>
body {{ font: 11px Arial, sans-serif; margin: 0; }} h1 {{ font-size: 20px; margin: 0 0 4px; }}
h2 {{ font-size: 13px; margin: 0; }} p {{ margin: 2px 0; }}
ol {{ display: grid; grid-template-columns: 1fr 1fr; gap: 8px 14px; padding: 0; list-style: none; }}
ol div {{ border: 1px solid #999; height: 215px; overflow: hidden; }} img {{ width: 100%; }}
@page {{ margin: 12mm; }}
</style></head><body><h1>Inviter les agents, en cinq étapes</h1>
<p>Bureau de la consultation, espace « ressources humaines ».</p>
<ol>{steps}<li><h2>À retenir</h2><ul>{remember}</ul></li></ol></body></html>
"""


if __name__ == "__main__":
    main()
