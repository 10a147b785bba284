"""A store migrates, keeps what it acknowledged, and is exactly what its models say."""

import sqlite3
import stat
import threading
from contextlib import closing
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from conftest import Clock
from small import ONE_QUESTION
from sqlalchemy import Connection, insert, inspect, text
from sqlalchemy.exc import IntegrityError, OperationalError

from consultation.blind import PrivateKey
from consultation.config import shipped
from consultation.database import Database, is_current, migrate, vacuum
from consultation.office.store import Campaigns
from consultation.office.tables import campaign
from consultation.questionnaire.loading import parse

SIDES = ("roll", "ballots", "office")
KEY = PrivateKey.generate(1024).public


def scripts(side: str) -> Path:
    return shipped("migrations") / side


def described(connection: Connection) -> dict[str, Any]:
    """Everything a base says of itself, except Alembic's own table."""
    looking = inspect(connection)
    return {
        name: {
            "columns": [
                (column["name"], str(column["type"]), column["nullable"])
                for column in looking.get_columns(name)
            ],
            "primary": looking.get_pk_constraint(name),
            "unique": sorted(map(str, looking.get_unique_constraints(name))),
            "checks": sorted(map(str, looking.get_check_constraints(name))),
            "foreign": sorted(map(str, looking.get_foreign_keys(name))),
            "indexes": sorted(map(str, looking.get_indexes(name))),
            "sqlite": looking.get_table_options(name),
        }
        for name in looking.get_table_names()
        if name != "alembic_version"
    }


@pytest.mark.parametrize("side", SIDES)
def test_the_migrations_make_what_the_models_say(side: str, bare_database: Database) -> None:
    metadata = import_module(f"consultation.{side}.tables").metadata
    with bare_database.write() as tx:
        metadata.create_all(tx)
    with bare_database.read() as connection:
        said = described(connection)
    with bare_database.write() as tx:
        metadata.drop_all(tx)

    migrate(bare_database, scripts(side))

    with bare_database.read() as connection:
        assert described(connection) == said
        assert set(said) == set(metadata.tables)


def test_one_is_alone_until_its_block_ends_whatever_ends_it(bare_database: Database) -> None:
    def interrupted() -> None:
        with bare_database.alone(7) as free, bare_database.alone(7) as second:
            assert (free, second) == (True, False)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    with bare_database.alone(7) as free, bare_database.alone(7) as second:
        assert (free, second) == (True, False)


@pytest.mark.parametrize("side", SIDES)
def test_migrating_twice_changes_nothing(side: str, bare_database: Database) -> None:
    assert not is_current(bare_database, scripts(side))

    migrate(bare_database, scripts(side))
    migrate(bare_database, scripts(side))

    assert is_current(bare_database, scripts(side))


def test_a_roll_in_use_keeps_its_rows_and_takes_what_is_new(bare_database: Database) -> None:
    migrate(bare_database, scripts("roll"), to="roll_0003")
    batch = {"id": b"b" * 16, "campaign": "juin", "name": "Ain", "audience": "agents"}
    person = {"id": b"i" * 16, "campaign": "juin", "batch": b"b" * 16, "address": "a@ain.gouv.fr"}
    person |= {"address_key": b"k" * 32, "audience": "agents", "token_hash": b"t" * 32, "state": 1}
    person |= {"generation": 0, "reissued": 0, "delivery": "sent", "delivery_reason": ""}
    with bare_database.write() as tx:
        for table, row in (("batch", batch | {"state": "done"}), ("invitation", person)):
            names, values = ", ".join(row), ", ".join(f":{name}" for name in row)
            tx.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)

    migrate(bare_database, scripts("roll"))

    with bare_database.write() as tx:
        kept = tx.execute(text("SELECT * FROM invitation")).one()._mapping
        assert {name: kept[name] for name in person} == person
        assert not kept["opted_out"]
        for changed in ("invitation SET delivery = 'bounced'", "batch SET state = 'cancelled'"):
            tx.execute(text(f"UPDATE {changed}"))
    with pytest.raises(IntegrityError), bare_database.write() as tx:
        tx.execute(text("UPDATE invitation SET delivery = 'lost'"))
    if bare_database.engine.dialect.name == "sqlite":
        with bare_database.read() as connection:
            assert connection.scalar(text("PRAGMA integrity_check")) == "ok"


