"""Invented people answer like people: within the rules, not all alike, and the same every time."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from sample import load_sample

from consultation.config import shipped
from consultation.demo.full_size import groups
from consultation.demo.population import Person, Population
from consultation.questionnaire.columns import NO_ANSWER
from consultation.questionnaire.loading import load
from consultation.questionnaire.model import Questionnaire
from consultation.results.frame import Ballot, plan
from consultation.results.layout import Layout


@pytest.fixture(scope="module")
def june() -> Questionnaire:
    found = load(shipped("questionnaires") / "juin-2024.yaml").questionnaire
    assert found is not None
    return found


def crowd(asked: Questionnaire, size: int, audience: str = "agents") -> list[Ballot]:
    population = Population(asked, 3)
    people = (Person(number=n, audience=audience, territory="D29") for n in range(size))
    return [Ballot(audience=audience, answers=population.answers(one)) for one in people]


def test_every_type_of_question_is_answered_with_what_it_allows() -> None:
    asked = load_sample()
    made = plan(asked)
    layout, ballots = Layout(made), crowd(asked, 400)

    codes = [layout.code(one) for one in ballots]

    for number, variable in enumerate(layout.variables):
        assert {row[number] for row in codes} - {NO_ANSWER}, variable.name
    for ballot in ballots:
        for text, words in made.written(ballot):
            assert words.strip(), text
        assert len(str(ballot.answers.get("delais_mieux", ""))) <= 100
        assert len(ballot.answers.get("missions", ("", ""))) in (1, 2, 3)
        order = ballot.answers.get("priorites", ())
        assert len(set(order)) == len(order)


def test_margins_are_those_of_the_ministry_and_opinions_differ(june: Questionnaire) -> None:
    ballots = crowd(june, 1500)

    structures = Counter(one.answers["structure"] for one in ballots)
    assert structures["prefecture"] > structures["ddt"] > structures["sgcd"] > structures["nr"]
    said = sum("us_constat" in one.answers for one in ballots)
    assert 0.05 < said / len(ballots) < 0.3
    last = sum("fi_priorites" in one.answers for one in ballots)
    assert 0.5 < last / len(ballots) < 0.9


def test_senior_officials_answer_their_own_pages(june: Questionnaire) -> None:
    [*ballots] = crowd(june, 60, "encadrement_superieur")

    assert not [one for one in ballots if "territoire" in one.answers]
    assert [one for one in ballots if "ma_leviers" in one.answers]


def test_the_same_seed_invents_the_same_people(june: Questionnaire) -> None:
    assert crowd(june, 20) == crowd(june, 20)


@pytest.mark.parametrize("ballots", [200, 59_000])
def test_files_invite_enough_people_for_these_ballots(june: Questionnaire, ballots: int) -> None:
    found = groups(june, ballots, random.Random(5))

    assert sum(group.answering for group in found) == ballots
    assert all(30 <= group.invited <= 20_000 for group in found)
    assert all(group.answering * 1.04 <= group.invited for group in found if group.answering > 20)
    assert len({group.name for group in found}) == len(found) > 100
    assert found[0].content.count(b"\r\n") == found[0].invited + 1


def test_a_questionnaire_without_places_has_one_file_for_each_audience() -> None:
    plain = Questionnaire(
        id="q",
        version=1,
        lang="fr",
        title=load_sample().title,
        pages=(),
        audiences=(("agents", load_sample().title),),
    )

    found = groups(plain, 20_000, random.Random(5))

    assert [group.audience for group in found] == ["agents"] * len(found)
    assert sum(group.answering for group in found) == 20_000
    assert max(group.invited for group in found) <= 15_000
