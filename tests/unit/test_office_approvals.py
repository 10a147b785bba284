"""What takes two persons: one asks, another approves, and it does not last."""

from datetime import timedelta

import pytest
from conftest import Clock
from small import FAST_HASHING
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from consultation.database import Database
from consultation.office import approvals
from consultation.office.accounts import Account
from consultation.office.campaigns import UnknownCampaign
from consultation.office.store import Accounts, Approvals
from consultation.office.tables import approval, campaign

SLUG = "juin-2024"


@pytest.fixture
def two(office_database: Database, clock: Clock) -> Approvals:
    values = {"slug": SLUG, "urn": bytes(16), "title": "", "definition": "", "lists": {}}
    dates = {"opens": clock.now, "closes": clock.now + timedelta(days=7)}
    others = {"digest": "", "state": "open", "pool": 50, "export_key": bytes(32)}
    with office_database.write() as tx:
        tx.execute(campaign.insert().values(values | dates | others))
    return Approvals(office_database, clock)


@pytest.fixture
def office(office_database: Database, clock: Clock) -> Accounts:
    return Accounts(office_database, clock, hashing=FAST_HASHING, secret_key="k" * 48)


def somebody(office: Accounts, login: str, role: str = "exploitation") -> Account:
    return office.create(login, "une phrase assez longue", role)


def test_one_asks_and_another_approves(two: Approvals, office: Accounts) -> None:
    alix, bo = somebody(office, "alix"), somebody(office, "bo")

    asked = two.request("early-closing", SLUG, alix)
    before = two.granted("early-closing", SLUG)
    approved = two.approve(asked.id, bo)

    assert not before
    assert two.granted("early-closing", SLUG)
    assert (approved.requested_by, approved.approved_by) == ("alix", "bo")
    assert two.all() == (approved,)
    two.require("early-closing", SLUG)


def test_nobody_approves_their_own_request(
    two: Approvals, office: Accounts, office_database: Database
) -> None:
    alix = somebody(office, "alix")
    asked = two.request("early-closing", SLUG, alix)

    with pytest.raises(approvals.SamePerson):
        two.approve(asked.id, alix)
    with pytest.raises(IntegrityError), office_database.write() as tx:
        tx.execute(update(approval).values(approved_by="alix"))

    with pytest.raises(approvals.TwoPersonsNeeded):
        two.require("early-closing", SLUG)


def test_an_agreement_is_for_one_action_on_one_campaign(two: Approvals, office: Accounts) -> None:
    asked = two.request("early-closing", SLUG, somebody(office, "alix"))
    two.approve(asked.id, somebody(office, "bo"))

    assert not two.granted("final-release", SLUG)
    assert not two.granted("early-closing", "autre")


@pytest.mark.parametrize("role", ["rh", "analyste", "auditeur"])
def test_other_roles_neither_ask_nor_approve(two: Approvals, office: Accounts, role: str) -> None:
    other = somebody(office, "cam", role)
    asked = two.request("final-release", SLUG, somebody(office, "alix"))

    with pytest.raises(approvals.NotTheirs):
        two.request("early-closing", SLUG, other)
    for act in (two.approve, two.withdraw):
        with pytest.raises(approvals.NotTheirs):
            act(asked.id, other)


def test_asking_again_finds_the_request_that_is_there(two: Approvals, office: Accounts) -> None:
    alix, bo = somebody(office, "alix"), somebody(office, "bo")

    asked = two.request("early-closing", SLUG, alix)

    assert two.request("early-closing", SLUG, alix) == asked
    assert two.request("early-closing", SLUG, bo) == asked
    assert not two.granted("early-closing", SLUG)


def test_approving_twice_changes_nothing(two: Approvals, office: Accounts) -> None:
    asked = two.request("early-closing", SLUG, somebody(office, "alix"))
    bo, cam = somebody(office, "bo"), somebody(office, "cam")

    approved = two.approve(asked.id, bo)

    assert two.approve(asked.id, bo) == two.approve(asked.id, cam) == approved


def test_an_agreement_ends_after_a_day(two: Approvals, office: Accounts, clock: Clock) -> None:
    alix, bo = somebody(office, "alix"), somebody(office, "bo")
    asked = two.request("early-closing", SLUG, alix)
    two.approve(asked.id, bo)
    clock.advance(hours=23, minutes=59)
    assert two.granted("early-closing", SLUG)

    clock.advance(minutes=1)

    assert not two.granted("early-closing", SLUG)
    with pytest.raises(approvals.UnknownApproval):
        two.approve(asked.id, bo)
    assert two.request("early-closing", SLUG, bo).requested_by == "bo"


def test_an_agreement_may_be_taken_back(two: Approvals, office: Accounts) -> None:
    alix, bo = somebody(office, "alix"), somebody(office, "bo")
    asked = two.request("early-closing", SLUG, alix)
    two.approve(asked.id, bo)

    two.withdraw(asked.id, alix)

    assert not two.granted("early-closing", SLUG)
    assert two.all() == ()


def test_what_does_not_exist_is_not_asked(two: Approvals, office: Accounts) -> None:
    alix = somebody(office, "alix")

    with pytest.raises(UnknownCampaign):
        two.request("early-closing", "inconnue", alix)
    with pytest.raises(approvals.UnknownApproval):
        two.approve(bytes(16), alix)
    with pytest.raises(approvals.UnknownAction):
        approvals.known_action("tout-effacer")
