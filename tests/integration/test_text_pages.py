"""The analyst reads open texts: searches, reviews, codes, samples; only what was read leaves."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from conftest import Clock
from counting import Office, ideas, logged_in, office_app, office_with_an_urn
from small import FAST_HASHING
from sqlalchemy import insert
from visitor import Visitor

from consultation.ballots.tables import inbox
from consultation.database import Database
from consultation.office.store import Accounts
from consultation.parts import Application
from consultation.results.formats import Wanted
from consultation.results.grouping import group
from consultation.results.reviewing import Decision
from consultation.results.store import TagTaken, TagUsed

BASE = "/bureau/resultats/essai/textes"


@pytest.fixture
def office(
    box_database: Database, office_database: Database, keys_directory: Path, clock: Clock
) -> Office:
    made = office_with_an_urn(box_database, office_database, keys_directory, clock)
    made.fill(ideas())
    made.close()
    return made


@pytest.fixture
def app(office: Office, office_database: Database, clock: Clock) -> Application:
    accounts = Accounts(office_database, clock, secret_key="k" * 48, hashing=FAST_HASHING)
    return office_app(office, accounts, "ana", "bob")


@pytest.fixture
def ana(app: Application, office: Office) -> Visitor:
    office.gather()
    return logged_in(app, "ana")


def names(visitor: Visitor) -> list[str]:
    """The texts of the form on the page, in order."""
    return re.findall(r'name="texte" value="([0-9a-f]{32})"', visitor.body)


def plain(visitor: Visitor) -> str:
    """The words of the page, on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", visitor.body).split())


def leaving(office: Office, directory: Path, *, unread: bool = False) -> list[str]:
    """The texts in the file of an export, which holds eleven or does not leave."""
    office.results.export(office.campaign, directory, who="ana", wanted=Wanted(unread=unread))
    if not (directory / "textes/idee.csv").exists():
        return []
    with (directory / "textes/idee.csv").open(encoding="utf-8", newline="") as file:
        return sorted(row["texte"] for row in csv.DictReader(file))


def test_texts_are_asked_for_before_they_are_gathered(app: Application) -> None:
    visitor = logged_in(app, "ana").open(BASE)

    assert "consultation texts prepare essai" in visitor.body


def test_an_open_consultation_shows_no_text(
    box_database: Database, app: Application, office: Office
) -> None:
    office.gather()
    visitor = logged_in(app, "ana").open(BASE)
    with box_database.write() as tx:
        row = {"id": bytes(16), "urn": office.campaign.urn, "sealed": b""}
        tx.execute(insert(inbox), [row])  # as long as one ballot waits, more may come

    visitor.open(BASE, 409)
    visitor.open(f"{BASE}/idee", 409)
    assert "une fois la consultation close" in visitor.body


def test_what_does_not_exist_is_not_found(ana: Visitor) -> None:
    ana.open(BASE.replace("essai", "autre"), 404)
    ana.open(f"{BASE}/inconnue", 404)


def test_progress_is_shown_by_question(ana: Visitor) -> None:
    body = plain(ana.open(BASE))

    assert "Une idée ?" in body
    assert "90 81 0 (0,0 %) 0 0" in body  # people, texts, read, left out, coded
    assert "Moins de onze personnes ont répondu" in body


def test_words_are_found_without_their_accents_and_names_are_already_gone(ana: Visitor) -> None:
    visitor = ana.open(f"{BASE}/idee").fill({"mots": "teletravail"}).press("Chercher")

    assert "30 textes, écrits par 30 personnes" in plain(visitor)
    assert "<mark>télétravail</mark>" in visitor.body
    assert "Durand" not in ana.open(f"{BASE}/idee?mots=guichet").body


def test_a_long_list_is_shown_page_after_page(ana: Visitor) -> None:
    first = ana.open(f"{BASE}/idee")
    assert "Page 1 sur 2" in plain(first)
    shown = set(re.findall(r"/un/([0-9a-f]{32})", first.body))

    second = ana.open(f"{BASE}/idee?page=2")

    assert len(shown) == 50
    assert not shown & set(re.findall(r"/un/([0-9a-f]{32})", second.body))


def test_only_what_was_read_and_accepted_leaves(
    ana: Visitor, office: Office, tmp_path: Path
) -> None:
    assert leaving(office, tmp_path / "nothing") == []

    visitor = ana.open(f"{BASE}/idee/relire")
    first, second, third = names(visitor)[:3]
    visitor.fill(
        {
            f"etat-{first}": "accepter",
            f"etat-{second}": "ecarter",
            f"modifie-{third}": "Texte remis à plat, sans Mme Martin",
        }
    ).press("Enregistrer et continuer")

    assert not {first, second, third} & set(names(visitor))
    assert "3 textes relus sur 81, 78 à lire" in plain(visitor)
    for _ in range(2):
        visitor.press("Accepter aussi tous les autres textes de la page")
    left = leaving(office, tmp_path / "read")
    assert len(left) in (22, 31)  # « RAS » was written by ten people
    assert "Texte remis à plat, sans Mme [nom]" in left
    assert len(leaving(office, tmp_path / "all", unread=True)) in (80, 89)
    said = [entry.detail for entry in office.journal.entries()]
    assert "textes lus seulement" in said[-2]
    assert "textes lus et non lus" in said[-1]


