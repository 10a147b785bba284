"""What the rules see of PostgreSQL servers: their logs, what each role may do, how they write."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from conftest import Clock
from sqlalchemy import Engine, create_engine, make_url, text

from consultation import doctor, inspection
from consultation.config import STORES, Settings, migrations_of
from consultation.database import Database, migrate
from consultation.doctor import Patient

SILENT = {
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


@dataclass
class Servers:
    """Three bases, each with a role that owns it and may open no other."""

    admin: Engine
    names: dict[str, str]  # store: its base, and the role that owns it
    urls: dict[str, str]

    def run(self, *statements: str) -> None:
        """As the administrator."""
        with self.admin.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def found(self, name: str, clock: Clock, **urls: str) -> tuple[doctor.Remark, ...]:
        """What this rule says, on fresh connections."""
        with ExitStack() as cleaning:
            opened = {store: Database(url) for store, url in {**self.urls, **urls}.items()}
            for database in opened.values():
                cleaning.enter_context(closing(database))
            there = Patient(
                settings=Settings(
                    secret_key="k" * 48,
                    roll_url=self.urls["roll"],
                    box_url=self.urls["box"],
                    office_url=self.urls["office"],
                    keys=Path("/nonexistent"),
                    public_url="https://consultation.exemple.fr",
                ),
                opened=opened,
                environ={},
                workers=2,
                now=clock.now,
            )
            if name != "clock":
                there = replace(there, now=inspection.server(opened["office"]).clock)
            (one,) = doctor.examine(there, (getattr(doctor, name),))
            return one.remarks


@pytest.fixture(scope="module")
def cluster(postgresql_url: str) -> Iterator[Servers]:
    admin = create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    password = secrets.token_hex(8)
    names = {store: f"{store}_{secrets.token_hex(4)}" for store in STORES}
    urls = {
        store: make_url(postgresql_url)
        .set(username=name, password=password, database=name)
        .render_as_string(hide_password=False)
        for store, name in names.items()
    }
    servers = Servers(admin, names, urls)
    try:
        for store, name in names.items():
            servers.run(
                f"CREATE ROLE {name} LOGIN PASSWORD '{password}'",
                f"CREATE DATABASE {name} OWNER {name}",
                f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC",
                *(f"ALTER ROLE {name} SET {setting} = '{SILENT[setting]}'" for setting in SILENT),
            )
            with closing(Database(urls[store])) as database:
                migrate(database, migrations_of(store))
        yield servers
    finally:
        for name in names.values():
            servers.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"DROP ROLE {name}")
        admin.dispose()


@pytest.fixture
def servers(cluster: Servers) -> Iterator[Servers]:
    """The same servers as they were, whatever the test before has done."""
    yield cluster
    roll, box = cluster.names["roll"], cluster.names["box"]
    cluster.run(
        *(f"ALTER ROLE {box} SET {setting} = '{right}'" for setting, right in SILENT.items()),
        f"ALTER ROLE {box} NOSUPERUSER NOCREATEDB NOREPLICATION NOCREATEROLE NOBYPASSRLS",
        f"ALTER ROLE {box} RESET session_preload_libraries",
        f"ALTER ROLE {box} RESET synchronous_commit",
        f"REVOKE {roll} FROM {box}",
        f"REVOKE CONNECT ON DATABASE {roll} FROM {box}",
    )


@pytest.mark.parametrize("name", ["postgresql_logs", "role_privileges", "separate_stores"])
def test_well_kept_servers_are_healthy(servers: Servers, clock: Clock, name: str) -> None:
    assert servers.found(name, clock) == ()


def test_the_clocks_of_servers_are_compared_with_ours(servers: Servers, clock: Clock) -> None:
    remarks = servers.found("clock", clock)  # a clock of 2024

    assert {remark.level for remark in remarks} == {"warning"}
    assert len(remarks) == 3


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("log_statement", "all"),
        ("log_statement", "mod"),
        ("log_min_duration_statement", "0"),
        ("log_parameter_max_length", "-1"),
        ("log_parameter_max_length_on_error", "-1"),
    ],
)
def test_a_server_that_writes_what_is_answered_is_seen(
    servers: Servers, clock: Clock, setting: str, value: str
) -> None:
    servers.run(f"ALTER ROLE {servers.names['box']} SET {setting} = '{value}'")

    (remark,) = servers.found("postgresql_logs", clock)

    assert remark.level == "error"
    assert f"réglez {setting} = " in remark.sentence


def test_a_library_that_writes_queries_is_seen(servers: Servers, clock: Clock) -> None:
    box = servers.names["box"]
    servers.run(f"ALTER ROLE {box} SET session_preload_libraries = 'auto_explain'")
    servers.run(f"ALTER ROLE {box} SUPERUSER")  # or the server hides this setting from the role

    assert any("auto_explain" in one.sentence for one in servers.found("postgresql_logs", clock))


def test_a_server_that_acknowledges_too_early_is_seen(servers: Servers, clock: Clock) -> None:
    before = {remark.sentence for remark in servers.found("postgresql_durability", clock)}
    servers.run(f"ALTER ROLE {servers.names['box']} SET synchronous_commit = 'off'")

    after = {remark.sentence for remark in servers.found("postgresql_durability", clock)}

    with servers.admin.connect() as connection:
        unsafe = connection.scalar(text("SHOW fsync")) == "off"
    assert any("fsync" in sentence for sentence in before) == unsafe
    (said,) = after - before
    assert "synchronous_commit" in said


@pytest.mark.parametrize("power", ["SUPERUSER", "CREATEDB", "CREATEROLE", "REPLICATION"])
def test_a_role_with_more_powers_than_it_needs_is_seen(
    servers: Servers, clock: Clock, power: str
) -> None:
    servers.run(f"ALTER ROLE {servers.names['box']} {power}")

    remarks = servers.found("role_privileges", clock)

    assert any("trop de pouvoirs" in remark.sentence for remark in remarks)


def test_an_urn_that_may_read_the_roll_is_seen(servers: Servers, clock: Clock) -> None:
    servers.run(f"GRANT {servers.names['roll']} TO {servers.names['box']}")

    remarks = servers.found("role_privileges", clock)

    assert any(
        remark.level == "error"
        and "batch, invitation" in remark.sentence
        and "dans la base roll" in remark.sentence
        for remark in remarks
    )


def test_an_urn_that_may_only_open_the_roll_is_seen(servers: Servers, clock: Clock) -> None:
    roll, box = servers.names["roll"], servers.names["box"]
    servers.run(f"GRANT CONNECT ON DATABASE {roll} TO {box}")

    (remark,) = servers.found("role_privileges", clock)

    assert remark.level == "warning"
    assert "REVOKE CONNECT" in remark.sentence


def test_tables_that_anyone_may_read_are_seen(servers: Servers, clock: Clock) -> None:
    with closing(Database(servers.urls["box"])) as box:
        with box.write() as tx:
            tx.exec_driver_sql("GRANT SELECT (sealed) ON ballot TO PUBLIC")
        remarks = servers.found("role_privileges", clock)
        with box.write() as tx:
            tx.exec_driver_sql("REVOKE ALL ON ballot FROM PUBLIC")
            tx.exec_driver_sql("REVOKE SELECT (sealed) ON ballot FROM PUBLIC")

    assert any("ballot dans la base box" in remark.sentence for remark in remarks)


def test_one_role_on_both_sides_is_seen(servers: Servers, clock: Clock) -> None:
    roll, box = servers.names["roll"], servers.names["box"]
    servers.run(f"GRANT CONNECT ON DATABASE {roll} TO {box}")
    both = make_url(servers.urls["box"]).set(database=roll).render_as_string(hide_password=False)

    remarks = servers.found("role_privileges", clock, roll=both)

    assert any("le même rôle" in remark.sentence for remark in remarks)


def test_two_names_of_one_base_are_seen(servers: Servers, clock: Clock) -> None:
    remarks = servers.found(
        "separate_stores", clock, roll=servers.urls["box"] + "&connect_timeout=9"
    )

    assert any("la même base" in remark.sentence for remark in remarks)


def test_a_server_that_is_away_is_said_and_the_rest_goes_on(servers: Servers, clock: Clock) -> None:
    away = make_url(servers.urls["box"]).set(database="nulle_part")
    url = away.render_as_string(hide_password=False)

    (remark,) = servers.found("migrations", clock, box=url)

    assert remark.level == "error"
    assert "ne répond pas" in remark.sentence
