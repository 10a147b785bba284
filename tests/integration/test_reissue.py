"""A lost link is replaced: once for a person, a few in all, and the old one says so."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from commands import agree, open_to, shell
from conftest import Clock
from running import Running
from visitor import Visitor

from consultation.blind import blind, blinding_factor
from consultation.database import Database
from consultation.demo.mail_sink import MailSink
from consultation.office.store import Campaigns, Journal
from consultation.refusals import Refusal
from consultation.roll.codes import normalise
from consultation.roll.store import (
    AlreadyReplaced,
    AlreadyUsed,
    Closed,
    Irreplaceable,
    Revoked,
    Roll,
    TooManyReplaced,
    UnknownAddress,
    most_replaced,
)

ADDRESS, OTHER = "agents0@exemple.gouv.fr", "agents1@exemple.gouv.fr"


def code_of(platform: Running, address: str) -> str:
    """The code now in force for this address."""
    for code in platform.codes["agents"]:
        if platform.addresses[code] == address:
            return code
    raise LookupError(address)


def obtain(platform: Running, code: str) -> bytes:
    public = platform.campaign.keys["agents"]
    r = blinding_factor(public, secrets.token_bytes(32))
    hidden, _ = blind(public, secrets.token_bytes(64), salt=secrets.token_bytes(48), r=r)
    return platform.roll.issue(platform.campaign, "agents", code, hidden)


def test_the_new_link_works_and_the_old_one_is_no_longer_valid(platform: Running) -> None:
    old = code_of(platform, ADDRESS)
    obtain(platform, old)

    new = platform.roll.reissue(platform.campaign, ADDRESS)

    assert new.address == ADDRESS
    with pytest.raises(Revoked):
        platform.roll.look(old)
    with pytest.raises(Revoked):
        obtain(platform, old)
    assert obtain(platform, new.code)
    with pytest.raises(AlreadyUsed):
        obtain(platform, new.code)
    counts = platform.roll.counts("essai")
    assert (counts.issued, counts.reissued) == (1, 1)


def test_both_doors_tell_the_holder_of_the_old_link(platform: Running) -> None:
    old = code_of(platform, ADDRESS)
    platform.roll.reissue(platform.campaign, ADDRESS)

    visitor = Visitor(platform.app)
    visitor.open("/q").fill({"code": old}).press("Commencer", 410)
    told = platform.app.test_client().post("/guichet/ou", json={"code": old})

    assert "Ce lien n’est plus valable" in visitor.body
    assert "utilisez le dernier message reçu" in visitor.body
    assert "data-done" not in visitor.body  # what the browser kept may still be sent
    assert (told.status_code, told.json) == (
        410,
        {
            "refused": Revoked().sentence,
            "title": "Ce lien n’est plus valable",
            "en": Revoked().said("en"),
        },
    )


@pytest.mark.parametrize("used", [False, True])
def test_whoever_replaces_a_link_never_learns_whether_it_had_served(
    platform: Running, used: bool
) -> None:
    if used:
        obtain(platform, code_of(platform, ADDRESS))

    platform.roll.reissue(platform.campaign, ADDRESS)

    assert platform.roll.counts("essai").reissued == 1


def test_a_link_is_replaced_once_and_few_are(platform: Running) -> None:
    platform.roll.reissue(platform.campaign, ADDRESS)

    with pytest.raises(AlreadyReplaced):
        platform.roll.reissue(platform.campaign, ADDRESS)
    with pytest.raises(TooManyReplaced):
        platform.roll.reissue(platform.campaign, OTHER)


def test_replacements_asked_for_at_once_do_not_pass_the_cap(platform: Running) -> None:
    def replaced(address: str) -> bool:
        try:
            platform.roll.reissue(platform.campaign, address)
        except Refusal:
            return False
        return True

    addresses = [
        f"{audience}{n}@exemple.gouv.fr" for audience in ("agents", "cadres") for n in (0, 1, 2)
    ]
    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(replaced, addresses))

    assert sum(done) == platform.roll.counts("essai").reissued == 1


@pytest.mark.parametrize(("issued", "most"), [(0, 1), (1, 1), (199, 1), (200, 2), (91_000, 910)])
def test_one_credential_in_a_hundred_may_be_replaced_and_one_at_least(
    issued: int, most: int
) -> None:
    assert most_replaced(issued) == most


def test_what_the_campaign_or_the_moment_does_not_allow_is_refused(
    platform: Running, clock: Clock
) -> None:
    with pytest.raises(Irreplaceable):
        platform.roll.reissue(replace(platform.campaign, reissue="none"), ADDRESS)
    with pytest.raises(UnknownAddress):
        platform.roll.reissue(platform.campaign, "personne@exemple.gouv.fr")
    clock.now = platform.campaign.closes
    with pytest.raises(Closed):
        platform.roll.reissue(platform.campaign, ADDRESS)

    assert platform.roll.counts("essai").reissued == 0


# By command, with a real relay


def message_to(directory: Path, address: str) -> str:
    (found,) = directory.glob(f"{address}*.eml")
    mail = message_from_bytes(found.read_bytes(), policy=policy.default)
    body = mail.get_body(("plain",))
    assert body is not None
    return f"{mail['Subject']}\n{body.get_content()}"


def test_the_new_link_is_sent_and_its_count_written_down(
    store: Callable[[str], Database], tmp_path: Path
) -> None:
    address = "agent7@lot.exemple.gouv.fr"
    with shell(store, tmp_path) as run, MailSink(tmp_path / "mail") as sink:
        open_to(run, tmp_path, 30)
        run.environment["SMTP_URL"] = sink.url
        words = ("--campaign", "essai", "--address")

        said = run("invitations", "reissue", *words, address.upper())

        assert "nombre publié : 1" in said.replace("\u00a0", " ")
        assert "une fois" in run("invitations", "reissue", *words, address, code=1)
        assert address not in "".join(entry.detail for entry in run.app().parts[Journal].entries())
        sent = message_to(tmp_path / "mail", address)
        assert sent.startswith("Votre nouveau lien")
        assert "n’est plus valable" in sent
        code = normalise(sent.partition("#")[2].split()[0])
        assert run.app().parts[Roll].look(code).audience == "agents"
        run("invitations", "send", "essai")
        assert len(list((tmp_path / "mail").iterdir())) == 30  # and no second one to this person


def test_a_new_link_that_could_not_leave_waits_with_its_batch(
    store: Callable[[str], Database], tmp_path: Path
) -> None:
    with shell(store, tmp_path) as run, MailSink(tmp_path / "mail") as sink:
        open_to(run, tmp_path, 30)
        run.environment["SMTP_URL"] = sink.url
        run("invitations", "send", "essai")
        run.environment["SMTP_URL"] = "smtp://127.0.0.1:9"
        words = ("--campaign", "essai", "--address", "agent7@lot.exemple.gouv.fr")

        said = run("invitations", "reissue", *words, code=4)

        assert "non parti" in said
        run.environment["SMTP_URL"] = sink.url
        run("invitations", "send", "essai")
        assert len(list((tmp_path / "mail").iterdir())) == 31


def test_a_campaign_may_replace_no_link(store: Callable[[str], Database], tmp_path: Path) -> None:
    with shell(store, tmp_path) as run:
        open_to(run, tmp_path, 30, "--reissue", "none")
        words = ("--campaign", "essai", "--address", "agent7@lot.exemple.gouv.fr")

        assert "ne sont pas remplacés" in run("invitations", "reissue", *words, code=1)


def test_the_account_is_right_with_a_ballot_from_each_link(
    store: Callable[[str], Database], tmp_path: Path
) -> None:
    with shell(store, tmp_path) as run, MailSink(tmp_path / "mail") as sink:
        open_to(run, tmp_path, 30)
        run.environment["SMTP_URL"] = sink.url
        app = run.app()
        roll, campaign = app.parts[Roll], app.parts[Campaigns].get("essai")
        first = roll.unused_invitation("essai", "agents")
        Visitor(app).open("/q").fill({"code": first.code}).press("Commencer").fill(
            {"fonction": "agent"}
        ).press("suite").press("suite").press("suite").press("Envoyer mes réponses")
        second = roll.reissue(campaign, first.address)
        Visitor(app).open("/q").fill({"code": second.code}).press("Commencer").fill(
            {"fonction": "agent"}
        ).press("suite").press("suite").press("suite").press("Envoyer mes réponses")

        agree(run, "essai", "early-closing", "final-release")
        said = run("campaign", "close", "essai", "--grace", "0")

        assert "Le compte est juste" in run("ballots", "verify", "essai"), said
