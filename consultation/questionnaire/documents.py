"""Writing and reading the JSON of rules: what says nothing is left out, and reads as nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from consultation.questionnaire.conditions import Condition, Json, read_tree
from consultation.questionnaire.elements import Definition, Option, Row, Text

Rule = Json | Text | Condition | tuple[Text, ...]


def said(language: str, **told: Rule) -> Mapping[str, Json]:
    """These keys, without those that are false, empty or nothing; 0 is a bound like another."""
    written = {key: _written(value, language) for key, value in told.items()}
    return {key: value for key, value in written.items() if value or _is_zero(value)}


@dataclass(frozen=True)
class Document:
    """One object of the document, whose texts are in `language`.

    ValueError when a key holds something else than what is asked for.
    """

    data: Mapping[str, Json]
    language: str

    def word(self, key: str) -> str:
        """An identifier or a word that nobody reads."""
        value = self.data.get(key, "")
        return value if isinstance(value, str) else self._refuse(key)

    def flag(self, key: str) -> bool:
        """True or false."""
        return self.data.get(key, False) is True

    def whole(self, key: str) -> int:
        """A whole number, 0 when it is absent."""
        return int(self.number(key) or 0)

    def number(self, key: str) -> float | None:
        """A number, if there is one."""
        value = self.data.get(key)
        return value if value is None or isinstance(value, int | float) else self._refuse(key)

    def text(self, key: str) -> Text | None:
        """A text, if there is one."""
        return Text(((self.language, words),)) if (words := self.word(key)) else None

    def needed_text(self, key: str) -> Text:
        """A text that is always there, be it empty."""
        return Text(((self.language, self.word(key)),))

    def text_pair(self, key: str) -> tuple[Text, Text] | None:
        """Two texts, if they are there."""
        match self.data.get(key):
            case [str() as first, str() as second]:
                return Text(((self.language, first),)), Text(((self.language, second),))
        return None

    def condition(self, key: str) -> Condition | None:
        """A condition, if there is one."""
        return self.needed_condition(key) if key in self.data else None

    def needed_condition(self, key: str) -> Condition:
        """A condition that is always there."""
        return Condition("", read_tree(self.data[key]))

    def parts(self, key: str) -> Iterator[Document]:
        """The objects of a list."""
        listed = self.data.get(key, ())
        for part in listed if isinstance(listed, Sequence) else self._refuse(key):
            yield Document(part if isinstance(part, Mapping) else self._refuse(key), self.language)

    def _refuse(self, key: str) -> NoReturn:
        raise ValueError(f"« {key} » is not what was expected: {self.data[key]!r}")


def option_said(option: Option, store: str, language: str) -> Json:
    """An option; `stored` is what is written in its place, when the question has `store`."""
    return said(
        language,
        code=option.code,
        label=option.label,
        hint=option.hint,
        group=option.group,
        other=option.other or None,
        exclusive=option.exclusive,
        apart=option.apart,
        last=option.last,
        show_if=option.show_if,
        stored=store and option.column(store),
    )


def read_option(option: Document, store: str) -> Option:
    """The option that `option_said` says."""
    return Option(
        code=option.word("code"),
        label=option.needed_text("label"),
        hint=option.text("hint"),
        group=option.text("group"),
        other=option.whole("other"),
        exclusive=option.flag("exclusive"),
        apart=option.flag("apart"),
        last=option.flag("last"),
        show_if=option.condition("show_if"),
        columns=((store, option.word("stored")),) if store else (),
    )


def row_said(row: Row, language: str) -> Json:
    """A row of a grid."""
    return said(language, id=row.id, label=row.label, show_if=row.show_if)


def read_row(row: Document) -> Row:
    """The row that `row_said` says."""
    return Row(id=row.word("id"), label=row.needed_text("label"), show_if=row.condition("show_if"))


def definition_said(definition: Definition, language: str) -> Json:
    """A word and its explanation."""
    return said(language, term=definition.term, text=definition.text)


def read_definition(definition: Document) -> Definition:
    """The definition that `definition_said` says."""
    return Definition(term=definition.needed_text("term"), text=definition.needed_text("text"))


def _written(value: Rule, language: str) -> Json:
    match value:
        case Text():
            return value.to(language)
        case Condition():
            return value.to_json()
        case tuple():
            return [_written(one, language) for one in value]
    return value


def _is_zero(value: Json) -> bool:
    return value == 0 and not isinstance(value, bool)
