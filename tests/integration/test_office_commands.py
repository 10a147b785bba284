"""The office from the command line: the second person, the journal, the doctor."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import small
from commands import (
    PASSWORD,
    Shell,
    addresses,
    agree,
    ask,
    every_command,
    prepare,
    questionnaire,
    shell,
)
from voting import vote

from consultation.database import Database, Stores
from consultation.demo.mail_sink import MailSink
from consultation.office.store import Journal

SLUG = "essai"


@pytest.fixture
def run(store: Callable[[str], Database], tmp_path: Path) -> Iterator[Shell]:
    with shell(store, tmp_path) as made:
        yield made


@pytest.fixture
def campaign(run: Shell, tmp_path: Path) -> str:
    """A campaign open to enough agents for a release."""
    prepare(run, tmp_path)
    for audience, count in (("agents", 101), ("cadres", 30)):
        batch = ("--batch", audience, "--audience", audience, "--campaign", SLUG)
        run("invitations", "import", addresses(tmp_path, count, f"{audience}.csv"), *batch)
    run("campaign", "open", SLUG)
    return SLUG


@pytest.fixture
def book(run: Shell) -> Journal:
    return run.app().parts[Journal]


def account(run: Shell, login: str, role: str = "exploitation") -> None:
    run.environment["TOTP"] = "facultatif"
    run("account", "create", login, "--role", role, typed=f"{PASSWORD}\n" * 2)


# --- Two persons


def test_closing_early_takes_two_persons(run: Shell, campaign: str) -> None:
    alone = run("campaign", "close", campaign, code=1)
    agree(run, campaign, "early-closing")

    assert "Deux personnes de l’exploitation" in alone
    assert "Plus aucune réponse nouvelle" in run("campaign", "close", campaign)


def test_a_grace_shorter_than_announced_takes_two_persons(run: Shell, campaign: str) -> None:
    agree(run, campaign, "early-closing")

    said = run("campaign", "close", campaign, "--grace", "2h", code=1)

    assert "Deux personnes de l’exploitation" in said
    assert "ouverte" in run("campaign", "status", campaign)


def test_one_person_is_not_two(run: Shell, campaign: str) -> None:
    account(run, "alix")
    asked = ask(run, campaign, "early-closing", "alix")

    said = run("approval", "approve", asked, "--login", "alix", typed=f"{PASSWORD}\n\n", code=1)

    assert "une autre personne" in said
    assert "personne encore" in run("approval", "list")
    run("campaign", "close", campaign, code=1)


@pytest.mark.parametrize(
    ("login", "typed", "words"),
    [
        ("alix", "pas le bon mot de passe\n\n", "incorrect"),
        ("inconnue", f"{PASSWORD}\n\n", "incorrect"),
        ("rh", f"{PASSWORD}\n\n", "compte actif de l’exploitation"),
    ],
)
def test_whoever_is_not_an_operator_asks_nothing(
    run: Shell, campaign: str, login: str, typed: str, words: str
) -> None:
    account(run, "alix")
    account(run, "rh", "rh")
    asking = ("approval", "request", campaign, "--action", "early-closing", "--login", login)

    assert words in run(*asking, typed=typed, code=1)
    assert run("approval", "list") == ""


def test_an_operator_without_a_second_factor_asks_nothing(run: Shell, campaign: str) -> None:
    account(run, "alix")
    run.environment["TOTP"] = "obligatoire"
    asking = ("approval", "request", campaign, "--action", "early-closing", "--login", "alix")

    assert "Second facteur nécessaire" in run(*asking, typed=f"{PASSWORD}\n\n", code=1)


def test_a_request_that_does_not_exist_is_a_sentence(run: Shell) -> None:
    account(run, "alix")

    for asked in ("00" * 16, "zut"):
        said = run("approval", "approve", asked, "--login", "alix", typed=f"{PASSWORD}\n\n", code=1)
        assert "Demande introuvable" in said


# --- The journal


WRITES = {  # the commands that change something, and what the journal says of them
    "campaign create": "campagne créée",
    "campaign open": "campagne ouverte",
    "campaign revise": "questionnaire corrigé",
    "campaign pause": "campagne suspendue",
    "campaign resume": "campagne reprise",
    "campaign extend": "campagne prolongée",
    "campaign close": "clôture commencée",
    "invitations import": "lot importé",
    "invitations send": "envoi lancé",
    "invitations reissue": "lien remplacé",
    "ballots release": "bulletins libérés",
    "export": "réponses exportées",
    "account create": "compte ouvert",
    "account password": "mot de passe changé",
    "account reset-totp": "second facteur retiré",
    "account rotate-keys": "clés changées",
    "approval request": "accord demandé",
    "approval approve": "accord donné",
}
ELSEWHERE = {  # those whose line is read with the rest of what they do: test_backup…
    *("database backup", "database restore", "invitations remind", "invitations returns"),
    *("ballots give-up", "ballots stop-waiting", "campaign restored"),
    *("texts prepare", "texts group", "report", "invitations names"),
}
SILENT = {  # those that look, prepare stores, or do what other commands have decided
    *("check", "schema", "simulate", "graph", "compare", "preview"),
    *("demo", "serve", "worker", "doctor", "database migrate", "database check"),
    *("campaign status", "invitations status", "ballots status", "ballots verify", "texts status"),
    *("account list", "approval list", "journal head", "journal verify", "import"),
}


def test_every_command_writes_in_the_journal_or_is_known_not_to() -> None:
    assert set(every_command()) - SILENT - ELSEWHERE - set(WRITES) == set()


def test_every_action_of_the_office_is_in_the_journal(
    run: Shell, campaign: str, book: Journal, tmp_path: Path
) -> None:
    vote(run.app().parts, campaign, 101)
    with MailSink(tmp_path / "mail") as sink:
        run.environment["SMTP_URL"] = sink.url
        run("invitations", "send", campaign)
        lost = ("--campaign", campaign, "--address", "agent7@agents.exemple.gouv.fr")
        run("invitations", "reissue", *lost)
    corrected = questionnaire(tmp_path)
    corrected.write_text(small.DEFINITION.replace("Aucune de", "Pas une de"), "utf-8")
    run("campaign", "revise", campaign, corrected)
    run("campaign", "pause", campaign)
    run("campaign", "resume", campaign)
    run("campaign", "extend", campaign, "--closes", "2100-01-31 12:00")
    run("ballots", "release", campaign)
    agree(run, campaign, "early-closing", "final-release")
    run("account", "password", "alix", typed=f"autre {PASSWORD}\n" * 2)
    run("account", "reset-totp", "alix")
    run("account", "rotate-keys", typed="ancienne\n")
    run("campaign", "close", campaign, "--grace", "0")
    run("export", campaign, tmp_path / "export", "--purpose", "essai")

    written = {entry.action for entry in book.entries()}

    assert set(WRITES.values()) | {"campagne close"} <= written
    assert book.verify()
    said = " ".join(f"{entry.who} {entry.action} {entry.detail}" for entry in book.entries())
    assert PASSWORD not in said
    assert "@" not in said


def test_the_journal_is_verified_and_its_head_noted(run: Shell, book: Journal) -> None:
    account(run, "alix")
    number, noted = run("journal", "head").split()
    account(run, "bo")

    assert (number, len(noted)) == ("1", 64)
    assert "Les 2 lignes sont intactes" in run("journal", "verify")
    assert "intactes" in run("journal", "verify", "--head", noted)
    assert "n’est plus dans le journal" in run("journal", "verify", "--head", "ab" * 32, code=1)
    assert "une empreinte" in run("journal", "verify", "--head", "zut", code=1)


def test_a_line_that_was_changed_is_named(run: Shell) -> None:
    account(run, "alix")
    account(run, "bo")
    with run.app().parts[Stores]["office"].write() as tx:
        tx.exec_driver_sql("UPDATE journal SET detail = 'rien' WHERE number = 2")

    assert "rompue à la ligne 2" in run("journal", "verify", code=1)


def test_an_empty_journal_has_a_head_of_zeros(run: Shell) -> None:
    assert run("journal", "head") == f"0 {'00' * 32}\n"
    assert "Les 0 lignes" in run("journal", "verify")


# --- The doctor


def test_the_doctor_says_what_to_do_and_ends_with_the_code_of_the_worst(run: Shell) -> None:
    run.environment["SECRET_KEY"] = "k" * 48

    said = run("doctor", "--workers", "1", code=2)

    assert "✗ Chaque clé secrète a été tirée au hasard." in said
    assert "SECRET_KEY se devine" in said
    assert re.search(r"\d+ règles\u00a0: \d+ erreurs?, \d+ avertissements?\.\n$", said)


@pytest.fixture
def elsewhere(run: Shell, tmp_path: Path) -> Path:
    """A folder of SQLite stores, not created yet, whatever the tests run on."""
    folder = tmp_path / "autre"
    folder.mkdir(mode=0o700)
    for name in ("ROLL", "BOX", "OFFICE"):
        run.environment[f"{name}_DATABASE_URL"] = f"sqlite:///{folder / name.lower()}.sqlite"
    return folder


@pytest.mark.usefixtures("elsewhere")
def test_the_doctor_tells_warnings_apart_from_errors(run: Shell) -> None:
    run.environment["SECRET_KEY"] = "Zr8-vQ2mXk_p5TnW7bLd9yHs3cGfAe6uJ4tRoBiNw1K"
    run.environment["LIMITER_STORAGE"] = "redis://localhost"
    run("database", "migrate")

    said = json.loads(run("doctor", "--format", "json", code=1))

    levels = {one["name"]: one["level"] for one in said["checks"]}
    assert said["level"] == "warning"
    assert {name for name, level in levels.items() if level != "ok"} == {
        "two_persons",
        "legal_pages",
    }


def test_the_doctor_reads_settings_that_are_wrong(run: Shell) -> None:
    run.environment["PUBLIC_URL"] = "http://consultation.exemple.fr"
    run.environment["BOX_DATABASE_URL"] = run.environment["ROLL_DATABASE_URL"]

    said = run("doctor", code=2)
    read = json.loads(run("doctor", "--format", "json", code=2))

    assert "PUBLIC_URL" in said
    assert "c’est la même base" in said
    assert [one["name"] for one in read["checks"]] == ["settings"]


def test_the_doctor_creates_nothing(run: Shell, elsewhere: Path) -> None:
    said = run("doctor", code=2)

    assert "consultation database migrate" in said
    assert list(elsewhere.iterdir()) == []
