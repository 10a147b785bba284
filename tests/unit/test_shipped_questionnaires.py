"""The questionnaires we ship load without a remark, and a thousand people can answer them."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest

from consultation.config import shipped
from consultation.questionnaire.answers import missing, read_page, stored
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.drafts import from_json, to_json
from consultation.questionnaire.elements import Answers, Option, Row, Text
from consultation.questionnaire.keys import TABLES
from consultation.questionnaire.kinds import KINDS, Choice, LongText, Matrix, Question, Scale
from consultation.questionnaire.loading import load
from consultation.questionnaire.lots import AS_WRITTEN, Lots
from consultation.questionnaire.model import Check, Page, Questionnaire
from consultation.questionnaire.schema import schema
from consultation.questionnaire.synthetic import respond
from consultation.questionnaire.visibility import prune, visible_pages, visible_questions

FOLDER = shipped("questionnaires")
FILES = sorted(path.name for path in FOLDER.glob("*.yaml"))
RESPONDENTS = 1_000

every_questionnaire = pytest.mark.parametrize("name", FILES)


@cache
def loaded(name: str) -> Questionnaire:
    found = load(FOLDER / name)
    assert not found.problems, "\n".join(map(str, found.problems))
    assert found.questionnaire is not None
    return found.questionnaire


def june() -> Questionnaire:
    return loaded("juin-2024.yaml")


def asked(q: Questionnaire, answers: Answers, context: Context) -> list[str]:
    pages = visible_pages(q, answers, context, AS_WRITTEN)
    return [one.id for page in pages for one in visible_questions(q, page, answers, context)]


@every_questionnaire
def test_it_loads_without_a_remark(name: str) -> None:
    q = loaded(name)

    assert len(q.digest) == 64
    assert all(1 <= len(page.questions) <= 8 for page in q.pages)


@every_questionnaire
def test_a_thousand_people_can_answer_it(name: str) -> None:
    q, rng = loaded(name), random.Random(2024)

    for number in range(RESPONDENTS):
        context = Context(rng.choice([audience for audience, _ in q.audiences]))
        answers = _journey(q, context, str(number), rng)

        pruned = prune(q, answers, context)
        document = stored(q, answers, context)
        assert missing(q, answers, context) == ()
        assert prune(q, pruned, context) == pruned
        assert from_json(q, to_json(answers)) == answers
        assert {key.partition(".")[0] for key in document} <= set(asked(q, answers, context))
        assert document.keys() == pruned.keys()
        assert len(json.dumps(document, ensure_ascii=False).encode()) < 16_384


def _journey(q: Questionnaire, context: Context, seed: str, rng: random.Random) -> Answers:
    """Answer every page shown, some twice, changing one's mind."""
    answers: Answers = {}
    done: list[str] = []
    eagerness = rng.choice([0.0, 0.5, 0.9, 1.0])
    while page := _next(q, answers, context, seed, done):
        for _ in range(1 + (rng.random() < 0.2)):
            raw = respond(q, page, answers, context, rng, eagerness=eagerness)
            read = read_page(page, raw, answers, q, context)
            assert read.errors == ()
            answers = read.draft
        done.append(page.id)
    return answers


def _next(
    q: Questionnaire, answers: Answers, context: Context, seed: str, done: list[str]
) -> Page | None:
    pages = visible_pages(q, answers, context, Lots(seed))
    return next((page for page in pages if page.id not in done), None)


# The typography people see


@every_questionnaire
def test_its_french_is_well_set(name: str) -> None:
    for text in _texts(loaded(name)):
        words = str(text)
        assert "'" not in words, words
        assert "  " not in words, words
        assert not re.search(r"[ \w][:;?!»](?![/\w])", words.replace("https:", "")), words
        assert not re.search(r"« |«\w| »", words), words
        assert not re.search(r"\w·\w", words), words
        assert len(words) <= 400, words


def _texts(value: object) -> Iterator[Text]:
    if isinstance(value, Text):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, Questionnaire | Page | Question | Option | Row | Check):
        for one in fields(value):
            yield from _texts(getattr(value, one.name))


# June


def test_june_asks_what_was_agreed() -> None:
    q = june()

    assert [page.id for page in q.pages] == [
        "situation", "usager", "crise", "echelon", "attractivite", "environnement",
        "outre_mer", "management", "fin",
    ]  # fmt: skip
    assert len(list(q.questions)) == 45
    assert [page.id for page in q.pages if page.shuffle == "themes"] == [
        "usager", "crise", "echelon", "attractivite", "environnement",
    ]  # fmt: skip
    assert [one.id for one in q.questions if one.required] == ["territoire", "structure"]
    assert [one.id for one in q.questions if one.profile] == [
        "territoire",
        "structure",
        "categorie",
    ]
    assert [one.id for one in q.questions if one.export == "tables"] == [
        "encadrement",
        "anciennete",
    ]
    assert sum(isinstance(one, LongText) for one in q.questions) == 13
    assert sum(isinstance(one, Matrix) for one in q.questions) == 6
    assert sum(isinstance(one, Scale) for one in q.questions) == 2
    assert q.generalisation == ("categorie", "structure", "territoire")
    assert q.minutes == 10


