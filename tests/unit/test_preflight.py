"""`consultation check --population`: what a profile will cost, known before anyone answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from consultation.authoring.commands import check
from consultation.authoring.preflight import expected_rows
from consultation.config import shipped

SOURCE = """\
format: 1
id: essai
version: 1
title: Essai
audiences: {agents: Agents}
pages:
- id: situation
  title: Situation
  questions:
  - id: service
    type: choice
    text: Service
    profile: true
    options: {prefecture: Préfecture, ddt: Territoires}
  - id: categorie
    type: choice
    text: Catégorie
    profile: true
    options: {a: Catégorie A, b: Catégorie B}
"""
OVERRIDE = """\
privacy:
  override: {reason: Accord des services, signed_by: Claude Martin, date: 2024-05-28}
pages:
"""
SAFE = "service;categorie;effectif\nprefecture;a;400\nprefecture;b;500\nddt;a;1 000\nddt;b;30\n"
SCARCE = "service;categorie;effectif\nprefecture;a;20\nprefecture;b;18\nddt;a;14\nddt;b;30\n"

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def checked(
        counts: str | bytes, *words: str, source: str = SOURCE, code: int = 0, rate: str = "0.5"
    ) -> str:
        (tmp_path / "essai.yaml").write_text(source, "utf-8")
        content = counts if isinstance(counts, bytes) else counts.encode()
        (tmp_path / "effectifs.csv").write_bytes(content)
        files = (str(tmp_path / "essai.yaml"), "--population", str(tmp_path / "effectifs.csv"))
        done = CliRunner().invoke(check, [*files, "--rate", rate, *words])
        assert done.exit_code == code, done.output
        return done.output.replace("\u00a0", " ").replace("\u202f", " ")

    return checked


def test_a_profile_that_hides_everyone_passes(run: Run) -> None:
    said = run(SAFE)

    assert "1 930 personnes, 965 réponses attendues (50 %) : 4 combinaisons du profil" in said
    assert "dont 0 de moins de 11 personnes." in said
    assert "L’export rendra moins précises 0 % des réponses." in said


def test_a_profile_that_the_export_would_blur_is_refused_at_its_place(run: Run) -> None:
    said = run(SCARCE, code=2)

    assert "essai.yaml:13:5: erreur : " in said
    assert "    profile: true\n" in said
    assert "plus que la limite de 20 %" in said
    assert "dont 3 de moins de 11 personnes, qui en réunissent 26." in said
    assert (
        "Les plus petites : ddt × a (7,0) ; prefecture × b (9,0) ; prefecture × a (10,0)." in said
    )


def test_more_answers_make_the_same_profile_safe(run: Run) -> None:
    run(SCARCE, rate="1")


def test_too_few_people_for_any_group_is_refused(run: Run) -> None:
    nine = "service;categorie;effectif\nddt;a;18\n"
    three = "service;categorie;effectif\nddt;a;6\n"

    assert "Il n’y aura pas 11 réponses" in run(nine, code=2)
    assert "Il n’y aura pas 11 réponses" in run(three, code=2)


def test_a_signed_override_accepts_it_and_is_shown(run: Run) -> None:
    said = run(SCARCE, source=SOURCE.replace("pages:\n", OVERRIDE))

    assert "Accepté par Claude Martin le 2024-05-28 : Accord des services" in said


@pytest.mark.parametrize("part", ["reason: Accord des services, ", ", date: 2024-05-28"])
def test_an_override_that_nobody_could_answer_for_is_an_error(run: Run, part: str) -> None:
    unsigned = SOURCE.replace("pages:\n", OVERRIDE.replace(part, ""))

    assert "Il manque la clé" in run(SCARCE, source=unsigned, code=2)


def test_an_empty_signature_is_an_error(run: Run) -> None:
    unsigned = SOURCE.replace("pages:\n", OVERRIDE.replace("Claude Martin", '" "'))

    assert "La clé « signed_by » est vide." in run(SCARCE, source=unsigned, code=2)


def test_every_error_of_the_counts_is_told_at_once_by_line(run: Run) -> None:
    faulty = (
        "service;categorie;effectif\nprefectur;a;12\nddt;b;\nddt;a;-3\nprefecture;a;4\n"
        "prefecture;a;5\nddt;;6\nddt;b;1;7\n"
    )

    said = run(faulty, code=2)

    assert "effectifs.csv:2:1: erreur : « prefectur » n’est pas un code de « service »." in said
    assert "Vouliez-vous dire « prefecture » ?" in said
    assert "effectifs.csv:3:7: erreur : Il manque l’effectif." in said
    assert "effectifs.csv:4:7: erreur : « -3 » n’est pas un effectif." in said
    assert "effectifs.csv:6:1: erreur : Cette ligne répète la ligne 5." in said
    assert "effectifs.csv:7:5: erreur : Il manque le code de « categorie »." in said
    assert "effectifs.csv:8:9: erreur : Cette ligne a 4 cellules" in said


def test_wrong_columns_are_told(run: Run) -> None:
    said = run("service;categori;effectif\nddt;a;12\n", code=2)

    assert "La colonne « categori » n’est pas une question « profile: true »." in said
    assert "Vouliez-vous dire « categorie » ?" in said
    assert "Il manque la colonne « categorie »." in said


def test_a_file_that_is_not_there_or_holds_nothing_is_told(run: Run, tmp_path: Path) -> None:
    assert "Le fichier est vide." in run("", code=2)
    assert "ne compte personne" in run("service;categorie;effectif\nddt;a;0\n", code=2)
    absent = str(tmp_path / "absent.csv")
    assert "« absent.csv » ne peut pas être lu." in run(SAFE, "--population", absent, code=2)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_margins_are_crossed_and_said_to_be(run: Run, encoding: str) -> None:
    margins = (
        "question;modalité;effectif\r\nservice;prefecture;300\r\nservice;ddt;100\r\n"
        "categorie;a;40\r\ncategorie;b;360\r\n"
    )

    said = run(margins.encode(encoding))

    assert "supposées indépendantes" in said
    assert "400 personnes, 200 réponses attendues (50 %) : 4 combinaisons" in said
    assert (
        "dont 1 de moins de 11 personnes, qui en réunit 5. La plus petite : ddt × a (5,0)." in said
    )


def test_margins_that_do_not_count_the_same_people_are_refused(run: Run) -> None:
    margins = "question;modalité;effectif\nservice;ddt;100\ncategorie;a;40\nservices;ddt;1\n"

    said = run(margins, code=2)
    assert "Vouliez-vous dire « service » ?" in said
    said = run(margins.replace("services;ddt;1\n", ""), code=2)
    assert "« categorie » comptent 40 personnes, celles de « service » 100." in said
    said = run("question;modalité;effectif\nservice;ddt;100\n", code=2)
    assert "Personne n’est compté pour « categorie »." in said


def test_tools_read_it_too(run: Run) -> None:
    report = json.loads(run(SCARCE, "--format", "json", code=2))
    sarif = json.loads(run(SCARCE, "--format", "sarif", code=2))
    github = run(SCARCE, "--format", "github", code=2)

    assert {one["code"] for one in report["files"][0]["problems"]} == {
        *("privacy-cells", "privacy-generalised", "privacy-limit")
    }
    assert "privacy-limit" in {one["ruleId"] for one in sarif["runs"][0]["results"]}
    assert "line=13,col=5,title=privacy-limit" in github


CELLS = st.dictionaries(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from("xyz")), st.floats(0.01, 50), max_size=18
)


@given(CELLS)
def test_expected_rows_are_whole_people_as_many_as_expected(
    cells: dict[tuple[str, str], float],
) -> None:
    rows = expected_rows(cells)

    assert abs(len(rows) - sum(cells.values())) <= 0.5 + 1e-6
    assert all(abs(rows.count(cell) - size) < 1 + 1e-6 for cell, size in cells.items())


def test_a_code_of_a_list_counts_for_what_the_ballot_keeps_of_it(tmp_path: Path) -> None:
    counts = "question;modalité;effectif\nterritoire;D01;600\nterritoire;D03;400\n"
    others = "audience;agents;1000\nstructure;ddt;1000\ncategorie;a;1000\n"
    (tmp_path / "effectifs.csv").write_text(counts + others, "utf-8")
    june = shipped("questionnaires") / "juin-2024.yaml"

    done = CliRunner().invoke(check, [str(june), "--population", str(tmp_path / "effectifs.csv")])

    assert done.exit_code == 0, done.output
    assert "500 réponses attendues (50\u00a0%)\u00a0: 1 combinaison du profil" in done.output


BEHIND = """\
- id: suite
  title: Suite
  show_if: service == 'ddt' and categorie == 'b'
  questions:
  - {id: moyens, type: choice, text: Vos moyens, options: {assez: Assez, peu: Peu}}
