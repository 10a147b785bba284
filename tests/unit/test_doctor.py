"""Every rule of deployment: it holds on a healthy platform, and each way to break it is seen."""

from __future__ import annotations

import json
import logging
import random
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
import small
from conftest import Clock
from small import FAST_HASHING
from sqlalchemy import insert, select, update

from consultation import doctor, inspection
from consultation.airlock import Watched
from consultation.ballots.keys import BoxKeys
from consultation.ballots.release import Release
from consultation.ballots.standbys import UNSEEN, Position, Standbys
from consultation.ballots.tables import airlock, inbox
from consultation.config import Settings
from consultation.database import Database
from consultation.doctor import Patient, Remark
from consultation.legal import Accessibility, Audit, Body, Data, Legal
from consultation.office import totp
from consultation.office.proofs import Proofs
from consultation.office.rounds import Rounds
from consultation.office.store import Accounts, Campaigns, Journal
from consultation.office.tables import journal
from consultation.results.keys import ResultKeys
from consultation.sealing import write_key

WHOLE = Legal(
    publisher=Body(name="L’État", address="Paris", director="Camille Exemple"),
    host=Body(name="Centre", address="Lyon", telephone="04 00 00 00 00"),
    data=Data(controller="L’État", dpo="dpo@exemple.fr", retention="Trois mois."),
    accessibility=Accessibility(scheme="https://exemple.fr/schema"),
)
URN = bytes(range(16))
SECRET_KEY = "Zr8-vQ2mXk_p5TnW7bLd9yHs3cGfAe6uJ4tRoBiNw1K"


@dataclass
class Platform:
    """A healthy platform on SQLite, with one open campaign, and what a test changes in it."""

    patient: Patient
    directory: Path
    accounts: Accounts
    clock: Clock
    cleaning: ExitStack

    @property
    def keys(self) -> Path:
        return self.patient.settings.keys

    def change(self, **settings: object) -> None:
        self.patient = replace(
            self.patient, settings=replace(self.patient.settings, **settings), now=self.clock.now
        )

    def office(self) -> Database:
        return self.patient.opened["office"]

    def found(self, name: str) -> tuple[Remark, ...]:
        """What this rule says now."""
        fresh = replace(self.patient, now=self.clock.now)
        (one,) = doctor.examine(fresh, (getattr(doctor, name),))
        return one.remarks


@pytest.fixture
def platform(
    sqlite_models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory, clock: Clock
) -> Iterator[Platform]:
    directory = tmp_path_factory.mktemp("data")
    keys = tmp_path_factory.mktemp("elsewhere") / "keys"
    for name, model in sqlite_models.items():
        shutil.copy(model, directory / f"{name}.sqlite")
    urls = {name: f"sqlite:///{directory / name}.sqlite" for name in sqlite_models}
    settings = Settings(
        secret_key=SECRET_KEY,
        roll_url=urls["roll"],
        box_url=urls["box"],
        office_url=urls["office"],
        keys=keys,
        public_url="https://consultation.interieur.gouv.fr",
        mail_from="Consultation <consultation@interieur.gouv.fr>",
        limiter_storage="redis://localhost",
        legal=WHOLE,
    )
    with ExitStack() as cleaning:
        opened = {
            name: cleaning.enter_context(closing(Database(url))) for name, url in urls.items()
        }
        accounts = Accounts(opened["office"], clock, hashing=FAST_HASHING, secret_key=SECRET_KEY)
        for login in ("alix", "bo"):
            protect(accounts, login, clock)
        open_campaign(opened, keys, clock)
        patient = Patient(settings=settings, opened=opened, environ={}, workers=2, now=clock.now)
        yield Platform(patient, directory, accounts, clock, cleaning)


def protect(accounts: Accounts, login: str, clock: Clock) -> None:
    person = accounts.create(login, "une phrase assez longue", "exploitation")
    accounts.prepare_second_factor(person.id)
    secret = accounts.prepared_second_factor(person.id)
    assert secret
    accounts.confirm_second_factor(person.id, totp.code(secret, totp.step_at(clock.now)))


