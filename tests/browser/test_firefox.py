"""The whole way in the other browser agents have: what it alone could break is seen here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import OVERFLOW
from firefox import Firefox, firefox
from running import Running

CONTINUE = "#_page li [value=suite]"


LAYOUTS = {"phone": (360, 780, "block"), "desktop": (1280, 800, "grid")}  # and that of a grid's row


@pytest.fixture
def fox(tmp_path: Path) -> Iterator[Firefox]:
    with firefox(tmp_path / "profile") as found:
        yield found


@pytest.fixture
def bare_fox(tmp_path: Path) -> Iterator[Firefox]:
    with firefox(tmp_path / "profile", scripts=False) as found:
        found.size(360, 780)
        yield found


def heading(fox: Firefox, words: str) -> None:
    """Wait for a page, which fits the screen."""
    told = f"document.querySelector('h1')?.innerText.includes('{words}')"
    ready = "document.readyState === 'complete' && document.fonts.status === 'loaded'"
    fox.wait(f"{ready} && {told}")
    assert fox.read(OVERFLOW) == 0, words


@pytest.mark.long
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_whole_way_in_firefox(fox: Firefox, link: str, platform: Running, layout: str) -> None:
    width, height, row = LAYOUTS[layout]
    fox.size(width, height)
    fox.open(link)
    heading(fox, "Essai")
    fox.wait("!document.getElementById('partage').hidden")
    fox.click("#entree button")
    heading(fox, "Votre situation")
    fox.wait("!!document.getElementById('_annonce')")
    fox.type("#territoire", "fin")
    fox.click("[role=radiogroup] [value=D29]")
    fox.click("#fonction-1")
    fox.type("#equipe", "12")  # it was added just below
    fox.click(CONTINUE)

    heading(fox, "Vos missions")
    fox.click("#missions-5")
    fox.click("#missions-1")
    assert fox.read("document.getElementById('missions-5').checked") is False
    fox.click("#note-8")
    fox.wait("document.getElementById('_garde').innerText.includes('Enregistré')")
    fox.open(link)
    fox.wait("!document.getElementById('reprise').hidden")
    fox.click("#reprendre")
    heading(fox, "Vos missions")
    fox.wait("document.getElementById('note-8')?.checked")
    fox.click(CONTINUE)

    heading(fox, "Relation")
    assert fox.read("getComputedStyle(document.querySelector('.c-matrix__row')).display") == row
    fox.click("#avis-delais-1")
    fox.type("#delais_mieux", "Deux agents")
    fox.click(CONTINUE)
    heading(fox, "Organisation")
    fox.click("[data-code=locaux] [data-verb=Classer]")
    fox.click("[data-code=effectifs] [data-verb=Classer]")
    fox.click("[data-code=effectifs] [data-verb=Monter]")
    fox.click(CONTINUE)
    heading(fox, "Relire")
    review = fox.read("document.querySelector('main').innerText")
    for words in ("12 personnes", "Accueil au guichet", "Deux agents", "1. Effectifs"):
        assert words in review
    fox.click("#relecture li .fr-btn")
    heading(fox, "Vos réponses sont envoyées")

    fox.wait("localStorage.length === 0")
    assert fox.errors == []
    assert platform.urn.counts(platform.campaign).spent == 1


@pytest.mark.long
def test_the_whole_way_in_firefox_without_any_script(
    bare_fox: Firefox, address: str, platform: Running
) -> None:
    fox = bare_fox
    fox.open(f"{address}/q")
    heading(fox, "Répondre à une consultation")
    assert "Sans JavaScript" in fox.read("document.querySelector('noscript p').innerText")
    assert fox.read("document.getElementById('partage').hidden")  # a script would show it
    fox.type("#code", platform.codes["agents"][0])
    fox.click("#entree button")

    heading(fox, "Votre situation")
    fox.type("#territoire", "Fin")  # a list, which goes to what one types
    fox.click("#fonction-1")
    fox.click(CONTINUE)
    fox.wait("document.querySelector('main').innerText.includes('Une question s’ajoute')")
    assert fox.read("document.getElementById('territoire').value") == "D29"
    fox.type("#equipe", "12")
    fox.click(CONTINUE)
    heading(fox, "Vos missions")
    fox.click("#missions-1")
    fox.click(CONTINUE)
    heading(fox, "Relation")
    fox.click("#avis-delais-1")
    fox.type("#delais_mieux", "Deux agents")
    fox.click(CONTINUE)
    heading(fox, "Organisation")
    fox.type("#priorites-1", "Eff")
    fox.type("#priorites-2", "Loc")
    fox.click(CONTINUE)

    heading(fox, "Relire")
    review = fox.read("document.querySelector('main').innerText")
    for words in ("Bretagne", "12 personnes", "Accueil au guichet", "Deux agents", "1. Effectifs"):
        assert words in review
    fox.click("#relecture li .fr-btn")
    heading(fox, "Vos réponses sont envoyées")
    assert fox.read("localStorage.length + sessionStorage.length") == 0
    assert fox.errors == []
    assert platform.urn.counts(platform.campaign).spent == 1
