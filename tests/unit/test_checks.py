"""What conditions and texts refer to must exist, come earlier and have the right type."""

from __future__ import annotations

import pytest
from sample import SAMPLE, TERRITORIES, load_sample, questionnaire

from consultation.questionnaire.conditions import Context
from consultation.questionnaire.elements import Text
from consultation.questionnaire.loading import Loaded, parse
from consultation.questionnaire.texts import render
from consultation.questionnaire.visibility import prune, visible_questions

LISTS = {"listes/territoires.csv": TERRITORIES}

LAST = """\
- id: fin
  title: Fin
  questions:
  - {id: avant, type: text, text: Avant}
  - {id: ici, type: text, text: Ici%s}
  - {id: apres, type: choice, text: Après, options: {a: A, b: B}}
"""


def with_condition(source: str) -> Loaded:
    """The sample with one more page, whose second question has this condition."""
    return parse(SAMPLE + LAST % f', show_if: "{source}"', LISTS)


def with_text(text: str) -> Loaded:
    """The sample with one more page, whose second question has this hint."""
    return parse(SAMPLE + LAST % f', hint: "{text}"', LISTS)


def with_names(names: str, rest: str = "") -> Loaded:
    """The sample with more named conditions."""
    return parse(SAMPLE.replace("pages:\n", f"{names}pages:\n", 1) + rest, LISTS)


def said(loaded: Loaded) -> str:
    return "\n".join(map(str, loaded.problems)).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    "source",
    [
        "encadre", "not encadre", "audience == 'cadres'", "audience in ['agents']",
        "territoire == 'D01'", "territoire.zone == 'outre_mer'", "territoire.region in ['R84']",
        "missions has 'guichet'", "missions has all ['guichet', 'autre']", "count(missions) >= 2",
        "avis.delais == 'd1'", "avis.delais != avis.outils", "note >= 7", "note == 'opt_out'",
        "note in [9, 10, 'opt_out']", "priorites has 'horaires'", "count(priorites) == 3",
        "tt > 2.5", "tt < note", "answered(metier)", "answered(avant)", "answered(avis)",
        "answered(fonction) and (tt > 1 or not answered(tt))",
    ],
)  # fmt: skip
def test_a_right_condition_has_no_problem(source: str) -> None:
    problems = with_condition(source).problems

    assert [problem.code for problem in problems if problem.code != "no-answer"] == []


@pytest.mark.parametrize(
    ("source", "code", "message"),
    [
        ("territore == 'D01'", "unknown-question", "Vouliez-vous dire « territoire » ?"),
        ("answered(zzz)", "unknown-question", "« zzz » n’existe pas"),
        ("count(misions) > 1", "unknown-question", "« missions »"),
        ("tt > zzz", "unknown-question", "« zzz »"),
        ("audience.zone == 'x'", "unknown-part", "audience == 'public'"),
        ("count(audience) > 1", "unknown-part", "ni colonne"),
        ("answered(audience)", "type", "n’attend pas de réponse"),
        ("encadrre", "unknown-condition", "Vouliez-vous dire « encadre » ?"),
        ("fonction", "unknown-condition", "est une question, pas une condition"),
        ("fonction == 'directeur'", "unknown-code", "Vouliez-vous dire « direction » ?"),
        ("fonction in ['agent', 'Agent']", "unknown-code", "« Agent » n’est pas"),
        ("missions has 'guichets'", "unknown-code", "« guichet »"),
        ("avis.delais == 'd9'", "unknown-code", "« d9 »"),
        ("territoire.zone == 'outremer'", "unknown-code", "« outre_mer »"),
        ("audience == 'cadre'", "unknown-code", "« cadres »"),
        ("note == 'optout'", "unknown-code", "« opt_out »"),
        ("avis.delai == 'd1'", "unknown-part", "Vouliez-vous dire « delais » ?"),
        ("territoire.zones == 'x'", "unknown-part", "« zone »"),
        ("note.x == 1", "unknown-part", "ni ligne ni colonne"),
        # types
        ("fonction == 3", "type", "un code à un nombre"),
        ("fonction < 'agent'", "type", "compare des nombres"),
        ("tt == 'agent'", "type", "un nombre à un texte"),
        ("tt == fonction", "type", "un nombre à un code"),
        ("avis == 'd1'", "type", "avis.delais"),
        ("missions == 'guichet'", "type", "missions has 'code'"),
        ("priorites in ['horaires']", "type", "count(priorites)"),
        ("metier == 'x'", "type", "answered(metier)"),
        ("arrivee == '2024-06-01'", "type", "answered(arrivee)"),
        ("rappel == 'x'", "type", "n’attend pas de réponse"),
        ("answered(rappel)", "type", "n’attend pas de réponse"),
        ("fonction has 'agent'", "type", "n’en a qu’une"),
        ("audience has 'agents'", "type", "n’en a qu’une"),
        ("count(fonction) > 1", "type", "choix multiple"),
        ("territoire.zone > 3", "type", "compare des nombres"),
        # order
        ("apres == 'a'", "forward-reference", "posée plus loin"),
        ("answered(ici)", "self-reference", "d’elle-même"),
    ],
)
def test_a_wrong_condition_says_what_to_write(source: str, code: str, message: str) -> None:
    loaded = with_condition(source)

    assert [problem.code for problem in loaded.problems] == [code], said(loaded)
    assert message in said(loaded)
    assert loaded.questionnaire is None