def open_campaign(opened: dict[str, Database], keys: Path, clock: Clock) -> None:
    for name in ("invite.key", "nojs.key"):
        write_key(keys / "roll" / "essai" / name, bytes(32))
    for audience in small.public_keys():
        pem = small.signing_key(audience).to_pem()
        write_key(keys / "roll" / "essai" / f"signing-{audience}.pem", pem)
    register = Campaigns(opened["office"], clock)
    campaign = register.create(
        slug="essai",
        urn=URN,
        definition=small.DEFINITION,
        lists=small.LISTS,
        opens=small.OPENS,
        closes=small.CLOSES,
        export_key=ResultKeys(keys).create("essai"),
        keys=small.public_keys(),
    )
    proofs = Proofs(opened["office"], clock)
    Release(opened["box"], BoxKeys(keys), proofs, clock, random.Random(1)).prepare(campaign)
    register.open("essai")
    Journal(opened["office"], clock).write("alix", "campagne ouverte", "essai")


def test_nothing_is_said_of_a_healthy_platform(platform: Platform) -> None:
    examined = doctor.examine(platform.patient)

    assert {one.name: one.remarks for one in examined if one.remarks} == {}
    assert doctor.worst(one.level for one in examined) == "ok"


def test_looking_changes_nothing(platform: Platform) -> None:
    before = {path: path.read_bytes() for path in platform.directory.glob("*.sqlite")}

    doctor.examine(platform.patient)

    assert {path: path.read_bytes() for path in platform.directory.glob("*.sqlite")} == before


def no_director(platform: Platform) -> None:
    platform.change(legal=replace(WHOLE, publisher=replace(WHOLE.publisher, director="")))


def old_audit(platform: Platform) -> None:
    audit = Audit(day=platform.clock.now.date() - timedelta(days=3 * 366), by="X", rate=90.0)
    platform.change(
        legal=replace(WHOLE, accessibility=Accessibility(scheme="https://x", audit=audit))
    )


Illness = Callable[[Platform], object]


def demonstration(platform: Platform) -> None:
    platform.change(demo=True)


def no_https(platform: Platform) -> None:
    platform.change(public_url="http://consultation.interieur.gouv.fr")


def clear_desk(platform: Platform) -> None:
    platform.change(roll_origin="http://guichet.interieur.gouv.fr")


def repeated_secret(platform: Platform) -> None:
    platform.change(secret_key="k" * 64)


def secret_of_words(platform: Platform) -> None:
    platform.change(secret_key="Changeme-" + SECRET_KEY)


def debugger(platform: Platform) -> None:
    platform.patient = replace(platform.patient, environ={"FLASK_DEBUG": "1"})


def access_log(platform: Platform) -> None:
    environ = {"GUNICORN_CMD_ARGS": "--access-logfile -"}
    platform.patient = replace(platform.patient, environ=environ)


def chatty_log(platform: Platform) -> None:
    platform.change(log_level="DEBUG")


def echo(platform: Platform) -> None:
    platform.patient.opened["box"].engine.echo = True


def secret_of_the_other_side(platform: Platform) -> None:
    shutil.rmtree(platform.keys / "roll")
    platform.change(sides=frozenset({"urn"}), roll_url="", secret_key="")
    environ = {"ROLL_DATABASE_URL": "postgresql://guichet@liste/roll"}
    platform.patient = replace(platform.patient, environ=environ)


def keys_of_the_other_side(platform: Platform) -> None:
    platform.change(sides=frozenset({"urn"}), roll_url="", secret_key="")


def memory_limiter(platform: Platform) -> None:
    platform.change(limiter_storage="memory://")


def foreign_sender(platform: Platform) -> None:
    platform.change(mail_from="consultation@finances.gouv.fr")


def clear_relay(platform: Platform) -> None:
    smtp = replace(platform.patient.settings.smtp, host="relais.example")
    platform.change(smtp=smtp)


def no_style(platform: Platform) -> None:
    platform.directory.joinpath("static").mkdir()
    platform.patient = replace(platform.patient, static=platform.directory / "static")


