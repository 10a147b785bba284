"""One command shows a whole consultation, and what it leaves behind says nothing of anyone."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from counting import answers_in, given
from running import close

from consultation.app import create_app
from consultation.ceremony import Ceremony
from consultation.config import Settings
from consultation.demo import place as places
from consultation.office.store import Campaigns
from consultation.results.cubes import Cubes
from consultation.results.disclosure import K
from consultation.results.export import Results
from consultation.roll.store import Roll
from consultation.sealing import read_key

ROOT = Path(__file__).parents[2]
RESPONDENTS, RECIPIENTS = 40, 130
# What a visitor's own shell may hold must not matter.
FOREIGN = {"ROLL_DATABASE_URL": "postgresql://prod/roll", "PUBLIC_URL": "http://prod", "TOTP": "?"}

pytestmark = pytest.mark.timeout(240)


def consultation(*words: str) -> list[str]:
    return [sys.executable, "-m", "consultation", "demo", *words]


def play(directory: Path, *words: str, code: int = 0) -> str:
    done = subprocess.run(
        consultation("--directory", str(directory), *words),
        cwd=ROOT,
        env=os.environ | FOREIGN,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == code, done.stdout
    assert "Traceback" not in done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A demonstration that has been shown, and what it said."""
    directory = tmp_path_factory.mktemp("shown") / "demo"
    figures = ("--respondents", str(RESPONDENTS), "--recipients", str(RECIPIENTS))
    return directory, play(directory, *figures, "--port", "8400", "--no-serve")


def test_the_figures_add_up(shown: tuple[Path, str]) -> None:
    directory, said = shown
    told = json.loads((directory / "summary.json").read_text("utf-8"))

    assert told["recipients"] == RECIPIENTS
    assert told["sent"] == told["recipients"] - told["duplicates"] - told["faulty"]
    assert told["issued"] == RESPONDENTS - told["left_at_the_door"]
    assert told["issued"] - told["gave_up"] == told["spent"] == told["ballots"] == told["rows"]
    assert told["without_script"] == 6
    assert told["gave_up"] >= 1
    assert "Les nombres tombent juste" in said


def test_the_figures_are_those_of_the_files(shown: tuple[Path, str]) -> None:
    directory, _ = shown
    told = json.loads((directory / "summary.json").read_text("utf-8"))
    lines = sum(path.read_bytes().count(b"\r\n") - 1 for path in (directory / "rh").iterdir())

    assert lines == told["recipients"]
    assert len(list((directory / "mail").glob("*.eml"))) == told["sent"]
    assert len(_rows(directory)) == told["rows"]
    assert _one(directory / "box.sqlite", "SELECT count(*) FROM ballot") == told["ballots"]


def test_every_answer_of_the_urn_is_in_the_file_or_said_to_be_withheld(
    shown: tuple[Path, str],
) -> None:
    """The urn is opened with its key, and read by nothing that reads results."""
    directory, _ = shown
    urn, rows = given(_ballots(directory)), _rows(directory)
    manifest = json.loads((directory / "export/manifest.json").read_text("utf-8"))
    titled = _rows(directory, "microdata-excel.csv", "utf-8-sig", ";")

    assert urn["fi_priorites"] > 20
    for name in rows[0].keys() - manifest["generalised_percent"].keys():
        several = name not in urn and "__rang" not in name  # an option: as many as its question
        answers = urn[name.split("__")[0] if several else name]
        left = answers - sum(manifest["withheld"].get(name, {}).values())
        assert sum(row[name] != "" for row in rows) == left, name
        [title] = [one for one in titled[0] if one.split(" – ")[0] == name]
        assert sum(row[title] != "" for row in titled) == left, name
    assert urn["fi_priorites"] - 11 <= sum(row["fi_priorites__rang1"] != "" for row in rows)


