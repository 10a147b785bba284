"""The HTML of every kind of question, as it is shown and as it is shown again with its errors."""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape

import pytest
from every_kind import (
    CHOICE,
    CHOICES,
    DATE,
    EVERY_KIND,
    INFO,
    LIST,
    LONG_TEXT,
    MATRIX,
    NUMBER,
    OTHER,
    PAGE,
    QUESTIONS,
    RANK,
    SCALE,
    TEXT,
    faulty,
)
from face import build
from flask import render_template_string
from hypothesis import given, settings
from hypothesis import strategies as st
from visitor import faults

from consultation.questionnaire.fields import Field

NBSP = "\u00a0"
APP = build()


def show(*fields: Field) -> str:
    """A page with these questions."""
    with APP.test_request_context("/"):
        return render_template_string(PAGE, fields=fields, step=2, steps=9)


def shown(field: Field) -> str:
    """The form alone, on one line."""
    form = show(field).partition("<form")[2].partition("</form>")[0]
    lines = re.sub(r" *\n[ \n]*", "\n", form.strip())
    return re.sub(r"(?<=>)\n|\n(?=<)", "", lines).replace("\n", " ")


# --- What every question shares ----------------------------------------------------------------


def test_a_page_of_every_kind_is_well_made() -> None:
    assert faults(show(*EVERY_KIND)) == []


def test_a_page_of_every_kind_in_error_is_well_made() -> None:
    page = show(*(faulty(field) for field in QUESTIONS))

    assert faults(page) == []
    assert f"<title>Erreur{NBSP}: Le titre – Étape 2 sur 9 – " in page
    assert "10 réponses sont à corriger" in page


def test_the_title_says_where_one_is() -> None:
    assert "<title>Le titre – Étape 2 sur 9 – Consultation" in show(TEXT)


@pytest.mark.parametrize("field", QUESTIONS, ids=lambda field: field.kind)
def test_the_error_summary_leads_to_a_control(field: Field) -> None:
    page = show(faulty(field))

    [target] = re.findall(r'<li><a href="#([^"]+)">[^<]*</a> – Choisissez', page)
    assert re.search(rf'<(input|select|textarea)[^>]* id="{re.escape(target)}"', page)


def test_the_error_summary_takes_the_focus_without_a_script() -> None:
    assert re.search(r'<div class="fr-alert[^>]* tabindex="-1" autofocus>', show(faulty(TEXT)))


@pytest.mark.parametrize("field", QUESTIONS, ids=lambda field: field.kind)
def test_an_error_is_tied_to_its_question(field: Field) -> None:
    html = shown(faulty(field))

    [owner] = re.findall(r'<div class="fr-messages-group[^"]*" id="([^"]+)--messages">', html)[:1]
    assert re.search(rf'aria-(labelledby|describedby)="[^"]*{re.escape(owner)}--messages"', html)
    assert "aria-invalid=" in html
    assert "--error" in html


@pytest.mark.parametrize("field", QUESTIONS, ids=lambda field: field.kind)
def test_a_required_question_says_so_in_words(field: Field) -> None:
    required = shown(replace(field, required=True))

    assert "(obligatoire)</span>" in required
    assert "Vous pouvez passer toute question qui n’est pas marquée" in required
    assert "obligatoire" not in shown(field)


@pytest.mark.parametrize("field", QUESTIONS, ids=lambda field: field.kind)
def test_nothing_is_cut_disabled_or_said_in_a_placeholder(field: Field) -> None:
    assert not re.search(r"maxlength|disabled|placeholder|type=.number", shown(field))


def test_enter_continues() -> None:
    assert shown(TEXT).startswith(
        'method="post" novalidate><button name="action" value="suite" hidden>'
    )


@settings(max_examples=30)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1))
def test_whatever_is_typed_comes_back_as_it_was(typed: str) -> None:
    typed = f"« {typed}"  # nothing else on the page is so
    page = show(
        replace(TEXT, value=typed, error=typed),
        replace(LONG_TEXT, value=f"\n{typed}"),
        replace(CHOICE, options=(replace(CHOICE.options[2], other=replace(OTHER, value=typed)),)),
    )

    assert faults(page) == []
    written = str(escape(typed)).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")
    assert page.count(f'value="{written}"') == 2
    assert f">\n\n{written}</textarea>" in page


def test_a_label_shows_what_the_author_may_emphasise_and_no_more() -> None:
    html = shown(replace(TEXT, label="<em>Votre</em> <script>alert(1)</script>"))

    assert "<em>Votre</em> &lt;script&gt;" in html


# --- Kind by kind ------------------------------------------------------------------------------


