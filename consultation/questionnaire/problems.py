"""Problems: what is wrong in a file, where exactly, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

Severity = Literal["error", "warning", "note"]

SEVERITIES: Mapping[Severity, str] = {
    "error": "erreur",
    "warning": "avertissement",
    "note": "remarque",
}
"""The gravest first."""


LONGEST_BLOCK = 60
"""How many lines a text is looked for in."""


@dataclass(frozen=True)
class Mark:
    """A place in a file; lines and columns are counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing to put right, or to know; an error forbids the use of the questionnaire."""

    file: str
    line: int
    column: int
    severity: Severity
    code: str
    message: str
    remedy: str = ""
    excerpt: str = ""

    def __str__(self) -> str:
        kind = SEVERITIES[self.severity]
        said = f"{self.file}:{self.line}:{self.column}: {kind} : {self.message} {self.remedy}"
        return "\n".join((said.rstrip(), *(f"    {line}" for line in self.excerpt.splitlines())))


class Problems:
    """Every problem met in the files of one questionnaire."""

    def __init__(self, file: str, source: str) -> None:
        self._file = file
        self._sources: dict[str, list[str]] = {}
        self._found: dict[Problem, None] = {}
        self.add_source(file, source)

    def __iter__(self) -> Iterator[Problem]:
        """In the order of the files and of their lines."""
        files = list(self._sources)
        return iter(
            sorted(self._found, key=lambda one: (files.index(one.file), one.line, one.column))
        )

    @property
    def errors(self) -> bool:
        """Whether something forbids the use of the questionnaire."""
        return any(problem.severity == "error" for problem in self._found)

    def has(self, *codes: str) -> bool:
        """Whether one of these was found."""
        return any(problem.code in codes for problem in self._found)

    def add_source(self, file: str, source: str) -> None:
        """Know one more file, to quote its lines."""
        self._sources[file] = source.split("\n")

    def error(
        self, mark: Mark, code: str, message: str, remedy: str = "", *, file: str = ""
    ) -> None:
        """Note something that must be put right."""
        self._add(mark, code, message, remedy, "error", file)

    def warning(
        self, mark: Mark, code: str, message: str, remedy: str = "", *, file: str = ""
    ) -> None:
        """Note something worth a second look."""
        self._add(mark, code, message, remedy, "warning", file)

    def note(
        self, mark: Mark, code: str, message: str, remedy: str = "", *, file: str = ""
    ) -> None:
        """Note something good to know, which nothing is to be done about."""
        self._add(mark, code, message, remedy, "note", file)

    def start_of(self, line: int) -> Mark:
        """Where the first word of this line stands."""
        lines = self._sources[self._file]
        text = lines[line - 1] if 0 < line <= len(lines) else ""
        return Mark(line, len(text) - len(text.lstrip(" -")) + 1)

    def find(self, mark: Mark, words: str) -> Mark:
        """Where these words stand, in the text that begins there; there when they are not found."""
        lines = self._sources[self._file]
        for number in range(mark.line, min(mark.line + LONGEST_BLOCK, len(lines) + 1)):
            start = mark.column - 1 if number == mark.line else 0
            at = lines[number - 1].find(words, start)
            if at >= 0:
                return Mark(number, at + 1)
        return mark

    def within(self, mark: Mark, text: str, at: int) -> Mark:
        """Where the character `at` of `text` stands, when the file shows the text as it is."""
        lines = self._sources[self._file]
        line = lines[mark.line - 1] if 0 < mark.line <= len(lines) else ""
        shown = line.startswith(text, mark.column - 1)
        return Mark(mark.line, mark.column + at) if shown else mark

    def _add(
        self, mark: Mark, code: str, message: str, remedy: str, severity: Severity, file: str
    ) -> None:
        problem = Problem(
            file=file or self._file,
            line=mark.line,
            column=mark.column,
            severity=severity,
            code=code,
            message=message,
            remedy=remedy,
            excerpt=_excerpt(self._sources.get(file or self._file, []), mark),
        )
        self._found.setdefault(problem)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """« Vouliez-vous dire … ? » when a known word is close, else the few known words, else ''."""
    words = sorted(set(known) - {""})
    folded: Mapping[str, str] = {one.casefold(): one for one in words}
    close = get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    if close:
        return f"Vouliez-vous dire « {folded[close[0]]} » ?"
    if 0 < len(words) <= 12:
        return f"Possibilités : {', '.join(words)}."
    return ""


def _excerpt(lines: list[str], mark: Mark) -> str:
    """The line and a caret under the place; a long line is cut around it."""
    if not 0 < mark.line <= len(lines):
        return ""
    line = "".join(char if char.isprintable() else " " for char in lines[mark.line - 1])
    start = max(0, mark.column - 61) if len(line) > 100 else 0
    return f"{line[start : start + 100]}\n{' ' * (mark.column - 1 - start)}^"
