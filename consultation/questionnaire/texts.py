"""What a text of the questionnaire may hold: three tags, and answers given earlier."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Protocol

from consultation.questionnaire.conditions import Condition
from consultation.questionnaire.elements import Answers, Text

PIPE = re.compile(r"\{(?P<question>[a-z][a-z0-9_]*)(?:\|(?P<fallback>[^{}|]*))?\}")
"""An answer quoted, and what is said in its place."""

TAG = re.compile(r"<(?=[A-Za-z/!?])[^>]*>?")
"""A tag, permitted or not."""

_ENTITY = re.compile(r"&(?:#\w+|[A-Za-z][A-Za-z0-9]*);")
_OPENING = re.compile(r'<(?:(?P<name>strong|em)|(?P<link>a) href="https://[^"\s<>]+")>')
_CLOSING = re.compile(r"</(?P<name>strong|em|a)>")


@dataclass(frozen=True)
class Pipe:
    """An answer quoted in a text: `{question|fallback}`."""

    question: str
    fallback: str | None


@dataclass(frozen=True)
class Flaw:
    """What a text may not hold, and what to write instead."""

    code: str
    excerpt: str
    message: str
    remedy: str


class Quoted(Protocol):
    """A question whose answer a text may quote."""

    def quote(self, answers: Answers, language: str) -> str:
        """The answer; '' when there is none, or none that can be quoted."""


def pipes(text: str) -> Iterator[Pipe]:
    """The answers quoted in the text."""
    return (Pipe(found["question"], found["fallback"]) for found in PIPE.finditer(text))


def plain(text: Text) -> str:
    """The text in the questionnaire's language, without its tags, quoting no answer."""
    return PIPE.sub(lambda found: found["fallback"] or "…", TAG.sub("", str(text)))


def render(
    text: Text, answers: Answers, questions: Mapping[str, Quoted], language: str = ""
) -> str:
    """The text for this respondent, with the answers it quotes among the *visible* `answers`."""
    written = text.to(language)
    if "{" not in written:
        return written

    def quoted(found: re.Match[str]) -> str:
        question = questions.get(found["question"])
        shown = question.quote(answers, language) if question else ""
        return shown or found["fallback"] or ""

    return PIPE.sub(quoted, written)


def texts_of(value: object) -> Iterator[Text]:
    """Every text below this value."""
    if isinstance(value, Text):
        yield value
        return
    for part in _below(value):
        if not isinstance(part, _WORDLESS):
            yield from texts_of(part)


def flaws(text: str, *, tags: bool, piping: bool) -> Iterator[Flaw]:
    """Everything in the text that is outside the subset."""
    yield from _brace_flaws(text, piping)
    yield from _tag_flaws(text) if tags else _plain_flaws(text)
    for found in _ENTITY.finditer(text):
        yield Flaw(
            "html",
            found.group(),
            f"« {found.group()} » s’afficherait tel quel.",
            "Écrivez le caractère lui-même.",
        )


_WORDLESS = (str, int, float, Condition, type(None))


def _below(value: object) -> Iterable[object]:
    if isinstance(value, tuple):
        return value
    return [getattr(value, one.name) for one in fields(value)] if is_dataclass(value) else ()


def _brace_flaws(text: str, piping: bool) -> Iterator[Flaw]:
    if not piping and PIPE.search(text):
        yield Flaw(
            "piping",
            "{",
            "Ce texte ne peut pas reprendre une réponse.",
            "Seuls les textes des pages et des questions le peuvent.",
        )
    elif found := re.search(r"[{}]", PIPE.sub("", text)):
        yield Flaw(
            "piping",
            found.group(),
            f"L’accolade « {found.group()} » ne forme pas une reprise de réponse.",
            "Écrivez {question|texte de remplacement}, ou retirez l’accolade.",
        )


def _plain_flaws(text: str) -> Iterator[Flaw]:
    for found in TAG.finditer(text):
        yield Flaw("html", found.group(), "Ce texte n’admet aucune balise.", "Retirez la balise.")


def _tag_flaws(text: str) -> Iterator[Flaw]:
    opened: list[str] = []
    for found in TAG.finditer(text):
        tag = found.group()
        opening, closing = _OPENING.fullmatch(tag), _CLOSING.fullmatch(tag)
        if opening and not opened:
            opened.append(opening["name"] or opening["link"])
        elif closing and opened == [closing["name"]]:
            opened.clear()
        elif opening or closing:
            yield Flaw("html", tag, f"La balise « {tag} » est mal placée.", _BALANCE)
        else:
            yield Flaw("html", tag, f"La balise « {tag} » n’est pas permise.", _SUBSET)
    if opened:
        yield Flaw("html", opened[0], f"La balise <{opened[0]}> n’est pas fermée.", _BALANCE)


_SUBSET = 'Les balises permises sont <strong>, <em> et <a href="https://…">, sans autre attribut.'
_BALANCE = "Ouvrez puis fermez chaque balise, sans les imbriquer."