def stale_store(platform: Platform) -> None:
    with platform.office().write() as tx:
        tx.exec_driver_sql("UPDATE alembic_version SET version_num = 'office_0001'")


def missing_store(platform: Platform) -> None:
    platform.patient.opened["box"].close()
    (platform.directory / "box.sqlite").unlink()


def one_store_twice(platform: Platform) -> None:
    url = f"sqlite:///{platform.directory}/../{platform.directory.name}/box.sqlite"
    other = platform.cleaning.enter_context(closing(Database(url)))
    platform.patient.opened["roll"].close()
    platform.patient = replace(platform.patient, opened={**platform.patient.opened, "roll": other})


def mixed_tables(platform: Platform) -> None:
    with platform.patient.opened["box"].write() as tx:
        tx.exec_driver_sql("CREATE TABLE invitation (address TEXT)")


def open_files(platform: Platform) -> None:
    platform.directory.chmod(0o755)
    (platform.directory / "roll.sqlite").chmod(0o644)


def careless_pragma(platform: Platform) -> None:
    with platform.patient.opened["box"].engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA secure_delete = OFF")


def clock_gone_back(platform: Platform) -> None:
    platform.clock.advance(days=-1)


def full_disk(platform: Platform) -> None:
    platform.patient = replace(platform.patient, least_free=1 << 60)


def readable_key(platform: Platform) -> None:
    (platform.keys / "roll" / "essai" / "nojs.key").chmod(0o640)


def open_key_folder(platform: Platform) -> None:
    (platform.keys / "roll" / "essai").chmod(0o755)


def keys_among_stores(platform: Platform) -> None:
    shutil.move(platform.keys, platform.directory / "keys")
    platform.change(keys=platform.directory / "keys")


def no_invite_key(platform: Platform) -> None:
    (platform.keys / "roll" / "essai" / "invite.key").unlink()


def other_signing_key(platform: Platform) -> None:
    folder = platform.keys / "roll" / "essai"
    (folder / "signing-cadres.pem").write_bytes((folder / "signing-agents.pem").read_bytes())


def damaged_signing_key(platform: Platform) -> None:
    (platform.keys / "roll" / "essai" / "signing-agents.pem").write_text("pas une clé")


def short_invite_key(platform: Platform) -> None:
    (platform.keys / "roll" / "essai" / "invite.key").write_bytes(bytes(12))


def no_export_key(platform: Platform) -> None:
    (platform.keys / "results" / "essai" / "export.key").unlink()


def keys_after_the_end(platform: Platform) -> None:
    with platform.office().write() as tx:
        tx.exec_driver_sql("UPDATE campaign SET state = 'closed'")


def no_airlock_key(platform: Platform) -> None:
    next(platform.keys.glob("box/*/airlock-*.key")).unlink()


def ballots_that_do_not_open(platform: Platform) -> None:
    with platform.patient.opened["box"].write() as tx:
        tx.execute(insert(inbox).values(id=bytes(16), urn=URN, sealed=b"x" * 99))


def box_gone_back_after_the_end(platform: Platform) -> None:
    ballots_that_do_not_open(platform)
    keys_after_the_end(platform)


def late_standby(platform: Platform, name: str = "relais@192.0.2.7") -> None:
    """It has not replayed, for more than a day, what retired a key."""
    keys, now = BoxKeys(platform.keys), platform.clock.now
    keys.create(URN)
    for path in keys.seen(URN, current_key(platform), closed=False).retired:
        old = Watched(age=timedelta(hours=25), seen=now, system="", written=1000)
        keys.note(path, old)
    behind = Position(replayed={} if name == UNSEEN else {name: 999}, unseen=name == UNSEEN)
    Standbys(keys.directory).remember(behind)


def standby_out_of_sight(platform: Platform) -> None:
    late_standby(platform, UNSEEN)


def current_key(platform: Platform) -> bytes:
    with platform.patient.opened["box"].read() as connection:
        return bytes(connection.execute(select(airlock.c.public)).scalar_one())


def no_worker(platform: Platform) -> None:
    platform.clock.advance(minutes=10)


