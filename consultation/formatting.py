"""How people read a date, a number, a text with emphasis: pure functions, French and English."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache, partial
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from consultation.words import FIRST, FRENCH, MONTHS, TABLES, own_language, words

_NOT_ON_A_LINE = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
PARIS = ZoneInfo("Europe/Paris")
DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
IN_PARIS = "%(moment)s (heure de Paris)"


def moment(when: datetime, language: str = FRENCH) -> str:
    """« vendredi 28 juin 2024 à 18 h (heure de Paris) », in the platform's words."""
    told = day_and_hour(when.astimezone(PARIS), language)
    return words(IN_PARIS, language, moment=told)


def end(when: datetime, language: str = FRENCH) -> str:
    """« vendredi 28 juin 2024 à minuit (heure de Paris) »: a day's end is told of that day.

    Never « samedi 29 juin à 0 h », which people read as a day more.
    """
    told = _day_and_end(when.astimezone(PARIS), language)
    return words(IN_PARIS, language, moment=told)


def day_and_hour(local: datetime, language: str = FRENCH) -> str:
    """« vendredi 28 juin 2024 à 18 h », at the hour of the moment's own zone."""
    told = {"day": _weekday(local, language), "hour": _hour(local, language)}
    return words("%(day)s à %(hour)s", language, **told)


def _day_and_end(local: datetime, language: str = FRENCH) -> str:
    if local.time() != time():
        return day_and_hour(local, language)
    return words("%(day)s à minuit", language, day=_weekday(local - timedelta(days=1), language))


def _hour(local: datetime, language: str) -> str:
    if own_language(language) == "en":
        return f"{local:%H:%M}"
    minutes = f"\u00a0{local.minute:02}" if local.minute else ""
    return f"{local.hour}\u00a0h{minutes}"


def _weekday(local: date, language: str) -> str:
    return f"{words(DAYS[local.weekday()], language)} {_day(local, language)}"


def _day(local: date, language: str) -> str:
    number = words(FIRST, language) if local.day == 1 else str(local.day)
    return f"{number} {words(MONTHS[local.month - 1], language)} {local.year}"


def weekday_fr(local: date) -> str:
    """« lundi 3 juin 2024 »."""
    return _weekday(local, FRENCH)


def day_fr(local: date) -> str:
    """« 3 juin 2024 »."""
    return _day(local, FRENCH)


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
    moment: datetime, told: Callable[[datetime], str] = day_and_hour
) -> list[tuple[str, str]]:
    """« vendredi 28 juin à 12 h », « Guadeloupe, Martinique… »: earliest first, Paris left out."""
    at: dict[datetime, list[str]] = {}
    paris = moment.astimezone(PARIS).replace(tzinfo=None)
    for zone, places in OVERSEAS.items():
        local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        at.setdefault(local, []).extend(places)
    return [
        (told(local), ", ".join(places)) for local, places in sorted(at.items()) if local != paris
    ]


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


def _filters(language: str) -> Mapping[str, Callable[..., object]]:
    return {
        "moment": partial(moment, language=language),
        "end": partial(end, language=language),
        "number": number_en if language == "en" else number_fr,
        "overseas": partial(overseas, told=partial(day_and_hour, language=language)),
        "overseas_end": partial(overseas, told=partial(_day_and_end, language=language)),
    }


FILTERS = {language: _filters(language) for language in (FRENCH, *TABLES)}
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