def test_june_asks_each_audience_what_concerns_it() -> None:
    agent, senior = Context("agents"), Context("encadrement_superieur")

    mainland = asked(june(), {"territoire": "D35"}, agent)
    overseas = asked(june(), {"territoire": "D974"}, agent)
    seniors = asked(june(), {}, senior)

    assert {"territoire", "fi_priorites"} <= set(mainland)
    assert not any(one.startswith(("om_", "ma_")) for one in mainland)
    assert set(overseas) - set(mainland) == {
        "om_conditions", "om_leviers", "om_constat", "om_proposition",
    }  # fmt: skip
    assert "territoire" not in seniors
    assert {"ma_question", "ma_leviers"} <= set(seniors)


def test_june_follows_up_only_where_it_makes_sense() -> None:
    agent = Context("agents")

    assert "us_qualite" in asked(june(), {"us_contact": "hebdo"}, agent)
    assert "us_qualite" not in asked(june(), {"us_contact": "jamais"}, agent)
    assert "cr_types" in asked(june(), {"cr_participation": "une"}, agent)
    assert "cr_types" not in asked(june(), {"cr_participation": "non"}, agent)
    assert "en_distance" in asked(june(), {"en_teletravail": "un"}, agent)
    assert "en_distance" not in asked(june(), {}, agent)


def test_june_writes_the_region_and_never_the_departement() -> None:
    territoire = june().by_id["territoire"]
    assert isinstance(territoire, Choice)

    assert len(territoire.options) == 109
    assert len(territoire.stored_labels) == 20  # 18 regions, the other territories, no answer
    assert str(territoire.stored_labels["R84"]) == "Auvergne-Rhône-Alpes"
    assert str(territoire.stored_labels["ROM"]) == "Outre-mer (regroupement)"
    assert str(territoire.stored_labels["nr"]) == "Je préfère ne pas répondre"
    assert not {"D35", "D974"} & set(territoire.stored_labels)
    assert stored(june(), {"territoire": "D35"}, Context("agents")) == {"territoire": "R53"}


def test_the_seminars_ask_no_territory() -> None:
    q = loaded("seminaires-2024.yaml")

    assert [question.id for question in q.questions] == [
        "se_question", "se_pratique", "se_etat", "se_appuis", "se_delai", "se_fonction",
    ]  # fmt: skip
    assert q.minutes == 3


# The manual


MANUAL = (FOLDER / "README.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", MANUAL, re.MULTILINE | re.DOTALL)
WRAPPING = """\
format: 1
id: exemple
version: 1
title: Exemple
audiences: {agents: Agents, cadres: Encadrement}
pages:
- id: avant
  title: Avant
  questions:
  - {id: service, type: choice, text: Service, options: {pref: Préfecture, spref: Autre}}
  - {id: outils, type: choices, text: Outils, options: {messagerie: Un, visio: Deux, autre: Trois}}
- id: page
  title: Page
  questions:
"""


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.split("\n")[0])
def test_every_example_of_the_manual_loads(example: str, tmp_path: Path) -> None:
    (tmp_path / "listes").mkdir()
    territories = (FOLDER / "listes" / "territoires.csv").read_text("utf-8")
    (tmp_path / "listes" / "territoires.csv").write_text(territories, "utf-8")
    source = example if example.startswith("format:") else WRAPPING + example
    (tmp_path / "exemple.yaml").write_text(source, "utf-8")

    found = load(tmp_path / "exemple.yaml")

    assert not found.problems, "\n".join(map(str, found.problems))


def test_the_manual_shows_a_real_error(tmp_path: Path) -> None:
    faulty, shown = re.findall(r"^```text\n(.*?)^```", MANUAL, re.MULTILINE | re.DOTALL)[:2]
    (tmp_path / "exemple.yaml").write_text(WRAPPING + faulty, "utf-8")

    found = load(tmp_path / "exemple.yaml")

    assert "\n".join(map(str, found.problems)) == shown.rstrip("\n")


def documented() -> set[str]:
    """A line of a table for each key, and a word for each type."""
    lines = {
        f"| `{name}` | {key.says}{' (nécessaire)' if key.needed else ''} |"
        for shape in (*TABLES, *(kind.shape for kind in KINDS.values()))
        for name, key in shape.keys.items()
    }
    return lines | {f"| `{kind}` |" for kind in KINDS if kind != "info"}


@pytest.mark.parametrize("line", sorted(documented()))
def test_every_key_is_in_the_manual(line: str) -> None:
    assert line in MANUAL


def test_editors_are_given_the_schema_of_today() -> None:
    assert json.loads((FOLDER / "schema.json").read_text("utf-8")) == schema()
