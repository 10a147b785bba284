"""What the commands of every side share: what they are given, what they say, how they refuse."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, ClassVar

import click

from consultation.days import end_of, start_of
from consultation.formatting import PARIS

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError

WHO = "commande"
MIGRATE = "Lancez : consultation database migrate"
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class Mistake(click.ClickException):
    """What was asked cannot be done: a sentence instead of a traceback, and a code for scripts."""

    exit_code = 1  # 2 is click's own, for a command misspelt

    def show(self, file: IO[str] | None = None) -> None:
        """Print it, in French."""
        click.secho(f"Erreur : {self.format_message()}", fg="red", err=True)


class Misconfigured(Mistake):
    """The environment is to be corrected."""

    exit_code = 3


class Unavailable(Mistake):
    """A base, a relay or a disk is away: the same command may work later."""

    exit_code = 4


class Moment(click.ParamType[datetime]):
    """A date and an hour, those of Paris without a zone; or a day alone.

    What begins on a day begins with it, at 0 h; what `ends` on a day ends with it, at midnight.
    """

    name = "date"
    _DAY: ClassVar = re.compile(r"([-\dW]+)([T ]24:00(?::00)?)?")
    _DAY_AND_HOUR: ClassVar = re.compile(r"[-\dW]+[T ].+")

    def __init__(self, *, ends: bool = False) -> None:
        self._ends = ends

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """« 2024-06-28 18:00 », or « 2024-06-28 », as an aware date."""
        if isinstance(value, datetime):
            return value
        try:
            return self._moment(value.strip()).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(
                f"« {value} » n’est pas une date. Exemples : « 2024-06-28 18:00 », ou "
                "« 2024-06-28 » pour le jour entier.",
                param,
                ctx,
            )

    def _moment(self, written: str) -> datetime:
        alone = self._DAY.fullmatch(written)
        if alone:
            day = date.fromisoformat(alone[1])
            return end_of(day) if self._ends or alone[2] else start_of(day)
        if not self._DAY_AND_HOUR.fullmatch(written):
            raise ValueError(written)
        moment = datetime.fromisoformat(written)
        return moment if moment.tzinfo else moment.replace(tzinfo=PARIS)


class Duration(click.ParamType[timedelta]):
    """A number of hours or of days."""

    name = "durée"
    _UNITS: ClassVar = {"h": timedelta(hours=1), "j": timedelta(days=1)}

    def convert(
        self, value: str | timedelta, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """« 48h » or « 2j »; « 0 » for none."""
        if isinstance(value, timedelta):
            return value
        number, unit = value.strip().rstrip("hj"), value.strip()[-1:]
        if value.strip() == "0":
            return timedelta()
        if not number.isdecimal() or unit not in self._UNITS:
            self.fail(f"« {value} » n’est pas une durée. Exemples : « 48h », « 2j ».", param, ctx)
        return int(number) * self._UNITS[unit]


def lines(values: dict[str, object]) -> None:
    """Show each value after its name, in columns."""
    width = max(len(name) for name in values)
    for name, value in values.items():
        click.echo(f"  {name:<{width}}  {value}")


def table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """Show rows in columns under their header."""
    written = [header, *rows]
    widths = [max(len(line[column]) for line in written) for column in range(len(header))]
    for line in written:
        click.echo(
            "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
        )


def database_sentence(error: DBAPIError) -> str:
    """What a database says when it fails, and what to do."""
    reason = str(error.orig).strip().splitlines()[0]
    if "no such table" in reason or "UndefinedTable" in type(error.orig).__name__:
        return f"les tables manquent. {MIGRATE}"
    return f"la base ne répond pas ({reason}). Vérifiez son adresse et qu’elle est démarrée."
