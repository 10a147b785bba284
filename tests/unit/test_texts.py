"""A free text leaves without the addresses, numbers and names that can be recognised."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.results.texts import (
    EMAIL,
    NAME,
    NUMBER,
    PHONE,
    folded,
    one_line,
    redact,
)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Écrire à jean.dupont@ain.gouv.fr merci", f"Écrire à {EMAIL} merci"),
        ("jean-paul.o+x@sous-domaine.interieur.gouv.fr", EMAIL),
        ("jean.dupont(at)ain.gouv.fr", EMAIL),
        ("Appelez le 04 74 32 30 00.", f"Appelez le {PHONE}."),
        ("0474323000", PHONE),
        ("04.74.32.30.00 ou +33 (0)4 74 32 30 00", f"{PHONE} ou {PHONE}"),
        ("+262 262 40 77 77", PHONE),
        ("mon matricule est 123 456 789", f"mon matricule est {NUMBER}"),
        ("M. Dupont ne répond pas", f"M. {NAME} ne répond pas"),
        ("M.Dupont ne répond pas", f"M.{NAME} ne répond pas"),
        ("Mme DUPONT-DURAND l’a dit", f"Mme {NAME} l’a dit"),
        ("Mme Marie-Ève de la Tour Élise est absente", f"Mme {NAME} est absente"),
        ("Madame J. Éluard", f"Madame {NAME}"),
        ("Mme dupont crie", f"Mme {NAME} crie"),
        ("le docteur Knock", f"le docteur {NAME}"),
        ("le préfet Martin est venu", f"le préfet {NAME} est venu"),
        ("la directrice Durand", f"la directrice {NAME}"),
        ("M. et Mme Martin", f"M. et Mme {NAME}"),
        ("Mme\u00a0Martin", f"Mme\u00a0{NAME}"),
    ],
)
def test_what_points_at_someone_is_replaced_by_a_mark(written: str, shown: str) -> None:
    assert redact(written).text == shown


@pytest.mark.parametrize(
    "text",
    [
        "Monsieur le préfet est venu",
        "Madame la directrice, bonjour",
        "Mme la préfète",
        "le directeur Départemental",
        "la directrice de la DDT",
        "5 M. d’euros pour 2024",
        "Il manque 12 500 euros et 3 postes sur 27",
        "du 12/06/2024 au 15/06/2024",
        "de 8 h 30 à 16 h 45, le 1er juin 2024",
        "Formation à l’outil, délais, accueil : c’est l’essentiel.",
    ],
)
def test_ordinary_sentences_stay_whole(text: str) -> None:
    assert redact(text).text == text


def test_the_names_of_the_lexicon_go_when_capitalised() -> None:
    names = frozenset({folded("Lefèvre"), folded("Petit")})

    redacted = redact("Demandez à LEFEVRE ou Petit, un petit effort d’Lefèvre", names)

    assert redacted.text == f"Demandez à {NAME} ou {NAME}, un petit effort d’{NAME}"
    assert redacted.found == {NAME: 3}


def test_what_was_found_is_counted() -> None:
    found = redact("a@b.fr, c@d.fr et M. Dupont").found

    assert found == {EMAIL: 2, NAME: 1}


def test_a_text_becomes_one_line_and_keeps_its_breaks_visible() -> None:
    assert one_line("un\r\n\r\ndeux\x00trois\u202e\n") == "un ⏎ deux trois"


@given(st.text(max_size=400))
def test_a_line_is_a_line_whatever_was_written(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1


@given(st.text(max_size=400))
def test_any_text_can_be_redacted(text: str) -> None:
    redact(text, frozenset({"dupont"}))


@pytest.mark.parametrize("piece", ["a", "0", "M. A", "a@", "A-", " de", "+33 ", "M. de la "])
def test_no_text_makes_the_search_slow(piece: str) -> None:
    start = time.process_time()

    redact(piece * 4000)

    assert time.process_time() - start < 2
