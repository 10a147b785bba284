"""Answers are typed from forms, pruned to what is visible, and never raise."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sample import load_sample

from consultation.questionnaire.answers import Filled, missing, read_page, stored
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.drafts import from_json, to_json
from consultation.questionnaire.elements import Answers
from consultation.questionnaire.kinds import Choice, Matrix, Rank
from consultation.questionnaire.lots import AS_WRITTEN, Lots
from consultation.questionnaire.model import Page, Questionnaire
from consultation.questionnaire.synthetic import respond
from consultation.questionnaire.visibility import prune, visible_pages, visible_questions

NBSP = "\N{NO-BREAK SPACE}"
NARROW = "\N{NARROW NO-BREAK SPACE}"
AGENT = Context("agents")


@cache
def q() -> Questionnaire:
    return load_sample()


def page(page_id: str) -> Page:
    found = q().page(page_id)
    assert found
    return found


def filled(
    page_id: str,
    raw: dict[str, Sequence[str]],
    answers: Answers | None = None,
    context: Context = AGENT,
) -> Filled:
    return read_page(page(page_id), raw, answers or {}, q(), context)


def errors(read: Filled) -> dict[str, str]:
    return {error.field: error.message for error in read.errors}


def situation(**raw: Sequence[str]) -> Filled:
    return filled("situation", {"territoire": ["D01"], **raw})


# Dates


def arrival(day: str, month: str, year: str) -> Filled:
    parts = {"day": [day], "month": [month], "year": [year]}
    return filled("temps", {f"arrivee.{part}": posted for part, posted in parts.items()})


@pytest.mark.parametrize(
    ("day", "month", "year", "expected"),
    [
        ("28", "6", "1999", "1999-06-28"),
        (" 01 ", "02", "2024", "2024-02-01"),
        ("29", "2", "2024", "2024-02-29"),
        ("1", "1", "1960", "1960-01-01"),
        ("15", "6", "2024", "2024-06-15"),
    ],
)
def test_a_date_is_read_from_its_parts(day: str, month: str, year: str, expected: str) -> None:
    read = arrival(day, month, year)

    assert (errors(read), read.answers) == ({}, {"arrivee": expected})


def test_nothing_in_any_part_is_no_date() -> None:
    assert arrival("", " ", "").answers == {}


@pytest.mark.parametrize(
    ("day", "month", "year", "part", "said"),
    [
        ("32", "1", "2000", "day", "entre 1 et 31"),
        ("0", "1", "2000", "day", "entre 1 et 31"),
        ("", "1", "2000", "day", "entre 1 et 31"),
        ("1", "13", "2000", "month", "entre 1 et 12"),
        ("1", "juin", "2000", "month", "entre 1 et 12"),
        ("1", "1", "99", "year", "quatre chiffres"),
        ("1", "1", "3000", "year", "quatre chiffres"),
        ("١", "1", "2000", "day", "en chiffres"),
        ("31", "4", "2000", "day", "ce mois est plus court"),
        ("29", "2", "2023", "day", "ce mois est plus court"),
        ("31", "12", "1959", "day", "entre le 1er janvier 1960 et le 15 juin 2024"),
        ("16", "6", "2024", "day", "entre le 1er janvier 1960 et le 15 juin 2024"),
    ],
)
def test_a_wrong_date_names_the_part(day: str, month: str, year: str, part: str, said: str) -> None:
    read = arrival(day, month, year)

    assert said in errors(read)[f"arrivee.{part}"]
    assert read.answers == {}


def test_every_wrong_part_of_a_date_is_told_at_once() -> None:
    assert set(errors(arrival("40", "40", "2000"))) == {"arrivee.day", "arrivee.month"}


@pytest.mark.parametrize("kept", ["2024-02-30", "2024-6-1", "2024-06", "1900-01-01", 20240601])
def test_a_tampered_date_is_dropped(kept: object) -> None:
    assert from_json(q(), json.dumps({"arrivee": kept})) == {}


# Choices


def test_a_choice_is_the_code_posted() -> None:
    assert situation(fonction=["agent"]).answers == {"territoire": "D01", "fonction": "agent"}


@pytest.mark.parametrize("posted", [[], [""], ["", ""]])
def test_nothing_posted_is_no_answer(posted: list[str]) -> None:
    assert situation(fonction=posted).answers == {"territoire": "D01"}


@pytest.mark.parametrize(
    ("posted", "said"),
    [
        (["inconnu"], "n’est pas proposée"),
        (["Agent"], "n’est pas proposée"),
        ([" agent"], "n’est pas proposée"),
        (["agent", "direction"], "une seule réponse"),
    ],
)
def test_a_wrong_choice_is_an_error(posted: list[str], said: str) -> None:
    read = situation(fonction=posted)

    assert said in errors(read)["fonction"]
    assert "fonction" not in read.answers


def test_a_required_question_says_its_own_message() -> None:
    read = filled("situation", {})

    assert errors(read) == {"territoire": "Indiquez votre territoire."}


def test_a_question_hidden_from_an_audience_is_neither_read_nor_required() -> None:
    read = filled("situation", {"territoire": ["D01"]}, context=Context("cadres"))

    assert read.answers == {}
    assert read.errors == ()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"fonction": ["autre"], "fonction.other": [" Chef\r\n de projet "]}, "Chef  de projet"),
        ({"fonction.other": ["Cheffe"]}, "Cheffe"),  # the button was forgotten
        ({"fonction": ["autre"], "fonction.other": ["  "]}, None),
        ({"fonction": ["agent"], "fonction.other": ["Chef"]}, None),
    ],
)
def test_an_other_text_goes_with_its_option(
    raw: dict[str, list[str]], expected: str | None
) -> None:
    read = situation(**raw)

    assert read.answers.get("fonction.other") == expected
    assert read.answers["fonction"] == ("agent" if raw.get("fonction") == ["agent"] else "autre")


def test_an_other_text_is_limited() -> None:
    read = situation(fonction=["autre"], **{"fonction.other": ["é" * 21]})

    assert errors(read) == {
        "fonction.other": f"Raccourcissez votre texte{NBSP}: 20 caractères au plus, "
        "il en compte 21."
    }


def test_choices_keep_the_order_of_the_questionnaire() -> None:
    read = situation(missions=["terrain", "guichet", "guichet"])

    assert read.answers["missions"] == ("guichet", "terrain")


@pytest.mark.parametrize(
    ("posted", "said"),
    [
        (
            ["aucune", "guichet", "telephone"],
            f"Choisissez soit «{NBSP}Aucune de celles-ci{NBSP}», soit les autres réponses.",
        ),
        (
            ["guichet", "aucune"],
            f"Choisissez soit «{NBSP}Aucune de celles-ci{NBSP}», "
            f"soit «{NBSP}Accueil au guichet{NBSP}».",
        ),
        (
            ["aucune", "nsp"],
            f"Choisissez soit «{NBSP}Aucune de celles-ci{NBSP}», "
            f"soit «{NBSP}Je ne sais pas{NBSP}».",
        ),
        (
            ["guichet", "telephone", "dossiers", "terrain"],
            f"Choisissez trois réponses au plus{NBSP}: vous en avez choisi 4.",
        ),
        (["guichet"], "Choisissez au moins deux réponses."),
        (
            ["guichet", "zzz"],
            "Cette réponse n’est pas proposée. Choisissez une réponse de la liste.",
        ),
    ],
)
def test_choices_that_cannot_go_together_are_an_error(posted: list[str], said: str) -> None:
    assert errors(situation(missions=posted)) == {"missions": said}


def test_an_exclusive_answer_alone_needs_no_minimum() -> None:
    assert situation(missions=["aucune"]).errors == ()


def test_a_precision_counts_as_its_option_unless_an_exclusive_one_is_chosen() -> None:
    precision = {"missions.other": ["Archives"]}

    assert situation(missions=["guichet"], **precision).answers["missions"] == ("guichet", "autre")
    assert situation(missions=["aucune"], **precision).answers["missions"] == ("aucune",)


def test_an_option_hidden_by_an_answer_of_the_same_page_is_refused() -> None:
    read = situation(fonction=["direction"], missions=["guichet", "terrain"])

    assert "n’est pas proposée" in errors(read)["missions"]


# Matrix, scale, rank

AT_COUNTER: Answers = {"territoire": "D01", "missions": ("guichet", "telephone")}


def test_a_matrix_lists_the_rows_left_empty() -> None:
    read = filled("usager", {"avis.delais": ["d1"]}, AT_COUNTER)

    assert errors(read) == {"avis.outils": "Répondez à chaque ligne."}
    assert read.answers == {"avis": {"delais": "d1"}}


def test_a_matrix_reports_wrong_rows_with_the_empty_ones() -> None:
    read = filled("usager", {"avis.delais": ["d9"]}, AT_COUNTER)

    assert set(errors(read)) == {"avis.delais", "avis.outils"}


def test_a_hidden_row_is_neither_read_nor_required() -> None:
    raw = {"avis.delais": ["d4"], "avis.outils": ["nsp"], "avis.equipe": ["d1"]}

    alone = filled("usager", raw, AT_COUNTER)
    leading = filled("usager", raw, {**AT_COUNTER, "fonction": "direction"})

    assert alone.answers["avis"] == {"delais": "d4", "outils": "nsp"}
    assert leading.answers["avis"] == {"delais": "d4", "outils": "nsp", "equipe": "d1"}


@pytest.mark.parametrize(
    ("posted", "expected"), [("0", 0), ("10", 10), ("opt_out", "opt_out"), ("", None)]
)
def test_a_scale_is_a_step_or_the_opt_out(posted: str, expected: int | str | None) -> None:
    read = filled("usager", {"note": [posted]}, AT_COUNTER)

    assert read.answers.get("note") == expected


@pytest.mark.parametrize("posted", ["11", "-1", "5.0", "05", " 5", "٣", "cinq"])
def test_a_scale_refuses_the_rest(posted: str) -> None:
    assert "note" in errors(filled("usager", {"note": [posted]}, AT_COUNTER))


def rank(*codes: str, answers: Answers | None = None) -> Filled:
    raw = {f"priorites.{place}": [code] for place, code in enumerate(codes, 1)}
    return filled("souhaits", raw, answers or {"territoire": "D01"})


def test_a_ranking_may_be_partial() -> None:
    assert rank("effectifs", "horaires", "").answers == {"priorites": ("effectifs", "horaires")}
    assert rank("", "", "").answers == {}


@pytest.mark.parametrize(
    ("codes", "field", "said"),
    [
        (("horaires", "horaires"), "priorites.2", "est déjà au rang 1"),
        (("", "horaires"), "priorites.1", "remontez les suivants"),
        (("horaires", "", "formation"), "priorites.2", "remontez les suivants"),
        (("zzz",), "priorites.1", "n’est pas proposée"),
        (("cases",), "priorites.1", "n’est pas proposée"),
    ],
)
def test_a_ranking_refuses_duplicates_and_gaps(
    codes: tuple[str, ...], field: str, said: str
) -> None:
    assert said in errors(rank(*codes))[field]


def test_an_option_may_depend_on_a_column_of_a_list() -> None:
    read = rank("cases", answers={"territoire": "D974"})

    assert read.answers == {"priorites": ("cases",)}


def test_only_the_rows_and_options_for_this_person_are_offered() -> None:
    avis, missions = q().by_id["avis"], q().by_id["missions"]
    assert isinstance(avis, Matrix)
    assert missions.options

    leading: Answers = {"fonction": "direction"}

    assert [row.id for row in avis.shown_rows({}, AGENT)] == ["delais", "outils"]
    assert [row.id for row in avis.shown_rows(leading, AGENT)] == ["delais", "outils", "equipe"]
    assert "terrain" not in [one.code for one in missions.offered(leading, AGENT)]


# Numbers


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("3", 3), ("3,5", 3.5), ("3.5", 3.5), (" 3 ", 3), ("+3", 3), ("0", 0), ("-0", 0), ("−0", 0),
        ("003", 3), ("0,5", 0.5), ("3,0", 3), (f"{NBSP}3{NBSP}", 3), ("5", 5), ("", None),
        (" ", None),
    ],
)  # fmt: skip
def test_a_number_is_read_as_the_french_write_it(written: str, value: float | None) -> None:
    read = filled("temps", {"tt": [written]})

    assert read.errors == ()
    assert read.answers.get("tt") == value
    assert type(read.answers.get("tt")) is type(value)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1 000", 1000), (f"1{NBSP}000", 1000), (f"1{NARROW}234{NARROW}567", 1234567),
        ("1000", 1000), ("−12", -12), ("-12", -12),
    ],
)  # fmt: skip
def test_thousands_may_be_grouped(written: str, value: int) -> None:
    assert filled("temps", {"agents": [written]}).answers == {"agents": value}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("1e3", "en chiffres"), ("١٢٣", "en chiffres"), ("inf", "en chiffres"),
        ("nan", "en chiffres"), ("deux", "en chiffres"), ("3 jours", "en chiffres"),
        ("1 0 0", "en chiffres"), ("10 00", "en chiffres"), ("--3", "en chiffres"),
        ("3,", "en chiffres"), (",5", "en chiffres"), ("1,2,3", "en chiffres"),
        ("0x10", "en chiffres"), ("²", "en chiffres"), ("9" * 400, "en chiffres"),
        ("3,25", "au plus un chiffre"), ("5,1", "entre 0 et 5"), ("-1", "entre 0 et 5"),
    ],
)  # fmt: skip
def test_what_is_not_a_number_in_bounds_is_an_error(written: str, said: str) -> None:
    assert said in errors(filled("temps", {"tt": [written]}))["tt"]


def test_a_whole_number_takes_no_comma() -> None:
    read = filled("temps", {"agents": ["1,000"]})

    assert errors(read) == {"agents": "Écrivez un nombre entier, sans virgule."}


# Texts


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("a\x00b\x07c\x1b[31m", "abc[31m"),
        ("a\u2028b\x85c\x0bd", "a\nb\nc\nd"),
        ("\ud800x\ufffe", "x"),
        ("a\tb", "a b"),
        ("  \r\n ", None),
        ("=1+1", "=1+1"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("{{ 7*7 }} {note|x} %s", "{{ 7*7 }} {note|x} %s"),
        ("👩🏽‍🚒 é e\u0301 ﷽", "👩🏽‍🚒 é e\u0301 ﷽"),
    ],
)
def test_a_long_text_keeps_what_can_be_printed(written: str, kept: str | None) -> None:
    answers = {**AT_COUNTER, "avis": {"delais": "d1", "outils": "d1"}}
    read = filled(
        "usager", {"avis.delais": ["d1"], "avis.outils": ["d1"], "delais_mieux": [written]}, answers
    )

    assert read.answers.get("delais_mieux") == kept
    assert from_json(q(), to_json(read.answers)) == read.answers


def test_a_text_is_counted_in_code_points_after_line_ends() -> None:
    raw = {"avis.delais": ["d1"], "avis.outils": ["d1"]}

    fits = filled("usager", {**raw, "delais_mieux": ["😀\r\n" * 49 + "ab"]}, AT_COUNTER)
    exceeds = filled("usager", {**raw, "delais_mieux": ["😀" * 1_101]}, AT_COUNTER)

    assert fits.errors == ()
    assert errors(exceeds) == {
        "delais_mieux": f"Raccourcissez votre texte{NBSP}: 100 caractères au plus, "
        f"il en compte 1{NARROW}101."
    }


def test_a_short_text_is_one_line() -> None:
    assert filled("temps", {"metier": ["a\r\nb"]}).answers == {"metier": "a b"}


# What is visible


def ids(answers: Answers, context: Context = AGENT) -> list[str]:
    pages = visible_pages(q(), answers, context, AS_WRITTEN)
    return [one.id for page in pages for one in visible_questions(q(), page, answers, context)]


def test_hiding_cascades() -> None:
    answers = {**AT_COUNTER, "avis": {"delais": "d1"}, "delais_mieux": "Recruter"}
    assert "delais_mieux" in ids(answers)

    changed = {**answers, "missions": ("dossiers", "terrain")}

    assert "avis" not in ids(changed)
    assert "delais_mieux" not in ids(changed)
    assert prune(q(), changed, AGENT) == {
        "territoire": "D01",
        "missions": ("dossiers", "terrain"),
    }


def test_the_draft_keeps_what_is_hidden_so_that_it_comes_back() -> None:
    answers = {**AT_COUNTER, "avis": {"delais": "d1", "outils": "d1"}, "delais_mieux": "Recruter"}

    hidden = filled("usager", {"avis.delais": ["d4"], "avis.outils": ["d1"]}, answers)
    back = filled("usager", {"avis.delais": ["d1"], "avis.outils": ["d1"]}, hidden.draft)

    assert "delais_mieux" not in prune(q(), hidden.draft, AGENT)
    assert hidden.draft["delais_mieux"] == "Recruter"
    assert "delais_mieux" not in back.draft  # shown again and posted empty: the last word wins


def test_an_answer_cleared_on_the_page_leaves_the_draft() -> None:
    read = filled("temps", {"tt": [""]}, {"tt": 3, "metier": "x"})

    assert read.draft == {}


def test_other_words_go_when_their_option_does() -> None:
    answers: Answers = {"fonction": "agent", "fonction.other": "Chef"}

    assert prune(q(), answers, Context("cadres")) == {"fonction": "agent"}


def test_an_answer_whose_option_is_hidden_is_pruned() -> None:
    answers: Answers = {"fonction": "direction", "missions": ("guichet", "terrain")}

    assert prune(q(), answers, AGENT)["missions"] == ("guichet",)


def test_missing_tells_the_page_and_the_field() -> None:
    assert [(page.id, error.field) for page, error in missing(q(), {}, AGENT)] == [
        ("situation", "territoire")
    ]
    told = missing(q(), AT_COUNTER, AGENT)
    assert [(page.id, error.field) for page, error in told] == [
        ("usager", "avis.delais"),
        ("usager", "avis.outils"),
    ]


def test_stored_answers_are_generalised_and_plain_json() -> None:
    document = stored(q(), {**AT_COUNTER, "tt": 3}, AGENT)

    assert document == {"territoire": "R84", "missions": ("guichet", "telephone"), "tt": 3}
    assert "D01" not in json.dumps(document)


def test_a_stored_value_has_a_label() -> None:
    territoire = q().by_id["territoire"]
    assert isinstance(territoire, Choice)

    assert {value: str(label) for value, label in territoire.stored_labels.items()} == {
        "R84": "Auvergne-Rhône-Alpes",
        "R53": "Bretagne",
        "R04": "La Réunion",
        "nr": "Je préfère ne pas répondre",
    }


# Orders


def test_tagged_pages_change_places_among_themselves_only() -> None:
    orders = {
        tuple(page.id for page in visible_pages(q(), AT_COUNTER, AGENT, Lots(str(seed))))
        for seed in range(100)
    }

    assert len(orders) == 6
    assert {order[0] for order in orders} == {"situation"}


def test_hiding_a_page_does_not_move_the_others() -> None:
    for seed in range(50):
        whole = [page.id for page in visible_pages(q(), AT_COUNTER, AGENT, Lots(str(seed)))]
        fewer = [page.id for page in visible_pages(q(), {}, AGENT, Lots(str(seed)))]
        assert fewer == [page_id for page_id in whole if page_id != "usager"]


def test_a_random_order_keeps_the_end_in_place_and_depends_on_the_seed_alone() -> None:
    missions = q().by_id["missions"]
    assert missions.options

    def order(seed: str) -> tuple[str, ...]:
        return tuple(option.code for option in missions.offered({}, AGENT, Lots(seed)))

    assert {order(str(seed))[-3:] for seed in range(30)} == {("autre", "aucune", "nsp")}
    assert len({order(str(seed)) for seed in range(200)}) == 24
    assert order("a") == order("a")
    assert order("")[:4] == ("guichet", "telephone", "dossiers", "terrain")


# Laws

RAW_VALUE = st.text(max_size=30) | st.sampled_from(
    ["D01", "direction", "guichet", "aucune", "d1", "nsp", "opt_out", "7", "3,5", "horaires"]
)
FIELDS = [
    f"{question.id}{suffix}"
    for question in load_sample().questions
    for suffix in ("", ".other", ".1", ".2", ".3", ".delais", ".outils")
]
RAW = st.dictionaries(
    st.sampled_from(FIELDS) | st.text(max_size=10), st.lists(RAW_VALUE, max_size=4)
)
CONTEXTS = st.sampled_from([Context(), Context("agents"), Context("cadres"), Context("zzz")])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)


@st.composite
def some_answers(draw: st.DrawFn) -> Answers:
    """Answers to every page, hidden ones included, as a draft may hold them."""
    rng = random.Random(draw(st.integers(0, 10**9)))
    answers: Answers = {}
    for one in q().pages:
        context = draw(CONTEXTS)
        raw = respond(q(), one, answers, context, rng, eagerness=0.9)
        answers = read_page(one, raw, answers, q(), context).draft
    return answers


@given(RAW, st.sampled_from(load_sample().pages), some_answers(), CONTEXTS)
def test_reading_any_form_gives_answers_and_errors(
    raw: dict[str, list[str]], one: Page, answers: Answers, context: Context
) -> None:
    read = read_page(one, raw, answers, q(), context)

    assert from_json(q(), to_json(read.answers)) == read.answers
    assert from_json(q(), to_json(read.draft)) == read.draft
    assert all(error.message for error in read.errors)


@given(some_answers(), CONTEXTS)
def test_pruning_changes_nothing_of_what_is_shown(answers: Answers, context: Context) -> None:
    pruned = prune(q(), answers, context)

    assert prune(q(), pruned, context) == pruned
    assert visible_pages(q(), pruned, context, Lots("s")) == visible_pages(
        q(), answers, context, Lots("s")
    )
    assert missing(q(), pruned, context) == missing(q(), answers, context)
    assert ids(pruned, context) == ids(answers, context)
    assert stored(q(), pruned, context) == stored(q(), answers, context)
    assert from_json(q(), to_json(answers)) == answers


@given(JSON | st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_any_json_is_read_without_raising(data: object) -> None:
    answers = from_json(q(), json.dumps(data))

    assert from_json(q(), to_json(answers)) == answers
    prune(q(), answers, AGENT)


@given(st.text())
def test_any_text_is_read_without_raising(text: str) -> None:
    assert from_json(q(), text) == {}


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"tt":1e999}',
        '{"tt":NaN}',
        '{"tt":true}',
        f'{{"agents":{"9" * 5_000}}}',
        f'{{"agents":{10**15}}}',
        '{"tt":3.25}',
        '{"tt":6}',
        '{"note":5.5}',
        '{"note":"non"}',
        '{"fonction":["agent"]}',
        '{"missions":"guichet"}',
        '{"missions":["guichet","guichet"]}',
        '{"missions":["guichet","aucune"]}',
        '{"missions":["guichet","telephone","dossiers","terrain"]}',
        '{"missions":[["guichet"]]}',
        '{"priorites":["horaires","horaires"]}',
        '{"priorites":["horaires","formation","effectifs","cases"]}',
        '{"avis":{"zzz":"d1","delais":"zzz"}}',
        '{"metier":"' + "x" * 31 + '"}',
        '{"fonction.other":"' + "x" * 21 + '"}',
        '{"rappel":"x"}',
        '{"metier":"x","pad":"' + " " * 300_000 + '"}',
    ],
)
def test_a_tampered_draft_loses_only_what_does_not_fit(text: str) -> None:
    assert from_json(q(), text) == {}


def test_a_rank_posted_beyond_its_places_is_ignored() -> None:
    assert isinstance(q().by_id["priorites"], Rank)
    assert rank("horaires", "formation", "effectifs", "horaires").errors == ()
