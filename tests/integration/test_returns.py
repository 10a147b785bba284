"""What comes back is told apart, wherever it is read, and never dates an answer."""

from __future__ import annotations

import imaplib
import mailbox
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import running
from commands import Shell, invite, lend_keys, questionnaire, shell
from conftest import Clock
from sqlalchemy import select
from visitor import Visitor

from consultation.blind import blind, blinding_factor
from consultation.config import Settings
from consultation.database import Database
from consultation.demo.mail_sink import MailSink
from consultation.roll.codes import normalise, token_hash
from consultation.roll.mail import Writer
from consultation.roll.returns import Returned, Returns, read
from consultation.roll.store import Roll, UnknownCode
from consultation.roll.tables import invitation

RETURNS = "retour@consultation.exemple.fr"
MARK = "0123456789abcdef01234567"
REPORT = """\
From: MAILER-DAEMON@relais.exemple.fr
To: {to}
Subject: Undelivered
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

{words}
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relais.exemple.fr

Final-Recipient: rfc822; a@ain.gouv.fr
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {told}

--b--
"""


def returned_to(mark: str) -> str:
    return RETURNS.replace("@", f"+{mark}@")


def report(mark: str, status: str, told: str = "", action: str = "failed") -> bytes:
    to = returned_to(mark)
    return REPORT.format(to=to, status=status, told=told, action=action, words="x").encode()


@pytest.mark.parametrize(
    ("status", "told", "action", "kind"),
    [
        ("5.1.1", "550 5.1.1 unknown", "failed", "wrong"),
        ("5.1.2", "no such domain", "failed", "wrong"),
        ("5.4.4", "host not found", "failed", "wrong"),
        ("5.2.2", "552 mailbox full", "failed", "full"),
        ("5.7.1", "554 5.7.1 spam", "failed", "policy"),
        ("5.0.0", "550 5.7.26 not signed", "failed", "policy"),
        ("5.0.0", "550 who?", "failed", "wrong"),
        ("4.2.2", "452 full", "failed", "temporary"),
        ("5.4.7", "later", "delayed", "temporary"),
    ],
)
def test_reports_are_told_apart(status: str, told: str, action: str, kind: str) -> None:
    found = read(report(MARK, status, told, action), RETURNS)

    assert (found.kind, found.mark) == (kind, MARK)


def test_a_report_of_no_standard_form_is_understood_by_the_library() -> None:
    mail = (
        f"From: postmaster@ain.gouv.fr\nTo: {returned_to(MARK)}\nSubject: Returned mail\n\n"
        "This Message was undeliverable due to the following reason:\n\n"
        "Your message was not delivered because the return address was refused.\n\n"
        "The return address was '<a@ain.gouv.fr>'\n"
    )

    assert read(mail.encode(), RETURNS).mark == MARK


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\x00",
        b"To: someone@else.fr\n\nbonjour",
        f"To: {returned_to(MARK)}\nAuto-Submitted: auto-replied\n\nAbsent".encode(),
        f"To: {returned_to('0' * 23)}\n\nx".encode(),
    ],
)
def test_what_is_no_report_changes_nothing(content: bytes) -> None:
    assert read(content, RETURNS).kind == "unknown"


def test_a_message_to_the_address_of_stops_is_a_wish() -> None:
    mail = f"To: {returned_to('stop-' + MARK)}\n\n".encode()

    assert read(mail, RETURNS) == Returned(kind="stop", mark=MARK)


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[MailSink]:
    with MailSink(tmp_path / "mail") as sink:
        yield sink


