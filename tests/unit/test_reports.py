"""What servers and people send back says one thing to HR, whatever its form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports import EXPECTED, FOLDER, MARK, RETURNS

from consultation.roll.reports import KIND_WORDS, TO_READ, UNDELIVERED, Kind, read


@pytest.mark.parametrize(("name", "kind", "words"), EXPECTED)
def test_a_report_says_what_happened(name: str, kind: Kind, words: str) -> None:
    found = read((FOLDER / f"{name}.txt").read_bytes(), RETURNS)

    assert found.kind == kind
    assert KIND_WORDS[found.kind] == words
    assert found.reason.startswith(words) or kind in ("stop", "unknown")
    assert found.mark == ("" if kind == "unknown" else MARK)


def test_every_report_of_the_folder_is_in_the_table() -> None:
    assert sorted(name for name, *_ in EXPECTED) == sorted(
        path.stem for path in FOLDER.glob("*.txt")
    )


def test_every_kind_is_undelivered_or_read_by_people_or_without_consequence() -> None:
    assert {*UNDELIVERED, *TO_READ, "temporary", "receipt", "stop"} == set(KIND_WORDS)


@pytest.mark.parametrize("name", [name for name, kind, _ in EXPECTED if kind in UNDELIVERED])
def test_what_is_undelivered_says_what_to_do(name: str) -> None:
    reason = read((FOLDER / f"{name}.txt").read_bytes(), RETURNS).reason

    assert reason.endswith(".")
    assert len(reason) <= 300  # what the roll keeps


CODES = [
    ("failed", "5.1.1", "550 5.1.1 unknown", "wrong"),
    ("failed", "5.1.2", "no such domain", "wrong"),
    ("failed", "5.4.4", "host not found", "wrong"),
    ("failed", "5.2.2", "552 mailbox full", "full"),
    ("failed", "5.7.1", "554 5.7.1 spam", "policy"),
    ("failed", "5.0.0", "550 5.7.26 not signed", "policy"),
    ("failed", "5.0.0", "550 who?", "wrong"),
    ("failed", "5.0.0", "Mailbox quota exceeded", "full"),
    ("failed", "5.0.0", "La boîte aux lettres est pleine", "full"),
    ("failed", "5.0.0", "", "failed"),
    ("failed", "5.0.0", "554 rejected", "failed"),
    ("failed", "5.1.8", "sender's domain", "policy"),
    ("failed", "5.3.4", "", "large"),
    ("failed", "5.2.3", "", "large"),
    ("failed", "5.4.6", "", "loop"),
    ("failed", "4.4.1", "", "unreachable"),
    ("failed", "4.4.7", "", "unreachable"),
    ("failed", "4.2.2", "452 full", "full"),
    ("failed", "4.7.1", "450 4.7.1 greylisted", "policy"),
    ("failed", "5.7.0", "550 5.7.0 sending quota exceeded for your IP", "policy"),
    ("failed", "4.7.0", "421 4.7.0 sending quota exceeded", "policy"),
    ("failed", "5.7.0", "550 5.7.0 quota exceeded", "policy"),
    ("failed", "5.0.0", "550 Sending quota exceeded", "policy"),
    ("failed", "5.0.0", "550 5.7.0 too many messages", "policy"),
    ("failed", "4.3.2", "421 4.3.2 Too many connections", "policy"),
    ("failed", "5.4.5", "550 5.4.5 Daily user sending quota exceeded", "policy"),
    ("failed", "5.2.2", "554 5.2.2 Submission quota exceeded", "policy"),
    ("failed", "5.1.90", "550 5.1.90 daily limit for message recipients", "policy"),
    ("failed", "4.2.1", "450 4.2.1 The user is receiving mail too quickly", "policy"),
    ("failed", "4.0.0", "421 Trop de connexions, slow down", "policy"),
    ("failed", "5.0.0", "550 Sender verify failed", "policy"),
    ("failed", "5.1.0", "550 5.1.0 Sender rejected", "policy"),
    ("failed", "5.0.0", "550 Administrative prohibition", "policy"),
    ("failed", "5.0.0", "552 Mailbox full: too many messages", "full"),
    ("failed", "5.7.1", "552 5.7.1 Mailbox is full", "full"),
    ("failed", "5.7.0", "550 5.7.0 Recipient is over quota", "full"),
    ("failed", "5.7.0", "552 5.7.0 Message too large", "large"),
    ("failed", "5.6.0", "550 5.6.0 bad content", "policy"),
    ("failed", "5.0.0", "550 5.6.0 bad content", "policy"),
    ("failed", "5.6.0", "554 5.6.0 Message contains an unknown header", "policy"),
    ("failed", "5.0.0", "550 Too many messages (quota of your IP)", "policy"),
    ("failed", "5.7.1", "550 5.7.1 Recipient address does not exist", "wrong"),
    ("failed", "5.6.1", "550 5.6.1 media not supported", "policy"),
    ("failed", "5.0.0", "550 Message content rejected", "policy"),
    ("failed", "5.3.0", "550 5.3.0 rejected", "failed"),
    ("failed", "5.5.0", "550 5.5.0 refused", "failed"),
    ("failed", "5.7.1", "550 5.7.1 User unknown", "wrong"),
    ("failed", "5.7.0", "550 5.7.0 No such user", "wrong"),
    ("failed", "5.7.1", "550 5.7.1 Destinataire inconnu", "wrong"),
    ("failed", "5.7.1", "550 5.7.1 Client host rejected: unknown", "policy"),
    ("failed", "5.7.1", "550 5.7.1 Too many unknown users", "policy"),
    ("failed (no retry)", "5.1.1", "", "wrong"),
    ("error", "5.1.1", "", "wrong"),
    ("delayed", "4.4.1", "", "temporary"),
    ("delayed", "5.4.7", "later", "temporary"),
    ("delayed", "4.4.7", "", "unreachable"),
    ("delivered", "2.1.5", "", "receipt"),
    ("relayed", "2.0.0", "", "receipt"),
    ("expanded", "2.0.0", "", "receipt"),
    ("", "5.1.1", "", "wrong"),
    ("", "4.4.1", "", "temporary"),
]


@pytest.mark.parametrize(
    ("form", "kind_of_address"),
    [
        ("delivery-status", "rfc822"),
        ("delivery-status", "utf-8"),
        ("global-delivery-status", "utf-8"),
    ],
)
@pytest.mark.parametrize(("action", "status", "told", "kind"), CODES)
def test_action_and_status_are_read_together(
    form: str, kind_of_address: str, action: str, status: str, told: str, kind: str
) -> None:
    mail = f"""\
