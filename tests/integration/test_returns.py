"""What comes back is told apart, wherever it is read, and never dates an answer."""

from __future__ import annotations

import mailbox
import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import permutations
from pathlib import Path

import pytest
import running
from commands import Shell, invite, open_to, shell
from conftest import Clock
from mailboxes import WITH_ACCENT, dovecot, imap, kept, mailbox_at, put
from reports import EXPECTED, FOLDER, MARK, RETURNS
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from visitor import Visitor

from consultation.blind import blind, blinding_factor
from consultation.config import Settings
from consultation.database import Database, Stores
from consultation.demo.mail_sink import MailSink
from consultation.office.store import Campaigns, Journal
from consultation.roll.codes import normalise, token_hash
from consultation.roll.inbox import SLICE
from consultation.roll.keys import RollKeys
from consultation.roll.mail import Writer
from consultation.roll.reports import KIND_WORDS, TO_READ, UNDELIVERED, Returned, read
from consultation.roll.returns import Collector, Returns
from consultation.roll.store import Batch, Outgoing, Roll, Settled, UnknownCode
from consultation.roll.tables import invitation

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
        f"To: {returned_to('0' * 23)}\n\nx".encode(),
    ],
)
def test_what_names_no_invitation_is_not_known(content: bytes) -> None:
    assert read(content, RETURNS).kind == "unknown"


def test_a_message_to_the_address_of_stops_is_a_wish() -> None:
    mail = f"To: {returned_to('stop-' + MARK)}\n\n".encode()

    assert read(mail, RETURNS) == Returned(kind="stop", mark=MARK)


@pytest.fixture
def run(
    store: Callable[[str], Database], tmp_path: Path, clock: Clock, sink: MailSink
) -> Iterator[Shell]:
    """A campaign open to thirty agents, who have all been written to."""
    with shell(store, tmp_path, clock) as made:
        made.environment |= {"SMTP_URL": sink.url, "MAIL_RETURNS": RETURNS}
        open_to(made, tmp_path, 30)
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
    delayed = report(three, "4.2.1", action="delayed")
    for content in (report(two, "5.7.1"), delayed, b"Subject: bonjour\n\n"):
        box.add(content)
    box.close()
    folder = tmp_path / "dossier"
    folder.mkdir()
    (folder / "stop.eml").write_bytes(f"To: {returned_to('stop-' + four)}\n\n".encode())
    (folder / "faux.eml").write_bytes(report("f" * 24, "5.1.1"))  # forged: nobody's

    said = run("invitations", "returns", tmp_path / "un.eml", tmp_path / "retours.mbox", folder)

    roll = run.app().parts[Roll]
    counts = roll.counts("essai")
    assert (counts.bounced, counts.sent, counts.opted_out) == (2, 28, 1)
    assert re.search(r"adresse inconnue +1\n", said)
    assert "messages revenus" in [e.action for e in run.app().parts[Journal].entries()]
    assert re.search(r"message non reconnu +1\n", said)
    (batch,) = roll.batches("essai")
    assert {line.delivery for line in roll.undelivered(batch.id)} == {"bounced"}
    assert "5.1.1" in " ".join(line.reason for line in roll.undelivered(batch.id))


def everything_returned(directory: Path, marks: Iterable[str]) -> Counter[str]:
    """A folder with every sample, each about an invitation of its own; what HR is to be told."""
    directory.mkdir()
    told: Counter[str] = Counter()
    for (name, _, words), mark in zip(EXPECTED, marks, strict=False):
        content = (FOLDER / f"{name}.txt").read_bytes().replace(MARK.encode(), mark.encode())
        (directory / f"{name}.eml").write_bytes(content)
        told[words] += 1
    return told


