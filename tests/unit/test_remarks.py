"""What a questionnaire gives away, what its export cannot hold, and how long it really takes."""

from __future__ import annotations

import pytest
from sample import load_sample

from consultation.config import shipped
from consultation.questionnaire.loading import Loaded, load, parse
from consultation.questionnaire.minutes import least_minutes
from consultation.questionnaire.model import Questionnaire
from consultation.questionnaire.remarks import column_names

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
GRADES = "options: {a: A, b: B, nr: {label: Sans avis, apart: true}}"


def with_questions(*questions: str, top: str = TOP) -> Loaded:
    return parse(top + "".join(f"  - {{{one}}}\n" for one in questions), {})


def codes(loaded: Loaded) -> list[str]:
    return [problem.code for problem in loaded.problems]


# Privacy


@pytest.mark.parametrize(
    "question",
    [
        "id: q, type: text, text: Votre adresse électronique",
        "id: q, type: text, text: E-mail",
        "id: q, type: text, text: Courriel professionnel",
        "id: q, type: number, text: Numéro de téléphone",
        "id: q, type: text, text: Quel est votre matricule",
        "id: q, type: text, text: Votre nom et votre prénom",
        "id: q, type: longtext, max_length: 10, hint: aucun nom, text: Indiquez votre portable",
    ],
)
def test_nobody_is_asked_who_they_are(question: str) -> None:
    loaded = with_questions(question)

    assert codes(loaded) == ["identifier"]
    assert loaded.questionnaire is None


@pytest.mark.parametrize(
    "question",
    [
        "id: q, type: text, text: Comment nommez-vous votre métier",
        "id: q, type: text, text: Le nom de votre logiciel",
        "id: q, type: text, text: Quel est le nom du logiciel",
        "id: q, type: longtext, max_length: 10, hint: aucun nom, text: L’accueil par téléphone",
        "id: q, type: choice, text: Votre moyen de contact, options: {a: Courriel, b: Téléphone}",
        "id: q, type: number, text: Combien d’appels par téléphone recevez-vous par jour",
    ],
)
def test_one_may_be_asked_about_names_and_telephones(question: str) -> None:
    assert codes(with_questions(question)) == []


def test_free_words_do_not_stand_beside_the_profile() -> None:
    profile = f"id: q, type: choice, text: T, profile: true, {GRADES}"

    assert codes(with_questions(profile, "id: r, type: text, text: T")) == ["profile-and-text"]
    assert codes(with_questions(profile, "id: r, type: scale, text: T, from: 0, to: 10")) == []


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("type: date, profile: true", ["profile-date"]),
        (f"type: choices, profile: true, {GRADES}", ["profile-kind"]),
        (f"type: choice, profile: true, required: R, {GRADES}", []),
        ("type: choice, profile: true, required: R, options: {a: A, b: B}", ["profile-required"]),
        ("type: choice, profile: true, required: R, options: {a: A, b: Je ne sais pas}", []),
        ("type: choice, profile: true, options: {a: A, b: B}", []),
        ("type: scale, from: 0, to: 10, profile: true, required: R", ["profile-required"]),
        ("type: scale, from: 0, to: 10, profile: true, required: R, opt_out: Sans avis", []),
    ],
)
def test_a_question_on_the_person_is_broad_and_may_be_declined(
    question: str, expected: list[str]
) -> None:
    assert codes(with_questions(f"id: q, text: T, {question}")) == expected


def test_four_questions_on_the_person_are_enough() -> None:
    profile = [f"id: q{n}, type: choice, text: T{n}, profile: true, {GRADES}" for n in range(5)]

    assert codes(with_questions(*profile[:4])) == []
    assert codes(with_questions(*profile)) == ["many-profile"]