From: MAILER-DAEMON@relais.exemple.fr
To: retour+{MARK}@consultation.exemple.fr
Content-Type: multipart/report; boundary="b"

--b
Content-Type: message/{form}

Reporting-MTA: dns; relais.exemple.fr

Final-Recipient: {kind_of_address}; andré@ain.exemple.fr
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {told}

--b--
"""

    assert read(mail.encode(), RETURNS).kind == kind


@pytest.mark.parametrize(
    "more",
    [
        "Will-Retry-Until: Sun, 29 Nov 2026 09:00:00 +0100",
        "Diagnostic-Code: smtp;400 4.4.7 Message delayed",
    ],
)
def test_a_server_that_says_that_it_will_try_again_has_not_given_up(more: str) -> None:
    content = (FOLDER / "opensmtpd-unreachable.txt").read_text()
    again = content.replace("Status: 4.4.7\n", f"Status: 4.4.7\n{more}\n")

    assert read(content.encode(), RETURNS).kind == "unreachable"
    assert read(again.encode(), RETURNS).kind == "temporary"


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Delayed Mail (still being retried)", ""),
        ("Retard", "YOU DO NOT NEED TO RESEND YOUR MESSAGE."),
        ("Retard", "THIS IS A WARNING MESSAGE ONLY."),
        ("Retard", "YOU DO NOT NEED TO\nRESEND YOUR MESSAGE."),
        ("Retard", "Delivery attempts will continue."),
        ("Retard", "Il n’est pas nécessaire de renvoyer votre message."),
        ("Retard", "Ceci est un simple avertissement."),
    ],
)
def test_a_server_that_warns_in_words_has_not_given_up(subject: str, text: str) -> None:
    content = (FOLDER / "opensmtpd-unreachable.txt").read_text()
    warned = (
        content.replace("Delivery status notification: delayed", subject)
        .replace("    Hi!\n", f"{text}\n")
        .replace("us-ascii", "utf-8")
    )

    assert read(warned.encode(), RETURNS).kind == "temporary"


def test_an_address_made_of_the_words_of_servers_says_nothing() -> None:
    content = (FOLDER / "exim-unknown-bare.txt").read_text()
    renamed = content.replace("agent@prefecture", "quota.full+spam@politique")

    assert read(renamed.encode(), RETURNS).kind == "wrong"


@given(st.data())
def test_whatever_is_sent_is_read(data: st.DataObject) -> None:
    content = bytearray((FOLDER / f"{data.draw(st.sampled_from(EXPECTED))[0]}.txt").read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(content)))
        content[place : place + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=20))

    assert read(bytes(content), RETURNS).kind in KIND_WORDS


HEADERS = ["To", "From", "Subject", "Content-Type", "Auto-Submitted", "Status", "Action"]


@given(st.sampled_from(HEADERS), st.text(max_size=60), st.sampled_from(["utf-8", "latin-1"]))
def test_whatever_a_header_holds_is_read(name: str, value: str, encoding: str) -> None:
    head = f"To: retour+{MARK}@consultation.exemple.fr\n{name}: {value}\n\nbonjour"

    assert read(head.encode(encoding, "replace"), RETURNS).kind in KIND_WORDS


@pytest.mark.long
def test_parts_within_parts_are_a_message_for_people() -> None:
    parts = "".join(
        f'Content-Type: multipart/mixed; boundary="b{depth}"\n\n--b{depth}\n'
        for depth in range(1200)
    )
    mail = f"To: retour+{MARK}@consultation.exemple.fr\n{parts}"

    assert read(mail.encode(), RETURNS).kind in TO_READ


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("=?utf-8?q?" * 20_000, "x"),
        ("x", "\n" * 500_000),
        ("x", "\n >" * 200_000),
        ("x", "user account boîte " * 20_000),
        ("x", "450 x\n" * 100_000),
        ("x", "<" * 500_000),
    ],
)
def test_a_long_message_is_read_as_soon_as_a_short_one(subject: str, text: str) -> None:
    """In less than the time a test may take, where the square of its length would not do."""
    for form in ("plain", "html"):
        head = f"From: MAILER-DAEMON@x\nTo: retour+{MARK}@consultation.exemple.fr\n"
        mail = f"{head}Subject: failure {subject}\nContent-Type: text/{form}\n\n{text}"

        assert read(mail.encode(), RETURNS).mark == MARK
