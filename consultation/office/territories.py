"""The territories HR offices work for: their names, their hours and holidays, their domains."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from consultation.config import shipped
from consultation.formatting import PARIS, day_and_hour
from consultation.refusals import Refusal

OPENS, CLOSES = 8, 18  # local hours between which messages leave, on working days
_WEEKEND = 5
_OWN: Mapping[str, tuple[str, str]] = {
    "D57": (PARIS.key, "57"),
    "D67": (PARIS.key, "6AE"),
    "D68": (PARIS.key, "6AE"),
    "D971": ("America/Guadeloupe", "971"),
    "D972": ("America/Martinique", "972"),
    "D973": ("America/Cayenne", "973"),
    "D974": ("Indian/Reunion", "974"),
    "D975": ("America/Miquelon", "PM"),
    "D976": ("Indian/Mayotte", "976"),
    "D977": ("America/St_Barthelemy", "BL"),
    "D978": ("America/Marigot", "MF"),
    "D984": ("Indian/Kerguelen", "TF"),
    "D986": ("Pacific/Wallis", "WF"),
    "D987": ("Pacific/Tahiti", "PF"),
    "D988": ("Pacific/Noumea", "NC"),
}
"""The zone, and the name `holidays` gives to the days off, where they are not those of Paris."""


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
    calendar: str = ""  # of public holidays; without one, those of the whole country

    @property
    def domain(self) -> str:
        """What comes before « .gouv.fr » in the addresses of its départment, « ain »."""
        plain = unicodedata.normalize("NFKD", self.name).encode("ascii", "ignore").decode()
        return re.sub(r"[^a-z]+", "-", plain.lower()).strip("-")

    def words(self, moment: datetime) -> str:
        """« lundi 3 juin 2024 à 9 h (heure de La Réunion) »."""
        place = "Paris" if self.zone == PARIS else self.name
        return f"{day_and_hour(moment.astimezone(self.zone))} (heure de {place})"

    def day_off(self, day: date) -> str:
        """Why nobody works there that day, « jour férié : Ascension »; nothing when people do."""
        if day.weekday() >= _WEEKEND:
            return "fin de semaine"
        holiday = _holidays(self.calendar, day.year).get(day)
        return f"jour férié : {holiday}" if holiday else ""

    def closed(self, moment: datetime) -> str:
        """Why nobody is at work there now; nothing when people are."""
        local = moment.astimezone(self.zone)
        working = OPENS <= local.hour < CLOSES
        return self.day_off(local.date()) or ("" if working else "hors des heures de bureau")

    def is_open(self, moment: datetime) -> bool:
        """Whether people are at work there."""
        return not self.closed(moment)

    def next_opening(self, moment: datetime) -> datetime:
        """This moment if people are at work, or the next one when they will be."""
        if self.is_open(moment):
            return moment
        local = moment.astimezone(self.zone)
        opening = local.replace(hour=OPENS, minute=0, second=0, microsecond=0)
        if local >= opening:
            opening += timedelta(days=1)
        while self.day_off(opening.date()):
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
            zone=ZoneInfo(zone),
            calendar=calendar,
        )
        for row in sorted(rows, key=lambda row: row["code"])
        for zone, calendar in [_OWN.get(row["code"], (PARIS.key, ""))]
    }
    return {"": EVERYWHERE, **found}


@cache
def _holidays(calendar: str, year: int) -> Mapping[date, str]:
    """The public holidays of a year, by their names."""
    from holidays import country_holidays  # 60 ms that few commands need

    found = country_holidays("FR", subdiv=calendar or None, years=year, expand=False, language="fr")
    return {day: name.replace("'", "’").replace("; ", " et ") for day, name in found.items()}