- id: autre
  title: Autre
  questions:
  - {id: role, type: choice, text: Rôle, export: tables, options: {chef: Chef, agent: Agent}}
  - id: equipe
    type: choice
    text: Votre équipe
    show_if: role == 'chef'
    options: {petite: Petite, grande: Grande}
  - {id: plainte, type: choice, text: Plainte, sensitive: true, options: {oui: Oui, non: Non}}
"""


def test_what_a_condition_on_the_profile_would_betray_is_forecast(run: Run) -> None:
    counts = SAFE.replace("ddt;b;30", "ddt;b;12")

    said = run(counts, source=SOURCE + BEHIND)

    # Six of 956 people, and five that hide among them.
    assert "« service == 'ddt' and categorie == 'b' » sera retiré de 0,6 % des réponses" in said
    assert "moins précises 1,2 % des réponses : service 1,2 %, categorie 1,2 %." in said


def test_a_condition_met_by_enough_people_costs_nothing(run: Run) -> None:
    said = run(SAFE, source=SOURCE + BEHIND)

    assert "sera retiré" not in said


def test_what_only_answers_will_tell_is_said_not_to_be_counted(run: Run) -> None:
    said = run(SAFE, source=SOURCE + BEHIND)

    assert (
        "Il n’est pas tenu compte de la condition « role == 'chef' », de la question sensible "
        "« plainte » : seules les réponses diront ce qu’il faut cacher de plus." in said
    )
    assert "n’est pas tenu compte" not in run(SAFE)


def test_a_condition_on_a_detail_that_is_not_stored_is_not_guessed(tmp_path: Path) -> None:
    source = """\
