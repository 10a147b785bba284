"""A questionnaire corrected while people answer it: one table, and no answer read otherwise."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import small
from commands import Shell, agree, invite, open_to, prepare, questionnaire, shell
from voting import credential

from consultation.ballots.journey import Journey, State
from consultation.ballots.store import Urn
from consultation.database import Database
from consultation.office.store import Campaigns
from consultation.questionnaire.conditions import Context

SLUG = "essai"
EACH = 12

ADDED = """\
  - id: lieu
    type: choice
    text: "Où travaillez-vous ?"
    options: {site: Sur site, chez_soi: Chez vous}
  checks:
"""
CORRECTED = (
    small.DEFINITION.replace("version: 1", "version: 2")
    .replace("Accueil au guichet", "Accueil du public")
    .replace("agent: Agent,", "agent: Agent, stage: Stagiaire,")
    .replace("      courrier: Courrier\n", "      courrier: Courrier\n      terrain: Terrain\n")
    .replace("delais: Les délais sont bons,", "delais: Les délais sont bons, locaux: Les locaux,")
    .replace("  checks:\n", ADDED)
)
BEFORE = {
    "territoire": "D01",
    "fonction": "agent",
    "missions": ["guichet", "courrier"],
    "avis": {"delais": "d1", "outils": "d4"},
    "tt": 2,
}
AFTER = BEFORE | {
    "fonction": "stage",
    "missions": ["guichet", "terrain"],
    "avis": {"delais": "d1", "locaux": "d2", "outils": "d4"},
    "lieu": "site",
}


@pytest.fixture
def run(store: Callable[[str], Database], tmp_path: Path) -> Iterator[Shell]:
    with shell(store, tmp_path) as made:
        yield made


def answer(run: Shell, answers: Mapping[str, object], times: int = EACH) -> str:
    """So many agents answer this; the digest of the questionnaire they answered."""
    parts = run.app().parts
    campaign = parts[Campaigns].get(SLUG)
    rules = campaign.rulebook.of("fr")
    state = State.from_form(rules, {"answers": json.dumps(answers)})
    document = Journey(rules, Context(audience="agents")).document(state)
    for _ in range(times):
        msg, sig = credential(parts, SLUG)
        assert parts[Urn].cast(campaign, "agents", msg, sig, document) == "recorded"
    return str(campaign.digest)


def table(path: Path, delimiter: str = ",", encoding: str = "utf-8") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


@pytest.fixture
def corrected(run: Shell, tmp_path: Path) -> tuple[str, str]:
    """A campaign that people answered before and after a correction; the digest of each."""
    file = open_to(run, tmp_path, 30)
    first = answer(run, BEFORE)
    file.write_text(CORRECTED, "utf-8")
    run("campaign", "revise", SLUG, file)
    return first, answer(run, AFTER)


def test_two_versions_are_one_table(run: Shell, corrected: tuple[str, str], tmp_path: Path) -> None:
    agree(run, SLUG, "early-closing", "final-release")
    run("campaign", "close", SLUG, "--grace", "0")

    run("export", SLUG, tmp_path / "export")

    rows = table(tmp_path / "export/microdata.csv")
    shown = {name: Counter(row[name] for row in rows) for name in rows[0]}
    assert len(rows) == 2 * EACH
    assert shown["fonction"] == {"agent": EACH, "stage": EACH}
    assert shown["lieu"] == {"": EACH, "site": EACH}
    assert shown["avis__locaux"] == {"": EACH, "d2": EACH}
    assert shown["avis__delais"] == {"d1": 2 * EACH}
    assert shown["missions__courrier"] == shown["missions__terrain"] == {"0": EACH, "1": EACH}
    assert shown["missions__guichet"] == {"1": 2 * EACH}
    codes = table(tmp_path / "export/codebook.csv")
    meant = {(line["colonne"], line["code"]): line["signification"] for line in codes}
    assert meant["fonction", "stage"] == "Stagiaire"
    titles = {line["colonne"]: line["intitule"] for line in codes}
    assert titles["missions__guichet"].endswith("Accueil du public")
    manifest = json.loads((tmp_path / "export/manifest.json").read_text("utf-8"))
    first, last = corrected
    assert first != last == manifest["questionnaire_digest"]
    assert manifest["questionnaires"] == [
        {"version": 2, "digest": last, "ballots": EACH},
        {"version": 1, "digest": first, "ballots": EACH},
    ]
    words = (tmp_path / "export/codebook.md").read_text("utf-8")
    assert f"version 2, `{last}`, 12 réponses" in words
    assert f"version 1, `{first}`, 12 réponses" in words
    assert "missions\u00a0: La réponse «\u00a0terrain\u00a0» s’ajoute" in words
    older = tmp_path / f"export/versions/{first[:12]}"
    assert (older / "questionnaire.yaml").read_text("utf-8") == small.DEFINITION
    assert (older / "listes/territoires.csv").exists()
    assert (tmp_path / "export/questionnaire.yaml").read_text("utf-8") == CORRECTED


def test_few_answers_to_a_version_are_not_counted_apart(
    run: Shell, corrected: tuple[str, str], tmp_path: Path
) -> None:
    file = questionnaire(tmp_path)
    file.write_text(CORRECTED.replace("version: 2", "version: 3"), "utf-8")
    run("campaign", "revise", SLUG, file)
    third = answer(run, AFTER, times=3)
    agree(run, SLUG, "early-closing", "final-release")
    run("campaign", "close", SLUG, "--grace", "0")

    run("export", SLUG, tmp_path / "export")

    manifest = json.loads((tmp_path / "export/manifest.json").read_text("utf-8"))
    told = [(one["digest"], one["ballots"]) for one in manifest["questionnaires"]]
    assert told == [(third, None), (corrected[1], None), (corrected[0], None)]


def test_a_version_nobody_answered_is_not_told(run: Shell, tmp_path: Path) -> None:
    file = prepare(run, tmp_path)
    file.write_text(CORRECTED, "utf-8")
    run("campaign", "revise", SLUG, file)
    invite(run, SLUG, tmp_path, 30)
    run("campaign", "open", SLUG)
    only = answer(run, AFTER)
    agree(run, SLUG, "early-closing", "final-release")
    run("campaign", "close", SLUG, "--grace", "0")

    run("export", SLUG, tmp_path / "export")

    manifest = json.loads((tmp_path / "export/manifest.json").read_text("utf-8"))
    assert [one["digest"] for one in manifest["questionnaires"]] == [only]
    assert "Versions du questionnaire" not in (tmp_path / "export/codebook.md").read_text("utf-8")
    assert not (tmp_path / "export/versions").exists()