def test_the_caret_is_under_the_faulty_word() -> None:
    problem = with_condition("answered(avant) and fonction == 'directeur'").problems[0]

    line, caret = problem.excerpt.splitlines()
    assert line[len(caret) - 1 :].startswith("'directeur'")


def test_a_page_cannot_depend_on_itself_nor_on_the_next() -> None:
    for source in ("answered(avant)", "apres == 'a'"):
        page = LAST.replace("  questions", f"  show_if: {source}\n  questions") % ""
        assert [one.code for one in parse(SAMPLE + page, LISTS).problems] == ["forward-reference"]


def test_an_option_cannot_depend_on_its_own_question() -> None:
    source = SAMPLE.replace(
        "show_if: not encadre or not answered(fonction)", "show_if: missions has 'guichet'"
    )

    assert [one.code for one in parse(source, LISTS).problems] == ["self-reference"]


def test_a_page_cannot_depend_on_one_that_may_come_after() -> None:
    source = SAMPLE.replace("title: Vos souhaits\n", "title: Vos souhaits\n  show_if: note > 5\n")

    loaded = parse(source, LISTS)

    assert [one.code for one in loaded.problems] == ["shuffled-reference"]
    assert "tiré au sort" in said(loaded)


def test_a_check_may_use_the_whole_page_and_no_more() -> None:
    checks = '  checks:\n  - {warn_if: "%s", message: Est-ce bien cela ?}\n'

    within = parse(SAMPLE + checks % "tt > agents", LISTS)
    beyond = parse(SAMPLE + checks % "tt > 3 and apres == 'a'" + LAST % "", LISTS)

    assert said(within) == ""
    assert questionnaire(within).pages[-1].checks[0].message == Text(
        (("fr", "Est-ce bien cela ?"),)
    )
    assert [one.code for one in beyond.problems] == ["forward-reference"]


def test_a_named_condition_is_refused_where_its_questions_are_not_known_yet() -> None:
    source = SAMPLE.replace("show_if: avis.delais in ['d1', 'd2']", "show_if: sature")

    loaded = parse(source.replace("pages:\n", "  sature: tt > 3\npages:\n", 1), LISTS)

    assert [one.code for one in loaded.problems] == ["forward-reference"]
    assert "La condition « sature » cite « tt »" in said(loaded)


def test_named_conditions_may_cite_one_another() -> None:
    page = LAST % ", show_if: simple"
    named = "  simple: not double or not answered(fonction) or not answered(tt)\n"
    loaded = with_names(f"{named}  double: encadre and tt > 1\n", page)

    q = questionnaire(loaded)

    fin = q.page("fin")
    assert fin is not None
    asked = visible_questions(q, fin, {"fonction": "direction", "tt": 2}, Context())
    assert [question.id for question in asked] == ["avant", "apres"]


