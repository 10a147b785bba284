"""An export as those who reuse open data expect it: a Table Schema and a Data Package.

Both are Frictionless standards. They describe the files for R and Python; the variants for
spreadsheets say the same.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from consultation.questionnaire.columns import Column, OpenText
from consultation.results.frame import ProfileColumn
from consultation.results.numbering import WHOLE, numbering
from consultation.spreadsheet import known_cell, safe_cell

SCHEMA = "schema.json"
PACKAGE = "datapackage.json"

Json = Mapping[str, object]

_ABSENT = [""]
_TALLY: Mapping[str, Json] = {
    "effectif": {"type": "integer", "description": "Vide quand il est masqué."},
    "part": {"type": "number", "description": "Part de la base, de 0 à 1."},
    "base": {"type": "integer", "description": "Réponses à la question, dans le groupe."},
    "masque": {"type": "boolean", "trueValues": ["1"], "falseValues": ["0"]},
}


def schema(columns: Sequence[Column], *, title: str, labels: bool) -> Json:
    """The Table Schema of the microdata file."""
    return {
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "name": "microdata",
        "title": title,
        "fields": [_field(column, labels=labels) for column in columns],
        "missingValues": _ABSENT,
    }


def package(
    *,
    name: str,
    title: str,
    texts: Sequence[OpenText],
    place: ProfileColumn | None,
    tables: Mapping[str, Sequence[str]],
    digests: Mapping[str, str],
) -> Json:
    """The Data Package: each file that a program reads, its digest and what it holds.

    `tables` gives the header of each table, by its path.
    """
    resources = [
        _resource("microdata", "microdata.csv", "Réponses fermées", SCHEMA, digests),
        *(
            _resource(
                f"texte-{text.name}".replace("_", "-").lower(),
                f"textes/{text.name}.csv",
                text.title,
                _schema_of_texts(place),
                digests,
            )
            for text in texts
        ),
        *(
            _resource(Path(path).stem, path, Path(path).stem, _schema_of_a_table(header), digests)
            for path, header in tables.items()
        ),
    ]
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": name,
        "title": title,
        "resources": resources,
    }


def written(content: Json) -> str:
    """As it is written in a file."""
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _resource(
    name: str, path: str, title: str, schema: str | Json, digests: Mapping[str, str]
) -> Json:
    return {
        "name": name,
        "path": path,
        "title": title,
        "type": "table",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "hash": f"sha256:{digests[path]}",
        "schema": schema,
    }


def _field(column: Column, *, labels: bool) -> Json:
    """What is true of every cell of this column."""
    field: dict[str, object] = {"name": column.name, "title": column.title}
    if not column.values:
        return field | {"type": "year" if column.kind == "date" else "number"}
    meaning = "\n".join(f"{code} = {label}" for code, label in column.values.items())
    cells = dict.fromkeys(_cell(one) for one in column.shown(labels=labels))
    whole = [int(one) for one in cells if WHOLE.fullmatch(one)]
    words = [one for one in cells if not WHOLE.fullmatch(one)]
    field |= {"description": meaning}
    if not whole or any(one not in _silent(column, labels=labels) for one in words):
        return field | {"type": "string", "constraints": {"enum": [*cells]}}
    missing = {"missingValues": [*_ABSENT, *words]} if words else {}
    return field | {"type": "integer", "constraints": {"enum": whole}} | missing


def _silent(column: Column, *, labels: bool) -> Collection[str]:
    """The cells that say nothing: among numbers, they are missing ones."""
    silent = numbering(column).letters
    return {
        _cell(shown)
        for code, shown in zip(column.values, column.shown(labels=labels), strict=True)
        if code in silent
    }


def _cell(known: str) -> str:
    """As it is written in the file."""
    cell = known_cell(known)
    return safe_cell(cell) if isinstance(cell, str) else str(cell)


def _schema_of_texts(place: ProfileColumn | None) -> Json:
    where = [_field(place.column, labels=False)] if place else []
    return {"fields": [*where, {"name": "texte", "type": "string"}], "missingValues": _ABSENT}


def _schema_of_a_table(header: Sequence[str]) -> Json:
    fields = [{"name": name, **_TALLY.get(name, {"type": "string"})} for name in header]
    return {"fields": fields, "missingValues": _ABSENT}
