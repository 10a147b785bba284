"""The texts of one question: searched with their context, counted, never tied to a person."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.results.sayings import (
    Clustering,
    Found,
    Sayings,
    grouped,
    reading,
    saying_id,
    written,
)

KEY = b"k" * 32
SAID = [
    ("R84", "Plus d’effectifs à l’accueil de la préfecture"),
    ("R53", "Des outils numériques qui marchent"),
    ("R53", "RAS"),
    ("R84", "RAS"),
    ("R84", "L'ACCUEIL est excellent, les effectifs aussi"),
    ("*", "Le télétravail, deux jours par semaine"),
]


@pytest.fixture
def sayings() -> Iterator[Sayings]:
    with reading(written(KEY, "idee", SAID)) as opened:
        yield opened


def texts(found: Found) -> set[str]:
    return {line.saying.text for line in found.lines}


def test_the_same_words_are_one_text_said_twice(sayings: Sayings) -> None:
    ras = next(one for one in sayings.all() if one.text == "RAS")

    assert ras.times == 2
    assert sayings.count() == (5, 6)
    assert sayings.places()[ras.id] == {"R53": 1, "R84": 1}


def test_texts_come_in_an_order_that_nobody_chose() -> None:
    said = [("R84", f"texte {number}") for number in range(300)]
    with reading(written(KEY, "idee", said)) as sayings:
        order = [int(one.text.split()[1]) for one in sayings.all()]

    assert order != sorted(order)
    shuffled = said[:]
    random.Random(2).shuffle(shuffled)
    assert written(KEY, "idee", shuffled) == written(KEY, "idee", said)


def test_a_text_has_another_name_under_another_question_or_key() -> None:
    names = {saying_id(key, question, "RAS") for key in (KEY, b"x" * 32) for question in ("a", "b")}

    assert len(names) == 4


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("accueil", {SAID[0][1], SAID[4][1]}),
        ("ACCUEIL effectif*", {SAID[0][1], SAID[4][1]}),
        ("teletravail", {SAID[5][1]}),
        ("Télétravail", {SAID[5][1]}),
        ("accueil -excellent", {SAID[0][1]}),
        ("«\u00a0de la préfecture\u00a0»", {SAID[0][1]}),
        ('"outils numeriques"', {SAID[1][1]}),
        ("numériques OU télétravail", {SAID[1][1], SAID[5][1]}),
        ("prefecture outils", set()),
        ("", {text for _, text in SAID}),
        ("  ? !! ", {text for _, text in SAID}),
    ],
)
def test_words_are_found_whatever_their_case_and_accents(
    sayings: Sayings, query: str, expected: set[str]
) -> None:
    found = sayings.search(query, limit=50)

    assert texts(found) == expected
    assert found.texts == len(expected)


def test_a_word_is_shown_as_written_with_what_is_around_it() -> None:
    long = "avant " * 30 + "la PRÉFECTURE fermée" + " après" * 30
    with reading(written(KEY, "idee", [("*", long)])) as sayings:
        (line,) = sayings.search("prefecture", limit=5).lines

    assert line.word == "PRÉFECTURE"
    assert line.before.endswith("avant la ")
    assert line.before.startswith("…")
    assert line.after.startswith(" fermée après")
    assert line.after.endswith("…")
    assert max(len(line.before), len(line.after)) == 61


def test_a_search_is_shown_page_after_page(sayings: Sayings) -> None:
    first = sayings.search("", limit=2)
    rest = sayings.search("", start=2, limit=10)

    assert [len(first.lines), len(rest.lines)] == [2, 3]
    assert not texts(first) & texts(rest)
    assert (first.texts, first.people) == (5, 6)


@given(st.text(max_size=60))
def test_nothing_typed_in_a_search_is_a_command(query: str) -> None:
    with reading(written(KEY, "idee", SAID)) as sayings:
        try:
            sayings.search(query, limit=5)
        except sqlite3.OperationalError as error:
            raise AssertionError(query) from error


def test_the_groups_of_a_machine_are_kept_with_the_texts(sayings: Sayings) -> None:
    first, second, *_ = sayings.ids()
    clustering = Clustering(
        words=(("accueil", "guichet"), ("outils",)), members={first: (1, 0.5), second: (1, 0.9)}
    )

    content = grouped(grouped(written(KEY, "idee", SAID), clustering), clustering)

    with reading(content) as changed:
        (only,) = changed.clusters()
        assert (only.number, only.words, only.texts) == (1, ("outils",), 2)
        assert [one.id for one in changed.members(1, 5)] == [second, first]
        assert {cluster for _, _, cluster in changed.strata()} == {1, -1}
