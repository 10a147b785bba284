"""The tables of an .lss file, whose rows remember their line."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from xml.sax import SAXException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import Locator

from defusedxml.common import DefusedXmlException
from defusedxml.sax import parseString

from consultation.importing.form import Words, language_of


@dataclass(frozen=True)
class Fields:
    """One row; a field that is absent is ''."""

    values: Mapping[str, str]
    line: int

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def number(self, name: str) -> int:
        """The field as a whole number, 0 when it is not one."""
        return int(self[name]) if re.fullmatch(r"-?\d{1,9}", self[name]) else 0


Texts = Mapping[str, Mapping[str, Words]]
"""Identifier → field → the text by language."""


@dataclass(frozen=True)
class Tables:
    """Every table of the file."""

    rows: Mapping[str, Sequence[Fields]]

    def __getitem__(self, table: str) -> Sequence[Fields]:
        return self.rows.get(table, ())

    def once(self, table: str, key: str) -> list[Fields]:
        """The rows of the table; those of further languages repeat the first, and are left out."""
        found: dict[str, Fields] = {}
        for row in self[table]:
            found.setdefault(row[key], row)
        return list(found.values())

    def by_language(self, table: str, key: str, prefix: str = "") -> Texts:
        """The fields of a table that has one row for each language."""
        found: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
        for row in self[table]:
            language = language_of(row[f"{prefix}language"])
            for name, value in row.values.items():
                if value.strip() and language:
                    found[row[key]][name].setdefault(language, value)
        return found

    def texts(self, table: str, translations: str, key: str, names: Iterable[str]) -> Texts:
        """The texts of a table: in it in old files, in a table of translations since."""
        source = translations if self[translations] else table
        kept = self.by_language(source, key)
        return {one: {name: values.get(name, {}) for name in names} for one, values in kept.items()}

    def attributes(self) -> Mapping[str, Mapping[str, Words]]:
        """Question → attribute → value by language; '' is every language."""
        found: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
        for row in self["question_attributes"]:
            value = row["value"]
            if value.strip():
                found[row["qid"]][row["attribute"]][language_of(row["language"]) or "fr"] = value
        return found

    def parts(self) -> Mapping[str, Sequence[Fields]]:
        """Question → its subquestions, in order."""
        rows = [*self.once("subquestions", "qid"), *self.once("questions", "qid")]
        found: dict[str, dict[str, Fields]] = defaultdict(dict)
        for row in rows:
            if row["parent_qid"] not in ("", "0"):
                found[row["parent_qid"]].setdefault(row["qid"], row)
        return {
            parent: sorted(
                children.values(), key=lambda row: (row["scale_id"], row.number("question_order"))
            )
            for parent, children in found.items()
        }

    def answers(self) -> Mapping[str, tuple[tuple[Fields, Words], ...]]:
        """Question → its answers, in order, with their labels."""
        translated = self.by_language("answer_l10ns", "aid")
        found: dict[str, dict[tuple[str, str], tuple[Fields, dict[str, str]]]] = defaultdict(dict)
        for row in self["answers"]:
            key = (row["scale_id"] or "0", row["code"])
            _, label = found[row["qid"]].setdefault(key, (row, {}))
            if row["answer"].strip() and (language := language_of(row["language"])):
                label.setdefault(language, row["answer"])
            label.update(translated.get(row["aid"], {}).get("answer", {}))
        return {
            qid: tuple(sorted(by_code.values(), key=lambda one: one[0].number("sortorder")))
            for qid, by_code in found.items()
        }


def read_tables(content: bytes) -> Tables | str:
    """The tables, or why they cannot be read, in French."""
    handler = _Handler()
    try:
        parseString(content, handler)
    except DefusedXmlException:
        return "Ce fichier XML définit des entités ou des renvois : il n’est pas lu."
    except (SAXException, ValueError, LookupError) as unreadable:
        line = getattr(unreadable, "getLineNumber", lambda: 1)()
        return f"Ce fichier n’est pas du XML lisible (ligne {line})."
    if handler.root != "document" or "questions" not in handler.tables:
        return "Ce fichier XML n’est pas un questionnaire de LimeSurvey (.lss)."
    return Tables(handler.tables)


class _Handler(ContentHandler):
    """Table, rows, row, field: four levels, and everything else is ignored."""

    def __init__(self) -> None:
        super().__init__()
        self.root = ""
        self.tables: dict[str, list[Fields]] = defaultdict(list)
        self._path: list[str] = []
        self._row: dict[str, str] = {}
        self._line = 0
        self._place = Locator()
        self._text: list[str] = []

    def startElement(self, name: str, attrs: object) -> None:  # noqa: N802 - SAX calls it so
        self.root = self.root or name
        self._path.append(name)
        self._text = []
        if self._path[2:] == ["rows", "row"]:
            self._row = {}
            self._line = self._place.getLineNumber() or 1

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802 - SAX calls it so
        self._place = locator

    def characters(self, content: str) -> None:
        self._text.append(content)

    def endElement(self, name: str) -> None:  # noqa: N802 - SAX calls it so
        path = self._path
        if path[2:4] == ["rows", "row"] and len(path) == 5:
            self._row[name] = "".join(self._text)
        elif path[2:] == ["rows", "row"]:
            self.tables[path[1]].append(Fields(self._row, self._line))
        path.pop()