def clock_that_leapt(platform: Platform) -> None:
    Rounds(platform.office(), platform.clock).note()
    late_closing(platform)


def touched_journal(platform: Platform) -> None:
    with platform.office().write() as tx:
        tx.execute(update(journal).values(who="personne"))


def optional_factor(platform: Platform) -> None:
    platform.change(totp="facultatif")


def no_factor(platform: Platform) -> None:
    platform.accounts.create("cam", "une phrase assez longue", "rh")


def new_secret_key(platform: Platform) -> None:
    platform.change(secret_key=SECRET_KEY[::-1])


def key_of_everybody(platform: Platform) -> None:
    """As when the servers of the roll and of the office were given the same key."""
    platform.change(sides=frozenset({"roll"}), box_url="")


def one_operator(platform: Platform) -> None:
    platform.accounts.deactivate("bo")


def late_closing(platform: Platform) -> None:
    platform.clock.now = small.CLOSES + timedelta(hours=49)


ILL: list[tuple[str, Illness, doctor.Level, str]] = [
    ("real_use", demonstration, "warning", "CONSULTATION_DEMO"),
    ("https", no_https, "error", "PUBLIC_URL"),
    ("https", clear_desk, "error", "ROLL_ORIGIN"),
    ("secret_key", repeated_secret, "error", "token_urlsafe"),
    ("secret_key", secret_of_words, "error", "token_urlsafe"),
    ("no_debugger", debugger, "error", "FLASK_DEBUG"),
    ("no_debugger", access_log, "error", "GUNICORN_CMD_ARGS"),
    ("no_debugger", chatty_log, "warning", "LOG_LEVEL"),
    ("no_debugger", echo, "error", "SQL"),
    ("sides_apart", secret_of_the_other_side, "error", "ROLL_DATABASE_URL"),
    ("sides_apart", keys_of_the_other_side, "error", "keys/roll"),
    ("limiter_storage", memory_limiter, "warning", "redis://"),
    ("mail_sender", foreign_sender, "warning", "finances.gouv.fr"),
    ("mail_sender", clear_relay, "warning", "?starttls"),
    ("design_system", no_style, "error", "pip install"),
    ("legal_pages", no_director, "warning", "publisher.director"),
    ("legal_pages", old_audit, "warning", "trois ans"),
    ("migrations", stale_store, "error", "database migrate"),
    ("migrations", missing_store, "error", "database migrate"),
    ("separate_stores", one_store_twice, "error", "même base"),
    ("separate_stores", mixed_tables, "error", "invitation"),
    ("private_files", open_files, "error", "chmod 600"),
    ("sqlite_pragmas", careless_pragma, "error", "secure_delete"),
    ("clock", clock_gone_back, "error", "Réglez l’heure"),
    ("free_space", full_disk, "error", "de la place"),
    ("key_files", readable_key, "error", "chmod 600"),
    ("key_files", open_key_folder, "error", "chmod 700"),
    ("keys_apart", keys_among_stores, "warning", "KEYS_DIRECTORY"),
    ("campaign_keys", no_invite_key, "error", "personne ne peut plus commencer"),
    ("campaign_keys", other_signing_key, "error", "registre"),
    ("campaign_keys", damaged_signing_key, "error", "abîmée"),
    ("campaign_keys", short_invite_key, "error", "abîmée"),
    ("campaign_keys", no_export_key, "error", "export"),
    ("campaign_keys", keys_after_the_end, "error", "campaign close essai"),
    ("airlocks", no_airlock_key, "error", "sas"),
    ("airlocks", ballots_that_do_not_open, "error", "1 bulletins du sas"),
    ("airlocks", box_gone_back_after_the_end, "error", "campaign close essai"),
    ("standbys", late_standby, "error", "stop-waiting relais@192.0.2.7"),
    ("standbys", standby_out_of_sight, "error", "GRANT pg_read_all_stats"),
    ("proofs", no_worker, "error", "consultation worker"),
    ("journal", touched_journal, "error", "ligne 1"),
    ("second_factors", optional_factor, "warning", "TOTP"),
    ("second_factors", no_factor, "warning", "cam"),
    ("second_factors", new_secret_key, "error", "reset-totp alix"),
    ("accounts_apart", key_of_everybody, "error", "rotate-keys"),
    ("two_persons", one_operator, "warning", "--role exploitation"),
    ("closings", late_closing, "warning", "campaign close essai"),
    ("closings", clock_that_leapt, "warning", "campaign close essai --confirm"),
]


