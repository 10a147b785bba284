"""A campaign whose dates are days begins with the first and ends with the last, and says so."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from html import unescape
from pathlib import Path

import pytest
import small
from commands import Shell, invite, lend_keys, questionnaire, shell
from conftest import Clock
from pypdf import PdfReader
from visitor import Visitor

from consultation.config import Settings
from consultation.database import Database
from consultation.demo.mail_sink import MailSink
from consultation.office.store import Campaigns, Journal
from consultation.roll import paper
from consultation.roll.slips import FORMS
from consultation.roll.store import Roll

SLUG = "essai"
LAST_DAY = "dimanche 20 décembre 2026 à minuit"
MISREAD = re.compile(r"2[01] décembre(?: 2026)? à 0[\s\u00a0]h|21 December 2026 at 00:00")


@pytest.fixture
def run(store: Callable[[str], Database], tmp_path: Path, clock: Clock) -> Iterator[Shell]:
    clock.now = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
    with shell(store, tmp_path, clock) as made:
        lend_keys(tmp_path / "keys", SLUG)
        dates = ("--opens", "2026-12-07", "--closes", "2026-12-20")
        file = questionnaire(tmp_path)
        file.write_text(small.bilingual(), "utf-8")
        said = made("campaign", "create", file, *dates, "--slug", SLUG)
        assert "lundi 7 décembre 2026 à 0\u00a0h (heure de Paris)" in said
        assert f"{LAST_DAY} (heure de Paris)" in said
        invite(made, SLUG, tmp_path, 30)
        made("campaign", "open", SLUG)
        yield made


def phase(run: Shell, clock: Clock, moment: str) -> str:
    clock.now = datetime.fromisoformat(f"{moment}+01:00")
    campaign = run.app().parts[Campaigns].get(SLUG)
    return str(campaign.phase(clock.now))


def test_it_is_open_from_the_first_moment_of_the_first_day_to_the_last_of_the_last(
    run: Shell, clock: Clock
) -> None:
    assert phase(run, clock, "2026-12-06T23:59:59") == "scheduled"
    assert phase(run, clock, "2026-12-07T00:00:00") == "open"
    assert phase(run, clock, "2026-12-20T23:59:59") == "open"
    assert phase(run, clock, "2026-12-21T00:00:00") == "closing"
    assert phase(run, clock, "2026-12-22T23:59:59") == "closing"  # two days of grace
    assert phase(run, clock, "2026-12-23T00:00:00") == "closed"


def test_every_page_an_agent_sees_names_the_last_day(run: Shell, clock: Clock) -> None:
    clock.now = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)
    agent = Visitor(run.app())
    code = run.app().parts[Roll].unused_invitation(SLUG, "agents").code

    french = shown(agent.open(f"/q/{SLUG}/agents"))
    agent.fill({"code": code}).press("Commencer")
    agent.fill({"fonction": "agent"}).press("suite")
    saved = shown(agent.press("Enregistrer et finir plus tard"))

    for page in (french, saved):
        assert f"{LAST_DAY} (heure de Paris)" in page
        assert "dimanche 20 décembre 2026 à 19 h" in page  # in Guadeloupe
        assert not MISREAD.search(page)
    english = shown(agent.open(f"/q/{SLUG}/agents?lang=en"))
    assert "Sunday 20 December 2026 at midnight (Paris time)" in english
    assert not MISREAD.search(english)


def test_a_page_too_early_or_too_late_names_the_same_days(run: Shell, clock: Clock) -> None:
    early = shown(Visitor(run.app()).open(f"/q/{SLUG}/agents", status=403))
    clock.now = datetime(2026, 12, 23, 9, 0, tzinfo=UTC)
    late = shown(Visitor(run.app()).open(f"/q/{SLUG}/agents", status=410))

    assert "lundi 7 décembre 2026 à 0 h" in early
    assert f"Elle a fermé le {LAST_DAY} (heure de Paris)" in late


def test_messages_reminders_and_letters_name_the_last_day(
    run: Shell, clock: Clock, tmp_path: Path
) -> None:
    clock.now = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)
    with MailSink(tmp_path / "mail") as sink:
        run.environment["SMTP_URL"] = sink.url
        run("invitations", "send", SLUG)
        run("invitations", "remind", "--campaign", SLUG, "--yes")
        parts = run.app().parts
        campaign = parts[Campaigns].get(SLUG)

    mails = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in (tmp_path / "mail").glob("*.eml")
    ]
    assert len(mails) == 60
    for mail in mails:
        assert str(mail["Subject"]).endswith("(jusqu’au 20 décembre)")
        for kind in ("plain", "html"):
            text = spaced(mail.get_body((kind,)).get_content())
            assert f"du lundi 7 décembre 2026 à 0 h au {LAST_DAY} (heure de Paris)" in text
            assert not MISREAD.search(text)
    batch_id = parts[Roll].print_batch(SLUG, "Papier", "agents", 1)
    printed = paper.pdf(
        parts[Roll].batch(batch_id),
        campaign,
        parts[Settings],
        parts[Roll].printed_codes(batch_id),
        paper.shares("", 1),
        FORMS[0],
    )
    assert f"Jusqu’au {LAST_DAY}" in spaced(PdfReader(io.BytesIO(printed)).pages[0].extract_text())


def test_a_postponed_closing_ends_with_its_day_in_the_journal_too(run: Shell) -> None:
    said = run("campaign", "extend", SLUG, "--closes", "2026-12-31")

    assert "jeudi 31 décembre 2026 à minuit" in said
    (entry,) = (
        one for one in run.app().parts[Journal].entries() if one.action == "campagne prolongée"
    )
    assert entry.detail == f"{SLUG}, jusqu’au jeudi 31 décembre 2026 à minuit (heure de Paris)"


def shown(visitor: Visitor) -> str:
    return spaced(unescape(re.sub(r"<[^>]+>", "", visitor.body)))


def spaced(text: str) -> str:
    return " ".join(text.split())