@pytest.fixture
def run(
    store: Callable[[str], Database], tmp_path: Path, clock: Clock, sink: MailSink
) -> Iterator[Shell]:
    """A campaign open to thirty agents, who have all been written to."""
    with shell(store, tmp_path, clock) as made:
        made.environment |= {"SMTP_URL": sink.url, "MAIL_RETURNS": RETURNS}
        lend_keys(tmp_path / "keys", "essai")
        dates = ("--opens", "2024-06-03 09:00", "--closes", "2099-06-28 18:00")
        made("campaign", "create", questionnaire(tmp_path), *dates, "--slug", "essai")
        invite(made, "essai", tmp_path, 30)
        made("campaign", "open", "essai")
        made("invitations", "send", "essai")
        yield made


def marks(tmp_path: Path) -> list[str]:
    """The marks of the invitations, as their messages carry them."""
    texts = (path.read_text() for path in sorted((tmp_path / "mail").glob("*.eml")))
    return [text.split("+stop-")[1].split("@")[0] for text in texts]


def test_files_of_returns_are_read_and_wrong_addresses_listed(run: Shell, tmp_path: Path) -> None:
    one, two, three, four, *_ = marks(tmp_path)
    (tmp_path / "un.eml").write_bytes(report(one, "5.1.1"))
    box = mailbox.mbox(tmp_path / "retours.mbox")
    for content in (report(two, "5.7.1"), report(three, "4.2.1"), b"Subject: bonjour\n\n"):
        box.add(content)
    box.close()
    folder = tmp_path / "dossier"
    folder.mkdir()
    (folder / "stop.eml").write_bytes(f"To: {returned_to('stop-' + four)}\n\n".encode())
    (folder / "faux.eml").write_bytes(report("f" * 24, "5.1.1"))  # forged: nobody's

    said = run("invitations", "returns", tmp_path / "un.eml", tmp_path / "retours.mbox", folder)

    roll: Roll = run.app().extensions["roll"]
    counts = roll.counts("essai")
    assert (counts.bounced, counts.sent, counts.opted_out) == (2, 28, 1)
    assert re.search(r"adresse inconnue +1\n", said)
    assert "messages revenus" in [e.action for e in run.app().extensions["journal"].entries()]
    assert re.search(r"message non reconnu +1\n", said)
    (batch,) = roll.batches("essai")
    assert {line.delivery for line in roll.undelivered(batch.id)} == {"bounced"}
    assert "5.1.1" in " ".join(line.reason for line in roll.undelivered(batch.id))


