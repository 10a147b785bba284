"""What is withheld is what had to be: every other answer is written, and no gap tells anything."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.test_frame import (
    AGREEMENT,
    GRADE,
    OVERSEAS,
    TERRITORY,
    asked,
    ballot,
    option,
    text,
    when,
)

from consultation.questionnaire.answers import stored
from consultation.questionnaire.columns import NO_ANSWER
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.elements import Answer, Row
from consultation.questionnaire.kinds import Choice, Choices, Matrix, Number, Question, Rank, Scale
from consultation.questionnaire.model import Page, Questionnaire
from consultation.results.cube import Cube
from consultation.results.disclosure import K
from consultation.results.frame import Ballot, plan
from consultation.results.layout import Layout
from consultation.results.ledger import (
    FOR_COMPANY,
    UNKNOWN,
    AnswersLost,
    Ledger,
    would_show,
)
from consultation.results.rows import Rows
from consultation.results.withholding import COMPANY, Person, withhold

CODES = ("x", "y", "z")
CONDITIONS = (OVERSEAS, "categorie == 'a'", "audience == 'public2'", "q0 == 'y'", "q1 == 'z'")


@dataclass(frozen=True)
class Written:
    """What leaves: a cell for each column of each row, and what is said to be withheld."""

    rows: Sequence[Mapping[str, str]]
    withheld: Mapping[str, Mapping[str, int]]
    keys: Sequence[tuple[str, ...]]  # the profile of each row and the conditions it shows
    cube: Cube


def leaving(q: Questionnaire, ballots: Sequence[Ballot], place: Path) -> Written:
    """The rows of these ballots as they may leave."""
    made = plan(q)
    with Rows(made, place, b"secret") as rows:
        for one in ballots:
            rows.take(one)
        layout, safe = rows.layout, rows.protected()
        leaving = list(safe)
        cube = Cube.of(layout, (row.codes for row in leaving), final=True)
        cells = [dict(_cells(layout, row.codes, row.numbers)) for row in leaving]
        profile = [one.column.name for one in made.profile]
        keys = [
            (*(cell[name] for name in profile), *map(str, layout.key(row.codes)[len(made.order) :]))
            for cell, row in zip(cells, leaving, strict=True)
        ]
        return Written(rows=cells, withheld=safe.ledger.withheld, keys=keys, cube=cube)


def _cells(
    layout: Layout, codes: Sequence[int], numbers: Sequence[str]
) -> Iterator[tuple[str, str]]:
    written = iter(numbers)
    for variable, code in zip(layout.variables, codes, strict=True):
        said = "" if code == NO_ANSWER else variable.codes[code]
        yield variable.name, next(written) if variable.kind == "number" else said


def in_the_urn(question: Question, answers: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Each answer of a ballot to a question, by its column: read without the results' code."""
    answer = answers.get(question.id)
    match question, answer:
        case _, None:
            return
        case Choices(), list() | tuple():
            for one in question.options:
                yield f"{question.id}__{one.code}", str(int(one.code in answer))
        case Rank(), list() | tuple():
            yield from ((f"{question.id}__rang{n}", code) for n, code in enumerate(answer, 1))
        case Matrix(), Mapping():
            yield from ((f"{question.id}__{row}", code) for row, code in answer.items())
        case _:
            yield question.id, str(answer)


def person(number: int, *shown: int, hidden: Sequence[int] = (), said: str = "") -> Person:
    return Person(
        row=number, shows={0: frozenset(shown)}, hidden=frozenset(hidden), secrets=(said,)
    )


# --- Laws over generated questionnaires and ballots

conditions = st.none() | st.none() | st.sampled_from(CONDITIONS)
kinds = st.sampled_from(["choice", "choices", "rank", "matrix", "scale", "number"])


@st.composite
def questions(draw: st.DrawFn, name: str, earlier: int) -> Question:
    """A question; a third of what may have a condition has one, on what comes before."""

    def condition() -> dict[str, object]:
        source = draw(conditions)
        later = source is not None and source[:2] in [f"q{n}" for n in range(earlier, 9)]
        return {} if source is None or later else {"show_if": when(source)}

    common = {"id": name, "text": text("?"), **condition(), "sensitive": draw(st.booleans())}
    options = tuple(option(code, **condition()) for code in CODES)
    match draw(kinds):
        case "choice":
            return Choice(**common, options=options)
        case "choices":
            return Choices(**common, options=options)
        case "rank":
            return Rank(**common, options=options, top=2)
        case "matrix":
            rows = tuple(Row(id=code, label=text(code), **condition()) for code in "uv")
            return Matrix(**common, options=options, rows=rows)
        case "scale":
            return Scale(**common, start=1, stop=3)
    return Number(**common, min=0, max=9)


