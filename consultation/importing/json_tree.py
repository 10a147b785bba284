"""JSON whose shape is not known: what is not of the type expected counts as absent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Json = Mapping[str, "Json"] | list["Json"] | str | int | float | bool | None
Object = Mapping[str, Json]


def as_object(value: Json) -> Object:
    """The object, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def as_list(value: Json) -> Sequence[Json]:
    """The list, or an empty one."""
    return value if isinstance(value, list) else []


def text(value: Json) -> str:
    """The text; numbers as they are written, anything else as nothing."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(int(value)) if float(value).is_integer() else str(value)
    return value if isinstance(value, str) else ""


def number(value: Json) -> float | None:
    """The number, written as one or as a text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except ValueError:
        return None
    return found if abs(found) < 1e15 else None  # neither infinite nor « not a number »


def truth(value: Json) -> bool:
    """true, or its text."""
    return value is True or value == "true"
