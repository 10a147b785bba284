"""Numbers as people write them in French: « 3,5 », « 1 000 », and nothing cleverer."""

from __future__ import annotations

import re
from dataclasses import dataclass

from consultation.words import FRENCH, own_language, words

MAX_DIGITS = 15
"""More digits would not survive a binary floating-point number."""

_SPACES = " \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}\N{FIGURE SPACE}"
_WRITTEN = re.compile(
    rf"(?P<sign>[-+\N{{MINUS SIGN}}]?)(?P<whole>[0-9]{{1,3}}(?:[{_SPACES}][0-9]{{3}})+|[0-9]+)"
    r"(?:[.,](?P<decimals>[0-9]+))?"
)
IN_WORDS = ("zéro", "une", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix")
"""Small counts in the feminine, as in « trois réponses »."""


@dataclass(frozen=True)
class Written:
    """A number and how many decimals were written."""

    value: int | float
    decimals: int


def read_number(text: str) -> Written | None:
    """The number written in `text`; None when it is not one."""
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        return None
    whole = re.sub(f"[{_SPACES}]", "", found["whole"]).lstrip("0") or "0"
    decimals = found["decimals"] or ""
    if len(whole) + len(decimals) > MAX_DIGITS:
        return None
    sign = "" if found["sign"] in ("", "+") else "-"
    return Written(canonical(float(f"{sign}{whole}.{decimals or 0}")), len(decimals))


def canonical(value: float) -> int | float:
    """One way to write each number: 3 and never 3.0, 0 and never −0."""
    return int(value) if value == int(value) else value


def show_number(value: float, language: str = FRENCH) -> str:
    """The number as it is read in French: « 1 234,5 »."""
    whole, _, decimals = f"{abs(value):.{MAX_DIGITS}g}".partition(".")
    if "e" in whole + decimals:
        whole, _, decimals = f"{abs(value):.{MAX_DIGITS}f}".rstrip("0").partition(".")
    grouped = f"{int(whole):,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    sign = "\N{MINUS SIGN}" if value < 0 else ""
    if own_language(language) == "en":
        whole = grouped.replace("\N{NARROW NO-BREAK SPACE}", ",")
        return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"
    return f"{sign}{grouped},{decimals}" if decimals else f"{sign}{grouped}"


def in_words(count: int, language: str = FRENCH) -> str:
    """A small count in words, a larger one in digits."""
    return words(IN_WORDS[count], language) if 0 <= count < len(IN_WORDS) else str(count)
