"""The texts of one open question, in a small database that is opened in memory only.

A text is known by what it says once redacted: the same words written by two people are one text,
said twice, and nothing in two texts tells that one person wrote both. They are kept in the order of
their identifiers, which a secret key draws.
"""

from __future__ import annotations

import hmac
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass

ID_BYTES = 16
CONTEXT = 60  # characters on each side of the word found

_START, _END = "\x02", "\x03"  # around a word found: `one_line` leaves neither in a text
_TERM = re.compile(r"(-?)(?:[\"«]([^\"»]*)[\"»]|(\S+))")
_WORD = re.compile(r"\w+")
_SCHEMA = """
CREATE TABLE saying (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, text TEXT NOT NULL,
                     times INTEGER NOT NULL);
CREATE TABLE place (number INTEGER NOT NULL, place TEXT NOT NULL, times INTEGER NOT NULL,
                    PRIMARY KEY (number, place)) WITHOUT ROWID;
CREATE TABLE cluster (cluster INTEGER PRIMARY KEY, words TEXT NOT NULL);
CREATE TABLE member (number INTEGER PRIMARY KEY, cluster INTEGER NOT NULL, weight REAL NOT NULL);
CREATE INDEX member_cluster ON member (cluster, weight);
CREATE VIRTUAL TABLE found USING fts5(
    text, content='saying', content_rowid='number', tokenize='unicode61 remove_diacritics 2');
"""


@dataclass(frozen=True, kw_only=True)
class Saying:
    """One text, and how many people wrote just that."""

    id: bytes
    text: str
    times: int


@dataclass(frozen=True, kw_only=True)
class Line:
    """A text found: what comes before the word sought, the word as it was written, what follows."""

    saying: Saying
    before: str
    word: str
    after: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a search found: how many texts and people in all, and the first lines."""

    texts: int
    people: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Texts that resemble one another: the words they share, how many texts and people."""

    number: int
    words: tuple[str, ...]
    texts: int
    people: int


@dataclass(frozen=True, kw_only=True)
class Clustering:
    """Texts put together by a machine: the words of each group; the group of each text."""

    words: tuple[tuple[str, ...], ...]
    members: Mapping[bytes, tuple[int, float]]  # text: number of its group, how typical it is


def saying_id(key: bytes, question: str, text: str) -> bytes:
    """What a text is known by; without the key nobody can tell which text it is."""
    return hmac.digest(key, f"{question}\0{text}".encode(), "sha256")[:ID_BYTES]


def written(key: bytes, question: str, said: Iterable[tuple[str, str]]) -> bytes:
    """The database of what was said to one question: pairs of a place and a redacted text."""
    places: dict[str, Counter[str]] = {}
    for place, text in said:
        places.setdefault(text, Counter())[place] += 1
    by_id = sorted((saying_id(key, question, text), text) for text in places)
    with _opened(None) as base:
        base.executescript(_SCHEMA)
        base.executemany(
            "INSERT INTO saying VALUES (?, ?, ?, ?)",
            (
                (number, one, text, places[text].total())
                for number, (one, text) in enumerate(by_id, 1)
            ),
        )
        base.executemany(
            "INSERT INTO place VALUES (?, ?, ?)",
            (
                (number, place, times)
                for number, (_, text) in enumerate(by_id, 1)
                for place, times in sorted(places[text].items())
            ),
        )
        base.execute("INSERT INTO found (found) VALUES ('rebuild')")
        base.execute("INSERT INTO found (found) VALUES ('optimize')")
        return base.serialize()


def grouped(content: bytes, clustering: Clustering) -> bytes:
    """The same database with these groups in the place of those it had."""
    with _opened(content) as base:
        base.execute("DELETE FROM cluster")
        base.execute("DELETE FROM member")
        base.executemany(
            "INSERT INTO cluster VALUES (?, ?)",
            ((number, " ".join(words)) for number, words in enumerate(clustering.words)),
        )
        base.executemany(
            "INSERT INTO member SELECT number, ?, ? FROM saying WHERE id = ?",
            ((cluster, weight, saying) for saying, (cluster, weight) in clustering.members.items()),
        )
        return base.serialize()


@contextmanager
def reading(content: bytes) -> Iterator[Sayings]:
    """What `written` wrote, for the time of a request."""
    with _opened(content) as base:
        yield Sayings(base)


