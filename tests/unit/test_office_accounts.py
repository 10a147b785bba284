"""Accounts: one login, one role; guessing is slow and tells nothing."""

import threading
from base64 import b32encode
from contextlib import suppress
from datetime import timedelta

import pytest
from conftest import Clock
from small import FAST_HASHING
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from consultation.database import Database
from consultation.office import accounts, totp
from consultation.office.store import Accounts
from consultation.office.tables import account

SECRET_KEY = "k" * 48
PASSWORD = "une phrase assez longue"


@pytest.fixture
def office(office_database: Database, clock: Clock) -> Accounts:
    return Accounts(office_database, clock, hashing=FAST_HASHING, secret_key=SECRET_KEY)


def fail(office: Accounts, times: int = 1, login: str = "alix") -> None:
    for _ in range(times):
        with pytest.raises(accounts.LoginRefused):
            office.check(login, "autre chose de long")


def test_the_right_password_opens_the_account(office: Accounts) -> None:
    created = office.create(" Alix ", PASSWORD, "rh", "01")

    found = office.check("ALIX", PASSWORD)

    assert found == created == office.get(created.id)
    assert (found.login, found.role, found.perimeter) == ("alix", "rh", "01")
    assert found.role_words == "ressources humaines"


def test_every_refusal_says_the_same(office: Accounts) -> None:
    office.create("alix", PASSWORD, "rh")
    office.create("bo", PASSWORD, "rh")
    office.deactivate("bo")
    office.create("cam", PASSWORD, "rh")
    fail(office, 5, "cam")
    sentences = set()

    for login, password in (
        ("alix", "faux"),
        ("inconnu", PASSWORD),
        ("bo", PASSWORD),
        ("cam", PASSWORD),
    ):
        with pytest.raises(accounts.LoginRefused) as refused:
            office.check(login, password)
        sentences.add(refused.value.sentence)

    assert len(sentences) == 1


def test_five_failures_block_the_account_for_a_quarter_of_an_hour(
    office: Accounts, clock: Clock
) -> None:
    office.create("alix", PASSWORD, "rh")
    fail(office, 5)

    with pytest.raises(accounts.LoginRefused):
        office.check("alix", PASSWORD)
    clock.advance(minutes=14, seconds=59)
    with pytest.raises(accounts.LoginRefused):
        office.check("alix", PASSWORD)
    clock.advance(seconds=1)

    assert office.check("alix", PASSWORD).login == "alix"


def test_after_the_quarter_of_an_hour_five_more_attempts_are_allowed(
    office: Accounts, clock: Clock
) -> None:
    office.create("alix", PASSWORD, "rh")
    fail(office, 5)
    clock.advance(minutes=15)
    fail(office, 4)

    assert office.check("alix", PASSWORD)


def test_a_success_forgives_the_failures_before_it(office: Accounts) -> None:
    office.create("alix", PASSWORD, "rh")

    for _ in range(3):
        fail(office, 4)
        assert office.check("alix", PASSWORD)


def test_failures_on_one_account_do_not_block_another(office: Accounts) -> None:
    office.create("alix", PASSWORD, "rh")
    office.create("bo", PASSWORD, "analyste")

    fail(office, 5)

    assert office.check("bo", PASSWORD).role == "analyste"


def test_many_attempts_at_once_are_still_five(office: Accounts, clock: Clock) -> None:
    office.create("alix", PASSWORD, "rh")
    looked_at: list[str] = []
    start = threading.Barrier(12)

    def guess() -> None:
        start.wait()
        row = office._attempt("alix")
        if row is not None:
            looked_at.append(row["login"])

    guessers = [threading.Thread(target=guess) for _ in range(12)]
    for guesser in guessers:
        guesser.start()
    for guesser in guessers:
        guesser.join()

    assert len(looked_at) == accounts.FAILURES_ALLOWED


def test_a_new_password_replaces_the_old_one_and_ends_sessions(office: Accounts) -> None:
    before = office.create("alix", PASSWORD, "rh")

    office.set_password("alix", "une autre phrase longue")

    fail(office)
    after = office.check("alix", "une autre phrase longue")
    assert after.session_epoch > before.session_epoch


