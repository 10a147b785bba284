"""The report in one file, and the results that everyone may read once they are published."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

import pytest
from conftest import Clock
from counting import Office, ideas, logged_in, office_app, office_with_an_urn
from small import FAST_HASHING
from visitor import Visitor, faults

from consultation.database import Database
from consultation.office.store import Accounts
from consultation.parts import Application
from consultation.results.rendering import html, pdf
from consultation.results.report import Report
from consultation.results.reviewing import Decision

BASE = "/bureau/resultats/essai"
QUOTE = "Des logiciels qui ne tombent pas en panne"


@pytest.fixture
def office(
    box_database: Database, office_database: Database, keys_directory: Path, clock: Clock
) -> Office:
    made = office_with_an_urn(box_database, office_database, keys_directory, clock)
    made.fill(ideas(180))
    made.figures.publish("essai", {"invited": 400})
    made.close()
    made.work_out()
    made.gather()
    with made.corpus.opened(made.campaign, "idee") as sayings:
        one, other = (line.saying.id for line in sayings.search("logiciels", limit=2).lines)
    reviewing = made.reviewing
    reviewing.decide(made.campaign, "idee", {one: Decision(accepted=True, text=QUOTE)})
    reviewing.choose(made.campaign, "idee", one, chosen=True)
    tag = made.tagging.add(made.campaign, "idee", "Outils <numériques>")
    made.tagging.code(made.campaign, "idee", "ana", {one: frozenset([tag.id]), other: frozenset()})
    return made


@pytest.fixture
def app(office: Office, office_database: Database, clock: Clock) -> Application:
    accounts = Accounts(office_database, clock, secret_key="k" * 48, hashing=FAST_HASHING)
    return office_app(office, accounts, "ana")


def written(app: Application, office: Office, **scope: str) -> str:
    report = office.reporting.report(office.campaign, **scope)
    with app.test_request_context():
        return html(report, office.clock.now.date())


def test_a_report_is_one_file_that_asks_for_nothing(app: Application, office: Office) -> None:
    page = written(app, office)

    problems = [one for one in faults(page) if one != "inline: style"]
    assert problems == []
    assert not re.search(r'(?:src|href)="(?!#)', page)
    assert "url(" not in page
    for words in ("L’accueil est-il bon ?", QUOTE, "180 bulletins", "45,0", "Sommaire"):
        assert words in page
    assert "Outils &lt;numériques&gt;" in page


def test_a_report_is_of_one_theme_or_of_one_group(app: Application, office: Office) -> None:
    theme = written(app, office, page="avis")
    region = written(app, office, by="territoire", group="R84")

    assert "L’accueil est-il bon ?" in theme
    assert "Dans quel territoire" not in theme
    assert "Auvergne-Rhône-Alpes" in region
    assert "Ces chiffres ne portent que sur" in region


def test_the_report_of_a_region_counts_what_was_written_there(
    app: Application, office: Office
) -> None:
    with office.corpus.opened(office.campaign, "idee") as sayings:
        ids = [one.id for one in sorted(sayings.all(), key=lambda one: one.times)]
    often, rare = (office.tagging.add(office.campaign, "idee", name) for name in ("Tout", "Rare"))
    coding = {one: frozenset([often.id] + [rare.id] * (n < 6)) for n, one in enumerate(ids)}
    office.tagging.code(office.campaign, "idee", "eva", coding)
    there = office.tagging.by_place(office.campaign, "idee").people["R84"]

    region = office.reporting.report(office.campaign, by="territoire", group="R84")

    assert 50 <= there < 180
    [said] = [one for chapter in region.chapters for one in chapter.said]
    assert (said.people, said.coded) == (there, there)
    assert (said.themes[0].name, said.themes[0].people) == ("Tout", there)
    assert {one.people for one in said.themes[1:]} == {None}
    assert f"{there} personnes ont écrit" in written(app, office, by="territoire", group="R84")


def test_the_report_of_a_region_says_nothing_of_a_few_texts(
    app: Application, office: Office
) -> None:
    region = office.reporting.report(office.campaign, by="territoire", group="R84")
    [said] = [one for chapter in region.chapters for one in chapter.said]
    assert (said.coded, said.themes) == (0, ())  # two texts are coded

    elsewhere = office.reporting.report(office.campaign, by="territoire", group="R01")
    assert not [one for chapter in elsewhere.chapters for one in chapter.said]


def test_only_chosen_words_are_quoted(app: Application, office: Office) -> None:
    page = written(app, office)

    assert page.count("<blockquote>") == 1
    assert "télétravail deux jours" not in page


@pytest.mark.long
def test_a_report_is_printed_tagged_for_screen_readers(app: Application, office: Office) -> None:
    content = pdf(written(app, office, page="avis"))

    assert content.startswith(b"%PDF")
    inside = b"".join(
        map(zlib.decompress, re.findall(rb"stream\r?\n(x.*?)endstream", content, re.S))
    )
    assert b"pdfuaid:part" in inside
    assert b"StructTreeRoot" in inside


def test_an_analyst_takes_the_report_and_the_journal_says_so(
    app: Application, office: Office
) -> None:
    visitor = logged_in(app, "ana").open(f"{BASE}/rapport")

    visitor.fill({"theme": "avis", "format": "pdf"}).press("Télécharger le rapport")

    assert visitor.content.startswith(b"%PDF")
    assert "essai-avis.pdf" in visitor.headers["Content-Disposition"]
    assert office.journal.entries()[-1].action == "rapport sorti"


def test_nothing_is_public_until_it_is_published_on_purpose(
    app: Application, office: Office
) -> None:
    public, ana = Visitor(app), logged_in(app, "ana")
    assert "Aucun résultat n’est publié" in public.open("/resultats").body
    public.open("/resultats/essai", 404)

    ana.open(f"{BASE}/rapport").press("Publier les résultats", 422)
    assert "Cochez que vous avez relu" in ana.body
    ana.open(f"{BASE}/rapport")
    ana.fill({"accord": "y", "reponse": "Nous <b>changeons</b> les logiciels."})
    ana.fill({"reponse-avis": "Trois recrutements."}).press("Publier les résultats")

    page = public.open("/resultats").open("/resultats/essai")
    assert "Ce que vous avez dit" in page.body
    assert "Nous &lt;b&gt;changeons&lt;/b&gt; les logiciels." in page.body
    assert "Set-Cookie" not in page.headers
    theme = public.open("/resultats/essai/avis")
    assert "Trois recrutements." in theme.body
    assert QUOTE in theme.body
    assert "L’accueil est-il bon ?" in theme.body
    public.open("/resultats/essai/inconnu", 404)
    assert office.journal.entries()[-1].action == "résultats publiés"


def test_what_is_published_stays_as_it_was_until_withdrawn(
    app: Application, office: Office
) -> None:
    ana, public = logged_in(app, "ana"), Visitor(app)
    ana.open(f"{BASE}/rapport").fill({"accord": "y"}).press("Publier les résultats")
    office.tagging.add(office.campaign, "idee", "Une étiquette d’après")

    assert "Une étiquette d’après" not in public.open("/resultats/essai/avis").body
    ana.open(f"{BASE}/rapport").press("Ne plus publier")
    public.open("/resultats/essai", 404)
    public.open("/resultats/essai/avis", 404)


def test_a_report_is_the_same_once_written_and_read(office: Office) -> None:
    made = office.reporting.report(office.campaign).answered("En tout", {"avis": "Sur cela"})

    assert Report.from_json(made.to_json()) == made
    assert {one.page: one.answer for one in made.chapters}["avis"] == "Sur cela"


def test_coded_counts_by_place_add_up_and_hide_what_is_small(office: Office) -> None:
    with office.corpus.opened(office.campaign, "idee") as sayings:
        ids = [one.id for one in sorted(sayings.all(), key=lambda one: one.times)]
    often, rare = (office.tagging.add(office.campaign, "idee", name) for name in ("Tout", "Rare"))
    coding = {one: frozenset([often.id] + [rare.id] * (n < 6)) for n, one in enumerate(ids)}
    office.tagging.code(office.campaign, "idee", "eva", coding)

    found = office.tagging.by_place(office.campaign, "idee")

    assert len(found.places) == 2
    assert found.tables[often.id].row_totals == (180, 0)
    assert set(found.tables[rare.id].counts) == {(None, None)}
