"""French as it is set, links that say where they lead, and texts short enough to be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.questionnaire.kinds import Choice
from consultation.questionnaire.loading import Loaded, parse
from consultation.questionnaire.wording import tidied, tidy

NBSP = "\N{NO-BREAK SPACE}"
TOP = """\
format: 1
id: essai
version: 1
title: Essai
audiences: {agents: Agents}
pages:
- id: p
  title: Page
  questions:
"""


def with_text(words: str, kind: str = "text", lang: str = "fr") -> Loaded:
    quoted = words.replace('"', '\\"')
    top = TOP.replace("title: Essai", f"lang: {lang}\ntitle: Essai")
    return parse(f'{top}  - {{id: q, type: {kind}, text: "{quoted}"}}\n', {})


def codes(loaded: Loaded) -> list[str]:
    return [problem.code for problem in loaded.problems]


@pytest.mark.parametrize(
    ("words", "code", "shown", "proper"),
    [
        ("Un  mot", "double-space", "Un  mot", "Un mot"),
        ("Aujourd'hui", "apostrophe", "Aujourd'hui", "Aujourd’hui"),
        ("Pourquoi ?", "no-break-space", "Pourquoi ?", f"Pourquoi{NBSP}?"),
        ("Pourquoi?", "no-break-space", "Pourquoi?", f"Pourquoi{NBSP}?"),
        ("Oui : non", "no-break-space", "Oui :", f"Oui{NBSP}: non"),
        ("Oui: non", "no-break-space", "Oui:", f"Oui{NBSP}: non"),
        ("Un ; deux", "no-break-space", "Un ;", f"Un{NBSP}; deux"),
        (f"Le «{NBSP}mot »", "no-break-space", "mot »", f"Le «{NBSP}mot{NBSP}»"),
        (f"Le « mot{NBSP}»", "no-break-space", "« mot", f"Le «{NBSP}mot{NBSP}»"),
        (f"Le «mot{NBSP}»", "no-break-space", "«mot", f"Le «{NBSP}mot{NBSP}»"),
        ("Un <em>mot</em> ?", "no-break-space", "mot</em> ?", f"Un <em>mot</em>{NBSP}?"),
        ("RÉPONDEZ AVANT LUNDI", "capitals", "RÉPONDEZ AVANT", "RÉPONDEZ AVANT LUNDI"),
    ],
)
def test_french_badly_set_is_a_warning_and_is_put_right(
    words: str, code: str, shown: str, proper: str
) -> None:
    loaded = with_text(words)

    (problem,) = loaded.problems
    assert (problem.severity, problem.code) == ("warning", code)
    line, caret = problem.excerpt.splitlines()
    if "<" not in shown:
        assert line[len(caret) - 1 :].startswith(shown.split()[0][:3])
    assert tidy(words) == proper


@pytest.mark.parametrize(
    "words",
    [
        f"Pourquoi{NBSP}? Parce que{NBSP}: c’est ainsi.",
        "Entre 12:30 et 14:00",
        "La page https://www.exemple.gouv.fr/a?b=1;c:d",
        '<a href="https://www.exemple.gouv.fr/a?b=1">La notice</a>',
        "La DDETSPP et le SGC-D",
        "Est-ce vrai\N{NARROW NO-BREAK SPACE}?",
        f"Vraiment{NBSP}?! Oui…",
        f"Le «{NBSP}mot{NBSP}», dit-on",
        "3 < 5 et 5 > 3",
    ],
)
def test_french_well_set_is_left_alone(words: str) -> None:
    assert codes(with_text(words, "info")) == []
    assert tidy(words) == words


def test_another_language_has_its_own_rules() -> None:
    assert codes(with_text("Who are you? It's me: here; there!", lang="en")) == []


def test_each_version_is_read_in_its_language() -> None:
    source = f"{TOP}  - {{id: q, type: text, text: {{fr: Qui ?, en: 'Who? It''s you'}}}}\n"

    assert codes(parse(source, {})) == [*["untranslated"] * 3, "no-break-space"]


def test_many_missing_translations_are_counted() -> None:
    questions = "".join(f"  - {{id: q{n}, type: text, text: Texte {n}}}\n" for n in range(30))
    source = TOP.replace("title: Essai", "title: {fr: Essai, en: Test}") + questions

    problems = [one for one in parse(source, {}).problems if one.code == "untranslated"]

    assert len(problems) == 1
    assert problems[0].message.startswith("32 textes n’ont pas de version")


def test_a_list_is_translated_by_a_column() -> None:
    top = TOP.replace("title: Essai", "title: {fr: Essai, en: Test}").replace(
        "pages:", "lists: {lieux: {file: lieux.csv}}\npages:"
    )
    source = (
        f"{top}  - {{id: q, type: choice, text: {{fr: Où, en: Where}}, list: lieux, as: search}}\n"
    )
    french = "code,label,group\na,Ain,Est\nb,Finistère,Ouest\n"
    both = "code,label,label_en,group,group_en\na,Ain,The Ain,Est,East\nb,Finistère,,Ouest,West\n"

    untold = [one.file for one in parse(source, {"lieux.csv": french}).problems]
    told = parse(source, {"lieux.csv": both})

    assert "lieux.csv" in untold
    assert "lieux.csv" not in [one.file for one in told.problems]
    assert told.questionnaire is not None
    question = told.questionnaire.by_id["q"]
    assert isinstance(question, Choice)
    assert [option.label.to("en") for option in question.options] == ["The Ain", "Finistère"]
    assert question.options[0].group is not None
    assert question.options[0].group.to("en") == "East"
    assert question.options[0].columns == ()


@pytest.mark.parametrize("words", ["ici", "Cliquez ici", "lien", "En savoir plus"])
def test_a_link_says_where_it_leads(words: str) -> None:
    link = f'Voir <a href="https://www.exemple.gouv.fr">{words}</a>.'

    assert codes(with_text(link, "info")) == ["link-text"]
    assert codes(with_text(link.replace(words, "la notice"), "info")) == []


def test_what_must_be_read_is_short() -> None:
    assert codes(with_text("mot " * 60)) == ["long-text"]
    assert codes(with_text("mot " * 60, "info")) == []
    assert codes(with_text("mot " * 49)) == []


def test_a_word_is_found_in_a_text_of_several_lines() -> None:
    source = TOP.replace("audiences:", "intro: |\n  Une ligne.\n\n  Aujourd'hui.\naudiences:")

    (problem,) = parse(f"{source}  - {{id: q, type: text, text: T}}\n", {}).problems

    assert (problem.line, problem.column) == (8, 3)


def test_a_file_is_put_right_where_it_stands() -> None:
    source = TOP.replace(
        "audiences:", "intro: |\n  C'est une ligne.\n\n  Est-ce  vrai ?\naudiences:"
    )
    source += "  - {id: q, type: text, text: \"L'avis : lequel ?\"}  # l'avis ?\n"
    q = parse(source, {}).questionnaire
    assert q is not None

    right = tidied(source, q)

    assert parse(right, {}).problems == ()
    assert right == source.replace("C'est", "C’est").replace(
        "Est-ce  vrai ?", f"Est-ce vrai{NBSP}?"
    ).replace("L'avis : lequel ?\"", f'L’avis{NBSP}: lequel{NBSP}?"')


@given(st.text("ab'?!:;«» {|}<em>/…’", max_size=40))
def test_putting_right_twice_is_putting_right_once(words: str) -> None:
    assert tidy(tidy(words)) == tidy(words)
