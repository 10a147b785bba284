"""How texts read: the typography of French, and what screen readers and thumbs stumble on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from consultation.questionnaire.elements import NO_LANGUAGE, Text
from consultation.questionnaire.kinds import Question
from consultation.questionnaire.model import Questionnaire
from consultation.questionnaire.problems import LONGEST_BLOCK, Mark, Problems
from consultation.questionnaire.texts import TAG, texts_of

MOST_ABSENT = 20
"""How many translations that are missing are told one by one."""

LONGEST = 200
"""Characters beyond which a question or a label is no longer read."""

_NBSP = "\N{NO-BREAK SPACE}"
_FIXED = f"{_NBSP}\N{NARROW NO-BREAK SPACE}"
_OPENING = "\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}"
_MARKED = re.compile(f"({TAG.pattern}|\\{{[^{{}}]*\\}})")
_PROPER: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])"), "’"),
    (re.compile("(?<=\\S)  +(?=\\S)"), " "),
    (re.compile(r" (?=[:;?!»](?:[\s.,)»]|$))"), _NBSP),
    (re.compile(r"(?<=\w)(?=[;?!»](?!\w))|(?<=\w)(?=:(?:\s|$))"), _NBSP),
    (re.compile(f"{_OPENING} ?(?![{_FIXED}])"), f"«{_NBSP}"),
)
_LINK = re.compile(r"<a [^<>]*>(?P<words>[^<>]*)</a>")
_EMPTY_LINKS = {"ici", "la", "cliquez ici", "cliquer ici", "lien", "ce lien", "en savoir plus"}


@dataclass(frozen=True)
class _Rule:
    """What is not written in French, and what is."""

    code: str
    pattern: re.Pattern[str]
    message: str
    remedy: str


_RULES = (
    _Rule(
        "double-space",
        re.compile(r"\S*  +\S*"),
        "Il y a deux espaces de suite.",
        "Gardez-en une.",
    ),
    _Rule(
        "apostrophe",
        re.compile(r"[^\W\d_]+'[^\W\d_]+"),
        "L’apostrophe est droite.",
        "Écrivez l’apostrophe courbe : ’.",
    ),
    _Rule(
        "no-break-space",
        re.compile(r"\w*(?: [:;?!»](?=[\s.,)»]|$)|(?<=\w)[;?!»](?!\w)|(?<=\w):(?=\s|$))"),
        "Il manque une espace insécable avant ce signe.",
        "En français, elle précède les deux-points, le point-virgule, ? ! et ».",
    ),
    _Rule(
        "no-break-space",
        re.compile(rf"{_OPENING}(?![{_FIXED}])\s?\S*"),
        "Il manque une espace insécable après ce guillemet.",
        "Écrivez-la entre le guillemet et le mot.",
    ),
    _Rule(
        "capitals",
        re.compile(r"[A-ZÀ-Ý]{4,}(?:['’ -]+[A-ZÀ-Ý]{2,})*['’ -]+[A-ZÀ-Ý]{4,}"),
        "Ces mots sont en capitales.",
        "Écrivez en minuscules : c’est plus facile à lire.",
    ),
)


def check_wording(q: Questionnaire, problems: Problems) -> None:
    """Note what reads badly in the texts written in French, and the links that say nothing."""
    for text in texts_of(q):
        for language, words in text.versions:
            if _is_french(language, q):
                _check_french(text, words, problems)
            _check_links(text, words, problems)
    for text in _short_texts(q):
        _check_length(text, problems)


def check_translations(q: Questionnaire, lists: Mapping[str, str], problems: Problems) -> None:
    """Note the texts, and the columns of the lists, that lack one of the languages."""
    _, *others = q.languages
    texts = texts_of(q) if others else ()
    written = {(text.line, text.column): text for text in texts if text.line}
    for language in others:
        absent = [text for text in written.values() if language not in dict(text.versions)]
        few = len(absent) <= MOST_ABSENT
        for text in absent if few else absent[:1]:
            said = f"Ce texte n’a pas de version « {language} »."
            if not few:
                said = (
                    f"{len(absent)} textes n’ont pas de version « {language} » ; voici le premier."
                )
            remedy = f"Écrivez {{{q.lang}: …, {language}: …}}."
            problems.warning(Mark(text.line, text.column), "untranslated", said, remedy)
        for file, content in lists.items():
            column = f"label_{language}"
            if not re.search(rf"\b{column}\b", content.partition("\n")[0]):
                said = f"Cette liste n’a pas de version « {language} »."
                remedy = f"Ajoutez la colonne « {column} »."
                problems.warning(Mark(1, 1), "untranslated", said, remedy, file=file)


def tidied(source: str, q: Questionnaire) -> str:
    """The file with the typography of its French texts put right, wherever it shows them whole."""
    lines = source.split("\n")
    for text in texts_of(q):
        for language, words in text.versions:
            if text.line and _is_french(language, q):
                _tidy(lines, text.line - 1, words)
    return "\n".join(lines)


def tidy(words: str) -> str:
    """These words with the apostrophes and spaces of French."""
    parts = _MARKED.split(words)
    parts[::2] = (_set(part) for part in parts[::2])
    return "".join(parts)


def _set(words: str) -> str:
    for pattern, proper in _PROPER:
        words = pattern.sub(proper, words)
    return words


def _tidy(lines: list[str], first: int, words: str) -> None:
    for written in words.split("\n"):
        proper = tidy(written)
        if proper == written:
            continue
        for number in range(first, min(first + LONGEST_BLOCK, len(lines))):
            if written in lines[number]:
                lines[number] = lines[number].replace(written, proper, 1)
                break


def _is_french(language: str, q: Questionnaire) -> bool:
    return (q.lang if language == NO_LANGUAGE else language) == "fr"


def _check_french(text: Text, words: str, problems: Problems) -> None:
    plain = TAG.sub("", words)
    for rule in _RULES:
        found = rule.pattern.search(plain)
        if found:
            at = problems.find(Mark(text.line, text.column), found.group())
            problems.warning(at, rule.code, rule.message, rule.remedy)


def _check_links(text: Text, words: str, problems: Problems) -> None:
    for link in _LINK.finditer(words):
        said = link["words"].strip().casefold().replace("à", "a")
        if said in _EMPTY_LINKS:
            at = problems.find(Mark(text.line, text.column), f">{link['words']}<")
            message = f"Le lien « {link['words']} » ne dit pas où il mène."
            problems.warning(at, "link-text", message, "Nommez la page : il se lit hors contexte.")


def _check_length(text: Text, problems: Problems) -> None:
    for _, words in text.versions:
        if len(TAG.sub("", words)) > LONGEST:
            said = f"Ce texte a {len(words)} caractères."
            remedy = f"Tenez-vous à {LONGEST} ; le reste va dans « hint » ou « intro »."
            problems.warning(Mark(text.line, text.column), "long-text", said, remedy)


def _short_texts(q: Questionnaire) -> Iterator[Text]:
    """The texts that must be short: titles, questions, labels."""
    yield q.title
    for page in q.pages:
        yield page.title
        for question in page.questions:
            if question.asks:
                yield question.text
            yield from _labels(question)


def _labels(question: Question) -> Iterator[Text]:
    yield from (option.label for option in question.options)
    yield from (row.label for row in question.rows)
