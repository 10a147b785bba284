"""What the kinds answered with options share: the options, their labels, their precision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from consultation.questionnaire.columns import OpenText, words
from consultation.questionnaire.conditions import Context
from consultation.questionnaire.elements import Answer, Option
from consultation.questionnaire.fields import Shown
from consultation.questionnaire.kinds.base import Desk, Misuse, Question
from consultation.questionnaire.lists import read_options
from consultation.questionnaire.messages import COLON, NOT_OFFERED, QUOTED
from consultation.questionnaire.nodes import Scalar
from consultation.questionnaire.posted import Raw, Read, clean_line, too_long, value_in, wrong
from consultation.questionnaire.problems import did_you_mean
from consultation.questionnaire.reading import Fields
from consultation.words import words as said

APART = 0.3
"""How likely « sans avis » is, next to an ordinary option."""

LONG = "{} réponses sont longues à parcourir."


def options_of(fields: Fields, desk: Desk, key: str = "list") -> tuple[Option, ...]:
    """The options written in the question, or those of the list it names."""
    name = fields.scalar(key)
    if "options" in fields and key in fields:
        told = f"Il faut soit « options », soit « {key} »."
        fields.error("options", told, "Gardez une seule des deux clés.")
        return ()
    if "options" not in fields and key not in fields:
        told = f"Il manque « options » ou « {key} »."
        fields.error("options", told, "Écrivez les réponses possibles, ou nommez une liste.")
        return ()
    if name is not None:
        options = _named_options(name, desk)
    else:
        options = read_options(fields.pairs("options"), desk.problems, desk.language)
    if options or name is None:
        _check_options(fields, options)
    return options


def is_random(fields: Fields) -> bool:
    """Whether the order of the options is drawn for each respondent."""
    return fields.word("order") == "random"


def refuse_precisions(fields: Fields, options: Iterable[Option], where: str) -> None:
    """Note the options that are exclusive or ask for a precision, which cannot be `where`."""
    for option in options:
        if option.exclusive or option.other:
            told = f"« {option.code} » ne peut être ni exclusive ni « other » dans {where}."
            fields.error("exclusive", told, "Retirez cette clé.")


def precision(question: Question, offered: Iterable[Option], raw: Raw) -> tuple[Option | None, str]:
    """The option offered that asks for a precision, if any, and what was typed there."""
    other = next((option for option in offered if option.other), None)
    return other, clean_line(value_in(raw, f"{question.id}.other")) if other else ""


def with_precision(question: Question, value: Answer, typed: str, language: str) -> Read:
    """The answer with its precision, refused when it is too long."""
    limit = question.other.other if question.other else 0
    if len(typed) > limit:
        error = wrong(question.id, f"{question.id}.other", too_long(typed, limit, language))
        return Read(value, errors=error.errors)
    return Read(value, other=typed)


def not_offered(question: Question, context: Context) -> Read:
    """A code that is not among those offered."""
    return wrong(question.id, question.id, said(NOT_OFFERED, context.language))


def known_codes(question: Question, data: Iterable[object]) -> Iterator[str]:
    """The codes of the question among these data, once each."""
    seen: set[str] = set()
    for code in data:
        if isinstance(code, str) and code in question.by_code and code not in seen:
            seen.add(code)
            yield code


def quoted(option: Option, language: str) -> str:
    """The label between quotation marks."""
    return said(QUOTED, language, label=option.label.to(language))


def label_with_precision(question: Question, code: str, shown: Shown) -> str:
    """The label of a code, and what its author added."""
    option = question.by_code[code]
    typed = shown.visible.get(f"{question.id}.other") if option.other else None
    label = shown.words(option.label)
    if not isinstance(typed, str):
        return label
    return f"{label}{said(COLON, shown.context.language)} {typed}"


def several_answers(question: Question) -> Misuse:
    """Why an answer that holds several codes is not compared."""
    return Misuse(
        f"« {question.id} » peut avoir plusieurs réponses.",
        f"Écrivez {question.id} has 'code', ou count({question.id}).",
    )


def labels_of(options: Sequence[Option]) -> Mapping[str, str]:
    """The label of each code, for files."""
    return {option.code: words(option.label) for option in options}


def precisions(question: Question) -> Iterator[OpenText]:
    """The free text of the option that asks for a precision."""
    for option in question.options:
        if option.other:
            name = f"{question.id}__{option.code}_texte"
            title = f"{words(question.text)} – {words(option.label)}"
            yield OpenText(name=name, answer=f"{question.id}.other", title=title)


def _named_options(name: Scalar, desk: Desk) -> tuple[Option, ...]:
    desk.used.add(name.text)
    if name.text not in desk.lists:
        told = f"La liste « {name.text} » n’existe pas."
        desk.problems.error(name.mark, "unknown-list", told, did_you_mean(name.text, desk.lists))
    return desk.lists.get(name.text, ())


def _check_options(fields: Fields, options: tuple[Option, ...]) -> None:
    if len(options) < 2:
        told = "Il faut au moins deux réponses possibles."
        fields.error("few-options", told, "Ajoutez-en.", "options")
    others = [option.code for option in options if option.other]
    if len(others) > 1:
        told = f"« {others[0]} » et « {others[1]} » demandent toutes deux une précision."
        fields.error("two-others", told, "Gardez « other » sur une seule réponse.")