@pytest.mark.parametrize(
    ("name", "illness", "level", "words"), ILL, ids=[one[1].__name__ for one in ILL]
)
def test_each_illness_is_seen_and_its_remedy_said(
    platform: Platform, name: str, illness: Illness, level: doctor.Level, words: str
) -> None:
    illness(platform)

    remarks = platform.found(name)

    assert {remark.level for remark in remarks} == {level}
    assert any(words in remark.sentence for remark in remarks), remarks
    assert SECRET_KEY not in str(remarks)


def test_every_rule_has_been_seen_to_break() -> None:
    on_a_server = {"postgresql_logs", "postgresql_durability", "role_privileges"}

    assert {check.__name__ for check in doctor.CHECKS} == {one[0] for one in ILL} | on_a_server


def test_every_rule_is_a_sentence() -> None:
    for check in doctor.CHECKS:
        rule = (check.__doc__ or "").splitlines()
        assert len(rule) == 1
        assert rule[0].endswith(".")


def test_what_is_missing_stops_one_rule_and_not_the_others(platform: Platform) -> None:
    for store in platform.patient.opened.values():
        store.close()
    for path in platform.directory.glob("*.sqlite*"):
        path.unlink()

    examined = doctor.examine(platform.patient)

    assert len(examined) == len(doctor.CHECKS)
    unverifiable = {one.name for one in examined if "Invérifiable" in str(one.remarks)}
    assert {"journal", "second_factors", "two_persons", "closings"} <= unverifiable
    assert list(platform.directory.glob("*.sqlite*")) == []


def test_a_side_that_is_not_served_here_is_not_examined(platform: Platform) -> None:
    shutil.rmtree(platform.keys / "roll")
    shutil.rmtree(platform.keys / "box")
    opened = {"office": platform.office()}
    platform.change(sides=frozenset({"office"}))
    platform.patient = replace(platform.patient, opened=opened)

    examined = doctor.examine(platform.patient)

    assert {one.name: one.remarks for one in examined if one.remarks} == {}


def test_the_report_says_each_rule_once_and_counts(platform: Platform) -> None:
    no_https(platform)
    one_operator(platform)

    said = list(doctor.as_text(doctor.examine(platform.patient)))

    assert "✗ Les pages se servent en https." in said
    assert "✓ Le journal du bureau n’a pas été changé." in said
    assert said[-1] == f"{len(doctor.CHECKS)} règles\u00a0: 1 erreur, 1 avertissement."


def test_the_report_for_machines_says_the_same(platform: Platform) -> None:
    no_https(platform)

    said = json.loads(doctor.as_json(doctor.examine(platform.patient)))

    assert said["level"] == "error"
    levels = {one["name"]: one["level"] for one in said["checks"]}
    assert levels["https"] == "error"
    assert levels["journal"] == "ok"


@pytest.mark.parametrize(
    ("sender", "host", "same"),
    [
        ("interieur.gouv.fr", "consultation.interieur.gouv.fr", True),
        ("exemple.fr", "www.exemple.fr", True),
        ("finances.gouv.fr", "interieur.gouv.fr", False),
        ("exemple.fr", "exemple.org", False),
    ],
)
def test_two_domains_are_of_one_organisation_or_not(sender: str, host: str, same: bool) -> None:
    assert (doctor._organisation(sender) == doctor._organisation(host)) == same


def test_the_logger_of_sql_is_silent() -> None:
    assert not logging.getLogger("sqlalchemy.engine").isEnabledFor(logging.INFO)


def test_a_store_created_here_is_private(platform: Platform) -> None:
    for store in platform.patient.opened.values():
        for path in inspection.files(store):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