def test_every_report_is_told_in_the_words_of_its_kind(run: Shell, tmp_path: Path) -> None:
    invite(run, "essai", tmp_path, len(EXPECTED))
    run("invitations", "send", "essai")
    told = everything_returned(tmp_path / "retours", marks(tmp_path))

    said = run("invitations", "returns", tmp_path / "retours")

    lines = (re.fullmatch(r" *(.*?)  +(\d+)", line) for line in said.splitlines())
    assert {line[1]: int(line[2]) for line in lines if line} == dict(told)
    roll = run.app().parts[Roll]
    lost = [line for batch in roll.batches("essai") for line in roll.undelivered(batch.id)]
    reasons = Counter(re.split(r" \(|\. ", line.reason)[0] for line in lost)
    undelivered = {KIND_WORDS[kind] for kind in UNDELIVERED}
    assert reasons == Counter({words: told[words] for words in told if words in undelivered})


def bounced(run: Shell) -> int:
    return int(run.app().parts[Roll].counts("essai").bounced)


def test_the_mailbox_is_read_by_the_worker_and_what_is_recorded_leaves_it(
    run: Shell, tmp_path: Path
) -> None:
    one, two, *_ = marks(tmp_path)
    with imap() as url:
        run.environment["RETURNS_URL"] = url
        with mailbox_at(url) as client:
            before = kept(client)
            put(client, report(one, "5.1.1"), report(two, "5.2.2"), b"Subject: x\n\n")

            run("worker", "--once")

            assert kept(client) == before + 1
            run("worker", "--once")
            assert kept(client) == before + 1

    assert bounced(run) == 2


@pytest.mark.long
def test_what_only_people_can_read_stays_for_them_and_is_told_once(
    run: Shell, tmp_path: Path
) -> None:
    one, two, *_ = marks(tmp_path)
    answer = f"To: {returned_to(one)}\nSubject: RE: x\n\nJ’ai quitté la préfecture.\n".encode()
    away = f"To: {returned_to(two)}\nAuto-Submitted: auto-replied\n\nAbsent\n".encode()
    with imap() as url, mailbox_at(url) as client:
        run.environment["RETURNS_URL"] = url
        before = kept(client)
        put(client, answer, away, report("f" * 24, "5.1.1"))  # and one about nobody here

        first = run("invitations", "returns")
        second = run("invitations", "returns")

        assert kept(client) == before + 3
    assert re.search(r"réponse d’une personne, à lire +1\n", first)
    assert re.search(r"réponse automatique, à lire +1\n", first)
    assert "à lire" not in second
    assert bounced(run) == 0


@pytest.mark.long
def test_what_a_person_has_opened_is_read_all_the_same_and_what_is_left_stays_unread(
    run: Shell, tmp_path: Path
) -> None:
    one, two, *_ = marks(tmp_path)
    answer = f"To: {returned_to(two)}\nSubject: RE: x\n\nJ’ai quitté la préfecture.\n".encode()
    with dovecot() as url, mailbox_at(url, '"Trait&AOk-s"') as client:
        run.environment["RETURNS_URL"] = url + "Traités"
        put(client, report(one, "5.1.1"), folder='"Trait&AOk-s"')
        client.store("1", "+FLAGS", "(\\Seen)")
        put(client, answer, folder='"Trait&AOk-s"')

        first = run("invitations", "returns")
        second = run("invitations", "returns")

        assert (kept(client), kept(client, "UNSEEN")) == (1, 1)
    assert bounced(run) == 1
    assert "réponse d’une personne, à lire" in first
    assert "à lire" not in second


@pytest.mark.long
def test_a_mailbox_of_many_messages_is_read_whole(run: Shell, tmp_path: Path) -> None:
    invite(run, "essai", tmp_path, len(EXPECTED))
    run("invitations", "send", "essai")
    told = everything_returned(tmp_path / "retours", marks(tmp_path))
    to_read = sum(told[KIND_WORDS[kind]] for kind in TO_READ)
    with imap() as url, mailbox_at(url) as client:
        before = kept(client)
        put(client, *(path.read_bytes() for path in (tmp_path / "retours").iterdir()))
        run.environment |= {"RETURNS_URL": url, "MAIL_RETURNS": ""}
        run("worker", "--once")
        assert kept(client) == before + told.total() > before + SLICE
        run.environment["MAIL_RETURNS"] = RETURNS

        run("worker", "--once")

        assert kept(client) == before + to_read
    assert bounced(run) == sum(told[KIND_WORDS[kind]] for kind in UNDELIVERED)


