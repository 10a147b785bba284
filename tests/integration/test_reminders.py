"""Reminders: the right words to each class, two at most, and nothing kept of whom they went to."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from commands import Shell, open_to, shell
from conftest import Clock
from running import Running
from sqlalchemy import func, select

from consultation.blind import blind, blinding_factor
from consultation.config import Settings, Smtp
from consultation.database import Database
from consultation.demo.mail_sink import MailSink
from consultation.office.store import Journal
from consultation.roll.keys import RollKeys
from consultation.roll.relay import Letter, Mailer, Outcome
from consultation.roll.reminders import (
    Class,
    RemindedEnough,
    RemindedOnce,
    Reminder,
    Reminders,
    Reminding,
)
from consultation.roll.sending import Delivered, Manner, carry
from consultation.roll.store import Closed, NotOpenYet, Outgoing, Settled
from consultation.roll.tables import reminding

PEOPLE = 6
NOT_BEGUN = "Vous n’avez pas encore commencé à répondre"
NEUTRAL = "Si vous avez déjà envoyé vos réponses, ignorez ce message"


@pytest.fixture
def reminders(platform: Running, roll_keys: RollKeys, clock: Clock) -> Reminders:
    return Reminders(platform.roll_store, roll_keys, clock)


@pytest.fixture
def settings(keys_directory: Path, sink: MailSink) -> Settings:
    return Settings(
        secret_key="k" * 48,
        roll_url="",
        box_url="",
        office_url="",
        keys=keys_directory,
        public_url="https://consultation.exemple.fr",
        smtp=Smtp(host="127.0.0.1", port=sink.port),
        mail_from="consultation@exemple.fr",
        mail_rate=1000,
    )


@pytest.fixture
def remind(platform: Running, reminders: Reminders, settings: Settings) -> Callable[..., Delivered]:
    def send(*classes: Class) -> Delivered:
        queue = reminders.start(platform.campaign, classes)
        with Mailer(settings.smtp) as mailer:
            return carry(queue, mailer, platform.campaign, settings)

    return send


def begin(platform: Running, number: int) -> str:
    """An agent begins to answer; their address."""
    code = platform.codes["agents"][number]
    public = platform.campaign.keys["agents"]
    r = blinding_factor(public, secrets.token_bytes(32))
    hidden, _ = blind(public, secrets.token_bytes(64), salt=secrets.token_bytes(48), r=r)
    platform.roll.issue(platform.campaign, "agents", code, hidden)
    return platform.addresses[code]


def mails(directory: Path) -> list[EmailMessage]:
    return [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in directory.glob("*.eml")
    ]


def text(mail: EmailMessage, kind: str = "plain") -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def told(directory: Path, words: str) -> set[str]:
    """Who received a message with these words, in both its forms."""
    found = [mail for mail in mails(directory) if words in text(mail)]
    assert all(words in text(mail, "html") for mail in found)
    return {mail["To"] for mail in found}


def all_sent(queue: Reminding) -> list[Outgoing]:
    """What a queue gives, every message taken and declared sent."""
    found = []
    while window := queue.next_ones(b""):
        outgoing = queue.take(window[0].id)
        if outgoing is not None:
            found.append(outgoing)
            queue.settle(Settled(id=outgoing.id, delivery="sent"))
    queue.finish()
    return found


def kept(platform: Running) -> int:
    with platform.roll_store.read() as connection:
        return connection.scalar(select(func.count()).select_from(reminding)) or 0


def test_each_class_gets_its_words_and_the_same_link(
    platform: Running, remind: Callable[..., Delivered], tmp_path: Path
) -> None:
    begun = {begin(platform, 0), begin(platform, 1)}

    done = remind()

    assert done == Delivered(sent=PEOPLE, refused=0, uncertain=0, waiting=0)
    assert told(tmp_path / "mail", NEUTRAL) == begun
    assert told(tmp_path / "mail", NOT_BEGUN) == set(platform.addresses.values()) - begun
    for mail in mails(tmp_path / "mail"):
        code = re.search(r"\n((\w{4}-){6}\w\w)\r?\n", text(mail))
        assert code is not None
        assert platform.addresses[code[1]] == mail["To"]
        assert mail["Subject"].startswith("Rappel")


def test_nothing_is_kept_of_whom_it_went_to(
    platform: Running, reminders: Reminders, remind: Callable[..., Delivered]
) -> None:
    begin(platform, 0)

    remind()

    assert kept(platform) == 0
    (one,) = reminders.of("essai")
    assert replace(one, id=b"") == Reminder(
        id=b"", classes=("nouveaux", "commences"), done=True, sent=PEOPLE, refused=0, uncertain=0
    )


def test_two_reminders_are_all_anyone_gets(
    platform: Running, remind: Callable[..., Delivered], tmp_path: Path
) -> None:
    begin(platform, 0)
    assert remind().sent == PEOPLE
    assert remind().sent == PEOPLE - 1  # not those who were told once that they had begun

    with pytest.raises(RemindedEnough):
        remind("nouveaux")

    received = [mail["To"] for mail in mails(tmp_path / "mail")]
    assert max(map(received.count, received)) == 2


def test_those_who_have_begun_are_told_once(
    platform: Running, remind: Callable[..., Delivered]
) -> None:
    begin(platform, 0)
    assert remind("commences").sent == 1

    with pytest.raises(RemindedOnce):
        remind("commences")

    assert remind("nouveaux").sent == PEOPLE - 1


def test_whoever_begins_before_their_message_leaves_gets_none(
    platform: Running, reminders: Reminders
) -> None:
    queue = reminders.start(platform.campaign, ("nouveaux",))
    begun = begin(platform, 0)

    seen: set[str] = set()
    seen.update(outgoing.address for outgoing in all_sent(queue))

    assert seen == set(platform.addresses.values()) - {begun}
    assert kept(platform) == 0


def test_an_interrupted_reminder_goes_on_and_no_message_leaves_twice(
    platform: Running, reminders: Reminders, remind: Callable[..., Delivered], tmp_path: Path
) -> None:
    queue = reminders.start(platform.campaign)
    in_flight = queue.take(queue.next_ones(b"")[0].id)  # then the machine stopped
    assert in_flight is not None

    done = remind("commences")  # whatever is asked, what was begun is finished first

    assert done.sent == PEOPLE - 1
    assert in_flight.address not in {mail["To"] for mail in mails(tmp_path / "mail")}
    (one,) = reminders.of("essai")
    assert (one.done, one.sent, one.uncertain) == (True, PEOPLE - 1, 1)


class Away:
    """A relay that is not there, then asks to wait."""

    def __init__(self, kind: str) -> None:
        self.outcome = Outcome(kind=kind, reason="plus tard")  # type: ignore[arg-type]  # by test

    def send(self, _letter: Letter) -> Outcome:
        return self.outcome

    def close(self) -> None:
        pass


@pytest.mark.parametrize("kind", ["down", "later", "stopped"])
def test_a_relay_that_is_away_loses_nothing(
    platform: Running,
    reminders: Reminders,
    settings: Settings,
    remind: Callable[..., Delivered],
    kind: str,
) -> None:
    queue = reminders.start(platform.campaign)
    manner = Manner.alone(settings, sleep=lambda _seconds: None)
    done = carry(queue, Away(kind), platform.campaign, settings, manner)

    assert (done.sent, done.waiting) == (0, PEOPLE)
    assert done.stopped
    assert remind().sent == PEOPLE
    assert len(reminders.of("essai")) == 1


def test_the_order_of_sending_is_drawn_for_each_reminder(
    platform: Running, reminders: Reminders
) -> None:
    def order() -> list[str]:
        queue = reminders.start(platform.campaign, ("nouveaux",))
        found = [(outgoing.id, outgoing.address) for outgoing in all_sent(queue)]
        assert found == sorted(found)  # that of ids, which are drawn
        return [address for _, address in found]

    first, second = order(), order()

    assert sorted(first) == sorted(second) == sorted(platform.addresses.values())


def test_only_an_open_campaign_reminds(
    platform: Running, reminders: Reminders, clock: Clock
) -> None:
    with pytest.raises(NotOpenYet):
        reminders.start(replace(platform.campaign, state="draft"))
    clock.now = platform.campaign.closes
    with pytest.raises(Closed):
        reminders.start(platform.campaign)


def test_a_campaign_that_ends_forgets_its_unsent_reminders(
    platform: Running, reminders: Reminders
) -> None:
    reminders.start(platform.campaign)

    platform.roll.forget_reminders("essai")

    assert kept(platform) == 0


def test_the_command_wants_to_be_told_twice_before_each_reminder(
    store: Callable[[str], Database], tmp_path: Path, sink: MailSink
) -> None:
    with shell(store, tmp_path) as run:
        opened(run, tmp_path, sink)

        refused = run("invitations", "remind", "--campaign", "essai", code=1)
        first = run("invitations", "remind", "--campaign", "essai", "--yes")
        second = run("invitations", "remind", "--campaign", "essai", "--class", "nouveaux", "--yes")
        third = run("invitations", "remind", "--campaign", "essai", "--yes", code=1)

        assert "--yes" in refused
        assert first.split()[-8:] == second.split()[-8:]
        assert "au plus deux rappels" in third
        entries = run.app().parts[Journal].entries()
        assert [entry.detail for entry in entries if entry.action == "rappel"] == [
            "essai, 30 messages, 0 en attente"
        ] * 2
    assert len(mails(tmp_path / "mail")) == 90


def opened(run: Shell, directory: Path, sink: MailSink) -> None:
    open_to(run, directory, 30)
    run.environment["SMTP_URL"] = sink.url
    run("invitations", "send", "essai")
