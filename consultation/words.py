"""What the platform itself says on the agents' pages: in French, or in a language that has a table.

What it says is known by its French words, as templates and code write them; the words of a
questionnaire are in the questionnaire.
"""

from __future__ import annotations

from collections.abc import Mapping

from consultation import english

FRENCH = "fr"
TABLES: Mapping[str, Mapping[str, str]] = {"en": english.WORDS}
"""By language, then by French words."""


def own_language(language: str) -> str:
    """The language in which the platform speaks on a page in this language."""
    return language if language in TABLES else FRENCH


def words(french: str, language: str = FRENCH, /, **told: object) -> str:
    """These words in this language, or as they are when it has none for them.

    `told` replaces « %(name)s », as in the templates.
    """
    said = TABLES.get(language, {}).get(french, french)
    return said % told if told else said
