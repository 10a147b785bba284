"""What is published of a campaign: figures that change at its opening, releases, days and end.

No page shows a count that moves with each answer: whoever looked at it every few seconds would
learn when somebody answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from consultation.formatting import number_fr

Name = Literal[
    "invited",
    "roll",
    "issued",
    "reissued",
    "forgotten",
    "spent",
    "ballots",
    "lost",
    "urn",
    "journal",
]

NAMES: tuple[Name, ...] = get_args(Name)
ROUNDED_TO = 5
FEWEST_SHOWN = 11


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A count or a fingerprint, and the day it was published."""

    value: str
    day: date


@dataclass(frozen=True, kw_only=True)
class Published:
    """Every figure of a campaign, by name, in the order of `NAMES`."""

    figures: Mapping[Name, Figure]

    def number(self, name: Name) -> int | None:
        """A published count."""
        found = self.figures.get(name)
        return int(found.value) if found else None

    def day(self, name: Name) -> date | None:
        """When it was published."""
        found = self.figures.get(name)
        return found.day if found else None

    @property
    def complete(self) -> bool:
        """Whether the campaign has ended and its account is published."""
        return "urn" in self.figures


def about(count: int) -> str:
    """A count, for people, as long as ballots may still come."""
    if count < FEWEST_SHOWN:
        return f"moins de {FEWEST_SHOWN}"
    return f"environ {number_fr(ROUNDED_TO * round(count / ROUNDED_TO))}"
