"""The array says what the ballots say, and its tables are theirs."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.test_frame import (
    DAYS,
    GRADE,
    MARK,
    ORDER,
    SECRET,
    TASKS,
    TERRITORY,
    VIEWS,
    asked,
    ballot,
    cells,
)

from consultation.config import shipped
from consultation.questionnaire.answers import stored
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.elements import Option, Text
from consultation.questionnaire.kinds import Choice, Choices, Date, Number
from consultation.questionnaire.loading import load
from consultation.questionnaire.simulation import simulate
from consultation.results.cube import Cube, by_groups
from consultation.results.frame import Ballot, plan
from consultation.results.layout import Layout
from consultation.results.rows import Rows

AGE = Number(id="age", text=Text((("fr", "Votre âge ?"),)), min=18, max=70, profile=True)
EVERY = (TERRITORY, GRADE, TASKS, VIEWS, MARK, ORDER, DAYS, SECRET, AGE)
LAYOUT = Layout(plan(asked(*EVERY)))


def cube(*ballots: Ballot, layout: Layout = LAYOUT) -> Cube:
    return Cube.of(layout, (layout.code(one) for one in ballots))


answers = st.fixed_dictionaries(
    {},
    optional={
        "territoire": st.sampled_from(["R84", "R53", "R01", "nr"]),
        "categorie": st.sampled_from(["a", "b", "c"]),
        "missions": st.lists(st.sampled_from(["guichet", "crise", "autre"]), unique=True),
        "avis": st.dictionaries(
            st.sampled_from(["delais", "outils"]), st.sampled_from(["d1", "d2", "nsp"])
        ),
        "note": st.one_of(st.integers(0, 10), st.just("opt_out")),
        "tri": st.lists(st.sampled_from("xyz"), unique=True),
        "jours": st.floats(0, 5),
        "plainte": st.sampled_from(["d1", "d2", "nsp"]),
        "age": st.integers(18, 70),
    },
)


@given(st.lists(answers, max_size=30))
def test_the_array_counts_what_the_cells_say(crowd: list[dict[str, object]]) -> None:
    made, ballots = plan(asked(*EVERY)), [ballot(**one) for one in crowd]

    counted = cube(*ballots)

    assert counted.ballots == len(crowd)
    rows = [cells(made, one) for one in ballots]
    for column in made.columns:
        if column.values:
            said = Counter(row[column.name] for row in rows)
            codes = counted.variable(column.name).codes
            assert counted.counts(column.name) == tuple(said[code] for code in codes)
            assert counted.unanswered(column.name) == said[""]


@given(st.lists(answers, max_size=30), st.sampled_from(["note", "avis__delais", "jours"]))
def test_a_table_by_groups_adds_up_to_the_table_of_everyone(
    crowd: list[dict[str, object]], name: str
) -> None:
    counted = cube(*(ballot(**one) for one in crowd))

    by_region = counted.crossed_counts(name, "territoire")

    assert tuple(map(sum, by_region)) == counted.counts(name)
    for place, region in enumerate(counted.groups("territoire")):
        there = [one for one in crowd if one.get("territoire", "") == region]
        alone = cube(*(ballot(**one) for one in there))
        assert tuple(row[place] for row in by_region) == alone.counts(name)


def test_more_ballots_are_mixed_with_those_before() -> None:
    before = cube(*(ballot(note=n % 11) for n in range(200)))
    rows = [LAYOUT.code(ballot(jours=1, note=n % 11)) for n in range(200)]

    after = before.with_more(rows, random.Random(3))

    assert after.ballots == 400
    assert after.counts("note") == tuple(2 * count for count in before.counts("note"))
    new = [place for place, code in enumerate(after.codes("jours")) if code >= 0]
    assert len(new) == 200
    assert 60 < sum(place >= 200 for place in new) < 140


def test_a_variable_says_what_is_sensitive_and_what_is_apart() -> None:
    facts = Choices(id="faits", text=GRADE.text, options=TASKS.options, sensitive=True)
    layout = Layout(plan(asked(facts, SECRET, MARK)))

    by_name = {variable.name: variable for variable in layout.variables}

    assert [by_name["faits__crise"].codes[n] for n in by_name["faits__crise"].telling] == ["1"]
    assert [by_name["plainte"].codes[n] for n in by_name["plainte"].telling] == ["d1", "d2"]
    assert [by_name["plainte"].codes[n] for n in by_name["plainte"].apart] == ["nsp"]
    assert by_name["note"].scores == (*map(float, range(11)), None)
    assert by_name["plainte"].scores == ()


def test_what_leaves_in_tables_only_is_counted_too() -> None:
    years = Choice(
        id="anciennete", text=GRADE.text, profile=True, export="tables", options=GRADE.options
    )
    hidden = Choice(id="non", text=GRADE.text, export="none", options=GRADE.options)
    layout = Layout(plan(asked(GRADE, years, hidden)))

    assert {one.name: (one.profile, one.in_microdata) for one in layout.variables} == {
        "categorie": (True, True),
        "anciennete": (True, False),
    }


def test_long_lists_have_room() -> None:
    many = tuple(Option(code=f"c{n}", label=GRADE.text) for n in range(300))
    layout = Layout(plan(asked(Choice(id="commune", text=GRADE.text, options=many))))

    counted = cube(ballot(commune="c299"), ballot(commune="c0"), ballot(), layout=layout)

    assert list(counted.codes("commune")) == [299, 0, -1]


def test_no_question_but_open_ones_is_an_array_without_lines() -> None:
    layout = Layout(plan(asked()))

    assert cube(ballot(), ballot(), layout=layout).ballots == 2


@pytest.mark.parametrize(
    ("bounds", "labels"),
    [
        ({"min": 0, "max": 2}, ["0", "1", "2"]),
        ({"min": 0, "max": 2, "decimals": 1}, ["de 0 à moins de 1", "de 1 à moins de 2", "2"]),
        ({"min": 0.5, "max": 2.5, "decimals": 1}, ["de 0,5 à moins de 1", "de 1 à moins de 2",
                                                   "de 2 à 2,5"]),
        ({"min": 0, "max": 25}, ["de 0 à moins de 3", "de 3 à moins de 6", "de 6 à moins de 9",
                                 "de 9 à moins de 12", "de 12 à moins de 15", "de 15 à moins de 18",
                                 "de 18 à moins de 21", "de 21 à moins de 24", "de 24 à 25"]),
        ({"max": 2}, ["moins de 0", "0", "1", "2"]),
        ({"min": 4_000}, ["de 4 000 à moins de 5 000", "de 5 000 à moins de 10 000",
                          "10 000 et plus"]),
        ({"max": -3}, ["−3 et moins"]),
    ],
)  # fmt: skip
def test_numbers_are_counted_in_bands(bounds: dict[str, float], labels: list[str]) -> None:
    bands = Number(id="n", text=GRADE.text, **bounds).columns()[0].bands

    assert [band.label.replace("\N{NARROW NO-BREAK SPACE}", " ") for band in bands] == labels
    assert len({band.code for band in bands}) == len(bands)


def test_dates_are_counted_in_years_or_decades() -> None:
    few = Date(id="d", text=GRADE.text, min="2021-05-01", max="2023-01-31")
    many = Date(id="d", text=GRADE.text, min="1985-05-01", max="2004-01-31")
    counted = cube(ballot(d="2022-03-04"), ballot(), layout=Layout(plan(asked(few))))

    assert [band.label for band in few.columns()[0].bands] == ["2021", "2022", "2023"]
    assert [band.label for band in Date(id="d", text=GRADE.text).columns()[0].bands][:2] == [
        "de 1900 à 1909",
        "de 1910 à 1919",
    ]
    assert len(many.columns()[0].bands) == 20
    assert counted.counts("d") == (0, 1, 0)


def test_a_number_of_the_profile_leaves_as_a_band() -> None:
    made = plan(asked(AGE))

    assert made.profile[0].value(ballot(age=33)) == "30"
    assert made.profile[0].column.values["30"] == "de 30 à moins de 36"
    assert made.profile[0].value(ballot()) == ""


def test_a_group_that_lost_rows_shows_no_zero_and_one_that_lost_many_shows_nothing() -> None:
    by, variable = cube().variable("categorie"), cube().variable("note")
    kept = {"a": (120, 80, 0), "b": (118, 80, 0), "c": (20, 20, 0), "*": (100, 62, 0)}
    counts = [[0] * 5 for _ in variable.codes]
    for place, group in enumerate(kept.values()):
        for answer, count in zip((0, 1, 2), group, strict=True):
            counts[answer][place] = count
    sizes = [sum(column) for column in zip(*counts, strict=True)]

    found = by_groups(variable, by, counts, sizes, {"categorie": (200, 200, 200, 0)})

    assert found.column(0).counts[:3] == (120, 80, 0)
    assert found.column(1).counts[:3] == (118, 80, None)
    assert {*found.column(2).counts, found.column(2).base} == {None}


@pytest.mark.long
def test_no_group_shows_a_zero_that_the_urn_contradicts(tmp_path: Path) -> None:
    june = load(shipped("questionnaires") / "juin-2024.yaml").questionnaire
    assert june
    made, layout = plan(june), Layout(plan(june))
    people = [
        Ballot(audience=one.audience, answers=stored(june, one.answers, Context(one.audience)))
        for one in simulate(june, 400, seed=12).respondents
    ]
    with Rows(made, tmp_path, bytes(32)) as rows:
        for person in people:
            rows.take(person)
        codes = [row.codes for row in rows.protected()]
        published = Cube.of(rows.layout, codes, final=True, given=rows.given)

    urn, shown = Cube.of(layout, map(layout.code, people)), 0
    asked_of = [one for one in layout.variables if not one.profile]
    for by in (one for one in layout.variables if one.profile and one.describes):
        for name in (one.name for one in asked_of if one.question != by.question):
            counts, truth = (
                published.crossed(name, by.name).counts,
                urn.crossed_counts(name, by.name),
            )
            for group in by.answers:
                found = [line[group] for line in counts]
                shown += sum(count is not None for count in found)
                false = [n for n, count in enumerate(found) if count == 0 != truth[n][group]]
                assert not false, (name, by.name, group)
    assert shown > 1000