def test_a_page_is_accepted_at_once_and_what_was_decided_stays(ana: Visitor) -> None:
    visitor = ana.open(f"{BASE}/idee/relire")
    shown = names(visitor)
    visitor.fill({f"etat-{shown[0]}": "ecarter"})
    visitor.press("Accepter aussi tous les autres textes de la page")

    assert "10 textes relus" in plain(visitor)
    assert "écarté" in plain(ana.open(f"{BASE}/idee/un/{shown[0]}"))
    assert "accepté" in plain(ana.open(f"{BASE}/idee/un/{shown[9]}"))


def test_two_readers_begin_elsewhere_and_everything_ends_up_read(
    ana: Visitor, app: Application
) -> None:
    bob = logged_in(app, "bob")
    assert names(ana.open(f"{BASE}/idee/relire")) != names(bob.open(f"{BASE}/idee/relire"))

    for _ in range(9):
        ana.press("Accepter aussi tous les autres textes de la page")

    assert "Tous les textes de cette question ont été relus" in ana.body


def test_a_text_is_chosen_to_be_quoted_edited_then_read_again(ana: Visitor, office: Office) -> None:
    one = names(ana.open(f"{BASE}/idee/relire"))[0]
    visitor = ana.open(f"{BASE}/idee/un/{one}")
    visitor.fill({f"modifie-{one}": "Mots changés"}).press("Enregistrer la décision")
    visitor.press("Citer ce texte dans les rapports")

    assert "choisi pour être cité" in visitor.body
    assert office.reviewing.chosen(office.campaign, "idee") == ["Mots changés"]

    visitor.press("Ne plus citer ce texte").press("Remettre ce texte à lire")
    assert office.reviewing.chosen(office.campaign, "idee") == []
    assert "à lire" in plain(visitor)
    assert "Mots changés" not in visitor.body


def test_a_text_left_out_is_never_quoted(ana: Visitor, office: Office) -> None:
    one = names(ana.open(f"{BASE}/idee/relire"))[0]
    visitor = ana.open(f"{BASE}/idee/un/{one}")
    visitor.fill({f"etat-{one}": "accepter"}).press("Enregistrer la décision")
    visitor.press("Citer ce texte dans les rapports")
    visitor.fill({f"etat-{one}": "ecarter"}).press("Enregistrer la décision")

    assert office.reviewing.chosen(office.campaign, "idee") == []
    office.reviewing.choose(office.campaign, "idee", bytes.fromhex(one), chosen=True)
    assert office.reviewing.chosen(office.campaign, "idee") == []


def test_what_was_edited_cannot_be_read_in_the_store(
    office: Office, office_database: Database, ana: Visitor
) -> None:
    with office.corpus.opened(office.campaign, "idee") as sayings:
        one = sayings.ids()[0]
    decision = Decision(accepted=True, text="des mots bien reconnaissables")
    office.reviewing.decide(office.campaign, "idee", {one: decision})

    with office_database.read() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM reading").all()

    assert len(rows) == 1
    assert b"reconnaissables" not in bytes(str(rows), "utf-8")
    assert len(leaving_words(office)) == 1


def leaving_words(office: Office) -> list[str]:
    leave = office.reviewing.leaving(office.campaign, unread=False)
    with office.corpus.opened(office.campaign, "idee") as sayings:
        return [text for one in sayings.all() if (text := leave("idee", one.text))]


def test_two_people_code_and_their_agreement_is_measured(ana: Visitor, app: Application) -> None:
    frame = ana.open(f"{BASE}/idee/etiquettes")
    for name in ("Accueil", "Télétravail"):
        frame.fill({"words": name, "definition": "Ce qui s’y rapporte"})
        frame.press("Ajouter l’étiquette")
    found = re.findall(r'/etiquettes/([0-9a-f]{32})">([^<]+)</a>', frame.body)
    tags = {name: tag for tag, name in found}

    code_all(ana, tags, f"{BASE}/idee/coder")
    bob = logged_in(app, "bob")
    code_all(bob, tags, f"{BASE}/idee/coder?double=1")

    body = plain(ana.open(f"{BASE}/idee/etiquettes"))
    assert "90 personnes sur 90" in body
    assert "Accueil Ce qui s’y rapporte 30 30 33,3 % 33,3 % et 33,3 %" in body
    assert "Accord entre ana et bob" in body
    assert "Accueil 1" in body
    assert "presque parfait" in body
    rows = list(
        csv.reader(io.StringIO(ana.open(f"{BASE}/idee/etiquettes.csv").body[1:]), delimiter=";")
    )
    assert rows[1][:6] == ["idee", "Accueil", "ensemble", "30", "90", "33,3"]
    assert len(rows) == 3  # thirty people of one region: nothing says where a text comes from


