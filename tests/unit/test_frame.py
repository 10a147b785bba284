"""A ballot fills the columns the questionnaire plans, and nothing else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.questionnaire.columns import NO_ANSWER
from consultation.questionnaire.conditions import Condition, Fault, link, parse_condition
from consultation.questionnaire.elements import OPT_OUT, Option, Row, Text
from consultation.questionnaire.kinds import (
    Choice,
    Choices,
    Date,
    LongText,
    Matrix,
    Number,
    Question,
    Rank,
    Scale,
    ShortText,
)
from consultation.questionnaire.model import Page, Questionnaire
from consultation.results.frame import Ballot, Plan, plan
from consultation.results.layout import Layout


def text(words: str) -> Text:
    return Text((("fr", words),))


def option(code: str, label: str = "", **more: object) -> Option:
    return Option(code=code, label=text(label or code.capitalize()), **more)


def place(code: str, region: str, zone: str, group: str = "") -> Option:
    return option(code, group=group, columns=(("region", region), ("zone", zone)))


def when(source: str) -> Condition:
    condition = parse_condition(source)
    assert not isinstance(condition, Fault)
    return link(condition, {}, {})


TERRITORY = Choice(
    id="territoire",
    text=text("Votre territoire ?"),
    profile=True,
    store="region",
    options=(
        place("D01", "R84", "hexagone", "Auvergne-Rhône-Alpes"),
        place("D03", "R84", "hexagone", "Auvergne-Rhône-Alpes"),
        place("D35", "R53", "hexagone", "Bretagne"),
        place("D971", "R01", "outre_mer", "Guadeloupe"),
        place("nr", "nr", "nr"),
    ),
)
GRADE = Choice(
    id="categorie",
    text=text("Votre catégorie ?"),
    profile=True,
    options=(option("a"), option("b"), option("c")),
)
AGREEMENT = (option("d1", "Non"), option("d2", "Oui"), option("nsp", "Sans avis", apart=True))
TASKS = Choices(
    id="missions",
    text=text("Vos <strong>missions</strong> ?"),
    options=(option("guichet"), option("crise"), option("autre", other=80)),
)
VIEWS = Matrix(
    id="avis",
    text=text("Votre avis ?"),
    rows=(Row(id="delais", label=text("Délais")), Row(id="outils", label=text("Outils"))),
    options=AGREEMENT,
)
MARK = Scale(id="note", text=text("Note"), start=0, stop=10, opt_out=text("Sans avis"))
ORDER = Rank(id="tri", text=text("Classez"), top=2, options=(option("x"), option("y"), option("z")))
DAYS = Number(id="jours", text=text("Jours"), decimals=1)
ARRIVAL = Date(id="entree", text=text("Votre arrivée"), min="1985-03-01", max="2024-06-30")
IDEA = LongText(id="idee", text=text("Une idée pour {categorie|vous} ?"), max_length=500)
SECRET = Choice(id="plainte", text=text("?"), options=AGREEMENT, sensitive=True)


def asked(
    *questions: Question,
    audiences: int = 1,
    order: tuple[str, ...] = (),
    pages: tuple[Page, ...] = (),
) -> Questionnaire:
    named = tuple((f"public{n}", text(f"Public {n}")) for n in range(1, audiences + 1))
    first = Page(id="page", title=text("Page"), questions=questions)
    return Questionnaire(
        id="q",
        version=1,
        lang="fr",
        title=text("Titre"),
        pages=(first, *pages),
        audiences=named,
        generalisation=order,
    )


def ballot(audience: str = "public1", **answers: object) -> Ballot:
    document = json.dumps({"definition": "x", "audience": audience, "answers": answers})
    read = Ballot.read(document.encode())
    assert read is not None
    return read


def cells(made: Plan, one: Ballot) -> dict[str, str]:
    """The ballot's cells, by their column, profile included."""
    layout = Layout(made)
    numbers, found = iter(layout.written(one)), {}
    for variable, code in zip(layout.variables, layout.code(one), strict=True):
        said = "" if code == NO_ANSWER else variable.codes[code]
        found[variable.name] = next(numbers) if variable.kind in ("number", "date") else said
    return found