def test_named_conditions_cannot_turn_in_circles() -> None:
    loaded = with_names("  a: not b\n  b: encadre and c\n  c: a\n", LAST % ", show_if: a")

    assert "cycle" in [one.code for one in loaded.problems]
    assert "a → b → c → a" in said(loaded)


def test_named_conditions_cannot_explode() -> None:
    doubling = "".join(f"  c{n}: c{n - 1} and c{n - 1}\n" for n in range(1, 50))
    chain = "".join(f"  c{n}: not c{n - 1}\n" for n in range(1, 2_000))

    for names, last in ((doubling, 49), (chain, 1_999)):
        loaded = with_names(f"  c0: tt > 1\n{names}", LAST % f", show_if: c{last}")
        assert "too-deep" in [one.code for one in loaded.problems]


# Texts that quote an answer


@pytest.mark.parametrize("text", ["{fonction|rien}", "{note|?} et {tt|?}", "sans reprise"])
def test_a_text_may_quote_an_answer(text: str) -> None:
    assert said(with_text(text)) == ""


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("{zzz|x}", "unknown-question", "n’existe pas"),
        ("{fontion|x}", "unknown-question", "« fonction »"),
        ("{apres|x}", "forward-reference", "plus loin"),
        ("{ici|x}", "self-reference", "elle-même"),
        ("{metier|x}", "piping", "texte libre"),
        ("{missions|x}", "piping", "ne peut pas être reprise"),
        ("{avis|x}", "piping", "ne peut pas être reprise"),
        ("{fonction}", "piping", "peut rester sans réponse"),
        ("{territoire}", "piping", "peut rester sans réponse"),  # hidden from an audience
        ("{fonction|}", "piping", "peut rester sans réponse"),
        ("{Fonction|x}", "piping", "accolade"),
        ("a } b", "piping", "accolade"),
    ],
)
def test_a_wrong_quotation_says_what_to_write(text: str, code: str, message: str) -> None:
    loaded = with_text(text)

    assert [problem.code for problem in loaded.problems] == [code], said(loaded)
    assert message in said(loaded)


def test_a_required_answer_needs_no_fallback() -> None:
    source = SAMPLE.replace("    show_if: audience != 'cadres'\n", "") + LAST % (
        ', hint: "Vous êtes à {territoire}."'
    )

    assert said(parse(source, LISTS)) == ""


def test_a_label_quotes_nothing() -> None:
    loaded = parse(SAMPLE.replace("agent: Agent sans encadrement", 'agent: "{note|x}"'), LISTS)

    assert "Ce texte ne peut pas reprendre une réponse." in said(loaded)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({}, "votre poste / ? / ?"),
        ({"fonction": "direction", "note": 7, "tt": 2.5}, "Direction / 7 / 2,5"),
        ({"fonction": "zzz", "note": "opt_out", "tt": -1200}, "votre poste / Sans avis / −1 200"),
        ({"fonction": ("direction",), "note": {}, "tt": "x"}, "votre poste / ? / ?"),
    ],
)
def test_a_quotation_is_the_answer_or_its_fallback(
    answers: dict[str, object], expected: str
) -> None:
    text = Text((("fr", "{fonction|votre poste} / {note|?} / {tt|?}"),))

    rendered = render(text, answers, load_sample().by_id)  # type: ignore[arg-type]  # hostile on purpose

    assert rendered == expected.replace("1 200", "1\N{NARROW NO-BREAK SPACE}200")


def test_a_quotation_follows_pruning() -> None:
    q = load_sample()
    note = q.by_id["note"]
    answers = {"fonction": "direction", "missions": ("guichet", "telephone")}

    shown = render(note.text, prune(q, answers, Context()), q.by_id)

    assert shown == "Recommandez-vous votre poste (Direction) ?"
