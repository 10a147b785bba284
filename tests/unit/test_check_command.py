"""`consultation check`: what people read, what tools read, and the exit code both go by."""

from __future__ import annotations

import json
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sample import SAMPLE, TERRITORIES

from consultation.authoring.commands import check, schema_command
from consultation.config import shipped
from consultation.questionnaire.schema import schema

JUNE = shipped("questionnaires") / "juin-2024.yaml"
FAULTY = SAMPLE.replace("fonction in ['direction', 'encadrement']", "fonction in ['directeur']")
DOUBTFUL = SAMPLE.replace("title: Votre situation", "title: L'avis")

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    (tmp_path / "listes").mkdir()
    (tmp_path / "listes" / "territoires.csv").write_text(TERRITORIES, "utf-8")

    def written(source: str) -> Path:
        path = tmp_path / f"essai-{len(list(tmp_path.iterdir()))}.yaml"
        path.write_text(source, "utf-8", newline="")
        return path

    return written


@contextmanager
def no_room() -> Iterator[None]:
    """No file may hold more than a hundred bytes."""
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limit[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)


def run(*words: str | Path, code: int = 0) -> Result:
    done = CliRunner().invoke(check, [str(word) for word in words])
    assert done.exit_code == code, done.output
    return done


def test_what_we_ship_has_nothing_to_put_right() -> None:
    assert run(JUNE).output.endswith("juin-2024.yaml\u00a0: rien à signaler.\n")


def test_the_exit_code_is_that_of_the_gravest(write: Write) -> None:
    sound, doubtful, faulty = write(SAMPLE), write(DOUBTFUL), write(FAULTY)

    run(sound)
    run(sound, doubtful, code=1)
    run(faulty, sound, doubtful, code=2)
    run(sound.parent / "absent.yaml", code=2)


def test_people_read_where_what_and_what_to_do(write: Write) -> None:
    faulty = write(FAULTY)

    said = run(faulty, code=2).output.replace("\u00a0", " ")

    assert f"{faulty}:15:25: erreur : « directeur » n’est pas une réponse possible. Vouliez" in said
    assert "                            ^\n" in said
    assert said.endswith(f"{faulty} : 1 erreur.\n")


def test_a_fault_in_a_list_is_shown_in_the_list(write: Write) -> None:
    path = write(SAMPLE)
    liste = path.parent / "listes" / "territoires.csv"
    liste.write_text(TERRITORIES.replace("D29,", "D01,"), "utf-8")

    assert f"{liste}:4:1: erreur" in run(path, code=2).output.replace("\u00a0", " ")


def test_programs_read_json(write: Write) -> None:
    faulty, doubtful = write(FAULTY), write(DOUBTFUL)

    first, second = json.loads(run(faulty, doubtful, "--format", "json", code=2).output)["files"]

    assert (first["errors"], first["digest"]) == (1, "")
    assert (second["warnings"], len(second["digest"])) == (1, 64)
    (problem,) = first["problems"]
    assert (problem["file"], problem["line"], problem["column"]) == (str(faulty), 15, 25)
    assert (problem["severity"], problem["code"]) == ("error", "unknown-code")


def test_github_reads_annotations(write: Write) -> None:
    faulty, doubtful = write(FAULTY), write(DOUBTFUL)

    first, second = run(faulty, doubtful, "--format", "github", code=2).output.splitlines()

    assert first.startswith(f"::error file={faulty},line=15,col=25,title=unknown-code::«")
    assert second.startswith(f"::warning file={doubtful},line=")
    assert run(JUNE, "--format", "github").output == "\n"


def test_forges_read_sarif(write: Write) -> None:
    faulty = write(FAULTY)

    sarif = json.loads(run(faulty, "--format", "sarif", code=2).output)

    (ran,) = sarif["runs"]
    (result,) = ran["results"]
    place = result["locations"][0]["physicalLocation"]
    assert (sarif["version"], result["level"], result["ruleId"]) == (
        "2.1.0", "error", "unknown-code",
    )  # fmt: skip
    assert place["artifactLocation"]["uri"] == str(faulty)
    assert place["region"] == {"startLine": 15, "startColumn": 25}
    assert [rule["id"] for rule in ran["tool"]["driver"]["rules"]] == ["unknown-code"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_typography_is_put_right_and_nothing_else(write: Write, end: str) -> None:
    path = write(DOUBTFUL.replace("\n", end))

    assert "rien à signaler" in run(path, "--fix").output
    assert path.read_bytes().decode() == DOUBTFUL.replace("L'avis", "L’avis").replace("\n", end)


def test_a_faulty_file_is_not_written_to(write: Write) -> None:
    path = write(FAULTY.replace("title: Votre situation", "title: L'avis"))
    before = path.read_bytes()

    run(path, "--fix", code=2)

    assert path.read_bytes() == before


def test_a_sound_file_is_not_written_to(write: Write) -> None:
    path = write(SAMPLE)
    path.chmod(0o444)
    stamp = path.stat().st_mtime_ns

    run(path, "--fix")

    assert path.stat().st_mtime_ns == stamp


def test_a_copy_elsewhere_finds_its_lists(tmp_path: Path) -> None:
    shutil.copytree(JUNE.parent, tmp_path / "ailleurs")

    run(tmp_path / "ailleurs" / JUNE.name)


def test_the_schema_is_printed() -> None:
    assert json.loads(CliRunner().invoke(schema_command).output) == schema()


def test_a_correction_that_cannot_be_written_leaves_the_questionnaire(write: Write) -> None:
    path = write(DOUBTFUL)

    with no_room():
        done = CliRunner().invoke(check, [str(path), "--fix"])

    assert isinstance(done.exception, OSError)
    assert path.read_text("utf-8") == DOUBTFUL
    assert not [*path.parent.glob(f".{path.stem}*")]
