"""The territories HR offices work for: their names, their hours, their domains."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from consultation.config import shipped
from consultation.refusals import Refusal
from consultation.web import DAYS, PARIS, day_fr

OPENS, CLOSES = 8, 18  # local hours between which messages leave, from Monday to Friday
_WEEKEND = 5
_ZONES: Mapping[str, str] = {
    "D971": "America/Guadeloupe",
    "D972": "America/Martinique",
    "D973": "America/Cayenne",
    "D974": "Indian/Reunion",
    "D975": "America/Miquelon",
    "D976": "Indian/Mayotte",
    "D977": "America/St_Barthelemy",
    "D978": "America/Marigot",
    "D984": "Indian/Kerguelen",
    "D986": "Pacific/Wallis",
    "D987": "Pacific/Tahiti",
    "D988": "Pacific/Noumea",
}


class UnknownTerritory(Refusal):
    """Ce territoire n’existe pas. Écrivez un code comme D01, D2A ou D971, ou rien pour tous."""

    status = 422
    title = "Territoire à corriger"


@dataclass(frozen=True, kw_only=True)
class Territory:
    """Where the people of a batch work; without a code, all over the country."""

    code: str
    name: str
    zone: ZoneInfo

    @property
    def domain(self) -> str:
        """What comes before « .gouv.fr » in the addresses of its départment, « ain »."""
        plain = unicodedata.normalize("NFKD", self.name).encode("ascii", "ignore").decode()
        return re.sub(r"[^a-z]+", "-", plain.lower()).strip("-")

    def words(self, moment: datetime) -> str:
        """« lundi 3 juin 2024 à 9 h (heure de La Réunion) »."""
        local = moment.astimezone(self.zone)
        minutes = f"\u00a0{local.minute:02}" if local.minute else ""
        place = "Paris" if self.zone == PARIS else self.name
        day = f"{DAYS[local.weekday()]} {day_fr(local)}"
        return f"{day} à {local.hour}\u00a0h{minutes} (heure de {place})"

    def is_open(self, moment: datetime) -> bool:
        """Whether people are at work there."""
        local = moment.astimezone(self.zone)
        return local.weekday() < _WEEKEND and OPENS <= local.hour < CLOSES

    def next_opening(self, moment: datetime) -> datetime:
        """This moment if people are at work, or the next one when they will be."""
        if self.is_open(moment):
            return moment
        local = moment.astimezone(self.zone)
        opening = local.replace(hour=OPENS, minute=0, second=0, microsecond=0)
        if local >= opening:
            opening += timedelta(days=1)
        while opening.weekday() >= _WEEKEND:
            opening += timedelta(days=1)
        return opening.astimezone(moment.tzinfo)


EVERYWHERE = Territory(code="", name="toute la France", zone=PARIS)


def territory(code: str) -> Territory:
    """The territory of this code; UnknownTerritory when there is none."""
    found = territories().get(code)
    if found is None:
        raise UnknownTerritory
    return found


@cache
def territories() -> Mapping[str, Territory]:
    """Every territory by its code, the whole country first."""
    path = shipped("questionnaires") / "listes" / "territoires.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["code"].startswith("D")]
    found = {
        row["code"]: Territory(
            code=row["code"],
            name=row["label"].rpartition(" (")[0],
            zone=ZoneInfo(_ZONES.get(row["code"], PARIS.key)),
        )
        for row in sorted(rows, key=lambda row: row["code"])
    }
    return {"": EVERYWHERE, **found}
