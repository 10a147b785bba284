"""The `consultation` command on real stores, for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click
import small
from click.testing import CliRunner
from conftest import Clock
from running import close
from sqlalchemy import Pool, event

from consultation.app import create_app, utc_now
from consultation.ballots.release import Release
from consultation.cli import ON_FILES, ON_THE_PLATFORM, commands
from consultation.config import Settings
from consultation.database import Database
from consultation.office.store import Campaigns
from consultation.parts import Application
from consultation.sealing import write_key

OPENS = "2024-06-03 09:00"
CLOSES = "2024-06-28 18:00"  # by the clock of a test
FAR = "2099-06-28 18:00"  # by that of this machine
LISTED = {str(one.name): one for one in (*ON_FILES, *ON_THE_PLATFORM)}


def every_command() -> list[str]:
    """« campaign open », and so on."""
    found = []
    for name, listed in LISTED.items():
        command = listed.load()
        inside = command.commands if isinstance(command, click.Group) else {}
        found += [f"{name} {one}" for one in inside] or [name]
    return found


class Shell:
    """Types commands; every application that answers them is closed at the end."""

    def __init__(
        self, environment: Mapping[str, str], clock: Callable[[], datetime] = utc_now
    ) -> None:
        self.environment = dict(environment)
        self.clock = clock
        self._apps: dict[frozenset[tuple[str, str]], Application] = {}

    def __call__(self, *words: str | Path, code: int = 0, typed: str = "") -> str:
        """What the command says; its exit code is checked, and it never ends in a traceback."""
        with connections() as open_ones:
            done = CliRunner().invoke(
                commands,
                [str(word) for word in words],
                input=typed,
                env=self.environment,
                obj=self.app,
            )
        assert open_ones == set(), f"{words}: connections left open"
        assert done.exit_code == code, f"{words}: {done.exit_code}\n{done.output}{done.exception!r}"
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.output

    def app(self) -> Application:
        """The application of these commands: one for each environment, as a server would keep."""
        known = frozenset(self.environment.items())
        if known not in self._apps:
            settings = Settings.from_environment(self.environment)
            self._apps[known] = create_app(settings, clock=self.clock, hashing=small.FAST_HASHING)
        return self._apps[known]

    def move_to(self, side: str) -> None:
        """Go on from the server of this side alone, which has a key of its own."""
        self.environment["CONSULTATION_SIDES"] = side
        own = self.environment.pop("SECRET_KEY", "") or side * 10
        for name in ("ROLL_SECRET_KEY", "OFFICE_SECRET_KEY"):
            self.environment[name] = own if name.startswith(side.upper()) else ""
        self.environment["SECRET_KEY"] = ""

    def close(self) -> None:
        """Give back every connection."""
        for app in self._apps.values():
            close(app)


@contextmanager
def connections() -> Iterator[set[object]]:
    """The connections to a store opened in the block and not closed yet."""
    still_open: set[object] = set()

    def opened(connection: object, _record: object) -> None:
        still_open.add(connection)

    def closed(connection: object, _record: object) -> None:
        still_open.discard(connection)

    event.listen(Pool, "connect", opened)
    event.listen(Pool, "close", closed)
    try:
        yield still_open
    finally:
        event.remove(Pool, "connect", opened)
        event.remove(Pool, "close", closed)


def let_an_hour_pass(run: Shell, slug: str, clock: Clock) -> None:
    """A worker sees the airlock's keys again, every ten minutes; it makes a whole round last."""
    parts = run.app().parts
    for _ in range(6):
        parts[Release].sweep(parts[Campaigns].get(slug))
        clock.advance(minutes=10)
    run("worker", "--once")


@contextmanager
def shell(
    store: Callable[[str], Database],
    directory: Path,
    clock: Callable[[], datetime] = utc_now,
) -> Iterator[Shell]:
    """A shell whose environment names these stores."""
    urls = {
        f"{name.upper()}_DATABASE_URL": store(name).url.render_as_string(hide_password=False)
        for name in ("roll", "box", "office")
    }
    made = Shell(
        urls
        | {
            "CONSULTATION_DATA": str(directory),
            "CONSULTATION_SIDES": "",
            "KEYS_DIRECTORY": str(directory / "keys"),
            "SECRET_KEY": "s" * 48,
            "ROLL_SECRET_KEY": "",
            "OFFICE_SECRET_KEY": "",
            "PUBLIC_URL": "https://consultation.exemple.gouv.fr",
            "MAIL_FROM": "consultation@exemple.gouv.fr",
            "MAIL_RATE": "1000",
        },
        clock,
    )
    try:
        yield made
    finally:
        made.close()


def lend_keys(directory: Path, slug: str) -> None:
    """Give a campaign to be the session's signing keys: drawing two takes seconds."""
    for audience in small.public_keys():
        path = directory / "roll" / slug / f"signing-{audience}.pem"
        write_key(path, small.signing_key(audience).to_pem())


def questionnaire(directory: Path) -> Path:
    """The small questionnaire as files."""
    path = directory / "petit.yaml"
    path.write_text(small.DEFINITION, "utf-8")
    for name, text in small.LISTS.items():
        (directory / name).write_text(text, "utf-8")
    return path


def prepare(
    run: Shell, directory: Path, *options: str, slug: str = "essai", closes: str = FAR
) -> Path:
    """A campaign on the small questionnaire, to which nobody is invited yet; its file."""
    lend_keys(Path(run.environment["KEYS_DIRECTORY"]), slug)
    file = questionnaire(directory)
    words = ("--opens", OPENS, "--closes", closes, "--slug", slug, *options)
    run("campaign", "create", file, *words)
    return file


def open_to(
    run: Shell,
    directory: Path,
    agents: int,
    *options: str,
    slug: str = "essai",
    closes: str = FAR,
) -> Path:
    """The same, open to so many agents."""
    file = prepare(run, directory, *options, slug=slug, closes=closes)
    invite(run, slug, directory, agents)
    run("campaign", "open", slug)
    return file


def invite(run: Shell, slug: str, directory: Path, count: int) -> None:
    """So many agents are invited to this campaign."""
    words = ("--batch", "Ain", "--audience", "agents", "--campaign", slug)
    run("invitations", "import", addresses(directory, count), *words)


def addresses(directory: Path, count: int, name: str = "lot.csv") -> Path:
    """An HR file of `count` people."""
    path = directory / name
    lines = "".join(f"agent{number}@{path.stem}.exemple.gouv.fr\r\n" for number in range(count))
    path.write_text(f"Courriel\r\n{lines}", "cp1252")
    return path


PASSWORD = "une phrase assez longue"


def agree(run: Shell, slug: str, *actions: str) -> None:
    """Let two persons of the operation agree on these actions."""
    run.environment["TOTP"] = "facultatif"
    for login in ("alix", "bo"):
        typed = f"{PASSWORD}\n" * 2
        run("account", "create", login, "--role", "exploitation", typed=typed)
    for action in actions:
        asked = ask(run, slug, action, "alix")
        run("approval", "approve", asked, "--login", "bo", typed=f"{PASSWORD}\n\n")


def ask(run: Shell, slug: str, action: str, login: str) -> str:
    """Ask for an action; the number of the request."""
    words = ("approval", "request", slug, "--action", action, "--login", login)
    return run(*words, typed=f"{PASSWORD}\n\n").split("demande ")[1].split()[0]
