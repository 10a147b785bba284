"""YAML without its traps: every value is the text written, and says where it was written.

Refused: duplicate keys, anchors, aliases, merges, tags, several documents. Nothing is guessed: `01`
stays `01`, `no` stays `no`; whoever reads a value says what it must be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn, Protocol

import yaml

from consultation.questionnaire.nodes import Node, Scalar, Series, Table
from consultation.questionnaire.problems import Mark, Problems

MAX_BYTES = 1_000_000
MAX_DEPTH = 30


def read(source: str, problems: Problems) -> Node | None:
    """The tree of the document; None when there is none that can be read."""
    if len(source.encode(errors="replace")) > MAX_BYTES:
        problems.error(
            Mark(1, 1), "too-big", "Le fichier dépasse 1 Mo.", "Mettez les listes dans des CSV."
        )
        return None
    builder = _Builder(source, problems)
    try:
        for event in yaml.parse(source, Loader=_LOADER):
            builder.take(event)
    except (yaml.YAMLError, UnicodeEncodeError) as unreadable:
        _report(unreadable, source, problems)
        return None
    except _GiveUp:
        return None
    return builder.root


_LOADER: type[yaml.BaseLoader] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class _GiveUp(Exception):
    """Nothing useful can be read after this; the problem is already noted."""


@dataclass
class _Open:
    """A list or table being read."""

    mark: Mark
    keyed: bool
    items: list[Node] = field(default_factory=list)
    entries: list[tuple[Scalar, Node]] = field(default_factory=list)
    key: Scalar | None = None

    def close(self) -> Node:
        if self.keyed:
            return Table(tuple(self.entries), self.mark)
        return Series(tuple(self.items), self.mark)


class _Builder:
    """Builds the tree from the events, without recursion."""

    def __init__(self, source: str, problems: Problems) -> None:
        self.root: Node | None = None
        self._lines = source.split("\n")
        self._problems = problems
        self._open: list[_Open] = []

    def take(self, event: yaml.Event) -> None:
        mark = _mark(event.start_mark)
        match event:
            case yaml.DocumentStartEvent() if self.root is not None:
                self._refuse(mark, "documents", "Un seul document par fichier.", "Retirez « --- ».")
            case yaml.AliasEvent():
                self._refuse(mark, "alias", "Les renvois « *nom » ne sont pas admis.", _REPEAT)
            case yaml.ScalarEvent():
                self._decorations(event, mark)
                self._add(self._scalar(event, mark))
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                self._decorations(event, mark)
                self._start(mark, keyed=isinstance(event, yaml.MappingStartEvent))
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self._add(self._open.pop().close())

    def _start(self, mark: Mark, *, keyed: bool) -> None:
        if len(self._open) >= MAX_DEPTH:
            self._refuse(mark, "too-deep", "Le fichier est trop imbriqué.", "")
        self._open.append(_Open(mark, keyed))

    def _add(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        inside = self._open[-1]
        if not inside.keyed:
            inside.items.append(node)
        elif inside.key is None:
            inside.key = self._key(node, inside)
        else:
            inside.entries.append((inside.key, node))
            inside.key = None

    def _key(self, node: Node, inside: _Open) -> Scalar:
        if not isinstance(node, Scalar):
            self._refuse(node.mark, "key", "Une clé doit être un mot.", _BRACES)
        if node.text == "<<":
            self._refuse(node.mark, "merge", "Les fusions « << » ne sont pas admises.", _REPEAT)
        first = next((key for key, _ in inside.entries if key.text == node.text), None)
        if first is not None:
            self._problems.error(
                node.mark,
                "duplicate-key",
                f"La clé « {node.text} » est déjà écrite à la ligne {first.mark.line}.",
                "Gardez une seule des deux.",
            )
        return node

    def _scalar(self, event: yaml.ScalarEvent, mark: Mark) -> Scalar:
        plain = not event.style
        end = _mark(event.end_mark)
        quoted = event.style in ("'", '"') and mark.line == end.line
        shown = plain and end.line <= len(self._lines)  # an absent value may end after the file
        rest = self._lines[end.line - 1][end.column - 1 :] if shown else ""
        return Scalar(
            event.value,
            Mark(mark.line, mark.column + quoted),
            plain=plain,
            cut=rest.lstrip(" ").startswith("#"),
        )

    def _decorations(self, event: yaml.NodeEvent, mark: Mark) -> None:
        if event.anchor is not None:
            self._problems.error(
                mark, "anchor", "Les ancres « &nom » ne sont pas admises.", _REPEAT
            )
        if getattr(event, "tag", None) is not None:
            self._problems.error(
                mark, "tag", "Les étiquettes « !type » ne sont pas admises.", "Retirez-la."
            )

    def _refuse(self, mark: Mark, code: str, message: str, remedy: str) -> NoReturn:
        self._problems.error(mark, code, message, remedy)
        raise _GiveUp


_REPEAT = "Répétez le texte, ou faites-en une liste de la rubrique « lists »."
_BRACES = "Entourez de guillemets les textes qui contiennent { } ou [ ]."
_QUOTE = 'Mettez le texte entre guillemets droits : "…".'

_UNREADABLE: Mapping[str, tuple[str, str]] = {
    "mapping values are not allowed": ("Un « : » coupe ce texte.", _QUOTE),
    "unknown escape": (
        "Une barre oblique inverse est mal employée.",
        "Écrivez \\\\, ou entourez le texte d’apostrophes.",
    ),
    "expected ',' or": (
        "Une accolade ou un crochet n’est pas fermé, ou une virgule manque.",
        _QUOTE,
    ),
    "end of stream": ("Un guillemet n’est pas fermé.", "Fermez-le à la fin du texte."),
    "could not find expected ':'": ("Il manque « : » après une clé.", "Écrivez « clé: valeur »."),
    "expected key": (
        "Cette ligne n’est pas alignée avec les précédentes.",
        "Alignez les clés d’une même rubrique sur la même colonne.",
    ),
    "expected <block end>": (
        "Cette ligne n’est pas alignée avec les précédentes.",
        "Alignez les clés d’une même rubrique sur la même colonne.",
    ),
    "cannot start any token": (
        "Une valeur ne peut pas commencer ainsi.",
        "Remplacez les tabulations par des espaces, ou mettez le texte entre guillemets.",
    ),
}


def _report(unreadable: Exception, source: str, problems: Problems) -> None:
    """Say in French what the parser of YAML could not read."""
    said = str(getattr(unreadable, "problem", None) or unreadable)
    at = getattr(unreadable, "problem_mark", None)
    message, remedy = next(
        (advice for words, advice in _UNREADABLE.items() if words in said),
        ("Le fichier n’est pas du YAML lisible à cet endroit.", _QUOTE),
    )
    if at is None:
        message = "Le fichier contient un caractère de contrôle."
        remedy = "Enregistrez-le en UTF-8 depuis un éditeur de texte."
    mark = _mark(at) if at is not None else _first_control(source)
    problems.error(mark, "yaml", message, remedy)


def _first_control(source: str) -> Mark:
    for number, line in enumerate(source.split("\n"), 1):
        for column, char in enumerate(line, 1):
            if not char.isprintable() and char not in _INVISIBLE:
                return Mark(number, column)
    return Mark(1, 1)


_INVISIBLE: Iterable[str] = "\t\r\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}"


class _At(Protocol):
    """What both parsers give as a place, counted from 0."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


def _mark(at: _At | None) -> Mark:
    return Mark(at.line + 1, at.column + 1) if at is not None else Mark(1, 1)
