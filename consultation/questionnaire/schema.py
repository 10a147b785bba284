"""The language as a JSON Schema, so that editors complete, explain and underline while one types.

Draft 7, the one that every editor of YAML knows. What a schema cannot say (a question that exists,
an order, a bound that depends on another) is left to the loader.
"""

from __future__ import annotations

from collections.abc import Mapping

from consultation.questionnaire.conditions import MAX_LENGTH, Json
from consultation.questionnaire.keys import (
    CHECK,
    DEFINITION,
    FORMAT,
    LIST_FILE,
    OPTION,
    OVERRIDE,
    PAGE,
    PRIVACY,
    QUESTIONNAIRE,
    ROW,
    Held,
    Key,
    Shape,
)
from consultation.questionnaire.kinds import KINDS
from consultation.questionnaire.reading import CODE, ID, LANGUAGE, RESERVED

DRAFT = "http://json-schema.org/draft-07/schema#"

Schema = dict[str, Json]


def schema() -> Schema:
    """The schema of a whole questionnaire."""
    return {
        "$schema": DRAFT,
        "title": "Questionnaire",
        **_table(QUESTIONNAIRE),
        "definitions": {**_definitions(), **_questions()},
    }


def _table(shape: Shape) -> Schema:
    made: Schema = {
        "type": "object",
        "additionalProperties": False,
        "required": [name for name, key in shape.keys.items() if key.needed],
        "properties": {name: _value(name, key) for name, key in shape.keys.items()},
    }
    if shape.one_of:
        made["oneOf"] = [{"required": [name]} for name in shape.one_of]
    return made


def _value(name: str, key: Key) -> Schema:
    said: Schema = {"description": key.says}
    if name == "type":
        return said | {"enum": list(KINDS)}
    if name == "required":
        return said | {"not": {"type": "boolean"}, "allOf": [_HELD["text"]]}
    match key.holds:
        case "word":
            known: list[Json] = [*key.words, *([int(FORMAT)] if name == "format" else [])]
            return said | {"enum": known}
        case "whole":
            return said | {"type": "integer", "minimum": key.low, "maximum": key.high}
    held = _HELD[key.holds]
    # Beside a reference, draft 7 reads nothing else.
    return said | {"allOf": [_items(held, at_least=int(key.needed)) if key.several else held]}


def _definitions() -> Schema:
    return {
        "words": _WORDS,
        "text": {
            "anyOf": [
                _ref("words"),
                {
                    "type": "object",
                    "minProperties": 1,
                    "propertyNames": {"pattern": _whole_pattern(LANGUAGE.pattern)},
                    "additionalProperties": _ref("words"),
                },
            ]
        },
        "id": {
            "type": "string",
            "pattern": _whole_pattern(ID.pattern),
            "not": {"enum": sorted(RESERVED)},
        },
        "slug": {
            "type": "string",
            "pattern": _whole_pattern(ID.pattern.replace("_]", "_-]")),
            "not": {"enum": sorted(RESERVED)},
        },
        "condition": {"type": _SCALAR, "maxLength": MAX_LENGTH},
        "option": {"anyOf": [_ref("text"), _table(OPTION)]},
        "options": {
            "type": "object",
            "propertyNames": {"pattern": _whole_pattern(CODE.pattern)},
            "additionalProperties": _ref("option"),
        },
        "row": {"anyOf": [_ref("text"), _table(ROW)]},
        "page": _table(PAGE),
        "privacy": _table(PRIVACY),
        "override": _table(OVERRIDE),
        "check": _table(CHECK),
        "definition": _table(DEFINITION),
        "list_file": _table(LIST_FILE),
    }


def _questions() -> Schema:
    by_type: list[Json] = [
        {
            "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
            "then": _ref(f"question-{name}"),
        }
        for name in KINDS
    ]
    question: Schema = {
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"enum": list(KINDS)}},
        "allOf": by_type,
    }
    own = {f"question-{name}": _table(kind.shape) for name, kind in KINDS.items()}
    return {"question": question, **own}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


def _whole_pattern(pattern: str) -> str:
    return f"^(?:{pattern})$"


def _named(values: Json, *, at_least: int = 0) -> Schema:
    return {
        "type": "object",
        "propertyNames": _ref("id"),
        "additionalProperties": values,
        "minProperties": at_least,
    }


def _items(item: Json, *, at_least: int) -> Schema:
    return {"type": "array", "items": item, "minItems": at_least}


_SCALAR = ["string", "number", "boolean"]  # whatever YAML takes them for, they are texts here
_WORDS: Schema = {"type": _SCALAR, "pattern": r"\S"}

_HELD: Mapping[Held, Schema] = {
    "text": _ref("text"),
    "texts": _named(_ref("text"), at_least=1),
    "ends": {"type": "array", "items": _ref("text"), "minItems": 2, "maxItems": 2},
    "line": _WORDS,
    "flag": {"type": "boolean"},
    "date": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
    "number": {"type": "number"},
    "id": _ref("id"),
    "slug": _ref("slug"),
    "language": {"type": "string", "pattern": _whole_pattern(LANGUAGE.pattern)},
    "condition": _ref("condition"),
    "conditions": _named(_ref("condition")),
    "list": {"type": _SCALAR},
    "lists": _named({"anyOf": [_ref("list_file"), _ref("options")]}),
    "options": {"allOf": [_ref("options")], "minProperties": 2},
    "rows": _named(_ref("row"), at_least=2),
    "definition": _ref("definition"),
    "check": _ref("check"),
    "question": _ref("question"),
    "page": _ref("page"),
    "privacy": _ref("privacy"),
    "override": _ref("override"),
}
