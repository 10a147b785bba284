"""Reading the keys of a table: what is missing, unknown or of the wrong type is noted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from consultation.questionnaire.conditions import WORDS, Condition, Fault, parse_condition
from consultation.questionnaire.dates import day_of
from consultation.questionnaire.elements import Text
from consultation.questionnaire.keys import Shape
from consultation.questionnaire.nodes import Node, Scalar, Series, Table
from consultation.questionnaire.problems import Mark, Problems, did_you_mean
from consultation.questionnaire.texts import flaws

ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
LANGUAGE = re.compile(r"[a-z]{2}")
RESERVED = WORDS | {
    *("audience", "true", "false", "null"),  # words of the language
    *("action", "answers", "blinded", "code", "lang", "m", "modifier", "return", "s"),  # fields
    *("script", "seed", "shown", "typed", "warned"),  # that the pages carry
    *("elements", "id", "length", "method", "name", "reset", "submit", "target"),  # of any form
}

_WHOLE = re.compile(r"-?[0-9]{1,9}")
_DECIMAL = re.compile(r"-?[0-9]{1,9}(?:\.[0-9]{1,6})?")
_KINDS = {Scalar: "un texte", Series: "une liste", Table: "des clés et des valeurs"}
_QUOTE = 'Mettez le texte entre guillemets droits : "…".'


class Fields:
    """The keys of one table, checked against those its shape allows."""

    def __init__(
        self,
        table: Table,
        problems: Problems,
        shape: Shape,
        *,
        language: str = "fr",
        where: str = "",
    ) -> None:
        self.table = table
        self.mark = table.mark
        self.problems = problems
        self.language = language
        self._shape = shape
        known = ((key.text, value) for key, value in table.entries if key.text in shape.keys)
        self._entries = dict(known)
        self._keys = {key.text: key for key, _ in table.entries}
        self._note_unknown(where or shape.name)
        self._note_missing(where or shape.name)

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def at(self, key: str) -> Mark:
        """Where the value of this key is written."""
        node = self._entries.get(key)
        return node.mark if node else self.mark

    def error(self, code: str, message: str, remedy: str = "", key: str = "") -> None:
        """Note what is wrong with this key, or with the whole table."""
        self.problems.error(self.at(key), code, message, remedy)

    def warning(self, code: str, message: str, remedy: str = "", key: str = "") -> None:
        """Note what is worth a second look."""
        self.problems.warning(self.at(key), code, message, remedy)

    def node(self, key: str) -> Node | None:
        """The value as it was written."""
        return self._entries.get(key)

    def scalar(self, key: str) -> Scalar | None:
        """The value when it is a text."""
        node = self._entries.get(key)
        if node is None or isinstance(node, Scalar):
            return node
        self._wrong_kind(key, node, "un texte")
        return None

    def pairs(self, key: str) -> tuple[tuple[Scalar, Node], ...]:
        """The keys and values under this key."""
        node = self._entries.get(key)
        if node is None or isinstance(node, Table):
            return node.entries if node else ()
        self._wrong_kind(key, node, "des clés et des valeurs")
        return ()

    def items(self, key: str) -> tuple[Node, ...]:
        """The items of the list under this key."""
        node = self._entries.get(key)
        if node is None or isinstance(node, Series):
            return node.items if node else ()
        self._wrong_kind(key, node, "une liste")
        return ()

    def text(self, key: str) -> Text | None:
        """A text people read, in one or several languages."""
        node = self._entries.get(key)
        if node is None:
            return None
        known = self._shape.keys[key]
        return read_text(
            node,
            key,
            self.problems,
            language=self.language,
            tags=known.tags,
            piping=known.piping,
        )

    def date(self, key: str) -> str:
        """A day that exists, as « 2024-06-28 »; '' when it is absent or wrong."""
        scalar = self.scalar(key)
        if scalar is None or day_of(scalar.text):
            return scalar.text if scalar else ""
        self._wrong_value(key, scalar, "Écrivez l’année, le mois et le jour : 2024-06-28.")
        return ""

    def flag(self, key: str, *, default: bool = False) -> bool:
        """true or false."""
        scalar = self.scalar(key)
        if scalar is None:
            return default
        if not scalar.plain or scalar.text not in ("true", "false"):
            remedy = "Écrivez true ou false, sans guillemets."
            self._wrong_value(key, scalar, remedy)
        return scalar.text == "true"

    def word(self, key: str) -> str:
        """One of the words this key admits; '' when it is absent or wrong."""
        scalar = self.scalar(key)
        if scalar is None:
            return ""
        known = self._shape.keys[key].words
        if scalar.text in known:
            return scalar.text
        self._wrong_value(key, scalar, did_you_mean(scalar.text, known))
        return ""

    def whole(self, key: str, most: int | None = None) -> int | None:
        """A whole number within the bounds of its key; `most` is how many answers there are."""
        if key not in self._entries:
            return None
        low, high = self._shape.keys[key].low, self._shape.keys[key].high
        value = self._number(key, _WHOLE, f"un nombre entier entre {low} et {high}", low, high)
        if value is not None and most is not None and value > most:
            said = f"« {key} » vaut {value:.0f}, pour {most} réponses possibles."
            self.error("bounds", said, f"Écrivez un nombre entre {low} et {most}.", key)
            return None
        return None if value is None else int(value)

    def number(self, key: str) -> float | None:
        """Any number written in figures, with a point."""
        return self._number(key, _DECIMAL, "un nombre, par exemple 2 ou 0.5", -1e9, 1e9)

    def identifier(self, key: str, *, hyphens: bool = False) -> str:
        """An id; '' when it is absent or wrong."""
        scalar = self.scalar(key)
        known = scalar and check_id(scalar, self.problems, hyphens=hyphens)
        return scalar.text if scalar and known else ""

    def condition(self, key: str) -> Condition | None:
        """A condition, not linked yet."""
        scalar = self.scalar(key)
        return read_condition(scalar, self.problems) if scalar else None

    def _number(
        self, key: str, shape: re.Pattern[str], expected: str, low: float, high: float
    ) -> float | None:
        scalar = self.scalar(key)
        if scalar is None:
            return None
        if shape.fullmatch(scalar.text) and scalar.plain and low <= float(scalar.text) <= high:
            return float(scalar.text)
        self._wrong_value(key, scalar, f"Écrivez {expected}, sans guillemets.")
        return None

    def _note_unknown(self, where: str) -> None:
        for key in self._keys.values():
            if key.text not in self._shape.keys:
                self.problems.error(
                    key.mark,
                    "unknown-key",
                    f"La clé « {key.text} » n’existe pas dans {where}.",
                    did_you_mean(key.text, self._shape.keys),
                )

    def _note_missing(self, where: str) -> None:
        for name, key in self._shape.keys.items():
            if key.needed and name not in self._entries:
                self.error(
                    "missing-key",
                    f"Il manque la clé « {name} » dans {where}.",
                    f"Ajoutez « {name}: … ».",
                )

    def _wrong_value(self, key: str, scalar: Scalar, remedy: str) -> None:
        said = f"« {scalar.text} » ne convient pas à la clé « {key} »."
        self.error("wrong-value", said, remedy, key)

    def _wrong_kind(self, key: str, node: Node, expected: str) -> None:
        self.error(
            "wrong-type",
            f"La clé « {key} » attend {expected}, pas {_KINDS[type(node)]}.",
            _QUOTE if expected == "un texte" else "",
            key,
        )


def read_text(
    node: Node,
    what: str,
    problems: Problems,
    *,
    language: str,
    tags: bool = False,
    piping: bool = False,
) -> Text | None:
    """The text written here, or its versions by language."""
    if isinstance(node, Scalar):
        versions: tuple[tuple[str, Scalar], ...] = ((language, node),)
    elif isinstance(node, Table):
        versions = _versions(node, what, problems, language)
    else:
        remedy = _QUOTE
        problems.error(node.mark, "wrong-type", f"La clé « {what} » attend un texte.", remedy)
        return None
    for _, scalar in versions:
        _check_text(scalar, what, problems, tags=tags, piping=piping)
    texts = tuple((one, scalar.text.strip()) for one, scalar in versions)
    if not texts or not all(text for _, text in texts):
        return None
    return Text(texts, line=node.mark.line, column=node.mark.column)


def is_translated(node: Node) -> bool:
    """Whether these are the versions of a text, `{fr: …, en: …}`."""
    return (
        isinstance(node, Table)
        and bool(node.entries)
        and all(LANGUAGE.fullmatch(key.text) for key, _ in node.entries)
    )


def check_id(scalar: Scalar, problems: Problems, *, hyphens: bool = False) -> bool:
    """Whether this is an id that may be used."""
    if not ID.fullmatch(scalar.text.replace("-", "_") if hyphens else scalar.text):
        problems.error(
            scalar.mark,
            "bad-id",
            f"« {scalar.text} » n’est pas un identifiant.",
            "Employez des minuscules sans accent, des chiffres et « _ », lettre en tête, "
            "40 caractères au plus.",
        )
        return False
    if scalar.text in RESERVED:
        problems.error(
            scalar.mark, "reserved-id", f"« {scalar.text} » est un mot réservé.", "Changez-en."
        )
        return False
    return True


def read_condition(scalar: Scalar, problems: Problems) -> Condition | None:
    """The condition written here, which remembers its place."""
    read = parse_condition(scalar.text)
    if isinstance(read, Fault):
        at = problems.within(scalar.mark, scalar.text, read.at)
        problems.error(at, read.code, read.message, read.remedy)
        return None
    return replace(read, line=scalar.mark.line, column=scalar.mark.column)


def _versions(
    table: Table, what: str, problems: Problems, language: str
) -> tuple[tuple[str, Scalar], ...]:
    if not is_translated(table):
        problems.error(table.mark, "wrong-type", f"La clé « {what} » attend un texte.", _QUOTE)
        return ()
    found: Mapping[str, Node] = {key.text: value for key, value in table.entries}
    if language not in found:
        problems.error(
            table.mark,
            "missing-language",
            f"Il manque la version « {language} » de ce texte.",
            f"Ajoutez « {language}: … ».",
        )
        return ()
    order = sorted(found, key=lambda one: one != language)
    for one in order:
        if not isinstance(found[one], Scalar):
            said = f"La version « {one} » attend un texte."
            problems.error(found[one].mark, "wrong-type", said, _QUOTE)
    return tuple((one, value) for one in order if isinstance(value := found[one], Scalar))


def _check_text(scalar: Scalar, what: str, problems: Problems, *, tags: bool, piping: bool) -> None:
    if scalar.cut:
        problems.error(
            scalar.mark, "cut-text", "Le « # » et la suite ne font pas partie du texte.", _QUOTE
        )
    if not scalar.text.strip():
        problems.error(
            scalar.mark, "empty-text", f"La clé « {what} » est vide.", "Écrivez un texte."
        )
    for flaw in flaws(scalar.text, tags=tags, piping=piping):
        at = problems.find(scalar.mark, flaw.excerpt)
        problems.error(at, flaw.code, flaw.message, flaw.remedy)