@pytest.mark.long
def test_a_mailbox_is_read_again_until_what_it_held_is_recorded(run: Shell, tmp_path: Path) -> None:
    one, two, *_ = marks(tmp_path)
    with imap() as url, mailbox_at(url) as client:
        run.environment["RETURNS_URL"] = url
        parts = run.app().parts
        before = kept(client)
        put(client, report(one, "5.1.1"), report(two, "5.2.2"))
        ours: Database = parts[Stores]["roll"]
        with closing(Database(ours.url.render_as_string(hide_password=False), patience=0.2)) as d:
            settings = Settings.from_environment(run.environment)
            returns = Returns(d, RollKeys(tmp_path / "keys"))
            collector = Collector(returns, parts[Campaigns], parts[Journal], settings)
            with ours.write() as connection:
                connection.execute(update(invitation).values(opted_out=False))
                with pytest.raises(DBAPIError):
                    collector.mailbox()
            assert kept(client) == before + 2

        run("worker", "--once")

        assert kept(client) == before
    assert bounced(run) == 2


@pytest.mark.long
def test_a_folder_with_an_accent_is_read(run: Shell, tmp_path: Path) -> None:
    with imap(WITH_ACCENT) as url, mailbox_at(url, '"Trait&AOk-s"') as client:
        ways = ("Traités", "Trait%C3%A9s", "Trait&AOk-s")
        for written, mark in zip(ways, marks(tmp_path), strict=False):
            run.environment["RETURNS_URL"] = url + written
            put(client, report(mark, "5.1.1"), folder='"Trait&AOk-s"')

            run("worker", "--once")

            assert kept(client) == 0
    assert bounced(run) == len(ways)


@pytest.mark.long
def test_a_folder_that_is_not_there_is_told_with_those_that_are(run: Shell) -> None:
    with imap() as url, mailbox_at(url, '"Trait&AOk-s"'):
        run.environment["RETURNS_URL"] = url + "Retours et réponses"

        assert "tâches échouées" in run("worker", "--once", code=4)
        with pytest.raises(OSError, match=r"Retours et réponses.*INBOX.*Traités"):
            run.app().parts[Collector].mailbox()


def test_what_answers_in_the_place_of_the_mailbox_never_ends_the_worker(
    run: Shell, sink: MailSink
) -> None:
    run.environment["RETURNS_URL"] = sink.url.replace("smtp://", "imap://a:b@")

    assert "tâches échouées" in run("worker", "--once", code=4)


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
    made.app.parts.add(Returns(made.roll_store, keys))
    return made


def agents_of(platform: running.Running) -> Batch:
    (batch,) = [one for one in platform.roll.batches("essai") if one.audience == "agents"]
    return batch


def somebody(platform: running.Running) -> Outgoing:
    found = platform.roll.unused_invitation("essai", "agents")
    assert found is not None
    return found


