"""What attacks share: their size, their seeds, the consultations they attack, and their figures."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp
from zlib import crc32

import pytest
import small
from attacks.evidence import Story, play
from attacks.leaky import InOrder, Rising, UsualSurvey
from attacks.town import OverHttp, Town, environment, living, open_town
from sqlalchemy import create_engine, make_url, text

from consultation.cli.running import gunicorn
from consultation.config import STORES, migrations_of
from consultation.database import Database, migrate
from consultation.demo.server import Server

HERE = Path(__file__).parent
Urls = Mapping[str, str]
Figure = Callable[[str, float], None]


@dataclass(frozen=True, kw_only=True)
class Size:
    """How large an attack is; `leaky` is enough for one that succeeds."""

    people: int
    pool: int
    unfinished: int
    leaky: int
    seeds: tuple[int, ...]


FAST = Size(people=66, pool=20, unfinished=6, leaky=30, seeds=(1,))
FULL = Size(people=220, pool=50, unfinished=20, leaky=150, seeds=(1, 2, 3))


def only_on(backend: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Collect this test only where the stores are of this kind: elsewhere it has no object."""

    def mark(test: Callable[..., None]) -> Callable[..., None]:
        test.only_on = backend  # type: ignore[attr-defined]  # read back when collecting
        return test

    return mark


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    backend = config.getoption("--database")
    kept, dropped = [], []
    for item in items:
        wanted = getattr(getattr(item, "function", None), "only_on", backend)
        (kept if wanted == backend else dropped).append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", size_of(metafunc.config).seeds)


def size_of(config: pytest.Config) -> Size:
    """The full size, or one that fits in a minute."""
    return FULL if config.getoption("--full") else FAST


class Archive:
    """Consultations played once for every test that attacks them."""

    def __init__(self, new_stores: NewStores, size: Size, directory: Path) -> None:
        self._new_stores = new_stores
        self._size = size
        self._directory = directory
        self._stories: dict[str, Story] = {}
        self._urls: dict[str, Urls] = {}
        self._cleaning = ExitStack()
        self._half_way: Town | None = None

    def story(self, seed: int) -> Story:
        """The platform as it is, from the opening to the closing."""
        return self._once(f"story-{seed}", lambda name: self._played(name, seed))

    def in_order(self) -> Story:
        """The same, were there no shuffle and did its identifiers grow."""
        return self._once("in-order", self._unshuffled)

    def half_way(self) -> Town:
        """A consultation where a few have begun and nobody has finished."""
        if self._half_way is None:
            self._half_way = self.new_town("half-way", people=30, pool=50)
            for agent in self._half_way.agents[:4]:
                self._half_way.device(agent).begin()
        return self._half_way

    def new_town(
        self,
        name: str,
        *,
        people: int,
        pool: int,
        seed: int | None = None,
        smtp: str = "",
        opens: datetime = small.OPENS,
    ) -> Town:
        """An open consultation nobody has answered yet."""
        urls = self._urls[name] = self._cleaning.enter_context(self._new_stores(name))
        directory = Path(mkdtemp(prefix=f"{name}-", dir=self._directory))
        seed = crc32(name.encode()) if seed is None else seed
        town = open_town(
            directory, urls, seed=seed, people=people, pool=pool, smtp=smtp, opens=opens
        )
        return self._cleaning.enter_context(living(town))

    def served(self, name: str, *, people: int, workers: int = 1, **settings: str) -> Town:
        """A consultation open on a real server, of which every line of log is kept."""
        opens = datetime.now(UTC) - timedelta(days=2)
        town = self.new_town(name, people=people, pool=50, opens=opens)
        server = self._cleaning.enter_context(Server(8600, lambda bind: gunicorn(bind, workers)))
        server.start({**environment(town.directory, self._urls[name]), **settings}, town.server_log)
        town.door = OverHttp(server.port)
        town.prove()
        return town

    def usual_survey(self, name: str, addresses: list[str]) -> UsualSurvey:
        """A survey of the usual kind, in a base of its own."""
        urls = self._cleaning.enter_context(self._new_stores(name))
        database = self._cleaning.enter_context(closing(Database(urls["box"])))
        return UsualSurvey(database, addresses)

    def close(self) -> None:
        """Close every store."""
        self._cleaning.close()

    def _once(self, name: str, make: Callable[[str], Story]) -> Story:
        if name not in self._stories:
            self._stories[name] = make(name)
        return self._stories[name]

    def _played(self, name: str, seed: int) -> Story:
        town = self.new_town(name, people=self._size.people, pool=self._size.pool, seed=seed)
        return play(town, unfinished=self._size.unfinished)

    def _unshuffled(self, name: str) -> Story:
        urls = self._cleaning.enter_context(self._new_stores(name))
        directory = Path(mkdtemp(prefix=f"{name}-", dir=self._directory))
        people = max(self._size.leaky, 30)
        town = open_town(
            directory,
            urls,
            seed=1,
            people=people,
            pool=people,
            rng=InOrder(),
            random_bytes=Rising(),
        )
        return play(self._cleaning.enter_context(living(town)), unfinished=0)


