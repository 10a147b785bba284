"""Sending to a real SMTP server that accepts, refuses, postpones, hangs up or is not there."""

from __future__ import annotations

import secrets
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from typing import get_args

import hypothesis
import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from conftest import Clock
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from relaying import HANG_UP, HANG_UP_AFTER_TEXT, Relay, listening

from consultation.blind import PublicKey
from consultation.config import Settings, Smtp
from consultation.database import Database
from consultation.office.campaigns import Campaign
from consultation.questionnaire.elements import Text
from consultation.questionnaire.model import Questionnaire
from consultation.questionnaire.rules import Rulebook
from consultation.roll.batches import parse
from consultation.roll.codes import normalise
from consultation.roll.keys import RollKeys
from consultation.roll.relay import End, Letter, Mailer, Outcome
from consultation.roll.sending import PASSES, Delivered, Manner, Progress, deliver
from consultation.roll.store import Roll, Settled

pytestmark = pytest.mark.enable_socket

SLUG = "juin-2024"


@pytest.fixture
def relay() -> Relay:
    return Relay()


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


ASKED = Questionnaire(
    id="q", version=1, lang="fr", title=Text((("fr", "Q"),)), pages=(), audiences=()
)


@pytest.fixture
def campaign(clock: Clock) -> Campaign:
    return Campaign(
        slug=SLUG,
        urn=bytes(16),
        title="Votre avis",
        questionnaire=ASKED,
        rulebook=Rulebook(ASKED),
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

    def send(self, batch_id: bytes, *, patient: bool = True) -> Delivered:
        with Mailer(self.settings.smtp, timeout=5) as mailer:
            manner = replace(
                Manner.alone(self.settings, progress=self.steps.append, sleep=self.pauses.append),
                patient=patient,
            )
            return deliver(self.roll, mailer, self.campaign, batch_id, self.settings, manner)


@pytest.fixture
def sender(roll: Roll, campaign: Campaign, settings: Settings) -> Sender:
    return Sender(roll, campaign, settings)


def invite(roll: Roll, *addresses: str) -> bytes:
    parsed = parse("\n".join(("courriel", *addresses)).encode())
    batch_id = roll.draft_batch(SLUG, "Ain", "agents", parsed)
    roll.confirm(batch_id)
    return batch_id


def people(count: int) -> list[str]:
    return [f"agent{n}@ain.gouv.fr" for n in range(count)]


def mark_of(roll: Roll, batch_id: bytes, address: str) -> str:
    """What the return address of this person's message holds."""
    roll.start_sending(batch_id)
    found = [roll.take(one.id) for one in roll.next_ones(batch_id)]
    for outgoing in found:
        assert outgoing is not None
        roll.settle(Settled(id=outgoing.id, delivery="waiting"))
    return next(one.returns for one in found if one and one.address == address)


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


# A worker has no patience: the same code, waited for or not.
BOTH = pytest.mark.parametrize(
    "patient",
    [pytest.param(True, marks=pytest.mark.long, id="command"), pytest.param(False, id="worker")],
)


@BOTH
@pytest.mark.parametrize("answer", ["421 4.7.0 Too many", "450 4.2.0 Greylisted", HANG_UP])
def test_one_message_that_the_relay_never_takes_keeps_no_other_back(
    roll: Roll, relay: Relay, sender: Sender, answer: str, patient: bool
) -> None:
    batch_id = invite(roll, *people(45))
    relay.answers["agent7@ain.gouv.fr"] = [answer] * 100

    done = sender.send(batch_id, patient=patient)

    assert (done.sent, done.waiting, done.later) == (44, 1, 1)
    assert sorted(relay.addresses) == sorted(set(people(45)) - {"agent7@ain.gouv.fr"})
    (told,) = roll.undelivered(batch_id)
    assert (told.address, told.delivery) == ("agent7@ain.gouv.fr", "waiting")
    assert told.reason.endswith("Le message sera réessayé.")
    assert "différés par le relais : 1" in done.stopped


@BOTH
def test_a_domain_that_refuses_everyone_keeps_no_other_back_and_each_is_told(
    roll: Roll, relay: Relay, sender: Sender, patient: bool
) -> None:
    closed = [f"agent{n}@ferme.gouv.fr" for n in range(17)]
    batch_id = invite(roll, *people(283), *closed)
    relay.rules["RCPT"] = lambda to: "550 5.7.1 Not you" if to in closed else ""

    done = sender.send(batch_id, patient=patient)

    assert done == Delivered(sent=283, refused=17, uncertain=0, waiting=0)
    assert [line.address for line in roll.undelivered(batch_id)] == sorted(closed)
    assert {line.reason for line in roll.undelivered(batch_id)} == {
        "message refusé par les règles du destinataire (550 5.7.1 Not you). Demandez à l’équipe "
        "technique d’en lever la cause, puis remettez-le en attente."
    }


@BOTH
def test_old_addresses_among_the_good_ones_of_a_domain_are_no_alarm(
    roll: Roll, relay: Relay, sender: Sender, patient: bool
) -> None:
    batch_id = invite(roll, *people(60))
    gone = set(people(60)[::4])
    relay.rules["RCPT"] = lambda to: "550 5.1.1 Unknown" if to in gone else ""

    done = sender.send(batch_id, patient=patient)

    assert done == Delivered(sent=45, refused=15, uncertain=0, waiting=0)


def test_a_relay_that_refuses_all_from_some_point_on_is_left_after_ten(
    roll: Roll, relay: Relay, sender: Sender
) -> None:
    batch_id = invite(roll, *people(60))
    relay.rules["DATA"] = lambda _to: "554 5.7.1 Blocked" if len(relay.received) >= 20 else ""

    done = sender.send(batch_id)

    assert (done.sent, done.refused, done.waiting, done.alarming) == (20, 10, 30, True)


def test_a_relay_that_refuses_many_domains_is_left_after_ten(
    roll: Roll, relay: Relay, sender: Sender
) -> None:
    batch_id = invite(roll, *(f"rh@d{n}.gouv.fr" for n in range(40)))
    relay.rules["RCPT"] = lambda _to: "554 5.7.1 Relay access denied"

    done = sender.send(batch_id)

    assert (done.refused, done.waiting, done.alarming) == (10, 30, True)
    assert "trop de refus" in done.stopped


ENDS = [
    ("MAIL", "450 4.1.8 Not now", "waiting"),
    ("MAIL", "421 4.3.2 Going down", "waiting"),
    ("MAIL", "550 5.7.1 Not from you", "waiting"),
    ("RCPT", "550 5.1.8 Sender address rejected: Domain not found", "waiting"),
    ("RCPT", "452 4.2.2 Full for now", "waiting"),
    ("RCPT", "550 5.1.1 Unknown", "refused"),
    ("RCPT", "no answer at all", "waiting"),
    ("DATA", "451 4.7.1 Greylisted", "waiting"),
    ("DATA", "421 4.3.2 Going down", "waiting"),
    ("DATA", "552 5.3.4 Too big", "refused"),
    ("DATA", "554 5.6.0 Content", "refused"),
    ("DATA", HANG_UP, "uncertain"),
]


@BOTH
@pytest.mark.parametrize(("command", "answer", "delivery"), ENDS)
def test_whatever_a_relay_answers_for_one_the_others_get_theirs_and_it_is_told(
    roll: Roll,
    relay: Relay,
    sender: Sender,
    command: str,
    answer: str,
    delivery: str,
    patient: bool,
) -> None:
    batch_id, one = invite(roll, *people(6)), "agent2@ain.gouv.fr"
    if command == "MAIL":
        sender.settings = replace(sender.settings, mail_returns="retour@exemple.fr")
        mark = mark_of(roll, batch_id, one)
        relay.rules["MAIL"] = lambda sender: answer if mark in sender else ""
    else:
        relay.rules[command] = lambda to: answer if to == one else ""

    done = sender.send(batch_id, patient=patient)

    assert (done.sent, done.alarming) == (5, False)
    assert sorted(relay.addresses) == sorted(set(people(6)) - {one})
    (told,) = roll.undelivered(batch_id)
    assert (told.address, told.delivery) == (one, delivery)
    assert answer[:3] in told.reason or answer in (HANG_UP, "no answer at all")
    relay.rules.clear()
    assert sender.send(batch_id).sent == (delivery == "waiting")
    assert set(Counter(relay.addresses).values()) == {1}


@pytest.mark.parametrize("messages", [1, 3])
@BOTH
def test_a_relay_that_ends_a_connection_after_some_messages_is_called_again_at_once(
    roll: Roll, relay: Relay, sender: Sender, messages: int, patient: bool
) -> None:
    batch_id = invite(roll, *people(12))
    relay.farewell_after = messages

    done = sender.send(batch_id, patient=patient)

    assert done == Delivered(sent=12, refused=0, uncertain=0, waiting=0)
    assert sorted(relay.addresses) == sorted(people(12))
    assert relay.connections == 12 / messages
    assert long_pauses(sender) == []


@BOTH
@pytest.mark.parametrize("answer", ["450 4.7.1 Slow down", "421 4.7.1 Slow down"])
def test_a_domain_that_slows_down_goes_after_the_others(
    roll: Roll, relay: Relay, sender: Sender, answer: str, patient: bool
) -> None:
    slow = [f"agent{n}@lent.gouv.fr" for n in range(20)]
    batch_id = invite(roll, *people(20), *slow)

    def rule(to: str) -> str:
        others = sum(to.endswith("@ain.gouv.fr") for to in relay.addresses)
        return answer if to in slow and others < 20 else ""

    relay.rules["RCPT"] = rule
    sender.send(batch_id, patient=patient)
    done = sender.send(batch_id, patient=patient)

    assert done.waiting == 0
    assert set(relay.addresses[:20]) == set(people(20))
    assert sorted(relay.addresses) == sorted(people(20) + slow)


def test_a_message_put_off_goes_last_the_next_time(
    roll: Roll, relay: Relay, sender: Sender
) -> None:
    batch_id = invite(roll, *people(12))
    first = roll.claim_next(batch_id) if roll.start_sending(batch_id) else None
    assert first is not None
    roll.put_back_alone(first.id, "le relais demande d’attendre")

    sender.send(batch_id)

    assert relay.addresses[-1] == first.address


def test_patience_ends_and_nothing_is_lost(roll: Roll, relay: Relay, sender: Sender) -> None:
    batch_id = invite(roll, *people(15))
    relay.rules["RCPT"] = lambda _to: "421 4.7.0 Too many"

    done = sender.send(batch_id)

    assert "Rien n’est perdu" in done.stopped
    assert (done.sent, done.waiting) == (0, 15)
    assert long_pauses(sender) == [1, 2, 4, 8, 16, 32]
    relay.rules.clear()
    assert sender.send(batch_id).waiting == 0
    assert sorted(relay.addresses) == sorted(people(15))


def test_a_relay_that_cuts_every_message_short_is_left_after_three(
    roll: Roll, relay: Relay, sender: Sender
) -> None:
    batch_id = invite(roll, *people(20))
    relay.rules["DATA"] = lambda _to: HANG_UP

    done = sender.send(batch_id)

    assert (done.uncertain, done.waiting, done.alarming) == (3, 17, True)
    assert "incertains" in done.stopped


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


@pytest.mark.parametrize("name", ["relais.invalid", "relais..invalid"])
def test_a_relay_whose_name_is_wrong_is_said_at_once(roll: Roll, sender: Sender, name: str) -> None:
    batch_id = invite(roll, *people(1))
    lost = replace(sender.settings, smtp=Smtp(host=name, port=25))

    done = Sender(roll, sender.campaign, lost).send(batch_id)

    assert name in done.stopped
    assert done.waiting == 1


def test_a_refused_sender_stops_all_and_blames_no_address(
    roll: Roll, relay: Relay, sender: Sender
) -> None:
    batch_id = invite(roll, *people(5))
    relay.sender_answers = ["550 5.7.1 Sender rejected"] * 3

    done = sender.send(batch_id)

    assert "adresse d’envoi refusée" in done.stopped
    assert (done.refused, done.waiting, done.alarming) == (0, 5, False)


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


def test_no_message_leaves_once_the_campaign_is_closed(
    roll: Roll, relay: Relay, campaign: Campaign, settings: Settings, clock: Clock
) -> None:
    batch_id = invite(roll, *people(6))

    def end(progress: Progress) -> None:
        if progress.sent == 2:
            clock.now = campaign.closes

    with Mailer(settings.smtp) as mailer:
        manner = Manner.alone(settings, progress=end)
        done = deliver(roll, mailer, campaign, batch_id, settings, manner)

    assert (done.sent, done.waiting) == (2, 4)
    assert "la consultation n’accepte plus de réponse" in done.stopped


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


@pytest.mark.parametrize("password", ["mot de passe", "mot de passé €"])
@pytest.mark.parametrize("excluded", [[], ["PLAIN"], ["LOGIN"]])
def test_a_relay_is_told_its_password_whatever_its_letters(
    roll: Roll, relay: Relay, sender: Sender, password: str, excluded: list[str]
) -> None:
    told = []

    def accept(
        _server: object, _session: object, _envelope: object, _by: str, data: LoginPassword
    ) -> AuthResult:
        told.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=True)

    options = {"auth_require_tls": False, "auth_exclude_mechanism": excluded}
    batch_id = invite(roll, *people(2))
    with listening(relay, authenticator=accept, **options) as guarded:
        smtp = replace(guarded, user="rh-é", password=password)
        done = Sender(roll, sender.campaign, replace(sender.settings, smtp=smtp)).send(batch_id)

    assert (done.sent, done.stopped) == (2, "")
    assert told == [("rh-é", password)]


