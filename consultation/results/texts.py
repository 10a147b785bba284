"""Takes out of a free text what points at someone: e-mails, telephones, long numbers, names.

It helps the person who reads the texts again before they are spread; it does not replace them.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

EMAIL, PHONE, NUMBER, NAME = "[courriel]", "[téléphone]", "[numéro]", "[nom]"

LINE_BREAK = " ⏎ "  # one text, one line: many readers of CSV stumble on a line break in a cell

Lexicon = frozenset[str]
"""Names as `folded` writes them."""

NO_NAMES: Lexicon = frozenset()


@dataclass(frozen=True)
class Redacted:
    """A text without what was found, and how many times each mark replaces something."""

    text: str
    found: Counter[str]


def redact(text: str, names: Lexicon = NO_NAMES) -> Redacted:
    """The text with marks where an address, a number or a name was."""
    found: Counter[str] = Counter()
    text = unicodedata.normalize("NFC", text)
    for pattern, mark in _PATTERNS:
        text = pattern.sub(_marking(mark, found), text)
    return Redacted(_without_names(text, names, found), found)


def lexicon_of(text: str) -> Lexicon:
    """The names in a text, each a word."""
    return frozenset(map(folded, text.split()))


def one_line(text: str) -> str:
    """The text without line breaks or control characters, each line break still visible."""
    lines = (_CONTROL.sub(" ", line).strip() for line in text.splitlines())
    return LINE_BREAK.join(line for line in lines if line)


def folded(name: str) -> str:
    """The name without case or accents, as a lexicon holds it."""
    plain = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()


def _marking(mark: str, found: Counter[str]) -> Callable[[re.Match[str]], str]:
    def replace(match: re.Match[str]) -> str:
        found[mark] += 1
        return match.groupdict().get("kept", "") + mark

    return replace


def _without_names(text: str, names: Lexicon, found: Counter[str]) -> str:
    """The capitalised words of the lexicon: « Petit » is a name, « petit » is not."""
    if not names:
        return text

    def replace(match: re.Match[str]) -> str:
        word = match.group()
        if folded(word) not in names:
            return word
        found[NAME] += 1
        return NAME

    return _CAPITALISED.sub(replace, text)


_UPPER = "A-ZÀ-ÖØ-ÞŒ"
_LOWER = "a-zß-öø-ÿœ"
_SPACE = r"[ \u00a0\u202f]"
_WORD = rf"[{_UPPER}][{_UPPER}{_LOWER}’'-]{{0,40}}"
_PARTICLE = rf"(?:(?:de{_SPACE}la|de|du|des|d’|d'|le|la|van|von|el|ben){_SPACE}?)"
_INITIAL = rf"(?:[{_UPPER}]\.{_SPACE}?)"
_FULL_NAME = rf"{_INITIAL}{{0,2}}{_PARTICLE}?{_WORD}(?:{_SPACE}{_PARTICLE}?{_WORD}){{0,2}}"
_CIVILITY = (
    r"(?:M\.|MM\.|Mr\.?|Mme\.?|Mlle\.?|Mgr\.?|Dr\.?|Pr\.?|Me\.?|[Mm]onsieur|[Mm]adame"
    r"|[Mm]ademoiselle|[Dd]octeur|[Mm]aître|[Cc]ollègue|mme|mlle)"
)
_OFFICE = (
    r"(?:(?:sous-)?préf(?:et|ète)|direct(?:eur|rice)|chef(?:fe)?|secrétaire(?: générale?)?"
    r"|adjointe?|responsable|collègue|agente?|capitaine|commandante?|inspect(?:eur|rice))"
)
_COMMON = (
    r"(?:Départementale?|Régionale?|Générale?|Nationale?|Adjointe?|Interministérielle?"
    r"|Direction|Préfecture|État|Services?|Pôle|Bureau|Unité|Ministère|France)"
)
_NOT_A_NAME = rf"(?!{_COMMON}\b)"

# Every repetition is bounded or possessive: no text makes the search slow.
_PATTERNS = (
    (
        re.compile(r"(?<![\w.+-])[\w.+-]++(?:@|\(at\)|\[at\]|＠)[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}"),
        EMAIL,
    ),
    (
        re.compile(
            r"(?<![\w+])(?:(?:\+|00)[1-9]\d{0,2}[\s./-]?(?:\(0\)[\s./-]?)?[1-9]|0[1-9])"
            r"(?:[\s./-]?\d{2}){4}(?!\d)"
        ),
        PHONE,
    ),
    (re.compile(r"(?<!\w)\d(?:[\s.-]?\d){6,20}(?!\w)"), NUMBER),
    (
        re.compile(rf"(?P<kept>\b{_CIVILITY}{_SPACE}{{0,2}})(?<!\w){_NOT_A_NAME}{_FULL_NAME}"),
        NAME,
    ),
    (
        re.compile(
            rf"(?P<kept>\b(?:mme|mlle|mr|Mme|Mlle|Mr)\.?{_SPACE})(?!(?:la|le|les|l’|l')\b)"
            rf"[{_LOWER}][{_LOWER}-]{{2,40}}"
        ),
        NAME,
    ),
    (
        re.compile(
            rf"(?P<kept>\b{_OFFICE}{_SPACE}){_NOT_A_NAME}[{_UPPER}][{_LOWER}][{_LOWER}’'-]"
            rf"{{1,40}}(?:{_SPACE}{_WORD})?"
        ),
        NAME,
    ),
)
_CAPITALISED = re.compile(rf"\b[{_UPPER}][{_UPPER}{_LOWER}’'-]{{1,40}}\b")
_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
