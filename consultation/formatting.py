"""How people read a date, a number, a text with emphasis: pure functions, French and English."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache, partial
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from consultation.words import FRENCH, own_language, words

_NOT_ON_A_LINE = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
PARIS = ZoneInfo("Europe/Paris")
DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin", "juillet"),
    *("août", "septembre", "octobre", "novembre", "décembre"),
)
FIRST = "1er"
"""The first day of a month."""


def date_fr(moment: datetime) -> str:
    """« vendredi 28 juin 2024 à 18 h (heure de Paris) »."""
    local = moment.astimezone(PARIS)
    return f"{day_and_hour_fr(local)} (heure de Paris)"


def end_fr(moment: datetime) -> str:
    """« vendredi 28 juin 2024 à minuit (heure de Paris) »: a day's end is told of that day.

    Never « samedi 29 juin à 0 h », which people read as a day more.
    """
    return f"{_day_and_end_fr(moment.astimezone(PARIS))} (heure de Paris)"


def _day_and_end_fr(local: datetime) -> str:
    if local.time() != time():
        return day_and_hour_fr(local)
    return f"{weekday_fr(local - timedelta(days=1))} à minuit"


def _hour_fr(moment: datetime) -> str:
    minutes = f"\u00a0{moment.minute:02}" if moment.minute else ""
    return f"{moment.hour}\u00a0h{minutes}"


OVERSEAS = {
    "America/Guadeloupe": ("Guadeloupe", "Martinique", "Saint-Martin", "Saint-Barthélemy"),
    "America/Cayenne": ("Guyane",),
    "America/Miquelon": ("Saint-Pierre-et-Miquelon",),
    "Indian/Reunion": ("La Réunion",),
    "Indian/Mayotte": ("Mayotte",),
    "Pacific/Noumea": ("Nouvelle-Calédonie",),
    "Pacific/Wallis": ("Wallis-et-Futuna",),
    "Pacific/Tahiti": ("Polynésie française (Tahiti)",),
}


def overseas(
    moment: datetime, told: Callable[[datetime], str] | None = None
) -> list[tuple[str, str]]:
    """« vendredi 28 juin à 12 h », « Guadeloupe, Martinique… »: earliest first, Paris left out."""
    at: dict[datetime, list[str]] = {}
    paris = moment.astimezone(PARIS).replace(tzinfo=None)
    for zone, places in OVERSEAS.items():
        local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        at.setdefault(local, []).extend(places)
    return [
        ((told or day_and_hour_fr)(local), ", ".join(places))
        for local, places in sorted(at.items())
        if local != paris
    ]


def moment(when: datetime, language: str) -> str:
    """A date and an hour, in the platform's words."""
    return str(FILTERS[own_language(language)]["moment"](when))


def end(when: datetime, language: str) -> str:
    """The same of what ends then."""
    return str(FILTERS[own_language(language)]["end"](when))


def date_en(moment: datetime) -> str:
    """« Friday 28 June 2024 at 18:00 (Paris time) »."""
    return f"{_day_and_hour_en(moment.astimezone(PARIS))} (Paris time)"


def end_en(moment: datetime) -> str:
    """« Friday 28 June 2024 at midnight (Paris time) », for the end of that day."""
    return f"{_day_and_end_en(moment.astimezone(PARIS))} (Paris time)"


def _day_and_end_en(local: datetime) -> str:
    if local.time() != time():
        return _day_and_hour_en(local)
    return f"{_day_en(local - timedelta(days=1))} at midnight"


def _day_and_hour_en(local: datetime) -> str:
    return f"{_day_en(local)} at {local:%H:%M}"


def _day_en(day: date) -> str:
    weekday, month = words(DAYS[day.weekday()], "en"), words(MONTHS[day.month - 1], "en")
    return f"{weekday} {day.day} {month} {day.year}"


def day_and_hour_fr(local: datetime) -> str:
    """« vendredi 28 juin 2024 à 18 h », at the hour of the moment's own zone."""
    return f"{weekday_fr(local)} à {_hour_fr(local)}"


def day_fr(day: date) -> str:
    """« 28 juin 2024 »."""
    number = FIRST if day.day == 1 else str(day.day)
    return f"{number} {MONTHS[day.month - 1]} {day.year}"


def weekday_fr(day: date) -> str:
    """« lundi 3 juin 2024 »."""
    return f"{DAYS[day.weekday()]} {day_fr(day)}"


def one_line(text: str) -> str:
    """The same text where a line would end something: in a header, in the name of a file."""
    return _NOT_ON_A_LINE.sub(" ", text).strip()


def number_fr(number: float) -> str:
    """« 1 234 », « 12,5 »: narrow no-break space and decimal comma."""
    return f"{number:,}".replace(",", "\u202f").replace(".", ",")


def percent_fr(share: float) -> str:
    """« 12,5 % » of a share between 0 and 1."""
    return f"{number_fr(round(100 * share, 1))}\u00a0%"


def number_en(number: float) -> str:
    """« 1,234 », « 12.5 »."""
    return f"{number:,}"


FILTERS: Mapping[str, Mapping[str, Callable[..., object]]] = {
    FRENCH: {
        "moment": date_fr,
        "end": end_fr,
        "number": number_fr,
        "overseas": overseas,
        "overseas_end": partial(overseas, told=_day_and_end_fr),
    },
    "en": {
        "moment": date_en,
        "end": end_en,
        "number": number_en,
        "overseas": partial(overseas, told=_day_and_hour_en),
        "overseas_end": partial(overseas, told=_day_and_end_en),
    },
}
"""What pages of each language make of moments and numbers."""


def rich(text: object) -> Markup:
    """Keep `strong`, `em` and https links; everything else is shown as it was typed."""
    return _rich(str(text))


@lru_cache(maxsize=2_000)
def _rich(text: str) -> Markup:
    html, changed = str(escape(text)), 1
    while changed:  # innermost first, so that tags can only nest
        html, emphasised = _EMPHASIS.subn(r"<\1>\2</\1>", html)
        html, linked = _LINK.subn(r'<a href="\1">\2</a>', html)
        changed = emphasised + linked
    return Markup(html)  # noqa: S704 - escaped above


_INSIDE = r"((?:(?!&lt;|<a ).)*?)"
_EMPHASIS = re.compile(rf"&lt;(strong|em)&gt;{_INSIDE}&lt;/\1&gt;", re.DOTALL)
_LINK = re.compile(
    rf"&lt;a href=&#34;(https://(?:(?!&#34;|&#39;|&lt;|&gt;)\S)+)&#34;&gt;{_INSIDE}&lt;/a&gt;",
    re.DOTALL,
)


def paragraphs(text: object) -> Markup:
    """The same, one `p` for each block of lines."""
    blocks = re.split(r"\n\s*\n", str(text).strip())
    return Markup("").join(Markup("<p>{}</p>\n").format(rich(block)) for block in blocks if block)


def plain(html: Markup) -> Markup:
    """The same without its tags; unlike Jinja's own filter it keeps no-break spaces."""
    return Markup(re.sub(r"<[^>]*>", "", html).strip(" \n"))  # noqa: S704 - was already markup