class Sayings:
    """The texts of one question."""

    def __init__(self, base: sqlite3.Connection) -> None:
        self._base = base

    def count(self) -> tuple[int, int]:
        """How many different texts, and how many people wrote one."""
        return self._pair("SELECT count(*), total(times) FROM saying")

    def ids(self) -> list[bytes]:
        """Every identifier, in order."""
        return [row[0] for row in self._base.execute("SELECT id FROM saying ORDER BY number")]

    def all(self) -> Iterator[Saying]:
        """Every text, in the order of their identifiers."""
        for row in self._base.execute("SELECT id, text, times FROM saying ORDER BY number"):
            yield _saying(row)

    def get(self, ids: Iterable[bytes]) -> list[Saying]:
        """These texts, in this order; those that are not there are left out."""
        sought = "SELECT id, text, times FROM saying WHERE id = ?"
        rows = (self._base.execute(sought, (one,)).fetchone() for one in ids)
        return [_saying(row) for row in rows if row]

    def search(self, query: str, *, start: int = 0, limit: int) -> Found:
        """The texts that hold every word; accents and case do not count.

        « mot* » for what begins so, « "deux mots" » for words in a row, « -mot » for what must not
        be there, « OU » between two searches. Nothing sought finds everything.
        """
        expression = _expression(query)
        if not expression:
            rows = self._base.execute(
                "SELECT id, text, times FROM saying ORDER BY number LIMIT ? OFFSET ?",
                (limit, start),
            )
            lines = [Line(saying=_saying(row), before="", word="", after=row[1]) for row in rows]
            texts, people = self.count()
            return Found(texts=texts, people=people, lines=tuple(lines))
        texts, people = self._pair(
            "SELECT count(*), total(times) FROM saying WHERE number IN"
            " (SELECT rowid FROM found WHERE found MATCH ?)",
            expression,
        )
        rows = self._base.execute(
            "SELECT id, saying.text, times, highlight(found, 0, ?, ?) FROM found"
            " JOIN saying ON number = found.rowid WHERE found MATCH ?"
            " ORDER BY number LIMIT ? OFFSET ?",
            (_START, _END, expression, limit, start),
        )
        return Found(texts=texts, people=people, lines=tuple(_line(row) for row in rows))

    def clusters(self) -> list[Cluster]:
        """The groups a machine made, the largest first; none when it has not been asked."""
        rows = self._base.execute(
            "SELECT cluster, words, count(*), total(times) FROM cluster JOIN member"
            " USING (cluster) JOIN saying USING (number) GROUP BY cluster ORDER BY 4 DESC, 1"
        )
        return [
            Cluster(number=number, words=tuple(words.split()), texts=texts, people=int(people))
            for number, words, texts, people in rows
        ]

    def members(self, cluster: int, limit: int) -> list[Saying]:
        """The most typical texts of a group."""
        rows = self._base.execute(
            "SELECT id, text, times FROM member JOIN saying USING (number) WHERE cluster = ?"
            " ORDER BY weight DESC, number LIMIT ?",
            (cluster, limit),
        )
        return [_saying(row) for row in rows]

    def strata(self) -> list[tuple[bytes, str, int]]:
        """For each text its place, or each of its places, and its group (-1 for none)."""
        rows = self._base.execute(
            "SELECT id, place, coalesce(cluster, -1) FROM saying JOIN place USING (number)"
            " LEFT JOIN member USING (number) ORDER BY number, place"
        )
        return [(one, place, cluster) for one, place, cluster in rows]

    def places(self) -> dict[bytes, Counter[str]]:
        """How many people of each place wrote each text."""
        found: dict[bytes, Counter[str]] = {}
        for one, place, times in self._base.execute(
            "SELECT id, place, place.times FROM saying JOIN place USING (number)"
        ):
            found.setdefault(one, Counter())[place] += times
        return found

    def _pair(self, query: str, *values: object) -> tuple[int, int]:
        first, second = self._base.execute(query, values).fetchone()
        return int(first), int(second)


@contextmanager
def _opened(content: bytes | None) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as base:
        if content is not None:
            base.deserialize(content)
        yield base


def _saying(row: Sequence[object]) -> Saying:
    one, text, times = row[:3]
    return Saying(id=bytes(one), text=str(text), times=int(times))  # type: ignore[call-overload]  # what the schema says


def _line(row: Sequence[object]) -> Line:
    """The first place where a word sought stands, and what is around it."""
    before, _, rest = str(row[3]).partition(_START)
    word, _, after = rest.partition(_END)
    after = after.replace(_START, "").replace(_END, "")
    return Line(
        saying=_saying(row),
        before=f"…{before[-CONTEXT:]}" if len(before) > CONTEXT else before,
        word=word,
        after=f"{after[:CONTEXT]}…" if len(after) > CONTEXT else after,
    )


def _expression(query: str) -> str:
    """What people typed, for FTS5: every word quoted, so that nothing of it is a command."""
    sides = [_all_words(side) for side in re.split(r"\s+OU\s+", query.strip())]
    return " OR ".join(f"({side})" for side in sides if side)


def _all_words(query: str) -> str:
    wanted: list[str] = []
    unwanted: list[str] = []
    for minus, phrase, word in _TERM.findall(query):
        words = _WORD.findall(phrase or word)
        if words:
            star = "*" if word.endswith("*") else ""
            (unwanted if minus else wanted).append(f'"{" ".join(words)}"{star}')
    if not wanted:
        return ""
    found = " AND ".join(wanted)
    return f"({found}) NOT ({' OR '.join(unwanted)})" if unwanted else found
