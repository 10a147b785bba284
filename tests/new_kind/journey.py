"""A postcode from the front door: checked, shown, refused, accepted, quoted, reviewed, exported."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import Clock
from counting import office_with_an_urn
from visitor import Visitor

from consultation.authoring.preview import create_preview
from consultation.cli import commands
from consultation.database import Database
from consultation.demo.population import Person, Population
from consultation.questionnaire.loading import parse

DEFINITION = """\
format: 1
id: essai
version: 1
title: Un essai
audiences: {agents: Agents}
pages:
- id: lieu
  title: Votre lieu de travail
  questions:
  - id: commune
    type: postcode
    text: Votre code postal
    departments: [01, 20, 75]
- id: suite
  title: La suite
  show_if: answered(commune)
  questions:
  - id: avis
    type: choice
    text: "Votre avis sur {commune|votre adresse}"
    options: {bien: Bien, mal: Mal}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "essai.yaml"
    path.write_text(DEFINITION, "utf-8")
    return path


def test_the_file_is_sound(path: Path) -> None:
    done = CliRunner().invoke(commands, ["check", str(path)])

    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    ("written", "said"), [("departments: [1]", "01 à 98"), ("department: [01]", "departments")]
)
def test_a_wrong_key_is_refused(path: Path, written: str, said: str) -> None:
    path.write_text(DEFINITION.replace("departments: [01, 20, 75]", written), "utf-8")

    done = CliRunner().invoke(commands, ["check", str(path)])

    assert done.exit_code == 2
    assert said in done.output


@pytest.mark.parametrize("operator", ["commune == '01000'", "commune < 20000", "commune in ['a']"])
def test_it_compares_with_nothing(operator: str) -> None:
    found = parse(DEFINITION.replace("answered(commune)", operator), {})

    [problem] = [one for one in found.problems if one.severity == "error"]
    assert "Écrivez answered(commune)." in str(problem)


def test_an_agent_is_refused_then_accepted(path: Path) -> None:
    agent = Visitor(create_preview(path, lambda: datetime(2024, 6, 3, 7, tzinfo=UTC)))
    agent.open("/q/apercu/agents").press("Commencer")
    assert 'id="commune" name="commune" value="" inputmode="numeric"' in agent.body

    agent.fill({"commune": "1000"}).press("suite", status=422)
    assert "Écrivez les cinq chiffres du code postal" in agent.body
    agent.fill({"commune": "29000"}).press("suite", status=422)
    assert "Ce code postal n’est pas de ceux" in agent.body
    agent.fill({"commune": " 01 000 "}).press("suite")
    assert "Votre avis sur 01000" in agent.body

    agent.press("suite")
    assert "Relire avant d’envoyer" in agent.body
    assert "01000" in agent.body


def test_the_export_holds_its_first_two_figures(
    box_database: Database,
    office_database: Database,
    keys_directory: Path,
    clock: Clock,
    tmp_path: Path,
) -> None:
    office = office_with_an_urn(
        box_database, office_database, keys_directory, clock, DEFINITION, {}
    )
    office.fill([{"commune": one} for one in ["01000", "20200", "75012"] for _ in range(20)])
    office.close()

    office.export(tmp_path / "export")

    with (tmp_path / "export/microdata.csv").open(encoding="utf-8", newline="") as file:
        assert {row["commune"] for row in csv.DictReader(file)} == {"01", "20", "75"}
    told = (tmp_path / "export/codebook.md").read_text("utf-8")
    assert "Votre code postal (début d’un code postal)" in told
    assert "01000" not in told


def test_invented_people_answer_it() -> None:
    questionnaire = parse(DEFINITION, {}).questionnaire
    assert questionnaire
    people = Population(questionnaire, seed=1)

    crowd = [people.answers(Person(number=one, audience="agents")) for one in range(40)]

    given = {str(one["commune"])[:2] for one in crowd if "commune" in one}
    assert given == {"01", "20", "75"}