# Scales


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ("Très satisfait,Plutôt satisfait,Insatisfait", []),
        ("Très satisfait,Plutôt satisfait,Satisfait,Insatisfait", ["unbalanced"]),
        ("Tout à fait d’accord,Plutôt d’accord,Plutôt pas d’accord,Pas d’accord", []),
        ("Toujours,Souvent,Rarement,Jamais", []),
        ("Bien,Moyen,Mal", []),
        ("Rouge,Vert,Bleu", []),
    ],
)
def test_a_scale_has_as_much_on_each_side(labels: str, expected: list[str]) -> None:
    options = "".join(f"o{n}: {label}, " for n, label in enumerate(labels.split(",")))
    options += "z: {label: Sans avis, apart: true}"

    loaded = with_questions(
        f"id: q, type: matrix, text: T, rows: {{l: L, o: O}}, options: {{{options}}}"
    )

    assert codes(loaded) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("a: Moins de 3 ans, b: De 3 à 10 ans, c: Plus de 10 ans", ["random-scale"]),
        ("a: Moins de 3 ans, b: De 3 à 10 ans, nr: {label: Sans avis, apart: true}", []),
        ("a: Accueil, b: Courrier, c: Téléphone", []),
    ],
)
def test_a_scale_is_not_shuffled(options: str, expected: list[str]) -> None:
    question = f"id: q, type: choice, text: T, order: random, options: {{{options}}}"

    assert codes(with_questions(question)) == expected
    assert codes(with_questions(question.replace("random", "written"))) == []


def test_the_scale_of_a_matrix_is_not_shuffled_elsewhere() -> None:
    top = TOP.replace("pages:", "lists: {avis: {a: Bien, b: Moyen, c: Mal}}\npages:")
    matrix = "id: q, type: matrix, text: T, scale: avis, rows: {l: L, o: O}"

    loaded = with_questions(
        matrix, "id: r, type: choice, text: T, list: avis, order: random", top=top
    )

    assert codes(loaded) == ["random-scale"]


# The export


def test_two_columns_cannot_have_one_name() -> None:
    collides = "id: q__a, type: text, text: T"
    choices = "id: q, type: choices, text: T, options: {a: A, b: B}"

    assert codes(with_questions(choices, collides)) == ["column"]
    assert codes(with_questions(choices.replace("a: A", "A: A"), collides)) == ["column"]
    assert codes(with_questions(choices, collides.replace("q__a", "q__c"))) == []


@pytest.mark.parametrize("label", ["'=1+1'", "'+33'", "'-3 à 3'", "'@ccueil'"])
def test_a_label_is_no_formula(label: str) -> None:
    choice = "id: q, type: choice, text: T, options: {a: %s, b: B}"

    assert codes(with_questions(choice % label)) == ["formula"]
    assert codes(with_questions(choice % "'Environ 3'")) == []
    assert codes(with_questions(choice % "'-3'")) == []  # a number


def test_the_export_stays_one_that_a_spreadsheet_opens() -> None:
    rows = ", ".join(f"l{n}: Ligne {n}" for n in range(120))
    options = "options: {a: Bien, b: Moyen, c: Mal}"
    wide = [f"id: q{n}, type: matrix, text: T, {options}, rows: {{{rows}}}" for n in range(5)]

    assert codes(with_questions(*wide[:4])) == []
    assert codes(with_questions(*wide)) == ["wide-export"]


@pytest.mark.parametrize("name", ["juin-2024.yaml", "seminaires-2024.yaml", "sample"])
def test_the_columns_checked_are_those_written(name: str) -> None:
    q = load_sample() if name == "sample" else load(shipped("questionnaires") / name).questionnaire
    assert isinstance(q, Questionnaire)

    for question in q.questions:
        block = question.block
        written = {column.name for column in block.columns} if block else set()
        assert set(column_names(question)) == written | {one.name for one in question.open_texts()}


# Minutes


def test_an_announcement_is_not_too_short() -> None:
    many = [
        f"id: q{n}, type: scale, text: Une question assez longue, from: 0, to: 10" for n in range(8)
    ]
    pages = [TOP]
    for number in range(6):
        pages.append(
            "".join(f"  - {{{one}}}\n" for one in many).replace("id: q", f"id: r{number}q")
        )
        pages.append(f"- id: p{number}\n  title: Page {number}\n  questions:\n")
    pages.append("  - {id: fin, type: text, text: Fin}\n")
    source = "".join(pages)

    def announced(minutes: int) -> list[str]:
        return codes(parse(source.replace("pages:", f"minutes: {minutes}\npages:", 1), {}))

    assert announced(2) == ["minutes"]
    assert announced(10) == []


def test_what_is_not_for_everyone_is_not_counted() -> None:
    q = with_questions("id: q, type: text, text: T", "id: r, type: text, text: T").questionnaire
    fewer = with_questions(
        "id: q, type: text, text: T", "id: r, type: text, text: T, show_if: answered(q)"
    ).questionnaire
    assert q
    assert fewer

    assert 0 < least_minutes(fewer) < least_minutes(q)