def test_a_new_password_frees_a_blocked_account(office: Accounts) -> None:
    office.create("alix", PASSWORD, "rh")
    fail(office, 5)

    office.set_password("alix", PASSWORD)

    assert office.check("alix", PASSWORD)


def test_ending_sessions_changes_the_epoch_only(office: Accounts) -> None:
    before = office.create("alix", PASSWORD, "rh")

    office.end_sessions(before.id)

    assert office.check("alix", PASSWORD).session_epoch == before.session_epoch + 1


def test_a_closed_account_opens_nothing(office: Accounts) -> None:
    office.create("alix", PASSWORD, "rh")

    office.deactivate("alix")

    with pytest.raises(accounts.LoginRefused):
        office.check("alix", PASSWORD)
    assert not office.all()[0].active


@pytest.mark.parametrize(
    ("login", "password", "role", "refusal"),
    [
        ("", PASSWORD, "rh", accounts.WrongLogin),
        ("deux mots", PASSWORD, "rh", accounts.WrongLogin),
        ("x" * 101, PASSWORD, "rh", accounts.WrongLogin),
        ("bo", "onze lettre", "rh", accounts.WeakPassword),
        ("bo", PASSWORD, "chef", accounts.WrongRole),
        ("Alix", PASSWORD, "analyste", accounts.LoginTaken),
    ],
)
def test_an_account_that_cannot_be_is_refused(
    office: Accounts, login: str, password: str, role: str, refusal: type[Exception]
) -> None:
    office.create("alix", PASSWORD, "rh")

    with pytest.raises(refusal):
        office.create(login, password, role)

    assert [account.login for account in office.all()] == ["alix"]


def test_an_account_nobody_has_is_unknown(office: Accounts) -> None:
    with pytest.raises(accounts.UnknownAccount):
        office.get(bytes(16))
    with pytest.raises(accounts.UnknownAccount):
        office.set_password("alix", PASSWORD)


def test_the_store_holds_a_slow_hash_and_never_a_password(
    office_database: Database, clock: Clock
) -> None:
    Accounts(office_database, clock, secret_key=SECRET_KEY).create("alix", PASSWORD, "rh")

    with office_database.read() as connection:
        stored = connection.exec_driver_sql("SELECT password FROM account").scalar_one()

    assert stored.startswith("scrypt:32768:8:1$")
    assert PASSWORD not in stored


def code(clock: Clock, secret: bytes, late: int = 0) -> str:
    return totp.code(secret, totp.step_at(clock.now + timedelta(seconds=late)))


def prepared(office: Accounts, account_id: bytes) -> bytes:
    office.prepare_second_factor(account_id)
    secret = office.prepared_second_factor(account_id)
    assert secret
    return secret


@pytest.fixture
def protected(office: Accounts, clock: Clock) -> bytes:
    """The secret of alix, whose application has given its first code a minute ago."""
    alix = office.create("alix", PASSWORD, "rh")
    secret = prepared(office, alix.id)
    office.confirm_second_factor(alix.id, code(clock, secret))
    clock.advance(minutes=1)
    return secret


def test_a_first_code_adds_an_application_and_ends_the_sessions(
    office: Accounts, clock: Clock
) -> None:
    alix = office.create("alix", PASSWORD, "rh")
    secret = prepared(office, alix.id)
    before = office.check("alix", PASSWORD)  # nothing is asked until then

    protected = office.confirm_second_factor(alix.id, code(clock, secret))

    assert (before.two_factors, protected.two_factors) == (False, True)
    assert protected.session_epoch > before.session_epoch > alix.session_epoch


def test_a_wrong_first_code_adds_nothing(office: Accounts) -> None:
    alix = office.create("alix", PASSWORD, "rh")
    with pytest.raises(accounts.AlreadyProtected):
        office.confirm_second_factor(alix.id, "000000")
    office.prepare_second_factor(alix.id)

    with pytest.raises(accounts.WrongCode):
        office.confirm_second_factor(alix.id, "zut")

    assert not office.get(alix.id).two_factors


