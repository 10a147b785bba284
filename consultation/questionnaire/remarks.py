"""What a questionnaire gives away, takes and costs: privacy, columns of the export, minutes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise

from consultation.questionnaire.elements import OPT_OUT, Option, Text
from consultation.questionnaire.kinds import FREE_TEXT, Question
from consultation.questionnaire.minutes import least_minutes
from consultation.questionnaire.model import Page, Questionnaire
from consultation.questionnaire.problems import Mark, Problems

MOST_PROFILE = 4
MOST_COLUMNS = 500

_IDENTIFIERS = r"e-?mail|courriel|adresse electronique|telephone|portable|matricule|nom|prenom"
_ASKED = re.compile(
    rf"\b(?:votre|vos|indiquez|donnez|ecrivez|quel(?:le)? est|numero de)\b.{{0,30}}"
    rf"\b(?:{_IDENTIFIERS})s?\b(?! (?:de (?:votre|vos)|du|des|de l)\b)"
)
_NAMED = re.compile(rf"^(?:{_IDENTIFIERS}|adresse (?:e-?mail|mail))s?\b.{{0,20}}$")
_FORMULA = re.compile(r"[=+@\t]|-(?![1-9][0-9]*$)")  # -3 is a number

_GOOD = re.compile(
    r"\b(?:tres|plutot|tout a fait|bien|bonne?s?|excellente?s?|satisf\w+|suffisant\w*|toujours|"
    r"souvent|faciles?|d.accord|positi\w+|plus|oui|forte?s?|favorables?|utiles?)\b"
)
_BAD = re.compile(
    r"\b(?:pas|peu|mal|mauvaise?s?|insatisf\w+|insuffisant\w*|jamais|rarement|difficiles?|"
    r"desaccord|negati\w+|moins|non|faibles?|aucune?|defavorables?|inutiles?)\b"
)


def check_remarks(q: Questionnaire, problems: Problems) -> None:
    """Note what the answers could give away, what the export cannot hold, what is announced."""
    for page in q.pages:
        _check_page(page, problems)
        for question in page.questions:
            _check_identifier(question, problems)
            _check_profile(question, problems)
            _check_labels(question, problems)
            _check_scale(question, problems)
    _check_number_of_profile_questions(q, problems)
    _check_order(q, problems)
    _check_columns(q, problems)
    _check_minutes(q, problems)


# Privacy


def _check_page(page: Page, problems: Problems) -> None:
    written = next((one for one in page.questions if one.writing in FREE_TEXT), None)
    if written and any(question.profile for question in page.questions):
        said = f"« {written.id} » est un texte libre, à côté de questions sur la personne."
        remedy = "Posez-le sur une autre page : on y écrit moins de soi."
        problems.warning(problems.start_of(written.line), "profile-and-text", said, remedy)


def _check_identifier(question: Question, problems: Problems) -> None:
    if not question.writing:
        return
    words = _folded(str(question.text))
    named = question.writing != "lines" and _NAMED.search(words)
    if named or _ASKED.search(words):
        mark = Mark(question.text.line, question.text.column)
        said = "Cette question demande de quoi reconnaître la personne."
        problems.error(mark, "identifier", said, "Retirez-la : les réponses sont anonymes.")


def _check_profile(question: Question, problems: Problems) -> None:
    if not question.profile:
        return
    mark = problems.start_of(question.line)
    if question.profile_remark:
        problems.warning(mark, *question.profile_remark)
    elif question.required and not _has_way_out(question):
        said = f"« {question.id} » oblige à dire quelque chose de soi."
        remedy = "Ajoutez « Je préfère ne pas répondre », ou retirez « required »."
        problems.warning(mark, "profile-required", said, remedy)


def _has_way_out(question: Question) -> bool:
    return question.label(OPT_OUT) is not None or any(
        option.apart or re.search("ne pas repondre|ne sais pas", _folded(str(option.label)))
        for option in question.options
    )


def _check_number_of_profile_questions(q: Questionnaire, problems: Problems) -> None:
    profile = [question for question in q.questions if question.profile]
    if len(profile) > MOST_PROFILE:
        said = (
            f"{len(profile)} questions décrivent la personne : ensemble, elles la font reconnaître."
        )
        mark = problems.start_of(profile[MOST_PROFILE].line)
        problems.warning(mark, "many-profile", said, f"Tenez-vous à {MOST_PROFILE}.")


# Answers


def _check_scale(question: Question, problems: Problems) -> None:
    if not question.rows:
        return
    labels = [_folded(str(option.label)) for option in question.options if not option.apart]
    bad = sum(bool(_BAD.search(label)) for label in labels)
    good = sum(bool(_GOOD.search(label)) and not _BAD.search(label) for label in labels)
    if good and bad and abs(good - bad) > 1:
        said = (
            f"L’échelle de « {question.id} » penche : {good} réponses favorables, {bad} contraires."
        )
        mark = problems.start_of(question.line)
        problems.warning(mark, "unbalanced", said, "Prévoyez-en autant de chaque côté.")


def _check_order(q: Questionnaire, problems: Problems) -> None:
    scales = {one.options for one in q.questions if one.rows}
    for question in q.questions:
        if not question.random:
            continue
        if question.options in scales or _is_growing(question.options):
            said = (
                f"Les réponses de « {question.id} » forment une échelle, dans un ordre au hasard."
            )
            mark = problems.start_of(question.line)
            problems.warning(mark, "random-scale", said, "Retirez « order: random ».")


def _is_growing(options: Sequence[Option]) -> bool:
    """Whether most labels hold numbers that only grow: « Moins de 3 ans », « De 3 à 10 ans »."""
    numbers = [
        [int(found) for found in re.findall(r"\d+", str(option.label))]
        for option in options
        if not option.at_end
    ]
    whole = len(numbers) > 2 and all(numbers)
    return whole and all(max(low) <= max(high) for low, high in pairwise(numbers))


def _check_labels(question: Question, problems: Problems) -> None:
    for text in _exported(question):
        if _FORMULA.match(str(text)) and text.line:
            said = f"« {text} » serait prise pour une formule par un tableur."
            problems.warning(Mark(text.line, text.column), "formula", said, "Commencez par un mot.")


def _exported(question: Question) -> Iterator[Text]:
    yield question.text
    yield from (option.label for option in question.options)
    yield from (row.label for row in question.rows)


# The export


def column_names(question: Question) -> Iterator[str]:
    """The columns and files of the export that the answers to this question fill."""
    yield from (column.name for column in question.columns())
    yield from (text.name for text in question.open_texts())


def _check_columns(q: Questionnaire, problems: Problems) -> None:
    owners: dict[str, Question] = {}
    for question in q.questions:
        for name in column_names(question):
            first = owners.setdefault(name.casefold(), question)
            if first is not question:
                said = f"Dans l’export, « {name} » serait aussi une colonne de « {first.id} »."
                mark = problems.start_of(question.line)
                problems.error(mark, "column", said, "Changez un identifiant ou un code.")
    columns = len(owners) + (len(q.audiences) > 1)  # and the audience
    if columns > MOST_COLUMNS:
        said = f"L’export aurait {columns} colonnes."
        problems.warning(Mark(1, 1), "wide-export", said, f"Tenez-vous à {MOST_COLUMNS}.")


# Minutes


def _check_minutes(q: Questionnaire, problems: Problems) -> None:
    least = round(least_minutes(q))
    if q.minutes and q.minutes < least:
        said = f"{q.minutes} minutes sont annoncées ; lire et répondre en demande {least} au moins."
        problems.warning(problems.start_of(q.minutes_line), "minutes", said, "Annoncez-les.")


def _folded(text: str) -> str:
    """In lower case and without accents."""
    apart = unicodedata.normalize("NFD", text.casefold())
    return "".join(char for char in apart if not unicodedata.combining(char))