NewStores = Callable[[str], AbstractContextManager[Urls]]


@pytest.fixture(scope="session")
def size(request: pytest.FixtureRequest) -> Size:
    return size_of(request.config)


@pytest.fixture(scope="session")
def archive(
    new_stores: NewStores, size: Size, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Archive]:
    made = Archive(new_stores, size, tmp_path_factory.mktemp("attacks"))
    yield made
    made.close()


@pytest.fixture
def story(archive: Archive, seed: int) -> Story:
    return archive.story(seed)


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Figure:
    """Keeps a measure for the table printed at the end."""

    def keep(name: str, value: float) -> None:
        record_property(f"figure {name}", value)

    return keep


@pytest.fixture(scope="session")
def new_stores(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> NewStores:
    """Gives three migrated stores, for as long as the block lasts."""
    if request.config.getoption("--database") == "sqlite":
        models = request.getfixturevalue("sqlite_models")
        return _SqliteStores(models, tmp_path_factory.mktemp("stores"))
    return _PostgresqlStores(request.getfixturevalue("postgresql_url"))


@dataclass(frozen=True)
class _SqliteStores:
    models: Mapping[str, Path]
    directory: Path

    def __call__(self, name: str) -> AbstractContextManager[Urls]:
        folder = Path(mkdtemp(prefix=f"{name}-", dir=self.directory))
        for store, model in self.models.items():
            shutil.copy(model, folder / f"{store}.sqlite")
        urls = {store: f"sqlite:///{folder / store}.sqlite" for store in STORES}
        return _Lasting(urls, lambda: shutil.rmtree(folder))


@dataclass(frozen=True)
class _PostgresqlStores:
    """Bases copied from migrated ones, in the same server: transactions share their numbers."""

    administrator: str

    def __call__(self, name: str) -> AbstractContextManager[Urls]:
        names = {store: f"attack_{secrets.token_hex(6)}_{store}" for store in STORES}
        for store, base in names.items():
            self._do(f"CREATE DATABASE {base} TEMPLATE {self._models[store]}")
        urls = {store: self._url(base) for store, base in names.items()}

        def drop() -> None:
            for base in names.values():
                self._do(f"DROP DATABASE {base} WITH (FORCE)")

        return _Lasting(urls, drop)

    @cached_property
    def _models(self) -> Mapping[str, str]:
        models = {store: f"model_{secrets.token_hex(6)}_{store}" for store in STORES}
        for store, base in models.items():
            self._do(f"CREATE DATABASE {base}")
            with closing(Database(self._url(base))) as database:
                migrate(database, migrations_of(store))
        return models

    def _url(self, base: str) -> str:
        url = make_url(self.administrator).set(database=base)
        return url.render_as_string(hide_password=False)

    def _do(self, statement: str) -> None:
        engine = create_engine(self.administrator, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


class _Lasting(AbstractContextManager[Urls]):
    def __init__(self, urls: Urls, end: Callable[[], object]) -> None:
        self._urls = urls
        self._end = end

    def __enter__(self) -> Urls:
        return self._urls

    def __exit__(self, *_: object) -> None:
        self._end()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    found = [
        (report.nodeid.rpartition("/")[2], name.removeprefix("figure "), value)
        for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
        if report.when == "call"
        for name, value in report.user_properties
        if name.startswith("figure ")
    ]
    if found and terminalreporter.verbosity > 0:
        terminalreporter.section("figures of the attacks")
        for test, name, value in sorted(found):
            terminalreporter.line(f"{test}: {name} = {value:g}")
