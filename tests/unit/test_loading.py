"""A questionnaire loads whole, or every problem says where it is and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample import SAMPLE, TERRITORIES, load_sample, questionnaire

from consultation.questionnaire.elements import Text
from consultation.questionnaire.kinds import (
    Choice,
    Choices,
    Date,
    Info,
    LongText,
    Matrix,
    Number,
    Rank,
    Scale,
    ShortText,
)
from consultation.questionnaire.loading import Loaded, load, parse

TOP = """\
format: 1
id: essai
version: 1
title: Essai
audiences: {agents: Agents}
"""
LISTS = {"listes/territoires.csv": TERRITORIES}


def one_question(text: str) -> Loaded:
    """A questionnaire of one question, written in braces, on its line 10."""
    return parse(f"{TOP}pages:\n- id: p\n  title: Page\n  questions:\n  - {text}\n", LISTS)


def codes(loaded: Loaded) -> list[str]:
    return [problem.code for problem in loaded.problems]


def said(loaded: Loaded) -> str:
    return "\n".join(map(str, loaded.problems)).replace("\N{NO-BREAK SPACE}", " ")


# What is read


def test_every_kind_of_question_is_read() -> None:
    q = load_sample()

    kinds = [
        Choice,
        Choice,
        Choices,
        Matrix,
        LongText,
        Scale,
        Rank,
        Number,
        Number,
        ShortText,
        Date,
        Info,
    ]
    assert [type(question) for question in q.questions] == kinds
    assert (q.id, q.version, q.lang, q.languages) == ("exemple", 3, "fr", ("fr",))
    assert [page.shuffle for page in q.pages] == ["", "themes", "themes", "themes"]
    territoire = q.by_id["territoire"]
    assert isinstance(territoire, Choice)
    assert territoire.search
    assert territoire.profile
    assert str(territoire.by_code["D38"].group) == "Auvergne-Rhône-Alpes"
    assert territoire.by_code["D38"].column("zone") == "hexagone"
    avis = q.by_id["avis"]
    assert isinstance(avis, Matrix)
    assert [option.apart for option in avis.options] == [False] * 4 + [True]
    missions = q.by_id["missions"]
    assert isinstance(missions, Choices)
    assert (missions.min, missions.max, missions.random) == (2, 3, True)
    assert missions.other is not None
    assert missions.other.other == 20


def test_nothing_is_guessed_from_what_a_value_looks_like() -> None:
    loaded = one_question(
        "{id: q, type: choice, text: 12:30, options: {01: no, 1: yes, no: 1e3, NULL: ~, 2A: 0x1}}"
    )

    question = questionnaire(loaded).by_id["q"]
    assert isinstance(question, Choice)
    assert str(question.text) == "12:30"
    assert {option.code: str(option.label) for option in question.options} == {
        "01": "no", "1": "yes", "no": "1e3", "NULL": "~", "2A": "0x1",
    }  # fmt: skip


def test_a_text_may_be_written_in_several_languages() -> None:
    loaded = one_question(
        "{id: q, type: choice, text: {fr: Oui ou non, en: Yes or no},"
        " options: {a: {fr: Oui, en: Yes}, b: {label: {fr: Non, en: No}, last: true}}}"
    )

    q = loaded.questionnaire
    assert q is not None
    assert q.languages == ("fr", "en")
    assert q.by_id["q"].text.to("en") == "Yes or no"
    assert q.by_id["q"].text.to("de") == "Oui ou non"
    assert str(q.by_id["q"].text) == "Oui ou non"
    assert [(one.line, one.code) for one in loaded.problems] == [
        (4, "untranslated"),
        (5, "untranslated"),
        (8, "untranslated"),
    ]  # the title, the audience and the page have no English


def test_the_digest_covers_the_text_and_the_lists() -> None:
    digests = {
        questionnaire(parse(source, {"listes/territoires.csv": text})).digest
        for source in (SAMPLE, SAMPLE.replace("Exemple", "Exemples"))
        for text in (TERRITORIES, TERRITORIES.replace("Ain", "L’Ain"))
    }

    assert len(digests) == 4
    assert load_sample().digest == load_sample().digest
    assert questionnaire(parse(SAMPLE.replace("\n", "\r\n"), LISTS)).digest in digests


def test_a_semicolon_and_a_bom_are_welcome_in_a_list() -> None:
    semicolons = "\N{ZERO WIDTH NO-BREAK SPACE}" + TERRITORIES.replace(",", ";").replace(
        "\n", "\r\n"
    )

    loaded = parse(SAMPLE, {"listes/territoires.csv": semicolons})

    assert questionnaire(loaded).by_id.keys() == load_sample().by_id.keys()


# Files


def test_files_are_read_beside_the_questionnaire(tmp_path: Path) -> None:
    (tmp_path / "listes").mkdir()
    (tmp_path / "listes" / "territoires.csv").write_text(TERRITORIES, "utf-8")
    (tmp_path / "exemple.yaml").write_text(SAMPLE, "utf-8")

    loaded = load(tmp_path / "exemple.yaml")

    assert questionnaire(loaded) == load_sample()
    assert loaded.lists == LISTS
    assert parse(SAMPLE, loaded.lists).questionnaire == loaded.questionnaire


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "ne peut pas être lu"),
        (SAMPLE.encode("cp1252"), "n’est pas en UTF-8"),
        (b" " * 1_000_001, "dépasse 1 Mo"),
    ],
)
def test_an_unreadable_file_is_a_problem(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / "q.yaml").write_bytes(content)

    loaded = load(tmp_path / "q.yaml")

    assert message in said(loaded)
    assert loaded.questionnaire is None


@pytest.mark.parametrize("file", ["../secret.csv", "/etc/passwd", "listes/absent.csv", "a\\b.csv"])
def test_a_list_is_a_file_beside_the_questionnaire(file: str, tmp_path: Path) -> None:
    (tmp_path / "q.yaml").write_text(SAMPLE.replace("listes/territoires.csv", file), "utf-8")

    loaded = load(tmp_path / "q.yaml")

    assert "list-file" in codes(loaded)
    assert loaded.lists == {}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "Il manque la colonne « code »"),
        ("code;libelle\n", 1, "Il manque la colonne « label »"),
        ("code,label,label\n", 1, "en double"),
        ("code,label,Région\n", 1, "ne nomme pas une colonne"),
        (TERRITORIES + "D01,Encore,x,y,z\n", 7, "déjà écrit à la ligne 2"),
        (TERRITORIES + "D02,AIN (01),x,y,z\n", 7, "libellé « AIN (01) » est déjà"),
        (TERRITORIES + "D02,Aisne\n", 7, "2 cellules"),
        (TERRITORIES + "é,Aisne,x,y,z\n", 7, "n’est pas un code"),
        (TERRITORIES + "\n\nD02,,x,y,z\n", 9, "pas de libellé"),
        (TERRITORIES + 'D02,"Aisne\n', 1, "n’est pas lisible"),
        ("code,label\na,A\n", 0, "Il faut au moins deux réponses"),
    ],
)
def test_a_list_file_is_checked_line_by_line(text: str, line: int, message: str) -> None:
    loaded = parse(SAMPLE, {"listes/territoires.csv": text})

    assert message in said(loaded)
    if line:
        assert ("listes/territoires.csv", line) in [(one.file, one.line) for one in loaded.problems]


# Strictness


@pytest.mark.parametrize(
    ("source", "line", "column", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "déjà écrite à la ligne 1"),
        ("a: &x 1\n", 1, 4, "ancres"),
        ("a: *x\n", 1, 4, "renvois"),
        ("a: !!str 1\n", 1, 4, "étiquettes"),
        ("a: {<<: 1}\n", 1, 5, "fusions"),
        ("? [a]\n: b\n", 1, 3, "clé doit être un mot"),
        ("a: 1\n---\nb: 2\n", 2, 1, "Un seul document"),
        ("title: Bonjour : oui\n", 1, 16, "coupe ce texte"),
        ("a:\n\t- b\n", 2, 1, "tabulations"),
        ("a: @b\n", 1, 4, "guillemets"),
        ('a: "b\n', 2, 1, "guillemet n’est pas fermé"),
        ('a: "\\q"\n', 1, 5, "barre oblique"),
        ("a: [b, c\nd: e\n", 2, 2, "n’est pas fermé"),
        ("a: b\n c\nd\n", 4, 1, "Il manque « : »"),
        ("a: 1\n  b: 2\n", 2, 4, "coupe ce texte"),
        ("a:\n    b: 1\n  c: 2\n", 3, 3, "alignée"),
        ("a: \x00b\n", 1, 4, "caractère de contrôle"),
        ("a: \ud800\n", 1, 4, "caractère de contrôle"),
        ("[" * 50 + "]" * 50, 1, 31, "trop imbriqué"),
        ("- a\n", 1, 1, "fait de clés"),
        ("", 1, 1, "fait de clés"),
        ("# rien\n", 1, 1, "fait de clés"),
        ("a" * 1_000_001, 1, 1, "dépasse 1 Mo"),
    ],
)
def test_yaml_has_no_traps_left(source: str, line: int, column: int, message: str) -> None:
    loaded = parse(source, {})

    assert loaded.questionnaire is None
    found = [
        one for one in loaded.problems if message in str(one).replace("\N{NO-BREAK SPACE}", " ")
    ]
    assert [(one.line, one.column) for one in found] == [(line, column)], said(loaded)


def test_a_text_cut_by_a_hash_is_refused() -> None:
    loaded = parse(TOP.replace("Essai", "Essai # 2"), {})

    assert "cut-text" in codes(loaded)


def test_a_problem_shows_its_line_and_a_caret() -> None:
    loaded = one_question("{id: q, type: text, txet: Bonjour, text: Bonjour}")

    assert [str(problem) for problem in loaded.problems] == [
        "questionnaire.yaml:10:25: erreur\N{NO-BREAK SPACE}: La clé «\N{NO-BREAK SPACE}txet"
        "\N{NO-BREAK SPACE}» n’existe pas dans une question «\N{NO-BREAK SPACE}text"
        "\N{NO-BREAK SPACE}». Vouliez-vous dire «\N{NO-BREAK SPACE}text\N{NO-BREAK SPACE}»"
        "\N{NO-BREAK SPACE}?\n"
        "      - {id: q, type: text, txet: Bonjour, text: Bonjour}\n"
        "                            ^"
    ]


def test_all_problems_come_out_in_one_run_in_the_order_of_the_file() -> None:
    loaded = parse(
        """\