def test_a_single_choice_is_a_group_of_radio_buttons() -> None:
    html = shown(replace(CHOICE, options=(replace(CHOICE.options[0], checked=True),)))

    assert 'id="service" role="radiogroup"><legend class="fr-fieldset__legend">' in html
    assert 'type="radio" value="v1" name="service" checked id="service-1">' in html
    assert '<label class="fr-label" for="service-1">' in html


def test_an_other_option_is_followed_by_its_text() -> None:
    html = shown(CHOICE)

    assert f"Si «{NBSP}Autre{NBSP}», précisez" in html
    assert "1\u202f200 caractères au plus." in html
    assert 'id="service-other" name="service.other"' in html


def test_a_long_list_keeps_its_groups_in_order_and_may_be_emptied() -> None:
    html = shown(LIST)

    assert '<option value="">Aucune réponse</option><optgroup label="Auvergne">' in html
    assert html.count("<optgroup") == 2
    assert '<option value="D22" selected>Côtes</option>' in html
    assert '</optgroup><option value="nr">' in html


def test_an_exclusive_box_comes_apart_and_says_what_it_does() -> None:
    html = shown(CHOICES)

    assert '>ou</p><div class="fr-fieldset__element"><div class="fr-checkbox-group' in html
    assert "data-exclusive" in html
    assert "Cette réponse annule les autres." in html


def test_the_most_one_may_choose_is_said_once() -> None:
    assert "3 réponses au plus." in shown(CHOICES)
    assert "3 réponses" not in shown(replace(CHOICES, hint="Trois réponses au plus."))


def test_a_matrix_is_not_a_table_and_every_radio_has_its_own_label() -> None:
    html = shown(MATRIX)

    assert "<table" not in html
    assert html.count('role="radiogroup"') == 2
    assert 'value="v2" name="avis.m"' in html
    assert '<label class="fr-label" for="avis-m-2"><span>Oui</span>' in html
    assert '<div class="c-matrix__head" aria-hidden="true">' in html


def test_only_the_faulty_row_of_a_matrix_is_in_error() -> None:
    rows = (MATRIX.rows[0], replace(MATRIX.rows[1], error="Répondez à « Vos outils »."))
    html = shown(replace(MATRIX, rows=rows, error="Répondez à chaque ligne."))

    assert html.count("fr-fieldset--error") == 1
    assert html.count("fr-message--error") == 1
    assert 'aria-labelledby="avis-m--label avis-m--messages" aria-invalid="true"' in html


def test_the_ends_of_a_scale_are_named_to_eyes_and_ears() -> None:
    html = shown(SCALE)

    assert "De 0 (très bas) à 10 (très haut)." in html
    assert f'0<span class="fr-sr-only">{NBSP}: très bas</span>' in html
    assert f'10<span class="fr-sr-only">{NBSP}: très haut</span>' in html
    assert html.count('class="c-scale__tile"') == 11
    assert html.count('type="radio"') == 12


def test_a_ranking_is_one_list_for_each_place() -> None:
    html = shown(RANK)

    assert f"Priorité n°{NBSP}1</label>" in html
    assert '<select class="fr-select" id="ordre-2" name="ordre.2">' in html
    assert html.count('<option value="v2" selected>Crise</option>') == 1


def test_a_number_has_its_unit_and_its_keyboard() -> None:
    html = shown(NUMBER)

    assert "Depuis quand ? (années)" in html
    assert 'value="3,5" inputmode="decimal"' in html
    assert "inputmode" not in shown(replace(NUMBER, inputmode=""))


def test_a_date_is_a_group_of_labelled_numbers() -> None:
    wrong, right = DATE.parts
    parts = (replace(wrong, faulty=True), right)
    html = shown(replace(DATE, error="Écrivez le mois en chiffres.", parts=parts))

    assert html.count('inputmode="numeric"') == 2
    assert re.search(r'<label class="fr-label" for="entree-year">Année<', html)
    assert html.count('aria-invalid="true"') == 1
    assert 'name="entree.month" value="13" inputmode="numeric" aria-invalid="true"' in html


def test_a_word_is_explained_to_whoever_asks() -> None:
    for field in (DATE, replace(TEXT, definitions=DATE.definitions)):
        html = shown(field)

        folded = '<details class="c-definition"><summary>Arrivée</summary>'
        assert f"{folded}<p>Le premier jour payé.</p></details>" in html


def test_a_text_says_how_long_it_may_be() -> None:
    assert "200 caractères au plus." in shown(TEXT)
    assert "1\u202f000 caractères au plus." in shown(LONG_TEXT)


def test_an_information_asks_nothing() -> None:
    html = shown(INFO)

    assert "<p>Lisez.</p><p>Puis <em>répondez</em>.</p>" in html
    assert "<input" not in html
