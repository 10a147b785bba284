"""The analyst reads closed questions: charts and tables, one comparison at a time, weights."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from pathlib import Path

import pytest
from conftest import Clock
from counting import Office, crowd, logged_in, office_app, office_with_an_urn
from small import FAST_HASHING
from visitor import Visitor

from consultation.database import Database
from consultation.office.sendings import BatchTurnout
from consultation.office.store import Accounts
from consultation.parts import Application
from consultation.results.findings import Findings

BASE = "/bureau/resultats/essai"
SIZE = 240


@pytest.fixture
def office(
    box_database: Database, office_database: Database, keys_directory: Path, clock: Clock
) -> Office:
    made = office_with_an_urn(box_database, office_database, keys_directory, clock)
    made.fill(crowd(SIZE))
    return made


@pytest.fixture
def app(office: Office, office_database: Database, clock: Clock) -> Application:
    accounts = Accounts(office_database, clock, secret_key="k" * 48, hashing=FAST_HASHING)
    return office_app(office, accounts, "ana")


@pytest.fixture
def ana(app: Application, office: Office) -> Visitor:
    office.figures.publish("essai", {"invited": 1000, "issued": 300, "ballots": SIZE})
    office.close()
    office.work_out()
    return logged_in(app, "ana")


def plain(visitor: Visitor) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", visitor.body).split())


def plain_of(visitor: Visitor) -> str:
    """The words of the page, its no-break spaces kept."""
    return re.sub(r"<[^>]+>|\n", " ", visitor.body)


def rows(visitor: Visitor) -> list[list[str]]:
    written = visitor.content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(written), delimiter=";"))


def test_a_theme_shows_each_question_as_a_chart_and_its_table(ana: Visitor) -> None:
    visitor = ana.open(f"{BASE}/themes").open(f"{BASE}/themes/avis")

    assert visitor.body.count('role="img"') == visitor.body.count("<caption>") == 4
    for words in ("L’accueil est-il bon ?", "Vos missions ?", "Guichet", "240 réponses"):
        assert words in visitor.body
    widths = [float(one) for one in re.findall(r'<rect fill="#000091" width="([\d.]+)"', ana.body)]
    assert all(0 <= one <= 100 for one in widths)
    assert any(40 < one < 60 for one in widths)


def test_the_figures_of_the_page_and_of_the_file_are_the_same(ana: Visitor) -> None:
    page = plain(ana.open(f"{BASE}/questions/accueil"))
    header, *written = rows(ana.open(f"{BASE}/questions/accueil.csv"))

    assert header[:5] == ["question", "ligne", "code", "réponse", "effectif"]
    assert sum(int(row[4]) for row in written) == SIZE
    for row in written:
        assert f"{row[3].lstrip(chr(39))} {row[4]} {row[6]} %" in page
        assert float(row[7].replace(",", ".")) < float(row[6].replace(",", "."))


def test_an_interval_is_narrower_when_most_of_those_invited_answered(
    app: Application, office: Office
) -> None:
    office.close()
    widths = []
    for invited in (10_000, 300, SIZE):
        office.figures.publish("essai", {"invited": invited})
        found = office.work_out().by_question["accueil"].lines[0]
        between = office.analysis.of(office.campaign).method.interval(found.counts[0], found.base)
        assert between
        widths.append(between.high - between.low)

    assert widths[0] > widths[1] > widths[2] == 0


def test_a_question_is_compared_by_one_profile(ana: Visitor) -> None:
    visitor = ana.open(f"{BASE}/questions/accueil").fill({"par": "territoire"}).press("Comparer")

    body = plain(visitor)
    assert "Selon : Dans quel territoire travaillez-vous ?" in body
    assert "Auvergne-Rhône-Alpes" in body
    assert "Ensemble" in body
    assert "hasard" in body or "lien" in body
    written = rows(ana.open(f"{BASE}/questions/accueil.csv?par=territoire"))
    assert {row[4] for row in written[1:]} >= {"Auvergne-Rhône-Alpes", "Bretagne"}
    ana.open(f"{BASE}/questions/missions?par=territoire")
    assert "Guichet" in ana.body


def test_a_theme_is_shown_for_one_group(ana: Visitor) -> None:
    visitor = ana.open(f"{BASE}/themes/avis").fill({"groupe": "territoire:0"}).press("Montrer")

    assert "Réponses de :" in plain(visitor)


@pytest.mark.parametrize(
    "asked",
    [
        "questions/accueil?par=territoire&par=categorie",
        "themes/avis?groupe=territoire:0&groupe=categorie:1",
        "themes/avis?groupe=territoire:0&par=categorie",
        "questions/accueil.csv?par=territoire&par=categorie",
    ],
)
def test_two_criteria_at_once_are_refused(ana: Visitor, asked: str) -> None:
    assert "Un seul critère à la fois" in ana.open(f"{BASE}/{asked}", 422).body


@pytest.mark.parametrize(
    "asked",
    [
        "questions/inconnue",
        "questions/accueil?par=accueil",
        "themes/inconnu",
        "themes/avis?groupe=territoire:99",
        "themes/avis?groupe=x",
    ],
)
def test_what_does_not_exist_is_not_found(ana: Visitor, asked: str) -> None:
    ana.open(f"{BASE}/{asked}", 404)


def test_while_open_figures_are_rounded_and_change_at_releases_only(
    app: Application, office: Office
) -> None:
    office.campaigns.open("essai")
    visitor = logged_in(app, "ana")
    visitor.open(f"{BASE}/themes", 409)
    office.work_out()
    before = visitor.open(f"{BASE}/themes/avis").body

    office.fill(crowd(7))
    assert re.sub("csrf.*", "", visitor.open(f"{BASE}/themes/avis").body) == re.sub(
        "csrf.*", "", before
    )

    counts = [int(row[4]) for row in rows(visitor.open(f"{BASE}/questions/accueil.csv"))[1:]]
    assert all(count % 5 == 0 for count in counts)
    assert "Parmi tous les invités" not in before
    assert office.analysis.due(office.campaign)
    office.work_out()
    assert not office.analysis.due(office.campaign)


def test_participation_is_what_was_published(ana: Visitor, app: Application) -> None:
    body = plain(ana.open(f"{BASE}/participation"))

    assert "Personnes invitées 1 000 100,0 %" in body
    assert "Ont commencé à répondre 300 30,0 %" in body
    assert "Par lot" not in body


def test_participation_is_shown_by_batch_masked_where_it_tells(
    ana: Visitor, office: Office
) -> None:
    turnouts = {
        b"1" * 16: BatchTurnout(name="Ain", invited=600, issued=155),
        b"2" * 16: BatchTurnout(name="Creuse", invited=40, issued=None),
    }
    office.sendings.publish("essai", turnouts)

    body = plain(ana.open(f"{BASE}/participation"))

    assert "Ain 600 155 25,8 %" in body
    assert "Creuse 40 masqué masqué" in body
    assert rows(ana.open(f"{BASE}/participation.csv"))[2][:3] == ["Creuse", "40", "masqué"]


def test_known_margins_weight_what_is_shown_beside_the_raw_figures(
    ana: Visitor, office: Office
) -> None:
    model = ana.open(f"{BASE}/redressement/modele.csv")
    lines = model.content.decode("utf-8-sig").replace("\r\n", "\n").splitlines()
    assert any(line.startswith("territoire;R53;") for line in lines)
    filled = "question;code;effectif\nterritoire;R84;1 000\nterritoire;R53;3000\n"

    visitor = ana.open(f"{BASE}/redressement")
    visitor.attach("fichier", "population.csv", filled.encode()).press("Redresser avec ce fichier")

    assert "Le redressement vaut" in plain(visitor)
    found = office.analysis.of(office.campaign).by_question["accueil"].lines[0]
    assert sum(one or 0 for one in found.weighted) == pytest.approx(1)
    assert "Part redressée" in ana.open(f"{BASE}/themes/avis").body
    assert "part redressée en %" in rows(ana.open(f"{BASE}/questions/accueil.csv"))[0]

    visitor.open(f"{BASE}/redressement").attach("fichier", "p.csv", b"question;code;effectif\n")
    visitor.press("Redresser avec ce fichier")
    assert "Aucune composition n’est connue" in visitor.body


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("question;code;effectif\nville;x;3\n", "Ligne 2 : « ville » n’est pas une question"),
        ("question;code;effectif\nterritoire;R99;3\n", "Ligne 2 : « R99 » n’est pas une réponse"),
        ("question;code;effectif\nterritoire;R84;beaucoup\n", "« beaucoup » n’est pas un nombre"),
        ("question;code;effectif\nterritoire;R84;10\n", "il faut l’effectif de deux réponses"),
        (
            "question;code;effectif\nterritoire;R84;10\nterritoire;R01;9\n",
            "deux réponses que quelqu’un a données",
        ),
        ("question;code;effectif\nterritoire;*;10\n", "« * » n’est pas une réponse"),
        ("question;code\nterritoire;R84\n", "Il manque la colonne « effectif »"),
        ("", "Le fichier est vide"),
    ],
)
def test_a_wrong_file_of_margins_says_what_is_wrong(ana: Visitor, content: str, words: str) -> None:
    visitor = ana.open(f"{BASE}/redressement")

    visitor.attach("fichier", "population.csv", content.encode())
    visitor.press("Redresser avec ce fichier", 422)

    assert words in plain(visitor)


@pytest.fixture
def few(
    box_database: Database, office_database: Database, keys_directory: Path, clock: Clock
) -> Office:
    """A consultation of so few people that no row keeps its category."""
    office = office_with_an_urn(box_database, office_database, keys_directory, clock)
    office.fill([*crowd(27), {"territoire": "R01", "categorie": "a"}])
    return office


def analyst_of(office: Office, office_database: Database, clock: Clock) -> Visitor:
    accounts = Accounts(office_database, clock, secret_key="k" * 48, hashing=FAST_HASHING)
    return logged_in(office_app(office, accounts, "ana"), "ana")


def test_what_people_are_is_counted_as_they_said_it(
    few: Office, office_database: Database, clock: Clock
) -> None:
    """Rows lose their detail; « 0 » would be said of what nobody knows any more."""
    few.close()
    few.work_out()
    ana = analyst_of(few, office_database, clock)

    written = rows(ana.open(f"{BASE}/questions/categorie.csv"))[1:]

    truth = Counter(str(one["categorie"]) for one in [*crowd(27), {"categorie": "a"}])
    assert {row[2] for row in written} == {"a", "b", "c"}
    assert all(row[4] in ("masqué", str(truth[row[2]])) for row in written)
    assert '<th scope="row">Non détaillé' not in ana.open(f"{BASE}/themes/profil").body


def test_a_group_that_no_row_shows_is_hidden_rather_than_empty(
    few: Office, office_database: Database, clock: Clock
) -> None:
    few.close()
    few.work_out()
    ana = analyst_of(few, office_database, clock)

    compared = rows(ana.open(f"{BASE}/questions/accueil.csv?par=categorie"))[1:]
    report = few.reporting.report(few.campaign, by="categorie", group="a")

    assert {(row[4], row[5]) for row in compared if row[4] in "ABC"} == {
        (group, "masqué") for group in "ABC"
    }
    shown = [line for one in report.chapters for f in one.findings for line in f.lines]
    assert shown
    assert not [line for line in shown if line.base is not None or set(line.counts) != {None}]


def test_a_profile_that_lost_its_detail_weighs_nothing(
    few: Office, office_database: Database, clock: Clock
) -> None:
    few.close()
    few.work_out()
    ana = analyst_of(few, office_database, clock)
    filled = "question;code;effectif\ncategorie;a;10\ncategorie;b;30\n"

    visitor = ana.open(f"{BASE}/redressement").attach("fichier", "p.csv", filled.encode())
    visitor.press("Redresser avec ce fichier", 422)

    assert "Cette question ne redresse rien" in plain_of(visitor)
    assert not few.analysis.margins(few.campaign)
    assert "categorie" not in ana.open(f"{BASE}/redressement/modele.csv").body


def test_weights_known_before_the_end_are_said_to_be_of_no_use(
    few: Office, office_database: Database, clock: Clock
) -> None:
    few.work_out()
    few.analysis.set_margins(few.campaign, {"categorie": {"a": 10, "b": 30}})
    few.close()

    found = few.work_out()

    assert found.method.weighted_by == ()
    ana = analyst_of(few, office_database, clock).open(f"{BASE}/redressement")
    assert "Rien n’est redressé pour\u00a0: Votre catégorie ?" in plain_of(ana)
    assert not [line for one in found.findings for line in one.lines if line.weighted]


def test_findings_are_the_same_once_written_and_read(office: Office) -> None:
    office.close()

    made = office.work_out()

    assert Findings.from_json(made.to_json()) == made
    assert office.analysis.of(office.campaign) == made


def test_what_was_worked_out_is_noise_without_the_key(office: Office, keys_directory: Path) -> None:
    office.close()
    office.work_out()

    files = [path for path in keys_directory.rglob("*") if path.is_file()]

    assert len(files) >= 3
    assert not any(b"accueil" in path.read_bytes() for path in files)


def test_fewer_than_eleven_ballots_show_nothing(
    box_database: Database, office_database: Database, keys_directory: Path, clock: Clock
) -> None:
    office = office_with_an_urn(box_database, office_database, keys_directory, clock)
    office.fill(crowd(10))
    office.close()
    office.work_out()
    ana = analyst_of(office, office_database, clock)

    for address in ("themes", "themes/avis", "questions/accueil.csv", "rapport", "redressement"):
        refused = ana.open(f"{BASE}/{address}", 409)
        assert "Il y a moins de onze réponses" in refused.body
