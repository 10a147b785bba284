"""The worker sends what HR planned: at the hours of each territory, once, whatever happens."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import Message
from itertools import pairwise
from pathlib import Path

import pytest
import relaying as scripted
from commands import Shell, prepare, shell
from conftest import Clock

from consultation import days
from consultation.blind import blind, blinding_factor
from consultation.config import Settings
from consultation.database import Database
from consultation.demo.mail_sink import MailSink
from consultation.office.sendings import Sendings
from consultation.office.store import Campaigns, Journal
from consultation.office.territories import Territory, territory
from consultation.parts import Parts
from consultation.roll.batches import parse
from consultation.roll.dispatch import Dispatcher
from consultation.roll.relay import Letter, Outcome
from consultation.roll.reminders import Reminders
from consultation.roll.returns import Returns
from consultation.roll.sending import replace_link
from consultation.roll.store import Roll
from consultation.worker import Worker

SLUG = "essai"
ROOT = Path(__file__).parents[2]
MONDAY_11H = datetime(2024, 6, 10, 9, 0, tzinfo=UTC)


@pytest.fixture
def run(
    store: Callable[[str], Database], tmp_path: Path, clock: Clock, sink: MailSink
) -> Iterator[Shell]:
    with shell(store, tmp_path, clock) as made:
        made.environment["SMTP_URL"] = sink.url
        prepare(made, tmp_path)
        yield made


@pytest.fixture
def parts(run: Shell) -> Parts:
    return run.app().parts


def planned(
    parts: Parts, count: int, starts: datetime = MONDAY_11H, territory: str = "", name: str = "Ain"
) -> bytes:
    """A batch confirmed and planned, in an open campaign."""
    roll = parts[Roll]
    lines = "".join(f"agent{n}@{name.lower()}.gouv.fr\n" for n in range(count))
    parsed = parse(f"courriel\n{lines}".encode())
    contact = "rh@ain.gouv.fr"
    batch_id = roll.draft_batch(SLUG, name, "agents", parsed, perimeter=territory, contact=contact)
    roll.confirm(batch_id)
    parts[Sendings].plan(batch_id, SLUG, territory, starts)
    if parts[Campaigns].get(SLUG).state == "draft":
        parts[Campaigns].open(SLUG)
    return batch_id


def received(tmp_path: Path) -> Counter[str]:
    found = Counter(path.name.removesuffix(".eml").split(" ")[0] for path in mails(tmp_path))
    del found["rh@ain.gouv.fr"]
    return found


def mails(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "mail").glob("*.eml"))


def sent(said: str) -> int:
    return int(re.search(r"messages remis\s+(\d+)", said)[1])  # type: ignore[index]  # by test


def test_nothing_leaves_before_its_hour_nor_outside_office_hours(
    run: Shell, parts: Parts, clock: Clock, tmp_path: Path
) -> None:
    planned(parts, 3, MONDAY_11H + timedelta(hours=2))

    assert sent(run("worker", "--once")) == 0
    clock.advance(hours=10)  # 21 h in Paris
    assert sent(run("worker", "--once")) == 0
    clock.advance(hours=11)  # 8 h the next day
    assert sent(run("worker", "--once")) == 3

    assert set(received(tmp_path).values()) == {1}
    assert len(received(tmp_path)) == 3


def test_each_territory_has_its_own_hours(
    run: Shell, parts: Parts, clock: Clock, tmp_path: Path
) -> None:
    clock.now = datetime(2024, 6, 10, 5, 0, tzinfo=UTC)  # 7 h in Paris, 9 h at La Réunion
    planned(parts, 2, clock.now, "D974", "Reunion")
    planned(parts, 2, clock.now, "D01", "Ain")

    assert sent(run("worker", "--once")) == 2
    assert all("reunion" in name for name in received(tmp_path))

    clock.advance(hours=14)  # 21 h in Paris, 15 h in Guadeloupe
    planned(parts, 1, clock.now, "D971", "Guadeloupe")
    assert sent(run("worker", "--once")) == 1


def test_whoever_handed_the_batch_in_is_told_its_end(
    run: Shell, parts: Parts, tmp_path: Path
) -> None:
    planned(parts, 3)

    run("worker", "--once")
    run("worker", "--once")

    (told,) = (tmp_path / "mail").glob("rh@ain*")
    mail = message_from_bytes(told.read_bytes(), policy=policy.default)
    assert "envoi terminé" in mail["Subject"]
    assert "Remises au relais de messagerie\u00a0: 3" in mail.get_content()
    assert [e.action for e in parts[Journal].entries()].count("envoi terminé") == 1


def test_a_campaign_in_preparation_sends_nothing(run: Shell, parts: Parts) -> None:
    batch_id = planned(parts, 2)
    parts[Campaigns].pause(SLUG)

    assert sent(run("worker", "--once")) == 0
    assert parts[Roll].batch(batch_id).counts.waiting == 2


def test_what_was_cancelled_is_not_sent_and_may_be_invited_again(
    run: Shell, parts: Parts, tmp_path: Path
) -> None:
    batch_id = planned(parts, 3)

    assert parts[Roll].cancel(batch_id, opened=True) == 3

    assert sent(run("worker", "--once")) == 0
    assert parts[Roll].batch(batch_id).state == "cancelled"
    planned(parts, 3, name="Ain")
    assert sent(run("worker", "--once")) == 3


class Relay:
    """Answers what it is told to each address, and remembers."""

    def __init__(self, answer: Callable[[str], Outcome]) -> None:
        self._answer = answer
        self.seen: list[str] = []

    def send(self, letter: Letter) -> Outcome:
        self.seen.append(letter.to)
        return self._answer(letter.to)

    def close(self) -> None:
        pass


def dispatcher(
    parts: Parts, relay: Relay, monotonic: Callable[[], float] = time.monotonic
) -> Dispatcher:
    settings = parts[Settings]
    return Dispatcher(
        roll=parts[Roll],
        reminders=parts[Reminders],
        sendings=parts[Sendings],
        journal=parts[Journal],
        settings=settings,
        clock=parts[days.Clock],
        mailer=lambda: relay,
        monotonic=monotonic,
    )


def test_too_many_refusals_suspend_the_batch_until_a_person_looks(parts: Parts) -> None:
    batch_id = planned(parts, 100)
    roll, campaign = parts[Roll], parts[Campaigns].get(SLUG)
    relay = Relay(
        lambda to: Outcome(kind="sent" if to.startswith("rh@") else "refused", reason="non")
    )
    at_work = dispatcher(parts, relay)

    at_work.slice(campaign)

    stopped = roll.batch(batch_id)
    assert (stopped.state, stopped.counts.refused) == ("paused", 10)
    assert "trop de refus" in stopped.reason
    assert relay.seen[-1] == "rh@ain.gouv.fr"
    assert at_work.slice(campaign).sent == 0
    roll.resume(batch_id)
    dispatcher(parts, Relay(lambda _to: Outcome(kind="sent"))).slice(campaign)
    assert roll.batch(batch_id).counts.sent == 90


def test_a_worker_sends_the_others_in_one_round_and_tells_the_one_put_off(
    run: Shell, parts: Parts
) -> None:
    batch_id, busy = planned(parts, 45), "agent7@ain.gouv.fr"
    relay = scripted.Relay()
    relay.rules["RCPT"] = lambda to: "421 4.7.0 Try later" if to == busy else ""

    with scripted.listening(relay) as smtp:
        run.environment["SMTP_URL"] = f"smtp://127.0.0.1:{smtp.port}"
        assert sent(run("worker", "--once")) == 44
        assert sent(run("worker", "--once")) == 0
        relay.rules.clear()
        assert busy not in relay.addresses
        (told,) = parts[Roll].undelivered(batch_id)
        assert sent(run("worker", "--once")) == 0  # the relay is left alone for a while
        run.environment["LOG_LEVEL"] = "ERROR"  # another process
        assert sent(run("worker", "--once")) == 1

    assert (told.address, told.delivery) == (busy, "waiting")
    assert "421 4.7.0 Try later" in told.reason
    assert relay.addresses.count("rh@ain.gouv.fr") == 2
    assert len(set(relay.addresses)) == 46
    assert len(relay.addresses) == 47


@pytest.mark.long
def test_reminders_go_on_when_one_of_them_is_cut_short(run: Shell, parts: Parts) -> None:
    planned(parts, 45)
    run("worker", "--once")
    parts[Sendings].plan_reminders(SLUG, (MONDAY_11H,))
    relay, busy = scripted.Relay(), "agent7@ain.gouv.fr"
    relay.rules["RCPT"] = lambda to: "421 4.7.0 Try later" if to == busy else ""

    with scripted.listening(relay) as smtp:
        run.environment["SMTP_URL"] = f"smtp://127.0.0.1:{smtp.port}"
        assert sent(run("worker", "--once")) == 44
        relay.rules.clear()
        run.environment["LOG_LEVEL"] = "ERROR"  # another process
        assert sent(run("worker", "--once")) == 1

    assert set(Counter(relay.addresses).values()) == {1}


def test_a_refused_reminder_is_tried_on_one_person_at_a_time(parts: Parts) -> None:
    planned(parts, 15)
    campaign, now = parts[Campaigns].get(SLUG), [0.0]
    dispatcher(parts, Relay(lambda _to: Outcome(kind="sent"))).slice(campaign)
    parts[Sendings].plan_reminders(SLUG, (MONDAY_11H,))
    relay = Relay(lambda _to: Outcome(kind="refused", reason="554"))
    at_work = dispatcher(parts, relay, lambda: now[0])

    seen = []
    for _ in range(3):
        at_work.slice(campaign)
        seen.append(len(relay.seen))
        now[0] += 1000

    assert seen == [10, 11, 12]


def test_sixty_addresses_postponed_at_the_head_stop_nobody_else(parts: Parts) -> None:
    batch_id = planned(parts, 200)
    seen: list[str] = []

    def answer(to: str) -> Outcome:
        seen.append(to)
        return Outcome(kind="later" if len(seen) <= 60 else "sent", reason="450")

    dispatcher(parts, Relay(answer)).slice(parts[Campaigns].get(SLUG))

    assert parts[Roll].batch(batch_id).counts.sent == 140


@pytest.mark.long
def test_a_relay_that_asks_to_wait_is_asked_less_and_less_often(parts: Parts) -> None:
    planned(parts, 2)
    campaign = parts[Campaigns].get(SLUG)
    now = [0.0]
    relay = Relay(lambda _to: Outcome(kind="down", reason="injoignable"))
    at_work = dispatcher(parts, relay, lambda: now[0])
    asked = []

    while len(asked) < 4:
        before = len(relay.seen)
        at_work.slice(campaign)
        if len(relay.seen) > before:
            asked.append(now[0])
        now[0] += 1

    assert [b - a for a, b in pairwise(asked)] == [15, 30, 60]


def test_a_slow_domain_lets_the_others_pass(parts: Parts) -> None:
    roll = parts[Roll]
    lines = [f"a{n}@lent.gouv.fr" for n in range(4)] + [f"b{n}@b{n}.gouv.fr" for n in range(20)]
    batch_id = roll.draft_batch(
        SLUG, "mixte", "agents", parse("\n".join(("courriel", *lines)).encode())
    )
    roll.confirm(batch_id)
    parts[Sendings].plan(batch_id, SLUG, "", MONDAY_11H)
    parts[Campaigns].open(SLUG)
    relay = Relay(lambda _to: Outcome(kind="sent"))
    at_work = dispatcher(parts, relay)
    object.__setattr__(parts[Settings], "mail_domain_rate", 5.0)

    started = time.monotonic()
    at_work.slice(parts[Campaigns].get(SLUG))

    assert len(relay.seen) == 24
    assert time.monotonic() - started >= 0.55  # four to the same domain: three gaps
    assert [to.endswith("@lent.gouv.fr") for to in relay.seen][-2:] == [True, True]


def test_two_workers_at_once_send_everything_once(
    store: Callable[[str], Database], run: Shell, parts: Parts, tmp_path: Path
) -> None:
    batch_id = planned(parts, 120)
    others = [run.app().parts for _ in range(2)]

    threads = [
        threading.Thread(target=lambda one=one: [one[Worker].round() for _ in range(3)])
        for one in others
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run("worker", "--once")

    assert parts[Roll].batch(batch_id).counts.sent == 120
    assert set(received(tmp_path).values()) == {1}


def kill_a_worker(run: Shell, far_enough: Callable[[], bool]) -> None:
    """Start a worker as a process of its own, and kill it once it is far enough."""
    environment = os.environ | run.environment
    environment |= {"WORKER_EVERY": "1", "MAIL_RATE": "150", "PYTHONPATH": str(ROOT)}
    code = (
        "from datetime import datetime, UTC; import consultation.app as a; "
        f"b = a.create_app(clock=lambda: datetime.fromisoformat('{MONDAY_11H.isoformat()}')); "
        "b.parts[a.Worker].run(until=lambda more: not more)"
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stderr=subprocess.DEVNULL
    )
    while not far_enough() and worker.poll() is None:
        time.sleep(0.01)
    worker.send_signal(signal.SIGKILL)
    worker.wait()


@pytest.mark.long
def test_killed_workers_lose_nothing_double_nothing_and_tell_what_is_uncertain(
    run: Shell, parts: Parts, tmp_path: Path, full: bool
) -> None:
    people, kills = (600, 12) if full else (150, 3)
    batch_id = planned(parts, people)

    for _ in range(kills):
        before = len(mails(tmp_path))
        kill_a_worker(run, lambda before=before: len(mails(tmp_path)) >= before + 15)
    run("worker", "--once")
    run("worker", "--once")

    counts = parts[Roll].batch(batch_id).counts
    assert set(received(tmp_path).values()) == {1}
    assert counts.sent + counts.uncertain == people
    assert counts.uncertain <= kills
    assert len(received(tmp_path)) >= people - counts.uncertain


@pytest.mark.long
def test_killed_workers_lose_and_double_nothing_while_a_relay_refuses_some(
    run: Shell, parts: Parts
) -> None:
    kills, batch_id = 4, planned(parts, 100)
    gone, busy = {f"agent{n}@ain.gouv.fr" for n in range(0, 40, 4)}, "agent7@ain.gouv.fr"
    relay = scripted.Relay()
    relay.rules["RCPT"] = lambda to: (
        "550 5.1.1 Unknown" if to in gone else "421 4.7.0 Busy" if to == busy else ""
    )

    with scripted.listening(relay) as smtp:
        run.environment["SMTP_URL"] = f"smtp://127.0.0.1:{smtp.port}"
        for _ in range(kills):
            before = len(relay.received)
            kill_a_worker(run, lambda before=before: len(relay.received) >= before + 15)
        run("worker", "--once")
        relay.rules.clear()
        run.environment["LOG_LEVEL"] = "ERROR"  # another process
        run("worker", "--once")

    counts = parts[Roll].batch(batch_id).counts
    people = [to for to in relay.addresses if to != "rh@ain.gouv.fr"]
    assert max(Counter(people).values()) == 1
    assert counts.sent + counts.refused + counts.uncertain == 100
    assert counts.uncertain <= kills
    told = {line.address: line.delivery for line in parts[Roll].undelivered(batch_id)}
    assert {to for to, end in told.items() if end == "refused"} <= gone
    assert gone <= told.keys()
    assert counts.sent <= len(people) <= counts.sent + counts.uncertain


def test_reminders_leave_at_their_dates_two_at_most_and_never_after_the_closing(
    run: Shell, parts: Parts, clock: Clock, tmp_path: Path
) -> None:
    planned(parts, 40)
    run("worker", "--once")
    parts[Returns].opt_out(parts[Roll].unused_invitation(SLUG, "agents").code)
    parts[Sendings].plan_reminders(
        SLUG, (MONDAY_11H + timedelta(days=1), MONDAY_11H + timedelta(days=3))
    )

    assert sent(run("worker", "--once")) == 0
    clock.advance(days=1)
    assert sent(run("worker", "--once")) == 39
    assert sent(run("worker", "--once")) == 0
    clock.advance(days=1, hours=12)
    assert sent(run("worker", "--once")) == 0
    clock.advance(hours=12)
    assert sent(run("worker", "--once")) == 39
    parts[Sendings].plan_reminders(SLUG, (MONDAY_11H, MONDAY_11H))
    clock.advance(days=1)
    assert sent(run("worker", "--once")) == 0

    assert sorted(set(received(tmp_path).values())) == [1, 3]


FAR = {"paris": "", "guadeloupe": "D971", "polynesie": "D987", "reunion": "D974"}


def far(parts: Parts, starts: datetime) -> None:
    """Two people in each of some territories."""
    for name, code in FAR.items():
        planned(parts, 2, starts, code, name)


def place_of(address: str) -> Territory:
    return territory(FAR[address.partition("@")[2].removesuffix(".gouv.fr")])


def test_invitations_and_reminders_keep_the_hours_and_holidays_of_each_territory(
    parts: Parts, clock: Clock
) -> None:
    clock.now = datetime(2025, 5, 26, 0, 0, tzinfo=UTC)  # a Monday
    tuesday = datetime(2025, 5, 27, 7, 0, tzinfo=UTC)  # 9 h in Paris, a holiday in Guadeloupe
    friday = datetime(2025, 5, 30, 7, 0, tzinfo=UTC)  # after a holiday of everyone
    far(parts, clock.now)
    parts[Sendings].plan_reminders(SLUG, (tuesday, friday))
    seen: list[tuple[datetime, str]] = []

    def answer(to: str) -> Outcome:
        seen.append((clock.now, to))
        return Outcome(kind="sent")

    at_work, campaign = dispatcher(parts, Relay(answer)), parts[Campaigns].get(SLUG)
    for hour in range(24 * 6):
        if hour == 24:
            begin(parts, 1)
        at_work.slice(campaign)
        clock.advance(hours=1)

    sent = [(moment, to) for moment, to in seen if not to.startswith("rh@")]
    assert all(place_of(to).is_open(moment) for moment, to in sent)
    assert sorted(Counter(to for _, to in sent).values()) == [2] + [3] * 7  # one was told once
    reminded = {
        (place_of(to).name, f"{moment.astimezone(place_of(to).zone):%d %H}")
        for moment, to in sent
        if tuesday <= moment < friday
    }
    assert reminded == {
        ("toute la France", "27 09"),
        ("La Réunion", "27 11"),
        ("Polynésie française", "27 08"),
        ("Guadeloupe", "28 08"),
    }
    assert all(one.done for one in parts[Reminders].of(SLUG))


@pytest.mark.long
def test_a_worker_does_not_run_round_and_round_for_those_who_rest(
    parts: Parts, clock: Clock
) -> None:
    far(parts, MONDAY_11H)
    campaign, relay = parts[Campaigns].get(SLUG), Relay(lambda _to: Outcome(kind="sent"))
    at_work = dispatcher(parts, relay)
    for _ in range(24):
        at_work.slice(campaign)
        clock.advance(hours=1)
    parts[Sendings].plan_reminders(SLUG, (clock.now,))

    done = at_work.slice(campaign)

    assert (done.sent, done.more) == (4, False)


def test_the_command_of_reminders_leaves_those_who_rest_to_the_worker(
    run: Shell, parts: Parts, clock: Clock
) -> None:
    far(parts, MONDAY_11H)
    for _ in range(24):
        run("worker", "--once")
        clock.advance(hours=1)

    said = run("invitations", "remind", "--campaign", SLUG, "--yes")

    assert "Attendent l’ouverture des bureaux de leur territoire\u00a0: 4." in said
    clock.advance(hours=9)  # 20 h in Paris, 8 h in Polynesia, 14 h in Guadeloupe
    assert sent(run("worker", "--once")) == 4


def test_the_command_leaves_what_hr_planned_to_its_hour_unless_it_is_named(
    run: Shell, parts: Parts, tmp_path: Path
) -> None:
    planned(parts, 2, MONDAY_11H, "D987", "Polynesie")
    planned(parts, 2, MONDAY_11H)

    said = run("invitations", "send", SLUG)

    assert "Lot «\u00a0Polynesie\u00a0»\u00a0: à partir du lundi 10 juin 2024 à 8\u00a0h" in said
    assert len(received(tmp_path)) == 2
    run("invitations", "send", SLUG, "--batch", "Polynesie")
    assert len(received(tmp_path)) == 4


def test_a_new_link_waits_for_offices_to_open(
    run: Shell, parts: Parts, clock: Clock, tmp_path: Path
) -> None:
    planned(parts, 3, MONDAY_11H, "D987", "Polynesie")
    run("invitations", "send", SLUG, "--batch", "Polynesie")
    address = "agent1@polynesie.gouv.fr"

    said = run("invitations", "reissue", "--campaign", SLUG, "--address", address)

    assert "l’ouverture des bureaux, le lundi 10 juin 2024 à 20\u00a0h (heure de Paris)" in said
    assert received(tmp_path)[address] == 1
    clock.advance(hours=9)  # 8 h there
    assert sent(run("worker", "--once")) == 1
    assert [mail["To"] for mail in new_links(tmp_path)] == [address]


@pytest.mark.long
def test_a_new_link_leaves_at_once_when_it_is_asked_for_now(
    run: Shell, parts: Parts, tmp_path: Path
) -> None:
    planned(parts, 3, MONDAY_11H, "D987", "Polynesie")
    run("invitations", "send", SLUG, "--batch", "Polynesie")
    address = "agent1@polynesie.gouv.fr"

    run("invitations", "reissue", "--campaign", SLUG, "--address", address, "--now")

    assert [mail["To"] for mail in new_links(tmp_path)] == [address]


def test_a_new_link_does_not_wait_for_an_office_that_opens_after_the_closing(parts: Parts) -> None:
    planned(parts, 3, MONDAY_11H, "D987", "Polynesie")
    relay = Relay(lambda _to: Outcome(kind="sent"))
    ends_today = replace(parts[Campaigns].get(SLUG), closes=MONDAY_11H + timedelta(hours=8))
    when = parts[Sendings].when

    replace_link(parts[Roll], relay, ends_today, "agent1@polynesie.gouv.fr", parts[Settings], when)

    assert relay.seen == ["agent1@polynesie.gouv.fr"]


def new_links(tmp_path: Path) -> list[Message]:
    found = [
        message_from_bytes(path.read_bytes(), policy=policy.default) for path in mails(tmp_path)
    ]
    return [mail for mail in found if str(mail["Subject"]).startswith("Votre nouveau lien")]


def test_participation_is_published_once_a_day_and_masked_where_it_tells(
    run: Shell, parts: Parts, clock: Clock
) -> None:
    large, small = planned(parts, 60), planned(parts, 12, name="Gers")
    run("worker", "--once")
    begin(parts, 30)
    first = parts[Sendings].figures(SLUG)

    clock.advance(days=1)
    run("worker", "--once")

    figures = parts[Sendings].figures(SLUG)
    assert figures[small].issued is None
    assert figures[large].issued is None  # or the total would give the small one
    assert first != figures


def begin(parts: Parts, count: int) -> None:
    """So many agents ask for a credential."""
    roll, campaign = parts[Roll], parts[Campaigns].get(SLUG)
    public = campaign.keys["agents"]
    for _ in range(count):
        r = blinding_factor(public, secrets.token_bytes(32))
        hidden, _inverse = blind(public, secrets.token_bytes(64), salt=secrets.token_bytes(48), r=r)
        roll.issue(campaign, "agents", roll.unused_invitation(SLUG, "agents").code, hidden)
