"""What tests share: real stores, small and fresh, a clock that obeys, and a directory for keys."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_socket
from browsing import chromium
from cluster import BIN, Cluster
from hypothesis import settings
from playwright.sync_api import Browser
from sqlalchemy import Engine, NullPool, create_engine, inspect, make_url, text

from consultation.config import STORES, migrations_of
from consultation.database import Database, migrate

if TYPE_CHECKING:
    from running import Running

    from consultation.demo.mail_sink import MailSink
    from consultation.roll.keys import RollKeys

HERE = Path(__file__).parent
MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes a private directory there
ROOM = 4 << 30  # bytes
NETWORKED = {"integration", "browser", "attacks", "chaos"}

settings.register_profile("default", deadline=None)  # two cores shared: time proves nothing
settings.load_profile("default")


@dataclass
class Clock:
    """The hour the test says it is."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **duration: float) -> None:
        """Let time pass."""
        self.now += timedelta(**duration)


def pytest_configure() -> None:
    """Durable commits cost nothing on a disk of memory; what is started is compiled once."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.addoption("--full", action="store_true", help="attacks and misfortunes at full size")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is marked as long waits for continuous integration, or for `--full`."""
    if os.environ.get("CI") == "true" or config.getoption("--full"):
        return
    long = [item for item in items if item.get_closest_marker("long")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.path.relative_to(HERE).parts[0] not in NETWORKED:
        pytest_socket.disable_socket(allow_unix_socket=True)


def pytest_runtest_teardown(item: pytest.Item) -> None:
    pytest_socket.enable_socket()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """In continuous integration nothing is skipped: what could not run has failed."""
    report = yield
    if os.environ.get("CI") == "true" and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped although CI=true: {report.longrepr[2]}"
    return report


@pytest.fixture
def full(request: pytest.FixtureRequest) -> bool:
    """Whether to take the time of the full size."""
    return bool(request.config.getoption("--full"))


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2024, 6, 10, 9, 0, tzinfo=UTC))


@pytest.fixture
def keys_directory(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def roll_database(store: Callable[[str], Database]) -> Database:
    return store("roll")


@pytest.fixture
def box_database(store: Callable[[str], Database]) -> Database:
    return store("box")


@pytest.fixture
def office_database(store: Callable[[str], Database]) -> Database:
    return store("office")


@pytest.fixture(scope="module")
def roll_keys(tmp_path_factory: pytest.TempPathFactory) -> RollKeys:
    """The signing keys of « essai », read once for many tests."""
    import running  # the whole platform, which other tests do without

    return running.roll_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def platform(
    store: Callable[[str], Database], roll_keys: RollKeys, clock: Clock, keys_directory: Path
) -> Running:
    """« essai », open to a few agents."""
    import running

    return running.run(store, roll_keys, clock, keys_directory)


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[MailSink]:
    """Takes every message sent to it, and keeps it in `mail`."""
    from consultation.demo.mail_sink import MailSink

    with MailSink(tmp_path / "mail") as listening:
        yield listening


@pytest.fixture
def bare_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A store in which nothing was ever created."""
    with ExitStack() as cleaning:
        if request.config.getoption("--database") == "sqlite":
            url = f"sqlite:///{tmp_path / 'bare.sqlite'}"
        else:
            url = cleaning.enter_context(_base(request.getfixturevalue("postgresql_url")))
        yield cleaning.enter_context(closing(Database(url)))


@pytest.fixture
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], Database]]:
    """Opens a migrated, empty store by its name."""
    on_sqlite = request.config.getoption("--database") == "sqlite"
    models = request.getfixturevalue("sqlite_models" if on_sqlite else "postgresql_stores")
    with ExitStack() as cleaning:

        def opened(name: str) -> Database:
            if on_sqlite:
                shutil.copy(models[name], tmp_path / f"{name}.sqlite")
                url = f"sqlite:///{tmp_path / name}.sqlite"
            else:
                url = models[name]
                _empty(url)
            return cleaning.enter_context(closing(Database(url)))

        yield opened


@pytest.fixture(scope="session")
def sqlite_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Migrated files to copy: migrating for each test would cost more than the test."""
    directory = tmp_path_factory.mktemp("models")
    return {name: _model(name, directory / f"{name}.sqlite") for name in STORES}


@pytest.fixture(scope="session")
def postgresql_stores(postgresql_url: str) -> Iterator[dict[str, str]]:
    """One migrated base for each store, emptied before each test."""
    with ExitStack() as cleaning:
        urls = {name: cleaning.enter_context(_base(postgresql_url)) for name in STORES}
        for name, url in urls.items():
            with closing(Database(url)) as database:
                migrate(database, migrations_of(name))
        yield urls


@pytest.fixture(scope="session")
def postgresql_url(request: pytest.FixtureRequest) -> str:
    """An administrator's URL: the one given, or that of a server that lives as long as we do."""
    given = os.environ.get("TEST_POSTGRESQL_URL")
    if given:
        return given
    own: Cluster = request.getfixturevalue("postgresql_cluster")
    return own.url


@pytest.fixture(scope="session")
def postgresql_cluster() -> Iterator[Cluster]:
    """A server of our own, which a test may stop and start."""
    if not (BIN / "initdb").exists():
        pytest.skip(f"TEST_POSTGRESQL_URL is not set and {BIN} has no server")
    with Cluster() as cluster:
        yield cluster


@contextmanager
def _base(admin_url: str) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    admin = create_engine(admin_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    try:
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        yield make_url(admin_url).set(database=name).render_as_string(hide_password=False)
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    finally:
        admin.dispose()


def _model(name: str, path: Path) -> Path:
    with closing(Database(f"sqlite:///{path}")) as database:
        migrate(database, migrations_of(name))
    return path


def _empty(url: str) -> None:
    engine: Engine = create_engine(url)
    try:
        tables = [name for name in inspect(engine).get_table_names() if name != "alembic_version"]
        with engine.begin() as connection:
            connection.execute(text(f"TRUNCATE {', '.join(tables)} CASCADE"))
    finally:
        engine.dispose()
