"""The languages questionnaires are written in, each by its own name."""

from __future__ import annotations

from collections.abc import Mapping

_NAMES: Mapping[str, str] = {
    "br": "Brezhoneg",
    "ca": "Català",
    "co": "Corsu",
    "de": "Deutsch",
    "en": "English",
    "es": "Español",
    "eu": "Euskara",
    "fr": "Français",
    "ht": "Kreyòl",
    "it": "Italiano",
    "nl": "Nederlands",
    "oc": "Occitan",
    "pt": "Português",
    "ty": "Reo Tahiti",
}


def name_of(language: str) -> str:
    """What its speakers call it; its code when we do not know."""
    return _NAMES.get(language, language)
