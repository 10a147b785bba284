"""A clock that jumps, back or forth, neither loses nor doubles nor frightens anyone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import running
import small
from conftest import Clock
from running import Running
from small import FAST_HASHING
from visitor import Visitor

from consultation.database import Database
from consultation.office.accounts import LoginRefused
from consultation.office.store import Accounts, Journal
from consultation.roll.keys import RollKeys

STEPS = ("Commencer", "suite", "suite", "suite", "Envoyer mes réponses")
BEFORE_THE_OPENING = small.OPENS - timedelta(days=400)
AFTER_THE_END = small.CLOSES + timedelta(days=400)
WRONG = {
    BEFORE_THE_OPENING: "La consultation n’est pas encore ouverte",
    AFTER_THE_END: "La consultation est terminée",
}


@pytest.fixture
def platform(
    store: Callable[[str], Database], roll_keys: RollKeys, clock: Clock, keys_directory: Path
) -> Running:
    people = len(WRONG) * len(STEPS)
    return running.run(store, roll_keys, clock, keys_directory, people=people)


@pytest.fixture
def code(platform: Running) -> str:
    return platform.codes["agents"][0]


@pytest.fixture
def visitor(platform: Running) -> Visitor:
    return Visitor(platform.app)


def step(visitor: Visitor, code: str, number: int, status: int = 200) -> None:
    """One step of an agent who types the code; the first page is answered, the others skipped."""
    if number == 0:
        visitor.open("/q").fill({"code": code})
    if number == 1:
        visitor.fill({"fonction": "agent"})
    visitor.press(STEPS[number], status)


def counted(platform: Running) -> tuple[int, int, int]:
    counts = platform.urn.counts(platform.campaign)
    return platform.roll.counts("essai").issued, counts.spent, counts.waiting


def test_going_back_an_hour_at_each_step_changes_nothing(
    platform: Running, visitor: Visitor, code: str, clock: Clock
) -> None:
    for number in range(len(STEPS)):
        clock.advance(hours=-1)
        platform.release.prove(platform.campaign)  # the worker's clock is this one
        step(visitor, code, number)

    assert visitor.page.heading == "Vos réponses sont envoyées"
    assert counted(platform) == (1, 1, 1)


def test_a_clock_gone_mad_between_two_steps_says_what_to_do_and_loses_nothing(
    platform: Running, clock: Clock
) -> None:
    right, cases = clock.now, [(wrong, at) for wrong in WRONG for at in range(len(STEPS))]
    for (wrong, at), code in zip(cases, platform.codes["agents"], strict=True):
        visitor = Visitor(platform.app)
        for number in range(at):
            step(visitor, code, number)
        url, body = visitor.url, visitor.body

        clock.now = wrong
        step(visitor, code, at, 403 if wrong < right else 410)
        assert visitor.page.heading == WRONG[wrong]
        assert "gard" in visitor.body.lower()  # keep the message, or: answers are kept
        assert "data-done" not in visitor.page.data  # which would have the browser forget them

        clock.now = right
        visitor.url, visitor.body = url, body  # the « Back » button
        for number in range(at, len(STEPS)):
            step(visitor, code, number)

    assert counted(platform) == (len(cases),) * 3


def test_a_ballot_sent_is_thanked_whatever_the_clock_says(
    platform: Running, visitor: Visitor, code: str, clock: Clock
) -> None:
    for number in range(len(STEPS) - 1):
        step(visitor, code, number)
    form = visitor.form("/envoyer")
    visitor.press("Envoyer mes réponses")

    for clock.now in (BEFORE_THE_OPENING, AFTER_THE_END):
        visitor.send(form.action, form.filled({}), 200)
        assert "déjà enregistrée" in visitor.body


def test_releases_do_not_ask_what_time_it_is(platform: Running, clock: Clock) -> None:
    for _ in range(3):
        held = small.credential()
        platform.release.prove(platform.campaign)
        platform.urn.cast(platform.campaign, "agents", held.msg, held.sig, b"{}")
        clock.advance(days=-1)
        platform.release.run(platform.campaign, everything=True)

    assert platform.urn.counts(platform.campaign).ballots == 3


def test_the_journal_is_right_even_when_its_hours_go_backwards(
    office_database: Database, clock: Clock
) -> None:
    journal = Journal(office_database, clock)
    for _ in range(3):
        journal.write("essai", "heure changée", "")
        clock.advance(hours=-5)

    assert journal.verify()


def test_an_account_blocked_by_a_clock_gone_mad_is_free_when_it_is_right_again(
    office_database: Database, clock: Clock
) -> None:
    accounts = Accounts(office_database, clock, hashing=FAST_HASHING, secret_key="s" * 48)
    accounts.create("rh", "un mot de passe assez long", "rh")
    right, clock.now = clock.now, datetime(2031, 1, 1, tzinfo=UTC)
    for _ in range(6):
        with pytest.raises(LoginRefused):
            accounts.check("rh", "faux")

    clock.now = right

    assert accounts.check("rh", "un mot de passe assez long").login == "rh"
