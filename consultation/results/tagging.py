"""Coding open texts: the next ones to code, what was put, what it adds up to."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from consultation.office.campaigns import Campaign
from consultation.results.coding import MACHINE, Agreement, Coded, agreements, decided
from consultation.results.corpus import Corpus
from consultation.results.masking import Crossed, Frequencies, crossed, frequencies
from consultation.results.sayings import Saying
from consultation.results.statistics import Interval, interval
from consultation.results.store import Codings, Tag, UnknownTag

LONGEST_NAME = 60


@dataclass(frozen=True, kw_only=True)
class TagCount:
    """A tag and how many people's texts bear it; None where that would tell too much."""

    tag: Tag
    texts: int
    people: int | None
    share: float | None
    interval: Interval | None


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What the coding of a question adds up to: of `people`, `coded` wrote a text now coded."""

    tags: tuple[TagCount, ...]
    agreements: tuple[Agreement, ...]
    coded: int
    people: int


@dataclass(frozen=True, kw_only=True)
class ByPlace:
    """For each tag, the people who wrote of it (first row) or not, by place (column).

    `people`: how many wrote there, as the file of texts tells; those of places in it only.
    """

    places: tuple[str, ...]
    tables: Mapping[bytes, Crossed]
    people: Mapping[str, int]

    def of(self, tag: Tag, place: str) -> Frequencies:
        """Those who wrote of this tag in one place, and those who did not; hidden when few."""
        if tag.id not in self.tables or place not in self.places:
            return frequencies((0, 0))
        return self.tables[tag.id].column(self.places.index(place))


class Tagging:
    """The coding frames of a closed campaign and what coders put."""

    def __init__(self, corpus: Corpus, codings: Codings) -> None:
        self._corpus = corpus
        self._codings = codings

    def frame(self, campaign: Campaign, name: str) -> tuple[Tag, ...]:
        """The tags of a question."""
        self._corpus.question(campaign, name)
        return self._codings.frame(campaign.slug, name)

    def add(self, campaign: Campaign, name: str, words: str, description: str = "") -> Tag:
        """A new tag for a question."""
        self._corpus.question(campaign, name)
        return self._codings.add(campaign.slug, name, words, description)

    def rename(
        self, campaign: Campaign, name: str, tag: bytes, words: str, description: str
    ) -> None:
        """Change the words of a tag of this question."""
        self._known(campaign, name, tag)
        self._codings.rename(tag, words, description)

    def remove(self, campaign: Campaign, name: str, tag: bytes) -> None:
        """Take a tag that no text bears out of the frame; doing it twice changes nothing."""
        self._corpus.question(campaign, name)
        if tag in {one.id for one in self._codings.frame(campaign.slug, name)}:
            self._codings.remove(tag)

    def queue(
        self, campaign: Campaign, name: str, coder: str, limit: int, *, again: bool = False
    ) -> list[Saying]:
        """The next texts this person may code: those nobody has or, `again`, another has.

        The second reading starts with the texts coded first in an order nobody chose: what two
        coders have in common is then a random sample too.
        """
        coded = self._codings.all(campaign.slug, name)
        people = {one: set(by) - {MACHINE} for one, by in coded.items()}
        with self._corpus.opened(campaign, name) as sayings:
            if again:
                left = [one for one in sayings.ids() if people.get(one, set()) - {coder}]
                left = [one for one in left if coder not in people[one]]
                return sayings.get(left[:limit])
            left = [one for one in sayings.ids() if not people.get(one)]
            start = bisect_left(left, hashlib.sha256(coder.encode()).digest()[:16])
            return sayings.get([*left[start:], *left[:start]][:limit])

    def code(
        self, campaign: Campaign, name: str, coder: str, coding: Mapping[bytes, frozenset[bytes]]
    ) -> None:
        """Keep what this person puts on these texts; those that are not there are left out."""
        with self._corpus.opened(campaign, name) as sayings:
            known = {one.id for one in sayings.get(coding)}
        kept = {one: tags for one, tags in coding.items() if one in known}
        self._codings.code(campaign.slug, name, coder, kept)

    def adopt(self, campaign: Campaign, name: str, cluster: int, words: str) -> Tag:
        """Make a tag of a machine's group, put by the machine on its texts.

        What a person says of a text, now or later, replaces what the machine says.
        """
        with self._corpus.opened(campaign, name) as sayings:
            members = [one.id for one in sayings.members(cluster, sayings.count()[0])]
        tag = self.add(campaign, name, words, "Groupe formé automatiquement, à vérifier.")
        before = self._codings.all(campaign.slug, name)
        coding = {one: before.get(one, {}).get(MACHINE, frozenset()) | {tag.id} for one in members}
        self._codings.code(campaign.slug, name, MACHINE, coding)
        return tag

    def counts(self, campaign: Campaign, name: str) -> Counts:
        """What the coding adds up to now."""
        question = self._corpus.question(campaign, name)
        frame = self._codings.frame(campaign.slug, name)
        coded = self._codings.all(campaign.slug, name)
        with self._corpus.opened(campaign, name) as sayings:
            times = {one.id: one.times for one in sayings.get(coded)}
        base = sum(times.values())
        texts, people = _counted(coded, times)
        return Counts(
            tags=tuple(
                _tag_count(tag, texts[tag.id], people[tag.id], base, question.people)
                for tag in sorted(frame, key=lambda tag: (-people[tag.id], tag.name))
            ),
            agreements=tuple(agreements(coded, [tag.id for tag in frame])),
            coded=base,
            people=question.people,
        )

    def by_place(self, campaign: Campaign, name: str) -> ByPlace:
        """How many people of each place wrote a text that bears each tag, as it may be shown."""
        frame = self.frame(campaign, name)
        kept = decided(self._codings.all(campaign.slug, name))
        with self._corpus.opened(campaign, name) as sayings:
            people = sayings.places()
        places = sorted({place for one in kept for place in people.get(one, ())})
        return ByPlace(
            places=tuple(places),
            tables={tag.id: _crossed(tag.id, kept, people, places) for tag in frame if places},
            people=sum(people.values(), Counter()),
        )

    def progress(self, campaign: Campaign) -> dict[str, int]:
        """By question, how many texts somebody has coded."""
        return self._codings.progress(campaign.slug)

    def bearing(self, campaign: Campaign, name: str, tag: bytes) -> list[Saying]:
        """The texts that bear this tag."""
        self._known(campaign, name, tag)
        coded = decided(self._codings.all(campaign.slug, name))
        with self._corpus.opened(campaign, name) as sayings:
            return sayings.get(sorted(one for one, tags in coded.items() if tag in tags))

    def of(self, campaign: Campaign, name: str, coder: str, saying: bytes) -> frozenset[bytes]:
        """What this person put on this text."""
        found = self._codings.all(campaign.slug, name).get(saying, {})
        return found.get(coder, frozenset())

    def _known(self, campaign: Campaign, name: str, tag: bytes) -> None:
        if tag not in {one.id for one in self.frame(campaign, name)}:
            raise UnknownTag


def _counted(coded: Coded, times: Mapping[bytes, int]) -> tuple[Counter[bytes], Counter[bytes]]:
    texts: Counter[bytes] = Counter()
    people: Counter[bytes] = Counter()
    for saying, tags in decided(coded).items():
        for tag in tags:
            texts[tag] += 1
            people[tag] += times.get(saying, 0)
    return texts, people


def _crossed(
    tag: bytes,
    kept: Mapping[bytes, frozenset[bytes]],
    people: Mapping[bytes, Counter[str]],
    places: Sequence[str],
) -> Crossed:
    bearing, others = Counter[str](), Counter[str]()
    for saying, tags in kept.items():
        (bearing if tag in tags else others).update(people.get(saying, Counter()))
    return crossed([[bearing[place] for place in places], [others[place] for place in places]])


def _tag_count(tag: Tag, texts: int, people: int, base: int, population: int) -> TagCount:
    """Hidden when one to ten people wrote of it, or when all but one to ten did."""
    (shown, _) = frequencies((people, base - people)).counts
    if shown is None:
        return TagCount(tag=tag, texts=texts, people=None, share=None, interval=None)
    return TagCount(
        tag=tag,
        texts=texts,
        people=shown,
        share=shown / base,
        interval=interval(shown, base, population),
    )
