"""The common form: what every reader finds in a file, before it becomes ours.

Names and codes are those of the tool; texts are as it keeps them, by language.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from consultation.importing.evaluation import Dialect, Unticked
from consultation.importing.expressions import Misread, Plain, Tree

Words = Mapping[str, str]
"""A text by language, two letters each; tags and quoted answers are still the tool's."""


def language_of(code: str) -> str:
    """« fr », « fr-FR », « fr_formal » as two letters; '' when it is no language."""
    found = re.match(r"[a-z]{2}(?![a-z])", code.lower())
    return found.group() if found else ""


def under(title: Words, label: Words) -> Words:
    """« title – label », in the languages of either."""
    return {
        one: " – ".join(part for part in (title.get(one, ""), label.get(one, "")) if part.strip())
        for one in dict.fromkeys((*title, *label))
    }


def unkept(message: Words) -> str:
    """What to tell of the message of a bound, which says its own."""
    return f"le message « {next(iter(message.values()))} » n’est pas repris : une borne dit le sien"


KINDS = {
    "lost": "sans équivalent",
    "changed": "adapté",
    "fault": "défaut de l’original",
    "known": "connu d’avance",
}


@dataclass(frozen=True, kw_only=True)
class Markup:
    """How the texts of a tool quote answers, and whether they are Markdown."""

    quote: re.Pattern[str]  # the group `name` is what is quoted
    markdown: bool = False


@dataclass(frozen=True, kw_only=True)
class Remark:
    """Something that is not in the result as it was in the original, and where it was."""

    kind: str  # one of KINDS
    place: str
    said: str

    def __str__(self) -> str:
        return f"{self.place} : {KINDS[self.kind]} : {self.said}"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A condition of the original: its text, where it is, and what was read."""

    text: str
    place: str
    tree: Tree | Misread
    counted: bool = True  # False for what the importer deduced without any text
    each: bool = False  # one of the copies of a rule that bears on each option or row


@dataclass(frozen=True, kw_only=True)
class Option:
    """One possible answer; `value` is what expressions see, the code unless said."""

    code: str
    label: Words
    value: Plain = None
    hint: Words = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    other: int = 0
    exclusive: bool = False
    last: bool = False
    apart: bool = False

    @property
    def seen(self) -> Plain:
        """The value in expressions."""
        return self.code if self.value is None else self.value


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of a grid."""

    name: str
    label: Words
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Control:
    """A constraint on the answers: `refused` says when it is broken."""

    rule: Rule
    message: Words
    refused: bool = False  # whether the rule says what is wrong, instead of what is right


@dataclass(frozen=True, kw_only=True)
class Item:
    """A question; `kind` is a type of our language, `settings` are its keys, as we write them."""

    name: str
    kind: str
    text: Words
    place: str
    hint: Words = field(default_factory=dict)
    required: bool = False
    required_message: Words = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    options: tuple[Option, ...] = ()
    list: str = ""  # the name of the list in the original, when several questions share it
    rows: tuple[Row, ...] = ()
    settings: Mapping[str, str | int | float] = field(default_factory=dict)
    words: Mapping[str, Words] = field(default_factory=dict)  # unit, opt_out
    ends: tuple[Words, Words] | None = None
    controls: tuple[Control, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Page:
    """Questions shown together."""

    name: str
    title: Words
    place: str
    items: tuple[Item, ...]
    intro: Words = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    shuffle: str = ""


# What a name means in an expression


@dataclass(frozen=True)
class Answer:
    """The answer to a question, or to one line of a grid."""

    item: str
    row: str = ""


@dataclass(frozen=True)
class Box:
    """One answer of a multiple choice, ticked or not."""

    item: str
    code: str
    on: Plain
    off: Plain | Unticked = None


@dataclass(frozen=True)
class Formula:
    """Something computed from answers."""

    tree: Tree | Misread
    text: str = ""


@dataclass(frozen=True)
class Beforehand:
    """Something known before the first question, which we know nothing of."""

    label: str = ""


@dataclass(frozen=True)
class Untold:
    """Something that expressions may not use here, and why."""

    why: str


Symbol = Answer | Box | Formula | Beforehand | Untold


@dataclass(frozen=True, kw_only=True)
class Form:
    """A whole questionnaire, as its tool had it."""

    tool: str
    title: Words
    language: str
    languages: frozenset[str]
    pages: tuple[Page, ...]
    dialect: Dialect
    symbols: Mapping[str, Symbol]
    name: Callable[[str], str]  # a name in an expression → its key among the symbols
    needs_shown: Callable[[str], bool]  # whether a name makes false what a hidden question enters
    markup: Markup
    intro: Words = field(default_factory=dict)
    end: Words = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()
