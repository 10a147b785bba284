"""What each tool has becomes ours, and whatever has no equivalent is told with its place."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest
from foreign.limesurvey import Survey, lss
from foreign.reading import questionnaire
from foreign.samples import SAMPLES
from foreign.xlsform import xlsform

from consultation.importing.building import Imported
from consultation.importing.files import Unimportable, import_questionnaire
from consultation.questionnaire.model import Questionnaire


def shown_if(questionnaire: Questionnaire) -> dict[str, str]:
    """Conditions by page, question, « question.option » and « question.row »."""
    found = {page.id: page.show_if for page in questionnaire.pages}
    for question in questionnaire.questions:
        found[question.id] = question.show_if
        for option in question.options:
            found[f"{question.id}.{option.code}"] = option.show_if
        for row in question.rows:
            found[f"{question.id}.{row.id}"] = row.show_if
    return {name: condition.source for name, condition in found.items() if condition}


def types(questionnaire: Questionnaire) -> dict[str, str]:
    return {question.id: type(question).__name__.lower() for question in questionnaire.questions}


def told(imported: Imported, *words: str) -> bool:
    """Whether one remark says all of this."""
    return any(all(word in str(one) for word in words) for one in imported.remarks)


@pytest.mark.parametrize("format_", SAMPLES)
def test_the_format_is_guessed(format_: str) -> None:
    content = SAMPLES[format_]()

    assert import_questionnaire(content) == import_questionnaire(content, format_)


# --- LimeSurvey


@pytest.fixture(scope="module")
def lime() -> Imported:
    return import_questionnaire(SAMPLES["limesurvey"]())


def test_every_type_of_limesurvey_finds_its_type(lime: Imported) -> None:
    found = types(questionnaire(lime))

    expected = {
        "service": "choice", "sexe": "choice", "encadre": "choice", "effectif": "number",
        "missions": "choices", "detail": "choices", "detail_acomment": "longtext",
        "qualite": "matrix", "cinq": "matrix", "dix_x": "scale", "evolution": "matrix",
        "certain": "matrix", "note": "scale", "duree_h": "number", "noms_s": "shorttext",
        "grille_l_c": "number", "cases_l": "choices", "mots_l_c": "shorttext",
        "double_0": "matrix", "double_1": "matrix", "ordre": "rank", "jour": "date",
        "court": "shorttext",
        "long": "longtext", "immense": "longtext", "liste": "choice", "choix": "choice",
        "choix_comment": "longtext", "lire": "info",
    }  # fmt: skip
    assert {name: found.get(name) for name in expected} == expected


def test_relevance_becomes_conditions(lime: Imported) -> None:
    found = shown_if(questionnaire(lime))

    assert found["effectif"] == "encadre == 'Y'"
    assert found["votre_avis"] == "count(missions) > 0"  # `service` is mandatory
    assert found["qualite.sq2"] == "missions has 'SQ2'"
    assert found["certain.y"] == "sexe == 'F'"
    assert found["detail_bcomment"] == "detail has 'b'"
    assert found["long"] == "qualite.sq1 in ['1', '2'] and missions has 'SQ2'"
    assert found["immense"] == "note > 3 or effectif >= 10"  # `total` is spelled out
    assert found["motif"] == "service in ['A1', 'A2']"  # a regular expression, code by code
    assert found["connu"] == "token_attribute_1 == 'cadre' and cachee == 'x'"


def test_limits_orders_and_languages_are_kept(lime: Imported) -> None:
    ours = questionnaire(lime)
    missions, service = ours.by_id["missions"], ours.by_id["service"]

    assert (missions.max, missions.random) == (2, True)
    assert missions.by_code["SQ3"].exclusive
    assert service.other.code == "oth"
    assert service.required is not None
    assert ours.languages == ("fr", "en")
    assert ours.title.to("en") == "Workplace"
    assert str(ours.intro) == "Bonjour <strong>à tous</strong> & merci."
    assert str(ours.by_id["long"].text) == "Le service {service|…}, pourquoi ?"


def test_what_limesurvey_alone_has_is_told_with_its_line(lime: Imported) -> None:
    line = SAMPLES["limesurvey"]().decode().split("\n").index("<title>fichier</title>")

    assert told(lime, f"ligne {line - 5} (fichier)", "dépôt de fichier")
    assert told(lime, "(langue)", "choix de la langue")
    assert told(lime, "(lire)", "un script")
    assert told(lime, "(somme)", "effectif.NAOK * duree_h.NAOK > 3", "avec deux réponses")
    assert told(lime, "TOKEN:ATTRIBUTE_1", "connu d’avance")
    assert "# LimeSurvey : effectif.NAOK * duree_h.NAOK > 3" in lime.yaml
    assert (lime.rules, lime.expressed, lime.assumed) == (9, 8, 1)
    assert (lime.controls, lime.checked) == (1, 0)


def test_defects_of_the_original_are_told(lime: Imported) -> None:
    assert told(lime, "(jamais)", "« A9 » n’est pas une réponse de « service »")
    assert told(lime, "(jamais)", "elle est toujours fausse")


def test_a_hidden_question_makes_false_what_names_it_without_naok() -> None:
    survey = Survey()
    survey.group("Un")
    survey.question("a", "Y")
    survey.question("b", "Y", 'a.NAOK == "Y"')
    survey.question("c", "S", 'b != "Y"')
    survey.question("d", "S", 'b.NAOK != "Y"')

    found = shown_if(questionnaire(import_questionnaire(survey.file())))

    assert found["c"] == "a == 'Y' and b != 'Y'"
    assert found["d"] == "b != 'Y'"


def test_the_conditions_of_before_relevance_are_read() -> None:
    survey = Survey(translated=False)
    survey.group("Un")
    a = survey.question("a", "L", answers={"1": "Un", "2": "Deux", "3": "Trois"})
    b = survey.question("b", "M", parts={"x": "X", "y": "Y"})
    c = survey.question("c", "S")
    survey.condition(c, a, f"1X1X{a}", "1")
    survey.condition(c, a, f"1X1X{a}", "2")
    survey.condition(c, b, f"1X1X{b}", "x")
    survey.condition(c, b, f"+1X1X{b}y", "Y", scenario=2)
    d = survey.question("d", "S")
    survey.condition(d, a, f"1X1X{a}", " ")

    imported = import_questionnaire(survey.file())

    found = shown_if(questionnaire(imported))
    assert found["c"] == "a in ['1', '2'] and b has 'x' or b has 'y'"
    assert found["d"] == "not answered(a)"
    assert str(questionnaire(imported).by_id["a"].text) == "Question a"


# --- XLSForm


@pytest.fixture(scope="module")
def odk() -> Imported:
    return import_questionnaire(SAMPLES["xlsform"]())


def test_the_sheets_of_an_xlsform_become_pages_lists_and_conditions(odk: Imported) -> None:
    ours = questionnaire(odk)
    found = shown_if(ours)

    assert [page.id for page in ours.pages][:3] == ["prealable", "accueil", "situation"]
    assert found["territoire.t1"] == "service == 'pref'"
    assert found["pourquoi"] == "missions has 'guichet' and not missions has 'autre'"
    assert found["beaucoup"] == "count(missions) >= 2 or cadres > 10"  # cadres * 100 > 1000
    assert found["metier"] == "effectif > 0"
    assert found["apres"] == "note > 5 and answered(pourquoi)"
    assert found["missions_other"] == "missions has 'other'"
    assert (ours.by_id["effectif"].min, ours.by_id["effectif"].max) == (0, 499)
    assert ours.by_id["missions"].max == 2
    assert "\n  mission:\n" in odk.yaml  # a list that two questions share


def test_constraints_become_checks(odk: Imported) -> None:
    checks = [one for page in questionnaire(odk).pages for one in page.checks]

    assert [one.warn_if.source for one in checks] == [
        "effectif > 10 and not answered(cadres)",
        "answered(cadres) and not (answered(effectif) and cadres <= effectif)",
    ]
    assert str(checks[1].message) == "Plus de cadres que d’agents ?"


def test_what_an_xlsform_alone_has_is_told_with_its_cell(odk: Imported) -> None:
    assert told(odk, "feuille survey, cellule A2 (start)", "à l’insu des personnes")
    assert told(odk, "cellule A10 (equipe)", "demandé qu’une fois")
    assert told(odk, "cellule A23 (lieu)", "position")
    assert told(odk, "(mal)", "s’arrête trop tôt")
    assert told(odk, "(avant)", "« apres », qui n’est pas encore posée")
    assert told(odk, "variable « age »", "une question en tient lieu")


def test_headers_are_read_in_any_spelling() -> None:
    imported = import_questionnaire(
        xlsform(
            [
                {"Type": "select one c", "Name": "a", "Label : English": "A?", "Relevant": ""},
                {"Type": "select1 c", "Name": "b", "Label : English": "B?"},
                {"Type": "text", "Name": "d", "Label : English": "D?", "Relevant": "${a}=‘x’"},
            ],
            [{"list name": "c", "value": code, "label::English": code.upper()} for code in "xy"],
        )
    )

    ours = questionnaire(imported)
    assert ours.lang == "en"
    assert shown_if(ours) == {"d": "a == 'x'"}


# --- Pogues


@pytest.fixture(scope="module")
def insee() -> Imported:
    return import_questionnaire(SAMPLES["pogues"]())


def test_filters_of_pogues_become_conditions(insee: Imported) -> None:
    found = shown_if(questionnaire(insee))

    assert found["avis"] == "service != '1'"
    assert found["parts11"] == "missions has 'A' and answered(effectif)"
    assert found["service_prec"] == "service == '3'"
    assert found["fin"] == "ancien == '1' or effectif > 50"
    assert types(questionnaire(insee))["qualite"] == "matrix"
    assert types(questionnaire(insee))["depuis"] == "date"
    assert (insee.rules, insee.expressed, insee.assumed) == (4, 4, 1)


def test_what_pogues_alone_has_is_told_with_its_path(insee: Imported) -> None:
    assert told(insee, "$.Child[0].Child[3].Child[2] (LIEN)", "PAIRWISE")
    assert told(insee, "$.FlowControl[3] (Perdu)", "« zz-zz », introuvable")
    assert told(insee, "$.Iterations.Iteration[0]", "$EFFECTIF$ > 1")
    assert told(insee, "variable « ANCIEN »", "connu d’avance")
    assert "ANCIEN (Répondant de l’an dernier)" in insee.yaml


def test_a_jump_hides_what_it_leaves_out() -> None:
    def question(name: str, **more: object) -> dict[str, object]:
        response = {"Datatype": {"typeName": "NUMERIC"}, "CollectedVariableReference": f"v{name}"}
        return {
            "id": name, "Name": name, "Label": [name], "type": "QuestionType",
            "questionType": "SIMPLE", "Response": [response], **more,
        }  # fmt: skip

    jump = {"FlowControl": [{"Expression": "$a$ = '1'", "IfTrue": "c"}]}
    names = "abcd"
    back = {"FlowControl": [{"Expression": "$c$ = 1", "IfTrue": "a"}]}
    questions = [question("a", **jump), question("b"), question("c", **back), question("d")]
    root = {
        "Label": ["Essai"],
        "formulasLanguage": "XPATH",
        "Child": [{"id": "s", "Name": "S", "type": "SequenceType", "Child": questions}],
        "Variables": {"Variable": [{"id": f"v{name}", "Name": name} for name in names]},
    }

    imported = import_questionnaire(json.dumps(root).encode())

    assert shown_if(questionnaire(imported)) == {"b": "a != 1"}
    assert told(imported, "le renvoi « $c$ = 1 »", "déjà passé")


# --- SurveyJS


@pytest.fixture(scope="module")
def survey() -> Imported:
    return import_questionnaire(SAMPLES["surveyjs"]())


def test_visible_if_is_read_wherever_it_stands(survey: Imported) -> None:
    found = shown_if(questionnaire(survey))

    assert found["avis"] == "missions has any ['guichet', 'telephone']"  # `service` is required
    assert found["missions.terrain"] == "encadre == 'oui'"
    assert found["qualite.outils"] == "missions has 'telephone'"
    assert found["remede"] == "qualite.delais == 'non'"  # on the panel, and whatever the case
    assert found["pourquoi"] == "note < 5 or trajet >= 30"
    assert found["canal.guichet"] == "missions has 'guichet'"
    assert "canal.courrier" not in found
    assert found["promo"] == "cohorte == 'B'"


def test_a_text_that_conditions_compare_with_numbers_is_a_number(survey: Imported) -> None:
    ours = questionnaire(survey)

    assert types(ours)["effectif"] == "number"
    assert types(ours)["depuis"] == "date"
    assert shown_if(ours)["grade"] == "effectif > 10"
    assert told(survey, "(effectif)", "le texte devient un nombre")


def test_texts_answers_and_languages_of_surveyjs_are_kept(survey: Imported) -> None:
    ours = questionnaire(survey)
    note = ours.by_id["note"]

    assert (note.start, note.stop, [str(one) for one in note.ends]) == (0, 10, ["Non", "Oui"])
    assert ours.by_id["service"].by_code["pref"].label.to("en") == "Prefecture"
    assert str(ours.by_id["qualite"].text) == "Êtes-vous d’accord ({service|…}) ?"
    assert str(ours.by_id["mot"].text) == "<em>Encore</em> un instant."
    assert ours.by_id["missions"].by_code["none"].exclusive
    assert str(ours.end) == "Merci\u00a0!"


def test_what_surveyjs_alone_has_is_told_with_its_path(survey: Imported) -> None:
    assert told(survey, "$.pages[1].elements[5] (photo)", "dépôt de fichier")
    assert told(survey, "$.pages[1].elements[7] (date).visibleIf", "« age » n’a pas d’équivalent")
    assert told(survey, "requiredIf", "que l’on peut maintenir")
    assert "naissance" not in types(questionnaire(survey))  # what cannot be said needs no stand-in


def test_choices_of_surveyjs_are_read_in_all_their_forms() -> None:
    imported = surveyed(
        [
            element("source", "checkbox", choices=["a|Le A", {"value": 2, "text": "Deux"}, True]),
            element(
                "suite",
                "radiogroup",
                choicesFromQuestion="source",
                choicesFromQuestionMode="selected",
            ),
            element("z", visibleIf="{source} contains 2 and {panelIndex} = 0"),
            element("y", visibleIf="{gens[1].age} > 3"),
        ]
    )

    found = shown_if(questionnaire(imported))
    assert found["suite.a"] == "source has 'a'"
    assert found["suite.2"] == "source has '2'"
    assert found["suite"] == "source has any ['a', '2', 'true']"
    assert found["z"] == "source has '2'"
    assert told(imported, "{gens[1].age} > 3", "ce qui se répète")


# --- What our language does not admit


def element(name: str, kind: str = "comment", **more: object) -> dict[str, object]:
    return {"type": kind, "name": name, **more}


def surveyed(elements: Iterable[dict[str, object]]) -> Imported:
    return import_questionnaire(json.dumps({"pages": [{"elements": list(elements)}]}).encode())


def test_names_and_codes_are_brought_to_ours_without_clashing() -> None:
    imported = surveyed(
        [
            element("Été 2024 !", "radiogroup", choices=["<18", ">18", "18"]),
            element("ete_2024", "radiogroup", choices=["oui", "Oui"]),
            element("code", "text", visibleIf="{Été 2024 !} = '>18' and {ete_2024} = 'Oui'"),
        ]
    )

    ours = questionnaire(imported)
    assert [one.id for one in ours.questions] == ["ete_2024", "ete_2024_2", "code_2"]
    assert list(ours.by_id["ete_2024"].by_code) == ["18-2", "18-3", "18"]
    assert told(imported, "réponse « <18 »", "son code devient « 18-2 »")
    assert "ete_2024 == '18-3'" in shown_if(ours)["code_2"]


def test_what_is_always_true_is_kept_for_the_check_to_refuse() -> None:
    choices = ["a", "b", "c"]
    imported = surveyed(
        [
            element("q", "radiogroup", choices=choices),
            element("y", visibleIf="{q} <> 'a' or {q} <> 'b'"),
            element("z", visibleIf="{q} = 'nul'"),
        ]
    )

    found = shown_if(questionnaire(imported))
    assert found["y"] == "q != 'a' or q != 'b'"
    assert found["z"] == "answered(q) and not answered(q)"
    assert told(imported, "{q} <> 'a' or {q} <> 'b'", "toujours vraie")


@pytest.mark.parametrize(
    ("relevant", "ours"),
    [
        ("int(${n}) > 3", "n > 3"),
        ("round(${n} * 2) > 3", "n > 1.5"),
        ("contains(${k}, 'ab')", "k has any ['abc', 'abd']"),
        ("selected(${k}, 'abc') = true()", "k has 'abc'"),
        ("${k} = 'abc'", "k has 'abc' and count(k) == 1"),
        ("if(${n} > 3, 'x', 'y') = 'x'", "n > 3"),
        ("${n} div 3 < 1", "n < 3"),
        ("10 - ${n} >= 4", "n <= 6"),
        ("${n} * 3 = 2", "answered(n) and not answered(n)"),  # no answer has so many decimals
        ("${n} * 3 > 2", "n > 0.666666"),
        ("${n} != ''", "answered(n)"),
        ("not(${n} > 3)", "not n > 3"),
        ("boolean(${n})", "answered(n) and n != 0"),
        ("number(${c}) >= 2", "c in ['2', '3']"),
        ("regex(${c}, '[12]')", "c in ['1', '2']"),
        ("${c} + ${c} = 4", "c == '2'"),
        ("starts-with(${c}, '3') or ${c} = '1'", "c in ['1', '3']"),
        ("(${c} = '1') + (${n} > 2) + selected(${k}, 'abd') >= 2", None),
    ],
)
def test_what_our_language_has_no_word_for_is_said_otherwise(
    relevant: str, ours: str | None
) -> None:
    lists = {"k": ("abc", "abd", "x"), "c": ("1", "2", "3")}
    imported = import_questionnaire(
        xlsform(
            [
                {"type": "select_multiple k", "name": "k", "label": "K"},
                {"type": "select_one c", "name": "c", "label": "C"},
                {"type": "integer", "name": "n", "label": "N"},
                {"type": "text", "name": "z", "label": "Z", "relevant": relevant},
            ],
            [
                {"list_name": name, "name": code, "label": f"Code {code}"}
                for name, codes in lists.items()
                for code in codes
            ],
        )
    )

    assert imported.expressed == 1, imported.remarks
    if ours:
        assert shown_if(questionnaire(imported))["z"] == ours


@pytest.mark.parametrize(
    ("filter_", "ours"),
    [
        ("not($N$ < 3)", "n >= 3"),
        ("not($N$ >= 3)", "n < 3"),
        ('$C$ <> "1"', "c in ['2', '3']"),  # null hides
        ('not($C$ = "1") or isnull($C$)', "c != '1'"),
        ('nvl($C$, "1") = "1"', "c not in ['2', '3']"),
        ("between($N$, 1, 5)", "n >= 1 and n <= 5"),
        ("cast($C$, integer) in {1, 2} xor $N$ > 3", None),
        ("cast(nvl($N$, 0), integer) = 0", "not answered(n) or n == 0"),
    ],
)
def test_a_filter_that_is_null_hides(filter_: str, ours: str | None) -> None:
    def question(name: str, **response: object) -> dict[str, object]:
        told_ = {"CollectedVariableReference": f"v{name}", **response}
        kind = "SINGLE_CHOICE" if "CodeListReference" in response else "SIMPLE"
        return {
            "id": name,
            "Name": name,
            "type": "QuestionType",
            "questionType": kind,
            "Response": [told_],
        }

    questions = [
        question("C", CodeListReference="l"),
        question("N", Datatype={"typeName": "NUMERIC"}),
        question("Z", Datatype={"typeName": "TEXT"}),
    ]
    root = {
        "Label": ["Essai"],
        "formulasLanguage": "VTL",
        "Child": [{"id": "s", "Name": "S", "type": "SequenceType", "Child": questions}],
        "FlowControl": [{"Expression": filter_, "IfTrue": "Z-Z"}],
        "Variables": {"Variable": [{"id": f"v{name}", "Name": name} for name in "CNZ"]},
        "CodeLists": {
            "CodeList": [
                {"id": "l", "Code": [{"Value": one, "Label": f"Code {one}"} for one in "123"]}
            ]
        },
    }

    imported = import_questionnaire(json.dumps(root).encode())

    assert imported.expressed == 1, imported.remarks
    if ours:
        assert shown_if(questionnaire(imported))["z"] == ours


def test_a_question_stands_in_for_what_was_known_with_the_answers_expected_of_it() -> None:
    imported = surveyed(
        [
            element("x", visibleIf="{anciennete} >= 3 and {corps} = 'A'"),
            element("y", visibleIf="{corps} = 'B' or {chef} = true"),
            element("z", visibleIf="{outils} contains 'a' and {avis} notempty"),
        ]
    )

    ours = questionnaire(imported)
    assert types(ours) == {
        "anciennete": "number", "corps": "choice", "chef": "choice", "outils": "choices",
        "avis": "shorttext", "x": "longtext", "y": "longtext", "z": "longtext",
    }  # fmt: skip
    assert list(ours.by_id["corps"].by_code) == ["A", "B", "autre_cas"]
    assert shown_if(ours)["y"] == "corps == 'B' or chef == 'oui'"
    assert (imported.expressed, imported.assumed) == (3, 3)


def test_what_an_obligation_fulfils_asks_for_nothing() -> None:
    survey = Survey()
    survey.group("Un")
    survey.question("a", "Y", mandatory="Y")
    survey.question("b", "M", parts={"x": "X", "y": "Y"}, mandatory="Y")
    survey.question("c", "Y", "!is_empty(a.NAOK)")
    survey.group("Deux")
    survey.question("d", "Y", "!is_empty(a.NAOK)")
    survey.question("e", "Y", 'count(b_x.NAOK, b_y.NAOK) > 0 and c.NAOK == "Y"')
    survey.question("f", "Y", "is_empty(a.NAOK)")

    imported = import_questionnaire(survey.file())

    assert shown_if(questionnaire(imported)) == {
        "c": "answered(a)",  # on the same page, it may not be answered yet
        "e": "c == 'Y'",
        "f": "answered(a) and not answered(a)",
    }
    assert told(imported, "(d), relevance", "obligatoire")


def test_a_filter_says_no_more_than_the_question_it_stands_in() -> None:
    lists = {"k": ("a", "b", "c"), "suite": ("1", "2", "3", "4")}
    imported = import_questionnaire(
        xlsform(
            [
                {"type": "select_one k", "name": "k", "label": "K"},
                {
                    "type": "select_one suite",
                    "name": "suivi",
                    "label": "S",
                    "relevant": "${k} = 'a'",
                    "choice_filter": "k=${k}",
                },
            ],
            [
                {"list_name": name, "name": code, "label": f"Code {code}", "k": "aabc"[place]}
                for name, codes in lists.items()
                for place, code in enumerate(codes)
            ],
        )
    )

    ours = questionnaire(imported)
    assert list(ours.by_id["suivi"].by_code) == ["1", "2"]
    assert shown_if(ours) == {"suivi": "k == 'a'"}
    assert told(imported, "(suivi)", "2 réponses que son filtre ne laisse jamais passer")


def test_a_bound_that_is_computed_and_the_message_of_one_are_told() -> None:
    survey = surveyed(
        [
            element("n", "text", inputType="number", min="={autre} + 1", maxErrorText="Trop !"),
            element("autre", "text", inputType="range", maxValueExpression="{n} * 2", min=3),
        ]
    )
    odk = import_questionnaire(
        xlsform(
            [
                {
                    "type": "integer",
                    "name": "n",
                    "label": "N",
                    "constraint": ". < 9",
                    "constraint_message": "Moins de neuf.",
                }
            ]
        )
    )

    assert told(survey, "(n)", "« {autre} + 1 » est calculée")
    assert told(survey, "(n)", "« Trop ! »")
    assert told(survey, "(autre)", "« {n} * 2 » est calculée")
    assert questionnaire(survey).by_id["autre"].min == 3
    assert questionnaire(odk).by_id["n"].max == 8
    assert told(odk, "(n)", "« Moins de neuf. »")


def test_what_is_greyed_is_hidden() -> None:
    imported = surveyed([element("q", "boolean"), element("z", enableIf="{q} = true")])

    assert shown_if(questionnaire(imported)) == {"z": "q == 'oui'"}
    assert told(imported, "(z).enableIf", "est caché")


def test_how_many_among_several_questions_is_spelled_out() -> None:
    survey = Survey()
    survey.group("Un")
    for name in "abc":
        survey.question(name, "Y")
    survey.question("k", "M", parts={"x": "X", "y": "Y", "z": "Z"})
    survey.question("age", "S", attributes={"numbers_only": "1"})
    yes = ", ".join(f"{name}.NAOK" for name in "abc")
    survey.question("d", "S", f'countif("Y", {yes}) >= 2')
    survey.question("e", "S", "count(k_x.NAOK, k_y.NAOK) == 2 and age.NAOK > 18")

    found = shown_if(questionnaire(import_questionnaire(survey.file())))

    assert found["d"] == ("a == 'Y' and b == 'Y' or a == 'Y' and c == 'Y' or b == 'Y' and c == 'Y'")
    assert found["e"] == "k has all ['x', 'y'] and age > 18"


def test_a_question_is_not_shown_when_none_of_its_answers_is_offered() -> None:
    choices = [{"value": code, "visibleIf": f"{{q}} = '{code}'"} for code in "ab"]
    imported = surveyed(
        [
            element("q", "radiogroup", choices=["a", "b", "c"]),
            element("z", "radiogroup", choices=choices),
        ]
    )

    assert shown_if(questionnaire(imported))["z"] == "q in ['a', 'b']"


def test_a_grid_too_wide_becomes_a_question_for_each_line() -> None:
    columns = [f"c{number}" for number in range(9)]
    imported = surveyed(
        [
            element("g", "matrix", title="Grille", columns=columns, rows=["r1", "r2"]),
            element("z", visibleIf="{g.r2} = 'c8' and {g.r1} notempty"),
        ]
    )

    ours = questionnaire(imported)
    assert types(ours) == {"g_r1": "choice", "g_r2": "choice", "z": "longtext"}
    assert shown_if(ours)["z"] == "g_r2 == 'c8' and answered(g_r1)"
    assert told(imported, "« r2 » de la grille devient une question")


def test_one_box_alone_becomes_a_choice() -> None:
    imported = surveyed(
        [
            element("accord", "checkbox", choices=["oui"]),
            element("z", visibleIf="{accord} contains 'oui'"),
        ]
    )

    ours = questionnaire(imported)
    assert list(ours.by_id["accord"].by_code) == ["oui", "non"]
    assert shown_if(ours)["z"] == "accord == 'oui'"


def test_a_long_condition_is_cut_into_named_ones() -> None:
    choices = [f"une_reponse_de_quelque_longueur_{number}" for number in range(60)]
    wanted = " or ".join(f"{{q}} = '{choice}'" for choice in choices[:55])
    boxes = " or ".join(f"({{m}} contains '{one}' and {{q}} = '{one}')" for one in choices[:30])
    imported = surveyed(
        [
            element("q", "dropdown", choices=choices),
            element("m", "checkbox", choices=choices),
            element("y", visibleIf=wanted),
            element("z", visibleIf=boxes),
        ]
    )

    ours = questionnaire(imported)
    assert imported.expressed == 2
    assert len(ours.conditions) >= 4
    assert all(len(condition.source) <= 1_000 for _, condition in ours.conditions)


def test_a_condition_of_many_levels_is_cut_too() -> None:
    nested = "{q} = 'a'"
    for _ in range(12):
        nested = f"({nested} and {{n}} > 3) or {{n}} < 1"
    imported = surveyed(
        [
            element("q", "radiogroup", choices=["a", "b"]),
            element("n", "text", inputType="number"),
            element("z", visibleIf=nested),
        ]
    )

    assert imported.expressed == 1
    assert questionnaire(imported).by_id["z"].show_if is not None


def test_texts_keep_three_tags_and_lose_what_would_not_be_shown() -> None:
    html = (
        "<p>Un <b>mot</b>, <i>deux</i> &amp; <a href='https://exemple.fr'>un lien</a> "
        "<a href='javascript:x'>un piège</a> 3 < 4 &lt;b&gt; &amp;amp; {inconnu}</p>"
        "<ul><li>Un</li></ul>"
    )
    imported = surveyed([element("q", title=html)])

    assert str(questionnaire(imported).by_id["q"].text) == (
        "Un <strong>mot</strong>, <em>deux</em> & "
        '<a href="https://exemple.fr">un lien</a> un piège 3 < 4 < b> & amp; …\n\n– Un'
    )


def test_pages_in_random_order_stay_so_when_none_cites_another() -> None:
    def made(relevance: str) -> Imported:
        survey = Survey()
        for number, shown in enumerate(("1", relevance)):
            survey.group(f"Groupe {number}")
            survey.question(f"q{number}", "Y", shown)
        for row in survey.tables["groups"]:
            row["randomization_group"] = "hasard"  # type: ignore[index]
        return import_questionnaire(survey.file())

    free, tied = made("1"), made('q0.NAOK == "Y"')

    assert [page.shuffle for page in questionnaire(free).pages] == ["hasard", "hasard"]
    assert [page.shuffle for page in questionnaire(tied).pages] == ["", ""]
    assert told(tied, "l’ordre aléatoire « hasard »")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "reconnu"),
        (b"bonjour", "reconnu"),
        (b"<html><body/></html>", "LimeSurvey"),
        (b"<document><questions>", "XML lisible"),
        (b'<!DOCTYPE d [<!ENTITY a "b">]><document>&a;</document>', "entités"),
        (lss({"questions": []}), "LimeSurvey"),
        (b"{", "JSON lisible"),
        (b'{"pages": []}', "aucune question"),
        (b'{"Child": [1, null, {}]}', "aucune question"),
        (b"[" * 100_000, "reconnu"),
        (b'{"a":' * 100_000, "JSON lisible"),
        (b"PK\x03\x04 rien", "illisible"),
        (xlsform([], []), "aucune question"),
        (b" " * 20_000_001, "20 Mo"),
    ],
)
def test_what_cannot_be_imported_is_refused_with_a_sentence(content: bytes, said: str) -> None:
    with pytest.raises(Unimportable, match=said):
        import_questionnaire(content)
