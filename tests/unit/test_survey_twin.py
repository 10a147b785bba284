"""The law of the twins: script and server run a questionnaire alike, page by page, word by word."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import brotli
import pytest
from conforming import files, read
from foreign import samples
from foreign.reading import questionnaire as read_import
from node import Ask, running
from sample import load_sample
from twins import Author, differences, respondents

from consultation.config import shipped
from consultation.importing.files import import_questionnaire
from consultation.questionnaire.loading import load
from consultation.questionnaire.lots import DRAWING
from consultation.questionnaire.model import Pages
from consultation.web import STATIC, StaticFiles

TESTS = Path(__file__).parents[1]
GIVEN = ("says", "audience", "seed", "found")
A_FEW, MORE, MANY = 5, 75, 5_000  # questionnaires
AGENTS = 20  # for each
BATCH = 50  # questionnaires for one process
FRENCH = ("codes", "conditions", "consultation", "draft", "landing", "questions", "survey")
RUN = {"choice", "choices", "matrix", "scale", "rank", "number", "date", "text", "longtext", "info"}
"""The kinds that the script runs."""

ENGINE, ALL = 7_600, 20 * 1024  # bytes, at most


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """What the script shows, finds and stores when it does as these respondents did."""
    source = TESTS.joinpath("twins.mjs").read_text("utf-8")
    return running(tmp_path_factory.mktemp("twins"), source)


def agree(script: Ask, questionnaires: Iterator[tuple[int, Pages]], agents: int = AGENTS) -> int:
    """How many pairs agree; the first difference fails, and says its seed."""
    number, batch = 0, list[tuple[int, Pages]]()
    for seed, q in questionnaires:
        batch.append((seed, q))
        if len(batch) == BATCH:
            number += _agree(script, batch, agents)
            batch.clear()
    return number + _agree(script, batch, agents)


def _agree(script: Ask, batch: list[tuple[int, Pages]], agents: int) -> int:
    pairs = [pair for seed, q in batch for pair in respondents(q, seed, agents)]
    different = list(differences(pairs, script([pair.asked for pair in pairs])))
    assert different[:1] == [], f"{len(different)} differences"
    return len(pairs)


def generated(first: int, number: int) -> Iterator[tuple[int, Pages]]:
    """Questionnaires of our making, by their seeds."""
    return ((seed, Author(seed).write()) for seed in range(first, first + number))


def known() -> Iterator[tuple[int, Pages]]:
    """That of other tests, those that we ship and those that others wrote."""
    yield 1, load_sample()
    for path in sorted(shipped("questionnaires").glob("*.yaml")):
        found = load(path).questionnaire
        assert found is not None
        yield 2, found
    for seed, made in enumerate(FOREIGN):
        yield seed, read_import(import_questionnaire(made()))


FOREIGN = (samples.surveyjs, samples.pogues, samples.limesurvey, samples.xls)


def test_the_script_does_what_the_conformance_files_say(tmp_path: Path) -> None:
    play = running(tmp_path, TESTS.joinpath("conforming.mjs").read_text("utf-8"))
    rules = [(file["rules"], file["cases"]) for file in map(read, files())]
    cases = [(one, case) for one, cases in rules if is_run(one) for case in cases]

    for (_, case), said in zip(cases, play(cases), strict=True):
        assert said == {name: case[name] for name in case if name not in GIVEN}, case["says"]


def is_run(rules: dict[str, Any]) -> bool:
    """Whether the script runs these rules; those that it refuses keep the form pages."""
    kinds = {question["kind"] for page in rules["pages"] for question in page["questions"]}
    return rules["drawing"] == DRAWING and kinds <= RUN


def test_the_twins_agree_on_a_few_questionnaires(script: Ask) -> None:
    assert agree(script, generated(20240603, A_FEW)) == A_FEW * AGENTS


@pytest.mark.long
def test_the_twins_agree_on_what_is_shipped_or_imported(script: Ask, full: bool) -> None:
    agents = 100 if full else 20

    assert agree(script, known(), agents) >= 7 * agents


@pytest.mark.long
@pytest.mark.timeout(7_200)
def test_the_twins_never_differ(script: Ask, full: bool) -> None:
    many = MANY if full else MORE

    assert agree(script, generated(0, many)) == many * AGENTS


BEGIN = """
import { readFileSync } from "node:fs";
import { begin } from "./survey.js";
const asked = JSON.parse(readFileSync(0, "utf8"));
const told = asked.map((rules) => begin(rules, "", "").then(() => "", ({ message }) => message));
console.log(JSON.stringify(await Promise.all(told)));
"""


def test_rules_that_the_script_does_not_know_are_refused(tmp_path: Path) -> None:
    rules = {"format": 1, "drawing": "sha-256", "lang": "fr", "pages": [], "words": {}}
    others = [{**rules, "drawing": "blake2b-64"}, {**rules, "format": 2}]
    others.append({**rules, "pages": [{"id": "p", "questions": [{"id": "q", "kind": "new"}]}]})

    assert running(tmp_path, BEGIN)([rules, *others]) == ["", *["unknown rules"] * 3]


def test_scripts_stay_light() -> None:
    """In Brotli, as proxies send them: the engine, and all that an agent loads in French."""
    served = StaticFiles(STATIC)
    sizes = {name: len(brotli.compress(served.content(f"{name}.js"))) for name in FRENCH}

    assert sizes["survey"] <= ENGINE, sizes
    assert sum(sizes.values()) <= ALL, sizes
