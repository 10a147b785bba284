"""Names that people give to batches and consultations arrive as they were typed, and only there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from pathlib import Path

import pytest
from commands import Shell, invite, lend_keys, questionnaire, shell
from conftest import Clock
from small import DEFINITION

from consultation import days
from consultation.database import Database
from consultation.demo.mail_sink import MailSink
from consultation.formatting import one_line
from consultation.office.sendings import Sendings
from consultation.office.store import Campaigns
from consultation.roll.batches import parse
from consultation.roll.store import Roll

SLUG = "essai"
ENCODED = "Ain =?utf-8?q?=0ABcc:_x@exemple.fr=0A=0A=3Chtml=3E?= et =?utf-8?b?w6k=?="
NAMES = (
    ENCODED,
    "Ain\r\nBcc: x@exemple.fr\r\n\r\n<html>",
    "Ain\u2028Reply-To: x@exemple.fr",
    "«\u00a0Préfecture de l’Ain\u00a0» =?",
    "Direction départementale de l’emploi, du travail et des solidarités du Finistère",
)
HEADERS = {
    *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"),
    *("Content-Type", "Content-Transfer-Encoding", "MIME-Version"),
}
INVITED = HEADERS - {"Content-Transfer-Encoding"} | {
    *("Reply-To", "X-Auto-Response-Suppress", "Precedence", "List-Unsubscribe"),
}


@pytest.fixture
def run(store: Callable[[str], Database], tmp_path: Path, clock: Clock) -> Iterator[Shell]:
    with shell(store, tmp_path, clock) as made, MailSink(tmp_path / "mail") as sink:
        made.environment["SMTP_URL"] = sink.url
        made.environment["ORGANISATION"] = f"Ministère {ENCODED}"
        lend_keys(tmp_path / "keys", SLUG)
        yield made


def create(run: Shell, directory: Path, title: str) -> None:
    """A consultation of this title, as the file of its author says it."""
    path = questionnaire(directory)
    assert '"Essai de consultation"' in DEFINITION
    path.write_text(DEFINITION.replace("Essai de consultation", title), "utf-8")
    dates = ("--opens", "2024-06-03 09:00", "--closes", "2099-06-28 18:00")
    run("campaign", "create", path, *dates, "--slug", SLUG)


def received(directory: Path, address: str) -> list[EmailMessage]:
    """What came to this address; both readers of the standard library see the same headers."""
    found = []
    for path in (directory / "mail").glob(f"{address}*"):
        written = path.read_bytes()
        newer = message_from_bytes(written, _class=EmailMessage, policy=policy.default)
        older = message_from_bytes(written)
        unfolded = re.sub(r"\r?\n(?=[ \t])", "", older["Subject"])
        assert str(make_header(decode_header(unfolded))) == newer["Subject"]
        assert sorted(older.keys()) == sorted(newer.keys())
        found.append(newer)
    return found


def test_the_name_of_a_batch_is_the_subject_of_its_summary(run: Shell, tmp_path: Path) -> None:
    create(run, tmp_path, ENCODED)
    parts = run.app().parts
    for number, name in enumerate(NAMES):
        parsed = parse(f"courriel\na{number}@ain.gouv.fr\n".encode())
        batch = parts[Roll].draft_batch(SLUG, name, "agents", parsed, contact="rh@ain.gouv.fr")
        parts[Roll].confirm(batch)
        parts[Sendings].plan(batch, SLUG, "", parts[days.Clock]())
    parts[Campaigns].open(SLUG)

    run("worker", "--once")

    mails = received(tmp_path, "rh@ain")
    subjects = {mail["Subject"] for mail in mails}
    assert subjects == {f"Lot {one_line(name)}\u00a0: envoi terminé" for name in NAMES}
    for mail in mails:
        assert set(mail.keys()) == HEADERS
        assert len(mail.keys()) == len(HEADERS)
        (sender,) = mail["From"].addresses
        assert sender.addr_spec == "consultation@exemple.gouv.fr"
        name = mail["Subject"].removeprefix("Lot ").removesuffix("\u00a0: envoi terminé")
        first = mail.get_content().split("\n")[2].strip()
        assert f"Lot «\u00a0{name}\u00a0»" in first
        assert ENCODED in first


def test_the_title_of_a_consultation_is_the_subject_of_its_invitations(
    run: Shell, tmp_path: Path
) -> None:
    create(run, tmp_path, ENCODED)
    invite(run, SLUG, tmp_path, 30)
    run("campaign", "open", SLUG)

    run("invitations", "send", SLUG)

    mails = received(tmp_path, "agent")
    assert len(mails) == 30
    for mail in mails:
        assert mail["Subject"] == f"{ENCODED} (jusqu’au 28 juin)"
        assert set(mail.keys()) == INVITED
        assert len(mail.keys()) == len(INVITED)
        assert f"consultation\u00a0: {ENCODED}." in mail.get_body(("plain",)).get_content()