def code_all(visitor: Visitor, tags: dict[str, str], address: str) -> None:
    visitor.open(address)
    while shown := names(visitor):
        texts = re.findall(r"<legend[^>]*>([^<]*)", visitor.body)
        for one, text in zip(shown, texts, strict=True):
            found = [tags[name] for name in tags if name.lower()[:7] in text.lower()]
            visitor.fill({f"etiquette-{one}": found})
        visitor.press("Enregistrer et continuer")


def test_a_count_that_says_too_much_is_masked(ana: Visitor, office: Office) -> None:
    tag = office.tagging.add(office.campaign, "idee", "Rare")
    with office.corpus.opened(office.campaign, "idee") as sayings:
        ids = [one.id for one in sorted(sayings.all(), key=lambda one: one.times)]
    coding = {one: frozenset([tag.id] if number < 5 else []) for number, one in enumerate(ids)}
    office.tagging.code(office.campaign, "idee", "ana", coding)

    (rare,) = office.tagging.counts(office.campaign, "idee").tags
    assert rare.people is None
    assert "masqué" in plain(ana.open(f"{BASE}/idee/etiquettes"))
    assert "masqué" in ana.open(f"{BASE}/idee/etiquettes.csv").body


def test_a_tag_has_a_name_of_its_own_and_goes_when_no_text_bears_it(
    ana: Visitor, office: Office
) -> None:
    visitor = ana.open(f"{BASE}/idee/etiquettes")
    visitor.fill({"words": " "}).press("Ajouter l’étiquette", 422)
    assert "Écrivez le nom de l’étiquette." in visitor.body
    tag = office.tagging.add(office.campaign, "idee", "Accueil")
    with pytest.raises(TagTaken):
        office.tagging.add(office.campaign, "idee", "Accueil")
    with office.corpus.opened(office.campaign, "idee") as sayings:
        one = sayings.ids()[0]
    office.tagging.code(office.campaign, "idee", "ana", {one: frozenset([tag.id])})
    with pytest.raises(TagUsed):
        office.tagging.remove(office.campaign, "idee", tag.id)
    assert "1 textes portent" in plain(ana.open(f"{BASE}/idee/etiquettes/{tag.id.hex()}"))
    office.tagging.code(office.campaign, "idee", "ana", {one: frozenset()})

    visitor = ana.open(f"{BASE}/idee/etiquettes/{tag.id.hex()}")
    visitor.fill({"words": "Guichet"}).press("Enregistrer")
    assert "Guichet" in visitor.body
    ana.open(f"{BASE}/idee/etiquettes/{tag.id.hex()}").press("Supprimer cette étiquette")

    assert "Aucune étiquette" in visitor.body


def test_a_machine_s_group_becomes_a_tag_that_people_correct(ana: Visitor, office: Office) -> None:
    with office.corpus.opened(office.campaign, "idee") as sayings:
        clustering = group(sayings.all(), 3)
    office.corpus.group(office.campaign, "idee", clustering)

    visitor = ana.open(f"{BASE}/idee/groupes")
    assert any(word in visitor.body for word in ("télétravail", "logiciels", "guichet"))
    visitor.press("Créer l’étiquette du groupe 1")
    (count,) = office.tagging.counts(office.campaign, "idee").tags
    assert count.texts >= 20

    with office.corpus.opened(office.campaign, "idee") as sayings:
        first = sayings.members(sayings.clusters()[0].number, 1)[0]
    office.tagging.code(office.campaign, "idee", "ana", {first.id: frozenset()})
    (after,) = office.tagging.counts(office.campaign, "idee").tags
    assert after.texts == count.texts - 1


@pytest.mark.parametrize("number", ["9" * 25, "9" * 5_000])
def test_a_group_that_no_store_can_count_is_not_found(ana: Visitor, number: str) -> None:
    form = ana.open(f"{BASE}/idee/etiquettes").form("/etiquettes")
    fields = form.filled({"words": ["Outils"]})

    ana.send(f"{BASE}/idee/groupes/{number}", fields, 404)


def test_a_sample_is_drawn_again_by_its_number(ana: Visitor) -> None:
    address = f"{BASE}/idee/echantillon?sorte=representatif&taille=20&tirage="
    first = re.findall(r"/un/([0-9a-f]{32})", ana.open(f"{address}1").body)

    assert first == re.findall(r"/un/([0-9a-f]{32})", ana.open(f"{address}1").body)
    assert first != re.findall(r"/un/([0-9a-f]{32})", ana.open(f"{address}2").body)
    assert 15 <= len(first) <= 20
    ana.open(f"{BASE}/idee/echantillon?taille=x&sorte=x")


@pytest.mark.parametrize("written", ["zz", "00" * 16])
def test_a_text_that_is_not_there_is_not_found(ana: Visitor, written: str) -> None:
    ana.open(f"{BASE}/idee/un/{written}", 404)
    ana.open(f"{BASE}/idee/etiquettes/{written}", 404)
