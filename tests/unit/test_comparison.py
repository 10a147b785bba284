"""`consultation compare`: what a change does to the answers already given."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from sample import SAMPLE, TERRITORIES

from consultation.authoring.commands import compare_command
from consultation.questionnaire.comparison import Change, breaks, compare
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.drafts import from_json, to_json
from consultation.questionnaire.loading import parse
from consultation.questionnaire.model import Questionnaire
from consultation.questionnaire.simulation import simulate
from consultation.questionnaire.visibility import prune

NBSP = "\N{NO-BREAK SPACE}"
LISTS = {"listes/territoires.csv": TERRITORIES}
NEXT = ("version: 3", "version: 4")
PAGE = "- {id: p, title: P, questions: [{id: i, type: info, text: I}]}\n"
ADDED = "\n  - {id: plus, type: text, text: Et encore ?}\n  - id: fonction"


def read(source: str, lists: dict[str, str] = LISTS) -> Questionnaire:
    loaded = parse(source, lists, thorough=False)
    assert loaded.questionnaire is not None, [str(one) for one in loaded.problems]
    return loaded.questionnaire


@pytest.fixture(scope="module")
def old() -> Questionnaire:
    return read(SAMPLE)


def changed(*edits: tuple[str, str]) -> Questionnaire:
    source = SAMPLE
    for before, after in edits:
        assert before in source, before
        source = source.replace(before, after, 1)
    return read(source)


SAFE = {
    "a review": ("pages:\n", "review: false\npages:\n"),
    "a duration": ("title: Exemple\n", "title: Exemple\nminutes: 9\n"),
    "another language": (
        "title: Exemple\n",
        "title: {fr: Exemple, en: Example}\n",
    ),
}  # what nobody answers by
REWORDED = {
    "the title": ("title: Exemple", "title: Un exemple", "Exemple", "Un exemple"),
    "the text of a question": (
        "Quelle est votre fonction", "Quelle fonction exercez-vous",
        "Quelle est votre fonction ?", "Quelle fonction exercez-vous ?",
    ),
    "the label of an answer": (
        "Accueil au guichet", "Accueil du public",
        "Accueil au guichet", "Accueil du public",
    ),
    "the label of a row": (
        "Les délais sont bons", "Les délais conviennent",
        "Les délais sont bons", "Les délais conviennent",
    ),
    "a hint": ("N’indiquez aucun nom.", "Aucun lieu.", "N’indiquez aucun nom.", "Aucun lieu."),
    "a hint added": (
        "{id: metier, type", "{id: metier, hint: En un mot, type", "rien", "En un mot",
    ),
    "the message of a missing answer": (
        "Indiquez votre territoire.", "Dites votre territoire.",
        "Indiquez votre territoire.", "Dites votre territoire.",
    ),
    "the words of an end": ("ends: [Non, Oui]", "ends: [Non, Toujours]", "Oui", "Toujours"),
    "the words of a way out": ("opt_out: Sans avis", "opt_out: Autre", "Sans avis", "Autre"),
    "the title of a page": ("title: Vos souhaits", "title: Vos vœux", "Vos souhaits", "Vos vœux"),
    "a public": ("cadres: Encadrement}", "cadres: Encadrants}", "Encadrement", "Encadrants"),
    "an accent": ("Réponse téléphonique", "Reponse telephonique", "Réponse", "Reponse"),
}  # fmt: skip
WORTH_A_LOOK = {
    "an optional question added": ("\n  - id: fonction", ADDED),
    "an answer added": ("direction: Direction", "direction: Direction\n      rh: Ressources"),
    "a row added": ("      outils: Mes", "      lieu: Lieu\n      outils: Mes"),
    "an answer no longer required": ("    required: Indiquez votre territoire.\n", ""),
    "more answers accepted": ("max: 3", "max: 4"),
    "no limit any more": ("    max: 3\n", ""),
    "a greater number": ("max: 5, decimals", "max: 7, decimals"),
    "a longer text": ("max_length: 100", "max_length: 300"),
    "an earlier date": ("min: 1960-01-01", "min: 1950-01-01"),
    "a page for everyone": ("  show_if: missions has any ['guichet', 'telephone']\n", ""),
    "a condition widened": (
        "avis.delais in ['d1', 'd2']",
        "avis.delais in ['d1', 'd2'] or fonction == 'agent'",
    ),
    "pages in another order drawn": ("  shuffle: themes\n", ""),
    "a page added": ("pages:\n", f"pages:\n{PAGE}"),
}  # fmt: skip
BREAKING = {
    "a question removed": ("  - {id: agents, type: number, text: Effectif}\n", ""),
    "a question renamed": ("{id: metier,", "{id: metiers,"),
    "another type": ("id: metier, type: text", "id: metier, type: longtext"),
    "an answer removed": ("      dossiers: Instruction de dossiers\n", ""),
    "a code changed": ("dossiers: Instruction", "dossier: Instruction"),
    "a row removed": ("      outils: Mes outils m’aident\n", ""),
    "a required question added": ("\n  - id: fonction", ADDED.replace("text:", "required: R, text:")),  # noqa: E501
    "an answer required": ("    text: Quelle est", "    required: R\n    text: Quelle est"),
    "a condition added": ("  - {id: agents, ", "  - {id: agents, show_if: fonction == 'agent', "),
    "a condition changed": ("avis.delais in ['d1', 'd2']", "avis.delais in ['d1']"),
    "a named condition changed": ("['direction', 'encadrement']", "['direction']"),
    "fewer answers accepted": ("max: 3", "max: 2"),
    "a smaller number": ("max: 5, decimals", "max: 4, decimals"),
    "another unit": ("unit: jours", "unit: heures"),
    "a limit where there was none": ("text: Effectif", "text: Effectif, max: 50"),
    "a later date": ("min: 1960-01-01", "min: 1970-01-01"),
    "another precision": ("text: Arrivée dans", "precision: month, text: Arrivée dans"),
    "a shorter text": ("max_length: 30", "max_length: 20"),
    "another scale": ("from: 0, to: 10", "from: 0, to: 5"),
    "fewer ranks": ("top: 3", "top: 2"),
    "an answer no longer exclusive": ("celles-ci, exclusive: true", "celles-ci"),
    "less room for another answer": ("other: 20", "other: 10"),
    "another export": ("text: Effectif", "text: Effectif, export: none"),
    "another profile": ("    profile: true\n", ""),
    "another public": ("cadres: Encadrement}", "cadres: Encadrement, autres: Autres}"),
    "what is stored": ("    store: region\n", ""),
    "another identifier": ("id: exemple", "id: exemples"),
    "another language": ("version: 3", "version: 3\nlang: en"),
}  # fmt: skip


TURNED_ROUND = {
    "answers": (
        ("direction: Direction", "direction: Encadrement"),
        ("encadrement: Encadrement", "encadrement: Direction"),
    ),
    "answers, in another case and without accents": (
        ("guichet: Accueil au guichet", "guichet: reponse  TELEPHONIQUE"),
        ("telephone: Réponse téléphonique", "telephone: accueil au guichet."),
    ),
    "three answers": (
        ("horaires: Horaires", "horaires: Formation"),
        ("formation: Formation", "formation: Effectifs"),
        ("effectifs: Effectifs", "effectifs: Horaires"),
    ),
    "an answer that takes the words of one that changes": (
        ("horaires: Horaires", "horaires: Rythme"),
        ("formation: Formation", "formation: Horaires"),
    ),
    "an answer added with the words of another": (
        ("      horaires: Horaires\n", "      horaires: Rythme\n      plus: Horaires\n"),
    ),
    "a scale": (
        ("d1: Pas du tout d’accord", "d1: Tout à fait d’accord"),
        ("d4: Tout à fait d’accord", "d4: Pas du tout d’accord"),
    ),
    "rows": (
        ("delais: Les délais sont bons", "delais: Mes outils m’aident"),
        ("outils: Mes outils m’aident", "outils: Les délais sont bons"),
    ),
    "ends": (("ends: [Non, Oui]", "ends: [Oui, Non]"),),
    "an end and a way out": (
        ("ends: [Non, Oui]", "ends: [Non, Sans avis]"),
        ("opt_out: Sans avis", "opt_out: Oui"),
    ),
    "questions": (
        ("text: Effectif", "text: Votre métier"),
        ("type: text, text: Votre métier", "type: text, text: Effectif"),
    ),
    "publics": (
        ("{agents: Tous les agents, cadres: Encadrement}",
         "{agents: Encadrement, cadres: Tous les agents}"),
    ),
}  # fmt: skip
HINTED = (
    "direction: Direction",
    "direction: {label: Direction, hint: Chefs}\n      adjoint: {label: Adjoint, hint: Seconds}",
)


def kinds(changes: tuple[Change, ...]) -> set[str]:
    return {change.kind for change in changes}


@pytest.mark.parametrize("name", SAFE)
def test_what_nobody_reads_while_answering_is_safe(old: Questionnaire, name: str) -> None:
    assert kinds(compare(old, changed(SAFE[name], NEXT))) == {"safe"}


@pytest.mark.parametrize("name", REWORDED)
def test_words_that_change_are_worth_a_look_and_shown_before_and_after(
    old: Questionnaire, name: str
) -> None:
    was, becomes, before, after = REWORDED[name]

    [change] = compare(old, changed((was, becomes), NEXT))

    assert change.kind == "warning"
    assert change.message.index(before) < change.message.rindex(after)


@pytest.mark.parametrize("name", TURNED_ROUND)
def test_words_that_move_to_another_code_are_breaking(old: Questionnaire, name: str) -> None:
    moved = [
        one for one in compare(old, changed(*TURNED_ROUND[name], NEXT)) if "disait" in one.message
    ]

    assert moved
    assert {one.kind for one in moved} == {"breaking"}


def test_the_aid_of_an_answer_that_moves_is_breaking_too() -> None:
    before = changed(HINTED, NEXT)
    after = changed((HINTED[0], HINTED[1].replace("Chefs", "x").replace("Seconds", "Chefs")), NEXT)

    assert breaks(compare(before, after))


def test_words_that_move_in_one_language_are_breaking() -> None:
    both = ("title: Exemple", "title: {fr: Exemple, en: Example}")
    french = ("direction: Direction", "encadrement: Encadrement")
    english = [
        (french[0], "direction: {fr: Direction, en: Head}"),
        (french[1], "encadrement: {fr: Encadrement, en: Manager}"),
    ]
    turned = [
        (french[0], "direction: {fr: Direction, en: Manager}"),
        (french[1], "encadrement: {fr: Encadrement, en: Head}"),
    ]

    changes = compare(changed(both, *english), changed(both, *turned, NEXT))

    assert breaks(changes)
    assert "(en)" in changes[0].message


def test_signs_that_only_differ_by_a_sign_are_told_apart() -> None:
    low, high = "formation: '< 3 ans'", "effectifs: '> 3 ans'"
    edits = [("formation: Formation", low), ("effectifs: Effectifs", high)]
    turned = [(was, now.replace(*way)) for (was, now), way in zip(edits, ["<>", "><"], strict=True)]

    assert breaks(compare(changed(*edits), changed(*turned, NEXT)))


@pytest.mark.parametrize(
    "edits",
    [
        (("Ain (01)", "?"), ("Finistère (29)", "Ain (01)"), ("?", "Finistère (29)")),
        (("Ain (01)", "?"), ("Finistère (29)", "AIN(01)"), ("?", "Finistere (29)")),
        (("Auvergne-Rhône-Alpes", "?"), ("Bretagne", "Auvergne-Rhône-Alpes"), ("?", "Bretagne")),
    ],
)
def test_words_that_move_in_a_list_file_are_breaking(
    old: Questionnaire, edits: tuple[tuple[str, str], ...]
) -> None:
    rows = TERRITORIES
    for was, becomes in edits:
        assert was in rows
        rows = rows.replace(was, becomes)

    assert breaks(compare(old, read(SAMPLE.replace(*NEXT), {"listes/territoires.csv": rows})))


def test_a_way_out_that_disappears_is_breaking_and_one_added_worth_a_look(
    old: Questionnaire,
) -> None:
    without = changed((", opt_out: Sans avis", ""), NEXT)

    assert breaks(compare(old, without))
    assert kinds(compare(without, old)) == {"warning"}


def test_a_long_text_is_shown_around_what_changes(old: Questionnaire) -> None:
    long = "Mot. " * 200
    before, after = (changed(("title: Exemple", f"title: E\nintro: {long}{end}")) for end in "AB")

    message = next(one.message for one in compare(before, after) if "accueil" in one.message)

    assert len(message) < 300
    assert "A" in message.partition("devient")[0]
    assert "B" in message.partition("devient")[2]


@pytest.mark.parametrize("name", WORTH_A_LOOK)
def test_what_not_everyone_was_asked_is_worth_a_look(old: Questionnaire, name: str) -> None:
    assert "warning" in kinds(compare(old, changed(WORTH_A_LOOK[name], NEXT)))
    assert not breaks(compare(old, changed(WORTH_A_LOOK[name], NEXT)))


@pytest.mark.parametrize("name", BREAKING)
def test_what_loses_or_changes_an_answer_is_breaking(old: Questionnaire, name: str) -> None:
    assert breaks(compare(old, changed(BREAKING[name])))


@pytest.mark.parametrize("name", [*SAFE, *REWORDED, *WORTH_A_LOOK])
def test_what_is_not_breaking_keeps_every_answer(old: Questionnaire, name: str) -> None:
    new = changed({**SAFE, **REWORDED, **WORTH_A_LOOK}[name][:2])

    for one in simulate(old, 40, 5).respondents:
        context = Context(one.audience)
        assert from_json(new, to_json(one.answers)) == one.answers
        assert prune(old, one.answers, context) == prune(new, one.answers, context)


def test_nothing_changed_is_said_so(old: Questionnaire) -> None:
    assert compare(old, old) == ()


def test_a_version_that_did_not_grow_is_told(old: Questionnaire) -> None:
    [title, version] = sorted(
        one.message for one in compare(old, changed(REWORDED["the title"][:2]))
    )

    assert title == "Le numéro de version n’a pas augmenté."
    assert version == "Le titre : « Exemple » devient « Un exemple »."


def test_a_renamed_question_is_guessed(old: Questionnaire) -> None:
    removed = compare(old, changed(BREAKING["a question renamed"]))[0]

    assert removed.what == "metier"
    assert f"«{NBSP}metiers{NBSP}»" in removed.message


def test_a_line_of_a_list_added_changes_no_condition(old: Questionnaire) -> None:
    more = read(
        SAMPLE, {"listes/territoires.csv": TERRITORIES + "D99,Ailleurs,Ailleurs,R9,hexagone\n"}
    )

    assert not breaks(compare(old, more))


def test_a_column_that_says_something_else_is_breaking(old: Questionnaire) -> None:
    assert TERRITORIES.splitlines()[0] == "code,label,group,region,zone"
    other = TERRITORIES.replace("hexagone", "outre_mer", 1)

    assert breaks(compare(old, read(SAMPLE, {"listes/territoires.csv": other})))


@pytest.mark.parametrize(
    ("edit", "code", "said"),
    [
        (NEXT, 0, "Rien ne change."),
        (REWORDED["the title"][:2], 1, "2 à vérifier"),
        (BREAKING["a code changed"], 2, "cassant – ligne 37, missions"),
    ],
)
def test_the_exit_code_is_that_of_the_gravest(
    tmp_path: Path, edit: tuple[str, str], code: int, said: str
) -> None:
    (tmp_path / "listes").mkdir()
    (tmp_path / "listes" / "territoires.csv").write_text(TERRITORIES, "utf-8")
    (tmp_path / "a.yaml").write_text(SAMPLE, "utf-8")
    (tmp_path / "b.yaml").write_text(SAMPLE.replace(*edit), "utf-8")

    done = CliRunner().invoke(compare_command, [str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml")])

    assert done.exit_code == code, done.output
    assert said in done.output