format: 2
id: Essai
versoin: 1
title: ''
audiences: {}
pages:
- id: p
  title: Page
  questions:
  - {id: q, type: chioce, text: Un}
  - {id: r, type: number, text: Deux, min: dix}
  - {id: t, type: text, text: Trois, show_if: r = 3}
""",
        {},
    )

    assert [(one.line, one.code) for one in loaded.problems] == [
        (1, "missing-key"),
        (1, "format"),
        (2, "bad-id"),
        (3, "unknown-key"),
        (4, "empty-text"),
        (5, "empty"),
        (10, "unknown-type"),
        (11, "wrong-value"),
        (12, "syntax"),
    ], said(loaded)


# Structure


CHOICE = "id: q, type: choice, text: T"


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("texte", "wrong-type", "faite de clés"),
        ("{id: q, text: T}", "unknown-type", "Il manque le type"),
        ("{id: q, type: likert, text: T}", "unknown-type", "Possibilités"),
        ("{type: text, text: T}", "missing-key", "« id »"),
        ("{id: q, type: text}", "missing-key", "« text »"),
        ("{id: Q, type: text, text: T}", "bad-id", "minuscules"),
        ("{id: 1q, type: text, text: T}", "bad-id", "lettre en tête"),
        ("{id: count, type: text, text: T}", "reserved-id", "réservé"),
        ("{id: answers, type: text, text: T}", "reserved-id", "réservé"),
        (f"{{id: {'q' * 41}, type: text, text: T}}", "bad-id", "40 caractères"),
        ("{id: q, type: text, text: [T]}", "wrong-type", "texte"),
        ("{id: q, type: text, text: {en: T}}", "missing-language", "« fr »"),
        ("{id: q, type: text, text: {label: T}}", "wrong-type", "texte"),
        ("{id: q, type: text, text: ''}", "empty-text", "vide"),
        ("{id: q, type: text, text: T, profile: oui}", "wrong-value", "true"),
        ("{id: q, type: text, text: T, required: true}", "required", "message à montrer"),
        ("{id: q, type: text, text: T, export: jamais}", "wrong-value", "tables"),
        ("{id: q, type: text, text: T, options: {a: A, b: B}}", "unknown-key", "options"),
        ("{id: q, type: text, text: T, max_length: 501}", "wrong-value", "entre 1 et 500"),
        ("{id: q, type: text, text: T, max_length: '30'}", "wrong-value", "sans guillemets"),
        ("{id: q, type: info, text: T, required: R}", "unknown-key", "required"),
        ("{id: q, type: longtext, text: T, hint: nom}", "missing-key", "max_length"),
        ("{id: q, type: longtext, text: T, hint: nom, max_length: 4001}", "wrong-value", "4000"),
        ("{id: q, type: longtext, text: T, max_length: 10}", "names", "nommer personne"),
        ("{id: q, type: number, text: T, min: 3, max: 2}", "bounds", "plus grand"),
        ("{id: q, type: date, text: T, min: 2024-02-30}", "wrong-value", "2024-06-28"),
        ("{id: q, type: date, text: T, max: 28/06/2024}", "wrong-value", "2024-06-28"),
        ("{id: q, type: date, text: T, min: 2024-02-02, max: 2024-02-01}", "bounds", "après max"),
        ("{id: q, type: date, text: T, precision: heure}", "wrong-value", "month"),
        ("{id: q, type: text, text: T, definitions: {a: A}}", "wrong-type", "une liste"),
        ("{id: q, type: text, text: T, definitions: [A]}", "wrong-type", "un mot"),
        ("{id: q, type: text, text: T, definitions: [{term: A}]}", "missing-key", "« text »"),
        ("{id: q, type: text, text: T, required: R, reminder: R}", "reminder", "obligatoire"),
        ("{id: q, type: info, text: T, reminder: R}", "unknown-key", "reminder"),
        ("{id: q, type: text, text: {fr: T, en: [T]}}", "wrong-type", "« en »"),
        ("{id: q, type: text, text: T, profile: 'true'}", "wrong-value", "sans guillemets"),
        ("{id: q, type: scale, text: T, from: 0, to: 10, ends: []}", "wrong-value", "deux textes"),
        ("{id: q, type: number, text: T, min: 1e3}", "wrong-value", "1e3"),
        ("{id: q, type: scale, text: T, from: 5, to: 5}", "bounds", "échelons"),
        ("{id: q, type: scale, text: T, from: 0, to: 99}", "bounds", "échelons"),
        ("{id: q, type: scale, text: T, from: 0}", "missing-key", "« to »"),
        ("{id: q, type: scale, text: T, from: 0, to: 9}", "no-neutral", "opt_out"),
        ("{id: q, type: scale, text: T, from: 0, to: 10, ends: [A]}", "wrong-value", "deux textes"),
        # choices
        (f"{{{CHOICE}}}", "options", "Il manque « options » ou « list »"),
        (f"{{{CHOICE}, options: {{a: A, b: B}}, list: l}}", "options", "une seule"),
        (f"{{{CHOICE}, options: {{a: A}}}}", "few-options", "au moins deux"),
        (f"{{{CHOICE}, options: [A, B]}}", "wrong-type", "des clés et des valeurs"),
        (f"{{{CHOICE}, options: {{a: A, a: B}}}}", "duplicate-key", "déjà écrite"),
        (f"{{{CHOICE}, options: {{a: Oui, b: ' OUI '}}}}", "duplicate-label", "libellé"),
        (f"{{{CHOICE}, options: {{a: A, é: B}}}}", "bad-code", "sans accent"),
        (f"{{{CHOICE}, options: {{a: A, b: [B]}}}}", "wrong-type", "libellé"),
        (f"{{{CHOICE}, options: {{a: A, b: {{hint: B}}}}}}", "missing-key", "« label »"),
        (f"{{{CHOICE}, options: {{a: A, b: {{label: B, exlusive: true}}}}}}", "unknown-key",
         "« exclusive »"),
        (f"{{{CHOICE}, options: {{a: A, b: {{label: B, exclusive: true}}}}}}", "exclusive",
         "choices"),
        (f"{{{CHOICE}, options: {{a: {{label: A, other: 9}}, b: {{label: B, other: 9}}}}}}",
         "two-others", "précision"),
        (f"{{{CHOICE}, options: {{a: A, b: {{label: B, other: 501}}}}}}", "wrong-value", "500"),
        (f"{{{CHOICE}, options: {{a: A, b: B}}, order: hasard}}", "wrong-value", "random"),
        (f"{{{CHOICE}, options: {{a: A, b: B}}, store: region}}", "unknown-column", "region"),
        (f"{{{CHOICE}, list: accrod}}", "unknown-list", "n’existe pas"),
        (f"{{{CHOICE}, options: {{a: A, b: <b>B</b>}}}}", "html", "aucune balise"),
        (f"{{{CHOICE}, options: {{{', '.join(f'c{n}: L{n}' for n in range(8))}}}}}", "many-radios",
         "search"),
        (f"{{{CHOICE}, options: {{{', '.join(f'c{n}: L{n}' for n in range(21))}}}}}", "long-list",
         "search"),
        ("{id: q, type: choices, text: T, options: {a: A, b: B}, max: 3}", "bounds", "1 et 2"),
        ("{id: q, type: choices, text: T, options: {a: A, b: B}, min: 2, max: 1}", "bounds", "min"),
        # matrix, rank
        ("{id: q, type: matrix, text: T, options: {a: A, b: B, c: C}, rows: {x: X}}", "few-rows",
         "deux lignes"),
        ("{id: q, type: matrix, text: T, options: {a: A, b: B, c: C}}", "missing-key", "rows"),
        ("{id: q, type: matrix, text: T, options: {a: A, b: B, c: C}, rows: {x: X, x: Y}}",
         "duplicate-key", "déjà écrite"),
        ("{id: q, type: matrix, text: T, options: {a: A, b: B, c: C}, rows: {x: X, É: Y}}",
         "bad-id", "minuscules"),
        ("{id: q, type: matrix, text: T, options: {a: A, b: B}, rows: {x: X, y: Y}}", "no-neutral",
         "apart"),
        ("{id: q, type: matrix, text: T, rows: {x: X, y: Y},"
         f" options: {{{', '.join(f'c{n}: L{n}' for n in range(6))}}}}}", "many-columns",
         "téléphone"),
        ("{id: q, type: matrix, text: T, rows: {x: X, y: Y},"
         f" options: {{{', '.join(f'c{n}: L{n}' for n in range(8))}}}}}", "many-columns", "7"),
        ("{id: q, type: matrix, text: T, rows: {x: X, y: Y},"
         " options: {a: A, b: {label: B, other: 9}, c: C}}", "exclusive", "grille"),
        ("{id: q, type: rank, text: T, options: {a: A, b: B}, top: 3}", "bounds", "1 et 2"),
        ("{id: q, type: rank, text: T, options: {a: A, b: B}}", "missing-key", "top"),
        ("{id: q, type: rank, text: T, top: 1, options: {a: A, b: {label: B, exclusive: true}}}",
         "exclusive", "classement"),
    ],
)  # fmt: skip
def test_a_wrong_question_says_what_to_write(text: str, code: str, message: str) -> None:
    loaded = one_question(text)

    assert code in codes(loaded), said(loaded)
    assert message in said(loaded)
    assert {problem.line for problem in loaded.problems} == {10}


def test_a_right_question_has_no_problem() -> None:
    for text in (
        "{id: q, type: text, text: T}",
        "{id: q, type: scale, text: T, from: 1, to: 5}",
        "{id: q, type: scale, text: T, from: 1, to: 4, opt_out: Sans avis}",
        "{id: q, type: choice, text: T, options: {a: A, b: B}}",
        "{id: q, type: number, text: T, min: -1.5, max: 2}",
    ):
        assert not one_question(text).problems


PAGE = "- id: p\n  title: Page\n  questions:\n  - {id: q, type: text, text: T}\n"


@pytest.mark.parametrize(
    ("source", "code", "message"),
    [
        ("pages: []", "empty", "aucune page"),
        ("pages: {}", "wrong-type", "une liste"),
        ("pages: [p]", "wrong-type", "faite de clés"),
        ("pages:\n- id: p\n  title: P\n  questions: []", "empty", "pas de question"),
        ("pages:\n- id: p\n  questions:\n  - {id: q, type: text, text: T}", "missing-key", "title"),
        (f"pages:\n{PAGE}{PAGE}", "duplicate-id", "page « p » existe déjà, à la ligne 7"),
        (f"pages:\n{PAGE}{PAGE.replace('id: p', 'id: r')}", "duplicate-id",
         "question « q » existe déjà, à la ligne 10"),
        (f"pages:\n{PAGE}conditions: {{q: answered(q)}}", "duplicate-id", "nomme déjà"),
        (f"pages:\n{PAGE}conditions: {{c: [a]}}", "wrong-type", "sur une ligne"),
        (f"pages:\n{PAGE}conditions: {{c: answered(q)}}", "unused", "ne sert pas"),
        (f"pages:\n{PAGE}lists: {{l: {{a: A, b: B}}}}", "unused", "ne sert pas"),
        (f"pages:\n{PAGE}lists: {{l: A}}", "wrong-type", "d’un fichier"),
        (f"pages:\n{PAGE}generalisation: [q]", "generalisation", "profile"),
        (f"pages:\n{PAGE}minutes: '10'", "wrong-value", "sans guillemets"),
        (f"pages:\n{PAGE}lang: français", "wrong-value", "deux lettres"),
        (f"pages:\n{PAGE}intro: {{{{a}}}}", "key", "Une clé doit être un mot"),
        (f"pages:\n{PAGE}review: non", "wrong-value", "false"),
        (f"pages:\n{PAGE}  checks: [a]", "wrong-type", "contrôle"),
        (f"pages:\n{PAGE}  checks: [{{warn_if: answered(q)}}]", "missing-key", "message"),
        ("pages:\n- id: p\n  title: P\n  questions:\n"
         + "".join(f"  - {{id: q{n}, type: text, text: T}}\n" for n in range(9)),
         "long-page", "9 questions"),
    ],
)  # fmt: skip
def test_a_wrong_structure_says_what_to_write(source: str, code: str, message: str) -> None:
    loaded = parse(f"{TOP}{source}\n", {})

    assert code in codes(loaded), said(loaded)
    assert message in said(loaded)


def test_a_broken_question_is_not_reported_twice() -> None:
    loaded = parse(
        f"{TOP}pages:\n- id: p\n  title: P\n  questions:\n"
        "  - {id: a, type: chioce, text: T}\n"
        "  - {id: b, type: text, text: '{a|rien}', show_if: a == 'x'}\n",
        {},
    )

    assert codes(loaded) == ["unknown-type"]


# Texts


@pytest.mark.parametrize(
    "text",
    [
        "Un <strong>mot</strong>, <em>un autre</em>",
        '<a href="https://exemple.gouv.fr/page?a=1">La page</a>',
        "3 < 5 et 5 > 3, R&D",
    ],
)
def test_the_three_tags_are_welcome(text: str) -> None:
    assert not one_question(f"{{id: q, type: info, text: '{text}'}}").problems


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<b>x</b>", "n’est pas permise"),
        ("<script>x</script>", "n’est pas permise"),
        ('<a href="http://x.fr">x</a>', "n’est pas permise"),
        ('<a href="javascript:x">x</a>', "n’est pas permise"),
        ('<a href="https://x.fr" onclick="y">x</a>', "n’est pas permise"),
        ('<strong class="x">x</strong>', "n’est pas permise"),
        ("<STRONG>x</STRONG>", "n’est pas permise"),
        ("<strong>x", "n’est pas fermée"),
        ("x</strong>", "mal placée"),
        ("<strong><em>x</em></strong>", "mal placée"),
        ("<strong>x</em>", "mal placée"),
        ("<img src=x", "n’est pas permise"),
        ("<!-- x -->", "n’est pas permise"),
        ("x&nbsp;y", "caractère lui-même"),
        ("&#60;", "caractère lui-même"),
    ],
)
def test_any_other_markup_is_refused(text: str, message: str) -> None:
    loaded = one_question(f"{{id: q, type: info, text: '{text}'}}")

    assert message in said(loaded)
    assert loaded.questionnaire is None


# Laws


@given(st.text(max_size=200) | st.text("a:-{}[]'\"#&*!|>\n \t,?%@`", max_size=80))
def test_any_text_is_loaded_or_explained(source: str) -> None:
    loaded = parse(source, {})

    assert loaded.questionnaire is None
    assert loaded.problems
    assert all(str(problem) for problem in loaded.problems)


LINES = SAMPLE.splitlines(keepends=True)


@settings(max_examples=150)
@given(st.data())
def test_a_questionnaire_damaged_anywhere_is_loaded_or_explained(data: st.DataObject) -> None:
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(lines) - 1))
        piece = data.draw(
            st.sampled_from(["", "x", "  ", ": ", "- ", "'", "{", "]", "é", "\t", "#"])
        )
        at = data.draw(st.integers(0, len(lines[place])))
        cut = data.draw(st.integers(0, 5))
        lines[place] = lines[place][:at] + piece + lines[place][at + cut :]

    loaded = parse("".join(lines), LISTS)

    assert (loaded.questionnaire is None) == any(
        problem.severity == "error" for problem in loaded.problems
    )


def test_a_text_falls_back_on_its_own_language() -> None:
    assert Text((("fr", "Oui"),)).to("en") == "Oui"
