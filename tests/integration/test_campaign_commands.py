"""The life of a campaign, from the command line."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import FAR, OPENS, Shell, addresses, agree, prepare, questionnaire, shell
from relaying import HANG_UP, Relay, listening
from sheets import ods

from consultation.database import Database
from consultation.demo.mail_sink import MailSink


@pytest.fixture
def run(store: Callable[[str], Database], tmp_path: Path) -> Iterator[Shell]:
    with shell(store, tmp_path) as made:
        yield made


@pytest.fixture
def campaign(run: Shell, tmp_path: Path) -> str:
    """A campaign in preparation."""
    prepare(run, tmp_path)
    return "essai"


@pytest.fixture
def open_campaign(run: Shell, campaign: str, tmp_path: Path) -> str:
    """A campaign open to thirty agents."""
    _invite(run, campaign, addresses(tmp_path, 30))
    run("campaign", "open", campaign)
    return campaign


def test_a_campaign_goes_through_its_whole_life(run: Shell, open_campaign: str) -> None:
    assert "ouverte" in run("campaign", "status", open_campaign)
    assert "suspendue" in run("campaign", "pause", open_campaign)
    assert "ouverte" in run("campaign", "resume", open_campaign)
    assert "2100" in run("campaign", "extend", open_campaign, "--closes", "2100-01-31 12:00")
    agree(run, open_campaign, "early-closing")
    assert "Plus aucune réponse nouvelle" in run("campaign", "close", open_campaign)
    assert "Délai en cours" in run("campaign", "close", open_campaign, code=1)
    assert "en cours de clôture" in run("campaign", "status")


def test_closing_without_grace_destroys_the_roll_s_keys_and_says_the_account(
    run: Shell, open_campaign: str, tmp_path: Path
) -> None:
    agree(run, open_campaign, "early-closing", "final-release")

    said = run("campaign", "close", open_campaign, "--grace", "0")

    assert _figures(said)["invités"] == "30"
    assert not any((tmp_path / "keys" / "roll" / open_campaign).glob("*"))
    assert "Le compte est juste" in run("ballots", "verify", open_campaign)
    assert run("campaign", "close", open_campaign, "--grace", "0") == said


def test_dates_without_a_zone_are_those_of_paris(run: Shell, campaign: str) -> None:
    assert "lundi 3 juin 2024 à 9\u00a0h" in run("campaign", "status", campaign)


def test_a_campaign_does_not_open_to_fewer_than_thirty_people(
    run: Shell, campaign: str, tmp_path: Path
) -> None:
    _invite(run, campaign, addresses(tmp_path, 29))

    assert "Trente personnes au moins" in run("campaign", "open", campaign, code=1)
    assert "en préparation" in run("campaign", "status", campaign)


def test_an_audience_of_a_few_people_would_name_them(
    run: Shell, campaign: str, tmp_path: Path
) -> None:
    _invite(run, campaign, addresses(tmp_path, 40))
    _invite(run, campaign, addresses(tmp_path, 5, "cadres.csv"), audience="cadres")

    assert "dans chaque public" in run("campaign", "open", campaign, code=1)


def test_a_faulty_questionnaire_is_refused_with_its_lines(run: Shell, tmp_path: Path) -> None:
    file = questionnaire(tmp_path)
    file.write_text(file.read_text("utf-8").replace("type: number", "type: nombre", 1), "utf-8")

    said = run("campaign", "create", file, "--opens", OPENS, "--closes", FAR, code=1)

    assert f"{file.name}:" in said
    assert "nombre" in said
    assert run("campaign", "status") == ""


def test_a_name_already_taken_leaves_the_first_campaign_alone(
    run: Shell, campaign: str, tmp_path: Path
) -> None:
    before = run("campaign", "status", campaign)

    again = ("--opens", OPENS, "--closes", FAR, "--slug", campaign)
    said = run("campaign", "create", tmp_path / "petit.yaml", *again, code=1)

    assert "Nom déjà pris" in said
    assert run("campaign", "status", campaign) == before


def test_an_unknown_campaign_is_a_sentence(run: Shell) -> None:
    for words in (["campaign", "open"], ["invitations", "status"], ["ballots", "status"]):
        assert "introuvable" in run(*words, "inconnue", code=1)


def test_faulty_lines_stop_an_import_until_someone_agrees(
    run: Shell, campaign: str, tmp_path: Path
) -> None:
    file = addresses(tmp_path, 30)
    file.write_text(file.read_text("cp1252") + "jean@ain\r\nagent1@lot.exemple.gouv.fr\r\n")
    words = ("invitations", "import", file, "--batch", "Ain", "--audience", "agents")

    refused = run(*words, "--campaign", campaign, code=1)
    accepted = run(*words, "--campaign", campaign, "--without-faulty")

    assert "ligne 32" in refused
    assert "ligne 33\u00a0: adresse qui est déjà plus haut" in refused
    assert "jean@ain" in refused
    assert "rien n’a été importé" in refused
    assert {"à corriger": "1", "doublons": "1", "prêtes": "30"}.items() <= _figures(
        accepted
    ).items()


def test_an_import_tells_every_line_of_the_file_and_its_other_sheets(
    run: Shell, campaign: str, tmp_path: Path
) -> None:
    people = [("Nom", f"a{n}@ain.gouv.fr") for n in range(30)]
    rows = [("Préfecture",), (), ("Nom", "Mél"), *people, ("Total", "30")]
    file = tmp_path / "agents.csv"
    file.write_bytes(ods({"Agents": rows, "Suite": [("Mél",), ("z@ain.gouv.fr",)]}, hidden=(4,)))

    said = _invite(run, campaign, file)
    other = _invite(run, campaign, file, "--sheet", "Suite")

    figures = {"lignes du fichier": "36", "lignes lues": "29", "mises de côté": "7"}
    assert figures.items() <= _figures(said).items()
    for told in (
        "ligne 1\u00a0: au-dessus de l’en-tête",
        "ligne 2\u00a0: ligne vide",
        "ligne 4\u00a0: masquée dans le classeur",
        "ligne 34\u00a0: total",
        "lignes 1 à 2\u00a0: feuille «\u00a0Suite\u00a0», qui n’est pas lue (1 avec une adresse)",
    ):
        assert told in said
    assert _figures(other)["prêtes"] == "1"


@pytest.mark.parametrize("content", ["Courriel\r\n", "Courriel\r\nfaux\r\n"])
def test_a_file_that_invites_nobody_is_refused(
    run: Shell, campaign: str, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "lot.csv"
    file.write_text(content)
    words = ("--batch", "Ain", "--audience", "agents", "--campaign", campaign)

    said = run("invitations", "import", file, *words, "--without-faulty", code=1)

    assert "aucune ligne" in said
    assert "Ain" not in run("invitations", "status", campaign)


def test_an_address_invited_before_is_not_invited_twice(
    run: Shell, campaign: str, tmp_path: Path
) -> None:
    file = addresses(tmp_path, 30)
    _invite(run, campaign, file)

    said = _invite(run, campaign, file)

    assert {"déjà invitées": "30", "prêtes": "0"}.items() <= _figures(said).items()


def test_an_unknown_audience_or_an_unreadable_file_is_refused(
    run: Shell, campaign: str, tmp_path: Path
) -> None:
    file = addresses(tmp_path, 30)
    words = ("--batch", "Ain", "--campaign", campaign)
    assert "Publics de « essai »" in run(
        "invitations", "import", file, *words, "--audience", "tous", code=1
    )

    file.write_bytes(b"\x00\x01\x02")
    run("invitations", "import", file, *words, "--audience", "agents", code=1)


def test_invitations_are_sent_once(run: Shell, open_campaign: str, tmp_path: Path) -> None:
    with MailSink(tmp_path / "mail") as sink:
        run.environment["SMTP_URL"] = sink.url
        first = run("invitations", "send", open_campaign)
        again = run("invitations", "send", open_campaign)

    assert _figures(first)["remis"] == "30"
    assert "remis" not in again
    assert len(list((tmp_path / "mail").iterdir())) == 30
    assert "30" in run("invitations", "status", open_campaign)


def test_a_relay_that_is_away_loses_nothing(run: Shell, open_campaign: str) -> None:
    run.environment["SMTP_URL"] = "smtp://127.0.0.1:9"

    said = run("invitations", "send", open_campaign, code=4)

    assert "Rien n’est perdu" in said
    assert _figures(said)["en attente"] == "30"


def test_the_command_tells_each_one_that_did_not_leave_and_what_to_do(
    run: Shell, open_campaign: str
) -> None:
    relay, (gone, cut) = Relay(), ("agent5@lot.exemple.gouv.fr", "agent8@lot.exemple.gouv.fr")
    relay.rules["RCPT"] = lambda to: "550 5.1.1 Unknown" if to == gone else ""
    relay.rules["DATA"] = lambda to: HANG_UP if to == cut else ""

    with listening(relay) as smtp:
        run.environment["SMTP_URL"] = f"smtp://127.0.0.1:{smtp.port}"
        said = run("invitations", "send", open_campaign).replace("\u00a0", " ")

    assert len(set(relay.addresses)) == len(relay.addresses) == 28
    assert f"{gone} : refusé : adresse inconnue du destinataire (550 5.1.1 Unknown)." in said
    assert "Corrigez l’adresse." in said
    assert f"{cut} : incertain : connexion coupée" in said
    assert "Demandez à la personne si elle l’a reçu, ou remettez-le en attente." in said


@pytest.mark.long
def test_the_command_tells_what_it_waits_for_and_until_when(run: Shell, open_campaign: str) -> None:
    """Its pauses add up to minutes: this one is left at the first, and nothing is lost."""
    relay, busy = Relay(), "agent5@lot.exemple.gouv.fr"
    relay.rules["RCPT"] = lambda to: "421 4.7.0 Too many" if to == busy else ""

    with listening(relay) as smtp:
        environment = run.environment | {"SMTP_URL": f"smtp://127.0.0.1:{smtp.port}"}
        command = [sys.executable, "-m", "consultation", "invitations", "send", open_campaign]
        with subprocess.Popen(
            command, env=os.environ | environment, stderr=subprocess.PIPE, text=True
        ) as sending:
            said = sending.stderr.readline() or sending.stderr.readline()
            sending.send_signal(signal.SIGINT)

    assert re.match(
        r"Pause de 15 secondes, jusqu’à \d+ h \d\d min \d\d s \(heure de Paris\) : le relais ",
        said.replace("\u00a0", " "),
    )
    assert "(421 4.7.0 Too many)" in said
    assert len(relay.addresses) == 29
    assert "1" in run("invitations", "status", open_campaign)


def test_a_batch_that_is_refused_does_not_keep_the_next_one_back(
    run: Shell, open_campaign: str, tmp_path: Path
) -> None:
    words = ("--batch", "var", "--audience", "agents", "--campaign", open_campaign)
    run("invitations", "import", addresses(tmp_path, 4, "var.csv"), *words)
    relay = Relay()
    relay.rules["RCPT"] = lambda to: (
        "554 5.7.1 Blocked" if to.endswith("@lot.exemple.gouv.fr") else ""
    )

    with listening(relay) as smtp:
        run.environment["SMTP_URL"] = f"smtp://127.0.0.1:{smtp.port}"
        said = run("invitations", "send", open_campaign, code=4)

    assert {to.rpartition("@")[2] for to in relay.addresses} == {"var.exemple.gouv.fr"}
    assert len(relay.addresses) == 4
    assert "Lot «\u00a0lot\u00a0». L’envoi s’est arrêté\u00a0: trop de refus" in said
    assert "Relancez pour continuer." in said


def test_ballots_are_counted_and_released_only_in_lots(run: Shell, open_campaign: str) -> None:
    assert _figures(run("ballots", "status", open_campaign))["dans l’urne"] == "0"
    assert _figures(run("ballots", "release", open_campaign))["bulletins libérés"] == "0"


def test_microdata_do_not_leave_before_the_closing(
    run: Shell, open_campaign: str, tmp_path: Path
) -> None:
    assert "close" in run("export", open_campaign, tmp_path / "export", code=1)
    assert not (tmp_path / "export").exists()


def _invite(run: Shell, campaign: str, file: Path, *more: str, audience: str = "agents") -> str:
    words = ("--batch", file.stem, "--audience", audience, "--campaign", campaign, *more)
    return run("invitations", "import", file, *words)


def _figures(said: str) -> dict[str, str]:
    """The « name  figure » lines of what a command says."""
    pairs = (line.strip().rsplit("  ", 1) for line in said.splitlines() if line.startswith("  "))
    return {pair[0].strip(): pair[1].strip() for pair in pairs if len(pair) == 2}
