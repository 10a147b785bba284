"""What the command says to those who mistype, misconfigure, or are out of luck."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import pytest
from commands import LISTED, Shell, every_command, questionnaire, shell

from consultation.cli.running import gunicorn
from consultation.config import Settings
from consultation.database import Database

CHECKOUT = str(Path(__file__).parents[2])
README = (Path(CHECKOUT) / "README.md").read_text("utf-8")


@pytest.fixture
def run(store: Callable[[str], Database], tmp_path: Path) -> Iterator[Shell]:
    with shell(store, tmp_path) as made:
        yield made


@pytest.mark.parametrize("command", every_command())
def test_every_command_is_documented(command: str) -> None:
    assert re.search(rf"`consultation {command}\b", README), command


@pytest.mark.parametrize("name", LISTED)
def test_the_list_of_commands_says_of_each_what_it_says_of_itself(name: str) -> None:
    listed = LISTED[name]
    said = str(listed.load().help).split("\n\n")[0]

    assert listed.help == " ".join(said.split("\n"))
    assert listed.load().name == name


@pytest.mark.parametrize("command", every_command())
def test_every_command_helps_without_any_setting(command: str) -> None:
    said = Shell({"CONSULTATION_DATA": "", "SECRET_KEY": ""})(*command.split(), "--help")

    assert "Options:" in said


def test_every_setting_is_documented(tmp_path: Path) -> None:
    class Recorder(dict[str, str]):
        def get(self, name: str, default: object = None) -> object:  # type: ignore[override]  # records
            asked.add(name)
            return super().get(name, default)

    asked: set[str] = set()
    demo = {"SECRET_KEY": "s" * 48, "CONSULTATION_DATA": str(tmp_path), "CONSULTATION_DEMO": "1"}
    Settings.from_environment(Recorder(demo))

    assert {name for name in asked if f"`{name}`" not in README} == set()


def test_wrong_settings_are_all_told_at_once() -> None:
    said = Shell({"SECRET_KEY": "court", "CONSULTATION_DATA": "", "PUBLIC_URL": "http://x"})(
        "campaign", "status", code=3
    )

    for name in ("SECRET_KEY", "PUBLIC_URL", "ROLL_DATABASE_URL", "MAIL_FROM"):
        assert name in said


def test_stores_that_were_never_migrated_are_told_apart_from_a_bug(tmp_path: Path) -> None:
    environment = {
        "CONSULTATION_DATA": str(tmp_path),
        "SECRET_KEY": "s" * 48,
        "PUBLIC_URL": "https://consultation.exemple.gouv.fr",
        "MAIL_FROM": "consultation@exemple.gouv.fr",
    }
    run = Shell(environment)
    try:
        assert "consultation database migrate" in run("campaign", "status", code=4)
        assert "consultation database migrate" in run("database", "check", code=4)
        assert run("database", "migrate").count("à jour") == 3
        assert run("database", "check").count("à jour") == 3
        assert run("campaign", "status") == ""
    finally:
        run.close()


def test_a_store_that_is_away_is_a_sentence(run: Shell) -> None:
    run.environment["OFFICE_DATABASE_URL"] = "postgresql+psycopg://nobody@127.0.0.1:1/x"

    assert "ne répond pas" in run("campaign", "status", code=4)


@pytest.mark.parametrize(
    "words",
    [
        ("campaign", "create", "absent.yaml", "--opens", "2024-06-03", "--closes", "2024-06-28"),
        ("campaign", "extend", "essai", "--closes", "demain"),
        ("campaign", "close", "essai", "--grace", "longtemps"),
        ("campaign", "ouvrir", "essai"),
        ("account", "create", "jeanne", "--role", "ministre"),
    ],
)
def test_what_cannot_be_understood_is_a_usage_error(run: Shell, words: tuple[str, ...]) -> None:
    run(*words, code=2)


def test_accounts_are_opened_listed_and_given_another_password(run: Shell) -> None:
    password = "une phrase assez longue\n"

    run("account", "create", "Jeanne", "--role", "rh", typed=password * 2)
    run("account", "password", "jeanne", typed=f"autre {password}" * 2)

    assert "jeanne       ressources humaines" in run("account", "list")
    assert "déjà pris" in run(
        "account", "create", "jeanne", "--role", "rh", typed=password * 2, code=1
    )
    assert "12 caractères" in run("account", "create", "a", "--role", "rh", typed="x\nx\n", code=1)


def test_a_side_left_out_is_told(run: Shell) -> None:
    run.move_to("office")

    told = run("ballots", "release", "essai", code=3)

    assert "CONSULTATION_SIDES" in told
    assert "Urn" in told


def test_a_directory_that_cannot_be_written_is_a_sentence(run: Shell, tmp_path: Path) -> None:
    file = questionnaire(tmp_path)
    (tmp_path / "keys").write_text("not a directory")

    run("campaign", "create", file, "--opens", "2024-06-03", "--closes", "2099-06-28", code=4)


def installed(
    *words: str, check: bool = True, path: str = CHECKOUT, **settings: str
) -> subprocess.CompletedProcess[str]:
    """The command as a person types it, with these settings alone."""
    return subprocess.run(
        [sys.executable, *words],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path} | settings,
        capture_output=True,
        text=True,
        check=check,
    )


def test_the_installed_command_starts_without_any_setting() -> None:
    assert "demo" in installed("-m", "consultation", "--help").stdout


def test_the_installed_command_tells_its_version() -> None:
    said = installed("-m", "consultation", "--version").stdout

    assert said.split() == ["consultation", metadata.version("consultation")]


@pytest.mark.parametrize("word", ["--help", "schema"])
def test_what_needs_no_platform_does_not_load_it(word: str) -> None:
    done = installed("-X", "importtime", "-m", "consultation", word)

    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "consultation.cli" in loaded
    assert loaded & {"flask", "sqlalchemy", "alembic", "pandas", "consultation.app"} == set()


@pytest.mark.long
@pytest.mark.parametrize(
    ("module", "setting", "extra"),
    [
        ("redis", {"LIMITER_STORAGE": "redis://localhost"}, "redis"),
        ("psycopg", {"ROLL_DATABASE_URL": "postgresql://localhost/roll"}, "postgresql"),
    ],
)
def test_what_an_extra_would_bring_is_asked_for_in_a_sentence(
    tmp_path: Path, module: str, setting: dict[str, str], extra: str
) -> None:
    (tmp_path / f"{module}.py").write_text("raise ImportError  # as where it is not installed")
    settings = {
        "CONSULTATION_DATA": str(tmp_path),
        "SECRET_KEY": "s" * 48,
        "PUBLIC_URL": "https://consultation.exemple.gouv.fr",
        "MAIL_FROM": "consultation@exemple.gouv.fr",
    }

    done = installed(
        *("-m", "consultation", "campaign", "status"),
        check=False,
        path=f"{tmp_path}{os.pathsep}{CHECKOUT}",
        **settings | setting,
    )

    assert done.returncode == 3
    assert f"pip install 'consultation[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_serving_loads_nothing_from_the_folder_it_is_started_in(tmp_path: Path) -> None:
    (tmp_path / "consultation").mkdir()
    for name in ("consultation/__init__.py", "gunicorn.conf.py"):
        (tmp_path / name).write_text("raise SystemExit('code of the folder')")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        bind = f"fd://{listening.fileno()}"
        server = subprocess.Popen(
            gunicorn(bind, workers=1),
            cwd=tmp_path,
            env={
                "CONSULTATION_DEMO": "1",
                "CONSULTATION_DATA": str(tmp_path),
                "SECRET_KEY": "s" * 48,
                "PUBLIC_URL": "http://127.0.0.1",
                "MAIL_FROM": "consultation@exemple.fr",
            },
            pass_fds=(listening.fileno(),),
        )
        try:
            url = f"http://127.0.0.1:{listening.getsockname()[1]}/aide"
            with urllib.request.urlopen(url, timeout=60) as page:
                assert page.status == 200
        finally:
            server.terminate()
            server.wait()