@st.composite
def questionnaires(draw: st.DrawFn) -> Questionnaire:
    """A profile, a page for all and one that may be for some."""
    first = [draw(questions(f"q{number}", number)) for number in range(2)]
    then = [draw(questions(f"q{number}", number)) for number in range(2, 4)]
    source = draw(conditions)
    page = Page(
        id="suite",
        title=text("Suite"),
        questions=tuple(then),
        show_if=when(source) if source else None,
    )
    order = ("categorie", "territoire")
    return asked(TERRITORY, GRADE, *first, audiences=2, order=order, pages=(page,))


def answered(q: Questionnaire, people: int, rng: random.Random) -> list[Ballot]:
    """The ballots of a few kinds of people, each answering at random what is shown to them."""
    found = []
    for _ in range(people):
        overseas, rare = rng.random() < 0.15, rng.random() < 0.1
        answers: dict[str, Answer] = {
            "territoire": "D971" if overseas else rng.choice(["D01", "D35"]),
            "categorie": "a" if rare else rng.choice("bbc"),
        }
        drawn = {one.id: _drawn(one, rng) for one in q.questions if not one.profile}
        answers |= {name: said for name, said in drawn.items() if said is not None}
        audience = "public2" if rng.random() < 0.2 else "public1"
        found.append(ballot(audience, **stored(q, answers, Context(audience=audience))))
    return found


def _drawn(question: Question, rng: random.Random) -> Answer | None:
    some = tuple(rng.sample(CODES, rng.randint(1, 2)))
    draws: Mapping[type, Callable[[], Answer]] = {
        Choice: partial(rng.choice, CODES),
        Choices: lambda: some,
        Rank: lambda: some,
        Matrix: lambda: {row: rng.choice(CODES) for row in "uv"},
        Scale: partial(rng.randint, 1, 3),
        Number: partial(rng.randint, 0, 9),
    }
    return draws[type(question)]() if rng.random() < 0.9 else None


crowds = st.builds(random.Random, st.integers(0, 2**32))


@settings(max_examples=12, deadline=None)
@given(questionnaires(), st.integers(K, 90), crowds)
def test_what_is_written_is_what_the_urn_holds_less_what_is_said_withheld(
    tmp_path_factory: pytest.TempPathFactory, q: Questionnaire, people: int, rng: random.Random
) -> None:
    ballots = answered(q, people, rng)

    written = leaving(q, ballots, tmp_path_factory.getbasetemp())

    urn: dict[str, Counter[str]] = {}
    for one in ballots:
        for question in q.questions:
            for name, said in in_the_urn(question, one.answers):
                urn.setdefault(name, Counter())[said] += 1
    for name in written.rows[0].keys() - {"audience", "territoire", "categorie"}:
        held = urn.get(name, Counter())
        left = Counter(row[name] for row in written.rows if row[name])
        assert left.total() == held.total() - sum(written.withheld.get(name, {}).values()), name
        assert left <= held
        assert written.cube.frequencies(name).base in (None, left.total())
        assert UNKNOWN not in written.withheld.get(name, {})
    assert min(Counter(written.keys).values()) >= K


# --- One option, row or column for some


def crowd_around(q: Questionnaire, said: object, silent: object) -> list[Ballot]:
    """Sixty who are offered what everyone is, and four who chose what only they were offered."""
    there, here = {"territoire": "R01"}, {"territoire": "R84"}
    others = [ballot(**here, categorie="bc"[n % 2], q=silent) for n in range(60)]
    return [*others, *(ballot(**there, categorie="b", q=said) for _ in range(4))]


FOR_SOME = option("z", show_if=when(OVERSEAS))
PLAIN = {"id": "q", "text": text("?"), "options": (option("x"), option("y"), FOR_SOME)}
ROWS = (Row(id="u", label=text("u")), Row(id="v", label=text("v"), show_if=when(OVERSEAS)))


