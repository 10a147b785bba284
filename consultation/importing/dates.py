"""Dates of other tools: how much of a date they ask for, and from when until when.

A tool that asks for a month or a year keeps its first day, and compares that one with the bounds:
from 15 March, March itself is refused. Ours compare months with months.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta

from consultation.importing.form import Item, Remark
from consultation.questionnaire.dates import Precision, day_of

DAY, MONTH, YEAR, HOUR = "yyyy-mm-dd", "yyyy-mm", "yyyy", "HH:MM"
"""Patterns, as LimeSurvey writes them; the hour may follow one of the others."""

_PRECISIONS: Mapping[frozenset[str], Precision] = {
    frozenset("dmy"): "day",
    frozenset("my"): "month",
    frozenset("y"): "year",
}
_OF_TIME = frozenset("HhMsAaTt")


def dated(
    item: Item,
    pattern: str,
    written: Mapping[str, str],
    remarks: list[Remark],
    *,
    touching: bool = False,
) -> Item:
    """The question as a date, or as a text when the pattern is not one of a date.

    `written` has the `min` and `max` of the tool; `touching` is whether a month or a year that
    holds a bound is admitted whatever its first day. What is lost is added to the remarks.
    """

    def tell(kind: str, said: str) -> None:
        remarks.append(Remark(kind=kind, place=item.place, said=said))

    letters = frozenset(re.findall("[A-Za-z]", pattern))
    precision = _PRECISIONS.get(letters - _OF_TIME)
    if precision is None:
        tell("changed", f"la date « {pattern} » devient un texte")
        remarks += unbounded(item, written)
        return item
    timed = bool(letters & _OF_TIME)
    if timed:
        tell("lost", "l’heure n’est pas demandée : seule la date est reprise")
    settings: dict[str, str] = {} if precision == "day" else {"precision": precision}
    for key, sign in (("min", ">="), ("max", "<=")):
        said = written.get(key, "").strip()
        day = first_day(re.split("[T ]", said)[0] if timed else said)
        found = bound(sign, day, "day" if touching else precision) if day else None
        if found:
            settings[key] = found[1]
        elif said:
            tell("lost", f"la borne « {said} » n’est pas une date écrite")
    return replace(item, kind="date", settings=settings)


def unbounded(item: Item, written: Mapping[str, str]) -> Iterator[Remark]:
    """What to tell of the bounds of what becomes a text."""
    for one in written.values():
        if one.strip():
            said = f"la borne « {one.strip()} » d’un texte n’est pas reprise"
            yield Remark(kind="lost", place=item.place, said=said)


def first_day(written: str) -> date | None:
    """The day written « 2024-06-28 », or the first one of « 2024-06 » or « 2024 »."""
    if len(written) not in (len(DAY), len(MONTH), len(YEAR)):
        return None
    return day_of(written + "-01-01"[len(written) - len(YEAR) :])


def bound(sign: str, day: date, precision: Precision) -> tuple[str, str] | None:
    """`min` or `max` of ours, for answers whose first day compares so with this day."""
    try:
        match sign:
            case "<=":
                return "max", day.isoformat()
            case "<":
                return "max", (day - timedelta(1)).isoformat()
            case ">=":
                return "min", _start(day, precision).isoformat()
            case ">":
                return "min", _start(day + timedelta(1), precision).isoformat()
    except (OverflowError, ValueError):  # before the year 1, or after 9999
        return None
    return None


def _start(day: date, precision: Precision) -> date:
    """The first of the months or years that begin on this day or later."""
    if precision == "day" or (day.day == 1 and precision == "month"):
        return day
    if precision == "year":
        return day if (day.month, day.day) == (1, 1) else date(day.year + 1, 1, 1)
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
