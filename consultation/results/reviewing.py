"""Reading open texts: what is left to read, what was decided, what may leave.

People read what the machine has already redacted, never the ballot. Nothing leaves that nobody has
read, unless whoever takes it out says so, and the journal with them.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from consultation.office.campaigns import Campaign
from consultation.results.corpus import Corpus, OpenQuestion
from consultation.results.keys import ResultKeys
from consultation.results.sayings import Line, Saying
from consultation.results.store import Reading, Readings, State
from consultation.results.texts import one_line, redact
from consultation.sealing import derive, lock, unlock

LONGEST = 4000

Leaving = Callable[[str, str], str | None]
"""What may leave of a text, by its question and its redacted words; None when nothing may."""

STATE_WORDS: Mapping[State, str] = {
    "accepted": "accepté",
    "edited": "modifié",
    "rejected": "écarté",
}


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a reader decides: whether the text may leave, and in which words."""

    accepted: bool
    text: str = ""  # as edited; empty: as it is


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A text as it stands now."""

    saying: Saying
    text: str
    state: State | None = None
    chosen: bool = False

    @property
    def words(self) -> str:
        """Its state, for people."""
        return STATE_WORDS[self.state] if self.state else "à lire"


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far the reading of a question is, in texts."""

    question: OpenQuestion
    states: Mapping[State, int]

    @property
    def read(self) -> int:
        """How many texts somebody has read."""
        return sum(self.states.values())

    @property
    def left(self) -> int:
        """How many nobody has."""
        return max(self.question.texts - self.read, 0)


class Reviewing:
    """The review of the open texts of a closed campaign."""

    def __init__(self, corpus: Corpus, keys: ResultKeys, readings: Readings) -> None:
        self._corpus = corpus
        self._keys = keys
        self._readings = readings

    def progress(self, campaign: Campaign) -> list[Progress]:
        """How far each question is."""
        states = self._readings.progress(campaign.slug)
        return [
            Progress(question=question, states=states.get(question.name, {}))
            for question in self._corpus.questions(campaign)
        ]

    def queue(self, campaign: Campaign, name: str, reader: str, limit: int) -> list[Saying]:
        """The next texts to read, in the order of their names, which nobody chose.

        Each reader begins elsewhere in that order, so that two seldom meet; the texts read so far
        are a random sample of all.
        """
        read = self._readings.read(campaign.slug, name)
        with self._corpus.opened(campaign, name) as sayings:
            left = [one for one in sayings.ids() if one not in read]
            start = bisect_left(left, hashlib.sha256(reader.encode()).digest()[:16])
            return sayings.get([*left[start:], *left[:start]][:limit])

    def decide(self, campaign: Campaign, name: str, decisions: Mapping[bytes, Decision]) -> None:
        """Keep these decisions; a text that is not there is left out."""
        with self._corpus.opened(campaign, name) as sayings:
            known = {one.id: one for one in sayings.get(decisions)}
        chosen = {one: reading.chosen for one, reading in self._readings.of(known).items()}
        key = self._key(campaign)
        made = {
            one: _reading(key, saying, decisions[one], chosen=chosen.get(one, False))
            for one, saying in known.items()
        }
        self._readings.decide(campaign.slug, name, made)

    def reopen(self, campaign: Campaign, name: str, saying: bytes) -> None:
        """Put a text back among those to read."""
        self._corpus.question(campaign, name)
        self._readings.forget(saying)

    def choose(self, campaign: Campaign, name: str, saying: bytes, *, chosen: bool) -> None:
        """Quote a text in reports, or no more."""
        self._corpus.question(campaign, name)
        self._readings.choose(saying, chosen)

    def shown(self, campaign: Campaign, sayings: Iterable[Saying]) -> list[Shown]:
        """These texts, with what was decided about each."""
        wanted = list(sayings)
        decided = self._readings.of(one.id for one in wanted)
        key = self._key(campaign)
        return [_shown(key, one, decided.get(one.id)) for one in wanted]

    def lines(self, campaign: Campaign, lines: Sequence[Line]) -> list[tuple[Line, Shown]]:
        """What a search found, with what was decided about each text."""
        return list(zip(lines, self.shown(campaign, [one.saying for one in lines]), strict=True))

    def chosen(self, campaign: Campaign, name: str, place: str | None = None) -> list[str]:
        """The words chosen to be quoted, as they may leave; of one place when it is given."""
        decided = self._readings.chosen(campaign.slug, name)
        with self._corpus.opened(campaign, name) as sayings:
            places = sayings.places() if place is not None else {}
            kept = (one for one in sorted(decided) if place is None or place in places.get(one, ()))
            found = sayings.get(kept)
        key = self._key(campaign)
        return [_shown(key, one, decided[one.id]).text for one in found]

    def leaving(self, campaign: Campaign, *, unread: bool) -> Leaving:
        """What may leave: what somebody accepted and, if `unread`, what nobody has read."""
        decided, key = self._readings.every(campaign.slug), self._key(campaign)

        def leave(question: str, text: str) -> str | None:
            one = decided.get(self._corpus.id_of(campaign, question, text))
            if one is None:
                return text if unread else None
            if not one.leaves:
                return None
            return unlock(key, one.locked).decode() if one.locked else text

        return leave

    def _key(self, campaign: Campaign) -> bytes:
        return derive(self._keys.get(campaign.slug).to_bytes(), "edited open texts")


def _reading(key: bytes, saying: Saying, decision: Decision, *, chosen: bool) -> Reading:
    """What is kept; what a reader typed is redacted as the rest was."""
    if not decision.accepted:
        return Reading(state="rejected")
    edited = redact(one_line(decision.text[:LONGEST])).text
    if edited in ("", saying.text):
        return Reading(state="accepted", chosen=chosen)
    return Reading(state="edited", locked=lock(key, edited.encode()), chosen=chosen)


def _shown(key: bytes, saying: Saying, reading: Reading | None) -> Shown:
    if reading is None:
        return Shown(saying=saying, text=saying.text)
    text = unlock(key, reading.locked).decode() if reading.locked else saying.text
    return Shown(saying=saying, text=text, state=reading.state, chosen=reading.chosen)
