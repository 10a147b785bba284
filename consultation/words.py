"""What the platform itself says to agents: in French, or in a language that has a table.

What it says is known by its French words, as templates, checks and scripts write them; the words
of a questionnaire are in the questionnaire. Scripts say theirs by `said`, the twin of `words`, in
`static/consultation.js`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from consultation import english

FRENCH = "fr"
TABLES: Mapping[str, Mapping[str, str]] = {"en": english.WORDS}
"""By language, then by French words."""

# What dates are told with
MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin", "juillet"),
    *("août", "septembre", "octobre", "novembre", "décembre"),
)
FIRST = "1er"
"""The first day of a month."""

SAID = re.compile(r'\bsaid\(\s*"([^"]+)"|\bcount\([^"\n]+,\s*"([^"]+)",\s*"([^"]+)"\s*\)')
"""What calls the words of a script."""


def own_language(language: str) -> str:
    """The language in which the platform speaks on a page in this language."""
    return language if language in TABLES else FRENCH


def words(french: str, language: str = FRENCH, /, **told: object) -> str:
    """These words in this language, or as they are when it has none for them.

    `told` replaces « %(name)s », as in the templates.
    """
    said = TABLES.get(language, {}).get(french, french)
    return said % told if told else said


def plural(number: float, one: str, many: str, language: str = FRENCH) -> str:
    """The words, of these two, that go with this number: in French, zero goes with one."""
    single = abs(number) < 2 if own_language(language) == FRENCH else number == 1
    return words(one if single else many, language)


def said_by(script: str) -> tuple[str, ...]:
    """The French words that a script says: those that it gives to `said` or `count`."""
    found = (french for pair in SAID.findall(script) for french in pair if french)
    return tuple(dict.fromkeys(found))
