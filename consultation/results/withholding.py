"""Which answers are withheld so that nothing tells what a row must not show, and no others.

The rules of disclosure say, of some rows, that a condition must not be seen to have been met. An
answer that shows it is withheld in those rows; elsewhere the same question keeps its answers. Where
those who were not concerned do answer, a gap would tell as much as the answer did: in each group of
rows that look alike, K at least are silent, a few of them only to keep the others company.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from consultation.results.disclosure import K

Part = int
"""The number of what is withheld together: the columns of a question, or a row of a grid."""

Condition = int
"""The number of a condition that answers may show."""

COMPANY: Condition = -1
"""In the place of the condition that an answer would have shown: it only keeps others company."""


@dataclass(kw_only=True, eq=False)
class Person:
    """One row among those of its profile: what it says, and what it must not show."""

    row: int
    shows: dict[Part, frozenset[Condition]]  # what each answer shows; none where nothing was said
    hidden: frozenset[Condition]
    secrets: tuple[str, ...] = ()  # the answers to the sensitive questions; empty for none
    withheld: dict[Part, Condition] = field(default_factory=dict)  # and what each would have shown

    @property
    def seen(self) -> frozenset[Condition]:
        """The conditions that its answers show."""
        return frozenset().union(*self.shows.values())

    def withhold(self, part: Part, reason: Condition) -> None:
        """Keep this answer back."""
        del self.shows[part]
        self.withheld[part] = reason

    def hide(self) -> None:
        """Keep back what would show something hidden."""
        for part, shown in list(self.shows.items()):
            if told := shown & self.hidden:
                self.withhold(part, min(told))


def withhold(people: Sequence[Person], rng: random.Random) -> None:
    """Withhold what must be from `people`, every row of one profile, K at least.

    In the end those who show the same conditions are K at least, they do not answer a sensitive
    question with one voice, and a part withheld from one of them is silent for K of them. What
    is withheld for a condition may have shown others too: hence the rounds, each of which withholds
    more, until nothing is left to do.
    """
    while True:
        for one in people:
            one.hide()
        groups = list(_alike(people))
        if unsafe := list(_unsafe(groups)):
            for one in unsafe:
                one.hidden |= one.seen
        elif not sum(_accompanied(group, rng) for group in groups):
            return


def _alike(people: Iterable[Person]) -> Iterator[Sequence[Person]]:
    """Those who show the same conditions; first of all those who show none, if any."""
    groups: dict[frozenset[Condition], list[Person]] = {frozenset(): []}
    for one in people:
        groups.setdefault(one.seen, []).append(one)
    return filter(None, groups.values())


def _unsafe(groups: Sequence[Sequence[Person]]) -> Iterator[Person]:
    """Those who must show nothing more, for some group to be safe."""
    faulty = [group for group in groups if len(group) < K or _gives_away(group)]
    if not faulty:
        return
    telling = [one for group in faulty for one in group if one.seen]
    if telling:
        yield from telling
    elif others := [group for group in groups if group[0].seen]:
        yield from min(others, key=len)


def _gives_away(group: Sequence[Person]) -> bool:
    """Whether they all give the same answer to a sensitive question."""
    answers = zip(*(one.secrets for one in group), strict=True)
    return any(said[0] and len({*said}) == 1 for said in answers)


def _accompanied(group: Sequence[Person], rng: random.Random) -> int:
    """How many answers were withheld besides, so that no gap in this group tells anything."""
    added = 0
    for part in sorted({part for one in group for part in one.withheld}):
        speaking = [one for one in group if part in one.shows]
        missing = min(K - (len(group) - len(speaking)), len(speaking))
        for one in rng.sample(speaking, max(0, missing)):
            one.withhold(part, COMPANY)
            added += 1
    return added