def test_every_text_of_the_urn_is_in_its_file_or_said_to_be_withheld(
    shown: tuple[Path, str],
) -> None:
    directory, _ = shown
    urn = given(_ballots(directory))
    manifest = json.loads((directory / "export/manifest.json").read_text("utf-8"))

    assert manifest["texts"]
    for name, told in manifest["texts"].items():
        answer = f"{name.split('__')[0]}.other" if "__" in name else name
        assert told["texts"] + told["withheld"] == urn[answer], name
        assert len(_rows(directory, f"textes/{name}.csv")) == told["texts"]


def test_who_answered_is_counted_as_they_said_it_or_not_at_all(shown: tuple[Path, str]) -> None:
    directory, _ = shown
    said = _ballots(directory)
    table = _rows(directory, "tableaux/tris-a-plat.csv")

    for name in ("territoire", "structure", "categorie", "encadrement", "anciennete"):
        lines = [line for line in table if line["variable"] == name]
        truth = Counter(str(one[name]) for one in said if name in one)
        assert truth
        assert lines
        for line in lines:
            assert line["effectif"] in ("", str(truth[line["code"]])), name
            assert line["masque"] == ("0" if line["effectif"] else "1")


def test_no_class_of_the_microdata_is_small(shown: tuple[Path, str]) -> None:
    directory, _ = shown
    rows = _rows(directory)
    profile = [name for name in ("territoire", "structure", "categorie") if name in rows[0]]

    classes: dict[tuple[str, ...], int] = {}
    for row in rows:
        key = tuple(row[name] for name in profile)
        classes[key] = classes.get(key, 0) + 1

    assert profile
    assert min(classes.values()) >= K


def test_no_value_of_the_box_is_in_the_roll(shown: tuple[Path, str]) -> None:
    directory, _ = shown

    assert not _values(directory / "box.sqlite") & _values(directory / "roll.sqlite")


def test_no_code_and_no_address_is_anywhere_but_in_the_messages(shown: tuple[Path, str]) -> None:
    directory, said = shown
    message = next((directory / "mail").iterdir())
    secrets = {message.name.removesuffix(".eml").encode(), _code(message).encode()}

    for path in (directory / "box.sqlite", directory / "server.log", *_files(directory / "export")):
        assert not [one for one in secrets if one in path.read_bytes()], path
    assert _code(message) not in said


def test_the_roll_s_keys_are_gone_once_the_campaign_is_closed(shown: tuple[Path, str]) -> None:
    directory, _ = shown

    assert not list(_files(directory / "keys" / "roll" / "juin-2024"))
    assert list(_files(directory / "keys" / "roll" / "essai"))


def test_every_file_written_is_named(shown: tuple[Path, str]) -> None:
    directory, said = shown

    for path in (*directory.iterdir(), *_files(directory / "export")):
        if path.name != "export" and not path.name.endswith(("-gate", "-wal", "-shm")):
            assert str(path.relative_to(directory)) in said


def test_a_second_run_erases_nothing_unasked(shown: tuple[Path, str]) -> None:
    directory, _ = shown
    before = {path: path.stat().st_mtime_ns for path in _files(directory)}

    said = play(directory, "--no-serve", code=1)

    assert "--again" in said
    assert "--serve-only" in said
    assert {path: path.stat().st_mtime_ns for path in _files(directory)} == before


@pytest.mark.long
def test_served_again_it_offers_an_unused_link_until_interrupted(shown: tuple[Path, str]) -> None:
    directory, _ = shown
    with _running(directory, "--serve-only", "--port", "8420") as server:
        said = _until(server, "Ctrl-C")
        link = re.search(r"http://\S+#\S+", said)
        assert link
        with urllib.request.urlopen(link[0].split("#")[0], timeout=20) as page:
            assert page.status == 200
            assert page.headers["Set-Cookie"] is None
        server.send_signal(signal.SIGINT)
        assert server.wait(20) == 0


