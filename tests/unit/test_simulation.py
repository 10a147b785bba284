"""`consultation simulate` and `consultation graph`: what would happen, and who sees what."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from sample import SAMPLE, TERRITORIES, load_sample

from consultation.authoring.commands import COMMANDS
from consultation.authoring.simulating import describe
from consultation.questionnaire.conditions import Condition, parse_condition
from consultation.questionnaire.graph import dot, graph_of, mermaid, seen_by
from consultation.questionnaire.linking import link_all
from consultation.questionnaire.loading import parse
from consultation.questionnaire.model import Questionnaire
from consultation.questionnaire.simulation import Simulation, simulate
from consultation.questionnaire.spelling import Speller

NBSP = "\N{NO-BREAK SPACE}"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "listes").mkdir()
    (tmp_path / "listes" / "territoires.csv").write_text(TERRITORIES, "utf-8")
    (tmp_path / "essai.yaml").write_text(SAMPLE, "utf-8")
    return tmp_path / "essai.yaml"


@pytest.fixture(scope="module")
def sample() -> Questionnaire:
    return load_sample()


@pytest.fixture(scope="module")
def simulated(sample: Questionnaire) -> Simulation:
    return simulate(sample, 200, 1)


def run(*words: str | Path, code: int = 0) -> str:
    known = {command.name: command for command in COMMANDS}
    done = CliRunner().invoke(known[str(words[0])], [str(word) for word in words[1:]])
    assert done.exit_code == code, done.output
    return done.output


# Simulating


def test_the_same_seed_gives_the_same_people(sample: Questionnaire) -> None:
    assert simulate(sample, 20, 7) == simulate(sample, 20, 7)
    assert simulate(sample, 20, 7) != simulate(sample, 20, 8)


def test_every_rule_holds_for_everyone(simulated: Simulation) -> None:
    assert simulated.broken == {}


def test_conditional_pages_are_seen_by_some_others_by_all(
    simulated: Simulation, sample: Questionnaire
) -> None:
    for page in sample.pages:
        count = simulated.pages_seen[page.id]
        assert count == 200 if page.show_if is None else 0 < count < 200
    assert sum(simulated.lengths.values()) == 200
    assert simulated.minutes(0.1) <= simulated.minutes(0.5) <= simulated.minutes(0.9)


def test_each_audience_has_its_turn(sample: Questionnaire, simulated: Simulation) -> None:
    audiences = {audience for audience, _ in sample.audiences}

    assert {one.audience for one in simulated.respondents} == audiences


def test_a_promise_that_does_not_hold_is_told(sample: Questionnaire) -> None:
    # A code that no one can write down: the loader refuses it.
    first = next(question for question in sample.questions if question.id == "fonction")
    spoilt = replace(first, options=tuple(replace(one, code="") for one in first.options))  # type: ignore[attr-defined]
    page = replace(sample.pages[0], questions=(replace(spoilt, required=first.text),))

    found = simulate(replace(sample, pages=(page,)), 5, 1)

    assert found.broken
    assert "Règle rompue, 5 fois" in describe(sample, found)


def test_the_command_says_it_in_words(path: Path) -> None:
    said = run("simulate", path, "-n", "50", "--seed", "3")

    assert said.startswith("50 personnes au hasard")
    assert "Durée estimée" in said
    assert f"100.0{NBSP}%" in said
    assert said.endswith("Toutes les règles sont tenues.\n")


@pytest.mark.parametrize("command", ["simulate", "graph"])
def test_what_cannot_be_used_is_refused_with_its_errors(path: Path, command: str) -> None:
    path.write_text(SAMPLE.replace("type: choice", "type: chois", 1), "utf-8")

    assert "Vouliez-vous dire" in run(command, path, code=2)


# The drawing


def test_a_page_with_a_condition_can_be_passed_by(sample: Questionnaire) -> None:
    graph = graph_of(sample)
    names = [node.name for node in graph.nodes]

    for page in sample.pages:
        ways = [edge.words for edge in graph.edges if edge.start == f"c_{page.id}"]
        assert sorted(ways) == (["non", "oui"] if page.show_if else [])
    assert {edge.end for edge in graph.edges} == set(names) - {"debut"}
    assert {edge.start for edge in graph.edges} == set(names) - {"envoi"}


def test_the_drawing_says_what_decides(sample: Questionnaire) -> None:
    drawn = mermaid(sample)

    assert drawn.startswith("flowchart TD\n")
    assert 'c_usager{"si « Quelles missions exercez-vous » comprend' in drawn.replace(NBSP, " ")
    assert "-->|oui| p_usager" in drawn
    assert drawn.count("subgraph") == drawn.count("\n  end")


@pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz is not installed")
def test_graphviz_draws_it(sample: Questionnaire) -> None:
    done = subprocess.run(["dot", "-Tsvg"], input=dot(sample), capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert "<svg" in done.stdout


def test_what_graphviz_reads_is_quoted(sample: Questionnaire) -> None:
    title = replace(sample.pages[0].title, versions=(("fr", 'Un "titre" \\'),))
    drawn = dot(replace(sample, pages=(replace(sample.pages[0], title=title),)))

    assert '"Un \\"titre\\" \\\\ (' in drawn


# Who sees what


def test_the_table_has_a_line_for_each_question(sample: Questionnaire) -> None:
    lines = seen_by(sample).splitlines()

    for question in sample.questions:
        assert any(re.search(rf"\| {question.id} – ", line) for line in lines), question.id
    assert all(line.count("|") - line.count("\\|") == 4 for line in lines)


SAYINGS = {
    "fonction == 'agent'": "« Quelle est votre fonction » est « Agent sans encadrement »",
    "audience != 'agents'": "le public n’est pas « Tous les agents »",
    "missions has any ['guichet', 'telephone']": "guichet » ou « Réponse",
    "missions has all ['guichet', 'telephone']": "guichet » et « Réponse",
    "count(missions) >= 2": "le nombre de réponses à « Quelles missions exercez-vous » est au",
    "not answered(fonction)": "il est faux que une réponse est donnée",
    "tt < 1.5": "est moins que 1,5",
    "tt_voulu > tt": "est plus que la réponse à « Jours de télétravail",
    "fonction == 'agent' and (tt > 1 or tt_voulu > 1)": " et (« Jours",
}


@pytest.mark.parametrize("source", SAYINGS)
def test_a_condition_is_said_in_words(sample: Questionnaire, source: str) -> None:
    condition = parse_condition(source)
    assert isinstance(condition, Condition)

    said = Speller(sample).seen_by(condition)

    assert SAYINGS[source] in said.replace(NBSP, " ")


def test_a_named_condition_is_spelt_out() -> None:
    source = SAMPLE.replace("show_if: missions has", "show_if: encadre and missions has", 1)
    found = parse(source, {"listes/territoires.csv": TERRITORIES}, thorough=False).questionnaire
    assert found is not None

    assert "encadre" not in mermaid(link_all(found)).replace("encadrement", "")