def test_a_relay_that_knows_no_such_letters_is_not_said_to_be_misspelt(
    roll: Roll, relay: Relay, sender: Sender
) -> None:
    batch_id = invite(roll, *people(2))
    with listening(relay) as guarded:
        smtp = replace(guarded, user="rh", password="passé")
        done = Sender(roll, sender.campaign, replace(sender.settings, smtp=smtp)).send(batch_id)

    assert "il n’offre pas le chiffrement ou l’identification" in done.stopped


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


class Killed(BaseException):
    """The end of a process, wherever it was."""


class Moody:
    """A relay that does with each message what the law draws, then takes them all."""

    def __init__(self, moods: list[str]) -> None:
        self.moods = moods
        self.taken: Counter[str] = Counter()

    def send(self, letter: Letter) -> Outcome:
        mood = self.moods.pop(0) if self.moods else "sent"
        if mood == "killed before":
            raise Killed
        self.taken[letter.to] += mood in ("sent", "killed after", "uncertain and taken")
        if mood == "killed after":
            raise Killed
        kind = "uncertain" if mood.startswith("uncertain") else mood
        return Outcome(kind=kind, reason="parce que")  # type: ignore[arg-type]  # drawn

    def close(self) -> None:
        pass


MOODS = [*get_args(End), "uncertain and taken", "killed before", "killed after"]


