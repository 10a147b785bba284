"""Sending to a real SMTP server that accepts, refuses, postpones, hangs up or is not there."""

from __future__ import annotations

import asyncio
import secrets
import socket
import ssl
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from conftest import Clock
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from consultation.blind import PublicKey
from consultation.config import Settings, Smtp
from consultation.database import Database
from consultation.office.campaigns import Campaign
from consultation.questionnaire.model import Questionnaire, Text
from consultation.roll.batches import parse
from consultation.roll.codes import normalise
from consultation.roll.keys import RollKeys
from consultation.roll.relay import Mailer
from consultation.roll.sending import LOST_IN_A_ROW, PASSES, Delivered, Manner, Progress, deliver
from consultation.roll.store import Roll

pytestmark = pytest.mark.enable_socket

SLUG = "juin-2024"
HANG_UP, HANG_UP_AFTER_TEXT = "hang up", "hang up after the text"


class Relay:
    """Answers each recipient what the test decided, once each, then accepts."""

    def __init__(self) -> None:
        self.answers: dict[str, list[str]] = defaultdict(list)
        self.sender_answers: list[str] = []
        self.received: list[tuple[str, bytes]] = []
        self.connections = 0
        self.hangs_up_on_reset = False
        self.silent_for = ""  # one address, once

    async def handle_RSET(  # noqa: N802 - the names aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.hangs_up_on_reset:
            server.transport.abort()
        return "250 OK"

    async def handle_EHLO(  # noqa: N802 - the names aiosmtpd calls
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        answer = self.sender_answers.pop(0) if self.sender_answers else "250 OK"
        if answer.startswith("250"):
            envelope.mail_from = address
        return answer

    async def handle_RCPT(  # noqa: N802
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        if address == self.silent_for:
            self.silent_for = ""
            await asyncio.sleep(1)
        planned = self.answers[address]
        if planned and planned[0] != HANG_UP_AFTER_TEXT:
            answer = planned.pop(0)
            if answer == HANG_UP:
                server.transport.abort()
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        address = envelope.rcpt_tos[0]
        content = envelope.content
        assert isinstance(content, bytes)
        self.received.append((address, content))
        if self.answers[address] == [HANG_UP_AFTER_TEXT]:
            self.answers[address].clear()
            server.transport.abort()
        return "250 OK"

    @property
    def addresses(self) -> list[str]:
        return [address for address, _ in self.received]


@pytest.fixture
def relay() -> Relay:
    return Relay()


@contextmanager
def listening(relay: Relay, tls: ssl.SSLContext | None = None, **options: object) -> Iterator[Smtp]:
    """A real server on a free port while the block lasts."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def listen() -> asyncio.Server:
        return await loop.create_server(
            lambda: SMTP(relay, hostname="localhost", loop=loop, **options),
            "127.0.0.1",
            0,
            ssl=tls,
        )

    async def close() -> None:
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result()
    try:
        yield Smtp(host="127.0.0.1", port=server.sockets[0].getsockname()[1])
    finally:
        asyncio.run_coroutine_threadsafe(close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture
def smtp(relay: Relay) -> Iterator[Smtp]:
    with listening(relay) as smtp:
        yield smtp


@pytest.fixture
def roll(roll_database: Database, keys_directory: Path, clock: Clock) -> Roll:
    folder = keys_directory / "roll" / SLUG
    folder.mkdir(parents=True)
    for name in ("invite.key", "nojs.key"):
        (folder / name).write_bytes(secrets.token_bytes(32))
    return Roll(roll_database, RollKeys(keys_directory), clock)


@pytest.fixture
def campaign(clock: Clock) -> Campaign:
    return Campaign(
        slug=SLUG,
        urn=bytes(16),
        title="Votre avis",
        questionnaire=Questionnaire(
            id="q", version=1, lang="fr", title=Text((("fr", "Q"),)), pages=(), audiences=()
        ),
        digest="",
        state="open",
        opens=clock.now,
        closes=clock.now + timedelta(days=18),
        grace_until=None,
        pool=50,
        export_key=bytes(32),
        keys={"agents": PublicKey(n=2**1023 + 1, e=65537)},
    )


@pytest.fixture
def settings(smtp: Smtp, keys_directory: Path) -> Settings:
    return Settings(
        secret_key="k" * 48,
        roll_url="",
        box_url="",
        office_url="",
        keys=keys_directory,
        public_url="https://consultation.exemple.fr",
        smtp=smtp,
        mail_from="consultation@exemple.fr",
        mail_reply_to="aide@exemple.fr",
        mail_rate=1000,
    )


class Sender:
    """Sends a batch without really waiting, and remembers the pauses asked for."""

    def __init__(self, roll: Roll, campaign: Campaign, settings: Settings) -> None:
        self.roll = roll
        self.campaign = campaign
        self.settings = settings
        self.pauses: list[float] = []
        self.steps: list[Progress] = []

    def send(self, batch_id: bytes) -> Delivered:
        with Mailer(self.settings.smtp, timeout=5) as mailer:
            manner = Manner.alone(
                self.settings, progress=self.steps.append, sleep=self.pauses.append
            )
            return deliver(self.roll, mailer, self.campaign, batch_id, self.settings, manner)


@pytest.fixture
def sender(roll: Roll, campaign: Campaign, settings: Settings) -> Sender:
    return Sender(roll, campaign, settings)


def invite(roll: Roll, *addresses: str) -> bytes:
    parsed = parse("\n".join(("courriel", *addresses)).encode(), "a.csv")
    batch_id = roll.draft_batch(SLUG, "Ain", "agents", parsed)
    roll.confirm(batch_id)
    return batch_id


def people(count: int) -> list[str]:
    return [f"agent{n}@ain.gouv.fr" for n in range(count)]


def long_pauses(sender: Sender) -> list[float]:
    return [pause for pause in sender.pauses if pause >= 0.5]


def test_everyone_receives_one_message_with_a_code_that_works(
    roll: Roll, relay: Relay, sender: Sender
) -> None:
    batch_id = invite(roll, *people(12))

    done = sender.send(batch_id)

    assert done == Delivered(sent=12, refused=0, uncertain=0, waiting=0)
    assert sorted(relay.addresses) == sorted(people(12))
    assert relay.connections == 1
    assert roll.batch(batch_id).state == "done"
    assert sender.steps[-1].done == sender.steps[-1].total == 12
    for address, content in relay.received:
        mail = message_from_bytes(content, _class=EmailMessage)
        assert mail["To"] == address
        text = mail.get_payload(0).get_payload(decode=True).decode()
        code = next(line for line in text.splitlines() if normalise(line) and "#" not in line)
        assert roll.look(code).campaign == SLUG


def test_messages_do_not_leave_in_the_order_of_the_file(
    roll: Roll, relay: Relay, sender: Sender
) -> None:
    sender.send(invite(roll, *people(30)))

    assert relay.addresses != people(30)


def test_sending_a_finished_batch_again_sends_nothing(
    roll: Roll, relay: Relay, sender: Sender
) -> None:
    batch_id = invite(roll, *people(3))
    sender.send(batch_id)

    again = sender.send(batch_id)

    assert len(relay.received) == 3
    assert again.sent == 0
    assert "terminé" in again.stopped


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ("550 5.1.1 Unknown user", "adresse inconnue du destinataire"),
        ("550 No such user here", "adresse inconnue du destinataire"),
        ("552 5.2.2 Mailbox full", "boîte pleine"),
        ("554 5.7.1 Policy", "refusé par les règles"),
        ("501 5.5.4 Syntax", "message refusé"),
    ],
)
def test_a_refused_address_is_listed_in_words_and_the_others_are_sent(
    roll: Roll, relay: Relay, sender: Sender, answer: str, word: str
) -> None:
    batch_id = invite(roll, *people(3))
    relay.answers["agent1@ain.gouv.fr"] = [answer]

    done = sender.send(batch_id)

    assert (done.sent, done.refused, done.stopped) == (2, 1, "")
    (line,) = roll.undelivered(batch_id)
    assert (line.address, line.delivery) == ("agent1@ain.gouv.fr", "refused")
    assert word in line.reason
    assert answer[:3] in line.reason


def test_a_postponed_message_is_tried_again_after_the_others(
    roll: Roll, relay: Relay, sender: Sender
) -> None:
    batch_id = invite(roll, *people(4))
    relay.answers["agent2@ain.gouv.fr"] = ["450 4.2.0 Greylisted", "451 4.3.0 Again"]

    done = sender.send(batch_id)

    assert done == Delivered(sent=4, refused=0, uncertain=0, waiting=0)
    assert relay.addresses[-1] == "agent2@ain.gouv.fr"
    assert long_pauses(sender) == [15, 30]


def test_a_message_postponed_too_often_waits_for_another_day(
    roll: Roll, relay: Relay, sender: Sender
) -> None:
    batch_id = invite(roll, *people(2))
    relay.answers["agent1@ain.gouv.fr"] = ["450 4.2.0 Greylisted"] * PASSES

    done = sender.send(batch_id)

    assert (done.sent, done.waiting) == (1, 1)
    assert "différés" in done.stopped
    assert roll.batch(batch_id).state == "confirmed"
    assert sender.send(batch_id).sent == 1


@pytest.mark.parametrize("answer", ["421 4.7.0 Too many", HANG_UP])
def test_a_relay_that_breaks_off_is_given_longer_and_longer_pauses(
    roll: Roll, relay: Relay, sender: Sender, answer: str
) -> None:
    batch_id = invite(roll, *people(5))
    relay.answers["agent3@ain.gouv.fr"] = [answer] * 3

    done = sender.send(batch_id)

    assert done == Delivered(sent=5, refused=0, uncertain=0, waiting=0)
    assert sorted(relay.addresses) == sorted(people(5))
    assert long_pauses(sender) == [1, 2, 4]
    assert relay.connections >= 4


def test_patience_ends_and_nothing_is_lost(roll: Roll, relay: Relay, sender: Sender) -> None:
    batch_id = invite(roll, *people(5))
    relay.answers["agent3@ain.gouv.fr"] = ["421 4.7.0 Too many"] * LOST_IN_A_ROW

    done = sender.send(batch_id)

    assert "Rien n’est perdu" in done.stopped
    assert done.sent + done.waiting == 5
    assert len(long_pauses(sender)) == LOST_IN_A_ROW - 1
    assert sender.send(batch_id).waiting == 0
    assert sorted(relay.addresses) == sorted(people(5))


def test_a_line_cut_after_the_text_leaves_the_message_uncertain(
    roll: Roll, relay: Relay, sender: Sender
) -> None:
    batch_id = invite(roll, *people(3))
    relay.answers["agent0@ain.gouv.fr"] = [HANG_UP_AFTER_TEXT]

    done = sender.send(batch_id)

    assert (done.sent, done.uncertain) == (2, 1)
    assert relay.addresses.count("agent0@ain.gouv.fr") == 1
    (line,) = roll.undelivered(batch_id)
    assert line.delivery == "uncertain"
    assert roll.batch(batch_id).state == "done"


def test_a_relay_that_says_nothing_more_is_left_and_nothing_is_lost(
    roll: Roll, relay: Relay, sender: Sender
) -> None:
    batch_id = invite(roll, *people(3))
    relay.silent_for = "agent1@ain.gouv.fr"

    with Mailer(sender.settings.smtp, timeout=0.2) as mailer:
        manner = Manner.alone(sender.settings, sleep=sender.pauses.append)
        done = deliver(roll, mailer, sender.campaign, batch_id, sender.settings, manner)

    assert (done.sent, done.waiting) == (3, 0)
    assert sorted(relay.addresses) == sorted(people(3))
    assert long_pauses(sender) == [1]


def test_a_relay_that_is_not_there_is_said_at_once(roll: Roll, sender: Sender) -> None:
    batch_id = invite(roll, *people(3))
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        nobody = replace(sender.settings, smtp=Smtp(host="127.0.0.1", port=port))

        done = Sender(roll, sender.campaign, nobody).send(batch_id)

    assert f"127.0.0.1:{port} est injoignable (il refuse la connexion)" in done.stopped
    assert "Rien n’est perdu" in done.stopped
    assert (done.sent, done.waiting) == (0, 3)
    assert sender.send(batch_id).sent == 3


def test_a_relay_whose_name_is_wrong_is_said_at_once(roll: Roll, sender: Sender) -> None:
    batch_id = invite(roll, *people(1))
    lost = replace(sender.settings, smtp=Smtp(host="relais.invalid", port=25))

    done = Sender(roll, sender.campaign, lost).send(batch_id)

    assert "relais.invalid" in done.stopped
    assert done.waiting == 1


def test_a_refused_sender_stops_all_and_blames_no_address(
    roll: Roll, relay: Relay, sender: Sender
) -> None:
    batch_id = invite(roll, *people(3))
    relay.sender_answers = ["550 5.7.1 Sender rejected"]

    done = sender.send(batch_id)

    assert "adresse d’envoi refusée" in done.stopped
    assert (done.refused, done.waiting) == (0, 3)


def test_many_refusals_stop_the_sending(roll: Roll, relay: Relay, sender: Sender) -> None:
    batch_id = invite(roll, *people(40))
    for address in people(40):
        relay.answers[address] = ["554 5.7.1 Spam"]

    done = sender.send(batch_id)

    assert done.refused == 10
    assert done.waiting == 30
    assert "trop de refus" in done.stopped


def test_an_interruption_loses_and_doubles_nothing(
    roll: Roll, relay: Relay, campaign: Campaign, settings: Settings, sender: Sender
) -> None:
    batch_id = invite(roll, *people(8))

    def interrupt(progress: Progress) -> None:
        if progress.sent == 3:
            raise KeyboardInterrupt

    manner = Manner.alone(settings, progress=interrupt)
    with Mailer(settings.smtp) as mailer, pytest.raises(KeyboardInterrupt):
        deliver(roll, mailer, campaign, batch_id, settings, manner)

    done = sender.send(batch_id)

    assert (done.sent, done.uncertain) == (5, 0)
    assert sorted(relay.addresses) == sorted(people(8))


def test_a_crash_in_the_middle_of_a_message_is_told_and_not_repeated(
    roll: Roll, relay: Relay, sender: Sender
) -> None:
    batch_id = invite(roll, *people(4))
    roll.start_sending(batch_id)
    crashed = roll.claim_next(batch_id)
    assert crashed is not None

    done = sender.send(batch_id)

    assert done.sent == 3
    assert crashed.address not in relay.addresses
    assert roll.counts(SLUG).uncertain == 1


def test_a_batch_paused_meanwhile_stops_after_the_message_in_progress(
    roll: Roll, relay: Relay, campaign: Campaign, settings: Settings
) -> None:
    batch_id = invite(roll, *people(6))

    def pause(progress: Progress) -> None:
        if progress.sent == 2:
            roll.pause(batch_id)

    with Mailer(settings.smtp) as mailer:
        manner = Manner.alone(settings, progress=pause)
        done = deliver(roll, mailer, campaign, batch_id, settings, manner)

    assert (done.sent, done.waiting) == (2, 4)
    assert roll.batch(batch_id).state == "paused"


def test_the_rate_is_kept(roll: Roll, sender: Sender) -> None:
    batch_id = invite(roll, *people(5))
    with Mailer(sender.settings.smtp) as mailer:
        manner = Manner.alone(sender.settings, rate=2, sleep=sender.pauses.append)
        deliver(roll, mailer, sender.campaign, batch_id, sender.settings, manner)

    assert len(sender.pauses) == 5
    assert sum(sender.pauses[:1]) <= 0.5
    assert sender.pauses[-1] > 1.5  # nobody slept: the delay owed adds up


def test_a_connection_is_renewed_after_a_hundred_messages(
    roll: Roll, relay: Relay, sender: Sender
) -> None:
    sender.send(invite(roll, *people(101)))

    assert relay.connections == 2


def test_wrong_credentials_stop_at_once(roll: Roll, relay: Relay, sender: Sender) -> None:
    def refuse(*_: object) -> AuthResult:
        return AuthResult(success=False, handled=False)

    batch_id = invite(roll, *people(2))
    with listening(relay, authenticator=refuse, auth_require_tls=False) as guarded:
        smtp = replace(guarded, user="qui", password="faux")
        done = Sender(roll, sender.campaign, replace(sender.settings, smtp=smtp)).send(batch_id)

    assert "identifiants refusés" in done.stopped
    assert done.waiting == 2


def test_a_relay_that_greets_with_a_refusal_is_said(roll: Roll, sender: Sender) -> None:
    for greeting, words in ((b"554 no", "connexion refusée"), (b"421 busy", "connexion refusée")):
        batch_id = invite(roll, f"{greeting[:3].decode()}@ain.gouv.fr")
        with greeting_with(greeting) as smtp:
            done = Sender(roll, sender.campaign, replace(sender.settings, smtp=smtp)).send(batch_id)
        assert words in done.stopped
        assert done.waiting == 1


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_a_relay_without_a_certificate_of_trust_gets_no_message(
    roll: Roll, relay: Relay, sender: Sender, tls: str, tmp_path: Path
) -> None:
    batch_id = invite(roll, "a@ain.gouv.fr")
    context = self_signed(tmp_path)
    options = {"tls_context": context} if tls == "starttls" else {}
    with listening(relay, context if tls == "implicit" else None, **options) as smtp:
        settings = replace(sender.settings, smtp=replace(smtp, tls=tls))
        done = Sender(roll, sender.campaign, settings).send(batch_id)

    assert "la connexion chiffrée a échoué" in done.stopped
    assert relay.received == []
    assert done.waiting == 1


def test_a_relay_without_the_encryption_asked_for_gets_no_message(
    roll: Roll, relay: Relay, sender: Sender, smtp: Smtp
) -> None:
    batch_id = invite(roll, "a@ain.gouv.fr")
    settings = replace(sender.settings, smtp=replace(smtp, tls="starttls"))

    done = Sender(roll, sender.campaign, settings).send(batch_id)

    assert "n’offre pas le chiffrement" in done.stopped
    assert relay.received == []


def test_a_relay_that_hangs_up_after_a_refusal_is_called_again(
    roll: Roll, relay: Relay, sender: Sender
) -> None:
    batch_id = invite(roll, *people(3))
    relay.hangs_up_on_reset = True
    for address in people(3):
        relay.answers[address] = ["550 5.1.1 Unknown"]

    done = sender.send(batch_id)

    assert (done.refused, done.stopped) == (3, "")
    assert relay.connections == 3


@contextmanager
def greeting_with(words: bytes) -> Iterator[Smtp]:
    """A relay that says one thing to whoever calls, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            with suppress(OSError):
                while True:
                    caller, _ = server.accept()
                    with caller:
                        caller.sendall(words + b"\r\n")

        thread = threading.Thread(target=greet)
        thread.start()
        yield Smtp(host="127.0.0.1", port=server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def self_signed(directory: Path) -> ssl.SSLContext:
    """The context of a server whose certificate nobody has vouched for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (directory / "relay.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(directory / "relay.pem")
    return context