@pytest.mark.parametrize(
    ("question", "said", "silent"),
    [
        (Choice(**PLAIN), "z", "x"),
        (Choices(**PLAIN), ["x", "z"], ["x"]),
        (Rank(**PLAIN, top=3), ["z", "x", "y"], ["x", "y"]),
        (Matrix(**PLAIN, rows=ROWS[:1]), {"u": "z"}, {"u": "x"}),
        (
            Matrix(id="q", text=text("?"), options=AGREEMENT, rows=ROWS),
            {"u": "d1", "v": "d2"},
            {"u": "d2"},
        ),
    ],
    ids=["choice", "choices", "rank", "column of a grid", "row of a grid"],
)
def test_what_is_offered_to_some_costs_the_others_next_to_nothing(
    tmp_path: Path, question: Question, said: object, silent: object
) -> None:
    q = asked(TERRITORY, GRADE, question, order=("categorie", "territoire"))

    written = leaving(q, crowd_around(q, said, silent), tmp_path)

    names = [name for name in written.rows[0] if name.startswith("q")]
    for name in names:
        given = sum(
            name in dict(in_the_urn(question, one.answers)) for one in crowd_around(q, said, silent)
        )
        withheld = sum(written.withheld.get(name, {}).values())
        assert sum(bool(row[name]) for row in written.rows) == given - withheld
        assert withheld <= K
    assert any(would_show(OVERSEAS) in written.withheld.get(name, {}) for name in names)


def test_a_gap_is_never_alone_where_everyone_answers(tmp_path: Path) -> None:
    """It would tell what the answer did."""
    q = asked(TERRITORY, Rank(**PLAIN, top=2))

    written = leaving(q, crowd_around(q, ["z", "x"], ["x", "y"]), tmp_path)

    assert sum(not row["q__rang1"] for row in written.rows) == K
    assert written.withheld["q__rang1"] == {would_show(OVERSEAS): 4, FOR_COMPANY: K - 4}


def test_enough_people_who_were_offered_it_keep_it(tmp_path: Path) -> None:
    q = asked(TERRITORY, Choice(**PLAIN))
    here = [ballot(territoire="R84", q="x")] * 30

    written = leaving(q, [*here, *[ballot(territoire="R01", q="z")] * K], tmp_path)

    assert written.withheld == {}
    assert Counter(row["q"] for row in written.rows) == {"x": 30, "z": K}


# --- How it is decided


def test_nobody_hides_anything_without_need() -> None:
    people = [person(number, 7) for number in range(20)]

    withhold(people, random.Random(1))

    assert not [one for one in people if one.withheld]


def test_those_left_too_few_by_what_others_withhold_are_silent_too() -> None:
    """The same answers showed another condition: what is left of its group is safe, or hidden."""
    people = [person(n, 1, 2, hidden=[1]) for n in range(9)] + [person(n, 2) for n in range(9, 15)]

    withhold(people, random.Random(1))

    assert all(one.withheld for one in people)


def test_a_group_left_with_one_voice_is_silent_too() -> None:
    loud = [person(n, 2, said="oui") for n in range(12)]
    other = person(12, 1, 2, hidden=[1], said="non")
    nobody = [person(n, said=said) for n, said in enumerate(["oui", "non"] * 6, 13)]

    withhold([*loud, other, *nobody], random.Random(1))

    assert all(one.withheld for one in loud)


def test_company_is_only_what_is_missing() -> None:
    people = [person(0, 1, hidden=[1]), *(person(n) for n in range(1, 30))]
    for one in people[1:5]:
        one.shows.clear()

    withhold(people, random.Random(1))

    assert Counter(reason for one in people for reason in one.withheld.values()) == {
        1: 1,
        COMPANY: K - 5,
    }


# --- The last guard


def test_an_answer_that_disappears_on_the_way_stops_everything(tmp_path: Path) -> None:
    made = plan(asked(TERRITORY, Choice(**PLAIN)))
    with Rows(made, tmp_path, b"secret") as rows:
        for _ in range(20):
            rows.take(ballot(territoire="R84", q="x"))
        safe = rows.protected()
        safe.ledger.take(ballot(q="x"), rows.layout.code(ballot(q="x")))

        with pytest.raises(AnswersLost):
            list(safe)


def test_an_answer_that_appears_stops_everything_too() -> None:
    layout = Layout(plan(asked(TERRITORY, Choice(**PLAIN))))
    ledger = Ledger(layout)

    ledger.write(layout.code(ballot(q="x")))

    with pytest.raises(AnswersLost):
        ledger.settle()


def test_what_cannot_be_read_is_said_rather_than_lost() -> None:
    layout = Layout(plan(asked(TERRITORY, Choice(**PLAIN))))
    ledger, forged = Ledger(layout), ballot(q="=1+1")

    ledger.take(forged, layout.code(forged))
    ledger.write(layout.code(forged))

    ledger.settle()
    assert ledger.withheld == {"q": {UNKNOWN: 1}}
