"""What was written in a file: texts, lists and tables, each with its place."""

from __future__ import annotations

from dataclasses import dataclass

from consultation.questionnaire.problems import Mark


@dataclass(frozen=True)
class Scalar:
    """A text, as written."""

    text: str
    mark: Mark
    plain: bool = False  # without quotes
    cut: bool = False  # without quotes and followed by a « # » on its line


@dataclass(frozen=True)
class Series:
    """A list."""

    items: tuple[Node, ...]
    mark: Mark


@dataclass(frozen=True)
class Table:
    """Keys and values."""

    entries: tuple[tuple[Scalar, Node], ...]
    mark: Mark

    def get(self, key: str) -> Node | None:
        """The value of this key."""
        return next((value for name, value in self.entries if name.text == key), None)


Node = Scalar | Series | Table
