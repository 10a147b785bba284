"""`consultation import`: the YAML, the report, and what cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import Shell
from foreign.samples import SAMPLES

from consultation.importing.commands import FORMATS
from consultation.importing.files import READERS
from consultation.questionnaire.loading import parse

EXTENSIONS = {"limesurvey": "lss", "xlsform": "xlsx", "pogues": "json", "surveyjs": "json"}


@pytest.fixture
def run() -> Shell:
    """No setting is needed to import."""
    return Shell({"CONSULTATION_DATA": "", "SECRET_KEY": ""})


@pytest.mark.parametrize("format_", SAMPLES)
def test_a_file_becomes_a_questionnaire_that_loads(
    run: Shell, tmp_path: Path, format_: str
) -> None:
    source = tmp_path / f"original.{EXTENSIONS[format_]}"
    source.write_bytes(SAMPLES[format_]())
    result = tmp_path / "nouveau.yaml"

    said = run("import", source, "--from", format_, "--output", result)

    assert parse(result.read_text("utf-8"), {}, thorough=False).questionnaire is not None
    assert "questions sur" in said
    assert "conditions sur" in said
    assert "Sans équivalent (" in said


def test_without_an_output_the_yaml_is_shown_and_the_report_apart(
    run: Shell, tmp_path: Path
) -> None:
    source = tmp_path / "original.json"
    source.write_bytes(SAMPLES["surveyjs"]())

    said = run("import", source)

    assert said.startswith("# Importé de SurveyJS.")
    assert "9 conditions sur 10 sont reprises, dont 1" in " ".join(said.split())


def test_a_file_already_there_is_not_written_over(run: Shell, tmp_path: Path) -> None:
    source, result = tmp_path / "original.json", tmp_path / "nouveau.yaml"
    source.write_bytes(SAMPLES["surveyjs"]())
    result.write_text("à moi", "utf-8")

    said = run("import", source, "--output", result, code=1)

    assert "existe déjà" in said
    assert result.read_text("utf-8") == "à moi"


def test_a_file_of_another_kind_is_a_sentence(run: Shell, tmp_path: Path) -> None:
    source = tmp_path / "photo.png"
    source.write_bytes(b"\x89PNG")

    assert "n’est pas reconnu" in run("import", source, code=1)


def test_the_command_knows_every_reader() -> None:
    assert set(FORMATS) == set(READERS)
