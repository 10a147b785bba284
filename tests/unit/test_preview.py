"""`consultation preview`: the real pages of a file, and nothing kept."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urljoin

import pytest
from click.testing import CliRunner
from commands import questionnaire
from visitor import Visitor

from consultation.authoring.commands import preview_command
from consultation.authoring.preview import create_preview

JUNE = Path(__file__).parents[2] / "questionnaires" / "juin-2024.yaml"
BANNER = "Aperçu : rien n’est enregistré"


def now() -> datetime:
    return datetime(2024, 6, 3, 7, 0, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return questionnaire(tmp_path)


def said(visitor: Visitor) -> str:
    return visitor.body.replace("\N{NO-BREAK SPACE}", " ")


def test_a_whole_answer_leads_to_a_page_that_says_nothing_was_sent(path: Path) -> None:
    before = sorted(path.parent.iterdir())
    author = Visitor(create_preview(path, now)).open("/")
    author.open("/q/apercu/agents").press("Commencer")
    assert BANNER in said(author)
    assert "Votre situation" in author.body
    author.fill({"fonction": "direction"}).press("suite")
    assert "Une question s’ajoute" in author.body
    author.press("suite", status=422)
    assert "Indiquez un nombre" in author.body
    author.fill({"equipe": "12"}).press("suite")
    for _ in range(20):
        assert BANNER in said(author)
        if "Relire avant d’envoyer" in author.body:
            break
        author.press("suite")
    assert "12" in author.body
    author.press("Envoyer mes réponses")
    assert "Rien n’a été envoyé" in author.body
    assert sorted(path.parent.iterdir()) == before


def test_no_script_keeps_anything_of_a_preview(path: Path) -> None:
    """Its questions are asked with the platform's script, which keeps what is typed elsewhere."""
    author = Visitor(create_preview(path, now)).open("/q/apercu/agents").press("Commencer")
    assert '<input type="hidden" name="script" value="0">' in author.body
    author.fill({"fonction": "agent"}).press("suite")
    assert '<input type="hidden" name="script" value="0">' in author.body
    assert 'data-n="' not in author.body


def test_pages_have_the_headers_of_the_platform(path: Path) -> None:
    author = Visitor(create_preview(path, now)).open("/apercu/tout")
    assert "default-src 'none'" in author.headers["Content-Security-Policy"]


def test_what_is_edited_shows_when_the_page_is_loaded_again(path: Path) -> None:
    author = Visitor(create_preview(path, now)).open("/q/apercu/agents/pages/situation")
    good = path.read_text("utf-8")
    path.write_text(good.replace("title: Votre situation", "title: Où vous en êtes"), "utf-8")
    assert "Où vous en êtes" in author.open(author.url).body
    path.write_text(good.replace("type: choices", "type: chois"), "utf-8")
    assert "chois" in author.open(author.url, status=422).body
    path.write_text(good, "utf-8")
    assert "Votre situation" in author.open(author.url).body


def test_everything_is_on_one_page(path: Path) -> None:
    body = said(Visitor(create_preview(path, now)).open("/apercu/tout"))
    for words in ("Accueil au guichet", "Pas du tout d’accord", "obligatoire", "Vue si "):
        assert words in body


def test_a_second_language_stands_beside_and_says_what_is_not_translated(path: Path) -> None:
    french = path.read_text("utf-8")
    both = french.replace('title: "Essai de consultation"', "title: {fr: Essai, en: A trial}")
    path.write_text(both, "utf-8")
    body = said(Visitor(create_preview(path, now, "en")).open("/apercu/tout"))
    assert '<span lang="en">A trial</span>' in body
    assert "À traduire : Accueil au guichet" in body


def test_the_sheet_is_a_file_of_its_own_and_errors_are_refused(tmp_path: Path) -> None:
    sheet = tmp_path / "tout.html"
    done = CliRunner().invoke(preview_command, [str(JUNE), "--sheet", str(sheet)])
    assert done.exit_code == 0, done.output
    page = sheet.read_text("utf-8")
    assert "autres réponses</summary>" in page
    assert "src=" not in page
    assert "<link" not in page
    broken = tmp_path / "faux.yaml"
    broken.write_text("format: 1\n", "utf-8")
    done = CliRunner().invoke(preview_command, [str(broken)])
    assert done.exit_code == 2
    assert "erreur" in done.output


@pytest.mark.parametrize("action", ["plus-tard", "ailleurs"])
def test_who_stops_is_told_that_a_preview_keeps_nothing(path: Path, action: str) -> None:
    author = Visitor(create_preview(path, now)).open("/q/apercu/agents").press("Commencer")
    author.fill({"fonction": "agent"}).press(action)
    assert author.page.heading == "Rien n’est gardé"
    assert "Fermez-la, elles sont perdues" in author.body
    assert "Ce que les agents liront ici" in author.body
    assert "Elles ne sont pas encore envoyées" in author.body
    author.press("Reprendre maintenant")
    assert re.search(r'value="agent"[^>]* checked', author.body)

    for _ in range(3):
        author.press("suite")
    assert author.page.heading == "Relire avant d’envoyer"
    assert author.press(action).page.heading == "Rien n’est gardé"


def test_every_link_of_a_preview_leads_somewhere(path: Path) -> None:
    author, seen = Visitor(create_preview(path, now)), {"/"}
    waiting = ["/", "/q/apercu/agents/pages/situation", "/q"]
    while waiting:
        url = waiting.pop()
        body = author.open(url).body
        found = {urljoin(url, link) for link in re.findall(r'<a[^>]* href="([^"#]+)', body)}
        here = {link for link in found if link.startswith("/")} - seen
        seen |= here
        waiting += sorted(here)
    assert {"/transparence", "/transparence/apercu", "/anonymat"} <= seen
