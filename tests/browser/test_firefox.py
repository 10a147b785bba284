"""The whole way in the other browser agents have: what it alone could break is seen here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import OVERFLOW
from firefox import Firefox, firefox
from running import Running

CONTINUE = "#_page li [value=suite]"


@pytest.fixture
def fox(tmp_path: Path) -> Iterator[Firefox]:
    profile = tmp_path / "profile"
    profile.mkdir()
    with firefox(profile) as found:
        found.size(360, 780)
        yield found


def heading(fox: Firefox, words: str) -> None:
    """Wait for a page, which fits the screen."""
    told = f"document.querySelector('h1')?.innerText.includes('{words}')"
    fox.wait(f"document.readyState === 'complete' && {told}")
    assert fox.read(OVERFLOW) == 0, words


@pytest.mark.long
def test_the_whole_way_in_firefox(fox: Firefox, link: str, platform: Running) -> None:
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