def test_a_campaign_of_before_keeps_what_draws_its_orders(
    bare_database: Database, clock: Clock
) -> None:
    asked = parse(ONE_QUESTION, {}).questionnaire
    assert asked is not None
    known = {"slug": "juin", "urn": b"u" * 16, "title": "Un essai", "state": "open", "pool": 50}
    known |= {"definition": ONE_QUESTION, "lists": {}, "digest": asked.digest}
    known |= {"opens": clock(), "closes": clock() + timedelta(days=9), "export_key": bytes(32)}
    migrate(bare_database, scripts("office"), to="office_0010")
    with bare_database.write() as tx:
        tx.execute(insert(campaign).values(known))

    migrate(bare_database, scripts("office"))
    register = Campaigns(bare_database, clock)
    again = known | {"slug": "juillet", "urn": b"v" * 16, "keys": {"agents": KEY}}
    register.create(**{name: again[name] for name in again.keys() - {"title", "state", "digest"}})

    assert register.get("juin").rulebook.of("fr").drawing == "blake2b-64"
    assert register.get("juillet").rulebook.of("fr").drawing == "sha-256"


def test_a_file_to_check_is_kept_when_it_leaves_the_rows_of_batches(
    bare_database: Database,
) -> None:
    migrate(bare_database, scripts("roll"), to="roll_0005")
    common = {"campaign": "juin", "name": "Ain", "audience": "agents", "kind": "mail"}
    common |= {"perimeter": "", "contact": "", "reason": ""}
    checked = {"id": b"c" * 16, "state": "done", "draft": None, "file": None}
    waiting = {"id": b"w" * 16, "state": "draft", "draft": '{"lines": []}', "file": b"locked"}
    with bare_database.write() as tx:
        for row in (common | checked, common | waiting):
            names, values = ", ".join(row), ", ".join(f":{name}" for name in row)
            tx.execute(text(f"INSERT INTO batch ({names}) VALUES ({values})"), row)

    migrate(bare_database, scripts("roll"))

    with bare_database.read() as connection:
        (kept,) = connection.execute(text("SELECT * FROM unchecked")).all()
        assert [bytes(kept.batch), kept.lines, bytes(kept.file)] == [
            b"w" * 16,
            '{"lines": []}',
            b"locked",
        ]
        assert connection.scalar(text("SELECT count(*) FROM batch")) == 2


def test_a_campaign_of_before_has_no_size_for_its_boxes_and_keys_may_be_longer(
    bare_database: Database,
) -> None:
    migrate(bare_database, scripts("office"), to="office_0011")
    before = {"slug": "juin", "urn": b"u" * 16, "title": "Juin", "definition": "", "lists": "{}"}
    before |= {"digest": "", "state": "draft", "pool": 50, "export_key": b"k" * 32}
    before |= {"opens": "2024-06-03 09:00", "closes": "2024-06-28 18:00"}
    names, values = ", ".join(before), ", ".join(f":{name}" for name in before)
    with bare_database.write() as tx:
        tx.execute(text(f"INSERT INTO campaign ({names}) VALUES ({values})"), before)

    migrate(bare_database, scripts("office"))

    new = before | {"slug": "juillet", "urn": b"v" * 16, "export_key": b"k" * 1216}
    with bare_database.write() as tx:
        tx.execute(text(f"INSERT INTO campaign ({names}) VALUES ({values})"), new)
        query = "SELECT export_key, box_size FROM campaign ORDER BY opens, slug DESC"
        assert [(bytes(key), size) for key, size in tx.execute(text(query))] == [
            (before["export_key"], None),
            (new["export_key"], None),
        ]


def test_no_two_stores_share_a_revision_name() -> None:
    names = [file.stem for side in SIDES for file in scripts(side).glob("versions/*.py")]

    assert {name.split("_")[0] for name in names} == {"roll", "box", "office"}
    assert len({name[:12] for name in names}) == len(names)


@pytest.fixture
def letters(bare_database: Database) -> Database:
    with bare_database.write() as tx:
        tx.execute(text("CREATE TABLE letter (name VARCHAR(10) PRIMARY KEY)"))
    return bare_database


def add(database: Database, name: str) -> None:
    with database.write() as tx:
        tx.execute(text("INSERT INTO letter VALUES (:name)"), {"name": name})


def count(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute(text("SELECT count(*) FROM letter")).scalar_one())


def test_what_a_transaction_wrote_stays(letters: Database) -> None:
    add(letters, "a")

    assert count(letters) == 1