format: 1
id: essai
version: 1
title: Essai
audiences: {agents: Agents}
lists:
  lieux: {file: lieux.csv}
pages:
- id: situation
  title: Situation
  questions:
  - {id: lieu, type: choice, text: Lieu, list: lieux, as: search, store: region, profile: true}
  - id: mer
    type: choice
    text: La mer
    show_if: lieu.zone == 'cote'
    options: {oui: Oui, non: Non}
"""
    (tmp_path / "essai.yaml").write_text(source, "utf-8")
    same = "code,label,group,region,zone\nA,Ici (A),Nord,N,cote\nB,Là (B),Nord,N,cote\n"
    (tmp_path / "effectifs.csv").write_text("lieu;effectif\nA;100\nB;100\n", "utf-8")
    words = [str(tmp_path / "essai.yaml"), "--population", str(tmp_path / "effectifs.csv")]

    (tmp_path / "lieux.csv").write_text(same, "utf-8")
    told = CliRunner().invoke(check, words).output
    (tmp_path / "lieux.csv").write_text(same.replace("N,cote\nB", "N,terre\nB"), "utf-8")
    unknown = CliRunner().invoke(check, words).output

    assert "tenu compte" not in told
    assert "tenu compte de la condition «\u00a0lieu.zone == 'cote'\u00a0»" in unknown