def filled(question: Question, answer: object) -> dict[str, str]:
    return cells(plan(asked(question)), ballot(**{question.id: answer}))


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        (
            TASKS,
            ["crise"],
            {"missions__guichet": "0", "missions__crise": "1", "missions__autre": "0"},
        ),
        (TASKS, [], {"missions__guichet": "", "missions__crise": "", "missions__autre": ""}),
        (VIEWS, {"delais": "d2"}, {"avis__delais": "d2", "avis__outils": ""}),
        (MARK, 0, {"note": "0"}),
        (MARK, OPT_OUT, {"note": OPT_OUT}),
        (MARK, 11, {"note": ""}),
        (ORDER, ["z"], {"tri__rang1": "z", "tri__rang2": ""}),
        (ORDER, ["z", "x", "y"], {"tri__rang1": "z", "tri__rang2": "x"}),
        (DAYS, 2.5, {"jours": "2.5"}),
        (DAYS, 2.0, {"jours": "2"}),
        (DAYS, 0, {"jours": "0"}),
        (SECRET, "d1", {"plainte": "d1"}),
        (ARRIVAL, "2019-06-28", {"entree": "2019"}),
        (ARRIVAL, "2019-06", {"entree": ""}),
        (ARRIVAL, "=1+1", {"entree": ""}),
    ],
)
def test_each_type_of_question_fills_its_columns(
    question: Question, answer: object, expected: dict[str, str]
) -> None:
    assert filled(question, answer) == expected


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@given(st.sampled_from([TASKS, VIEWS, MARK, ORDER, SECRET, TERRITORY, GRADE]), anything)
def test_no_ballot_writes_anything_but_known_codes(question: Question, answer: object) -> None:
    made = plan(asked(question))
    forged = Ballot(audience=str(answer), answers={question.id: answer})

    written = cells(made, forged)
    for column in made.columns:
        assert written[column.name] in {"", *column.values}


@given(anything)
def test_a_number_is_a_number_or_nothing(answer: object) -> None:
    cell = filled(DAYS, answer)["jours"]

    assert cell == "" or float(cell) == pytest.approx(float(str(answer)))


@pytest.mark.parametrize(
    "document", [b"", b"\xff", b"[]", b"{}", b'{"audience": 1, "answers": {}}']
)
def test_what_is_not_a_ballot_is_not_read(document: bytes) -> None:
    assert Ballot.read(document) is None


def test_the_region_stands_for_the_territory_and_climbs_to_the_zone() -> None:
    made = plan(asked(TERRITORY))

    hierarchy = made.profile[0].hierarchy
    assert [hierarchy.above(value) for value in ("R84", "hexagone", "nr", "")] == [
        "hexagone",
        "*",
        "*",
        "*",
    ]
    assert made.profile[0].column.values["R84"] == "Auvergne-Rhône-Alpes"
    assert made.profile[0].column.values["outre_mer"] == "Outre mer"
    assert made.place == made.profile[0]


def test_a_column_that_does_not_follow_from_the_stored_one_is_no_level() -> None:
    crossed = (place("D01", "R84", "zone1"), place("D03", "R84", "zone2"), place("D35", "R53", "z"))
    made = plan(
        asked(Choice(id="t", text=text("?"), profile=True, store="region", options=crossed))
    )

    assert made.profile[0].hierarchy.above("R84") == "*"


def test_a_coarse_code_that_is_also_a_fine_one_is_no_level() -> None:
    confused = (place("a", "n", "m"), place("b", "m", "m"), place("c", "o", "m"))
    made = plan(
        asked(Choice(id="t", text=text("?"), profile=True, store="region", options=confused))
    )

    assert made.profile[0].hierarchy.above("n") == "*"


def test_the_questionnaire_says_what_gives_way_first_and_the_audience_gives_way_last() -> None:
    other = Choice(id="anciennete", text=text("?"), profile=True, options=AGREEMENT)
    made = plan(asked(TERRITORY, GRADE, other, audiences=2, order=("categorie", "territoire")))

    assert made.order == ("anciennete", "categorie", "territoire", "audience")
    assert [column.name for column in made.columns] == [
        "audience",
        "territoire",
        "categorie",
        "anciennete",
    ]


def test_texts_and_what_is_not_exported_are_no_columns() -> None:
    tables = Choice(id="age", text=text("?"), profile=True, export="tables", options=AGREEMENT)
    short = ShortText(id="mot", text=text("Un mot ?"))

    made = plan(asked(tables, short, IDEA, TASKS))

    assert {column.question for column in made.columns} == {"missions"}
    assert [one.name for one in made.texts] == ["mot", "idee", "missions__autre_texte"]


def test_a_title_has_no_tag_and_quotes_no_answer() -> None:
    made = plan(asked(IDEA, TASKS))

    assert made.texts[0].title == "Une idée pour vous ?"
    assert made.answers[0].title == "Vos missions ? – Guichet"


def test_the_words_of_an_agent_are_found_where_they_were_written() -> None:
    made = plan(asked(IDEA, TASKS))

    said = {
        one.name: words
        for one, words in made.written(ballot(idee="Oui", **{"missions.other": "Pêche"}))
    }
    assert said == {"idee": "Oui", "missions__autre_texte": "Pêche"}
    assert not list(made.written(ballot(idee="  ")))


def test_an_option_not_chosen_is_no_sensitive_answer() -> None:
    facts = Choices(id="faits", text=text("?"), options=AGREEMENT, sensitive=True)
    layout = Layout(plan(asked(facts, SECRET)))

    codes = layout.code(ballot(faits=["d2"], plainte="d1"))

    assert layout.secrets(codes) == (NO_ANSWER, 0, NO_ANSWER, 0)


