"""Building each type of question from its keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from consultation.questionnaire.conditions import Condition
from consultation.questionnaire.dates import PARTS, Precision
from consultation.questionnaire.keys import (
    DEFINITION,
    MAX_CODES,
    MAX_LONG,
    MAX_STEPS,
    QUESTIONS,
    ROW,
)
from consultation.questionnaire.lists import read_options
from consultation.questionnaire.model import (
    Choice,
    Choices,
    Date,
    Definition,
    Info,
    LongText,
    Matrix,
    Number,
    Option,
    Question,
    Rank,
    Row,
    Scale,
    ShortText,
    Text,
)
from consultation.questionnaire.problems import Problems, did_you_mean
from consultation.questionnaire.reading import Fields, check_id, is_translated, read_text
from consultation.questionnaire.strict_yaml import Node, Scalar, Series, Table

__all__ = ["Desk", "read_question"]

MAX_COLUMNS = 7
SHORT = 200


@dataclass
class Desk:
    """What is at hand while a questionnaire is read."""

    problems: Problems
    language: str
    lists: dict[str, tuple[Option, ...]]
    used: set[str] = field(default_factory=set)


class _Common(TypedDict):
    id: str
    text: Text
    hint: Text | None
    required: Text | None
    reminder: Text | None
    definitions: tuple[Definition, ...]
    show_if: Condition | None
    profile: bool
    sensitive: bool
    export: str
    line: int


def read_question(node: Node, desk: Desk) -> Question | None:
    """The question written here; None when a part that cannot be done without is missing."""
    if not isinstance(node, Table):
        desk.problems.error(node.mark, "wrong-type", "Une question est faite de clés.", "")
        return None
    kind = node.get("type")
    if not isinstance(kind, Scalar) or kind.text not in QUESTIONS:
        said = kind.text if isinstance(kind, Scalar) else ""
        desk.problems.error(
            kind.mark if kind else node.mark,
            "unknown-type",
            f"Le type de question « {said} » n’existe pas." if kind else "Il manque le type.",
            did_you_mean(said, QUESTIONS),
        )
        return None
    fields = Fields(node, desk.problems, QUESTIONS[kind.text], language=desk.language)
    common = _read_common(fields)
    return _BUILDERS[kind.text](fields, common, desk) if common["id"] else None


def _read_common(fields: Fields) -> _Common:
    return {
        "id": fields.identifier("id"),
        "text": fields.text("text") or Text(((fields.language, ""),)),
        "hint": fields.text("hint"),
        "required": _read_required(fields),
        "reminder": _read_reminder(fields),
        "definitions": tuple(_read_definitions(fields)),
        "show_if": fields.condition("show_if"),
        "profile": fields.flag("profile"),
        "sensitive": fields.flag("sensitive"),
        "export": fields.word("export") or "all",
        "line": fields.at("id").line,
    }


def _read_required(fields: Fields) -> Text | None:
    node = fields.node("required")
    if isinstance(node, Scalar) and node.plain and node.text in ("true", "false", "yes", "no"):
        fields.error(
            "required",
            "« required » attend le message à montrer quand la réponse manque.",
            'Par exemple : "Indiquez votre structure, ou « Je préfère ne pas répondre »."',
            "required",
        )
        return None
    return fields.text("required")


def _read_reminder(fields: Fields) -> Text | None:
    if "reminder" in fields and "required" in fields:
        said = "Une question obligatoire n’a pas besoin de rappel."
        fields.error("reminder", said, "Gardez « required » ou « reminder ».", "reminder")
    return fields.text("reminder")


def _read_definitions(fields: Fields) -> Iterator[Definition]:
    for node in fields.items("definitions"):
        if not isinstance(node, Table):
            said = "Une définition a un mot et son explication."
            fields.problems.error(node.mark, "wrong-type", said, "Écrivez {term: …, text: …}.")
            continue
        below = Fields(node, fields.problems, DEFINITION, language=fields.language)
        term, text = below.text("term"), below.text("text")
        if term and text:
            yield Definition(term=term, text=text)


def _choice(fields: Fields, common: _Common, desk: Desk) -> Question:
    options = _options(fields, desk)
    search = fields.word("as") == "search"
    for option in options:
        if option.exclusive:
            _refuse_exclusive(fields, option)
    if not search and len(options) > 20:
        fields.warning("long-list", _LONG.format(len(options)), "Ajoutez « as: search ».")
    elif not search and sum(not option.apart for option in options) > 7:
        fields.warning(
            "many-radios",
            f"{len(options)} boutons à lire avant de choisir.",
            "Regroupez des réponses, ou ajoutez « as: search ».",
        )
    return Choice(
        **common,
        options=options,
        search=search,
        random=_random(fields),
        store=_read_store(fields, options),
    )


def _refuse_exclusive(fields: Fields, option: Option) -> None:
    fields.error(
        "exclusive",
        f"« {option.code} » ne peut pas être exclusive : une seule réponse est permise ici.",
        "Retirez « exclusive », ou employez le type « choices ».",
    )


def _read_store(fields: Fields, options: tuple[Option, ...]) -> str:
    column = fields.scalar("store")
    if column is None or not options:
        return ""
    columns = [name for name, _ in options[0].columns]
    if column.text not in columns:
        said = f"La liste n’a pas de colonne « {column.text} »."
        fields.error("unknown-column", said, did_you_mean(column.text, columns), "store")
        return ""
    empty = [option.code for option in options if not option.column(column.text)]
    if empty:
        said = f"La colonne « {column.text} » est vide pour « {empty[0]} »."
        fields.error("empty-column", said, "Remplissez-la pour toutes les réponses.", "store")
    return column.text


def _choices(fields: Fields, common: _Common, desk: Desk) -> Question:
    options = _options(fields, desk)
    most = len(options) or MAX_CODES
    low, high = fields.whole("min", most) or 0, fields.whole("max", most) or 0
    if high and low > high:
        said = f"min ({low}) est plus grand que max ({high})."
        fields.error("bounds", said, "Échangez-les.", "min")
    if len(options) > 20:
        fields.warning("long-list", _LONG.format(len(options)), "Regroupez des réponses.")
    return Choices(**common, options=options, min=low, max=high, random=_random(fields))


def _matrix(fields: Fields, common: _Common, desk: Desk) -> Question:
    options = _options(fields, desk, key="scale")
    rows = _read_rows(fields, desk)
    if "rows" in fields and len(fields.pairs("rows")) < 2:
        fields.error("few-rows", "Une grille a deux lignes au moins.", _ROWS, "rows")
    if len(options) > MAX_COLUMNS:
        said = f"Une grille a {MAX_COLUMNS} colonnes au plus ; celle-ci en a {len(options)}."
        fields.error("many-columns", said, "Réduisez l’échelle.")
    elif len(options) > 5:
        said = f"{len(options)} colonnes tiennent mal sur un téléphone."
        fields.warning("many-columns", said, "Cinq suffisent d’ordinaire.")
    for option in options:
        if option.exclusive or option.other:
            said = f"« {option.code} » ne peut être ni exclusive ni « other » dans une grille."
            fields.error("exclusive", said, "Retirez cette clé.")
    _check_balance(fields, options)
    return Matrix(**common, options=options, rows=rows)


def _check_balance(fields: Fields, options: tuple[Option, ...]) -> None:
    graded = sum(not option.apart for option in options)
    if options and graded == len(options) and graded % 2 == 0:
        said = "Cette échelle n’a ni milieu ni réponse « sans avis »."
        fields.warning("no-neutral", said, "Ajoutez une réponse « apart: true ».")


def _scale(fields: Fields, common: _Common, desk: Desk) -> Question:
    start, stop = fields.whole("from"), fields.whole("to")
    start, stop = start or 0, 10 if stop is None else stop
    if not 1 <= stop - start < MAX_STEPS:
        said = f"De {start} à {stop}, l’échelle n’est pas utilisable."
        fields.error("bounds", said, f"Prévoyez de 2 à {MAX_STEPS} échelons croissants.", "to")
    opt_out = fields.text("opt_out")
    if (stop - start) % 2 and opt_out is None:
        said = "Cette échelle n’a ni milieu ni réponse « sans avis »."
        fields.warning("no-neutral", said, "Ajoutez « opt_out ».")
    return Scale(**common, start=start, stop=stop, ends=_read_ends(fields), opt_out=opt_out)


def _read_ends(fields: Fields) -> tuple[Text, Text] | None:
    texts = [
        read_text(node, "ends", fields.problems, language=fields.language)
        for node in fields.items("ends")
    ]
    if not isinstance(fields.node("ends"), Series):
        return None
    match texts:
        case [low, high]:
            return (low, high) if low and high else None
    said = "« ends » attend deux textes : le sens du premier et du dernier échelon."
    fields.error("wrong-value", said, "Écrivez [Pas du tout, Tout à fait].", "ends")
    return None


def _rank(fields: Fields, common: _Common, desk: Desk) -> Question:
    options = _options(fields, desk)
    top = fields.whole("top", len(options) or MAX_CODES) or 1
    for option in options:
        if option.exclusive or option.other:
            said = f"« {option.code} » ne peut être ni exclusive ni « other » dans un classement."
            fields.error("exclusive", said, "Retirez cette clé.")
    return Rank(**common, options=options, top=top, random=_random(fields))


def _number(fields: Fields, common: _Common, desk: Desk) -> Question:
    low, high = fields.number("min"), fields.number("max")
    if low is not None and high is not None and low > high:
        said = "min est plus grand que max."
        fields.error("bounds", said, "Échangez-les.", "min")
    return Number(
        **common,
        min=low,
        max=high,
        decimals=fields.whole("decimals") or 0,
        unit=fields.text("unit"),
    )


def _date(fields: Fields, common: _Common, desk: Desk) -> Question:
    first, last = fields.date("min"), fields.date("max")
    if first and last and first > last:
        fields.error("bounds", "min vient après max.", "Échangez-les.", "min")
    asked = fields.word("precision")
    precision: Precision = next((known for known in PARTS if known == asked), "day")
    return Date(**common, precision=precision, min=first, max=last)


def _short(fields: Fields, common: _Common, desk: Desk) -> Question:
    return ShortText(**common, max_length=fields.whole("max_length") or SHORT)


def _long(fields: Fields, common: _Common, desk: Desk) -> Question:
    if "nom" not in str(common["hint"] or "").casefold():
        fields.warning(
            "names",
            "Rien ne demande de ne nommer personne.",
            "Ajoutez « hint: N’indiquez ni nom ni détail permettant de reconnaître quelqu’un. »",
        )
    return LongText(**common, max_length=fields.whole("max_length") or MAX_LONG)


def _info(fields: Fields, common: _Common, desk: Desk) -> Question:
    return Info(**common)


_LONG = "{} réponses sont longues à parcourir."
_ROWS = "Écrivez « identifiant: libellé » pour chaque ligne."

_Build = Callable[[Fields, _Common, Desk], Question]

_BUILDERS: Mapping[str, _Build] = {
    "choice": _choice,
    "choices": _choices,
    "matrix": _matrix,
    "scale": _scale,
    "rank": _rank,
    "number": _number,
    "date": _date,
    "text": _short,
    "longtext": _long,
    "info": _info,
}


def _options(fields: Fields, desk: Desk, key: str = "list") -> tuple[Option, ...]:
    """The options written in the question, or those of the list it names."""
    name = fields.scalar(key)
    if "options" in fields and key in fields:
        said = f"Il faut soit « options », soit « {key} »."
        fields.error("options", said, "Gardez une seule des deux clés.")
        return ()
    if "options" not in fields and key not in fields:
        said = f"Il manque « options » ou « {key} »."
        fields.error("options", said, "Écrivez les réponses possibles, ou nommez une liste.")
        return ()
    if name is not None:
        options = _named_options(name, desk)
    else:
        options = read_options(fields.pairs("options"), desk.problems, desk.language)
    if options or name is None:
        _check_options(fields, options)
    return options


def _named_options(name: Scalar, desk: Desk) -> tuple[Option, ...]:
    desk.used.add(name.text)
    if name.text not in desk.lists:
        said = f"La liste « {name.text} » n’existe pas."
        desk.problems.error(name.mark, "unknown-list", said, did_you_mean(name.text, desk.lists))
    return desk.lists.get(name.text, ())


def _check_options(fields: Fields, options: tuple[Option, ...]) -> None:
    if len(options) < 2:
        said = "Il faut au moins deux réponses possibles."
        fields.error("few-options", said, "Ajoutez-en.", "options")
    others = [option.code for option in options if option.other]
    if len(others) > 1:
        said = f"« {others[0]} » et « {others[1]} » demandent toutes deux une précision."
        fields.error("two-others", said, "Gardez « other » sur une seule réponse.")


def _random(fields: Fields) -> bool:
    return fields.word("order") == "random"


def _read_rows(fields: Fields, desk: Desk) -> tuple[Row, ...]:
    rows = [_read_row(key, node, desk) for key, node in fields.pairs("rows")]
    return tuple(row for row in rows if row is not None)


def _read_row(key: Scalar, node: Node, desk: Desk) -> Row | None:
    if not check_id(key, desk.problems):
        return None
    if isinstance(node, Table) and not is_translated(node):
        fields = Fields(
            node,
            desk.problems,
            ROW,
            language=desk.language,
            where=f"la ligne « {key.text} »",
        )
        label, show_if = fields.text("label"), fields.condition("show_if")
    else:
        label, show_if = read_text(node, key.text, desk.problems, language=desk.language), None
    return Row(id=key.text, label=label, show_if=show_if) if label else None
