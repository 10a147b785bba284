"""LimeSurvey's conditions of before relevance equations, as the tool itself converts them.

Scenarios are alternatives. Within one, the conditions on one question are alternatives too, and
those on several questions go together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import groupby

from consultation.importing.lss_tables import Fields, Tables


def as_relevance(tables: Tables, types: Mapping[str, str]) -> Mapping[str, str]:
    """Question → the relevance equation of its conditions."""
    rows = sorted(
        tables["conditions"],
        key=lambda row: (row["qid"], row.number("scenario"), row["cqid"], row["cfieldname"]),
    )
    return {
        qid: " or ".join(_scenario(list(mine), types) for _, mine in groupby(all_, _scenario_of))
        for qid, all_ in groupby(rows, key=lambda row: row["qid"])
    }


def _scenario_of(row: Fields) -> int:
    return row.number("scenario")


def _scenario(rows: list[Fields], types: Mapping[str, str]) -> str:
    groups = groupby(rows, key=lambda row: _subject(row, types))
    together = ("(" + " or ".join(_conditions(mine, types)) + ")" for _, mine in groups)
    return "(" + " and ".join(together) + ")"


def _subject(row: Fields, types: Mapping[str, str]) -> tuple[str, str]:
    """What a condition is about; each box of the newer kind is about itself."""
    field = row["cfieldname"]
    return (field, row["cid"]) if field.startswith("+") else (field, "")


def _conditions(rows: Iterator[Fields], types: Mapping[str, str]) -> Iterator[str]:
    for row in rows:
        yield _condition(row, types)


def _condition(row: Fields, types: Mapping[str, str]) -> str:
    name, value = _sides(row, types)
    method = row["method"].strip() or "=="
    if method == "RX":
        pattern = value if value.startswith('"/') else f'"/{value.strip(chr(34))}/"'
        return f"regexMatch({pattern}, {name})"
    if value in ('" "', '""') and method in ("==", "!="):
        return f"is_empty({name})" if method == "==" else f"!is_empty({name})"
    written = f"{name} {method} {value}"
    quoted = value.startswith('"')
    if method in ("<", "<=") or (method in ("==", ">=") and (value == '"0"' or not quoted)):
        return f"(!is_empty({name}) && ({written}))"
    if method == "!=" and (value == '"0"' or not quoted):
        return f"(is_empty({name}) || ({written}))"
    return written


def _sides(row: Fields, types: Mapping[str, str]) -> tuple[str, str]:
    field, value = row["cfieldname"], row["value"]
    if re.fullmatch(r"\{.+\}", field):  # {TOKEN:ATTRIBUTE_1}
        return field[1:-1], _quoted(value)
    if field.startswith("+"):
        return f"{field[1:]}.NAOK", _quoted(value)
    if types.get(row["cqid"]) in ("M", "P"):
        return f"{field}{value}.NAOK", '"Y"'
    return f"{field}.NAOK", _quoted(value)


def _quoted(value: str) -> str:
    if re.fullmatch(r"@\d+X\d+X\d+.*@", value):
        return f"{value[1:-1]}.NAOK"
    if re.fullmatch(r"\{.+\}", value):
        return value[1:-1]
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