def test_preparing_again_makes_another_secret(office: Accounts, clock: Clock) -> None:
    alix = office.create("alix", PASSWORD, "rh")
    seen_by_another = prepared(office, alix.id)
    secret = prepared(office, alix.id)

    assert office.prepared_second_factor(alix.id) == secret != seen_by_another
    with pytest.raises(accounts.WrongCode):
        office.confirm_second_factor(alix.id, code(clock, seen_by_another))


def test_once_confirmed_the_secret_is_never_shown_nor_replaced(
    office: Accounts, protected: bytes
) -> None:
    alix = office.all()[0]

    assert office.prepared_second_factor(alix.id) is None
    with pytest.raises(accounts.AlreadyProtected):
        office.prepare_second_factor(alix.id)


@pytest.mark.usefixtures("protected")
@pytest.mark.parametrize("typed", ["", "000000", "pas des chiffres", "١٢٣٤٥٦"])
def test_the_password_alone_no_longer_opens(office: Accounts, typed: str) -> None:
    with pytest.raises(accounts.LoginRefused):
        office.check("alix", PASSWORD, typed)


def test_a_code_opens_once(office: Accounts, clock: Clock, protected: bytes) -> None:
    shown = code(clock, protected)
    assert office.check("alix", PASSWORD, shown)

    for late in (0, 25):
        clock.advance(seconds=late)
        with pytest.raises(accounts.LoginRefused):
            office.check("alix", PASSWORD, shown)


def test_an_older_code_does_not_open_after_a_newer_one(
    office: Accounts, clock: Clock, protected: bytes
) -> None:
    before = code(clock, protected, -30)
    assert office.check("alix", PASSWORD, code(clock, protected))

    with pytest.raises(accounts.LoginRefused):
        office.check("alix", PASSWORD, before)


def test_the_code_that_added_the_application_opens_nothing(office: Accounts, clock: Clock) -> None:
    alix = office.create("alix", PASSWORD, "rh")
    shown = code(clock, prepared(office, alix.id))
    office.confirm_second_factor(alix.id, shown)

    with pytest.raises(accounts.LoginRefused):
        office.check("alix", PASSWORD, shown)


def test_one_code_used_twice_at_once_opens_once(
    office: Accounts, clock: Clock, protected: bytes
) -> None:
    shown, entered = code(clock, protected), []
    start = threading.Barrier(4)

    def enter() -> None:
        start.wait()
        with suppress(accounts.LoginRefused):
            entered.append(office.check("alix", PASSWORD, shown))

    persons = [threading.Thread(target=enter) for _ in range(4)]
    for person in persons:
        person.start()
    for person in persons:
        person.join()

    assert len(entered) == 1


def test_codes_are_throttled_with_the_password(
    office: Accounts, clock: Clock, protected: bytes
) -> None:
    refusals = []

    for _ in range(5):
        with pytest.raises(accounts.LoginRefused) as refused:
            office.check("alix", PASSWORD, "000000")
        refusals.append(refused.value.blocked)

    assert refusals == ["", "", "", "", "alix"]
    with pytest.raises(accounts.LoginRefused) as after:
        office.check("alix", PASSWORD, code(clock, protected))
    assert after.value.blocked == ""
    clock.advance(minutes=15)
    assert office.check("alix", PASSWORD, code(clock, protected)).failures == 5


def test_a_lost_application_is_forgotten_and_sessions_end(
    office: Accounts, protected: bytes
) -> None:
    before = office.all()[0]

    office.reset_second_factor("Alix")

    after = office.check("alix", PASSWORD)
    assert not after.two_factors
    assert after.session_epoch > before.session_epoch
    assert prepared(office, after.id) != protected


def test_the_store_never_holds_a_second_factor_in_clear(
    office_database: Database, protected: bytes
) -> None:
    with office_database.read() as connection:
        stored = connection.exec_driver_sql("SELECT totp_secret FROM account").scalar_one()

    for shape in (protected, protected.hex().encode(), b32encode(protected)):
        assert shape not in bytes(stored)