@contextmanager
def imap() -> Iterator[str]:
    """A real mailbox server while the block lasts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ("--host", "127.0.0.1", "--port", str(port), "--no-tls", "dict")
    user = ("--demo-user", "retour", "--demo-password", "mot de passe", "--demo-data")
    server = subprocess.Popen(
        [Path(sys.executable).with_name("pymap"), *words, *user], stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(200):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.1):
                break
            time.sleep(0.05)
        yield f"imap://retour:mot%20de%20passe@127.0.0.1:{port}/INBOX"
    finally:
        server.terminate()
        server.wait()


def test_the_mailbox_is_read_by_the_worker_and_what_is_understood_leaves_it(
    run: Shell, tmp_path: Path
) -> None:
    one, two, *_ = marks(tmp_path)
    with imap() as url:
        run.environment["RETURNS_URL"] = url
        port = int(url.rpartition(":")[2].partition("/")[0])
        with imaplib.IMAP4("127.0.0.1", port) as client:
            client.login("retour", "mot de passe")
            for content in (report(one, "5.1.1"), report(two, "5.2.2"), b"Subject: x\r\n\r\n"):
                client.append("INBOX", "", "", content.replace(b"\n", b"\r\n"))
            client.select("INBOX")
            before = len(client.search(None, "ALL")[1][0].split())

            run("worker", "--once")

            client.noop()
            after = len(client.search(None, "ALL")[1][0].split())
        run("worker", "--once")

    assert before - after == 2
    assert run.app().extensions["roll"].counts("essai").bounced == 2


def test_a_mailbox_that_is_away_is_asked_again_later(run: Shell) -> None:
    run.environment["RETURNS_URL"] = "imap://a:b@127.0.0.1:1/INBOX"

    assert "tâches échouées" in run("worker", "--once", code=4)


def test_without_an_address_of_returns_the_command_says_what_is_missing(run: Shell) -> None:
    assert "RETURNS_URL" in run("invitations", "returns", code=1)
    run.environment["MAIL_RETURNS"] = ""
    assert "MAIL_RETURNS" in run("invitations", "returns", code=1)


@pytest.fixture
def platform(
    store: Callable[[str], Database], clock: Clock, keys_directory: Path
) -> running.Running:
    keys = running.roll_keys(keys_directory)
    made = running.run(store, keys, clock, keys_directory)
    made.app.extensions["returns"] = Returns(made.roll_store, keys)
    return made


def test_correcting_an_address_never_tells_whether_its_code_was_used(
    platform: running.Running, keys_directory: Path
) -> None:
    roll, returns = platform.roll, platform.app.extensions["returns"]
    used, unused, _ = platform.codes["agents"]
    public = platform.campaign.keys["agents"]
    r = blinding_factor(public, secrets.token_bytes(32))
    hidden, _ = blind(public, secrets.token_bytes(64), salt=secrets.token_bytes(48), r=r)
    roll.issue(platform.campaign, "agents", used, hidden)
    (batch,) = [one for one in roll.batches("essai") if one.audience == "agents"]
    for code in (used, unused):
        roll.mark_refused(_id(platform, code), "revenu")

    for number, code in enumerate((used, unused)):
        returns.correct(batch.id, platform.addresses[code], f"juste{number}@exemple.gouv.fr")

    assert roll.batch(batch.id).counts.waiting == 2  # the same for both
    assert roll.counts("essai").issued == 1  # and nobody may answer twice
    assert roll.look(used).issued


def _id(platform: running.Running, code: str) -> bytes:
    hashed = token_hash(normalise(code) or "")
    asked = select(invitation.c.id).where(invitation.c.token_hash == hashed)
    with platform.roll_store.read() as connection:
        return bytes(connection.execute(asked).scalar_one())


def test_nobody_is_reminded_who_asked_not_to_be(platform: running.Running) -> None:
    code, *_ = platform.codes["agents"]
    visitor = Visitor(platform.app)

    visitor.open("/guichet/rappels")
    assert platform.roll.counts("essai").opted_out == 0
    visitor.fill({"code": code}).press("Enregistrer ce choix", 422)
    visitor.open("/guichet/rappels").fill({"choix": "non"}).press("Enregistrer ce choix", 422)
    assert platform.roll.counts("essai").opted_out == 0
    visitor.open("/guichet/rappels").fill({"code": code, "choix": "non"})
    visitor.press("Enregistrer ce choix")

    assert "C’est noté" in visitor.body
    assert platform.roll.counts("essai").opted_out == 1
    visitor.open("/guichet/rappels").fill({"code": "0" * 26, "choix": "non"})
    visitor.press("Enregistrer ce choix", UnknownCode.status)


def test_a_message_comes_back_to_an_address_that_names_it_to_us_alone(
    platform: running.Running, keys_directory: Path
) -> None:
    settings = Settings(
        secret_key="k" * 48,
        roll_url="",
        box_url="",
        office_url="",
        keys=keys_directory,
        public_url="https://consultation.exemple.fr",
        mail_from="consultation@exemple.fr",
        mail_returns=RETURNS,
    )
    outgoing = platform.roll.unused_invitation("essai", "agents")
    assert outgoing is not None

    letter = Writer(platform.campaign, settings).letter(outgoing, platform.roll.now())

    assert letter.sender == returned_to(outgoing.returns)
    assert outgoing.returns not in (outgoing.code.lower(), outgoing.id.hex())
    assert f"<mailto:{returned_to('stop-' + outgoing.returns)}>".encode() in letter.content
    assert outgoing.code.encode() not in letter.content.split(b"\r\n\r\n")[0]