def test_a_transaction_that_fails_leaves_nothing(letters: Database) -> None:
    def add_then_fail() -> None:
        with letters.write() as tx:
            tx.execute(text("INSERT INTO letter VALUES ('a')"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        add_then_fail()

    assert count(letters) == 0


def test_writers_take_turns(letters: Database) -> None:
    names = [str(number) for number in range(24)]
    writers = [threading.Thread(target=add, args=(letters, name)) for name in names]

    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert count(letters) == len(names)


def test_a_reader_does_not_wait_for_a_writer(letters: Database) -> None:
    with letters.write() as tx:
        tx.execute(text("INSERT INTO letter VALUES ('a')"))

        assert count(letters) == 0


def test_an_error_does_not_show_the_values(letters: Database) -> None:
    add(letters, "secret")

    with pytest.raises(IntegrityError) as refused:
        add(letters, "secret")

    assert "parameters hidden" in str(refused.value)
    assert "[parameters: " not in str(refused.value)


def test_sqlite_keeps_what_it_acknowledged_and_wipes_what_it_deleted(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'box.sqlite'}")
    wanted = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1}

    with database.read() as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in wanted}
    database.close()

    assert found == wanted


def test_a_store_rewritten_whole_keeps_its_lines(letters: Database) -> None:
    add(letters, "a")

    vacuum(letters)
    add(letters, "b")

    assert count(letters) == 2


def test_sqlite_rewritten_whole_keeps_nothing_deleted(tmp_path: Path) -> None:
    path = tmp_path / "box.sqlite"
    database = Database(f"sqlite:///{path}")
    with database.write() as tx:
        tx.execute(text("CREATE TABLE letter (name VARCHAR(10) PRIMARY KEY)"))
    add(database, "effacée")
    with database.write() as tx:
        tx.execute(text("DELETE FROM letter"))

    vacuum(database)

    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    database.close()
    assert "effacée".encode() not in kept


def test_sqlite_leaves_no_file_of_changes_behind(tmp_path: Path) -> None:
    path = tmp_path / "box.sqlite"
    database = Database(f"sqlite:///{path}")
    with database.write() as tx:
        tx.execute(text("CREATE TABLE letter (name VARCHAR(10) PRIMARY KEY)"))
    add(database, "a")

    database.close()

    assert not path.with_name("box.sqlite-wal").exists()
    copy = sqlite3.connect(path)
    assert copy.execute("SELECT name FROM letter").fetchall() == [("a",)]
    copy.close()


def test_the_files_of_sqlite_are_for_their_owner_alone(tmp_path: Path) -> None:
    with closing(Database(f"sqlite:///{tmp_path / 'x.sqlite'}")) as database:
        with database.write() as tx:
            tx.exec_driver_sql("CREATE TABLE t (x)")

        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}

    assert set(modes) == {"x.sqlite", "x.sqlite-wal", "x.sqlite-shm", "x.sqlite-gate"}
    assert set(modes.values()) == {0o600}


def test_whoever_waits_too_long_for_a_turn_to_write_is_told_so(bare_database: Database) -> None:
    with bare_database.write() as tx:
        tx.execute(text("CREATE TABLE said (word TEXT PRIMARY KEY)"))
        tx.execute(text("INSERT INTO said VALUES ('first')"))
    url = bare_database.url.render_as_string(hide_password=False)
    hurried = closing(Database(url, patience=0.1))

    with hurried as second, bare_database.write() as first:
        first.execute(text("UPDATE said SET word = 'second'"))
        with pytest.raises(OperationalError), second.write() as tx:
            tx.execute(text("UPDATE said SET word = 'third'"))

    with bare_database.write() as tx:
        assert tx.scalar(text("UPDATE said SET word = 'last' RETURNING word")) == "last"


def test_writers_who_can_wait_all_have_their_turn(bare_database: Database) -> None:
    with bare_database.write() as tx:
        tx.execute(text("CREATE TABLE tally (number INTEGER)"))
        tx.execute(text("INSERT INTO tally VALUES (0)"))

    def add() -> None:
        for _ in range(25):
            with bare_database.write() as tx:
                tx.execute(text("UPDATE tally SET number = number + 1"))

    writers = [threading.Thread(target=add) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    with bare_database.read() as connection:
        assert connection.scalar(text("SELECT number FROM tally")) == 200