OVERSEAS = "territoire.zone == 'outre_mer'"


def gates(made: Plan, **answers: object) -> dict[str, str]:
    seen = key(made, **answers)[len(made.order) :]
    return dict(zip((gate.condition for gate in made.gates), seen, strict=True))


def key(made: Plan, **answers: object) -> tuple[str, ...]:
    """What the disclosure rules see of these answers."""
    layout = Layout(made)
    codes = layout.key(layout.code(ballot(**answers)))
    return tuple(values[code] for values, code in zip(layout.key_values, codes, strict=True))


def test_answering_a_question_asked_to_some_says_who_they_are() -> None:
    page = Page(id="om", title=text("?"), questions=(MARK,), show_if=when(OVERSEAS))
    made = plan(asked(TERRITORY, VIEWS, pages=(page,)))

    assert gates(made, note=0) == {OVERSEAS: "1"}
    assert gates(made, avis={"delais": "d1"}) == {OVERSEAS: ""}


def test_what_follows_from_such_an_answer_says_it_too() -> None:
    first = Choice(id="un", text=text("?"), options=AGREEMENT, show_if=when(OVERSEAS))
    then = Choice(id="deux", text=text("?"), options=AGREEMENT, show_if=when("un == 'd1'"))
    made = plan(asked(TERRITORY, first, then))

    assert gates(made, deux="d2") == {OVERSEAS: "1"}
    assert made.gates[0].questions == {"un", "deux"}


@pytest.mark.parametrize(
    ("source", "shows"),
    [
        ("un == 'b'", True),
        ("un == 'a'", False),
        ("un in ['a', 'b']", False),
        ("answered(un)", False),
        ("un != 'a'", True),
        ("not (un == 'a')", True),
        ("un == 'a' or un == 'b'", True),
    ],
)
def test_what_anyone_may_answer_tells_nothing_of_those_who_had_more_to_answer(
    source: str, shows: bool
) -> None:
    """An answer that everyone was offered, or what follows from it, is not to be hidden."""
    offered = (option("a"), option("b", show_if=when(OVERSEAS)), option("c"))
    first = Choice(id="un", text=text("?"), options=offered)
    then = Choice(id="deux", text=text("?"), options=AGREEMENT, show_if=when(source))

    made = plan(asked(TERRITORY, first, then))

    assert gates(made, deux="d2") == {OVERSEAS: "1" if shows else ""}


@pytest.mark.parametrize(
    ("question", "said", "silent"),
    [
        (
            Choice(
                id="s", text=text("?"), options=(option("a"), option("b", show_if=when(OVERSEAS)))
            ),
            "b",
            "a",
        ),
        (
            Choices(
                id="s", text=text("?"), options=(option("a"), option("b", show_if=when(OVERSEAS)))
            ),
            ["a", "b"],
            ["a"],
        ),
        (
            Rank(
                id="s",
                text=text("?"),
                top=2,
                options=(option("a"), option("b", show_if=when(OVERSEAS))),
            ),
            ["a", "b"],
            ["a"],
        ),
        (
            Matrix(
                id="s",
                text=text("?"),
                rows=(
                    Row(id="a", label=text("A")),
                    Row(id="b", label=text("B"), show_if=when(OVERSEAS)),
                ),
                options=AGREEMENT,
            ),
            {"b": "d1"},
            {"a": "d1"},
        ),
    ],
)
def test_choosing_an_option_offered_to_some_says_who_they_are(
    question: Question, said: object, silent: object
) -> None:
    made = plan(asked(TERRITORY, question))

    assert gates(made, s=said) == {OVERSEAS: "1"}
    assert gates(made, s=silent) == {OVERSEAS: ""}


def test_a_condition_on_what_every_row_shows_says_nothing_more() -> None:
    then = Choice(id="deux", text=text("?"), options=AGREEMENT, show_if=when("plainte == 'd1'"))

    assert plan(asked(TERRITORY, SECRET, then)).gates == ()


def test_the_audience_is_a_profile_when_there_are_several() -> None:
    then = Choice(id="un", text=text("?"), options=AGREEMENT, show_if=when("audience == 'public2'"))

    assert gates(plan(asked(then, audiences=2)), un="d1") == {"audience == 'public2'": "1"}
    assert plan(asked(then)).gates == ()


def test_the_key_of_a_ballot_follows_the_hierarchies() -> None:
    page = Page(id="om", title=text("?"), questions=(MARK,), show_if=when(OVERSEAS))
    made = plan(asked(TERRITORY, GRADE, pages=(page,), order=("categorie", "territoire")))

    assert [one.name for one in made.hierarchies] == ["categorie", "territoire", f"{{{OVERSEAS}}}"]
    assert key(made, territoire="R01", note=3) == ("", "R01", "1")