@pytest.mark.long
def test_interrupted_it_says_how_to_start_over(tmp_path: Path) -> None:
    with _running(tmp_path / "demo", "--port", "8440") as server:
        _until(server, "Création des trois bases")
        server.send_signal(signal.SIGINT)
        # Interrupted where it runs a text as code, as dataclasses do, Python ends as if it had
        # not been answered, whatever was done about it.
        assert server.wait(30) in (1, -signal.SIGINT)
        assert "--again" in (server.stdout.read() if server.stdout else "")

    assert "--serve-only" not in play(tmp_path / "demo", "--serve-only", code=1)


@pytest.mark.long
@pytest.mark.parametrize(
    "words", [("--recipients", "39"), ("--respondents", "500"), ("--respondents", "21")]
)
def test_figures_that_allow_no_demonstration_are_refused_first(
    tmp_path: Path, words: tuple[str, str]
) -> None:
    play(tmp_path / "demo", *words, code=1)

    assert not (tmp_path / "demo").exists()


def test_someone_else_s_directory_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thèse.odt").write_text("dix ans")

    assert "--directory" in play(tmp_path, "--again", code=1)
    assert [path.name for path in tmp_path.iterdir()] == ["thèse.odt"]


def test_starting_over_erases_only_what_a_demonstration_wrote(tmp_path: Path) -> None:
    place = places.settle(tmp_path / "demo")
    (place.directory / "notes.txt").write_text("à moi")
    (place.directory / "mail").mkdir()
    (place.directory / "mail" / "a.eml").write_text("")

    places.erase(place)

    assert [path.name for path in place.directory.iterdir()] == ["notes.txt"]


def _running(directory: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        consultation("--directory", str(directory), *words),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _until(server: subprocess.Popen[str], words: str) -> str:
    said = ""
    assert server.stdout
    for line in server.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(said)


def _ballots(directory: Path) -> list[dict[str, object]]:
    with closing(sqlite3.connect(directory / "box.sqlite")) as base:
        sealed = base.execute("SELECT urn, sealed FROM ballot").fetchall()
    key = read_key(next((directory / "keys/results").glob("juin*/export.key")))
    return answers_in(sealed, key)


def _rows(
    directory: Path, name: str = "microdata.csv", encoding: str = "utf-8", delimiter: str = ","
) -> list[dict[str, str]]:
    with (directory / "export" / name).open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def _files(directory: Path) -> Iterator[Path]:
    return (path for path in directory.rglob("*") if path.is_file())


def _code(message: Path) -> str:
    found = re.search(r"#([0-9A-Z]{26})", message.read_text("utf-8").replace("=\n", ""))
    assert found
    return found[1]


def _one(path: Path, question: str) -> int:
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute(question).fetchone()[0])
    finally:
        connection.close()


def _values(path: Path) -> set[object]:
    """Every value a store holds, but for what says nothing: empty texts and small numbers."""
    connection = sqlite3.connect(path)
    try:
        tables = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        rows = [row for table in tables for row in connection.execute(f'SELECT * FROM "{table}"')]
    finally:
        connection.close()
    values = {value for row in rows for value in row}
    return {value for value in values if isinstance(value, bytes | str) and len(value) >= 4}


@pytest.mark.long
def test_an_urn_is_filled_to_see_the_results_of_many(tmp_path: Path) -> None:
    words = ("--ballots", "300", "--leave-open", "--port", "8440", "--no-serve")
    said = play(tmp_path / "demo", *words)
    assert "300 bulletins." in said
    assert f"--serve-only --directory {tmp_path}/demo" in said

    place = places.found(tmp_path / "demo")
    assert place is not None
    app = create_app(Settings.from_environment(place.environment("http://127.0.0.1:8440")))
    parts, slug = app.parts, "juin-2024"
    campaign = parts[Campaigns].get(slug)
    account = parts[Ceremony].account(campaign)
    assert (account.spent, account.ballots, account.waiting) == (300, 227, 73)
    assert account.is_right
    assert parts[Roll].counts(slug).sent > 0.9 * account.invited
    assert parts[Cubes].get(campaign).ballots == 227
    assert parts[Results].verify(campaign).holds
    close(app)