def test_correcting_an_address_never_tells_whether_its_code_was_used(
    platform: running.Running, keys_directory: Path
) -> None:
    roll, returns = platform.roll, platform.app.parts[Returns]
    used, unused, _ = platform.codes["agents"]
    public = platform.campaign.keys["agents"]
    r = blinding_factor(public, secrets.token_bytes(32))
    hidden, _ = blind(public, secrets.token_bytes(64), salt=secrets.token_bytes(48), r=r)
    roll.issue(platform.campaign, "agents", used, hidden)
    batch = agents_of(platform)
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
    assert f'value="{"0" * 26}"' in visitor.body
    visitor.fill({"code": f"Code : {code}", "choix": "non"}).press("Enregistrer ce choix")
    assert "C’est noté" in visitor.body


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
    outgoing = somebody(platform)

    letter = Writer(platform.campaign, settings).letter(outgoing, platform.roll.now())

    assert letter.sender == returned_to(outgoing.returns)
    assert outgoing.returns not in (outgoing.code.lower(), outgoing.id.hex())
    assert f"<mailto:{returned_to('stop-' + outgoing.returns)}>".encode() in letter.content
    assert outgoing.code.encode() not in letter.content.split(b"\r\n\r\n")[0]


ORDERS = [
    (order[:cut], order[cut:])
    for order in permutations(
        (("failed", "5.1.1"), ("failed", "5.2.2"), ("delayed", "4.4.1"), ("delivered", "2.0.0"))
    )
    for cut in (1, 4)
]


def test_reports_on_one_invitation_never_hide_each_other(platform: running.Running) -> None:
    returns = platform.app.parts[Returns]
    outgoing, batch = somebody(platform), agents_of(platform)
    for rounds in ORDERS:
        with platform.roll_store.write() as connection:
            connection.execute(update(invitation).values(delivery="sent", delivery_reason=""))

        for told in rounds:
            reports = [report(outgoing.returns, status, action=done) for done, status in told]
            returns.record("essai", [read(one, RETURNS) for one in reports])

        (line,) = platform.roll.undelivered(batch.id)
        assert line.reason.startswith(KIND_WORDS["wrong"]), rounds


def test_what_comes_back_of_an_old_address_says_nothing_about_the_new_one(
    platform: running.Running,
) -> None:
    roll, returns = platform.roll, platform.app.parts[Returns]
    old, batch = somebody(platform), agents_of(platform)
    returns.record("essai", [read(report(old.returns, "5.1.1"), RETURNS)])
    returns.correct(batch.id, old.address, "juste@exemple.gouv.fr")
    roll.start_sending(batch.id)
    new = roll.claim_next(batch.id)
    assert new is not None
    roll.mark_sent(new.id)

    late = [read(one, RETURNS) for one in (report(old.returns, "5.1.1"), wish(old.returns))]
    assert returns.record("essai", late) == ()
    assert (roll.counts("essai").bounced, roll.counts("essai").opted_out) == (0, 0)
    returns.record("essai", [read(report(new.returns, "5.2.2"), RETURNS)])
    assert [line.address for line in roll.undelivered(batch.id)] == ["juste@exemple.gouv.fr"]


def wish(mark: str) -> bytes:
    return f"To: {returned_to('stop-' + mark)}\n\n".encode()


def test_the_same_address_may_be_invited_again_when_its_box_is_no_longer_full(
    platform: running.Running,
) -> None:
    roll, returns = platform.roll, platform.app.parts[Returns]
    outgoing, batch = somebody(platform), agents_of(platform)
    returns.record("essai", [read(report(outgoing.returns, "5.2.2"), RETURNS)])

    returns.correct(batch.id, outgoing.address, outgoing.address)

    assert roll.batch(batch.id).counts.waiting == 1
    assert roll.undelivered(batch.id) == ()


def test_a_report_that_comes_before_the_relay_has_answered_is_kept(
    platform: running.Running,
) -> None:
    roll, returns = platform.roll, platform.app.parts[Returns]
    batch = agents_of(platform)
    with platform.roll_store.write() as connection:
        connection.execute(update(invitation).values(delivery="waiting"))
    roll.send_uncertain_again(batch.id)
    roll.start_sending(batch.id)
    outgoing = roll.claim_next(batch.id)
    assert outgoing is not None

    returns.record("essai", [read(report(outgoing.returns, "5.1.1"), RETURNS)])
    roll.settle(Settled(id=outgoing.id, delivery="sent"))

    assert roll.counts("essai").bounced == 1