@pytest.mark.long
@given(
    st.lists(st.sampled_from(MOODS), max_size=60),
    st.lists(st.sampled_from("abc"), min_size=1, max_size=12),
    st.booleans(),
)
@hypothesis.settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_whatever_happens_nobody_is_written_to_twice_and_nobody_is_forgotten(
    roll: Roll,
    campaign: Campaign,
    settings: Settings,
    moods: list[str],
    domains: str,
    patient: bool,
) -> None:
    run = secrets.token_hex(4)
    addresses = [f"agent{n}-{run}@{one}.gouv.fr" for n, one in enumerate(domains)]
    batch_id, relay = invite(roll, *addresses), Moody(moods)

    while roll.batch(batch_id).state != "done":
        manner = replace(Manner.alone(settings, sleep=lambda _: None), patient=patient)
        with suppress(Killed):
            deliver(roll, relay, campaign, batch_id, settings, manner)

    counts, told = roll.batch(batch_id).counts, roll.undelivered(batch_id)
    assert counts.sent + counts.refused + counts.uncertain == len(addresses)
    assert len(told) == counts.refused + counts.uncertain
    assert set(relay.taken.values()) <= {0, 1}
    became = {line.address: line.delivery for line in told}
    for address in addresses:
        match became.get(address, "sent"):
            case "sent":
                assert relay.taken[address] == 1
            case "refused":
                assert relay.taken[address] == 0
