"""What people read, before and after: words written otherwise, words that moved to another code."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from consultation.questionnaire.elements import Text

Effect = Literal["safe", "warning", "breaking"]
Said = tuple[Effect, str]
Texts = Mapping[str, Text | None]
"""What is read beside each code."""

SHOWN = 100
"""How many characters of a long text are shown, around what changes."""

_AROUND = 30
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"'})


@dataclass(frozen=True)
class Rewording:
    """Compares texts in the languages that both versions speak, their own first."""

    languages: tuple[str, ...]

    def of(self, subject: str, old: Text | None, new: Text | None) -> Iterator[Said]:
        """What changed in one text, shown before and after: worth a look."""
        yield from self.by_code(lambda _: subject, {"": old}, {"": new})

    def by_code(self, subject: Callable[[str], str], old: Texts, new: Texts) -> Iterator[Said]:
        """The same of texts that say what codes mean: one that moves to another code is breaking.

        A code that is no longer there says nothing.
        """
        told = set[Said]()
        for language in self.languages:
            before, after = _words(old, language), _words(new, language)
            given = [_given_up(before, after, form) for form in (str, _plain)]
            for code, words in after.items():
                source = next((codes[code] for codes in given if code in codes), None)
                if source is None and before.get(code, words) == words:
                    continue
                said = _said(before.get(code, ""), words, source)
                if said not in told:
                    told.add(said)
                    kind, message = said
                    mark = "" if language == self.languages[0] else f" ({language})"
                    yield kind, f"{subject(code)}{mark}{message}"


def _given_up(
    before: Mapping[str, str], after: Mapping[str, str], form: Callable[[str], str]
) -> dict[str, str]:
    """The codes whose words are now those that another code no longer has, and which one."""
    was = {code: form(words) for code, words in before.items()}
    now = {code: form(words) for code, words in after.items()}
    free = {words: code for code, words in was.items() if words and now.get(code) != words}
    return {
        code: free[words] for code, words in now.items() if words in free and was.get(code) != words
    }


def _said(before: str, after: str, source: str | None) -> Said:
    was, becomes = _shown(before, after)
    if source is None:
        return "warning", f" : {was} devient {becomes}."
    said = f" disait {was} et" if before else ""
    return "breaking", f"{said} dirait {becomes}, que disait « {source} »."


def _shown(before: str, after: str) -> tuple[str, str]:
    """Both, cut around where they begin to differ when they are long."""
    pairs = enumerate(zip(before, after, strict=False))
    differs = next((place for place, (one, other) in pairs if one != other), len(before))
    start = max(0, differs - _AROUND)
    if max(len(before), len(after)) <= SHOWN:
        start = 0
    return _quoted(before, start), _quoted(after, start)


def _quoted(words: str, start: int) -> str:
    if not words:
        return "rien"
    head = "…" if start else ""
    tail = "…" if len(words) > start + SHOWN else ""
    return f"« {head}{words[start : start + SHOWN]}{tail} »"


def _words(texts: Texts, language: str) -> dict[str, str]:
    return {
        code: " ".join(text.to(language).split()) if text else "" for code, text in texts.items()
    }


def _plain(words: str) -> str:
    """Without case, accents, spaces, kinds of quotes, or what ends a sentence; signs are kept."""
    apart = unicodedata.normalize("NFKD", words.translate(_QUOTES).casefold())
    plain = "".join(one for one in apart if not unicodedata.combining(one) and not one.isspace())
    return plain.strip(".,;:!?\"'") or plain
