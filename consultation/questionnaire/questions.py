"""Reading a question: what every kind has, then what its kind makes of its keys."""

from __future__ import annotations

from collections.abc import Iterator

from consultation.questionnaire.elements import Definition, Text
from consultation.questionnaire.keys import DEFINITION
from consultation.questionnaire.kinds import KINDS, Common, Desk, Kind
from consultation.questionnaire.nodes import Node, Scalar, Table
from consultation.questionnaire.problems import did_you_mean
from consultation.questionnaire.reading import Fields


def read_question(node: Node, desk: Desk) -> Kind | None:
    """The question written here; None when a part that cannot be done without is missing."""
    if not isinstance(node, Table):
        desk.problems.error(node.mark, "wrong-type", "Une question est faite de clés.", "")
        return None
    kind = node.get("type")
    if not isinstance(kind, Scalar) or kind.text not in KINDS:
        said = kind.text if isinstance(kind, Scalar) else ""
        desk.problems.error(
            kind.mark if kind else node.mark,
            "unknown-type",
            f"Le type de question « {said} » n’existe pas." if kind else "Il manque le type.",
            did_you_mean(said, KINDS),
        )
        return None
    fields = Fields(node, desk.problems, KINDS[kind.text].shape, language=desk.language)
    common = _read_common(fields)
    return KINDS[kind.text].read(fields, common, desk) if common["id"] else None


def _read_common(fields: Fields) -> Common:
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