def test_another_secret_key_opens_no_second_factor(
    office: Accounts, office_database: Database, clock: Clock, protected: bytes
) -> None:
    elsewhere = Accounts(office_database, clock, hashing=FAST_HASHING, secret_key="autre" * 10)

    with pytest.raises(accounts.LoginRefused):
        elsewhere.check("alix", PASSWORD, code(clock, protected))
    assert elsewhere.unreadable_second_factors() == ("alix",)
    assert office.unreadable_second_factors() == ()


NEWER = "n" * 48


def test_a_new_key_takes_over_what_the_former_one_had_locked(
    office: Accounts, office_database: Database, clock: Clock, protected: bytes
) -> None:
    newer = Accounts(office_database, clock, hashing=FAST_HASHING, secret_key=NEWER)
    office.create("bo", PASSWORD, "rh")
    before = {one.login: one.session_epoch for one in office.all()}

    assert newer.rotate(SECRET_KEY).relocked == ("alix",)

    assert newer.check("alix", PASSWORD, code(clock, protected))
    assert office.unreadable_second_factors() == ("alix",)
    assert all(one.session_epoch > before[one.login] for one in newer.all())
    again = newer.rotate(SECRET_KEY)
    assert (again.relocked, again.unreadable) == ((), ())


def test_a_wrong_former_key_is_told_and_loses_nothing(
    office: Accounts, office_database: Database, clock: Clock, protected: bytes
) -> None:
    newer = Accounts(office_database, clock, hashing=FAST_HASHING, secret_key=NEWER)

    assert newer.rotate("autre" * 10).unreadable == ("alix",)

    assert office.check("alix", PASSWORD, code(clock, protected))


def test_a_server_knows_the_roles_that_enter_there_and_no_other(
    office: Accounts, office_database: Database, clock: Clock, protected: bytes
) -> None:
    office.create("ana", PASSWORD, "analyste")
    keys = {"analyste": NEWER}
    elsewhere = Accounts(office_database, clock, hashing=FAST_HASHING, secret_key=keys)
    before = office.get(office.check("alix", PASSWORD, code(clock, protected)).id)

    assert elsewhere.check("ana", PASSWORD).role == "analyste"
    for _ in range(6):
        with pytest.raises(accounts.LoginRefused):
            elsewhere.check("alix", PASSWORD, code(clock, protected, 30))
    assert elsewhere.rotate(SECRET_KEY).relocked == ()
    assert elsewhere.openable_strangers() == ()
    assert office.get(before.id) == before  # nobody there blocks or logs out an HR


def test_a_key_that_opens_those_who_enter_elsewhere_is_seen(
    office_database: Database, clock: Clock, protected: bytes
) -> None:
    keys = {"auditeur": SECRET_KEY}
    shared = Accounts(office_database, clock, hashing=FAST_HASHING, secret_key=keys)

    assert shared.openable_strangers() == ("alix",)


def test_a_second_factor_copied_to_another_account_opens_nothing(
    office: Accounts, office_database: Database, clock: Clock, protected: bytes
) -> None:
    office.create("bo", PASSWORD, "analyste")
    copied = "UPDATE account SET totp_step = 0, totp_secret = (SELECT totp_secret FROM account"
    with office_database.write() as tx:
        tx.exec_driver_sql(f"{copied} WHERE login = 'alix') WHERE login = 'bo'")

    with pytest.raises(accounts.LoginRefused):
        office.check("bo", PASSWORD, code(clock, protected))


def test_an_account_has_one_role_and_never_two(office: Accounts, office_database: Database) -> None:
    office.create("alix", PASSWORD, "rh")

    with pytest.raises(accounts.LoginTaken):
        office.create("Alix", PASSWORD, "analyste")
    for both in ("rh, analyste", "rh analyste", "rh,analyste"):
        with pytest.raises(accounts.WrongRole):
            office.create("bo", PASSWORD, both)
        with pytest.raises(IntegrityError), office_database.write() as tx:
            tx.execute(update(account).values(role=both))
    assert [one.role for one in office.all()] == ["rh"]


def test_the_roles_are_these() -> None:
    assert accounts.ROLES == ("rh", "analyste", "exploitation", "auditeur")
    assert {"rh", "analyste", "exploitation"} == accounts.TWO_FACTORS
