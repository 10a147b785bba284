"""The urn as published after the closing: a text that anyone may count, sort and digest again.

    grep '^bulletin ' urne.txt | sha256sum

gives the fingerprint of the urn: nobody needs a program of ours.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from consultation.office.figures import Name

HEADER = "urne 1"
COUNTS: Mapping[Name, str] = {
    "invited": "invites",
    "issued": "delivres",
    "reissued": "redelivres",
    "forgotten": "oublies",
    "spent": "utilises",
    "lost": "perdus",
    "ballots": "bulletins",
}
"""Each count, and the word the file has for it."""

RARE: frozenset[Name] = frozenset({"forgotten"})
"""Those that the file leaves out when they are nought."""

_SHOWN_PROBLEMS = 20
_LINE = re.compile(r"([a-z]+) ([0-9a-z-]+)", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class PublishedUrn:
    """What is published: the account, a hash for each credential spent and for each ballot."""

    campaign: str
    counts: Mapping[Name, int]
    digest: str
    tokens: Sequence[str]
    ballots: Sequence[str]

    def lines(self) -> Iterator[str]:
        """The file, line by line."""
        yield f"{HEADER}\n"
        yield f"consultation {self.campaign}\n"
        for name, word in COUNTS.items():
            if name not in RARE or self.counts.get(name):
                yield f"{word} {self.counts[name]}\n"
        yield f"empreinte {self.digest}\n"
        yield from (f"jeton {token}\n" for token in self.tokens)
        yield from _ballot_lines(self.ballots)


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What a published file says, and everything wrong with it."""

    campaign: str
    counts: Mapping[Name, int]
    digest: str
    problems: tuple[str, ...]


def digest_of(ballots: Iterable[str]) -> str:
    """The fingerprint of an urn, from the sorted hashes of its ballots."""
    whole = hashlib.sha256()
    for line in _ballot_lines(ballots):
        whole.update(line.encode("ascii"))
    return whole.hexdigest()


def check(text: str) -> Checked:
    """Do again everything that can be done with a published file alone; this never raises."""
    reader = _Reader(text)
    digest = digest_of(reader.ballots)
    problems = (*reader.problems, *_wrong_lists(reader), *_wrong_account(reader.counts))
    if digest != reader.values.get("empreinte"):
        problems += (f"l’empreinte annoncée n’est pas celle des bulletins, {digest}",)
    return Checked(
        campaign=reader.values.get("consultation", ""),
        counts=reader.counts,
        digest=digest,
        problems=problems,
    )


def _ballot_lines(ballots: Iterable[str]) -> Iterator[str]:
    return (f"bulletin {ballot}\n" for ballot in ballots)


class _Reader:
    """Reads a file and keeps what it could not."""

    def __init__(self, text: str) -> None:
        self.values: dict[str, str] = {}
        self.tokens: list[str] = []
        self.ballots: list[str] = []
        self.problems: list[str] = []
        lines = text.splitlines()
        if lines[:1] != [HEADER]:
            self.problems.append(f"ligne 1 : « {HEADER} » était attendu")
        unread = [
            number
            for number, line in enumerate(lines[1:], start=2)
            if not self._read(_LINE.fullmatch(line))
        ]
        self.problems += [f"ligne {number} : illisible" for number in unread[:_SHOWN_PROBLEMS]]
        if len(unread) > _SHOWN_PROBLEMS:
            self.problems.append(f"{len(unread)} lignes illisibles en tout")
        self.counts: Mapping[Name, int] = {
            name: self._count(word, "0" if name in RARE else "") for name, word in COUNTS.items()
        }

    def _read(self, line: re.Match[str] | None) -> bool:
        if line is None:
            return False
        word, value = line.groups()
        if word in ("jeton", "bulletin"):
            (self.tokens if word == "jeton" else self.ballots).append(value)
            return _HASH.fullmatch(value) is not None
        known = word in ("consultation", "empreinte", *COUNTS.values())
        again = word in self.values
        self.values.setdefault(word, value)
        return known and not again

    def _count(self, word: str, missing: str) -> int:
        value = self.values.get(word, missing)
        if not _NUMBER.fullmatch(value):
            self.problems.append(f"le nombre « {word} » manque ou n’est pas un nombre")
            return 0
        return int(value)


def _wrong_lists(reader: _Reader) -> Iterator[str]:
    for word, announced, hashes in (
        ("jeton", reader.counts["spent"], reader.tokens),
        ("bulletin", reader.counts["ballots"], reader.ballots),
    ):
        if len(hashes) != announced:
            yield (f"{announced} lignes « {word} » sont annoncées, il y en a {len(hashes)}")
        if any(one >= following for one, following in pairwise(hashes)):
            yield f"les lignes « {word} » ne sont pas triées, ou l’une est en double"


_ACCOUNT: Mapping[str, Callable[[Mapping[Name, int]], bool]] = {
    "utilisés = bulletins + perdus": lambda n: n["spent"] == n["ballots"] + n["lost"],
    "utilisés ≤ délivrés + redélivrés + oubliés": lambda n: (
        n["spent"] <= n["issued"] + n["reissued"] + n["forgotten"]
    ),
    "délivrés ≤ invités": lambda n: n["issued"] <= n["invited"],
}


def _wrong_account(counts: Mapping[Name, int]) -> Iterator[str]:
    return (
        f"ce n’est pas vrai : {claim}" for claim, holds in _ACCOUNT.items() if not holds(counts)
    )
