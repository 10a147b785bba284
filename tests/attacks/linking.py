"""How well an attack links ballots to people, and what chance alone would do.

An attack gives one guess per ballot. Guesses made at random are right X times, X ~ Poisson(1):
six are one chance in 1,700. An order found in the urn is compared with that of arrival by
Spearman's rho, which by chance stays under 3.3 / √(n−1) but once in a thousand.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

Guesses = Mapping[str, str]
"""The address guessed for each ballot, named by the mark its author left in it."""

Value = TypeVar("Value", bound=Hashable)

TOO_MANY = 6
TOO_ORDERED = 3.3
SUCCESS = 0.95
"""What an attack must reach on the leaky variant, or its failure elsewhere proves nothing."""


def linked(guesses: Guesses, truth: Mapping[str, str]) -> int:
    """How many guesses are right."""
    return sum(truth.get(mark) == address for mark, address in guesses.items())


def share(guesses: Guesses, truth: Mapping[str, str]) -> float:
    """The share of the ballots that the guesses link to the right person."""
    return linked(guesses, truth) / len(truth)


def z_of_order(found: Sequence[str], arrival: Sequence[str]) -> float:
    """Spearman's rho between two orders of the same things, in standard deviations."""
    ranks = {one: rank for rank, one in enumerate(arrival)}
    kept = [ranks[one] for one in found if one in ranks]
    n = len(kept)
    if n < 3:
        return 0.0
    order = {rank: place for place, rank in enumerate(sorted(kept))}
    squares = sum((place - order[rank]) ** 2 for place, rank in enumerate(kept))
    rho = 1 - 6 * squares / (n * (n * n - 1))
    return float(rho * (n - 1) ** 0.5)


def perfect(n: int) -> float:
    """The z of two identical orders of n things."""
    return float((n - 1) ** 0.5)


def by_rank(ballots: Sequence[str], people: Sequence[str]) -> Guesses:
    """The first ballot is the first person's, and so on."""
    return dict(zip(ballots, people, strict=False))


def by_value(ballots: Mapping[str, Value], people: Mapping[str, Value]) -> Guesses:
    """A value on a ballot is also on a person: the person is its author."""
    holders = {value: address for address, value in people.items()}
    return {mark: holders[value] for mark, value in ballots.items() if value in holders}


def by_time(ballots: Mapping[str, float], people: Mapping[str, float]) -> Guesses:
    """Each ballot is that of whoever did something last before it, at best once per person."""
    moments = sorted((moment, address) for address, moment in people.items())
    free = [moment for moment, _ in moments]
    guesses = {}
    for mark in sorted(ballots, key=ballots.__getitem__):
        place = bisect_right(free, ballots[mark]) - 1
        if place >= 0:
            guesses[mark] = moments[place][1]
            del free[place], moments[place]
    return guesses


def by_lots(lots: Iterable[tuple[Sequence[str], Sequence[str]]]) -> Guesses:
    """Ballots that appeared together are those of the people who answered just before.

    Each lot comes with everyone who had answered by then and is not yet matched: the latest ones
    first, because those who came earlier may have left with an earlier lot.
    """
    guesses: dict[str, str] = {}
    for ballots, people in lots:
        taken = set(guesses.values())
        left = [address for address in people if address not in taken]
        guesses |= by_rank(ballots, left[-len(ballots) :])
    return guesses
